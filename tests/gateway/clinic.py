"""What the tests of `textbank doctor` share: a machine without surprises, a database, a modem, a bus with sticks."""

import http.server
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import cli
from gateway.commands import _checks, _modems
from hardware import discovery
from hardware.usb import Port, Stick
from tests import blank

# Root may look into every folder: before a command it gives that up.
UNPRIVILEGED = () if os.geteuid() else ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
Doctor = Callable[..., tuple[int, dict[str, dict[str, Any]]]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "textbank.db"
    blank.database(path).close()
    return path


@pytest.fixture
def free_port() -> int:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return int(server.server_address[1])


@pytest.fixture
def doctor(tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    monkeypatch.setattr(_checks, "programs", set)
    monkeypatch.setattr(_modems, "PATTERNS", ())
    monkeypatch.setattr(discovery, "sticks", list)

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


IMEI = "356938035643809"
EC25 = Stick(
    "1-1.3",
    "2c7c",
    "0125",
    "EC25",
    tuple(Port(f"/dev/ttyUSB{i}", i, ("ff", "ff", "ff"), "option") for i in range(4)),
)


def bus(monkeypatch: pytest.MonkeyPatch, *sticks: Stick) -> None:
    monkeypatch.setattr(discovery, "sticks", lambda: list(sticks))
