"""Whatever a modem says, only `HardwareError` comes out, in bounded time and memory."""

import contextlib
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.errors import HardwareError, ModemSilent, NotAModem
from hardware.modem import Modem, Stored
from tests.scripted import PDU, FakeClock, Raw, Scripted, ScriptedLink, Silence

TPDU = bytes.fromhex("21000B912120555521F3000004F4F29C0E")
WORDS = [
    "OK",
    "ERROR",
    "+CMS ERROR: 321",
    "+CME ERROR: 14",
    "+CMGL: 1,1,,23",
    "+CMGR: 0,,2",
    "+CPMS: (",
    "RING",
    "0791",
]
WORDS += [
    '+CPMS: "SM",0,30',
    "+CPIN: SIM PIN",
    "+CREG: 2,99,,,",
    "+CSQ: ,",
    "+CMT: ,9",
    '+CMTI: "SM",',
    "^BOOT:",
    ">",
    '"',
    ",",
]
said = st.one_of(
    st.binary(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=4).map(
        lambda words: "".join(f"\r\n{w}\r\n" for w in words).encode()
    ),
    st.lists(st.sampled_from(WORDS), max_size=4).map(lambda words: ("".join(words) + "\r\nOK\r\n").encode()),
).map(Raw)


def attempt(act: Any) -> None:
    with contextlib.suppress(HardwareError):
        act()


@settings(max_examples=60, deadline=None)
@given(
    answers=st.lists(said, min_size=1, max_size=25),
    good=st.integers(0, 30),
    chunk=st.sampled_from([None, 1, 4]),
)
def test_garbage_gives_only_hardware_errors(answers: list[Any], good: int, chunk: int | None) -> None:
    """After `good` proper answers the modem says anything."""
    clock = FakeClock()
    proper = Scripted()
    rules = [*["pass"] * good, *answers]
    scripted = Scripted({"*": lambda command: rules.pop(0) if len(rules) > 1 else rules[0]})

    def rule(key: str) -> Any:
        if key == PDU:
            return answers[-1]
        given = Scripted._rule(scripted, key)
        given = given(key) if callable(given) else given
        return proper._rule(key) if given == "pass" else given

    scripted._rule = rule  # type: ignore[method-assign]
    modem = Modem(ScriptedLink(clock, scripted, chunk), clock)

    def send() -> None:
        with modem.prompt(len(TPDU)) as prompt:
            prompt.send(TPDU)

    attempt(lambda: modem.start(lambda identity: "1234"))
    attempt(modem.health)
    attempt(lambda: modem.list(True))
    attempt(lambda: modem.delete(Stored("SM", 1, "")))
    attempt(send)
    attempt(lambda: modem.wait(clock.monotonic() + 1))
    attempt(modem.recover)
    attempt(modem.hang_up)
    assert sum(written.startswith('AT+CPIN="') for written in scripted.written) <= 1
    assert isinstance(modem.notices(), list)


@pytest.mark.parametrize("garbage", [b"\xff\x00\x7e" * 20000, b"x\r\n" * 20000, b"$GPGGA,123519\r\n" * 4000])
def test_a_flood_at_the_start_is_no_modem_and_costs_little_memory(garbage: bytes) -> None:
    clock = FakeClock()
    link = ScriptedLink(clock, Scripted({"AT*": Silence()}))
    for _ in range(8_000_000 // len(garbage)):
        link.arrive(garbage, after_s=0.2)
    modem = Modem(link, clock)
    tracemalloc.start()
    with pytest.raises((NotAModem, ModemSilent)):
        modem.start(lambda identity: None)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000
