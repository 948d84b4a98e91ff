"""The driver on the shipped virtual modem over real ptys and real time: plug, unplug, wake."""

import threading
from pathlib import Path

import pytest

from hardware import pdu
from hardware.errors import PortGone, PortMissing
from hardware.link import SystemClock
from hardware.modem import Modem, Patience, Waiting
from hardware.port import open_port
from hardware.trace import Trace
from hardware.virtual import VirtualBank

CLOCK = SystemClock()
QUICK = Patience(settle_s=0.02, probe_s=0.3)


@pytest.mark.parametrize("personality", ["generic", "huawei-e3131", "sim800l"])
def test_two_modems_text_each_other(tmp_path: Path, personality: str) -> None:
    with VirtualBank(2, tmp_path / "bank", personality=personality) as bank:
        trace = Trace(tmp_path / "trace", CLOCK)
        first = Modem(open_port(bank.ports[0], CLOCK, trace), CLOCK, QUICK)
        second = Modem(open_port(bank.ports[1], CLOCK), CLOCK, QUICK)
        for modem in (first, second):
            modem.start(lambda identity: None)
        (tpdu,) = pdu.submit_tpdus(second.identity.number, pdu.segment("hello over there"), ref=1)
        with first.prompt(len(tpdu)) as prompt:
            assert prompt.send(tpdu) == bank.air()[-1].mr
        second.wait(CLOCK.monotonic() + 10)
        assert any(isinstance(notice, Waiting) for notice in second.notices())
        (stored,) = second.list(everything=True)
        decoded = pdu.decode(stored.pdu)
        assert isinstance(decoded, pdu.Deliver)
        assert decoded.text == "hello over there"
        assert decoded.sender.number == first.identity.number
        second.delete(stored)
        assert second.list(everything=True) == []
        for modem in (first, second):
            modem.close()
        assert "AT+CMGS=" in (tmp_path / "trace").read_text()


def test_unplugged_and_back(tmp_path: Path) -> None:
    with VirtualBank(1, tmp_path / "bank") as bank:
        modem = Modem(open_port(bank.ports[0], CLOCK), CLOCK, QUICK)
        modem.start(lambda identity: None)
        unplug = threading.Timer(0.05, bank.unplug, [0])
        unplug.start()
        with pytest.raises(PortGone):
            modem.wait(CLOCK.monotonic() + 10)
        unplug.join()
        modem.close()
        with pytest.raises(PortMissing):
            open_port(bank.ports[0], CLOCK)
        bank.plug(0)
        again = Modem(open_port(bank.ports[0], CLOCK), CLOCK, QUICK)
        again.start(lambda identity: None)
        assert again.identity == modem.identity
        again.close()


def test_a_wake_from_another_thread_ends_a_wait(tmp_path: Path) -> None:
    with VirtualBank(1, tmp_path / "bank") as bank:
        modem = Modem(open_port(bank.ports[0], CLOCK), CLOCK, QUICK)
        modem.start(lambda identity: None)
        waker = threading.Timer(0.05, modem.wake)
        began = CLOCK.monotonic()
        waker.start()
        modem.wait(began + 20)
        assert CLOCK.monotonic() - began < 10
        waker.join()
        modem.close()
