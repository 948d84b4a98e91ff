"""Opt-outs: what stops every text to a person, and the one confirmation.

Promises: from the transaction that records an opt-out on, nothing that waits for this person can leave but
the confirmation (the submit asks again). An opt-out holds for every campaign and SIM and outlives the
person's row as a keyed digest. One confirmation for each opt-out, and none to own SIMs, short codes or
alphanumeric senders, so that two machines never answer each other.
"""

import hashlib
import json
import logging
import sqlite3
from collections.abc import Iterable
from functools import partial

from gateway import conversations, enrolment, given, journal, ledger, numbers
from gateway.errors import Refused
from gateway.heard import newest
from gateway.message import KINDS, clean
from gateway.moves import move, withdraw_waiting
from gateway.people import User
from gateway.policy import may
from gateway.rules import DAY_MS
from gateway.store import once_committed, write

log = logging.getLogger("textbank.optouts")

CUT_OFF = "noted as the machine stopped"
STAMP_MS = (
    8 * DAY_MS
)  # from the arrival: a network keeps a text for some days, and a stamp that is farther off is no time


def opt_out(
    db: sqlite3.Connection,
    conversation_id: int,
    *,
    source: str,
    by: User | None,
    reason: str,
    now: int,
    station: str = "",
    confirm: bool = True,
    noted: bool = False,
) -> bool:
    """Record that this person wants no more texts; False when that was known. `source`: text, volunteer, coordinator, import.

    `confirm` False: they get no text that says so, for nobody ever texted them. `noted`: the journal holds it already.
    """
    if by is not None and not may(by.role, "answer"):
        raise Refused("Your role does not answer people. Nothing was changed; ask a coordinator.")
    actor = f"user:{by.id}" if by else f"station:{station}"
    with write(db):
        row = db.execute("SELECT * FROM conversation WHERE id=?", [conversation_id]).fetchone()
        if row is None:
            raise Refused("There is no such conversation.")
        theirs = same_person(db, row)
        for each in theirs:
            withdraw_waiting(
                db, each, actor=actor, now=now, reason=f"{conversations.name_of(row)} asked to stop."
            )
        standing = conversations.open_opt_out(db, row["number"])
        opt_out_id = _made_whole(db, standing, source, reason, by) if standing is not None else None
        if standing is not None and opt_out_id is None:
            mark_out(db, theirs, standing["since_at"], anew=False)
            return False
        if opt_out_id is None:
            key = conversations.number_key(db, row["number"])
            if not noted:
                journal.of(db).note("opt_out", at=now, number=key.hex())
            cursor = db.execute(
                "INSERT INTO opt_out (number_key, source, reason, by_id, since_at) VALUES (?,?,?,?,?)",
                [key, source, reason, by.id if by else None, now],
            )
            opt_out_id = int(cursor.lastrowid or 0)
        mark_out(db, theirs, now, anew=True)
        if confirm and source != "import":
            _confirm(db, row, opt_out_id, now)
    return True


def same_person(db: sqlite3.Connection, row: sqlite3.Row) -> list[int]:
    """This conversation (id, number), and the one with its number's other form: a list may bring that after the person has written."""
    other = numbers.other_form(row["number"])
    found = db.execute("SELECT id FROM conversation WHERE number=?", [other]).fetchall() if other else []
    return [row["id"], *(each["id"] for each in found)]


def mark_out(db: sqlite3.Connection, theirs: list[int], since_at: int, *, anew: bool) -> None:
    """Show these conversations as opted out; not `anew`: those that are not yet."""
    db.executemany(
        "UPDATE conversation SET opted_out_at=?, waiting_at=NULL, asks_opt_out=0 WHERE id=? AND (? OR opted_out_at IS NULL)",
        [(since_at, each, anew) for each in theirs],
    )


def opt_out_strangers(db: sqlite3.Connection, found: Iterable[str], *, by: User, now: int) -> set[str]:
    """Opt out those of these numbers that nobody here knows and that are not out, whose opt-outs the journal holds already; returns them.
    Whoever makes their conversations in this transaction finds them out from the first moment on.
    """
    keys = conversations.digests(db, found)
    strangers = (
        keys.keys() - conversations.known_of(db, keys).keys() - conversations.open_opt_outs(db, keys).keys()
    )
    db.executemany(
        "INSERT INTO opt_out (number_key, source, reason, by_id, since_at) VALUES (?,'import','',?,?)",
        [(each[0], by.id, now) for number, each in keys.items() if number in strangers],
    )
    return strangers


def _made_whole(
    db: sqlite3.Connection, standing: sqlite3.Row, source: str, reason: str, by: User | None
) -> int | None:
    """The opt-out that a kill cut off after its line in the journal, and that a start put here: the same act once more
    completes it, with its confirmation. None: it is whole.
    """
    completed = db.execute(
        "UPDATE opt_out SET source=?, reason=?, by_id=? WHERE id=? AND reason=?",
        [source, reason, by.id if by else None, standing["id"], CUT_OFF],
    ).rowcount
    return int(standing["id"]) if completed else None


def stopped_after(db: sqlite3.Connection, number: str, stamped_at: int | None) -> bool:
    """Whether this person asked to stop later than the network stamped a START of theirs: what waits on a SIM is read in the order
    of its slots, storage by storage, so the older of the two may come last. Of a stop that came as a text its own stamp tells, if
    it can be true, by the clock or by that of the START; of any other, and of one whose text is not here any more, when it was noted.
    """
    if stamped_at is None:
        return False
    stops = db.execute(
        "SELECT stamped_at, received_at FROM inbound WHERE conversation_id IN (SELECT id FROM conversation WHERE number IN (?,?)) "
        "AND triage='stop'",
        [number, numbers.other_form(number)],
    ).fetchall()
    for stop in stops:
        at = stop["stamped_at"]
        if at is not None and stamped_at < at < max(stop["received_at"], stamped_at) + STAMP_MS:
            return True
    standing = conversations.open_opt_out(db, number)
    if standing is None or (standing["source"] == "text" and stops):
        return False
    return bool(standing["since_at"] > stamped_at)


def undo(
    db: sqlite3.Connection,
    conversation_id: int,
    *,
    by: User | None,
    reason: str,
    now: int,
    seen: tuple[int, int] | None = None,
) -> bool:
    """End an opt-out: the person texted START (`by` None), or a coordinator gives a reason. False when there was none.

    `seen`: since when they were out (ms), and their newest text, on the page on which it was decided; Refused when they asked since.
    """
    if by is not None and not may(by.role, "undo_opt_out"):
        raise Refused("Only a coordinator can undo an opt-out, with a reason. Nothing was changed.")
    if not reason.strip():
        raise Refused("Give the reason why this person may be texted again. Nothing was changed.")
    with write(db):
        row = db.execute("SELECT * FROM conversation WHERE id=?", [conversation_id]).fetchone()
        if row is None:
            raise Refused("There is no such conversation.")
        out_at = row["opted_out_at"]
        if out_at is not None and seen not in (None, (out_at, newest(db, conversation_id))):
            raise Refused(
                "They wrote, or were opted out anew, while this page stood open. Nothing was changed. Read it, then decide."
            )
        ended = 0
        while (standing := conversations.open_opt_out(db, row["number"])) is not None:
            ended += db.execute(
                "UPDATE opt_out SET until_at=?, ended_by_id=?, ended_reason=? WHERE id=?",
                [now, by.id if by else None, reason, standing["id"]],
            ).rowcount
            once_committed(db, partial(_note_opt_in, journal.of(db), standing, now))
        theirs = same_person(db, row)
        for each in theirs:
            welcome_back(db, each)
        waiting = db.execute(
            "SELECT id FROM message WHERE conversation_id IN (SELECT value FROM json_each(?)) AND kind=0 AND state IN ('approved','claimed')",
            [json.dumps(theirs)],
        ).fetchall()
        for text in waiting:
            move(
                db,
                "withdraw",
                text["id"],
                actor=f"user:{by.id}" if by else "gateway",
                now=now,
                reason="The opt-out was undone.",
            )
    return ended > 0


def welcome_back(db: sqlite3.Connection, conversation_id: int) -> None:
    """Nothing keeps this person out any more, inside the caller's transaction: what they had asked waits for its answer again, and
    they for their campaign's texts.
    """
    db.execute(
        f"UPDATE conversation SET opted_out_at=NULL, waiting_at=coalesce(waiting_at, {_UNANSWERED}) WHERE id=:id",
        {"id": conversation_id},
    )
    enrolment.take_back(db, conversation_id)


_UNANSWERED = (  # in SQL: when the last text of conversation :id came, if it asks for an answer and none went since; else NULL
    # By a clock that was ahead it came later than they wrote last.
    "(SELECT received_at FROM inbound i WHERE i.id=(SELECT max(id) FROM inbound WHERE conversation_id=:id AND kind<>'silent') "
    "AND triage NOT IN ('stop', 'start') AND closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM message m WHERE m.conversation_id=:id "
    "AND m.kind=1 AND m.approved_at>=min(i.received_at, coalesce(last_in_at, i.received_at)) "
    "AND m.state NOT IN ('awaiting', 'withdrawn', 'expired', 'failed', 'undelivered')))"
)


def _note_opt_in(acts: journal.Journal, ended: sqlite3.Row, now: int) -> None:
    """After the commit, not before: a crash between the two may forget that somebody came back, and never that they stopped.

    It names the opt-out that it ends, for another may have been noted since the commit.
    """
    try:
        acts.note("opt_in", at=now, number=ended["number_key"].hex(), since=ended["since_at"])
    except OSError as error:
        log.warning(
            "that a person came back is not kept beside the database, so a restore forgets it: %s", error
        )


def approve_confirmation(
    db: sqlite3.Connection, words: str, *, by: User, channel: str, now: int, os_user: str | None = None
) -> None:
    """An admin approves, once, the words of the confirmation: the standing approval that covers each one from then on."""
    if by.role != "admin":
        raise Refused("Only an admin can approve the words of the confirmation.")
    words = clean(words)
    if not words or len(words) > 160:
        raise Refused("The confirmation needs 1 to 160 characters.")
    with write(db):
        digest = hashlib.sha256(f"standing\n{words}".encode()).digest()
        row_id = ledger.append(
            db,
            "standing",
            words=digest,
            message_id=None,
            user_id=by.id,
            channel=channel,
            os_user=os_user,
            now=now,
        )
        db.execute(
            "INSERT INTO setting (key, value) VALUES ('confirmation', ?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            [json.dumps({"words": words, "ledger": row_id})],
        )


def default_confirmation(organisation: str) -> str:
    """The words that `init` proposes."""
    return f"{organisation}: you are off our list and get no more texts from us. Text START if you change your mind."


def _confirm(db: sqlite3.Connection, conversation: sqlite3.Row, opt_out_id: int, now: int) -> None:
    standing = db.execute("SELECT value FROM setting WHERE key='confirmation'").fetchone()
    number = conversation["number"]
    if standing is None or not number.startswith("+"):
        return
    if db.execute(
        "SELECT 1 FROM station WHERE number IN (:a,:b) UNION SELECT 1 FROM sim WHERE number IN (:a,:b)",
        {"a": number, "b": numbers.other_form(number)},
    ).fetchone():
        return
    text = json.loads(standing["value"])["words"]
    words = ledger.digest(conversation["salt"], number, text)
    cursor = db.execute(
        "INSERT INTO message (id, conversation_id, kind, state, text, draft_key, channel, created_at, expires_at) "
        f"VALUES (1+{given.last_id('message')},?,?,?,?,?,?,?,?)",
        [
            conversation["id"],
            KINDS.index("confirmation"),
            "awaiting",
            text,
            f"opt-out:{opt_out_id}",
            "gateway",
            now,
            now + DAY_MS,
        ],
    )
    message_id = int(cursor.lastrowid or 0)
    approval = ledger.append(
        db, "covered", words=words, message_id=message_id, user_id=None, channel="gateway", now=now
    )
    move(db, "approve", message_id, actor="standing", now=now, approval_id=approval, approved_at=now)
