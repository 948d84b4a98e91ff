"""What is behind an error code, behind what the machine did, and behind the gaps of a day: in plain words, with what to do.

Pure. For technicians; the sentences about a station's state are in `gateway/explain.py`. Promises: every code gets words,
one that nobody knows too. `test_troubles.py` reads them all.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway import refusals
from gateway.day import BY_US, Gap, lasted
from gateway.notice import Notice
from gateway.refusals import Kind


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happened, and what a technician does about it."""

    what: str
    do: str


CHECK_SIM = "Check the SIM's credit and plan with the operator, then press Go on."
MOVE = "Move the modem or its antenna to a window, or use a longer cable."
PLUG = "Try another cable, another socket, and a hub with a power supply of its own."
DO: dict[Kind, str] = {
    "permanent": "Nothing at the modem: this one text was refused. A coordinator looks at the number.",
    "suspect": "One number alone: nothing. Several in a row: ask the operator whom this SIM may text, and look at its credit.",
    "temporary": "Nothing: it is tried again by itself. If it goes on for hours, look at signal and credit.",
    "once": "Nothing: it is tried once more. If it goes on, try the SIM in a telephone.",
    "modem": f"If it comes often: start it anew, then reset it. {PLUG}",
    "sim": CHECK_SIM,
    "storage": "Nothing: its memory is emptied by itself. If it stays full, start it anew.",
    "unclear": "The text waits as uncertain for a person. If it comes often, look at signal and cable, and run a self-test.",
    "taken": "The text waits as uncertain for a person. Nothing to do at the modem.",
}
BY_WORDS = {  # what says more than its kind
    refusals.NO_SIM: "Put the SIM in, or take it out, wipe its contacts and put it back. Then reset the modem.",
    refusals.PIN: "Enter the PIN on this page, or switch it off with a telephone.",
    refusals.PUK: "Put the SIM into a telephone and enter the PUK from its letter.",
    refusals.LOCKED: "Use a SIM of the operator that sold this modem, or another modem.",
    refusals.BROKEN: "Take the SIM out, wipe its contacts, put it back. If it stays, try it in a telephone.",
    refusals.BUSY_SIM: "Nothing: SIMs are busy for a while after a start. After five minutes, start it anew.",
    refusals.BUSY_MODEM: "Nothing for a minute. Then start it anew; see that no other program uses this modem.",
    refusals.NO_NET: MOVE,
    refusals.NOT_DONE: "Ask for its state in the console; another firmware or another modem may be needed.",
    refusals.NO_ANSWER: f"The text waits as uncertain for a person. {MOVE}",
    refusals.NO_CENTRE: "Store the number of the operator's text centre (SMSC) with a telephone.",
    "The SIM's plan has no texts, or its credit is used up.": "Ask for the balance. Then top it up or change the plan, and press Go on.",
}
MAKERS = {  # names of gateway.refusals.FAMILIES
    "simcom": r"simcom|\bsim[789]\d\d|\ba7[69]\d\d",
    "siemens": r"cinterion|siemens|gemalto",
    "wavecom": r"wavecom|sierra",
}
OTHER = {  # what has no number
    "silence": Trouble(
        "The modem did not answer in time.", f"If it comes often: start it anew, then reset it. {PLUG}"
    ),
    "port gone": Trouble("The modem left its port: unplugged, restarted, or without power.", PLUG),
    "reset": Trouble("The modem restarted by itself.", f"Look at the day for drops of voltage. {PLUG}"),
    "error": Trouble("The modem said that something went wrong, and not what.", DO["modem"]),
}
MACHINE = {  # kinds of gateway.readings.host_event
    "undervoltage": Trouble(
        "The power of the machine fell",
        "Use the supply that was made for the machine, and a hub with its own supply for the modems.",
    ),
    "usb_reset": Trouble("The machine reset a USB socket", PLUG),
    "usb_lost": Trouble("A device left the USB", PLUG),
}


def errors_of(model: str) -> str:
    """Whose meanings the codes from 512 on of this modem have, by what it calls itself; as `hardware.profiles` says."""
    return next((name for name, pattern in MAKERS.items() if re.search(pattern, model, re.IGNORECASE)), "")


def of_code(code: str, model: str = "") -> Trouble:
    """The words for a code as `gateway.readings` counts it: "CMS 38", "CME 14", "silence", or words of the modem's own.

    `model`: maker and model of the modem, for the codes that mean another thing with each.
    """
    plain = code.strip()
    if plain.casefold() in OTHER:
        return OTHER[plain.casefold()]
    family, _, number = plain.partition(" ")
    row = None
    if family in ("CMS", "CME") and number.lstrip("-").isdigit():
        row = refusals.find(family, int(number), "", errors_of(model))
    elif plain:
        row = refusals.find("TEXT", None, plain, "")
    if row is None:
        return Trouble(
            "An answer that we do not know.",
            "If it comes often, ask for its state in the console and send the developers this code.",
        )
    return Trouble(row.words, BY_WORDS.get(row.words, DO[row.kind]))


def of_machine(kind: str, evidence: str = "") -> Trouble:
    """The words for what the machine did; an unknown kind speaks for itself."""
    if "HC died" in evidence:  # as the kernel says it
        return Trouble("The machine's USB stopped: no socket works until the machine is restarted", PLUG)
    return MACHINE.get(kind, Trouble(kind.replace("_", " ").capitalize(), PLUG))


def of_gaps(found: Sequence[Gap], falls: int, word: str) -> Notice | None:
    """What to do about the gaps of a "day", "week" or "month" that we did not make ourselves; `falls` counts the drops of voltage in it."""
    found = [gap for gap in found if BY_US not in gap.causes]
    power = [gap for gap in found if "undervoltage" in gap.causes]
    usb = [gap for gap in found if gap.causes and gap not in power]
    total = f"{len(found)} {'gap' if len(found) == 1 else 'gaps'}"
    if power:
        return Notice(
            "The power fell, then the modem went.",
            f"{len(power)} of {total} of this {word} began within a minute of a drop of voltage. "
            f"The longest took {lasted(max(gap.ms for gap in power))}.",
            "Texts waited; one that was on its way is uncertain, none was sent twice.",
            MACHINE["undervoltage"].do,
        )
    if usb:
        return Notice(
            "The USB socket failed, not the network.",
            f"{len(usb)} of {total} of this {word} began as the machine lost or reset the socket.",
            "Texts waited; one that was on its way is uncertain, none was sent twice.",
            PLUG,
        )
    if falls:
        return Notice(
            "The power of the machine fell, and this modem held on.",
            f"The voltage dropped {falls} time{'' if falls == 1 else 's'} this {word}.",
            "Nothing was lost.",
            MACHINE["undervoltage"].do,
        )
    if len(found) > 2:
        return Notice(
            "It goes away and comes back.",
            f"There were {total} this {word}; the machine says nothing of power or USB.",
            "Texts waited; none was sent twice.",
            f"{PLUG} If that changes nothing, it is the modem.",
        )
    return None
