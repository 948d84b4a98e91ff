"""What people read of what came: the kind of each text, and its words. Pure.

Nothing is hidden but what is for a device and asks for nothing (`silent`: type 0, SIM data download); everything else
says what it is, if it cannot be shown.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

from gateway.store import ms
from hardware.facts import NOT_READ
from hardware.pdu import Deliver, join

GAP = " […] "
MMS_PORT = 2948
MMS_FROM = re.compile(  # OMA-MMS-ENC 7.3.11: From, its length, "address present", perhaps a character set, the address
    rb"\x89(?:[\x01-\x1e]|\x1f.)\x80(?:[\x01-\x1e].)?(\+?[0-9]{3,20})/TYPE=PLMN\0", re.IGNORECASE | re.DOTALL
)
RAW_MOST = 400
TYPE_0 = 0x40  # TP-PID, 23.040 9.2.3.9
DEVICE_PIDS = {0x7C: 2, 0x7D: 1, 0x7E: 1, 0x7F: 2}  # for the SIM and the handset, in messages of this class
RETURN_CALL_PID = 0x5F  # 5E before it is that of EMS, of which a text with pictures is left
REPLACE_PIDS = range(0x41, 0x48)
TOOLKIT_ELEMENTS = range(0x70, 0x80)  # 23.040 9.2.3.24: security headers of the SIM toolkit
WEST, EAST = timedelta(hours=-12), timedelta(hours=14)  # the zones that there are
FOR_SIM = 2  # message class
PORTS = {
    226: "a visiting card (vCard)",
    228: "a calendar entry (vCalendar)",
    2805: "settings for the telephone (provisioning)",
    2948: "a notice for a browser (WAP push)",
    2949: "a notice for a browser (WAP push)",
    5505: "a ringing tone",
    5506: "an operator logo",
    5507: "a caller's picture",
    5514: "a picture message",
    9200: "a page for a browser (WAP)",
    9201: "a page for a browser (WAP)",
    9204: "a visiting card (vCard)",
    9205: "a calendar entry (vCalendar)",
    49996: "settings for the telephone (SyncML)",
    49999: "settings for the telephone (OTA)",
}
LAMPS = {"voicemail": "Voicemail", "fax": "A fax", "email": "E-mail", "other": "A message"}


@dataclass(frozen=True)
class Text:
    """One text as people read it. `asks`: somebody may have to answer. `replaces`: what it takes the place of (below)."""

    number: str
    kind: str
    words: str
    stamped_at: int | None = None
    missing: int = 0
    asks: bool = True
    replaces: str | None = None


def text_of(number: str, parts: list[Deliver | None]) -> Text:
    """One text, from its segments in order (None where one is missing)."""
    present = [part for part in parts if part is not None]
    first = present[0]
    missing = len(parts) - len(present) + sum(part.cut for part in present)
    kind = _kind(first)
    data = b"".join(part.data or b"" for part in present)
    written = _written(first, data) if kind == "binary" else ""
    if written:
        kind, words = _for_people(first), written + (GAP if missing else "")
    elif kind == "mms":
        if sent_by := MMS_FROM.search(data):  # the notice itself is from the network
            number = sent_by[1].decode()
        words = "A picture message (MMS) waits at the network; this modem cannot fetch it."
    elif first.dcs.compressed:
        words = f"A compressed text. As it came: {data.hex()[:RAW_MOST]}"
    elif kind in ("binary", "silent"):
        words = f"{_device(first)}: {data.hex()[:RAW_MOST]}"
    elif missing:
        words = GAP.join(_runs(parts)) + (GAP if present[-1].cut and parts[-1] is not None else "")
    else:
        words = join(present)
    lamp = first.mwi
    if kind == "voicemail" and not words:
        what = LAMPS[lamp.type] if lamp else LAMPS["voicemail"]
        words = f"{what} waits for this number." if lamp is None or lamp.active else f"{what} waits no more."
    asks = kind not in ("binary", "silent") and not (lamp is not None and not lamp.active)
    return Text(number, kind, words, stamp_of(first), missing, asks, _replaces(first))


def damaged(pdu: str, damage: str) -> Text:
    """What could not be read; of a sentence that stands in place of a PDU nothing more can be said than it says."""
    said = f"A text came that cannot be read ({damage}). As the modem gave it: {pdu[:RAW_MOST]}"
    return Text("", "undecoded", pdu if pdu.startswith(NOT_READ) else said)


def stamp_of(tpdu: Deliver) -> int | None:
    """When the network says that it was sent, ms; a zone that is nowhere on earth counts as the nearest that is."""
    if tpdu.timestamp is None:
        return None
    offset = tpdu.timestamp.utcoffset() or timedelta()
    return ms(tpdu.timestamp + (offset - min(max(offset, WEST), EAST)))


def _runs(parts: list[Deliver | None]) -> list[str]:
    """The texts of the unbroken runs of segments, with an empty one where the text begins or ends in a gap."""
    runs: list[list[Deliver]] = [[]]
    for part in parts:
        if part is not None:
            runs[-1].append(part)
        elif runs[-1] or len(runs) == 1:
            runs.append([])
    return [join(run) if run else "" for run in runs]


def _kind(tpdu: Deliver) -> str:
    if _is_silent(tpdu):
        return "silent"
    if tpdu.dcs.compressed:
        return "undecoded"
    if tpdu.ports is not None and tpdu.ports.dst == MMS_PORT and _is_mms(tpdu.data or b""):
        return "mms"
    if tpdu.text is None:
        return "binary"
    if tpdu.mwi is not None or tpdu.pid == RETURN_CALL_PID:
        return "voicemail"
    return _for_people(tpdu)


def _is_silent(tpdu: Deliver) -> bool:
    """Whether telephones show it to nobody. Words whose protocol is a device's, and their class another, they show."""
    if tpdu.pid == TYPE_0 or any(element.iei in TOOLKIT_ELEMENTS for element in tpdu.udh):
        return True
    its_class = DEVICE_PIDS.get(tpdu.pid)
    return its_class is not None and (tpdu.text is None or tpdu.dcs.message_class == its_class)


def _for_people(tpdu: Deliver) -> str:
    return "flash" if tpdu.dcs.message_class == 0 else "text"


def _written(tpdu: Deliver, data: bytes) -> str:
    """The words in 8-bit data that is for no program and no SIM: some machines and telephones write so; "" when there are none."""
    if tpdu.ports is not None or tpdu.dcs.message_class == FOR_SIM:
        return ""
    try:
        words = data.rstrip(b"\0").decode()  # some programs send the NUL behind their words too
    except UnicodeDecodeError:
        return ""
    readable = all(char.isprintable() or char in "\r\n" for char in words)
    return words if readable and any(map(str.isalpha, words)) else ""


def _is_mms(push: bytes) -> bool:
    """A WAP push whose content type is that of MMS, in words or as its number 3E."""
    return b"application/vnd.wap.mms-message" in push or (
        len(push) > 3 and push[1] == 0x06 and push[3] == 0xBE
    )


def _device(tpdu: Deliver) -> str:
    what = PORTS.get(tpdu.ports.dst, f"for a program at port {tpdu.ports.dst}") if tpdu.ports else "data"
    return f"A message for a device, not for people ({what})"


def _replaces(tpdu: Deliver) -> str | None:
    """What a replace type takes the place of: the one before of the same service centre and type (23.040 9.2.3.9)."""
    if tpdu.pid not in REPLACE_PIDS:
        return None
    return f"{tpdu.pid:02X} {tpdu.smsc.number if tpdu.smsc else ''}"
