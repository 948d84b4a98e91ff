"""What a station hears of the time: its network's, when no time server and no person vouches for the clock, and the stamps of texts that come."""

from zoneinfo import ZoneInfo

from gateway.clocktrust import AGREES_S
from gateway.station.desk import Desk
from gateway.store import moment

WAITED_S = 120.0  # after the modem came: what its network or its SIM had kept comes first


def ask_network(desk: Desk) -> None:
    """Let the modem tell its network's time, while that would help."""
    assert desk.modem is not None
    desk.clock_is_trusted()  # a machine that a time server keeps needs no network
    if not desk.registered or not desk.timekeeper.wants(desk.name):
        return
    said = desk.modem.network_time()
    if said is not None:
        desk.timekeeper.hear(desk.db, "network", desk.name, said)


def read_stamps(desk: Desk, new: int) -> None:
    """The newest stamp among the texts that were just kept: it is no earlier than that.

    What had waited while the box was off bears about the moment at which a clock without a battery stopped: in the first minutes a stamp
    may say that it is later than that, never that it is the same.
    """
    if not new or not desk.timekeeper.listens:
        return
    row = desk.db.execute(
        "SELECT max(stamped_at) AS at FROM (SELECT stamped_at FROM inbound WHERE station=? ORDER BY id DESC LIMIT ?)",
        [desk.name, new],
    ).fetchone()
    if row["at"] is None:
        return
    said, now = moment(row["at"]), desk.clock.monotonic()
    waited = desk.opened_at is None or now - desk.opened_at < WAITED_S
    if not waited or (said - desk.clock.now()).total_seconds() > AGREES_S:
        desk.timekeeper.hear(desk.db, "texts", desk.name, said)


def evidence(desk: Desk) -> str:
    """What the clock shows, by the group's zone, and why it is not trusted."""
    shown = desk.clock.now().astimezone(ZoneInfo(desk.rules.zone))
    return f"It shows {shown:%H:%M on %-d %B %Y}. {desk.timekeeper.why}"
