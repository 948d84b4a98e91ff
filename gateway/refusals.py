"""What the error codes of modems and networks mean, as data: 3GPP TS 27.005 3.2.5 and 27.007 9.2, TS 24.011
annex E, TS 23.040 9.2.3.22, and the vendors' own codes from 512 on, which contradict each other.

Pure. `find` gives the row of a refusal. Where the sources contradict each other, the row is the one that
cannot send a text twice: an unknown code above 255 is "unclear", an unknown cause up to 255 was still given
by the network and means that the text was not taken.
"""

import re
from typing import Literal, NamedTuple

Kind = Literal[
    "permanent",  # this text to this number will not do, now or later
    "suspect",  # the same, but when another number gets it too it is the SIM or the modem
    "temporary",  # not taken now; later it may be
    "once",  # cause unknown, not taken: one more try
    "modem",  # the modem has to come to itself
    "sim",  # a person has to look at the SIM or its plan
    "storage",  # the SIM's or the modem's memory has to be emptied first
    "unclear",  # after Ctrl-Z: may have gone out
    "taken",  # the network says that it has this text already
]
Station = Literal[
    "go on",
    "wait",  # it looks at network, SIM and storage before it takes another text
    "hold",  # nothing goes by this SIM for a while: the network has said that it would not be taken
    "pause",  # a person has to act first
    "restart",  # it opens the modem anew
    "reset",  # the modem itself has to be restarted
]


class Row(NamedTuple):
    """One code: its kind, the name that the specification or the vendor gives it, and what a volunteer reads."""

    kind: Kind
    name: str
    words: str
    wait_s: int = 30  # before the first new try; it doubles from there
    station: Station = "go on"
    restart_at: int = 0  # from this attempt on the modem is started again; 0: never for this


NO_SIM = "The modem finds no SIM."
PIN = "The SIM asks for its PIN."
PUK = "The SIM is locked and asks for its PUK."
NO_CENTRE = "The SIM does not know the network's text centre."
LOCKED = "The modem or the SIM is locked to another operator or device."
BROKEN = "The modem cannot read its SIM."
BUSY_SIM = "The SIM is busy."
BUSY_MODEM = "The modem is busy with something else."
BUSY_NET = "The network is busy."
NO_NET = "The modem has no network."
NOT_KNOWN = "The network does not know this number."
NOT_ALLOWED = "The network does not let this SIM send texts."
BAD_NUMBER = "The number cannot be dialled from this SIM."
BAD_PACKET = "The network or the modem could not read the text as we packed it."
BAD_KIND = "The network does not carry texts of this kind."
BARRED = "Texts to this number are barred."
FULL = "The SIM's memory is full, and this modem then sends nothing."
MEMORY = "The memory of the SIM or the modem gave an error."
NOT_DONE = "This modem does not know how to send this text."
NOT_NOW = "The modem may not send just now."
UNSAID = "The network refused the text and gave no reason."
SAID_NOTHING = "The modem said that something went wrong, and not what."
NOT_HANDED_OVER = "The modem could not hand the text to the network, and does not say why."
NO_ANSWER = "The network did not answer the modem in time."


def _rows(
    kind: Kind, words: str, names: dict[int, str], wait_s: int = 30, station: Station = "go on"
) -> dict[int, Row]:
    return {code: Row(kind, name, words, wait_s, station) for code, name in names.items()}


CMS: dict[int, Row] = {
    1: Row("permanent", "unassigned number", "This number does not exist."),
    8: Row("suspect", "operator determined barring", "The operator does not let this SIM text this number."),
    10: Row("suspect", "call barred", BARRED),
    17: Row("temporary", "network failure", "The network had a fault.", 60, "hold"),
    21: Row("suspect", "SM transfer rejected", UNSAID),
    22: Row("temporary", "memory capacity exceeded", "The network is busy, or the person's phone is full.", 300),
    27: Row("temporary", "destination out of service", "The person's phone is out of service.", 3600),
    28: Row("suspect", "unidentified subscriber", NOT_KNOWN),
    29: Row("sim", "facility rejected", NOT_ALLOWED),
    30: Row("suspect", "unknown subscriber", NOT_KNOWN),
    38: Row("temporary", "network out of order", "The network is out of order.", 600, "hold"),
    41: Row("temporary", "temporary failure", "The network could not take the text just now.", 15),
    42: Row("temporary", "congestion", BUSY_NET, 60, "hold"),
    47: Row("temporary", "resources unavailable, unspecified", BUSY_NET, 60, "hold"),
    50: Row("sim", "requested facility not subscribed", "The SIM's plan has no texts, or its credit is used up."),
    69: Row("suspect", "requested facility not implemented", BAD_KIND),
    **_rows("temporary", "The network lost track of the text and did not take it.", {
        81: "invalid short message transfer reference value",
        98: "message not compatible with short message protocol state",
    }),
    **_rows("permanent", BAD_PACKET, {
        143: "unspecified TP-PID error", 144: "data coding scheme (alphabet) not supported",
        145: "message class not supported", 159: "unspecified TP-DCS error", 160: "command cannot be actioned",
        161: "command unsupported", 175: "unspecified TP-Command error", 176: "TPDU not supported",
    }),
    # One text may be odd; what is said of every text is no reason to fail them all.
    **_rows("suspect", BAD_PACKET, {
        95: "semantically incorrect message", 96: "invalid mandatory information",
        97: "message type non-existent or not implemented", 99: "information element non-existent or not implemented",
        304: "invalid PDU mode parameter", 305: "invalid text mode parameter",
    }),
    **_rows("suspect", "The network does not take a text with a limit on how long it may try.", {
        198: "TP-VPF not supported", 199: "TP-VP not supported",
    }),
    **_rows("once", UNSAID, {111: "protocol error, unspecified", 127: "interworking, unspecified"}, 60),
    **_rows("permanent", BAD_KIND, {
        128: "telematic interworking not supported", 129: "short message type 0 not supported",
        130: "cannot replace short message",
    }),
    192: Row("temporary", "SC busy", BUSY_NET, 300, "hold"),
    193: Row("sim", "no SC subscription", NOT_ALLOWED),
    194: Row("temporary", "SC system failure", "The network's text centre had a fault.", 300, "hold"),
    195: Row("permanent", "invalid SME address", "The network says that this is not a number for texts."),
    196: Row("permanent", "destination SME barred", BARRED),
    197: Row("taken", "SM rejected - duplicate SM", "The network says that it has this text already."),
    **_rows("storage", FULL, {
        208: "(U)SIM SMS storage full", 209: "no SMS storage capability in (U)SIM", 211: "memory capacity exceeded",
        322: "memory full",
    }, 10, "wait"),
    210: Row("modem", "error in MS", SAID_NOTHING, 30, "wait", 2),
    212: Row("temporary", "(U)SIM application toolkit busy", BUSY_SIM, 10, "wait"),
    **_rows("storage", MEMORY, {
        213: "(U)SIM data download error", 320: "memory failure", 321: "invalid memory index",
    }, 10, "wait"),
    255: Row("temporary", "unspecified error cause", UNSAID, 60),
    300: Row("modem", "ME failure", "The modem had a fault.", 30, "wait", 2),
    301: Row("temporary", "SMS service of ME reserved", BUSY_MODEM, 10, "wait"),
    302: Row("temporary", "operation not allowed", NOT_NOW, 10, "wait", 4),
    303: Row("suspect", "operation not supported", NOT_DONE),
    310: Row("sim", "(U)SIM not inserted", NO_SIM, station="restart"),
    311: Row("sim", "(U)SIM PIN required", PIN, station="restart"),
    312: Row("sim", "PH-(U)SIM PIN required", LOCKED, station="restart"),
    313: Row("modem", "(U)SIM failure", BROKEN, 10, "wait", 3),
    314: Row("temporary", "(U)SIM busy", BUSY_SIM, 3, "wait", 5),
    315: Row("sim", "(U)SIM wrong", "The SIM does not fit this modem or this network.", station="restart"),
    316: Row("sim", "(U)SIM PUK required", PUK, station="restart"),
    **_rows("suspect", "The SIM asks for its second PIN before it sends this.", {
        317: "(U)SIM PIN2 required", 318: "(U)SIM PUK2 required",
    }),
    330: Row("sim", "SMSC address unknown", NO_CENTRE),
    331: Row("temporary", "no network service", NO_NET, 15, "wait"),
    332: Row("unclear", "network timeout", NO_ANSWER),
    340: Row("unclear", "no +CNMA acknowledgement expected", SAID_NOTHING),
    350: Row("unclear", "not handed over", NOT_HANDED_OVER),  # Qualcomm's, for a refusal and, after minutes, for no answer
    500: Row("unclear", "unknown error", SAID_NOTHING),
    512: Row("unclear", "user abort, or establishment failure", NO_ANSWER),
    513: Row("unclear", "lower layer failure, or unable to store", NO_ANSWER),
    514: Row("unclear", "network congestion, or invalid status", NO_ANSWER),
    515: Row("temporary", "please wait, service not available", BUSY_MODEM, 5, "wait", 6),
    521: Row("unclear", "timer expired", NO_ANSWER),
    524: Row("sim", "SMS client unregistered", NOT_ALLOWED),
}  # fmt: skip

WAVECOM: dict[int, Row] = {  # also Sierra Wireless
    512: Row("unclear", "MM establishment failure", NO_ANSWER),
    513: Row("unclear", "lower layer failure", NO_ANSWER),  # the acknowledgement was lost, not the text
    514: Row("unclear", "CP error", NO_ANSWER),
    **_rows("temporary", BUSY_NET, {
        526: "PLMN busy", 527: "PLMN failure", 528: "PLMN not allowed now", 529: "PLMN failed",
    }, 60, "hold"),
    531: Row("permanent", "not in FDN phonebook", "The SIM may text only the numbers on its own list."),
}  # fmt: skip

SIEMENS: dict[int, Row] = {  # also Cinterion
    512: Row("temporary", "user abort", "The modem broke off before it sent the text.", 5),
    513: Row("storage", "unable to store", MEMORY, 10, "wait"),
    514: Row("permanent", "invalid status", BAD_PACKET),
    515: Row("permanent", "invalid character in address string", BAD_NUMBER),
    **_rows("permanent", BAD_PACKET, {
        516: "invalid length", 517: "invalid character in PDU", 518: "invalid parameter", 519: "invalid length or character",
        520: "invalid character in text", 538: "invalid parameter",
        **dict.fromkeys((*range(549, 555), *range(639, 647), *range(764, 770), 771), "PDU length error"),
    }),
    **_rows("temporary", NOT_NOW, {522: "operation temporary not allowed", 523: "operation temporary not allowed"}, 10, "wait"),
    531: Row("permanent", "FDN not allowed", "The SIM may text only the numbers on its own list."),
    532: Row("temporary", "SIM not ready", BUSY_SIM, 5, "wait"),
    **_rows("temporary", NO_NET, {615: "network failure", 616: "network is down"}, 60, "wait"),
    770: Row("sim", "SIM invalid - network reject", NOT_ALLOWED),
    772: Row("sim", "SIM powered down", NO_SIM, station="restart"),
}  # fmt: skip

SIMCOM: dict[int, Row] = {  # its list is the Siemens one, its modules mean Wavecom's: what both say of 512 to 514 is unclear
    **{code: SIEMENS[code] for code in (*range(516, 521), 522, 532, 538)},
    **WAVECOM,
    535: Row("temporary", "protocol stack busy", BUSY_MODEM, 10, "wait", 6),
}  # fmt: skip

CME: dict[int, Row] = {
    **_rows("temporary", BUSY_MODEM, {0: "phone failure", 1: "no connection to phone", 2: "phone adaptor link reserved"}, 10, "wait"),
    3: Row("sim", "operation not allowed", NOT_NOW),
    **_rows("suspect", NOT_DONE, {
        4: "operation not supported", 17: "SIM PIN2 required", 18: "SIM PUK2 required", 24: "text string too long",
        25: "invalid characters in text string", 26: "dial string too long", 27: "invalid characters in dial string",
        257: "call barred", 259: "user abort", 260: "invalid dial string", 261: "ss not executed", 263: "invalid block",
    }),
    **_rows("sim", LOCKED, {
        5: "PH-SIM PIN required", 6: "PH-FSIM PIN required", 7: "PH-FSIM PUK required", 40: "network personalization PIN required",
        41: "network personalization PUK required", 42: "network subset personalization PIN required",
        43: "network subset personalization PUK required", 44: "service provider personalization PIN required",
        45: "service provider personalization PUK required", 46: "corporate personalization PIN required",
        47: "corporate personalization PUK required", 48: "hidden key required",
    }),
    10: Row("sim", "SIM not inserted", NO_SIM, station="restart"),
    11: Row("sim", "SIM PIN required", PIN, station="restart"),
    12: Row("sim", "SIM PUK required", PUK, station="restart"),
    13: Row("modem", "SIM failure", BROKEN, 10, "wait", 3),
    14: Row("temporary", "SIM busy", BUSY_SIM, 2, "wait", 6),
    15: Row("sim", "SIM wrong", "The SIM does not fit this modem or this network.", station="restart"),
    16: Row("sim", "incorrect password", "The SIM refused the PIN. We will not try it again."),
    **_rows("storage", MEMORY, {
        -1: "empty location", 20: "memory full", 21: "invalid index", 22: "not found", 23: "memory failure",
    }, 10, "wait"),
    30: Row("temporary", "no network service", NO_NET, 15, "wait"),
    31: Row("unclear", "network timeout", NO_ANSWER),
    32: Row("temporary", "network not allowed - emergency calls only", NO_NET, 60, "wait"),
    100: Row("unclear", "unknown", SAID_NOTHING),
    **_rows("sim", NOT_ALLOWED, {
        103: "illegal MS", 106: "illegal ME", 111: "PLMN not allowed", 112: "location area not allowed",
        113: "roaming not allowed in this location area", 126: "operation temporarily not allowed",
    }),
    **_rows("temporary", BUSY_NET, {
        132: "service option not supported", 133: "requested service option not subscribed",
        134: "service option temporarily out of order", 148: "unspecified GPRS error", 149: "PDP authentication failure",
        150: "invalid mobile class", 256: "operation temporarily not allowed", 258: "phone is busy",
    }, 30, "wait"),
    262: Row("sim", "SIM blocked", "The SIM is blocked, or its contacts are dirty.", station="restart"),
    515: Row("temporary", "device busy, please wait", BUSY_MODEM, 5, "wait", 6),
    772: Row("sim", "SIM powered down", NO_SIM, station="restart"),
}  # fmt: skip

TEXT: dict[str, Row] = {  # finals that are no error line: what a call that comes in between leaves behind
    name: Row("unclear", name, "A call came in between.", 5) for name in ("NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE")
}  # fmt: skip

FAMILIES = {
    "wavecom": WAVECOM,
    "simcom": SIMCOM,
    "siemens": SIEMENS,
}  # hardware.profiles says which modem is which
REFUSED_BY_NETWORK = range(256)  # RP causes and TP-FCS: whatever the reason, the text was not taken
OTHER_NAMES = {
    "simpinrequired": 311,
    "simpukrequired": 316,
    "simnotinserted": 310,
    "simfailure": 313,
    "simbusy": 314,
}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


BY_NAME = {
    _plain(row.name): row for table in (CME, CMS) for row in table.values()
}  # CMS wins where both have it
BY_NAME |= {name: CMS[code] for name, code in OTHER_NAMES.items()}


def find(family: str, code: int | None, text: str, errors: str) -> Row | None:
    """The row of a refusal with a code ("CMS", "CME") or words ("TEXT"); None when neither tells.

    `errors`: whose meanings its codes from 512 on have, as the modem's profile says ("" when nobody knows).
    """
    if family == "TEXT":
        return TEXT.get(text.strip().upper()) or BY_NAME.get(_plain(text))
    if code is None:
        return None
    if family == "CME":
        return CME.get(code)
    own = FAMILIES.get(errors, {})
    if code in own or code in CMS:
        return own.get(code) or CMS[code]
    return Row("once", "", UNSAID, 60) if code in REFUSED_BY_NETWORK else None
