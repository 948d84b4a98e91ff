"""SMS-STATUS-REPORT, what became of a text (3GPP 23.040 clause 9.2.2.3), in both directions.

Decoding raises PduError when the PDU ends before TP-ST. Reports read from a SIM are filled up with FF, times may be
nonsense: the status and the reference are kept and the rest is noted in `problems`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hardware.pdu.address import Address, address_field, read_address
from hardware.pdu.dcs import DCS, Dcs
from hardware.pdu.errors import PduError, one_octet
from hardware.pdu.reader import Fit, Reader
from hardware.pdu.times import read_time, time_octets
from hardware.pdu.userdata import Content, UserData, read_user_data

MTI = 0x02
NO_MORE, LOOP, QUALIFIER, UDHI = 0x04, 0x08, 0x20, 0x40  # first octet
HAS_PID, HAS_DCS, HAS_UDL, EXTENSION = 0x01, 0x02, 0x04, 0x80  # TP-PI, clause 9.2.3.27

StatusClass = Literal["completed", "temporary-retrying", "permanent", "temporary-final", "reserved"]
_CLASSES: tuple[StatusClass, ...] = ("completed", "temporary-retrying", "permanent", "temporary-final")
NO_BODY = UserData(None, DCS[0], b"")


def status_class(status: int) -> StatusClass:
    """The class of a TP-ST (clause 9.2.3.15). Only "temporary-retrying" is not final."""
    return _CLASSES[status >> 5] if status < 0x80 else "reserved"


@dataclass(frozen=True, slots=True)
class StatusReport(Content):
    """A decoded STATUS REPORT. `timestamp` is the SCTS of the SUBMIT. pid, dcs and user data are optional (TP-PI)."""

    smsc: Address | None
    smsc_present: bool
    mr: int
    recipient: Address
    timestamp: datetime | None
    discharge_time: datetime | None
    status: int
    parameter_indicator: int | None
    pid: int | None
    dcs: Dcs | None
    body: UserData
    more_messages: bool
    loop_prevention: bool
    status_report_qualifier: bool
    udhi: bool
    problems: tuple[str, ...] = ()

    @property
    def status_class(self) -> StatusClass:
        """The class of `status`."""
        return status_class(self.status)

    @property
    def text(self) -> str | None:
        """The text, when the report carries user data that is one."""
        return None if self.body.udl is None else self.body.text


def read_report(reader: Reader, first: int, smsc: Address | None, *, smsc_present: bool) -> StatusReport:
    """The rest of a STATUS REPORT behind its first octet."""
    mr = reader.octet("TP-MR")
    recipient = read_address(reader, "TP-RA")
    timestamp = read_time(reader, "TP-SCTS")
    discharge_time = read_time(reader, "TP-DT")
    status = reader.octet("TP-ST")
    udhi = bool(first & UDHI)
    indicator, pid, dcs, body = _optional(reader, udhi=udhi)
    return StatusReport(
        smsc,
        smsc_present,
        mr,
        recipient,
        timestamp,
        discharge_time,
        status,
        indicator,
        pid,
        dcs,
        body,
        not first & NO_MORE,
        bool(first & LOOP),
        bool(first & QUALIFIER),
        udhi,
        reader.finish(),
    )


def _optional(reader: Reader, *, udhi: bool) -> tuple[int | None, int | None, Dcs | None, UserData]:
    """(TP-PI, TP-PID, TP-DCS, user data), each None or empty when it does not come."""
    if reader.rest_is_padding():
        return None, None, None, NO_BODY
    start = reader.at
    problems = len(reader.problems)
    try:
        indicator = more = reader.octet("TP-PI")
        while more & EXTENSION:
            more = reader.octet("TP-PI")
        pid = reader.octet("TP-PID") if indicator & HAS_PID else None
        dcs = DCS[reader.octet("TP-DCS")] if indicator & HAS_DCS else None
        body = read_user_data(reader, dcs or DCS[0], udhi=udhi) if indicator & HAS_UDL else NO_BODY
    except PduError:
        # What follows TP-ST says nothing about the delivery; the status is what people wait for.
        reader.at = len(reader.octets)
        reader.fit = Fit.OTHER
        del reader.problems[problems:]
        reader.problems.append(
            f"What follows TP-ST makes no sense: {reader.octets[start:].hex().upper()[:40]}."
        )
        return None, None, None, NO_BODY
    return indicator, pid, dcs, body


def encode_status_report(
    recipient: str | Address,
    *,
    mr: int,
    timestamp: datetime,
    discharge_time: datetime,
    status: int = 0,
    more_messages: bool = False,
) -> bytes:
    """The TPDU of a report without SMSC octets. PduError when a value does not fit its field."""
    address = recipient if isinstance(recipient, Address) else Address.of(recipient, "recipient")
    first = MTI if more_messages else MTI | NO_MORE
    times = time_octets(timestamp) + time_octets(discharge_time)
    head = bytes((first, one_octet(mr, "mr"))) + address_field(address)
    return head + times + bytes((one_octet(status, "status"),))
