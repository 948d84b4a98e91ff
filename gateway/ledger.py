"""The approval ledger: who allowed which words to whom, in a chain that shows when it was rewritten.

Each row carries an HMAC over number and text, keyed with the person's salt (plain hashes of numbers are
undone by brute force in seconds), and a hash over itself and the row before. Erasing a person deletes the
salt: the row stays and the chain still verifies, but nobody can tell any more whom it was about.

Promises: rows are only added, in the transaction of the act they record. `verify` finds a changed, missing or
reordered row, a text that left without a row, and one whose words are not those that were approved.
"""

import hashlib
import hmac
import json
import sqlite3
from dataclasses import dataclass

START = b"\0" * 32


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: `broken` names each row or text in words."""

    rows: int
    erased: int
    head: str
    broken: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """True when every row follows from the one before and every text that left was approved as it is."""
        return not self.broken


def digest(salt: bytes, number: str, text: str) -> bytes:
    """The keyed digest of these words to this person."""
    return hmac.digest(salt, f"{number}\n{text}".encode(), "sha256")


def _mac(previous: bytes, row: list[object]) -> bytes:
    return hashlib.sha256(previous + json.dumps(row, separators=(",", ":")).encode()).digest()


def append(
    db: sqlite3.Connection,
    act: str,
    *,
    words: bytes,
    message_id: int | None,
    user_id: int | None,
    channel: str,
    now: int,
    os_user: str | None = None,
) -> int:
    """Add one row inside the caller's transaction; `words` is `digest(...)`. Returns its id."""
    last = db.execute("SELECT id, mac FROM ledger ORDER BY id DESC LIMIT 1").fetchone()
    number = 1 if last is None else last["id"] + 1
    row: list[object] = [number, now, act, message_id, user_id, channel, os_user, words.hex()]
    mac = _mac(START if last is None else last["mac"], row)
    db.execute(
        "INSERT INTO ledger (id, at, act, message_id, user_id, channel, os_user, digest, mac) VALUES (?,?,?,?,?,?,?,?,?)",
        [number, now, act, message_id, user_id, channel, os_user, words, mac],
    )
    return number


def head(db: sqlite3.Connection) -> str:
    """The newest link of the chain, short enough to write down: a rewritten chain has another one."""
    last = db.execute("SELECT mac FROM ledger ORDER BY id DESC LIMIT 1").fetchone()
    return "empty" if last is None else last["mac"].hex()[:16]


def verify(db: sqlite3.Connection) -> Verdict:
    """Walk the whole chain and compare it with the texts that left."""
    broken: list[str] = []
    rows = erased = 0
    previous, expected = START, 1
    for row in db.execute("SELECT * FROM ledger ORDER BY id"):
        rows += 1
        if row["id"] != expected:
            broken.append(f"rows {expected} to {row['id'] - 1} of the ledger are missing")
        fields = [
            row["id"],
            row["at"],
            row["act"],
            row["message_id"],
            row["user_id"],
            row["channel"],
            row["os_user"],
        ]
        if _mac(previous, [*fields, row["digest"].hex()]) != row["mac"]:
            broken.append(f"row {row['id']} of the ledger was changed, or one before it was")
        previous, expected = row["mac"], row["id"] + 1
    erased = db.execute(
        "SELECT count(*) FROM ledger WHERE message_id IS NOT NULL AND message_id NOT IN (SELECT id FROM message)"
    ).fetchone()[0]
    for text in db.execute(
        "SELECT m.id, m.text, m.submitted_at, m.state, c.number, c.salt, l.digest, l.message_id FROM message m "
        "JOIN conversation c ON c.id=m.conversation_id LEFT JOIN ledger l ON l.id=m.approval_id "
        "WHERE m.approval_id IS NOT NULL OR m.submitted_at IS NOT NULL"
    ):
        if text["digest"] is None or text["message_id"] != text["id"]:
            broken.append(f"text {text['id']} has no approval in the ledger")
        elif text["salt"] is None:
            erased += 1
        elif text["state"] not in ("awaiting", "skipped", "withdrawn", "expired") and not hmac.compare_digest(
            digest(text["salt"], text["number"], text["text"]), text["digest"]
        ):
            broken.append(f"text {text['id']} is not the text that was approved")
    return Verdict(rows, erased, head(db), tuple(broken))
