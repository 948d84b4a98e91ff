"""`textbank virtual` as a process: its ports, its socket, its end."""

import json
import signal
import subprocess
import sys

import pytest

from hardware.virtual import ControlClient

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
