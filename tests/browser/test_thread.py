"""One conversation on a phone: what somebody sees without scrolling, after opening, after Send, after Undo; and at a desk."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from gateway import assignments, campaigns, enrolment, outbox, store
from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.campaigning import SIMS, bring_in
from tests.web import world as the_world
from tests.web.world import World

Enter = Callable[..., Visit]
THUMB = {"size": PHONE, "has_touch": True, "is_mobile": True}
NUMBER = "+12025550100"
FACTS = {
    "voter": {"election": "la elección de la ciudad", "day": "2026-12-08", "polls_open": "7 am a 8 pm"},
    "event": {"event": "the rent hearing", "day": "2026-12-03", "hour": "18:00", "place": "Union Hall", "seats": "3"},
}  # fmt: skip


@dataclass(frozen=True)
class Talk:
    """Somebody of a campaign who was texted by Maya."""

    world: World
    id: int

    def wrote(self, text: str) -> str:
        """They write; returns the path of the conversation."""
        self.world.receive(NUMBER, text)
        return f"/inbox/{self.id}"


@pytest.fixture
def talk(world: World) -> Callable[..., Talk]:
    """talk(kind): the people of a campaign of this kind, the first of whom was texted."""

    def begin(kind: str, language: str = "en") -> Talk:
        the_world.modems(world)
        now, lead, maya = store.wall_ms(), world.users["coordinator"], world.users["volunteer"]
        campaign_id = campaigns.create(world.db, "Ours", kind, language, by=lead, now=now)
        people = bring_in(world.db, ("Elena", "Luis", "Ada"), now=now)
        campaigns.save(
            world.db, campaign_id, by=lead, now=now, seen_revision=1, facts=FACTS[kind], list_id=people
        )
        after: int | None = 0
        while after is not None:
            after = enrolment.enrol(world.db, campaign_id, now=now, after=after)
        enrolment.start(world.db, campaign_id, by=lead, rules=world.rules, now=now, needs_review=False)
        assignments.take(world.db, campaign_id, maya, world.rules, SIMS, now=now)
        card = world.card("volunteer")
        outbox.approve(world.db, card.id, by=maya, seen=card.seen, rules=world.rules, now=now - 60_000)
        world.fly("sent")
        return Talk(world, world.conversation(NUMBER))

    return begin


def in_view(page: Page, what: Locator, *, within: str = "") -> None:
    """All of it is on the screen as it stands, within the place `within`, and nothing covers it."""
    expect(what).to_be_visible()
    seen = page.evaluate(
        """([element, within]) => {
          const box = element.getBoundingClientRect(), place = within && document.querySelector(within).getBoundingClientRect();
          const top = place ? Math.max(0, place.top) : 0, bottom = place ? Math.min(innerHeight, place.bottom) : innerHeight;
          const at = document.elementFromPoint(box.x + Math.min(box.width / 2, innerWidth / 2), box.y + box.height / 2);
          return {words: element.textContent.trim().slice(0, 40), from: box.top, to: box.bottom, top, bottom, scrolled: scrollY,
            in: box.height > 0 && box.top >= top - 1 && box.bottom <= bottom + 1 && box.left >= -1 && box.right <= innerWidth + 1,
            free: element.contains(at) || at === element || at.contains(element)};
        }""",
        [what.element_handle(), within],
    )
    assert seen["in"] and seen["free"] and seen["scrolled"] == 0, seen


def sees(page: Page, words: str) -> None:
    """The newest text of the person, an answer and Send."""
    newest = page.locator("#talk .bubble:not(.out)").last
    expect(newest).to_have_text(words)
    in_view(page, newest, within="#talk")
    in_view(page, page.locator("#reply button.big"))


LONG = (
    "Sí voy a votar pero no sé todavía a qué hora porque mi hermana trabaja de noche y alguien tiene que "
    "quedarse con los niños, ¿hay lugar para dejarlos?"
)


@pytest.mark.parametrize("words", ["Sí voy a votar", LONG], ids=["short", "long"])
def test_the_newest_text_the_answers_and_send_are_on_the_screen_of_a_phone(
    world: World, talk: Callable[..., Talk], panel: Panel, visit: Enter, words: str
) -> None:
    page = visit("volunteer", **THUMB).go(talk("voter", "es").wrote(words))
    sees(page, words)
    will = page.get_by_role("link", name="Sí, va a votar")
    in_view(page, will, within=".answers")
    in_view(page, page.locator(".ready .chip").first)

    will.tap()
    sees(page, words)
    in_view(page, page.locator("#offered [aria-current]"))
    in_view(page, page.locator("#answer"))

    page.locator("#reply button.big").tap()
    expect(page.locator("#talk .bubble.out").last).to_contain_text("El horario es")
    in_view(page, page.locator("#talk .bubble.out").last, within="#talk")
    in_view(page, page.get_by_role("button", name="Undo"))
    in_view(page, page.locator("#reply button.big"))

    page.get_by_role("button", name="Undo").tap()
    expect(page.locator("#say")).to_have_text("Taken back. Nothing went out.")
    assert page.url.endswith(f"/inbox/{world.conversation(NUMBER)}")
    expect(page.locator("#answer")).to_have_value(re.compile("El horario es"))
    expect(page.locator("#offered [aria-current]")).to_have_text("Sí, va a votar")
    expect(page.locator("#talk .bubble.out")).to_have_count(1)
    sees(page, words)
    in_view(page, page.locator("#offered [aria-current]"))
    page.get_by_role("link", name="Ya votó").tap()  # another answer after all
    page.locator("#reply button.big").tap()
    expect(page.locator("#talk .bubble.out").last).to_contain_text("Gracias por votar")
    sent = world.db.execute("SELECT text FROM message WHERE state='approved'").fetchall()
    assert [row["text"][:19] for row in sent] == ["\u00a1Gracias por votar!"]
