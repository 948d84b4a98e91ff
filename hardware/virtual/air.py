"""The air log: every SUBMIT that left a virtual modem, in order. Tests judge a gateway by it."""

from dataclasses import asdict, dataclass
from datetime import datetime

from hardware import pdu
from hardware.virtual.octets import RawSubmit


@dataclass(frozen=True, slots=True)
class AirRecord:
    """One SUBMIT. `modem` counts from 0, `at` is RFC 3339 UTC, `text` is None when it is data or does not decode."""

    id: int
    at: str
    at_s: float  # on the clock of the bank, for intervals
    asked_s: float  # when its AT+CMGS came, on the same clock
    modem: int
    iccid: str
    sender: str
    to: str
    mr: int
    tpdu: str
    text: str | None
    coding: str
    concat: tuple[int, int, int] | None  # reference, total, sequence
    report: bool

    def as_json(self) -> dict[str, object]:
        """The same as the control socket gives it."""
        return asdict(self)


def record(
    number: int,
    modem: int,
    iccid: str,
    sender: str,
    submit: RawSubmit,
    at_s: float,
    asked_s: float,
    when: datetime,
) -> AirRecord:
    """The record of a SUBMIT that left now."""
    text, concat = read_text(submit.octets)
    return AirRecord(
        id=number,
        at=f"{when:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        at_s=at_s,
        asked_s=asked_s,
        modem=modem,
        iccid=iccid,
        sender=sender,
        to=submit.number,
        mr=submit.mr,
        tpdu=submit.octets.hex().upper(),
        text=text,
        coding="ucs2" if submit.dcs & 0x0C == 0x08 else "8bit" if submit.dcs & 0x0C == 0x04 else "gsm7",
        concat=concat,
        report=submit.wants_report,
    )


def read_text(octets: bytes) -> tuple[str | None, tuple[int, int, int] | None]:
    """Text and (reference, total, sequence) of a SUBMIT, each None when there is none."""
    try:
        message = pdu.decode(octets, smsc=False)
    except pdu.PduError:
        return None, None
    if not isinstance(message, pdu.Submit):
        return None, None
    concat = message.concat
    return message.text, (concat.ref, concat.total, concat.seq) if concat else None
