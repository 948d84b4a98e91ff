"""What may be at a port instead of a modem: GPS, a diagnosis port, a printer, an echo, noise, nothing; and another program
that has the same port open and takes half of what is said.
"""

import random
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from hardware.virtual.switches import STRANGERS

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine
    from hardware.virtual.terminal import Terminal

NMEA_S, BABBLE_S, PROBE_S = 1.0, 0.02, 3.0
BABBLE_OCTETS = 64
XOFF, XON, DIAG_END, DIAG_REFUSED = b"\x13", b"\x11", b"\x7e", b"\x13"
LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz     "
NOT_TEXT = bytes(range(0x80, 0x100))
POSITION = ("GPRMC,{time}.000,A,3853.8600,N,07702.1900,W,0.02,31.66,241126,,,A",
            "GPGGA,{time}.000,3853.8600,N,07702.1900,W,1,08,1.1,18.0,M,-33.5,M,,",
            "GPGSA,A,3,04,05,09,12,24,25,29,31,,,,,1.8,1.1,1.4")  # fmt: skip


def hears(modem: "Terminal", data: bytes, now: float) -> bool:
    """Whether something else than the modem gets these octets; it answers in its way."""
    name = modem.faults.first(STRANGERS)
    if not name:
        return False
    said = ANSWERS.get(name, _nothing)(modem, data)
    if name == "answers_binary" and b"\r" in data:
        modem.faults.take(name)
    if said:
        modem.say_raw(said, now)
    return True


def _nothing(modem: "Terminal", data: bytes) -> bytes:
    return b""


def _same(modem: "Terminal", data: bytes) -> bytes:
    return data


def _flow_control(modem: "Terminal", data: bytes) -> bytes:
    return XOFF + XON if b"\r" in data else b""


def _frame(modem: "Terminal", data: bytes) -> bytes:
    """An error of the diagnosis protocol: the refused octets in a frame with check octets."""
    return DIAG_REFUSED + data.replace(DIAG_END, b"\x7d\x5e") + _some(modem, NOT_TEXT, 2) + DIAG_END


def _misread(modem: "Terminal", data: bytes) -> bytes:
    return _some(modem, NOT_TEXT, 6 * data.count(b"\r"))


def _some(modem: "Terminal", octets: bytes, count: int) -> bytes:
    return bytes(modem.random.choices(octets, k=count))


ANSWERS: dict[str, Callable[["Terminal", bytes], bytes]] = {
    "diag_port": _frame,
    "printer": _flow_control,
    "echo_only": _same,
    "answers_binary": _misread,
}


def begin(modem: "Engine", value: object, now: float) -> None:
    """A stranger that speaks by itself begins."""
    modem.later(now, partial(_speak, modem))


def _speak(modem: "Engine", now: float) -> None:
    name = modem.faults.first(("gps_nmea", "babble_forever"))
    if name == "gps_nmea":
        modem.say_raw(nmea(now), now)
        modem.later(now + NMEA_S, partial(_speak, modem))
    elif name == "babble_forever":
        modem.say_raw(_some(modem, LETTERS, BABBLE_OCTETS), now)
        modem.later(now + BABBLE_S, partial(_speak, modem))


def nmea(now: float) -> bytes:
    """The sentences of one second, with their check sums (NMEA 0183)."""
    seconds = int(now) % 86_400
    time = f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
    said = b""
    for sentence in POSITION:
        body = sentence.format(time=time)
        check = 0
        for letter in body.encode():
            check ^= letter
        said += f"${body}*{check:02X}\r\n".encode()
    return said


ASKS = b"""AT AT+CPIN? AT+CFUN? AT+CSQ AT+CREG? AT+COPS? AT+CIMI AT+CPMS="SM" AT+CPMS="ME" AT+CPMS="SM","SM","SM" AT+CMGF=1 AT+CMGR=1 AT+CMGR=2
AT+CMGL=4 AT+CMGL="ALL" ATE1 ATZ""".split()
ASKS_S = (0.3, 1.0, PROBE_S)


def grab(modem: "Engine", value: object, now: float) -> None:
    """Another program opens the port too, for so many seconds: it asks AT every 3 s and takes part of what is said. {"rude": seconds}:
    it asks for anything, and sets the modem for itself.
    """
    # Its own dice: what else happens by chance stays as it is.
    dice = random.Random(now) if isinstance(value, dict) else None  # noqa: S311
    modem.grabbed_until = now + float(str(value.get("rude", 38.0) if isinstance(value, dict) else value))
    _probe(modem, dice, now)


def let_go(modem: "Engine", now: float) -> None:
    """The other program leaves."""
    modem.grabbed_until = now


def _probe(modem: "Engine", dice: random.Random | None, now: float) -> None:
    if now < modem.grabbed_until:
        modem.feed(b"AT\r" if dice is None else dice.choice(ASKS) + b"\r", now)
        again_s = PROBE_S if dice is None else dice.choice(ASKS_S)
        modem.later(now + again_s, partial(_probe, modem, dice))


def stolen(modem: "Terminal", pieces: list[bytes]) -> list[bytes]:
    """What is left for us: the head of a piece, its tail, or all of it."""
    left = []
    for piece in pieces:
        cut = modem.random.randint(0, len(piece))
        left.append(modem.random.choice((piece[:cut], piece[cut:], piece)))
    return [piece for piece in left if piece]
