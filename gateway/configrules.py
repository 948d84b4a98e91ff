"""What each key of the configuration may hold, and what a bad value is told.

Every rule gives the value back as Python wants it, or raises `voluptuous.Invalid` with what is allowed;
`found` says what stood there. Neither ever shows a PIN.
"""

import datetime
import ipaddress
import re
import zoneinfo
from collections.abc import Callable
from typing import Any

import voluptuous as v

SHOWN_CHARS = 60
HOST_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
NETWORK_PORT = re.compile(r"(?:socket|rfc2217)://(\[[0-9A-Fa-f:.]+\]|[^\s:/@?#]+):(\d{1,5})/?")

GAMMU_NOKIA = (
    "mbus fbus fbususb fbuspl2303 fbusblue dlr3 fbusdlr3 dku5 fbusdku5 dku5fbus dku2 dku2phonet phonetblue"
)
GAMMU_CABLES = ("at", "dku2at", "ark3116fbus", "none", *GAMMU_NOKIA.split())
GAMMU_CONNECTION = re.compile(
    rf"({'|'.join(GAMMU_CABLES)}|at(9600|19200|38400|57600|115200|230400|460800|921600))(-nodtr)?(-nopower)?"
)

Rule = Callable[[Any], Any]


def found(value: object, *, secret: bool = False) -> str:
    """What stood there, in a few words."""
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "true or false"),
        (int, "a number"),
        (float, "a number with a point"),
        (datetime.datetime, "a date and time"),
        (datetime.date, "a date"),
        (datetime.time, "a time without quotes"),
        (dict, "a table"),
        (list, "a list"),
    )
    if isinstance(value, str):
        if secret:
            return "a text that is not shown here"
        shown = value if len(value) <= SHOWN_CHARS else value[:SHOWN_CHARS] + "…"
        return '"' + "".join(c if c.isprintable() and c != '"' else ascii(c)[1:-1] for c in shown) + '"'
    kind = next((words for type_, words in kinds if isinstance(value, type_)), type(value).__name__)
    if secret or isinstance(value, dict | list) or (isinstance(value, int) and abs(value) > 10**15):
        return kind
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else f"{kind} ({value})"


def text(chars_max: int, allowed: str) -> Rule:
    """A text of one line."""

    def rule(value: Any) -> str:
        if (
            not isinstance(value, str)
            or not value.strip()
            or len(value) > chars_max
            or not value.isprintable()
        ):
            raise v.Invalid(allowed)
        return value.strip()

    return rule


def whole_number(low: int, high: int) -> Rule:
    allowed = f"a whole number from {low} to {high}"

    def rule(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise v.Invalid(allowed)
        return value

    return rule


def yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise v.Invalid("true or false, without quotes")
    return value


def time_of_day(value: Any) -> datetime.time:
    if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise v.Invalid('a time from "00:00" to "23:59", in quotes')
    return datetime.time.fromisoformat(value)


def region(value: Any) -> str:
    # Imported here: phonenumbers is 10 MB, and most commands do not read numbers.
    from phonenumbers import SUPPORTED_REGIONS

    if not isinstance(value, str) or value not in SUPPORTED_REGIONS:
        upper = value.strip().upper() if isinstance(value, str) else ""
        near = f'; did you mean "{upper}"?' if upper in SUPPORTED_REGIONS else ""
        raise v.Invalid(f'the two capital letters of a country, such as "US" or "GB"{near}')
    return value


def time_zone(value: Any) -> str:
    allowed = 'a time zone such as "America/New_York" or "Europe/Berlin"'
    if not isinstance(value, str):
        raise v.Invalid(allowed)
    try:
        zoneinfo.ZoneInfo(value)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        near = nearest(value, zoneinfo.available_timezones())
        raise v.Invalid(f"{allowed}{near}") from None
    return value


def nearest(value: str, known: Any) -> str:
    """A question that names the known word that looks most like this one; nothing when none does."""
    import difflib

    by_lower = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(value.strip().lower().replace(" ", "_"), by_lower, n=1, cutoff=0.75)
    if not close:
        ends = [name for low, name in by_lower.items() if low.endswith("/" + value.lower().replace(" ", "_"))]
        return f'; did you mean "{ends[0]}"?' if ends else ""
    return f'; did you mean "{by_lower[close[0]]}"?'


def host(value: Any) -> str:
    allowed = 'an address of this machine such as "127.0.0.1" (only itself) or "0.0.0.0" (the local network)'
    if not isinstance(value, str) or not 0 < len(value) <= 253:
        raise v.Invalid(allowed)
    try:
        ipaddress.ip_address(value)
    except ValueError:
        looks_numeric = all(label.isdigit() for label in value.split("."))
        if looks_numeric or not all(HOST_LABEL.fullmatch(label) for label in value.split(".")):
            raise v.Invalid(allowed) from None
    return value


def modem_port(value: Any) -> str:
    allowed = (
        'a device such as "/dev/ttyUSB0", "socket://host:port" or "rfc2217://host:port"; '
        "leave the key out to find modems by themselves"
    )
    if not isinstance(value, str) or not value.isprintable() or len(value) > 250:
        raise v.Invalid(allowed)
    network = NETWORK_PORT.fullmatch(value)
    if network and 0 < int(network[2]) <= 65535:
        return value
    if not network and re.fullmatch(r"/[^\s:]+([ :]+[^\s:]+)*", value) and not value.endswith("/"):
        return value
    raise v.Invalid(allowed)


def imei(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([0-9]{15})?", value):
        raise v.Invalid('the 15 digits of a modem\'s IMEI in quotes, or "" for the first modem that is found')
    return value


def driver(value: Any) -> str:
    if value not in ("at", "gammu"):
        raise v.Invalid('"at" for modems that speak AT commands, or "gammu" for phones that do not')
    return str(value)


def gammu_connection(value: Any) -> str:
    allowed = (
        "a connection that gammu knows over a serial port, such as "
        '"at115200", "fbus", "fbusdlr3", "fbusdku5", "mbus", or "none" for its dummy phone'
    )
    if not isinstance(value, str):
        raise v.Invalid(allowed)
    if not GAMMU_CONNECTION.fullmatch(value):
        near = nearest(value, GAMMU_CABLES) if value else ""
        raise v.Invalid(f"{allowed}{near}")
    return value


def gammu_model(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9 ._+-]{0,40}", value):
        raise v.Invalid('a model as gammu calls it, such as "6510" or "dummy"; "" lets it find out')
    return value


def unreachable(station: dict[str, Any]) -> str | None:
    """What is wrong with keys of a station that are good by themselves; None when they fit."""
    port = station.get("port")
    if station.get("driver") != "gammu" or (port is not None and port.startswith("/")):
        return None
    found_port = "no port" if port is None else f"port = {found(port)}"
    return f'found "gammu" with {found_port}; allowed with it is a port on this machine, such as port = "/dev/ttyUSB0"'


def pin(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"([0-9]{4,8})?|ignore", value):
        raise v.Invalid(
            '4 to 8 digits in quotes, "" for a SIM without a PIN, or "ignore" for a modem that asks for one and needs none'
        )
    return value


def words(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 100 or not (value.isprintable() or not value):
        raise v.Invalid(
            'words that the operator\'s text holds, on one line and at most 100 characters, or ""'
        )
    return value.strip()


def station_name(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", value):
        raise v.Invalid(
            "1 to 32 letters without accents, digits, - and _, beginning with a letter or a digit"
        )
    return value


def backup_folder(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 1000 or not (value.isprintable() or not value):
        raise v.Invalid('the path of a folder, such as "backups" or "/media/stick/textbank", or "" for none')
    return value.strip()


def written_out(rule: Rule) -> Rule:
    """A path as it is: only a shell knows what ~ means, and here a folder of that name would be made."""

    def checked(value: Any) -> str:
        path = str(rule(value))
        if path.startswith("~"):
            raise v.Invalid("a path that is written out, without ~, such as /home/pi/textbank")
        return path

    return checked


DAYS = whole_number(0, 36_500)
LIMIT = whole_number(0, 1_000_000)

SECTIONS: dict[str, dict[str, Rule]] = {
    "organisation": {
        "name": text(60, "the group's name on one line, 1 to 60 characters"),
        "region": region,
        "timezone": time_zone,
    },
    "database": {"path": written_out(text(1000, 'the path of a file, such as "textbank.db"'))},
    "panel": {"host": host, "port": whole_number(1, 65535)},
    "sending": {
        "undo_seconds": whole_number(0, 300),
        "quiet_from": time_of_day,
        "quiet_until": time_of_day,
        "answers_at_night": yes_or_no,
        "delivery_reports": yes_or_no,
        "allow_cli_approval": yes_or_no,
    },
    "campaigns": {"review": yes_or_no},
    "backup": {
        "folder": written_out(backup_folder),
        "at": time_of_day,
        "keep_daily": whole_number(1, 1000),
        "keep_weekly": whole_number(0, 1000),
        "keep_monthly": whole_number(0, 1000),
    },
    "privacy": {
        "keep_pdus_days": DAYS,
        "keep_reports_days": DAYS,
        "keep_events_days": DAYS,
        "keep_samples_days": DAYS,
        "keep_host_events_days": DAYS,
        "keep_texts_days": DAYS,
    },
}
STATION: dict[str, Rule] = {
    "name": station_name,
    "port": modem_port,
    "imei": imei,
    "driver": driver,
    "gammu_connection": gammu_connection,
    "gammu_model": gammu_model,
    "pin": pin,
    "per_minute": LIMIT,
    "per_day": LIMIT,
    "per_month": LIMIT,
    "people_per_month": LIMIT,
    "billing_day": whole_number(1, 31),
    "self_test_hours": whole_number(0, 1000),
    "reopen_hours": whole_number(0, 1000),
    "low_credit": words,
    "send_while_roaming": yes_or_no,
}
