"""What SIMs sent stays counted: through a restart, a restore of an older backup, an erasure."""

import contextlib
import sqlite3
from pathlib import Path

from gateway import backup, budget, conversations, erasing, store
from gateway.budget import Sim
from gateway.policy import Limits
from gateway.rules import DAY_MS
from tests.gateway.conftest import ADA, ICCID, LUIS, NOON, Desk

BEA, OLU = "+12025550153", "+12025550151"
SIM = Sim(ICCID, Limits(people_per_month=2), "America/New_York")


def texts(db: sqlite3.Connection, number: str) -> None:
    """The SIM sends a text to this person."""
    budget.count(db, SIM, conversations.ensure(db, number, now=NOON), 1, NOON)


def refused(db: sqlite3.Connection, number: str) -> bool:
    """Whether the SIM may not text this person any more."""
    conversation_id = conversations.ensure(db, number, now=NOON)
    return budget.refusal(db, SIM, conversation_id, "first", 1, NOON) is not None


def test_whom_a_sim_texted_since_the_backup_still_counts_though_others_have_their_places_now(
    path: Path, desk: Desk, tmp_path: Path
) -> None:
    """Seeds 400462 and 400596: the people who came after a restore were taken for those texted before it."""
    texts(desk.db, ADA)
    made = backup.make(path, tmp_path / "saved.db", now=NOON)
    desk.draft(BEA)
    texts(desk.db, LUIS)
    desk.db.close()

    backup.restore(made.path, path, now=NOON + 1)

    with contextlib.closing(store.connect(path)) as db:
        for newcomer in (OLU, BEA):
            assert refused(db, newcomer)
        assert not refused(db, ADA)
        assert budget.used(db, SIM, NOON).people == 2


def test_somebody_who_is_erased_counts_on_and_is_nobody(db: sqlite3.Connection, desk: Desk) -> None:
    for number in (ADA, LUIS):
        desk.draft(number)
        texts(db, number)
        erasing.erase(db, number, now=NOON)
    assert refused(db, OLU)
    assert [row["conversation_id"] for row in db.execute("SELECT conversation_id FROM sim_person")] == [
        -2,
        -1,
    ]


def test_a_clock_that_stood_ahead_brings_everybody_back_into_the_month_of_the_sims_billing_day(
    db: sqlite3.Connection,
) -> None:
    sim = Sim(ICCID, Limits(people_per_month=2), "America/New_York", billing_day=20)
    for number, at in ((ADA, NOON), (LUIS, NOON + 70 * DAY_MS)):
        budget.count(db, sim, conversations.ensure(db, number, now=NOON), 1, at)
    assert budget.used(db, sim, NOON).people == 1
    budget.bring_back(db, sim.zone, NOON)
    assert budget.used(db, sim, NOON).people == 2
