"""Fault switches that act when they are thrown, or end when they are taken back: by name, what to do.

All others only change what the modem does at its next occasion. `AGAIN` names those that act at each start, too.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from hardware.virtual import strangers
from hardware.virtual.at_network import tell_registration
from hardware.virtual.faults import Value, field_of
from hardware.virtual.identity import SERVICE_CENTRE
from hardware.virtual.refusing import WRONG_CENTRE
from hardware.virtual.settings import fresh
from hardware.virtual.sim import DEFAULT_PIN, FAILURE
from hardware.virtual.storage import Storage

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

SWAP_LINE_GAP_S = 0.2
POWER_DOWN_S = 1.0
REPORT_SLOTS = 10
BOOT_LINE = "^BOOT:91409020,0,0,0,6"


def _hang(modem: "Engine", value: Value, now: float) -> None:
    modem.faults.clear("hang")
    modem.deafen(now + float(str(value)))


def _count_commands(modem: "Engine", value: Value, now: float) -> None:
    modem.heard = 0


def _want_pin(modem: "Engine", value: Value, now: float) -> None:
    attempts = value if isinstance(value, (int, float)) else field_of(value, "attempts", 3)
    modem.sim.lock(str(field_of(value, "pin", DEFAULT_PIN)), int(float(str(attempts))))


def _want_puk(modem: "Engine", value: Value, now: float) -> None:
    modem.sim.block()


def _want_nothing(modem: "Engine", now: float) -> None:
    modem.sim.unlock()
    modem.carrier.ready(modem, now)


def _fail(modem: "Engine", value: Value, now: float) -> None:
    fail_sim(modem, float(str(value)), now)


def fail_sim(modem: "Engine", seconds: float, now: float) -> None:
    """The SIM fails for a while, then it is there."""
    modem.sim.trouble = FAILURE
    modem.later(now + seconds, partial(_recover, modem))


def _recover(modem: "Engine", now: float) -> None:
    if modem.sim.trouble == FAILURE:
        modem.sim.trouble = 0
        if modem.faults.waits("sim_failure"):  # else the lines of the start say it
            modem.urc(f"+CPIN: {modem.sim.shown()}", now=now)
        modem.carrier.ready(modem, now)


def _swap(modem: "Engine", value: Value, now: float) -> None:
    number = value if isinstance(value, (int, float)) else field_of(value, "sim", 1)
    _insert(modem, int(float(str(number))), now, quiet=bool(field_of(value, "quiet", otherwise=False)))


def _swap_back(modem: "Engine", now: float) -> None:
    _insert(modem, 0, now, quiet=False)


def _insert(modem: "Engine", number: int, now: float, *, quiet: bool) -> None:
    if not modem.drawer.insert(number):
        return
    if modem.powered and not quiet:
        for place, line in enumerate(modem.personality.swap_lines):
            modem.later(now + SWAP_LINE_GAP_S * (place + 1), partial(modem.unasked, line))
    modem.carrier.ready(modem, now)


def _wrap(modem: "Engine", value: Value, now: float) -> None:
    modem.faults.clear("mr_wrap")
    modem.mr = 254


def _noise(modem: "Engine", value: Value, now: float) -> None:
    modem.later(now, partial(_make_noise, modem))


def _make_noise(modem: "Engine", now: float) -> None:
    gap_s = modem.faults.number("noise")
    if gap_s is not None:
        modem.urc(modem.random.choice(modem.personality.noise), now=now)
        modem.later(now + gap_s, partial(_make_noise, modem))


def _storm(modem: "Engine", value: Value, now: float) -> None:
    modem.wedge("replug")
    modem.later(now, partial(_boot_line, modem))


def _boot_line(modem: "Engine", now: float) -> None:
    gap_s = modem.faults.peek("boot_storm")
    if isinstance(gap_s, (int, float)):
        modem.urc(BOOT_LINE, now=now)
        modem.later(now + gap_s, partial(_boot_line, modem))


def _storm_over(modem: "Engine", now: float) -> None:
    if not modem.faults.waits("boot_storm"):
        modem.wedged = ""


def _ring(modem: "Engine", value: Value, now: float) -> None:
    modem.call.begin(str(value), now)


def _rings_no_more(modem: "Engine", now: float) -> None:
    modem.call.end()


def _forget_indications(modem: "Engine", value: Value, now: float) -> None:
    modem.faults.clear("cnmi_forgotten")
    new = fresh(modem.personality)
    modem.settings.cnmi = (0, 0, 0, 0, new.cnmi[4])
    modem.settings.csms = 0


def _no_centre(modem: "Engine", value: Value, now: float) -> None:
    modem.service_centre = ""


def _wrong_centre(modem: "Engine", value: Value, now: float) -> None:
    modem.service_centre = WRONG_CENTRE


def _right_centre(modem: "Engine", now: float) -> None:
    if modem.service_centre in ("", WRONG_CENTRE):
        modem.service_centre = SERVICE_CENTRE


def _count_credit(modem: "Engine", value: Value, now: float) -> None:
    modem.credit_used = 0


def _operator_writes(modem: "Engine", value: Value, now: float) -> None:
    modem.faults.clear("operator_text")
    modem.carrier.operator_writes(modem, str(value), now)


def _acknowledged_only(modem: "Engine", value: Value, now: float) -> None:
    modem.settings.csms = 1
    mode, mt, bm, ds, bfr = modem.settings.cnmi
    modem.settings.cnmi = (mode, 2 if mt else 0, bm, 1 if ds else 0, bfr)


def _report_storage(modem: "Engine", value: Value, now: float) -> None:
    name = str(value)
    if name not in (*modem.storages, "nowhere"):
        modem.storages[name] = Storage(name, REPORT_SLOTS, modem.personality.first_index)


def _registration(modem: "Engine", value: Value, now: float) -> None:
    tell_registration(modem, now)


def _undervoltage(modem: "Engine", value: Value, now: float) -> None:
    line = modem.personality.undervoltage.get(str(value), "")
    if line:
        modem.urc(line, now=now)
    if value == "power down":
        modem.faults.clear("undervoltage")
        modem.later(now + POWER_DOWN_S, modem.power_off)


def _no_port(modem: "Engine", value: Value, now: float) -> None:
    modem.plugged = False


def _port_again(modem: "Engine", now: float) -> None:
    modem.plugged = modem.in_socket


ACTS: dict[str, Callable[["Engine", Value, float], None]] = {
    "hang": _hang,
    "stops_answering_after": _count_commands,
    "pin_required": _want_pin,
    "puk": _want_puk,
    "sim_failure": _fail,
    "sim_swap": _swap,
    "mr_wrap": _wrap,
    "noise": _noise,
    "boot_storm": _storm,
    "ringing": _ring,
    "cnmi_forgotten": _forget_indications,
    "cnma_required": _acknowledged_only,
    "no_smsc": _no_centre,
    "wrong_smsc": _wrong_centre,
    "no_credit": _count_credit,
    "operator_text": _operator_writes,
    "report_in": _report_storage,
    "registered": _registration,
    "undervoltage": _undervoltage,
    "hilink_only": _no_port,
    "gps_nmea": strangers.begin,
    "babble_forever": strangers.begin,
    "mm_grabs_port": strangers.grab,
}
ENDS: dict[str, Callable[["Engine", float], None]] = {
    "pin_required": _want_nothing,
    "puk": _want_nothing,
    "sim_failure": _recover,
    "sim_swap": _swap_back,
    "ringing": _rings_no_more,
    "no_smsc": _right_centre,
    "wrong_smsc": _right_centre,
    "boot_storm": _storm_over,
    "hilink_only": _port_again,
    "mm_grabs_port": strangers.let_go,
}
LATER = (
    "stops_answering_after",
    "no_credit",
    "wrong_smsc",
    "report_in",
)  # only prepared when they are thrown
AGAIN = ("sim_failure", "noise", "boot_storm", "cnma_required", "gps_nmea", "babble_forever", "mm_grabs_port")


def again(modem: "Engine", now: float) -> None:
    """The modem has started: what acts at each start does."""
    for name in AGAIN:
        value = modem.faults.peek(name)
        if value is not None:
            ACTS[name](modem, value, now)
