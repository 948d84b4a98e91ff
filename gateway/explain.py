"""The sentences that people read when something is not as it should be: what happened, the evidence, what we
did, what they do next.

Pure. One function for each state; short, without blame, and no code without words. Those about one text are
in `gateway/outcomes.py`. `test_explain.py` reads them all.
"""

from collections.abc import Sequence

from gateway.notice import BY_ITSELF, KEPT, seen, sentence
from gateway.notice import Notice as Notice
from gateway.refusals import NO_CENTRE

WEAK_DBM = -103  # below this texts begin to fail
STORE_CENTRE = (
    "Ask the operator for the number of its text centre and store it with a telephone: settings of messages."
)
WATCHING = "We look again every few seconds, and go on by ourselves."


# What stops a station. The first argument is its name.


def port_missing(station: str, port: str) -> Notice:
    """The configured port does not exist."""
    return Notice(
        f"The modem {station} is not plugged in.",
        f"There is no port {port}.",
        f"{KEPT} {WATCHING}",
        "Plug the modem in. If it is plugged in, check its cable, its power, and the port in the configuration.",
    )


def port_not_opened(station: str, port: str, evidence: str) -> Notice:
    """The configured path is there, and cannot be opened as a modem's port."""
    return Notice(
        f"The port of the modem {station} cannot be opened.",
        seen(f"On {port} the computer said", evidence),
        f"Nothing was written to it. {KEPT}",
        "Correct the port in the configuration, or name none: then the modem is found by itself. `textbank doctor` says more.",
    )


def modem_absent(station: str, modem: str, place: str, about: tuple[str, ...]) -> Notice:
    """A station's own modem, found by itself before, is plugged in nowhere. `about`: what else is, a sentence each."""
    last = f" It was last in the USB socket {place}." if place else ""
    return Notice(
        f"The modem {station} is plugged in nowhere.",
        f"It is the {modem}.{last}{_also(about)}",
        f"{KEPT} We notice it in any socket.",
        'Plug it in. To put another in its place, write imei = "…" of that one under its name in the file.',
    )


def looking_for_modem(station: str, about: tuple[str, ...]) -> Notice:
    """A station without a port has met no modem yet. `about`: what is plugged in, a sentence each."""
    return Notice(
        f"{station} has no modem yet.",
        _also(about).strip() or "No modem is plugged in that we know and that belongs to no other station.",
        f"{KEPT} We notice a modem as soon as it is plugged in.",
        'Plug one in, or give it one that works already: imei = "…" under its name in the file.',
    )


def _also(about: tuple[str, ...]) -> str:
    more = f" {len(about) - 1} more: see `textbank doctor`." if len(about) > 1 else ""
    return f" {about[0]}{more}" if about else ""


def cannot_find(station: str, why: str) -> Notice:
    """Modems cannot be found by themselves on this machine."""
    return Notice(
        f"{station} has no port, and modems are not found by themselves here.",
        sentence(why[:1].upper() + why[1:]),
        "Nothing was opened.",
        f'Write port = "/dev/ttyUSB…" under the station {station}, then start Textbank again.',
    )


def port_busy(station: str, port: str, holder: str) -> Notice:
    """Another program holds the port."""
    program = holder or "another program"
    return Notice(
        f"The modem {station} is in use by another program.",
        f"Its port {port} is held by {program}.",
        f"We did not touch it. {KEPT} {WATCHING}",
        "Stop that program. If it is ModemManager, `textbank doctor` says how to keep it away from this modem.",
    )


def port_gone(station: str, port: str, evidence: str) -> Notice:
    """The port vanished while it was open."""
    return Notice(
        f"The modem {station} was unplugged, or it restarted.",
        seen(f"Its port {port} disappeared", evidence),
        f"{KEPT} A text that was on its way is marked as uncertain.",
        "Plug it in again where it was. If nobody unplugged it, try another cable or a powered hub.",
    )


def modem_silent(station: str, command: str, waited_s: float) -> Notice:
    """The modem does not answer."""
    waited = (
        f"It did not answer {command} within {waited_s:.0f} seconds." if waited_s else f"It said: {command}"
    )
    return Notice(
        f"The modem {station} does not answer.",
        sentence(waited),
        f"We restarted the conversation with it. {KEPT}",
        "Wait a minute. If it stays silent, unplug the modem, count to ten, and plug it in again.",
    )


def not_a_modem(station: str, port: str, evidence: str) -> Notice:
    """Something else answers on this port."""
    return Notice(
        f"What is plugged in for {station} does not speak as a modem does.",
        seen(f"Something else answers on {port}", evidence),
        f"We sent it nothing more. {KEPT}",
        "Many modems have several ports and only some take commands: `textbank doctor --find` shows which one does.",
    )


def second_port(station: str, other: str, port: str) -> Notice:
    """The modem answers on two ports, and another station has it."""
    return Notice(
        f"What is plugged in for {station} is the modem {other} once more.",
        f"On {port} the same modem with the same SIM answers as for {other}.",
        f"We let this port go: two at one modem would take each other's answers. {KEPT}",
        f"Take {station} out of the configuration, or plug in a second modem for it.",
    )


def other_port(station: str, evidence: str) -> Notice:
    """The port is known to be one of a stick's others."""
    return Notice(
        f"The port of {station} is not the one where its modem takes commands.",
        sentence(evidence),
        f"We leave it alone. {KEPT}",
        f"Name the right port under {station} in the file, or none: then its modem is found by itself.",
    )


def pin_required(station: str) -> Notice:
    """The SIM wants a PIN and none is configured."""
    return Notice(
        f"The SIM in {station} asks for its PIN.",
        "The modem says that the SIM is locked with a PIN, and none is set here that we may try.",
        f"We entered nothing. {KEPT}",
        "Enter the PIN on the modem's page, or switch the PIN off with a telephone.",
    )


def pin_refused(station: str) -> Notice:
    """The SIM refused the PIN; it is never tried again."""
    return Notice(
        f"The SIM in {station} refused the PIN. We will not try again.",
        "A SIM locks itself after three wrong PINs; this one may have two tries left.",
        f"We stopped after one try and noted it, so no restart tries it again. {KEPT}",
        "Check the PIN on the card's letter and enter the right one on the modem's page.",
    )


def puk_required(station: str) -> Notice:
    """The SIM is locked with its PUK."""
    return Notice(
        f"The SIM in {station} is locked and asks for its PUK.",
        "This happens after three wrong PINs.",
        f"We entered nothing; ten wrong PUKs destroy the SIM. {KEPT}",
        "Put the SIM into a telephone and enter the PUK from the card's letter, or ask the operator for it.",
    )


def sim_absent(station: str) -> Notice:
    """No SIM is found."""
    return Notice(
        f"The modem {station} finds no SIM.",
        "The modem says that no SIM is inserted.",
        f"{KEPT} We look again every half minute.",
        "Put the SIM in, or take it out, wipe its contacts, and put it back. Then unplug the modem and plug it in.",
    )


def sim_busy(station: str) -> Notice:
    """The SIM is not ready yet."""
    return Notice(
        f"The SIM in {station} is not ready yet.",
        "The modem says that the SIM is busy, as it is for a while after a start.",
        f"{KEPT} {WATCHING}",
        f"{BY_ITSELF} If it takes more than five minutes, unplug the modem and plug it in again.",
    )


def sim_failure(station: str, evidence: str) -> Notice:
    """The SIM cannot be read or used."""
    return Notice(
        f"The modem {station} cannot use its SIM.",
        seen("The modem cannot read the card, or may not use it", evidence),
        KEPT,
        "Take the SIM out, wipe its contacts, put it back. If that does not help, try it in a telephone.",
    )


def not_registered(station: str, registration: str) -> Notice:
    """No network."""
    how = {
        "searching": "It is searching for one.",
        "none": "It is not searching for one.",
        "denied": "One refused it just now; it asks again.",
        "emergency": "The one it hears lets it make emergency calls and nothing else.",
        "limited": "The one it hears gives it a limited service, without texts.",
    }.get(registration, "")
    return Notice(
        f"The modem {station} has no network.",
        f"It is not signed on at any operator. {how}".strip(),
        f"{KEPT} {WATCHING}",
        "Move the modem or its antenna to a window. If a telephone with this SIM has no network either, ask the operator.",
    )


def registration_denied(station: str, operator: str) -> Notice:
    """The network refuses the SIM."""
    return Notice(
        f"The network does not let the SIM in {station} in.",
        f"{operator or 'The operator'} refused to sign it on.",
        f"{KEPT} We look every half minute, and have it ask anew every quarter of an hour.",
        "Check with the operator that the SIM is active and paid for, and may be used in a modem.",
    )


def smsc_missing(station: str) -> Notice:
    """The SIM names no service centre."""
    return Notice(
        f"The SIM in {station} does not know where to hand its texts.",
        "It has no number of a text centre (SMSC), and without one every text fails.",
        f"{KEPT} We changed nothing on the SIM.",
        STORE_CENTRE,
    )


def storage_nearly_full(station: str, used: int, total: int, hours: float | None) -> Notice:
    """The storage for incoming texts is nearly full, or will be in `hours`."""
    within = "an hour" if (hours or 0) < 1.5 else f"{hours:.0f} hours"
    pace = f" At this pace it is full within {within}." if hours else ""
    return Notice(
        f"The memory for incoming texts in {station} fills up.",
        f"{used} of {total} places are taken.{pace}",
        "We fetch each text, keep it here, and then free its place.",
        "If this stays, it holds texts that are not ours to delete, or that it does not let go: delete them with a telephone.",
    )


def slot_stuck(station: str, storage: str, index: int, count: int) -> Notice:
    """A text that was kept cannot be deleted in the modem."""
    more = f" and {count - 1} more" if count > 1 else ""
    return Notice(
        f"The modem {station} does not let go of a text that we have fetched.",
        f"Place {index} of its memory {storage}{more} was full again after three deletions.",
        "The text is kept here, once. We leave that place alone and try it again every hour. It goes on sending.",
        "Nothing, for one place. If there are more, delete the texts with a telephone, or use another modem.",
    )


def storage_full(station: str, used: int, total: int) -> Notice:
    """The storage is full: nothing more comes in."""
    return Notice(
        f"The memory for incoming texts in {station} is full. New ones wait in the network.",
        f"{used} of {total} places are taken." if total else "The modem says that no place is free.",
        "We are emptying it: each text is kept here first, then deleted there.",
        "If it is still full in five minutes, press Start anew at the modem's page; the texts we have fetched are safe.",
    )


def low_signal(station: str, signal_dbm: int) -> Notice:
    """The signal is weak."""
    return Notice(
        f"The modem {station} hears its network only faintly.",
        f"Its signal is {signal_dbm} dBm; below {WEAK_DBM} texts begin to fail.",
        "It goes on sending.",
        "Move it to a window or away from the computer, with a longer cable, or give it an antenna.",
    )


def budget_spent(station: str, why: str) -> Notice:
    """What the SIM's plan allows is used up."""
    return Notice(
        f"The SIM in {station} has sent what its plan allows for now.",
        sentence(why),
        KEPT,
        f"{BY_ITSELF} To send more today, add another SIM, or raise the limit if the plan allows it.",
    )


def refused_by_network(station: str, reason: str) -> Notice:
    """The network or the SIM refuses in a way that only a person can mend."""
    centre = reason.startswith(NO_CENTRE)
    do = STORE_CENTRE if centre else "Check the SIM's credit and plan with the operator."
    return Notice(
        f"The modem {station} is paused: its SIM cannot send.",
        sentence(reason),
        f"We stopped before more texts were refused. {KEPT}",
        f"{do} Then press Go on at the modem's page.",
    )


def uncertain_in_a_row(station: str, count: int) -> Notice:
    """Several texts in a row may or may not have left."""
    return Notice(
        f"The modem {station} is paused: it lost sight of {count} texts in a row.",
        "After each the network's answer did not come, so nobody knows whether they went out.",
        f"No text of these is sent again by itself. If reports show that they left, it goes on. {KEPT}",
        "Look at signal and cable, then press Go on at the modem's page. Settle the uncertain texts in the list.",
    )


def crashed(station: str, evidence: str) -> Notice:
    """The station's program stopped and was started again."""
    return Notice(
        f"The program for the modem {station} stopped by a fault of ours, and was started again.",
        sentence(evidence),
        "What was on its way is marked as uncertain; nothing is sent twice.",
        "Nothing to do. If it happens again, send the developers this line from `textbank stations`.",
    )


def paused_by(station: str, person: str) -> Notice:
    """A person paused it."""
    return Notice(
        f"{person} paused the modem {station}.",
        "It still receives.",
        KEPT,
        "Press Go on at the modem's page when it may send again.",
    )


# What stops the box.


def database_locked(waited_s: float) -> Notice:
    """Another program holds the database."""
    return Notice(
        "The database is in use and does not let us write.",
        f"We waited {waited_s:.0f} seconds for it.",
        "Nothing new is sent until it is free. What the modems hold stays on the SIM, and nothing was lost.",
        "Try again in a moment. If it stays, close any program that has the database file open, such as a backup.",
    )


def disk_full(path: str, free_bytes: int, largest: Sequence[tuple[str, int]] = ()) -> Notice:
    """The disk has no room; `largest`: what takes most in the database's folder, with its octets."""
    free = (
        f"{_size(free_bytes)} are free in {path}." if free_bytes >= 100_000 else f"No room is left in {path}."
    )
    takes = ", ".join(f"{name} {_size(octets)}" for name, octets in largest)
    return Notice(
        "The disk is full, so nothing new is sent.",
        f"{free} Most of it there is taken by {takes}." if takes else free,
        "What is on its way is still written down as long as that fits. Incoming texts that cannot be stored stay on the SIM.",
        "Free some room: old backups and logs first, then anything that is not Textbank's. It goes on by itself.",
    )


def _size(octets: int) -> str:
    return f"{octets / 1e6:,.0f} MB" if octets >= 9_500_000 else f"{octets / 1e6:.1f} MB"


def read_only(path: str, evidence: str) -> Notice:
    """The system switched the disk to reading only, which it does after an error of the card."""
    return Notice(
        "The disk can only be read, so nothing can be recorded.",
        sentence(f"Every change in {path} is refused; the system says: {evidence}"),
        "Nothing is sent, since it could not be noted. Incoming texts stay on the SIM.",
        "Copy the folder to another machine now: the card is probably worn out. Restart the box; "
        "when it comes again, put in a new card and restore a backup.",
    )


def not_written(path: str, evidence: str) -> Notice:
    """The disk has room and refuses all the same: rights, or a card that fails."""
    return Notice(
        "What happens cannot be recorded.",
        sentence(f"The system says: {evidence}"),
        "Nothing is sent, since it could not be noted. Incoming texts stay on the SIM.",
        f"Give the user of the gateway every file in {path} (chown). If they are its own, the card may be failing: back up, then replace it.",
    )


def clock_not_trusted(evidence: str) -> Notice:
    """The time may be wrong."""
    return Notice(
        "We do not trust the clock of this box.",
        sentence(evidence),
        "Sending waits, so that no text arrives at night. Texts still come in.",
        "A coordinator looks at the time on the first page, and confirms it when it is right. "
        'When it is wrong: connect the box to the internet for a minute, or set its clock (sudo date --set "YYYY-MM-DD HH:MM:SS").',
    )
