"""The second reader of a campaign, where the group wants one: asking for them, what waits for them, and that they have read it.

Promises: nobody is the second reader of what they wrote themselves, nor of what was changed after they saw it.
"""

import sqlite3

from gateway import campaigns
from gateway.campaigns import Campaign
from gateway.people import User
from gateway.policy import may
from gateway.store import write


def ask_review(db: sqlite3.Connection, campaign_id: int, *, by: User) -> None:
    """Lay a draft before a second coordinator."""
    campaigns.leads(by)
    with write(db):
        campaigns.to_state(
            db, campaign_id, "review", ("draft",), f"{by.name} asks a second coordinator to read it."
        )


def review(db: sqlite3.Connection, campaign_id: int, *, by: User, seen_revision: int) -> None:
    """A second coordinator has read it: not the one who wrote what stands there now, and exactly that."""
    campaigns.leads(by)
    with write(db):
        campaigns.load(db, campaign_id).somebody_else_read(by, seen_revision)
        campaigns.to_state(db, campaign_id, "review", ("draft", "review"), f"{by.name} has read it.")
        db.execute("UPDATE campaign SET reviewed_by=? WHERE id=?", [by.id, campaign_id])


def to_read(db: sqlite3.Connection, user: User) -> list[Campaign]:
    """What waits for this coordinator as the second reader: what somebody else wrote, and nobody else has read."""
    if not may(user.role, "run_campaigns"):
        return []
    asked = "WHERE state='review' AND reviewed_by IS NULL AND changed_by IS NOT ? ORDER BY id"
    return [campaigns.campaign_of(row) for row in db.execute(f"SELECT * FROM campaign {asked}", [user.id])]
