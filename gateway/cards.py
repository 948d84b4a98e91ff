"""What the *Send* screen shows: the next card, the counts, one's own latest texts, the uncertain ones. Only
`next_card` writes: it holds.

Promises: one card is never on two people's screens while a hold is fresh; who asked to stop has no card, and who may have
asked has none until somebody has said; a trainee's own words are offered to a coordinator and not to the trainee.
"""

import sqlite3
from dataclasses import dataclass

from gateway import assignments, campaigns, conversations, gate, outbox, recording, undoing
from gateway.errors import Refused
from gateway.merge import Part
from gateway.message import GOING, KINDS
from gateway.moves import FROM_BACKUP
from gateway.people import User
from gateway.policy import may, may_approve
from gateway.rules import Rules
from gateway.store import write
from hardware.pdu import segment


@dataclass(frozen=True)
class Card:
    """One text that a person decides on; `seen` goes back with the decision."""

    id: int
    seen: str
    conversation_id: int
    number: str
    name: str
    text: str
    kind: str
    zone: str
    waiting: str  # the person's last words, while they wait for an answer
    segments: int
    coding: str
    left: int
    expires_at: int
    reason: str  # why it is back before a person's eyes
    by: str  # who wrote it, when somebody did by hand
    campaign: str  # its name; "" when the text belongs to none
    parts: tuple[Part, ...]  # what of the words came from the list, in order; () when they were typed
    listed: tuple[tuple[str, str], ...]  # what the list says of this person: column and value
    source: str  # why they may be texted
    household: tuple[str, ...]  # who else the lists know at this number
    edited: bool  # somebody changed the words of a campaign
    perhaps_texted_at: int | None = None  # a backup was restored then: texted since it was made, perhaps
    due_at: int | None = None  # a reminder leaves then, however early it is approved
    kept_until: int | None = (
        None  # quiet hours keep it until then; None also where its own time is over by then
    )
    answered: tuple[str, ...] = ()  # what the person of a reminder has answered, in words


@dataclass(frozen=True)
class Counts:
    """What waits for a person, for the head of the screens. Above EXACT it is about what waits for everybody."""

    to_send: int
    waiting_answers: int


@dataclass(frozen=True)
class Recent:
    """One of this person's latest approvals."""

    id: int
    conversation_id: int
    name: str
    number: str
    text: str
    state: str
    reason: str
    approved_at: int
    undo_until: int  # ms; in the past when it is too late
    kind: str
    due_at: int | None  # of a reminder: when it leaves


_OPEN = (
    "FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.state='awaiting' AND m.expires_at>:now "
    "AND c.opted_out_at IS NULL AND (c.asks_opt_out=0 OR m.kind NOT IN (2, 3)) "
    "AND (c.holder_id IS NULL OR c.holder_id=:user OR c.held_at<=:stale OR c.held_at>:future "
    "OR (:reviewer AND m.kind=1)) AND (m.kind<>1 OR m.created_by IS NULL OR m.created_by=:user OR :reviewer) "
    # A campaign that is paused, or whose first texts are being watched, offers nothing.
    "AND (m.target_id IS NULL OR m.kind NOT IN (2, 3) OR EXISTS (SELECT 1 FROM target t JOIN campaign p ON p.id=t.campaign_id "
    "WHERE t.id=m.target_id AND p.state='running' AND (m.kind=2 OR (p.canary NOT IN ('waiting', 'stopped') "
    "AND (t.holder_id IS NULL OR t.holder_id=:user)))))"
)


EXACT = 2000  # so many are counted one by one; of more, those that somebody else holds make no difference to anybody


def _who(user: User, now: int) -> dict[str, object]:
    return {
        "user": user.id,
        "now": now,
        "stale": now - conversations.HOLD_MS,
        "future": now + conversations.REFRESH_MS,
        "reviewer": may(user.role, "see_all_conversations"),
        "learns": user.role == "trainee",
    }


def next_card(
    db: sqlite3.Connection, user: User, *, rules: Rules, now: int, besides: int | None = None
) -> Card | None:
    """The next text for this person, replies first, cards put off for later last; it is theirs from now on. None: nothing waits."""
    if not may(user.role, "approve"):
        raise Refused("Your role does not send texts. Nothing was shown.")
    with write(db):
        while (found := _found(db, user, rules, now, besides)) is not None:
            row = outbox.load(db, found)
            _take(db, row["conversation_id"], user, now)
            if assignments.refresh(db, row, user, rules, now=now):
                return _card(db, found, user, rules, now)
            conversations.free(db, row["conversation_id"], user)  # it cannot be written any more
    return None


def _found(db: sqlite3.Connection, user: User, rules: Rules, now: int, besides: int | None) -> int | None:
    """Whoever of the batch has no card yet comes before whoever was put off."""
    found = _first(db, "coalesce(m.not_before, 0) <= :now", user, now, besides)
    if found is None:
        found = assignments.draft_next(db, user, rules, now=now)
    return _first(db, "m.not_before > :now", user, now, besides) if found is None else found


def _first(db: sqlite3.Connection, when: str, user: User, now: int, besides: int | None) -> int | None:
    """The first text of that time that this person may decide on."""
    rows = db.execute(
        f"SELECT m.id, m.kind, m.created_by {_OPEN} AND {when} ORDER BY m.kind, m.id LIMIT 200",
        _who(user, now),
    ).fetchall()
    return next((row["id"] for row in rows if row["id"] != besides and _may_decide(db, row, user)), None)


def _take(db: sqlite3.Connection, conversation_id: int, user: User, now: int) -> None:
    """Hold it; a reviewer takes nobody's conversation away."""
    row = db.execute("SELECT * FROM conversation WHERE id=?", [conversation_id]).fetchone()
    if not conversations.held_by_another(row, user, now):
        conversations.hold(db, conversation_id, user, now=now)


def _may_decide(db: sqlite3.Connection, row: sqlite3.Row, user: User) -> bool:
    own, author = row["created_by"] == user.id, outbox.author_role(db, row)
    kind = KINDS[row["kind"]]
    return may_approve(user.role, own=own, kind=kind, channel="panel", allow_cli=False, author=author) is None


def decides(db: sqlite3.Connection, row: sqlite3.Row, user: User, *, now: int) -> bool:
    """True while this text (a row of `outbox.load`) waits for a decision that this person may make."""
    waits = row["state"] == "awaiting" and row["opted_out_at"] is None and row["expires_at"] > now
    return waits and not gate.undecided(row) and _may_decide(db, row, user)


def card(db: sqlite3.Connection, message_id: int, user: User, *, rules: Rules, now: int) -> Card:
    """One text as a card, when this person may decide on it; a campaign's first text is merged for who looks at it."""
    row = outbox.load(db, message_id)
    conversations.reachable(db, row["conversation_id"], user, now)
    if gate.in_anothers_batch(db, row, user):
        raise Refused("Somebody else has this text now. Nothing was changed; go on with the next card.")
    written = True
    if row["target_id"] is not None and row["state"] == "awaiting":
        with write(db):
            written = assignments.refresh(db, row, user, rules, now=now)
    if not written:
        why = outbox.load(db, message_id)["reason"]
        raise Refused(f"The text to {conversations.name_of(row)} was taken back: {why}")
    return _card(db, message_id, user, rules, now)


def _card(db: sqlite3.Connection, message_id: int, user: User, rules: Rules, now: int) -> Card:
    row = outbox.load(db, message_id)
    shown = assignments.shown(db, row, user, rules)
    plan, until = segment(row["text"]), gate.kept_until(row, rules, now)
    last = db.execute(
        "SELECT text FROM inbound WHERE conversation_id=? AND kind<>'silent' ORDER BY id DESC LIMIT 1",
        [row["conversation_id"]],
    ).fetchone()
    answers = KINDS[row["kind"]] == "reply" or row["waiting_at"] is not None
    author = db.execute("SELECT name FROM user WHERE id=?", [row["created_by"]]).fetchone()
    return Card(
        id=row["id"],
        seen=outbox.seen(row),
        conversation_id=row["conversation_id"],
        number=row["number"],
        name=shown.name or row["name"],
        text=row["text"],
        kind=KINDS[row["kind"]],
        zone=conversations.zones(row, rules)[0],
        waiting=last["text"] if last and answers else "",
        segments=plan.count,
        coding=plan.coding,
        left=plan.left,
        expires_at=row["expires_at"],
        reason=_reason(row),
        by=author["name"] if author else "",
        perhaps_texted_at=row["perhaps_texted_at"],
        campaign=shown.campaign,
        parts=shown.parts,
        listed=shown.listed,
        source=shown.source,
        household=shown.household,
        edited=row["target_id"] is not None and KINDS[row["kind"]] != "reply" and author is not None,
        due_at=row["due_at"],
        kept_until=until if until is not None and until < row["expires_at"] else None,
        answered=_answered(db, row),
    )


def _reason(row: sqlite3.Row) -> str:
    """What a restore wrote is said by the card's own words on who may have been texted; whatever else stands there is news."""
    said = row["reason"] or ""
    return "" if row["perhaps_texted_at"] and said.startswith(FROM_BACKUP) else said


def _answered(db: sqlite3.Connection, row: sqlite3.Row) -> tuple[str, ...]:
    """What they have answered, which is why they are reminded."""
    if row["target_id"] is None or KINDS[row["kind"]] != "reminder":
        return ()
    target = db.execute("SELECT campaign_id FROM target WHERE id=?", [row["target_id"]]).fetchone()
    campaign = campaigns.load(db, target["campaign_id"])
    said = recording.current(db, row["target_id"])
    return tuple(campaign.kind.words(name, value, campaign.facts) for name, value in said.items())


def counts(db: sqlite3.Connection, user: User, *, now: int) -> Counts:
    """What waits for this person."""
    visible = (
        "1"
        if may(user.role, "see_all_conversations")
        else "(holder_id IS NULL OR holder_id=:user OR held_at<=:stale OR held_at>:future)"
    )
    who = _who(user, now)
    # What a trainee typed waits for a coordinator, as `policy.may_approve` has it.
    typed = "m.created_by IS NOT NULL AND (:learns OR (NOT :reviewer AND EXISTS (SELECT 1 FROM user WHERE id=m.created_by AND role='trainee')))"
    to_send = _at_most(db, f"SELECT 1 {_OPEN} AND NOT (:learns AND m.kind=1) AND NOT ({typed})", who)
    if to_send == EXACT:
        to_send = db.execute("SELECT count(*) FROM message WHERE state='awaiting'").fetchone()[0]
    waiting = _at_most(db, f"SELECT 1 FROM conversation WHERE waiting_at IS NOT NULL AND {visible}", who)
    if waiting == EXACT:
        waiting = db.execute("SELECT count(*) FROM conversation WHERE waiting_at IS NOT NULL").fetchone()[0]
    to_send += assignments.undrafted(db, user)
    asked = f"SELECT 1 FROM conversation WHERE asks_opt_out=1 AND waiting_at IS NULL AND {visible}"
    return Counts(to_send, waiting + _at_most(db, asked, who))


def _at_most(db: sqlite3.Connection, query: str, values: dict[str, object]) -> int:
    return int(db.execute(f"SELECT count(*) FROM ({query} LIMIT {EXACT})", values).fetchone()[0])


def recent(db: sqlite3.Connection, user: User, *, rules: Rules, now: int, limit: int = 30) -> list[Recent]:
    """This person's latest approvals, newest first."""
    rows = db.execute(
        "SELECT m.id, m.conversation_id, c.name, c.number, m.text, m.state, m.reason, m.approved_at, m.kind, m.due_at FROM "
        "(SELECT id, message_id FROM ledger WHERE user_id=? AND act='approve' ORDER BY id DESC LIMIT ?) l "
        "JOIN message m ON m.id=l.message_id JOIN conversation c ON c.id=m.conversation_id "
        "WHERE m.approval_id=l.id ORDER BY l.id DESC",
        [user.id, limit],
    )
    return [
        Recent(
            r["id"],
            r["conversation_id"],
            r["name"],
            r["number"],
            r["text"],
            r["state"],
            r["reason"] or "",
            r["approved_at"],
            undoing.undo_until(r["approved_at"], rules, now=now) if r["state"] == "approved" else 0,
            KINDS[r["kind"]],
            r["due_at"],
        )
        for r in rows
    ]


def ahead(db: sqlite3.Connection, user: User, *, now: int) -> tuple[int, int | None]:
    """How many reminders this person approved that leave when they are due, and when the first does."""
    row = db.execute(
        f"SELECT count(*) AS many, min(due_at) AS first FROM message WHERE {GOING} AND state='approved' AND kind=2 "
        "AND approved_by=? AND due_at>?",
        [user.id, now],
    ).fetchone()
    return row["many"], row["first"]


def uncertain(db: sqlite3.Connection, user: User, *, now: int) -> list[sqlite3.Row]:
    """The texts that a person must settle, oldest first: this person's, or everybody's for who may see all."""
    if not may(user.role, "answer"):
        raise Refused("Your role does not read people's texts. Nothing was shown.")
    return db.execute(
        "SELECT m.id, m.text, m.reason, m.station, m.submitted_at, m.conversation_id, c.name, c.number FROM message m "
        "JOIN conversation c ON c.id=m.conversation_id WHERE m.state='uncertain' AND (:all OR m.approved_by=:user OR c.holder_id=:user) "
        "ORDER BY m.id LIMIT 200",
        {"all": may(user.role, "see_all_conversations"), "user": user.id},
    ).fetchall()
