"""Temperature and supply voltage, where the modem tells: the profile says what to ask and how to read it.

Promises: a number that no modem can have is none; what is refused is not asked again until the next start.
"""

from __future__ import annotations

import re

from hardware.asking import ask
from hardware.at import At
from hardware.profiles import Gauge, Profile

PLAUSIBLE_C = (-40, 125)
PLAUSIBLE_MV = (2500, 6000)


class Gauges:
    """The gauges of one started modem."""

    def __init__(self, at: At, profile: Profile) -> None:
        self._at = at
        self._gauges = {"temperature": profile.temperature, "voltage": profile.voltage}

    def temperature_c(self) -> int | None:
        """The hottest of its sensors, in degrees Celsius; None when it does not tell."""
        found = [value for value in self._read("temperature") if PLAUSIBLE_C[0] <= value <= PLAUSIBLE_C[1]]
        return round(max(found)) if found else None

    def voltage_mv(self) -> int | None:
        """Its supply in millivolts; None when it does not tell."""
        found = [value for value in self._read("voltage") if PLAUSIBLE_MV[0] <= value <= PLAUSIBLE_MV[1]]
        return round(found[0]) if found else None

    def _read(self, name: str) -> list[float]:
        gauge = self._gauges[name]
        if gauge is None:
            return []
        lines = ask(self._at, gauge.command)
        if lines is None:
            self._gauges[name] = None
        return numbers_in(gauge, lines)


def numbers_in(gauge: Gauge, lines: list[str] | None) -> list[float]:
    """Every number of an answer that the gauge's pattern finds, in its unit."""
    return [float(found) * gauge.worth for found in re.findall(gauge.pattern, "\n".join(lines or []))]
