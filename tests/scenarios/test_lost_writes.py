"""A card that says it wrote what it did not: after the next start the tail of the log is gone, and what had left must not leave again."""

import contextlib
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from gateway import conversations, damage, erasing, flight, lostwrites, moves, optouts, outbox, store, texted
from gateway.errors import Refused
from gateway.journal import Journal
from gateway.lock import Hold
from gateway.lostwrites import Missed
from tests.scenarios.office import Office
from tests.scenarios.receiving import Make
from tests.scenarios.test_late_answers import KilledError, handed_over
from tests.scenarios.test_processes import Group
from tests.scenarios.test_processes import group as group
from tests.simulated import ADA, LUIS, RULES, House

LONG = "Can you come on Saturday? " * 12


def log(house: House) -> Path:
    return Path(f"{house.path}-wal")


def begin(house: House) -> Missed:
    """As the gateway's start does it after an unclean end."""
    assert damage.fit_to_start(house.path, Hold(unclean=True), now=house.wall()), (
        "the file itself shows nothing"
    )
    texted._all.clear()
    missed = lostwrites.catch_up(house.db, house.path, now=house.wall())
    texted.of(house.path).open(house.db)
    flight.recover_all(house.db, now=house.wall())
    house.restart()
    return missed


def cut(house: House, kept: bytes) -> Missed:
    """The machine goes off; the card has the log as it was earlier, and the files beside it."""
    folder = house.path.parent / "after"
    folder.mkdir()
    for suffix in ("", texted.SUFFIX, ".acts"):
        shutil.copy(f"{house.path}{suffix}", folder / f"{house.path.name}{suffix}")
    for station in house.stations:
        station.close()
    house.db.close()
    house.path = folder / house.path.name
    log(house).write_bytes(kept)
    house.db = store.connect(house.path)
    return begin(house)


def on_air(house: House) -> list[str]:
    return sorted(record.to for record in house.world.network.air)


@pytest.fixture
def house(make: Make) -> House:
    house = make()
    house.until_ready()
    texted.of(house.path).open(house.db)
    return house


def test_a_text_and_a_stop_whose_commits_the_card_lost_are_known_all_the_same(house: House) -> None:
    ada, luis = house.approved(ADA), house.approved(LUIS)
    kept = log(house).read_bytes()
    house.until(lambda: {house.state(ada), house.state(luis)} == {"delivered"}, "sent")
    optouts.opt_out(
        house.db,
        conversations.ensure(house.db, ADA, now=house.wall()),
        source="volunteer", by=house.user, reason="", now=house.wall(), confirm=False,
    )  # fmt: skip
    assert cut(house, kept) == Missed(1, 2)
    assert (house.state(ada), house.state(luis)) == ("uncertain", "uncertain")
    [reason] = {row["reason"] for row in house.db.execute("SELECT reason FROM message")}
    assert "ask the person" in reason
    house.run(300)
    assert on_air(house) == sorted([ADA, LUIS]), "once each"
    with pytest.raises(Exception, match="asked to stop"):
        house.approved(ADA, "Again?")
    assert begin(house) == Missed(0, 0), "it is known from now on"


@pytest.mark.parametrize("before", ["draft", "approval"])
def test_a_text_whose_very_draft_or_approval_the_card_lost_is_not_sent_unseen(
    house: House, before: str
) -> None:
    conversations.ensure(house.db, LUIS, now=house.wall())
    kept = log(house).read_bytes()
    now = house.wall()
    text = outbox.draft(
        house.db,
        LUIS,
        "Can you come?",
        kind="first",
        key=None,
        channel="panel",
        by=None,
        rules=RULES,
        now=now,
    )
    row = outbox.load(house.db, text)
    if before == "approval":
        kept = log(house).read_bytes()
    outbox.approve(house.db, text, by=house.user, seen=outbox.seen(row), rules=RULES, now=now)
    house.until(lambda: house.state(text) == "delivered", "sent")
    assert cut(house, kept).texts == 1
    if before == "approval":
        after = outbox.load(house.db, text)
        assert (after["state"], after["round"]) == ("awaiting", row["round"] + 1)
        assert "may have gone out" in after["reason"]
        # Other words over the card hide no doubt, and no program sends it unseen.
        moves.void_waiting(house.db, row["conversation_id"], actor="gateway", now=now, reason="They wrote.")
        after = outbox.load(house.db, text)
        with pytest.raises(Refused, match="may have been texted"):
            outbox.approve(house.db, text, by=house.user, seen=outbox.seen(after), rules=RULES, now=now, channel="cli")  # fmt: skip
    marked = house.db.execute("SELECT number FROM conversation WHERE perhaps_texted_at IS NOT NULL")
    assert [person["number"] for person in marked] == [LUIS]
    house.run(60)
    assert on_air(house) == [LUIS]


def test_the_answer_to_a_text_whose_commit_the_card_lost_is_not_taken_for_the_next_texts(
    office: Office,
) -> None:
    """The modem, on a hub with its own power, had gone on and answered a minute later; Luis's text, which was lost, was said to be sent."""
    office.until_ready()
    texted.of(office.path).open(office.db)
    ada, luis = office.approved(ADA), office.approved(LUIS)
    office.db.execute("UPDATE message SET not_before=? WHERE id=?", [office.wall() + 10_000, luis])
    kept = log(office).read_bytes()
    office.fault("cmgs_stray", 60_000, times=1)
    gone = handed_over(office)

    def power_cut() -> bool:
        if gone():
            raise KilledError
        return False

    office.cut_when = power_cut
    with pytest.raises(KilledError):
        office.run(30)
    office.cut_when = None
    assert cut(office, kept).texts == 1
    office.fault("cmgs_silent", "lost", times=1)
    office.until_ready()
    office.run(600)
    assert on_air(office) == [ADA]
    assert (office.state(ada), office.state(luis)) == ("uncertain", "uncertain")


def test_a_segment_whose_commit_the_card_lost_does_not_leave_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = house.approved(LUIS, LONG)
    logs: list[bytes] = []
    real = texted.Texted.sent

    def sent(journal: texted.Texted, *args: Any, **more: Any) -> None:
        logs.append(log(house).read_bytes())
        real(journal, *args, **more)

    monkeypatch.setattr(texted.Texted, "sent", sent)
    house.until(lambda: house.state(text) == "delivered", "sent")
    left = len(house.world.network.air)
    assert left > 2
    assert cut(house, logs[0]).texts == 1
    house.run(300)
    assert house.state(text) == "uncertain"
    assert len(house.world.network.air) == left


@pytest.mark.parametrize("refused", [True, False])
def test_what_was_refused_put_back_and_sent_later_is_not_taken_for_lost(house: House, refused: bool) -> None:
    if refused:
        house.fault("cmgs_error", 42, times=2)
    short, long = house.approved(LUIS), house.approved(ADA, LONG)
    for _ in range(100):
        house.run(3)
        assert lostwrites.catch_up(house.db, house.path, now=house.wall()) == Missed(0, 0)
    house.until(lambda: {house.state(short), house.state(long)} == {"delivered"}, "sent")
    assert begin(house) == Missed(0, 0)


@pytest.mark.parametrize("written", [False, True], ids=["nothing", "a draft"])
def test_what_is_written_to_somebody_who_was_erased_and_is_back_is_not_taken_for_what_was_sent_before(
    house: House, written: bool
) -> None:
    """It had the same number as the text before, and the card was said to forget."""
    sent = house.approved(LUIS)
    house.until(lambda: house.state(sent) == "delivered", "delivered")
    house.run(300)
    erasing.erase(house.db, LUIS, now=house.wall())
    if written:
        draft = house.approved(LUIS, "Other words.")
    else:
        conversations.ensure(house.db, LUIS, now=house.wall())
    assert begin(house) == Missed(0, 0)
    if written:
        house.until(lambda: house.state(draft) == "delivered", "delivered")


def test_a_start_whose_line_a_crash_kept_from_the_journal_is_not_undone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = conversations.ensure(house.db, LUIS, now=house.wall())
    optouts.opt_out(house.db, person, source="text", by=None, reason="STOP", now=house.wall(), confirm=False)
    monkeypatch.setattr(optouts, "_note_opt_in", lambda *_: None)
    optouts.undo(house.db, person, by=None, reason="asked by text", now=house.wall() + 1)
    assert begin(house) == Missed(0, 0)
    assert conversations.open_opt_out(house.db, LUIS) is None


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGTERM])
def test_a_gateway_that_starts_looks_beside_its_database(group: Group, ended_by: signal.Signals) -> None:
    """Seed 978662: after a polite end it did not, and whoever had stopped while the card refused every commit was texted."""
    group.start()
    first = group.approved(ADA)
    group.until(lambda: group.state(first) == "delivered", "sent")
    key = conversations.number_key(group.db, ADA).hex()
    group.end(ended_by)
    Journal(group.config.database.path).note("opt_out", at=store.wall_ms(), number=key)
    group.start()
    with contextlib.closing(store.connect(group.config.database.path)) as db:
        group.until(lambda: conversations.open_opt_out(db, ADA) is not None, "the stop is here again")
