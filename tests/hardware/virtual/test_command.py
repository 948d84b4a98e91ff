"""`textbank virtual` as a process: its ports, its socket, its end."""

import contextlib
import json
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hardware.virtual import ControlClient, VirtualError

MOST_S = 20


@pytest.fixture
def started():
    """A function that starts the command; every process ends with the test."""
    running = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "virtual", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def test_the_command_serves_until_it_is_ended(started, tmp_path):
    folder = tmp_path / "bank"
    process = started(
        "--count", 2, "--dir", folder, "--latency", "none", "--personality", "sim800l", "--json"
    )
    told = json.loads(process.stdout.readline())
    assert [row["port"] for row in told["modems"]] == [f"{folder}/modem0", f"{folder}/modem1"]
    with ControlClient(told["control"]) as client:
        client.inbound(0, "+12025550170", "Hello")
        client.wait_stored(0, 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(MOST_S) == 0
    assert list(folder.iterdir()) == []


def test_a_bank_without_a_free_descriptor_hears_callers_again_when_somebody_hangs_up(started, tmp_path):
    """One failed accept ended the socket for good: the modems went on, and nobody could reach them but by a restart."""
    process = started("--dir", tmp_path / "bank", "--json")
    control = json.loads(process.stdout.readline())["control"]
    used = len(list(Path(f"/proc/{process.pid}/fd").iterdir()))
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used + 6, used + 6))
    callers = []
    with contextlib.suppress(VirtualError, TimeoutError):
        while True:
            callers.append(ControlClient(control, timeout_s=1.0))
            callers[-1].ask("modems")
    waiting = callers.pop()
    for caller in callers:
        caller.close()
    assert 0 < len(callers) < 20
    waiting._socket.settimeout(MOST_S)
    with waiting._socket.makefile("rb") as answer:
        assert json.loads(answer.readline())["ok"], "what it asked while nobody listened"
    waiting.close()


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--count", "0", "--dir", "/proc/nowhere"], 2, "0 is not in the range"),
        (
            ["--dir", "/proc/nowhere", "--latency", "soon"],
            2,
            "give realistic, none, or seconds from 0 to 600",
        ),
        (
            ["--dir", "/proc/nowhere", "--personality", "nokia"],
            2,
            "'nokia' is not one of 'generic', 'huawei-e3131', ",
        ),
        (["--dir", "/proc/nowhere"], 1, "/proc/nowhere"),
        (["--dir", "/tmp/" + "x" * 120], 1, "too long for a socket"),
    ],
)
def test_a_wrong_call_is_refused_in_words(started, arguments, code, sentence):
    process = started(*arguments)
    _, errors = process.communicate(timeout=MOST_S)
    assert process.returncode == code
    assert sentence in errors
    assert "Traceback" not in errors
