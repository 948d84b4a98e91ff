"""The words of a campaign in a browser: typed, read by real people, mended and kept by keyboard alone; on small and large screens."""

from collections.abc import Callable

from playwright.sync_api import Route, expect

from gateway import campaigns, scriptedit, store
from tests.browser.conftest import DESK, PHONE, Panel, Visit
from tests.browser.looking import in_order, on_phones
from tests.campaigning import bring_in, drafted
from tests.web.world import World

Enter = Callable[..., Visit]
WRONG = "Hi {nickname}, it’s {my_name} from {organisation}. The {event} is {day}, {hour}, {place}. Can you come? YES, MAYBE or NO."
ARABIC = "مرحبا {first_name}، معك {my_name} من {organisation}. هل ستأتي إلى {event}؟ أرسل قف للتوقف."


def written(world: World) -> int:
    """A draft with a first text that has three things wrong, and another in Arabic."""
    now, lead = store.wall_ms(), world.users["coordinator"]
    made = drafted(world.db, lead, bring_in(world.db, now=now), now=now)
    script = scriptedit.with_wording(campaigns.load(world.db, made).script, "0", WRONG)
    campaigns.save(
        world.db, made, by=lead, now=now, seen_revision=2, script=scriptedit.with_wording(script, "1", ARABIC)
    )
    return made


def test_the_words_are_written_checked_mended_and_kept_by_keyboard_alone(
    world: World, panel: Panel, visit: Enter
) -> None:
    made = written(world)
    page = visit("coordinator", DESK).go(f"/campaigns/{made}/words/first/0")
    page.wait_for_selector("body[data-stream=open]")
    expect(page.locator("#read-text .gap")).to_have_text("nickname?")

    # Words are read and measured while they are typed, by whoever is chosen.
    page.get_by_label("First text").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Bring {building}.")
    expect(page.locator("#read-text")).to_contain_text("Bring 0 Oak Street.")
    page.get_by_label("Preview for").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#read-text")).to_contain_text("Bring 1 Oak Street.")
    expect(page.locator("#nth")).to_have_text("2 of 6")

    # A chip writes where the caret is.
    page.get_by_label("First text").focus()
    page.keyboard.press("Control+Home")
    page.get_by_role("button", name="first name", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("First text")).to_have_value(f"{{first_name}}{WRONG} Bring {{building}}.")
    expect(page.get_by_label("First text")).to_be_focused()

    # Each tap mends and keeps; then nothing stops the start.
    for key in ("Use {first_name}", "Add “STOP to end.”", "Straighten it"):
        page.wait_for_selector("body:not(.fresh)")
        mend = page.get_by_role("button", name=key)
        mend.press("Enter")
        expect(mend).to_have_count(0)
    kept = campaigns.load(world.db, made).script.first.texts[0]
    assert kept.startswith("{first_name}Hi {first_name}, it's {my_name}")
    assert kept.endswith("Bring {building}. STOP to end.")

    # Whoever reads all of it sees a colleague's change without reloading.
    page.goto(f"{panel.base}/campaigns/{made}/words")
    page.wait_for_selector("body[data-stream=open]")
    now, lead = store.wall_ms(), world.users["coordinator"]
    changed = campaigns.load(world.db, made)
    script = scriptedit.with_step(changed.script, "seats", "How many seats?")
    campaigns.save(world.db, made, by=lead, now=now, seen_revision=changed.revision, script=script)
    expect(page.get_by_role("heading", name="How many seats?")).to_be_visible()

    # Enter in a field and Ctrl Enter in a text keep, and the page of all words shows it where one was.
    page.goto(f"{panel.base}/campaigns/{made}/words/ready/new")
    page.get_by_label("What the button says").fill("Parking")
    page.get_by_label("The words").fill("Behind the hall.")
    page.get_by_label("The words").press("Control+Enter")
    expect(page.get_by_role("heading", name="Parking")).to_be_visible()
    page.get_by_role("link", name="Change the answer Maybe").focus()
    page.keyboard.press("Enter")
    page.get_by_label("What the button says").fill("Perhaps")
    page.get_by_label("What the button says").press("Enter")
    expect(page.get_by_role("link", name="Change the answer Perhaps")).to_be_focused()


def test_the_check_of_typed_words_takes_no_key_from_under_a_finger(
    world: World, panel: Panel, visit: Enter
) -> None:
    """Whoever goes from the words straight to a key presses it while these words are still being checked."""
    page = visit("coordinator", DESK).go(f"/campaigns/{written(world)}/words/first/0")
    type_and_go = """label => {
      const words = document.getElementById("text"), key = [...document.querySelectorAll("button")].find(b => b.textContent === label);
      words.setRangeText("Bring tea. ", 0, 0, "end");
      words.dispatchEvent(new Event("input", {bubbles: true}));
      key.focus();
      window.key = key;
    }"""
    page.evaluate(type_and_go, "Use {first_name}")
    expect(page.locator("#read-text")).to_contain_text("Bring tea.")
    mend = page.get_by_role("button", name="Use {first_name}")
    expect(mend).to_be_focused()
    page.keyboard.press("Enter")
    expect(mend).to_have_count(0)

    # A page that is gone is told nothing: the check of its words comes after what the key made of them.
    held: list[Route] = []
    page.route("**/look*", lambda route: held.append(route))
    with page.expect_request("**/look*"):
        page.evaluate(type_and_go, "Straighten it")
    page.wait_for_selector("body:not(.fresh)")  # until then it takes no key
    page.keyboard.press("Enter")
    straighten = page.get_by_role("button", name="Straighten it")
    expect(straighten).to_have_count(0)
    with page.expect_response("**/look*"):
        held[0].continue_()
    page.evaluate("fetch('/alive')")  # a whole turn later
    expect(straighten).to_have_count(0)


def test_what_is_wrong_and_words_from_right_to_left_fit_every_screen(
    world: World, panel: Panel, visit: Enter
) -> None:
    """Every page of the words, with nothing wrong, is looked at in test_every_screen.py."""
    base = f"/campaigns/{written(world)}"
    for size, path in ((DESK, "/words"), (PHONE, "/words/first/0"), (PHONE, "/words/first/1")):
        page = visit("coordinator", size).go(base + path)
        in_order(page, path)
        assert on_phones(page) == [], path
