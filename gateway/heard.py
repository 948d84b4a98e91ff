"""What somebody has read of a conversation when they decide: their page names the newest text that stood on it.

Promises: nothing is decided over the head of whoever wrote after that, nor answered where a colleague has answered; such an act is
refused, and they are read first.
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
        "SELECT 1 FROM inbound WHERE conversation_id=? AND id>? AND kind<>'silent' AND again_of IS NULL AND replaced_by IS NULL",
        [conversation_id, heard],
    ).fetchone()
    if newer is not None:
        raise Refused(f"They wrote again meanwhile. {then}")


def nobody_answered(
    db: sqlite3.Connection, conversation_id: int, by_id: int, after: int | None, approved: int | None
) -> None:
    """Refuse an answer when a colleague has written one since the text `after`, or sent one since the approval `approved`: the newest
    on the page (None: it does not say). Inside the transaction of the act.
    """
    newer = db.execute(
        "SELECT u.name FROM message m JOIN user u ON u.id=CASE WHEN m.created_by<>:by AND m.id>:after THEN m.created_by "
        "ELSE m.approved_by END WHERE m.conversation_id=:of AND m.kind=1 "
        "AND m.state NOT IN ('skipped','withdrawn') AND (m.id>:after AND m.created_by<>:by OR m.approval_id>:approved AND m.approved_by<>:by) "
        "ORDER BY m.id DESC LIMIT 1",
        {"of": conversation_id, "by": by_id, "after": after, "approved": approved},
    ).fetchone()
    if newer is not None:
        raise Refused(
            f"{newer['name']} has answered meanwhile. Read it above; Send again sends yours as well."
        )


def newest(db: sqlite3.Connection, conversation_id: int) -> int:
    """Their newest text, also one that says the same words again; 0 for none."""
    row = db.execute(
        "SELECT coalesce(max(id), 0) AS id FROM inbound WHERE conversation_id=? AND kind<>'silent'",
        [conversation_id],
    ).fetchone()
    return int(row["id"])
