"""The way into a campaign: what its script is checked against, who of its list is in it, and its start.

Promises: nobody is offered before everybody is in; a number that another open campaign has is left out, with the reason; a
start that was interrupted is pressed again, and about everybody is decided anew. Long lists are taken in small commits, so that
no station waits.

Fails with `Refused`, in a sentence for the coordinator.
"""

import json
import sqlite3
from collections import Counter
from dataclasses import dataclass, replace

from gateway import factwords, listcolumns
from gateway.campaigns import Campaign, leads, load, to_state
from gateway.errors import Refused
from gateway.people import User
from gateway.recording import WRONG_NUMBER
from gateway.rules import DAY_MS, Rules
from gateway.scriptcheck import BLANK, Ground, Problem, problems, unmeant
from gateway.store import write

STOPPED = "Asked to stop."
BY_A_STOP = "reason LIKE '%asked to stop.'"  # in SQL: as the line above says it, and whatever takes back what waits for somebody
UNENROLLED_AT_ONCE = 1000
NO_END = 2**62  # above every id
ENROLLED_AT_ONCE = 400  # people in one commit


def ground(db: sqlite3.Connection, campaign: Campaign, rules: Rules) -> Ground:
    """What the script is checked against: the list's columns with how many people have each, and the facts."""
    columns: dict[str, int] = {}
    count = 0
    if campaign.list_id is not None:
        count, columns = listcolumns.of(db, campaign.list_id)
    facts = campaign.words(rules)
    organisation = facts.pop("organisation")
    return Ground(
        organisation,
        count,
        columns,
        facts,
        own=("my_name", "organisation", "organization", "count"),
        language=campaign.language,
        wordings=len(campaign.script.first.texts),
    )


def obstacles(db: sqlite3.Connection, campaign: Campaign, rules: Rules) -> tuple[list[str], list[Problem]]:
    """What keeps it from starting: sentences about the campaign, and the script's own problems (also those that block nothing,
    but not the hints that are meant).
    """
    empty = factwords.missing(campaign.kind, campaign.facts)
    said = [f"“{fact.label['en']}” is not filled in." for fact in empty]
    ready = (
        campaign.list_id is not None
        and db.execute(
            "SELECT 1 FROM contact_list WHERE id=? AND state='ready'", [campaign.list_id]
        ).fetchone()
    )
    if not ready:
        said.append("It has no list of people yet. Choose one, or bring one in.")
    found = problems(campaign.script, for_words(ground(db, campaign, rules), campaign))
    return said, unmeant(found, campaign.options.meant)


def for_words(on: Ground, campaign: Campaign) -> Ground:
    """The ground with every required fact filled in: an empty one is said once, and not again for each text that it stands in."""
    empty = factwords.missing(campaign.kind, campaign.facts)
    return replace(on, facts={**on.facts, **{fact.name: BLANK for fact in empty}})


def enrol(
    db: sqlite3.Connection, campaign_id: int, *, now: int, after: int = 0, most: int | None = None
) -> int | None:
    """Take the next people of the list into a campaign that has not started; returns where to go on, None when all are in.

    One commit of `most`, at most and otherwise `ENROLLED_AT_ONCE`; call it until it returns None, and pause between. Who may not
    be texted is in it too, as `out` with the reason. About whoever an earlier start took in is decided anew, and who left the list meanwhile goes.
    """
    most = min(most or ENROLLED_AT_ONCE, ENROLLED_AT_ONCE)
    with write(db):
        campaign = load(db, campaign_id)
        if campaign.open or campaign.state == "closed":
            raise Refused("It has started already.")
        rows = members(db, campaign, after=after, most=most)
        following = rows[-1]["id"] if len(rows) == most else None
        db.execute(
            "DELETE FROM target WHERE +campaign_id=:campaign AND contact_id>:after AND contact_id<=:to "
            "AND NOT EXISTS (SELECT 1 FROM list_member l WHERE l.list_id=:list AND l.contact_id=target.contact_id)",
            {"campaign": campaign_id, "list": campaign.list_id, "after": after, "to": following or NO_END},
        )
        let_go(db, [row["conversation_id"] for row in rows])
        wordings = len(campaign.script.first.texts)
        for row in rows:
            reason = left_out_for(row, campaign, now=now)
            wording = wording_of(row["id"], wordings)
            db.execute(
                "INSERT INTO target (campaign_id, contact_id, conversation_id, state, reason, live, wording) VALUES (?,?,?,?,?,?,?) "
                "ON CONFLICT (campaign_id, conversation_id) DO UPDATE SET state=excluded.state, reason=excluded.reason, live=excluded.live, "
                "wording=excluded.wording WHERE (reason, wording) IS NOT (excluded.reason, excluded.wording)",
                [campaign_id, row["id"], row["conversation_id"], "out" if reason else "open", reason, int(not reason), wording],
            )  # fmt: skip
    return following


def wording_of(contact_id: int, wordings: int) -> int:
    """Which of so many first texts this person gets: neighbours of a list get one after the other."""
    return contact_id % wordings


def let_go(db: sqlite3.Connection, conversation_ids: list[int]) -> None:
    """These people stand in no campaign that is closed: another may have them. Inside a transaction."""
    db.execute(
        "UPDATE target SET live=0 WHERE live=1 AND conversation_id IN (SELECT value FROM json_each(?)) "
        "AND (SELECT state FROM campaign WHERE id=target.campaign_id)='closed'",
        [json.dumps(conversation_ids)],
    )


def take_back(db: sqlite3.Connection, conversation_id: int) -> None:
    """Their opt-out was undone: whoever left an open campaign by it before their first text left waits there for it again, unless
    another has them by now, or they came without it; and what reminded them is written anew. Inside a transaction.
    """
    person = {"id": conversation_id}
    db.execute(
        "UPDATE message SET draft_key=NULL WHERE conversation_id=:id AND kind=2 AND state='withdrawn' AND submitted_at IS NULL "
        f"AND {BY_A_STOP}",
        person,
    )
    let_go(db, [conversation_id])
    db.execute(
        "UPDATE target SET state='open', live=1, reason='', message_id=NULL, holder_id=NULL, held_at=NULL WHERE id=("
        "SELECT min(t.id) FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.conversation_id=:id AND t.state='out' "
        f"AND (t.held_at IS NOT NULL OR t.message_id IS NOT NULL) AND p.state IN ('running','paused') AND t.{BY_A_STOP} "
        "AND coalesce((SELECT value FROM answer a WHERE a.target_id=t.id AND a.field='checked_in' AND a.undone_at IS NULL "
        "ORDER BY a.id DESC LIMIT 1), '')='') "
        "AND NOT EXISTS (SELECT 1 FROM target o WHERE o.conversation_id=:id AND o.live=1)",
        person,
    )


def waits_in(db: sqlite3.Connection, conversation_id: int) -> str:
    """The open campaign in which this person waits for a volunteer; "" when there is none."""
    row = db.execute(
        "SELECT p.name FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.conversation_id=? AND t.state='open' AND t.live=1 "
        "AND p.state IN ('running','paused')",
        [conversation_id],
    ).fetchone()
    return "" if row is None else str(row["name"])


def gone_through(db: sqlite3.Connection, campaign: Campaign, after: int) -> tuple[int, int]:
    """How many people of its list `enrol` has gone through when it goes on at `after`, and how many the list has."""
    row = db.execute(
        "SELECT coalesce(sum(contact_id<=?), 0), count(*) FROM list_member WHERE list_id=?",
        [after, campaign.list_id],
    ).fetchone()
    return int(row[0]), int(row[1])


def members(
    db: sqlite3.Connection,
    campaign: Campaign,
    *,
    after: int = 0,
    most: int = ENROLLED_AT_ONCE,
    every: int = 1,
) -> list[sqlite3.Row]:
    """The next people of its list with all that could leave them out; `every` 10: about a tenth of them, spread over the list."""
    return db.execute(
        "SELECT c.id, c.conversation_id, c.landline, v.opted_out_at, "
        "(SELECT max(m.submitted_at) FROM message m WHERE m.conversation_id=c.conversation_id) AS texted_at, "
        "(SELECT a.value FROM target t JOIN answer a ON a.target_id=t.id AND a.field='contact' AND a.undone_at IS NULL "
        "WHERE t.conversation_id=c.conversation_id ORDER BY a.id DESC LIMIT 1) AS contact, "
        "(SELECT p.name FROM target t JOIN campaign p ON p.id=t.campaign_id WHERE t.conversation_id=c.conversation_id AND t.live=1 "
        "AND p.id<>:campaign AND p.state<>'closed') AS other "
        "FROM list_member l JOIN contact c ON c.id=l.contact_id JOIN conversation v ON v.id=c.conversation_id "
        "WHERE l.list_id=:list AND l.contact_id>:after AND l.contact_id % :every=0 ORDER BY l.contact_id LIMIT :most",
        {"campaign": campaign.id, "list": campaign.list_id, "after": after, "most": most, "every": every},
    ).fetchall()


def left_out_for(row: sqlite3.Row, campaign: Campaign, *, now: int) -> str:
    """Why this one of `members` is not texted; "" for everybody else."""
    cooling_since = now - campaign.options.cool_down_days * DAY_MS
    if row["opted_out_at"] is not None:
        return STOPPED
    if row["contact"] == "wrong_number":
        return WRONG_NUMBER
    if row["landline"]:
        return "A landline: it cannot get texts."
    if row["other"]:
        return f"Is in “{row['other']}”, which is open."
    if row["texted_at"] is not None and row["texted_at"] > cooling_since:
        return "Was texted a short while ago."
    return ""


def unenrol(db: sqlite3.Connection, campaign_id: int) -> None:
    """Take everybody out of a campaign that has not started, so that another list can be chosen."""
    gone = UNENROLLED_AT_ONCE
    while gone == UNENROLLED_AT_ONCE:
        with write(db):
            if load(db, campaign_id).state not in ("draft", "review"):
                raise Refused("It has started already.")
            gone = db.execute(
                "DELETE FROM target WHERE id IN (SELECT id FROM target WHERE campaign_id=? ORDER BY id DESC LIMIT ?)",
                [campaign_id, UNENROLLED_AT_ONCE],
            ).rowcount


def blocking(db: sqlite3.Connection, campaign: Campaign, rules: Rules) -> str:
    """What keeps it from starting, in sentences; "" when nothing does."""
    said, found = obstacles(db, campaign, rules)
    return " ".join(
        [*said, *(f"{each.title.rstrip('.')} ({each.where})." for each in found if each.level == "blocks")]
    )


def hindrance(db: sqlite3.Connection, campaign: Campaign, rules: Rules, *, needs_review: bool) -> str:
    """Why it cannot start now, whoever is in it; "" when it can."""
    if said := blocking(db, campaign, rules):
        return f"It cannot start yet: {said}"
    if needs_review and campaign.reviewed_by is None:
        return "A second coordinator reads it first. Ask for that on its page."
    return ""


def start(
    db: sqlite3.Connection,
    campaign_id: int,
    *,
    by: User,
    rules: Rules,
    now: int,
    needs_review: bool,
    taken_in: int | None = None,
) -> None:
    """Begin: volunteers can take people of it from now on. Everybody of its list must be in it (`enrol`).

    `taken_in`: the campaign's revision when the first of them was, for whoever changes list or wordings meanwhile changes who is in.
    """
    leads(by)
    with write(db):
        campaign = load(db, campaign_id)
        if taken_in is not None and taken_in != campaign.revision:
            raise Refused(
                "Somebody changed this campaign while its people were taken in. Nothing was started; look at it, and press Start it again."
            )
        if said := hindrance(db, campaign, rules, needs_review=needs_review):
            raise Refused(said)
        if (
            db.execute(
                "SELECT 1 FROM target WHERE campaign_id=? AND state='open' LIMIT 1", [campaign_id]
            ).fetchone()
            is None
        ):
            raise Refused("Nobody of its list may be texted now. Its page says why for each.")
        to_state(db, campaign_id, "running", ("draft", "review"), "")
        db.execute("UPDATE campaign SET started_at=? WHERE id=?", [now, campaign_id])


@dataclass(frozen=True)
class Progress:
    """How many of a campaign's people stand where."""

    open: int
    held: int
    texted: int
    skipped: int
    out: int

    @property
    def people(self) -> int:
        """All who may be texted, or were."""
        return self.open + self.held + self.texted + self.skipped


def progress(db: sqlite3.Connection, campaign_id: int) -> Progress:
    """Count a campaign's people by their state."""
    rows = db.execute(
        "SELECT state, count(*) AS n FROM target WHERE campaign_id=? GROUP BY state", [campaign_id]
    )
    counted = {row["state"]: row["n"] for row in rows}
    gone = stopped_since(db, campaign_id)
    counted["open"], counted["out"] = counted.get("open", 0) - gone, counted.get("out", 0) + gone
    return Progress(*(counted.get(state, 0) for state in ("open", "held", "texted", "skipped", "out")))


def stopped_since(db: sqlite3.Connection, campaign_id: int) -> int:
    """How many whom nobody has taken asked to stop after they came in and before its close: they are counted out, and in again when that
    is undone.
    """
    few = db.execute(
        "SELECT count(*) FROM target WHERE campaign_id=? AND state='open'", [campaign_id]
    ).fetchone()[0]
    more = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM conversation WHERE opted_out_at IS NOT NULL LIMIT ?)", [few + 1]
    ).fetchone()[0]
    # A file may have brought many times as many opt-outs as a campaign has people, and a large campaign has few.
    sides = "target t CROSS JOIN conversation c" if more > few else "conversation c CROSS JOIN target t"
    row = db.execute(
        f"SELECT count(*) FROM {sides} ON t.conversation_id=c.id WHERE c.opted_out_at IS NOT NULL "
        "AND c.opted_out_at<=(SELECT coalesce(closed_at, 9e15) FROM campaign WHERE id=?) "
        "AND t.campaign_id=? AND t.state='open'",
        [campaign_id, campaign_id],
    ).fetchone()
    return int(row[0])


def left_out(db: sqlite3.Connection, campaign_id: int) -> list[tuple[str, int]]:
    """Why people of the list are not texted, with how many, most first."""
    counted = Counter[str](
        dict(
            db.execute(
                "SELECT reason, count(*) FROM target WHERE campaign_id=? AND state='out' GROUP BY reason",
                [campaign_id],
            ).fetchall()
        )
    )
    counted[STOPPED] += stopped_since(db, campaign_id)
    return (+counted).most_common()


def number_rows(db: sqlite3.Connection, campaign_id: int) -> list[tuple[str, int, int]]:
    """Where its people stand, for a file: what, how many, of how many (0: of nothing)."""
    found = progress(db, campaign_id)
    return [
        ("People who may be texted, or were", found.people, 0),
        ("Texted", found.texted, found.people),
        ("Held by volunteers", found.held, found.people),
        ("Nobody has taken", found.open, found.people),
        ("Skipped", found.skipped, found.people),
        *(
            (f"Left out: {reason or 'no reason is known'}", many, 0)
            for reason, many in left_out(db, campaign_id)
        ),
    ]


def volunteers(db: sqlite3.Connection) -> int:
    """Who could text: everybody with such a role who may come in."""
    row = db.execute(
        "SELECT count(*) FROM user WHERE disabled_at IS NULL AND role IN ('volunteer','trainee')"
    ).fetchone()
    return int(row[0])
