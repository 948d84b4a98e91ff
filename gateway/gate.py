"""What a campaign adds to the approval of one of its texts, inside the transaction that approves it.

Promises: nothing of a paused or closed campaign is approved, no first text beyond the canary, none whose words are of an
earlier state of the campaign, no answer that promises places which somebody else has by then, and nothing but an answer to
somebody who may have asked to stop; what a text records is recorded with it.

Fails with `Refused`; the approval is not written then.
"""

import sqlite3
from collections.abc import Mapping

from gateway import campaigns, canary, conversations, policy, recording, seating, visible
from gateway.campaigns import CLOSED, PAUSED, Campaign
from gateway.errors import Refused
from gateway.merge import PLACEHOLDER
from gateway.message import KINDS
from gateway.people import User
from gateway.rules import HOUR_MS, Rules
from gateway.scriptcheck import names_us
from gateway.store import moment, ms
from gateway.wayout import offers_a_way_out

__all__ = [
    "CLOSED",
    "LOOK_AGAIN_MS",
    "PAUSED",
    "approved",
    "as_shown",
    "check",
    "check_words",
    "holds",
    "in_anothers_batch",
    "kept_until",
    "let_others_read",
    "no_placeholder",
    "outdated",
    "still_fits",
    "too_late",
    "undecided",
]
LOOK_AGAIN_MS = HOUR_MS // 12
TWICE = (
    "The same words were approved for this person already: skip this one, unless they are to get it twice."
)
HELD_BACK = ("reminder", "first")  # what a pause, or an open question, holds; replies go on


def check(db: sqlite3.Connection, message: sqlite3.Row) -> None:
    """Refuse what may not be approved now."""
    campaign = _campaign_of(db, message)
    kind = KINDS[message["kind"]]
    if campaign is None:
        return
    if gone := seating.gone(db, message["target_id"], recording.records_of(message)):
        raise Refused(
            f"{gone} The text did not go out, and with other words it would still write the place down. Skip it: they wait in the inbox "
            "then, where the answer has the waiting list's words."
        )
    if kind not in HELD_BACK:
        return
    if campaign.state != "running":
        raise Refused(f"“{campaign.name}” is {campaign.state}. {campaign.reason} Your text did not go out.")
    if message["created_by"] is None and message["merged"] not in (None, campaign.content):
        raise Refused("The campaign was changed. Read the text again, then decide.")
    if kind == "first":
        try:
            recording.refuse_wrong_number(db, message["conversation_id"])
        except Refused as why:
            raise Refused(
                f"{why} Your text did not go out. Skip it; or take that answer off, if it is theirs after all."
            ) from None
        canary.check_approval(db, campaign)


def as_shown(
    db: sqlite3.Connection, target_id: int, content: int | None, records: Mapping[str, str] | None = None
) -> None:
    """Refuse an answer that was begun when its campaign said something else (`content` is what the form carries of it, if it does),
    or when the places that it writes down were free.
    """
    row = db.execute(
        "SELECT p.content FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.id=?", [target_id]
    ).fetchone()
    if content is not None and row is not None and row["content"] != content:
        raise Refused(
            "The campaign was changed while this stood here. Nothing was sent. Read the words again, then send."
        )
    if gone := seating.gone(db, target_id, records or {}):
        raise Refused(
            f"{gone} Nothing was sent. Tell them that they are on the waiting list, or offer another; Send again writes it down so."
        )


def approved(db: sqlite3.Connection, message: sqlite3.Row, *, by: User, now: int) -> None:
    """It is approved: record what goes with it; a first text makes its person texted, and the canary counts it. The same words that
    wait for the same person, as a file's row that stands there twice, are read again with that before their eyes."""
    if (
        KINDS[message["kind"]] == "reply"
    ):  # after an undo it waited again; what came since has made this card stale
        db.execute("UPDATE conversation SET waiting_at=NULL WHERE id=?", [message["conversation_id"]])
    if KINDS[message["kind"]] == "first":
        db.execute(
            "UPDATE message SET round=round+1, reason=:why WHERE conversation_id=:person AND id<>:id AND state='awaiting' AND kind=:kind "
            "AND text=:text AND reason IS NOT :why",  # once: of a thousand each would be written a thousand times
            {
                "why": TWICE,
                "person": message["conversation_id"],
                "id": message["id"],
                "kind": message["kind"],
                "text": message["text"],
            },
        )
    campaign = _campaign_of(db, message)
    if campaign is None:
        return
    recording.at_approval(db, message, by=by, now=now)
    if KINDS[message["kind"]] == "first":
        _called_as_texted(db, message)
        db.execute(
            "UPDATE target SET state='texted', texted_at=? WHERE id=? AND message_id=?",
            [now, message["target_id"], message["id"]],
        )
        canary.count_approval(db, campaign, now=now)


def _called_as_texted(db: sqlite3.Connection, message: sqlite3.Row) -> None:
    """Of a household, or of a number that has changed hands, the one who is texted is who answers: pages call them so from now on."""
    row = db.execute(
        "SELECT k.first_name || ' ' || k.last_name AS name FROM target t JOIN contact k ON k.id=t.contact_id WHERE t.id=?",
        [message["target_id"]],
    ).fetchone()
    if name := visible.clean_name(row["name"]):
        db.execute(
            "UPDATE conversation SET name=:name WHERE id=:id AND name<>:name",
            {"name": name, "id": message["conversation_id"]},
        )


def in_anothers_batch(db: sqlite3.Connection, row: sqlite3.Row, by: User) -> bool:
    """Whether this first text is to somebody in another volunteer's batch, and `by` is nobody who sees all."""
    if row["target_id"] is None or policy.may(by.role, "see_all_conversations"):
        return False
    target = db.execute(
        "SELECT holder_id FROM target WHERE message_id=? AND state='held'", [row["id"]]
    ).fetchone()
    return target is not None and target["holder_id"] not in (None, by.id)


def check_words(row: sqlite3.Row, text: str, rules: Rules) -> None:
    """Refuse words of somebody's own that a campaign's script could not have: a first text says who writes and how to stop, and none
    has a placeholder in it."""
    if row["target_id"] is None:
        return
    no_placeholder(text)
    if KINDS[row["kind"]] != "first":
        return
    if not names_us(text, rules.organisation):
        raise Refused(f"It no longer says who writes. Nothing was kept: name {rules.organisation} in it.")
    if not offers_a_way_out(text, rules.organisation):
        raise Refused("It no longer says how to stop. Nothing was kept: put in “STOP to end” or the like.")


def no_placeholder(text: str) -> None:
    """Refuse a placeholder that somebody typed: nothing would be put in for it."""
    left = PLACEHOLDER.search(text)
    if left is not None:
        raise Refused(
            f"“{left[0]}” would leave as it stands. Nothing was sent or changed: put in what it stands for."
        )


def undecided(row: sqlite3.Row) -> bool:
    """Whether this text waits because its person may have asked to stop and nobody has said yet; an answer to them does not."""
    return bool(row["asks_opt_out"]) and KINDS[row["kind"]] in HELD_BACK


def still_fits(row: sqlite3.Row, now: int) -> None:
    """Refuse a text to somebody who stopped or may have, or one whose time is over."""
    if row["opted_out_at"] is not None:
        raise Refused(f"{conversations.name_of(row)} just asked to stop. Your text did not go out.")
    if undecided(row):
        raise Refused(
            f"{conversations.name_of(row)} may have asked to stop. Your text did not go out. Read what they wrote in the inbox; "
            "“No, go on” there lets texts go to them again."
        )
    if row["expires_at"] <= now:
        raise Refused(
            "This text was for an earlier time and has run out. Nothing was sent; write it anew if it still fits."
        )


def kept_until(row: Mapping[str, object] | sqlite3.Row, rules: Rules, now: int) -> int | None:
    """Until when quiet hours keep a text that is approved now; None: they do not. Of the text: its kind and due_at, with the zone,
    number and `wrote_at` of its conversation."""
    due = row["due_at"]
    start = moment(max(now + rules.undo_ms, due if isinstance(due, int) else 0))
    zones = conversations.zones(row, rules)
    leave = policy.may_leave(start, zones, rules.quiet, **conversations.answering(row, rules))
    return None if leave.ok or leave.not_before is None else ms(leave.not_before)


def too_late(row: sqlite3.Row, rules: Rules, now: int) -> bool:
    """Whether quiet hours keep this text until its own time is over."""
    until = kept_until(row, rules, now)
    return until is not None and until >= row["expires_at"]


def let_others_read(db: sqlite3.Connection, message: sqlite3.Row, by: User) -> None:
    """Words that somebody else must read first are in nobody's batch, and their conversation is free."""
    conversations.free(db, message["conversation_id"], by)
    db.execute(
        "UPDATE target SET holder_id=NULL, held_at=NULL WHERE id=? AND state='held'", [message["target_id"]]
    )


def holds(db: sqlite3.Connection, message: sqlite3.Row) -> str:
    """The state of its campaign, "paused" or "closed", when that holds this approved text back; else "". Asked by the station."""
    if message["target_id"] is None or KINDS[message["kind"]] not in HELD_BACK:
        return ""
    row = db.execute(
        "SELECT p.state FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.id=?",
        [message["target_id"]],
    ).fetchone()
    return "" if row is None or row["state"] == "running" else str(row["state"])


def outdated(db: sqlite3.Connection, message: sqlite3.Row, *, now: int) -> str:
    """Why an approved text may no longer fit, for one that was in a modem's hands when it would have been put back: its person
    wrote, its campaign was changed or its answers were, after the approval. "" when it fits. A moment that lies ahead is a clock
    that was wrong.
    """
    approved_at = message["approved_at"] or 0
    if KINDS[message["kind"]] == "confirmation":
        return ""
    if approved_at < (message["last_in_at"] or 0) <= now:
        return "They wrote after this was approved."
    part_at = db.execute(
        "SELECT max(first_at) FROM arrival WHERE number=(SELECT number FROM conversation WHERE id=?) AND total IS NOT NULL AND inbound_id IS NULL",
        [message["conversation_id"]],
    ).fetchone()[0]
    if approved_at < (part_at or 0) <= now:
        return "A part of a long text of theirs came after this was approved; the rest is still to come."
    if message["target_id"] is not None:
        row = db.execute(
            "SELECT p.content_at FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.id=?",
            [message["target_id"]],
        ).fetchone()
        if row is not None and approved_at < (row["content_at"] or 0) <= now:
            return "The campaign was changed after this was approved."
        if recording.changed_since(db, message["target_id"], approved_at, now=now):
            return "Their answer was changed after this was approved."
    return ""


def _campaign_of(db: sqlite3.Connection, message: sqlite3.Row) -> Campaign | None:
    if message["target_id"] is None:
        return None
    row = db.execute("SELECT campaign_id FROM target WHERE id=?", [message["target_id"]]).fetchone()
    return campaigns.load(db, row["campaign_id"])
