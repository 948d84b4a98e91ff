"""How many people of a list have each placeholder, for the checks of a script: counted once, when the list was taken, for it
reads every person's fields. Fails with sqlite3.Error; a list that was not counted is read each time.
"""

import json
import sqlite3

from gateway.merge import name_of
from gateway.store import write


def of(db: sqlite3.Connection, list_id: int) -> tuple[int, dict[str, int]]:
    """How many people stand in a list, and how many of them have each placeholder (their names included).

    The second is counted once, when the list was taken (`count`): it reads every person's fields.
    """
    row = db.execute(
        "SELECT columns, (SELECT count(*) FROM list_member WHERE list_id=l.id) AS people FROM contact_list l WHERE id=?",
        [list_id],
    ).fetchone()
    kept = _read(db, list_id) if row["columns"] is None else json.loads(row["columns"])
    return row["people"], {name: min(n, row["people"]) for name, n in kept.items()}


def _read(db: sqlite3.Connection, list_id: int) -> dict[str, int]:
    names = db.execute(
        "SELECT coalesce(sum(c.first_name<>''), 0) AS first_name, coalesce(sum(c.last_name<>''), 0) AS last_name, "
        "coalesce(sum(c.first_name<>'' OR c.last_name<>''), 0) AS name "
        "FROM list_member m JOIN contact c ON c.id=m.contact_id WHERE m.list_id=?",
        [list_id],
    ).fetchone()
    fields = db.execute(
        "SELECT f.key AS name, sum(f.value<>'') AS n FROM list_member m JOIN contact c ON c.id=m.contact_id, json_each(c.fields) f "
        "WHERE m.list_id=? GROUP BY f.key",
        [list_id],
    )
    return {**dict(names), **{name_of(row["name"]): row["n"] for row in fields}}


def count(db: sqlite3.Connection, *, anew: bool = False) -> None:
    """Count the columns of every ready list that has none counted; of all of them `anew`, for a newer list changes what is known
    of people in older ones. Read without the write lock.
    """
    where = "state='ready'" if anew else "state='ready' AND columns IS NULL"
    for row in db.execute(f"SELECT id FROM contact_list WHERE {where}").fetchall():
        counted = json.dumps(_read(db, row["id"]))
        with write(db):
            db.execute("UPDATE contact_list SET columns=? WHERE id=?", [counted, row["id"]])
