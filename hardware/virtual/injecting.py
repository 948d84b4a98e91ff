"""The DELIVERs of a text that is injected, with what faults do to long ones: order, gaps, repeats, and cuts that split
what no phone would split. 3GPP 23.040 clause 9.2.3.24.1.
"""

from datetime import datetime

from hardware import pdu
from hardware.pdu.alphabet import alphabet
from hardware.pdu.septets import pack
from hardware.pdu.times import time_octets
from hardware.virtual.errors import VirtualError
from hardware.virtual.faults import Faults
from hardware.virtual.octets import UDHI, address

DELIVER = 0x04  # and no more messages wait
UCS2_DCS = 0x08
HEADER = bytes.fromhex("05 00 03")  # one element: reference, how many, which
HEADER_SEPTETS = 7
SEPTETS, OCTETS = 153, 134  # a segment of a long text
ESCAPE = 0x1B


def delivers(faults: Faults, sender: str, text: str, when: datetime, reference: int) -> list[bytes]:
    """The DELIVERs of a text, in the order they will come. Raises VirtualError when it cannot be sent."""
    same = faults.number("concat_ref_reuse")
    reference = reference if same is None else int(same) % 256
    try:
        tpdus = _cut_wrongly(faults, sender, text, when, reference)
        if not tpdus:
            whole = pdu.segment(text)
            tpdus = [
                pdu.encode_deliver(sender, whole, timestamp=when, seq=place + 1, ref=reference)
                for place in range(whole.count)
            ]
    except pdu.PduError as error:
        raise VirtualError(str(error)) from None
    return _mixed_up(faults, tpdus) if len(tpdus) > 1 else tpdus


def _mixed_up(faults: Faults, tpdus: list[bytes]) -> list[bytes]:
    missing, twice = faults.number("concat_missing"), faults.number("concat_dup")
    if twice is not None:
        tpdus.insert(int(twice), tpdus[min(int(twice), len(tpdus)) - 1])
    if missing is not None:
        del tpdus[min(int(missing), len(tpdus)) - 1]
    if faults.take("concat_oo"):
        tpdus.reverse()
    return tpdus


def _cut_wrongly(faults: Faults, sender: str, text: str, when: datetime, reference: int) -> list[bytes]:
    """The segments with the cut that a fault asks for; none when the text has nothing to split there."""
    have = alphabet()
    if have.has(text):
        septets = have.encode(text)
        at = septets.rfind(ESCAPE, 0, SEPTETS)
        if at < 0 or len(septets) <= SEPTETS or not faults.take("esc_at_boundary"):
            return []
        pieces = [septets[: at + 1], *_in_pieces(septets[at + 1 :], SEPTETS)]
        dcs, lengths = 0, [HEADER_SEPTETS + len(piece) for piece in pieces]
    else:
        octets = text.encode("utf-16-be")
        at = _last_pair(octets)
        if at < 0 or len(octets) <= OCTETS or not faults.take("ucs2_surrogate_split"):
            return []
        pieces = [octets[: at + 2], *_in_pieces(octets[at + 2 :], OCTETS)]
        dcs, lengths = UCS2_DCS, [len(HEADER) + 3 + len(piece) for piece in pieces]
    head = bytes([DELIVER | UDHI]) + address(sender) + bytes([0, dcs]) + time_octets(when)
    tpdus = []
    for place, piece in enumerate(pieces):
        header = HEADER + bytes([reference, len(pieces), place + 1])
        body = pack(piece, header) if dcs == 0 else header + piece
        tpdus.append(head + bytes([lengths[place]]) + body)
    return tpdus


def _in_pieces(octets: bytes, size: int) -> list[bytes]:
    return [octets[start : start + size] for start in range(0, len(octets), size)]


def _last_pair(octets: bytes) -> int:
    """Where the last surrogate pair begins whose first half still fits in a segment; -1 when there is none."""
    places = [at for at in range(0, min(len(octets), OCTETS - 1), 2) if octets[at] & 0xFC == 0xD8]
    return places[-1] if places else -1
