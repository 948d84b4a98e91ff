"""When two records that modems gave are the same text. Pure."""

import hashlib
from collections.abc import Sequence
from sqlite3 import Row

from gateway.rules import DAY_MS
from hardware.pdu import PduError
from hardware.pdu.decode import from_hex

REPEAT_MS = 10 * 60_000
RETURN_MS = 8 * DAY_MS  # the network gives up after days; a slot that cannot be emptied comes back for ever
MTI, SUBMIT, NO_MORE = (
    0x03,
    0x01,
    0x04,
)  # first octet of a TPDU: its type, a draft's, and that nothing more waits
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
    """What makes two records the same text: without padding, without the service centre's number, and whether more texts wait there or
    not. A network has many centres, and a modem does not always tell which one it was; what waits changes between two tries.
    """
    tpdu = _tpdu(record)
    waits = tpdu[:1] and tpdu[0] & MTI != SUBMIT
    return bytes((tpdu[0] | NO_MORE,)) + tpdu[1:] if waits else tpdu


def _tpdu(record: bytes) -> bytes:
    whole = unpadded(record)
    centre = whole[0] if whole else 0
    return (whole[1 + centre :] if centre <= LONGEST_CENTRE else b"") or whole


def digests(iccid: str, record: bytes) -> tuple[int, ...]:
    """By which a record of this SIM is found again: the first one now, the others in rows of older versions."""
    return tuple(digest(iccid, form) for form in (bare(record), _tpdu(record), unpadded(record)))


def digest(iccid: str, record: bytes) -> int:
    """By which a record of this SIM is found again."""
    return int.from_bytes(hashlib.sha256(iccid.encode() + b"\n" + record).digest()[:8], "big") >> 1


def is_of(row: Row, record: bytes, now: int) -> bool:
    """Whether a row of `arrival` that has this record's digest is the same text; `record` as of `bare`. When its person was erased, or it
    was deleted by its age, while it lay on the SIM or could be repeated, nothing but the digest is left.
    """
    return bare(row["pdu"]) == record or (not row["pdu"] and may_come_again(row, now))


def repeated(known: Sequence[Row], now: int) -> Row | None:
    """Of the earlier arrivals of the same octets, oldest first, the one that this repeats. A clock that stepped back makes no second text of
    a repeat.
    """
    return next((row for row in reversed(known) if may_come_again(row, now)), None)


def may_come_again(row: Row, now: int) -> bool:
    """Whether the octets of this arrival, read now, are that text: it may lie there still, or the network repeats it."""
    return row["gone_at"] is None or now - row["first_at"] < REPEAT_MS


def in_another_storage(known: Sequence[Row], storage: str, stamped_at: int | None, now: int) -> Row | None:
    """The earlier arrival that was read in another storage, where another program may have chosen this one in between: not a second
    text, however long ago a clock that was set says that it was.
    """
    others = [row for row in known if storage and row["storage"] not in ("", storage)]
    return others[-1] if others and stamped_at is not None and can_be_true(stamped_at, now) else None


def can_be_true(stamped_at: int, now: int) -> bool:
    """Whether this stamp can be: then octets that are read again are the same text, whatever a clock said when they were read first."""
    return abs(now - stamped_at) < RETURN_MS
