"""What a change of a campaign does to its texts that have not left.

Promises: nothing that was approved with other facts or words leaves; it is read again first.
"""

import sqlite3

from gateway.errors import Refused
from gateway.message import KINDS as KINDS_OF_TEXT
from gateway.moves import move, put_back


def void_waiting_of(db: sqlite3.Connection, campaign_id: int, *, actor: str, now: int) -> None:
    """Every approval of this campaign that has not left goes back to a person: its facts or words have changed.

    Reminders are taken back instead: the schedule drafts them anew, for the day that holds now.
    """
    reason = "The campaign was changed after this was written."
    rows = db.execute(
        "SELECT m.id, m.kind FROM message m JOIN target t ON t.id=m.target_id WHERE t.campaign_id=? "
        "AND m.state IN ('awaiting','approved','claimed') AND m.submitted_at IS NULL AND m.kind<>0",
        [campaign_id],
    ).fetchall()
    for row in rows:
        if KINDS_OF_TEXT[row["kind"]] == "reminder":
            move(
                db,
                "withdraw",
                row["id"],
                actor=actor,
                now=now,
                reason="The campaign was changed.",
                draft_key=None,
            )
        else:
            put_back(db, row["id"], actor=actor, now=now, reason=reason)


def after_change(db: sqlite3.Connection, campaign_id: int, obstacle: str, *, actor: str, now: int) -> None:
    """Other facts or words in a campaign that runs: refused when it could not start with them; what waits is read again."""
    if obstacle:
        raise Refused(f"The campaign runs, so this cannot stand in it. {obstacle} Nothing was changed.")
    void_waiting_of(db, campaign_id, actor=actor, now=now)
