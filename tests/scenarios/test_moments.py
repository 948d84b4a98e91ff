"""Moments at which gateways lose or double a text, told one by one; the houses by seed meet them by chance."""

import re
from datetime import time
from itertools import pairwise
from pathlib import Path

import pytest

from gateway import habits, outbox
from gateway.policy import Limits, Quiet
from gateway.rules import Rules
from tests import simulated
from tests.scenarios.asking import Build
from tests.scenarios.office import EVE, NUMBERS, Office
from tests.scenarios.simulation.house import ROOMY
from tests.scenarios.simulation.house import House as Turned
from tests.simulated import ADA

LONG = " ".join(["word"] * 80)  # 3 segments
EVENINGS = Rules("Elm Street", "US", "America/New_York", Quiet(time(20), time(9)), undo_ms=0)
HOUR_S = 3600.0
READY_S = 60.0
DEAF_S = 20.0
GONE_S = 5.0
TWO_MODEMS = 3  # a seed whose house has two


def test_references_that_wrap_find_their_texts_though_reports_come_hours_late_and_in_any_order(
    office: Office,
) -> None:
    """Two texts to Ada have each reference, an hour apart; only the third of the first six did not reach her."""
    office.until_ready()
    office.fault("report_late", 2 * HOUR_S)
    office.fault("report_shuffled", 2 * HOUR_S)
    texts = []
    for number in range(12):
        if number % 6 == 0:  # 256 texts later
            office.run(HOUR_S)
            office.fault("mr_wrap")
        if number == 2:
            office.fault("report_status", 0x46, times=1)
        texts.append(office.approved(ADA, f"text {number}"))
        office.until_state(texts[-1], "sent")
    assert [office.sent_row(text)["mr"] for text in texts] == [255, 0, 1, 2, 3, 4] * 2
    office.run(5 * HOUR_S)
    states = [office.state(text) for text in texts]
    assert states == ["delivered"] * 2 + ["undelivered"] + ["delivered"] * 9


def test_one_report_for_two_uncertain_texts_to_one_person_is_not_guessed(office: Office) -> None:
    office.until_ready()
    office.fault("report_late", 600.0)
    office.fault("cmgs_silent", "lost", times=1)
    lost = office.approved(ADA, "The first")
    office.until_state(lost, "uncertain")
    office.fault("cmgs_silent", "sent", times=1)
    gone = office.approved(ADA, "The second")
    office.until_state(gone, "uncertain")
    office.run(HOUR_S)
    assert [office.state(lost), office.state(gone)] == ["uncertain", "uncertain"]
    assert office.air() == [(ADA, "The second")]


@pytest.mark.parametrize(("before_s", "leaves"), [(601.0, True), (599.0, False), (1.0, False)])
def test_a_text_approved_just_before_quiet_hours_leaves_ten_minutes_before_them_or_when_they_end(
    build: Build, monkeypatch: pytest.MonkeyPatch, before_s: float, leaves: bool
) -> None:
    monkeypatch.setattr(simulated, "RULES", EVENINGS)
    house = build()
    house.clock.advance(13 * HOUR_S - before_s - READY_S)  # it began at 7 in the morning there
    house.until_ready()
    house.run(13 * HOUR_S - before_s - house.now())
    now = house.wall()
    text = outbox.draft(
        house.db,
        EVE,
        "See you tomorrow",
        kind="reply",
        key=None,
        channel="panel",
        by=None,
        rules=EVENINGS,
        now=now,
    )
    seen = outbox.seen(outbox.load(house.db, text))
    outbox.approve(house.db, text, by=house.user, seen=seen, rules=EVENINGS, now=now)
    house.run(900)
    assert len(house.world.network.air) == (1 if leaves else 0)
    house.clock.advance(13 * HOUR_S - 1000 - before_s)
    house.run(1800)
    assert [record.at[11:16] for record in house.world.network.air] == ["00:49" if leaves else "14:00"]


def test_a_kill_after_the_second_of_three_segments_was_refused_sends_the_rest_once(office: Office) -> None:
    office.until_ready()
    office.world.network.person = (  # called as the first has arrived
        lambda modem, submit, now: office.fault("cmgs_error", 38, times=1) if len(office.air()) == 1 else None
    )
    text = office.approved(ADA, LONG)
    office.until(lambda: len(office.air()) == 1 and office.state(text) == "approved", "refused")
    office.restart()
    office.until_state(text, "delivered", limit_s=HOUR_S)
    segments = [record.concat for record in office.world.network.air]
    assert [segment and segment[2] for segment in segments] == [1, 2, 3]
    assert len({segment and segment[0] for segment in segments}) == 1


def test_forty_seconds_without_a_network_fail_no_text(office: Office) -> None:
    office.until_ready()
    office.fault("registered", 2)
    texts = [office.approved(number) for number in NUMBERS[:5]]
    office.run(40)
    assert (office.air(), {office.state(text) for text in texts}) == ([], {"approved"})
    office.clear("registered")
    for text in texts:
        office.until_state(text, "sent", "delivered", limit_s=15)
    assert len(office.air()) == 5


def _approve(house: Turned, numbers: list[str]) -> None:
    for number in numbers:
        text = outbox.draft(house.db, number, "Can you come?", kind="first", key=None, channel="panel", by=house.person,
                            rules=house.rules, now=house.now_ms())  # fmt: skip
        seen = outbox.seen(outbox.load(house.db, text))
        outbox.approve(house.db, text, by=house.person, seen=seen, rules=house.rules, now=house.now_ms())
    house.ring()


def test_a_lost_answer_holds_up_no_other_modem_and_its_own_only_until_180_s_after_ctrl_z(
    tmp_path: Path,
) -> None:
    house = Turned(tmp_path, seed=TWO_MODEMS)
    house.plan = ROOMY
    air = house.world.network.air
    with house.patched():
        house.start_gateway()
        house.turns.run(house.clock.monotonic() + 120)
        house.fault(0, "cmgs_silent", "lost", times=1)
        before = house.now
        _approve(house, NUMBERS[:200])
        house.turns.run(house.clock.monotonic() + 240)
        house.close()
    own, other = ([record.at_s for record in air if record.modem == modem] for modem in (0, 1))
    assert max(later - earlier for earlier, later in pairwise(other)) < 62, "but for its limit of 60 a minute"
    assert len([at for at in other if at < before + 170]) >= 120
    assert 180 < min(own) - before < 185
    assert len({record.to for record in air}) == len(air)


@pytest.mark.parametrize("at", [rb"AT\+CMGL=4", rb"AT\+CMGS=", rb"[0-9A-F]{20,}", rb"\x1a"])
def test_a_port_that_is_gone_for_5_s_sends_again_within_5_s_and_holds_up_no_other_modem(
    tmp_path: Path, at: bytes
) -> None:
    house = Turned(tmp_path, seed=TWO_MODEMS)
    house.plan = Limits(0, 0, 0, 0)
    modem, gone_at = house.world.modems[0], [0.0]
    hears = modem.feed

    def feed(data: bytes, now: float) -> None:
        hears(data, now)
        if armed and re.match(at, data) and not gone_at[0]:
            gone_at[0] = now
            house.unplug(0)

    armed = False
    modem.feed = feed  # type: ignore[method-assign]
    for each in house.world.modems:
        each.latency = lambda: 0.5
    with house.patched():
        house.start_gateway()
        house.turns.run(house.clock.monotonic() + 120)
        armed = True
        _approve(house, NUMBERS[:200])
        while not gone_at[0]:
            house.turns.run(house.clock.monotonic() + 0.1)
        house.turns.run(house.clock.monotonic() + GONE_S)
        house.plug(0)
        row = modem.personality
        can_s = house.now + row.boot_s + max(row.init_s, row.texts_after_s, row.sim_fails_s)
        house.turns.run(house.clock.monotonic() + 60)
        house.close()
    air = house.world.network.air
    own, other = ([record for record in air if record.modem == number] for number in (0, 1))
    assert min(record.asked_s for record in own if record.asked_s > gone_at[0] + 1) < can_s + 5
    assert max(later.asked_s - earlier.at_s for earlier, later in pairwise(other)) < 0.1
    assert other[-1].at_s > can_s + 5
    assert len({record.to for record in air}) == len(air)


@pytest.mark.parametrize("at", ["AT+CMGL=4", "AT+CMGS=", "AT+CPMS=", "AT+CMGD=", "AT+CSQ", "AT+CPMS?"])
def test_a_modem_deaf_for_20_s_sends_again_within_5_s_after_it_hears(
    office: Office, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    office.until_ready()
    office.run(90)
    modem, deaf_at = office.world.modems[0], [0.0]
    hears = modem.feed

    def feed(data: bytes, now: float) -> None:
        if data.startswith(at.encode()) and not deaf_at[0]:
            deaf_at[0] = now
            office.fault("hang", DEAF_S)
        hears(data, now)

    monkeypatch.setattr(modem, "feed", feed)
    for number in NUMBERS[:100]:
        office.approved(number)
        office.run(1)
        if deaf_at[0] and office.now() > deaf_at[0] + DEAF_S + 6:
            break
    after = [record.at_s for record in office.world.network.air if record.at_s >= deaf_at[0] + DEAF_S]
    assert deaf_at[0]
    assert min(after) < deaf_at[0] + DEAF_S + 5
    assert not habits.hangs_in_listing(office.db, modem.card.imei, now=office.wall()), "it was deaf once"
