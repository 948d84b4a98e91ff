"""gammu-smsd, the daemon with its files: sends what is injected, stores what arrives, keeps reports."""

import pytest

OUTSIDE = "+12025550170"


@pytest.fixture
def smsd(need, programs, bank, tmp_path):
    """The daemon at the first modem; a function that injects, and its folders."""
    folders = {name: tmp_path / "smsd" / name for name in ("inbox", "outbox", "sent", "error")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    config = tmp_path / "smsdrc"
    config.write_text(
        f"[gammu]\ndevice = {bank.ports[0]}\nconnection = at115200\n"
        "[smsd]\nservice = files\ninboxformat = unicode\ncommtimeout = 1\nloopsleep = 1\nreceivefrequency = 1\n"
        f"statusfrequency = 0\ndeliveryreport = log\ndebuglevel = 255\nlogfile = {tmp_path}/smsd.log\n"
        f"inboxpath = {folders['inbox']}/\noutboxpath = {folders['outbox']}/\n"
        f"sentsmspath = {folders['sent']}/\nerrorsmspath = {folders['error']}/\n"
    )
    inject = need("gammu-smsd-inject", package="gammu-smsd")
    programs.start(need("gammu-smsd"), "-c", config)
    return folders, lambda *arguments: programs.run(inject, "-c", config, "TEXT", *arguments)


def texts(folder):
    """What the files of the inbox say, in order. gammu 1.42 adds a NUL for each octet that UTF-8 would need more."""
    return [path.read_bytes().decode("utf-16").rstrip("\0") for path in sorted(folder.iterdir())]


def test_smsd_sends_what_is_injected(smsd, bank, until, tmp_path):
    folders, inject = smsd
    inject(OUTSIDE, "-report", "-text", "Hello from gammu-smsd")
    (sent,) = bank.wait_air(1, timeout_s=30)
    assert (sent.to, sent.text, sent.report) == (OUTSIDE, "Hello from gammu-smsd", True)
    until(lambda: list(folders["sent"].iterdir()), "the text among the sent ones")
    until(lambda: "Delivered" in (tmp_path / "smsd.log").read_text(errors="replace"), "the delivery report")
    assert list(folders["error"].iterdir()) == []


def test_smsd_receives_and_empties_the_modem(smsd, bank, until):
    folders, _ = smsd
    bank.inbound(0, OUTSIDE, "Is it today? ¿Sí? {yes} €5 👋")
    until(lambda: len(list(folders["inbox"].iterdir())) == 1, "the text in the inbox")
    bank.wait_stored(0, 0, timeout_s=30)
    assert texts(folders["inbox"]) == ["Is it today? ¿Sí? {yes} €5 👋"]


def test_smsd_sends_a_long_text_and_receives_one(smsd, bank, until, long_text):
    folders, inject = smsd
    inject(bank.modems()[0]["number"], "-len", "400", "-text", long_text)
    sent = bank.wait_air(3, timeout_s=30)
    assert "".join(record.text for record in sent) == long_text
    assert len({record.concat[:2] for record in sent}) == 1
    until(lambda: "".join(texts(folders["inbox"])) == long_text, "the long text, sent to itself")
    bank.wait_stored(0, 0, timeout_s=30)
