"""The sentences about a modem on another machine: one for each way in which that machine or the network between fails.

Pure. The machine is called by its name in the configuration, "pi2.local" of rfc2217://pi2.local:7001.
"""

from urllib.parse import urlsplit

from gateway.notice import KEPT, Notice, seen, sentence

WATCHING = "We try again every few seconds, and go on by ourselves."


def missing(station: str, port: str, evidence: str) -> Notice:
    """There is no connection to be had."""
    return Notice(
        f"The modem {station} cannot be reached: it is on another machine, {_machine(port)}.",
        seen(f"There is no connection to {port}", evidence),
        f"{KEPT} {WATCHING}",
        "See that the other machine is on and in this network, and that ser2net runs there: `systemctl status ser2net`.",
    )


def gone(station: str, port: str, evidence: str) -> Notice:
    """The connection was open and is over."""
    return Notice(
        f"The connection to the modem {station} was lost.",
        seen(f"The machine {_machine(port)} or the network to it went away", evidence),
        f"{KEPT} A text that was on its way is marked as uncertain. {WATCHING}",
        f"If it does not come back: look at {_machine(port)}, its power, its network cable, and the modem in it.",
    )


def taken(station: str, port: str, said: str) -> Notice:
    """Somebody else has the modem."""
    return Notice(
        f"The modem {station} is in use by somebody else.",
        seen(f"The machine {_machine(port)} says", said),
        f"We did not take it away. {KEPT} {WATCHING}",
        "Look for a second Textbank or another program that uses this address. A modem can serve only one at a time.",
    )


def refused(station: str, port: str, said: str) -> Notice:
    """The other machine cannot open the modem."""
    return Notice(
        f"The other machine cannot open the modem {station}.",
        seen(f"The machine {_machine(port)} says", said),
        f"{KEPT} {WATCHING}",
        f"Plug the modem in at {_machine(port)}. If it is plugged in, check its device in /etc/ser2net.yaml there.",
    )


def contested(station: str, port: str, cuts: int, minutes: int) -> Notice:
    """The connection is cut again and again, as when two programs take it from each other."""
    return Notice(
        f"The connection to the modem {station} is cut again and again.",
        sentence(f"It ended {cuts} times in {minutes} minutes, each time after it had worked: {port}"),
        f"We leave it alone for a minute, so that no text is cut in half. {KEPT}",
        "Look for a second Textbank that uses this address, and take kickolduser out of /etc/ser2net.yaml. "
        "If there is none, look at the network and the modem's power.",
    )


def _machine(port: str) -> str:
    return urlsplit(port).hostname or port
