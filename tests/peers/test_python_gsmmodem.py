"""python-gsmmodem-new, the library: connects, sends with a report, receives, in PDU mode and in text mode."""

import queue
import threading

import pytest
from gsmmodem.modem import GsmModem, SentSms

from hardware.virtual import VirtualBank

OUTSIDE = "+12025550170"
MOST_S = 15


@pytest.fixture
def bank(tmp_path):
    """Texts come apart and after sending, as on the air: the library reads one in another thread, even at a prompt."""
    with VirtualBank(2, tmp_path / "bank", send_latency=0.3, carry_s=1.5) as bank:
        yield bank


@pytest.fixture
def arrived():
    """The texts that the library handed over."""
    return queue.Queue()


@pytest.fixture
def modem(bank, arrived):
    """The library, connected to the first modem; closed when it has deleted what it read."""
    modem = GsmModem(bank.ports[0], 115200, smsReceivedCallbackFunc=arrived.put)
    modem.connect()
    yield modem
    for thread in threading.enumerate():
        if "__threadedHandleModemNotification" in thread.name:
            thread.join(MOST_S)
    modem.close()


def test_gsmmodem_learns_who_the_modem_is(modem, bank):
    (row, _) = bank.modems()
    assert (modem.imei, modem.imsi, modem.ownNumber) == (row["imei"], row["imsi"], row["number"])
    assert modem.networkName == "Textbank Mobile"
    assert modem.smsc == "+12025550199"


def test_gsmmodem_sends_and_waits_for_the_report(modem, bank):
    sms = modem.sendSms(OUTSIDE, "Hello from gsmmodem", waitForDeliveryReport=True, deliveryTimeout=MOST_S)
    (sent,) = bank.air()
    assert (sent.to, sent.text, sent.report) == (OUTSIDE, "Hello from gsmmodem", True)
    assert (sms.status, sms.reference) == (SentSms.DELIVERED, sent.mr)


@pytest.mark.parametrize("text", ["Is it today? {yes} €5", "¿Sí? Привет"])
def test_gsmmodem_receives(modem, bank, arrived, text):
    bank.inbound(0, OUTSIDE, text)
    sms = arrived.get(timeout=MOST_S)
    assert (sms.number, sms.text) == (OUTSIDE, text)


def test_gsmmodem_sends_a_long_text_and_receives_one(modem, bank, arrived, long_text):
    modem.sendSms(bank.modems()[0]["number"], long_text)
    sent = bank.air()
    assert "".join(record.text for record in sent) == long_text
    parts = [arrived.get(timeout=MOST_S) for _ in range(3)]
    assert {part.udh[0].parts for part in parts} == {3}
    assert "".join(part.text for part in sorted(parts, key=lambda part: part.udh[0].number)) == long_text


def test_gsmmodem_sends_and_receives_in_text_mode(modem, bank, arrived):
    modem.smsTextMode = True
    modem.sendSms(bank.modems()[0]["number"], "Hello in text mode")
    (sent,) = bank.air()
    assert sent.text == "Hello in text mode"
    sms = arrived.get(timeout=MOST_S)
    assert (sms.number, sms.text) == (bank.modems()[0]["number"], "Hello in text mode")
