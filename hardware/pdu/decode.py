"""A PDU as a modem gives it, decoded: which kind it is and whether SMSC octets come first.

Promise: for any str and any octets the answer is a Deliver, a Submit, a StatusReport or PduError, and nothing else.
What modems add around a PDU is taken away first: spaces, line ends, Ctrl-Z, quotes, `,0`; and an editor's byte order mark.
Lower-case hex is as good.
With or without SMSC octets is told by the lengths inside: the reading that uses every octet is right. When neither
does (a record filled up with FF, a cut PDU), the one with SMSC octets is preferred, as modems give it. Lengths that fit
count for nothing where a field makes no sense, as a date that is none.
"""

import re

from hardware.pdu.address import read_smsc
from hardware.pdu.deliver import Deliver, read_deliver
from hardware.pdu.errors import PduError
from hardware.pdu.reader import Fit, Reader
from hardware.pdu.report import StatusReport, read_report
from hardware.pdu.submit import Submit, read_submit

Tpdu = Deliver | Submit | StatusReport
# How little a reading can be believed: a field of it makes no sense, its lengths do not fit, how much in it is seldom seen, it is padded.
Rank = tuple[bool, bool, int, Fit]
CLEAN: Rank = (False, False, 0, Fit.EXACT)

OCTETS_MOST = 512  # a SIM record has 176; anything much longer is no PDU
_READERS = (read_deliver, read_submit, read_report)
_AROUND = re.compile(r"(?:,\s*\d{1,3})?[\s\x00\x1a]*\Z")
_NOT_HEX = re.compile(r"[^0-9A-Fa-f]")


def decode(pdu: str | bytes, smsc: bool | None = None) -> Tpdu:  # noqa: FBT001 (its name is its meaning)
    """Decode hex as a modem gives it, or octets. smsc: whether SMSC octets come first; None finds out. PduError only."""
    octets = from_hex(pdu) if isinstance(pdu, str) else bytes(pdu)
    if not octets:
        raise PduError("The PDU is empty.", "PDU", 0)
    if len(octets) > OCTETS_MOST:
        raise PduError(
            f"The PDU has {len(octets)} octets; at most {OCTETS_MOST} are looked at.", "PDU", OCTETS_MOST
        )
    if smsc is not None:
        return _read(octets, smsc_present=smsc)[0]
    return _found_out(octets)


def _found_out(octets: bytes) -> Tpdu:
    error: PduError | None = None
    with_smsc: tuple[Tpdu, Rank] | None = None
    try:
        with_smsc = _read(octets, smsc_present=True)
        if with_smsc[1] == CLEAN:
            return with_smsc[0]
    except PduError as damage:
        error = damage
    try:
        without = _read(octets, smsc_present=False)
    except PduError as damage:
        if with_smsc is not None:
            return with_smsc[0]
        # A first octet of at most 12 is meant as the SMSC's length: its complaint is the one that helps.
        raise error if error is not None and octets[0] <= 0x0C else damage from None
    if with_smsc is not None:
        return min(with_smsc, without, key=lambda read: read[1])[0]
    # A cut PDU can look like one without SMSC octets by chance, above all like a SUBMIT, which has no date to be wrong.
    if (
        error is not None
        and without[1][1]
        and (isinstance(without[0], Submit) or len(without[0].problems) > 1)
    ):
        raise error
    return without[0]


def _read(octets: bytes, *, smsc_present: bool) -> tuple[Tpdu, Rank]:
    reader = Reader(octets)
    smsc = read_smsc(reader) if smsc_present else None
    at = reader.at
    first = reader.octet("TP-MTI")
    kind = first & 0x03
    if kind == 3:
        raise PduError("TP-MTI is 3, which is reserved: this is no text and no report.", "TP-MTI", at)
    tpdu = _READERS[kind](reader, first, smsc, smsc_present=smsc_present)
    if reader.fit is Fit.OTHER and reader.no_date is not None:
        # One of the two happens in whole messages; both together are fields read at the wrong place.
        raise PduError(
            "The lengths in the PDU do not fit it, and its time is no date: it is damaged.",
            "PDU",
            reader.no_date,
        )
    inside = len(tpdu.problems) - (reader.fit is Fit.OTHER)  # which has a sentence of its own
    return tpdu, (inside > 0, reader.fit is Fit.OTHER, reader.odd, reader.fit)


def from_hex(pdu: str) -> bytes:
    """The octets of hex as a modem gives it. PduError with the octet where it stops being hex."""
    if len(pdu) > 4 * OCTETS_MOST:
        raise PduError(
            f"The PDU has {len(pdu)} characters; at most {2 * OCTETS_MOST} are looked at.", "hex", OCTETS_MOST
        )
    try:
        return bytes.fromhex(pdu)
    except ValueError:
        pass
    digits = "".join(_AROUND.sub("", pdu).strip("\"'\x00 \r\n\ufeff").split())
    stray = _NOT_HEX.search(digits)
    if stray:
        found = ascii(stray.group())
        raise PduError(f"{found} is not a hexadecimal digit.", "hex", stray.start() // 2)
    if len(digits) % 2:
        raise PduError(
            f"The PDU has {len(digits)} hexadecimal digits: half an octet is missing.",
            "hex",
            len(digits) // 2,
        )
    return bytes.fromhex(digits)
