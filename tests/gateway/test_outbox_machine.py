"""The outbox against a small model, by hypothesis: people, two stations, the network and the clock do anything in any order, on a real SQLite file.

The model knows only what a person could: which words were approved to whom, who said stop, and what a modem was given. After each act: nothing left
without approval of exactly those words (I1), twice (I2), to somebody who stopped (I4) or in quiet hours (I5), nor over a SIM's budget, nor from an
older start of a station. At the end every event was allowed, the ledger holds, and what was approved and had not left can still leave.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import time, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    precondition,
    rule,
)

from gateway import (
    claims,
    flight,
    ledger,
    outbox,
    reports,
    settling,
)
from gateway.errors import Refused, StaleMessage
from gateway.message import EVENTS, OVER
from gateway.rules import DAY_MS, HOUR_MS
from gateway.store import moment, write
from tests.gateway.conftest import NOON
from tests.gateway.outbox_office import (
    EXAMPLES,
    ICCIDS,
    MINUTE,
    NUMBERS,
    PER_DAY,
    RULES,
    SHRUNK,
    TEXTS,
    ZONE,
    Flying,
    KilledError,
    Office,
)


class Outbox(Office):
    """What stations, the network and the clock do, and what must be true of it."""

    texts = Office.texts

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
                if row["event"] in ("edit", "later"):
                    continue
                sources, target = EVENTS[row["event"]]
                if state == "approved" and state not in sources:
                    state = "claimed"  # a claim leaves no row
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
