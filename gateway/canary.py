"""A campaign's first few texts go ahead: how they arrive decides whether the rest opens (product rule 5).

open -> waiting, when as many as the canary were approved -> passed, or stopped with the campaign paused and the reason.

Promises: until it has passed, no more first texts than the canary are approved. What may have left or not has not arrived, as
long as nobody knows better. A coordinator's *Go on* passes one that was stopped, and no other.
"""

import sqlite3

from gateway import campaigns
from gateway.campaigns import Campaign
from gateway.errors import Refused
from gateway.store import write

ENOUGH_REPORTS = 8
MINUTE_MS = 60_000


def room(db: sqlite3.Connection, campaign: Campaign) -> int | None:
    """How many first texts the canary still lets be taken; None when it has passed."""
    if campaign.canary == "passed":
        return None
    if campaign.canary != "open":
        return 0
    taken = db.execute(
        "SELECT count(*) FROM target WHERE campaign_id=? AND state IN ('held','texted')", [campaign.id]
    ).fetchone()[0]
    return max(0, campaign.options.canary - int(taken))


def wait_words(campaign: Campaign) -> str:
    """Why nobody gets more people now."""
    return (
        f"The first {campaign.options.canary} are out. We look at how they arrive, for "
        f"{campaign.options.canary_minutes} minutes or {ENOUGH_REPORTS} reports; then the rest opens by itself."
    )


def said(campaign: Campaign) -> str:
    """How the first texts of one that runs stand; "" where its own reason says it."""
    first = f"The first {campaign.options.canary}"
    words = {
        "open": f"{first} go ahead, to see that they arrive. Then the rest opens.",
        "waiting": wait_words(campaign),
        "passed": f"{first} were fine, so the rest is open.",
    }
    return words.get(campaign.canary, "") if campaign.open else ""


def check_approval(db: sqlite3.Connection, campaign: Campaign) -> None:
    """Refuse a first text beyond the canary, inside the transaction that approves it."""
    if campaign.canary in ("waiting", "stopped"):
        raise Refused(wait_words(campaign))


def count_approval(db: sqlite3.Connection, campaign: Campaign, *, now: int) -> None:
    """Called after the target became `texted`: the last one of the canary makes it wait."""
    if campaign.canary == "open":
        _waits_when_out(db, campaign, now)


def _waits_when_out(db: sqlite3.Connection, campaign: Campaign, now: int) -> bool:
    texted = db.execute(
        "SELECT count(*) FROM target WHERE campaign_id=? AND state='texted'", [campaign.id]
    ).fetchone()[0]
    if texted < campaign.options.canary:
        return False
    db.execute("UPDATE campaign SET canary='waiting', canary_at=? WHERE id=?", [now, campaign.id])
    return True


def judge(db: sqlite3.Connection, *, now: int) -> list[int]:
    """Decide about every canary that is not decided; returns the campaigns that changed. Called once a minute."""
    undecided = [
        row["id"]
        for row in db.execute(
            "SELECT id FROM campaign WHERE canary IN ('open','waiting') AND state='running'"
        ).fetchall()
    ]
    return [campaign_id for campaign_id in undecided if _judge(db, campaign_id, now)]


def _judge(db: sqlite3.Connection, campaign_id: int, now: int) -> bool:
    with write(db):
        campaign = campaigns.load(db, campaign_id)
        if campaign.canary == "open":  # fewer may be asked for than are out by now
            return _waits_when_out(db, campaign, now)
        row = db.execute(
            "SELECT count(*) AS n, coalesce(sum(m.state='delivered'), 0) AS delivered, "
            "coalesce(sum(m.state IN ('failed','undelivered')), 0) AS failed, coalesce(sum(m.state='uncertain'), 0) AS uncertain, "
            "max(CASE WHEN m.submitted_at<=? THEN m.submitted_at END) AS last_at, "
            "coalesce(sum(m.state IN ('approved','claimed','submitted')), 0) AS unsent, "
            "coalesce(sum(c.opted_out_at IS NOT NULL), 0) AS stops "  # whoever was out before was not texted, whatever a clock said
            "FROM target t LEFT JOIN message m ON m.id=t.message_id JOIN conversation c ON c.id=t.conversation_id "
            "WHERE t.campaign_id=? AND t.state IN ('texted','out') AND t.texted_at IS NOT NULL",
            [now, campaign_id],  # a moment that lies ahead is a clock that was wrong
        ).fetchone()
        if row["n"] < campaign.options.canary:  # some were taken back: others go in their place
            db.execute("UPDATE campaign SET canary='open', canary_at=NULL WHERE id=?", [campaign_id])
            return True
        since = max(campaign.canary_at or now, row["last_at"] or 0)
        enough = row["delivered"] + row["failed"] >= min(ENOUGH_REPORTS, row["n"])
        late = now - since >= campaign.options.canary_minutes * MINUTE_MS
        if not enough and (not late or row["unsent"]):
            return False
        most = campaign.options.canary_failed_percent * row["n"]
        bad = row["failed"] * 100 >= most > 0
        doubtful = (row["failed"] + row["uncertain"]) * 100 >= most > 0
        stops = row["stops"] >= campaign.options.canary_stops
        if doubtful and not (bad or stops or late):
            return False  # what is uncertain may have arrived: that is known later
        if not doubtful and not stops:
            db.execute("UPDATE campaign SET canary='passed', canary_at=? WHERE id=?", [now, campaign_id])
            return True
        why = _what_happened(row, stops=not doubtful)
        campaigns.pause(
            db,
            campaign_id,
            by=None,
            reason=f"{why}. Nobody else was texted. Look at the list and the words; “Go on” sends the rest.",
        )
        db.execute("UPDATE campaign SET canary='stopped', canary_at=? WHERE id=?", [now, campaign_id])
        return True


def _what_happened(row: sqlite3.Row, *, stops: bool) -> str:
    if stops:
        return f"{row['stops']} of the first {row['n']} asked to stop"
    if not row["uncertain"]:
        return f"{row['failed']} of the first {row['n']} did not arrive"
    perhaps = f"{row['uncertain']} of the first {row['n']} may not have left"
    return f"{perhaps}, and {row['failed']} did not arrive" if row["failed"] else perhaps
