"""What a restored database has to be told: time went on without it, and nobody knows what left meanwhile.

Promises: nothing that was on its way when the backup was made leaves by itself; a person is asked about each. Every
old sign-in ends: some of them were taken back since. Who opted out or was erased since stays so: the journal beside
the database knows, and is read again; it never lifts an opt-out but the one that a START named. Who was texted since is
marked, also where the backup does not know them; when nobody can know, everybody is marked. The approval ledger goes on from
its old head, with a row that says so.
"""

import contextlib
import hashlib
import json
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway import (
    budget,
    carried,
    conversations,
    erasing,
    forgetting,
    given,
    ledger,
    numbers,
    optouts,
    purgedates,
    purging,
    restored,
    runs,
    stations,
    texted,
    unanswered,
)
from gateway.carried import Stops
from gateway.journal import Journal, about_people, last_words
from gateway.lock import Hold
from gateway.moves import FROM_BACKUP, move, withdraw_waiting
from gateway.people import keep_rights
from gateway.store import moment, write

log = logging.getLogger("textbank.restore")

UNKNOWN = (
    "This text was on its way when the backup of {when} was made. It may have gone out since, or not: "
    "ask the person, or look at their answers, before you send it again."
)
SINCE = FROM_BACKUP + "{when}: the person may have been texted since. Look before you send."
AGAIN = FROM_BACKUP + "{when}, and nothing was sent to the person since. Read it again before you send."
PAUSED = "The backup of {when} was restored: people may have been texted since. Look at the marked ones, then go on."
STOPS_UNKNOWN = " Who asked to stop in the last days before the card was lost may not be known: ask who read the answers then."
BACKED_UP = (
    "backed_up"  # a setting of the copy alone: when it was made, and how far the journal of texts was then
)


@dataclass(frozen=True)
class Counts:
    """How many texts a person has to look at."""

    uncertain: int
    waiting: int
    perhaps_texted: int
    known: bool  # whether it is known who was texted since; else everybody counts
    stops: Stops  # whether it is known who asked to stop or was erased since


def begin_again(
    db: sqlite3.Connection, acts: Journal, *, made: str, now: int, stops: Stops = "known"
) -> Counts:
    """Say on every row what the restore makes uncertain, in one transaction. `made` is the head of the backup's ledger."""
    with write(db):
        _replay(db, acts, now)
        _keep_beside(db, acts, now)
        known = _mark(db, acts, now)
        told = db.execute("SELECT value FROM setting WHERE key=?", [BACKED_UP]).fetchone()
        newest = db.execute("SELECT max(at) AS at FROM event").fetchone()["at"]
        newest = json.loads(told["value"])["at"] if told is not None else newest
        when = moment(newest or now).strftime("%Y-%m-%d %H:%M UTC")
        flying = db.execute(
            "SELECT id FROM message WHERE state IN ('approved','claimed','submitted') ORDER BY id"
        ).fetchall()
        for row in flying:
            may_have_left(db, row["id"], UNKNOWN.format(when=when), now)
        waiting = db.execute(
            "UPDATE message SET round=round+1, reason=CASE WHEN conversation_id IN "
            "(SELECT id FROM conversation WHERE perhaps_texted_at IS NOT NULL) THEN ? ELSE ? END WHERE state='awaiting'",
            [SINCE.format(when=when), AGAIN.format(when=when)],
        ).rowcount
        db.execute(
            "UPDATE campaign SET state='paused', reason=? WHERE state='running'",
            [PAUSED.format(when=when) + ("" if stops == "known" else STOPS_UNKNOWN)],
        )
        db.execute("UPDATE session SET revoked_at=? WHERE revoked_at IS NULL", [now])
        db.execute("UPDATE sign_in_link SET expires_at=min(expires_at, ?) WHERE used_at IS NULL", [now])
        db.execute("UPDATE station_request SET argument=NULL, taken_at=? WHERE taken_at IS NULL", [now])
        for row in stations.modems(db):  # what they were when the backup was made
            stations.leave(db, row["name"], now=now)
        ledger.append(
            db,
            "standing",
            words=hashlib.sha256(f"restored\n{made}".encode()).digest(),
            message_id=None,
            user_id=None,
            channel="restore",
            now=now,
        )
        unknown = not known or restored.perhaps_everybody(db, now) is not None
        restored.keep(db, now, unknown=unknown, head=made, newest=newest, stops=stops)
        db.execute("DELETE FROM setting WHERE key=?", [BACKED_UP])
        marked = db.execute(
            "SELECT count(*) + (SELECT count(*) FROM perhaps_texted) FROM conversation WHERE perhaps_texted_at IS NOT NULL"
        ).fetchone()[0]
    return Counts(len(flying), waiting, marked, known, stops)


def put_here_by_hand(db: sqlite3.Connection, hold: Hold, database: Path, folder: Path, *, now: int) -> None:
    """At a start: a backup that somebody copied over the database bears its label still, and any older copy has missed runs of the gateway;
    it is told what a restore would tell it. `folder`: where backups lie.
    """
    labelled = db.execute("SELECT 1 FROM setting WHERE key=?", [BACKED_UP]).fetchone() is not None
    if not labelled and not runs.is_older(db, hold):
        return
    log.warning("the database is an older copy that was put here; what it had to send waits for people")
    acts = Journal(database)
    handed_at, stops = texted.newest(database, now=now), carried.take_in(db, acts, folder)
    with write(db):
        begin_again(db, acts, made=ledger.head(db), now=now, stops=stops)
        given.begin_again(db, hold.runs)
        unanswered.keep_owed(db, {unanswered.ANY_SIM: handed_at})
    runs.count(db, hold)  # a start that ends behind this, or awaits room, says it to nobody twice
    with contextlib.suppress(OSError):  # else the next start asks about a few texts once more
        texted.told(database)


def keep_spent(db: sqlite3.Connection, before: sqlite3.Connection, handed_at: int, *, now: int) -> None:
    """What SIMs sent since the backup still counts, a SIM on hold and a modem that somebody paused stay so, who was shut out stays out, whose
    date came is closed, age goes on, and what a modem has not answered is owed: from the database that is replaced, if it can be
    read; else whatever was handed over until `handed_at` (ms).

    People are known by their numbers: the rows of those whom the backup does not know get other people's places in it.
    """
    days = _of_the_replaced(before, "SELECT iccid, day, segments, last_at FROM sim_day")
    people = _of_the_replaced(
        before,
        "SELECT p.iccid, p.month, p.conversation_id, c.number FROM sim_person p LEFT JOIN conversation c ON c.id=p.conversation_id",
    )
    holds = _of_the_replaced(
        before, "SELECT iccid, first_at, paused_at, paused_reason FROM sim WHERE paused_at IS NOT NULL"
    )
    owed = _of_the_replaced(before, unanswered.NEWEST, [(unanswered.ANY_SIM, handed_at)])
    paused = _of_the_replaced(before, "SELECT s.name, u.name FROM station s JOIN user u ON u.id=s.paused_by")
    rights = _of_the_replaced(before, "SELECT role, password_hash, disabled_at, id, created_at FROM user")
    ages = _of_the_replaced(before, "SELECT value FROM setting WHERE key=?", asks=[purging.SETTING])
    closed = _of_the_replaced(before, purgedates.CLOSED, asks=[now])
    with write(db):
        keep_rights(db, rights)
        purgedates.keep_closed(db, closed, now=now)
        for (age,) in ages:
            purging.go_on(db, age)
        db.executemany(  # by that person, or by an admin where the backup does not know them
            "INSERT INTO station (name, state, since_at, paused_by) SELECT ?1, 'paused', 0, coalesce(max(CASE WHEN name=?2 THEN id END), "
            "min(CASE WHEN role='admin' THEN id END)) FROM user WHERE true ON CONFLICT (name) DO UPDATE SET paused_by=excluded.paused_by",
            paused,
        )
        unanswered.keep_owed(db, dict(owed))
        db.executemany(
            "INSERT INTO sim_day (iccid, day, segments, last_at) VALUES (?,?,?,?) ON CONFLICT (iccid, day) DO UPDATE SET "
            "segments=max(segments, excluded.segments), last_at=max(last_at, excluded.last_at)",
            days,
        )
        budget.take_over(db, people)
        db.executemany(
            "INSERT INTO sim (iccid, first_at, paused_at, paused_reason) VALUES (?,?,?,?) ON CONFLICT (iccid) DO UPDATE SET "
            "paused_at=excluded.paused_at, paused_reason=excluded.paused_reason",
            holds,
        )


def _of_the_replaced(
    before: sqlite3.Connection, query: str, unknown: Sequence[Any] = (), *, asks: Sequence[object] = ()
) -> list[Any]:
    """Rows of a database that may be damaged, and hardly at all of these places at once; `unknown` where they cannot be read."""
    try:
        return before.execute(query, asks).fetchall()
    except sqlite3.Error as damaged:
        log.warning("what was done since the backup cannot all be read: %s", damaged)
        return [*unknown]


def still_out(
    db: sqlite3.Connection, acts: Journal, *, now: int, newest_reason: str = optouts.CUT_OFF
) -> int:
    """After an unclean end, and in a new database in the place of a lost one: whoever stopped, by the journal, is out here too; how many
    were not. Nobody comes back by this.
    """
    out, _ = last_words(acts.lines())
    known = _opt_outs(db)
    stand = {key for (key, _), until_at in known.items() if until_at is None}
    missing = {
        key: since_at
        for key, since_at in out.items()
        if since_at is not None and key not in stand and (key, since_at) not in known
    }
    if missing:
        people = people_by_digest(db, _keys(db, acts))
        _, newest, *_ = about_people(acts.lines(), "opt_out", "opt_in", "erase")[-1]
        for key, since_at in missing.items():
            # Of the newest alone the commit may never have been: a kill came between.
            reason = newest_reason if key == newest else KEPT
            _stays_out(db, key, people.get(key), since_at, now, known, reason)
    return len(missing)


def made_anew(db: sqlite3.Connection, acts: Journal, hold: Hold, *, now: int) -> int | None:
    """In a new database in the place of a lost one: whoever was texted is marked when a list brings them, and what modems may still
    answer is owed. How many by the journal; None where it does not tell: then everybody is.
    """
    since = texted.everybody(acts.database)
    if since is not None and not since:
        return 0
    with write(db):
        known = since is not None and bool(_keys(db, acts))  # without its key no digest names anybody
        db.executemany(
            "INSERT INTO perhaps_texted (number_key, at) VALUES (?,?)", [(key, now) for key in since or ()]
        )
        restored.keep(db, now, unknown=not known)
        given.begin_again(db, hold.runs)
        unanswered.keep_owed(db, {unanswered.ANY_SIM: texted.newest(acts.database, now=now)})
    return len(since) if since is not None and known else None


def may_have_left(db: sqlite3.Connection, message_id: int, reason: str, now: int) -> None:
    """A text that waits or is on its way becomes uncertain, with all of its segments that are not known to have arrived."""
    db.execute(
        "UPDATE message SET submitted_at=coalesce(submitted_at, approved_at, ?), iccid=coalesce(iccid, ''), "
        "station=coalesce(station, ''), total=coalesce(total, 1) WHERE id=?",
        [now, message_id],
    )
    db.execute(
        "UPDATE segment SET state='unknown' WHERE message_id=? AND state IN ('pending','submitted')",
        [message_id],
    )
    move(db, "restore", message_id, actor="gateway", now=now, reason=reason)


def _replay(db: sqlite3.Connection, acts: Journal, now: int) -> None:
    """Opt-outs and erasures that the backup does not know, from the journal."""
    keys = _keys(db, acts)
    people = people_by_digest(db, keys)
    acts_of_erasing = about_people(acts.lines(), "erase")
    stays = {str(act.get("salt")): act["act"] == "erase" for act in acts.acts("erase", "not_erased")}
    # By their salt also who wrote without their country then, and stood under their whole number when they were erased.
    erased = {row["id"]: row for row in people.values() if stays.get(erasing.salt_digest(row["salt"]))}
    for _, key, at, _ in acts_of_erasing:
        row = people.get(key)
        # Else they came back since, or the commit was refused.
        if row is not None and erasing.salt_digest(row["salt"]) not in stays and row["last_at"] <= at:
            erased[row["id"]] = row
    for row in erased.values():
        erasing.remove(db, row["id"], row["number"], now=now)
    if (
        strangers := {key for _, key, _, _ in acts_of_erasing} - people.keys()
    ):  # they stand in rows of files at most
        forgetting.forget_rows_of(
            db, lambda number: any(conversations.keyed(key, number) in strangers for key in keys)
        )
    out, ended = last_words(acts.lines())
    known = _opt_outs(db)
    for key, since_at in out.items():
        row = people.get(key)
        if row is not None and row["id"] in erased:
            row = None
        if since_at is not None:
            _stays_out(db, key, row, since_at, now, known)
        else:
            _came_back(db, key, row, ended[key], now)


def _keep_beside(db: sqlite3.Connection, acts: Journal, now: int) -> None:
    """What the backup knows and the journal does not, as on a new card: a later restore of an older one asks the journal alone."""
    noted = {act.get("key") for act in acts.acts("number_key")}
    for key in conversations.all_keys(db):
        if key not in noted:
            acts.note("number_key", at=0, key=key)
    out, _ = last_words(acts.lines())
    rows = db.execute(
        "SELECT number_key, since_at FROM opt_out WHERE until_at IS NULL ORDER BY id"
    ).fetchall()
    news = [row for row in rows if row["number_key"] not in out]
    acts.note_all(
        "opt_out", [{"number": row["number_key"].hex(), "at": row["since_at"]} for row in news], at=now
    )


def _keys(db: sqlite3.Connection, acts: Journal) -> list[str]:
    """Every key under which numbers stand, in the backup and in the journal; the database knows them all from now on.

    They differ after a fresh start on another machine, when the backup of the old one comes later.
    """
    noted = [str(act["key"]) for act in acts.acts("number_key") if "key" in act]
    keys = list(dict.fromkeys([*conversations.all_keys(db), *noted]))
    for setting, value in (
        (("number_key", keys[0]), (conversations.OTHER_KEYS, json.dumps(keys[1:]))) if keys else ()
    ):
        db.execute(
            "INSERT INTO setting (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            [setting, value],
        )
    return keys


def people_by_digest(db: sqlite3.Connection, keys: list[str]) -> dict[bytes, sqlite3.Row]:
    """Everybody in the backup, by each digest under which they may stand: in their number's other form, where nobody has that."""
    rows = db.execute("SELECT id, number, last_at, salt FROM conversation").fetchall()
    forms = {other: row for row in rows if (other := numbers.other_form(row["number"]))}
    forms |= {row["number"]: row for row in rows}
    return {conversations.keyed(key, form): row for form, row in forms.items() for key in keys}


KEPT = "kept beside the database"


def _opt_outs(db: sqlite3.Connection) -> dict[tuple[bytes, int], int | None]:
    """Until when each opt-out (digest, since when) stood; None: it stands. All at once, for no index has those that are over."""
    return {
        (row["number_key"], row["since_at"]): row["until_at"]
        for row in db.execute("SELECT number_key, since_at, until_at FROM opt_out ORDER BY id")
    }


def _stays_out(
    db: sqlite3.Connection,
    key: bytes,
    row: sqlite3.Row | None,
    since_at: int,
    now: int,
    known: Mapping[tuple[bytes, int], int | None],
    reason: str = KEPT,
) -> None:
    """The journal's last word on this number is a stop, which their START has to name: one that the backup knows for an earlier is over.
    `known`: `_opt_outs`.
    """
    if known.get((key, since_at)) is not None:
        return  # by a START whose commit is here, and whose line a crash kept from the journal
    news = (key, since_at) not in known
    if news:
        db.execute(
            "UPDATE opt_out SET until_at=?, ended_reason=? WHERE number_key=? AND until_at IS NULL",
            [now, KEPT, key],
        )
        db.execute(
            "INSERT INTO opt_out (number_key, source, reason, since_at) VALUES (?,'import',?,?)",
            [key, reason, since_at],
        )
    if row is not None:
        theirs = optouts.same_person(db, row)
        optouts.mark_out(db, theirs, since_at, anew=news)
        for each in theirs:
            withdraw_waiting(db, each, actor="gateway", now=now, reason="This person asked to stop.")


def _came_back(db: sqlite3.Connection, key: bytes, row: sqlite3.Row | None, ended: int, now: int) -> None:
    """The journal's last word is a START: it ends the opt-out that it names, or an older one, and no other."""
    back = db.execute(
        "UPDATE opt_out SET until_at=?, ended_reason=? WHERE number_key=? AND until_at IS NULL AND since_at<=?",
        [now, KEPT, key, ended],
    ).rowcount
    if back and row is not None and conversations.open_opt_out(db, row["number"]) is None:
        for each in optouts.same_person(db, row):
            optouts.welcome_back(db, each)


def _mark(db: sqlite3.Connection, acts: Journal, now: int) -> bool:
    """Mark who was texted since the backup, or who may have been; whether that is known of each. Whom an earlier restore marked stays
    so, as far as the backup knows."""
    row = db.execute("SELECT value FROM setting WHERE key=?", [BACKED_UP]).fetchone()
    told = json.loads(row["value"]) if row is not None else {}
    since = texted.since(acts.database, str(told.get("journal")), int(told.get("last", 0))) if told else None
    if since is None:
        db.execute("UPDATE conversation SET perhaps_texted_at=?", [now])
        return False
    for key, person in people_by_digest(db, _keys(db, acts)).items():
        if key[: conversations.TEXTED_BYTES] in since:
            db.execute("UPDATE conversation SET perhaps_texted_at=? WHERE id=?", [now, person["id"]])
            since.discard(key[: conversations.TEXTED_BYTES])
    db.executemany(
        "INSERT OR REPLACE INTO perhaps_texted (number_key, at) VALUES (?,?)", [(key, now) for key in since]
    )
    return True
