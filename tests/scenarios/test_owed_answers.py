"""What a modem still owes when rows, ports and SIMs have moved on: no such answer is taken for another text's."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway import backup, lock, restoring, settling, store
from hardware.link import Link
from hardware.modem import LateSubmit
from tests.gateway.bench import Blocker
from tests.scenarios.office import EVE, NUMBERS, Office
from tests.scenarios.test_faults_sending import one_before
from tests.scenarios.test_late_answers import CUT_S, handed_over, kill_the_gateway, lose_the_port
from tests.simulated import ADA, LUIS
from tests.virtual_link import VirtualLink


@pytest.mark.parametrize("status", [0x00, 0x46])
def test_a_text_that_a_report_settled_before_the_restart_is_owed_an_answer(
    office: Office, status: int
) -> None:
    """The late acceptance of Ada's text was taken for the one to Luis, which had not left."""
    office.until_ready()
    office.until_state(office.approved(EVE), "delivered")
    office.fault("report_status", status)
    office.fault("cmgs_stray", 60_000, 1)
    text = kill_the_gateway(office)
    office.until_state(text, "delivered", "undelivered", limit_s=30)
    office.restart()
    office.until_ready()
    office.fault("cmgs_silent", "lost", 1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain", "sent", limit_s=300)
    assert office.state(other) == "uncertain"


def test_a_long_text_that_a_person_settled_is_owed_the_answer_to_its_last_segment(office: Office) -> None:
    """Its first segment had left an hour before."""
    office.until_ready()
    office.fault("report_never")
    office.fault("cmgs_error", 500, 1)
    lost = office.approved(LUIS)
    office.until_state(lost, "uncertain", limit_s=30)
    office.until_state(office.approved(EVE), "sent")
    office.fault("cmgs_stray", 60_000, 1)
    text = kill_the_gateway(office, "long " * 50)
    office.db.execute("UPDATE message SET submitted_at=submitted_at-3600000 WHERE id=?", [text])
    settling.settle(office.db, text, arrived=False, by=office.user, now=office.wall())
    office.restart()
    office.run(120)
    assert office.state(lost) == "uncertain"


def test_after_a_restart_the_last_reference_is_not_of_a_text_that_was_only_answered_late(
    office: Office,
) -> None:
    """Ada's text left first and was answered last: by its reference, Luis's lost text was said to be sent."""
    one_before(office)
    office.fault("cmgs_stray", 20_000, times=1)
    lose_the_port(office)
    for number in NUMBERS[:2]:
        office.until_state(office.approved(number), "sent", limit_s=10)
    office.run(30)
    office.fault("cmgs_stray", 20_000, times=1)
    kill_the_gateway(office)
    office.fault("cmgs_silent", "lost", times=1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain", "sent", limit_s=300)
    assert office.state(other) == "uncertain"


def test_after_a_restart_the_references_of_texts_that_were_never_answered_count(office: Office) -> None:
    """One that was lost an hour ago had a reference, too."""
    one_before(office)
    office.fault("cmgs_silent", "sent", times=1)
    office.until_state(office.approved(NUMBERS[0]), "uncertain", limit_s=300)
    office.run(3600)
    office.fault("cmgs_stray", 20_000, times=1)
    kill_the_gateway(office)
    office.fault("cmgs_silent", "lost", times=1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain", "sent", limit_s=300)
    assert office.state(other) == "uncertain"


def test_a_text_that_was_refused_may_have_had_a_reference(office: Office) -> None:
    one_before(office)
    office.fault("cmgs_error", {"code": 255, "sent": True}, times=1)
    office.approved(NUMBERS[0])
    office.until(lambda: office.submits() == 2, "the refusal")
    office.fault("cmgs_stray", 20_000, times=1)
    lose_the_port(office)
    office.fault("cmgs_silent", "lost", times=1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain", "sent", limit_s=50)
    assert office.state(other) == "uncertain"


def test_an_answer_is_owed_by_the_modem_whichever_station_has_it_now(tmp_path: Path) -> None:
    """Two sticks fell off the bus and came back by each other's names: a refusal of Ada's text was taken for Luis's, who got his twice."""
    office = Office(tmp_path / "textbank.db", count=2)
    places, links = [0, 1], {}

    def link(number: int) -> Link:
        if number == 0:
            return office._virtual(places[0])
        links[1] = VirtualLink(office.world, places[1], office.clock, began=office.began)
        return links[1]

    office._link = link
    office.until_ready()
    office.ask("pause", "s1")
    one_before_by_s0(office)
    office.fault("cmgs_silent", "lost", times=1)
    gone = handed_over(office)

    def fall_off() -> bool:
        if not gone():
            return False
        places.reverse()
        links[1].close()
        return True

    office.cut_when = fall_off
    text = office.approved(ADA)
    office.until_state(text, "uncertain", limit_s=30)
    office.ask("resume", "s1")
    office.fault("cmgs_error", {"code": 41, "sent": True}, times=1)
    other = office.approved(LUIS)
    home = "UPDATE conversation SET iccid=(SELECT iccid FROM message WHERE id=?) WHERE number=?"
    office.db.execute(home, [text, LUIS])
    office.until(lambda: bool(office.air(0)[1:]), "Luis's text", 200)
    office.run(60)
    assert [to for to, _ in office.air(0)][1:] == [LUIS]
    assert office.state(other) == "uncertain"
    office.close()


def one_before_by_s0(office: Office) -> None:
    office.fault("report_never")
    office.run(1)
    office.until_state(office.approved(EVE), "sent")


def test_an_answer_is_owed_although_the_database_refused_when_the_port_was_lost(office: Office) -> None:
    """That Ada's text is uncertain was put down later; what is owed was forgotten, and Luis got his text twice."""
    one_before(office)
    office.stations[0]._desk.db.execute("PRAGMA busy_timeout=50")
    blocker = Blocker(office.path)
    office.fault("cmgs_silent", "lost", times=1)
    gone = handed_over(office)

    def cut() -> bool:
        if gone():
            blocker.lock()
        return gone()

    office.cut_when = cut
    text = office.approved(ADA)
    office.run(CUT_S + 5)
    assert office.state(text) == "submitted"
    blocker.free()
    office.until_state(text, "uncertain", limit_s=10)
    office.fault("cmgs_error", {"code": 41, "sent": True}, times=1)
    other = office.approved(LUIS)
    office.run(60)
    assert [to for to, _ in office.air()][1:] == [LUIS]
    assert office.state(other) == "uncertain"
    blocker.close()


def test_another_programs_settings_are_no_restart_and_the_answer_is_still_owed(office: Office) -> None:
    """Whoever changes AT+CNMI at the same port made the gateway forget that an answer was to come: Luis got his text twice."""
    one_before(office)
    office.fault("cmgs_silent", "lost", times=1)
    office.until_state(office.approved(ADA), "uncertain", limit_s=200)
    office.fault("cnmi_forgotten")
    office.run(70)
    assert office.opened[0] == 2, "it was started anew"
    office.clear("cnmi_forgotten")
    office.fault("cmgs_error", {"code": 41, "sent": True}, times=1)
    other = office.approved(LUIS)
    office.run(60)
    assert [to for to, _ in office.air()][1:] == [LUIS]
    assert office.state(other) == "uncertain"


def test_after_a_restore_a_text_that_is_not_in_the_backup_may_still_be_answered(
    office: Office, tmp_path: Path
) -> None:
    """Ada's text was handed over after the backup: a refusal of it was taken for Luis's, who got his twice."""
    one_before(office)
    made = backup.make(office.path, tmp_path / "saved.db", now=office.wall())
    office.fault("cmgs_silent", "lost", times=1)
    killed = office.stations[0]
    kill_the_gateway(office)
    killed._desk.db.close()
    office.stations[0].close()
    office.db.close()
    backup.restore(made.path, office.path, now=office.wall())
    office.db = store.connect(office.path)
    office.restart()
    office.fault("cmgs_error", {"code": 41, "sent": True}, times=1)
    other = office.approved(LUIS)
    office.run(60)
    assert (office.said()[0], [to for to, _ in office.air()][1:]) == ("waiting", [])
    assert "A backup was restored" in office.said()[1]
    office.clear("cmgs_error")
    assert office.until_state(other, "sent") < 300


def restored(office: Office, saved: Path) -> None:
    backup.restore(saved, office.path, now=office.wall())


def restored_twice(office: Office, saved: Path) -> None:
    """The first one was not the backup that they meant."""
    restored(office, saved)
    backup.restore(saved, office.path, now=office.wall() + 1000)


def restored_where_the_database_was_lost(office: Office, saved: Path) -> None:
    office.path.unlink()
    restored(office, saved)


def copied_by_hand(office: Office, saved: Path) -> None:
    shutil.copy(saved, office.path)
    with lock.gateway(office.path) as hold, closing(store.connect(office.path)) as db:
        restoring.put_here_by_hand(db, hold, office.path, saved.parent, now=office.wall())


@pytest.mark.parametrize(
    ("restore", "words"),
    [
        (restored, "Can you come?"),
        (restored_twice, "Can you come?"),
        (restored_where_the_database_was_lost, "Can you come?"),
        (copied_by_hand, "Can you come?"),
        pytest.param(restored, "long " * 50, id="a long text whose rest followed"),
    ],
)
def test_a_text_that_a_report_settled_after_the_backup_is_owed_its_answer(
    office: Office, tmp_path: Path, restore: Callable[[Office, Path], None], words: str
) -> None:
    """The database that took the place knew nothing of it: its late acceptance was taken for Luis's lost text, which was said to be sent."""
    office.until_ready()
    office.until_state(office.approved(EVE), "delivered")
    saved = backup.make(office.path, tmp_path / "saved.db", now=office.wall()).path
    office.fault("cmgs_stray", 60_000, times=1)
    killed = office.stations[0]
    text = kill_the_gateway(office, words)
    office.until_state(text, "delivered", limit_s=30)
    for station in (killed, office.stations[0]):
        station._desk.db.close()
    office.db.close()
    restore(office, saved)
    office.db = store.connect(office.path)
    office.restart()
    office.until(lambda: office.said()[0] != "starting", "it began")
    office.fault("cmgs_silent", "lost", times=1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain", "sent")
    assert office.state(other) == "uncertain"


def test_when_nobody_knows_whose_an_answer_was_the_other_one_is_awaited_before_the_next_text(
    office: Office,
) -> None:
    """The second text's own answer was taken for the third's, which had not left."""
    one_before(office)
    office.fault("cmgs_stray", 20_000, times=1)
    lose_the_port(office)
    office.until_state(office.approved(NUMBERS[0]), "sent", limit_s=10)
    office.fault("cmgs_stray", 40_000, times=1)
    second = office.approved(LUIS)
    office.until_state(second, "uncertain", limit_s=30)
    office.fault("cmgs_silent", "lost", times=1)
    third = office.approved(NUMBERS[1])
    office.until_state(third, "uncertain", "sent")
    assert office.state(third) == "uncertain"


def test_what_is_put_down_late_takes_no_persons_pause_away(office: Office) -> None:
    """It was the second text in a row that was lost, and made of the pause one that a self-test ends."""
    office.until_ready()
    office.stations[0]._desk.db.execute("PRAGMA busy_timeout=50")
    blocker = Blocker(office.path)
    office.fault("cmgs_silent", "lost", times=2)
    lose_the_port(office)
    office.until_ready()
    text, began = office.approved(LUIS), office.now()

    def lock() -> bool:
        if office.now() > began + 170:
            blocker.lock()
        return False

    office.cut_when = lock
    office.run(200)
    office.cut_when = None
    assert office.state(text) == "submitted"
    blocker.free()
    office.ask("pause")
    office.until_state(text, "uncertain", limit_s=10)
    assert office.stations[0]._desk.paused == "person"
    blocker.close()


@pytest.mark.parametrize(
    ("ahead", "after_s", "state"), [(1, 0, "sent"), (2, 0, "uncertain"), (1, 3600, "uncertain")]
)
def test_an_acceptance_of_another_programs_text_is_not_this_texts(
    office: Office, ahead: int, after_s: float, state: str
) -> None:
    """Whoever texts by the same port is answered with the reference after: Ada's text, which had not left, was said to be sent."""
    one_before(office)
    office.fault("cmgs_silent", "lost", times=1)
    text = office.approved(ADA)
    office.until_state(text, "uncertain", limit_s=200)
    before = office.world.network.air[0].mr
    office.run(after_s)
    office.stations[0]._desk.heard.append(LateSubmit((before + ahead) % 256))
    office.run(5)
    assert office.state(text) == state


def test_another_programs_question_is_no_restart_of_the_modem(office: Office) -> None:
    """The answer to its AT+CPIN? was taken for a boot, which owes nothing: a refusal of Ada's text sent Luis his twice."""
    one_before(office)
    office.run(60)
    office.fault("cmgs_silent", "lost", times=1)
    gone = handed_over(office)

    def ask() -> bool:
        if gone():
            office.cut_when = None
            office.world.modems[0].say_raw(b"\r\n+CPIN: READY\r\n\r\nOK\r\n", office.now())
        return False

    office.cut_when = ask
    text = office.approved(ADA)
    office.until_state(text, "uncertain", limit_s=200)
    office.fault("cmgs_error", {"code": 41, "sent": True}, times=1)
    other = office.approved(LUIS)
    office.until(lambda: bool(office.air()[1:]), "Luis's text", 300)
    office.run(60)
    assert [to for to, _ in office.air()][1:] == [LUIS]
    assert office.state(other) == "uncertain"


def test_the_answer_to_another_programs_look_into_an_empty_slot_is_no_answer_to_a_text(
    office: Office,
) -> None:
    """No text has an index: it was said of AT+CMGR, and the text, which was on the air, went again. Its own answer follows."""
    one_before(office)
    office.fault("cmgs_stray", 20_000, times=1)
    gone = handed_over(office)

    def look() -> bool:
        if gone():
            office.cut_when = None
            office.world.modems[0].say_raw(b"\r\n+CMS ERROR: 321\r\n", office.now())
        return False

    office.cut_when = look
    text = office.approved(ADA)
    office.until_state(text, "uncertain", limit_s=10)
    office.until_state(text, "sent", limit_s=30)
    office.run(60)
    assert [to for to, _ in office.air()][1:] == [ADA]


def test_the_answer_of_a_sims_first_text_is_not_that_of_its_third(office: Office) -> None:
    """Seed 905526: no reference was known before the first, but that of the second tells that the first one's lies behind it."""
    office.fault("cmgs_stray", 200_000, times=1)
    first = office.approved(ADA)
    office.until_state(first, "uncertain", limit_s=200)
    second = office.approved(LUIS)
    office.until_state(second, "sent", "delivered", limit_s=10)
    office.fault("cmgs_silent", "lost", times=1)
    third = office.approved(NUMBERS[5])
    office.until_state(third, "uncertain", "sent", limit_s=200)
    assert office.state(third) == "uncertain"
    assert [to for to, _ in office.air()] == [ADA, LUIS]
