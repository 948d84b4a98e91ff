"""Erasing one person: their number, name and words are gone from the database; what they asked of us is not.

Gone: the conversation, everybody of the lists at that number, what they answered, every text to and from them with its
events and segments, the raw PDUs, the reports, and the salt that made their rows of the approval ledger theirs. Kept:
the ledger's rows, which nobody can link to anybody any more, and an opt-out, as a keyed digest. Deleted rows are
overwritten (`secure_delete`), and the log is emptied.

Promises: one transaction, after the act is in the journal, so that a restore of an older backup erases again.
Fails with `Refused`: nobody of that number is here, or a text to them is leaving at this moment, or may be.
"""

import hashlib
import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, replace

from gateway import budget, clockwords, conversations, forgetting, journal, reports
from gateway.errors import Refused
from gateway.moves import withdraw_waiting
from gateway.purging import Belongings, belongings, unbound, with_repeats
from gateway.samepdu import REPEAT_MS
from gateway.store import write

TAIL = 8  # digits, as in conversation.tail
LOG_FULL = "log_to_empty"  # a setting: pages of somebody who was erased lie in the log


@dataclass(frozen=True)
class Erased:
    """How many texts went with the person, and whether their opt-out stays."""

    texts: int
    answers: int
    opted_out: bool


def erase(db: sqlite3.Connection, number: str, *, now: int) -> Erased:
    """Erase the person with this number (E.164, or as it came). The log is emptied by `empty_log`, once nobody writes."""
    forgetting.refuse_while_files_wait(db)
    looked = forgetting.Looked.of(db, number)
    salt = ""
    try:
        with unbound(db), write(db):
            number = conversations.sender(db, number, "")
            row = db.execute("SELECT id, last_at, salt FROM conversation WHERE number=?", [number]).fetchone()
            forgetting.refuse_while_files_wait(db)
            if row is None:
                return _only_in_files(db, number, looked, now)
            flying = db.execute(
                "SELECT 1 FROM message m WHERE m.conversation_id=? AND (m.state IN ('claimed','submitted') OR m.sent_at IS NULL AND "
                "max(m.submitted_at, coalesce((SELECT max(submitted_at) FROM segment WHERE message_id=m.id), 0)) BETWEEN ? AND ?)",
                [row["id"], *clockwords.lately(db, now)],
            ).fetchone()
            if flying is not None:
                raise Refused(
                    "A text to this person is leaving, or its modem may still answer for it. Nothing was changed; try again in five minutes."
                )
            key = conversations.number_key(db, number)
            # By a clock that is behind it would look as if they had come back since.
            salt = salt_digest(row["salt"])
            journal.of(db).note("erase", at=max(now, row["last_at"]), number=key.hex(), salt=salt)
            withdraw_waiting(db, row["id"], actor="gateway", now=now, reason="The person was erased.")
            reports.texts_went(db, row["id"], now=now)
            # With the person, not after them: whatever keeps the caller from `empty_log`, the gateway does it.
            db.execute("INSERT OR IGNORE INTO setting (key, value) VALUES (?, '1')", [LOG_FULL])
            return remove(db, row["id"], number, looked, now=now)
    except sqlite3.Error:
        if salt:  # it was noted, and is not done: no restore may do it to whoever wrote since
            with suppress(OSError):
                journal.of(db).note("not_erased", at=now, salt=salt)
        raise


def salt_digest(salt: bytes) -> str:
    """Which stay of the person it was that ended, whatever the clock says: each has a salt of its own. It gives away no octet of it."""
    return hashlib.sha256(salt).hexdigest()[:32]


def _only_in_files(db: sqlite3.Connection, number: str, looked: forgetting.Looked, now: int) -> Erased:
    """Somebody who stands nowhere but in rows of lists that were not taken."""
    if not forgetting.forget_rows(db, looked):
        raise Refused("Nobody with this number is in the database. Nothing was changed.")
    key = conversations.number_key(db, number)
    journal.of(db).note("erase", at=now, number=key.hex())
    stays = db.execute("SELECT 1 FROM opt_out WHERE number_key=? AND until_at IS NULL", [key]).fetchone()
    return Erased(0, 0, stays is not None)


def remove(
    db: sqlite3.Connection,
    conversation_id: int,
    number: str,
    looked: forgetting.Looked | None = None,
    *,
    now: int,
) -> Erased:
    """Delete every row that tells of the person, inside the caller's transaction; `looked` before it began."""
    budget.keep_erased(db, conversation_id)
    found = belongings(db, [conversation_id])
    found.delete(db, repeated_since=now - REPEAT_MS)
    digits = number.lstrip("+")
    # A report that was never matched may have the number in the form of the network: the same last digits.
    like = f"%{digits[-TAIL:]}" if digits.isdigit() and len(digits) >= TAIL else number
    strays = Belongings(
        inbound=[row["id"] for row in db.execute("SELECT id FROM inbound WHERE number=?", [number])],
        report=[
            row["id"]
            for row in db.execute("SELECT id FROM report WHERE message_id IS NULL AND number LIKE ?", [like])
        ],
    )
    marks = [json.dumps(list(strays.inbound)), json.dumps(list(strays.report)), number]
    parts = db.execute(
        "SELECT id FROM arrival WHERE inbound_id IN (SELECT value FROM json_each(?)) "
        "OR report_id IN (SELECT value FROM json_each(?)) OR (number=? AND total IS NOT NULL AND inbound_id IS NULL)",
        marks,
    )
    strays = replace(strays, arrival=with_repeats(db, (row["id"] for row in parts.fetchall())))
    strays.delete(db, repeated_since=now - REPEAT_MS)
    _from_lists(db, conversation_id, looked or forgetting.Looked.of(db, number))
    conversations.remember_gone(db, conversation_id)
    db.execute("DELETE FROM conversation WHERE id=?", [conversation_id])
    db.execute(  # every open page is drawn anew
        "INSERT INTO setting (key, value) VALUES ('erased', '1') ON CONFLICT (key) DO UPDATE SET value=CAST(value AS INTEGER) + 1"
    )
    _beside_opt_outs(db, number)
    stays = conversations.open_opt_out(db, number)
    return Erased(len(found.message), len(found.inbound), stays is not None)


def _beside_opt_outs(db: sqlite3.Connection, number: str) -> None:
    """What people typed as the reason of an opt-out, or of its end; and that the person may have been texted before a restore."""
    for key in conversations.number_keys(db, number):
        db.execute(
            "UPDATE opt_out SET reason=CASE WHEN by_id IS NULL THEN reason ELSE '' END, "
            "ended_reason=CASE WHEN ended_by_id IS NULL THEN ended_reason ELSE '' END WHERE number_key=?",
            [key],
        )
        db.execute("DELETE FROM perhaps_texted WHERE number_key=?", [key[: conversations.TEXTED_BYTES]])


def _from_lists(db: sqlite3.Connection, conversation_id: int, looked: forgetting.Looked) -> None:
    """The person's places in lists and campaigns, what they answered, what the room noted; rows of files that hold the number."""
    forgetting.forget_answers(db, conversation_id)
    db.execute("DELETE FROM staged_draft WHERE conversation_id=?", [conversation_id])
    forgetting.forget_contacts(db, conversation_id)
    forgetting.forget_rows(db, looked)


def empty_log(db: sqlite3.Connection) -> bool:
    """Bring the log into the file and empty it, for old pages lie in it; False when somebody reads just now: the gateway then
    does it in a quiet moment (`empty_log_later`).
    """
    emptied = int(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]) == 0
    if not emptied:
        with write(db):
            db.execute("INSERT OR IGNORE INTO setting (key, value) VALUES (?, '1')", [LOG_FULL])
    return emptied


def empty_log_later(db: sqlite3.Connection) -> int:
    """Empty the log when somebody was erased while it could not be; 1 when it was done."""
    if db.execute("SELECT 1 FROM setting WHERE key=?", [LOG_FULL]).fetchone() is None:
        return 0
    if not empty_log(db):
        return 0
    with write(db):  # behind it: a kill between the two empties it once more
        db.execute("DELETE FROM setting WHERE key=?", [LOG_FULL])
    return 1
