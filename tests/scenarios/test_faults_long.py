"""Long texts (F58, F59 of the catalogue): out of order, with gaps, twice, under one reference, over a restart, on two SIMs."""

from datetime import timedelta

import pytest

from gateway import arrivals
from tests.scenarios.office import Office
from tests.scenarios.receiving import Make, pdus, read
from tests.simulated import ADA, House

LONG = "The library is closed on Thursday, so we meet at the church hall instead. " * 5
A = "An answer about Thursday. " * 8 + "Ada"
B = "Bring the keys of the hall. " * 8 + "Ada"
HALF_HOUR_S, DAY_S = 1_801, 86_401


def later(house: House, seconds: float) -> None:
    """Time passes and housekeeping is done."""
    house.clock.advance(seconds)
    arrivals.show_incomplete(house.db, now=house.wall())


@pytest.mark.parametrize("fault", ["concat_oo", "concat_dup", "ucs2_surrogate_split", "esc_at_boundary"])
def test_f58_a_long_text_is_whole_whatever_the_order(house: House, fault: str) -> None:
    words = {"ucs2_surrogate_split": "Žluťoučký kůň 🐴 " * 12, "esc_at_boundary": "{€} [~] " * 40}
    house.fault(fault)
    house.arrive(words.get(fault, LONG))
    house.until(read(house), "shown")
    assert house.shown() == [words.get(fault, LONG)]
    house.run(120)
    later(house, DAY_S)
    assert len(house.page()) == 1


def test_f58_a_missing_segment_is_shown_as_a_gap_after_a_day_and_filled_when_it_comes(house: House) -> None:
    one, two, three = pdus(LONG, at=house.clock.now())
    house.arrive_pdu(one)
    house.arrive_pdu(three)
    house.run(60)
    later(house, DAY_S - 120)
    assert house.shown() == []
    later(house, 121)
    [entry] = house.page()
    assert (entry.missing, arrivals.GAP in entry.text) == (1, True)
    house.arrive_pdu(two)
    house.until(lambda: house.shown() == [LONG], "whole")
    [entry] = house.page()
    assert (entry.missing, entry.earlier) == (0, 1)
    later(house, 2 * DAY_S)
    assert house.shown() == [LONG]


def test_f58_a_long_text_is_joined_over_a_restart(house: House) -> None:
    for part in pdus(LONG, at=house.clock.now()):
        house.arrive_pdu(part)
        house.run(5)
        house.restart()
        house.until_ready()
    house.until(lambda: house.shown() == [LONG], "whole")


@pytest.mark.parametrize(("seq", "total"), [(0, 2), (3, 2), (1, 0), (0, 0)])
def test_f58_an_impossible_place_in_a_long_text_is_no_long_text(house: House, seq: int, total: int) -> None:
    first = pdus(A, at=house.clock.now())[0]
    assert "0500030102" in first
    house.arrive_pdu(first.replace("050003010201", f"05000301{total:02X}{seq:02X}"))
    house.until(read(house), "shown at once")
    assert house.shown()[0].startswith("An answer about Thursday.")
    assert house.page()[0].missing == 0


def test_f59_two_texts_under_one_reference_of_which_each_lost_a_segment_are_not_made_one(
    house: House,
) -> None:
    now = house.clock.now()
    a1, _ = pdus(A, at=now, ref=5)
    _, b2 = pdus(B, at=now + timedelta(minutes=4), ref=5)
    house.arrive_pdu(a1)
    house.arrive_pdu(b2)
    house.run(60)
    assert house.shown() == []


@pytest.mark.parametrize("order", ["a1 b2 b1 a2", "a1 b2 a2 b1", "b2 a1 b1 a2", "a1 b1 a2 b2", "b1 a2 a1 b2"])
def test_f59_two_texts_under_one_reference_stay_two_in_any_order(house: House, order: str) -> None:
    now = house.clock.now()
    parts = {"a": pdus(A, at=now, ref=5), "b": pdus(B, at=now + timedelta(minutes=4), ref=5)}
    for name in order.split():
        house.arrive_pdu(parts[name[0]][int(name[1]) - 1])
        house.run(2)
    house.until(read(house, 2), "both")
    assert sorted(house.shown()) == [A, B]


def test_f59_a_telephone_that_needed_long_between_two_segments_is_still_one_text(house: House) -> None:
    now = house.clock.now()
    house.arrive_pdu(pdus(A, at=now)[0])
    house.arrive_pdu(pdus(A, at=now + timedelta(minutes=9))[1])
    house.run(60)
    assert house.shown() == []
    later(house, HALF_HOUR_S)
    assert house.shown() == [A]


def test_f59_references_of_8_and_of_16_bits_are_two(house: House) -> None:
    now = house.clock.now()
    eight = pdus(A, at=now, ref=5)
    sixteen = eight[1].replace("0500030502", "060804000502")
    house.arrive_pdu(eight[0])
    house.put(sixteen, "ME")
    house.run(70)
    assert [entry.text for entry in house.page() if entry.text == A] == []


def test_f59_the_same_reference_a_week_later_is_another_text(house: House) -> None:
    house.arrive_pdu(pdus(A, at=house.clock.now(), ref=5)[0])
    house.run(10)
    later(house, 7 * DAY_S)
    house.arrive_pdu(pdus(B, at=house.clock.now(), ref=5)[1])
    house.run(60)
    assert len(house.page()) == 1
    assert house.page()[0].missing == 1


def test_f60_a_segment_that_the_network_repeats_is_not_a_second_text(house: House) -> None:
    parts = pdus(A, at=house.clock.now())
    for part in parts:
        house.arrive_pdu(part)
    house.until(read(house), "whole")
    for _ in range(3):
        house.run(3600)
        house.arrive_pdu(parts[0])
    house.run(60)
    later(house, DAY_S)
    assert [(entry.text, entry.folded, entry.missing) for entry in house.page()] == [(A, 0, 0)]


def test_a_long_text_whose_segments_come_on_two_sims_is_put_together(make: Make) -> None:
    house = make(count=2)
    house.until_ready()
    one, two = pdus(A, at=house.clock.now())
    house.arrive_pdu(one, modem=0)
    house.arrive_pdu(two, modem=1)
    kept = "SELECT count(DISTINCT iccid) FROM arrival"
    house.until(lambda: house.db.execute(kept).fetchone()[0] == 2, "both read")
    later(house, HALF_HOUR_S)
    assert house.shown() == [A]


def test_a_stop_in_a_long_text_with_a_gap_still_asks_a_person(house: House) -> None:
    text = "STOP sending me these. " + "I never asked for them and told you so. " * 6
    house.arrive_pdu(pdus(text, at=house.clock.now())[0])
    house.run(10)
    later(house, DAY_S)
    row = house.db.execute("SELECT asks_opt_out FROM conversation WHERE number=?", [ADA]).fetchone()
    assert row["asks_opt_out"] == 1


def test_a_thousand_segments_of_one_sender_hold_nothing_up(make: Make) -> None:
    house = make()
    house.until_ready()
    for number in range(250):
        house.put(
            pdus(A + str(number), at=house.clock.now() + timedelta(hours=number), ref=7)[0],
            "ME" if number < 100 else "SM",
        )
        if number % 25 == 24:
            house.run(61)
    house.arrive("Hello")
    house.until(lambda: "Hello" in house.shown(), "others come", 90)


def test_f58_no_text_leaves_to_whoever_is_in_the_middle_of_a_long_one(office: Office) -> None:
    """It begins with “Please stop writing to me”; the rest comes late, or never."""
    office.until_ready()
    one, two = pdus(
        "Please stop writing to me. I have told you so at the door, on the phone and by mail. " * 3,
        at=office.clock.now(),
    )[:2]
    office.arrive_pdu(one)
    text = office.approved(ADA)
    office.run(20)
    assert office.air() == []
    assert office.state(text) == "awaiting"
    assert office.reason(text).startswith("A part of a long text from ")
    office.arrive_pdu(two)
    office.until(read(office), "whole")
    assert "wrote after" in office.reason(text)
