"""Faults of receiving (F36 to F47, F60, F63, F90 to F93 of the catalogue): a whole station over the virtual modem, judged
by what a page shows, what lies on the SIM and what the station says.
"""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from gateway import habits
from hardware.pdu import encode_status_report
from hardware.virtual import receiving
from hardware.virtual.engine import Engine
from hardware.virtual.personality import GENERIC, Personality
from tests.scenarios.receiving import Make, pdu, read
from tests.simulated import LUIS, House

DAMAGED = "0BD04259303784=96p331p71160016D02B5FFFF"  # T37: a damaged SIM record


def small(**changes: object) -> Personality:
    """A generic modem with these differences."""
    return dataclasses.replace(GENERIC, **changes)  # type: ignore[arg-type]


def test_f36_a_text_whose_bell_is_lost_is_found_within_a_minute(house: House) -> None:
    house.fault("drop_cmti")
    house.arrive("Hello")
    assert house.until(read(house), "found") <= 60.5
    assert house.shown() == ["Hello"]


def test_f36_indications_that_were_forgotten_are_found_in_the_look_and_set_again(house: House) -> None:
    house.world.modems[0].settings.cnmi = (0, 0, 0, 0, 0)
    house.until(lambda: house.world.modems[0].settings.cnmi[:2] == (2, 1), "armed", 130)
    house.until_ready()
    house.arrive("Hello")
    assert house.until(read(house), "rung for") < 2


@pytest.mark.parametrize("fault", ["dup_cmti", "dup_store"])
def test_f37_a_text_that_is_rung_for_or_stored_twice_is_one_text_and_both_slots_are_emptied(
    house: House, fault: str
) -> None:
    house.fault(fault)
    house.arrive("Hello")
    house.until(read(house), "read")
    house.run(120)
    assert house.shown() == ["Hello"]
    assert house.page()[0].folded == 0
    assert house.stored() == []


def test_f38_the_same_text_in_two_storages_is_one_text_and_both_are_emptied(house: House) -> None:
    record = pdu(house, "Hello")
    house.put(record, "SM")
    house.put(record, "ME")
    house.until(read(house), "read")
    assert house.shown() == ["Hello"]


def test_f38_a_record_of_the_sim_and_its_unfilled_copy_are_one_text(house: House) -> None:
    """The SIM fills its records with FF up to 176 octets, the modem's own storage does not."""
    record = pdu(house, "Hello")
    house.put(record.ljust(352, "F"), "SM")
    house.put(record, "ME")
    house.until(read(house), "read")
    assert house.shown() == ["Hello"]


def test_f39_a_text_that_comes_back_is_shown_once_and_its_slot_is_left_alone_with_a_word(
    house: House,
) -> None:
    kept = house.world.modems[0].storages["ME"].slots = Undeletable()
    house.arrive("STOP")
    house.until(lambda: house.texts() == ["STOP"], "read")
    house.run(1800)
    assert house.shown() == ["STOP"]
    assert kept.deletions == 3
    state, words = house.said()
    assert (state, "does not let go of a text" in words, "Place 1 of its memory ME" in words) == (
        "ready",
        True,
        True,
    )
    house.run(4000)
    assert kept.deletions in (4, 5)  # once an hour
    house.arrive("Another")
    house.until(lambda: "Another" in house.texts(), "others still come")


class Undeletable(dict):  # type: ignore[type-arg]
    """Slots that answer OK to a deletion and keep the text."""

    deletions = 0

    def pop(self, index: int, default: object = None) -> object:
        self.deletions += index in self
        return self.get(index, default)


def test_f39_a_text_that_the_slot_gives_back_a_day_later_asks_for_nothing_and_is_folded(house: House) -> None:
    record = pdu(house, "Can I come?")
    house.put(record, "ME")
    house.until(read(house), "read")
    house.db.execute("UPDATE conversation SET waiting_at=NULL")
    for _ in range(3):
        house.run(7200)
        house.put(record, "ME")
        house.until(lambda: not house.stored(), "read again")
    assert [(entry.text, entry.folded) for entry in house.page()] == [("Can I come?", 3)]
    assert house.waiting() == []


@pytest.mark.parametrize("personality", ["huawei-e3131", "generic"])
def test_f40_index_0_is_a_slot_like_any_other(make: Make, personality: str) -> None:
    house = make(personality=small(first_index=0) if personality == "generic" else personality)
    house.until_ready()
    house.arrive("Hello")
    house.until(read(house), "read", 60)
    assert house.shown() == ["Hello"]


@pytest.mark.parametrize("index", ["-1", "99999", "12345678"])
def test_f40_an_impossible_index_is_a_bell_all_the_same(house: House, index: str) -> None:
    house.fault("drop_cmti")
    house.arrive("Hello")
    house.run(0.2)
    house.world.modems[0].urc(f'+CMTI: "ME",{index}', now=house.now())
    assert house.until(read(house), "read") < 3
    assert house.shown() == ["Hello"]


@pytest.mark.parametrize("named", ["MT", "XX", "SM"])
def test_f41_a_bell_for_another_or_unknown_storage_sweeps_them_all(house: House, named: str) -> None:
    house.fault("cmti_wrong_mem", named)
    house.arrive("Hello")
    assert house.until(read(house), "read") < 3


@pytest.mark.parametrize("asked", [True, False])
def test_f41_texts_that_ring_and_lie_nowhere_are_asked_to_come_directly(
    house: House, monkeypatch: pytest.MonkeyPatch, *, asked: bool
) -> None:
    """A SIM7000G rang "+CMTI: ,-1" and stored nothing, an E303 +CMTI: "SM",0: the card said "ready", and texts left to who had stopped."""

    def nowhere(modem: Engine, tpdu: bytes, now: float, done: receiving.Done, **how: object) -> None:
        modem.urc("+CMTI: ,-1", now=now)
        done(receiving.Fate.REFUSED, now)

    monkeypatch.setattr(receiving, "_keep", nowhere)
    house.until_ready()
    if not asked:
        house.fault("no_cnmi")
    house.arrive("STOP")
    house.run(240)
    assert house.texts() == ["STOP"] * asked
    assert ("it hands texts over" if asked else "read by nobody") in house.said()[1]
    for days, text in enumerate(("Yes", "No")):
        house.clock.advance(days * 8 * 86_400)
        house.restart()
        house.run(20)
        house.arrive(text)
        house.run(60)
    assert house.texts() == ["STOP", "Yes", "No"] * asked, "each start knows: it might be a stop"


def test_f41_reports_that_ring_as_texts_do_are_no_texts_that_lie_nowhere(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A good modem was told to hand its texts over, of which those are lost that come while nobody listens, and who wrote STOP was sought."""
    indicate = receiving._indicate

    def as_texts(modem: Engine, _: str, *of: Any, **how: Any) -> None:
        indicate(modem, "+CMTI:", *of, **how)

    monkeypatch.setattr(receiving, "_indicate", as_texts)
    for _ in range(3):
        message_id = house.approved()
        house.until(lambda message_id=message_id: house.state(message_id) == "delivered", "delivered")  # type: ignore[misc]
        house.run(100)
    assert house.said() == ("ready", "")
    assert house.world.modems[0].settings.cnmi[1] == 1


def test_f41_texts_that_lie_where_it_rang_go_on_being_stored(house: House) -> None:
    """A text handed over exists on the wire alone."""
    house.until_ready()
    for text in ("Yes", "No", "Perhaps"):
        house.arrive(text)
        house.run(100)
    assert house.texts() == ["Yes", "No", "Perhaps"]
    assert house.world.modems[0].settings.cnmi[1] == 1


def test_f42_what_rang_and_is_not_there_yet_is_looked_for_again_and_never_dropped(house: House) -> None:
    record = pdu(house, "Hello")
    house.world.modems[0].urc('+CMTI: "ME",1', now=house.now())
    house.run(1.2)
    house.put(record, "ME")
    assert house.until(read(house), "found at the third look") < 1
    house.world.modems[0].urc('+CMTI: "ME",1', now=house.now())
    house.put(pdu(house, "In the other one"), "SM")
    assert house.until(read(house, 2), "found by the sweep at the end") < 4


def test_f43_counters_that_lag_or_lie_are_not_believed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.fault("cpms_stale_500ms")
    storage = house.world.modems[0].storages["ME"]
    monkeypatch.setattr(type(storage), "used", lambda self, now, *, stale=False: 0)
    house.put(pdu(house, "Hello"), "ME")
    house.until(read(house), "read", 61)


def test_f44_a_full_storage_is_emptied_at_once_and_said(make: Make) -> None:
    house = make(personality=small(storages={"SM": 5, "ME": 10}, memory_full_urc='^SMMEMFULL:"{}"'))
    house.until_ready()
    house.fault("drop_cmti")
    for number in range(12):
        house.arrive(f"Text {number}")
    house.until(lambda: "New ones wait in the network" in house.said()[1], "said", 5)
    assert len(house.page()) >= 10
    house.until(lambda: len(house.page()) == 12 and not house.stored(), "the network brings the rest", 70)
    house.until(lambda: house.said() == ("ready", ""), "all is well again", 130)


def test_f44_the_alarm_comes_before_the_storage_is_full(make: Make) -> None:
    house = make(personality=small(storages={"SM": 5, "ME": 20}))
    draft = "0011000B912120555521F30000AA04F4F29C0E"
    for _ in range(15):
        house.put(draft, "ME", status=2)
    house.until_ready()
    house.run(61)
    state, words = house.said()
    assert state == "ready"
    assert "15 of 20 places are taken" in words
    assert len(house.stored()) == 15  # drafts are not ours to delete


def test_f44_a_storage_that_fills_unannounced_is_read_before_less_than_a_third_is_free(make: Make) -> None:
    house = make(personality=small(storages={"SM": 5, "ME": 10}))
    house.until_ready()
    house.fault("drop_cmti")
    fullest = 0
    for number in range(60):
        house.arrive(f"Text {number}")
        house.run(6)
        fullest = max(fullest, len(house.stored())) if number > 25 else 0
    assert fullest <= 7
    house.until(lambda: len(house.page()) == 60, "all of them", 90)


def test_f45_f38_a_text_that_spills_into_the_other_storage_is_read(house: House) -> None:
    house.put(pdu(house, "Spilt"), "SM")
    house.world.modems[0].urc('+CMTI: "SM",1', now=house.now())
    assert house.until(read(house), "read") < 3


def test_f44_texts_arrive_in_the_larger_storage(make: Make) -> None:
    house = make(personality=small(storages={"SM": 50, "ME": 20}, memory=("ME", "ME", "ME")))
    house.until_ready()
    assert house.world.modems[0].settings.memory == ("SM", "SM", "SM")


@pytest.mark.parametrize("record", [DAMAGED, "0791", "00440B91", "ZZ" * 20])
def test_f46_a_damaged_record_is_read_three_times_kept_raw_and_only_then_deleted(
    house: House, record: str
) -> None:
    house.put(record, "ME")
    house.arrive("Hello")
    house.until(lambda: house.shown() == ["Hello"], "the others come at once", 2)
    house.until(lambda: not house.stored(), "deleted", 65)
    [kept] = house.db.execute(
        "SELECT pdu FROM arrival WHERE inbound_id IN (SELECT id FROM inbound WHERE kind='undecoded')"
    )
    assert kept["pdu"] in (
        record.encode(),
        bytes.fromhex(record) if record.isalnum() and "Z" not in record else b"",
    )
    [entry] = house.page("unknown")
    assert (entry.kind, record in entry.text) == ("undecoded", True)
    assert house.written[0].count("AT+CMGL=4") >= 3


def test_f46_a_record_that_was_only_read_wrongly_is_read_again_and_whole(house: House) -> None:
    whole = pdu(house, "I will come, but only after eight")
    slot = house.put(whole[:-20], "ME")
    house.world.modems[0].urc('+CMTI: "ME",1', now=house.now())
    house.run(0.2)
    house.world.modems[0].storages["ME"].slots[slot].pdu = whole
    house.until(read(house), "read", 65)
    assert house.shown() == ["I will come, but only after eight"]
    assert house.page()[0].missing == 0


def test_f46_empty_records_and_drafts_are_left_alone(house: House) -> None:
    house.put("00" + "FF" * 20, "ME")
    house.put("00", "ME")
    house.put("0011000B912120555521F30000AA04F4F29C0E", "ME", status=0)  # a SUBMIT that calls itself received
    house.put(pdu(house, "A copy of what was sent"), "ME", status=3)
    house.run(200)
    assert len(house.stored()) == 4
    assert house.texts() == []


def test_f60_eight_copies_by_the_network_are_one_text(house: House) -> None:
    record = pdu(house, "Where is it?")
    for _ in range(8):
        house.arrive_pdu(record)
        house.run(30)
    house.until(lambda: not house.stored(), "emptied", 4000)
    assert [(entry.text, entry.folded) for entry in house.page()] == [("Where is it?", 0)]


@pytest.mark.parametrize("where", ["SM", "ME", "SR"])
def test_f63_f92_a_report_is_read_from_wherever_it_lies(make: Make, where: str) -> None:
    house = make(personality=small(storages={"SM": 30, "ME": 100, "SR": 10}))
    house.until_ready()
    house.fault("report_never")
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) == "sent", "sent")
    mr = house.db.execute("SELECT mr FROM message WHERE id=?", [message_id]).fetchone()["mr"]
    now = house.clock.now()
    report = encode_status_report(
        LUIS, mr=mr, timestamp=now, discharge_time=now + timedelta(seconds=4), status=0
    )
    house.put("00" + report.hex().upper(), where)
    house.world.modems[0].urc(f'+CDSI: "{where}",1', now=house.now())
    house.until(lambda: house.state(message_id) == "delivered", "delivered", 5)
    assert house.stored() == []
    assert [row["pdu"] for row in house.db.execute("SELECT pdu FROM arrival")] == [b"\0" + report]


def test_f90_a_full_storage_of_255_is_read_in_one_go(make: Make) -> None:
    house = make(personality=small(storages={"SM": 20, "ME": 255}))
    for number in range(255):
        house.put(pdu(house, f"Text {number} " + "x" * 140), "ME")
    house.until(lambda: len(house.texts()) == 255 and not house.stored(), "all read", 60)
    assert house.said()[0] == "ready"


def test_f67_a_modem_that_hangs_in_the_list_comes_back_is_walked_and_remembered(make: Make) -> None:
    house = make(count=2)
    house.until_ready()
    house.fault("cmgl_hang", 500)
    house.fault("drop_cmti")
    house.arrive("Hello")
    house.until(lambda: house.said()[0] == "lost", "it hangs", 200)
    house.arrive("To the other", modem=1)
    house.until(lambda: "To the other" in house.texts(), "the other works", 5)
    house.until(lambda: "Hello" in house.texts(), "walked", 1800)
    house.until_ready()
    asked = house.written[0].count("AT+CMGL=4")
    assert habits.hangs_in_listing(house.db, house.world.modems[0].card.imei, now=house.wall())
    house.restart()
    house.until_ready()
    house.run(300)
    assert house.written[0].count("AT+CMGL=4") == asked
    assert "AT+CMGL=4" in house.written[1]


def test_f67_a_modem_that_tells_no_imei_and_hangs_in_the_list_is_walked(make: Make) -> None:
    """It is not known by a name, and was asked for the list at each start anew: no text of its was ever read."""
    house = make()
    for fault, value in (("refuses", "+CGSN"), ("cmgl_hang", 500), ("drop_cmti", None)):
        house.fault(fault, value)
    house.arrive("Hello")
    house.until(lambda: house.texts() == ["Hello"], "walked", 1800)


@pytest.mark.parametrize("times", [1, 3])
def test_f42_a_stop_whose_slot_seems_empty_at_first_is_obeyed_before_a_text_leaves(
    make: Make, times: int
) -> None:
    """Seed 775430: without AT+CMGL it was walked past, and the text left."""
    house = make()
    house.fault("no_cmgl")
    house.until_ready()
    house.fault("drop_cmti")
    house.fault("cmgr_321_first", times=times)
    house.arrive("STOP", sender=LUIS)
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) == "withdrawn", "obeyed", 30)
    house.run(60)
    assert [
        record.text
        for record in house.world.network.air
        if record.to == LUIS and "off our" not in (record.text or "")
    ] == []


def test_f93_a_sim_that_cannot_be_read_for_seconds_is_waited_for(make: Make) -> None:
    house = make()
    house.fault("sim_busy", 12)
    house.until_ready()
    message_id = house.approved()
    house.until(lambda: house.state(message_id) == "delivered", "sent")
