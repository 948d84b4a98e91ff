"""The states of a text and the events that move it, as data; and the digest of what a person saw.

Pure. `EVENTS` is the whole life of an outbound text: an event that is not here cannot happen
(`gateway/outbox.py` guards each move with it).
"""

import hashlib
import unicodedata

from hardware.pdu import segment

MOST_SEGMENTS = 10  # longer than that is a letter; the modem and the person's phone agree
KINDS = ("confirmation", "reply", "reminder", "first")  # the order in which they leave

STATES = {  # state: what is true of the text
    "awaiting": "written, and waiting for a person to approve it",
    "approved": "approved by a person, and waiting for its turn",
    "claimed": "taken by one station; nothing has left yet",
    "submitted": "handed to the modem, the answer is awaited; it may have left",
    "sent": "the network took it",
    "uncertain": "it may have left or not; nobody resends it but a person",
    "delivered": "the network reported that the phone has it",
    "undelivered": "the network reported that the phone did not get it",
    "skipped": "a volunteer decided not to send it",
    "withdrawn": "taken back before it left",
    "failed": "refused for good",
    "expired": "its own time ran out before it could leave",
}

EVENTS = {  # event: (states that it may leave, state that it enters)
    "draft": ((), "awaiting"),
    "approve": (("awaiting",), "approved"),
    "undo": (("approved",), "awaiting"),
    "void": (
        ("approved", "claimed"),
        "awaiting",
    ),  # claimed: nothing has left, and the submit's guard then refuses
    "skip": (("awaiting",), "skipped"),
    "unskip": (("skipped",), "awaiting"),
    "withdraw": (("awaiting", "approved", "claimed"), "withdrawn"),
    "expire": (("awaiting", "approved", "claimed"), "expired"),
    "claim": (("approved",), "claimed"),
    "submit": (("claimed",), "submitted"),  # committed before Ctrl-Z is written
    "defer": (("claimed", "submitted"), "approved"),  # known not sent
    "accept": (("submitted",), "sent"),  # every segment has its MR
    "fail": (("claimed", "submitted"), "failed"),
    "lose": (("submitted",), "uncertain"),  # settled by evidence or a person, never resent
    "restore": (
        ("approved", "claimed", "submitted"),
        "uncertain",
    ),  # a backup came back: nobody knows what left since
    "resume": (("uncertain",), "approved"),  # what may have left did: the rest of a long text follows
    "settle_sent": (("uncertain", "failed"), "sent"),
    "settle_delivered": (("uncertain", "failed"), "delivered"),
    "settle_undelivered": (("uncertain",), "undelivered"),
    "settle_failed": (("uncertain",), "failed"),
    "report_delivered": (("sent",), "delivered"),
    "report_undelivered": (("sent",), "undelivered"),
}

GOES = ("approved", "claimed", "submitted")
GOING = "going=1"  # a text in one of these states, in the words of a partial index: without it a query reads every text
WAITING = ("awaiting", "approved", "claimed")
OVER = ("sent", "delivered", "undelivered", "skipped", "withdrawn", "failed", "expired")


def clean(text: str) -> str:
    """The text as it is stored, shown, approved and sent: newlines of one kind, composed characters, no blank ends."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def too_long(text: str) -> bool:
    """Whether a text has more segments than may leave."""
    return len(text) > 160 * MOST_SEGMENTS or segment(text).count > MOST_SEGMENTS


def seen_digest(message_id: int, turn: int, number: str, text: str) -> str:
    """What stood on the screen, as the form carries it back: 32 hex digits over id, approval round, number and text."""
    shown = "\n".join((str(message_id), str(turn), number, text))
    return hashlib.sha256(shown.encode()).hexdigest()[:32]
