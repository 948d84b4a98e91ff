"""How the modem is, for its page and its graphs: what changed at once, what wavers every few minutes.

Few writes: a signal that wavers is written every five minutes, the network when it comes or goes.
"""

from gateway import readings, stations
from gateway.readings import SAMPLE_MS
from gateway.station.desk import Desk
from hardware.modem import Health


class Samples:
    """What this station wrote last of its modem."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._registration: str | None = None
        self._at = 0.0

    def begin(self) -> None:
        """The modem was started: the next look is written whole."""
        self._registration = None

    def record(self, health: Health, now: float) -> None:
        """What changed, for the page; and a sample when it is due, or at once when the network came or went."""
        desk = self._desk
        facts: dict[str, object] = {
            "registration": health.registration,
            "operator": health.operator,
            "technology": health.technology,
            "storage_used": health.storage_used,
            "storage_total": health.storage_total,
        }
        if self._registration == health.registration and now - self._at < SAMPLE_MS / 1000:
            stations.set_facts(desk.db, desk.name, **facts)
            return
        self._registration, self._at = health.registration, now
        measured: dict[str, object] = {
            "signal_dbm": health.signal_dbm,
            "temperature_c": health.temperature_c,
            "voltage_mv": health.voltage_mv,
        }
        with desk.write():
            stations.set_facts(desk.db, desk.name, **facts, **measured)
            del facts["operator"]
            readings.sample(desk.db, desk.name, now=desk.now_ms(), **facts, **measured)
