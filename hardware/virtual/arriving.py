"""What faults make of a DELIVER that arrives: other kinds of text than a person writes, and damaged records.

Works on octets, as a service centre does (23.040 clause 9.2.2.1): the sender and the time of the text stay.
"""

from typing import TYPE_CHECKING

from hardware.pdu.septets import pack, unpack
from hardware.virtual.octets import UDHI, deliver_dcs, with_dcs

if TYPE_CHECKING:
    from hardware.virtual.engine import Engine

TYPE_0, REPLACE, RETURN_CALL, SIM_DATA = 0x40, 0x40, 0x5F, 0x7F  # TP-PID
DATA_CLASS_1, SIM_CLASS_2 = 0xF5, 0xF6  # TP-DCS
WAITS = {"discard": 0xC8, "store": 0xD8}  # voicemail waits, by what is to be done with the text
WAITS_UCS2 = 0xE8
WAITING_IE = bytes.fromhex(
    "04 01 02 80 03"
)  # a header with one element: voicemail, keep the text, 3 messages
MMS_HEADER = bytes.fromhex("06 05 04 0B84 23F0")  # to port 2948, from 9200
MMS_NOTICE = (  # WSP push of an m-notification-ind with a transaction id and a place to fetch it
    bytes.fromhex("01 06 22")
    + b"application/vnd.wap.mms-message\0"
    + bytes.fromhex("AF84 8C82 98")
    + b"T1\0"
    + bytes.fromhex("8D90 83")
    + b"http://mms.example/1\0"
)
SIM_COMMAND = bytes.fromhex("02 7000 00 1D 15 16 21 15 15 B0 00 10") + bytes(16)  # 31.115: a secured packet
RECORD_OCTETS = 176  # EF_SMS


def changed(modem: "Engine", tpdu: bytes) -> bytes:
    """The DELIVER as the faults thrown at this modem have it arrive."""
    faults = modem.faults
    if faults.take("class0_cmt"):
        dcs = deliver_dcs(tpdu)
        tpdu = with_dcs(tpdu, dcs & 0xFC if dcs & 0xF0 == 0xF0 else dcs & 0x2C | 0x10)
    kind = faults.number("pid_replace")
    if kind is not None:
        tpdu = _with_pid(tpdu, REPLACE | int(kind) & 0x07)
    if faults.take("type0"):
        tpdu = _with_pid(tpdu, TYPE_0)
    if faults.take("mms_wappush"):
        tpdu = _with_data(tpdu, 0, DATA_CLASS_1, MMS_HEADER + MMS_NOTICE)
    if faults.take("sim_data_download"):
        tpdu = _with_data(tpdu, SIM_DATA, SIM_CLASS_2, SIM_COMMAND)
    waits = faults.take("voicemail")
    return tpdu if waits is None else _waiting(tpdu, str(waits))


def _split(tpdu: bytes) -> tuple[int, bytes, bytes, int, bytes]:
    """Where TP-PID stands; what is before it, TP-SCTS, TP-UDL, TP-UD."""
    at = 3 + (tpdu[1] + 1) // 2
    return at, tpdu[:at], tpdu[at + 2 : at + 9], tpdu[at + 9], tpdu[at + 10 :]


def _with_pid(tpdu: bytes, pid: int) -> bytes:
    at = _split(tpdu)[0]
    return tpdu[:at] + bytes([pid]) + tpdu[at + 1 :]


def _with_data(tpdu: bytes, pid: int, dcs: int, data: bytes) -> bytes:
    """The same sender and time with this user data, which begins with a header."""
    _, head, stamp, _, _ = _split(tpdu)
    return bytes([head[0] | UDHI]) + head[1:] + bytes([pid, dcs]) + stamp + bytes([len(data)]) + data


def _waiting(tpdu: bytes, how: str) -> bytes:
    """The text says that voicemail waits: by TP-DCS, by an element in its header, or by TP-PID (23.040 9.2.3.24.2)."""
    if how == "pid":
        return _with_pid(tpdu, RETURN_CALL)
    dcs = deliver_dcs(tpdu)
    ucs2 = dcs & 0x0C == 0x08
    if how != "ie":
        return with_dcs(tpdu, WAITS_UCS2 if ucs2 else WAITS[how])
    _, head, stamp, length, data = _split(tpdu)
    if head[0] & UDHI:
        return tpdu
    middle = tpdu[len(head) : len(head) + 2] + stamp
    if ucs2:
        body = bytes([len(WAITING_IE) + length]) + WAITING_IE + data
    else:
        septets = unpack(data, length)[: 160 - 6]
        body = bytes([6 + len(septets)]) + pack(septets, WAITING_IE)
    return bytes([head[0] | UDHI]) + head[1:] + middle + body


def record(modem: "Engine", octets: bytes) -> str:
    """The record as the modem will print it, damaged if a fault says so."""
    faults = modem.faults
    shown = octets.hex().upper()
    left = faults.number("truncated_pdu")
    if left is not None:
        shown = shown[: 2 * int(left)]
    if faults.take("nonhex_pdu"):
        shown = shown[:14] + "=9" + shown[16:20] + "p7" + shown[22:]
    if faults.take("ff_padded_pdu"):
        shown = shown.ljust(2 * RECORD_OCTETS, "F")
    return shown.lower() if faults.take("lowercase_pdu") else shown
