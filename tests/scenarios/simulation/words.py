"""The one word by which a text of the house is known, on the air and in the rows: `T7w`."""

import re

from hardware.virtual.air import AirRecord

_WORD = re.compile(r"(?<!\w)T\d+w(?!\w)")
CONFIRMATION = "you are off our list"


def of_text(text: str) -> str:
    """Every word of such a text is this one, but for letters at its end; a campaign's text has one of them."""
    found = _WORD.search(text)
    return found[0] if found else text[:30]


def of_record(record: AirRecord) -> str:
    """The same of one segment, which may begin or end within a word."""
    return of_text(record.text or "")


def is_confirmation(record: AirRecord) -> bool:
    """The one text to somebody who asked to stop."""
    return CONFIRMATION in (record.text or "")
