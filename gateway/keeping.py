"""Backups that are made by themselves: where to, whether there is room, which old ones go, and what people are told.

The folder lies beside the database, or on a stick or disk of its own. Anywhere else nothing is written: where a
stick is not in, its mount point is an empty folder of the card that the system runs from, which a backup a day would fill.

Promises: a file that is not a backup of this database is never deleted, nor the newest one that is whole; old ones go
only after a new one was read back, or to make room for it. Fails with `Refused`, whose sentence also stands where people look.
"""

import contextlib
import json
import os
import shutil
import sqlite3
import threading
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from gateway import backup, conversations
from gateway.config import Config
from gateway.errors import Refused
from gateway.rotation import Rotation
from gateway.rules import DAY_MS, HOUR_MS
from gateway.store import belong_with, connect, moment, ms, write

SETTING, ASKED = "backup", "backup_asked"
RESERVE_BYTES = 200_000_000  # left free where the database is: a full card stops sending
STICK_RESERVE_BYTES = 10_000_000
STICKS = ("/media", "/mnt", "/run/media")
AGAIN_MS = HOUR_MS
OLD_MS = 2 * DAY_MS


@dataclass(frozen=True)
class Saved:
    """A backup in the folder, as its name tells; made_at in ms."""

    path: Path
    made_at: int
    head: str
    size_bytes: int


@dataclass(frozen=True)
class State:
    """What became of the last backups; `since` is when they began to be due, `trouble` why the last try failed, in words."""

    since: int = 0
    made_at: int | None = None
    file: str = ""
    size_bytes: int = 0
    tried_at: int = 0
    trouble: str = ""
    away: bool = False  # the trouble is that the stick is not in


@dataclass(frozen=True)
class Plan:
    """Where this database's backups go (None: nowhere by themselves) and which are kept."""

    database: Path
    folder: Path | None
    rotation: Rotation

    @property
    def beside(self) -> bool:
        """Whether they lie on the very card that the database is on: they help against damage, not against its loss."""
        return self.folder is not None and _real(self.folder).is_relative_to(_real(self.database.parent))


def plan_of(config: Config) -> Plan:
    """The plan of this configuration."""
    wanted = config.backup
    rotation = Rotation(
        wanted.at, wanted.keep_daily, wanted.keep_weekly, wanted.keep_monthly, config.organisation.timezone
    )
    return Plan(config.database.path, wanted.folder, rotation)


def state(db: sqlite3.Connection) -> State:
    """What is known of the last backups."""
    row = db.execute("SELECT value FROM setting WHERE key=?", [SETTING]).fetchone()
    return State(**json.loads(row["value"])) if row is not None else State()


def ask(db: sqlite3.Connection, *, now: int) -> None:
    """Somebody wants a backup now; the gateway makes it."""
    _set(db, ASKED, str(now))


def asked(db: sqlite3.Connection) -> bool:
    """Whether one was asked for and not yet begun."""
    return db.execute("SELECT 1 FROM setting WHERE key=?", [ASKED]).fetchone() is not None


def listing(folder: Path | None) -> list[Saved]:
    """The backups in the folder, newest first; none where it cannot be read."""
    found = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir() if folder is not None else ():
            named = backup.NAME.fullmatch(path.name)
            if named is not None and path.is_file() and not path.is_symlink():
                made = datetime.strptime(named[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                found.append(Saved(path, ms(made), named[2], path.stat().st_size))
    return sorted(found, key=lambda saved: (saved.made_at, saved.path.name), reverse=True)


def away(plan: Plan) -> str:
    """Why nothing can be written to the folder now, in words; "" when it can."""
    if plan.folder is None or plan.beside:
        return ""
    try:
        place = _real(plan.folder)
        while not place.exists() and place != place.parent:
            place = place.parent
        here = place.stat().st_dev
        if here in (plan.database.parent.stat().st_dev, Path("/").stat().st_dev):
            return (
                f"The stick or disk for {plan.folder} is not in, or not mounted: what is written there now would go to this "
                "machine's own card. Nothing was written. Put it in; the backup follows by itself."
            )
    except PermissionError as error:
        return (
            f"{plan.folder} cannot be reached: {error.strerror} for this user. Nothing was written. A stick that the desktop opened is "
            "of whoever sits there: mount it for the user of Textbank by /etc/fstab (docs/backup.md has the line)."
        )
    except OSError as error:
        return f"{plan.folder} cannot be reached: {error.strerror}. Nothing was written. Put the stick in again, or take another."
    return ""


def on_the_card(database: Path, made: Path) -> str:
    """What to say of a file that somebody meant for a stick, and that lies on the card of the database or of the system; "" otherwise."""
    meant, itself = (any(_real(path).is_relative_to(place) for place in STICKS) for path in (made, database))
    cards = {Path("/").stat().st_dev} | (set() if itself else {database.parent.stat().st_dev})
    if not meant or made.stat().st_dev not in cards:
        return ""
    return f"No stick is mounted at {made.parent}: this lies on the card of the machine, and goes with it. Put the stick in, then make another."


def make(plan: Plan, *, now: int, stop: threading.Event | None = None) -> backup.Made:
    """A backup into the plan's folder, read back; then the old ones go that the rotation does not keep."""
    folder = plan.folder
    if folder is None:
        raise Refused("No folder for backups is set. Nothing was written; set [backup] folder.")
    trouble = away(plan)
    if trouble:
        raise Refused(trouble)
    try:
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
            belong_with(folder, plan.database)
        _drop_parts(folder)
        _make_room(plan, folder, now)
        made = backup.make(plan.database, folder, now=now, stop=stop)
        if trouble := away(plan):  # pulled out meanwhile: what was written went to the card
            made.path.unlink(missing_ok=True)
            raise Refused(trouble)
        _rotate(plan, folder, made.path, now)
    except OSError as error:
        raise Refused(
            f"The backup could not be written to {folder}: {error.strerror}. "
            "See that there is room and that this user may write there, or take another stick."
        ) from error
    return made


def _drop_parts(folder: Path) -> None:
    """What a power cut left of copies that were never whole; the part of a process that lives is its own."""
    for part in folder.glob(backup.PART.format(pid="*")):
        pid = part.name.removeprefix(".textbank-backup-").removesuffix(".part")
        if pid.isdigit() and (int(pid) == os.getpid() or not Path(f"/proc/{pid}").exists()):
            part.unlink(missing_ok=True)


def _make_room(plan: Plan, folder: Path, now: int) -> None:
    """Old backups go, the oldest first, until the new one fits; the newest that is whole stays."""
    log = Path(f"{plan.database}-wal")
    size = plan.database.stat().st_size + (log.stat().st_size if log.exists() else 0)
    same_card = folder.stat().st_dev == plan.database.parent.stat().st_dev
    need = size + (RESERVE_BYTES if same_card else STICK_RESERVE_BYTES)
    if shutil.disk_usage(folder).free >= need:
        return
    known = _own(plan, listing(folder))
    kept = _kept(plan, known, now)
    ahead = [saved for saved in known if saved.made_at > now + DAY_MS]
    good = [
        next((saved for saved in part if _whole(saved.path)), None) for part in (ahead, known[len(ahead) :])
    ]
    spare = [saved for saved in reversed(known) if any(good) and saved not in good]
    spare.sort(key=lambda saved: moment(saved.made_at) in kept)  # first those that would go anyway
    while shutil.disk_usage(folder).free < need and spare:
        spare.pop(0).path.unlink()
    free = shutil.disk_usage(folder).free
    if free < need:
        raise Refused(
            f"There is no room for a backup in {folder}: {free / 1e6:,.0f} MB are free and {need / 1e6:,.0f} MB are needed. "
            "Nothing was written. Free some space, or take a larger stick."
        )


def _rotate(plan: Plan, folder: Path, new: Path, now: int) -> None:
    known = _own(plan, listing(folder))
    kept = _kept(plan, known, now)
    for saved in known:
        if moment(saved.made_at) not in kept and saved.path != new:
            saved.path.unlink()


def _kept(plan: Plan, known: list[Saved], now: int) -> set[datetime]:
    """When those were made that the rotation keeps. One from the future was made by a clock that was wrong, then or now: it takes nobody's
    place, and nobody takes its.
    """
    stamps = {moment(saved.made_at) for saved in known}
    ahead = {at for at in stamps if at > moment(now + DAY_MS)}
    return ahead | plan.rotation.kept(stamps - ahead)


def _own(plan: Plan, found: list[Saved]) -> list[Saved]:
    """Those that are of this database: another group may use the same stick."""
    with contextlib.closing(connect(plan.database, query_only=True)) as db:
        ours = set(conversations.all_keys(db))
    return [saved for saved in found if _key_of(saved.path) in ours]


def _key_of(path: Path) -> str | None:
    """The key of the database that this is a copy of; None when that cannot be told."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as copy:
            row = copy.execute("SELECT value FROM setting WHERE key='number_key'").fetchone()
            return None if row is None else str(row[0])
    except sqlite3.Error:
        return None


def _whole(path: Path) -> bool:
    try:
        backup.check(path)
    except Refused:
        return False
    return True


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _set(db: sqlite3.Connection, key: str, value: str) -> None:
    with write(db):
        db.execute(
            "INSERT INTO setting (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            [key, value],
        )


def turn(plan: Plan, *, now: int, stop: threading.Event | None = None) -> bool:
    """The gateway's minute: make a backup when one is due or was asked for, and keep what came of it. True when there is news."""
    trouble = away(plan)
    with contextlib.closing(connect(plan.database)) as db:
        known, wanted = state(db), asked(db)
        if not 0 < known.since <= now + DAY_MS:
            known = replace(known, since=now)
            _keep(db, known)
        if not wanted and (plan.folder is None or not _due(plan, known, now, trouble)):
            return False
        if wanted:
            with write(db):
                db.execute("DELETE FROM setting WHERE key=?", [ASKED])
        try:
            made = make(plan, now=now, stop=stop)
        except backup.BrokenOff:
            if wanted:
                ask(db, now=now)
            return False
        except Refused as refusal:
            _keep(db, replace(known, tried_at=now, trouble=str(refusal), away=bool(trouble)))
        else:
            _keep(db, State(known.since, now, str(made.path), made.size_bytes, now))
    return True


def _due(plan: Plan, known: State, now: int, trouble: str) -> bool:
    """Whether to try now: not again within an hour of a failure, unless that was a stick that is back, and not for one that is away still."""
    last = known.since if known.made_at is None else known.made_at
    if not plan.rotation.is_due(moment(now), moment(last)) or (trouble and trouble == known.trouble):
        return False
    if 0 <= now - known.tried_at < AGAIN_MS and not (known.away and not trouble):
        return False
    # What lies there counts too: a card that was too full to remember the last one must not make one each minute.
    made = [saved.made_at for saved in _own(plan, listing(plan.folder)) if saved.made_at <= now]
    return plan.rotation.is_due(moment(now), moment(max([last, *made])))


def _keep(db: sqlite3.Connection, known: State) -> None:
    _set(db, SETTING, json.dumps(asdict(known)))


def elsewhere(config: Config, *, now: int) -> list[str]:
    """Where somebody who is erased now stays for a while, in sentences: files that a restore set aside, and backups."""
    path = config.database.path
    told = [
        f"{aside} was set aside by a restore and keeps this person: delete it."
        for aside in sorted(path.parent.glob(f"{path.name}{backup.ASIDE}*"))
    ]
    plan = plan_of(config)
    stamps = [moment(saved.made_at) for saved in listing(plan.folder)]
    others = "Backups elsewhere keep this person until you delete them; restoring one erases again."
    if not stamps:
        return [*told, f"There is no backup in {plan.folder or 'any folder of its own'}. {others}"]
    last = plan.rotation.until(stamps, moment(now))
    when = f"until about {last:%Y-%m-%d}" if last is not None else "for more than ten years"
    kept = f"{len(stamps)} backups in {plan.folder} keep this person {when}, when the last of them is deleted by itself."
    if len(stamps) == 1:
        kept = f"1 backup in {plan.folder} keeps this person {when}, when it is deleted by itself."
    return [*told, f"{kept} {others}"]
