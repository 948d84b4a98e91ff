"""The operator's own notice that a SIM's credit runs out, where the group wrote down the words by which it is known.

Promises: only a text from what is no person's number counts (a short code, a name): nobody outside can put a SIM on hold.
"""

from gateway import numbers
from gateway.station import refused
from gateway.station.desk import Desk


class CreditWatch:
    """Looks through what came in since the last look."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._words = desk.spec.low_credit.casefold()
        self._seen = self._newest() if self._words else 0

    def look(self) -> None:
        """After something came in: hold the SIM when the operator says that its credit is low."""
        desk = self._desk
        if not self._words or desk.paused:
            return
        assert desk.seat is not None
        rows = desk.db.execute(
            "SELECT id, number, text FROM inbound WHERE id>? AND iccid=? AND kind IN ('text','flash') ORDER BY id",
            [self._seen, desk.seat.sim.iccid],
        ).fetchall()
        for row in rows:
            self._seen = row["id"]
            if not numbers.is_person(row["number"]) and self._words in row["text"].casefold():
                refused.pause_sim(
                    desk, "Its operator wrote that its credit is low; the text is in the inbox."
                )
                return

    def _newest(self) -> int:
        return int(self._desk.db.execute("SELECT coalesce(max(id), 0) FROM inbound").fetchone()[0])
