"""Whose answer is it, by the references that a SIM counts: whatever else was done with the texts before."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from gateway import backup, erasing, store, unanswered
from gateway.errors import Refused
from tests.scenarios.asking import Build
from tests.scenarios.office import EVE, NUMBERS, Office
from tests.scenarios.test_faults_sending import one_before
from tests.scenarios.test_late_answers import (
    Trouble,
    both,
    kill_the_gateway,
    lose_the_port,
    the_next_is_doubted,
)
from tests.scenarios.test_owed_answers import copied_by_hand, restored
from tests.simulated import ADA, LUIS


@pytest.mark.parametrize("since", ["it waits", "erased"])
def test_over_a_restart_the_references_of_refused_texts_count(office: Office, since: str) -> None:
    """The late acceptance of the first would be taken for the second's, which never left: it was said to be sent."""
    one_before(office)
    office.fault("cmgs_error", 38, times=1)
    refused, submits = office.approved(EVE, "refused"), office.submits()
    office.until(lambda: office.submits() > submits and office.state(refused) == "approved", "refused")
    office.world.modems[0].mr += 1  # as a SIM does
    office.db.execute("UPDATE message SET not_before=? WHERE id=?", [office.wall() + 3_600_000_000, refused])
    office.run(1000)  # it is on hold
    if since == "erased":
        erasing.erase(office.db, EVE, now=office.wall())
    office.fault("cmgs_stray", 20_000, times=1)
    kill_the_gateway(office)
    the_next_is_doubted(office)


def test_what_another_modem_was_refused_is_no_reference_of_this_sim(build: Build) -> None:
    """After a restart its next text was uncertain, and it was paused."""
    house = build(count=2)
    house.until_ready()
    for modem in (0, 1):
        house.fault("report_never", modem=modem)
    first = {number: house.approved(number) for number in NUMBERS[:6]}  # both modems take some
    house.until(lambda: all(house.state(text) == "sent" for text in first.values()), "sent")
    rows = house.db.execute("SELECT id, station FROM message").fetchall()
    by = {row["station"]: [n for n, text in first.items() if text == row["id"]] for row in rows}
    text = house.approved(by["s0"][0])
    house.until(lambda: house.state(text) == "sent", "sent by s0")
    house.fault("cmgs_error", 41, times=1, modem=1)
    text = house.approved(by["s1"][0])
    house.until(lambda: house.state(text) == "sent", "refused to s1, and sent")
    house.fault("cmgs_silent", "sent", times=1)
    text = house.approved(by["s0"][0])
    house.until(lambda: house.state(text) == "uncertain", "lost sight of")
    house.restart()
    house.until_ready()
    text = house.approved(by["s0"][0])
    house.until(lambda: house.state(text) in ("sent", "uncertain"), "handed over")
    assert house.state(text) == "sent"


def test_on_a_new_sim_two_texts_whose_answers_are_owed_keep_a_third_waiting_over_a_restart(
    office: Office,
) -> None:
    """Nothing tells whose the next answer is: that of the first was taken for the third's, which never left."""
    office.until_ready()
    office.fault("report_never")
    office.fault("cmgs_stray", 60_000, times=1)
    lose_the_port(office)
    office.fault("cmgs_error", 500, times=1)
    office.until_state(office.approved(EVE), "uncertain", limit_s=60)
    office.restart()
    office.ask("resume")
    office.until(lambda: "may still answer for more than one text" in office.said()[1], "told why it waits")
    assert "Go on" not in office.said()[1]  # that would not end it
    office.fault("cmgs_silent", "lost", times=1)
    third = office.approved(LUIS)
    office.until_state(third, "uncertain", limit_s=600)
    assert "did not answer" in office.reason(third)


@both
@pytest.mark.parametrize("restore", [restored, copied_by_hand])
def test_after_a_restore_nobody_knows_how_far_a_sim_has_counted(
    office: Office, tmp_path: Path, restore: Callable[[Office, Path], None], trouble: Trouble
) -> None:
    """By its reference in the backup, the late acceptance of the first text after it was the next one's own, which never left."""
    one_before(office)
    saved = backup.make(office.path, tmp_path / "saved.db", now=office.wall()).path
    for number in NUMBERS[:3]:
        office.until_state(office.approved(number), "sent")
    office.stations[0].close()
    office.db.close()
    restore(office, saved)
    office.db = store.connect(office.path)
    office.stations[0] = office._make(0)
    office.run(400)
    office.fault("cmgs_stray", 30_000, times=1)
    trouble(office)
    the_next_is_doubted(office)


@pytest.mark.parametrize("right", [True, False], ids=["set right", "set wrong, and right again"])
def test_an_answer_is_owed_although_the_clock_was_set_forward_since(office: Office, *, right: bool) -> None:
    """Ada's text seemed to be of hours ago: its late acceptance was taken for Luis's, whose lost text was said to be sent."""
    one_before(office)
    office.fault("cmgs_stray", 60_000, times=1)
    lose_the_port(office)
    office.clock.start += timedelta(hours=2)
    office.machine.has_server = right
    office.run(5)
    office.restart()
    office.run(10)
    if not right:
        office.clock.start -= timedelta(hours=2)
        office.machine.has_server = True
    the_next_is_doubted(office)


def test_whoever_approves_thousands_of_texts_hides_no_reference_from_a_restart(office: Office) -> None:
    """The late acceptance of the first was taken for the second's, which never left."""
    one_before(office)
    office.fault("cmgs_stray", 60_000, times=1)
    text = lose_the_port(office)
    moves = [(text, "approve", "user:1", office.wall())] * 6_000
    with store.write(office.db):
        office.db.executemany("INSERT INTO event (message_id, event, actor, at) VALUES (?,?,?,?)", moves)
    office.restart()
    the_next_is_doubted(office)


@both
@pytest.mark.parametrize("counts", ["nothing", "another's texts too"])
def test_a_reference_that_tells_nothing_makes_no_answer_the_next_texts_own(
    office: Office, trouble: Trouble, counts: str
) -> None:
    """A modem that gives each text the same reference, or whose SIM's own program has texted: the next one never left, and was sent."""
    modem = office.world.modems[0]
    if counts == "nothing":
        modem.next_mr = lambda: 255  # type: ignore[method-assign]
    one_before(office)
    modem.mr += 60
    office.fault("cmgs_stray", 20_000, times=1)
    trouble(office)
    the_next_is_doubted(office)


def test_what_is_counted_stays_the_same_whoever_is_erased(office: Office) -> None:
    one_before(office)
    office.until_state(office.approved(LUIS), "sent")
    office.fault("cmgs_error", 38, times=1)
    refused, submits = office.approved(ADA), office.submits()
    office.until(lambda: office.submits() > submits and office.state(refused) == "approved", "refused")
    card, counted = office.stations[0]._desk.card, (office.world.network.air[1].mr, 1)
    for number in (EVE, LUIS, ADA):
        assert unanswered.last_reference(office.db, card) == counted
        erasing.erase(office.db, number, now=office.wall())
    assert unanswered.last_reference(office.db, card) == counted


@pytest.mark.parametrize("hours", [-1, 1])
def test_nobody_is_erased_because_the_clock_was_set_while_their_text_may_be_answered(
    office: Office, hours: int
) -> None:
    """After a restart nothing told of the text any more: its late acceptance was taken for Luis's, which never left."""
    one_before(office)
    office.fault("cmgs_stray", 60_000, times=1)
    lose_the_port(office)
    office.clock.start += timedelta(hours=hours)
    office.machine.has_server = True
    office.run(5)
    with pytest.raises(Refused, match="try again in five minutes"):
        erasing.erase(office.db, ADA, now=office.wall())
    office.run(310)
    assert erasing.erase(office.db, ADA, now=office.wall()).texts == 1


@pytest.mark.parametrize("erased", [True, False])
def test_a_modem_whose_lost_text_is_erased_with_its_person_does_not_go_on_for_that(
    office: Office, *, erased: bool
) -> None:
    """A text that it had lost sight of a day before, and that had left, was counted in its place."""
    office.until_ready()
    for number, fate in ((EVE, "sent"), (NUMBERS[0], None), (ADA, "lost"), (LUIS, "sent")):
        if fate:
            office.fault("cmgs_silent", fate, times=1)
        office.until_state(office.approved(number), "uncertain" if fate else "delivered", limit_s=300)
        office.run(100)
    office.run(300)
    if erased:
        erasing.erase(office.db, ADA, now=office.wall())
    office.run(200)
    assert office.said()[0] == "paused"


def test_no_text_leaves_by_a_new_sim_while_an_answer_from_before_a_restore_may_come(
    office: Office, tmp_path: Path
) -> None:
    """No row told of the text by the SIM before: its late acceptance was taken for Luis's, whose lost text was said to be sent."""
    one_before(office)
    saved = backup.make(office.path, tmp_path / "saved.db", now=office.wall()).path
    office.fault("cmgs_stray", 120_000, times=1)
    lose_the_port(office)
    office.stations[0].close()
    office.db.close()
    restored(office, saved)
    office.db = store.connect(office.path)
    office.stations[0] = office._make(0)
    office.fault("sim_swap", 1)
    other = office.approved(LUIS)
    office.run(60)
    assert (office.state(other), office.said()[0]) == ("approved", "waiting")
    office.until_state(other, "sent", limit_s=300)
    assert [to for to, _ in office.air()][1:] == [ADA, LUIS]


def test_what_was_lost_sight_of_days_before_the_box_was_off_owes_no_answer(office: Office) -> None:
    """Its clock stood where it had stopped until a server told the time: it looked as if Ada's text were of a moment ago."""
    one_before(office)
    office.fault("cmgs_silent", "lost", times=1)
    office.until_state(office.approved(ADA), "uncertain", limit_s=300)
    office.world.unplug(0, now=office.now())
    office.machine.boot, office.machine.has_battery = "another", False
    office.restart()
    assert not office.timekeeper.trusted(office.db)
    office.clock.start += timedelta(days=3)
    office.machine.has_server = True
    assert office.timekeeper.trusted(office.db)
    office.world.plug(0, now=office.now())
    office.until_ready()
    office.fault("cmgs_error", 38, times=1)
    other, submits = office.approved(LUIS), office.submits()
    office.until(lambda: office.submits() > submits, "handed over")
    office.until_state(other, "approved", "uncertain", limit_s=60)
    assert "out of order" in office.reason(other)
