"""Connections to the database and the one way to write to it.

Promises: every write runs in `write(db)`, which takes the write lock at once (`BEGIN IMMEDIATE`), so that a
read inside it can be trusted until the commit; a commit outside `relaxed` is on the disk when it returns (WAL
with `synchronous=FULL`). One connection belongs to one thread or request.

Fails with `sqlite3.OperationalError`: "database is locked" after 30 s, "database or disk is full", "attempt
to write a readonly database"; with `sqlite3.DatabaseError` instead of opening a file whose log alone is left, or one with the log of another.
"""

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

LOCK_TIMEOUT_S = 30.0
PAGE_BYTES = 1024  # measured for the life of SD cards; cannot change once the database is in WAL mode
# How a stick or a share says to chown that it knows no owners, or not ours: FAT, a squashed root; NFSv4 without the name; FUSE
NO_OWNERS = {errno.EPERM, errno.EACCES, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
CHECKPOINT_PAGES = (
    4000  # 4 MB of log: a page that changes often reaches the database file once, not each time
)

WAL_AT = 18  # the octet of a database file that says whether it has a log (2) or none (1)
_opened: set[tuple[int, int]] = set()  # by this process: device and inode
_opening = threading.Lock()

STATEMENTS = 1024  # kept prepared: more than there are; of the usual 128 many are prepared again each minute


class Connection(sqlite3.Connection):
    """A connection that remembers what is to be done once its transaction is committed."""

    afterwards: list[Callable[[], None]]


def connect(
    path: str | Path, *, timeout_s: float = LOCK_TIMEOUT_S, query_only: bool = False
) -> sqlite3.Connection:
    """Open the database with the settings that every promise here rests on."""
    if log_without_file(path):
        raise _damage(f"it has no content, and its log {path}-wal is here")
    _refuse_log_of_another(path)
    if not query_only:
        # Numbers and texts are for this user alone; the log files beside it inherit its rights. Only a new file is opened
        # here: closing any descriptor of a database drops the locks of every connection in this process (POSIX), which
        # corrupts it. SQLite itself says what is wrong with the path.
        with suppress(OSError):
            new = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            _opened.add(_which(os.fstat(new)))
            os.close(new)
            belong_with(Path(path), Path(path).parent)
    db = sqlite3.connect(
        path, timeout=timeout_s, isolation_level=None, factory=Connection, cached_statements=STATEMENTS
    )
    try:
        _set_up(db, query_only=query_only)
    except BaseException:
        db.close()
        raise
    return db


def _set_up(db: Connection, *, query_only: bool) -> None:
    db.afterwards = []
    db.row_factory = sqlite3.Row
    db.execute(f"PRAGMA page_size={PAGE_BYTES}")
    if not query_only:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA secure_delete=ON")
        db.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
    db.execute("PRAGMA foreign_keys=ON")
    if query_only:
        db.execute("PRAGMA query_only=ON")


def _refuse_log_of_another(path: str | Path) -> None:
    """Once for each file in a process, before it is opened there."""
    with suppress(OSError), _opening:  # SQLite itself says what is wrong with the path
        if (which := _which(os.stat(path))) not in _opened:
            if log_of_another(path):
                raise _damage(
                    f"{path}-wal is the log of another file. To go on with this one, move it elsewhere and restore it from there"
                )
            _opened.add(which)


def _which(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _damage(found: str) -> sqlite3.DatabaseError:
    damage = sqlite3.DatabaseError(found)
    damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return damage


def log_of_another(path: str | Path) -> bool:
    """Whether a log lies beside a file that has none, as a backup that was copied over the database of a run that was cut off: SQLite would
    bring the one into the other. Only before this process opens the file, for closing it drops SQLite's locks.
    """
    if not _octets(f"{path}-wal"):
        return False
    with suppress(OSError), open(path, "rb") as file:
        return file.read(WAL_AT + 1)[WAL_AT:] == b"\x01"
    return False


def log_without_file(path: str | Path) -> bool:
    """Whether the database is missing or empty and its log is here: SQLite would take it for a new one, and delete the log."""
    return not _octets(path) and bool(_octets(f"{path}-wal"))


def _octets(path: str | Path) -> int:
    with suppress(OSError):
        return os.stat(path).st_size
    return 0


@contextmanager
def write(db: sqlite3.Connection) -> Iterator[None]:
    """One transaction, holding the write lock from its first statement; inside another one it is part of that one."""
    if db.in_transaction:
        yield
        return
    db.execute("BEGIN IMMEDIATE")
    afterwards = db.afterwards if isinstance(db, Connection) else []
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        afterwards.clear()
        with suppress(sqlite3.OperationalError):  # a failed COMMIT may have ended the transaction already
            db.execute("ROLLBACK")
        raise
    while afterwards:
        afterwards.pop(0)()


def once_committed(db: sqlite3.Connection, act: Callable[[], None]) -> None:
    """Do this when the transaction that is open now has been committed, and not at all when it is rolled back."""
    assert isinstance(db, Connection)
    assert db.in_transaction
    db.afterwards.append(act)


@contextmanager
def relaxed(db: sqlite3.Connection) -> Iterator[None]:
    """Commits inside survive a kill but reach the disk only with the next full commit: for what a power cut may safely forget.

    What a statement of many rows would need to take itself back stays in memory, which is a third of what the disk is given then.
    """
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("PRAGMA temp_store=MEMORY")
    try:
        yield
    finally:
        db.execute("PRAGMA temp_store=DEFAULT")
        db.execute("PRAGMA synchronous=FULL")


def ms(moment: datetime) -> int:
    """An aware datetime as the integer milliseconds that the database keeps."""
    return int(moment.timestamp() * 1000)


def moment(at: int) -> datetime:
    """The database's milliseconds as an aware UTC datetime."""
    return datetime.fromtimestamp(at / 1000, UTC)


def rfc3339(at: int | None) -> str | None:
    """The database's milliseconds as the interface's `2026-11-24T11:30:00Z`."""
    return None if at is None else moment(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def wall_ms() -> int:
    """This moment, for callers outside the pure rules and the stations (which have a Clock)."""
    return time.time_ns() // 1_000_000


def belong_with(path: Path, other: Path) -> None:
    """What root made beside somebody's database is theirs, as SQLite does it for its own files: else the gateway stops. Where the
    database is lost, or not there yet, it is whose the folder is.
    """
    if os.geteuid() == 0:
        owner = (other if other.exists() else other.parent).stat()
        try:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
        except OSError as error:
            if error.errno not in NO_OWNERS:
                raise


def sync(database: Path) -> None:
    """Bring commits made under `relaxed` to the disk now."""
    fd = os.open(f"{database}-wal", os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_folder(folder: Path) -> None:
    """Bring the names in this folder to the disk: a file that was made or renamed there is there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
