"""Where the panel can be reached: the address to print on a link and in a QR code.

A QR code must carry a numeric address: phones with private DNS do not find `.local` names.
"""

import contextlib
import fcntl
import io
import ipaddress
import socket
import struct
from pathlib import Path
from urllib.parse import urlsplit

import segno

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to
INTERFACES = Path("/sys/class/net")
ADDRESSES_6 = Path("/proc/self/net/if_inet6")
GLOBAL, IFA_F_TEMPORARY = "00", 0x01  # there; linux/if_addr.h
# linux/sockios.h and linux/if.h
SIOCGIFADDR, SIOCGIFFLAGS, IFF_RUNNING = 0x8915, 0x8913, 0x40


def lan_address() -> str:
    """This machine's address on the network that it would reach others by; "127.0.0.1" without one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return _without_a_way_out(probe)
        return str(probe.getsockname()[0])


def _without_a_way_out(probe: socket.socket) -> str:
    """This machine's address on a network that leads nowhere else, such as its own hotspot or a switch without a router."""
    found = []
    for name in _interfaces():
        asked = struct.pack("256s", name.encode())
        with contextlib.suppress(OSError):  # it has no address
            address = ipaddress.IPv4Address(fcntl.ioctl(probe.fileno(), SIOCGIFADDR, asked)[20:24])
            flags = struct.unpack_from("H", fcntl.ioctl(probe.fileno(), SIOCGIFFLAGS, asked), 16)[0]
            if flags & IFF_RUNNING and not address.is_loopback:  # Docker's has no cable
                found.append(address)
    found.sort(key=lambda address: address.is_link_local)
    return str(found[0]) if found else "127.0.0.1"


def _interfaces() -> list[str]:
    """By their numbers. Not from if_nameindex(3): the panel's unit lets nobody speak to the kernel by netlink."""
    found = []
    for folder in INTERFACES.iterdir() if INTERFACES.is_dir() else ():
        with contextlib.suppress(OSError, ValueError):  # it is gone
            found.append((int((folder / "ifindex").read_text()), folder.name))
    return [name for _, name in sorted(found)]


def _of_version_6() -> str:
    """This machine's lasting address on a network that knows IPv6 alone; "" without one."""
    with contextlib.suppress(OSError):
        for line in ADDRESSES_6.read_text().splitlines():
            octets, _, _, scope, flags, _ = line.split()
            if scope == GLOBAL and not int(flags, 16) & IFA_F_TEMPORARY:
                return str(ipaddress.IPv6Address(bytes.fromhex(octets)))
    return ""


def panel_url(host: str, port: int) -> str:
    """The panel's address for people, from the configuration: http://192.168.1.7:8080."""
    name = lan_address() if host in EVERYWHERE else host
    if host == "::" and name == "127.0.0.1":
        name = _of_version_6() or name
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def only_here(url: str) -> bool:
    """True when this address leads nowhere from another machine."""
    name = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def to_let_others_in(host: str) -> str:
    """What to do about an address that works on this machine only."""
    if host in EVERYWHERE:
        return "This machine is on no network now: connect it to one, then make a new link."
    return 'To let phones on the same network in, set [panel] host = "0.0.0.0", start Textbank again and make a new link.'


def for_others(reached: str, host: str, port: int) -> str:
    """The address that somebody else's phone should use, given the one that this browser reached the panel by.

    Over https a name is kept, because the certificate is for the name.
    """
    parts = urlsplit(reached)
    numeric = all(character in "0123456789abcdef.:" for character in (parts.hostname or ""))
    if host not in EVERYWHERE or parts.scheme == "https" or (numeric and not only_here(reached)):
        return reached
    return panel_url(host, port)


def qr(link: str) -> str:
    """The link as an SVG drawing, dark on light in either theme, scaled by the page."""
    drawing = io.BytesIO()
    segno.make(link, error="m", micro=False).save(
        drawing,
        kind="svg",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        border=3,
        light="#fff",
        dark="#000",
        svgclass=None,
        lineclass=None,
    )
    return drawing.getvalue().decode()


def qr_for_terminal(link: str) -> str:
    """The link as half-block characters for a terminal."""
    drawing = io.StringIO()
    segno.make(link, error="l", micro=False).terminal(drawing, compact=True, border=2)
    return drawing.getvalue()
