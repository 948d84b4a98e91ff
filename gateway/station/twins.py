"""Two ports of one modem: many sticks answer on several, and each would ring, read and send for the same SIM.

The station that was there first keeps the modem; the other says so, leaves its port alone and looks again now and then.

Promises: a station is compared only with those that identified this very modem and SIM since this process began, and
still have it: what a row remembers from before proves nothing, for modems change places.
"""

from gateway import explain
from gateway.station.desk import Desk
from gateway.station.parting import let_go

AGAIN_S = 900.0  # between looks at a port where another station's modem was seen


def other_port(desk: Desk, imei: str, card: str) -> bool:
    """Whether this is the modem and SIM that another station has; if so it is said, and the port let go."""
    held = (imei, card)
    now = desk.clock.monotonic()
    desk.twin = desk.taken.take(desk.name, held, now=now)
    if not desk.twin:
        return False
    desk.twin_has, desk.twin_again_at = held, now + AGAIN_S
    _say(desk)
    let_go(desk)
    return True


def still_taken(desk: Desk) -> bool:
    """Whether the station that was found to have this modem still has it: then the port is not even opened."""
    now = desk.clock.monotonic()
    if not desk.twin or now >= desk.twin_again_at:
        return False
    if not desk.taken.has(desk.twin, desk.twin_has, now=now):
        desk.twin = ""
        return False
    _say(desk)
    return True


def _say(desk: Desk) -> None:
    desk.say("failed", explain.second_port(desk.name, desk.twin, desk.port))
