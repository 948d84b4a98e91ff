"""The rest of a long text that was uncertain: once evidence tells that each segment which may have left did, what is known
not to have left follows under the same reference by the same SIM. Half a text helps nobody.

Promises: no segment twice; nothing follows a segment that is still unknown, was refused or did not arrive, that a person
has settled or a backup brought back, after its validity, or beside what was written since, by them or to them, or when its campaign has
paused, ended or changed meanwhile: a report may come hours later. Those wait for a person.
"""

import sqlite3

from gateway import gate
from gateway.claims import ON_AIR_MS, SHORTEST_MS
from gateway.moves import move

FOLLOWS = "The network has what left of it; the rest of the text follows."


def rest_follows(db: sqlite3.Connection, message_id: int, *, actor: str, now: int) -> bool:
    """Let the rest go, inside the caller's transaction; False when it may not, or none is left. Whether a person has asked to stop,
    the hour and all else is asked when it is claimed.
    """
    segments = {
        row["state"]
        for row in db.execute("SELECT DISTINCT state FROM segment WHERE message_id=?", [message_id])
    }
    if "pending" not in segments or segments - {"pending", "accepted", "delivered"}:
        return False
    row = db.execute(
        "SELECT m.*, c.last_in_at FROM message m JOIN conversation c ON c.id=m.conversation_id "
        "WHERE m.id=? AND m.state='uncertain' AND m.valid_until>? AND m.expires_at>? "
        "AND NOT EXISTS (SELECT 1 FROM message a WHERE a.conversation_id=m.conversation_id AND (a.resend_of=m.id OR "
        "a.id>m.id AND a.created_at>(SELECT max(submitted_at) FROM segment WHERE message_id=m.id))) "
        "AND NOT EXISTS (SELECT 1 FROM event WHERE message_id=m.id AND event='restore')",
        [message_id, now + SHORTEST_MS + ON_AIR_MS, now],
    ).fetchone()
    if row is None or gate.holds(db, row) or gate.outdated(db, row, now=now):
        return False
    move(db, "resume", message_id, actor=actor, now=now, reason=FOLLOWS, not_before=None)
    return True
