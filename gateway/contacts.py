"""Contacts: the people of the lists. Several may share one number (a household), and so one conversation.

The same number and the same folded name are one person, in whatever list they stand; a row without a name is whoever is
known at that number. What a newer list says of somebody replaces what an older one said, and what it does not say stays.

Promises: whoever opted out is never made a contact by a list. Every write is part of the caller's transaction.
"""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from gateway import conversations, numbers, visible
from gateway.errors import Refused
from gateway.letters import split
from gateway.store import write

MOST_FOUND = 50


@dataclass(frozen=True)
class Person:
    """One row of a list as it was understood. `number` is E.164; `fields` are the list's other columns by placeholder."""

    number: str
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    zone: str | None = None
    landline: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    parted: bool = field(default=False, compare=False)  # the names were one cell: where it was cut is a guess

    @property
    def whole_name(self) -> str:
        """Both names, or what there is."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Consent:
    """Why somebody may be texted: in the coordinator's words, and since when (ISO date)."""

    source: str
    on: str


def name_key(name: str) -> str:
    """The name as it is compared: "Ortega, Luis" is "luis ORTEGA"."""
    if name.isascii() and name.replace(" ", "").isalnum():
        return " ".join(sorted(name.lower().split()))
    return " ".join(sorted(split(name)[0]))


def put_all(
    db: sqlite3.Connection,
    people: Sequence[Person],
    consent: Consent,
    *,
    now: int,
    list_id: int | None = None,
) -> list[tuple[int, bool]]:
    """The contacts for these people, made or brought up to date; of each (its id, True when it was known). `list_id`: of which they
    are to be, for its first row with a person writes their name.
    """
    ids = conversations.ensure_all(
        db, [(person.number, person.whole_name, person.zone) for person in people], now=now
    )
    rows = db.execute(
        "SELECT conversation_id, id, EXISTS (SELECT 1 FROM list_member m WHERE m.list_id=? AND m.contact_id=contact.id) AS listed "
        "FROM contact WHERE conversation_id IN (SELECT value FROM json_each(?))",
        [list_id, json.dumps(list(ids.values()))],
    ).fetchall()
    peopled = {row["conversation_id"] for row in rows}
    _zones_of_the_gone(db, people, ids, peopled)
    named = {row["id"] for row in rows if row["listed"]}
    made = []
    for person in people:
        conversation_id = ids[person.number]
        alone = conversation_id not in peopled
        made.append(_put(db, conversation_id, person, consent, now, alone=alone, named=named))
        peopled.add(conversation_id)
        named.add(made[-1][0])
    return made


def _zones_of_the_gone(
    db: sqlite3.Connection, people: Sequence[Person], ids: Mapping[str, int], peopled: Collection[int]
) -> None:
    """Whoever had this number and its zone is in no list any more, and the list says nothing of the zone: the night of both counts."""
    mute = {ids[person.number]: person.number for person in people if person.zone is None}
    rows = db.execute(
        "SELECT id, zone FROM conversation WHERE id IN (SELECT value FROM json_each(?)) AND zone IS NOT NULL",
        [json.dumps(list(mute.keys() - peopled))],
    ).fetchall()
    for row in rows:
        zones = dict.fromkeys([*row["zone"].split(), *numbers.zones_for(mute[row["id"]])])
        db.execute("UPDATE conversation SET zone=? WHERE id=?", [" ".join(zones), row["id"]])


def _put(
    db: sqlite3.Connection,
    conversation_id: int,
    person: Person,
    consent: Consent,
    now: int,
    *,
    alone: bool,
    named: Collection[int],
) -> tuple[int, bool]:
    """`alone`: nobody is known at this number yet. `named`: whose names this list has written already."""
    key = name_key(person.whole_name)
    known = None if alone else _same(db, conversation_id, key)
    if known is not None:
        renames = not known["name_key"] or (known["id"] not in named and _writes_better(person, known))
        _bring_up_to_date(db, known, person, key, consent, renames=renames)
        _set_zones(db, conversation_id, person.number)
        return int(known["id"]), True
    if (
        not alone and person.zone is None
    ):  # whose it was lives elsewhere perhaps: the number's own zones are stricter
        db.execute("UPDATE conversation SET zone=NULL WHERE id=? AND zone IS NOT NULL", [conversation_id])
    cursor = db.execute(
        "INSERT INTO contact (conversation_id, first_name, last_name, name_key, language, zone, landline, fields, source, "
        "consented_on, created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        [
            conversation_id,
            person.first_name,
            person.last_name,
            key,
            person.language,
            person.zone,
            _is_landline(db, conversation_id, person),
            json.dumps(dict(person.fields), ensure_ascii=False),
            consent.source,
            consent.on,
            now,
        ],
    )
    if person.zone is not None or not alone:
        _set_zones(db, conversation_id, person.number)
    return int(cursor.lastrowid or 0), False


def _is_landline(db: sqlite3.Connection, conversation_id: int, person: Person) -> bool:
    """Without its 9 a mobile of Argentina reads as a landline: then the form tells that is known here."""
    if not person.landline or numbers.other_form(person.number) is None:
        return person.landline
    known = db.execute("SELECT number FROM conversation WHERE id=?", [conversation_id]).fetchone()
    return numbers.is_landline(known["number"])


def _set_zones(db: sqlite3.Connection, conversation_id: int, number: str) -> None:
    """Where the clock at this number may stand: in the zone of each who has it, or had it in an older list; of somebody whose zone no
    list names, in the number's own.
    """
    people = db.execute(
        "SELECT zone FROM contact WHERE conversation_id=? ORDER BY id DESC", [conversation_id]
    ).fetchall()
    if any(person["zone"] for person in people):
        theirs = ([person["zone"]] if person["zone"] else numbers.zones_for(number) for person in people)
        zones = " ".join(dict.fromkeys(zone for each in theirs for zone in each))
        db.execute(
            "UPDATE conversation SET zone=? WHERE id=? AND zone IS NOT ?", [zones, conversation_id, zones]
        )


def _same(db: sqlite3.Connection, conversation_id: int, key: str) -> sqlite3.Row | None:
    """The same person at this number; without a name, whoever is there."""
    here: list[sqlite3.Row] = db.execute(
        "SELECT * FROM contact WHERE conversation_id=? ORDER BY id", [conversation_id]
    ).fetchall()
    named = next((row for row in here if row["name_key"] == key), None)
    if named is None and here and not key:
        return here[0]
    return named or next((row for row in here if not row["name_key"]), None)


def _writes_better(person: Person, known: sqlite3.Row) -> bool:
    """Whether the same name in other letters, or the other way round, is a correction: it has not lost capitals or accents on its way,
    nor stands whole in one cell, where nobody but a guess knows where the first name ends.
    """
    new, old = person.whole_name, f"{known['first_name']} {known['last_name']}"
    lost_capitals = (new.isupper() or new.islower()) and not (old.isupper() or old.islower())
    in_one = person.parted or (
        known["first_name"] and known["last_name"] and not (person.first_name and person.last_name)
    )
    return bool(new) and not (in_one or lost_capitals or (new.isascii() and not old.isascii()))


def _bring_up_to_date(
    db: sqlite3.Connection,
    known: sqlite3.Row,
    person: Person,
    key: str,
    consent: Consent,
    *,
    renames: bool,
) -> None:
    fields = {
        **json.loads(known["fields"]),
        **{name: value for name, value in person.fields.items() if value},
    }
    newer = consent.on >= (known["consented_on"] or "")
    db.execute(
        "UPDATE contact SET first_name=?, last_name=?, name_key=?, language=?, zone=?, landline=?, fields=?, source=?, "
        "consented_on=? WHERE id=?",
        [
            person.first_name if renames else known["first_name"],
            person.last_name if renames else known["last_name"],
            key if renames else known["name_key"],
            person.language or known["language"],
            person.zone or known["zone"],
            person.landline and known["landline"],
            json.dumps(fields, ensure_ascii=False),
            consent.source if newer else known["source"],
            consent.on if newer else known["consented_on"],
            known["id"],
        ],
    )
    if renames and known["name_key"]:  # pages call them as they are written now
        was = visible.clean_name(f"{known['first_name']} {known['last_name']}")
        db.execute(
            "UPDATE conversation SET name=:name WHERE id=:id AND name=:was AND name<>:name",
            {"id": known["conversation_id"], "was": was, "name": visible.clean_name(person.whole_name)},
        )


def merge_values(row: Mapping[str, object] | sqlite3.Row) -> dict[str, str]:
    """What a script can put between braces for this contact: first_name, last_name, language and each column of its lists.

    `row` is a row of `contact` (also one of `lists.members`). A value that is empty stands as "".
    """
    fields: dict[str, str] = json.loads(str(row["fields"]))
    ours = {name: str(row[name] or "") for name in ("first_name", "last_name", "language")}
    return {**fields, **ours}


def by_id(db: sqlite3.Connection, contact_id: int) -> sqlite3.Row:
    """One contact with its number, opt-out and what was told of the number ("wrong_number", "moved"); Refused when there is none."""
    row: sqlite3.Row | None = db.execute(
        "SELECT c.*, v.number, v.opted_out_at, v.last_in_at, v.closed_at, v.holder_id, "
        "(SELECT a.value FROM target t JOIN answer a ON a.target_id=t.id AND a.field='contact' AND a.undone_at IS NULL "
        "WHERE t.conversation_id=c.conversation_id ORDER BY a.id DESC LIMIT 1) AS told FROM contact c "
        "JOIN conversation v ON v.id=c.conversation_id WHERE c.id=?",
        [contact_id],
    ).fetchone()
    if row is None:
        raise Refused(
            "There is no such person in the lists. They may have been erased, or their list deleted."
        )
    return row


def household(db: sqlite3.Connection, conversation_id: int) -> list[sqlite3.Row]:
    """Everybody at one number, in the order in which they came."""
    return db.execute(
        "SELECT * FROM contact WHERE conversation_id=? ORDER BY id", [conversation_id]
    ).fetchall()


def lists_of(db: sqlite3.Connection, contact_id: int) -> list[sqlite3.Row]:
    """The lists in which somebody stands, the newest first."""
    return db.execute(
        "SELECT l.id, l.name, l.source, l.consented_on FROM list_member m JOIN contact_list l ON l.id=m.list_id "
        "WHERE m.contact_id=? AND l.state='ready' ORDER BY l.id DESC",
        [contact_id],
    ).fetchall()


def search(db: sqlite3.Connection, words: str, *, most: int = MOST_FOUND) -> list[sqlite3.Row]:
    """Whoever has all these words in their name, or these digits (three and more) in their number; the newest first."""
    digits = "".join(c for c in words if c.isdecimal() and c.isascii())
    parts = split(words)[0]
    if len(digits) >= 3 and not any(part.isalpha() for part in parts):
        where, values = "v.number LIKE ?", [f"%{digits}%"]
    else:
        where = " AND ".join("c.name_key LIKE ?" for _ in parts) or "1"
        values = [f"%{part}%" for part in parts]
    return db.execute(
        "SELECT c.*, v.number, v.opted_out_at FROM contact c JOIN conversation v ON v.id=c.conversation_id "
        f"WHERE {where} ORDER BY c.id DESC LIMIT ?",
        [*values, most],
    ).fetchall()


def forget_the_listless(db: sqlite3.Connection, contact_ids: list[int], *, stopped: bool = False) -> int:
    """Delete those of these contacts who are in no list and no campaign any more, and their number when nothing was ever
    said there; with `stopped` also the number of who opted out, of which the digest stays. Returns how many.
    """
    marks = ",".join("?" * len(contact_ids))
    with write(db):
        gone = db.execute(
            f"SELECT id, conversation_id FROM contact c WHERE id IN ({marks}) "
            "AND NOT EXISTS (SELECT 1 FROM list_member WHERE contact_id=c.id) AND NOT EXISTS (SELECT 1 FROM target WHERE contact_id=c.id)",
            contact_ids,
        ).fetchall()
        waiting = {  # texts of a file that become drafts just now
            row["conversation_id"]
            for row in db.execute(
                "SELECT conversation_id FROM staged_draft WHERE conversation_id IN (SELECT value FROM json_each(?))",
                [json.dumps([row["conversation_id"] for row in gone])],
            )
        }
        for row in gone:
            db.execute("DELETE FROM contact WHERE id=?", [row["id"]])
            if row["conversation_id"] in waiting:
                continue
            conversations.remember_gone(db, row["conversation_id"])
            db.execute(
                "DELETE FROM conversation WHERE id=:id AND (opted_out_at IS NULL OR :stopped) AND holder_id IS NULL AND last_in_at IS NULL "
                + "".join(
                    f"AND NOT EXISTS (SELECT 1 FROM {table} WHERE conversation_id=:id) "
                    for table in ("contact", "target", "message", "inbound", "sim_person", "note", "tag")
                ),
                {"id": row["conversation_id"], "stopped": stopped},
            )
    return len(gone)
