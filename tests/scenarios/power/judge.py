"""What must be true of a disk after a cut: the real code opens it, recovers as at a start, and finds every act. A breach is a sentence."""

from __future__ import annotations

import contextlib
import hmac
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from gateway import backup, flight, lostwrites, schema, store, texted
from gateway.errors import Refused
from gateway.journal import Journal
from tests.scenarios.power.acts import Act
from tests.scenarios.power.recording import COPY, DATABASE

GONE = ("uncertain", "sent", "delivered", "undelivered")
KEPT = (*GONE, "approved")


def breaches(folder: Path, files: dict[str, bytes], acts: list[Act], *, restore: bool = False) -> list[str]:
    """What is wrong with this disk, given what was done by then; also after the backup on it is restored, if that is asked for."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    database = folder / DATABASE
    if not database.exists():
        return ["the database is not there"]
    try:
        found = [*_backup(folder / COPY, acts)]
        with contextlib.closing(store.connect(database)) as db:
            schema.migrate(db)
            missed = lostwrites.catch_up(db, database, now=store.wall_ms())
            flight.recover_all(db, now=store.wall_ms())
            damage = [row[0] for row in db.execute("PRAGMA integrity_check(3)")]
            if damage != ["ok"]:
                return [f"the database is damaged: {damage}"]
            if missed.texts:
                found.append(f"{missed.texts} texts were handed over, and the database does not know")
            found += _broken(db, Journal(database), acts)
        if restore and (folder / COPY).exists():
            found += _restored(folder, acts)
        return found
    except sqlite3.DatabaseError as error:
        return [f"the database cannot be used: {error}"]


def _backup(copy: Path, acts: list[Act]) -> Iterator[str]:
    if any(act.what == "backup" for act in acts) and not copy.exists():
        yield "a backup that was said to be made is not there"
    if copy.exists():
        try:
            backup.check(copy)
        except Refused as damaged:
            yield f"what has a backup's name is none: {damaged}"


def _restored(folder: Path, acts: list[Act]) -> Iterator[str]:
    """The database is lost and its backup takes its place: what stands beside it knows who stopped and who was texted since."""
    database = folder / DATABASE
    another_boot = folder.with_name("boot")
    another_boot.write_text("a machine that was switched on again\n")
    with mock.patch.object(texted, "BOOT", another_boot):
        backup.restore(folder / COPY, database, now=store.wall_ms())
    made = next((act.at for act in acts if act.what == "backup"), 0)
    with contextlib.closing(store.connect(database)) as db:
        yield from _broken(db, Journal(database), acts)
        for act in (act for act in acts if act.what == "left" and act.at > made):
            marked = db.execute(
                "SELECT perhaps_texted_at FROM conversation WHERE number=?", [act.whom]
            ).fetchone()
            if marked is None or marked[0] is None:
                yield f"{_name(act)} left since the backup, and a restore does not know"


def _broken(db: sqlite3.Connection, journal: Journal, acts: list[Act]) -> Iterator[str]:
    restored = db.execute("SELECT 1 FROM setting WHERE key='restored'").fetchone() is not None
    erased = {act.whom for act in acts if act.what == "erasing"}
    for act in acts:
        match act.what:
            case "left" if not restored:
                yield from _left(db, act)
            case "left" if (state := _state(db, act)) == "approved":
                yield f"{_name(act)} left, and after the restore it is {state}"
            case "approved" if not restored and (state := _state(db, act)) not in KEPT:
                yield f"{_name(act)} was approved, and is {state}"
            case "deleted" if not restored and act.whom not in erased and not _arrived(db, act):
                yield f"what came from {act.whom or 'the network'} was deleted on the SIM, and is not here"
            case "pin" if not [*journal.acts("pin")]:
                yield "a PIN was entered, and the journal does not know"
            case "pin" if not restored and not db.execute("SELECT 1 FROM pin_attempt").fetchone():
                yield "a PIN was entered, and the database does not know"
            case "erased" if _known(db, act.whom):
                yield "somebody was said to be erased, and is here"
            case "restored" if not restored:
                yield "the backup was said to be restored, and is not"
        if act.what == "left" and "Can you" not in act.words:
            yield from _stopped(db, journal, act)


def _name(act: Act) -> str:
    return f"the text to {act.whom}, segment {act.seq},"


def _row(db: sqlite3.Connection, act: Act) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT m.id, m.state, m.total FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE c.number=? "
        "AND instr(m.text, ?)",
        [act.whom, act.words],
    ).fetchone()
    return row


def _state(db: sqlite3.Connection, act: Act) -> str:
    row = _row(db, act)
    return "nowhere" if row is None else str(row["state"])


def _left(db: sqlite3.Connection, act: Act) -> Iterator[str]:
    row = _row(db, act)
    if row is None:
        yield f"{_name(act)} left, and is nowhere"
    elif row["total"] and row["total"] > 1:
        part = db.execute(
            "SELECT state FROM segment WHERE message_id=? AND seq=?", [row["id"], act.seq]
        ).fetchone()
        if part is None or part["state"] == "pending" or row["state"] not in KEPT:
            yield f"{_name(act)} left, and is {part['state'] if part else 'nowhere'} of a text that is {row['state']}"
    elif row["state"] not in GONE:
        yield f"{_name(act)} left, and is {row['state']}"


def _arrived(db: sqlite3.Connection, act: Act) -> bool:
    return db.execute("SELECT 1 FROM arrival WHERE pdu=?", [act.octets]).fetchone() is not None


def _known(db: sqlite3.Connection, number: str) -> bool:
    return db.execute("SELECT 1 FROM conversation WHERE number=?", [number]).fetchone() is not None


def _stopped(db: sqlite3.Connection, journal: Journal, act: Act) -> Iterator[str]:
    """A confirmation left: the opt-out behind it is in the database, also after a restore, and in the journal."""
    known = db.execute("SELECT value FROM setting WHERE key='number_key'").fetchone()
    key = hmac.digest(bytes.fromhex(known["value"]), act.whom.encode(), "sha256") if known else b""
    if not db.execute("SELECT 1 FROM opt_out WHERE number_key=? AND until_at IS NULL", [key]).fetchone():
        yield f"a stop of {act.whom} was confirmed, and the database does not know"
    if key.hex() not in {line.get("number") for line in journal.acts("opt_out")}:
        yield f"a stop of {act.whom} was confirmed, and the journal does not know"
