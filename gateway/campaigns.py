"""Campaigns: from a template to a start, a pause and an end; who is in one.

Promises: a campaign starts only when its script has no hole, says who writes and how to stop (`gateway/scriptcheck.py`), its
facts are filled in, its list is ready, and, where the group wants it, a second coordinator has read it (`gateway/enrolment.py`
starts one). A number is in one open campaign at a time, by the database's own word. What changes in a running campaign sends
every waiting text of it back to a person. Closing one takes back what has not left. Nothing is ever deleted that somebody was
texted by.

Fails with `Refused`, in a sentence for the coordinator; nothing is half done then.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import lru_cache

from gateway import factwords, given, people, scripts
from gateway.errors import Refused
from gateway.kinds import KINDS, LANGUAGES, Kind, kind
from gateway.merge import name_of
from gateway.moves import move
from gateway.people import User
from gateway.policy import may
from gateway.rules import DAY_MS, Rules
from gateway.scripts import Script
from gateway.store import write
from gateway.voiding import after_change

LONGEST_NAME = 80
read_script = lru_cache(maxsize=16)(scripts.load)  # one approval looks at its campaign several times
PAUSED = "Its campaign is paused; it leaves when a coordinator lets it go on."
CLOSED = "The campaign was closed."
SHARED_OUT = "Its wordings are shared out already: change them, or clone the campaign. Nothing was changed."


@dataclass(frozen=True)
class Options:
    """What a coordinator may set of a campaign."""

    batch: int = 25  # people a volunteer takes at once (10 to 25)
    most_held: int = 50  # people one volunteer may have open, replies counted
    cool_down_days: int = 3  # whoever was texted within these is left out
    canary: int = 10  # first texts before it holds and looks
    canary_minutes: int = 30
    canary_failed_percent: int = 20
    canary_stops: int = 2
    replies_each: int = 8  # open replies a volunteer is thought to manage; more hold new batches back
    purge_days: int = 90  # after its close only totals remain; 0: never
    purge_list: int = 1  # its list goes as well then, when no other campaign has it; 0: it stays
    meant: Mapping[str, str] = field(default_factory=dict)  # hints that are meant, by key, with who said so


@dataclass(frozen=True)
class Campaign:
    """One campaign as the pages and the rules see it."""

    id: int
    name: str
    kind: Kind
    language: str
    state: str
    reason: str
    facts: Mapping[str, str]
    script: Script
    options: Options
    revision: int
    content: int  # as `revision`, of facts and script only
    list_id: int | None
    canary: str
    canary_at: int | None
    created_by: int | None
    changed_by: int | None
    reviewed_by: int | None
    created_at: int
    started_at: int | None
    closed_at: int | None
    purge_at: int | None
    purged_at: int | None

    @property
    def open(self) -> bool:
        """Whether its people are kept from other campaigns."""
        return self.state in ("running", "paused")

    def words(self, rules: Rules) -> dict[str, str]:
        """Its facts as they stand in a text, with the organisation."""
        facts = factwords.words(self.kind, self.facts, self.language, rules.region)
        return {**facts, "organisation": rules.organisation, "organization": rules.organisation}

    def somebody_else_read(self, by: User, seen_revision: int | None) -> None:
        """Refuse a reader who wrote what stands there now, or who read something else."""
        if self.changed_by == by.id:
            raise Refused("Somebody else reads it: you wrote what stands there now.")
        if self.revision != seen_revision:
            raise Refused("It was changed after you opened it. Read it again.")


def leads(by: User) -> None:
    """Refuse whoever does not run campaigns."""
    if not may(by.role, "run_campaigns"):
        raise Refused("Campaigns are a coordinator's. Nothing was changed; ask one.")


def load(db: sqlite3.Connection, campaign_id: int) -> Campaign:
    """One campaign; Refused when there is none."""
    row = db.execute("SELECT * FROM campaign WHERE id=?", [campaign_id]).fetchone()
    if row is None:
        raise Refused("There is no such campaign.")
    return campaign_of(row)


def campaign_of(row: sqlite3.Row) -> Campaign:
    """The campaign that this row is."""
    columns = {each.name: row[each.name] for each in fields(Campaign)}
    read = {"facts": json.loads(row["facts"]), "script": read_script(row["script"])}
    return Campaign(
        **{**columns, **read, "kind": kind(row["kind"]), "options": Options(**json.loads(row["options"]))}
    )


def everything(db: sqlite3.Connection, *, limit: int = 200) -> list[Campaign]:
    """All campaigns, the open ones first, then the newest."""
    order = "ORDER BY state NOT IN ('running','paused'), state='closed', id DESC LIMIT ?"
    return [campaign_of(row) for row in db.execute(f"SELECT * FROM campaign {order}", [limit])]


def create(
    db: sqlite3.Connection,
    name: str,
    kind_name: str,
    language: str,
    *,
    by: User,
    now: int,
    list_id: int | None = None,
) -> int:
    """A draft from a kind's template, for the people of this list if one is named; returns its id."""
    leads(by)
    if kind_name not in KINDS or language not in LANGUAGES:
        raise Refused("Choose one of the five kinds and a language.")
    script = scripts.dump(kind(kind_name).scripts[language])
    with write(db):
        made = insert(db, free_name(db, name), kind_name, language, script, "{}", "{}", by, now)
        if list_id is not None:
            db.execute("UPDATE campaign SET list_id=? WHERE id=?", [_usable(db, list_id), made])
    return made


def _usable(db: sqlite3.Connection, list_id: int, campaign: Campaign | None = None) -> int:
    if campaign is not None and campaign.open:
        raise Refused("The list of a campaign that has started stays. Clone it for another list.")
    if not db.execute("SELECT 1 FROM contact_list WHERE id=? AND state='ready'", [list_id]).fetchone():
        raise Refused("That list is not there any more, or is not taken yet. Choose another.")
    return list_id


def insert(
    db: sqlite3.Connection,
    name: str,
    kind_name: str,
    language: str,
    script: str,
    facts: str,
    options: str,
    by: User,
    now: int,
) -> int:
    """A draft of these parts; returns its id. Inside a transaction."""
    cursor = db.execute(
        "INSERT INTO campaign (id, name, kind, language, state, facts, script, options, created_by, changed_by, created_at) "
        f"VALUES (1+{given.last_id('campaign')},?,?,?,'draft',?,?,?,?,?,?)",
        [name, kind_name, language, facts, script, options, by.id, by.id, now],
    )
    return int(cursor.lastrowid or 0)


def free_name(db: sqlite3.Connection, name: str) -> str:
    """The name as it is kept; Refused when it is empty, too long, or another campaign's that is not closed."""
    name = " ".join(name.split())
    if not name:
        raise Refused("Give the campaign a name, so that the room knows what it is about.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"The name has {len(name)} characters; at most {LONGEST_NAME} fit. Shorten it.")
    if db.execute("SELECT 1 FROM campaign WHERE name=? AND state<>'closed'", [name]).fetchone():
        raise Refused(f"A campaign is called “{name}” already. Give this one another name.")
    return name


def save(
    db: sqlite3.Connection,
    campaign_id: int,
    *,
    by: User,
    now: int,
    seen_revision: int,
    name: str | None = None,
    facts: Mapping[str, str] | None = None,
    script: Script | None = None,
    options: Options | None = None,
    list_id: int | None = None,
    blocking: Callable[[Campaign], str] | None = None,
    needs_review: bool = False,
) -> int:
    """Change what is given; returns the new revision, the same for no change. What stands on another coordinator's screen by then is refused there.

    Other facts or words in an open campaign put every waiting text back to a person, with the reason; `blocking` says what would
    keep the changed campaign from starting, and keeps the change out of one that has started; where the group wants a second
    reader (`needs_review`) it is paused until somebody else has read them.
    """
    leads(by)
    with write(db):
        campaign = load(db, campaign_id)
        if campaign.state == "closed":
            raise Refused("This campaign is closed. Clone it to use it again. Nothing was changed.")
        if seen_revision != campaign.revision:
            raise Refused(
                "Somebody changed this campaign meanwhile. Look at it again; nothing of yours was kept."
            )
        new_facts = campaign.facts if facts is None else factwords.checked(campaign.kind, facts)
        if campaign.open and (gone := factwords.missing(campaign.kind, new_facts)):
            raise Refused(
                f"“{gone[0].label['en']}” cannot be empty while the campaign runs. Nothing was changed."
            )
        changed = replace(
            campaign,
            name=campaign.name if name in (None, campaign.name) else free_name(db, name or ""),
            facts=new_facts,
            script=script or campaign.script,
            options=options or campaign.options,
            list_id=campaign.list_id if list_id is None else _usable(db, list_id, campaign),
        )
        words_change = _filled_in(changed) != _filled_in(campaign) or not scripts.same_words(
            changed.script, campaign.script
        )
        if not words_change and replace(changed, facts=campaign.facts) == campaign:
            return campaign.revision
        if words_change or not campaign.open:  # else who has read the words has read them
            changed = replace(changed, changed_by=by.id, reviewed_by=None)
        _store(db, changed, int(words_change), now)
        if campaign.open and script and len(script.first.texts) != len(campaign.script.first.texts):
            raise Refused(SHARED_OUT)
        if campaign.open and words_change:
            said = blocking(load(db, campaign_id)) if blocking else ""
            after_change(db, campaign_id, said, actor=f"user:{by.id}", now=now)
            if needs_review:
                why = f"{by.name} changed it. A second coordinator reads it; their “Go on” lets it go on. {campaign.reason}"
                to_state(db, campaign_id, "paused", ("running", "paused"), why.strip())
    return campaign.revision + 1


def _filled_in(campaign: Campaign) -> dict[str, str]:
    return {name: value for name, value in campaign.facts.items() if value}


def _store(db: sqlite3.Connection, changed: Campaign, words_change: int, now: int) -> None:
    facts, options = json.dumps(changed.facts, ensure_ascii=False), json.dumps(asdict(changed.options))
    script, who = scripts.dump(changed.script), (changed.changed_by, changed.reviewed_by)
    db.execute(
        "UPDATE campaign SET name=?, facts=?, script=?, options=?, list_id=?, changed_by=?, reviewed_by=?, revision=revision+1, "
        "content=content+?, content_at=CASE ? WHEN 1 THEN ? ELSE content_at END, "
        "state=CASE state WHEN 'review' THEN 'draft' ELSE state END, "
        "reason=CASE state WHEN 'review' THEN '' ELSE reason END WHERE id=?",
        [changed.name, facts, script, options, changed.list_id, *who, words_change, words_change and int(changed.open), now, changed.id],
    )  # fmt: skip


def abandon(db: sqlite3.Connection, campaign_id: int, *, by: User) -> None:
    """Throw a draft away; one that has started is closed instead. No other gets its id: a page that is open on it would start that."""
    leads(by)
    with write(db):
        campaign = load(db, campaign_id)
        if campaign.state not in ("draft", "review"):
            raise Refused("People were texted by it, so it cannot be deleted. Nothing was changed; close it.")
        given.remember(db, "campaign")
        db.execute("DELETE FROM target WHERE campaign_id=?", [campaign_id])
        db.execute("DELETE FROM campaign WHERE id=?", [campaign_id])


def pause(db: sqlite3.Connection, campaign_id: int, *, by: User | None, reason: str = "") -> None:
    """Hold it: no first text of it is offered or leaves; replies go on. `by` None: the software, which must say why."""
    if by is not None:
        leads(by)
    with write(db):
        to_state(
            db,
            campaign_id,
            "paused",
            ("running",),
            reason or f"{by.name if by else 'The gateway'} paused it.",
        )


def resume(
    db: sqlite3.Connection,
    campaign_id: int,
    *,
    by: User,
    seen_revision: int | None = None,
    seen_reason: str | None = None,
    needs_review: bool = False,
) -> None:
    """Go on, also with what waited; a canary that was stopped has a coordinator's word now, one that waits waits on. What nobody
    else has read goes on by a second coordinator's word alone, where the group wants one. `seen_reason`: why it was paused, on the
    page; Refused when it was paused for something else since.
    """
    leads(by)
    with write(db):
        campaign = load(db, campaign_id)
        if campaign.state == "paused" and seen_reason not in (None, campaign.reason):
            raise Refused(f"It was paused anew meanwhile: {campaign.reason} Nothing was changed.")
        if needs_review and campaign.reviewed_by is None:
            campaign.somebody_else_read(by, seen_revision)
            db.execute("UPDATE campaign SET reviewed_by=? WHERE id=?", [by.id, campaign_id])
        to_state(db, campaign_id, "running", ("paused",), "")
        db.execute(
            "UPDATE campaign SET canary=CASE canary WHEN 'stopped' THEN 'passed' ELSE canary END WHERE id=?",
            [campaign_id],
        )
        db.execute(
            "UPDATE message SET not_before=NULL, reason=NULL WHERE state='approved' AND reason=? "
            "AND target_id IN (SELECT id FROM target WHERE campaign_id=?)",
            [PAUSED, campaign_id],
        )


def close(db: sqlite3.Connection, campaign_id: int, *, by: User, now: int) -> int:
    """End it: what has not left is taken back, its people are free for others. Answers to it still come in. Returns how many texts.

    A hundred thousand people are not written for that: `enrolment.let_go` does when another campaign wants them.
    """
    leads(by)
    with write(db):
        campaign = load(db, campaign_id)
        to_state(db, campaign_id, "closed", ("running", "paused"), f"{by.name} closed it.")
        days = campaign.options.purge_days
        db.execute(
            "UPDATE campaign SET closed_at=?, purge_at=? WHERE id=?",
            [now, now + days * DAY_MS if days else None, campaign_id],
        )
        return take_back(db, campaign_id, actor=f"user:{by.id}", now=now)


def take_back(db: sqlite3.Connection, campaign_id: int, *, actor: str, now: int) -> int:
    """What has not left of a campaign that is closed, inside the caller's transaction; how many texts."""
    waiting = db.execute(
        "SELECT m.id FROM message m JOIN target t ON t.id=m.target_id WHERE t.campaign_id=? AND m.kind IN (2,3) "
        "AND m.state IN ('awaiting','approved','claimed') AND m.submitted_at IS NULL",
        [campaign_id],
    ).fetchall()
    for row in waiting:
        move(db, "withdraw", row["id"], actor=actor, now=now, reason=CLOSED)
    db.execute(
        "UPDATE target SET state='open', holder_id=NULL, held_at=NULL WHERE campaign_id=? AND state='held'",
        [campaign_id],
    )
    return len(waiting)


def to_state(
    db: sqlite3.Connection, campaign_id: int, state: str, sources: tuple[str, ...], reason: str
) -> None:
    """Move a campaign; Refused when it is not in one of the states that it may leave."""
    marks = ",".join("?" * len(sources))
    moved = db.execute(
        f"UPDATE campaign SET state=?, reason=? WHERE id=? AND state IN ({marks})",
        [state, reason, campaign_id, *sources],
    ).rowcount
    if moved != 1:
        raise Refused("Somebody was faster: the campaign is not as you saw it. Look at it again.")


def merge_values(
    db: sqlite3.Connection, campaign: Campaign, contact_id: int, volunteer: User, rules: Rules
) -> dict[str, str]:
    """What a text of this campaign to this person may hold, by placeholder name. The list's columns do not hide the group's own,
    and a fact that is not filled in hides no column. Refused for somebody who was erased since.
    """
    row = db.execute("SELECT first_name, last_name, fields FROM contact WHERE id=?", [contact_id]).fetchone()
    if row is None:
        raise Refused("Somebody of it was erased in this moment. Nothing was changed; open it again.")
    columns = {name_of(name): str(value) for name, value in json.loads(row["fields"]).items()}
    full = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
    return {
        **columns,
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "name": full,
        **{name: value for name, value in own_values(campaign, volunteer, rules).items() if value},
    }


def own_values(campaign: Campaign, volunteer: User, rules: Rules) -> dict[str, str]:
    """What a text of this campaign may hold whoever gets it."""
    return {**campaign.words(rules), "my_name": people.first_name(volunteer.name)}
