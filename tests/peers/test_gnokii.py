"""gnokii with its model AT: believes the virtual modem, sends and receives short and long texts through it."""

import subprocess
import tempfile

import pytest

from hardware.virtual import VirtualBank

OUTSIDE = "+12025550170"


@pytest.fixture
def bank():
    """gnokii keeps 63 characters of a port's name."""
    with tempfile.TemporaryDirectory() as folder, VirtualBank(2, folder) as bank:
        yield bank


@pytest.fixture
def gnokii(need, bank, tmp_path):
    """A function: gnokii at a modem of the bank, with these arguments; what it said. A text to send is its `text`."""
    program = need("gnokii", package="gnokii-cli")

    def call(modem, *arguments, text=""):
        config = tmp_path / f"gnokii{modem}"
        config.write_text(
            f"[global]\nport = {bank.ports[modem]}\nmodel = AT\nconnection = serial\nserial_baudrate = 115200\n"
            "use_locking = no\n[logging]\ndebug = off\nrlpdebug = off\nxdebug = off\n"
        )
        done = subprocess.run(
            [program, "--config", str(config), *arguments],
            input=text,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            env={"LC_ALL": "C.UTF-8", "HOME": str(tmp_path)},
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        return said

    return call


def test_gnokii_identifies_the_modem(gnokii, bank):
    told = gnokii(0, "--identify")
    assert bank.modems()[0]["imei"] in told
    assert "Virtual 27.005" in told


def test_gnokii_sends_and_gets_the_reference(gnokii, bank):
    told = gnokii(0, "--sendsms", OUTSIDE, "-r", text="Hello from gnokii")
    (sent,) = bank.air()
    assert f"Send succeeded with reference {sent.mr}!" in told
    assert (sent.to, sent.text, sent.report) == (OUTSIDE, "Hello from gnokii", True)


def test_gnokii_sends_what_needs_ucs2(gnokii, bank):
    gnokii(0, "--sendsms", OUTSIDE, text="Привет")
    (sent,) = bank.air()
    assert (sent.coding, sent.text) == ("ucs2", "Привет")


def test_gnokii_sends_a_long_text(gnokii, bank, long_text):
    gnokii(0, "--sendsms", OUTSIDE, text=long_text)
    sent = bank.air()
    assert "".join(record.text for record in sent) == long_text
    assert [record.concat[1:] for record in sent] == [(3, 1), (3, 2), (3, 3)]


def test_gnokii_receives_and_deletes(gnokii, bank):
    bank.inbound(1, OUTSIDE, "Is it today? ¿Sí? {yes} €5")
    bank.inbound(1, OUTSIDE, "Grüße, Привет")
    bank.wait_stored(1, 2)
    told = gnokii(1, "--getsms", "SM", "1", "end")
    assert told.count(f"Sender: {OUTSIDE}") == 2
    assert "Is it today? ¿Sí? {yes} €5" in told
    assert "Grüße, Привет" in told
    assert "deleted" in gnokii(1, "--deletesms", "SM", "1", "2").lower()
    bank.wait_stored(1, 0)
