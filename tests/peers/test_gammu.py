"""gammu, the command: believes the virtual modem, sends and receives short and long texts through it."""

import pytest

from hardware.virtual import VirtualBank

OUTSIDE = "+12025550170"


@pytest.fixture
def gammu(need, programs, bank, tmp_path):
    """A function: gammu at a modem of the bank, with these arguments."""
    program = need("gammu")

    def call(modem, *arguments):
        config = tmp_path / f"gammurc{modem}"
        config.write_text(
            f"[gammu]\ndevice = {bank.ports[modem]}\nconnection = at115200\n"
            f"logfile = {tmp_path}/gammu{modem}.log\nlogformat = textalldate\n"
        )
        return programs.run(program, "-c", config, *arguments)

    return call


def test_gammu_identifies_the_modem_and_its_network(gammu, bank):
    told = gammu(0, "identify") + gammu(0, "networkinfo")
    (modem, _) = bank.modems()
    assert modem["imei"] in told
    assert modem["imsi"] in told
    assert "home network" in told


def test_gammu_sends_and_gets_the_reference(gammu, bank):
    told = gammu(0, "sendsms", "TEXT", OUTSIDE, "-text", "Hello from gammu")
    (sent,) = bank.air()
    assert f"message reference={sent.mr}" in told
    assert (sent.to, sent.text) == (OUTSIDE, "Hello from gammu")


def test_gammu_receives_and_deletes(gammu, bank):
    bank.inbound(1, OUTSIDE, "Is it today? ¿Sí? {yes} €5")
    bank.inbound(1, "ELMSTREET", "Grüße 👋 from a name")
    bank.wait_stored(1, 2)
    told = gammu(1, "geteachsms")
    assert f'"{OUTSIDE}"' in told
    assert "Is it today? ¿Sí? {yes} €5" in told
    assert '"ELMSTREET"' in told
    assert "Grüße 👋 from a name" in told
    gammu(1, "deletesms", "1", "1")
    bank.wait_stored(1, 1)


def test_gammu_sends_a_long_text_and_receives_it_whole(gammu, bank, long_text):
    (_, second) = bank.modems()
    gammu(0, "sendsms", "TEXT", second["number"], "-len", "400", "-text", long_text)
    sent = bank.air()
    assert "".join(record.text for record in sent) == long_text
    assert [record.concat[1:] for record in sent] == [(3, 1), (3, 2), (3, 3)]
    bank.wait_stored(1, 3)
    told = gammu(1, "geteachsms")
    assert long_text in told
    assert "3 SMS parts in 1 SMS sequence" in told


def test_gammu_sends_what_needs_ucs2(gammu, bank):
    gammu(0, "sendsms", "TEXT", OUTSIDE, "-unicode", "-text", "Привет 👋")
    (sent,) = bank.air()
    assert (sent.coding, sent.text) == ("ucs2", "Привет 👋")


def test_gammu_receives_a_long_text_on_a_huawei(need, programs, tmp_path, long_text):
    with VirtualBank(1, tmp_path / "huawei", personality="huawei-e3131") as bank:
        bank.inbound(0, OUTSIDE, long_text)
        bank.wait_stored(0, 3)
        config = tmp_path / "gammurc"
        config.write_text(f"[gammu]\ndevice = {bank.ports[0]}\nconnection = at115200\n")
        assert long_text in programs.run(need("gammu"), "-c", config, "geteachsms")
