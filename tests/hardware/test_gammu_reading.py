"""The driver gammu reads: what libgammu gives whole and what it does not, what lies behind that, and what was handed over."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hardware import pdu
from hardware.errors import CommandRefused, ModemSilent, PortGone
from hardware.modem import LISTING, Direct
from hardware.virtual import VirtualBank
from tests.gammu_bench import ADA, CLOCK, alive, dummy, libgammu, no_pin, phone, read, until


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[VirtualBank]:
    with VirtualBank(1, tmp_path / "bank") as bank:
        yield bank


def lying(text: str) -> str:
    """The record of a text that came."""
    return "00" + pdu.encode_deliver(ADA, pdu.segment(text), timestamp=CLOCK.now()).hex()


def test_what_libgammu_does_not_give_whole_is_told_and_stays_on_the_phone(bank: VirtualBank) -> None:
    for storage, record in [
        ("SM", lying("Yes")),
        ("SM", "zzzz"),
        ("SM", lying("👋 ~ the end")),
        ("ME", "zzzz"),
        ("ME", lying("STOP")),
    ]:
        bank.put(0, record, storage=storage, status=1)
    with phone(bank.ports[0]) as driver:
        driver.start(no_pin)
        whole, broken, cut, other, stop = driver.list(everything=True)
        assert broken.index < 0
        assert "place 2 of the SIM" in broken.pdu
        assert "stays on the phone" in broken.pdu
        assert "place 1 of the phone" in other.pdu
        decoded, stopped = pdu.decode(cut.pdu), pdu.decode(stop.pdu)
        assert isinstance(decoded, pdu.Deliver)
        assert (decoded.text, decoded.cut) == ("👋 ~ the en", True)
        assert isinstance(stopped, pdu.Deliver)
        assert stopped.text == "STOP"
        for stored in (whole, broken, cut, other, stop):
            driver.delete(stored)
        assert [(slot["storage"], slot["index"]) for slot in bank.stored(0)] == [
            ("SM", 2),
            ("SM", 3),
            ("ME", 1),
        ]
        assert driver.list(everything=True) == [broken, cut, other]


def test_a_phone_that_hangs_in_its_list_is_read_place_by_place(bank: VirtualBank) -> None:
    """One that counts texts and lists none is asked by libgammu for 100,000 places: the station was lost, and every text on it unread."""
    with phone(bank.ports[0]) as driver:
        driver.start(no_pin)
        bank.fault(0, "memory_full")
        driver.read_by_slot()
        assert read(driver) == []
        bank.put(0, lying("STOP"))
        assert read(driver) == ["STOP"]
        for stored in driver.list(everything=True):
            driver.delete(stored)
        driver._by_place = False
        with pytest.raises(ModemSilent) as silent:
            driver.list(everything=True)
        assert silent.value.command == LISTING, "the station counts these"


def test_a_segment_that_joins_its_record_after_the_listing_is_not_deleted_with_it(tmp_path: Path) -> None:
    """Some phones keep a long text in one record: its second half came in between, was in nobody's hands and gone."""
    gammu, port = libgammu(), dummy(tmp_path)
    text = {
        "SMSC": {"Number": ""}, "Type": "Deliver", "Folder": 1, "Coding": "Default_No_Compression", "Class": -1,
        "Number": ADA, "DateTime": CLOCK.now(), "State": "UnRead", "Location": 0,
    }  # fmt: skip
    halves = [
        {**text, "Text": words, "UDH": {"Type": "UserUDH", "Text": bytes((5, 0, 3, 7, 2, seq))}}
        for seq, words in enumerate(("I will come. ", "No: STOP"), start=1)
    ]
    record = tmp_path / "dummy" / "sms" / "1" / "3"

    def holds(*parts: dict[str, Any]) -> None:
        record.unlink(missing_ok=True)  # libgammu adds to a file
        gammu.SaveSMSBackup(str(record), list(parts))

    holds(halves[0])
    with phone(port, "none", model="dummy") as driver:
        driver.start(no_pin)
        [first] = driver.list(everything=True)
        holds(*halves)
        with pytest.raises(CommandRefused, match="Another text lies there"):
            driver.delete(first)
        assert read(driver) == ["I will come. ", "No: STOP"]
        holds(halves[0], {**halves[1], "Coding": "Default_Compression"})
        whole, _ = driver.list(everything=True)
        driver.delete(whole)
        assert len(driver.list(everything=True)) == 2, "one that nobody could read goes with no other"
        holds(*halves)
        for stored in driver.list(everything=True):
            driver.delete(stored)
        assert driver.list(everything=True) == []


HANDS_OVER_TWO = """
import json, pathlib
class GSMError(Exception): pass
def __getattr__(name):
    if name.startswith("ERR_"):
        return type(name, (GSMError,), {})
    raise AttributeError(name)
class StateMachine:
    texts = [json.loads(line) for line in (pathlib.Path(__file__).parent / "texts").read_text().splitlines()]
    def __getattr__(self, name):
        return lambda *a, **k: None
    def GetSMSC(self, place):
        return {"Number": ""}
    def SetIncomingCallback(self, said):
        self.said = said
    def ReadDevice(self, Wait):
        while self.texts:
            self.said(self, "SMS", {**self.texts.pop(0), "UDH": {"Text": b""}, "DateTime": None})
            if not self.texts:
                (pathlib.Path(__file__).parent / "said").touch()
"""


CANNOT_GIVE = (
    HANDS_OVER_TWO.partition("    texts = ")[0]
    + """
    def __getattr__(self, name):
        return lambda *a, **k: None
    def GetSMSC(self, place):
        return {"Number": ""}
    def ReadDevice(self, Wait):
        class Heard:
            def __del__(self):
                raise ValueError("Bad value for MemoryType from Gammu: '43f74508'")
        Heard()
"""
)


def test_a_text_that_gammu_could_not_give_is_told_and_the_next_is_heard_by_a_new_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A flash text was lost without a word, nothing behind it was heard any more, and the log took five complaints a second."""
    (tmp_path / "gammu.py").write_text(CANNOT_GIVE)
    port = dummy(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    with phone(port, "none") as driver:
        driver.meet()
        driver._ask("hear", 20)
        until(lambda: not alive(driver.pid), "the process that hears nothing any more is gone")
        driver.last_words()
        [lost] = [notice for notice in driver.notices() if isinstance(notice, Direct)]
        with pytest.raises(PortGone):
            driver.wait(CLOCK.monotonic() + 20)
    assert "It is lost" in lost.pdu
    assert "MemoryType" not in capfd.readouterr().err


def test_all_that_a_phone_handed_over_is_kept_when_it_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two texts that exist nowhere else the second was lost with the process, at a restart of the gateway for one."""
    text = {
        "SMSC": {"Number": ""}, "Type": "Deliver", "Coding": "Default_No_Compression", "Class": -1, "Number": ADA,
        "ReplyViaSameSMSC": 0, "ReplaceMessage": 0, "Length": 4, "Location": 0,
    }  # fmt: skip
    (tmp_path / "texts").write_text("".join(json.dumps({**text, "Text": t}) + "\n" for t in ("Yes!", "STOP")))
    (tmp_path / "gammu.py").write_text(HANDS_OVER_TWO)
    port = dummy(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    with phone(port, "none") as driver:
        kept: list[str] = []
        driver.keep_at_once(lambda direct: not kept.append(direct.pdu))
        driver.meet()
        driver._ask("hear", 20)
        until((tmp_path / "said").exists, "both are handed over")
        driver.last_words()
        heard = [notice for notice in driver.notices() if isinstance(notice, Direct)]
    told = [pdu.decode(notice.pdu) for notice in heard]
    assert kept == [notice.pdu for notice in heard], "they lay in memory for as long as a list took"
    assert all(notice.kept for notice in heard)
    assert [one.text for one in told if isinstance(one, pdu.Deliver)] == ["Yes!", "STOP"]
