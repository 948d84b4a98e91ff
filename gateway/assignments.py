"""Who texts whom: volunteers take a batch of a campaign's people; each one becomes a card when it is looked at.

A *target* is open, then held by a volunteer, then texted (its first text approved), or skipped, or out. A first text is
written (merged) when its card is shown, for the volunteer who sees it, so that what was shown is what is approved.

Promises: nobody is in two batches; replies come before new people; no more people are handed out than the SIMs can take before
the texts run out, nor than the canary lets, and the refusal says which. What nobody has looked at for `STALE_MS` is open again.

Fails with `Refused`, a sentence for the volunteer.
"""

import json
import sqlite3
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway import campaigns, canary, conversations, enrolment, gate, governor, numbers, outbox, planning
from gateway.campaigns import Campaign
from gateway.clockwords import in_doubt
from gateway.errors import Refused
from gateway.factwords import hour_words, over
from gateway.hours import last_leave
from gateway.merge import Merged, Part, merge
from gateway.message import GOING, KINDS, clean
from gateway.moves import move
from gateway.people import User
from gateway.planning import SimRoom
from gateway.policy import may
from gateway.recording import refuse_wrong_number
from gateway.rules import HOUR_MS, Rules
from gateway.store import moment, write
from hardware.pdu import segment

STALE_MS = HOUR_MS  # a batch that its volunteer has not touched is the room's again
EXACT = 2000  # so many open people are looked at one by one; of more, those who asked to stop make no difference to anybody
SOMEBODY = User(0, "Maria", "volunteer")  # whose name is as long as most, where nobody's is known yet


@dataclass(frozen=True)
class Offer:
    """What one running campaign has for a volunteer now. `room` 0: none, and `why` says it."""

    campaign: Campaign
    left: int  # people nobody has taken yet
    held: int  # people of it that this volunteer holds
    room: int
    why: str


def offers(db: sqlite3.Connection, user: User, rules: Rules, sims: list[SimRoom], *, now: int) -> list[Offer]:
    """Every running campaign, with how many people this volunteer may take."""
    rows = db.execute("SELECT id FROM campaign WHERE state='running' ORDER BY started_at, id").fetchall()
    return [_offer(db, campaigns.load(db, row["id"]), user, rules, sims, now) for row in rows]


def _offer(
    db: sqlite3.Connection, campaign: Campaign, user: User, rules: Rules, sims: list[SimRoom], now: int
) -> Offer:
    left, held = _left(db, campaign.id), _held(db, campaign.id, user)
    room, why = _room(db, campaign, user, rules, sims, held, now)
    return Offer(campaign, left, held, min(room, left), why)


_OPEN = (  # by the campaign's people, for a file of opt-outs may hold many times as many
    "FROM target t CROSS JOIN conversation c ON c.id=t.conversation_id "
    "WHERE t.campaign_id=? AND t.state='open' AND c.opted_out_at IS NULL"
)


def _left(db: sqlite3.Connection, campaign_id: int) -> int:
    """How many people nobody has taken; of up to EXACT without those who asked to stop since they came in."""
    left = db.execute(f"SELECT count(*) FROM (SELECT 1 {_OPEN} LIMIT {EXACT})", [campaign_id]).fetchone()[0]
    if left == EXACT:
        left = db.execute(
            "SELECT count(*) FROM target WHERE campaign_id=? AND state='open'", [campaign_id]
        ).fetchone()[0]
    return int(left)


def _held(db: sqlite3.Connection, campaign_id: int, user: User) -> int:
    row = db.execute(
        "SELECT count(*) FROM target WHERE state='held' AND holder_id=? AND campaign_id=?",
        [user.id, campaign_id],
    ).fetchone()
    return int(row[0])


def _room(
    db: sqlite3.Connection,
    campaign: Campaign,
    user: User,
    rules: Rules,
    sims: list[SimRoom],
    held: int,
    now: int,
) -> tuple[int, str]:
    """How many more people this volunteer may take, if there are so many, and why not more when it is none."""
    options = campaign.options
    waiting = db.execute(
        f"SELECT count(*) FROM conversation WHERE holder_id=? AND {governor.TO_ANSWER}", [user.id]
    ).fetchone()[0]
    if waiting:
        who = "One person whom you have waits" if waiting == 1 else f"{waiting} people whom you have wait"
        return 0, f"{who} for your answer. Then the next batch is yours."
    if held >= options.most_held:
        return 0, f"You have {held} people open. Text them first."
    able, why = open_to_all(db, campaign, rules, sims, now)
    if why:
        return 0, why
    return min(options.batch, options.most_held - held, able), ""


def open_to_all(
    db: sqlite3.Connection, campaign: Campaign, rules: Rules, sims: list[SimRoom], now: int
) -> tuple[int, str]:
    """How many people anybody could take now, and what holds new batches back from everybody ("" when nothing does)."""
    if gone := over(campaign.kind, campaign.facts, moment(now).astimezone(ZoneInfo(rules.zone)).date()):
        return 0, gone
    if (governed := governor.hold_back(db, campaign.options.replies_each, now=now)) is not None:
        return 0, governed
    birds = canary.room(db, campaign)
    if birds == 0:
        return 0, canary.wait_words(campaign)
    minutes = planning.minutes_left(moment(now), rules.zone, rules.quiet)
    if not minutes:
        return (
            0,
            f"Texts leave between {hour_words(rules.quiet.until, rules.region)} and {hour_words(last_leave(rules.quiet), rules.region)}. "
            "Your list waits until then.",
        )
    able = (planning.room_now(sims, minutes) - _spoken_for(db, rules)) // segments_each(db, campaign, rules)
    if able <= 0:
        return 0, _no_sim(sims)
    return able if birds is None else min(able, birds), ""


def segments_each(db: sqlite3.Connection, campaign: Campaign, rules: Rules) -> int:
    """Segments of a first text, as the first of its people gets the longest wording."""
    row = db.execute(
        "SELECT contact_id FROM target WHERE campaign_id=? ORDER BY conversation_id LIMIT 1", [campaign.id]
    ).fetchone()
    if row is None:
        return 1
    values = campaigns.merge_values(db, campaign, row["contact_id"], SOMEBODY, rules)
    return max(segment(merge(text, values).text).count for text in campaign.script.first.texts)


def _spoken_for(db: sqlite3.Connection, rules: Rules) -> int:
    """Segments that people hold already, or that wait for a modem. Of those the alphabet is not looked at: one letter beyond
    ASCII counts as 67 characters a segment, which is rather too many.
    """
    waiting = db.execute(
        "SELECT coalesce(sum((length(text) + per - 1) / per), 0) FROM (SELECT text, "
        "CASE WHEN length(CAST(text AS BLOB)) > length(text) THEN 67 WHEN length(text) <= 160 THEN 160 ELSE 153 END AS per "
        f"FROM message WHERE {GOING} AND state='approved')"
    ).fetchone()[0]
    held = db.execute(  # the +: by the index of who holds
        "SELECT campaign_id, count(*) AS people FROM target WHERE state='held' AND holder_id IS NOT NULL GROUP BY +campaign_id"
    ).fetchall()
    each = (row["people"] * segments_each(db, campaigns.load(db, row["campaign_id"]), rules) for row in held)
    return int(waiting + sum(each))


def _no_sim(sims: list[SimRoom]) -> str:
    if not any(sim.ready for sim in sims):
        return "No modem is ready. A technician looks at the Modems page; nothing is lost meanwhile."
    return "The SIMs cannot take more first texts today: what is left of their limits is kept for replies. Tomorrow they can."


def take(
    db: sqlite3.Connection, campaign_id: int, user: User, rules: Rules, sims: list[SimRoom], *, now: int
) -> int:
    """Take the next batch; returns how many people. Refused with the reason when it is none."""
    if not may(user.role, "approve"):
        raise Refused("Your role does not send texts. Nothing was taken.")
    with write(db):
        campaign = campaigns.load(db, campaign_id)
        if campaign.state != "running":
            raise Refused(f"“{campaign.name}” is not running. {campaign.reason}")
        room, why = _room(db, campaign, user, rules, sims, _held(db, campaign_id, user), now)
        if room < 1:
            raise Refused(why)
        taken = db.execute(  # nobody is counted here: every station waits for this lock
            f"UPDATE target SET state='held', holder_id=?, held_at=? WHERE id IN (SELECT t.id {_OPEN} ORDER BY t.id LIMIT ?)",
            [user.id, now, campaign_id, room],
        ).rowcount
        if not taken:
            raise Refused("Everybody of this campaign is taken. Thank you!")
        return taken


def give_back(db: sqlite3.Connection, user_id: int, campaign_id: int | None = None) -> int:
    """What this volunteer holds and has not texted is the room's again; returns how many people."""
    with write(db):
        return _free(
            db,
            "holder_id=:user AND (:campaign IS NULL OR campaign_id=:campaign)",
            {"user": user_id, "campaign": campaign_id},
        )


def free_stale(db: sqlite3.Connection, *, now: int) -> int:
    """Free what has been held for long without a text of its volunteer; returns how many people."""
    stale = now - STALE_MS
    if (
        db.execute(
            "SELECT 1 FROM target WHERE state='held' AND holder_id IS NOT NULL AND held_at<=? LIMIT 1",
            [stale],
        ).fetchone()
        is None
    ):
        return 0
    with write(db):
        return _free(
            db,
            "held_at<=:stale AND holder_id IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM ledger l WHERE l.user_id=target.holder_id AND l.at>:stale AND l.at<=:now)",
            {"stale": stale, "now": now},
        )


def _free(db: sqlite3.Connection, where: str, values: dict[str, object]) -> int:
    """Drafted ones keep their draft: it is everybody's card then, merged anew for whoever sees it."""
    return db.execute(
        "UPDATE target SET state=CASE WHEN message_id IS NULL THEN 'open' ELSE 'held' END, holder_id=NULL, held_at=NULL "
        f"WHERE state='held' AND holder_id IS NOT NULL AND {where}",
        values,
    ).rowcount


@dataclass(frozen=True)
class Shown:
    """What a card shows beside the words of a campaign's text; empty for a text of none."""

    campaign: str = ""
    name: str = ""  # of the one of a household whom this campaign texts
    parts: tuple[Part, ...] = ()
    listed: tuple[tuple[str, str], ...] = ()
    source: str = ""
    household: tuple[str, ...] = ()


def shown(db: sqlite3.Connection, message: sqlite3.Row, user: User, rules: Rules) -> Shown:
    """The campaign's name, which of the words came from the list, and what the list says of the person."""
    if message["target_id"] is None:
        return Shown()
    target = db.execute("SELECT * FROM target WHERE id=?", [message["target_id"]]).fetchone()
    contact = db.execute("SELECT * FROM contact WHERE id=?", [target["contact_id"]]).fetchone()
    campaign = campaigns.load(db, target["campaign_id"])
    parts: tuple[Part, ...] = ()
    if message["kind"] == 3 and message["created_by"] is None:
        merged = _merged(db, campaign, target, user, rules)
        parts = merged.parts if clean(merged.text) == message["text"] else ()
    said = (contact["source"], contact["consented_on"] or "")
    clear = may(user.role, "see_numbers")
    fields = {name: str(value) for name, value in json.loads(contact["fields"]).items() if value}
    listed = tuple((name, value if clear else numbers.unreachable(value)) for name, value in fields.items())
    others = db.execute(
        "SELECT first_name, last_name FROM contact WHERE conversation_id=? AND id<>? ORDER BY id LIMIT 10",
        [contact["conversation_id"], contact["id"]],
    ).fetchall()
    return Shown(
        campaign.name,
        _full_name(contact),
        parts,
        listed,
        ", ".join(part for part in said if part),
        tuple(name for other in others if (name := _full_name(other))),
    )


def _full_name(contact: sqlite3.Row) -> str:
    return " ".join(part for part in (contact["first_name"], contact["last_name"]) if part)


def undrafted(db: sqlite3.Connection, user: User) -> int:
    """People this volunteer holds whose card has not been written yet."""
    row = db.execute(
        "SELECT count(*) FROM target t JOIN campaign p ON p.id=t.campaign_id JOIN conversation c ON c.id=t.conversation_id "
        "WHERE t.state='held' AND t.holder_id=? AND t.message_id IS NULL AND p.state='running' AND c.asks_opt_out=0",
        [user.id],
    ).fetchone()
    return int(row[0])


def draft_next(db: sqlite3.Connection, user: User, rules: Rules, *, now: int) -> int | None:
    """Write the first text to the next person that this volunteer holds; returns its id, None when there is nobody. Inside a transaction.

    Somebody whose text cannot be written is out, with the reason, and holds up nobody.
    """
    rows = db.execute(
        "SELECT t.*, c.opted_out_at, c.holder_id AS kept_by, c.held_at AS kept_at FROM target t JOIN campaign p ON p.id=t.campaign_id "
        "JOIN conversation c ON c.id=t.conversation_id WHERE t.state='held' AND t.holder_id=? AND t.message_id IS NULL AND p.state='running' "
        "AND c.asks_opt_out=0 ORDER BY t.id LIMIT 50",  # whoever may have asked to stop waits until somebody has said
        [user.id],
    ).fetchall()
    for row in rows:
        if row["opted_out_at"] is not None:
            _leave_out(db, row["id"], enrolment.STOPPED)
            continue
        if row["kept_by"] not in (None, user.id) and conversations.fresh(row["kept_at"], now):
            continue  # a colleague talks with them right now
        try:
            return _draft(db, row, user, rules, now)
        except Refused as why:
            _leave_out(db, row["id"], str(why))
    return None


def _leave_out(db: sqlite3.Connection, target_id: int, reason: str) -> None:
    db.execute("UPDATE target SET state='out', live=0, reason=? WHERE id=?", [reason, target_id])


def _draft(db: sqlite3.Connection, target: sqlite3.Row, user: User, rules: Rules, now: int) -> int:
    campaign = campaigns.load(db, target["campaign_id"])
    turn = db.execute("SELECT count(*) FROM message WHERE target_id=?", [target["id"]]).fetchone()[0]
    message_id = outbox.insert_draft(
        db,
        target["conversation_id"],
        first_text(db, campaign, target, user, rules),
        kind="first",
        # With its campaign: after a purge the next one's people get the ids of those who went, some of whose texts stay.
        key=f"target:{campaign.id}:{target['id']}:{turn}",
        channel="panel",
        by=None,
        rules=rules,
        now=now,
    )
    db.execute(
        "UPDATE message SET target_id=?, step='first', merged=? WHERE id=?",
        [target["id"], campaign.content, message_id],
    )
    db.execute("UPDATE target SET message_id=?, held_at=? WHERE id=?", [message_id, now, target["id"]])
    return message_id


def first_text(
    db: sqlite3.Connection, campaign: Campaign, target: sqlite3.Row, user: User, rules: Rules
) -> str:
    """The first text as this person gets it from this volunteer; Refused when it would have a hole or could not leave, or nobody reads it."""
    refuse_wrong_number(db, target["conversation_id"])
    merged = _merged(db, campaign, target, user, rules)
    merged.refuse_gaps()
    return outbox.checked_text(merged.text)


def _merged(
    db: sqlite3.Connection, campaign: Campaign, target: sqlite3.Row, user: User, rules: Rules
) -> Merged:
    texts = campaign.script.first.texts
    values = campaigns.merge_values(db, campaign, target["contact_id"], user, rules)
    return merge(texts[(target["wording"] or 0) % len(texts)], values)


def refresh(db: sqlite3.Connection, message: sqlite3.Row, user: User, rules: Rules, *, now: int) -> bool:
    """Make a text ready to be looked at: a first text is merged anew when its campaign, its person or its volunteer is another than
    when it was written. What somebody edited by hand stays as it is.

    False when it is no card any more: it can be written no more, and is withdrawn with the reason and its person out; or its time
    is over. Inside a transaction.
    """
    if message["state"] != "awaiting":
        return True
    of_campaign = message["target_id"] is not None and KINDS[message["kind"]] == "first"
    too_late = gate.too_late(message, rules, now) and not in_doubt(db)
    if too_late and not _for_tomorrow(db, message, rules, now, again=of_campaign):
        return False
    if not of_campaign or message["created_by"] is not None:
        return True
    target = db.execute("SELECT * FROM target WHERE id=?", [message["target_id"]]).fetchone()
    campaign = campaigns.load(db, target["campaign_id"])
    try:
        text = first_text(db, campaign, target, user, rules)
    except Refused as why:
        move(db, "withdraw", message["id"], actor="gateway", now=now, reason=str(why))
        return False
    if (text, campaign.content) != (message["text"], message["merged"]):
        db.execute(
            "UPDATE message SET text=?, merged=?, round=round+(text<>?) WHERE id=?",
            [text, campaign.content, text, message["id"]],
        )
    return True


def _for_tomorrow(
    db: sqlite3.Connection, message: sqlite3.Row, rules: Rules, now: int, *, again: bool
) -> bool:
    """A text of this evening that quiet hours keep: a campaign's first text may leave tomorrow, as one that is written now (`again`);
    the time of any other is over. Returns whether it may.
    """
    if again:
        ends = outbox.expiry("first", conversations.zones(message, rules), rules, now)
        db.execute("UPDATE message SET expires_at=? WHERE id=?", [ends, message["id"]])
    else:
        why = "It could no longer leave today, and it was for today."
        move(db, "expire", message["id"], actor="gateway", now=now, reason=why)
    return again
