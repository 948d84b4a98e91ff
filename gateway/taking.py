"""Taking a list: its rows become contacts, or opt-outs (`gateway/optoutfile.py`), in small transactions with pauses, so that stations hardly wait.

It runs in a thread of the panel (`web/taker.py`): reading a hundred thousand numbers takes ten seconds of a processor and more,
and in the gateway's process that would be time that the stations' threads wait for.

Promises: each row is taken once, also when the panel is killed half-way: how far it came is committed with the rows,
and the next start goes on from there. Until the last row is taken the list is not `ready` and no campaign is offered
it. An opt-out that comes meanwhile counts. Memory does not grow with the list, but with its rows that say stop.

Fails with `sqlite3.Error` or `OSError`; the reason stands on the list, and nothing is lost.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from gateway import (
    contacts,
    conversations,
    leftover,
    listcolumns,
    listfile,
    lists,
    numbers,
    rowreading,
    saysstop,
)
from gateway.columns import Meaning
from gateway.contacts import Consent, Person
from gateway.errors import Refused
from gateway.leftover import Leftover, Tally
from gateway.listfile import OPT_OUTS
from gateway.lists import List
from gateway.optoutfile import OptOuts
from gateway.pace import SMALLEST, Pace
from gateway.rules import DAY_MS, Rules
from gateway.sheets import Row
from gateway.store import moment, relaxed, sync, write

LOOK_AGAIN_S = 0.2
CHECKPOINT_EVERY = 12  # batches: the log is copied back by us, not by a station that commits next
TWICE = "The same person stands in this list already; both rows are one person now."
TOO = "Bring such rows under Opt-outs too: then no other list brings them back."
SAYS_STOP = f"The row says that they asked to stop, or never agreed. {TOO}"
OTHER_ROW = f"Another row of this list says that whoever has this number asked to stop. {TOO}"
OUR_OWN = "This is the number of one of our own SIMs."
FILE_GONE = "The file of this list is not there any more (a backup does not hold it). Delete the list, and bring the file again."
Wait = Callable[[float], bool]  # waits so many seconds; True when it is time to stop


class _Gone(Exception):  # noqa: N818
    """The list is not being taken any more: somebody deleted it."""


class Way(Protocol):
    """What a file's rows become: what is asked of each row alone, before the lock is taken, and inside the transaction."""

    def judge(self, row: Row) -> Any: ...
    def before(self, db: sqlite3.Connection, found: Sequence[tuple[Row, Any]], now: int) -> None: ...
    def put(
        self, db: sqlite3.Connection, found: Sequence[tuple[Row, Any]], tally: Tally, now: int
    ) -> Iterator[Leftover]: ...


def said_stop(rows: Iterable[Row], meaning: Meaning, region: str) -> frozenset[str]:
    """The numbers of the rows that say that they asked to stop: they stand in others too, of a household or of an older export."""
    found = set()
    for row in rows:
        if saysstop.asked_to_stop(row.cells, meaning):
            cell = row.cells[at] if (at := meaning.fields["number"]) < len(row.cells) else ""
            for number in rowreading.every_number_of(cell, region)[0]:
                found |= {number, numbers.other_form(number) or number}
    return frozenset(found)


def judge(row: Row, meaning: Meaning, region: str, stopped: frozenset[str]) -> Person | Leftover:
    """What this row is, before the database is asked; `stopped` as of `said_stop`."""
    if row.problem:
        return Leftover(row, "rejected", row.problem)
    if saysstop.asked_to_stop(row.cells, meaning):
        return Leftover(row, "opted_out", SAYS_STOP)
    try:
        person = rowreading.read(row.cells, meaning, region)
    except Refused as refusal:
        return Leftover(row, "rejected", str(refusal))
    return Leftover(row, "opted_out", OTHER_ROW) if person.number in stopped else person


def numbers_of(judged: Iterable[Person | Leftover]) -> list[str]:
    """The numbers of those that are people."""
    return [each.number for each in judged if isinstance(each, Person)]


@dataclass(frozen=True)
class Door:
    """What the database says of some people: may this list bring them?"""

    cool_down_days: int
    own: frozenset[str]  # our SIMs' numbers
    out: Mapping[str, int]  # who asked to stop, and when (ms)
    texted: Mapping[str, int]  # who was texted within the days of rest, and when (ms)
    zone: ZoneInfo  # in which days are said

    @classmethod
    def of(cls, db: sqlite3.Connection, one: List, rules: Rules, now: int, found: Sequence[str]) -> "Door":
        """The door for this list and these people at this moment."""
        own = db.execute(
            "SELECT number FROM station WHERE number<>'' UNION SELECT number FROM sim WHERE number<>''"
        )
        out = conversations.open_opt_outs(db, conversations.digests(db, found))
        known = conversations.known_of(db, found) if one.cool_down_days else {}
        texted = db.execute(
            "SELECT conversation_id, max(submitted_at) FROM message WHERE submitted_at>? "
            "AND conversation_id IN (SELECT value FROM json_each(?)) GROUP BY conversation_id",
            [now - one.cool_down_days * DAY_MS, json.dumps([row["id"] for row in known.values()])],
        )
        at = dict(map(tuple, texted))
        return cls(
            one.cool_down_days,
            frozenset(row["number"] for row in own),
            {number: row["since_at"] for number, row in out.items()},
            {number: at[row["id"]] for number, row in known.items() if row["id"] in at},
            ZoneInfo(rules.zone),
        )

    def objection(self, number: str) -> tuple[str, str] | None:
        """(outcome, reason) when they stay out."""
        if {number, numbers.other_form(number)} & self.own:
            return "rejected", OUR_OWN
        if number in self.out:
            return "opted_out", f"They asked to stop on {self._day(self.out[number])}."
        if number in self.texted:
            day = self._day(self.texted[number])
            return "cool_down", f"They were texted on {day}, within the {self.cool_down_days} days of rest."
        return None

    def _day(self, at: int) -> str:
        day = moment(at).astimezone(self.zone)
        return f"{day.day} {day:%B %Y}"


def preview(db: sqlite3.Connection, one: List, path: Path, rules: Rules, *, most: int, now: int) -> Tally:
    """What would become of the first rows, without taking any; `counts` as of a taken list."""
    rows = list(islice(listfile.people_in(path, one.format), most))
    stopped = said_stop(rows, one.meaning, rules.region)
    judged = [judge(row, one.meaning, rules.region, stopped) for row in rows]
    tally, door = Tally(), Door.of(db, one, rules, now, numbers_of(judged))
    seen: set[tuple[str | None, str]] = set()
    for found in judged:
        if isinstance(found, Leftover):
            tally.add(found.outcome)
            continue
        objection = door.objection(found.number)
        key = contacts.name_key(found.whole_name)
        who, other = (found.number, key), (numbers.other_form(found.number), key)
        if objection is not None:
            tally.add(objection[0])
        elif who in seen or other in seen:
            tally.add("twice")
        else:
            tally.add("taken")
            if found.landline:
                tally.add("landline")
        seen.add(who)
    return tally


def take(
    db: sqlite3.Connection, list_id: int, database: Path, rules: Rules, *, wait: Wait, now: Callable[[], int]
) -> bool:
    """Take the rest of a list; True when all of it is taken, False when it was stopped or deleted."""
    one = lists.by_id(db, list_id, brings=None)
    path = listfile.path_of(database, list_id)
    if not path.exists():
        _say(db, list_id, FILE_GONE)
        return False
    _say(db, list_id, None)
    way: Way = OptOuts(db, one, rules.region) if one.format.brings == OPT_OUTS else _People(one, rules, path)
    rows = islice(listfile.people_in(path, one.format), one.rows_done, None)
    tally, done, pace, batches = Tally(dict(one.counts)), one.rows_done, Pace(), 0
    with relaxed(db):
        while batch := list(islice(rows, pace.size)):
            found = [(row, way.judge(row)) for row in batch]
            if wait(pace.rest_s()):
                return False
            at = now()
            way.before(db, found, at)
            try:
                with pace.piece(db):
                    _take_batch(db, one, way, found, tally, done, at)
            except _Gone:
                return False
            done, batches = done + len(batch), batches + 1
            sync(database)  # by us, and not by a station that commits next
            if batches % CHECKPOINT_EVERY == 0:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    with write(db):
        db.execute(
            "UPDATE contact_list SET state='ready', taken_at=?, row_count=? WHERE id=? AND state='taking'",
            [now(), done, list_id],
        )
    listfile.remove(path)
    return True


def _take_batch(
    db: sqlite3.Connection,
    one: List,
    way: Way,
    found: list[tuple[Row, Any]],
    tally: Tally,
    done: int,
    now: int,
) -> None:
    """Inside a transaction; `_Gone` when the list is no longer being taken (it was deleted), or another process takes it."""
    moved = db.execute(
        "UPDATE contact_list SET rows_done=? WHERE id=? AND state='taking' AND rows_done=?",
        [done + len(found), one.id, done],
    ).rowcount
    if moved != 1:
        raise _Gone
    for left in way.put(db, found, tally, now):
        tally.add(left.outcome)
        leftover.keep(db, one.id, left)
    db.execute("UPDATE contact_list SET counts=? WHERE id=?", [json.dumps(tally.counts), one.id])


class _People:
    """How a list of people is taken."""

    def __init__(self, one: List, rules: Rules, path: Path) -> None:
        self._one, self._rules = one, rules
        self._stopped = said_stop(listfile.people_in(path, one.format), one.meaning, rules.region)
        self._consent = Consent(one.source, one.consented_on)

    def judge(self, row: Row) -> Person | Leftover:
        return judge(row, self._one.meaning, self._rules.region, self._stopped)

    def before(self, db: sqlite3.Connection, found: Sequence[tuple[Row, Any]], now: int) -> None:
        """Nothing: who is in a list can be taken out again."""

    def put(
        self, db: sqlite3.Connection, found: Sequence[tuple[Row, Any]], tally: Tally, now: int
    ) -> Iterator[Leftover]:
        door = Door.of(db, self._one, self._rules, now, numbers_of(each for _, each in found))
        welcome: list[tuple[Row, Person]] = []
        for row, each in found:
            if isinstance(each, Leftover):
                yield each
            elif objection := door.objection(each.number):
                yield Leftover(row, *objection)
            else:
                welcome.append((row, each))
        people = [person for _, person in welcome]
        made = contacts.put_all(db, people, self._consent, now=now, list_id=self._one.id)
        for (row, person), (contact_id, known) in zip(welcome, made, strict=True):
            fresh = db.execute(
                "INSERT OR IGNORE INTO list_member (list_id, contact_id) VALUES (?,?)",
                [self._one.id, contact_id],
            ).rowcount
            if not fresh:
                yield Leftover(row, "twice", TWICE)
                continue
            tally.add("taken")
            if known:
                tally.add("known")
            if person.landline:
                tally.add("landline")


def _say(db: sqlite3.Connection, list_id: int, trouble: str | None) -> None:
    with write(db):
        db.execute(
            "UPDATE contact_list SET trouble=? WHERE id=? AND state='taking' AND trouble IS NOT ?",
            [trouble, list_id, trouble],
        )


def clear(db: sqlite3.Connection, list_id: int, *, wait: Wait, stopped: bool = False) -> bool:
    """Remove the rows of a deleted list, and whoever stood in no other (`stopped` as in `contacts.forget_the_listless`); False when it
    was stopped before the end.
    """
    while True:
        began = time.monotonic()
        with write(db):
            ids = [
                row["contact_id"]
                for row in db.execute(
                    "SELECT contact_id FROM list_member WHERE list_id=? LIMIT ?", [list_id, SMALLEST * 4]
                )
            ]
            db.executemany(
                "DELETE FROM list_member WHERE list_id=? AND contact_id=?", [(list_id, one) for one in ids]
            )
            contacts.forget_the_listless(db, ids, stopped=stopped)
            rows = db.execute(
                "DELETE FROM list_row WHERE list_id=:id AND row IN (SELECT row FROM list_row WHERE list_id=:id LIMIT :most)",
                {"id": list_id, "most": SMALLEST * 4},
            ).rowcount
        if not ids and not rows:
            return True
        if wait(time.monotonic() - began):
            return False


def finish(
    db: sqlite3.Connection, list_id: int, database: Path, rules: Rules, *, now: Callable[[], int]
) -> None:
    """Take all of it here and now, for a command; when the panel is at it already, until it has. Refused with the trouble that stops it."""
    while (one := lists.by_id(db, list_id, brings=None)).state != "ready":
        if not take(db, list_id, database, rules, wait=_sleep, now=now):
            if one.trouble:
                raise Refused(one.trouble)
            time.sleep(LOOK_AGAIN_S)


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def work(database: Path, db: sqlite3.Connection, rules: Rules, *, wait: Wait, now: Callable[[], int]) -> None:
    """Take every list that waits for it and clear every deleted one; returns when nothing is left, or when stopped."""
    _tidy(db, database, now())
    given_up: set[int] = set()
    while not wait(0.0):
        todo = db.execute(
            "SELECT id, state FROM contact_list l WHERE state='taking' OR state='deleted' AND ("
            "EXISTS (SELECT 1 FROM list_member WHERE list_id=l.id) OR EXISTS (SELECT 1 FROM list_row WHERE list_id=l.id)) "
            "ORDER BY state DESC, id"
        ).fetchall()
        row = next((one for one in todo if one["id"] not in given_up), None)
        if row is None:
            listcolumns.count(db)
            return
        if row["state"] == "deleted":
            listfile.remove(listfile.path_of(database, row["id"]))
            clear(db, row["id"], wait=wait)
        elif take(db, row["id"], database, rules, wait=wait, now=now):
            listcolumns.count(db, anew=True)
        else:
            given_up.add(row["id"])


def _tidy(db: sqlite3.Connection, database: Path, now: int) -> None:
    """A file that nobody looked at for a day goes, and one that belongs to no list."""
    stale = now - lists.STAGED_MS
    if db.execute("SELECT 1 FROM contact_list WHERE state='staged' AND created_at<?", [stale]).fetchone():
        with write(db):
            db.execute(
                "UPDATE contact_list SET state='deleted' WHERE state='staged' AND created_at<?", [stale]
            )
    needed = db.execute("SELECT id FROM contact_list WHERE state IN ('staged','taking')")
    listfile.sweep(database, {row["id"] for row in needed}, now=now)
