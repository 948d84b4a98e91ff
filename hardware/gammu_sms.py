"""Texts between our codec and what python-gammu gives and takes: libgammu decodes by itself and shows no PDU.

Pure. `message_of` turns our SUBMIT into the dictionary that SendSMS wants, with `differs` to see beforehand that
libgammu would send exactly those words; `pdu_of` writes the DELIVER or STATUS REPORT again from what libgammu read,
always the same octets for the same text, so that the inbox finds repeats and joins segments as ever.

What libgammu spoils is mended where that can be told: memory that it shows behind characters of two septets is cut
off; "~", which it doubles in 16-bit texts, is halved; a septet 1B without a known character behind it comes as "¹"
and becomes 1B again, so national tables survive.

Lost, because libgammu keeps it to itself: the type of a number but for its "+", and its * and #; TP-PID but for "replace" (a silent
text shows as an empty one); voicemail lamps in TP-DCS (they show as texts); reserved codings (they show as 8-bit or
plain). A 16-bit text with "~" lacks as many characters at its end as it has "~": it is marked as cut, and stays on
the phone.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from hardware.facts import NOT_READ
from hardware.pdu import (
    Address,
    PduError,
    Submit,
    address_field,
    decode,
    smsc_field,
)
from hardware.pdu.alphabet import ESCAPE, alphabet
from hardware.pdu.dcs import DCS, Coding, dcs_value
from hardware.pdu.times import OCTETS, time_octets
from hardware.pdu.userdata import user_data

UNREADABLE = f"{NOT_READ} this text"
ESCAPE_SHOWN = "¹"
REPORT = 0x06  # first octet: TP-MTI, and TP-MMS as no more to come
REPLACE = 0x40  # TP-PID 41 to 47: replaces an earlier text of this kind
UNKNOWN_TIME = bytes(OCTETS)  # no date: the codec says so
RELATIVE = 2  # TP-VPF
LONGEST_STEP = 196  # TP-VP of 30 days; python-gammu puts weeks into wrong octets
CODINGS: dict[Coding, str] = {
    "gsm7": "Default_No_Compression",
    "8bit": "8bit",
    "ucs2": "Unicode_No_Compression",
}
_OURS: dict[str, Coding] = {theirs: ours for ours, theirs in CODINGS.items()}


def message_of(tpdu: bytes, centre: str) -> dict[str, Any]:
    """What SendSMS takes for this SUBMIT. PduError when it is none, or libgammu could not say it.

    centre: the SIM's service centre. When libgammu looks it up by itself, it takes that place's validity, of 63 weeks.
    """
    submit = decode(tpdu, smsc=False)
    if not isinstance(submit, Submit) or submit.problems:
        raise PduError("Only a whole SUBMIT can be sent.", "TP-MTI", 0)
    elements = b"".join(bytes((element.iei, len(element.data))) + element.data for element in submit.udh)
    message: dict[str, Any] = {
        "SMSC": {"Number": centre, "Validity": _validity(tpdu, submit)},
        "Number": submit.recipient.number,
        "Coding": CODINGS[submit.dcs.coding],
        "Class": -1 if submit.dcs.message_class is None else submit.dcs.message_class,
        "Type": "Status_Report" if submit.status_report_request else "Submit",  # the former asks for one
        "RejectDuplicates": submit.reject_duplicates,
        "ReplyViaSameSMSC": int(submit.reply_path),
        "Text": _said(submit),
        "Folder": 0,
        "Location": 0,
    }
    if elements:
        message["UDH"] = {"Type": "UserUDH", "Text": bytes((len(elements),)) + elements}
    return message


def differs(encoded: bytes, tpdu: bytes) -> str:
    """In what libgammu's own encoding (without SMSC octets) is another text than ours; "" when it is the same.

    MR is the phone's; a text may be valid for a shorter time than ours, never longer.
    """
    theirs, ours = decode(encoded, smsc=False), decode(tpdu, smsc=False)
    if not isinstance(theirs, Submit) or not isinstance(ours, Submit):
        return "it is no SUBMIT"
    if theirs.validity and ours.validity and (theirs.validity.raw > ours.validity.raw):
        return "its validity is longer"
    for field in (
        "recipient",
        "pid",
        "dcs",
        "body",
        "status_report_request",
        "udhi",
        "reject_duplicates",
        "reply_path",
    ):
        if getattr(theirs, field) != getattr(ours, field):
            return f"{field} is another"
    return ""


def _validity(tpdu: bytes, submit: Submit) -> str:
    """TP-VP in python-gammu's words: minutes or days, "Max" when the network may choose."""
    if submit.validity is None:
        return "Max"
    if submit.vpf != RELATIVE:
        raise PduError("libgammu knows only a relative validity.", "TP-VP", len(tpdu))
    octet = min(submit.validity.raw[0], LONGEST_STEP)
    if octet <= 143:
        return f"{5 * (octet + 1)}M"
    return f"{720 + 30 * (octet - 143)}M" if octet <= 167 else f"{octet - 166}D"


def _said(submit: Submit) -> str | bytes:
    units = submit.body.units
    if submit.dcs.coding == "8bit":
        return units
    if submit.dcs.coding == "ucs2":
        return units.decode("utf-16-be", "surrogatepass").replace("~", "~~")
    plain = alphabet()
    known = plain.encode("\f^{}\\[~]|€")[1::2]
    pieces = re.split(rb"(\x1b[%s])" % re.escape(known), units)
    return "".join(
        plain.decode(piece) if at % 2 else ESCAPE_SHOWN.join(map(plain.decode, piece.split(b"\x1b")))
        for at, piece in enumerate(pieces)
    )


def pdu_of(sms: dict[str, Any]) -> str:
    """The PDU, as hex, of a text or report as GetNextSMS gives it. PduError when it cannot be one."""
    head = smsc_field(_number(sms["SMSC"]["Number"]))
    if sms["Type"] == "Status_Report":
        return (head + _report(sms)).hex().upper()
    coding = _OURS.get(sms["Coding"])
    if coding is None:
        raise PduError(f"A text coded as {sms['Coding']} cannot be written again.", "TP-DCS")
    message_class = sms["Class"] if 0 <= sms["Class"] <= 3 else None
    dcs = dcs_value(coding, message_class)
    header = sms["UDH"]["Text"]
    first = 0x04 | (0x40 if header else 0) | (0x80 if sms["ReplyViaSameSMSC"] else 0)
    replace = sms["ReplaceMessage"] & 7
    pid = REPLACE | replace if replace else 0
    units, missing = _units(coding, sms["Text"], sms["Length"])
    stamp = _stamp(sms["DateTime"])
    body = bytearray(user_data(DCS[dcs], units, header[1:]))
    body[0] += missing
    sender = address_field(_number(sms["Number"]) or Address(""))
    octets = head + bytes((first,)) + sender + bytes((pid, dcs)) + stamp + body
    written = decode(octets, smsc=True)
    if written.body.units != units or written.cut != bool(missing):
        raise PduError("The text could not be written again as it was.", "TP-UD")  # it stays where it is
    return octets.hex().upper()


def _report(sms: dict[str, Any]) -> bytes:
    """A STATUS REPORT without optional fields (23.040 9.2.2.3)."""
    recipient = address_field(_number(sms["Number"]) or Address(""))
    times = _stamp(sms["DateTime"]) + _stamp(sms["SMSCDateTime"])
    head = bytes((REPORT, sms["MessageReference"] & 0xFF)) + recipient
    return head + times + bytes((sms["DeliveryStatus"] & 0xFF,))


def _units(coding: Coding, text: str | bytes, length: int) -> tuple[bytes, int]:
    """The septets or octets, and how many are known to be missing at the end."""
    if isinstance(text, bytes):
        return text, 0
    shown = text.partition("\0")[0]  # behind it is libgammu's memory, not the text
    if coding == "ucs2":
        whole = shown.replace("~~", "~")
        units = whole.encode("utf-16-be", "surrogatepass")
        full = len(shown.encode("utf-16-be", "surrogatepass")) == 2 * length  # of what was doubled
        missing = 2 * length - len(units) if full else 0
        return units, missing
    escaped = bytes((ESCAPE,))
    return escaped.join(map(alphabet().encode, shown.split(ESCAPE_SHOWN))), 0


def _stamp(when: datetime | None) -> bytes:
    try:
        return time_octets(when) if when is not None else UNKNOWN_TIME
    except PduError:
        return UNKNOWN_TIME


def _number(number: str) -> Address | None:
    """A number or name; None for none, and for what is neither. libgammu gives a name's septets for characters."""
    if number.isascii():
        number = alphabet().decode(number.encode("ascii"))
    try:
        return Address.of(number, "number")
    except PduError:
        return None


def is_received(sms: dict[str, Any]) -> bool:
    """Whether this is something that came in: drafts, sent copies and templates are the phone owner's."""
    return bool(sms["InboxFolder"]) and sms["Type"] in ("Deliver", "Status_Report")


def is_whole(pdu: str) -> bool:
    """Whether what `list` gave holds all that the phone has; else its only copy is there."""
    return not pdu.startswith(UNREADABLE) and not decode(pdu).cut
