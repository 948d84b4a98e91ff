"""The database takes every statement and refuses the COMMIT: nothing in memory, beside the database or on the modem has gone ahead of it."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway import flight, people, stations, store
from gateway.journal import Journal
from gateway.machineclock import SetClock
from hardware.pdu import encode_deliver, segment
from tests.scenarios.office import EVE, Office
from tests.scenarios.receiving import Make
from tests.scenarios.test_faults_direct import direct_only
from tests.simulated import ADA, LUIS, House

FULL = "database or disk is full"


class Refusals:
    """What the database refuses the first station; `commits`: of how many transactions in which these words stand."""

    def __init__(self) -> None:
        self.of: Callable[[], sqlite3.Connection | None] = lambda: None
        self.words, self.commits, self.begins = "", 0, False
        self._said: list[str] = []

    def next_commits(self, house: House, words: str, commits: int = 1) -> None:
        self.of = lambda: house.stations[0]._desk.db
        self.words, self.commits = words, commits

    def execute(self, db: sqlite3.Connection, sql: str, *values: Any) -> sqlite3.Cursor:
        if db is self.of():
            if sql == "BEGIN IMMEDIATE":
                self._said = []
                if self.begins:
                    raise sqlite3.OperationalError("database is locked")
            elif sql == "COMMIT" and self.commits and any(self.words in said for said in self._said):
                self.commits -= 1
                sqlite3.Connection.execute(db, "ROLLBACK")
                raise sqlite3.OperationalError(FULL)
            self._said.append(sql)
        return sqlite3.Connection.execute(db, sql, *values)

    def executemany(self, db: sqlite3.Connection, sql: str, *values: Any) -> sqlite3.Cursor:
        if db is self.of():
            self._said.append(sql)
        return sqlite3.Connection.executemany(db, sql, *values)


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Refusals:
    made = Refusals()
    monkeypatch.setattr(store.Connection, "execute", lambda *given: made.execute(*given), raising=False)
    monkeypatch.setattr(
        store.Connection, "executemany", lambda *given: made.executemany(*given), raising=False
    )
    return made


class Killed(BaseException):
    """In the place of kill -9."""


def test_a_start_that_was_refused_knows_the_answer_that_is_owed_at_its_second_try(
    tmp_path: Path, refuse: Refusals
) -> None:
    """What the modem may still say of a text from before the kill was forgotten: a refusal of that was taken for the next text's,
    and that one went out twice."""
    office = Office(tmp_path / "textbank.db")
    office.until_ready()
    office.fault("report_never")
    office.until_state(office.approved(EVE), "sent")
    office.fault("cmgs_silent", "lost", 1)
    submits, began = office.submits(), office.now()

    def strike() -> bool:
        if office.submits() > submits and office.now() > began + 5:
            raise Killed
        return False

    office.cut_when = strike
    office.approved(ADA, "Can you come?")
    with pytest.raises(Killed):
        office.run(15)
    office.cut_when = None
    office.restart()
    flight.recover_all(office.db, now=office.wall())
    refuse.next_commits(office, "UPDATE station SET port")
    office.fault("cmgs_error", {"code": 41, "sent": True}, times=1)
    office.approved(LUIS)
    office.run(250)
    assert refuse.commits == 0
    assert [to for to, _ in office.air()].count(LUIS) == 1


def test_the_same_words_in_a_slot_that_was_emptied_are_a_second_text_though_that_was_written_late(
    make: Make, refuse: Refusals
) -> None:
    """It counted as the first one that lay there still, and was deleted unread."""
    house = make()
    house.until_ready()
    record = (
        "00" + encode_deliver(ADA, segment("Yes"), seq=1, ref=1, timestamp=house.clock.now()).hex().upper()
    )
    refuse.next_commits(house, "UPDATE arrival SET gone_at")
    house.put(record, "ME")
    house.until(lambda: house.page() and not house.stored(), "read")
    house.run(1300)
    assert refuse.commits == 0
    house.put(record, "ME")
    house.until(lambda: not house.stored(), "read again")
    assert house.texts() == ["Yes", "Yes"]


def test_a_clock_that_was_just_found_wrong_is_not_trusted_for_a_minute_more(
    make: Make, refuse: Refusals
) -> None:
    house = make(machine=SetClock("this boot", battery=False))
    house.until_ready()
    house.run(70)
    refuse.next_commits(house, "INTO clock ")
    house.fault("time_off", 7200)
    for by in ("network", "texts"):
        house.timekeeper.hear(house.db, by, "s0", house.clock.now() + timedelta(hours=2))
    house.approved()
    house.run(50)
    assert refuse.commits == 0
    assert house.said()[0] == "waiting"
    assert not house.world.network.air


def test_a_stop_that_no_transaction_could_take_for_a_quarter_of_an_hour_still_holds_their_texts(
    make: Make, refuse: Refusals
) -> None:
    house = make(count=2, personality=direct_only())
    house.until_ready()
    refuse.next_commits(house, "")
    refuse.commits, refuse.begins = 0, True
    house.arrive("STOP", sender=LUIS)
    house.run(930)
    text = house.approved(LUIS)
    house.run(30)
    assert not house.world.network.air
    refuse.begins = False
    house.until(lambda: house.state(text) == "withdrawn", "the stop is kept")


def test_a_pin_that_was_refused_stays_so_though_that_was_written_late(make: Make, refuse: Refusals) -> None:
    """It was the one attempt without an outcome, and the SIM that another PIN opened seemed to be opened by it: it was tried again."""
    house = make(pin="9999")
    house.fault("pin_required")
    refuse.next_commits(house, "UPDATE pin_attempt SET outcome")
    technician = people.create(house.db, "Tess", "technician", now=house.wall())
    house.until(lambda: refuse.commits == 0, "refused late")
    house.run(3)
    stations.request(house.db, "s0", "pin", by=technician, now=house.wall(), argument="1234")
    house.until_ready()
    house.restart()
    house.until_ready()
    house.run(100)
    house.world.unplug(0, now=house.now())
    house.run(5)
    house.world.plug(0, now=house.now())
    house.run(100)
    entered = [line for line in house.written[0] if line.startswith("AT+CPIN=")]
    assert [line for line in entered if "9999" in line] == ['AT+CPIN="9999"']


def test_a_pin_that_was_never_typed_is_not_called_refused(make: Make, refuse: Refusals) -> None:
    house = make(pin="1234")
    house.fault("pin_required")
    refuse.next_commits(house, "INSERT OR REPLACE INTO pin_attempt")
    house.until_ready(200)
    assert refuse.commits == 0
    assert [line for line in house.written[0] if line.startswith("AT+CPIN=")] == ['AT+CPIN="1234"']


def test_a_pin_that_opened_the_sim_is_right_though_the_note_of_it_was_refused_once(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make(pin="1234")
    house.fault("pin_required")
    note, left = Journal.note, [1]

    def refusing(self: Journal, act: str, **told: Any) -> None:
        if "opened" in told and left:
            left.pop()
            raise OSError(28, "No space left on device")
        note(self, act, **told)

    monkeypatch.setattr(Journal, "note", refusing)
    house.until_ready(200)
    house.run(100)
    assert not left
    house.world.unplug(0, now=house.now())
    house.run(10)
    house.world.plug(0, now=house.now())
    house.until_ready(200)


def test_a_restart_that_could_not_be_written_down_is_not_one_that_was_tried(
    make: Make, refuse: Refusals
) -> None:
    """Each rung counted as tried without a byte to the modem, and the station gave up."""
    house = make()
    house.until_ready()
    house.run(100)
    refuse.next_commits(house, "reset_at", 4)
    house.fault("hang", 100_000)
    house.run(2000)
    assert refuse.commits == 0
    assert any("CFUN=1,1" in line for line in house.written[0])


@pytest.mark.parametrize("what", ["pause", "resume"])
def test_what_a_person_asked_for_is_answered_and_in_memory_as_in_the_database(
    tmp_path: Path, refuse: Refusals, what: str
) -> None:
    office = Office(tmp_path / "textbank.db")
    office.until_ready()
    if what == "resume":
        office.ask("pause")
        office.run(5)
    refuse.next_commits(office, "UPDATE station SET paused_by")
    office.ask(what)
    office.run(300)
    assert refuse.commits == 0
    waiting = office.db.execute("SELECT what FROM station_request WHERE done_at IS NULL").fetchall()
    assert waiting == []
    in_memory = office.stations[0]._desk.paused == "person"
    in_database = office.db.execute("SELECT paused_by FROM station").fetchone()["paused_by"] is not None
    assert in_memory == in_database == (what == "resume")
