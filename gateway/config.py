"""The configuration: one TOML file to frozen dataclasses.

Promises: all faults are found at once, each said as `file:line: key: what was found; what is allowed`; a key
that is left out has the default written here; a PIN is in no message and in no repr. Fails with `ConfigError`
and nothing else.
"""

import os
import zoneinfo
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any

from gateway.configcheck import check
from gateway.configfile import BadFile, Lines, parse, read
from gateway.errors import Refused

SYSTEM_WIDE = Path("/etc/textbank/textbank.toml")
HERE = Path("textbank.toml")
VARIABLE = "TEXTBANK_CONFIG"


class ConfigError(Refused):
    """The configuration is refused. `faults` holds one line for each fault; str() is all of them."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Organisation:
    """Who texts. `region`: how numbers without + are read; "" when left out: then every number needs its +.

    `timezone` (IANA) is this machine's own when left out.
    """

    name: str = "Textbank"
    region: str = ""
    timezone: str = "UTC"


@dataclass(frozen=True)
class Database:
    """`path` is absolute; in the file it is relative to that file."""

    path: Path = Path("textbank.db")


@dataclass(frozen=True)
class Panel:
    """Where the page listens. 127.0.0.1 is this machine only, 0.0.0.0 opens it to the local network."""

    host: str = "127.0.0.1"
    port: int = 8080


@dataclass(frozen=True)
class Sending:
    """Rules for every text. Quiet hours are in the recipient's time; equal ends switch them off."""

    undo_seconds: int = 5
    quiet_from: time = time(20, 0)
    quiet_until: time = time(9, 0)
    answers_at_night: bool = False
    delivery_reports: bool = True
    allow_cli_approval: bool = False


@dataclass(frozen=True)
class Backup:
    """A backup every day. `folder` is absolute (None: none by itself); in the file it is relative to that file, and "" is none.

    Beside the database by itself, so that damage by a power cut or a slip never costs more than a day; what helps
    against a card that dies is a folder on a stick.
    """

    folder: Path | None = Path("backups")
    at: time = time(3, 30)
    keep_daily: int = 7
    keep_weekly: int = 4
    keep_monthly: int = 6


@dataclass(frozen=True)
class Privacy:
    """After how many days what is deleted by itself; 0: never. Totals and the approval ledger stay."""

    keep_pdus_days: int = 30
    keep_reports_days: int = 366
    keep_events_days: int = 366
    keep_samples_days: int = 366
    keep_host_events_days: int = 366
    keep_texts_days: int = 0


@dataclass(frozen=True)
class Campaigns:
    """Rules for campaigns. `review`: a second coordinator reads one before it starts."""

    review: bool = False


@dataclass(frozen=True)
class Station:
    """A modem with its SIM. `port` None: found by itself, by its `imei` or else the first that is nobody's.

    Limits count segments, the last people; 0: none. `billing_day`: of each month, on which the SIM's month begins.
    A modem that is found beyond those in the file has these defaults.
    Every so many hours it texts another SIM of ours, and is opened anew; 0: never. `low_credit`: words of the
    operator's text that holds the SIM; "": none.

    gammu_*: how driver "gammu" reaches the phone, in libgammu's words; model "" lets it find out.
    """

    name: str
    port: str | None = None
    driver: str = "at"
    pin: str = field(default="", repr=False)
    per_minute: int = 15
    per_day: int = 200
    per_month: int = 3000
    people_per_month: int = 0
    gammu_connection: str = "at115200"
    gammu_model: str = ""
    self_test_hours: int = 0
    reopen_hours: int = 0
    low_credit: str = ""
    send_while_roaming: bool = True
    imei: str = ""
    billing_day: int = 1


@dataclass(frozen=True)
class Config:
    """Everything the file says, with the defaults for what it leaves out."""

    source: Path
    organisation: Organisation = Organisation()
    database: Database = Database()
    panel: Panel = Panel()
    sending: Sending = Sending()
    backup: Backup = Backup()
    privacy: Privacy = Privacy()
    campaigns: Campaigns = Campaigns()
    stations: tuple[Station, ...] = ()


def find(path: Path | str | None = None) -> Path:
    """The configuration named, else that of $TEXTBANK_CONFIG, else ./textbank.toml, else the system's."""
    named = path or os.environ.get(VARIABLE)
    if named:
        return Path(named)
    for candidate in (HERE, SYSTEM_WIDE):
        try:
            candidate.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except PermissionError:
            if candidate == HERE:
                continue  # somebody's home, into which this user (sudo -u) may not look
        except OSError:
            pass  # it is there; reading it says what is wrong
        return candidate
    raise ConfigError(
        [
            f"No configuration: there is neither ./{HERE} nor {SYSTEM_WIDE}. "
            f"Copy config.example.toml to {HERE} and change it, or name a file with --config."
        ]
    )


def load(path: Path | str | None = None) -> Config:
    """Read the configuration that `find` finds; ConfigError with all its faults."""
    source = find(path)
    try:
        written = read(source)
        document = parse(written)
    except BadFile as bad:
        where = f"{source}:{bad.line}" if bad.line else f"{source}"
        raise ConfigError([f"{where}: {bad}"]) from None
    checked, faults = check(document)
    config = assemble(source, checked)
    if os.path.isdir(config.database.path):  # Path.is_dir() fails where this user may not look
        sentence = "found a folder; allowed is the path of a file, which need not be there yet"
        faults.append((("database", "path"), "database.path", sentence))
    if faults:
        lines = Lines(written)
        placed = sorted((lines.of(where), label, sentence) for where, label, sentence in faults)
        raise ConfigError([f"{source}:{line}: {label}: {sentence}" for line, label, sentence in placed])
    return config


def assemble(source: Path, checked: dict[str, Any]) -> Config:
    """The dataclasses, from values that are known to be good."""
    names = ("organisation", "database", "panel", "sending", "backup", "privacy", "campaigns")
    tables = {name: checked.get(name, {}) for name in names}
    folder = Path(os.path.abspath(source)).parent  # resolve() would follow a link elsewhere
    # A link to it is followed: what lies beside the database (lock, journals) is the same for everybody who opens it.
    database = Path(os.path.realpath(folder / tables["database"].get("path", Database.path)))
    backups: Path | None = database.parent / "backups"
    if "folder" in tables["backup"]:
        named = tables["backup"]["folder"]
        backups = folder / named if named else None
    stations = [station for station in checked.get("stations", ()) if "name" in station]
    return Config(
        source=source,
        organisation=Organisation(**{"timezone": machine_zone(), **tables["organisation"]}),
        database=Database(database),
        panel=Panel(**tables["panel"]),
        sending=Sending(**tables["sending"]),
        backup=Backup(**{**tables["backup"], "folder": backups}),
        privacy=Privacy(**tables["privacy"]),
        campaigns=Campaigns(**tables["campaigns"]),
        stations=tuple(Station(**station) for station in stations),
    )


def machine_zone(localtime: str = "/etc/localtime", named: str = "/etc/timezone") -> str:
    """The zone that this machine's clock is set to; UTC when that cannot be told. `named` is Debian's word for it, which tells it
    where `localtime` is a copy of the zone's file and no link to it.
    """
    _, _, name = os.path.realpath(localtime).partition("/zoneinfo/")
    try:
        name = name or Path(named).read_text(encoding="ascii").strip()
        return zoneinfo.ZoneInfo(name).key if name else "UTC"
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        return "UTC"
