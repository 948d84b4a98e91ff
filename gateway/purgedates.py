"""What remains of a campaign after its purge date: its totals, in small batches, so that no station waits.

Gone: its people, what they answered, and every word of those with whom nothing else was said: whoever is in another
campaign keeps their conversation, for that one's date. Whoever was in touch lately, may have asked to stop, or has a text that
is not over stays as they are, and goes on a later night. Somebody who stands in no other list is forgotten, number and all; of
an opt-out the digest stays. A wrong number leaves the lists with the campaign that found it out, for its answer goes. The list
goes unless the coordinator keeps it or another campaign has it.

Promises: the totals are committed before the first row goes; a purge is over when nobody is left, and goes on every night until
then. Texts are counted by day as in `gateway/purging.py`; the ledger and opt-outs stay whole. Fails with sqlite3.Error.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from zoneinfo import ZoneInfo

from gateway import campaigns, contacts, purging, results, taking
from gateway.message import OVER
from gateway.rules import DAY_MS
from gateway.store import moment, write

LATELY_MS = (
    35 * DAY_MS
)  # within these their conversation is going on; longer than a SIM's month, whose people are counted
BATCH = 50  # people
MONTHS_AT_ONCE = 500  # rows
OVER_STATES = ",".join(f"'{state}'" for state in OVER)

CLOSED = (
    "SELECT id, created_at, closed_at, purge_at, reason FROM campaign WHERE state='closed' AND purge_at<=?"
)
_OF = "FROM conversation v JOIN target t ON t.conversation_id=v.id WHERE t.id IN (SELECT value FROM json_each(:targets)) "
_NOWHERE_ELSE = (
    "AND NOT EXISTS (SELECT 1 FROM target o WHERE o.conversation_id=v.id AND o.campaign_id<>t.campaign_id) "
    "AND (t.texted_at IS NOT NULL OR EXISTS (SELECT 1 FROM message w WHERE w.target_id=t.id)) "
)
_RESTS = (
    "v.last_at<:lately AND v.asks_opt_out=0 AND NOT EXISTS "
    f"(SELECT 1 FROM message m WHERE m.conversation_id=v.id AND m.state NOT IN ({OVER_STATES}))"
)
_ALONE = f"SELECT v.id {_OF}{_NOWHERE_ELSE}AND {_RESTS}"  # their conversation belongs to this campaign only, and rests
_NOT_YET = f"SELECT t.id {_OF}{_NOWHERE_ELSE}AND NOT ({_RESTS})"
_WRONG = (
    "SELECT c.id FROM contact c JOIN target t ON t.conversation_id=c.conversation_id JOIN answer a ON a.target_id=t.id "
    "WHERE t.id IN (SELECT value FROM json_each(?)) AND a.field='contact' AND a.value='wrong_number' AND a.undone_at IS NULL"
)


def purge(db: sqlite3.Connection, *, now: int, zone: str, rest: Callable[[], bool] = lambda: True) -> int:
    """Purge every campaign whose date is past at `now` (`purging.age`); returns how many people went. `rest` as in `purging.purge`."""
    due = db.execute(
        "SELECT id FROM campaign WHERE purge_at<=? AND purged_at IS NULL AND state='closed' ORDER BY id",
        [now],
    ).fetchall()
    gone = 0
    if due and not _months(db, now, rest):
        return gone
    for row in due:
        _keep_totals(db, row["id"], now, zone)
        after: int | None = 0
        with purging.unbound(db):
            while after is not None:
                people, after = _batch(db, row["id"], now, zone, after)
                gone += people
                if after is not None and not rest():
                    return gone
        if not _list(db, row["id"], rest):
            return gone
        with write(db):
            db.execute(
                "UPDATE campaign SET purged_at=? WHERE id=? AND NOT EXISTS (SELECT 1 FROM target WHERE campaign_id=campaign.id)",
                [now, row["id"]],
            )
    return gone


def keep_closed(db: sqlite3.Connection, closed: Iterable[Sequence[object]], *, now: int) -> None:
    """Campaigns whose date had come in another state of this database (`CLOSED`) are closed here, and it comes again. One that was only closed
    may be what somebody restores for. Inside the caller's transaction.
    """
    for campaign_id, created_at, closed_at, purge_at, reason in closed:
        if db.execute(
            "UPDATE OR IGNORE campaign SET state='closed', closed_at=?, purge_at=?, reason=? WHERE id=? AND created_at=? "
            "AND state IN ('running','paused')",
            [closed_at, purge_at, reason, campaign_id, created_at],
        ).rowcount:
            campaigns.take_back(db, int(str(campaign_id)), actor="gateway", now=now)


def not_yet(db: sqlite3.Connection, campaign_id: int) -> int:
    """How many people of a campaign of which only totals are to remain are still there."""
    return int(db.execute("SELECT count(*) FROM target WHERE campaign_id=?", [campaign_id]).fetchone()[0])


def _keep_totals(db: sqlite3.Connection, campaign_id: int, now: int, zone: str) -> None:
    """Once: after an interruption most of them are gone already."""
    today = moment(now).astimezone(ZoneInfo(zone)).date()
    with write(db):
        if db.execute("SELECT totals FROM campaign WHERE id=?", [campaign_id]).fetchone()["totals"] is None:
            kept = results.totals(db, campaigns.load(db, campaign_id), today=today, now=now)
            db.execute("UPDATE campaign SET totals=? WHERE id=?", [kept, campaign_id])


def _months(db: sqlite3.Connection, now: int, rest: Callable[[], bool]) -> bool:
    """Who was texted by which SIM in months that are over: nothing counts them any more. False when it was stopped before the end."""
    over = moment(now - LATELY_MS).date().isoformat()
    while True:
        with write(db):
            gone = db.execute(
                "DELETE FROM sim_person WHERE (iccid, month, conversation_id) IN "
                "(SELECT iccid, month, conversation_id FROM sim_person WHERE month<? LIMIT ?)",
                [over, MONTHS_AT_ONCE],
            ).rowcount
        if gone < MONTHS_AT_ONCE:
            return True
        if not rest():
            return False


def _batch(
    db: sqlite3.Connection, campaign_id: int, now: int, zone: str, after: int
) -> tuple[int, int | None]:
    """The next people of the campaign, in one commit: how many went, and the last that was looked at; None when nobody is left. Looks
    without the write lock.
    """
    found_here = db.execute(
        "SELECT id, contact_id FROM target WHERE campaign_id=? AND id>? ORDER BY id LIMIT ?",
        [campaign_id, after, BATCH],
    ).fetchall()
    if not found_here:
        return 0, None
    asked = {"targets": json.dumps([row["id"] for row in found_here]), "lately": now - LATELY_MS}
    stay = {row["id"] for row in db.execute(_NOT_YET, asked)}
    rows = [row for row in found_here if row["id"] not in stay]
    asked["targets"] = json.dumps([row["id"] for row in rows])
    alone = [row["id"] for row in db.execute(_ALONE, asked)]
    found = purging.belongings(db, alone)
    with write(db):
        if db.execute(_NOT_YET, asked).fetchone() or {row["id"] for row in db.execute(_ALONE, asked)} != set(
            alone
        ):
            return 0, after  # one of them wrote this very moment: once more
        wrong = db.execute(_WRONG, [asked["targets"]]).fetchall()
        db.executemany("DELETE FROM list_member WHERE contact_id=?", [(row["id"],) for row in wrong])
        targets = [(row["id"],) for row in rows]
        db.executemany("DELETE FROM answer WHERE target_id=?", targets)
        db.executemany("UPDATE message SET target_id=NULL, records=NULL WHERE target_id=?", targets)
        purging.count(db, alone, zone)
        found.delete(db)
        people = [(number,) for number in alone]
        for table in ("note", "tag"):
            db.executemany(f"DELETE FROM {table} WHERE conversation_id=?", people)
        db.executemany(  # as before anything was said: it goes with the last contact
            "UPDATE conversation SET last_in_at=NULL, waiting_at=NULL, holder_id=NULL, held_at=NULL WHERE id=?",
            people,
        )
        db.executemany("DELETE FROM target WHERE id=?", targets)
        contacts.forget_the_listless(
            db, [*{row["contact_id"] for row in rows}, *(row["id"] for row in wrong)], stopped=True
        )
    return len(rows), found_here[-1]["id"]


def _list(db: sqlite3.Connection, campaign_id: int, rest: Callable[[], bool]) -> bool:
    """Delete its list unless it is to stay or another campaign has it; False when it was stopped before the end."""
    campaign = campaigns.load(db, campaign_id)
    if not campaign.options.purge_list or campaign.list_id is None:
        return True
    with write(db):
        db.execute(
            "UPDATE contact_list SET state='deleted', file_digest=NULL WHERE id=:list AND NOT EXISTS "
            "(SELECT 1 FROM campaign WHERE list_id=:list AND id<>:campaign AND purged_at IS NULL)",
            {"list": campaign.list_id, "campaign": campaign_id},
        )
        state = db.execute("SELECT state FROM contact_list WHERE id=?", [campaign.list_id]).fetchone()[
            "state"
        ]
    return state != "deleted" or taking.clear(db, campaign.list_id, wait=lambda _: not rest(), stopped=True)
