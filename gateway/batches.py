"""A coordinator's hand on who texts whom: who holds how many people of a campaign, since when; take back, hand to another.

Promises: nobody is in two batches, and a card that was on somebody's screen is at once the other's: whichever of the two sends
first sends it, and the other is told. Whoever was texted stays with who texted them.

Fails with `Refused`, in a sentence for the coordinator; nothing has moved then.
"""

import sqlite3
from dataclasses import dataclass

from gateway import campaigns
from gateway.errors import Refused
from gateway.people import User, by_id
from gateway.policy import may
from gateway.store import write


@dataclass(frozen=True)
class Batch:
    """What one volunteer holds of a campaign and has not texted; `user_id` None: cards that anybody may send."""

    user_id: int | None
    name: str
    people: int
    since: int | None  # ms


def batches(db: sqlite3.Connection, campaign_id: int) -> list[Batch]:
    """Who holds whom, the longest first."""
    return [
        Batch(row["holder_id"], row["name"] or "", row["n"], row["since"])
        for row in db.execute(
            "SELECT t.holder_id, u.name, count(*) AS n, min(t.held_at) AS since FROM target t LEFT JOIN user u ON u.id=t.holder_id "
            "WHERE t.campaign_id=? AND t.state='held' GROUP BY t.holder_id ORDER BY since IS NULL, since",
            [campaign_id],
        )
    ]


def take_back(db: sqlite3.Connection, campaign_id: int, from_id: int, *, by: User) -> int:
    """What this volunteer has not texted is the room's again; returns how many people."""
    campaigns.leads(by)
    with write(db):
        _let_go(db, campaign_id, from_id)
        return db.execute(  # a drafted card keeps its draft and is everybody's
            "UPDATE target SET state=CASE WHEN message_id IS NULL THEN 'open' ELSE 'held' END, holder_id=NULL, held_at=NULL "
            "WHERE campaign_id=? AND state='held' AND holder_id=?",
            [campaign_id, from_id],
        ).rowcount


def move(db: sqlite3.Connection, campaign_id: int, from_id: int, to_id: int, *, by: User, now: int) -> int:
    """Hand what one volunteer has not texted to another; returns how many people. Refused beyond the most that one may have open."""
    campaigns.leads(by)
    with write(db):
        campaign = campaigns.load(db, campaign_id)
        to = by_id(db, to_id)
        disabled = db.execute("SELECT disabled_at FROM user WHERE id=?", [to_id]).fetchone()["disabled_at"]
        if disabled is not None or not may(to.role, "approve"):
            raise Refused(f"{to.name} does not send texts. Nobody was moved; choose somebody else.")
        held = {batch.user_id: batch.people for batch in batches(db, campaign_id)}
        both = held.get(from_id, 0) + held.get(to_id, 0)
        if from_id != to_id and both > campaign.options.most_held:
            raise Refused(
                f"{to.name} would have {both} people open, and {campaign.options.most_held} are the most. Nobody was moved."
            )
        _let_go(db, campaign_id, from_id)
        return db.execute(
            "UPDATE target SET holder_id=?, held_at=? WHERE campaign_id=? AND state='held' AND holder_id=?",
            [to_id, now, campaign_id, from_id],
        ).rowcount


def _let_go(db: sqlite3.Connection, campaign_id: int, from_id: int) -> None:
    """A card that was looked at holds its conversation for half an hour; now it is somebody else's to look at."""
    db.execute(
        "UPDATE conversation SET holder_id=NULL, held_at=NULL WHERE holder_id=:from AND id IN "
        "(SELECT conversation_id FROM target WHERE campaign_id=:campaign AND state='held' AND holder_id=:from)",
        {"from": from_id, "campaign": campaign_id},
    )
