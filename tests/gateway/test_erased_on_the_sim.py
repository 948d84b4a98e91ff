"""What a modem still holds, or gave twice, of a person who was erased, or of texts that were deleted by age."""

import sqlite3
from pathlib import Path

import pytest

from gateway import arrivals, erasing, flight, purging, sims, slots
from gateway.arrivals import Received, Seen
from gateway.claims import Seat
from gateway.config import Privacy
from gateway.rules import DAY_MS
from hardware.pdu import encode_status_report
from tests.gateway.conftest import ADA, ICCID, LUIS, NOON, Desk
from tests.gateway.test_arrivals import SEEN, SENT_AT, deliver
from tests.gateway.test_reports import MINUTE, on_air, report, sent

LONG = "Only Ada knows this. " * 12


def arrive(desk: Desk, pdu: str, storage: str = "ME", slot: int = 1, now: int = NOON) -> None:
    arrivals.keep(desk.db, [Received(pdu, storage, slot)], SEEN, desk.rules, now=now)


def raw(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM arrival WHERE pdu<>x''").fetchone()[0])


@pytest.mark.parametrize("whole", [True, False], ids=["the text was whole later", "it never was"])
def test_a_segment_that_lay_in_two_storages_before_its_text_was_whole_is_erased_with_the_person(
    desk: Desk, whole: bool
) -> None:
    """F38: the repeat belonged to no text, so that erasing and the nightly deletion passed it over for ever."""
    desk.draft()
    first, second = deliver(LONG)
    arrive(desk, first)
    arrive(desk, first, "SM")
    if whole:
        arrive(desk, second, slot=2)
    erasing.erase(desk.db, ADA, now=NOON + 1)
    assert raw(desk.db) == 0


def test_a_text_in_a_slot_that_cannot_be_emptied_does_not_bring_an_erased_person_back(desk: Desk) -> None:
    """F39: with the next reading of the SIM the person was there again, with what they had written."""
    [pdu] = deliver("Only Ada knows this.")
    arrive(desk, pdu)
    erasing.erase(desk.db, ADA, now=NOON + 1)
    assert raw(desk.db) == 0
    arrive(desk, pdu, now=NOON + 60_000)
    arrive(desk, pdu, "SM", now=NOON + 120_000)
    assert desk.db.execute("SELECT count(*) FROM inbound").fetchone()[0] == 0
    assert desk.db.execute("SELECT count(*) FROM conversation").fetchone()[0] == 0
    assert raw(desk.db) == 0


@pytest.mark.parametrize("parts", [1, 2], ids=["a text", "a segment"])
def test_a_text_that_the_network_repeats_does_not_bring_back_who_was_erased_meanwhile(
    desk: Desk, parts: int
) -> None:
    """“Stop, and delete what you have of me”: it was done at once, and the network had missed that the text was taken."""
    pdus = deliver(LONG)[:1] if parts > 1 else deliver("Only Ada knows this.")
    desk.draft()
    arrivals.keep(desk.db, [Received(pdus[0])], SEEN, desk.rules, now=NOON)
    erasing.erase(desk.db, ADA, now=NOON + 1)
    arrivals.keep(desk.db, [Received(pdus[0])], SEEN, desk.rules, now=NOON + 60_000)
    assert desk.db.execute("SELECT count(*) FROM conversation").fetchone()[0] == 0
    assert raw(desk.db) == 0
    for night in range(34):
        purging.purge(desk.db, Privacy(), now=NOON + night * DAY_MS, zone=desk.rules.zone)
    assert desk.db.execute("SELECT count(*) FROM arrival").fetchone()[0] == 0


@pytest.mark.parametrize("text", ["Only Ada knows this.", LONG], ids=["a text", "a segment"])
def test_a_text_that_is_read_again_as_an_exchanged_sims_brings_nobody_back_who_was_erased(
    desk: Desk, text: str
) -> None:
    """Its slot could not be emptied, or the cards were exchanged before its modem said so."""
    for iccid in (ICCID, "8901260000000000002"):
        sims.seen(desk.db, iccid, number="", now=NOON)
    pdu = deliver(text)[0]
    desk.draft()
    arrive(desk, pdu)
    erasing.erase(desk.db, ADA, now=NOON + 1)
    other = Seen("north", "8901260000000000002")
    arrivals.keep(desk.db, [Received(pdu, "ME", 1)], other, desk.rules, now=NOON + 3_600_000)
    assert desk.db.execute("SELECT count(*) FROM conversation").fetchone()[0] == 0
    assert raw(desk.db) == 0


def test_a_slot_that_was_emptied_holds_a_new_text_of_somebody_who_was_erased(desk: Desk) -> None:
    [pdu] = deliver("Only Ada knows this.")
    arrive(desk, pdu)
    erasing.erase(desk.db, ADA, now=NOON + 1)
    slots.emptied(desk.db, slots.present(desk.db, ICCID).values(), now=NOON + 60_000)
    arrive(desk, pdu, now=NOON + DAY_MS)
    assert desk.db.execute("SELECT count(*) FROM inbound").fetchone()[0] == 1


def test_a_text_in_a_slot_that_cannot_be_emptied_is_shown_once_however_long_it_lies_there(desk: Desk) -> None:
    """After its raw form was deleted by age the same text was read as a new one: who had come back was out again, or the reverse."""
    keep, zone = Privacy(), desk.rules.zone
    [pdu] = deliver("START")
    arrive(desk, pdu)
    for night in range(60):
        purging.purge(desk.db, keep, now=NOON + night * DAY_MS, zone=zone)
    assert raw(desk.db) == 0
    arrive(desk, pdu, now=NOON + 60 * DAY_MS)
    assert desk.db.execute("SELECT count(*) FROM inbound").fetchone()[0] == 1
    slots.emptied(desk.db, slots.present(desk.db, ICCID).values(), now=NOON + 61 * DAY_MS)
    for night in range(61, 64):
        purging.purge(desk.db, keep, now=NOON + night * DAY_MS, zone=zone)
    assert desk.db.execute("SELECT count(*) FROM arrival").fetchone()[0] == 0


def test_what_lies_on_a_sim_is_in_no_octet_of_the_file_when_its_person_was_erased(
    path: Path, desk: Desk
) -> None:
    [pdu] = deliver("Only Ada knows this.")
    arrive(desk, pdu)
    erasing.erase(desk.db, ADA, now=NOON + 1)
    assert erasing.empty_log(desk.db)
    octets = b"".join(file.read_bytes() for file in path.parent.glob("textbank.db*"))
    assert bytes.fromhex(pdu)[-12:] not in octets


def test_a_report_that_comes_after_its_person_was_erased_does_not_bring_their_number_back(
    path: Path, desk: Desk
) -> None:
    """Nor could it be erased then: nobody of that number was in the database."""
    desk.draft()
    erasing.erase(desk.db, ADA, now=NOON + 1)
    report = "00" + encode_status_report(ADA, mr=7, timestamp=SENT_AT, discharge_time=SENT_AT).hex().upper()
    arrive(desk, report)
    arrive(desk, report, now=NOON + DAY_MS)
    assert desk.db.execute("SELECT count(*) FROM report").fetchone()[0] == 1
    assert erasing.empty_log(desk.db)
    octets = b"".join(file.read_bytes() for file in path.parent.glob("textbank.db*"))
    assert ADA.encode() not in octets
    assert bytes.fromhex(report)[1:10] not in octets


@pytest.mark.parametrize("erased", [-300, 6], ids=["when it was erased", "when another was since"])
def test_a_report_of_a_text_that_was_erased_settles_no_later_one_where_the_clock_was_behind(
    desk: Desk, seat: Seat, erased: int
) -> None:
    sent(desk, seat, 145)
    erasing.erase(desk.db, ADA, now=NOON + erased * MINUTE)
    desk.draft(LUIS)
    erasing.erase(desk.db, LUIS, now=NOON - 300 * MINUTE)
    job = on_air(desk, seat, now=NOON + 7 * MINUTE)
    flight.lose(desk.db, seat, job, 1, "The modem was unplugged.", now=NOON + 7 * MINUTE)
    report(desk, 145, at=NOON, now=NOON + 10 * MINUTE)
    assert desk.state(job.message_id) == "uncertain"
