"""Backups: a whole copy of the database while everything goes on, and the way back.

    make      copy through SQLite's own backup, open the copy and check all of it, then give it its name
    restore   check the backup, bring a copy of it to this program's schema, say on every row what nobody can know any more
              (`gateway/restoring.py`), then put it in the place of the database, which is set aside and never deleted

Promises: a file under a backup's name is whole and was checked, or it is not there; a restore is complete or has not
happened, whenever it is interrupted; what was on its way when the backup was made is never sent again by itself.
Fails with `Refused`: the file is no backup, is damaged, is of a newer Textbank; somebody else has the database open.
"""

import contextlib
import errno
import json
import os
import re
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway import carried, damage, explain, ledger, lock, restoring, room, runs, schema, texted, unanswered
from gateway.errors import Refused
from gateway.given import begin_again, count_on
from gateway.journal import Journal
from gateway.store import belong_with, connect, log_of_another, moment, sync_folder

STEP_PAGES = 128  # an eighth of a megabyte at a time: a station's commit waits for the disk at most so long
STEP_PAUSE_S = 0.01
FLUSH_STEPS = 8
NAME = re.compile(r"textbank-([0-9]{8}T[0-9]{6}Z)-([0-9a-f]{16}|empty)\.db")
PART = ".textbank-backup-{pid}.part"
UNFINISHED = ".{name}.restoring"  # a restore's copy, until it has its name
ASIDE = ".before-restore-"  # behind the name of a database that was set aside; the time follows


class BrokenOff(Refused):
    """The gateway ends, so a backup was not finished."""


@dataclass(frozen=True)
class Made:
    """A backup: where it is, how large, and the head of the approval ledger in it."""

    path: Path
    size_bytes: int
    head: str


@dataclass(frozen=True)
class Restored:
    """What came of a restore: the numbers of texts whose fate a person has to look at."""

    made_from: Path
    set_aside: Path | None
    counts: restoring.Counts


def make(database: Path, target: Path, *, now: int, stop: threading.Event | None = None) -> Made:
    """Back `database` up to `target`: a new file, or a folder, which then gets a name with the time and the ledger's head."""
    if not database.exists():
        raise Refused(f"There is no database at {database}, so there is nothing to back up.")
    folder = target if target.is_dir() else target.parent
    if target.exists() and not target.is_dir():
        raise Refused(f"{target} is there already. Nothing was written; name a new file, or a folder.")
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}. Nothing was written; make it, or put the USB stick in.")
    part = folder / PART.format(pid=os.getpid())
    try:
        texts = texted.position(
            database
        )  # before the copy: whoever is texted meanwhile counts as texted since
        _copy(database, part, stop=stop)
        _label(part, texts, now)
        head = _checked(part, database, now, stop)
        path = target
        if target.is_dir():
            path = target / f"textbank-{moment(now).strftime('%Y%m%dT%H%M%SZ')}-{head}.db"
        if path.exists():
            raise Refused(f"A backup with this name is in {folder} already. Nothing was written.")
        belong_with(part, database)  # the gateway has to rotate it
        carried.copy(database, folder)  # before it has its name: no backup lies there without it
        os.rename(part, path)  # a link, which never replaces, is more than a USB stick's file system can
        sync_folder(folder)
        return Made(path, path.stat().st_size, head)
    except (OSError, sqlite3.Error) as error:
        if damage.is_damage(error):
            _say_if_damaged(database, now)
        if why := room.read_only(
            database.parent
        ):  # nothing can be copied from there, whatever stick is taken
            raise Refused(str(explain.read_only(str(database.parent), why))) from error
        raise Refused(
            f"The backup could not be written to {folder}: {_said(error)}. Nothing is there under a backup's name. "
            f"{_what_to_do(error, folder)}, or take another stick."
        ) from error
    finally:
        # A medium that can only be read says so even where there is nothing.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _said(error: OSError | sqlite3.Error) -> str:
    """In the system's words, with the file of ours that it is about."""
    if not isinstance(error, OSError):
        return str(error)
    named = str(error.filename or "")
    return f"{error.strerror} ({named})" if os.path.isfile(named) else str(error.strerror)


def _what_to_do(error: OSError | sqlite3.Error, folder: Path) -> str:
    """The next step of somebody whose copy could not be written to this folder."""
    if room.is_full(error):
        return f"Free some space in {folder}"
    if "locked" in str(error):
        return "End the other program that has the database open"
    code = error.errno if isinstance(error, OSError) else errno.EIO
    if code == errno.EROFS:
        return f"The system mounts a medium for reading only after an error: see that {folder} can be written again"
    if code == errno.EIO:
        return f"See that {folder} is still there and takes a file so large (FAT takes 4 GB)"
    return "See that this user may write there, and may read and write what is there"


def _copy(source: Path, part: Path, *, stop: threading.Event | None = None) -> None:
    """One file with everything committed at one moment, on the disk, for this user alone.

    It goes in small steps with pauses, and each is brought to the disk by itself: one long flush at the end would hold up
    the stations' own. The moment is held by a transaction that reads: else every commit meanwhile would begin the copy anew.
    """
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def breathe(_status: int, remaining: int, total: int) -> None:
        if stop is not None and stop.is_set():
            raise BrokenOff(
                "The backup was broken off, for Textbank is ending. The next one comes by itself."
            )
        if (total - remaining) // STEP_PAGES % FLUSH_STEPS == 0:
            os.fdatasync(descriptor)

    try:
        with (
            contextlib.closing(connect(source, query_only=True)) as live,
            contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy,
        ):
            # Nobody reads a part: until it is whole and has its name it needs neither a log nor flushes of its own.
            copy.execute(
                "PRAGMA locking_mode=EXCLUSIVE"
            )  # a log in shared memory is more than some file systems can
            copy.execute("PRAGMA journal_mode=OFF")
            copy.execute("PRAGMA synchronous=OFF")
            copy.execute("PRAGMA cache_size=-1024")
            live.execute("BEGIN")
            live.execute("SELECT 1 FROM sqlite_schema").fetchone()
            live.backup(copy, pages=STEP_PAGES, sleep=STEP_PAUSE_S, progress=breathe)
            live.execute("ROLLBACK")
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checked(part: Path, database: Path, now: int, stop: threading.Event | None) -> str:
    """The head of the copy's ledger. When the copy is damaged, the database may be: it is looked at, and everybody told."""
    try:
        return check(part, stop=stop)
    except Refused:
        if stop is None or not stop.is_set():
            _say_if_damaged(database, now)
        raise


def _say_if_damaged(database: Path, now: int) -> None:
    """Refused, and everybody told, when it is the database that is damaged and not its copy."""
    if evidence := damage.look(database, check="integrity_check"):
        raise Refused(str(damage.told(database, damage.note(database, evidence, now=now)))) from None


def _label(part: Path, texts: tuple[str, int] | None, now: int) -> None:
    """Write into the copy when it was made, and how far the journal of texts was: a restore asks who was texted since."""
    journal, last = texts or ("", 0)
    with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as copy:
        copy.execute("PRAGMA synchronous=FULL")
        copy.execute(
            "INSERT OR REPLACE INTO setting (key, value) VALUES (?,?)",
            [restoring.BACKED_UP, json.dumps({"at": now, "journal": journal, "last": last})],
        )


def check(backup: Path, *, stop: threading.Event | None = None) -> str:
    """Open a backup and read all of it; the head of its ledger. Refused when it is damaged, newer or none of ours, or not the
    one that its name says.
    """
    if not os.path.isfile(backup):  # Path.is_file() fails where the stick was pulled out
        raise Refused(
            f"There is no file {backup} that this user could read. Nothing was changed; `textbank backup --list` names the backups."
        )
    try:
        with contextlib.closing(
            sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as db:
            db.row_factory = sqlite3.Row
            if stop is not None:
                db.set_progress_handler(stop.is_set, 100_000)
            found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            version = schema.version(db)
            if found == "ok" and version and not schema.is_ours(db):
                version = 0
            head = ledger.head(db) if found == "ok" and version else ""
    except sqlite3.Error as error:
        if stop is not None and stop.is_set():
            raise BrokenOff("The backup was broken off, for Textbank is ending.") from error
        raise Refused(
            f"{backup} cannot be read as a backup: {error}. Nothing was changed; take another."
        ) from error
    if found != "ok":
        raise Refused(f"{backup} is damaged ({found}). Nothing was changed; take another backup.")
    if not version:
        raise Refused(
            f"{backup} is no backup of Textbank. Nothing was changed; `textbank backup --list` names the backups."
        )
    if version > schema.VERSION:
        raise Refused(
            f"{backup} was made by a newer Textbank (schema {version}, this one knows {schema.VERSION}). "
            "Nothing was changed. Install the newer version first."
        )
    named = NAME.fullmatch(backup.name)
    if named is not None and named[2] != head:
        raise Refused(
            f"{backup} is not what its name says: its approval ledger ends in {head}. Nothing was changed; take another backup."
        )
    return head


def restore(backup: Path, database: Path, *, now: int) -> Restored:
    """Put the backup in the place of the database; the gateway and the panel must be stopped."""
    check(backup)
    if database.exists() and os.path.samefile(backup, database):
        raise Refused(f"{backup} is the database itself. Nothing was changed; name a backup of it.")
    with _stopped(database) as hold, _alone(database) as before:
        new = database.with_name(UNFINISHED.format(name=database.name))
        handed_at, placed = texted.newest(database, now=now), False
        try:
            _copy(backup, new)
            with contextlib.closing(connect(new)) as db:
                schema.migrate(db)
                acts = Journal(database)
                stops = carried.take_in(db, acts, backup.parent)
                if before is not None:
                    stops = carried.gap(stops, db, before)
                counts = restoring.begin_again(db, acts, made=check(backup), now=now, stops=stops)
                runs.keep(db, hold.runs)
                begin_again(db, hold.runs)
                if before is not None:
                    restoring.keep_spent(db, before, handed_at, now=now)
                    count_on(db, before)
                elif _has_content(database):
                    with contextlib.closing(_as_it_is(database)) as damaged:
                        restoring.keep_spent(db, damaged, handed_at, now=now)
                else:
                    unanswered.keep_owed(db, {unanswered.ANY_SIM: handed_at})
                db.execute("PRAGMA journal_mode=DELETE")
            belong_with(new, database)
            aside = _set_aside(database, now, whole=before is not None)
            # A log of the old one that a power cut brought back would be read into the new one.
            sync_folder(database.parent)
            os.replace(new, database)
            placed = True
            sync_folder(database.parent)
            damage.mended(database)
            with contextlib.suppress(OSError):  # else the next start asks about a few texts once more
                texted.told(database)
        except (OSError, sqlite3.Error) as error:
            if placed:
                raise Refused(
                    f"The backup is in place, and the disk may forget that: {_said(error)}. The database from before is {aside or 'not there'}. "
                    f"{_what_to_do(error, database.parent)}, then look with `textbank doctor` before you start Textbank."
                ) from error
            raise Refused(
                f"The backup could not be put in place: {_said(error)}. The database is as it was. "
                f"{_what_to_do(error, database.parent)}, then try again."
            ) from error
        finally:
            new.unlink(missing_ok=True)
            take_back(database)
    return Restored(backup, aside, counts)


@contextlib.contextmanager
def _alone(database: Path) -> Iterator[sqlite3.Connection | None]:
    """The database with its log in it and nobody else, until another file is in its place; None where it has no content or is damaged, and
    stays as it is, to the byte.

    An idle panel has no connection, and makes one with the next tap. It waits for this one; who waited until the file was
    replaced is refused by SQLite ("readonly": the file moved), for without its log it must be written to before anything else.
    """
    take_back(database)
    left = damage.seen(database) is not None or not _has_content(database) or log_of_another(database)
    db = None if left else _folded(database)
    try:
        yield db
    finally:
        if db is not None:
            db.close()


def _as_it_is(database: Path) -> sqlite3.Connection:
    """A damaged database, for what can be read of it; an empty one where it cannot even be opened."""
    try:
        return sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return sqlite3.connect(":memory:")


@contextlib.contextmanager
def _stopped(database: Path) -> Iterator[lock.Hold]:
    """The gateway's lock; Refused in a restorer's words when it runs."""
    try:
        with lock.gateway(database) as hold:
            yield hold
    except lock.Held as held:
        raise Refused(
            f"Textbank runs on {database} (process {held.holder}). Nothing was changed. "
            "Stop it (Ctrl-C, or its two services), then restore again."
        ) from None


def _has_content(database: Path) -> bool:
    """SQLite takes a file without content for a new database, and deletes the log beside it."""
    return database.exists() and database.stat().st_size > 0


def _set_aside(database: Path, now: int, *, whole: bool) -> Path | None:
    """Give the present database a second name beside the first; None when there is none. A log that is not brought into it, or whose file
    is gone, is set aside too.
    """
    stamp = moment(now).strftime("%Y%m%dT%H%M%SZ")
    aside = database.with_name(f"{database.name}{ASIDE}{stamp}")
    kept: Path | None = None
    if database.exists():
        try:
            os.link(database, aside)
        except FileExistsError:
            raise Refused(f"{aside} is there already. Nothing was changed; try again in a second.") from None
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
            raise Refused(
                f"{database} cannot be set aside: its file system gives no file a second name (FAT, exFAT, a shared folder). Nothing was "
                f"changed. Copy {database.parent} to a disk of this machine, set [database] path to it, and restore there."
            ) from error
        kept = aside
    for suffix in ("-wal", "-shm", "-journal"):
        log, other = Path(f"{database}{suffix}"), Path(f"{aside}{suffix}")
        if not whole and log.exists():  # a log that is not of the new database must not be found beside it
            log.rename(other)
            kept = kept or other
    return kept


def take_back(database: Path) -> None:
    """After a restore that ended in its middle: its copy goes, for it has people who are erased later. When it ended between setting the log
    aside and putting another file in the place of this one, the log is this one's again: without it the file is an older state of itself,
    and may be whole to every check. Call it with the lock held.
    """
    for suffix in ("", "-wal", "-shm", "-journal"):
        database.with_name(UNFINISHED.format(name=database.name) + suffix).unlink(missing_ok=True)
    for aside in database.parent.glob(f"{database.name}{ASIDE}*Z"):
        if database.exists() and os.path.samefile(aside, database):
            for suffix in ("-wal", "-shm", "-journal"):
                if Path(f"{aside}{suffix}").exists():
                    os.rename(f"{aside}{suffix}", f"{database}{suffix}")
            aside.unlink()
            sync_folder(database.parent)


def _folded(database: Path) -> sqlite3.Connection | None:
    """Bring the log into the file, which SQLite does only for somebody who is alone with it, and stay alone; None when it is damaged."""
    try:
        db = sqlite3.connect(database, timeout=2.0, isolation_level=None)
    except sqlite3.OperationalError:
        return None
    damaged = False
    try:
        db.execute("PRAGMA journal_mode=DELETE")
        db.execute("BEGIN EXCLUSIVE")
        if db.execute("PRAGMA journal_mode").fetchone()[0] == "delete":
            return db
    except sqlite3.DatabaseError as error:
        damaged = not isinstance(error, sqlite3.OperationalError) or "locked" not in str(error)
    db.close()
    if damaged:
        return None
    raise Refused(
        "Another program has the database open, most likely the panel. Nothing was changed. "
        "Stop Textbank (Ctrl-C, or its two services), then restore again."
    )
