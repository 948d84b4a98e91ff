"""What a station hears of the time: its network's, when no time server and no person vouches for the clock, and the stamps of texts that come."""

from zoneinfo import ZoneInfo

from gateway.station.desk import Desk
from gateway.store import moment


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
    """The newest stamp among the texts that were just kept: it is no earlier than that."""
    if not new or not desk.timekeeper.listens:
        return
    row = desk.db.execute(
        "SELECT max(stamped_at) AS at FROM (SELECT stamped_at FROM inbound WHERE station=? ORDER BY id DESC LIMIT ?)",
        [desk.name, new],
    ).fetchone()
    if row["at"] is not None:
        desk.timekeeper.hear(desk.db, "texts", desk.name, moment(row["at"]))


def evidence(desk: Desk) -> str:
    """What the clock shows, by the group's zone, and why it is not trusted."""
    shown = desk.clock.now().astimezone(ZoneInfo(desk.rules.zone))
    return f"It shows {shown:%H:%M on %-d %B %Y}. {desk.timekeeper.why}"
