"""The inbox against a small model, by hypothesis: segments arrive in any order, twice and days late, and the gateway dies anywhere (I3).

People write texts of one to three segments, the network drops them into the slots of a SIM in any order and may repeat them, the station sweeps as
`station/receiving.py` does (keep, commit, delete, see the slots empty) and is killed inside and between these steps. At the end each text
stands in its conversation once and whole, and nothing that never came is shown.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway import arrivals, slots, store
from gateway.rules import DAY_MS, HOUR_MS
from gateway.store import moment, write
from hardware.pdu import encode_deliver, segment
from tests.gateway.conftest import ICCID, NOON
from tests.gateway.outbox_office import MINUTE, NUMBERS, RULES, SHRUNK, KilledError, empty_database

SEEN = arrivals.Seen("north", ICCID)
REFERENCES = 6  # they come round again soon
LATEST_MS = 6 * DAY_MS
EXAMPLES = int(os.environ.get("MACHINES", "10"))


class Inbox(RuleBasedStateMachine):
    """The acts, in any order."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="machine-"))
        (self.folder / "textbank.db").write_bytes(empty_database())
        self.db = self.connect()
        self.now = NOON
        self.written: list[tuple[str, str]] = []  # (number, words)
        self.on_the_way: list[str] = []  # PDUs that the network has
        self.delivered: list[str] = []
        self.slots: dict[int, str] = {}
        self.next_slot = 1

    def connect(self) -> sqlite3.Connection:
        db = store.connect(self.folder / "textbank.db")
        db.execute("PRAGMA synchronous=OFF")
        return db

    def teardown(self) -> None:
        if not hasattr(self, "db"):
            return
        try:
            while self.on_the_way:
                self.arrive(0)
            self.sweep("whole")
            for _ in range(3):
                self.now += DAY_MS
                arrivals.show_incomplete(self.db, now=self.now)
            assert self.shown() == sorted(self.written), (self.shown(), self.written)
            assert self.db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert self.db.execute("PRAGMA foreign_key_check").fetchall() == []
        finally:
            self.db.close()
            shutil.rmtree(self.folder)

    def shown(self) -> list[tuple[str, str]]:
        """What stands in the conversations, without what is folded or was replaced."""
        rows = self.db.execute(
            "SELECT number, text FROM inbound WHERE again_of IS NULL AND replaced_by IS NULL"
        )
        return sorted((row["number"], row["text"]) for row in rows)

    @rule(
        number=st.sampled_from(NUMBERS), length=st.sampled_from((20, 200, 400)), letters=st.sampled_from("xж")
    )
    def somebody_writes(self, number: str, length: int, letters: str) -> None:
        self.now += 3 * MINUTE
        words = f"{len(self.written)} ".ljust(length if letters == "x" else length // 3, letters)
        plan, stamp = segment(words), moment(self.now).replace(microsecond=0)
        ref = len(self.written) % REFERENCES
        self.written.append((number, words))
        self.on_the_way += [
            "00"
            + encode_deliver(number, plan, timestamp=stamp + timedelta(seconds=seq), seq=seq, ref=ref).hex()
            for seq in range(1, plan.count + 1)
        ]

    @precondition(lambda self: getattr(self, "on_the_way", None))
    @rule(which=st.integers(0, 50))
    def arrive(self, which: int) -> None:
        pdu = self.on_the_way.pop(which % len(self.on_the_way))
        self.delivered.append(pdu)
        self.fill(pdu)

    def fill(self, pdu: str) -> None:
        self.slots[self.next_slot] = pdu
        self.next_slot = self.next_slot % 30 + 1
        while self.next_slot in self.slots:
            self.next_slot = self.next_slot % 300 + 1

    @precondition(lambda self: getattr(self, "delivered", None))
    @rule(which=st.integers(0, 50))
    def the_network_repeats_it(self, which: int) -> None:
        """It missed the answer: the same octets come once more."""
        self.fill(self.delivered[which % len(self.delivered)])

    @rule(
        death=st.sampled_from(
            (
                "whole",
                "whole",
                "in the commit",
                "before the delete",
                "in the deletes",
                "before it looks again",
            )
        )
    )
    def sweep(self, death: str) -> None:
        listed = list(self.slots.items())
        received = [arrivals.Received(pdu, "SM", slot) for slot, pdu in listed]
        if death == "in the commit":
            with suppress(KilledError), write(self.db):
                arrivals.keep(self.db, received, SEEN, RULES, now=self.now)
                raise KilledError
            return self.restart()
        arrivals.keep(self.db, received, SEEN, RULES, now=self.now)
        if death == "before the delete":
            return self.restart()
        for slot, _ in listed[: len(listed) // 2] if death == "in the deletes" else listed:
            del self.slots[slot]
        if death != "whole":
            return self.restart()
        filled = {("SM", slot) for slot in self.slots}
        gone = [row for place, row in slots.present(self.db, ICCID).items() if place not in filled]
        return slots.emptied(self.db, gone, now=self.now)

    @rule()
    def restart(self) -> None:
        self.db.close()
        self.db = self.connect()

    @rule(ms=st.sampled_from((MINUTE, 11 * MINUTE, HOUR_MS, DAY_MS, -HOUR_MS)))
    def time_passes(self, ms: int) -> None:
        if self.now + ms < NOON + LATEST_MS:
            self.now += ms
        arrivals.show_incomplete(self.db, now=self.now)

    @invariant()
    def every_whole_text_that_was_kept_is_shown_and_none_twice(self) -> None:
        if not hasattr(self, "db"):
            return
        shown = self.shown()
        assert len(set(shown)) == len(shown), shown
        whole = [found for found in shown if arrivals.GAP not in found[1]]
        assert set(whole) <= set(self.written)


TestInbox = Inbox.TestCase
TestInbox.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    derandomize="MACHINES" not in os.environ,
    database=None,
    phases=SHRUNK if "MACHINES" in os.environ else SHRUNK[:2],
    suppress_health_check=list(HealthCheck),
)


def test_a_segment_that_comes_a_third_time_is_no_second_text_with_a_gap() -> None:
    """Twice before its text was whole and once a quarter of an hour later: a day after that the conversation showed it anew, half."""
    house = Inbox()
    house.open()
    house.somebody_writes(NUMBERS[0], 200, "x")
    house.arrive(0)
    house.the_network_repeats_it(0)
    house.arrive(0)
    house.sweep("whole")
    house.the_network_repeats_it(0)
    house.time_passes(11 * MINUTE)
    house.teardown()
