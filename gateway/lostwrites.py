"""A card that lost what it said was written: the database is then an older state of itself, whole to every check.

The two files beside it are asked. At each start the journal of acts, which knows who stopped. After an unclean end the journal of texts
(`gateway/texted.py`), which names each text that was handed over, its attempt and its segment; the line is written after the commit that
says so here, so that one without its commit shows that the card took the commit back. No order in which a power cut keeps the writes of
an honest disk gives that.

Promises: nobody who stopped is texted; a text that the journal says was handed over does not go again by itself, and what its modem may
still answer is taken for no other text's. A line that the
power took with the commit (it was never flushed) is not missed, nor is what came in or was erased with a commit that is gone.
"""

import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from gateway import conversations, given, restoring, texted, unanswered
from gateway.journal import Journal
from gateway.store import write
from gateway.texted import Handed

log = logging.getLogger("textbank.lostwrites")

LOST = (
    "This text was handed over before the machine stopped, and the card has lost what was written of it. It may have gone out, or not: "
    "ask the person, or look at their answers, before you send it again. Put in a new card: this one forgets."
)


@dataclass(frozen=True)
class Missed:
    """How many stops and how many handed-over texts (or segments of one) the database did not know."""

    stops: int
    texts: int


def catch_up(db: sqlite3.Connection, database: Path, *, now: int, cut_off: bool = True) -> Missed:
    """Bring the database to what the files beside it know; before what was in hand is settled. Does the same again harmlessly.

    `cut_off`: the run before did not end by itself. Else only who stopped is asked for: a card that failed while we ran may have refused
    the commit of a stop whose line it had taken, and the SIM on which the stop lay may be gone.
    """
    with write(db):
        # First the texts: a stop would take back what had left.
        handed_over = texted.handed(database) if cut_off else ()
        lost = [handed for handed in handed_over if _settled(db, handed, now)]
        if lost:  # and no row tells by which SIM
            unanswered.keep_owed(db, {unanswered.ANY_SIM: texted.newest(database, now=now)})
        stops = restoring.still_out(db, Journal(database), now=now)
    if lost:
        log.error(
            "the card lost the record of %d texts that were handed over; it should be replaced", len(lost)
        )
    return Missed(stops, len(lost))


def _settled(db: sqlite3.Connection, handed: Handed, now: int) -> bool:
    """Whether the commit of this line is gone; then a person decides about its text."""
    row = db.execute(
        "SELECT m.id, m.conversation_id, m.state, m.attempts, c.number, s.state AS segment FROM message m "
        "JOIN conversation c ON c.id=m.conversation_id LEFT JOIN segment s ON s.message_id=m.id AND s.seq=? WHERE m.id=?",
        [handed.seq, handed.message_id],
    ).fetchone()
    if row is None:
        return _draft_is_gone(db, handed, now)
    segment_is_gone = (row["attempts"], row["state"], row["segment"]) == (
        handed.attempt,
        "submitted",
        "pending",
    )
    if row["attempts"] >= handed.attempt and not segment_is_gone:
        return False
    keys = conversations.number_keys(db, row["number"])
    if not any(_is(key, handed) for key in keys):  # a later text, which got the number of one that is gone
        return False
    if row["state"] in ("approved", "claimed", "submitted"):
        restoring.may_have_left(db, row["id"], LOST, now)
    elif row["state"] == "awaiting":
        db.execute("UPDATE message SET round=round+1, reason=? WHERE id=?", [LOST, row["id"]])
        # Beside the reason, which other words may cover: no program sends it unseen.
        db.execute("UPDATE conversation SET perhaps_texted_at=? WHERE id=?", [now, row["conversation_id"]])
    db.execute("UPDATE message SET attempts=? WHERE id=?", [handed.attempt, row["id"]])
    return True


def _draft_is_gone(db: sqlite3.Connection, handed: Handed, now: int) -> bool:
    """The text itself is not here: deleted with its person or by its age, or never written for good. Then whoever texts them is told."""
    if handed.message_id <= db.execute(f"SELECT {given.last_id('message')}").fetchone()[0]:
        return False
    for key, person in restoring.people_by_digest(db, conversations.all_keys(db)).items():
        if _is(key, handed):
            db.execute("UPDATE conversation SET perhaps_texted_at=? WHERE id=?", [now, person["id"]])
            return True
    return False


def _is(key: bytes, handed: Handed) -> bool:
    return key[: conversations.TEXTED_BYTES] == bytes.fromhex(handed.who)
