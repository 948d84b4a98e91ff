"""Questions that a technician may put to a modem: an allow-list of commands that only read its own state.

A command is one name with nothing behind it, `?` or `=?`. Nothing is set, nothing is sent, no text, number of a person
or phone book is read, no second command rides along. Pure.
"""

from __future__ import annotations

import re

LINES_MOST = 40
LINE_MOST = 200

_COMMAND = re.compile(r"AT(?:(I\d?)|([+^#!%*$_][A-Z][A-Z0-9]{1,15})(\?|=\?)?)", re.IGNORECASE | re.ASCII)
# Each with the forms that only read: "" as it stands, "?" what is set, "=?" what it knows.
# Not there: AT+COPS=? (drops off the network for minutes), AT+CLAC (hangs some), AT+CMGL, AT+CMGR, AT+CPBR, AT+CRSM.
ALLOWED = {
    "": "+CSQ +CESQ +CGMI +CGMM +CGMR +CGSN +GMI +GMM +GMR +GSN +GCAP +CBC +CPAS +CIMI +CNUM +CCID +ICCID +QCCID +CICCID "
    "+CEER +SPIC +CPMUTEMP +QTEMP +QNWINFO +QCSQ +CPINR +UPINCNT +XPINCNT ^SYSINFO ^SYSINFOEX ^ICCID ^VERSION #PCT #CBC #MONI "
    "#CEER #CCID ^SBV ^MONI ^SPIC +CPSI $NWDEGC",
    "?": "+CREG +CGREG +CEREG +CGATT +COPS +CPIN +CPMS +CNMI +CSCA +CSMS +CMGF +CMEE +CFUN +CSCS +CUSD +CMMS +CCLK +CTZU +CNUM "
    "+CPSI +CNSMOD +CNMP +CNBP +CGSMS +CMTE +CSCLK +CCID +ICCID +CSMP +CIND +CGDCONT +CEMODE +CSQ +QCFG +QPINC +QSIMSTAT +QURCCFG "
    "^ICCID ^HCSQ ^CPIN ^CURC ^SYSCFG ^SYSCFGEX ^SETPORT ^CHIPTEMP ^VERSION ^CARDLOCK ^HWVER ^SCTM ^SMONI ^CVOICE "
    "+ZPAS +ZSNT +ZOPRT !PCTEMP !PCVOLT !GSTATUS !SELRAT #QSS #RFSTS #SERVINFO #PSNT *EPIN *ERINFO _OERCN %PINNUM +PNNM +EPINC "
    "$NWPINR $NWRAT +URAT +UCGED +CPINC",
    "=?": "+CPMS +CNMI +CSMS +CSCS +CMGF +CFUN +CMGS +CREG +CGREG +CEREG +CSQ +CBC +CUSD +CMMS +CMGD +CPIN +CGSMS +CNMP",
}
_BY_FORM = {form: frozenset(names.split()) for form, names in ALLOWED.items()}


_NAMED = re.compile(r"([+^#!%*$_][A-Z][A-Z0-9_]*):")


def allowed(command: str) -> str | None:
    """The command as it will be written, when it only reads the modem's own state; None when it is refused."""
    found = _COMMAND.fullmatch(command.strip())
    if not found:
        return "AT" if command.strip().upper() == "AT" else None
    basic, name, form = found.groups()
    if basic:
        return f"AT{basic}".upper()
    name = name.upper()
    if name not in _BY_FORM[form or ""]:
        return None
    return f"AT{name}{form or ''}"


def shown(command: str, lines: list[str]) -> list[str]:
    """What people are shown of an answer: its own lines, of bounded length. The numbers in them are the SIM's own."""
    own = command[2:].rstrip("?=")
    kept = []
    for line in lines:
        named = _NAMED.match(line)
        if named and named[1].upper() != own and not own.startswith("I"):
            continue  # it belongs to something else that the modem had to say
        kept.append("".join(c if c.isprintable() else "·" for c in line)[:LINE_MOST])
    if len(kept) > LINES_MOST:
        kept = [*kept[:LINES_MOST], f"… and {len(kept) - LINES_MOST} lines more"]
    return kept
