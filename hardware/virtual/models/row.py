"""The fields in which models differ. Lines are without their line breaks; times in seconds.

Lines may hold fields that are filled in when they are said (`measures` has them all): {iccid}, {pin}, {puk}, {state},
{left}, {celsius}, {millivolts}, {rssi} and their kin.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Lines = tuple[str, ...]
Timed = tuple[tuple[float, str], ...]
ANY_STORAGE: tuple[Lines, Lines, Lines] = ((), (), ())  # every storage there is


@dataclass(frozen=True, slots=True)
class Usb:
    """What lsusb shows: vendor and product as modem, as the CD-ROM it is at first, as network card ("" when never)."""

    vendor: str = ""
    product: str = ""
    cdrom: str = ""
    hilink: str = ""
    interface: int = 0  # of the port that answers AT
    serial: bool = False  # whether it has a serial number


@dataclass(frozen=True, slots=True)
class Personality:
    """One model."""

    name: str
    manufacturer: str = "Textbank"
    model: str = "Virtual 27.005"
    revision: str = "1.0"
    usb: Usb = Usb()
    # framing
    newline: str = "\r\n"
    prompt: str = "\r\n> "
    esc_answer: str = ""  # what ESC at the prompt answers: "OK" or nothing
    unknown: str = "ERROR"  # the answer to a command it does not know
    echo: bool = True
    urc_while_sending: bool = False
    noise: Lines = ("+CGREG: 1", "+CREG: 1", "+CIEV: 2,4")
    flood: str = ""  # a line it says again and again from its start, until it is told to stop
    flood_s: float = 1.0
    flood_until: Lines = ()  # the commands that stop it
    flood_start: str = ""  # the command that starts it again
    # storages
    storages: Mapping[str, int] = field(default_factory=lambda: {"SM": 30, "ME": 100})
    memory: tuple[str, str, str] = ("SM", "SM", "SM")
    memories: tuple[Lines, Lines, Lines] = ANY_STORAGE  # what each argument of CPMS takes
    first_index: int = 1
    cpms_arguments: tuple[int, ...] = (1, 2, 3)
    cpms_told: str = ""  # the answer to AT+CPMS=?, when it is not what it takes
    empty_slot: str = "321"  # AT+CMGR of an empty slot: a CMS code, or "OK" without data
    memory_full_urc: str = ""
    stores_twice: bool = False  # every arriving text takes two slots
    # indications
    cnmi: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)  # after a reset
    cnmi_told: str = "(0-2),(0-3),(0,2),(0-2),(0,1)"
    cnmi_taken: tuple[tuple[int, ...], ...] = ((0, 1, 2), (0, 1, 2, 3), (0, 2), (0, 1, 2), (0, 1))
    csms: tuple[int, ...] = (0, 1)
    class0_direct: bool = False  # a class 0 text comes as +CMT even when texts are stored
    cds_head: str = "+CDS: {}"
    cds_hangs: bool = False  # a +CDS wants an acknowledgement that it then refuses, and without one it hangs
    # start
    boot_s: float = 1.0
    boot_lines: Timed = ()  # (seconds after it woke, line)
    pin_lines: Lines = ()  # after the right PIN
    swap_lines: Lines = ("+CPIN: READY",)  # when another SIM was put in
    sim_fails_s: float = 0.0  # after it woke the SIM fails (13) for so long
    texts_after_s: float = 0.0  # after it woke commands for texts answer ERROR for so long
    init_s: float = 0.0  # after it woke they answer 515, please wait, for so long
    pin_settles_s: float = 0.0  # after the right PIN the SIM is busy (14) for so long
    reboot_drops_port: bool = False
    resets: Lines = ("+CFUN=1,1", "+CFUN=16")  # the commands that restart it
    # network
    registration: Lines = ("+CREG", "+CGREG", "+CEREG")
    technology: int = 7  # <AcT> of +COPS and +CREG=2: 0 GSM, 2 UTRAN, 7 E-UTRAN
    radios: Mapping[str, int] = field(default_factory=dict)  # a command that chooses a technology: its <AcT>
    codes: Mapping[str, int] = field(
        default_factory=dict
    )  # what it says instead of the code of 27.005, by `OCCASIONS`
    format_needs_service: bool = False  # AT+CMGF answers ERROR without registration
    ussd: str = "text"  # one of USSD_KINDS
    undervoltage: Mapping[str, str] = field(default_factory=dict)  # what it says of a weak supply
    # what it answers besides
    sim_answers: Mapping[str, Lines] = field(default_factory=lambda: {"+CCID": ("+CCID: {iccid}",)})
    extras: Mapping[str, Lines] = field(default_factory=dict)  # command as sent: its lines, then OK
    # a second port
    ports: int = 1
    urc_ports: Mapping[str, int] = field(
        default_factory=dict
    )  # a command that chooses where URCs go: the port


# when a code of `codes` is said: sending without registration; a damaged PDU; a number that is none; no slot free for
# AT+CMGW; ESC at the prompt (0: nothing is said)
OCCASIONS = {"no_service": 331, "bad_pdu": 304, "bad_address": 304, "full": 322, "escaped": 0}
