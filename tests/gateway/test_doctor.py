"""`textbank doctor`: what is well, what is not, and what to do about it."""

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway import lock, schema, store
from gateway.cli import cli
from gateway.commands import _checks, _modems
from hardware.errors import ModemSilent

Doctor = Callable[..., tuple[int, dict[str, dict[str, Any]]]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "textbank.db"
    db = store.connect(path)
    schema.migrate(db)
    db.close()
    path.chmod(0o600)
    return path


@pytest.fixture
def free_port() -> int:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


@pytest.fixture
def doctor(tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    monkeypatch.setattr(_checks, "programs", set)
    monkeypatch.setattr(_modems, "PATTERNS", ())

    def run(stations: str = "", *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
        path = tmp_path / "textbank.toml"
        path.write_text(f"[panel]\nport = {free_port}\n{stations}")
        result = CliRunner().invoke(cli, ["--config", str(path), "doctor", "--json", *options])
        return result.exit_code, {row["check"]: row for row in json.loads(result.output)}

    return run


@pytest.fixture
def modem(tmp_path: Path) -> Iterator[Path]:
    """The port of a virtual modem."""
    command = [
        sys.executable,
        "-m",
        "gateway",
        "virtual",
        "--count",
        "1",
        "--dir",
        str(tmp_path / "v"),
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it is printed when the ports are there
        yield tmp_path / "v" / "modem0"
        process.terminate()


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


def test_nothing_is_there_yet(doctor: Doctor, tmp_path: Path) -> None:
    code, found = doctor('[[stations]]\nname = "north"\nport = "/dev/none"\n[[stations]]\nname = "east"\n')
    assert code == 1
    assert found["database"]["found"] == f"There is no database at {tmp_path}/textbank.db."
    assert found["database"]["do"] == "Run: textbank init"
    assert found["modem north"]["found"] == "/dev/none cannot be opened: No such file or directory."
    assert found["modem east"]["do"] == 'Add to its [[stations]]: port = "/dev/ttyUSB0"'


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
    assert found["database"]["found"] == f"{path} cannot be read: file is not a database."


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
    assert (found["modem b"]["ok"], found["modem b"]["found"]) == (False, "The gateway says: lost (gone).")
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
    assert found["modem north"]["do"] == f'Add to its [[stations]]: port = "{modem}"'
    assert found["ports"]["found"].startswith(f"{modem} is here and no station names it")
    _, found = doctor(stations, "--find")
    assert found["ports"]["found"].endswith("answers, and its SIM is ready.")


def test_a_stick_with_several_ports_is_one_modem(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(port: str) -> tuple[str, str]:
        if port == "diag":
            raise ModemSilent("AT", 2.0)
        return {"data": "356938035643809", "control": "356938035643809"}.get(port, ""), "a modem answers"

    monkeypatch.setattr(_modems, "ask", ask)
    assert _modems.one_each(["data", "diag", "control", "nameless", "nameless2"]) == [
        "control",
        "nameless",
        "nameless2",
    ]


def test_a_port_of_another_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    found, do = _modems._denied("/dev/null") or ("", "")
    assert found.startswith("This user may not use /dev/null; the group ")
    assert do.startswith("Run: sudo usermod -aG ")
    assert (_modems._denied(str(tmp_path)) or ("", ""))[0] == f"{tmp_path} is not a serial port."
