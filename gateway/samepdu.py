"""When two records that modems gave are the same text. Pure."""

import hashlib
from sqlite3 import Row

from hardware.pdu import PduError
from hardware.pdu.decode import from_hex

LONGEST_CENTRE = 12  # octets of a service centre's number, at the head of a PDU


def octets(pdu: str) -> bytes:
    """What the hex says, as `decode` reads it; what is no hex, as it came."""
    try:
        return from_hex(pdu)
    except PduError:
        return pdu.encode("utf-8", "surrogateescape")


def unpadded(record: bytes) -> bytes:
    """Without the FF that fills a record of the SIM: the same text lies in the modem's own storage without it."""
    return record.rstrip(b"\xff")


def bare(record: bytes) -> bytes:
    """What makes two records the same text: without padding, and without the service centre's number. A network has many
    centres, and a modem does not always tell which one it was.
    """
    whole = unpadded(record)
    centre = whole[0] if whole else 0
    return (whole[1 + centre :] if centre <= LONGEST_CENTRE else b"") or whole


def digest(iccid: str, record: bytes) -> int:
    """By which a record of this SIM is found again."""
    return int.from_bytes(hashlib.sha256(iccid.encode() + b"\n" + record).digest()[:8], "big") >> 1


def is_of(row: Row, record: bytes) -> bool:
    """Whether a row of `arrival` that has this record's digest is the same text; `record` as of `bare`. When its person was erased, or it
    was deleted by its age, while it lay on the SIM, nothing but the digest is left.
    """
    return bare(row["pdu"]) == record or (not row["pdu"] and row["gone_at"] is None)
