"""Lists: which there are, who stands in them, what was not taken and why. How one is taken is `gateway/taking.py`.

A list is `staged` while its columns are looked at, `taking` while its rows become contacts, `ready` when all of them
are; only a ready one is offered to a campaign. A deleted one is gone from every page at once, and its rows piece by
piece, so that stations are not kept waiting (`taking.clear`).

Promises: nothing is taken without a source and a date of consent. A list that a campaign works with is not deleted.
Fails with `Refused`, in words.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from gateway import listcolumns, listfile
from gateway.columns import Meaning
from gateway.errors import Refused
from gateway.listfile import PEOPLE, Format, Upload
from gateway.people import User
from gateway.policy import may
from gateway.rules import DAY_MS
from gateway.store import moment, write

MOST_NAME = 80
MOST_SOURCE = 200
STAGED_MS = DAY_MS  # a file that nobody looked at any more is not kept
COOL_DOWN_DAYS = 3
MOST_COOL_DOWN = 60
PIECE = 500  # rows in one transaction: stations wait for no more than that
NOBODY = "There is no such list. It may have been deleted; look at the lists again."


@dataclass(frozen=True)
class List:
    """One list as pages and campaigns see it."""

    id: int
    name: str
    state: str
    source: str
    consented_on: str
    cool_down_days: int
    row_count: int
    rows_done: int
    people: int  # who stands in it
    counts: dict[str, int]
    trouble: str
    created_at: int
    taken_at: int | None
    format: Format
    meaning: Meaning


_BRINGS = "coalesce(json_extract(l.format, '$.brings'), 'people')=?"
_COLUMNS = "*, (SELECT count(*) FROM list_member m WHERE m.list_id=l.id) AS people"


def _list(row: sqlite3.Row) -> List:
    how = {"kind": "none", "encoding": "", **json.loads(row["format"])}
    how["columns"] = tuple(how.get("columns", ()))
    return List(
        row["id"],
        row["name"],
        row["state"],
        row["source"],
        row["consented_on"] or "",
        row["cool_down_days"],
        row["row_count"],
        row["rows_done"],
        row["people"],
        json.loads(row["counts"]),
        row["trouble"] or "",
        row["created_at"],
        row["taken_at"],
        Format(**how),
        Meaning(**json.loads(row["mapping"])),
    )


def all_of(db: sqlite3.Connection, *, brings: str = PEOPLE, limit: int = -1) -> list[List]:
    """Every list that is not deleted, the newest first; or every file of opt-outs."""
    return [
        _list(row)
        for row in db.execute(
            f"SELECT {_COLUMNS} FROM contact_list l WHERE state<>'deleted' AND {_BRINGS} ORDER BY id DESC LIMIT ?",
            [brings, limit],
        )
    ]


def ready(db: sqlite3.Connection) -> list[List]:
    """The lists that a campaign may use."""
    return [one for one in all_of(db) if one.state == "ready"]


def by_id(db: sqlite3.Connection, list_id: int, *, brings: str | None = PEOPLE) -> List:
    """One list; Refused when there is none, or it was deleted, or it brings something else (`brings` None: whatever it brings)."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM contact_list l WHERE id=? AND state<>'deleted' AND {_BRINGS if brings else '? IS NULL'}",
        [list_id, brings],
    ).fetchone()
    if row is None:
        raise Refused(NOBODY)
    return _list(row)


def members(
    db: sqlite3.Connection, list_id: int, *, after: int = 0, limit: int = -1
) -> Iterator[sqlite3.Row]:
    """Whoever stands in a list: rows of `contact` with number, opted_out_at, in the order of their ids, from `after` on."""
    return iter(
        db.execute(
            "SELECT c.*, v.number, v.opted_out_at FROM list_member m JOIN contact c ON c.id=m.contact_id "
            "JOIN conversation v ON v.id=c.conversation_id WHERE m.list_id=? AND m.contact_id>? ORDER BY m.contact_id LIMIT ?",
            [list_id, after, limit],
        )
    )


def placeholders(db: sqlite3.Connection, list_id: int) -> list[str]:
    """The names that a script for this list may put between braces."""
    return ["first_name", "last_name", *by_id(db, list_id).meaning.kept]


def not_taken(db: sqlite3.Connection, list_id: int, *, limit: int = -1) -> Iterator[sqlite3.Row]:
    """The rows that were not taken: row, outcome, reason, cells (JSON), as the file has them."""
    return iter(
        db.execute(
            "SELECT row, outcome, reason, cells FROM list_row WHERE list_id=? ORDER BY row LIMIT ?",
            [list_id, limit],
        )
    )


def households(db: sqlite3.Connection, list_id: int) -> int:
    """How many numbers of a list belong to several of its people."""
    row = db.execute(
        "SELECT count(*) FROM (SELECT 1 FROM list_member m JOIN contact c ON c.id=m.contact_id WHERE m.list_id=? "
        "GROUP BY c.conversation_id HAVING count(*)>1)",
        [list_id],
    ).fetchone()
    return int(row[0])


def same_file(db: sqlite3.Connection, one: List) -> List | None:
    """An older list that was made from the very same file."""
    row = db.execute(
        f"SELECT {_COLUMNS} FROM contact_list l WHERE state<>'deleted' AND id<>:id AND source<>'opt-outs' "
        "AND file_digest=(SELECT file_digest FROM contact_list WHERE id=:id) ORDER BY id DESC LIMIT 1",
        {"id": one.id},
    ).fetchone()
    return _list(row) if row else None


def stage(
    db: sqlite3.Connection, upload: Upload, *, name: str, region: str, database: Path, by: User, now: int
) -> int:
    """Make a list of a file that came in, with our guess at its columns; returns its id. The file goes when it is refused."""
    try:
        _leads(by)
        how = listfile.guess(upload, region)
        rows = listfile.count(upload.path, how)
        with write(db):
            cursor = db.execute(
                "INSERT INTO contact_list (name, state, file_digest, format, mapping, row_count, by_id, created_at) "
                "VALUES (?,'staged',?,?,?,?,?,?)",
                [
                    clean_name(name) or f"List of {moment(now):%d %B}",
                    upload.digest,
                    json.dumps(asdict(how)),
                    json.dumps(asdict(listfile.meaning_of(upload.path, how))),
                    rows,
                    by.id,
                    now,
                ],
            )
            list_id = int(cursor.lastrowid or 0)
            upload.path.replace(listfile.path_of(database, list_id))
    finally:
        listfile.remove(upload.path)
    return list_id


def clean_name(name: str) -> str:
    """The name as it is kept."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MOST_NAME]


def reread(
    db: sqlite3.Connection, list_id: int, how: Format, meaning: Meaning, *, rows: int, by: User
) -> None:
    """Another encoding, header or meaning of the columns, as a coordinator chose."""
    _leads(by)
    with write(db):
        _staged(
            db,
            list_id,
            "format=?, mapping=?, row_count=?",
            [json.dumps(asdict(how)), json.dumps(asdict(meaning)), rows],
        )


def begin(
    db: sqlite3.Connection,
    list_id: int,
    *,
    name: str,
    source: str,
    consented_on: str,
    cool_down_days: int,
    by: User,
    now: int,
) -> None:
    """Let it be taken from now on; Refused without a source and a date of consent, or without a column of numbers."""
    _leads(by)
    source, name = " ".join(source.split())[:MOST_SOURCE], clean_name(name)
    if len(source) < 3:
        raise Refused(
            "Say how these people agreed to be texted, for example “sign-up sheet at the street fair”."
        )
    if not name:
        raise Refused("Give the list a name, so that you find it again.")
    if not 0 <= cool_down_days <= MOST_COOL_DOWN:
        raise Refused(f"The days of rest are a number from 0 to {MOST_COOL_DOWN}.")
    on = consent_day(consented_on, now)
    if "number" not in by_id(db, list_id).meaning.fields:
        raise Refused("Choose the column that holds the telephone numbers.")
    with write(db):
        _staged(
            db,
            list_id,
            "state='taking', name=?, source=?, consented_on=?, cool_down_days=?",
            [name, source, on, cool_down_days],
        )


def consent_day(said: str, now: int) -> str:
    """The day of consent as ISO date; Refused when it is none, or lies ahead."""
    try:
        day = date.fromisoformat(said.strip())
    except ValueError:
        raise Refused(
            "Say since when these people may be texted: the day of the sheet, the form or the meeting."
        ) from None
    if day > moment(now + DAY_MS).date():  # today in any zone
        raise Refused("The day on which they agreed lies ahead. Look at the year.")
    if day.year < 1990:
        raise Refused("The day on which they agreed is too long ago. Look at the year.")
    return day.isoformat()


def delete(db: sqlite3.Connection, list_id: int, *, by: User, brings: str = PEOPLE) -> str:
    """Take a list off every page now; returns its name. Its rows go piece by piece (`taking.clear`)."""
    _leads(by)
    with write(db):
        one = by_id(db, list_id, brings=brings)
        used = db.execute(
            "SELECT name FROM campaign WHERE list_id=? AND state<>'closed' ORDER BY id DESC", [list_id]
        ).fetchone()
        if used is not None:
            raise Refused(
                f"The campaign “{used['name']}” works with this list. Nothing was deleted. Close the campaign first, or give it another list."
            )
        db.execute("UPDATE contact_list SET state='deleted', file_digest=NULL WHERE id=?", [list_id])
    return one.name


def _staged(db: sqlite3.Connection, list_id: int, assignments: str, values: list[object]) -> None:
    changed = db.execute(
        f"UPDATE contact_list SET {assignments} WHERE id=? AND state='staged'", [*values, list_id]
    ).rowcount
    if changed != 1:
        by_id(db, list_id)
        raise Refused(
            "This list is being taken already, or was taken by somebody else. Nothing was changed; look at it again in a minute."
        )


def _leads(by: User) -> None:
    if not may(by.role, "draft"):
        raise Refused("Only a coordinator brings lists. Nothing was changed; ask one.")


def from_campaign(
    db: sqlite3.Connection, campaign_id: int, chosen: Sequence[int], *, name: str, by: User, now: int
) -> int:
    """A ready list of these contacts of a campaign, with the consent and the columns of its list; returns its id. Refused when
    there is nobody.
    """
    _leads(by)
    campaign = db.execute(
        "SELECT c.name, l.source, l.consented_on FROM campaign c LEFT JOIN contact_list l ON l.id=c.list_id WHERE c.id=?",
        [campaign_id],
    ).fetchone()
    if campaign is None:
        raise Refused("There is no such campaign.")
    if not chosen:
        raise Refused("Nobody answered so, or all of them asked to stop. No list was made.")
    with write(db):
        cursor = db.execute(
            "INSERT INTO contact_list (name, state, source, consented_on, row_count, rows_done, counts, by_id, created_at) "
            "VALUES (?,'staged',?,?,?,?,?,?,?)",
            [
                clean_name(name) or f"From {campaign['name']}",
                campaign["source"] or f"They were texted in {campaign['name']}",
                campaign["consented_on"] or moment(now).date().isoformat(),
                len(chosen),
                len(chosen),
                json.dumps({"taken": len(chosen)}),
                by.id,
                now,
            ],
        )
        list_id = int(cursor.lastrowid or 0)
    try:
        for at in range(0, len(chosen), PIECE):
            with write(db):
                db.executemany(
                    "INSERT OR IGNORE INTO list_member (list_id, contact_id) SELECT ?, id FROM contact WHERE id=?",
                    [(list_id, contact_id) for contact_id in chosen[at : at + PIECE]],
                )
        with write(db):
            kept = _kept_columns(db, campaign_id)
            _staged(
                db,
                list_id,
                "state='ready', taken_at=?, mapping=?",
                [now, json.dumps({"fields": {}, "kept": kept})],
            )
    except sqlite3.Error:
        with suppress(sqlite3.Error), write(db):  # half of it is no list, and its page would speak of a file
            db.execute("UPDATE contact_list SET state='deleted' WHERE id=?", [list_id])
        raise
    listcolumns.count(db)
    return list_id


def _kept_columns(db: sqlite3.Connection, campaign_id: int) -> dict[str, int]:
    """The columns of the campaign's list: scripts for the new one may use them too."""
    row = db.execute(
        "SELECT l.mapping FROM campaign c JOIN contact_list l ON l.id=c.list_id WHERE c.id=?", [campaign_id]
    ).fetchone()
    return json.loads(row["mapping"]).get("kept", {}) if row else {}
