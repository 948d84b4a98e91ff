"""What a technician sees and asks of whole stations: samples, counts, questions, SIMs on hold, self-tests."""

from dataclasses import replace
from typing import Any

import pytest

from gateway import people, readings, selftests, settling, sims
from hardware.virtual.engine import Engine
from tests.scenarios.asking import ask, engine, technician, told
from tests.scenarios.office import NUMBERS, Office
from tests.scenarios.receiving import Make
from tests.simulated import ADA, House

# Health


def test_signal_temperature_and_voltage_are_sampled_and_the_network_at_once(make: Make) -> None:
    house = make(personality="sim800l")
    house.fault("temperature", 61.0)
    house.fault("voltage", 3_600)
    house.until_ready()
    row = house.db.execute("SELECT temperature_c, voltage_mv, signal_dbm FROM station").fetchone()
    assert (row["temperature_c"], row["voltage_mv"]) == (61, 3600)
    assert row["signal_dbm"] is not None
    house.run(3600)
    hour = readings.samples(house.db, "s0", since=0)
    assert 10 <= len(hour) <= 14
    house.fault("registered", 2)
    house.until(
        lambda: readings.samples(house.db, "s0", since=0)[-1]["registration"] == "searching", "a sample", 130
    )


def test_refusals_are_counted_by_code(make: Make) -> None:
    house = make()
    house.until_ready()
    house.fault("cmgs_error", 38, 1)
    message_id = house.approved()
    house.until(lambda: bool(readings.errors(house.db, "s0", since_day="2026-01-01")), "a count")
    assert readings.errors(house.db, "s0", since_day="2026-01-01")[0]["code"] == "CMS 38"
    assert house.state(message_id) == "approved"


# The query console


def test_a_question_is_answered_with_the_modems_own_lines(make: Make) -> None:
    house = make()
    house.until_ready()
    house.arrive("A text that no technician reads")
    answer = ask(house, "query", "at+cops?", by=technician(house))
    assert answer.splitlines() == ["AT+COPS?", '+COPS: 0,0,"Textbank Mobile",7', "OK"]
    before = len(house.written[0])
    assert "was not asked" in ask(house, "query", "AT+CMGL=4")
    assert "was not asked" in ask(house, "query", "AT+CSQ;+CMGR=1")
    assert not any("CMGR=1" in line or line == "AT+CSQ;+CMGR=1" for line in house.written[0][before:])
    assert "does not answer this" in ask(house, "query", "AT+CPSI?")


def test_what_is_asked_of_a_modem_that_is_gone_is_answered_too(make: Make) -> None:
    house = make()
    house.until_ready()
    house.world.unplug(0, now=house.now())
    house.until(lambda: house.said()[0] == "lost", "lost")
    assert "the modem is lost" in ask(house, "query", "AT+CSQ")
    assert "the modem is lost" in ask(house, "ussd", "*100#")


def exchange_sims(one: Engine, other: Engine) -> None:
    """Each modem keeps its IMEI and gets the other's card."""
    sims_before = one.drawer.inserted, other.drawer.inserted
    for modem, sim in ((one, sims_before[1]), (other, sims_before[0])):
        card = replace(sim.card, imei=modem.card.imei, place=modem.card.place)
        modem.drawer.inserted = replace(sim, card=card)


def test_a_sim_on_hold_stays_so_over_a_restart_and_in_another_modem_until_somebody_says_go_on(
    make: Make,
) -> None:
    house = make(count=2)
    house.until_ready()
    iccid = engine(house).card.iccid
    sims.pause(house.db, iccid, "The network says that this SIM has no credit.", now=house.wall())
    house.restart()
    house.until(lambda: house.said("s0")[0] == "paused", "paused")
    exchange_sims(engine(house, 0), engine(house, 1))
    house.until(lambda: house.said("s1")[0] == "paused", "the card's new modem is paused", 300)
    assert "no credit" in house.said("s1")[1]
    house.until(lambda: house.said("s0")[0] == "ready", "and the old one works", 300)
    assert ask(house, "resume", name="s1", by=technician(house)) == "It goes on."
    house.until(lambda: house.said("s1")[0] == "ready", "ready")
    assert sims.paused(house.db, iccid) == ""


# Self-tests


def two(make: Make, **spec: Any) -> House:
    house = make(count=2, **spec)
    house.until_ready()
    admin = people.create(house.db, "Ana", "admin", now=house.wall())
    selftests.approve_standing(house.db, by=admin, channel="panel", now=house.wall())
    return house


def by_s0(house: House, number: str) -> int:
    """A text that only the first modem's SIM may carry."""
    message_id = house.approved(number)
    house.db.execute("UPDATE conversation SET iccid=? WHERE number=?", [engine(house).card.iccid, number])
    return message_id


def test_a_self_test_tells_when_its_text_left_came_and_was_reported_and_no_volunteer_sees_it(
    make: Make,
) -> None:
    house = two(make)
    assert "sends a test text to s1" in ask(house, "self_test", by=technician(house))
    house.until(lambda: selftests.latest(house.db)[0]["ended_at"] is not None, "its end", 200)
    test = selftests.latest(house.db)[0]
    assert (test["sender"], test["receiver"], test["passed"], test["reason"]) == ("s0", "s1", 1, None)
    assert test["started_at"] <= test["sent_at"] <= test["ended_at"]
    assert None not in (test["received_at"], test["reported_at"])
    assert house.texts() == []
    assert house.waiting() == []
    house.until(lambda: not house.stored(1), "an empty SIM")


def test_a_self_test_that_comes_to_another_modem_of_ours_is_no_conversation(make: Make) -> None:
    house = two(make)
    for number, name in enumerate(
        ("s0", "s1")
    ):  # as after the cards were exchanged: both rows say the same number
        row = house.db.execute("SELECT iccid FROM station WHERE name=?", [name]).fetchone()
        house.db.execute("UPDATE sim SET number=? WHERE iccid=?", [engine(house).card.number, row["iccid"]])
        assert engine(house, number).card.iccid == row["iccid"]
    ask(house, "self_test", "s1")
    house.until(lambda: selftests.latest(house.db)[0]["ended_at"] is not None, "its end", 400)
    house.run(60)
    assert "came to s0" in selftests.latest(house.db)[0]["reason"]
    assert house.texts() == []
    assert house.waiting() == []


def test_a_self_test_that_the_network_refuses_for_want_of_credit_ends_at_once(make: Make) -> None:
    house = two(make)
    house.fault("cmgs_error", 50)
    ask(house, "self_test", "s1")
    took = house.until(lambda: selftests.latest(house.db)[0]["ended_at"] is not None, "its end", 400)
    assert took < 5
    assert "could not send the text. " in selftests.latest(house.db)[0]["reason"]


def test_a_self_test_that_does_not_arrive_ends_with_a_sentence(make: Make) -> None:
    house = two(make)
    house.world.unplug(1, now=house.now())
    ask(house, "self_test", "s1")
    house.until(lambda: selftests.latest(house.db)[0]["ended_at"] is not None, "its end", 400)
    test = selftests.latest(house.db)[0]
    assert test["passed"] == 0
    assert "did not come to s1 within three minutes" in test["reason"]


def test_a_station_that_lost_sight_of_two_texts_proves_itself_and_goes_on(make: Make) -> None:
    house = two(make)
    house.fault("cmgs_error", 332, 2)
    texts = [by_s0(house, f"+1202555016{number}") for number in range(3)]
    house.until(lambda: house.state(texts[2]) in ("sent", "delivered"), "it goes on", 900)
    assert [house.state(text) for text in texts[:2]] == ["uncertain", "uncertain"]
    assert any("now tests itself" in reason for reason in told(house))
    assert [row["passed"] for row in selftests.latest(house.db)] == [1]


def test_a_self_test_goes_on_over_a_restart_of_ours(make: Make) -> None:
    house = two(make)
    house.fault("cmgs_error", 332, 2)
    texts = [by_s0(house, f"+1202555016{number}") for number in range(3)]
    house.until(lambda: "now tests itself" in house.said()[1], "the test", 900)
    house.restart()
    house.until(lambda: house.state(texts[2]) in ("sent", "delivered"), "it goes on", 900)
    assert len(selftests.latest(house.db)) == 1


def test_that_the_tests_own_text_left_is_no_proof_yet_over_a_restart_either(make: Make) -> None:
    house = two(make)
    house.fault("cmgs_error", 332, 2)
    house.fault("reject_inbound", modem=1)
    texts = [by_s0(house, f"+1202555016{number}") for number in range(3)]
    house.until(lambda: "now tests itself" in house.said()[1], "the test", 900)
    test = selftests.latest(house.db)[0]["message_id"]
    house.until(lambda: house.state(test) in ("sent", "delivered"), "its text left")
    house.restart()
    house.run(600)
    assert house.said()[0] == "paused"
    assert house.state(texts[2]) == "approved"
    assert [row["passed"] for row in selftests.latest(house.db)] == [0]


def test_a_station_that_may_not_test_itself_does_when_it_may(make: Make) -> None:
    house = two(make)
    house.db.execute("DELETE FROM setting WHERE key='self_test'")
    house.fault("cmgs_error", 332, 2)
    texts = [by_s0(house, f"+1202555016{number}") for number in range(3)]
    house.until(lambda: house.said()[0] == "paused", "paused", 900)
    house.run(1200)
    assert "press Go on" in house.said()[1]
    admin = people.create(house.db, "Ada", "admin", now=house.wall())
    selftests.approve_standing(house.db, by=admin, channel="panel", now=house.wall())
    house.until(lambda: house.state(texts[2]) in ("sent", "delivered"), "it goes on", 1200)


def test_a_station_whose_self_test_fails_waits_for_a_person_and_does_not_try_again(make: Make) -> None:
    house = two(make)
    house.fault("cmgs_error", 332)
    texts = [by_s0(house, f"+1202555016{number}") for number in range(3)]
    house.until(lambda: "did not pass" in house.said()[1], "the sentence", 900)
    house.run(1500)
    assert house.state(texts[2]) == "approved"
    assert len(selftests.latest(house.db)) == 1
    assert house.said()[0] == "paused"
    house.clear("cmgs_error")
    ask(house, "resume", by=technician(house))
    house.until(lambda: house.state(texts[2]) in ("sent", "delivered"), "sent")


def test_a_self_test_that_a_person_begins_proves_a_paused_station_well(make: Make) -> None:
    house = two(make)
    house.fault("cmgs_error", 332)
    texts = [by_s0(house, f"+1202555016{number}") for number in range(3)]
    house.until(lambda: "did not pass" in house.said()[1], "the sentence", 900)
    house.clear("cmgs_error")
    ask(house, "self_test", by=technician(house))
    house.until(lambda: house.state(texts[2]) in ("sent", "delivered"), "it goes on", 900)
    assert [row["passed"] for row in selftests.latest(house.db)] == [1, 0]


def test_without_another_modem_a_paused_station_waits_for_a_person(make: Make) -> None:
    house = make()
    house.until_ready()
    house.fault("cmgs_error", 332, 2)
    for number in range(2):
        house.approved(f"+1202555016{number}")
    house.until(lambda: house.said()[0] == "paused", "paused", 900)
    house.run(900)
    assert "press Go on" in house.said()[1]
    assert "another modem" in ask(house, "self_test")


def test_a_self_test_by_schedule(make: Make) -> None:
    house = two(make, self_test_hours=3)
    for _ in range(3):
        house.run(300)
        house.clock.advance(3 * 3600)
    tests = [row for row in selftests.latest(house.db) if row["sender"] == "s0"]
    assert len(tests) == 3
    assert all(row["passed"] == 1 for row in tests)
    assert house.shown(ADA) == []


# The network


def test_a_network_that_is_lost_or_found_is_said_at_once_when_the_modem_tells_it(make: Make) -> None:
    house = make()
    house.until_ready()
    house.run(20)
    for stat, state in ((2, "waiting"), (1, "ready")):
        house.fault("registered", stat)
        assert house.until(lambda state=state: house.said()[0] == state, state, 130) < 4  # type: ignore[misc]


def test_a_modem_that_repeats_its_registration_is_not_asked_each_time(make: Make) -> None:
    house = make()
    house.until_ready()
    house.run(20)
    before = len(house.written[0])
    for number in range(300):  # the same <stat> with each cell, then one that comes and goes
        stat = 1 if number < 150 else number % 2
        house.world.modems[0].urc(f'+CREG: {stat},"{number:04X}","00C1",7', now=house.now())
        house.run(0.1)
    looks = house.written[0][before:].count("AT+CSQ")
    assert 3 <= looks <= 8, "fifteen quiet seconds, then one look in three seconds"
    assert house.said()[0] == "ready"


@pytest.mark.parametrize("restarts", [False, True])
def test_f16_a_station_that_lost_sight_of_two_texts_goes_on_when_both_are_reported(
    office: Office, *, restarts: bool
) -> None:
    """It stayed paused until somebody pressed "Go on", and said that nobody knows whether they went out."""
    office.fault("cmgs_silent", "sent", times=2)
    office.fault("report_late", 600.0, times=2)
    texts = [office.approved(number) for number in NUMBERS[:3]]
    office.until(lambda: office.said()[0] == "paused", "paused")
    assert [office.state(text) for text in texts] == ["uncertain", "uncertain", "approved"]
    if restarts:
        office.restart()
    office.until_state(texts[0], "delivered", limit_s=900)
    assert (office.said()[0], office.submits()) == ("paused", 2)
    office.until_state(texts[2], "delivered", limit_s=900)
    assert (office.state(texts[1]), office.said()[0], office.submits()) == ("delivered", "ready", 3)


def test_f16_a_station_that_lost_sight_twice_of_one_long_text_goes_on_when_all_of_it_is_reported(
    office: Office,
) -> None:
    """Two texts were looked for, so it stayed paused until somebody pressed "Go on"."""
    office.fault("cmgs_silent", "sent", times=2)
    text = office.approved(NUMBERS[0], "The library is closed, so we meet at the church hall. " * 4)
    office.until(lambda: office.said()[0] == "paused", "paused")
    assert (office.state(text), office.submits()) == ("uncertain", 2)
    office.until_state(text, "delivered")
    office.until(lambda: office.said()[0] == "ready", "it goes on", 70)


def test_f16_texts_of_which_somebody_says_that_they_did_not_arrive_prove_no_station_well(
    office: Office,
) -> None:
    office.fault("cmgs_silent", "lost", times=2)
    texts = [office.approved(number) for number in NUMBERS[:3]]
    office.until(lambda: office.said()[0] == "paused", "paused")
    for text in texts[:2]:
        settling.settle(office.db, text, arrived=False, by=office.user, now=office.wall())
    office.run(300)
    assert (office.said()[0], office.submits()) == ("paused", 2)
