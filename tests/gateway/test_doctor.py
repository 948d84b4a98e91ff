"""`textbank doctor`: what is well, what is not, and what to do about it."""

import fcntl
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway import lock, store, whereabouts
from gateway.cli import cli
from gateway.commands import _checks, _modems
from hardware import discovery
from hardware.discovery import Unavailable
from hardware.errors import ModemSilent, NotAModem
from hardware.usb import Port, Stick
from tests.gateway.clinic import EC25, IMEI, UNPRIVILEGED, Doctor, bus


def test_a_machine_that_is_well(doctor: Doctor, database: Path, modem: Path) -> None:
    code, found = doctor(f'[[stations]]\nname = "north"\nport = "{modem}"\n')
    assert [row for row in found.values() if not row["ok"]] == []
    assert code == 0
    assert found["modem north"]["found"].endswith("answers, and its SIM is ready.")
    assert found["panel"]["found"] == "Textbank is not running. Start it with `textbank run`."
    assert {
        "python",
        "sqlite",
        "clock",
        "other programs",
        "configuration",
        "time zone",
        "disk",
        "database",
    } < set(found)


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        (("20:00", "09:00"), "Texts leave from 09:00 to 20:00, by the clock of whoever gets them."),
        (("00:00", "00:00"), "None: texts leave at any hour."),
        (
            ("09:00", "20:00"),
            "Texts leave from 20:00 to 09:00, by the clock of whoever gets them. That is none of the day, or hardly any of it.",
        ),
        (
            ("00:00", "23:59"),
            "Texts leave from 23:59 to 00:00, by the clock of whoever gets them. That is none of the day, or hardly any of it.",
        ),
        (
            ("09:20", "09:00"),
            "Texts leave from 09:00 to 09:20, by the clock of whoever gets them. That is none of the day, or hardly any of it.",
        ),
    ],
)
def test_quiet_hours_that_leave_only_the_night_show(
    doctor: Doctor, database: Path, ends: tuple[str, str], found: str
) -> None:
    """Exchanged ends text people all night; 00:00 to 23:59 texts nobody, ever."""
    _, findings = doctor('[sending]\nquiet_from = "{}"\nquiet_until = "{}"\n'.format(*ends))
    assert findings["quiet hours"]["found"] == found
    assert findings["quiet hours"]["ok"] is ("none of the day" not in found)


def test_a_modem_that_is_named_by_its_imei_is_asked_like_any_other(
    doctor: Doctor, database: Path, modem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`port = "/dev/textbank/modem-IMEI"`, as the manual advises: whatever was wrong with it, `doctor` said that it names no port."""
    monkeypatch.setattr(whereabouts, "LINK", f"{tmp_path}/modem-")
    named = tmp_path / f"modem-{IMEI}"
    _, found = doctor(f'[[stations]]\nname = "north"\nport = "{named}"\n')
    assert found["modem north"]["found"] == f"{named} is not here: the gateway finds its modem in any socket."
    named.symlink_to(modem)
    _, found = doctor(f'[[stations]]\nname = "north"\nport = "{named}"\n')
    assert found["modem north"]["found"].endswith("answers, and its SIM is ready.")


def test_nothing_is_there_yet(doctor: Doctor, tmp_path: Path) -> None:
    code, found = doctor('[[stations]]\nname = "north"\nport = "/dev/none"\n[[stations]]\nname = "east"\n')
    assert code == 1
    assert found["database"]["found"] == f"There is no database at {tmp_path}/textbank.db."
    assert found["database"]["do"] == "Run: textbank init"
    assert found["modem north"]["found"] == "/dev/none cannot be opened: No such file or directory."
    assert found["modem east"] == {
        "check": "modem east",
        "ok": True,
        "found": "east names no port: the gateway finds its modem in any socket.",
        "do": "",
    }


@pytest.mark.parametrize("place", ["closed/textbank.db", "closed/in/textbank.db", f"{'x' * 300}/textbank.db"])
def test_a_folder_that_may_not_be_looked_into_is_a_finding_and_no_traceback(
    tmp_path: Path, place: str
) -> None:
    """A technician who is not the user that runs Textbank got a traceback from `doctor`, and no JSON."""
    source = tmp_path / "textbank.toml"
    source.write_text(f'[database]\npath = "{place}"\n')
    (tmp_path / "closed" / "in").mkdir(parents=True)
    (tmp_path / "closed").chmod(0)
    command = [*UNPRIVILEGED, sys.executable, "-m", "gateway", "--config", str(source), "doctor", "--json"]
    result = subprocess.run(command, capture_output=True, check=False)
    (tmp_path / "closed").chmod(0o700)
    assert (result.returncode, result.stderr) == (1, b"")
    (told,) = [row for row in json.loads(result.stdout) if row["check"] == "database"]
    assert (told["ok"], str(tmp_path / place.split("/")[0]) in told["found"]) == (False, True)
    assert told["do"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_whoever_is_not_the_user_of_the_services_is_told_to_ask_as_that_user(
    doctor: Doctor, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`doctor` advised a chown, which stops the services, and every command to name another database."""
    os.chown(tmp_path, 12345, 12345)
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    monkeypatch.setattr(os, "access", lambda path, *_, **_more: Path(path) != tmp_path)
    code, found = doctor('[[stations]]\nname = "north"\nport = "/dev/none"\n')
    assert not {"panel", "modem north"} & set(found), (
        "of modems that the gateway has it said: stop that program"
    )
    named = str(tmp_path / "textbank.toml")
    asked = CliRunner().invoke(cli, ["outbox"], env={"TEXTBANK_CONFIG": named})
    assert (code, asked.exit_code) == (1, 1)
    assert f"sudo -u '#12345' env TEXTBANK_CONFIG={named} " in asked.stderr, "sudo takes it away"
    assert found["database"]["do"].startswith("Run: sudo -u '#12345' ")
    assert "is of the user uid 12345, and this user may not use it." in asked.stderr


def test_every_fault_of_the_configuration_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[panel]\nport = 0\nhots = ""\n')
    result = CliRunner().invoke(cli, ["--config", str(path), "doctor"])
    assert result.exit_code == 1
    assert f"BAD configuration: {path}:2: panel.port: found 0;" in result.output
    assert f"BAD configuration: {path}:3: panel.hots: found the unknown key" in result.output


def test_a_pin_that_everybody_may_read(
    doctor: Doctor, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_checks, "open_to_all", lambda path: path.suffix == ".toml")
    _, found = doctor('[[stations]]\nname = "a"\npin = "987654"\n')
    assert found["configuration"]["found"].endswith("holds a PIN, and everybody on this machine may read it.")
    assert "987654" not in json.dumps(found)


def test_a_command_that_it_advises_can_be_copied_whatever_the_folder_is_called(tmp_path: Path) -> None:
    """`mkdir -p /home/ann/text bank` made two folders; `sudo chown USER /home/ann/text bank` gave away another one."""
    folder = tmp_path / "text bank's"
    [found] = _checks.database(folder / "textbank.db", [])
    subprocess.run(["sh", "-c", found.do.removeprefix("Run: ")], cwd=tmp_path, check=True)
    assert folder.is_dir()


def test_a_file_in_a_closed_folder_is_not_open_to_all(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch(mode=0o644)
    tmp_path.chmod(0o700)
    assert not _checks.open_to_all(file)
    assert _checks.open_to_all(Path("/etc/hostname"))


def test_a_damaged_database_is_told_so(doctor: Doctor, database: Path) -> None:
    with database.open("r+b") as file:
        file.seek(2048)
        file.write(os.urandom(8192))
    for name in ("-wal", "-shm"):
        Path(f"{database}{name}").unlink(missing_ok=True)
    code, found = doctor()
    assert code == 1
    assert not found["database"]["ok"]
    assert "backup" in found["database"]["do"]


def test_a_file_that_is_no_database_is_told_so(doctor: Doctor, tmp_path: Path) -> None:
    path = tmp_path / "textbank.db"
    path.write_text("a shopping list" * 100)
    path.chmod(0o600)
    _, found = doctor()
    assert found["database"]["found"].startswith("The database is damaged, so nothing is sent.")
    assert "file is not a database" in found["database"]["found"]
    assert found["database"]["do"].startswith("Plug in the stick with the backups")


def test_a_database_that_another_program_holds_is_told_so(
    doctor: Doctor, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell that was left open in the middle of a change: every command that is refused sends its person here."""
    monkeypatch.setattr(_checks, "LOCK_S", 0.1)
    shell = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('BEGIN IMMEDIATE'); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", shell, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        code, found = doctor()
        assert (code, found["database"]["ok"]) == (1, False)
        assert "is in use and does not let us write" in found["database"]["found"]
        assert f"(process {other.pid})" in found["database"]["found"]
        assert "close any program that has the database file open" in found["database"]["do"]
    assert doctor()[1]["database"]["ok"]


def test_a_database_of_a_newer_program(doctor: Doctor, database: Path) -> None:
    db = store.connect(database)
    db.execute("PRAGMA user_version=999")
    db.close()
    _, found = doctor()
    assert found["database"]["do"] == "Install the newer Textbank again."


def test_while_the_gateway_runs_it_is_asked_and_not_the_ports(doctor: Doctor, database: Path) -> None:
    db = store.connect(database)
    db.execute(
        "INSERT INTO station (name, state, reason, since_at) VALUES ('a', 'ready', '', 1), ('b', 'lost', 'gone', 1)"
    )
    db.close()
    stations = "".join(f'[[stations]]\nname = "{name}"\nport = "/dev/none-{name}"\n' for name in "ab")
    with lock.gateway(database):
        _, found = doctor(stations)
    assert found["modem a"]["found"] == "The gateway says: ready."
    assert (found["modem b"]["ok"], found["modem b"]["found"]) == (False, "The gateway says: lost. gone")
    assert found["panel"]["do"] == "Start it: textbank panel"


def test_a_program_that_takes_modems(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_checks, "programs", lambda: {"ModemManager", "bash"})
    _, found = doctor()
    assert found["other programs"]["found"] == "ModemManager is running and may take a modem."
    assert found["other programs"]["do"] == "Run: sudo systemctl disable --now ModemManager"


def test_the_page_answers_or_not(free_port: int) -> None:
    class Page(http.server.BaseHTTPRequestHandler):
        status = 302

        def do_GET(self) -> None:
            self.send_response(self.status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", free_port), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        assert _checks.panel("0.0.0.0", free_port, gateway_runs=True).ok
        Page.status = 500
        assert "error (500)" in _checks.panel("127.0.0.1", free_port, gateway_runs=True).found
        server.shutdown()
        thread.join()


def test_ports_that_no_station_names_are_asked_when_wanted(
    doctor: Doctor, database: Path, modem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_modems, "PATTERNS", (str(modem),))
    stations = '[[stations]]\nname = "north"\n'
    _, found = doctor(stations)
    assert found["ports"]["found"].startswith(f"{modem} is here and no station names it")
    _, found = doctor(stations, "--find")
    assert found["ports"]["found"].endswith("answers, and its SIM is ready.")


def test_a_stick_with_several_ports_is_one_modem(monkeypatch: pytest.MonkeyPatch) -> None:
    bus(monkeypatch, EC25, replace(EC25, place="1-1.4", ports=(Port("/dev/ttyACM0", 2),)))

    def probe(port: str, clock: object, *, tries: int, try_s: float) -> str:
        if port == "/dev/ttyUSB2":
            raise ModemSilent("AT", 2.0)
        return IMEI if port == "/dev/ttyUSB3" else ""

    monkeypatch.setattr(_modems, "probe", probe)
    assert _modems.attached() == [(IMEI, "/dev/ttyUSB3"), ("", "/dev/ttyACM0")]


def test_where_nothing_can_be_found_again_the_port_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "sticks", missing_udev)
    monkeypatch.setattr(_modems, "PATTERNS", ("/dev/null",))
    monkeypatch.setattr(_modems, "probe", lambda *_, **__: IMEI)
    assert _modems.attached() == [("", "/dev/null")]


def missing_udev() -> list[Stick]:
    raise Unavailable("the system has no libudev (Debian's package libudev1)")


def test_without_udev_it_is_said_to_those_who_need_it(
    doctor: Doctor, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "sticks", missing_udev)
    _, found = doctor('[[stations]]\nname = "north"\n')
    assert not found["udev"]["ok"]
    assert found["udev"]["found"].endswith("the system has no libudev (Debian's package libudev1).")
    _, found = doctor('[[stations]]\nname = "north"\nport = "/dev/none"\n')
    assert found["udev"]["ok"]


@pytest.mark.parametrize(
    ("stick", "ok", "words"),
    [
        (
            EC25,
            True,
            "The Quectel EC25/EG25-G in socket 1-1.3 takes commands on /dev/ttyUSB2 (--find asks it).",
        ),
        (Stick("1-1.3", "12d1", "1446", classes=frozenset({"08"})), False, "still shows itself as a disk"),
        (Stick("1-1.3", "12d1", "14dc", classes=frozenset({"02"})), False, "is in HiLink mode"),
        (Stick("1-1.3", "2c7c", "0125", classes=frozenset({"ff"})), False, "shows no port for commands"),
        (Stick("1-1.3", "1546", "01a7", ports=(Port("/dev/ttyACM0", 0),)), True, "is no modem that we know"),
    ],
)
def test_what_is_plugged_in_is_named_without_being_asked(
    doctor: Doctor, database: Path, stick: Stick, ok: bool, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus(monkeypatch, stick)
    monkeypatch.setattr(_modems, "probe", lambda *_, **__: pytest.fail("a port was opened"))
    _, found = doctor()
    assert (found["usb 1-1.3"]["ok"], words in found["usb 1-1.3"]["found"]) == (ok, True)


def test_f73_a_modem_that_modemmanager_may_take_is_said_with_our_rule(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus(monkeypatch, EC25)
    monkeypatch.setattr(_checks, "programs", lambda: {"ModemManager"})
    _, found = doctor()
    assert "make install-udev" in found["usb 1-1.3"]["do"]
    bus(monkeypatch, replace(EC25, shunned=True))  # our rule is there
    _, found = doctor()
    assert found["usb 1-1.3"]["ok"]


def test_f34_a_station_on_another_port_of_its_stick_is_told_the_right_one(
    doctor: Doctor, modem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gps = Port(str(modem), 1, ("ff", "ff", "ff"), "option")
    bus(monkeypatch, replace(EC25, ports=(gps, EC25.ports[2])))

    def probe(port: str, clock: object, *, tries: int, try_s: float) -> str:
        raise NotAModem(port, "it speaks as a GPS receiver does (NMEA)")

    monkeypatch.setattr(_modems, "probe", probe)
    _, found = doctor(f'[[stations]]\nname = "north"\nport = "{modem}"\n')
    assert found["modem north"]["found"] == (
        f"The port {modem} is the GPS port of the Quectel EC25/EG25-G; its modem is on /dev/ttyUSB2."
    )


def test_a_port_of_another_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    found, do = _modems._denied("/dev/null") or ("", "")
    assert found == "This user may not use /dev/null; only root may."
    assert "install-udev" in do, "to join the group root was advised"
    assert (_modems._denied(str(tmp_path)) or ("", ""))[0] == f"{tmp_path} is not a serial port."
    of_group = os.stat_result([0o20660, 0, 0, 1, 0, 20, 0, 0, 0, 0])
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", lambda _: of_group)
        found, do = _modems._denied("/dev/null") or ("", "")
    assert found.startswith("This user may not use /dev/null; the group ")
    assert do.startswith("Run: sudo usermod -aG ")


def test_a_gateway_that_starts_while_doctor_looks_at_its_lock_starts(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took the look for another gateway, and ended."""
    looks = os.open(f"{database}.lock", os.O_RDONLY | os.O_CREAT)
    fcntl.flock(looks, fcntl.LOCK_SH | fcntl.LOCK_NB)  # as `lock.is_held` does for a moment
    monkeypatch.setattr(time, "sleep", lambda _: os.close(looks))  # and the moment is over
    with lock.gateway(database):
        assert lock.is_held(database)
    monkeypatch.undo()
    with lock.gateway(database), pytest.raises(lock.Held), lock.gateway(database):
        pass
