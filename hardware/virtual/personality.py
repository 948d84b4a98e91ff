"""What each virtual modem does differently, as data. A new personality is a new row; a test names it.

Sources: 27.005 and 27.007 for `generic`; the logs gathered in the modem catalogue for the others (message indexes from
0 and `^` noise of Huawei sticks, boot lines of SIM800 modules).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hardware.virtual.errors import VirtualError


@dataclass(frozen=True, slots=True)
class Personality:
    """One model. Times in seconds; lines without their line breaks."""

    name: str
    manufacturer: str = "Textbank"
    model: str = "Virtual 27.005"
    revision: str = "1.0"
    newline: str = "\r\n"
    prompt: str = "\r\n> "
    esc_answer: str = ""  # what ESC at the prompt answers: "OK" or nothing
    unknown: str = "ERROR"  # the answer to a command it does not know
    echo: bool = True
    storages: Mapping[str, int] = field(default_factory=lambda: {"SM": 30, "ME": 100})
    memory: tuple[str, str, str] = ("SM", "SM", "SM")
    first_index: int = 1
    cpms_arguments: tuple[int, ...] = (1, 2, 3)
    empty_slot: str = "321"  # AT+CMGR of an empty slot: a CMS code, or "OK" without data
    memory_full_urc: str = ""
    cnmi: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)  # after a reset
    cnmi_told: str = "(0-2),(0-3),(0,2),(0-2),(0,1)"
    cnmi_taken: tuple[tuple[int, ...], ...] = ((0, 1, 2), (0, 1, 2, 3), (0, 2), (0, 1, 2), (0, 1))
    csms: tuple[int, ...] = (0, 1)
    class0_direct: bool = False  # a class 0 text comes as +CMT even when texts are stored
    urc_while_sending: bool = False
    boot_s: float = 1.0
    boot_lines: tuple[tuple[float, str], ...] = ()  # (seconds after it woke, line)
    pin_lines: tuple[str, ...] = ()  # after the right PIN
    reboot_drops_port: bool = False
    noise: tuple[str, ...] = ("+CGREG: 1", "+CREG: 1", "+CIEV: 2,4")
    iccid_command: str = "+CCID"
    registration: tuple[str, ...] = ("+CREG", "+CGREG", "+CEREG")
    technology: int = 7  # <AcT> of +COPS and +CREG=2: 0 GSM, 2 UTRAN, 7 E-UTRAN
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # command as sent: its lines, then OK


GENERIC = Personality(name="generic")

HUAWEI_E3131 = Personality(
    name="huawei-e3131",
    manufacturer="huawei",
    model="E3131",
    revision="21.157.31.00.209",
    esc_answer="OK",
    unknown="COMMAND NOT SUPPORT",
    storages={"SM": 20, "ME": 20},
    memory=("ME", "ME", "ME"),
    first_index=0,
    empty_slot="OK",
    memory_full_urc='^SMMEMFULL:"{}"',
    cnmi_told="(0,1,2),(0,1,2,3),(0,2),(0,1,2),(0,1)",
    cnmi_taken=((0, 1, 2), (0, 1, 2, 3), (0, 2), (0, 2), (0, 1)),  # ds 1 is advertised and refused (Qualcomm)
    csms=(0,),
    urc_while_sending=True,
    boot_s=2.0,
    boot_lines=((0.0, "^BOOT:35323129,0,0,0,26"), (0.2, "^SIMST:1"), (0.4, "^SRVST:2"), (0.5, "^MODE:5,4")),
    pin_lines=("^SIMST:1", "^SRVST:2"),
    reboot_drops_port=True,
    noise=(
        "^RSSI:18",
        '^HCSQ:"WCDMA",39,29,45',
        "^DSFLOWRPT:00000124,00000082,00000000,0000000000000000,0000000000000000,00000000,00000000",
        "^MODE:5,4",
        "^CSNR:-93,-23",
    ),
    iccid_command="^ICCID",
    registration=("+CREG", "+CGREG"),
    technology=2,
    extras={
        "^CURC=0": (),
        "^CURC=1": (),
        "^CURC?": ("^CURC: 1",),
        "^PORTSEL=0": (),
        "^PORTSEL=1": (),
        "^SYSINFO": ("^SYSINFO:2,3,0,5,1,,4",),
        "^HCSQ?": ('^HCSQ: "WCDMA",39,29,45',),
        "^GETPORTMODE": ("^GETPORTMODE:TYPE:WCDMA:huawei,MDM:0,DIAG:1,PCUI:2",),
    },
)

SIM800L = Personality(
    name="sim800l",
    manufacturer="SIMCOM_Ltd",
    model="SIMCOM_SIM800L",
    revision="Revision:1418B05SIM800L24",
    storages={"SM": 25, "ME": 20},
    cnmi=(2, 1, 0, 0, 0),
    cnmi_told="(0-2),(0-3),(0,2),(0-2),(0,1)",
    class0_direct=True,
    boot_s=3.0,
    boot_lines=(
        (0.0, "RDY"),
        (0.1, "+CFUN: 1"),
        (0.3, "+CPIN: READY"),
        (0.8, "Call Ready"),
        (1.0, "SMS Ready"),
    ),
    pin_lines=("+CPIN: READY", "Call Ready", "SMS Ready"),
    noise=('*PSUTTZ: 2026,11,24,11,30,00,"-20",0', "DST: 0", '+CIEV: 10,"310410"', "UNDER-VOLTAGE WARNNING"),
    registration=("+CREG", "+CGREG"),
    technology=0,
    extras={"+CSCLK=0": (), "+CSCLK?": ("+CSCLK: 0",), "+CMTE?": ("+CMTE: 0,31.5",)},
)

PERSONALITIES: dict[str, Personality] = {row.name: row for row in (GENERIC, HUAWEI_E3131, SIM800L)}


def personality(name: str, **changes: object) -> Personality:
    """The personality of this name, with some of its fields changed (a smaller storage for a test, say)."""
    try:
        row = PERSONALITIES[name]
    except KeyError:
        raise VirtualError(
            f"There is no personality called {name!r}; there are: {', '.join(PERSONALITIES)}."
        ) from None
    return replace(row, **changes) if changes else row  # type: ignore[arg-type]
