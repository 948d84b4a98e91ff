"""What is said of things that are plugged in and are not driven: what it is, and what to do about it.

Pure. `found` and `do` are a sentence each; `do` is "" where nothing is to be done.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

RULES = "Install our rule: sudo make install-udev. Or run: sudo systemctl disable --now ModemManager."


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing that was seen, in words; `ok` False when a person should act."""

    found: str
    do: str = ""
    ok: bool = False

    def __str__(self) -> str:
        """Both sentences."""
        return f"{self.found} {self.do}".strip()


def written(seen: Iterable[Sighting]) -> str:
    """As they are kept for the page of the modems."""
    return json.dumps([asdict(one) for one in seen], ensure_ascii=False)


def read(kept: str) -> list[Sighting]:
    """What `written` kept."""
    return [Sighting(**one) for one in json.loads(kept)]


def storage(name: str, place: str) -> Sighting:
    """A stick that still shows itself as a CD-ROM."""
    return Sighting(
        f"The {name} in socket {place} still shows itself as a disk and not as a modem.",
        "It needs a mode switch: sudo apt-get install usb-modeswitch, then plug it in again.",
    )


def hilink(name: str, place: str) -> Sighting:
    """A stick that is a network card with a web page."""
    return Sighting(
        f"The {name} in socket {place} is in HiLink mode: it is a network card and takes no commands.",
        "Use another stick, or its firmware for stick mode.",
    )


def mute(name: str, place: str) -> Sighting:
    """A known modem without any port."""
    return Sighting(
        f"The {name} in socket {place} shows no port for commands.",
        "Run: sudo modprobe option. If that does not help, its USB configuration is one without serial ports.",
    )


def silent(name: str, place: str, ports: str) -> Sighting:
    """A modem that does not answer."""
    return Sighting(
        f"The {name} in socket {place} does not answer on {ports}.",
        "It may still be starting. After two minutes pull it out, count to ten, and plug it in again.",
    )


def held(name: str, place: str, holder: str) -> Sighting:
    """Another program has its port open."""
    manager = "ModemManager" in holder
    return Sighting(
        f"The {name} in socket {place} is held by {holder or 'another program'}.",
        RULES if manager else "Stop that program; we never take a port from another.",
    )


def denied(name: str, place: str, port: str, evidence: str) -> Sighting:
    """The system does not let us open its port."""
    return Sighting(
        f"The port {port} of the {name} in socket {place} cannot be opened: {evidence}.",
        "Run `textbank doctor`: it says what is missing.",
    )


def no_modem(name: str, place: str, port: str, evidence: str) -> Sighting:
    """Something else speaks there."""
    return Sighting(
        f"The {name} in socket {place} is no modem: on {port} {evidence}. We leave it alone.", ok=True
    )


def quiet(name: str, place: str) -> Sighting:
    """An adapter, or an unknown device, behind which nobody answers."""
    return Sighting(f"Behind the {name} in socket {place} no modem answers. We leave it alone.", ok=True)
