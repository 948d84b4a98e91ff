"""Half of the outbox's state machine: the group, what people do, and what the model knows of it. See `test_outbox_machine.py`."""

import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import time, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from gateway import (
    arrivals,
    claims,
    flight,
    optouts,
    outbox,
    people,
    settling,
    store,
    undoing,
)
from gateway.budget import Sim
from gateway.errors import Refused, StaleMessage
from gateway.policy import Limits, Quiet
from gateway.rules import Rules
from gateway.store import moment
from hardware.pdu import encode_deliver, segment
from tests import blank
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
def empty_database() -> bytes:
    """The file of a migrated database with a confirmation that an admin approved, made once and copied."""
    with tempfile.TemporaryDirectory(prefix="machine-") as folder:
        path = Path(folder) / "textbank.db"
        db = blank.database(path)
        for name, role in (
            ("Maya", "volunteer"),
            ("Sam", "volunteer"),
            ("Cleo", "coordinator"),
            ("Ana", "admin"),
        ):
            people.create(db, name, role, now=NOON)
        optouts.approve_confirmation(
            db,
            optouts.default_confirmation("Elm Street"),
            by=people.by_name(db, "Ana"),
            channel="cli",
            now=NOON,
        )
        db.execute("PRAGMA journal_mode=DELETE")
        db.close()
        return path.read_bytes()


class Office(RuleBasedStateMachine):
    """The acts, in any order."""

    texts = Bundle("texts")
    cards = Bundle("cards")

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="machine-"))
        (self.folder / "textbank.db").write_bytes(empty_database())
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
        self.keys = count()
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
                self.db,
                text,
                words,
                by=self.users[user],
                seen=outbox.seen(self.row(text)),
                rules=RULES,
                now=self.now,
            )
            assert text not in self.approved or self.row(text)["state"] != "awaiting"

    @rule(text=texts, user=st.integers(0, 2), what=st.sampled_from(("undo", "skip", "later", "unskip")))
    def decide(self, text: int | None, user: int, what: str) -> None:
        if text is None:
            return
        with suppress(Refused, StaleMessage):
            if what == "unskip":
                undoing.unskip(self.db, text, by=self.users[user], rules=RULES, now=self.now)
                assert self.row(text)["number"] not in self.stopped
                return
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
                self.db, text, by=self.users[2], key=f"again:{next(self.keys)}", rules=RULES, now=self.now
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
