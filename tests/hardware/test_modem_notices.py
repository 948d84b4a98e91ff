"""What comes unasked, and what it means."""

from typing import Any

import pytest

from hardware.modem import Call, Direct, LateSubmit, Registration, Restarted, StorageFull, Waiting
from tests.hardware.bench import DELIVER, Bench


@pytest.mark.parametrize(
    ("said", "notice"),
    [
        ('+CMTI: "ME",0', Waiting("ME", 0)),
        ('+CMTI: "SM",-1', Waiting("SM", -1)),
        ('+CMTI: "XX",999', Waiting("XX", 999)),
        ("+CMTI: MT,3", Waiting("MT", 3)),
        ('+CMTI: "SM', Waiting("", -1)),
        ('+CDSI: "SR",4', Waiting("SR", 4, report=True)),
        ("+CMT: ,23\r\n" + DELIVER, Direct("deliver", DELIVER)),
        ('+CMT: "Ada",23\r\n\r\n' + DELIVER + ",0", Direct("deliver", DELIVER)),
        ("+CMT: ,23\r\nRSSI LEVEL 3\r\n" + DELIVER, Direct("deliver", DELIVER)),
        ("+CMT: ,23\r\n\xff791 3366003051F5", Direct("deliver", "\xff791 3366003051F5")),
        ('+CMT: "+12025550123","","26/11/24,12:00:00"\r\nRSSI LEVEL 3', Direct("deliver", "RSSI LEVEL 3")),
        ('+CMT: "+12025550123",,"26/11/24,12:00:00+04"\r\nStop, please', Direct("deliver", "Stop, please")),
        (
            '+CMT: "+12025550123",,"26/11/24,12:00:00+04"\r\nNo, we are 4, 5',
            Direct("deliver", "No, we are 4, 5"),
        ),
        (f"+CMT: ,23\r\n{DELIVER},0", Direct("deliver", DELIVER)),
        ("+CDS: 25\r\n060C91534810325476", Direct("report", "060C91534810325476")),
        ("+CDS: ,25\r\n060C91534810325476", Direct("report", "060C91534810325476")),
        ('^SMMEMFULL:"SM"', StorageFull("SM")),
        ("+SMS FULL", StorageFull("")),
        ("+ SMS FULL.", StorageFull("")),
        ("RING", Call("")),
        ("RDY", Restarted("RDY")),
        ("MODEM:STARTUP", Restarted("MODEM:STARTUP")),
        ("*ATREADY: 1", Restarted("*ATREADY: 1")),
        ("+CPIN: NOT READY", Restarted("+CPIN: NOT READY", heard=False)),
        ("SMS Ready", Restarted("SMS Ready", heard=False)),
        ("SMS READY", Restarted("SMS READY", heard=False)),
        ("+SIM READY", Restarted("+SIM READY", heard=False)),
        ("QCRDY", Restarted("QCRDY")),
        ("AT READY", Restarted("AT READY")),
        ("+SYSSTART", Restarted("+SYSSTART")),  # Sequans
        ("+KSUP: 0", Restarted("+KSUP: 0")),  # Sierra HL
        ("+QIND: SMS DONE", Restarted("+QIND: SMS DONE", heard=False)),
        ("+CMGS: 9", LateSubmit(9)),
        ("^RSSI:18", None),
        ("+CREG: 5", Registration()),
        ("UNDER-VOLTAGE WARNNING", None),
    ],
)
@pytest.mark.parametrize("chunk", [None, 1])
def test_notices(said: str, notice: Any, chunk: int | None) -> None:
    bench = Bench(chunk=chunk)
    assert bench.hear(f"\r\n{said}\r\n") == ([notice] if notice else [])


def test_waiting_ends_with_a_wake() -> None:
    bench = Bench()
    bench.modem.wake()
    before = bench.clock.monotonic()
    bench.modem.wait(before + 60)
    assert bench.clock.monotonic() == before


def test_waiting_ends_at_its_deadline_beside_a_modem_that_never_stops_talking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As long as each read found something, no text left and nobody was told."""
    bench = Bench()
    before = bench.clock.monotonic()

    def chatter(deadline: float) -> bytes:
        assert bench.clock.monotonic() < before + 120, "it waits for ever"
        bench.clock.advance(0.01)
        return b"^RSSI:18\r\n"

    monkeypatch.setattr(bench.link, "read", chatter)
    bench.modem.wait(before + 60)
