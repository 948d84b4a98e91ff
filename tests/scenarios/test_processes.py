"""The real gateway as a real process on real ptys: killed where it hurts most, started again, started twice."""

import os
import signal
import termios
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gateway import outbox
from hardware.virtual import VirtualBank
from tests.scenarios.group import ADA, LUIS, Group, went_to


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    with VirtualBank(2, tmp_path / "m") as bank:
        group = Group(tmp_path, bank)
        yield group
        group.close()


@pytest.mark.parametrize("fault", [("prompt_delay", 60_000), ("prompt_missing", True)])
def test_killed_before_the_pdu_the_text_goes_once_after_the_restart(
    group: Group, fault: tuple[str, Any]
) -> None:
    for modem in (0, 1):
        group.bank.fault(modem, *fault)
    group.start()
    message_id = group.approved(ADA)
    group.until(lambda: group.state(message_id) == "claimed", "claimed")
    group.end(signal.SIGKILL)
    for modem in (0, 1):
        group.bank.clear(modem)
        group.bank.unplug(modem)  # a prompt of the dead gateway must not wait for the new one's first bytes
        group.bank.plug(modem)
    group.start()
    group.until(lambda: group.state(message_id) in ("sent", "delivered"), "sent")
    assert went_to(group, ADA) == 1


def test_killed_after_the_pdu_the_text_is_uncertain_and_on_the_air_once(group: Group) -> None:
    for modem in (0, 1):
        group.bank.fault(modem, "cmgs_late", 60_000)
        group.bank.fault(modem, "report_never")
    group.start()
    message_id = group.approved(ADA)
    group.until(lambda: went_to(group, ADA) == 1, "on the air")
    group.end(signal.SIGKILL)
    for modem in (0, 1):
        group.bank.clear(modem, "cmgs_late")
        group.bank.unplug(modem)
        group.bank.plug(modem)
    group.start()
    other = group.approved(LUIS)
    group.until(lambda: group.state(other) in ("sent", "delivered"), "the next text sent")
    assert group.state(message_id) == "uncertain"
    assert went_to(group, ADA) == 1


def test_killed_after_the_cmgs_the_text_is_sent_or_uncertain_and_never_twice(group: Group) -> None:
    group.start()
    ids = [group.approved(f"+1202555{i:04d}") for i in range(60)]
    for _ in range(4):
        before = len(group.bank.air())
        group.until(
            lambda seen=before: len(group.bank.air()) > seen + 5 or len(group.bank.air()) == 60, "texts"
        )  # type: ignore[misc]
        group.end(signal.SIGKILL)
        for modem in (0, 1):
            group.bank.unplug(modem)
            group.bank.plug(modem)
        group.start()
    final = {"sent", "delivered", "uncertain"}
    group.until(lambda: all(group.state(i) in final for i in ids), "every text settled")
    sent_to = [record.to for record in group.bank.air()]
    assert len(sent_to) == len(set(sent_to)), "a text went twice"
    certain = [i for i in ids if group.state(i) != "uncertain"]
    assert len(certain) >= 60 - 8
    for message_id in certain:
        assert outbox.load(group.db, message_id)["number"] in sent_to


@pytest.fixture
def terminal() -> Iterator[None]:
    """As started from a terminal: under nohup, which these tests may run under, the gateway rightly stays."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda each: each.name)
def test_a_polite_end_lets_the_text_in_hand_finish(
    group: Group, terminal: None, number: signal.Signals
) -> None:
    """SIGHUP, when a terminal is closed or ssh breaks off, killed the gateway: what it had handed over was uncertain for good."""
    group.bank.fault(0, "cmgs_late", 1500)
    group.bank.fault(1, "cmgs_late", 1500)
    group.start()
    message_id = group.approved(ADA)
    group.until(lambda: group.state(message_id) == "submitted", "handed over")
    group.end(number)
    assert group.state(message_id) in ("sent", "delivered")


def test_a_terminal_that_was_stopped_stops_no_text(group: Group) -> None:
    """Ctrl-S, hit by mistake: at the next line of the log every modem stood still, and was shown as ready. It did not even end."""
    master, terminal = os.openpty()
    group.start(stderr=terminal)
    group.until(lambda: os.read(master, 4096).count(b"state=ready") > 0, "ready")
    termios.tcflow(terminal, termios.TCOOFF)
    for modem in (0, 1):
        group.bank.unplug(modem)
        group.bank.plug(modem)
    message_id = group.approved(ADA)
    group.until(lambda: group.state(message_id) in ("sent", "delivered"), "sent")
    group.end(signal.SIGTERM)
    os.close(terminal)
    os.close(master)


def test_ctrl_z_in_the_terminal_of_the_gateway_stops_no_modem(group: Group) -> None:
    """Everything stood still, and the page, whose process went on, showed each modem as ready."""
    group.start()
    group.until(lambda: [row["state"] for row in group.json("stations")] == ["ready", "ready"], "ready")
    assert group.process is not None
    group.process.send_signal(signal.SIGTSTP)
    message_id = group.approved(ADA)
    group.until(lambda: group.state(message_id) in ("sent", "delivered"), "sent")


def test_pages_do_not_say_ready_behind_a_gateway_that_was_stopped(group: Group) -> None:
    """With its service stopped the panel said for ever: ready, nothing to do; and volunteers sent what never left."""

    def shown() -> list[tuple[str, str]]:
        return [
            (row["state"], row["operator"]) for row in group.db.execute("SELECT * FROM station ORDER BY name")
        ]

    group.start()
    group.until(lambda: shown() == [("ready", "Textbank Mobile")] * 2, "ready")
    group.end(signal.SIGTERM)
    assert shown() == [("failed", "")] * 2
    group.start()
    group.until(lambda: shown() == [("ready", "Textbank Mobile")] * 2, "ready again by itself")


def test_a_second_gateway_on_the_same_database_refuses_and_names_the_first(group: Group) -> None:
    group.start()
    group.until(lambda: [row["state"] for row in group.json("stations")] == ["ready", "ready"], "ready")
    assert group.process is not None
    second = group.run("gateway")
    assert second.returncode == 1
    assert str(group.process.pid) in second.stderr
    assert "Traceback" not in second.stderr
    lock_file = Path(f"{group.config.database.path}.lock")
    lock_file.unlink()  # as one that was left behind
    group.until(lock_file.exists, "the lock's file again")
    group.until(lambda: str(group.process and group.process.pid) in group.run("gateway").stderr, "refused")
    assert [row["state"] for row in group.json("stations")] == ["ready", "ready"], "it runs, and is said to"


def test_the_interface_tells_the_whole_way_of_a_text(group: Group) -> None:
    group.start()
    [queued] = group.json("send", "--to", ADA, "--text", "x" * 200)
    assert group.json("approve", str(queued["id"]), "--as", "Vera") == [
        {"id": queued["id"], "state": "approved", "reason": None}
    ]
    group.until(lambda: group.json("outbox")[0]["state"] == "delivered", "delivered")
    [row] = group.json("outbox")
    assert [(part["seq"], part["total"], part["state"]) for part in row["segments"]] == [
        (1, 2, "accepted"),
        (2, 2, "accepted"),
    ]
    assert row["sent_at"] <= row["delivered_at"]
    group.bank.inbound(0, ADA, "Yes")
    group.until(lambda: bool(group.json("inbox")), "the reply")
    [reply] = group.json("inbox")
    assert (reply["from"], reply["text"], reply["kind"], reply["station"]) == (ADA, "Yes", "text", "s0")
    stations = group.json("stations")
    assert sum(station["sent_today"] for station in stations) == 2
    assert all(station["imei"] and station["iccid"] and station["number"] for station in stations)
    assert group.json("verify-ledger")["intact"]


def test_nothing_is_written_by_an_idle_gateway(group: Group) -> None:
    group.start()
    group.until(lambda: [row["state"] for row in group.json("stations")] == ["ready", "ready"], "ready")
    assert group.process is not None

    def written() -> int:
        assert group.process is not None
        text = Path(f"/proc/{group.process.pid}/io").read_text()
        return int(text.split("write_bytes:")[1].split()[0])

    before, version = written(), group.db.execute("PRAGMA data_version").fetchone()[0]
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        time.sleep(0.5)  # the time itself is what is tested
    assert written() == before
    assert group.db.execute("PRAGMA data_version").fetchone()[0] == version
    assert os.path.exists(f"/proc/{group.process.pid}")


def test_a_trace_shows_what_was_said_and_hides_who_was_texted_what(group: Group, tmp_path: Path) -> None:
    (tmp_path / "traces").mkdir()
    group.start("--trace", str(tmp_path / "traces"))
    message_id = group.approved(ADA, "Secret words")
    group.until(lambda: group.state(message_id) == "delivered", "delivered")
    group.end(signal.SIGTERM)
    texts = [path.read_text() for path in (tmp_path / "traces").glob("*.trace")]
    said = "".join(texts)
    assert len(texts) == 2
    assert "AT+CMGS=" in said
    assert "+CMGS: " in said
    sent = next(record.tpdu for record in group.bank.air())
    assert sent[:20] not in said.upper()
    assert ADA[1:] not in said


def test_texts_go_on_while_a_long_list_is_queued(tmp_path: Path) -> None:
    """Another process writes all the time. `python -m bench path` has 100,000 rows; here are as many as there is patience for."""
    rows, listed = 20_000, tmp_path / "long.csv"
    lines = (f"+1202{2000000 + n},Hello {n} from Elm Street. STOP ends.\n" for n in range(rows))
    listed.write_text("to,text\n" + "".join(lines))
    with VirtualBank(1, tmp_path / "m", send_latency=0.1) as bank:
        group = Group(tmp_path, bank)
        for n in range(300):
            group.approved(f"+1202555{n:04d}")
        group.start()
        group.until(lambda: len(bank.air()) > 5, "the first texts")
        before = len(bank.air()) - 1
        queued = group.run("send", "--csv", str(listed))
        air = bank.air()[before:]
        group.close()
    assert len(queued.stdout.split()) == rows, queued.stderr
    gaps_ms = sorted((after.asked_s - text.at_s) * 1000 for text, after in pairwise(air))
    assert len(gaps_ms) > 10, "the list was queued too fast to tell anything"
    assert gaps_ms[len(gaps_ms) * 95 // 100] < 100, gaps_ms
