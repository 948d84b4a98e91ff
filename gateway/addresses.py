"""Where the panel can be reached: the address to print on a link and in a QR code.

A QR code must carry a numeric address: phones with private DNS do not find `.local` names.
"""

import io
import ipaddress
import socket
from urllib.parse import urlsplit

import segno

EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not bound to


def lan_address() -> str:
    """This machine's address on the network that it would reach others by; "127.0.0.1" without one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def panel_url(host: str, port: int) -> str:
    """The panel's address for people, from the configuration: http://192.168.1.7:8080."""
    name = lan_address() if host in EVERYWHERE else host
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def only_here(url: str) -> bool:
    """True when this address leads nowhere from another machine."""
    name = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


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
