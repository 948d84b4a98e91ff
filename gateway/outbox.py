"""What people do with texts: draft, approve, undo, skip, edit, settle, resend.

Promises: an approval is one person's act on exactly these words to this person: the digest of what was on the
screen comes back with the tap and is compared inside the transaction that records it; the ledger row is part
of that transaction. The same tap twice is one approval, the same draft key twice is one draft. Nothing here
touches a modem: stations take what is approved (`gateway/flight.py`).

Fails with `Refused` (a sentence for the person) and `StaleMessage` (the text has moved on); nothing is half
written then.
"""

import sqlite3
from contextlib import suppress
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway import conversations, gate, given, ledger, numbers, policy, visible
from gateway.errors import Refused, StaleMessage
from gateway.message import GOES, GOING, KINDS, MOST_SEGMENTS, clean, seen_digest, too_long
from gateway.moves import back_to_awaiting, left_already, move, note
from gateway.people import User
from gateway.rules import DAY_MS, Rules
from gateway.store import moment, ms, write

LATER_MS = 600_000
STANDS, DOUBTED = (*GOES, "sent", "delivered"), ("failed", "undelivered", "uncertain")  # of an approved text


def load(db: sqlite3.Connection, message_id: int) -> sqlite3.Row:
    """One text with what its conversation adds; Refused when there is none."""
    row: sqlite3.Row | None = db.execute(
        "SELECT m.*, c.number, c.name, c.zone, c.salt, c.opted_out_at, c.last_in_at, "
        f"c.asks_opt_out, c.waiting_at, c.holder_id, c.held_at, c.perhaps_texted_at, {conversations.WROTE_AT} "
        "FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.id=?",
        [message_id],
    ).fetchone()
    if row is None:
        raise Refused(f"There is no text {message_id}, or it was erased with its person. Nothing was sent.")
    return row


def author_role(db: sqlite3.Connection, row: sqlite3.Row) -> str | None:
    """The role of who typed the words by hand; None for a script or a program."""
    author = db.execute("SELECT role FROM user WHERE id=?", [row["created_by"]]).fetchone()
    return author["role"] if author else None


def seen(row: sqlite3.Row) -> str:
    """The digest that a form showing this row carries."""
    return seen_digest(row["id"], row["round"], row["number"], row["text"])


def checked_text(text: str) -> str:
    """The text as it will be stored and sent; Refused when it is empty, too long or holds what no phone shows."""
    text = clean(text)
    if not text:
        raise Refused("The text is empty. Write at least one word.")
    bad = visible.acting(text.replace("\f", ""))  # the alphabet of texts has a form feed
    if bad:
        raise Refused(
            f"The text holds a control character (U+{ord(bad):04X}) that no phone shows. Take it out."
        )
    if too_long(text):
        raise Refused(
            f"The text is too long: more than {MOST_SEGMENTS} segments. Shorten it, or send it as two."
        )
    return text


def expiry(kind: str, zones: tuple[str, ...], rules: Rules, now: int) -> int:
    """When a text dies unsent: a reply after a day, any other at the end of the first day on which it may leave."""
    at = moment(now)
    leave = policy.may_leave(at, zones, rules.quiet)
    if kind in ("confirmation", "reply") or rules.quiet.from_ == rules.quiet.until:
        return now + DAY_MS
    opening: datetime = at if leave.ok or leave.not_before is None else leave.not_before
    midnights = [
        datetime.combine(
            opening.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), time(), ZoneInfo(zone)
        )
        for zone in zones
    ]
    return ms(min(midnights))


def draft(
    db: sqlite3.Connection,
    number: str,
    text: str,
    *,
    kind: str,
    key: str | None,
    channel: str,
    by: User | None,
    rules: Rules,
    now: int,
    name: str = "",
    expires_at: int | None = None,
) -> int:
    """Write a text that awaits approval; returns its id. The same key again returns the first one's id and changes nothing."""
    number = numbers.normalise(number, rules.region)
    text = checked_text(text)
    with write(db):
        known = known_draft(db, key, number, text)
        if known is not None:
            return known
        conversation_id = conversations.ensure(db, number, now=now, name=name)
        return insert_draft(
            db,
            conversation_id,
            text,
            kind=kind,
            key=key,
            channel=channel,
            by=by,
            rules=rules,
            now=now,
            expires_at=expires_at,
        )


def known_draft(db: sqlite3.Connection, key: str | None, number: str, text: str) -> int | None:
    """The text that was drafted with this key before, whose words a person may have changed since; Refused when it was another one."""
    if key is None:
        return None
    known = db.execute(
        "SELECT m.id, c.number, m.text=? OR EXISTS (SELECT 1 FROM event WHERE message_id=m.id AND event='edit') AS same "
        "FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE draft_key=?",
        [text, key],
    ).fetchone()
    if known is None:
        return None
    if not known["same"] or known["number"] not in (number, numbers.other_form(number)):
        raise Refused(
            f"The key {key.removeprefix('cli:')} was used before, for text {known['id']} with other words or to somebody else. "
            "Nothing was queued. Use a new key for a new text."
        )
    return int(known["id"])


def insert_draft(
    db: sqlite3.Connection,
    conversation_id: int,
    text: str,
    *,
    kind: str,
    key: str | None,
    channel: str,
    by: User | None,
    rules: Rules,
    now: int,
    expires_at: int | None = None,
    resend_of: int | None = None,
) -> int:
    """A draft in a conversation that exists, to exactly its number; `text` is checked already. Returns its id."""
    row = db.execute("SELECT * FROM conversation WHERE id=?", [conversation_id]).fetchone()
    zones = conversations.may_be_texted(row, rules)
    cursor = db.execute(
        "INSERT INTO message (id, conversation_id, kind, state, text, draft_key, channel, created_by, created_at, expires_at, resend_of) "
        f"VALUES (1+{given.last_id('message')},?,?,'awaiting',?,?,?,?,?,?,?)",
        [
            conversation_id,
            KINDS.index(kind),
            text,
            key,
            channel,
            by.id if by else None,
            now,
            expires_at or expiry(kind, zones, rules, now),
            resend_of,
        ],
    )
    return int(cursor.lastrowid or 0)


def approve(
    db: sqlite3.Connection,
    message_id: int,
    *,
    by: User,
    seen: str,
    rules: Rules,
    now: int,
    channel: str = "panel",
    os_user: str | None = None,
) -> None:
    """Approve exactly what this person saw; the same tap again changes nothing."""
    with write(db):
        row = load(db, message_id)
        if channel == "panel":
            _not_somebody_elses(db, row, by, now)
        if seen != seen_digest(message_id, row["round"], row["number"], row["text"]):
            raise StaleMessage(_what_changed(row))
        if row["approved_by"] == by.id and row["state"] in STANDS:
            return
        _may_approve(db, row, by, channel, rules)
        if row["state"] != "awaiting":
            raise StaleMessage(_what_changed(row))
        gate.check(db, row)
        gate.still_fits(row, now)
        if channel == "panel" and not conversations.held_by_another(row, by, now):
            conversations.hold(db, row["conversation_id"], by, now=now)
        words = ledger.digest(row["salt"], row["number"], row["text"])
        approval = ledger.append(
            db,
            "approve",
            words=words,
            message_id=message_id,
            user_id=by.id,
            channel=channel,
            os_user=os_user,
            now=now,
        )
        not_before, reason = _earliest(row, rules, now)
        move(
            db,
            "approve",
            message_id,
            actor=f"user:{by.id}",
            now=now,
            reason=reason,
            approval_id=approval,
            approved_by=by.id,
            approved_at=now,
            not_before=not_before,
        )
        gate.approved(db, row, by=by, now=now)


def _not_somebody_elses(db: sqlite3.Connection, row: sqlite3.Row, by: User, now: int) -> None:
    held = conversations.held_by_another(row, by, now) and not policy.may(by.role, "see_all_conversations")
    if held or gate.in_anothers_batch(db, row, by):
        raise Refused("Somebody else has this text now. Nothing was sent twice.")


def _what_changed(row: sqlite3.Row) -> str:
    name = conversations.name_of(row)
    if row["state"] == "awaiting":
        why = (row["reason"] or "").rstrip(".") or "its words or its person changed after you opened it"
        return f"The text to {name} did not go out: {why}. Read it again, then decide."
    if row["state"] == "withdrawn":
        return f"The text to {name} did not go out: {(row['reason'] or 'it was taken back').rstrip('.')}."
    if row["state"] in ("skipped", "expired"):
        return f"The text to {name} did not go out: it was {row['state']} meanwhile."
    if row["state"] in DOUBTED:
        return f"This text to {name} went before and is {row['state']}. Nothing was sent twice; their conversation says more."
    if row["state"] == "approved":
        who = "Whoever approved it, or a coordinator, can still take it back in their conversation."
        return f"The text to {name} is approved already and has not left yet. Nothing goes twice. {who}"
    return f"Somebody already texted {name}. Nothing was sent twice."


def _may_approve(db: sqlite3.Connection, row: sqlite3.Row, by: User, channel: str, rules: Rules) -> None:
    refusal = policy.may_approve(
        by.role,
        own=row["created_by"] == by.id,
        kind=KINDS[row["kind"]],
        channel=channel,
        allow_cli=rules.allow_cli,
        author=author_role(db, row),
    )
    if refusal is not None:
        raise Refused(refusal)
    if channel == "cli" and row["state"] == "awaiting" and row["perhaps_texted_at"] is not None:
        raise Refused(
            f"{conversations.name_of(row)} may have been texted already: the database is a backup, or was made anew. "
            "Nothing was sent. Somebody has to look at the card in the panel and send it there."
        )


def _earliest(row: sqlite3.Row, rules: Rules, now: int) -> tuple[int | None, str | None]:
    """When an approved text may leave: after the undo time, and not in the person's quiet hours."""
    start = max(now + rules.undo_ms, row["due_at"] or 0)
    zones = conversations.zones(row, rules)
    leave = policy.may_leave(moment(start), zones, rules.quiet, **conversations.answering(row, rules))
    if leave.ok:
        return (start if start > now else None), None
    if leave.not_before is None:
        raise Refused(
            "There is no hour at which this text may leave: the quiet hours of its time zones never end together."
        )
    not_before = ms(leave.not_before)
    if not_before >= row["expires_at"]:
        raise Refused("It can no longer leave today, and it is for today. Nothing was sent.")
    return not_before, "Quiet hours where this person lives; it leaves when they end."


def undo(db: sqlite3.Connection, message_id: int, *, by: User, now: int) -> None:
    """Take one's own approval back, or as a coordinator anybody's, while the text has not been taken by a station."""
    with write(db):
        row = load(db, message_id)
        own = row["approved_by"] == by.id
        if row["state"] == "awaiting":  # put back meanwhile, and nobody's approval any more
            _not_somebody_elses(db, row, by, now)
        elif row["approved_by"] is None or not (own or policy.may(by.role, "see_all_conversations")):
            raise Refused("Only the person who approved a text, or a coordinator, can undo it.")
        if row["state"] in ("claimed", "submitted", "sent", "delivered", *DOUBTED):
            raise StaleMessage("It is too late to undo: the text is with the modem.")
        if row["state"] != "approved":
            raise StaleMessage(_what_changed(row))
        _untouched(row)
        why = None if own else f"{by.name} took it back after it was approved."
        back_to_awaiting(db, "undo", row, actor=f"user:{by.id}", now=now, reason=why)


def _untouched(row: sqlite3.Row) -> None:
    """Of a long text that has begun to leave, the rest must follow as it is: other words under its reference would be a lie."""
    if row["submitted_at"] is not None:
        raise StaleMessage("A part of this text has left already; the rest follows as it was approved.")


def skip(db: sqlite3.Connection, message_id: int, *, by: User, now: int, seen: str = "") -> None:
    """Decide that this text is not sent; skipping it twice is skipping it. `seen` as in `approve`, where the form says it."""
    with write(db):
        row = own_card(db, message_id, by, now, shown=seen)
        if row["state"] == "skipped":
            return
        if row["state"] != "awaiting":
            raise StaleMessage(_what_changed(row))
        why = f"{by.name} decided not to send it."
        move(db, "skip", message_id, actor=f"user:{by.id}", now=now, reason=why)
        conversations.free(db, row["conversation_id"], by)


def later(db: sqlite3.Connection, message_id: int, *, by: User, now: int, seen: str = "") -> None:
    """Put a card behind the others for ten minutes and give it up. `seen` as in `skip`."""
    with write(db):
        row = own_card(db, message_id, by, now, shown=seen)
        if row["state"] != "awaiting":
            raise StaleMessage(
                "It does not wait for a Send any more, so it was not put off. Its conversation shows where it is."
            )
        db.execute("UPDATE message SET not_before=? WHERE id=?", [now + LATER_MS, message_id])
        note(db, message_id, "later", actor=f"user:{by.id}", now=now)
        conversations.free(db, row["conversation_id"], by)


def edit(
    db: sqlite3.Connection, message_id: int, text: str, *, by: User, seen: str, rules: Rules, now: int
) -> None:
    """Replace the words of a text that awaits approval; the row remembers who wrote them. Refused where they lack what a script must say."""
    text = checked_text(text)
    with write(db):
        row = own_card(db, message_id, by, now)
        if row["state"] == "awaiting" and row["text"] == text:
            return
        if row["state"] != "awaiting":
            raise StaleMessage(_what_changed(row))
        _untouched(own_card(db, message_id, by, now, seen))
        gate.check_words(row, text, rules)
        db.execute(
            "UPDATE message SET text=?, created_by=?, round=round+1, reason=NULL WHERE id=? AND state='awaiting'",
            [text, by.id, message_id],
        )
        note(db, message_id, "edit", actor=f"user:{by.id}", now=now)
        if by.role == "trainee" and KINDS[row["kind"]] != "reply":  # a coordinator must find it
            gate.let_others_read(db, row, by)


def own_card(db: sqlite3.Connection, message_id: int, by: User, now: int, shown: str = "") -> sqlite3.Row:
    """The text, when it is this person's to decide on, and waits as it was `shown` (`seen`): its id may be another person's by now."""
    row = load(db, message_id)
    if not policy.may(by.role, "approve"):
        raise Refused("Your role does not decide about texts. Nothing was changed; ask a coordinator.")
    if conversations.held_by_another(row, by, now) and not policy.may(by.role, "see_all_conversations"):
        raise Refused("Somebody else has this text now. Nothing was changed; go on with the next card.")
    conversations.reachable(db, row["conversation_id"], by, now)
    if gate.in_anothers_batch(db, row, by):
        raise Refused("Somebody else has this text now. Nothing was changed; go on with the next card.")
    if row["state"] == "awaiting" and shown not in ("", seen(row)):
        raise StaleMessage(_what_changed(row))
    return row


EXPIRED_AT_ONCE = 200  # in one transaction: a list that ran out at midnight holds up no station


def expire(db: sqlite3.Connection, *, now: int) -> int:
    """End texts whose own time ran out before a station took them, at most EXPIRED_AT_ONCE a state; returns how many."""
    states = ("state='awaiting'", f"{GOING} AND state='approved'")  # in the words of the partial indexes
    rows = [
        row
        for state in states
        for row in db.execute(
            f"SELECT id, total, submitted_at FROM message WHERE {state} AND expires_at<=? ORDER BY kind, id LIMIT ?",
            [now, EXPIRED_AT_ONCE],
        ).fetchall()
    ]
    if not rows:
        return 0
    with write(db):
        for row in rows:
            words = "Its time ran out before it could leave."
            if row["submitted_at"] is not None:
                words = left_already(
                    db, row["id"], row["total"], "Its time ran out before all of it could leave."
                )
            with suppress(StaleMessage):  # it moved on since it was read, and this one changed nothing
                move(db, "expire", row["id"], actor="gateway", now=now, reason=words)
    return len(rows)
