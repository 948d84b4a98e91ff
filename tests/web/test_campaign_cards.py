"""A campaign's card and what a volunteer may do with it: who else lives there, edited words, never, later, undo, perhaps texted already."""

from collections.abc import Callable

import pytest

from gateway import assignments, campaigns, store
from tests.campaigning import SIMS, bring_in, started
from tests.web.conftest import Visitor
from tests.web.world import World, modems
from web.screens.send import BATCH

Visit = Callable[..., Visitor]


@pytest.fixture
def campaign_id(world: World) -> int:
    """Maya has a batch: Rosa first, with whom Bea shares the number."""
    modems(world)
    now = store.wall_ms()
    list_id = bring_in(world.db, now=now)
    rosa = world.conversation("+12025550100")
    world.db.execute(
        "INSERT INTO contact (conversation_id, first_name, name_key, source, created_at) VALUES (?,'Bea','bea','signed up',?)",
        [rosa, now],
    )
    made = started(world.db, world.users["coordinator"], world.rules, list_id=list_id, now=now)
    assignments.take(world.db, made, world.users["volunteer"], world.rules, SIMS, now=now)
    return made


def targets(world: World) -> dict[str, str]:
    rows = world.db.execute(
        "SELECT c.first_name, t.state FROM target t JOIN contact c ON c.id=t.contact_id ORDER BY t.id"
    )
    return {row["first_name"]: row["state"] for row in rows}


def test_who_else_is_at_the_number_stands_on_the_card_and_the_name_is_whom_the_words_greet(
    world: World, campaign_id: int, visit: Visit
) -> None:
    world.db.execute("UPDATE conversation SET name='Bea' WHERE number='+12025550100'")
    page = visit().get("/send").get_data(as_text=True)
    assert "Also at this number: <bdi>Bea</bdi>" in page
    assert 'id="who" tabindex="-1">Rosa</h1>' in page


def test_edited_words_are_marked_on_the_card_and_in_the_thread(
    world: World, campaign_id: int, visit: Visit
) -> None:
    maya = visit()
    maya.get("/send")
    card = world.card("volunteer")
    maya.post(
        f"/send/{card.id}/edit",
        text="Hi Rosa, Maya of Elm Street Tenants here. Coming? STOP to end.",
        seen=card.seen,
    )
    page = maya.get("/send").get_data(as_text=True)
    assert "edited by you" in page
    card = world.card("volunteer")
    maya.post(f"/send/{card.id}/approve", seen=card.seen)
    assert world.state(card.id) == "approved"
    assert "<span>edited</span>" in maya.get(f"/inbox/{card.conversation_id}").get_data(as_text=True)
    following = maya.get("/send").get_data(as_text=True)
    assert "edited by" not in following


def test_skip_says_that_it_means_never_and_means_it(world: World, campaign_id: int, visit: Visit) -> None:
    maya = visit()
    page = maya.get("/send").get_data(as_text=True)
    assert "Skip: <bdi>Rosa</bdi> is not texted by this campaign." in page
    card = world.card("volunteer")
    maya.post(f"/send/{card.id}/skip")
    page = maya.get("/send").get_data(as_text=True)
    assert "Skipped: Rosa is not texted by this campaign." in page
    assert targets(world)["Rosa"] == "skipped"
    assert "Luis</h1>" in page


def test_later_brings_others_first_and_undo_the_same_card_again(
    world: World, campaign_id: int, visit: Visit
) -> None:
    maya = visit()
    maya.get("/send")
    rosa = world.card("volunteer")
    maya.post(f"/send/{rosa.id}/later")
    assert "Luis</h1>" in maya.get("/send").get_data(as_text=True)
    luis = world.card("volunteer")
    maya.post(f"/send/{luis.id}/approve", seen=luis.seen)
    assert targets(world)["Luis"] == "texted"
    maya.post(f"/send/{luis.id}/undo")
    assert targets(world) == dict.fromkeys(targets(world), "held")
    assert "Luis</h1>" in maya.get(f"/send?card={luis.id}").get_data(as_text=True)
    names = []
    while world.db.execute("SELECT 1 FROM target WHERE state='held'").fetchone():
        card = world.card("volunteer")
        names.append(card.name)
        maya.post(f"/send/{card.id}/approve", seen=card.seen)
    assert names[-1] == "Rosa"  # put off, not forgotten
    assert len(names) == 6


def test_whoever_may_have_been_texted_before_a_restore_is_marked(
    world: World, campaign_id: int, visit: Visit
) -> None:
    world.db.execute(
        "UPDATE conversation SET perhaps_texted_at=? WHERE number='+12025550100'", [store.wall_ms()]
    )
    page = visit().get("/send").get_data(as_text=True)
    assert "may have been texted already" in page


def test_a_first_text_to_somebody_who_waits_for_an_answer_shows_what_they_wrote(
    world: World, campaign_id: int, visit: Visit
) -> None:
    world.receive("+12025550100", "who is this?")
    maya = visit()
    assert "who is this?" in maya.get("/send").get_data(as_text=True)


def test_the_card_on_the_screen_does_not_go_when_they_may_have_asked_to_stop_meanwhile(
    world: World, campaign_id: int, visit: Visit
) -> None:
    maya = visit()
    page = maya.get("/send").get_data(as_text=True)
    card = world.card("volunteer")
    world.receive("+12025550100", "STOP the bill! count me in")
    maya.post(f"/send/{card.id}/approve", seen=maya.field(page, "seen"))
    page = maya.get("/send").get_data(as_text=True)
    assert "did not go out" in page
    assert "Luis</h1>" in page
    assert world.state(card.id) == "awaiting"


def test_words_that_got_too_long_for_one_person_do_not_jam_the_send_page(
    world: World, campaign_id: int, visit: Visit
) -> None:
    maya = visit()
    assert "Rosa</h1>" in maya.get("/send").get_data(as_text=True)
    card = world.card("volunteer")
    long_name = "Rosa " + "ب" * 700
    world.db.execute("UPDATE contact SET first_name=? WHERE first_name='Rosa'", [long_name])
    world.db.execute("UPDATE target SET wording=0")  # the wording that greets them by name
    for page in ("/send", f"/send?card={card.id}"):
        answer = maya.get(page)
        assert answer.status_code == 200
        assert "Luis</h1>" in answer.get_data(as_text=True)
    assert targets(world)[long_name] == "out"


def test_nobody_reads_or_changes_a_card_of_anothers_batch_by_its_address(
    world: World, campaign_id: int, visit: Visit
) -> None:
    maya = visit()
    maya.get("/send")
    card = world.card("volunteer")
    assert (
        maya.post(f"/send/{card.id}/later").status_code == 303
    )  # it is nobody's conversation, and still in her batch
    for who in ("other", "trainee"):
        answer = visit(who).get(f"/send/{card.id}/edit")
        assert answer.status_code == 409
        page = answer.get_data(as_text=True)
        assert card.text not in page
        assert "Oak Street" not in page
    maya.post(f"/send/{card.id}/approve", seen=card.seen)
    assert world.state(card.id) == "approved"


def test_a_typed_answer_with_a_placeholder_in_it_does_not_leave(
    world: World, campaign_id: int, visit: Visit
) -> None:
    """Review r6, 6: only changed words were looked at, and whoever copied a script's text sent “{first_name}”."""
    maya, card = visit(), world.card("volunteer")
    maya.post(f"/send/{card.id}/approve", seen=card.seen)
    world.receive("+12025550100", "Is there a ramp?")
    path = f"/inbox/{world.conversation('+12025550100')}"
    page = maya.get(path).get_data(as_text=True)
    form = {name: maya.field(page, name) for name in ("key", "after", "heard", "content")}
    answer = maya.post(f"{path}/reply", text="Hi {first_name}, yes!", **form)
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "“{first_name}” would leave as it stands" in page
    assert ">Hi {first_name}, yes!</textarea>" in page
    assert maya.post(f"{path}/reply", text="Hi Rosa, yes!", **form).status_code == 303


def test_a_first_text_is_the_campaigns_and_no_answer(world: World, campaign_id: int, visit: Visit) -> None:
    """In the inbox a volunteer could write anything to whoever was in their batch, also while it was paused: no name, no way to stop."""
    campaigns.pause(world.db, campaign_id, by=world.users["coordinator"])
    maya, path = visit(), f"/inbox/{world.conversation('+12025550100')}"
    page = maya.get(path).get_data(as_text=True)
    said = maya.post(f"{path}/reply", text="hey you", key=maya.field(page, "key"), follow=True)
    assert "Nobody has texted this person yet" in said.get_data(as_text=True)
    assert not world.db.execute("SELECT 1 FROM message").fetchone()


def test_who_has_somebody_whom_nobody_texted_is_not_told_to_whoever_counts_up_addresses(
    world: World, campaign_id: int, visit: Visit
) -> None:
    """Review r6, 12: each address of a list said which colleague has it, and until when."""
    card, sam = world.card("volunteer"), visit("other")
    row = world.db.execute("SELECT holder_id FROM conversation WHERE id=?", [card.conversation_id]).fetchone()
    assert row["holder_id"] == world.users["volunteer"].id
    page = sam.get(f"/inbox/{card.conversation_id}").get_data(as_text=True)
    assert "Nobody has texted this person yet" in page
    assert "Maya" not in page


def test_the_progress_of_a_batch_does_not_count_on_from_yesterday(
    world: World, campaign_id: int, visit: Visit
) -> None:
    """Review r6, 13: with a batch of yesterday, as many cards of today were left out as had been sent before it."""
    maya = visit()
    for _ in range(3):
        card = world.card("volunteer")
        maya.post(f"/send/{card.id}/approve", seen=card.seen)
    assignments.give_back(world.db, world.users["volunteer"].id)
    maya.post(f"/send/take/{campaign_id}")
    assert "1 of 3 texts" in maya.get("/send").get_data(as_text=True)
    with maya.client.session_transaction() as kept:
        assert kept[BATCH][1] == 3
        kept[BATCH] = ["2026-11-20", 3]
    assert "4 of 6 texts" in maya.get("/send").get_data(as_text=True)
    with maya.client.session_transaction() as kept:
        kept[BATCH] = 3  # of a panel from before days were kept
    assert "4 of 6 texts" in maya.get("/send").get_data(as_text=True)


def test_who_undoes_a_mistaken_opt_out_is_told_that_the_first_text_waits_again(
    world: World, campaign_id: int, visit: Visit
) -> None:
    card = world.card("volunteer")
    path = f"/inbox/{card.conversation_id}"
    visit().post(f"{path}/opt-out")
    page = (
        visit("coordinator")
        .post(f"{path}/opt-in", follow=True, reason="It was another Rosa.")
        .get_data(as_text=True)
    )
    assert "Their first text in “Rent hearing” waits for a volunteer again." in page
