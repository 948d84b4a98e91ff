"""Where each station's modem is, and whose a modem is that was found. Pure.

A modem is known by its IMEI, and by its USB socket (`place`) where two have the same IMEI or one tells none.

    a station that names or remembers this modem   before all others; among several, the one last in this socket
    a station that has met none yet                takes it, and remembers it
    else                                           it becomes a station of its own, modem-IMEI
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

LINK = "/dev/textbank/modem-"  # followed by an IMEI: that modem, wherever it is


@dataclass(frozen=True)
class Where:
    """Where a station's modem is now.

    `port` None: it is not here, or nobody knows which it is. `about` then says what else is plugged in, a sentence for
    each; `blind` why nothing can be found by itself here, "" when it can.
    """

    port: str | None
    place: str = ""
    about: tuple[str, ...] = ()
    blind: str = ""


@dataclass(frozen=True)
class Seek:
    """How a station finds its modem: `look` says where it is; `doubt` says that another one is there."""

    look: Callable[[], Where]
    doubt: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Owner:
    """A station that looks for its modem: what it names in the file or remembers of it, "" for neither."""

    name: str
    imei: str = ""
    place: str = ""
    named: bool = False  # the file says which modem, not the memory


@dataclass(frozen=True)
class Met:
    """A modem that answered."""

    imei: str
    place: str
    device: str = field(compare=False, default="")


def owner_of(met: Met, owners: Iterable[Owner], taken: Collection[str]) -> str | None:
    """The station that this modem belongs to; None when it belongs to nobody. `taken` have a modem already."""
    free = [owner for owner in owners if owner.name not in taken]
    if met.imei:
        known = [owner for owner in free if owner.imei == met.imei]
    else:
        known = [owner for owner in free if not owner.imei and owner.place == met.place]
    known.sort(key=lambda owner: (not owner.named, owner.place != met.place))
    fresh = [owner for owner in free if not owner.imei and not owner.place]
    return next((owner.name for owner in known + fresh), None)


def name_for(met: Met, names: Collection[str]) -> str:
    """What a modem that belongs to nobody is called as a station: modem-IMEI, with its socket where that is taken."""
    socket = "".join(char if char.isalnum() else "-" for char in met.place)
    name = f"modem-{met.imei}" if met.imei else f"modem-{socket}"
    if name in names and met.imei:
        name = f"{name}-{socket}"
    number, wanted = 2, name
    while name in names:
        name, number = f"{wanted}-{number}", number + 1
    return name


def imei_of(port: str | None) -> str:
    """The IMEI that a port is named after, "" when it is a port like others."""
    imei = port.removeprefix(LINK) if port and port.startswith(LINK) else ""
    return imei if imei.isdigit() else ""
