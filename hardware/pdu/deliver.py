"""SMS-DELIVER, a text that comes in (3GPP 23.040 clause 9.2.2.1), in both directions.

Decoding raises PduError for what cannot be a DELIVER; `problems` names what was wrong and could be read all the same.
Encoding serves the virtual network and the round trips of the tests.
"""

from dataclasses import dataclass
from datetime import datetime

from hardware.pdu.address import Address, address_field, read_address
from hardware.pdu.dcs import DCS, Dcs, dcs_value
from hardware.pdu.errors import one_octet
from hardware.pdu.reader import Reader
from hardware.pdu.segment import Segmentation
from hardware.pdu.submit import segment_user_data
from hardware.pdu.times import read_time, time_octets
from hardware.pdu.udh import Waiting
from hardware.pdu.userdata import Content, UserData, read_user_data

MTI = 0x00
NO_MORE, LOOP, REPORT, UDHI, REPLY_PATH = 0x04, 0x08, 0x20, 0x40, 0x80  # first octet


@dataclass(frozen=True, slots=True)
class Deliver(Content):
    """A decoded DELIVER. `timestamp` is aware, None when it was no date. `smsc_present`: the PDU began with SMSC octets."""

    smsc: Address | None
    smsc_present: bool
    sender: Address
    pid: int
    dcs: Dcs
    timestamp: datetime | None
    body: UserData
    more_messages: bool
    loop_prevention: bool
    status_report_indication: bool
    udhi: bool
    reply_path: bool
    problems: tuple[str, ...] = ()

    @property
    def mwi(self) -> Waiting | None:
        """The voicemail (fax, e-mail) lamp that TP-DCS switches, or the header (IE 01, 23.040 clause 9.2.3.24.2)."""
        return self.dcs.mwi or self.body.header.waiting


def read_deliver(reader: Reader, first: int, smsc: Address | None, *, smsc_present: bool) -> Deliver:
    """The rest of a DELIVER behind its first octet."""
    sender = read_address(reader, "TP-OA")
    pid = reader.octet("TP-PID")
    dcs = DCS[reader.octet("TP-DCS")]
    timestamp = read_time(reader, "TP-SCTS")
    udhi = bool(first & UDHI)
    body = read_user_data(reader, dcs, udhi=udhi)
    return Deliver(
        smsc,
        smsc_present,
        sender,
        pid,
        dcs,
        timestamp,
        body,
        not first & NO_MORE,
        bool(first & LOOP),
        bool(first & REPORT),
        udhi,
        bool(first & REPLY_PATH),
        reader.finish(),
    )


def encode_deliver(
    sender: str | Address,
    segmentation: Segmentation,
    *,
    timestamp: datetime,
    seq: int = 1,
    ref: int = 0,
    pid: int = 0,
    dcs: int | None = None,
    message_class: int | None = None,
    more_messages: bool = False,
    status_report_indication: bool = False,
    reply_path: bool = False,
) -> bytes:
    """Segment `seq` (from 1) of a text as the TPDU its receiver's modem gets, without SMSC octets.

    `dcs` overrides the octet the segmentation chose (it must mean the same alphabet); PduError when something does not fit.
    """
    address = sender if isinstance(sender, Address) else Address.of(sender, "sender")
    value = dcs_value(segmentation.coding, message_class) if dcs is None else one_octet(dcs, "dcs")
    udhi, body = segment_user_data(segmentation, seq, ref)
    first = MTI | (0 if more_messages else NO_MORE) | (REPORT if status_report_indication else 0)
    first |= (UDHI if udhi else 0) | (REPLY_PATH if reply_path else 0)
    return (
        bytes((first,))
        + address_field(address)
        + bytes((one_octet(pid, "pid"), value))
        + time_octets(timestamp)
        + body
    )
