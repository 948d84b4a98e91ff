"""What each family of modems does differently, as data. No code asks for a model by name; it asks its profile.

A profile is chosen by what the modem says of itself (+CGMI, +CGMM, +CGMR); the first whose pattern is found in
that text wins, else `GENERIC`. Every command here may be refused without harm. Sources: vendors' AT manuals and
the drivers of ModemManager, gammu and oFono.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# Store and indicate (mt 1) is the only choice that cannot lose a text: with mt 2 it exists only on the wire.
# Modems advertise what they then refuse, so the list is tried in order and the first that is accepted stays.
CNMI = (
    "2,1,0,2,0",
    "1,1,0,2,0",
    "2,1,0,1,0",
    "1,1,0,1,0",
    "2,1,0,2,1",
    "2,1,0,0,0",
    "1,1,0,0,0",
    "2,1,0,0,1",
    "1,1",
    "2,0,0,2,1",
)
CBC = r"\+CBC: ?\d+,\d+,(\d{4})\b"  # state, percent, millivolts
CBC_VOLTS = r"\+CBC: ?(\d\.\d+)V"
HUAWEI_PIN = r"\^CPIN: ?[^,]*,[^,]*,\d+,(\d+)"  # code, times, PUK, PIN, PUK2, PIN2
# For a modem that takes none of these, or (`direct`) cannot store: it hands each text over and waits for AT+CNMA.
CNMI_DIRECT = (
    "2,2,0,1,0",
    "1,2,0,1,0",
    "3,2,0,1,1",
    "3,2,0,1,0",
    "1,2,2,2,1",
    "1,2,2,1,1",
    "2,2,0,0,0",
    "1,2,0,0,0",
)
ICCID = ("AT+CCID", "AT^ICCID?", "AT+ICCID", "AT+QCCID", "AT+CCID?", "AT+CRSM=176,12258,0,0,10")


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number that some modems tell of themselves: what asks, what finds the numbers, what one of them is worth."""

    command: str
    pattern: str
    worth: float = 1.0


@dataclass(frozen=True, slots=True)
class Profile:
    """One family's ways."""

    name: str
    pattern: str = ""  # sought in "manufacturer model revision", case ignored
    errors: str = ""  # whose meanings +CMS ERROR 512 and above have: "wavecom", "simcom", "siemens" or ""
    quiet: tuple[str, ...] = ()  # silences its noise, before all else
    cnmi: tuple[str, ...] = CNMI
    direct: bool = False  # it cannot store what comes: +CMT and +CDS only
    iccid: tuple[str, ...] = ICCID
    pin_attempts: str = ""  # asks how often the PIN may still be tried
    pin_attempts_left: str = ""  # finds that number (group 1) in the answer
    after_pin_s: float = 0.5  # before the SIM may be spoken to again
    sms_ready: str = ""  # what it says when texts work after power-up
    inserted: tuple[str, ...] = ()  # makes it see a SIM that was put in while it ran
    reset: tuple[str, ...] = ("AT+CFUN=1,1",)  # restarts it: the first that is taken
    temperature: Gauge | None = None  # degrees Celsius; the hottest plausible number
    voltage: Gauge | None = Gauge("AT+CBC", CBC)  # millivolts
    ussd: str = ""  # how it writes USSD: "packed" septets in hex (both ways), "ucs2" in hex, "gsm" characters
    keeps_link: bool = True  # AT+CMMS=1 may be tried before texts that follow each other
    pace: tuple[int, float] = (
        0,
        0.0,
    )  # so many octets of a PDU at a time and seconds between; 0: all at once
    # What asks for the time that its network told; `time_first` lets it take that in. `time_is_utc`: the zone is only told.
    time: str = "AT+CCLK?"
    time_first: str = ""
    time_is_utc: bool = False
    to_3g: str = ""  # sets it to 3G (or 2G), for SIMs whose texts do not go by LTE: a person's choice


CPINR = r'\+CPINR: ?"?SIM PIN"?, ?(\d+)'  # 27.007 8.65
GENERIC = Profile("generic", pin_attempts="AT+CPINR", pin_attempts_left=CPINR)
PROFILES = (
    Profile(
        "huawei-mu736",
        r"huawei.*\bMU736",
        iccid=("AT^ICCID?", "AT+CCID", "AT+ICCID", "AT+CRSM=176,12258,0,0,10"),
        quiet=("AT^CURC=0",),
        time="AT^NWTIME?",
        pin_attempts="AT^CPIN?",
        pin_attempts_left=HUAWEI_PIN,
        after_pin_s=3.0,
        reset=("AT+CFUN=16",),  # its AT^RESET does nothing
        ussd="packed",
    ),
    Profile(
        "huawei",
        r"huawei",
        time="AT^NWTIME?",  # AT+CCLK? is a clock of its own that nobody sets
        quiet=("AT^CURC=0", "AT^PORTSEL=1"),  # the second sends what comes unasked to the port that asks
        iccid=("AT^ICCID?", "AT+CCID", "AT+ICCID", "AT+CRSM=176,12258,0,0,10"),
        pin_attempts="AT^CPIN?",
        pin_attempts_left=HUAWEI_PIN,
        to_3g='AT^SYSCFGEX="0201",3FFFFFFF,1,2,7FFFFFFFFFFFFFFF,,',
        after_pin_s=3.0,  # sooner, "the firmware may fail miserably and reboot itself" (ModemManager)
        reset=("AT^RESET", "AT+CFUN=1,1", "AT+CFUN=16"),
        temperature=Gauge("AT^CHIPTEMP?", r"(-?\d+)", 0.1),
        voltage=None,
        ussd="packed",
    ),
    Profile(
        "simcom-a76",
        r"\b(A76|A79|SIM767|SIM7[6789]7)\d*",
        errors="simcom",
        iccid=("AT+CICCID", *ICCID),
        time_first="AT+CTZU=1",
        to_3g="AT+CNMP=13",
        pin_attempts="AT+SPIC",
        pin_attempts_left=r"\+SPIC: ?(\d+)",
        sms_ready="SMS DONE",
        reset=("AT+CRESET", "AT+CFUN=1,1"),
        temperature=Gauge("AT+CPMUTEMP", r"\+CPMUTEMP: ?(-?\d+)"),
        voltage=Gauge("AT+CBC", CBC_VOLTS, 1000.0),
    ),
    Profile(
        "simcom-sim7",
        r"SIM(COM_)?_?7(?!0)\d\d\d",
        errors="simcom",
        time_first="AT+CTZU=1",
        to_3g="AT+CNMP=14",
        quiet=("AT+AUTOCSQ=0",),
        iccid=("AT+CICCID", *ICCID),
        pin_attempts="AT+SPIC",
        pin_attempts_left=r"\+SPIC: ?(\d+)",
        sms_ready="SMS DONE",
        reset=("AT+CRESET", "AT+CFUN=1,1"),
        temperature=Gauge("AT+CPMUTEMP", r"\+CPMUTEMP: ?(-?\d+)"),
        voltage=Gauge("AT+CBC", CBC_VOLTS, 1000.0),
    ),
    Profile(
        "simcom",
        r"simcom|\bSIM([89]|70)\d\d",
        errors="simcom",
        time_first="AT+CLTS=1",
        pin_attempts="AT+SPIC",
        pin_attempts_left=r"\+SPIC: ?(\d+)",
        sms_ready="SMS Ready",
        inserted=("AT+CFUN=0", "AT+CFUN=1"),
        temperature=Gauge("AT+CMTE?", r"\+CMTE: ?\d,(-?\d+(?:\.\d+)?)"),
    ),
    Profile(
        "zte",
        r"\bzte\b",
        quiet=("AT+CPMS?", "AT+ZOPRT=5"),  # the first stops its +ZUSIMR:2 flood
        pin_attempts="AT+ZPINPUK=?",
        pin_attempts_left=r"\+ZPINPUK: ?(\d+)",
        after_pin_s=2.0,
        ussd="gsm",
    ),
    Profile(
        "quectel",
        r"quectel",
        quiet=('AT+QURCCFG="urcport","usbat"',),
        time="AT+QLTS=1",
        time_is_utc=True,
        iccid=("AT+QCCID", *ICCID),
        to_3g='AT+QCFG="nwscanmode",2',
        pin_attempts='AT+QPINC="SC"',
        pin_attempts_left=r'\+QPINC: ?"SC",(\d+)',
        temperature=Gauge(
            "AT+QTEMP", r"(?<![\w.])(-?\d+)(?![\w.])"
        ),  # three numbers, or a line for each sensor
    ),
    Profile(
        "novatel",
        r"novatel",
        # its reports must not come directly: unacknowledged they hang it, and acknowledgements it refuses
        cnmi=("1,1,0,2,0", "2,1,0,2,0", "1,1,0,0,0", "2,1,0,0,0", "1,1", "2,0,0,2,1"),
        pin_attempts="AT$NWPINR?",
        pin_attempts_left=r"\$NWPINR: ?PIN1, ?(\d+)",
    ),
    Profile(
        "cinterion",
        r"cinterion|siemens|gemalto|^(?!.*sierra).*\b(MC|TC|EHS|BGS|PHS)\d",  # Sierra has an MC7304 too
        errors="siemens",
        cnmi=("2,1,0,2,1", *CNMI),
        pin_attempts='AT^SPIC="SC"',
        pin_attempts_left=r"\^SPIC: ?(\d+)",
        temperature=Gauge("AT^SCTM?", r"\^SCTM: ?\d,-?\d,(-?\d+)"),
        voltage=Gauge("AT^SBV", r"\^SBV: ?(\d{4})"),
    ),
    Profile("wavecom", r"wavecom", errors="wavecom"),
    Profile("nordic", r"\bnordic\b", pin_attempts='AT+CPINR="SIM PIN"', pin_attempts_left=CPINR),
    # its storage for reports is "not supported yet": they come directly or not at all
    Profile("gosuncn", r"gosuncn|\bME3630", cnmi=("2,1,0,1,0", "1,1,0,1,0", *CNMI)),
    Profile("iridium", r"iridium", cnmi=("2,1,0,0,1", *CNMI)),
    Profile(
        "sierra",
        r"sierra",
        errors="wavecom",
        pin_attempts="AT+CPINC?",
        pin_attempts_left=r"\+CPINC: ?(\d+)",
        temperature=Gauge("AT!PCTEMP?", r"Temperature: ?(-?\d+)"),
        voltage=Gauge("AT!PCVOLT?", r"(\d{4}) ?mV"),
    ),
    Profile(
        "telit",
        r"telit",
        pin_attempts="AT#PCT",
        pin_attempts_left=r"#PCT: ?(\d+)",
        reset=("AT#REBOOT", "AT+CFUN=1,1"),
        voltage=Gauge("AT#CBC", r"#CBC: ?\d,(\d{3})", 10.0),
    ),
    # Kannel writes them 18 octets, then 10 ms: more at once is cut.
    Profile("nokia", r"\bnokia\b", pace=(18, 0.01)),
    Profile("u-blox", r"u-?blox", pin_attempts="AT+UPINCNT", pin_attempts_left=r"\+UPINCNT: ?(\d+)"),
    Profile(
        "mbm",
        r"ericsson|\bMBM\b|\bF3507|\bF3607|\bF5521",
        pin_attempts="AT*EPIN?",
        pin_attempts_left=r"\*EPIN: ?(\d+)",
        reset=("AT*E2RESET", "AT+CFUN=1,1"),
    ),
    Profile("option", r"\boption\b", pin_attempts="AT_OERCN?", pin_attempts_left=r"_OERCN: ?(\d+)"),
    Profile(
        "alcatel",
        r"alcatel|tct mobile",
        pin_attempts="AT+PNNM?",
        pin_attempts_left=r"\+PNNM: ?(\d+)",
    ),
    Profile("icera", r"icera", pin_attempts="AT%PINNUM?", pin_attempts_left=r"%PINNUM: ?(\d+)"),
    Profile(
        "intel",
        r"infineon|\bintel\b|\bXMM\d|\bIMC\b|comneon",
        pin_attempts="AT+XPINCNT",
        pin_attempts_left=r"\+XPINCNT: ?(\d+)",
    ),
    Profile(
        "mediatek", r"mediatek|\bMTK?\d{4}", pin_attempts="AT+EPINC?", pin_attempts_left=r"\+EPINC: ?(\d+)"
    ),
)


def profile_for(manufacturer: str, model: str, revision: str) -> Profile:
    """The profile for a modem that says this of itself."""
    said = f"{manufacturer} {model} {revision}"
    for profile in PROFILES:
        if re.search(profile.pattern, said, re.IGNORECASE):
            return profile
    return GENERIC
