"""Whether a clock is trusted: each rule, each tie, each nonsense, as a table; then what is kept of it."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import budget, claims, clockwords, flight, inbox, machineclock, optouts, outbox, timekeeper
from gateway.claims import Seat
from gateway.clocktrust import FIRST_SANE_MS, Evidence, Verdict, Voice, Word, judge
from gateway.clockwords import Instant
from gateway.errors import Refused
from gateway.machineclock import MachineClock, SetClock, boot_id
from gateway.store import moment
from tests.gateway.conftest import ADA, ICCID, NOON, Desk, Room, take_seat
from tests.gateway.test_approvable import wrote
from tests.scripted import FakeClock

HOUR_S = 3600.0
HOUR_MS = 3_600_000


def said(**ahead_s: float) -> tuple[Word, ...]:
    """A word of each: network=0.0, browser_2=7200.0."""
    words: list[Word] = []
    for name, seconds in ahead_s.items():
        voice: Voice = "network" if name.startswith("n") else "texts" if name.startswith("t") else "browser"
        words.append(Word(voice, name, seconds))
    return tuple(words)


SEEN = Evidence(now_ms=NOON)


@pytest.mark.parametrize(
    ("seen", "by"),
    [
        (SEEN, ""),
        (replace(SEEN, server=True), "server"),
        (replace(SEEN, battery=True), "battery"),
        (replace(SEEN, person=True), "person"),
        # 1970, and the day on which some modems were born
        (Evidence(now_ms=0, server=True, battery=True, person=True, words=said(network=0)), ""),
        (Evidence(now_ms=FIRST_SANE_MS - 1, battery=True), ""),
        # behind what the database knows: set back, or booted in the past
        (replace(SEEN, newest_ms=NOON + HOUR_MS, battery=True), ""),
        (replace(SEEN, newest_ms=NOON + HOUR_MS, words=said(network=0, browser=0)), ""),
        (replace(SEEN, newest_ms=NOON + HOUR_MS, server=True), "server"),
        (replace(SEEN, newest_ms=NOON + HOUR_MS, person=True), "person"),
        (replace(SEEN, newest_ms=NOON + 50_000, battery=True), "battery"),
        (replace(SEEN, set_back=True, words=said(network=0)), ""),
        # voices
        (replace(SEEN, words=said(network=20)), "voices"),
        (replace(SEEN, words=said(browser=-170)), "voices"),
        (replace(SEEN, words=said(network=190)), ""),
        (replace(SEEN, words=said(network=0, browser=2 * HOUR_S)), ""),
        (replace(SEEN, words=said(network=0, texts=5, browser=2 * HOUR_S)), "voices"),
        (replace(SEEN, words=said(network=24 * HOUR_S, texts=24 * HOUR_S, browser=0)), ""),
        (replace(SEEN, words=said(network=0, n2=0, n3=HOUR_S)), "voices"),  # one of three modems lies
        (replace(SEEN, words=said(network=0, n2=HOUR_S)), ""),
        (replace(SEEN, words=said(texts=-5 * HOUR_S)), ""),  # an old text says nothing, neither for
        (replace(SEEN, words=said(texts=-5 * HOUR_S, network=0)), "voices"),  # nor against
        (replace(SEEN, words=said(texts=5 * HOUR_S)), ""),
        # what a server or a person vouches for is not voted on
        (replace(SEEN, server=True, words=said(network=HOUR_S, browser=HOUR_S)), "server"),
        (replace(SEEN, person=True, words=said(network=HOUR_S, browser=HOUR_S)), "person"),
        # whoever sets the clock by hand sets the one with the battery too: it outweighs nobody
        (replace(SEEN, battery=True, words=said(browser=HOUR_S)), ""),
        (replace(SEEN, battery=True, words=said(network=-9 * HOUR_S)), ""),
        (replace(SEEN, battery=True, words=said(network=0, browser=HOUR_S)), "battery"),
        # what was trusted stays so until most speak against it
        (replace(SEEN, before="voices"), "voices"),
        (replace(SEEN, before="voices", words=said(network=0, browser=HOUR_S)), "voices"),
        (replace(SEEN, before="voices", words=said(network=HOUR_S)), ""),
        (replace(SEEN, before="battery"), "battery"),
        (replace(SEEN, before="battery", words=said(network=HOUR_S)), ""),
        (replace(SEEN, before="server", words=said(network=0)), "server"),
    ],
)
def test_the_first_rule_that_speaks_decides(seen: Evidence, by: str) -> None:
    verdict = judge(seen)
    assert verdict.by == by
    assert verdict.why.endswith(".")


def test_the_reason_names_who_said_what() -> None:
    assert judge(replace(SEEN, words=said(network=HOUR_S, browser=HOUR_S))) == Verdict(
        "", "The phone network and a coordinator's browser say another time."
    )
    assert judge(replace(SEEN, words=said(texts=3))).why == "The newest text's stamp says the same."


# What is kept


def instant(clock: FakeClock, boot: str = "simulated") -> Instant:
    return Instant(int(clock.now().timestamp() * 1000), int(clock.monotonic() * 1000), boot)


def test_a_word_is_kept_once_and_carried_on_by_the_monotonic_clock(db: sqlite3.Connection) -> None:
    clock = FakeClock()
    said_ms = instant(clock).wall_ms + 7_200_000
    assert clockwords.hear(db, "network", "north", said_ms, instant(clock))
    clock.advance(600)
    assert not clockwords.hear(db, "network", "north", said_ms + 600_000, instant(clock)), "no news"
    clock.start = clock.start.replace(year=2027)  # the wall clock is set: what was heard keeps its worth
    [word] = clockwords.words(db, instant(clock))
    assert word.ahead_s == pytest.approx(7200 - 365 * 86_400)
    assert clockwords.words(db, instant(clock, "another boot")) == []


def test_a_modem_that_was_told_no_time_is_no_witness(db: sqlite3.Connection) -> None:
    assert not clockwords.hear(db, "network", "north", 1_072_915_200_000, instant(FakeClock()))  # 2004


def test_an_older_stamp_takes_nothing_from_a_newer_one(db: sqlite3.Connection) -> None:
    clock = FakeClock()
    now = instant(clock).wall_ms
    clockwords.hear(db, "texts", "north", now, instant(clock))
    clockwords.hear(db, "texts", "north", now - 3 * HOUR_MS, instant(clock))
    assert [word.ahead_s for word in clockwords.words(db, instant(clock))] == [0]


def test_only_who_may_confirms_and_only_what_was_shown(db: sqlite3.Connection, room: Room) -> None:
    clock = FakeClock()
    shown = instant(clock)
    for person in (room.volunteer, room.trainee, room.technician):
        with pytest.raises(Refused, match="coordinator"):
            clockwords.confirm(db, by=person, shown=shown, at=instant(clock))
    clock.advance(600)
    with pytest.raises(Refused, match="too old"):
        clockwords.confirm(db, by=room.coordinator, shown=shown, at=instant(clock))
    shown = instant(clock)
    clock.start = clock.start.replace(day=25)  # set meanwhile: she saw another time
    with pytest.raises(Refused, match="too old"):
        clockwords.confirm(db, by=room.coordinator, shown=shown, at=instant(clock))
    assert not clockwords.confirmed(db, instant(clock))
    clockwords.confirm(db, by=room.coordinator, shown=instant(clock), at=instant(clock))
    assert clockwords.confirmed(db, instant(clock))
    [row] = db.execute("SELECT words, by_id FROM clock_event")
    assert row["by_id"] == room.coordinator.id
    assert "coordinator confirmed that it was 2026-11-25" in row["words"]


def test_what_was_counted_on_days_to_come_counts_today(db: sqlite3.Connection) -> None:
    seat = take_seat(db)
    person = 1
    day = 24 * HOUR_MS
    budget.count(db, seat.sim, person, 3, NOON)
    budget.count(db, seat.sim, person, 4, NOON + day)
    budget.count(db, seat.sim, person + 1, 5, NOON + 40 * day)
    assert budget.used(db, seat.sim, NOON).day == 3, "a step back would refill it"
    timekeeper.settle(db, "America/New_York", now=NOON)
    assert budget.used(db, seat.sim, NOON).day == 12
    assert budget.used(db, seat.sim, NOON + day).day == 0
    months = db.execute("SELECT DISTINCT month FROM sim_person WHERE iccid=?", [ICCID]).fetchall()
    assert [row["month"] for row in months] == ["2026-11-01"]


def test_what_was_approved_in_the_future_is_not_kept_back_for_a_year(
    db: sqlite3.Connection, desk: Desk
) -> None:
    year = 365 * 24 * HOUR_MS
    message_id = desk.approved(now=NOON + year)
    db.execute("UPDATE message SET not_before=? WHERE id=?", [NOON + year + 5_000, message_id])
    timekeeper.settle(db, "America/New_York", now=NOON)
    row = outbox.load(db, message_id)
    assert row["not_before"] is None
    assert row["expires_at"] <= NOON + 24 * HOUR_MS


def test_a_reminder_that_was_approved_by_a_clock_ahead_leaves_when_it_is_due(
    db: sqlite3.Connection, desk: Desk
) -> None:
    month, due = 30 * 24 * HOUR_MS, NOON + 31 * 24 * HOUR_MS
    message_id = desk.draft(kind="reminder", now=NOON + month)
    db.execute("UPDATE message SET due_at=?, expires_at=? WHERE id=?", [due, due + 8 * HOUR_MS, message_id])
    desk.approve(message_id, now=NOON + month)
    timekeeper.settle(db, "America/New_York", now=NOON)
    row = outbox.load(db, message_id)
    assert (row["not_before"], row["expires_at"]) == (due, due + 8 * HOUR_MS)


def test_a_clock_that_was_ahead_shelves_no_text_for_the_night_that_it_saw(
    db: sqlite3.Connection, desk: Desk, seat: Seat
) -> None:
    message_id = desk.approved(now=NOON)
    clock, machine = FakeClock(), SetClock()
    clock.start = moment(NOON + 10 * HOUR_MS)  # by a battery that is wrong
    keeper = timekeeper.Timekeeper(clock, machine)
    assert keeper.trusted(db)
    assert claims.claim_next(db, seat, desk.rules, now=NOON + 10 * HOUR_MS)[0] is None
    assert "Quiet hours" in desk.reason(message_id)
    clock.start, machine.has_server = moment(NOON + 60_000), True
    assert keeper.trusted(db)
    job, _ = claims.claim_next(db, seat, desk.rules, now=NOON + 60_000)
    assert job is not None


def test_an_answer_that_was_approved_by_a_clock_ahead_is_read_again_when_they_write_once_more(
    db: sqlite3.Connection, desk: Desk, seat: Seat
) -> None:
    """A modem had it when they wrote, and gave it back: it left as if approved after that. What they wrote before it is answered."""
    by, ada = desk.room.coordinator, outbox.load(db, desk.draft())["conversation_id"]

    def answered(words: str) -> tuple[int, claims.Job]:
        wrote(db, desk.rules, ADA, f"Who is {words}?", now=NOON + HOUR_MS)
        answer = inbox.reply(db, ada, words, by=by, key=words, rules=desk.rules, now=NOON + HOUR_MS + 1)
        timekeeper.settle(db, "America/New_York", now=NOON, was_ahead=True)
        job, _ = claims.claim_next(db, seat, desk.rules, now=NOON)
        assert job is not None
        flight.submit(db, seat, job, 1, desk.rules, valid_for=timedelta(hours=1), now=NOON)
        return answer, job

    _, job = answered("this")
    flight.accept(db, seat, flight.Accepted(job, 1, 7, NOON + 1000))
    desk.stop(now=NOON)
    optouts.undo(db, ada, by=by, reason="by mistake", now=NOON)
    assert desk.conversation()["waiting_at"] is None

    answer, job = answered("Maria")
    wrote(db, desk.rules, ADA, "Leave it", now=NOON + 1000)
    flight.release(db, seat, job, "The network was busy.", now=NOON + 2000, seq=1)
    assert claims.claim_next(db, seat, desk.rules, now=NOON + 3000)[0] is None
    assert desk.state(answer) == "awaiting"


# The machine


def test_this_machine_answers_without_root() -> None:
    machine = MachineClock()
    assert machine.boot == boot_id()
    assert machine.server() in (True, False)
    assert not machine.battery(0.0, stepped=True), "no battery clock stands at 1970 with a clock that was set"


@pytest.mark.parametrize(
    ("rtc_s", "cpu", "stepped", "vouches"),
    [
        (0, "", False, True),
        (-100, "", False, True),
        (-3600, "flags : fpu hypervisor", False, False),  # a battery that ran down beats the host's word
        (None, "flags\t: fpu hypervisor", False, True),
        (None, "flags\t: fpu sse", False, False),
        (None, "model name : ARMv7 Processor", False, False),  # a Pi
        (0, "", True, False),  # timedatectl set-time sets the battery clock as well
        (None, "flags : hypervisor", True, False),
    ],
)
def test_a_battery_clock_or_the_host_vouches_for_a_clock_that_nobody_set(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rtc_s: int | None,
    cpu: str,
    stepped: bool,
    vouches: bool,
) -> None:
    now_s = 1_795_000_000
    (tmp_path / "cpuinfo").write_text(cpu + "\n")
    if rtc_s is not None:
        (tmp_path / "rtc0").mkdir()
        (tmp_path / "rtc0" / "since_epoch").write_text(f"{now_s + rtc_s}\n")
    monkeypatch.setattr(machineclock, "RTCS", tmp_path)
    monkeypatch.setattr(machineclock, "CPUS", tmp_path / "cpuinfo")
    assert MachineClock().battery(now_s, stepped=stepped) is vouches


@pytest.mark.parametrize(("file", "kept"), [(True, True), (False, False)])
def test_where_the_kernel_may_not_be_asked_systemd_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: bool, kept: bool
) -> None:
    """Some containers forbid adjtimex."""
    monkeypatch.setattr(machineclock, "_kernel_says", lambda: None)
    monkeypatch.setattr(machineclock, "SYNCHRONISED", tmp_path / "synchronized")
    if file:
        (tmp_path / "synchronized").touch()
    assert MachineClock().server() is kept


def test_a_gateway_that_is_restarted_remembers_and_a_machine_that_is_does_not(
    db: sqlite3.Connection, room: Room
) -> None:
    clock, machine = FakeClock(), SetClock("first boot", battery=False)
    assert not timekeeper.Timekeeper(clock, machine).trusted(db)
    shown = instant(clock, "first boot")
    clockwords.confirm(db, by=room.coordinator, shown=shown, at=shown)
    assert timekeeper.Timekeeper(clock, machine).trusted(db)
    db.execute("DELETE FROM clock_word")  # even without the word: the verdict itself is kept
    assert timekeeper.Timekeeper(clock, machine).trusted(db)
    clock.advance(3600)
    assert timekeeper.Timekeeper(clock, machine).trusted(db)
    assert not timekeeper.Timekeeper(clock, SetClock("second boot", battery=False)).trusted(db)


def test_nothing_is_written_while_nothing_changes(db: sqlite3.Connection) -> None:
    for machine in (SetClock(), SetClock(battery=False)):
        clock = FakeClock()
        keeper = timekeeper.Timekeeper(clock, machine)
        keeper.trusted(db)
        before = db.total_changes
        for _ in range(50):
            clock.advance(61)
            keeper.trusted(db)
        assert db.total_changes == before


def test_a_clock_that_is_set_back_to_where_it_was_trusted_needs_nobody(db: sqlite3.Connection) -> None:
    clock = FakeClock()
    keeper = timekeeper.Timekeeper(clock, SetClock())
    assert keeper.trusted(db)
    right = clock.start
    clock.start = right.replace(year=2027)
    assert not keeper.trusted(db)
    clock.start = right
    assert keeper.trusted(db)
