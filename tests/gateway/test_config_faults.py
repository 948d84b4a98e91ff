"""Every bad configuration and what it is told, word for word: one row a fault."""
# ruff: noqa: E501 - a row is one line

from pathlib import Path

import pytest

from gateway.config import ConfigError, load
from gateway.configfile import MAX_BYTES

ZONE = 'a time zone such as "America/New_York" or "Europe/Berlin"'

TIME = 'a time from "00:00" to "23:59", in quotes'
REGION = 'the two capital letters of a country, such as "US" or "GB"'
HOST = 'an address of this machine such as "127.0.0.1" (only itself) or "0.0.0.0" (the local network)'
PORT = (
    'a device such as "/dev/ttyUSB0", "socket://host:port" or "rfc2217://host:port"; '
    "leave the key out to find modems by themselves"
)
OUT = "a path that is written out, without ~, such as /home/pi/textbank"
NAME = "1 to 32 letters without accents, digits, - and _, beginning with a letter or a digit"
PIN = '4 to 8 digits in quotes, "" for a SIM without a PIN, or "ignore" for a modem that asks for one and needs none'
DRIVER = '"at" for modems that speak AT commands, or "gammu" for phones that do not'
LOCAL = 'allowed with it is a port on this machine, such as port = "/dev/ttyUSB0"'
CABLE = 'a connection that gammu knows over a serial port, such as "at115200", "fbus", "fbusdlr3", "fbusdku5", "mbus", or "none" for its dummy phone'
MODEL = 'a model as gammu calls it, such as "6510" or "dummy"; "" lets it find out'
STATION_KEYS = (
    "name, port, imei, driver, gammu_connection, gammu_model, pin, per_minute, per_day, per_month, people_per_month, billing_day, "
    "self_test_hours, reopen_hours, low_credit and send_while_roaming"
)

# What stands in the file; each fault, in order.
FAULTS = [
    # tables and keys
    ("colour = 1", ['1: colour: found the unknown key "colour"; allowed are organisation, database, panel, sending, campaigns, backup, privacy and stations']),
    ("[sendng]", ['1: sendng: found the unknown key "sendng"; allowed are organisation, database, panel, sending, campaigns, backup, privacy and stations; did you mean "sending"?']),
    ("[panel]\nprot = 80", ['2: panel.prot: found the unknown key "prot"; allowed are host and port; did you mean "port"?']),
    ("[panel]\nundo_seconds = 3", ['2: panel.undo_seconds: found the unknown key "undo_seconds"; allowed are host and port; did you mean "undo_seconds" under sending?']),
    ('[panel]\n"a\\nb" = 3', ['2: panel."a\\nb": found the unknown key "a\\nb"; allowed are host and port']),
    ("panel = 3", ["1: panel: found 3; allowed is a table with host and port"]),
    ("[[panel]]\nport = 3", ["1: panel: found a list; allowed is a table with host and port"]),
    ('[stations]\nname = "north"', ["1: stations: found a table; allowed is [[stations]] in double brackets, once for each modem"]),
    ('stations = ["north"]', [f'1: stations[1]: found "north"; allowed is a table with {STATION_KEYS}']),
    ("panel.port = 0", ["1: panel.port: found 0; allowed is a whole number from 1 to 65535"]),
    # organisation
    ('[organisation]\nname = " "', ['2: organisation.name: found " "; allowed is the group\'s name on one line, 1 to 60 characters']),
    ('[organisation]\nname = "a\\u0000b"', ['2: organisation.name: found "a\\x00b"; allowed is the group\'s name on one line, 1 to 60 characters']),
    ('[organisation]\nregion = "us"', [f'2: organisation.region: found "us"; allowed is {REGION}; did you mean "US"?']),
    ('[organisation]\nregion = "USA"', [f'2: organisation.region: found "USA"; allowed is {REGION}']),
    ("[organisation]\nregion = 1", [f"2: organisation.region: found 1; allowed is {REGION}"]),
    ('[organisation]\ntimezone = "New York"', [f'2: organisation.timezone: found "New York"; allowed is {ZONE}; did you mean "America/New_York"?']),
    ('[organisation]\ntimezone = "America"', [f'2: organisation.timezone: found "America"; allowed is {ZONE}']),
    ('[organisation]\ntimezone = "../../etc/passwd"', [f'2: organisation.timezone: found "../../etc/passwd"; allowed is {ZONE}']),
    ('[organisation]\ntimezone = ""', [f'2: organisation.timezone: found ""; allowed is {ZONE}']),
    ("[organisation]\ntimezone = 5", [f"2: organisation.timezone: found 5; allowed is {ZONE}"]),
    # database
    ('[database]\npath = ""', ['2: database.path: found ""; allowed is the path of a file, such as "textbank.db"']),
    ('[database]\npath = "."', ["2: database.path: found a folder; allowed is the path of a file, which need not be there yet"]),
    ('[database]\npath = "a\\u0000"', ['2: database.path: found "a\\x00"; allowed is the path of a file, such as "textbank.db"']),
    # panel
    ('[panel]\nhost = "999.1.1.1"', [f'2: panel.host: found "999.1.1.1"; allowed is {HOST}']),
    ('[panel]\nhost = "http://pi"', [f'2: panel.host: found "http://pi"; allowed is {HOST}']),
    ("[panel]\nport = 65536", ["2: panel.port: found 65536; allowed is a whole number from 1 to 65535"]),
    ("[panel]\nport = true", ["2: panel.port: found true; allowed is a whole number from 1 to 65535"]),
    ('[panel]\nport = "80"', ['2: panel.port: found "80"; allowed is a whole number from 1 to 65535']),
    ("[panel]\nport = 80.0", ["2: panel.port: found 80.0; allowed is a whole number from 1 to 65535"]),
    ("[panel]\nport = nan", ["2: panel.port: found nan; allowed is a whole number from 1 to 65535"]),
    (f"[panel]\nport = 0x{'f' * 5000}", ["2: panel.port: found a number; allowed is a whole number from 1 to 65535"]),
    ("[panel]\nport = {}", ["2: panel.port: found a table; allowed is a whole number from 1 to 65535"]),
    # sending
    ("[sending]\nundo_seconds = 301", ["2: sending.undo_seconds: found 301; allowed is a whole number from 0 to 300"]),
    ("[sending]\nundo_seconds = 2.5", ["2: sending.undo_seconds: found 2.5; allowed is a whole number from 0 to 300"]),
    ('[sending]\nquiet_from = "24:00"', [f'2: sending.quiet_from: found "24:00"; allowed is {TIME}']),
    ('[sending]\nquiet_from = "9:00"', [f'2: sending.quiet_from: found "9:00"; allowed is {TIME}']),
    ("[sending]\nquiet_until = 09:00:00", [f"2: sending.quiet_until: found a time without quotes (09:00:00); allowed is {TIME}"]),
    ("[sending]\nquiet_until = 2026-11-24", [f"2: sending.quiet_until: found a date (2026-11-24); allowed is {TIME}"]),
    ('[sending]\ndelivery_reports = "yes"', ['2: sending.delivery_reports: found "yes"; allowed is true or false, without quotes']),
    ("[sending]\nallow_cli_approval = 1", ["2: sending.allow_cli_approval: found 1; allowed is true or false, without quotes"]),
    # stations
    ("[[stations]]", [f"1: stations[1].name: found no name; allowed is {NAME}"]),
    ('[[stations]]\nname = "é"', [f'2: stations[1].name: found "é"; allowed is {NAME}']),
    ('[[stations]]\nname = "a"\n[[stations]]\nname = "A"', ['4: stations[2].name: found "A", as in stations[1]; allowed is one that no other station has']),
    (
        '[[stations]]\nname = "a"\nport = "/dev/x"\n[[stations]]\nname = "b"\nport = "/dev/x"',
        ['6: stations[2].port: found "/dev/x", as in stations[1]; allowed is one that no other station has'],
    ),
    ('[[stations]]\nname = "a"\nport = ""', [f'3: stations[1].port: found ""; allowed is {PORT}']),
    ('[[stations]]\nname = "a"\nport = "COM3"', [f'3: stations[1].port: found "COM3"; allowed is {PORT}']),
    ('[[stations]]\nname = "a"\nport = "socket://pi"', [f'3: stations[1].port: found "socket://pi"; allowed is {PORT}']),
    ('[[stations]]\nname = "a"\nport = "socket://pi:70000"', [f'3: stations[1].port: found "socket://pi:70000"; allowed is {PORT}']),
    ('[[stations]]\nname = "a"\ndriver = "AT"', [f'3: stations[1].driver: found "AT"; allowed is {DRIVER}']),
    ('[[stations]]\nname = "a"\ndriver = "gammu"', [f'3: stations[1].driver: found "gammu" with no port; {LOCAL}']),
    (
        '[[stations]]\nname = "a"\nport = "socket://pi:2000"\ndriver = "gammu"',
        [f'4: stations[1].driver: found "gammu" with port = "socket://pi:2000"; {LOCAL}'],
    ),
    ('[[stations]]\nname = "a"\nport = "COM3"\ndriver = "gammu"', [f'3: stations[1].port: found "COM3"; allowed is {PORT}']),
    ('[[stations]]\nname = "a"\ngammu_connection = "fbusdlr"', [f'3: stations[1].gammu_connection: found "fbusdlr"; allowed is {CABLE}; did you mean "fbusdlr3"?']),
    ('[[stations]]\nname = "a"\ngammu_connection = "bluerfat"', [f'3: stations[1].gammu_connection: found "bluerfat"; allowed is {CABLE}']),
    ('[[stations]]\nname = "a"\ngammu_connection = 7', [f"3: stations[1].gammu_connection: found 7; allowed is {CABLE}"]),
    ('[[stations]]\nname = "a"\ngammu_model = "6510\\n"', [f'3: stations[1].gammu_model: found "6510\\n"; allowed is {MODEL}']),
    ('[[stations]]\nname = "a"\npin = 1234', [f"3: stations[1].pin: found a number; allowed is {PIN}"]),
    ('[[stations]]\nname = "a"\npin = "123"', [f"3: stations[1].pin: found a text that is not shown here; allowed is {PIN}"]),
    ('[[stations]]\nname = "a"\npin = "١٢٣٤"', [f"3: stations[1].pin: found a text that is not shown here; allowed is {PIN}"]),
    ('[[stations]]\nname = "a"\nper_day = -1', ["3: stations[1].per_day: found -1; allowed is a whole number from 0 to 1000000"]),
    ('[database]\npath = "~/textbank.db"', [f'2: database.path: found "~/textbank.db"; allowed is {OUT}']),
    ('[backup]\nfolder = "~/backups"', [f'2: backup.folder: found "~/backups"; allowed is {OUT}']),
    # not TOML
    ('[organisation]\nname = "Elm’s" x # don’t', ['2: found no valid TOML at column 16 (Expected newline or end of document after a statement); allowed are lines such as key = "value"']),
    ("[panel]\nhost = “::”", ["2: found no valid TOML at column 8 (Invalid value; in this line is '“', which a word processor or a web page put there: type it anew); allowed are lines such as key = \"value\""]),
    ("[panel]\nport 80", ["2: found no valid TOML at column 6 (Expected '=' after a key in a key/value pair); allowed are lines such as key = \"value\""]),
    ('name = "unfinished', ["1: found no valid TOML at the end of the file (Unterminated string); allowed are lines such as key = \"value\""]),
    ("a = 1\na = 2", ["2: found no valid TOML at the end of the file (Cannot overwrite a value); allowed are lines such as key = \"value\""]),
]  # fmt: skip


def faults(folder: Path, written: str | bytes) -> list[str]:
    """Each fault without the folder."""
    path = folder / "textbank.toml"
    path.write_bytes(written if isinstance(written, bytes) else written.encode())
    with pytest.raises(ConfigError) as caught:
        load(path)
    return [fault.removeprefix(f"{folder}/") for fault in caught.value.faults]


@pytest.mark.parametrize(("written", "told"), FAULTS, ids=[repr(row[0])[:60] for row in FAULTS])
def test_a_fault_is_told_with_its_line(tmp_path: Path, written: str, told: list[str]) -> None:
    assert faults(tmp_path, written) == [f"textbank.toml:{fault}" for fault in told]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"[panel]\nhost = \"\xff\"", ":2: found the byte 0xff, which is not UTF-8; save the file as UTF-8"),
        (b"\xff\xfe[\x00", ":1: found the byte 0xff, which is not UTF-8; save the file as UTF-8"),
        (b"a = 1\x00", ":1: found no valid TOML at column 6 (Expected newline or end of document after a statement); "
         'allowed are lines such as key = "value"'),
        (b"a = " + b"9" * 5000, ": found a number of thousands of digits; every number here has a few"),
        (b"a = " + b"[" * 100_000, ": found brackets nested hundreds deep; here they are nested once"),
        (b"#" * (MAX_BYTES + 1), ": found more than 1,000,000 bytes; a configuration is a page or two"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_toml_is_told_so(tmp_path: Path, written: bytes, told: str) -> None:
    assert faults(tmp_path, written) == [f"textbank.toml{told}"]
