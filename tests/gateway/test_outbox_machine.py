"""The outbox against a small model, by hypothesis: people, two stations, the network and the clock do anything in any order, on a real SQLite file.

The model knows only what a person could: which words were approved to whom, who said stop, and what a modem was given. After each act: nothing left
without approval of exactly those words (I1), twice (I2), to somebody who stopped (I4) or in quiet hours (I5), nor over a SIM's budget, nor from an
older start of a station. At the end every event was allowed, the ledger holds, and what was approved and had not left can still leave.
"""

import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from gateway import (
    arrivals,
    claims,
    flight,
    ledger,
    optouts,
    outbox,
    people,
    reports,
    schema,
    settling,
    store,
)
from gateway.budget import Sim
from gateway.errors import Refused, StaleMessage
from gateway.message import EVENTS, OVER
from gateway.policy import Limits, Quiet
from gateway.rules import DAY_MS, HOUR_MS, Rules
from gateway.store import moment, write
from hardware.pdu import encode_deliver, segment
from tests.gateway.conftest import NOON

RULES = Rules("Elm Street", "US", "America/New_York", Quiet(time(20), time(9)), undo_ms=5_000, allow_cli=True)
ZONE = ZoneInfo("America/New_York")
NUMBERS = ("+12025550123", "+12025550147", "+12125550108")
ICCIDS = {"north": "8901260000000000001", "south": "8901260000000000002"}
PER_DAY = 12
TEXTS = ("Can you come? STOP to end.", "Shall we call you?", "x" * 200, "ж" * 150)
MINUTE = 60_000
SHRUNK = (
    Phase.explicit,
    Phase.generate,
    Phase.shrink,
)  # a failing one is made small only by `make fuzz`: it takes minutes
EXAMPLES = int(os.environ.get("MACHINES", "12"))


class KilledError(Exception):
    """The process died inside a transaction."""


@dataclass
class Flying:
    """What one station has in hand: its seat, the job, and the segment whose answer is awaited."""

    seat: claims.Seat
    job: claims.Job
    waiting: int | None = None
    done: set[int] = field(default_factory=set)


@cache
def empty_database() -> Path:
    """A migrated database with a confirmation that an admin approved, made once and copied."""
    path = Path(tempfile.mkdtemp(prefix="machine-")) / "textbank.db"
    db = store.connect(path)
    schema.migrate(db)
    for name, role in (
        ("Maya", "volunteer"),
        ("Sam", "volunteer"),
        ("Cleo", "coordinator"),
        ("Ana", "admin"),
    ):
        people.create(db, name, role, now=NOON)
    optouts.approve_confirmation(
        db, optouts.default_confirmation("Elm Street"), by=people.by_name(db, "Ana"), channel="cli", now=NOON
    )
    db.execute("PRAGMA journal_mode=DELETE")
    db.close()
    return path


class Outbox(RuleBasedStateMachine):
    """The acts, in any order."""

    texts = Bundle("texts")
    cards = Bundle("cards")

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="machine-"))
        shutil.copy(empty_database(), self.folder / "textbank.db")
        self.db = self.connect()
        self.users = [people.by_name(self.db, name) for name in ("Maya", "Sam", "Cleo")]
        self.now = NOON
        self.approved: dict[int, tuple[str, str]] = {}
        self.air: Counter[tuple[int, int]] = Counter()  # (text, segment): how often it may have left
        self.begun: set[int] = set()
        self.stopped: set[str] = set()
        self.flying: dict[str, Flying] = {}
        self.old: list[Flying] = []  # of threads of older starts, which hang and may wake up at any moment
        self.spent: Counter[tuple[str, str]] = Counter()
        self.drafted: set[int] = set()
        self.stamp = 0
        self.seats = {name: self.begin(name) for name in ICCIDS}

    def connect(self) -> sqlite3.Connection:
        db = store.connect(self.folder / "textbank.db")
        db.execute("PRAGMA synchronous=OFF")
        return db

    def begin(self, name: str) -> claims.Seat:
        sim = Sim(ICCIDS[name], Limits(per_day=PER_DAY), "America/New_York")
        return claims.Seat(name, flight.begin(self.db, name, now=self.now), sim)

    def teardown(self) -> None:
        if not hasattr(self, "db"):
            return
        try:
            self.land_everything()
            self.the_books_are_whole()
        finally:
            self.db.close()
            shutil.rmtree(self.folder)

    def row(self, text: int) -> sqlite3.Row:
        return outbox.load(self.db, text)

    def known(self) -> list[int]:
        return [row[0] for row in self.db.execute("SELECT id FROM message ORDER BY id")]

    def learn(self) -> None:
        """Approvals that the software took back, and confirmations that it made by the standing approval."""
        for row in self.db.execute(
            "SELECT m.*, c.number FROM message m JOIN conversation c ON c.id=m.conversation_id"
        ):
            self.drafted.add(row["id"])
            if row["kind"] == 0:
                self.approved.setdefault(row["id"], (row["number"], row["text"]))

    # People

    @rule(
        target=texts,
        number=st.sampled_from(NUMBERS),
        words=st.sampled_from(TEXTS),
        kind=st.sampled_from(("first", "reply", "reminder")),
    )
    def draft(self, number: str, words: str, kind: str) -> int | None:
        with suppress(Refused):
            text = outbox.draft(
                self.db,
                number,
                words,
                kind=kind,
                key=None,
                channel="panel",
                by=None,
                rules=RULES,
                now=self.now,
            )
            assert number not in self.stopped
            self.drafted.add(text)
            return text
        assert number in self.stopped
        return None

    @rule(target=cards, text=texts)
    def look(self, text: int | None) -> tuple[int, str, str, str] | None:
        """A card is drawn on somebody's screen, where it may stand for hours."""
        if text is None:
            return None
        row = self.row(text)
        return (text, outbox.seen(row), row["number"], row["text"])

    @rule(card=cards, user=st.integers(0, 2))
    def approve(self, card: tuple[int, str, str, str] | None, user: int) -> None:
        if card is None:
            return
        text, seen, number, words = card
        before = self.row(text)["state"]
        with suppress(Refused, StaleMessage):
            outbox.approve(self.db, text, by=self.users[user], seen=seen, rules=RULES, now=self.now)
            row = self.row(text)
            assert (row["number"], row["text"]) == (number, words)
            if before == "awaiting":
                assert number not in self.stopped
                self.approved[text] = (number, words)

    @rule(text=texts)
    def look_and_approve(self, text: int | None) -> None:
        """What people mostly do; then the undo time passes."""
        self.approve(self.look(text), 2)
        self.now += 6000

    @rule(target=texts, number=st.sampled_from(NUMBERS), words=st.sampled_from(TEXTS))
    def draft_and_approve(self, number: str, words: str) -> int | None:
        text = self.draft(number, words, "first")
        self.look_and_approve(text)
        return text

    @rule(text=texts, words=st.sampled_from(TEXTS), user=st.integers(0, 2))
    def edit(self, text: int | None, words: str, user: int) -> None:
        if text is None:
            return
        with suppress(Refused, StaleMessage):
            outbox.edit(
                self.db, text, words, by=self.users[user], seen=outbox.seen(self.row(text)), now=self.now
            )
            assert text not in self.approved or self.row(text)["state"] != "awaiting"

    @rule(text=texts, user=st.integers(0, 2), what=st.sampled_from(("undo", "skip", "later")))
    def decide(self, text: int | None, user: int, what: str) -> None:
        if text is None:
            return
        with suppress(Refused, StaleMessage):
            getattr(outbox, what)(self.db, text, by=self.users[user], now=self.now)
            if what == "undo":
                assert text not in self.begun
                del self.approved[text]

    @rule(text=texts, arrived=st.booleans())
    def settle(self, text: int | None, arrived: bool) -> None:
        if text is None:
            return
        with suppress(Refused, StaleMessage):
            settling.settle(self.db, text, arrived=arrived, by=self.users[2], now=self.now)

    @rule(target=texts, text=texts)
    def resend(self, text: int | None) -> int | None:
        if text is None:
            return None
        with suppress(Refused, StaleMessage):
            again = settling.resend(
                self.db, text, by=self.users[2], key=f"again:{text}:{self.stamp}", rules=RULES, now=self.now
            )
            assert self.row(again)["state"] in ("awaiting", "approved", "claimed")
            return again
        return None

    @rule(number=st.sampled_from(NUMBERS), by_person=st.booleans())
    def stop(self, number: str, by_person: bool) -> None:
        row = self.db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchone()
        if by_person:
            self.receive(number, "STOP", "north")
        elif row is not None:
            optouts.opt_out(self.db, row["id"], source="volunteer", by=self.users[0], reason="", now=self.now)
            self.stopped.add(number)
            self.learn()

    @rule(number=st.sampled_from(NUMBERS))
    def start(self, number: str) -> None:
        self.receive(number, "START", "south")

    @rule(
        number=st.sampled_from(NUMBERS),
        words=st.sampled_from(("Yes, I come", "Who is this?")),
        station=st.sampled_from(list(ICCIDS)),
    )
    def receive(self, number: str, words: str, station: str) -> None:
        self.stamp += 1
        at = moment(self.now).replace(microsecond=0) + timedelta(seconds=self.stamp)
        pdu = "00" + encode_deliver(number, segment(words), timestamp=at).hex()
        arrivals.keep(
            self.db,
            [arrivals.Received(pdu, "SM", self.stamp)],
            arrivals.Seen(station, ICCIDS[station]),
            RULES,
            now=self.now,
        )
        if words == "STOP":
            self.stopped.add(number)
        if words == "START":
            self.stopped.discard(number)
        for text, (to, _) in list(self.approved.items()):
            if to == number and text not in self.begun and self.row(text)["kind"] != 0:
                del self.approved[text]  # they wrote: what was approved may no longer fit
        self.learn()

    @precondition(lambda self: getattr(self, "flying", None))
    @rule(station=st.sampled_from(list(ICCIDS)))
    def they_write_and_it_is_approved_anew(self, station: str) -> None:
        """While a station has the text in hand."""
        job = next(iter(self.flying.values())).job
        self.receive(job.number, "Yes, I come", station)
        if self.row(job.message_id)["state"] == "awaiting":
            self.look_and_approve(job.message_id)

    # Stations

    @rule(name=st.sampled_from(list(ICCIDS)))
    def claim(self, name: str) -> None:
        if name in self.flying:
            return
        job, _ = claims.claim_next(self.db, self.seats[name], RULES, now=self.now)
        if job is not None:
            self.flying[name] = Flying(self.seats[name], job)

    @rule(name=st.sampled_from(list(ICCIDS)))
    def submit(self, name: str) -> None:
        if name in self.flying and self.flying[name].waiting is None:
            hand = self.flying[name]
            if not self.hand_over(hand):
                del self.flying[name]

    @precondition(lambda self: getattr(self, "old", None))
    @rule(which=st.integers(0, 20))
    def an_older_start_wakes_up(self, which: int) -> None:
        """A thread that hung comes to life after its successor began: it may not submit."""
        assert not self.hand_over(self.old[which % len(self.old)]), "an older start submitted"

    def hand_over(self, hand: Flying) -> bool:
        job = hand.job
        seq = next(seq for seq in job.todo if seq not in hand.done)
        valid = flight.validity(self.db, job, RULES, now=self.now)
        if not valid:
            flight.release(self.db, hand.seat, job, "no time left", now=self.now)
            return False
        try:
            flight.submit(self.db, hand.seat, job, seq, RULES, valid_for=valid, now=self.now)
        except flight.NotNowError:
            return False
        self.left(hand, seq, valid)
        return True

    def left(self, hand: Flying, seq: int, valid: timedelta) -> None:
        """The PDU is written now: everything that must be true of it."""
        job = hand.job
        row = self.row(job.message_id)
        confirmation = job.kind == "confirmation"
        assert self.approved.get(job.message_id) == (job.number, job.text), f"I1: text {job.message_id}"
        assert confirmation or job.number not in self.stopped, f"I4: text {job.message_id}"
        self.air[job.message_id, seq] += 1
        assert self.air[job.message_id, seq] == 1, f"I2: segment {seq} of text {job.message_id} twice"
        assert (row["state"], row["station"]) == ("submitted", hand.seat.station)
        there = moment(self.now).astimezone(ZONE)
        ends = (there + valid).astimezone(ZONE)
        if job.message_id not in self.begun:
            assert time(9) <= there.time() < time(20), f"I5: {there}"
        assert ends <= there.replace(hour=20, minute=0, second=0, microsecond=0), (
            f"I5: it may arrive until {ends}"
        )
        day = (hand.seat.sim.iccid, hand.seat.sim.day(self.now))
        self.spent[day] += 1
        assert self.spent[day] <= PER_DAY or job.message_id in self.begun, "budget"
        self.begun.add(job.message_id)
        hand.waiting = seq

    @rule(name=st.sampled_from(list(ICCIDS)), mr=st.integers(0, 255))
    def accepted(self, name: str, mr: int) -> None:
        hand = self.flying.get(name)
        if hand is None or hand.waiting is None:
            return
        flight.accept(self.db, hand.seat, flight.Accepted(hand.job, hand.waiting, mr, self.now))
        hand.done.add(hand.waiting)
        hand.waiting = None
        if hand.done == set(hand.job.todo):
            del self.flying[name]
            assert self.row(hand.job.message_id)["state"] in ("sent", "delivered", "undelivered")

    @rule(
        name=st.sampled_from(list(ICCIDS)),
        what=st.sampled_from(("defer", "fail", "lose", "late", "refused late")),
    )
    def not_accepted(self, name: str, what: str) -> None:
        hand = self.flying.pop(name, None)
        if hand is None:
            return
        job, seq = hand.job, hand.waiting
        if what == "defer" or seq is None:
            flight.release(
                self.db, hand.seat, job, "the network is busy", now=self.now, seq=seq, wait_s=30, tried=True
            )
            if seq is not None:
                self.not_left(job.message_id, seq)
        elif what == "fail":
            flight.fail(self.db, hand.seat, job, seq, "refused for good", now=self.now)
        else:
            flight.lose(self.db, hand.seat, job, seq, "no answer", now=self.now)
            if what == "late":
                flight.settle_late(self.db, hand.seat, job, seq, 7, now=self.now)
            if what == "refused late":
                flight.refuse_late(
                    self.db, hand.seat, job, seq, "It was refused.", for_good=True, now=self.now
                )

    def not_left(self, text: int, seq: int) -> None:
        self.air[text, seq] -= 1
        if not any(count for (other, _), count in self.air.items() if other == text):
            self.begun.discard(text)

    @rule(name=st.sampled_from(list(ICCIDS)), all_of_them=st.booleans())
    def restart(self, name: str, all_of_them: bool) -> None:
        """Killed, at whatever moment; what it had in hand hangs in its old thread, or is gone."""
        for dead in list(ICCIDS) if all_of_them else [name]:
            hand = self.flying.pop(dead, None)
            if hand is not None and hand.waiting is None:
                self.old.append(hand)
        self.db.close()
        self.db = self.connect()
        if all_of_them:
            flight.recover_all(self.db, now=self.now)
        for again in list(ICCIDS) if all_of_them else [name]:
            self.seats[again] = self.begin(again)

    @rule(
        number=st.sampled_from(NUMBERS),
        mr=st.integers(0, 255),
        status=st.sampled_from((0, 0x30, 0x46)),
        name=st.sampled_from(list(ICCIDS)),
    )
    def report(self, number: str, mr: int, status: int, name: str) -> None:
        reports.keep(self.db, ICCIDS[name], reports.Arrived(number, mr, status, self.now), now=self.now)

    # The clock, and death in the middle

    @rule(ms=st.sampled_from((1000, 6000, 10 * MINUTE, HOUR_MS, 5 * HOUR_MS, DAY_MS, -HOUR_MS)))
    def time_passes(self, ms: int) -> None:
        self.now = max(NOON - DAY_MS, self.now + ms)
        outbox.expire(self.db, now=self.now)

    @rule(text=texts, number=st.sampled_from(NUMBERS), what=st.integers(0, 4))
    def killed(self, text: int | None, number: str, what: int) -> None:
        """Whatever was under way when the process died left no trace."""
        row = self.db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchone()
        if text is None or row is None:
            return
        seen = outbox.seen(self.row(text))
        acts: list[Callable[[], object]] = [
            lambda: outbox.approve(self.db, text, by=self.users[2], seen=seen, rules=RULES, now=self.now),
            lambda: outbox.undo(self.db, text, by=self.users[2], now=self.now),
            lambda: flight.recover_all(self.db, now=self.now),
            lambda: claims.claim_next(self.db, self.seats["north"], RULES, now=self.now),
            lambda: settling.settle(self.db, text, arrived=True, by=self.users[2], now=self.now),
        ]
        before = list(self.db.execute("SELECT id, state, round, reason FROM message ORDER BY id").fetchall())
        with suppress(KilledError), write(self.db):
            with suppress(Refused, StaleMessage):
                acts[what]()
            raise KilledError
        assert [
            tuple(r) for r in self.db.execute("SELECT id, state, round, reason FROM message ORDER BY id")
        ] == [tuple(r) for r in before]

    # Always, and at the end

    @invariant()
    def nothing_vanishes_and_nothing_flies_twice(self) -> None:
        if not hasattr(self, "db"):
            return
        assert set(self.known()) >= self.drafted
        for row in self.db.execute("SELECT id, state, text, station FROM message"):
            in_hand = [name for name, hand in self.flying.items() if hand.job.message_id == row["id"]]
            assert row["state"] != "submitted" or len(in_hand) == 1, (
                f"text {row['id']} is submitted and in the hands of {in_hand}"
            )
            assert row["state"] != "claimed" or row["station"] in in_hand, (
                f"text {row['id']} is claimed by nobody"
            )
        confirmed = self.db.execute(
            "SELECT count(*), count(DISTINCT draft_key) FROM message WHERE kind=0"
        ).fetchone()
        outs = self.db.execute("SELECT count(*) FROM opt_out").fetchone()[0]
        assert confirmed[0] == confirmed[1] <= outs

    def land_everything(self) -> None:
        """Days of good weather: what is approved leaves, once, and nothing stays in between."""
        for name in list(self.flying):
            if self.flying[name].waiting is not None:
                self.accepted(name, 9)
        self.restart("north", all_of_them=True)
        self.now = NOON + 40 * DAY_MS  # a new month for every budget
        self.db.execute("UPDATE message SET expires_at=? WHERE state='approved'", [self.now + 9 * DAY_MS])
        for _ in range(8):
            for name in ICCIDS:
                while True:
                    self.claim(name)
                    if name not in self.flying:
                        break
                    while name in self.flying:
                        self.submit(name)
                        if name in self.flying:
                            self.accepted(name, 9)
            self.now += DAY_MS
        left = self.db.execute(
            "SELECT id, state, reason FROM message WHERE state NOT IN ('awaiting','uncertain')"
        ).fetchall()
        assert all(row["state"] in OVER for row in left), [
            tuple(row) for row in left if row["state"] not in OVER
        ]

    def the_books_are_whole(self) -> None:
        verdict = ledger.verify(self.db)
        assert not verdict.broken, verdict.broken
        assert self.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert self.db.execute("PRAGMA foreign_key_check").fetchall() == []
        for text in self.known():
            state = "awaiting"
            for row in self.db.execute("SELECT event FROM event WHERE message_id=? ORDER BY id", [text]):
                if row["event"] == "edit":
                    continue
                sources, target = EVENTS[row["event"]]
                assert state in sources, (text, state, row["event"])
                state = target
            assert state == self.row(text)["state"]


TestOutbox = Outbox.TestCase
TestOutbox.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    derandomize="MACHINES" not in os.environ,
    database=None,
    phases=SHRUNK if "MACHINES" in os.environ else SHRUNK[:2],
    suppress_health_check=list(HealthCheck),
)


def test_a_text_that_went_to_another_station_meanwhile_leaves_by_that_one_only() -> None:
    """Two stations count their starts alike: one that still held a text which was put back and approved anew sent it as well."""
    house = Outbox()
    house.open()
    assert {seat.epoch for seat in house.seats.values()} == {1}
    text = house.draft_and_approve(NUMBERS[0], TEXTS[0])
    house.claim("north")  # and waits for its prompt
    house.receive(NUMBERS[0], "Yes, I come", "south")
    house.look_and_approve(text)
    house.claim("south")
    house.submit("north")
    house.not_accepted("north", "defer")  # what it would put back is not its own
    house.submit("south")
    assert house.air == {(text, 1): 1}
    house.accepted("south", 7)
    house.teardown()


def test_one_segment_is_handed_over_once() -> None:
    house = Outbox()
    house.open()
    house.draft_and_approve(NUMBERS[0], TEXTS[0])
    house.claim("north")
    hand = house.flying["north"]
    assert house.hand_over(hand)
    assert not house.hand_over(hand)
    house.teardown()
