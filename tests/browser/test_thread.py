"""One conversation on a phone: what somebody sees without scrolling, after opening, after Send, after Undo; and at a desk."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from gateway import assignments, campaigns, enrolment, outbox, recording, store
from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.browser.test_every_screen import SIDEWAYS, SMALL, findings
from tests.campaigning import SIMS, bring_in
from tests.web import world as the_world
from tests.web.world import World

Enter = Callable[..., Visit]
THUMB = {"size": PHONE, "has_touch": True, "is_mobile": True}
NUMBER = "+12025550100"
FACTS = {
    "voter": {"election": "la elección de la ciudad", "day": "2099-12-08", "polls_open": "7 am a 8 pm"},
    "event": {"event": "the rent hearing", "day": "2099-12-03", "hour": "18:00", "place": "Union Hall", "seats": "3"},
    "recruitment": {
        "task": "Phone night", "day": "2099-12-03", "place": "42 Elm Street",
        "slot_a": "Sat 10 to 1", "slot_a_needed": "2", "slot_b": "Sun 2 to 5", "slot_b_needed": "1",
    },
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
          return {words: element.textContent.trim().slice(0, 40), from: box.top, to: box.bottom, top, bottom, scrolled: scrollY, wide: innerWidth,
            in: box.height > 0 && box.top >= top - 1 && box.bottom <= bottom + 1 && box.left >= -1 && box.right <= innerWidth + 1,
            free: element.contains(at) || at === element || at.contains(element)};
        }""",
        [what.element_handle(), within],
    )
    assert (seen["in"], seen["free"], seen["scrolled"], seen["wide"]) == (
        True,
        True,
        0,
        page.viewport_size["width"],
    ), seen


def settled(what: Locator) -> Locator:
    """A tap right after the page changed is nobody's wish, and is not taken."""
    what.page.wait_for_selector("body:not(.fresh)")
    return what


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

    settled(will).tap()
    sees(page, words)
    in_view(page, page.locator("#offered [aria-current]"))
    in_view(page, page.locator("#answer"))

    settled(page.locator("#reply button.big")).tap()
    expect(page.locator("#talk .bubble.out").last).to_contain_text("El horario es")
    in_view(page, page.locator("#talk .bubble.out").last, within="#talk")
    in_view(page, page.get_by_role("button", name="Undo"))
    in_view(page, page.locator("#reply button.big"))

    settled(page.get_by_role("button", name="Undo")).tap()
    expect(page.locator("#say")).to_have_text("Taken back. Nothing went out.")
    assert page.url.endswith(f"/inbox/{world.conversation(NUMBER)}")
    expect(page.locator("#answer")).to_have_value(re.compile("El horario es"))
    expect(page.locator("#offered [aria-current]")).to_have_text("Sí, va a votar")
    expect(page.locator("#talk .bubble.out")).to_have_count(1)
    sees(page, words)
    in_view(page, page.locator("#offered [aria-current]"))
    settled(page.get_by_role("link", name="Ya votó")).tap()  # another answer after all
    expect(page.locator("#answer")).to_have_value(re.compile("Gracias por votar"))
    settled(page.locator("#reply button.big")).tap()
    expect(page.locator("#talk .bubble.out").last).to_contain_text("Gracias por votar")
    sent = world.db.execute("SELECT text FROM message WHERE state='approved'").fetchall()
    assert [row["text"][:19] for row in sent] == ["\u00a1Gracias por votar!"]


def test_a_stop_word_is_read_with_its_question_on_the_screen_and_typing_leaves_send_in_view(
    talk: Callable[..., Talk], panel: Panel, visit: Enter
) -> None:
    here = talk("event")
    words = "Stop the rent hikes! What do I have to bring on Thursday evening, and who speaks?"
    page = visit("volunteer", **THUMB).go(here.wrote(words))
    sees(page, words)
    in_view(page, page.get_by_role("button", name="Yes, opt out"))
    settled(page.get_by_role("button", name="No, go on")).tap()
    expect(page.locator("#ask")).to_have_count(0)
    sees(page, words)
    in_view(page, page.locator("#offered .chip").first)

    settled(page.locator("#answer")).tap()
    page.set_viewport_size({"width": 360, "height": 420})  # the keyboard of a phone
    page.keyboard.type("Nothing but yourself")
    in_view(page, page.locator("#answer"))
    in_view(page, page.locator("#reply button.big"))
    shown = page.locator("#talk").evaluate(
        "e => Math.min(innerHeight, e.getBoundingClientRect().bottom) - e.getBoundingClientRect().top"
    )
    assert shown > 60, "what is answered can be read while typing"


def test_after_send_the_next_person_is_one_tap_away_and_about_is_a_page_of_its_own(
    world: World, talk: Callable[..., Talk], panel: Panel, visit: Enter
) -> None:
    path = talk("event").wrote("Maybe")
    world.receive("+12025550199", "Is there a ramp?")
    page = visit("volunteer", **THUMB).go(path)
    settled(page.locator("#offered .meant")).tap()
    settled(page.locator("#reply button.big")).tap()
    in_view(page, page.get_by_role("button", name="Undo"))
    expect(page.locator("#toast.over")).to_have_count(1, timeout=8000)
    settled(page.get_by_role("link", name="Next:")).tap()
    expect(page.locator("#talk .bubble").last).to_have_text("Is there a ramp?")
    sees(page, "Is there a ramp?")

    page.goto(page.url.split("/inbox")[0] + path)
    settled(page.get_by_role("link", name="About")).tap()
    expect(page.get_by_role("heading", name="What Elena said")).to_be_visible()
    expect(page.locator("#reply")).not_to_be_visible()
    page.get_by_label("Note for the room").fill("Uses a wheelchair.")
    settled(page.get_by_role("button", name="Keep the note")).tap()
    expect(page.locator("#facts")).to_contain_text("Uses a wheelchair. Maya")
    settled(page.get_by_role("link", name="Elena").first).tap()
    in_view(page, page.locator("#reply button.big"))


def test_the_first_key_holds_and_whoever_looks_too_is_told_by_whom_before_they_type(
    world: World, talk: Callable[..., Talk], panel: Panel, visit: Enter
) -> None:
    path = talk("event").wrote("Is there a ramp?")
    world.db.execute("UPDATE conversation SET holder_id=NULL, held_at=NULL")
    maya, second = visit("volunteer", DESK), visit("other", DESK)
    for each in (maya, second):
        each.go(path)
        sees(each.page, "Is there a ramp?")
        assert each.page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    assert (
        world.db.execute("SELECT count(*) FROM conversation WHERE holder_id IS NOT NULL").fetchone()[0] == 0
    )
    with maya.page.expect_response(re.compile("/begin$")) as begun:
        maya.page.get_by_label("Your answer to Elena").press_sequentially("Yes there is")
    assert begun.value.status == 204
    expect(second.page.locator("#refused")).to_contain_text("Maya has this conversation now")
    second.go(path)
    expect(second.page.locator("h1")).to_have_text("Maya has this conversation now")
    expect(second.page.locator("#refused")).to_have_count(0)
    world.db.execute("UPDATE conversation SET holder_id=NULL, held_at=NULL")  # Maya passes it on
    sees(second.page, "Is there a ramp?")
    second.complaints[:] = [line for line in second.complaints if "409" not in line]


def test_keys_of_the_conversation(talk: Callable[..., Talk], panel: Panel, visit: Enter) -> None:
    page = visit("volunteer", DESK).go(talk("event").wrote("Maybe, I will see"))
    for key, place in (("n", "note"), ("/", "q")):
        page.locator("#who").focus()
        page.keyboard.press(key)
        expect(page.locator(f"#{place}")).to_be_focused()
        expect(page.locator(f"#{place}")).to_have_value("")
        page.evaluate("document.activeElement.blur()")
    page.keyboard.press("2")
    expect(page.locator("#offered [aria-current]")).to_have_text("Maybe")
    expect(page.locator("#answer")).to_have_value(re.compile("No problem"))
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    for words in ("the first to ninth answer", "a note for the room", "find people"):
        expect(page.locator("#keys")).to_contain_text(words)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_long_answer_stands_whole_on_the_key(
    talk: Callable[..., Talk], panel: Panel, visit: Enter, size: dict[str, int]
) -> None:
    path = talk("voter", "es").wrote("¿Me pueden llevar?")
    # To a coordinator the desk says, too, that Maya has this conversation.
    page = visit("coordinator" if size == DESK else "volunteer", size).go(f"{path}?choice=wrong")
    sees(page, "¿Me pueden llevar?")
    in_view(page, page.locator("#offered [aria-current]"), within=".answers")
    key = page.locator("#reply button.big")
    expect(key).to_contain_text("Send, and write down Número equivocado")
    in_view(page, key)
    assert key.evaluate(
        "e => [...e.querySelectorAll('*')].every(p => p.scrollWidth <= p.clientWidth + 1 || !p.clientWidth)"
    )


def test_axe_finds_nothing_in_a_conversation_as_it_goes_and_nothing_scrolls_sideways(
    talk: Callable[..., Talk], panel: Panel, visit: Enter
) -> None:
    path = talk("event").wrote("YES 20, all of us!")  # more than there are seats
    page = visit("volunteer", PHONE, bypass_csp=True).go(path)

    def in_order(what: str) -> None:
        assert findings(page) == [], what
        assert page.evaluate(SIDEWAYS) <= 0, what
        assert page.evaluate(SMALL) == [], what

    in_order("open")
    settled(page.locator("#offered .meant")).click()
    expect(page.locator("#reply button.big")).to_have_text(re.compile("Send, and put on the waiting list"))
    expect(page.locator("#answer")).to_have_value(re.compile("on the waiting list"))
    in_view(page, page.locator("#reply button.big"))
    in_order("an answer picked")
    settled(page.locator("#reply button.big")).click()
    page.wait_for_selector("#toast")
    in_order("sent")
    settled(page.get_by_role("link", name="About")).click()
    in_order("what is known")


def test_a_number_that_must_be_typed_keeps_send_until_it_stands_there(
    talk: Callable[..., Talk], panel: Panel, visit: Enter
) -> None:
    """*More* with an empty number left: "Perfect, we'll save them.", and 1 seat was written down."""
    begun = talk("event")
    begun.world.db.execute("UPDATE target SET step='seats'")
    page = visit("volunteer", **THUMB).go(begun.wrote("Just a few"))
    settled(page.locator("#offered").get_by_text("More", exact=True)).tap()
    expect(page.locator("#number")).to_have_value("")
    settled(page.locator("#reply button.big")).tap()
    expect(page.locator("#number:invalid")).to_be_focused()
    sent = "SELECT count(*) FROM message WHERE kind=1"
    assert begun.world.db.execute(sent).fetchone()[0] == 0
    page.locator("#number").fill("3")
    settled(page.locator("#reply button.big")).tap()
    page.wait_for_selector("#toast")
    assert begun.world.db.execute(sent).fetchone()[0] == 1


def test_a_full_shift_says_so_on_a_phone(talk: Callable[..., Talk], panel: Panel, visit: Enter) -> None:
    """Two people were texted "You're down for Sun 2 to 5", where one was needed."""
    begun = talk("recruitment")
    world = begun.world
    luis = world.db.execute("SELECT id FROM target ORDER BY id LIMIT 1 OFFSET 1").fetchone()["id"]
    for field, value in (("shift", "yes"), ("slot", "b")):
        recording.record(world.db, luis, field, value, by=world.users["volunteer"], now=store.wall_ms())
    page = visit("volunteer", PHONE, bypass_csp=True).go(begun.wrote("Slot B works"))
    expect(page.locator("#offered .meant")).to_have_text("B: Sun 2 to 5 full")
    assert findings(page) == []
    settled(page.locator("#offered .meant")).click()
    expect(page.locator("#answer")).to_have_value(
        re.compile("Sun 2 to 5 is full by now. You're on its waiting list")
    )
    in_view(page, page.locator("#reply button.big"))
    assert findings(page) == []
    settled(page.locator("#reply button.big")).click()
    page.wait_for_selector("#toast")
    expect(page.locator("#offered")).to_contain_text("A: Sat 10 to 1 2 needed")
    assert page.evaluate(SIDEWAYS) <= 0


def test_a_card_that_is_handed_over_leaves_the_screen_of_who_had_it(
    talk: Callable[..., Talk], visit: Enter
) -> None:
    """It stood there until its volunteer pressed Send, who was then told that it is somebody else's."""
    talk("event")
    visitor = visit("volunteer")
    page = visitor.go("/send")
    visitor.wait_live()
    expect(page.locator("#who")).to_contain_text("Luis")
    lead = visit("coordinator", DESK).go("/campaigns/1")
    lead.get_by_label("Hand the people of Maya to").select_option("Sam")
    lead.get_by_role("button", name="Hand over").click()
    expect(page.locator("#who")).not_to_contain_text("Luis")
