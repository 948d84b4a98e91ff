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
# For a modem that takes none of these, or (`direct`) cannot store: it hands each text over and waits for AT+CNMA.
CNMI_DIRECT = ("2,2,0,1,0", "1,2,0,1,0", "3,2,0,1,1", "1,2,2,2,1", "2,2,0,0,0", "1,2,0,0,0")
ICCID = ("AT+CCID", "AT^ICCID?", "AT+ICCID", "AT+QCCID", "AT+CCID?", "AT+CRSM=176,12258,0,0,10")


@dataclass(frozen=True, slots=True)
class Profile:
    """One family's ways."""

    name: str
    pattern: str = ""  # sought in "manufacturer model revision", case ignored
    errors: str = ""  # whose meanings +CMS ERROR 512 and above have: "wavecom", "siemens" or ""
    quiet: tuple[str, ...] = ()  # silences its noise, before all else
    cnmi: tuple[str, ...] = CNMI
    direct: bool = False  # it cannot store what comes: +CMT and +CDS only
    iccid: tuple[str, ...] = ICCID
    pin_attempts: str = ""  # asks how often the PIN may still be tried
    pin_attempts_left: str = ""  # finds that number (group 1) in the answer
    after_pin_s: float = 0.5  # before the SIM may be spoken to again
    sms_ready: str = ""  # what it says when texts work after power-up


GENERIC = Profile("generic")
PROFILES = (
    Profile(
        "huawei",
        r"huawei",
        quiet=("AT^CURC=0", "AT^PORTSEL=1"),  # the second sends what comes unasked to the port that asks
        iccid=("AT^ICCID?", "AT+CCID", "AT+ICCID", "AT+CRSM=176,12258,0,0,10"),
        pin_attempts="AT^CPIN?",
        pin_attempts_left=r"\^CPIN: ?[^,]*,[^,]*,\d+,(\d+)",  # code, times, PUK, PIN, PUK2, PIN2
        after_pin_s=3.0,  # sooner, "the firmware may fail miserably and reboot itself" (ModemManager)
    ),
    Profile(
        "simcom-a76",
        r"\b(A76|A79|SIM767|SIM7[6789]7)\d*",
        pin_attempts="AT+SPIC",
        pin_attempts_left=r"\+SPIC: ?(\d+)",
        sms_ready="SMS DONE",
    ),
    Profile(
        "simcom-sim7",
        r"\bSIM(COM_)?_?7\d\d\d|SIM7\d\d\d",
        quiet=("AT+AUTOCSQ=0",),
        iccid=("AT+CICCID", *ICCID),
        pin_attempts="AT+SPIC",
        pin_attempts_left=r"\+SPIC: ?(\d+)",
        sms_ready="SMS DONE",
    ),
    Profile(
        "simcom",
        r"simcom|\bSIM[89]\d\d",
        pin_attempts="AT+SPIC",
        pin_attempts_left=r"\+SPIC: ?(\d+)",
        sms_ready="SMS Ready",
    ),
    Profile(
        "zte",
        r"\bzte\b",
        quiet=("AT+CPMS?", "AT+ZOPRT=5"),  # the first stops its +ZUSIMR:2 flood
        pin_attempts="AT+ZPINPUK=?",
        pin_attempts_left=r"\+ZPINPUK: ?(\d+)",
        after_pin_s=2.0,
    ),
    Profile(
        "quectel",
        r"quectel",
        quiet=('AT+QURCCFG="urcport","usbat"',),
        iccid=("AT+QCCID", *ICCID),
        pin_attempts='AT+QPINC="SC"',
        pin_attempts_left=r'\+QPINC: ?"SC",(\d+)',
    ),
    Profile(
        "novatel",
        r"novatel",
        # its reports must not come directly: unacknowledged they hang it, and acknowledgements it refuses
        cnmi=("1,1,0,2,0", "2,1,0,2,0", "1,1,0,0,0", "2,1,0,0,0", "1,1", "2,0,0,2,1"),
    ),
    Profile(
        "cinterion",
        r"cinterion|siemens|gemalto|\b(MC|TC|EHS|BGS|PHS)\d",
        errors="siemens",
        cnmi=("2,1,0,2,1", *CNMI),
        pin_attempts='AT^SPIC="SC"',
        pin_attempts_left=r"\^SPIC: ?(\d+)",
    ),
    Profile("wavecom", r"wavecom", errors="wavecom"),
    # its storage for reports is "not supported yet": they come directly or not at all
    Profile("gosuncn", r"gosuncn|\bME3630", cnmi=("2,1,0,1,0", "1,1,0,1,0", *CNMI)),
    Profile("iridium", r"iridium", cnmi=("2,1,0,0,1", *CNMI)),
    Profile(
        "sierra",
        r"sierra",
        errors="wavecom",
        pin_attempts="AT+CPINC?",
        pin_attempts_left=r"\+CPINC: ?(\d+)",
    ),
    Profile("telit", r"telit", pin_attempts="AT#PCT", pin_attempts_left=r"#PCT: ?(\d+)"),
    Profile("u-blox", r"u-?blox", pin_attempts="AT+UPINCNT", pin_attempts_left=r"\+UPINCNT: ?(\d+)"),
)


def profile_for(manufacturer: str, model: str, revision: str) -> Profile:
    """The profile for a modem that says this of itself."""
    said = f"{manufacturer} {model} {revision}"
    for profile in PROFILES:
        if re.search(profile.pattern, said, re.IGNORECASE):
            return profile
    return GENERIC
