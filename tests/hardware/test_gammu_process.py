"""What the process asks of libgammu and makes of its answers, with a libgammu that says what a test tells it to."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hardware import pdu
from hardware.gammu_process import MOST_UNREADABLE, Phone, answer
from hardware.gammu_sms import UNREADABLE

WHEN = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
NAMES = [
    "EMPTY",
    "CORRUPTED",
    "INVALIDDATA",
    "NOTSUPPORTED",
    "UNKNOWN",
    "UNKNOWNRESPONSE",
    "TIMEOUT",
    "INVALIDLOCATION",
    "FULL",
]


class Library:
    """As much of python-gammu as a listing needs. `says` is what each GetNextSMS gives, an error or a Location."""

    class GSMError(Exception):
        pass

    def __init__(self, *says: Any) -> None:
        for name in NAMES:
            setattr(self, f"ERR_{name}", type(f"ERR_{name}", (self.GSMError,), {}))
        self.says = list(says)
        self.asked: list[dict[str, Any]] = []
        self.deleted: list[int] = []
        self.strange: dict[int, dict[str, Any]] = {}
        self.holds: dict[int, str] | None = (
            None  # what GetSMS says of each place, "" for a text; None: a text of every one
        )
        self.counts = 0

    def StateMachine(self) -> "Library":  # noqa: N802
        return self

    def SetConfig(self, section: int, values: dict[str, Any]) -> None:  # noqa: N802
        assert values["DebugLevel"] == "nothing"

    def Init(self) -> None:  # noqa: N802
        pass

    def GetNextSMS(self, **place: Any) -> list[dict[str, Any]]:  # noqa: N802
        self.asked.append(place)
        said = self.says.pop(0) if self.says else "EMPTY"
        if isinstance(said, str):
            raise getattr(self, f"ERR_{said}")({"Text": said, "Where": "GetNextSMS", "Code": 1})
        return [self.strange.get(said, text(said))]

    def GetSMS(self, folder: int, location: int) -> list[dict[str, Any]]:  # noqa: N802
        if self.holds is not None and (said := self.holds.get(location, "EMPTY")):
            raise getattr(self, f"ERR_{said}")({"Text": said, "Where": "GetSMS", "Code": 1})
        return [text(location)]

    def GetSMSStatus(self) -> dict[str, int]:  # noqa: N802
        return {"SIMUsed": self.counts, "SIMSize": 50, "PhoneUsed": 0, "PhoneSize": 2}

    def DeleteSMS(self, folder: int, location: int) -> None:  # noqa: N802
        self.deleted.append(location)


def text(location: int) -> dict[str, Any]:
    """A text as python-gammu gives it."""
    return {
        "SMSC": {"Number": ""}, "Type": "Deliver", "InboxFolder": 1, "Memory": "SM", "Location": location,
        "Coding": "Default_No_Compression", "Class": -1, "UDH": {"Text": b""}, "ReplyViaSameSMSC": 0,
        "ReplaceMessage": 0, "Text": f"text {location}", "Length": 6, "DateTime": WHEN, "Number": "+12025550123",
    }  # fmt: skip


def listed(library: Library, connection: str) -> tuple[list[int], dict[str, Any]]:
    """The indexes that a listing gives, and how it ended."""
    said: list[dict[str, Any]] = []
    phone = Phone(library, said.append)
    phone.open("/dev/x", connection, "")
    end = answer(phone, library, {"do": "list"})
    return [packet["item"]["index"] for packet in said if "item" in packet], end


def test_an_at_phone_is_read_past_what_cannot_be_read() -> None:
    """When the first of all could not be read, or of a memory, or one far behind the last, no text was read any more."""
    library = Library("CORRUPTED", "INVALIDDATA", 49, "CORRUPTED", 100_002)
    library.holds = {5: "CORRUPTED", 6: "INVALIDDATA", 49: "", 100_001: "CORRUPTED", 100_002: ""}
    assert listed(library, "at115200") == ([-6, -7, 49, -100_002, 100_002], {"ok": {}})
    assert library.asked[:2] == [{"Folder": 0, "Start": True}, {"Folder": 0, "Location": 5}]
    assert listed(Library(1, "CORRUPTED", 4), "fbus") == ([1, -1], {"ok": {}}), (
        "elsewhere libgammu loses its way"
    )
    assert listed(Library("CORRUPTED", 2), "mbus") == ([-1], {"ok": {}})


def test_a_list_that_was_refused_is_not_taken_from_the_one_before() -> None:
    """libgammu keeps that, and gives it on: what has come since, perhaps a stop, was not in it."""
    library = Library("UNKNOWN", 7)
    library.holds = {1: "CORRUPTED", 3: ""}
    assert listed(library, "at115200") == ([-2, 3], {"ok": {}})


def test_what_lies_behind_a_record_that_the_phone_refuses_to_give_is_read() -> None:
    """libgammu took the refusal for the end of the list: a stop behind it was not read, and its sender was texted."""
    for refusal in ("EMPTY", "INVALIDLOCATION"):
        library = Library(1, refusal)
        library.holds, library.counts = {1: "", 3: ""}, 3
        assert listed(library, "at115200") == ([1, 3], {"ok": {}})


def test_a_phone_that_counts_more_than_it_shows_is_looked_through_once() -> None:
    library, said = Library(1), list[dict[str, Any]]()
    library.holds, library.counts = {1: ""}, 2
    phone = Phone(library, said.append)
    phone.open("/dev/x", "at", "")
    phone.list()
    library.says = [1]
    phone.list()
    looks = [packet["looked"] for packet in said if "looked" in packet]
    assert len(looks) == len(set(looks)) > 0


@pytest.mark.parametrize("connection", ["at", "fbus"])
def test_a_phone_that_cannot_be_read_at_all_is_an_error_and_no_text(connection: str) -> None:
    library = Library(*["UNKNOWN"] * 100)
    library.holds = dict.fromkeys(range(51), "UNKNOWN")
    found, end = listed(library, connection)
    assert end["failed"] == "ERR_UNKNOWN"
    assert len(found) < MOST_UNREADABLE


def test_two_texts_that_cannot_be_read_are_two() -> None:
    """The second said the same words as the first, so that the inbox took it for the first and nobody was told of it."""
    said: list[dict[str, Any]] = []
    library = Library("CORRUPTED", "CORRUPTED")
    library.holds = {2: "CORRUPTED", 3: "CORRUPTED"}
    phone = Phone(library, said.append)
    phone.open("/dev/x", "at", "")
    answer(phone, library, {"do": "list"})
    strange = text(5) | {"Coding": "Unicode_Compression"}
    library.says, library.strange = [5, 6], {5: strange, 6: strange | {"Location": 6}}
    answer(phone, library, {"do": "list"})
    items = [packet["item"] for packet in said if "item" in packet]
    words = [item["pdu"] for item in items if item["pdu"].startswith(UNREADABLE)]
    assert len(words) == len(set(words)) == 4


def test_silence_is_no_unreadable_text() -> None:
    assert listed(Library(1, "TIMEOUT"), "at")[1]["failed"] == "ERR_TIMEOUT"


def test_a_listing_that_goes_in_a_circle_ends() -> None:
    assert listed(Library(*[1, 2] * 1000), "at") == ([1, 2], {"ok": {}})


def test_what_the_phone_says_unasked_is_passed_on() -> None:
    said: list[dict[str, Any]] = []
    phone = Phone(Library(), said.append)
    phone._heard(None, "SMS", {"Folder": 1, "Location": 3})
    phone._heard(None, "SMS", text(0))
    phone._heard(None, "Call", {"Status": "IncomingCall", "Number": "+12025550147"})
    phone._heard(None, "Call", {"Status": "CallEnd"})
    waiting, direct, call = said
    assert waiting == {"notice": "waiting"}
    decoded = pdu.decode(direct["pdu"])
    assert isinstance(decoded, pdu.Deliver)
    assert (direct["notice"], direct["report"], decoded.text) == ("direct", False, "text 0")
    assert call == {"notice": "call", "number": "+12025550147"}


def test_another_text_in_the_slot_is_not_deleted() -> None:
    library = Library(1, 2)
    said: list[dict[str, Any]] = []
    phone = Phone(library, said.append)
    phone.list()
    first, second = (packet["item"]["pdu"] for packet in said)
    assert answer(phone, library, {"do": "delete", "index": 1, "pdus": [second]})["failed"] == "slot"
    assert library.deleted == []
    assert answer(phone, library, {"do": "delete", "index": 1, "pdus": [first]}) == {"ok": {"gone": False}}
    assert library.deleted == [1]
