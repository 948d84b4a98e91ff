"""Search among people and what they wrote: whoever is found stands newest first, never by rank.

Words are looked for from their beginnings, all of them in one text or in one name, capitals and accents aside. Four digits and
more are also the end of a number, for who may see numbers. What we sent is not searched.

Promises: nobody finds a conversation that they may not see, nor a number by its digits who may not see it whole. An
erased person is found no more: the index follows its tables by triggers (`gateway/search_tables.py`).
"""

import sqlite3
import time
from dataclasses import replace

from gateway.errors import Refused
from gateway.inbox import Row, rows_of, visible, who
from gateway.people import User
from gateway.policy import may
from gateway.store import write

MOST = 50
LOOKED_AT = 400  # texts; one person may have written many of them
FEWEST_DIGITS = 4
STEP_PAGES, PAUSE_S = 100, 0.02


def find(db: sqlite3.Connection, user: User, words: str, *, now: int) -> list[Row]:
    """The people that these words find, at most MOST; the snippet of one found by a text is that text."""
    if not may(user.role, "answer"):
        raise Refused("Your role does not read people's texts. Nothing was shown.")
    query = _query(words)
    if not query:
        return []
    texts = _by_text(db, user, query, now)
    ids = list(
        texts | dict.fromkeys(_by_name(db, user, query, now)) | dict.fromkeys(_by_number(db, user, words))
    )
    found = []
    for row in rows_of(db, ids, user, now=now):
        text, at = texts.get(row.conversation_id, (row.snippet, row.at))
        found.append(replace(row, snippet=text[:120], at=at))
    found.sort(key=lambda row: (row.at, row.conversation_id), reverse=True)
    return found[:MOST]


def _query(words: str) -> str:
    """The words as FTS5 reads them: each a beginning, whatever signs are in it."""
    kept = [word for word in words.split()[:8] if any(c.isalnum() for c in word)]
    quoted = ['"' + word.replace('"', '""').replace("\0", "") + '"' for word in kept]
    return " ".join(f"{word}*" if len(bare) > 1 else word for word, bare in zip(quoted, kept, strict=True))


def _by_text(db: sqlite3.Connection, user: User, query: str, now: int) -> dict[int, tuple[str, int]]:
    """{conversation: (its newest text that fits, when it came)}, the newest first."""
    rows = db.execute(
        "SELECT i.conversation_id, i.text, i.received_at FROM inbound_search s JOIN inbound i ON i.id=s.rowid "
        f"JOIN conversation c ON c.id=i.conversation_id WHERE inbound_search MATCH :query AND {visible(user)} "
        "AND i.again_of IS NULL AND i.replaced_by IS NULL ORDER BY s.rowid DESC LIMIT :limit",
        {**who(user, now), "query": query, "limit": LOOKED_AT},
    )
    found: dict[int, tuple[str, int]] = {}
    for row in rows:
        if len(found) < MOST:
            found.setdefault(row["conversation_id"], (row["text"], row["received_at"]))
    return found


def _by_name(db: sqlite3.Connection, user: User, query: str, now: int) -> list[int]:
    rows = db.execute(
        "SELECT c.id FROM name_search s JOIN conversation c ON c.id=s.rowid "
        f"WHERE name_search MATCH :query AND {visible(user)} ORDER BY s.rowid DESC LIMIT :limit",
        {**who(user, now), "query": query, "limit": MOST},
    )
    return [row["id"] for row in rows]


def _by_number(db: sqlite3.Connection, user: User, words: str) -> list[int]:
    """Whose number ends in these digits; who may see numbers may see every conversation."""
    digits = "".join(c for c in words if c.isdecimal())
    only_digits = not any(c.isalpha() for c in words)
    if len(digits) < FEWEST_DIGITS or not only_digits or not may(user.role, "see_numbers"):
        return []
    rows = db.execute(
        "SELECT id FROM conversation WHERE substr(number, -4)=? AND number LIKE ? ORDER BY id DESC LIMIT ?",
        [digits[-4:], f"%{digits}", MOST],
    )
    return [row["id"] for row in rows]


def forget(db: sqlite3.Connection) -> None:
    """Write the index anew without what was erased, for FTS5 only marks it at first; in short steps, so that stations go on."""
    for table in ("inbound_search", "name_search"):
        first = -STEP_PAGES  # negative: from here on all of it becomes one, whatever its shape
        while True:
            before = db.total_changes
            with write(db):
                db.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", [first])
            if db.total_changes - before < 2:  # as the manual of FTS5 tells that nothing is left to do
                break
            first = STEP_PAGES
            time.sleep(PAUSE_S)
