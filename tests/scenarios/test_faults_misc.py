"""Faults F67, F68, F74, F77, F83, F85 to F88 and F91 of the catalogue, and what a technician asks of a station, played by virtual
modems to whole stations.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway import people, readings, selftests, sims, stations
from gateway.people import User
from hardware.virtual.engine import Engine
from tests.simulated import ADA, House

Build = Callable[..., House]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    houses: list[House] = []

    def make(**wanted: Any) -> House:
        houses.append(House(tmp_path / "textbank.db", **wanted))
        return houses[-1]

    yield make
    for house in houses:
        house.close()


def engine(house: House, number: int = 0) -> Engine:
    return house.world.modems[number]


def technician(house: House) -> User:
    return people.create(house.db, "Tess", "technician", now=house.wall())


def ask(
    house: House, what: str, argument: str | None = None, name: str = "s0", by: User | None = None
) -> str:
    """Ask a station and wait for its answer."""
    number = stations.request(house.db, name, what, by=by, now=house.wall(), argument=argument)
    answered = partial(stations.result_of, house.db, number)
    house.until(
        lambda: (row := answered()) is not None and row["done_at"] is not None, f"an answer to {what}"
    )
    row = answered()
    assert row is not None
    return str(row["result"])


def told(house: House, name: str = "s0") -> list[str]:
    """Every sentence that the station said, oldest first."""
    return [row["reason"] for row in reversed(stations.events(house.db, name, 200))]


def resets(house: House, number: int = 0) -> int:
    return sum(line.endswith("AT+CFUN=1,1") for line in house.written[number])


# F67: the ladder


def test_f67_a_hung_modem_is_restarted_once_in_ten_minutes_at_most_and_then_a_person_is_told(
    build: Build,
) -> None:
    house = build()
    house.until_ready()
    message_id = house.approved()
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "sent")
    house.fault("hang", 100_000.0)
    opened = house.opened[0]
    house.until(lambda: resets(house) == 1, "the vendor's command", 900)
    assert house.opened[0] - opened == 2, "the port was opened anew first, and once more for the command"
    began = house.clock.monotonic()
    house.until(lambda: house.said()[0] == "failed", "a person is told", 3000)
    assert house.clock.monotonic() - began >= 600, "what may reset comes ten minutes after"
    said = "\n".join(told(house))
    for words in (
        "told the modem s0 to restart",
        "cannot be restarted over USB",
        "by the power of its port",
        "count to ten",
    ):
        assert words in said
    house.run(7200)
    assert resets(house) == 1
    assert [row["code"] for row in readings.errors(house.db, "s0", since_day="2026-01-01")] == ["silence"]


def test_f67_a_restart_that_helps_is_the_end_of_it(build: Build) -> None:
    house = build()
    house.until_ready()
    modem = engine(house)
    really = modem.feed

    def obeys_nothing_else(data: bytes, now: float) -> None:
        if b"AT+CFUN=1,1" in data:
            modem.feed = really  # type: ignore[method-assign]
            modem.reboot(now)

    modem.feed = obeys_nothing_else  # type: ignore[method-assign]
    house.until(lambda: modem.feed == really, "the restart", 900)
    house.until_ready()
    message_id = house.approved()
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "sent")
    assert resets(house) == 1
    assert house.db.execute("SELECT reset_at FROM station").fetchone()["reset_at"] is not None


def test_f67_the_limit_holds_over_a_restart_of_ours(build: Build) -> None:
    house = build()
    house.until_ready()
    house.fault("hang", 100_000.0)
    house.until(lambda: resets(house) == 1, "the vendor's command", 900)
    began = house.clock.monotonic()
    for _ in range(3):
        house.restart()
        house.run(130)
    assert resets(house) == 1
    house.until(lambda: resets(house) == 2, "the next one", 1800)
    assert house.clock.monotonic() - began >= 590


def test_f67_the_button_restarts_it_now_and_says_why_when_it_may_not(build: Build) -> None:
    house = build()
    house.until_ready()
    tess = technician(house)
    assert "plugged in less than 90 seconds ago" in ask(house, "reset", by=tess)
    house.run(120)
    assert "told to restart" in ask(house, "reset", by=tess)
    assert resets(house) == 1
    house.until_ready()
    house.run(120)
    assert "restarted less than ten minutes ago. Try again in" in ask(house, "reset", by=tess)
    assert resets(house) == 1


def test_f18_f67_nothing_is_reset_while_a_texts_answer_may_come(build: Build) -> None:
    house = build()
    house.until_ready()
    house.run(120)
    house.fault("cmgs_silent")
    house.fault("report_never")
    message_id = house.approved()
    house.until(lambda: house.state(message_id) == "uncertain", "uncertain")
    assert "the answer to a text may still come" in ask(house, "reset")
    assert "answer to a text may still come" in ask(house, "ussd", "*100#")
    assert resets(house) == 0


# F68, F77


def test_f68_a_modem_that_falls_silent_after_hours_is_opened_anew_before(build: Build) -> None:
    house = build(reopen_hours=2)
    house.until_ready()
    opened = house.opened[0]
    house.run(6.5 * 3600)
    assert house.opened[0] - opened == 3
    assert house.said()[0] == "ready"


def test_f68_without_a_schedule_the_port_stays_open(build: Build) -> None:
    house = build()
    house.until_ready()
    house.run(6 * 3600)
    assert house.opened[0] == 1


def test_f77_a_slow_start_after_the_plug_is_no_hang(build: Build) -> None:
    house = build()
    house.until_ready()
    house.world.unplug(0, now=house.now())
    house.until(lambda: house.said()[0] == "lost", "lost")
    house.fault("slow_boot", 80.0)
    house.world.plug(0, now=house.now())
    house.until_ready()
    assert resets(house) == 0


# F74: the machine under the modems


@pytest.mark.parametrize(
    ("kind", "evidence", "words"),
    [
        ("undervoltage", "the power supply fell", "power of this computer was too low"),
        (None, "", "was unplugged, or it restarted"),
    ],
)
def test_f74_the_modem_is_not_blamed_for_a_weak_power_supply(
    build: Build, kind: str | None, evidence: str, words: str
) -> None:
    house = build()
    house.until_ready()
    if kind is not None:
        readings.host_event(house.db, kind, evidence, now=house.wall())
    house.world.unplug(0, now=house.now())
    house.until(lambda: house.said()[0] == "lost", "lost")
    assert any(words in reason for reason in told(house))


# Health


def test_signal_temperature_and_voltage_are_sampled_and_the_network_at_once(build: Build) -> None:
    house = build(personality="sim800l")
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


def test_refusals_are_counted_by_code(build: Build) -> None:
    house = build()
    house.until_ready()
    house.fault("cmgs_error", 38, 1)
    message_id = house.approved()
    house.until(lambda: bool(readings.errors(house.db, "s0", since_day="2026-01-01")), "a count")
    assert readings.errors(house.db, "s0", since_day="2026-01-01")[0]["code"] == "CMS 38"
    assert house.state(message_id) == "approved"


def test_f83_the_modems_clock_is_never_asked_and_never_believed(build: Build) -> None:
    house = build(personality="huawei-e3131")
    house.until_ready()
    modem = engine(house)
    modem.later(house.now(), partial(modem.unasked, "^NWTIME: 18/03/09,12:36:21+4,00"))
    house.arrive("Hello")
    house.until(lambda: house.shown() == ["Hello"], "the text")
    came = datetime.fromtimestamp(house.page()[0].at / 1000, UTC)
    assert abs((came - house.clock.now()).total_seconds()) < 120
    assert not any("CCLK" in line or "CTZ" in line for line in house.written[0])


# F85 to F88: USSD


@pytest.mark.parametrize(
    "form", ["text", "packed", "unquoted", "ucs2", "ucs2_no_dcs", "newlines", "padded", "pieces", "open"]
)
@pytest.mark.parametrize("model", ["generic", "huawei-e3131"])
def test_f85_f86_a_balance_is_read_in_every_form_and_the_session_closed(
    build: Build, form: str, model: str
) -> None:
    house = build(personality=model)
    house.until_ready()
    house.fault("ussd", form)
    answer = ask(house, "ussd", "*100#", by=technician(house))
    assert "".join(answer.split()) == "Yourbalanceis$10.00."
    kept = house.db.execute("SELECT balance, balance_at FROM sim").fetchone()
    assert kept["balance"] == answer
    assert not engine(house).ussd_open
    house.clear("ussd")
    message_id = house.approved()
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "sent")


def test_f86_a_menu_is_closed_and_no_answer_is_told(build: Build) -> None:
    house = build()
    house.until_ready()
    assert "2 Offers" in ask(house, "ussd", "*111#")
    assert not engine(house).ussd_open
    assert house.written[0][-1] == "AT+CUSD=2" or "AT+CUSD=2" in house.written[0]
    house.fault("ussd", "never")
    assert "did not answer in time" in ask(house, "ussd", "*100#")
    house.clear("ussd")
    assert "balance" in ask(house, "ussd", "*100#")


def test_a_code_that_changes_a_setting_never_reaches_the_modem(build: Build) -> None:
    house = build()
    house.until_ready()
    for code in ("**21*+12025550123#", "##002#", "*21#", "**04*1234*9999*9999#"):
        assert "was not asked" in ask(house, "ussd", code)
    assert not any("CUSD=1" in line for line in house.written[0])


def test_f87_names_are_read_in_plain_characters(build: Build) -> None:
    house = build()
    house.until_ready()
    assert 'AT+CSCS="IRA"' in house.written[0]
    assert house.db.execute("SELECT operator FROM station").fetchone()["operator"] == "Textbank Mobile"


@pytest.mark.parametrize("model", ["generic", "huawei-e3131", "sim800l"])
def test_f88_no_model_is_asked_for_its_list_of_commands(build: Build, model: str) -> None:
    house = build(personality=model)
    house.until_ready()
    house.run(3600)
    assert not any("CLAC" in line for line in house.written[0])


# The query console


def test_a_question_is_answered_with_the_modems_own_lines(build: Build) -> None:
    house = build()
    house.until_ready()
    house.arrive("A text that no technician reads")
    answer = ask(house, "query", "at+cops?", by=technician(house))
    assert answer.splitlines() == ['+COPS: 0,0,"Textbank Mobile",7', "OK"]
    before = len(house.written[0])
    assert "was not asked" in ask(house, "query", "AT+CMGL=4")
    assert "was not asked" in ask(house, "query", "AT+CSQ;+CMGR=1")
    assert not any("CMGR=1" in line or line == "AT+CSQ;+CMGR=1" for line in house.written[0][before:])
    assert "does not answer this" in ask(house, "query", "AT+CPSI?")


def test_what_is_asked_of_a_modem_that_is_gone_is_answered_too(build: Build) -> None:
    house = build()
    house.until_ready()
    house.world.unplug(0, now=house.now())
    house.until(lambda: house.said()[0] == "lost", "lost")
    assert "the modem is lost" in ask(house, "query", "AT+CSQ")
    assert "the modem is lost" in ask(house, "ussd", "*100#")


# F91 and SIMs on hold


def test_f91_the_operators_notice_is_in_the_inbox(build: Build) -> None:
    house = build()
    house.until_ready()
    house.arrive("Your credit is low: $0.10 left.", "2424")
    house.until(lambda: house.shown("2424") == ["Your credit is low: $0.10 left."], "the notice")
    assert house.waiting() == ["2424"]


def test_a_sim_on_hold_stays_so_over_a_restart_and_in_another_modem_until_somebody_says_go_on(
    build: Build,
) -> None:
    house = build(count=2)
    house.until_ready()
    iccid = engine(house).card.iccid
    stations.pause_sim(house.db, iccid, "The network says that this SIM has no credit.", now=house.wall())
    house.restart()
    house.until(lambda: house.said("s0")[0] == "paused", "paused")
    engine(house, 0).drawer.inserted, engine(house, 1).drawer.inserted = (
        engine(house, 1).drawer.inserted,
        engine(house, 0).drawer.inserted,
    )
    house.until(lambda: house.said("s1")[0] == "paused", "the card's new modem is paused", 300)
    assert "no credit" in house.said("s1")[1]
    house.until(lambda: house.said("s0")[0] == "ready", "and the old one works", 300)
    assert ask(house, "resume", name="s1", by=technician(house)) == "It goes on."
    house.until(lambda: house.said("s1")[0] == "ready", "ready")
    assert sims.paused(house.db, iccid) == ""


# Self-tests


def two(build: Build, **spec: Any) -> House:
    house = build(count=2, **spec)
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
    build: Build,
) -> None:
    house = two(build)
    assert "sends a test text to s1" in ask(house, "self_test", by=technician(house))
    house.until(lambda: selftests.latest(house.db)[0]["ended_at"] is not None, "its end", 200)
    test = selftests.latest(house.db)[0]
    assert (test["sender"], test["receiver"], test["passed"], test["reason"]) == ("s0", "s1", 1, None)
    assert test["started_at"] <= test["sent_at"] <= test["ended_at"]
    assert None not in (test["received_at"], test["reported_at"])
    assert house.texts() == []
    assert house.waiting() == []
    house.until(lambda: not house.stored(1), "an empty SIM")


def test_a_self_test_that_does_not_arrive_ends_with_a_sentence(build: Build) -> None:
    house = two(build)
    house.world.unplug(1, now=house.now())
    ask(house, "self_test", "s1")
    house.until(lambda: selftests.latest(house.db)[0]["ended_at"] is not None, "its end", 400)
    test = selftests.latest(house.db)[0]
    assert test["passed"] == 0
    assert "did not come to s1 within three minutes" in test["reason"]


def test_a_station_that_lost_sight_of_two_texts_proves_itself_and_goes_on(build: Build) -> None:
    house = two(build)
    house.fault("cmgs_error", 332, 2)
    texts = [by_s0(house, f"+1202555016{number}") for number in range(3)]
    house.until(lambda: house.state(texts[2]) in ("sent", "delivered"), "it goes on", 900)
    assert [house.state(text) for text in texts[:2]] == ["uncertain", "uncertain"]
    assert any("now tests itself" in reason for reason in told(house))
    assert [row["passed"] for row in selftests.latest(house.db)] == [1]


def test_a_station_whose_self_test_fails_waits_for_a_person_and_does_not_try_again(build: Build) -> None:
    house = two(build)
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


def test_without_another_modem_a_paused_station_waits_for_a_person(build: Build) -> None:
    house = build()
    house.until_ready()
    house.fault("cmgs_error", 332, 2)
    for number in range(2):
        house.approved(f"+1202555016{number}")
    house.until(lambda: house.said()[0] == "paused", "paused", 900)
    house.run(900)
    assert "press Go on" in house.said()[1]
    assert "another modem" in ask(house, "self_test")


def test_a_self_test_by_schedule(build: Build) -> None:
    house = two(build, self_test_hours=3)
    house.run(7 * 3600)
    tests = [row for row in selftests.latest(house.db) if row["sender"] == "s0"]
    assert len(tests) == 3
    assert all(row["passed"] == 1 for row in tests)
    assert house.shown(ADA) == []
