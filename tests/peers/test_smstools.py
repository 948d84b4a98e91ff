"""smstools (`smsd`): sends the files of its outgoing folder, stores what arrives as files, keeps reports."""

import pytest

OUTSIDE = "12025550170"
FOLDERS = ("outgoing", "checked", "failed", "incoming", "report", "sent")


@pytest.fixture
def smsd(need, programs, bank, tmp_path):
    """The daemon at the first modem; a function that queues a text, and its folders."""
    folders = {name: tmp_path / "smstools" / name for name in FOLDERS}
    for folder in folders.values():
        folder.mkdir(parents=True)
    paths = "".join(f"{name} = {folder}\n" for name, folder in folders.items())
    config = tmp_path / "smsd.conf"
    config.write_text(
        f"devices = GSM1\n{paths}logfile = {tmp_path}/smsd.log\ninfofile = {tmp_path}/smsd.running\n"
        f"pidfile = {tmp_path}/smsd.pid\nloglevel = 7\ndelaytime = 1\nerrorsleeptime = 1\nreceive_before_send = no\n"
        f"incoming_utf8 = yes\ninternational_prefixes = 1\n"
        f"[GSM1]\ndevice = {bank.ports[0]}\nincoming = yes\nreport = yes\nbaudrate = 115200\n"
        "init = AT+CNMI=2,1,0,2,0\ndecode_unicode_text = yes\n"
    )
    programs.start(need("smsd", package="smstools"), "-t", f"-c{config}")

    def queue(to, text, *headers):
        draft = tmp_path / "draft"
        draft.write_text("\n".join([f"To: {to}", *headers, "", text]), encoding="utf-8")
        draft.rename(folders["outgoing"] / f"text{len(list(folders['outgoing'].iterdir()))}")

    return folders, queue


def received(folder):
    """(headers, text) of every file in a folder."""
    found = []
    for path in sorted(folder.iterdir()):
        head, _, text = path.read_text(encoding="utf-8").partition("\n\n")
        found.append((dict(line.split(": ", 1) for line in head.splitlines() if ": " in line), text))
    return found


def test_smstools_sends_and_takes_the_report(smsd, bank, until):
    folders, queue = smsd
    queue(OUTSIDE, "Hello from smstools", "Report: yes")
    (sent,) = bank.wait_air(1, timeout_s=30)
    assert (sent.to, sent.text, sent.report) == (f"+{OUTSIDE}", "Hello from smstools", True)
    until(lambda: any("Status:" in head for _, head in received(folders["report"])), "the delivery report")
    ((_, report),) = received(folders["report"])
    assert f"Message_id: {sent.mr}" in report
    assert "Status: 0,Ok,short message received by the SME" in report
    assert list(folders["failed"].iterdir()) == []


def test_smstools_receives_and_empties_the_modem(smsd, bank, until):
    folders, _ = smsd
    bank.inbound(0, f"+{OUTSIDE}", "Is it today? ¿Sí? {yes} €5")
    until(lambda: any(text for _, text in received(folders["incoming"])), "the text in the incoming folder")
    bank.wait_stored(0, 0, timeout_s=30)
    ((head, text),) = received(folders["incoming"])
    assert head["From"] == OUTSIDE
    assert text == "Is it today? ¿Sí? {yes} €5"


def test_smstools_sends_a_long_text_and_receives_one(smsd, bank, until, long_text):
    folders, queue = smsd
    queue(bank.modems()[0]["number"].lstrip("+"), long_text)
    sent = bank.wait_air(3, timeout_s=30)
    assert "".join(record.text for record in sent) == long_text
    assert len({record.concat[:2] for record in sent}) == 1
    until(
        lambda: [text for _, text in received(folders["incoming"])] == [long_text],
        "the long text, sent to itself",
    )
