"""Erasing one person: their number, name and words are gone from the database; what they asked of us is not.

Gone: the conversation, every text to and from them with its events and segments, the raw PDUs, the reports, and the
salt that made their rows of the approval ledger theirs. Kept: the ledger's rows, which nobody can link to anybody any
more, and an opt-out, as a keyed digest. Deleted rows are overwritten (`secure_delete`), and the log is emptied.

Promises: one transaction, after the act is in the journal, so that a restore of an older backup erases again.
Fails with `Refused`: nobody of that number is here, or a text to them is leaving at this moment.
"""

import sqlite3
from dataclasses import dataclass

from gateway import conversations, journal
from gateway.errors import Refused
from gateway.moves import withdraw_waiting
from gateway.store import write


@dataclass(frozen=True)
class Erased:
    """How many texts went with the person, and whether their opt-out stays."""

    texts: int
    answers: int
    opted_out: bool


def erase(db: sqlite3.Connection, number: str, *, now: int) -> Erased:
    """Erase the person with this number (E.164, or as it came). The log is emptied by `empty_log`, once nobody writes."""
    with write(db):
        row = db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchone()
        if row is None:
            raise Refused("Nobody with this number is in the database. Nothing was changed.")
        flying = db.execute(
            "SELECT 1 FROM message WHERE conversation_id=? AND state IN ('claimed','submitted')", [row["id"]]
        ).fetchone()
        if flying is not None:
            raise Refused(
                "A text to this person is leaving at this moment. Nothing was changed; try again in five minutes."
            )
        key = conversations.number_key(db, number)
        journal.of(db).note("erase", at=now, number=key.hex())
        withdraw_waiting(db, row["id"], actor="gateway", now=now, reason="The person was erased.")
        return remove(db, row["id"], number, key)


def remove(db: sqlite3.Connection, conversation_id: int, number: str, key: bytes) -> Erased:
    """Delete every row that tells of the person, inside the caller's transaction."""
    texts = "SELECT id FROM message WHERE conversation_id=?"
    answers = "SELECT id FROM inbound WHERE conversation_id=?"
    who = [conversation_id]
    statements: tuple[tuple[str, list[int] | list[str]], ...] = (
        ("UPDATE self_test SET message_id=NULL WHERE message_id IN (" + texts + ")", who),
        ("UPDATE message SET resend_of=NULL WHERE resend_of IN (" + texts + ")", who),
        ("DELETE FROM event WHERE message_id IN (" + texts + ")", who),
        ("DELETE FROM staged_draft WHERE conversation_id=?", who),
        ("DELETE FROM segment WHERE message_id IN (" + texts + ")", who),
        ("DELETE FROM arrival WHERE inbound_id IN (" + answers + ")", who),
        ("DELETE FROM arrival WHERE number=? AND total IS NOT NULL AND inbound_id IS NULL", [number]),
        *(
            (statement.format(reports=found), values)
            for found, values in (
                ("SELECT id FROM report WHERE message_id IN (" + texts + ")", who),
                ("SELECT id FROM report WHERE message_id IS NULL AND number=?", [number]),
            )
            for statement in (
                "DELETE FROM arrival WHERE report_id IN ({reports})",
                "DELETE FROM report WHERE id IN ({reports})",
            )
        ),
        ("UPDATE inbound SET again_of=NULL WHERE again_of IN (" + answers + ")", who),
    )
    for statement, values in statements:
        db.execute(statement, values)
    gone_in = db.execute("DELETE FROM inbound WHERE conversation_id=?", who).rowcount
    gone_out = db.execute("DELETE FROM message WHERE conversation_id=?", who).rowcount
    db.execute("DELETE FROM sim_person WHERE conversation_id=?", who)
    db.execute("DELETE FROM conversation WHERE id=?", who)
    stays = db.execute("SELECT 1 FROM opt_out WHERE number_key=? AND until_at IS NULL", [key]).fetchone()
    return Erased(gone_out, gone_in, stays is not None)


def empty_log(db: sqlite3.Connection) -> bool:
    """Bring the log into the file and empty it, for old pages lie in it; False when somebody reads just now."""
    return int(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]) == 0
