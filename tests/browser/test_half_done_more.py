"""More of what outlives, or must not outlive, what happens at another place of a page."""

from collections.abc import Callable

from playwright.sync_api import expect

from gateway import bell, campaigns, erasing, outbox, settling, store
from tests.browser.conftest import DESK, Visit
from tests.browser.test_thread import NUMBER, Talk
from tests.browser.test_thread import talk as talk
from tests.web.world import HELLO, World

Enter = Callable[..., Visit]


def test_what_somebody_wrote_who_was_erased_is_not_said_any_more(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """Their last words stayed in the line that a screen reader reads."""
    begun = talk("event")
    world = begun.world
    visitor = visit("coordinator", DESK)
    page = visitor.go(begun.wrote("Hello"))
    visitor.wait_live()
    begun.wrote("I live at 3 Elm Street")
    bell.ring(world.path)
    expect(page.locator("#say")).to_have_text("I live at 3 Elm Street")
    erasing.erase(world.db, NUMBER, now=store.wall_ms())
    bell.ring(world.path)
    expect(page.locator("main")).to_contain_text("erased")
    assert "3 Elm Street" not in page.content()
    visitor.complaints[:] = [line for line in visitor.complaints if "404" not in line]


def test_an_uncertain_text_that_is_settled_elsewhere_leaves_the_screen_whole(
    world: World, visit: Enter
) -> None:
    """Its name and words stayed, over the trip of the next one: who looked there decided by the evidence of another text."""
    lost = []
    for name, number in (("Rosa", "+12025550147"), ("Luis", "+12025550148")):
        world.approve(world.draft(name, number, HELLO))
        lost.append(world.fly("uncertain"))
    visitor = visit("coordinator", DESK)
    page = visitor.go("/uncertain")
    expect(page.locator("#who")).to_contain_text("Rosa")
    visitor.wait_live()
    page.get_by_label("It arrived").check()
    settling.settle(world.db, lost[0], arrived=False, by=world.users["volunteer"], now=store.wall_ms())
    bell.ring(world.path)
    expect(page.locator("main")).to_contain_text("ask Luis")
    expect(page.locator("#who")).to_contain_text("Luis")
    expect(page.get_by_label("It arrived")).not_to_be_checked()


def test_an_uncertain_text_of_somebody_who_was_erased_leaves_the_screen(world: World, visit: Enter) -> None:
    """Their name and the words to them stood there until something else was sent in the room."""
    for name, number in (("Rosa", "+12025550147"), ("Luis", "+12025550148")):
        world.approve(world.draft(name, number, HELLO))
        world.fly("uncertain")
    visitor = visit("coordinator", DESK)
    page = visitor.go("/uncertain")
    expect(page.locator("#who")).to_contain_text("Rosa")
    visitor.wait_live()
    erasing.erase(world.db, "+12025550147", now=store.wall_ms() + 600_000)  # no modem answers for it any more
    bell.ring(world.path)
    expect(page.locator("#who")).to_contain_text("Luis")
    assert "Rosa" not in page.content()


def test_words_that_were_refused_stay_when_the_card_is_drawn_anew(world: World, visit: Enter) -> None:
    """Somebody else had changed the text meanwhile: the refused words came back in the box, and went with the next change in the room."""
    card = world.draft("Rosa Delgado", "+12025550147", HELLO)
    visitor = visit("volunteer", DESK)
    page = visitor.go(f"/send/{card}/edit")
    visitor.wait_live()
    box = page.get_by_label("The words to Rosa")
    box.fill("Hello Rosa, it is Maya. STOP to end.")
    lead = world.users["coordinator"]
    seen = outbox.seen(outbox.load(world.db, card))
    outbox.edit(
        world.db, card, "Dear Rosa. STOP to end.", by=lead, seen=seen, rules=world.rules, now=store.wall_ms()
    )
    page.get_by_role("button", name="Keep these words").click()
    expect(page.get_by_role("alert")).to_contain_text("changed")
    expect(box).to_have_value("Hello Rosa, it is Maya. STOP to end.")
    page.wait_for_selector("body:not(.fresh)")
    page.locator("#who").focus()
    world.receive("+12025550199", "Who is this?")
    with page.expect_response(lambda answer: answer.url.endswith("/edit") and answer.request.method == "GET"):
        bell.ring(world.path)
    expect(page.locator("#bar .tabs .count")).to_contain_text("1")
    expect(box).to_have_value("Hello Rosa, it is Maya. STOP to end.")
    page.get_by_role("button", name="Keep these words").click()
    expect(page.locator("#card .bubble")).to_have_text("Hello Rosa, it is Maya. STOP to end.")
    visitor.complaints[:] = [line for line in visitor.complaints if "409" not in line]


def test_a_fact_that_is_half_typed_does_not_take_the_place_of_one_that_was_kept_elsewhere(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """After Pause it stood in a form that said it had read what the other had kept: Keep threw that away without a word."""
    begun = talk("event")
    world = begun.world
    one = campaigns.everything(world.db)[0]
    visitor = visit("coordinator", DESK)
    page = visitor.go(f"/campaigns/{one.id}")
    page.get_by_text("The facts of this campaign").click()
    page.get_by_label("Place").fill("Library")
    campaigns.save(
        world.db, one.id, by=world.users["admin"], now=store.wall_ms(), seen_revision=one.revision,
        facts={**one.facts, "place": "Elm Street Church"},
    )  # fmt: skip
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    page.wait_for_selector("body:not(.fresh)")
    page.get_by_text("The facts of this campaign").click()
    expect(page.get_by_label("Place")).to_have_value("Library")
    page.locator("#facts").get_by_role("button", name="Keep").click()
    expect(page.get_by_role("alert")).to_contain_text("changed")
    expect(page.locator("#facts")).to_contain_text("Elm Street Church")
    assert campaigns.load(world.db, one.id).facts["place"] == "Elm Street Church"
    visitor.complaints[:] = [line for line in visitor.complaints if "409" not in line]
