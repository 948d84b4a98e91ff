"""The control socket of the virtual modems hears nonsense: each line is answered, and the bank goes on."""

import json
import random
import socket
from pathlib import Path

import pytest

from hardware.virtual import VirtualBank
from hardware.virtual.control import REQUEST_OCTETS, REQUESTS, ControlSocket, answer

VALUES = (
    None,
    True,
    -1,
    1e999,
    float("nan"),
    "",
    "\ud800",
    "x" * 5000,
    [],
    {},
    [[]],
    {"a": 1},
    "1",
    2**70,
    "\x00",
    -(2**70),
)
FIELDS = (
    "modem",
    "from",
    "text",
    "data",
    "record",
    "storage",
    "status",
    "name",
    "value",
    "times",
    "number",
    "fate",
    "since",
    "count",
)


@pytest.fixture
def bank(tmp_path: Path):  # type: ignore[no-untyped-def]
    with VirtualBank(1, tmp_path / "m") as made:
        yield made


NONSENSE = [b"\n", b"\0\n", b"\xff\xfe\n", b"[" * 60_000, b'{"do":' * 9000, b"1", b'"x"', b'{"do":{}}']
NONSENSE += [b'{"do":"air","since":1e999}', random.Random(1).randbytes(500)]


@pytest.mark.parametrize("line", NONSENSE, ids=range(len(NONSENSE)))
def test_a_line_of_nonsense_is_answered_in_words(bank: VirtualBank, line: bytes) -> None:
    said = answer(bank, line)
    assert said["ok"] is False
    assert said["error"].endswith(".")
    json.dumps(said, ensure_ascii=False).encode("utf-8", "backslashreplace")


def test_every_request_with_values_of_any_kind_is_answered(bank: VirtualBank) -> None:
    chance = random.Random(1)
    for do in REQUESTS:
        for _ in range(60):
            ask = {field: chance.choice(VALUES) for field in FIELDS if chance.random() < 0.6}
            ask |= {"do": do, "timeout_s": chance.choice((0, -1, "x", None))}
            if chance.random() < 0.5:
                ask["modem"] = 0
            said = answer(bank, json.dumps(ask).encode())
            json.dumps(said, ensure_ascii=False).encode("utf-8", "backslashreplace")
    assert answer(bank, b'{"do":"modems"}')["ok"]


def test_garbage_on_the_socket_leaves_it_there_for_others(bank: VirtualBank, tmp_path: Path) -> None:
    control = ControlSocket(tmp_path / "control", bank)
    control.start()
    try:
        for octets in (
            random.Random(2).randbytes(200_000),
            b"x" * (3 * REQUEST_OCTETS),
            b"",
            b'{"do":"modems"}',
        ):
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.settimeout(10)
                stranger.connect(str(tmp_path / "control"))
                stranger.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
                try:
                    stranger.sendall(octets)
                except (BrokenPipeError, ConnectionResetError, TimeoutError):
                    continue
        with socket.socket(socket.AF_UNIX) as friend, friend.makefile("rw") as lines:
            friend.settimeout(10)
            friend.connect(str(tmp_path / "control"))
            lines.write('{"do":"modems"}\n')
            lines.flush()
            assert json.loads(lines.readline())["ok"]
    finally:
        control.close()


def test_a_line_that_is_too_long_has_one_answer_so_that_the_next_is_that_of_the_next_request(
    bank: VirtualBank, tmp_path: Path
) -> None:
    """It was cut into lines, each with an answer of its own; a piece that was a request by itself was obeyed."""
    control = ControlSocket(tmp_path / "control", bank)
    control.start()
    try:
        with socket.socket(socket.AF_UNIX) as caller, caller.makefile("rwb") as lines:
            caller.settimeout(10)
            caller.connect(str(tmp_path / "control"))
            piece = b'{"do":"unplug","modem":0}'.ljust(REQUEST_OCTETS - 1)
            lines.write(b"x" + 2 * piece + b"\n" + b'{"do":"modems"}\n')
            lines.flush()
            first, second = json.loads(lines.readline()), json.loads(lines.readline())
        assert (first["ok"], "longer than 65536 octets" in first["error"]) == (False, True)
        assert second["modems"][0]["plugged"]
    finally:
        control.close()


def test_hundreds_may_call_at_once(bank: VirtualBank, tmp_path: Path) -> None:
    """A program that does not wait when it connects (as Python with a timeout) was turned away by a queue of 128."""
    control = ControlSocket(tmp_path / "control", bank)
    callers = [socket.socket(socket.AF_UNIX) for _ in range(300)]
    control.start()
    try:
        for caller in callers:
            caller.setblocking(False)
            caller.connect(str(tmp_path / "control"))
    finally:
        for caller in callers:
            caller.close()
        control.close()
