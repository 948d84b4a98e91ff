"""What somebody has read of a conversation when they decide: their page names the newest text that stood on it.

Promises: nothing is decided over the head of whoever wrote after that; such an act is refused, and they are read first.
"""

import sqlite3

from gateway.errors import Refused


def nothing_new(db: sqlite3.Connection, conversation_id: int, heard: int | None, then: str) -> None:
    """Refuse when they wrote other words since the text `heard`, the newest on the page (None: it does not say); `then`: what comes
    of it, in a sentence. Inside the transaction of the act.
    """
    if heard is None:
        return
    newer = db.execute(
        "SELECT 1 FROM inbound WHERE conversation_id=? AND id>? AND kind<>'silent' AND again_of IS NULL",
        [conversation_id, heard],
    ).fetchone()
    if newer is not None:
        raise Refused(f"They wrote again meanwhile. {then}")


def newest(db: sqlite3.Connection, conversation_id: int) -> int:
    """Their newest text, also one that says the same words again; 0 for none."""
    row = db.execute(
        "SELECT coalesce(max(id), 0) AS id FROM inbound WHERE conversation_id=? AND kind<>'silent'",
        [conversation_id],
    ).fetchone()
    return int(row["id"])
