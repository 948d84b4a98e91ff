"""The five kinds of campaign from a file to the report, as a coordinator and a volunteer do it: on a phone with a thumb, at a desk with the keyboard.

What is promised is counted here: under ten presses from the file to the start, one press a text and at least 25 of them a minute,
two presses for an answer that is written down.
"""

import csv
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from gateway import store
from tests.browser.conftest import DESK, PHONE, Nursery, Panel, Visit, group, served
from tests.web import world as the_world
from tests.web.world import World

Enter = Callable[..., Visit]
SLOW_MS = 20_000
SLOWEST_S = 2.4  # a text: 25 a minute
THUMB = {"size": PHONE, "has_touch": True, "is_mobile": True}
DESKTOP = {"size": DESK}


@dataclass(frozen=True)
class Case:
    """One kind: its facts (a fact that begins with + is so many days ahead), what the first person says, and what comes of it."""

    language: str
    facts: dict[str, str]
    says: str
    answer: str  # the button's words
    records: tuple[str, str]
    headline: str
    people: int = 2


CASES = {
    "event": Case(
        "en",
        {"event": "The rent hearing", "day": "+8", "hour": "18:00", "place": "Union Hall", "seats": "40"},
        "YES 2, me and my mom",
        "Yes, 2",
        ("seats", "2"),
        "38 of 40 seats left",
        people=9,
    ),
    "voter": Case(
        "es",
        {"election": "La elección de la ciudad", "day": "+12", "polls_open": "7 am a 8 pm"},
        "Sí, claro",
        "Sí, va a votar",
        ("vote", "will"),
        "",
        people=4,
    ),
    "recruitment": Case(
        "en",
        {
            "task": "phone night",
            "day": "+5",
            "place": "the office",
            "slot_a": "Mon 5 to 7 pm",
            "slot_a_needed": "4",
        },
        "Yes, happy to",
        "Yes",
        ("shift", "yes"),
        "",
    ),
    "advocacy": Case(
        "en",
        {
            "issue": "The rent law",
            "action": "call Senator Lee",
            "how": "Call 518-555-0142",
            "say": "Please vote for the rent law.",
            "day": "+6",
            "goal": "50",
        },
        "I called already",
        "Did it already",
        ("done", "yes"),
        "1 of 50",
    ),
    "fundraising": Case(
        "en",
        {
            "cause": "the strike fund",
            "goal": "5000",
            "currency": "$",
            "day": "+20",
            "link": "elmstreet.example/give",
        },
        "Later, after payday",
        "Later",
        ("pledge", "later"),
        "$5,000",
    ),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One group for all five: each campaign has its own people."""
    with group(tmp_path_factory.mktemp("group"), undo=0) as made:
        the_world.modems(made)
        yield made


@pytest.fixture(scope="module")
def panel(world: World, nursery: Nursery) -> Iterator[Panel]:
    with served(world, nursery) as running:
        yield running


class Hand:
    """Presses, counted: a link, a key, a choice, a file. Words that are typed into a field are no press."""

    def __init__(self) -> None:
        self.presses = 0

    def on(self, what: Locator) -> None:
        self.presses += 1
        what.click()


def people_of(kind: str) -> list[tuple[str, str]]:
    first = 100 + 10 * list(CASES).index(kind)
    return [(f"{kind.title()}{chr(97 + n)}", f"+12025550{first + n}") for n in range(CASES[kind].people)]


def bring_and_start(page: Page, kind: str, file: Path) -> int:
    """From the file to the start; returns the presses."""
    case, hand = CASES[kind], Hand()
    hand.presses += 1
    page.set_input_files("#file", str(file))
    hand.on(page.get_by_role("button", name="Look at this file"))
    page.get_by_label("Where their consent comes from").fill("Sign-up sheet")
    page.get_by_label("Since when they agree").fill("2026-10-03")
    hand.on(page.get_by_role("button", name="Take this list"))
    page.wait_for_selector("#result", timeout=SLOW_MS)
    hand.on(page.get_by_role("link", name="Text them in a campaign"))
    expect(page.get_by_text(f"For the {case.people} people of")).to_be_visible()
    hand.on(page.locator(f".pick:has(input[value={kind}])"))
    if case.language != "en":
        hand.on(page.locator(f".pick:has(input[value={case.language}])"))
    page.get_by_label("Name, for the room").fill(f"Our {kind}")
    hand.on(page.get_by_role("button", name="Make it"))
    today = store.moment(store.wall_ms()).date()
    for name, said in case.facts.items():
        value = (today + timedelta(days=int(said))).isoformat() if said.startswith("+") else said
        page.locator(f"#fact_{name}").fill(value)
    hand.on(page.get_by_role("button", name="Start it"))
    expect(page.locator("#progress")).to_contain_text(f"0 of {case.people} texted")
    return hand.presses


def send_all(page: Page, kind: str, *, thumb: bool) -> None:
    """The batch, one press a text, as quickly as the page lets it."""
    names = [name for name, _ in people_of(kind)]
    page.get_by_role("button", name=f"Take the next {len(names)}").click()
    expect(page.locator("#who")).to_have_text(names[0])
    began = time.monotonic()
    for at, name in enumerate(names):
        expect(page.locator("#who")).to_have_text(name)
        expect(page.locator("body")).not_to_have_class(re.compile("fresh"))
        if thumb:
            page.get_by_role("button", name=f"Send to {name}").tap()
        else:
            for _ in range(3):
                page.keyboard.down("Enter")  # a key that is held sends one
            page.keyboard.up("Enter")
        if at == len(names) - 1:
            expect(page.locator("#who")).to_contain_text("on their way")
    each_s = (time.monotonic() - began) / len(names)
    assert each_s < SLOWEST_S, f"{each_s:.2f} s a text: {60 / each_s:.0f} a minute"


def answer(page: Page, world: World, kind: str, *, thumb: bool) -> None:
    """Open the one who wrote; the answer that is meant, and Send: two presses."""
    case = CASES[kind]
    name, number = people_of(kind)[0]
    page.goto(page.url.split("/send")[0] + f"/inbox/{world.conversation(number)}")
    chip = page.locator("#offered .chip.meant")
    expect(chip).to_have_text(case.answer)
    hand = Hand()
    hand.on(chip)
    box = page.get_by_label(f"Your answer to {name}")
    expect(box).not_to_have_value("")
    words = box.input_value()
    if thumb:
        hand.on(page.get_by_role("button", name="Send, and write down"))
    else:
        hand.presses += 1
        page.keyboard.press("Control+Enter")
    expect(page.locator("#talk .bubble.out").last).to_have_text(words)
    assert hand.presses == 2
    row = world.db.execute(
        "SELECT value FROM answer a JOIN target t ON t.id=a.target_id WHERE t.conversation_id=? AND field=?",
        [world.conversation(number), case.records[0]],
    ).fetchone()
    assert row["value"] == case.records[1]


@pytest.mark.parametrize("kind", CASES)
def test_from_the_file_to_the_report(
    kind: str, world: World, panel: Panel, visit: Enter, tmp_path: Path
) -> None:
    case, thumb = CASES[kind], kind == "voter"
    people = people_of(kind)
    file = tmp_path / f"{kind}.csv"
    file.write_text("Name,Phone,Street\n" + "".join(f"{name},{number},Oak\n" for name, number in people))
    device = THUMB if thumb else DESKTOP
    cleo = visit("coordinator", **device).go("/lists")
    assert bring_and_start(cleo, kind, file) < 10

    maya = visit("volunteer", **device).page
    send_all(maya, kind, thumb=thumb)
    texted = world.db.execute(
        "SELECT count(*) FROM target WHERE state='texted' AND campaign_id=(SELECT max(id) FROM campaign)"
    )
    assert texted.fetchone()[0] == len(people)
    for _ in people:
        world.fly()
    world.receive(people[0][1], case.says)
    answer(maya, world, kind, thumb=thumb)
    world.fly()

    expect(cleo.locator("#board")).to_contain_text(case.headline)  # by itself, without reloading
    expect(cleo.locator("#progress")).to_contain_text(f"{len(people)} of {len(people)} texted, 100%")
    cleo.get_by_role("link", name="Who said what").click()
    expect(cleo.locator("#people")).to_contain_text(people[0][0])
    with cleo.expect_download() as taken:
        cleo.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(Path(taken.value.path()).read_text("utf-8-sig").splitlines()))
    assert [row["number"] for row in rows] == [number for _, number in people]
    assert rows[0][case.records[0]] == case.records[1]
