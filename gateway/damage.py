"""A damaged database: how it is found, how every part of Textbank knows of it, and which backup could take its place.

Whoever meets the damage notes it in a small file beside the database, `textbank.db.damaged`. While that file is there nothing
is sent, nothing is read from a modem (texts wait on their SIMs) and the page says what happened and which one command a person may
give. A restore removes it; so does the gateway's start when the whole database proves to be good after all.

Promises: nothing is repaired, replaced or deleted here. A file without content and a log without its file are never opened:
SQLite would take them for a new database and delete the log. Fails softly where the folder cannot be written: then this process
alone knows, until it can be or another file is in its place.
"""

import contextlib
import json
import logging
import os
import re
import select
import socket
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway import explain_damage, schema
from gateway.bell import ring
from gateway.config import Config
from gateway.errors import Refused
from gateway.journal import SUFFIX as JOURNAL
from gateway.lock import Hold, is_held
from gateway.notice import Notice
from gateway.rules import DAY_MS
from gateway.store import belong_with, connect, moment, sync_folder, wall_ms

log = logging.getLogger("textbank.damage")

SUFFIX = ".damaged"
LOG = "-wal"
BACKUPS = "textbank-*.db"  # as `textbank backup` names them in a folder: the time follows, so that the last is the newest
GROWING = ("event", "message", "inbound", "ledger", "station_event")  # a later copy has higher ids in these
LOOK_S = 60.0  # between looks for a backup: a stick may be plugged in
GLANCE_S = 1.0
RELEASE_S, RELEASED_S = 0.1, 30.0
DAMAGED_FILE_SYSTEM = sqlite3.SQLITE_IOERR_CORRUPTFS
OTHER = (
    "It was moved away, or another file was put in its place, while Textbank worked with it. To go on with a file that lies "
    "there now, move it elsewhere and restore it from there."
)
File = tuple[int, int] | None  # what tells a file from another under its name; None where there is none
_known_here: dict[Path, tuple["Damage", File]] = {}  # what could not be noted on the disk, and of which file


@dataclass(frozen=True)
class Damage:
    """What was found when (ms), in words, and the newest good backup where one was found. `other`: the file is another one, which
    may be whole: only a restore ends that. `awaited`: the gateway has what is missing, and cannot bring it in yet; a restore would lose it.
    """

    at: int
    evidence: str
    backup: Path | None = None
    other: bool = False
    awaited: bool = False


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says with this that the file is damaged, or none of its own."""
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(error, sqlite3.DatabaseError) or code is None:
        return False
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or code == DAMAGED_FILE_SYSTEM


def said(error: BaseException) -> str:
    """The evidence that such an error is."""
    return f'Reading it failed: "{error}".'


def note_if(database: Path, error: BaseException, *, now: int, ours: File = None) -> bool:
    """Whether this error is damage; then it is noted, and everybody told; but not of a file that another one has replaced (`ours`: `which`
    it was when it was opened).
    """
    if not is_damage(error):
        return False
    if ours is None or which(database) == ours:
        note(database, said(error), now=now)
    return True


def note(
    database: Path,
    evidence: str,
    *,
    now: int,
    backup: Path | None = None,
    other: bool = False,
    awaited: bool = False,
) -> Damage:
    """Let every part of Textbank know. The first evidence stays, but for why it is `awaited`; a backup may be named later."""
    before = seen(database)
    found = before or Damage(now, evidence)
    why = evidence if awaited or found.awaited else found.evidence
    found = Damage(found.at, why, backup or found.backup, other or found.other, awaited)
    unnoted = database in _known_here
    if found == before and not unnoted:
        return found
    if before is None:
        log.error("the database is damaged: %s", evidence)
    line = {
        "at": found.at,
        "evidence": found.evidence,
        "backup": str(found.backup) if found.backup else None,
        "other": found.other,
        "awaited": found.awaited,
    }
    path, part = Path(f"{database}{SUFFIX}"), Path(f"{database}{SUFFIX}.part")
    try:
        part.write_text(json.dumps(line), encoding="utf-8")
        belong_with(part, database)
        os.replace(part, path)
        sync_folder(database.parent)
    except OSError as error:
        if not unnoted:
            log.error("the damage could not be noted in %s: %s", path, error.strerror)  # noqa: TRY400 (no traceback for people)
        _known_here[database] = found, _which_or_none(database)
    else:
        _known_here.pop(database, None)
    ring(database)
    return found


def seen(database: Path) -> Damage | None:
    """What was noted, and not mended since."""
    try:
        content = Path(f"{database}{SUFFIX}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _unnoted(database)
    with contextlib.suppress(ValueError, KeyError, TypeError):
        line = json.loads(content)
        backup = Path(line["backup"]) if line["backup"] else None
        other, awaited = bool(line.get("other")), bool(line.get("awaited"))
        return Damage(int(line["at"]), str(line["evidence"]), backup, other, awaited)
    return Damage(0, "")  # noted, by somebody whose note was cut


def _unnoted(database: Path) -> Damage | None:
    """What this process alone knows, until a restore by another one has put a file in the place of that one."""
    found, of = _known_here.get(database, (None, None))
    if (
        found is not None
        and not found.other
        and of is not None
        and _which_or_none(database) not in (of, None)
    ):
        _known_here.pop(database, None)
        return None
    return found


def _which_or_none(database: Path) -> File:
    with contextlib.suppress(OSError):  # a card that tells nothing of it
        return which(database)
    return None


def which(database: Path) -> File:
    """What tells this file from another under its name; None when there is none."""
    try:
        status = database.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def note_if_other(database: Path, ours: File, *, now: int) -> None:
    """Note it when the file under this name is not the one that was opened: what is written from now on nobody would find again."""
    with contextlib.suppress(OSError):  # a card that tells nothing of it
        if which(database) == ours:
            return
        note(database, OTHER, now=now, other=True)


def mended(database: Path) -> None:
    """The database is whole, or another one is in its place."""
    _known_here.pop(database, None)
    with contextlib.suppress(FileNotFoundError):
        Path(f"{database}{SUFFIX}").unlink()
        sync_folder(database.parent)


def look(database: Path, *, check: str = "") -> str:
    """Evidence of damage in words; "" when none shows. That costs milliseconds; with a `check` all of the database is read.

    `check`: quick_check (every page: a minute for 500 MB on a small machine), integrity_check (indexes against their tables
    too: three times that).
    """
    try:
        size = database.stat().st_size
    except OSError:
        left = [f"{database.name}{suffix}" for suffix in (LOG, JOURNAL) if _there(database, suffix)]
        return f"{database.name} is not there, though {left[0]} is." if left else ""
    if not size:
        return f"{database.name} is empty: 0 bytes."
    try:
        with contextlib.closing(connect(database, query_only=True)) as db:
            if not schema.is_ours(db):
                others = db.execute("SELECT count(*) FROM sqlite_schema WHERE type='table'").fetchone()[0]
                what = "holds the tables of another program" if others else "is a database without any table"
                return f"{database.name} {what}."
            found = str(db.execute(f"PRAGMA {check}(1)").fetchone()[0]) if check else "ok"
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return said(error)
    return "" if found == "ok" else f'Looked through, it showed: "{" ".join(found.split())}".'


def _there(database: Path, suffix: str) -> bool:
    path = Path(f"{database}{suffix}")
    return path.exists() and path.stat().st_size > 0


def is_lost(database: Path) -> bool:
    """Whether it is gone, or without content, though what lies beside it shows that there was one: a backup may take its place, and nothing
    makes a new one unasked.
    """
    return not _there(database, "") and (_there(database, LOG) or _there(database, JOURNAL))


def fit_to_start(database: Path, hold: Hold, *, now: int) -> bool:
    """Whether the gateway may begin; else what was found is noted.

    All of the database is read when the run before was cut off, and compared too when damage was noted.
    """
    from gateway.backup import take_back

    before = seen(database)
    if before is not None and before.other:
        return False
    take_back(database)
    check = "integrity_check" if before is not None else "quick_check" if hold.unclean else ""
    if check and database.exists():
        why = "the last run was cut off" if before is None else "it was found to be damaged"
        log.info("looking through the database (%.0f MB): %s", database.stat().st_size / 1e6, why)
    try:
        evidence = look(database, check=check)
    except sqlite3.OperationalError as error:
        log.warning(
            "the database could not be looked through: %s", error
        )  # a full card: what comes next tells of it
        return True
    if evidence:
        note(database, evidence, now=now)
        return False
    if before is not None:
        log.warning("the database was said to be damaged, and is whole: going on")
        mended(database)
    hold.unclean = False
    return True


def await_restore(database: Path, folders: list[Path], ending: socket.socket) -> None:
    """Say what happened, name a backup, and wait until the damage is mended or `ending` is readable."""
    look_at = 0.0
    while (found := seen(database)) is not None:
        if (
            database in _known_here
        ):  # there may be room now: the panel, and whoever restores, should know of it too
            note(database, found.evidence, now=found.at, other=found.other)
        if found.backup is None and time.monotonic() >= look_at:
            backup = newest_backup(folders, database)
            if seen(database) is None:
                break  # restored while the backups were read
            if look_at == 0.0 or backup is not None:
                log.error("%s", told(database, note(database, found.evidence, now=found.at, backup=backup)))
            look_at = time.monotonic() + LOOK_S
        elif look_at == 0.0:
            log.error("%s", told(database, found))
            look_at = time.monotonic() + LOOK_S
        if select.select([ending], [], [], GLANCE_S)[0]:
            return
    until = time.monotonic() + RELEASED_S
    while (
        is_held(database) and time.monotonic() < until
    ):  # the restore is at its end; else another gateway was faster
        if select.select([ending], [], [], RELEASE_S)[0]:
            return
    log.warning("the database was restored: beginning anew")


def folders(config: Config) -> list[Path]:
    """Where backups may lie: where they are made by themselves, and beside the database."""
    beside = config.database.path.parent
    planned = config.backup.folder
    return [*([planned] if planned is not None else []), beside / "backups", beside]


def newest_backup(folders: Iterable[Path], database: Path) -> Path | None:
    """The newest backup that is whole, and no other group's; each of ours is read through until one is.

    How far each had come counts before its name: the clock may have been ahead when it was made, or stand behind now.
    """
    from gateway.backup import check
    from gateway.carried import keys_of, may_be_of

    latest = f"textbank-{moment(wall_ms() + DAY_MS):%Y%m%dT%H%M%SZ}"
    keys = keys_of(database)
    candidates = [path for folder in dict.fromkeys(folders) for path in _listed(folder)]
    for path in sorted(
        candidates, key=lambda path: (*_came(path), path.name < latest, path.name), reverse=True
    ):
        if not may_be_of(keys, path):
            continue  # not read through: of another group there may be hundreds
        try:
            check(path)
        except Refused as refusal:
            log.warning("%s", refusal)
        else:
            return path
    return None


def _came(path: Path) -> tuple[int, int]:
    """How often a gateway had begun or ended with this backup, and how much had happened in it; nothing of one that cannot be read."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as db:
            runs = db.execute("SELECT value FROM setting WHERE key='runs'").fetchone()
            done = sum(
                db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0] for table in GROWING
            )
            return int(runs[0]) if runs else 0, done
    except (sqlite3.Error, ValueError):
        return 0, 0


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.glob(BACKUPS))
    except OSError:  # a stick that is not plugged in
        return []


def told(database: Path, found: Damage) -> Notice:
    """What people are told, wherever they look."""
    if found.awaited:
        return explain_damage.log_awaited(str(database), found.evidence)
    # Not Path.exists(), which fails where the stick was pulled out
    backup = str(found.backup) if found.backup is not None and os.path.exists(found.backup) else ""
    named = re.match(r"textbank-([0-9]{8}T[0-9]{6})Z", Path(backup).name)
    made = f"{datetime.strptime(named[1], '%Y%m%dT%H%M%S'):%d %B %Y, %H:%M} UTC" if named else ""  # noqa: DTZ007
    return explain_damage.database_damaged(str(database), found.evidence, backup, made, other=found.other)
