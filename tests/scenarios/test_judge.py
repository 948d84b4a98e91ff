"""The judge of the houses by seed, against evidence that was tampered with: whatever is wrong with it, he says so."""

import logging
import shutil
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from gateway import conversations, outbox
from tests.scenarios.simulation.chaos import Chaos, play
from tests.scenarios.simulation.drive import Drive
from tests.scenarios.simulation.house import House
from tests.scenarios.simulation.judge import breaches
from tests.scenarios.simulation.judge_limits import _minutes
from tests.scenarios.simulation.troubles import SPOILS
from tests.scenarios.simulation.witness import Stored
from tests.scenarios.simulation.words import is_confirmation, of_record

MOST_TRIED = 60
HAS_ALL = (  # somebody's one STOP was read once
    "SELECT EXISTS (SELECT 1 FROM message WHERE state='delivered' AND kind<>0) AND "
    "EXISTS (SELECT 1 FROM inbound WHERE text='STOP' GROUP BY number HAVING count(*)=1)"
)
Scene = tuple[House, Chaos]


def texted_twice(house: House) -> set[str]:
    """What somebody was sent to whom more than one text went; nothing when there is nobody."""
    words: dict[str, set[str]] = defaultdict(set)
    for record in house.world.network.air:
        if not is_confirmation(record):
            words[record.to].add(of_record(record))
    return next((each for each in words.values() if len(each) > 1), set())


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A house of several modems, nothing rare or spoilt in it, in which a text was delivered, a STOP came and somebody was sent two."""
    logging.disable(logging.CRITICAL)
    for seed in range(MOST_TRIED):
        house = House(tmp_path_factory.mktemp("house"), seed)
        chaos = play(house)
        alone = house.modems == 1 or chaos.restored is not None or chaos.people.again or chaos.people.erased
        swapped = any(
            modem.faults.struck[name] for modem in house.world.modems for name in ("sim_swap", *SPOILS)
        )
        if house.db.execute(HAS_ALL).fetchone()[0] and texted_twice(house) and not alone and not swapped:
            assert not breaches(house, chaos)
            yield house, chaos
            house.close()
            break
        house.close()
    else:
        pytest.fail(f"none of {MOST_TRIED} houses has all that is tampered with")
    logging.disable(logging.NOTSET)


@pytest.fixture
def scene(played: Scene, tmp_path: Path) -> Iterator[Scene]:
    """The same with a copy of its database and air, to tamper with."""
    house, chaos = played
    kept = (
        house.database,
        list(house.world.network.air),
        list(house.witness.stored),
        chaos.restored,
        chaos.backed_up,
    )
    drive = chaos.people.drive
    came, struck = list(chaos.came), [Counter(modem.faults.struck) for modem in house.world.modems]
    house.database = tmp_path / "textbank.db"
    with closing(sqlite3.connect(kept[0])) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(kept[0], house.database)
    yield house, chaos
    house.database, house.world.network.air[:], house.witness.stored[:], chaos.restored, chaos.backed_up = (
        kept
    )
    chaos.people.again.clear()
    chaos.people.drive, chaos.out_before, chaos.people.erased = drive, {}, {}
    chaos.came[:] = came
    for modem, before in zip(house.world.modems, struck, strict=True):
        modem.faults.struck.clear()
        modem.faults.struck.update(before)


def change(house: House, statement: str) -> None:
    """In the rows."""
    with closing(sqlite3.connect(house.database)) as db:
        db.execute("PRAGMA ignore_check_constraints=ON")
        assert db.execute(statement).rowcount > 0
        db.commit()


def rows(statement: str) -> Callable[[House, Chaos], None]:
    """A tampering with rows alone."""
    return lambda house, _: change(house, statement)


def twice_on_the_air(house: House, chaos: Chaos) -> None:
    """A text left twice, and a resend of it that was asked for was refused."""
    record = next(record for record in house.world.network.air if not is_confirmation(record))
    house.world.network.air.append(record)


def expired_in_a_house_that_restored(house: House, chaos: Chaos) -> None:
    """Said of a text that left after the restore."""
    chaos.backed_up, chaos.restored = -20.0, -10.0
    change(house, "UPDATE message SET state='expired' WHERE state='delivered' AND kind<>0")


def unapproved_in_a_house_that_restored(house: House, chaos: Chaos) -> None:
    """All that left there."""
    chaos.backed_up, chaos.restored = -20.0, -10.0
    change(house, "UPDATE message SET approval_id=NULL WHERE submitted_at IS NOT NULL AND kind<>0")


def stop_on_the_sim(house: House, chaos: Chaos) -> None:
    """A STOP lay there a second before the text to this person left, and was never read."""
    record = next(record for record in house.world.network.air if not is_confirmation(record))
    at_s = record.asked_s - 1
    house.witness.stored.append(Stored(record.modem, record.iccid, record.to, "STOP it", at_s, arrival=True))


def stop_at_a_slow_prompt(house: House, chaos: Chaos) -> None:
    """It came without a bell while the modem made the station wait, and the text left all the same."""
    air = house.world.network.air
    record = next(record for record in air if not is_confirmation(record) and house.witness.prompt_of(record))
    prompts = house.witness.prompts[record.modem]
    place = len(house.witness.prompt_of(record)) - 1
    prompts[place] = replace(prompts[place], shown_s=record.asked_s + 9)
    house.witness.stored.append(
        Stored(record.modem, record.iccid, record.to, "STOP it", record.asked_s + 1, arrival=True)
    )


def day_of_a_narrow_plan(house: House, chaos: Chaos) -> None:
    """As many left as did, and the SIM's plan allows one."""
    house.plan = replace(house.plan, per_day=1)


def minute_of_a_narrow_plan(house: House, chaos: Chaos) -> None:
    """Two segments at once where one a minute may leave."""
    record = next(record for record in house.world.network.air if not is_confirmation(record))
    chaos.people.again[record.to, of_record(record)] += 1
    house.world.network.air.append(replace(record, at_s=record.at_s + 5, concat=None))
    house.plan = replace(house.plan, per_minute=1)


def people_of_a_narrow_plan(house: House, chaos: Chaos) -> None:
    """A SIM texted one more person where its plan allows one a month."""
    record = next(record for record in house.world.network.air if not is_confirmation(record))
    house.world.network.air.append(replace(record, to="+12025559999"))
    house.plan = replace(house.plan, people_per_month=1)


def stop_to_two_modems(house: House, chaos: Chaos, spoils: int | None) -> None:
    """Who sent a STOP sent it to the next modem as well, and one was kept; the first of the two, the second or neither spoils texts."""
    stops = Counter(came.sender for came in chaos.came if came.text == "STOP")
    stop = next(came for came in chaos.came if came.text == "STOP" and stops[came.sender] == 1)
    both = stop.modem, (stop.modem + 1) % house.modems
    chaos.came.append(replace(stop, modem=both[1], at=stop.at + 2))
    for number, modem in enumerate(house.world.modems):
        for name in SPOILS:
            modem.faults.struck[name] = 0
        modem.faults.struck["mms_wappush"] = 100 * (
            number not in both if spoils is None else number == both[spoils]
        )


EXCHANGED = (
    "UPDATE message SET state=CASE state WHEN 'delivered' THEN 'undelivered' ELSE 'delivered' END "
    "WHERE state IN ('delivered','undelivered')"
)
SHOWN_TWICE = (
    "INSERT INTO inbound (conversation_id, number, kind, text, triage, station, iccid, received_at) "
    "SELECT conversation_id, number, kind, text, triage, station, iccid, received_at FROM inbound WHERE text='STOP'"
)
SHOWN_BY_TWO_SIMS = SHOWN_TWICE.replace(
    "station, iccid, received_at FROM", "station, 'another', received_at FROM"
)
TAMPERINGS: dict[str, tuple[Callable[[House, Chaos], None], str]] = {
    "delivered and undelivered are exchanged": (rows(EXCHANGED), "I2 said to be undelivered"),
    "every STOP is shown twice": (rows(SHOWN_TWICE), "I3 shown"),
    "every STOP is shown once more as that of another SIM": (rows(SHOWN_BY_TWO_SIMS), "I3 shown"),
    "every STOP is lost": (rows("DELETE FROM inbound WHERE text='STOP'"), "I3 lost"),
    "one of two STOPs is lost": (partial(stop_to_two_modems, spoils=None), "I3 lost"),
    "10,000 segments were counted": (rows("UPDATE sim_day SET segments=10000"), "budget: "),
    "all was counted for SIMs that are none": (
        rows("UPDATE sim_day SET iccid=substr(iccid, 3)"),
        "budget: ",
    ),
    "nothing was counted": (rows("UPDATE sim_day SET segments=0"), "budget: "),
    "a text left twice": (twice_on_the_air, "I2 doubled"),
    "a text that left after a restore expired": (
        expired_in_a_house_that_restored,
        "I2 all of it is on the air",
    ),
    "what left after a restore has no approval": (unapproved_in_a_house_that_restored, "I1 left without"),
    "a stop lay on the SIM": (stop_on_the_sim, "I4 texted while the stop lay on the SIM"),
    "a stop came at a slow prompt": (stop_at_a_slow_prompt, "I4 texted after a prompt"),
    "the day's budget was passed": (day_of_a_narrow_plan, "budget: segment"),
    "too many people were texted": (people_of_a_narrow_plan, "people a month by SIM"),
    "the minute's budget was passed": (minute_of_a_narrow_plan, "budget: 2 segments within a minute"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_judge_says_that(scene: Scene, name: str) -> None:
    tamper, breach = TAMPERINGS[name]
    house, chaos = scene
    plan = house.plan
    try:
        tamper(house, chaos)
        said = breaches(house, chaos)
    finally:
        house.plan = plan
    assert [line for line in said if breach in line], said


@pytest.mark.parametrize("spoils", [0, 1])
def test_a_text_that_came_to_two_modems_is_lost_where_it_was_spoilt(scene: Scene, spoils: int) -> None:
    """Seed 400569: a STOP to one modem became a picture message, and the one to the other was said to be lost."""
    house, chaos = scene
    stop_to_two_modems(house, chaos, spoils)
    assert [line for line in breaches(house, chaos) if "STOP" in line] == []


@pytest.mark.parametrize(("fault", "seen"), [("", 1), ("pid_replace", 1), ("type0", 0), ("voicemail", 0)])
def test_words_that_nobody_is_shown_are_no_stop_on_the_sim(tmp_path: Path, fault: str, seen: int) -> None:
    """Seed 411290: a STOP that came as a text of type 0, of which a telephone shows nothing."""
    house = House(tmp_path, 0)
    with house.patched():
        if fault:
            house.fault(0, fault)
        house.inbound(0, "+12025550123", "STOP")
        house.turns.run(house.clock.monotonic() + 60)
    assert [stop.text for stop in house.witness.stored] == ["STOP"] * seen
    house.close()


def test_two_stops_of_one_person_in_one_second_may_be_one(scene: Scene) -> None:
    """Seed 148: they are the same octets, and a network repeats a text."""
    house, chaos = scene
    stop = next(came for came in chaos.came if came.text == "STOP")
    chaos.came.append(replace(stop))
    assert not breaches(house, chaos)


def test_a_reply_whose_words_were_changed_is_still_a_reply(tmp_path: Path) -> None:
    """It may take the tenth of a day that is kept for replies (seed 500206)."""
    house = House(tmp_path, 0)
    people, number = Chaos(house).people, "+12025550210"
    outbox.draft(
        house.db, number, "T0w", kind="reply", key=None, channel="panel", by=house.person, rules=house.rules,
        now=house.now_ms(),
    )  # fmt: skip
    assert people._edit()
    assert [to for to, _ in people.replies] == [number]
    house.close()


def test_a_stop_that_a_start_ended_before_the_restore_was_read_when_the_replaced_database_says(
    scene: Scene,
) -> None:
    """Seed 776261: its row and its end were not in the backup, and the text after its START was called a breach."""
    house, chaos = scene
    stop_on_the_sim(house, chaos)
    stop = house.witness.stored[-1] = replace(house.witness.stored[-1], text="STOP")
    chaos.backed_up, chaos.restored = stop.at_s - 10, house.now
    read_at, another = stop.at_s + 0.5, (house.now, float("inf"))
    chaos.out_before = {stop.sender: [another]}
    assert [line for line in breaches(house, chaos) if "I4 texted while" in line]
    # Seed 939568: they were out already, and the clock showed twice the time at which they were brought back.
    chaos.perhaps_out_before = {stop.sender: [(0.0, house.now)]}
    assert not [line for line in breaches(house, chaos) if "I4 texted while" in line]
    chaos.perhaps_out_before = {}
    chaos.out_before = {stop.sender: [(read_at, read_at), another]}
    assert not [line for line in breaches(house, chaos) if "I4 texted while" in line]


def test_a_stop_that_asks_a_person_is_not_read_when_a_later_one_is(scene: Scene) -> None:
    """Its row was erased with its sender, who wrote STOP afterwards: what a person had let leave between was called a breach."""
    house, chaos = scene
    stop_on_the_sim(house, chaos)
    stop = house.witness.stored[-1]
    chaos.people.erased = {stop.sender: [stop.at_s + 60]}
    chaos.out_before = {stop.sender: [(stop.at_s + 120, float("inf"))]}
    assert not [line for line in breaches(house, chaos) if "I4 texted while" in line]
    for plain in ("Stop please", "STOP"):
        house.witness.stored[-1] = replace(stop, text=plain)
        assert [line for line in breaches(house, chaos) if "I4 texted while" in line]
    chaos.out_before[stop.sender].append((stop.at_s - 60, stop.at_s + 0.5))  # they were out, and came back
    assert not [line for line in breaches(house, chaos) if "I4 texted" in line]


def test_two_first_texts_of_a_campaign_to_one_person_are_one_too_many_whatever_their_words(
    scene: Scene,
) -> None:
    house, chaos = scene
    twice = texted_twice(house)
    chaos.people.drive = drive = Drive.__new__(Drive)
    drive.words, drive.held = [*twice][:1], []
    assert not breaches(house, chaos)
    drive.words = [*twice]
    assert [line for line in breaches(house, chaos) if "I2 a campaign texted" in line]


def test_an_opt_out_that_had_ended_when_the_clock_was_set_back_began_before_its_end(tmp_path: Path) -> None:
    """Seed 902986: its row's moment came a second time, and a text long after its end was called a breach."""
    house, number = House(tmp_path, 0), "+12025550217"
    outbox.draft(
        house.db, number, "T0w", kind="reply", key=None, channel="panel", by=house.person, rules=house.rules,
        now=house.now_ms(),
    )  # fmt: skip
    house.jumps = [(140.0, timedelta(seconds=300))]
    house.clock.time_s += 400.0
    house.db.execute(
        "INSERT INTO opt_out (number_key, source, since_at, until_at) VALUES (?, 'text', ?, ?)",
        [conversations.number_key(house.db, number), *(house.now_ms() - left for left in (50_000, 49_000))],
    )
    assert house.opted_out(house.db)[number] == [(350.0, 351.0)]
    house.close()


def test_an_opt_out_whose_beginning_and_end_were_shown_twice_was_the_later_one(tmp_path: Path) -> None:
    """Seed 973147: the clock was set back by less than it lasted, and a text from before it was called a breach."""
    house, number = House(tmp_path, 0), "+12025550217"
    outbox.draft(
        house.db, number, "T0w", kind="reply", key=None, channel="panel", by=house.person, rules=house.rules,
        now=house.now_ms(),
    )  # fmt: skip
    house.jumps = [(140.0, timedelta(seconds=100))]
    house.clock.time_s += 400.0
    house.db.execute(
        "INSERT INTO opt_out (number_key, source, since_at, until_at) VALUES (?, 'text', ?, ?)",
        [conversations.number_key(house.db, number), *(house.now_ms() - left for left in (200_000, 150_000))],
    )
    assert house.all_true_s(house.now_ms() - 200_000) == [100.0, 200.0]
    assert house.opted_out(house.db)[number] == [(200.0, 250.0)]
    house.close()


def test_an_opt_out_of_which_the_clock_showed_both_ends_twice_accuses_nobody_in_between(
    tmp_path: Path,
) -> None:
    """Seeds 1042733 and 1042830: it had ended before the clock was set back, and a text from after it was called a breach."""
    house, number = House(tmp_path, 0), "+12025550217"
    outbox.draft(
        house.db, number, "T0w", kind="reply", key=None, channel="panel", by=house.person, rules=house.rules,
        now=house.now_ms(),
    )  # fmt: skip
    house.jumps = [(240.0, timedelta(seconds=200))]
    house.clock.time_s += 600.0
    house.db.execute(
        "INSERT INTO opt_out (number_key, source, since_at, until_at) VALUES (?, 'text', ?, ?)",
        [conversations.number_key(house.db, number), *(house.now_ms() - left for left in (300_000, 250_000))],
    )
    assert house.opted_out(house.db)[number] == [(300.0, 350.0)]
    assert house.opted_out(house.db, sure=True)[number] == [(300.0, 150.0)]
    house.close()


def test_a_text_that_was_approved_a_moment_ago_is_not_stuck(scene: Scene) -> None:
    """Seed 1043707: its SIM's day was spent, of which a text is told at the next look, 20 s later at most."""
    house, chaos = scene
    text = house.db.execute("SELECT max(id) FROM message WHERE state='delivered' AND kind<>0").fetchone()[0]
    for seconds, told in ((10, False), (60, True)):
        at = house.now_ms() - seconds * 1000
        change(
            house,
            f"UPDATE message SET state='approved', reason=NULL, not_before=NULL, approved_at={at} WHERE id={text}",
        )
        assert (f"I2 stuck without a reason: text {text}" in breaches(house, chaos)) is told


def test_a_clock_that_steps_on_over_a_restart_shortens_the_minute(scene: Scene) -> None:
    """Seed 907094: the rows of before were five seconds older by the new clock, and nothing told the gateway so."""
    house, _ = scene
    one = next(record for record in house.world.network.air if not record.concat)
    records = [replace(one, at_s=float(at_s)) for at_s in (101, 102, 157)]
    assert [*_minutes(records, 2, [])]
    assert [*_minutes(records, 2, [(90.0, 5.0)])]
    assert not [*_minutes(records, 2, [(130.0, 5.0)])]


def test_a_house_knows_when_its_clock_stepped_and_by_how_much(tmp_path: Path) -> None:
    house = House(tmp_path, 0)
    before = house.clock.start - house.world.network.epoch
    house.jumps = [(50.0, before), (140.0, before - timedelta(seconds=5))]
    assert house.steps() == [(50.0, -5.0), (140.0, 5.0)]
    house.close()
