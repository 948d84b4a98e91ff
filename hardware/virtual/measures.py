"""What a modem measures and counts, as the fields that the lines of `models` name."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

WARM_C = 31.0
SUPPLY_MV = 4012
NO_SIGNAL = 99


def strength(modem: "Engine") -> int:
    """<rssi> of +CSQ: 0 is -113 dBm, 2 dBm a step, 31 the most; 99 is unknown (27.007 8.5)."""
    told = modem.faults.peek("signal")
    if isinstance(told, (int, float)):
        return NO_SIGNAL if told >= 0 else max(0, min(31, round((told + 113) / 2)))
    return modem.random.randint(17, 23) if modem.served else NO_SIGNAL


def fields(modem: "Engine") -> dict[str, object]:
    """{name: value} for `str.format`."""
    sim = modem.sim
    celsius = modem.faults.reading("temperature", WARM_C)
    millivolts = int(modem.faults.reading("voltage", SUPPLY_MV))
    return {
        "iccid": modem.card.iccid,
        "pin": sim.pin_attempts,
        "puk": sim.puk_attempts,
        "state": sim.state,
        "left": {"SIM PIN": sim.pin_attempts, "SIM PUK": sim.puk_attempts}.get(sim.state, ""),
        "celsius": celsius,
        "tenths": round(celsius * 10),
        "millivolts": millivolts,
        "volts": millivolts / 1000,
        "rssi": strength(modem),
    }


def filled(modem: "Engine", lines: tuple[str, ...]) -> list[str]:
    """The lines with their fields."""
    if not any("{" in line for line in lines):
        return list(lines)
    known = fields(modem)
    return [line.format(**known) for line in lines]
