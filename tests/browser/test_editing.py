"""The words of a campaign are put in order, mended and kept by keyboard and by thumb; a campaign is used again in Spanish."""

import re
from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Dialog, Page, expect

from gateway import campaigns, scriptedit, store
from gateway.kinds import kind
from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.browser.test_every_screen import SIDEWAYS, SMALL, findings
from tests.campaigning import bring_in, drafted
from tests.web.world import World

Enter = Callable[..., Visit]
LINKED = "{organisation}: see elmstreet.example.org. STOP to end."


def written(world: World) -> int:
    """A draft with a link in its first text and two answers that both read “sure”."""
    now, lead = store.wall_ms(), world.users["coordinator"]
    made = drafted(world.db, lead, bring_in(world.db, now=now), now=now)
    script = scriptedit.with_wording(campaigns.load(world.db, made).script, "0", LINKED)
    maybe = script.first.choice("maybe")
    assert maybe is not None
    script = scriptedit.with_choice(script, "first", replace(maybe, reads=("maybe", "sure")))
    campaigns.save(world.db, made, by=lead, now=now, seen_revision=2, script=script)
    return made


def order(world: World, made: int) -> list[str]:
    return [choice.id for choice in campaigns.load(world.db, made).script.first.choices]


def rested(page: Page) -> None:
    expect(page.locator("body")).not_to_have_class(re.compile("fresh"))


def test_answers_are_put_in_order_by_keyboard_alone(world: World, panel: Panel, visit: Enter) -> None:
    made = written(world)
    page = visit("coordinator", DESK).go(f"/campaigns/{made}/words")
    down = page.get_by_role("button", name="Move the answer Yes down")
    down.focus()
    for place in (2, 3, 4):
        rested(page)
        page.keyboard.press("Enter")
        expect(page.locator("#say")).to_have_text(f"“Yes” is number {place} of 4 now.")
        expect(down).to_be_focused()  # the next press moves it further
    assert order(world, made) == ["maybe", "no", "wrong", "yes"]
    expect(down).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Shift+Tab")
    rested(page)
    page.keyboard.press("Enter")
    expect(page.locator("#say")).to_have_text("“Yes” is number 3 of 4 now.")


def test_hints_are_mended_and_kept_by_thumb(world: World, panel: Panel, visit: Enter) -> None:
    made = written(world)
    visitor = visit("coordinator", PHONE, has_touch=True, is_mobile=True, bypass_csp=True)
    for path in (f"/campaigns/{made}/clone", f"/campaigns/{made}/words"):
        page = visitor.go(path)
        assert findings(page) == [], path
        assert page.evaluate(SMALL) == [], path
        assert page.evaluate(SIDEWAYS) <= 0, path
    page.get_by_role("button", name="Move the answer Maybe up").tap()
    expect(page.locator("#say")).to_have_text("“Maybe” is number 1 of 4 now.")
    rested(page)
    page.get_by_role("button", name="Leave it to “Yes”").tap()
    expect(page.get_by_text("reads as “Maybe” and as “Yes”")).to_have_count(0)
    rested(page)
    page.get_by_role("button", name="Keep it as it is: A link stands in the first text.").tap()
    expect(page.get_by_text("1 hint kept as it is")).to_be_visible()
    assert len(campaigns.load(world.db, made).options.meant) == 1
    page.goto(f"{panel.base}/campaigns/{made}/words/first/0")
    page.wait_for_selector("body[data-stream=open]")
    field = page.get_by_label("First text")
    expect(page.get_by_text("A link stands")).to_have_count(0)
    field.fill(LINKED.replace("see", "look at"))
    expect(page.get_by_text("A link stands in the first text.")).to_be_visible()  # other words
    page.get_by_role("button", name="Keep it").tap()
    expect(page.get_by_text("A link stands")).to_have_count(0)
    assert "look at" in campaigns.load(world.db, made).script.first.texts[0]


def test_words_that_were_not_kept_are_asked_about_before_they_are_left(
    world: World, panel: Panel, visit: Enter
) -> None:
    made, asked = written(world), list[str]()
    page = visit("coordinator", DESK).go(f"/campaigns/{made}/words/first/0")
    stays = True

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        if stays:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answer)
    back = page.get_by_role("link", name="Campaigns", exact=True)
    page.get_by_label("First text").click()
    page.keyboard.type("Dear ")
    typed = page.get_by_label("First text").input_value()
    with page.expect_event("dialog"):
        back.click(no_wait_after=True)
    expect(page.get_by_label("First text")).to_have_value(typed)
    page.get_by_label("First text").press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("What everyone gets first")
    assert campaigns.load(world.db, made).script.first.texts[0] == typed
    page.get_by_role("link", name="Change the answer Maybe").click()  # nothing was typed: nothing is asked
    expect(page.get_by_label("What the button says")).to_have_value("Maybe")
    page.get_by_label("What the button says").fill("Perhaps")
    stays = False
    back.click()
    expect(page).to_have_url(f"{panel.base}/campaigns")
    assert asked == ["beforeunload"] * 2


def test_a_campaign_is_used_again_in_spanish(world: World, panel: Panel, visit: Enter) -> None:
    made = written(world)
    page = visit("coordinator", DESK).go(f"/campaigns/{made}")
    # The keys beside the name stand in one line each.
    assert {round(key.bounding_box()["height"]) for key in page.locator(".acts .key").all()} <= {48, 49, 50}  # type: ignore[index]
    page.get_by_role("link", name="Use again").click()
    expect(page.get_by_text("Texts that were changed cannot be translated")).to_be_visible()
    page.get_by_label("Name, for the room").fill("La audiencia")
    page.get_by_text("In Spanish").click()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="La audiencia")).to_be_visible()
    expect(page.locator("#main")).to_contain_text("“Place” in Spanish.")
    assert campaigns.load(world.db, made + 1).script == kind("event").scripts["es"]
