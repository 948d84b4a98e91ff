"""Shifts of a recruitment beside the answers: how many are still needed, words that say it is full, and a board that agrees."""

import html
from collections.abc import Callable
from datetime import date

import pytest

from gateway import assignments, campaigns, conversations, enrolment, outbox, recording, results, store
from tests.campaigning import SIMS, bring_in
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]
ROSA, LUIS = "+12025550100", "+12025550101"
FACTS = {
    "task": "Phone night", "day": "2099-12-03", "place": "42 Elm Street",
    "slot_a": "Sat 10 to 1", "slot_a_needed": "2", "slot_b": "Sun 2 to 5", "slot_b_needed": "1",
}  # fmt: skip


@pytest.fixture
def campaign_id(world: World) -> int:
    """Rosa and Luis were texted by Maya for two shifts; B needs one person."""
    db, by, now = world.db, world.users["coordinator"], store.wall_ms()
    made = campaigns.create(db, "Phone night", "recruitment", "en", by=by, now=now)
    campaigns.save(db, made, by=by, now=now, seen_revision=1, facts=FACTS, list_id=bring_in(db, now=now))
    after: int | None = 0
    while after is not None:
        after = enrolment.enrol(db, made, now=now, after=after)
    enrolment.start(db, made, by=by, rules=world.rules, now=now, needs_review=False)
    maya = world.users["volunteer"]
    assignments.take(db, made, maya, world.rules, SIMS, now=now)
    for _ in range(2):
        card = world.card("volunteer")
        outbox.approve(db, card.id, by=maya, seen=card.seen, rules=world.rules, now=store.wall_ms())
        world.fly("sent")
    return made


def takes(world: World, number: str, **said: str) -> None:
    """Written down by hand."""
    target = world.db.execute(
        "SELECT id FROM target WHERE conversation_id=?", [world.conversation(number)]
    ).fetchone()["id"]
    for field, value in said.items():
        recording.record(
            world.db, target, field, value, by=world.users["volunteer"], now=store.wall_ms() - 1000
        )


def slots(world: World, campaign_id: int) -> list[tuple[str, int, int]]:
    now = store.wall_ms()
    found = results.results(
        world.db, campaigns.load(world.db, campaign_id), today=date(2026, 11, 26), now=now
    )
    return list(found.board.slots)


def seen(page: str) -> str:
    return " ".join(html.unescape(page).split())


def test_a_full_shift_says_so_and_offers_other_words(world: World, campaign_id: int, visit: Visit) -> None:
    """Ana and then Cy were texted "You're down for Sun 2 to 5", where one was needed; no word said that it was full."""
    takes(world, LUIS, shift="yes", slot="b")
    world.receive(ROSA, "Slot B works")
    maya, rosa = visit(), world.conversation(ROSA)
    page = seen(maya.get(f"/inbox/{rosa}").get_data(as_text=True))
    assert "Reads as “<bdi>B: Sun 2 to 5</bdi>”." in page
    assert '<span class="left small gone">full</span>' in page
    page = maya.get(f"/inbox/{rosa}?choice=b").get_data(as_text=True)
    assert "Sun 2 to 5 is full by now. You're on its waiting list" in seen(page)
    assert "You're down" not in seen(page)
    form = {name: maya.field(page, name) for name in ("key", "choice", "waits")}
    assert maya.post(f"/inbox/{rosa}/reply", text="Full. Another?", **form).status_code == 303
    assert slots(world, campaign_id) == [("Sat 10 to 1", 0, 2), ("Sun 2 to 5", 1, 1)]
    page = seen(maya.get(f"/inbox/{rosa}").get_data(as_text=True))
    assert '<span class="left small soft">2 needed</span>' in page, "the question stays: which one?"


def test_a_shift_that_is_full_is_not_asked_for(world: World, campaign_id: int, visit: Visit) -> None:
    """ "Which one? A: ... B: ..." went out while B was full, and who said B was told so."""
    takes(world, LUIS, shift="yes", slot="b")
    world.receive(ROSA, "Yes")
    world.db.execute("UPDATE target SET step='first'")
    page = visit().get(f"/inbox/{world.conversation(ROSA)}?choice=yes").get_data(as_text=True)
    assert "Which one? A: Sat 10 to 1</textarea>" in seen(page)


@pytest.mark.parametrize("words", ["C", "Sure, C", "slot C"])
def test_a_shift_that_the_campaign_has_not_is_suggested_to_nobody(
    world: World, campaign_id: int, visit: Visit, words: str
) -> None:
    """The conversation could not be opened any more."""
    world.receive(ROSA, words)
    for step in ("first", "slot"):
        world.db.execute("UPDATE target SET step=?", [step])
        assert visit().get(f"/inbox/{world.conversation(ROSA)}").status_code == 200


def test_a_place_that_is_kept_is_not_given_to_who_waits_for_another_shift(
    world: World, campaign_id: int, visit: Visit
) -> None:
    """Two were to be told of their places in A; a third, who waited for B since before, was offered A, and had it."""
    takes(world, LUIS, shift="yes", slot="a", waiting="yes")
    takes(world, ROSA, shift="yes", slot="b", waiting="yes")
    world.db.execute(
        "UPDATE answer SET at=at-5000 WHERE target_id=(SELECT id FROM target WHERE conversation_id=?)",
        [world.conversation(ROSA)],
    )
    world.db.execute(
        "UPDATE campaign SET facts=json_set(facts, '$.slot_a_needed', '1', '$.slot_b_needed', '0')"
    )
    world.db.execute("UPDATE target SET step='slot'")
    world.receive(ROSA, "Can I take A instead?")
    page = seen(visit().get(f"/inbox/{world.conversation(ROSA)}").get_data(as_text=True))
    assert '>A: Sat 10 to 1 <span class="left small gone">full</span>' in page


def test_another_shift_ends_the_waiting(world: World, campaign_id: int, visit: Visit) -> None:
    takes(world, LUIS, shift="yes", slot="b")
    takes(world, ROSA, shift="yes", slot="b", waiting="yes")
    world.db.execute("UPDATE target SET step='slot'")
    world.receive(ROSA, "A")
    maya, rosa = visit(), world.conversation(ROSA)
    page = maya.get(f"/inbox/{rosa}?choice=a").get_data(as_text=True)
    form = {name: maya.field(page, name) for name in ("key", "choice")}
    assert maya.post(f"/inbox/{rosa}/reply", text="You're down for A.", **form).status_code == 303
    assert slots(world, campaign_id) == [("Sat 10 to 1", 1, 2), ("Sun 2 to 5", 1, 1)]


def test_a_shift_that_fills_while_somebody_answers_is_not_promised(
    world: World, campaign_id: int, visit: Visit
) -> None:
    world.receive(ROSA, "B")
    maya, rosa = visit(), world.conversation(ROSA)
    page = maya.get(f"/inbox/{rosa}?choice=b").get_data(as_text=True)
    assert "You're down for Sun 2 to 5" in seen(page)
    form = {name: maya.field(page, name) for name in ("key", "choice")}
    takes(world, LUIS, shift="yes", slot="b")
    answer = maya.post(f"/inbox/{rosa}/reply", text="You're down for B.", **form)
    assert answer.status_code == 409
    assert "“Sun 2 to 5” is full by now. Nothing was sent." in seen(answer.get_data(as_text=True))
    assert slots(world, campaign_id) == [("Sat 10 to 1", 0, 2), ("Sun 2 to 5", 1, 1)]


def test_who_waits_is_told_by_a_person_when_a_place_is_free(
    world: World, campaign_id: int, visit: Visit
) -> None:
    takes(world, ROSA, shift="yes", slot="b", waiting="yes")
    conversations.hold(world.db, world.conversation(ROSA), world.users["volunteer"], now=store.wall_ms())
    cleo, rosa = visit("coordinator"), world.conversation(ROSA)
    board = seen(cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True))
    assert "<bdi>Rosa</bdi> can have “<bdi>Sun 2 to 5</bdi>” now" in board
    assert f"/inbox/{rosa}?choice=room_again" in board
    page = cleo.get(f"/inbox/{rosa}?choice=room_again").get_data(as_text=True)
    assert "Good news, Rosa: there is a place for you now" in seen(page)
    # Whoever answered last has the conversation for half an hour: the board led to words that could not be sent.
    assert "an answer from you is refused while they are at it, unless you take it over" in seen(page)
    taken = cleo.post(f"/inbox/{rosa}/take-over", choice=cleo.field(page, "choice"))
    assert taken.headers["Location"] == f"/inbox/{rosa}?choice=room_again"
    page = cleo.get(taken.headers["Location"]).get_data(as_text=True)
    assert "unless you take it over" not in seen(page)
    assert visit().post(f"/inbox/{rosa}/take-over").status_code == 403, "a volunteer takes nobody's"
    form = {name: cleo.field(page, name) for name in ("key", "choice")}
    assert slots(world, campaign_id)[1] == ("Sun 2 to 5", 0, 1)
    assert cleo.post(f"/inbox/{rosa}/reply", text="It's yours.", **form).status_code == 303
    assert slots(world, campaign_id)[1] == ("Sun 2 to 5", 1, 1)
    assert "can have" not in cleo.get(f"/campaigns/{campaign_id}").get_data(as_text=True)


def test_a_shift_that_does_not_exist_is_nowhere_to_press(
    world: World, campaign_id: int, visit: Visit
) -> None:
    """*Which shift: C* stood among the chips though the campaign has two shifts."""
    takes(world, ROSA, shift="yes", slot="b")
    cleo = visit("coordinator")
    page = seen(cleo.get(f"/campaigns/{campaign_id}/people").get_data(as_text=True))
    assert "Which shift: Sun 2 to 5" in page
    assert "Which shift: C" not in page
    page = seen(cleo.get(f"/inbox/{world.conversation(ROSA)}").get_data(as_text=True))
    assert 'value="a" aria-pressed="false" dir="auto">A: Sat 10 to 1' in page
    assert 'name="value" value="c"' not in page


def test_before_the_start_it_is_said_that_a_shift_without_a_day_gets_no_reminder(
    world: World, visit: Visit
) -> None:
    by, now = world.users["coordinator"], store.wall_ms()
    made = campaigns.create(world.db, "Phone night", "recruitment", "en", by=by, now=now)
    campaigns.save(world.db, made, by=by, now=now, seen_revision=1, facts=FACTS)
    page = seen(visit("coordinator").get(f"/campaigns/{made}").get_data(as_text=True))
    assert "“The day before, shift B” has no day.</strong>" in page
    assert "shift C” has no day" not in page


def test_the_numbers_as_csv_have_shifts_first_texts_and_what_is_to_be_done(
    world: World, campaign_id: int, visit: Visit
) -> None:
    """The file said "Texted,10,0", of nothing, and had none of the headline's numbers."""
    takes(world, ROSA, shift="yes", slot="b")
    takes(world, LUIS, shift="yes")
    lines = (
        visit("coordinator").get(f"/campaigns/{campaign_id}/numbers.csv").get_data(as_text=True).splitlines()
    )
    for line in (
        '"People who may be texted, or were",6,', "Texted,2,6", "Held by volunteers,4,6", "Nobody has taken,0,6", "Skipped,0,6",
        "Shifts filled,1,3", "Shift: Sat 10 to 1,0,2", "Shift: Sun 2 to 5,1,1", "To do: said yes and has no shift,1,",
        "Reminders that wait for a Send,0,", "Wait for more than 20 minutes,0,",
    ):  # fmt: skip
        assert line in lines, line
    assert not [line for line in lines if line.startswith("Texted,2,0")]


def test_who_has_a_shift_that_is_more_than_full_is_not_told_that_it_is(
    world: World, campaign_id: int, visit: Visit
) -> None:
    """More may come than are needed: Rosa had B already, wrote "B" once more, and was offered the waiting list."""
    for number in (LUIS, ROSA):
        takes(world, number, shift="yes", slot="b")
    world.receive(ROSA, "B")
    maya, rosa = visit(), world.conversation(ROSA)
    page = maya.get(f"/inbox/{rosa}?choice=b").get_data(as_text=True)
    assert "You're down for Sun 2 to 5" in seen(page)
    form = {name: maya.field(page, name) for name in ("key", "choice")}
    assert maya.post(f"/inbox/{rosa}/reply", text="You're down for B.", **form).status_code == 303
