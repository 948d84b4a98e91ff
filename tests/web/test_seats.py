"""The seats of an event beside the answers: how many are free, the waiting list's words when none are, and a board that agrees."""

import html
from collections.abc import Callable
from datetime import date

import pytest

from gateway import assignments, campaigns, outbox, recording, results, scriptedit, store
from tests.campaigning import AHEAD, FACTS, SIMS, started
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]
ROSA, LUIS = "+12025550100", "+12025550101"
CAMPAIGN = 1


@pytest.fixture
def rosa(world: World) -> int:
    """Rosa and Luis were texted by Maya for a hearing with 3 seats; returns Rosa's conversation."""
    now, maya = store.wall_ms(), world.users["volunteer"]
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    assert campaign_id == CAMPAIGN
    seats(world, 3)
    assignments.take(world.db, campaign_id, maya, world.rules, SIMS, now=now)
    for _ in range(2):
        card = world.card("volunteer")
        outbox.approve(world.db, card.id, by=maya, seen=card.seen, rules=world.rules, now=store.wall_ms())
        world.fly("sent")
    return world.conversation(ROSA)


def seats(world: World, room: int) -> None:
    campaigns.save(
        world.db,
        CAMPAIGN,
        by=world.users["coordinator"],
        now=store.wall_ms(),
        seen_revision=campaigns.load(world.db, CAMPAIGN).revision,
        facts={**FACTS, "day": AHEAD, "seats": str(room)},
    )


def luis_takes(world: World, number: int) -> None:
    row = world.db.execute(
        "SELECT id FROM target WHERE conversation_id=?", [world.conversation(LUIS)]
    ).fetchone()
    for field, value in (("status", "yes"), ("seats", str(number))):
        recording.record(
            world.db, row["id"], field, value, by=world.users["volunteer"], now=store.wall_ms() - 1000
        )


def come(world: World, number: str, many: int) -> None:
    """They are at the door, so many."""
    target = world.db.execute(
        "SELECT id FROM target WHERE conversation_id=?", [world.conversation(number)]
    ).fetchone()["id"]
    recording.record(
        world.db, target, "checked_in", str(many), by=world.users["coordinator"], now=store.wall_ms()
    )


def box(visit: Visit, conversation: int) -> str:
    page = visit().get(f"/inbox/{conversation}?choice=yes").get_data(as_text=True)
    return html.unescape(page.split('<textarea id="answer"')[1].split(">", 1)[1].split("<")[0])


def test_whose_seats_are_promised_gets_no_words_of_the_waiting_list(
    world: World, rosa: int, visit: Visit
) -> None:
    """Luis had two of three seats, Rosa walked in with two: "You're on the waiting list" stood ready for him."""
    luis_takes(world, 2)
    come(world, ROSA, 2)
    world.receive(LUIS, "Yes, 2 of us are on our way")
    assert "we'll save 2 for you" in box(visit, world.conversation(LUIS))


def test_whoever_walked_in_leaves_so_many_seats_less_and_has_their_own(
    world: World, rosa: int, visit: Visit
) -> None:
    come(world, LUIS, 2)
    world.receive(ROSA, "Yes, 2 of us")
    assert "You're on the waiting list" in box(visit, rosa), "two of three seats are taken"
    come(world, ROSA, 2)
    seats(world, 4)
    world.receive(ROSA, "Yes, 2 of us, we are in the hall already")
    assert "we'll save 2 for you" in box(visit, rosa)


def waiting(world: World) -> dict[str, bool]:
    """Who of the board's bookings is on the waiting list."""
    now = store.wall_ms()
    found = results.results(world.db, campaigns.load(world.db, CAMPAIGN), today=date(2026, 11, 26), now=now)
    return {seat.person.name: seat.waits for seat in found.board.seats}


def test_the_answer_that_takes_seats_says_how_many_are_free(world: World, rosa: int, visit: Visit) -> None:
    luis_takes(world, 1)
    world.receive(ROSA, "YES 2")
    maya = visit()
    assert "2 seats are free" in maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    assert "we&#39;ll save 2 for you" in page
    assert "Send, and keep 2 seats" in page
    assert "waiting list" not in page.split('id="facts"')[0]


def test_when_the_seats_are_gone_the_waiting_lists_words_are_offered_and_the_board_says_the_same(
    world: World, rosa: int, visit: Visit
) -> None:
    luis_takes(world, 2)
    world.receive(ROSA, "YES 2")
    maya = visit()
    assert "1 seat is free" in maya.get(f"/inbox/{rosa}").get_data(as_text=True)
    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    assert "You&#39;re on the waiting list" in page.split('id="answer"')[1]
    assert "we&#39;ll save 2" not in page
    assert "Send, and put on the waiting list" in page
    form = {name: maya.field(page, name) for name in ("key", "choice", "number", "waits")}
    sent = maya.post(f"/inbox/{rosa}/reply", text="You're on the waiting list.", **form)
    assert sent.status_code == 303
    assert waiting(world) == {"Luis": False, "Rosa": True}
    world.fly("sent")
    world.db.execute("UPDATE conversation SET holder_id=NULL")  # Maya passes her on
    cleo = visit("coordinator")
    assert "can have" not in cleo.get("/campaigns/1").get_data(as_text=True)
    seats(world, 4)
    assert waiting(world) == {"Luis": False, "Rosa": True}, "nobody has told her yet"
    assert "<bdi>Rosa</bdi> can have 2 seats now" in cleo.get("/campaigns/1").get_data(as_text=True)
    assert "may have them now, not told yet" in cleo.get("/campaigns/1/people").get_data(as_text=True)
    page = cleo.get(f"/inbox/{rosa}?choice=room_again").get_data(as_text=True)
    assert "Good news, Rosa: there is room for you now" in page
    form = {name: cleo.field(page, name) for name in ("key", "choice")}
    assert cleo.post(f"/inbox/{rosa}/reply", text="There is room!", **form).status_code == 303
    assert waiting(world) == {"Luis": False, "Rosa": False}
    page = cleo.get("/campaigns/1/people").get_data(as_text=True)
    assert "Was told that there is room" in page, "“On the waiting list: told” stood beside who has a seat"
    assert "said=waiting%3Dyes" in page
    assert "said=waiting%3Dtold" not in page
    world.fly("sent")
    assert "can have" not in cleo.get("/campaigns/1").get_data(as_text=True)


def test_more_than_two_seats_are_kept_only_with_the_number(world: World, rosa: int, visit: Visit) -> None:
    """*More* with an empty number was sent: "Perfect, we'll save them." left, and 1 seat was written down."""
    world.db.execute("UPDATE target SET step='seats'")
    world.receive(ROSA, "Just a few")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}?choice=more").get_data(as_text=True)
    assert (
        'id="number" name="number" value="" inputmode="numeric" maxlength="10" autocomplete="off" required'
        in page
    )
    form = {name: maya.field(page, name) for name in ("key", "choice", "number")}
    answer = maya.post(f"/inbox/{rosa}/reply", text="We'll save them.", **form)
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "How many is missing: “Seats” is empty. Type the number, then send. Nothing was sent." in page
    assert waiting(world) == {}
    form["number"] = "3"
    assert maya.post(f"/inbox/{rosa}/reply", text="We'll save 3.", **form).status_code == 303
    assert waiting(world) == {"Rosa": False}


def test_seats_that_go_while_somebody_answers_are_not_promised(world: World, rosa: int, visit: Visit) -> None:
    world.receive(ROSA, "YES 2")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    form = {name: maya.field(page, name) for name in ("key", "choice", "number", "after", "heard")}
    luis_takes(world, 2)
    answer = maya.post(f"/inbox/{rosa}/reply", text="2 seats are yours", **form)
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "2 seats are asked for, and 1 is free by now" in page
    assert world.db.execute("SELECT count(*) FROM message WHERE text='2 seats are yours'").fetchone()[0] == 0
    form["waits"] = maya.field(page, "waits")
    assert maya.post(f"/inbox/{rosa}/reply", text="You wait for now", **form).status_code == 303
    assert waiting(world) == {"Luis": False, "Rosa": True}


def test_without_a_limit_nothing_is_said_of_free_seats(world: World, rosa: int, visit: Visit) -> None:
    world.db.execute('UPDATE campaign SET facts=replace(facts, \'"seats": "3"\', \'"seats": ""\')')
    world.receive(ROSA, "YES 2")
    page = visit().get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    assert "free" not in page.split('id="offered"')[1]
    assert "we&#39;ll save 2 for you" in page


def test_words_of_the_waiting_list_for_another_number_do_not_leave_when_there_is_room(
    world: World, rosa: int, visit: Visit
) -> None:
    """Rosa's "yes 5" was drawn with the waiting list's words; Maya typed 1 over the 5, and "not enough seats" left for 1 of 3."""
    world.receive(ROSA, "YES 5")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    names = ("key", "choice", "waits", "filled", "content")
    form = {name: html.unescape(maya.field(page, name)) for name in names}
    answer = maya.post(f"/inbox/{rosa}/reply", text=form["filled"], number="1", **form)
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "There is room for them now" in page
    assert "we&#39;ll save 1 for you" in page
    assert 'name="waits"' not in page
    assert waiting(world) == {}


@pytest.mark.parametrize("choice", ["yes", "more"])
def test_nobody_is_kept_0_seats(world: World, rosa: int, visit: Visit, choice: str) -> None:
    """0 passed for the number of *More*: "we'll save 0 for you" left, and 1 seat was taken."""
    world.db.execute("UPDATE target SET step=?", ["first" if choice == "yes" else "seats"])
    world.receive(ROSA, "Just a few")
    maya = visit()
    page = maya.get(f"/inbox/{rosa}?choice={choice}").get_data(as_text=True)
    answer = maya.post(
        f"/inbox/{rosa}/reply",
        text="We'll save them.",
        key=maya.field(page, "key"),
        choice=choice,
        number="0",
    )
    assert answer.status_code == 409
    assert "How many is missing: “Seats” is 0." in answer.get_data(as_text=True)
    assert waiting(world) == {}


def test_who_waits_is_told_also_by_a_script_without_the_words_for_it(
    world: World, rosa: int, visit: Visit
) -> None:
    """A script from before the waiting list, or without that answer: the board opened Rosa's conversation, and nothing there told her."""
    script = scriptedit.without_choice(campaigns.load(world.db, CAMPAIGN).script, "coming", "room_again")
    by, now = world.users["coordinator"], store.wall_ms()
    seen = campaigns.load(world.db, CAMPAIGN).revision
    campaigns.save(world.db, CAMPAIGN, by=by, now=now, seen_revision=seen, script=script)
    target = world.db.execute("SELECT id FROM target WHERE conversation_id=?", [rosa]).fetchone()["id"]
    for field, value in (("status", "yes"), ("seats", "2"), ("waiting", "yes")):
        recording.record(world.db, target, field, value, by=by, now=store.wall_ms() - 1000)
    world.db.execute("UPDATE conversation SET holder_id=NULL")
    cleo = visit("coordinator")
    assert f"/inbox/{rosa}?choice=room_again" in cleo.get("/campaigns/1").get_data(as_text=True)
    page = cleo.get(f"/inbox/{rosa}?choice=room_again").get_data(as_text=True)
    assert "Good news, Rosa: there is room for you now" in page
    form = {name: cleo.field(page, name) for name in ("key", "choice")}
    assert cleo.post(f"/inbox/{rosa}/reply", text="There is room!", **form).status_code == 303
    assert waiting(world) == {"Rosa": False}
    assert recording.current(world.db, target)["waiting"] == "told"


def test_in_a_closed_campaign_nobody_is_to_be_told_of_a_seat(world: World, rosa: int, visit: Visit) -> None:
    """Its file said "To do: may have a place now, not told yet,1", and its pages "not told yet" and "tell them"."""
    by = world.users["coordinator"]
    target = world.db.execute("SELECT id FROM target WHERE conversation_id=?", [rosa]).fetchone()["id"]
    for field, value in (("status", "yes"), ("seats", "2"), ("waiting", "yes")):
        recording.record(world.db, target, field, value, by=by, now=store.wall_ms() - 1000)
    world.db.execute("UPDATE conversation SET holder_id=NULL")
    cleo = visit("coordinator")
    pages = ("/campaigns/1/numbers.csv", "/campaigns/1/people", f"/inbox/{rosa}")
    asks = ('now, not told yet",1', "may have them now, not told yet", "They wait, and may have theirs now")
    for page, words in zip(pages, asks, strict=True):
        assert words in cleo.get(page).get_data(as_text=True)
    campaigns.close(world.db, CAMPAIGN, by=by, now=store.wall_ms())
    for page, words in zip(pages, asks, strict=True):
        assert words not in cleo.get(page).get_data(as_text=True)


def test_a_coordinator_is_told_that_the_seat_of_a_trainees_answer_went_and_answers_anew(
    world: World, rosa: int, visit: Visit
) -> None:
    """Theo's "2 seats are yours" waited, Luis got them, and Cleo's Send promised them once more."""
    world.receive(ROSA, "YES 2")
    world.db.execute("UPDATE conversation SET holder_id=NULL")
    theo, cleo = visit("trainee"), visit("coordinator")
    page = theo.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    form = {name: theo.field(page, name) for name in ("key", "choice", "number", "after", "heard")}
    assert theo.post(f"/inbox/{rosa}/reply", text="2 seats are yours", **form).status_code == 303
    luis_takes(world, 2)
    drafted = world.db.execute("SELECT id FROM message WHERE text='2 seats are yours'").fetchone()["id"]
    page = cleo.get(f"/send?card={drafted}").get_data(as_text=True)
    said = cleo.post(f"/send/{drafted}/approve", follow=True, seen=cleo.field(page, "seen"))
    assert (
        "2 seats are asked for, and 1 is free by now. The text did not go out, and with other words it would still write the place down."
        in said.get_data(as_text=True)
    )
    assert world.state(drafted) == "awaiting"
    cleo.post(f"/send/{drafted}/skip")
    world.db.execute("UPDATE conversation SET holder_id=NULL")  # Theo's half hour is over
    assert f"/inbox/{rosa}" in cleo.get("/inbox").get_data(as_text=True)
    page = cleo.get(f"/inbox/{rosa}?choice=yes").get_data(as_text=True)
    assert "You&#39;re on the waiting list" in page.split('id="answer"')[1]
