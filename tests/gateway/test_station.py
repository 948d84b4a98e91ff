"""A real station over a virtual modem on a real pty, judged by what went on the air, what lies on the SIM and what the database says."""

import dataclasses
import threading
from datetime import time
from pathlib import Path

import pytest

from gateway import clockwords, optouts, outbox, stations, store
from gateway.policy import Quiet
from gateway.rules import Rules
from gateway.station import sending
from hardware.virtual import VirtualBank
from tests.gateway.bench import Bench, Blocker
from tests.gateway.conftest import ADA, LUIS, Desk, Room


@pytest.fixture
def rules(rules: Rules) -> Rules:
    return dataclasses.replace(rules, quiet=Quiet(time(0), time(0)))


def test_an_approved_text_goes_on_the_air_as_it_was_approved_and_is_reported_delivered(
    bench: Bench, now: int
) -> None:
    text = "Hi Ada,\ncan you come? {€} 10 ~ ok"
    message_id = bench.desk.approved(text=text, now=now)
    bench.until_state(message_id, "delivered")
    assert [(r.to, r.text) for r in bench.bank.air()] == [(ADA, text)]


@pytest.mark.parametrize("text", ["A long text about the meeting. " * 12, "Žluťoučký kůň 🐴 " * 10])
def test_a_long_text_goes_in_segments_under_one_reference(bench: Bench, now: int, text: str) -> None:
    message_id = bench.desk.approved(text=text, now=now)
    bench.until_state(message_id, "delivered")
    air = bench.bank.air()
    assert len(air) > 1
    assert "".join(record.text or "" for record in air) == text.strip()
    assert len({record.concat[0] for record in air if record.concat}) == 1


def test_a_text_that_comes_in_is_stored_then_removed_from_the_sim(bench: Bench) -> None:
    bench.until_ready()
    bench.bank.inbound(0, ADA, "Yes 👍 " + "x" * 200)
    bench.until(lambda: bool(bench.inbound()), "the text in the inbox")
    bench.until(lambda: bench.bank.stored(0) == [], "an empty SIM")
    assert bench.inbound() == ["Yes 👍 " + "x" * 200]


@pytest.mark.parametrize(
    "fault", ["drop_cmti", "cmti_index_minus1", "dup_cmti", "dup_store", "no_cmgl", "glued_cmgl"]
)
def test_whatever_the_doorbell_does_a_text_is_stored_once(bench: Bench, fault: str) -> None:
    bench.bank.fault(0, fault)
    bench.bank.inbound(0, ADA, "Hello")
    bench.until(lambda: bool(bench.inbound()), "the text in the inbox")
    bench.until(lambda: bench.bank.stored(0) == [], "an empty SIM")
    assert bench.inbound() == ["Hello"]


def test_a_stop_that_lies_on_the_sim_unannounced_is_read_before_a_text_leaves(bench: Bench, now: int) -> None:
    bench.until_ready()
    bench.bank.fault(0, "drop_cmti")
    bench.bank.inbound(0, ADA, "STOP")
    message_id = bench.desk.approved(ADA, now=now)
    other = bench.desk.approved(LUIS, now=now)
    bench.until_state(other, "sent", "delivered")
    assert bench.desk.state(message_id) == "withdrawn"
    assert [record.to for record in bench.bank.air()] == [LUIS]


def test_a_stop_that_comes_while_the_prompt_is_awaited_stops_the_text(bench: Bench, now: int) -> None:
    bench.until_ready()
    bench.bank.fault(0, "prompt_delay", 400, 1)
    message_id = bench.desk.approved(ADA, now=now)
    threading.Timer(0.15, lambda: bench.bank.inbound(0, ADA, "Stop please")).start()
    bench.until_state(message_id, "withdrawn")
    assert bench.on_air() == []


def test_the_confirmation_is_the_one_text_after_a_stop(bench: Bench, now: int) -> None:
    optouts.approve_confirmation(
        bench.desk.db, "You are off our list.", by=bench.desk.room.admin, channel="cli", now=now
    )
    bench.until_ready()
    bench.bank.inbound(0, ADA, "STOP")
    bench.until(lambda: len(bench.on_air()) == 1, "the confirmation")
    bench.bank.inbound(0, ADA, "STOP STOP")
    bench.until(lambda: len(bench.inbound()) == 2, "the second stop")
    assert bench.on_air() == ["You are off our list."]


def test_silence_after_the_pdu_is_uncertain_and_never_resent(
    bench: Bench, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "RESULT_S", 0.4)
    bench.bank.fault(0, "cmgs_silent", times=1)
    bench.bank.fault(0, "report_never")
    message_id = bench.desk.approved(now=now)
    bench.until_state(message_id, "uncertain")
    bench.restart()
    other = bench.desk.approved(LUIS, now=now)
    bench.until_state(other, "sent", "delivered")
    assert bench.desk.state(message_id) == "uncertain"
    assert [record.to for record in bench.bank.air()].count(ADA) <= 1


def test_a_late_answer_settles_the_text_that_it_belongs_to(
    bench: Bench, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "RESULT_S", 0.3)
    bench.bank.fault(0, "report_never")
    bench.bank.fault(0, "cmgs_late", 800, 1)
    message_id = bench.desk.approved(now=now)
    bench.until_state(message_id, "uncertain")
    bench.until_state(message_id, "sent")
    assert len(bench.on_air()) == 1


@pytest.mark.parametrize(
    ("code", "state"), [(1, "failed"), (41, "approved"), (332, "uncertain"), (500, "uncertain")]
)
def test_the_networks_refusal_decides_what_becomes_of_the_text(
    bench: Bench, now: int, code: int, state: str
) -> None:
    bench.bank.fault(0, "cmgs_error", code, 1)
    message_id = bench.desk.approved(now=now)
    bench.until(
        lambda: bench.desk.state(message_id) == state and bench.desk.reason(message_id) != "None", f"{state}"
    )
    assert bench.desk.reason(message_id)


def test_a_refused_number_never_holds_up_the_one_behind_it(bench: Bench, now: int) -> None:
    bench.bank.fault(0, "cmgs_error", 41, 1)
    first = bench.desk.approved(ADA, now=now)
    second = bench.desk.approved(LUIS, now=now)
    bench.until_state(second, "sent", "delivered")
    assert bench.desk.state(first) == "approved"


def test_a_missing_prompt_leaves_nothing_and_the_text_goes_later(bench: Bench, now: int) -> None:
    bench.bank.fault(0, "prompt_missing", times=1)
    message_id = bench.desk.approved(now=now)
    bench.until(lambda: bench.desk.reason(message_id) != "None", "put back")
    bench.desk.db.execute("UPDATE message SET not_before=NULL WHERE id=? AND state='approved'", [message_id])
    bench.until_state(message_id, "sent", "delivered")
    assert len(bench.on_air()) == 1


def test_a_pulled_stick_is_lost_keeps_its_texts_and_goes_on_when_it_is_back(bench: Bench, now: int) -> None:
    bench.until_ready()
    bench.bank.unplug(0)
    message_id = bench.desk.approved(now=now)
    bench.until(lambda: bench.said()[0] == "lost", "lost")
    assert bench.desk.state(message_id) == "approved"
    bench.bank.plug(0)
    bench.until_state(message_id, "sent", "delivered")
    assert len(bench.on_air()) == 1


def test_a_stick_pulled_after_the_pdu_leaves_the_text_uncertain(bench: Bench, now: int) -> None:
    bench.until_ready()
    bench.bank.fault(0, "cmgs_silent", times=1)
    bench.bank.fault(0, "report_never")
    message_id = bench.desk.approved(now=now)
    threading.Timer(0.5, lambda: bench.bank.unplug(0)).start()
    bench.until_state(message_id, "uncertain")
    bench.bank.plug(0)
    bench.until_ready()
    assert bench.desk.state(message_id) == "uncertain"


@pytest.mark.usefixtures("impatient")
def test_a_locked_database_at_the_prompt_sends_nothing_and_the_text_goes_once_it_is_free(
    bench: Bench, blocker: Blocker, now: int
) -> None:
    bench.until_ready()
    bench.at_prompt(1, blocker.lock)
    message_id = bench.desk.approved(now=now)
    bench.until(lambda: blocker.holds, "the lock")
    assert (bench.desk.state(message_id), bench.on_air()) == ("claimed", [])
    blocker.free()
    bench.until_state(message_id, "sent", "delivered")
    assert len(bench.on_air()) == 1


def test_a_pin_is_entered_once_and_never_again_after_it_was_refused(
    bank: VirtualBank, path: Path, desk: Desk, rules: Rules
) -> None:
    bank.fault(0, "pin_required", 3)
    bench = Bench(bank, path, desk, rules, pin="9999")
    bench.until(lambda: bench.said()[0] == "paused", "paused")
    before = bank.modems()[0]
    for _ in range(2):
        bench.restart()
        bench.until(lambda: bench.said()[0] == "paused", "paused")
        assert "refused the PIN" in bench.said()[1]
    assert bank.modems()[0]["faults"] == before["faults"]
    assert desk.db.execute("SELECT count(*), max(outcome) FROM pin_attempt").fetchone()[:] == (1, "refused")
    bench.station.close()


def test_two_uncertain_in_a_row_pause_the_station_until_a_person_resumes_it(
    bench: Bench, now: int, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "RESULT_S", 0.3)
    bench.bank.fault(0, "cmgs_error", 332, 2)
    texts = [bench.desk.approved(f"+1202555016{i}", now=now) for i in range(3)]
    bench.until(lambda: bench.said()[0] == "paused", "paused")
    assert [bench.desk.state(i) for i in texts] == ["uncertain", "uncertain", "approved"]
    stations.request(bench.desk.db, "north", "resume", by=room.technician, now=store.wall_ms())
    bench.until_state(texts[2], "sent", "delivered")


def test_a_report_before_its_cmgs_and_one_in_another_form_are_matched(bench: Bench, now: int) -> None:
    bench.bank.fault(0, "report_before_cmgs")
    bench.bank.fault(0, "report_ra_international")
    message_id = bench.desk.approved(now=now)
    bench.until_state(message_id, "delivered")


def test_a_modem_that_refuses_half_of_what_it_is_asked_still_sends_and_receives(
    bench: Bench, now: int
) -> None:
    for fault in ("at_error", "no_cmee", "no_csms", "no_cpms_query", "no_cmgl"):
        bench.bank.fault(0, fault)
    message_id = bench.desk.approved(now=now)
    bench.until_state(message_id, "sent", "delivered")
    bench.bank.inbound(0, LUIS, "Hello")
    bench.until(lambda: "Hello" in bench.inbound(), "the text in the inbox")


def test_per_minute_holds_the_next_text_back(
    bank: VirtualBank, path: Path, desk: Desk, rules: Rules, now: int
) -> None:
    bench = Bench(bank, path, desk, rules, per_minute=2)
    texts = [desk.approved(f"+1202555016{i}", now=now) for i in range(3)]
    bench.until_state(texts[1], "sent", "delivered")
    bench.restart()
    bench.until_ready()
    assert outbox.load(desk.db, texts[2])["state"] == "approved"
    assert len(bench.on_air()) == 2
    bench.station.close()


def test_a_clock_behind_what_is_known_holds_sending_until_a_coordinator_confirms_the_time(
    bench: Bench, now: int, room: Room
) -> None:
    bench.desk.db.execute(
        "INSERT INTO event (message_id, event, actor, at) VALUES (?,'draft','gateway',?)",
        [bench.desk.draft(LUIS, now=now), now + 3_600_000],
    )
    message_id = bench.desk.approved(now=now)
    bench.desk.db.execute("UPDATE event SET at=? WHERE message_id=?", [now + 3_600_000, message_id])
    bench.until(lambda: bench.said()[0] == "waiting", "waiting for the clock")
    assert "confirms it when it is right" in bench.said()[1]
    for what in ("pause", "resume"):  # a technician's Go on says nothing of the time
        stations.request(bench.desk.db, "north", what, by=room.technician, now=store.wall_ms())
    bench.until(lambda: stations.asked(bench.desk.db, "north") is False, "both obeyed")
    assert bench.on_air() == []
    at = clockwords.Instant(store.wall_ms(), int(bench.clock.monotonic() * 1000), "simulated")
    clockwords.confirm(bench.desk.db, by=room.coordinator, shown=at, at=at)
    bench.until_state(message_id, "sent", "delivered")
