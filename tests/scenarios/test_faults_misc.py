"""Faults F67, F68, F74, F77, F83, F85 to F88 and F91 of the catalogue, played by virtual modems to whole stations: hangs,
power, clocks, USSD, the operator's notices.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from gateway import readings
from gateway.machineclock import SetClock
from gateway.store import moment
from gateway.taken import Taken
from hardware.modem import Modem
from hardware.restart import NotPossible
from tests.scenarios.asking import ask, engine, resets, technician, told
from tests.scenarios.receiving import Make
from tests.simulated import ADA, RULES

# F67: the ladder


def test_f67_a_hung_modem_is_restarted_once_in_ten_minutes_at_most_and_then_a_person_is_told(
    make: Make,
) -> None:
    house = make()
    house.until_ready()
    message_id = house.approved()
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "sent")
    house.fault("hang", 100_000.0)
    opened = house.opened[0]
    house.until(lambda: resets(house) == 1, "the vendor's command", 900)
    assert house.opened[0] - opened >= 2, "the port was opened anew first, and once more for the command"
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


def test_f67_a_silent_modem_says_since_when_what_was_done_and_when_the_next_step_comes(make: Make) -> None:
    house = make()
    house.until_ready()
    house.run(120)
    house.fault("hang", 100_000.0)
    house.until(lambda: house.said()[0] == "lost", "the silence", 300)
    since = f"{moment(house.wall()).astimezone(ZoneInfo(RULES.zone)):%H:%M}"
    house.until(lambda: resets(house) == 1, "the vendor's command", 900)
    reset_at = house.db.execute("SELECT reset_at FROM station").fetchone()["reset_at"]
    at = moment(reset_at).astimezone(ZoneInfo(RULES.zone))
    house.until(lambda: "Not before" in house.said()[1], "the next step", 300)
    said = house.said()[1]
    assert f"It has not answered since {since}." in said
    assert f"told it to restart at {at:%H:%M}" in said
    following = at + timedelta(minutes=10, seconds=59)
    assert f"Not before {following:%H:%M} we reset its USB connection" in said
    before = len(told(house))
    house.run(300)
    assert len(told(house)) == before, "one sentence for the whole wait"


def test_f67_a_restart_that_helps_is_the_end_of_it(make: Make) -> None:
    house = make()
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


def test_f67_the_limit_holds_over_a_restart_of_ours(make: Make) -> None:
    house = make()
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


def test_f67_the_button_restarts_it_now_and_says_why_when_it_may_not(make: Make) -> None:
    house = make()
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


def test_f67_a_reset_that_the_modem_refuses_is_forgotten_and_the_one_before_it_is_not(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make()
    house.until_ready()
    house.run(120)
    before = house.wall() - 700_000
    house.db.execute("UPDATE station SET reset_at=?", [before])

    def refuses(modem: Modem) -> str:
        raise NotPossible("it refused AT+CFUN=1,1")

    monkeypatch.setattr(Modem, "restart", refuses)
    assert "could not be told to restart" in ask(house, "reset")
    assert house.db.execute("SELECT reset_at FROM station").fetchone()["reset_at"] == before


def test_f18_f67_nothing_is_reset_while_a_texts_answer_may_come(make: Make) -> None:
    house = make()
    house.until_ready()
    house.run(120)
    house.fault("cmgs_late", 290_000)  # commands wait meanwhile
    house.fault("report_never")
    message_id = house.approved()
    house.until(lambda: house.state(message_id) == "uncertain", "uncertain")
    assert "the answer to a text may still come" in ask(house, "reset")
    assert "answer to a text may still come" in ask(house, "ussd", "*100#")
    assert resets(house) == 0


# F68, F77


def test_f68_a_modem_that_falls_silent_after_hours_is_opened_anew_before(make: Make) -> None:
    house = make(reopen_hours=2)
    house.until_ready()
    opened = house.opened[0]
    house.run(6.5 * 3600)
    assert house.opened[0] - opened == 3
    assert house.said()[0] == "ready"


def test_f68_without_a_schedule_the_port_stays_open(make: Make) -> None:
    house = make()
    house.until_ready()
    house.run(6 * 3600)
    assert house.opened[0] == 1


def test_f77_a_slow_start_after_the_plug_is_no_hang(make: Make) -> None:
    house = make()
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
    make: Make, kind: str | None, evidence: str, words: str
) -> None:
    house = make()
    house.until_ready()
    if kind is not None:
        readings.host_event(house.db, kind, evidence, now=house.wall())
    house.world.unplug(0, now=house.now())
    house.until(lambda: house.said()[0] == "lost", "lost")
    assert any(words in reason for reason in told(house))


def test_f83_the_modems_clock_is_never_asked_and_never_believed(make: Make) -> None:
    house = make(personality="huawei-e3131", machine=SetClock(server=True))
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
    make: Make, form: str, model: str
) -> None:
    house = make(personality=model)
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


def test_f85_letters_of_the_gsm_alphabet_shown_as_ascii_are_read(make: Make) -> None:
    house = make()
    house.until_ready()
    house.fault("ussd", {"kind": "ascii", "text": "Guthaben 3.00 EUR, bitte wählen Sie"})
    assert ask(house, "ussd", "*100#") == "Guthaben 3.00 EUR, bitte wählen Sie"


def test_f86_a_menu_is_closed_and_no_answer_is_told(make: Make) -> None:
    house = make()
    house.until_ready()
    assert "2 Offers" in ask(house, "ussd", "*111#")
    assert not engine(house).ussd_open
    assert house.written[0][-1] == "AT+CUSD=2" or "AT+CUSD=2" in house.written[0]
    house.fault("ussd", "never")
    assert "did not answer in time" in ask(house, "ussd", "*100#")
    house.clear("ussd")
    assert "balance" in ask(house, "ussd", "*100#")


@pytest.mark.parametrize(
    ("code", "said"), [("*100#", "Unknown service code"), ("*111#", ""), ("*102#", "Data: 500 MB left")]
)
def test_an_answer_that_tells_no_balance_is_shown_and_the_balance_stays(
    make: Make, code: str, said: str
) -> None:
    house = make()
    house.until_ready()
    balance = ask(house, "ussd", "*100#")
    if said:
        house.fault("ussd", {"kind": "text", "text": said})
    assert (said or "2 Offers") in ask(house, "ussd", code)
    assert house.db.execute("SELECT balance FROM sim").fetchone()["balance"] == balance


def test_a_code_that_changes_a_setting_never_reaches_the_modem(make: Make) -> None:
    house = make()
    house.until_ready()
    for code in ("**21*+12025550123#", "##002#", "*21#", "**04*1234*9999*9999#"):
        assert "was not asked" in ask(house, "ussd", code)
    assert not any("CUSD=1" in line for line in house.written[0])


def test_f87_names_are_read_in_plain_characters(make: Make) -> None:
    house = make()
    house.until_ready()
    assert 'AT+CSCS="IRA"' in house.written[0]
    assert house.db.execute("SELECT operator FROM station").fetchone()["operator"] == "Textbank Mobile"


@pytest.mark.parametrize("model", ["generic", "huawei-e3131", "sim800l"])
def test_f88_no_model_is_asked_for_its_list_of_commands(make: Make, model: str) -> None:
    house = make(personality=model)
    house.until_ready()
    house.run(3600)
    assert not any("CLAC" in line for line in house.written[0])


# F91 and SIMs on hold


def test_f91_the_operators_notice_is_in_the_inbox(make: Make) -> None:
    house = make()
    house.until_ready()
    house.arrive("Your credit is low: $0.10 left.", "2424")
    house.until(lambda: house.shown("2424") == ["Your credit is low: $0.10 left."], "the notice")
    assert house.waiting() == ["2424"]


def test_f91_with_a_rule_it_holds_the_sim_and_nobody_else_can(make: Make) -> None:
    house = make(low_credit="Credit is LOW")
    house.until_ready()
    house.arrive("Ha, your credit is low", ADA)
    house.until(lambda: house.shown() == ["Ha, your credit is low"], "a person's text")
    house.run(120)
    assert house.said()[0] == "ready"
    house.arrive("Your credit is low: $0.10 left.", "2424")
    house.until(lambda: house.said()[0] == "paused", "paused")
    assert "credit is low" in house.said()[1]
    message_id = house.approved()
    house.run(120)
    assert house.state(message_id) == "approved"
    ask(house, "resume", by=technician(house))
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "sent")


def test_a_stop_that_one_modem_read_and_the_database_refused_holds_the_other_modems_back(make: Make) -> None:
    """Seed 939887: nobody but that modem knew of it, and another one's text left to who had stopped before it was recorded."""
    house = make(count=2)
    house.until(lambda: all(house.said(name)[0] == "ready" for name in ("s0", "s1")), "both ready")
    for station in house.stations:
        station._desk.db.execute("PRAGMA busy_timeout=20")
    other = sqlite3.connect(house.path, isolation_level=None)
    text = house.approved(ADA)
    other.execute("BEGIN IMMEDIATE")
    house.arrive("STOP", ADA)
    house.run(7)
    other.execute("ROLLBACK")
    other.close()
    for _ in range(10):  # it is its turn first
        house.stations[1].step(house.now())
        house.world.tick(house.now())
    house.until(lambda: house.state(text) != "approved", "known", 10)
    assert house.state(text) == "withdrawn"


def test_a_modem_that_can_never_record_holds_the_others_back_for_a_minute() -> None:
    taken = Taken()
    held = []
    for second in range(0, 120, 6):
        taken.cannot_record("s0", now=second)
        held += [second] if taken.others_cannot_record("s1", now=second) else []
        assert not taken.others_cannot_record("s0", now=second)
    assert held == list(range(0, 60, 6))
    taken.records("s0")
    taken.cannot_record("s0", now=200)
    assert taken.others_cannot_record("s1", now=209)
    assert not taken.others_cannot_record("s1", now=210), "it has not tried again: its modem is gone"


def test_whose_words_could_not_be_recorded_is_held_until_those_are() -> None:
    taken = Taken()
    taken.cannot_keep({"stop": "+5215512345678"}, now=10)
    taken.keeps(["something else that she wrote"])
    assert taken.may_have_stopped("+525512345678", now=909), "her number in the network's other form"
    assert not taken.may_have_stopped(ADA, now=10)
    assert not taken.may_have_stopped("+525512345678", now=910), (
        "its modem is gone; a start reads the SIM first"
    )
    taken.cannot_keep({"stop": ADA}, now=920)
    taken.keeps(["stop"])  # by whichever station
    assert not taken.may_have_stopped(ADA, now=921)
