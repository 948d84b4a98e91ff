"""SIM and PIN faults F1 to F10 of the catalogue, played by virtual modems to whole stations: what a technician reads, what was
written to the modem, what became of the SIM's tries.
"""

import errno
import os
import shutil
from functools import partial
from pathlib import Path

import pytest

from gateway import people, sims, stations, store
from gateway.journal import Journal
from gateway.people import User
from tests.scenarios.asking import engine
from tests.scenarios.receiving import Make, pdu
from tests.scripted import Scripted, ScriptedLink
from tests.simulated import LUIS, House


def entered(house: House) -> list[str]:
    return [line for line in house.written[0] if line.startswith("AT+CPIN=")]


def until_paused(house: House, words: str) -> None:
    house.until(lambda: house.said()[0] == "paused" and words in house.said()[1], f"paused: {words}")


def somebody(house: House, role: str) -> User:
    return people.create(house.db, role, role, now=house.wall())


def type_pin(house: House, pin: str, by: User) -> None:
    stations.request(house.db, "s0", "pin", by=by, now=house.wall(), argument=pin)


def test_f1_a_configured_pin_is_entered_once_and_the_modem_works(make: Make) -> None:
    house = make(pin="1234")
    house.fault("pin_required")
    house.until_ready()
    assert entered(house) == ['AT+CPIN="1234"']
    message_id = house.approved()
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "sent")


def test_f1_without_a_pin_nothing_is_entered_and_a_person_is_asked(make: Make) -> None:
    house = make()
    house.fault("pin_required")
    until_paused(house, "asks for its PIN")
    house.run(300)
    assert entered(house) == []
    type_pin(house, "1234", somebody(house, "technician"))
    house.until_ready()
    assert entered(house) == ['AT+CPIN="1234"']


def test_f1_an_attempt_whose_end_nobody_saw_is_not_made_again(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power fails between the PIN and its answer: database and journal both know of it."""
    house = make(pin="9999")
    house.fault("pin_required")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(engine(house).sim, "enter", dies)
        with pytest.raises(KeyboardInterrupt):
            house.run(60)
    house.world.unplug(0, now=house.now())
    house.world.plug(0, now=house.now())
    house.restart()
    until_paused(house, "refused the PIN")
    assert len(entered(house)) == 1
    assert engine(house).sim.pin_attempts == 3


def put_back(house: House, backup: Path) -> None:
    """An older copy takes the place of the database."""
    house.close()
    for beside in ("", "-wal", "-shm"):
        Path(f"{house.path}{beside}").unlink(missing_ok=True)
    shutil.copy(backup, house.path)
    house.db = store.connect(house.path)
    house.restart()


def test_f2_a_wrong_pin_is_tried_once_over_restarts_and_an_old_copy_of_the_database(
    make: Make, tmp_path: Path
) -> None:
    house = make(pin="9999")
    house.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(house.path, tmp_path / "backup.db")
    house.fault("pin_required")
    until_paused(house, "refused the PIN")
    house.restart()
    house.run(120)
    before = len(entered(house))
    put_back(house, tmp_path / "backup.db")
    until_paused(house, "refused the PIN")
    assert house.db.execute("SELECT count(*) FROM pin_attempt").fetchone()[0] == 0
    assert len(entered(house)) == before == 1
    assert engine(house).sim.pin_attempts == 2


def test_f1_where_a_locked_modem_hides_the_card_its_own_number_stands_for_it(make: Make) -> None:
    house = make(pin="9999")
    house.fault("pin_required")
    house.fault("iccid_hidden")
    until_paused(house, "refused the PIN")
    house.restart()
    house.run(120)
    assert len(entered(house)) == 1
    assert house.db.execute("SELECT card FROM pin_attempt").fetchone()["card"] == engine(house).card.imei
    type_pin(house, "1234", somebody(house, "technician"))
    house.until_ready()
    outcomes = [row["outcome"] for row in house.db.execute("SELECT outcome FROM pin_attempt ORDER BY id")]
    assert outcomes == ["refused", "accepted"]


@pytest.mark.parametrize("hidden_first", [True, False])
def test_f1_a_card_that_hides_itself_at_one_start_and_not_at_another_gets_a_pin_once(
    make: Make, *, hidden_first: bool
) -> None:
    house = make(pin="9999", personality="generic")
    house.fault("pin_required")
    if hidden_first:
        house.fault("iccid_hidden")
    until_paused(house, "refused the PIN")
    if hidden_first:
        house.clear("iccid_hidden")
    else:
        house.fault("iccid_hidden")
    house.restart()
    house.run(120)
    assert len(entered(house)) == 1


def test_f1_a_typed_pin_is_not_kept_for_whatever_card_comes_later(make: Make) -> None:
    house = make()
    house.fault("pin_required")
    until_paused(house, "asks for its PIN")
    house.world.modems[0].unplug(house.now())
    house.until(lambda: house.said()[0] == "lost", "lost")
    type_pin(house, "1234", somebody(house, "technician"))
    house.run(300)
    house.world.modems[0].plug(house.now())
    until_paused(house, "asks for its PIN")
    assert entered(house) == []


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "chown"), (errno.EROFS, "chown")]
)
def test_f1_no_pin_is_entered_while_its_attempt_cannot_be_noted(
    make: Make, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    house = make(pin="1234")
    house.fault("pin_required")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "textbank.db.acts")

    monkeypatch.setattr(Journal, "note", refuse)
    house.until(lambda: words in house.said()[1], words)
    house.run(60)
    assert entered(house) == []
    monkeypatch.undo()
    house.until_ready()
    assert len(entered(house)) == 1


def test_f2_only_an_admin_tries_a_refused_pin_again(make: Make) -> None:
    house = make()
    house.fault("pin_required")
    technician, admin = somebody(house, "technician"), somebody(house, "admin")
    until_paused(house, "asks for its PIN")
    type_pin(house, "9999", technician)
    until_paused(house, "refused the PIN")
    type_pin(house, "9999", technician)
    until_paused(house, "was tried on the SIM")
    assert engine(house).sim.pin_attempts == 2
    type_pin(house, "9999", admin)
    house.until(lambda: len(entered(house)) == 2, "the admin's own try")
    assert engine(house).sim.pin_attempts == 1


def test_f2_with_a_try_gone_only_a_person_may_and_the_last_one_is_nobodys(make: Make) -> None:
    house = make(pin="1234", personality="huawei-e3131")
    house.fault("pin_required", {"pin": "1234", "attempts": 2})
    until_paused(house, "2 tries are left of three")
    house.run(120)
    assert entered(house) == []
    engine(house).sim.pin_attempts = 1
    type_pin(house, "1234", somebody(house, "technician"))
    until_paused(house, "one try is left of three")
    assert entered(house) == []
    engine(house).sim.pin_attempts = 2
    type_pin(house, "1234", somebody(house, "admin"))
    house.until_ready()


def test_f3_accepted_but_not_yet_is_waited_for_and_not_entered_again(make: Make) -> None:
    house = make(pin="1234")
    house.fault("pin_required")
    house.fault("pin_not_yet", 8.0)
    house.until_ready()
    assert entered(house) == ['AT+CPIN="1234"']
    assert engine(house).sim.pin_attempts == 3


def test_f4_a_puk_is_never_entered(make: Make) -> None:
    house = make(pin="1234")
    house.fault("puk")
    until_paused(house, "asks for its PUK")
    type_pin(house, "1234", somebody(house, "admin"))
    house.run(120)
    assert house.said()[0] == "paused"
    assert entered(house) == []
    assert engine(house).sim.puk_attempts == 10


def test_f5_the_second_pin_is_not_for_texts(make: Make) -> None:
    house = make(pin="1234")
    house.fault("pin2")
    house.until_ready()
    message_id = house.approved()
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "sent")
    assert entered(house) == []


def test_f6_a_false_lock_can_be_ignored(make: Make) -> None:
    house = make(pin="ignore")
    house.fault("false_lock")
    house.until_ready()
    message_id = house.approved()
    house.until(lambda: house.state(message_id) in ("sent", "delivered"), "sent")
    assert entered(house) == []


def test_f7_an_absent_sim_is_looked_for_every_half_minute(make: Make) -> None:
    house = make()
    house.fault("sim_absent")
    until_paused(house, "finds no SIM")
    before = house.opened[0]
    house.run(600)
    assert 8 <= house.opened[0] - before <= 20
    house.clear("sim_absent")
    before = house.opened[0]
    house.until_ready()
    assert house.opened[0] - before == 1
    assert "AT+CFUN=0" not in house.written[0]


def test_f7_a_model_that_needs_its_radio_off_to_see_the_card_gets_it(make: Make) -> None:
    house = make(personality="sim800l")
    house.fault("sim_absent")
    modem = engine(house)
    until_paused(house, "finds no SIM")
    modem.radio = 1
    really = modem.run_line

    def sees_it_then(line: str, now: float) -> None:
        if "CFUN=0" in line:
            modem.faults.clear("sim_absent")
        really(line, now)

    modem.run_line = sees_it_then  # type: ignore[method-assign]
    house.until_ready()


def test_f8_a_busy_sim_is_waited_for(make: Make) -> None:
    house = make()
    house.fault("sim_busy", 20)
    assert house.until_ready() < 120
    assert not any("CFUN=1,1" in line for line in house.written[0])


def test_f8_a_sim_that_fails_for_five_minutes_gets_its_modem_restarted_once(make: Make) -> None:
    house = make()
    house.fault("sim_failure", 3000.0)
    until_paused(house, "cannot use its SIM")
    house.run(200)
    assert not any("CFUN=1,1" in line for line in house.written[0])
    house.run(1800)
    assert sum("CFUN=1,1" in line for line in house.written[0]) == 1
    told = [row["reason"] for row in stations.events(house.db, "s0")]
    assert any(
        "could not use its SIM for 5 minutes" in reason and "told the modem s0 to restart" in reason
        for reason in told
    )
    house.until_ready(3000)


def test_f8_a_sim_that_fails_first_is_waited_for(make: Make) -> None:
    house = make(personality="a7670e")
    house.fault("sim_failure", 5.0)
    assert house.until_ready() < 120


@pytest.mark.parametrize("quiet", [False, True])
def test_f9_another_sim_while_it_runs_is_a_new_line(make: Make, quiet: bool) -> None:
    house = make()
    house.until_ready()
    modem, old = engine(house), engine(house).card
    first = house.approved()
    house.until(lambda: house.state(first) in ("sent", "delivered"), "sent")
    sims.pause(house.db, old.iccid, "No credit.", now=house.wall())
    house.fault("sim_swap", {"sim": 1, "quiet": quiet})
    new = modem.card
    row = partial(house.db.execute, "SELECT iccid, imsi, number FROM station")
    house.until(lambda: row().fetchone()["iccid"] == new.iccid != old.iccid, "the new line", 130)
    assert tuple(row().fetchone()) == (new.iccid, new.imsi, new.number)
    house.until_ready()
    again = house.approved()  # the conversation belongs to the SIM that is gone
    house.run(120)
    assert house.state(again) == "approved"
    other = house.approved("+12025550166")
    house.until(
        lambda: house.state(other) in ("sent", "delivered"), "sent by the new SIM, which is not on hold"
    )
    spent = dict(house.db.execute("SELECT iccid, segments FROM sim_day").fetchall())
    assert spent == {old.iccid: 1, new.iccid: 1}


def test_f9_a_text_that_could_not_be_deleted_is_not_new_when_its_sim_comes_back(make: Make) -> None:
    """Seed 929933: the other SIM's empty slots were taken for the first one's, so the text on that one was shown a second time."""
    house = make()
    house.until_ready()
    house.fault("cmgd_refused", 320)
    house.put(pdu(house, "Hello"), storage="SM")
    house.until(lambda: house.texts() == ["Hello"], "kept")
    house.fault("sim_swap", {"sim": 1, "quiet": True})
    house.clear("cmgd_refused")
    house.run(700)  # the network repeats a text within ten minutes
    house.fault("sim_swap", 0)
    house.run(300)
    assert house.said()[0] == "ready"
    assert (house.texts(), house.stored()) == (["Hello"], [])


def test_f9_an_answer_that_comes_late_is_not_taken_for_the_new_sims(make: Make) -> None:
    house = make()
    house.until_ready()
    old = engine(house).card
    house.fault("report_never")
    house.fault("cmgs_silent")
    first = house.approved()
    house.until(lambda: house.state(first) == "uncertain", "uncertain")
    house.fault("sim_swap", 1)
    house.clear("cmgs_silent")
    house.until(
        lambda: engine(house).card.iccid == house.db.execute("SELECT iccid FROM station").fetchone()["iccid"],
        "the new line",
    )
    engine(house).urc("+CMGS: 7", now=house.now(), urgent=True)
    house.run(30)
    settled = house.db.execute("SELECT state, iccid FROM message WHERE id=?", [first]).fetchone()
    assert tuple(settled) == ("uncertain", old.iccid)


def test_f10_what_is_meant_for_the_sim_card_is_kept_and_shown_to_nobody(make: Make) -> None:
    house = make()
    house.until_ready()
    house.fault("sim_data_download", times=1)
    house.arrive("Not for people", LUIS)
    house.until(
        lambda: house.db.execute("SELECT count(*) FROM inbound WHERE kind='silent'").fetchone()[0] == 1,
        "kept",
    )
    house.until(lambda: not house.stored(), "an empty SIM")
    assert house.waiting() == []
    assert house.page(LUIS) == []
    assert not any(line.startswith("AT+CMGS") for line in house.written[0])


@pytest.mark.parametrize("said", ["+CPIN: PH-NET PIN", "+CME ERROR: 40"])
def test_a_modem_that_is_locked_to_another_operator_is_told_from_a_bad_card(
    tmp_path: Path, said: str
) -> None:
    """People were told to wipe the contacts of a card that is well."""
    house = House(
        tmp_path / "textbank.db", link=lambda number: ScriptedLink(house.clock, Scripted({"AT+CPIN?": said}))
    )
    until_paused(house, "is locked, and does not take this SIM")
    assert "operator that sold this modem" in house.said()[1]
    assert not any("AT+CPIN=" in line for line in house.written[0])
    house.close()
