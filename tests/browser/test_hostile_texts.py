"""What strangers write, in the real page: nothing runs, nothing is loaded, nothing moves or turns what stands around it."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.conftest import PHONE, Visit
from tests.hostile import CELLS, HOSTILE, MARKER, SENDERS, receive_all
from tests.web.world import World, modems

Enter = Callable[..., Visit]
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
NAMES = [
    ("Eve \u202etseuqeR", "+12025550161"),
    ("\u2067Mallory", "+12025550162"),
    ("<i>Bob</i>", "+12025550163"),
    ("=Ann\x1b[31m", "+12025550164"),
]
# Where a character is drawn, from left to right, as the eye meets it.
DRAWN = """node => { const walk = document.createTreeWalker(node, NodeFilter.SHOW_TEXT), found = [];
  for (let text; text = walk.nextNode();) for (let i = 0; i < text.length; i++) { const range = document.createRange();
    range.setStart(text, i); range.setEnd(text, i + 1); const box = range.getClientRects()[0];
    if (box && box.width && text.data[i].trim()) found.push([Math.round(box.top / 8), box.left, text.data[i]]); }
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(each => each[2]).join(''); }"""


def is_calm(page: Page, path: str) -> None:
    assert page.evaluate(f"typeof window.{MARKER}") == "undefined", path
    assert page.evaluate(SIDEWAYS) <= 0, path
    assert (
        page.locator(
            "main iframe, main script, main img, main base, main i, main b, main svg[onload]"
        ).count()
        == 0
    )
    assert page.evaluate("getComputedStyle(document.querySelector('main')).direction") == "ltr"
    assert "evil" not in page.evaluate(
        "[...document.querySelectorAll('form, a')].map(e => e.action || e.href).join()"
    )


def test_hostile_texts_and_names_are_words_on_every_page(world: World, visit: Enter) -> None:
    modems(world)
    for name, number in NAMES:
        world.draft(name, number, "Hi, it's Elm Street Tenants. Can you come? STOP to end.")
    receive_all(world, [("+12025550161", text) for text in HOSTILE + CELLS])
    receive_all(world, [(sender, text) for sender, text in zip(SENDERS, HOSTILE, strict=False)])
    cleo = visit("coordinator", PHONE)
    asked: list[str] = []
    cleo.page.on("request", lambda request: asked.append(request.url))
    said = {}
    for path in ("/", "/inbox", "/inbox?box=all", f"/inbox/{world.conversation('+12025550161')}", "/send"):
        page = cleo.go(path)
        is_calm(page, path)
        said[path] = page.content()
    for (number,) in world.db.execute("SELECT id FROM conversation WHERE last_in_at IS NOT NULL").fetchall():
        is_calm(cleo.go(f"/inbox/{number}"), str(number))
    assert all(url.startswith(cleo.panel.base) for url in asked)
    thread = said[f"/inbox/{world.conversation('+12025550161')}"]
    assert "⟨right-to-left⟩0001" in thread
    assert not set(thread) & set("\x00\x07\x1a\x1b\x9b\u202d\u202e")


def test_a_text_cannot_turn_the_order_of_what_is_read(world: World, visit: Enter) -> None:
    """Right-to-left overrides are named where they stood, and what is drawn is in the order of what was written."""
    modems(world)
    receive_all(
        world,
        [("+12025550161", "pay \u202e0001\u202c to Eve"), ("+12025550162", "\u2067\u202bcall 5550 now")],
    )
    cleo = visit("coordinator", PHONE)
    page = cleo.go(f"/inbox/{world.conversation('+12025550161')}")
    assert page.locator("#talk .bubble").last.evaluate(DRAWN).startswith("pay⟨right-to-left⟩0001")
    page = cleo.go(f"/inbox/{world.conversation('+12025550162')}")
    under = page.locator("#talk .under").last.evaluate(DRAWN)
    assert under[0].isdigit()  # the time behind an unclosed isolate reads as always
    page = cleo.go("/inbox?box=all")
    for row in page.locator("#rows a").all():
        drawn = row.locator(".line").last.evaluate(DRAWN)
        assert drawn.endswith(("Stranger", "Answer", "Answered")), drawn


def test_a_hostile_text_that_comes_while_the_page_is_open_is_words_too(world: World, visit: Enter) -> None:
    """The live page takes its parts from a page of ours: what it puts in place runs nothing either."""
    modems(world)
    receive_all(world, [("+12025550161", "hello")])
    cleo = visit("coordinator", PHONE)
    page = cleo.go(f"/inbox/{world.conversation('+12025550161')}")
    cleo.wait_live()
    for text in HOSTILE[:5]:
        receive_all(world, [("+12025550161", text + " later")])
        page.locator("#talk .bubble", has_text=text[:20].split("\x07")[0]).last.wait_for()
    is_calm(page, "live")
