"""Asking a port whether a modem is there, and which: AT (then ATQ0V1 where "0" or no more than the echo came), AT+CGSN; nothing else is written.

Promises: bounded in time whatever the port does; the port is closed again; what is no modem is said in plain words.
Failure: `PortMissing`, `PortBusy`, `PortGone`; `NotAModem` for what speaks something else; `ModemSilent` for what
does not answer, which may be a modem that still boots.
"""

from __future__ import annotations

import re

from hardware import framing
from hardware.asking import ask
from hardware.at import At
from hardware.errors import ModemSilent, NotAModem
from hardware.identity import imei_in
from hardware.link import Clock
from hardware.port import open_port

LISTEN_S = 0.1  # what is still coming from an earlier conversation
NMEA = re.compile(rb"\$(G[A-Z]|BD|PUBX|P[A-Z]{3})[A-Z]*,")


def probe(device: str, clock: Clock, *, tries: int = 1, try_s: float = 2.0) -> str:
    """The IMEI of the modem that answers on `device`, "" when it answers and does not tell."""
    link = open_port(device, clock)
    try:
        at = At(link, clock)
        at.incoming.hush(LISTEN_S)
        began = clock.monotonic()
        heard = at.incoming.heard
        if talks := noise_in(heard):
            raise NotAModem(device, talks)  # before a single octet is written to it
        for _ in range(tries):
            if at.answers(try_s):
                at.incoming.hush(LISTEN_S)
                return imei_in(ask(at, "AT+CGSN"))
            heard += at.incoming.heard
        noise = noise_in(heard) or ("it only repeats what it is told" if framing.is_echo(heard) else "")
        if noise:
            raise NotAModem(device, noise)
        raise ModemSilent("AT", clock.monotonic() - began, heard[-200:])
    finally:
        link.close()


def noise_in(heard: bytes) -> str:
    """What speaks so, in words, when it is neither silence nor a modem; else ""."""
    bare = heard.strip(b"\r\n \0")
    if NMEA.search(bare):
        return "it speaks as a GPS receiver does (NMEA)"
    unprintable = len(re.sub(rb"[\x20-\x7e\r\n\t\0]", b"", heard))
    return "it speaks binary, as a port for diagnostics does" if bare and unprintable * 4 > len(heard) else ""
