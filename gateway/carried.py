"""The journal of acts (`gateway/journal.py`) carried with the backups: who stopped or was erased since is known when the card is lost.

Beside the backups of a database lies a copy of its journal, `textbank-ID.acts`. It is brought up to date with each backup,
and within a minute of each act while the folder can be written (`Carrier`). A restore reads every copy of this database that lies beside
the backup, and the journal beside the database goes on with what they know.

Promises: a copy never loses what it knows, also when an older card's database meets a newer stick; a restore says when somebody
may have stopped without anybody knowing. Fails with OSError where the copy cannot be written.
"""

import contextlib
import hashlib
import json
import logging
import sqlite3
from pathlib import Path
from typing import Literal, cast

from gateway import conversations, journal
from gateway.journal import SUFFIX, Act, Journal

log = logging.getLogger("textbank.carried")

Stops = Literal[
    "known", "until", "unknown"
]  # of all; until a copy was last written; of none since the backup
COPIES = f"textbank-*{SUFFIX}"


def copy(database: Path, folder: Path) -> Path | None:
    """Bring the copy in this folder up to date; None while there is nobody whom it could name."""
    ours = Journal(database).lines()
    keys = _keys(ours)
    if not keys:
        return None
    path = folder / f"textbank-{hashlib.sha256(keys[0].encode()).hexdigest()[:16]}{SUFFIX}"
    theirs = journal.read(path) if path.exists() else []
    both = journal.without_right_pins(journal.merged(theirs, ours))
    if both != theirs:
        journal.replace(path, both, database)
    return path


def take_in(db: sqlite3.Connection, acts: Journal, folder: Path) -> Stops:
    """Let the journal beside the database learn what the copies beside a backup know; `db` is what the backup holds."""
    keys = set(conversations.all_keys(db))
    known = not keys or not keys.isdisjoint(_keys(acts.lines()))
    found = False
    for path in sorted(folder.glob(COPIES)):
        theirs = journal.read(path)
        if not keys.isdisjoint(_keys(theirs)):
            found = True
            known = not acts.learn(theirs) and known  # one that knew less is of an older card
    return "known" if known else "until" if found else "unknown"


def gap(stops: Stops, db: sqlite3.Connection, before: sqlite3.Connection) -> Stops:
    """What is known of this backup's stops (`db`) where the restore that made the database `before` told that some are not: no more, when
    the backup is from before that.
    """
    told, earlier = _restored(db), _restored(before)
    if (
        stops == "known"
        and earlier.get("stops") in ("until", "unknown")
        and told.get("at") != earlier.get("at")
    ):
        return cast(Stops, earlier["stops"])
    return stops


def _restored(db: sqlite3.Connection) -> dict[str, object]:
    with contextlib.suppress(sqlite3.Error, ValueError, TypeError):  # one that is damaged, or none of ours
        return dict(json.loads(db.execute("SELECT value FROM setting WHERE key='restored'").fetchone()[0]))
    return {}


def may_be_of(keys: set[str], saved: Path) -> bool:
    """Whether this backup can be one of the database whose journal has these keys: another group may use the same stick. What one that
    cannot be read is, its check tells.
    """
    try:
        with contextlib.closing(
            sqlite3.connect(f"{saved.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as db:
            db.row_factory = sqlite3.Row
            theirs = conversations.all_keys(db)
    except (sqlite3.Error, ValueError):
        return True
    return not keys or not theirs or not keys.isdisjoint(theirs)


def keys_of(database: Path) -> set[str]:
    """By what keys the journal beside this database knows people; none where the card does not tell."""
    with contextlib.suppress(OSError):
        return set(_keys(Journal(database).lines()))
    return set()


def _keys(lines: list[Act]) -> list[str]:
    return [str(line["key"]) for line in lines if line.get("act") == "number_key" and "key" in line]


class Carrier:
    """Keeps the copy in one folder up to date. One thread asks for `news`; one at a time takes its `turn`."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._acts = Journal(database).path
        self._seen = _stamp(self._acts)
        self._done: tuple[object, object] | None = None  # of the journal and of its copy
        self._copy: Path | None = None
        self._trouble = ""

    def news(self) -> bool:
        """Whether somebody stopped or was erased since this was last asked; costs one look at a name."""
        before, self._seen = self._seen, _stamp(self._acts)
        return self._seen != before

    def turn(self, folder: Path) -> None:
        """Write the copy where it is not up to date, or not there."""
        now = _stamp(self._acts)
        # Of another stick under the same name the copy is another, and may be older.
        there = _stamp(self._copy) if self._copy is not None and self._copy.parent == folder else None
        if there is not None and self._done == (now, there):
            return
        try:
            self._copy = copy(self._database, folder)
        except OSError as error:
            if self._trouble != str(error):
                log.warning("who asked to stop could not be written beside the backups: %s", error)
            self._trouble = str(error)
            return
        self._done, self._trouble = (now, _stamp(self._copy) if self._copy is not None else None), ""


def _stamp(path: Path) -> object:
    with contextlib.suppress(OSError):
        found = path.stat()
        return (found.st_ino, found.st_mtime_ns, found.st_size)
    return None
