"""Two ports of one modem: many sticks answer on several, and each would ring, read and send for the same SIM.

The station that was there first keeps the modem; the other says so, leaves its port alone and looks again now and then.
"""

from gateway import explain
from gateway.station.desk import Desk

_AT_WORK = "state IN ('ready', 'waiting', 'paused') OR (state='starting' AND name<?)"


def other_port(desk: Desk, imei: str, card: str) -> bool:
    """Whether this is the modem and SIM of another station that works; if so it is said, and the port let go."""
    if not imei:
        return False
    row = desk.db.execute(
        f"SELECT name FROM station WHERE imei=? AND iccid=? AND name<>? AND retired_at IS NULL AND ({_AT_WORK})",
        [imei, card, desk.name, desk.name],
    ).fetchone()
    if row is None:
        return False
    desk.twin = row["name"]
    _say(desk)
    desk.drop_modem()
    return True


def still_taken(desk: Desk) -> bool:
    """Whether the station that was found to have this modem still works: then the port is not even opened."""
    if not desk.twin:
        return False
    row = desk.db.execute(
        f"SELECT 1 FROM station WHERE name=? AND retired_at IS NULL AND ({_AT_WORK})", [desk.twin, desk.name]
    ).fetchone()
    if row is None:
        desk.twin = ""
        return False
    _say(desk)
    return True


def _say(desk: Desk) -> None:
    desk.say("failed", explain.second_port(desk.name, desk.twin, desk.port))
