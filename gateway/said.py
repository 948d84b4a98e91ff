"""What was said in one conversation: the newest texts in and out, as its page shows them.

Promises: what came again or was replaced takes no place among the texts that are shown; it is counted at the one that it repeats, or that took its
place. What the page shows and what it says is the newest are read together.
"""

import sqlite3
from dataclasses import dataclass

from gateway import reports
from gateway.message import KINDS

REPLACED = "Taken back, and answered with other words."
_THEIRS = "conversation_id=? AND kind<>'silent' AND again_of IS NULL AND replaced_by IS NULL"


@dataclass(frozen=True)
class Entry:
    """One text of a thread; `state` and `reason` are those of texts on their way out, `kind` and `missing` of texts in."""

    direction: str
    id: int
    text: str
    at: int
    state: str = ""
    reason: str = ""
    kind: str = "text"
    by: str = ""
    folded: int = 0
    missing: int = 0
    stamped_at: int | None = None  # of texts in: the network's own time, which may be wrong
    earlier: int = 0  # texts that it took the place of
    sent_at: int | None = None
    reported_at: int | None = None
    begun: bool = False  # of a long text out: a part has left, and the rest follows as it is
    approval: int = 0  # of texts out: the row of the ledger that allows it
    edited: bool = False  # of texts out: somebody changed the words that a script or a colleague had written


@dataclass(frozen=True)
class Said:
    """The newest texts of a conversation, oldest first, and of all of them how many there are and which is the newest (0: none)."""

    entries: tuple[Entry, ...]
    from_us: int
    from_them: int
    sent: int  # the newest text to them
    approval: int
    heard: int  # the newest of theirs

    @property
    def is_whole(self) -> bool:
        """Whether every text is among `entries`."""
        return len(self.entries) == self.from_us + self.from_them


def newest(
    db: sqlite3.Connection, conversation_id: int, in_the_box: int | None, *, limit: int, now: int
) -> Said:
    """The newest `limit` texts; `in_the_box`: an answer that was taken back, whose words are being changed."""
    theirs = _theirs(db, conversation_id, limit)
    ours = _ours(db, conversation_id, in_the_box, limit, now)
    entries = sorted([*theirs, *ours], key=lambda entry: (entry.at, entry.direction, entry.id))
    out = db.execute(
        "SELECT count(*) AS n FROM message WHERE conversation_id=? AND id IS NOT ? AND (state, reason) IS NOT ('skipped', ?)",
        [conversation_id, in_the_box, REPLACED],
    ).fetchone()
    came = db.execute(f"SELECT count(*) AS n FROM inbound WHERE {_THEIRS}", [conversation_id]).fetchone()
    return Said(
        tuple(entries[-limit:]),
        out["n"],
        came["n"],
        sent=max((entry.id for entry in ours), default=0),
        approval=max((entry.approval for entry in ours), default=0),
        heard=max((entry.id for entry in theirs), default=0),
    )


def _theirs(db: sqlite3.Connection, conversation_id: int, limit: int) -> list[Entry]:
    came = db.execute(
        "SELECT *, (SELECT count(*) FROM inbound a WHERE a.again_of=i.id AND a.replaced_by IS NULL) AS folded, "
        "(SELECT count(*) FROM inbound o WHERE o.replaced_by=i.id) AS earlier "
        f"FROM inbound i WHERE {_THEIRS} ORDER BY id DESC LIMIT ?",
        [conversation_id, limit],
    )
    return [
        Entry(
            "in",
            r["id"],
            r["text"],
            r["received_at"],
            kind=r["kind"],
            missing=r["missing"],
            folded=r["folded"],
            stamped_at=r["stamped_at"],
            earlier=r["earlier"],
        )
        for r in came
    ]


def _ours(
    db: sqlite3.Connection, conversation_id: int, in_the_box: int | None, limit: int, now: int
) -> list[Entry]:
    """What stands in the box, or was replaced there, is not said."""
    went = db.execute(
        "SELECT m.*, u.name AS approver, EXISTS (SELECT 1 FROM event e WHERE e.message_id=m.id AND e.event='edit') AS edited "
        "FROM message m LEFT JOIN user u ON u.id=m.approved_by "
        "WHERE m.conversation_id=? AND m.id IS NOT ? AND (m.state, m.reason) IS NOT ('skipped', ?) ORDER BY m.id DESC LIMIT ?",
        [conversation_id, in_the_box, REPLACED, limit],
    )
    overdue: dict[tuple[str, bool], str] = {}  # it is the same for every late text of a SIM, and not free
    entries = []
    for r in went:
        late = (r["iccid"], reports.is_late(r, now=now))
        if late not in overdue:
            overdue[late] = reports.overdue(db, r, now=now)
        at = r["submitted_at"] or r["approved_at"] or r["created_at"]
        entries.append(
            Entry(
                "out", r["id"], r["text"], at, r["state"], r["reason"] or overdue[late], KINDS[r["kind"]], r["approver"] or "",
                sent_at=r["sent_at"], reported_at=r["reported_at"], begun=r["submitted_at"] is not None, edited=bool(r["edited"]),
                approval=r["approval_id"] or 0,
            )
        )  # fmt: skip
    return entries
