"""A house that sends, for the scenarios of sending: a cable that can be cut, a technician's buttons, what left and why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway import people, stations
from hardware.errors import PortMissing
from hardware.link import Link
from tests.simulated import House
from tests.virtual_link import VirtualLink

EVE = "+12025550161"
NUMBERS = [f"+1202555{number}" for number in range(1000, 1300)]


class Cable(VirtualLink):
    """A link that is cut, once, when the office says so; the modem at its other end goes on."""

    office: Office

    def read(self, deadline: float) -> bytes:
        if self.office.cut_when is not None and self.office.cut_when():
            self.office.cut_when = None
            self.close()
        return super().read(
            min(deadline, self.office.clock.monotonic() + 1.0) if self.office.cut_when else deadline
        )


class Office(House):
    """A house that sends."""

    cut_when: Callable[[], bool] | None = None
    _tess: people.User | None = None

    def _virtual(self, number: int) -> Link:
        self.world.tick(self.now())
        if not self.world.modems[number].plugged:
            raise PortMissing(f"/virtual/{number}")
        cable = Cable(self.world, number, self.clock, began=self.began)
        cable.office = self
        return cable

    def air(self, modem: int = 0) -> list[tuple[str, str | None]]:
        """What left a modem: to whom, and the words."""
        return [(record.to, record.text) for record in self.world.network.air if record.modem == modem]

    def reason(self, message_id: int) -> str:
        row = self.db.execute("SELECT reason FROM message WHERE id=?", [message_id]).fetchone()
        return str(row["reason"])

    def until_state(self, message_id: int, *states: str, limit_s: float = 600.0) -> float:
        return self.until(
            lambda: self.state(message_id) in states, f"{states}: {self.reason(message_id)}", limit_s
        )

    def submits(self, number: int = 0) -> int:
        """How many AT+CMGS were written."""
        return sum(line.startswith("AT+CMGS=") for line in self.written[number])

    def ask(self, what: str, station: str = "s0", argument: str | None = None) -> None:
        """A technician presses a button at the modem's page."""
        if self._tess is None:
            self._tess = people.create(self.db, "Tess", "technician", now=self.wall())
        stations.request(self.db, station, what, by=self._tess, now=self.wall(), argument=argument)

    def sent_row(self, message_id: int) -> Any:
        return self.db.execute("SELECT * FROM message WHERE id=?", [message_id]).fetchone()
