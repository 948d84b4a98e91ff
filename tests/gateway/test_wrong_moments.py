"""A locked database, a pulled stick or a dying thread at the worst moment: nothing is lost, nothing leaves twice, nothing flaps."""

import contextlib
import dataclasses
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import time
from pathlib import Path

import pytest

from gateway import daemon, flight, lock, stations, store
from gateway.config import load
from gateway.daemon import Gateway, Worker
from gateway.machineclock import SetClock
from gateway.policy import Quiet
from gateway.rules import HOUR_MS, Rules
from gateway.station import Station, loop, sending, starting
from hardware.errors import ModemSilent
from hardware.link import SystemClock
from hardware.modem import Modem
from hardware.port import open_port
from hardware.submit import Prompt
from hardware.virtual import VirtualBank
from tests.gateway.bench import QUICK, Bench, Blocker, wait_for
from tests.gateway.conftest import ADA, LUIS, NOON, Desk, Room, take_seat
from tests.gateway.test_flight import claim, submit

pytestmark = pytest.mark.usefixtures("impatient")

CONFIG = """
[organisation]
region = "US"
timezone = "America/New_York"
[sending]
quiet_from = "00:00"
quiet_until = "00:00"
[[stations]]
name = "north"
port = "{port}"
"""
START = [(flight, "begin"), (stations, "set_facts"), (starting.Pins, "accepted")]  # each writes at a start


@pytest.fixture
def rules(rules: Rules) -> Rules:
    return dataclasses.replace(rules, quiet=Quiet(time(0), time(0)))


def locked_once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[str]:
    """The next call of `owner.name` meets a locked database; the list holds a word once it did."""
    real, met = getattr(owner, name), []

    def call(*args: object, **more: object) -> object:
        if not met:
            met.append("locked")
            raise sqlite3.OperationalError("database is locked")
        return real(*args, **more)

    monkeypatch.setattr(owner, name, call)
    return met


def states(db: sqlite3.Connection, name: str = "north") -> list[str]:
    """The states that the station went through, oldest first."""
    rows = db.execute("SELECT state FROM station_event WHERE station=? ORDER BY id", [name])
    return [row["state"] for row in rows]


def lock_after_the_pdu(monkeypatch: pytest.MonkeyPatch, blocker: Blocker, number: int = 1) -> None:
    """The database is locked while the modem has the `number`th PDU, before its answer."""
    real, count = Prompt.send, [0]

    def send(prompt: Prompt, tpdu: bytes, timeout_s: float) -> int | None:
        count[0] += 1
        if count[0] == number:
            blocker.lock()
        return real(prompt, tpdu, timeout_s)

    monkeypatch.setattr(Prompt, "send", send)


@pytest.mark.parametrize(("code", "state"), [(1, "failed"), (332, "uncertain")])
def test_an_answer_that_comes_while_the_database_is_locked_is_written_down_once_it_is_free(
    bench: Bench, blocker: Blocker, monkeypatch: pytest.MonkeyPatch, now: int, code: int, state: str
) -> None:
    bench.until_ready()
    lock_after_the_pdu(monkeypatch, blocker)
    bench.bank.fault(0, "cmgs_error", code, 1)
    message_id = bench.desk.approved(now=now)
    bench.until(lambda: blocker.holds, "the lock")
    bench.step()
    assert bench.desk.state(message_id) == "submitted"
    blocker.free()
    bench.until_state(message_id, state)
    assert bench.on_air() == []


def test_two_uncertain_in_a_row_pause_the_station_also_when_the_database_was_locked_at_the_second(
    bench: Bench, blocker: Blocker, monkeypatch: pytest.MonkeyPatch, now: int
) -> None:
    bench.until_ready()
    lock_after_the_pdu(monkeypatch, blocker, 2)
    bench.bank.fault(0, "cmgs_error", 332, 2)
    texts = [bench.desk.approved(f"+1202555016{i}", now=now) for i in range(3)]
    bench.until(lambda: blocker.holds, "the lock")
    blocker.free()
    bench.until(lambda: bench.said()[0] == "paused", "paused")
    assert [bench.desk.state(i) for i in texts] == ["uncertain", "uncertain", "approved"]


@pytest.mark.parametrize(("owner", "name"), START)
def test_a_database_locked_at_the_start_loses_nothing_that_lies_on_the_sim(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, now: int, owner: object, name: str
) -> None:
    bench.bank.inbound(0, LUIS, "Hello")
    message_id = bench.desk.approved(now=now)
    met = locked_once(monkeypatch, owner, name)
    bench.until_state(message_id, "sent", "delivered")
    assert met
    assert (bench.inbound(), bench.on_air()) == (["Hello"], ["Can you come?"])


@pytest.mark.parametrize(("owner", "name"), START)
def test_a_paused_station_stays_paused_when_the_database_was_locked_at_its_start(
    bench: Bench, room: Room, monkeypatch: pytest.MonkeyPatch, now: int, owner: object, name: str
) -> None:
    stations.set_facts(bench.desk.db, "north", paused_by=room.technician.id)
    message_id = bench.desk.approved(now=now)
    met = locked_once(monkeypatch, owner, name)
    bench.until(lambda: bench.said()[0] == "paused", "paused")
    bench.bank.inbound(0, LUIS, "Hello")
    bench.until(lambda: bench.inbound() == ["Hello"], "it goes on receiving")
    assert met
    assert (bench.desk.state(message_id), bench.on_air()) == ("approved", [])


@pytest.mark.parametrize(("owner", "name"), START)
def test_a_modem_whose_start_was_cut_short_is_let_go_before_it_can_send(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, now: int, owner: object, name: str
) -> None:
    bench.until_ready()
    bench.bank.unplug(0)
    bench.until(lambda: bench.said()[0] == "lost", "lost")
    bench.bank.plug(0)
    message_id = bench.desk.approved(now=now)
    met = locked_once(monkeypatch, owner, name)
    bench.until(lambda: bool(met), "the second start")
    assert bench.station.modem is None
    bench.until_state(message_id, "sent", "delivered")
    assert len(bench.on_air()) == 1


def test_texts_that_the_modem_does_not_store_survive_a_locked_database(
    bench: Bench, blocker: Blocker, caplog: pytest.LogCaptureFixture
) -> None:
    bench.until_ready()
    bench.bank.fault(0, "class0_cmt")
    blocker.lock()
    words = [f"Flash {i}" for i in range(3)]
    for text in words:
        bench.bank.inbound(0, ADA, text)
    bench.until(lambda: "database refused" in caplog.text, "refused")
    blocker.free()
    bench.until(lambda: bench.inbound() == words, "all three")


def test_a_text_that_the_modem_does_not_store_survives_a_locked_database_and_a_pulled_stick(
    bench: Bench, blocker: Blocker, caplog: pytest.LogCaptureFixture
) -> None:
    bench.until_ready()
    bench.bank.fault(0, "class0_cmt")
    blocker.lock()
    bench.bank.inbound(0, ADA, "Flash")
    bench.until(lambda: "database refused" in caplog.text, "refused")
    blocker.free()
    bench.bank.unplug(0)
    modem = bench.station.modem
    assert modem is not None
    bench.until(lambda: bench.said()[0] == "lost", "lost")
    assert bench.inbound() == ["Flash"]


def test_a_text_that_the_modem_does_not_store_survives_a_late_answer_at_a_locked_database(
    bench: Bench,
    blocker: Blocker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    now: int,
) -> None:
    monkeypatch.setattr(sending, "RESULT_S", 0.3)
    bench.bank.fault(0, "report_never")
    bench.bank.fault(0, "class0_cmt")
    bench.bank.fault(0, "cmgs_late", 600, 1)
    bench.until_ready()
    message_id = bench.desk.approved(now=now)
    bench.until_state(message_id, "uncertain")
    modem = bench.station.modem
    assert modem is not None
    blocker.lock()
    bench.bank.inbound(0, LUIS, "Flash")
    # Both are in hand before the station looks: the text first, then the answer.
    heard = list(modem.notices())
    while len(heard) < 2:
        modem.wait(bench.clock.monotonic() + 1)
        heard += modem.notices()
    monkeypatch.setattr(modem, "notices", lambda: [heard.pop(0) for _ in list(heard)])
    bench.until(lambda: "database refused" in caplog.text, "refused")
    blocker.free()
    bench.until_state(message_id, "sent")
    assert bench.inbound() == ["Flash"]


def test_a_text_that_came_while_the_database_was_locked_is_read_as_soon_as_it_is_free(
    bench: Bench, blocker: Blocker, caplog: pytest.LogCaptureFixture
) -> None:
    bench.until_ready()
    blocker.lock()
    bench.bank.inbound(0, ADA, "Hello")
    bench.until(lambda: "database refused" in caplog.text, "refused")
    blocker.free()
    bench.until(lambda: bench.inbound() == ["Hello"], "the text in the inbox")


def test_a_modem_that_does_not_tell_its_service_centre_still_sends(bench: Bench, now: int) -> None:
    bench.until_ready()
    assert bench.station.modem is not None
    bench.station.modem.smsc = None
    message_id = bench.desk.approved(now=now)
    bench.until_state(message_id, "sent", "delivered")


def test_a_stop_of_class_0_that_comes_while_the_prompt_is_slow_is_read_first(bench: Bench, now: int) -> None:
    bench.until_ready()
    bench.bank.fault(0, "class0_cmt")
    bench.bank.fault(0, "prompt_delay", int(sending.FRESH_S * 1000) + 200, 1)
    message_id = bench.desk.approved(ADA, now=now)

    def stop_while_it_waits() -> None:
        wait_for(lambda: "prompt_delay" not in str(bench.bank.modems()[0]["faults"]), "the modem waits")
        bench.bank.inbound(0, ADA, "STOP")

    sender = threading.Thread(target=stop_while_it_waits)
    bench.at_prompt(1, sender.start)
    bench.until_state(message_id, "withdrawn", "sent", "delivered")
    sender.join()
    assert (bench.desk.state(message_id), bench.on_air()) == ("withdrawn", [])


def test_a_spent_budget_is_said_once_and_not_at_every_look_at_the_modem(
    bank: VirtualBank, path: Path, desk: Desk, rules: Rules, monkeypatch: pytest.MonkeyPatch, now: int
) -> None:
    monkeypatch.setattr(loop, "HEALTH_S", 0.05)
    monkeypatch.setattr(loop, "HELD_UP_S", 0.05)
    looks, real = [], Modem.health
    monkeypatch.setattr(Modem, "health", lambda modem: looks.append("look") or real(modem))
    bench = Bench(bank, path, desk, rules, per_day=1)
    with contextlib.closing(bench.station):
        first, _ = desk.approved(now=now), desk.approved(LUIS, now=now)
        bench.until_state(first, "sent", "delivered")
        bench.until(lambda: bench.said()[0] == "waiting", "the budget is spent")
        looks.clear()
        bench.until(lambda: len(looks) >= 8, "eight looks at the modem")
    assert states(desk.db)[-2:] == ["ready", "waiting"]
    assert states(desk.db).count("waiting") == 1


@pytest.fixture
def gateway(bank: VirtualBank, tmp_path: Path) -> Iterator[Path]:
    """A gateway with its own threads over one modem; gives its database, once the station is ready."""
    written = tmp_path / "textbank.toml"
    written.write_text(CONFIG.format(port=bank.ports[0]))
    config, clock = load(written), SystemClock()
    gateway = Gateway(
        config,
        clock=clock,
        open_modem=lambda spec: Modem(open_port(spec.port or "", clock), clock, QUICK),
    )
    thread = threading.Thread(target=gateway.run)
    thread.start()
    yield config.database.path
    gateway.end()
    thread.join()
    gateway.close()


def test_a_stick_pulled_while_its_thread_waits_is_lost_and_did_not_fail(
    bank: VirtualBank, gateway: Path
) -> None:
    wait_for(gateway.exists, "a database")
    with contextlib.closing(store.connect(gateway, query_only=True)) as db:

        def said() -> str:
            row = db.execute("SELECT state FROM station").fetchone()
            return str(row["state"]) if row else ""

        wait_for(lambda: _has_tables(db) and said() == "ready", "ready")
        bank.unplug(0)
        wait_for(lambda: said() == "lost", "lost")
        bank.plug(0)
        wait_for(lambda: said() == "ready", "ready again")
        assert "failed" not in states(db)


@pytest.mark.parametrize(("boot", "waits"), [("this one", True), ("the next one", False)])
def test_what_was_asked_of_a_modem_before_the_box_was_off_is_not_done_when_it_is_back(
    bank: VirtualBank, db: sqlite3.Connection, path: Path, room: Room, now: int, boot: str, waits: bool
) -> None:
    """A Pi starts at the time at which it stopped: a PIN that was typed days ago was tried at whatever card was in the modem by then."""
    db.execute("INSERT INTO clock VALUES (1, 'this one', 0, 'battery', 'battery', '')")
    take_seat(db)
    asked = stations.request(db, "north", "pin", by=room.technician, now=now, argument="4711")
    (path.parent / "textbank.toml").write_text(CONFIG.format(port=bank.ports[0]))
    gateway = Gateway(load(path.parent / "textbank.toml"), machine=SetClock(boot))
    with contextlib.closing(gateway), lock.gateway(path) as hold:
        assert gateway._recovered(hold, cut_off=False) is not None
    taken = stations.take_request(db, "north", now=now)
    assert (taken is not None) == waits
    assert waits or "ask again" in stations.result_of(db, asked)["result"]


def _has_tables(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master WHERE name='station_event'").fetchone() is not None


class Waits(threading.Event):
    """How long a supervisor would have waited, without the waiting; set after so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times, self.asked = times, []

    def wait(self, timeout: float | None = None) -> bool:
        self.asked.append(timeout)
        if len(self.asked) == self.times:
            self.set()
        return self.is_set()


def run_to_the_end(desk: Desk, path: Path, make: Callable[[], Station], deaths: int) -> list[float | None]:
    worker = Worker("north", path, make, SystemClock())
    waits = worker._stopping = Waits(deaths)
    worker.start()
    assert worker.join(10)
    return waits.asked


def broken() -> Station:
    raise RuntimeError("a library broke")


def test_a_station_that_dies_is_started_again_later_and_later(
    desk: Desk, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stations.ensure(desk.db, "north", now=NOON)
    asked = run_to_the_end(desk, path, broken, 6)
    assert asked == [*daemon.RESTART_S, 60.0, 60.0]
    row = desk.db.execute("SELECT state, reason FROM station").fetchone()
    assert row["state"] == "failed"
    assert "RuntimeError" in row["reason"]
    assert "a library broke" not in row["reason"]


def test_the_text_that_a_station_died_on_lets_the_others_go_first(desk: Desk, path: Path) -> None:
    seat = take_seat(desk.db)
    message_id = desk.approved()
    assert claim(desk, seat).message_id == message_id
    run_to_the_end(desk, path, broken, 1)
    row = desk.db.execute("SELECT state, not_before FROM message").fetchone()
    assert row["state"] == "approved"
    assert row["not_before"] > store.wall_ms() + HOUR_MS - 60_000


def test_what_a_station_had_handed_over_when_it_died_is_asked_of_people_though_its_modem_stays_away(
    desk: Desk, path: Path
) -> None:
    seat = take_seat(desk.db)
    message_id = desk.approved()
    submit(desk, seat, claim(desk, seat))
    run_to_the_end(desk, path, broken, 1)
    assert desk.state(message_id) == "uncertain"


def test_the_octets_that_a_modem_sent_instead_of_an_answer_are_in_no_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    error = ModemSilent("AT+CMGL=4", 1.0, b"+CMGL: 1,0\r\n0791 secret octets of a text")
    logging.getLogger("textbank.station").error("%s %r", error, error)
    assert "secret" not in caplog.text
    assert "AT+CMGL=4" in caplog.text
