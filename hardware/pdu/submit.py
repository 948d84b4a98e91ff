"""SMS-SUBMIT, a text that goes out (3GPP 23.040 clause 9.2.2.2), in both directions.

`submit_tpdus` is deterministic: the same arguments give the same octets, so that a restart sends the second segment
with the reference of the first. PduError for what no network would take; nothing is shortened or replaced in silence.
"""

from dataclasses import dataclass
from datetime import timedelta

from hardware.pdu.address import Address, address_field, read_address
from hardware.pdu.dcs import DCS, Dcs, dcs_value
from hardware.pdu.errors import PduError, one_octet
from hardware.pdu.reader import Reader
from hardware.pdu.segment import Segmentation
from hardware.pdu.udh import Concat, concat_element
from hardware.pdu.userdata import Content, UserData, read_user_data, user_data
from hardware.pdu.validity import RELATIVE, Validity, read_validity, relative_octet

MTI = 0x01
REJECT_DUPLICATES, REPORT, UDHI, REPLY_PATH = 0x04, 0x20, 0x40, 0x80  # first octet


@dataclass(frozen=True, slots=True)
class Submit(Content):
    """A decoded SUBMIT. `vpf`: TP-VPF 0 none, 1 enhanced, 2 relative, 3 absolute."""

    smsc: Address | None
    smsc_present: bool
    mr: int
    recipient: Address
    pid: int
    dcs: Dcs
    validity: Validity | None
    body: UserData
    reject_duplicates: bool
    vpf: int
    status_report_request: bool
    udhi: bool
    reply_path: bool
    problems: tuple[str, ...] = ()


def read_submit(reader: Reader, first: int, smsc: Address | None, *, smsc_present: bool) -> Submit:
    """The rest of a SUBMIT behind its first octet."""
    mr = reader.octet("TP-MR")
    recipient = read_address(reader, "TP-DA")
    pid = reader.octet("TP-PID")
    dcs = DCS[reader.octet("TP-DCS")]
    vpf = first >> 3 & 0x03
    validity = read_validity(reader, vpf)
    udhi = bool(first & UDHI)
    body = read_user_data(reader, dcs, udhi=udhi)
    return Submit(
        smsc,
        smsc_present,
        mr,
        recipient,
        pid,
        dcs,
        validity,
        body,
        bool(first & REJECT_DUPLICATES),
        vpf,
        bool(first & REPORT),
        udhi,
        bool(first & REPLY_PATH),
        reader.finish(),
    )


def submit_tpdus(
    to: str | Address,
    segmentation: Segmentation,
    *,
    ref: int,
    validity: timedelta | None = None,
    status_report: bool = False,
    mr: int = 0,
    pid: int = 0,
    message_class: int | None = None,
    reply_path: bool = False,
    reject_duplicates: bool = False,
) -> list[bytes]:
    """The TPDUs of a text, one a segment, without SMSC octets.

    validity: TP-VP relative, rounded down to a step that exists (five minutes at least); None leaves it to the network.
    mr: TP-MR of each; modems write their own over it.
    """
    address = to if isinstance(to, Address) else Address.of(to, "recipient")
    if address.alphanumeric or not address.number.lstrip("+"):
        raise PduError("A text can only be sent to a number.", "recipient")
    first = MTI | (REJECT_DUPLICATES if reject_duplicates else 0) | (0 if validity is None else RELATIVE << 3)
    first |= (REPORT if status_report else 0) | (REPLY_PATH if reply_path else 0)
    head = bytes((one_octet(mr, "mr"),)) + address_field(address)
    head += bytes((one_octet(pid, "pid"), dcs_value(segmentation.coding, message_class)))
    if validity is not None:
        head += bytes((relative_octet(validity),))
    tpdus = []
    for seq in range(1, segmentation.count + 1):
        udhi, body = segment_user_data(segmentation, seq, ref)
        tpdus.append(bytes((first | UDHI if udhi else first,)) + head + body)
    return tpdus


def segment_user_data(segmentation: Segmentation, seq: int, ref: int) -> tuple[bool, bytes]:
    """(Whether there is a header, TP-UDL and TP-UD) of segment `seq`, from 1."""
    count = segmentation.count
    if not 1 <= seq <= count:
        raise PduError(f"The text has {count} segments, not {seq}.", "seq")
    elements = segmentation.elements
    if count > 1:
        elements = concat_element(Concat(ref, count, seq, segmentation.ref_bits)) + elements
    payload = segmentation.segments[seq - 1].payload
    return bool(elements), user_data(DCS[segmentation.dcs], payload, elements)
