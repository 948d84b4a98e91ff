"""A SIM of whose ICCID another program at the port took the end: it is no other SIM, for what it spends and for its PIN."""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Self

import pytest

from hardware import identity
from tests.scenarios.asking import engine
from tests.scenarios.office import Office
from tests.scenarios.receiving import Make
from tests.scenarios.test_faults_sim import entered, put_back, until_paused
from tests.simulated import House


def cut_the_iccid(house: House) -> str:
    """Another program at the port takes the end of what the modem answers; returns the whole ICCID."""
    inserted = engine(house).drawer.inserted
    whole = inserted.card.iccid
    inserted.card = replace(inserted.card, iccid=whole[:18])
    return whole


def test_f1_a_card_whose_iccid_is_cut_by_another_program_gets_no_second_pin(make: Make) -> None:
    house = make(pin="9999")
    house.fault("pin_required")
    until_paused(house, "refused the PIN")
    cut_the_iccid(house)
    house.restart()
    house.run(120)
    assert len(entered(house)) == 1


def test_a_sim_whose_iccid_is_cut_by_another_program_is_the_one_of_its_imsi(make: Make) -> None:
    """Seed 410125: what left was counted for a SIM that is none, and the plan of the true one was not kept."""
    house = make()
    house.until_ready()
    iccid = cut_the_iccid(house)
    house.restart()
    house.until_ready()
    first = house.approved()
    house.until(lambda: house.state(first) in ("sent", "delivered"), "sent")
    spent = dict(house.db.execute("SELECT iccid, segments FROM sim_day").fetchall())
    assert spent == {iccid: 1}


def test_a_sim_of_whose_iccid_the_end_is_of_another_answer_is_asked_again(office: Office) -> None:
    """It had another program's digit at its end, so that what left was counted for a SIM that is none (dense seed 40000425)."""
    office.until_ready()
    inserted = engine(office).drawer.inserted
    whole = inserted.card
    inserted.card = replace(whole, iccid=f"{whole.iccid[:18]}7")
    asked = len(office.written[0])

    def put_right() -> bool:
        if any("AT+CIMI" in line for line in office.written[0][asked:]):
            inserted.card = whole
        return False

    office.cut_when = put_right
    office.restart()
    office.until_ready()
    office.until_state(office.approved(), "sent", "delivered")
    spent = dict(office.db.execute("SELECT iccid, segments FROM sim_day").fetchall())
    assert spent == {whole.iccid: 1}


def test_a_modem_that_tells_the_last_digit_only_at_times_does_not_start_for_ever(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it told in two ways was called a SIM that was exchanged, each time anew."""
    house = make()
    house.until_ready()
    whole, asked = identity.iccid_in, count()
    monkeypatch.setattr(identity, "iccid_in", lambda lines: whole(lines)[: 19 + next(asked) // 2 % 2])
    house.restart()
    house.run(60)
    assert house.said()[0] == "ready"


def test_a_sim_that_comes_back_with_a_cut_iccid_goes_on_with_what_it_spent(make: Make) -> None:
    """Seed 923665: another SIM had been in the modem meanwhile, and the first one's plan began anew."""
    house = make()
    house.until_ready()
    whole = engine(house).card.iccid
    texts = [house.approved()]
    house.until(lambda: house.state(texts[0]) in ("sent", "delivered"), "sent")
    house.fault("sim_swap", 1)
    house.until(
        lambda: house.db.execute("SELECT iccid FROM station").fetchone()["iccid"] == engine(house).card.iccid,
        "the other one is seen",
    )
    house.clear("sim_swap")
    assert cut_the_iccid(house) == whole
    house.restart()
    house.until_ready()
    texts.append(house.approved("+12025550199"))
    house.until(lambda: house.state(texts[1]) in ("sent", "delivered"), "sent")
    spent = dict(house.db.execute("SELECT iccid, segments FROM sim_day").fetchall())
    assert spent == {whole: 2}


def test_a_sim_that_is_met_first_with_a_cut_iccid_goes_on_with_what_it_spent(make: Make) -> None:
    """Review r6, 25: once it told the whole, what had left by it was counted for no SIM."""
    house = make()
    whole = cut_the_iccid(house)
    house.until_ready()
    texts = [house.approved()]
    house.until(lambda: house.state(texts[0]) in ("sent", "delivered"), "sent")
    inserted = engine(house).drawer.inserted
    inserted.card = replace(inserted.card, iccid=whole)
    house.restart()
    house.until_ready()
    texts.append(house.approved("+12025550199"))
    house.until(lambda: house.state(texts[1]) in ("sent", "delivered"), "sent")
    spent = dict(house.db.execute("SELECT iccid, segments FROM sim_day").fetchall())
    assert spent == {whole[:18]: 2}


def test_a_sim_that_is_met_first_without_its_iccid_goes_on_with_its_people_and_what_it_spent(
    make: Make,
) -> None:
    """Seed 908234: it was another SIM from its next start on; whoever it had texted was never texted again, for it was theirs."""
    house = make()
    inserted = engine(house).drawer.inserted
    whole, imsi = inserted.card.iccid, inserted.card.imsi
    inserted.card = replace(inserted.card, iccid="")
    house.until_ready()
    first = house.approved()
    house.until(lambda: house.state(first) in ("sent", "delivered"), "sent")
    inserted.card = replace(inserted.card, iccid=whole)
    house.restart()
    house.until_ready()
    second = house.approved()
    house.until(lambda: house.state(second) in ("sent", "delivered"), "sent to the same person")
    inserted.card = replace(inserted.card, imsi="")  # as while it is busy
    house.restart()
    house.until_ready()
    third = house.approved()
    house.until(lambda: house.state(third) in ("sent", "delivered"), "and once more")
    spent = dict(house.db.execute("SELECT iccid, segments FROM sim_day").fetchall())
    assert spent == {imsi: 3}


@pytest.mark.parametrize("told", ["both", "iccid alone"])
def test_a_modem_that_tells_of_no_sim_after_a_start_holds_the_one_that_it_held(make: Make, told: str) -> None:
    """Seed 777172: the SIM was taken for another at each step, with a whole budget for each."""
    house = make()
    inserted = engine(house).drawer.inserted
    whole = inserted.card
    inserted.card = whole if told == "both" else replace(whole, imsi="")
    house.until_ready()
    for number, tells in enumerate((replace(whole, iccid="", imsi=""), replace(whole, iccid=""), whole)):
        if told == "both" or tells.iccid or not tells.imsi:
            inserted.card = tells
            house.restart()
        house.arrive("Hello", sender=f"+1202555018{number}")
        text = house.approved(f"+1202555019{number}")
        house.until(lambda text=text: house.state(text) in ("sent", "delivered"), "sent", 60)
    spent = dict(house.db.execute("SELECT iccid, segments FROM sim_day").fetchall())
    assert spent == {whole.iccid: 3}
    assert house.texts() == ["Hello"] * 3


def test_another_modem_that_tells_of_no_sim_is_given_no_other_modems_sim(make: Make) -> None:
    house = make()
    house.until_ready()
    inserted = engine(house).drawer.inserted
    inserted.card = replace(inserted.card, iccid="", imsi="")
    house.db.execute("UPDATE station SET imei='356938035600000'")
    house.restart()
    text = house.approved()
    house.until(lambda: house.state(text) in ("sent", "delivered"), "sent", 60)
    assert [row["iccid"][:5] for row in house.db.execute("SELECT iccid FROM sim_day")] == ["imei-"]


@pytest.mark.parametrize("cut_when", ["tried", "restored"])
def test_a_pin_that_was_refused_is_not_tried_on_a_cut_iccid_after_a_restore(
    make: Make, tmp_path: Path, cut_when: str
) -> None:
    """Review r6, 25: the journal knew the try by the whole ICCID alone, or by the cut one alone."""
    house = make(pin="9999")
    house.until_ready()
    house.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(house.path, tmp_path / "backup.db")
    whole = cut_the_iccid(house)
    inserted = engine(house).drawer.inserted
    if cut_when == "restored":
        inserted.card = replace(inserted.card, iccid=whole)
    house.fault("pin_required")
    house.restart()
    until_paused(house, "refused the PIN")
    inserted.card = replace(inserted.card, iccid=whole[:18] if cut_when == "restored" else whole)
    put_back(house, tmp_path / "backup.db")
    house.run(120)
    assert house.db.execute("SELECT count(*) FROM pin_attempt").fetchone()[0] == 0
    assert len(entered(house)) == 1


class Exchanging(list[str]):
    """What is written to the modem; its SIM is exchanged, and it does not say so, when this is."""

    def __init__(self, house: House, at: str) -> None:
        super().__init__()
        self._house, self._at = house, at

    def __iadd__(self, lines: Iterable[str]) -> Self:  # type: ignore[override]
        lines = list(lines)
        self.extend(lines)
        if self._at in lines:
            self._at = ""
            self._house.fault("sim_swap", {"sim": 1, "quiet": True})
        return self


@pytest.mark.parametrize("line", ["AT+CPMS?", "AT+CSCA?"])
def test_a_sim_that_is_exchanged_while_the_modem_is_started_is_not_taken_for_the_one_before(
    make: Make, line: str
) -> None:
    """Seed 1470728: the ICCID was the first one's and the IMSI the other's, for as long as the modem was not started again; the empty
    slots of the other one were taken for the first one's, and a text on that was shown twice."""
    house = make()
    house.until_ready()
    row = partial(house.db.execute, "SELECT iccid, imsi FROM station")
    first = engine(house).card
    house.written[0] = Exchanging(house, line)
    house.restart()
    house.until(
        lambda: row().fetchone()["iccid"] == engine(house).card.iccid != first.iccid, "the new line", 130
    )
    house.until_ready()
    assert tuple(row().fetchone()) == (engine(house).card.iccid, engine(house).card.imsi)
    assert dict(house.db.execute("SELECT iccid, imsi FROM sim").fetchall())[first.iccid] == first.imsi
