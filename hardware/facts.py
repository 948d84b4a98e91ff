"""What a modem tells, as plain records: who it is, how it is, what it holds, what it says unasked.

Pure data; `hardware.modem` re-exports all of it. Texts that the modem does not give are "", numbers None.
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_READ = "gammu could not read"  # so begins what stands in place of a PDU that its phone gave to nobody: a sentence for people
DRIVER = "the process that drives the phone"  # so begins the evidence where that went, and not the port

OF_THE_MODEM = range(
    301, 323
)  # +CMS ERROR: what a modem says of itself, its SIM and its memory (27.005 3.2.5)
TO_ANY = frozenset(OF_THE_MODEM) - {304}  # to whatever command for texts it was asked; 304 is about a PDU


@dataclass(frozen=True, slots=True)
class Identity:
    """The station's marks: of the modem (IMEI, make) and of its SIM. "" where the modem does not tell."""

    imei: str = ""
    iccid: str = ""
    imsi: str = ""
    number: str = ""  # the SIM's own number as stored on it; often ""
    manufacturer: str = ""
    model: str = ""
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The station's state at one moment."""

    signal_dbm: int | None  # None when the modem does not know
    registration: str  # home, roaming, searching, denied, none, emergency, limited, unknown
    registered: bool  # good enough to try a text
    operator: str  # its name, else its MCC and MNC
    technology: str  # GSM, UMTS, LTE, ...; "" unknown
    storage: str  # where texts arrive: SM, ME; "" when the modem does not tell
    storage_used: int | None
    storage_total: int | None
    temperature_c: int | None = None
    voltage_mv: int | None = None
    operator_chosen: bool = False  # it was told to use one operator and no other


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored text or report: where it lies, and its PDU as hex as the modem gave it (maybe damaged)."""

    storage: str
    index: int
    pdu: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """+CMTI or +CDSI: something arrived in a storage. A doorbell only; index -1 means "somewhere"."""

    storage: str
    index: int
    report: bool = False  # +CDSI: a status report, not a text


@dataclass(frozen=True, slots=True)
class Direct:
    """+CMT or +CDS: a PDU that the modem did not store. It exists only here until it is kept."""

    kind: str  # "deliver" or "report"
    pdu: str
    kept: bool = False  # it was committed as it came: only its acknowledgement is owed


@dataclass(frozen=True, slots=True)
class LateSubmit:
    """A +CMGS that came when no PDU was outstanding: it belongs to the attempt before."""

    mr: int | None


@dataclass(frozen=True, slots=True)
class LateRefusal:
    """A +CMS ERROR that came when no command was outstanding: the answer to the attempt before. `code` None: in words that nobody knows."""

    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """The modem (or its SIM) began anew and has forgotten its settings: start it again.

    `heard`: it said so itself, and nothing else; else the line may end a slow boot or answer another program, or its settings are others
    than ours, which such a program may have written.
    """

    evidence: str
    heard: bool = True


@dataclass(frozen=True, slots=True)
class StorageFull:
    """The modem says that a storage is full and that it refuses texts."""

    storage: str


@dataclass(frozen=True, slots=True)
class Registration:
    """+CREG, +CGREG or +CEREG: how the modem stands with the network has changed. Ask for its health."""


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody rings; number "" when it is not shown."""

    number: str


Notice = Waiting | Direct | LateSubmit | LateRefusal | Restarted | StorageFull | Registration | Call
