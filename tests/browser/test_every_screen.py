"""Every screen, on a phone and a desk, in light and dark, by thumb and by keyboard: the panel's own list of routes says what a screen is.

A new page is forgotten by nobody: `test_every_page_is_looked_at` fails until it stands in `screens`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import flask
import pytest

from tests.browser.conftest import DESK, PHONE, Nursery, Panel, Visit, group, served
from tests.browser.looking import (
    OPEN,
    SIDEWAYS,
    SMALL,
    by_keyboard,
    findings,
    in_both_schemes,
    on_phones,
    shape,
)
from tests.web.conftest import Visitor
from tests.web.everything import Ids, everything
from tests.web.modem_days import FOUND
from tests.web.world import World
from web import create_app

__all__ = ["SIDEWAYS", "SMALL", "findings"]
Enter = Callable[..., Visit]
TEMPLATES = Path(__file__).parents[2] / "web/templates"
DOWNLOAD, STREAM = "a file to keep", "no page: what a page's script asks"
NOT_PAGES = {
    "approvals.as_csv": DOWNLOAD,
    "board.csv": DOWNLOAD,
    "board.numbers_csv": DOWNLOAD,
    "lists.not_taken_csv": DOWNLOAD,
    "lists.people_csv": DOWNLOAD,
    "one.everything": DOWNLOAD,
    "optouts.as_csv": DOWNLOAD,
    "optouts.rejected_csv": DOWNLOAD,
    "static": "what pages are made of",
    "stream.alive": STREAM,
    "stream.changes": STREAM,
    "uncertain.page": "it leads on to one text",
    "sign_in.look": "a link works once: test_door.py looks at it",
}
NOT_BY_ADDRESS = {
    "base.html": "what all others stand in",
    "invite.html": "drawn once, for a new link: test_door.py looks at it",
    "link.html": "a link works once: test_door.py looks at it",
    "error.html": "test_door.py looks at it",
    "held.html": "a colleague's conversation: test_door.py looks at it",
    "damaged.html": "of a damaged database: test_door.py looks at it",
    "campaign_starting.html": "drawn for a moment while a long list is taken in: test_door.py looks at it",
    "script_look.html": "a fragment of script_piece.html",
}


def volunteers(world: World, ids: Ids) -> list[str]:
    olu, asks, out, arabic = (
        world.conversation(n) for n in ("+12025550151", "+12025550108", "+12025550153", "+12025550177")
    )
    insult, elena = world.conversation("+12025550178"), world.conversation("+12025550316")
    luis = ids.texts["Luis Ortega"]
    return [
        "/",
        "/send",
        f"/send?card={luis}",
        f"/send/{luis}/edit",
        "/inbox",
        "/inbox?box=all",
        "/inbox?q=Olu",
        *(f"/inbox/{each}" for each in (olu, asks, out, arabic, insult, elena)),
        f"/inbox/{elena}?choice=first.will",
        f"/inbox/{olu}/opt-out",
        f"/uncertain/{ids.texts['uncertain']}",
        "/me",
    ]


def coordinators(world: World, ids: Ids) -> list[str]:
    event, ready, out = (
        ids.campaigns["event"],
        ids.campaigns["ready"],
        world.conversation("+12025550153"),
    )
    return [
        "/",
        f"/inbox/{out}",
        f"/inbox/{out}/opt-in",
        f"/inbox/{out}/erase",
        "/approvals?check",
        "/opt-outs",
        "/contacts",
        "/contacts?q=magdalena",
        "/contacts/1",
        "/lists",
        f"/opt-outs/files/{ids.lists['stops']}",
        *(f"/lists/{each}" for state, each in ids.lists.items() if state != "stops"),
        f"/lists/{ids.lists['ready']}/delete",
        "/modems",
        f"/modems/{FOUND}",
        "/campaigns",
        f"/campaigns/new?list_id={ids.lists['ready']}",
        *(f"/campaigns/{each}" for each in ids.campaigns.values()),
        f"/campaigns/{event}/people",
        f"/campaigns/{event}/people?said=status%3Dyes&q=o",
        f"/campaigns/{event}/clone",
        f"/campaigns/{ids.campaigns['fundraising']}/people",
        f"/campaigns/{ready}/words",
        f"/campaigns/{ready}/words/first/0",
        f"/campaigns/{ready}/words/answer/first.yes",
        f"/campaigns/{ready}/words/ready/new",
        f"/campaigns/{ready}/words/reminder/maybe",
    ]


def screens(world: World, ids: Ids) -> dict[str, list[str]]:
    """Who looks at which addresses."""
    return {
        "volunteer": volunteers(world, ids),
        "coordinator": coordinators(world, ids),
        "technician": [
            "/modems",
            "/modems/north",
            "/modems/south",
            "/modems/north/day",
            "/modems/north/week",
            "/modems/south/month",
            f"/modems/{FOUND}/hour",
        ],
        "admin": [
            "/",
            "/people",
            "/data",
            f"/people/{world.users['other'].id}",
            f"/campaigns/{ids.campaigns['asked']}/words",
        ],
        "trainee": ["/", "/send", "/inbox"],
        "stranger": ["/sign-in"],
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with group(tmp_path_factory.mktemp("group")) as made:
        yield made


@pytest.fixture(scope="module")
def ids(world: World) -> Ids:
    return everything(world)


@pytest.fixture(scope="module")
def panel(world: World, ids: Ids, nursery: Nursery) -> Iterator[Panel]:
    with served(world, nursery) as running:
        yield running


@pytest.fixture(scope="module")
def drawn(world: World, ids: Ids) -> tuple[flask.Flask, dict[str, set[str]]]:
    """The panel, and which templates it drew for which address."""
    app = create_app(world.source)
    made: dict[str, set[str]] = {}
    for who, paths in screens(world, ids).items():
        visitor = Visitor(app, world)
        if who != "stranger":
            visitor.come_in(who)
        for path in paths:
            names = made.setdefault(path, set())

            def hear(_: object, template: object, names: set[str] = names, **more: object) -> None:
                names.add(template.name)  # type: ignore[attr-defined]

            with flask.template_rendered.connected_to(hear, app):
                answer = visitor.get(path)
            assert answer.status_code == 200, (who, path, answer.status)
            assert answer.mimetype == "text/html", (who, path)
    app.config["HUB"].stop()
    app.config["TAKER"].stop()
    return app, made


def test_every_page_is_looked_at(drawn: tuple[flask.Flask, dict[str, set[str]]]) -> None:
    app, made = drawn
    addresses = app.url_map.bind("localhost")
    looked_at = {addresses.match(path.split("?")[0])[0] for path in made}
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        assert rule.endpoint in looked_at | set(NOT_PAGES), (
            f"No browser looks at {rule.rule}: add an address of it to screens(), or {rule.endpoint} to NOT_PAGES with the reason."
        )
    assert not looked_at & set(NOT_PAGES), "These are looked at, so they are pages."
    assert set(NOT_PAGES) <= set(app.view_functions), "These are no routes any more."


def test_every_template_is_looked_at(drawn: tuple[flask.Flask, dict[str, set[str]]]) -> None:
    """One address has several faces: a campaign before, while and after it runs."""
    looked_at = set().union(*drawn[1].values())
    for path in TEMPLATES.glob("*.html"):
        assert path.name in looked_at | set(NOT_BY_ADDRESS), (
            f"No browser looks at {path.name}: let screens() have an address that draws it, or name the reason in NOT_BY_ADDRESS."
        )


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("who", ["volunteer", "coordinator", "technician", "admin", "trainee", "stranger"])
def test_every_screen_is_in_order(
    world: World, ids: Ids, panel: Panel, visit: Enter, who: str, size: dict[str, int]
) -> None:
    visitor = visit(None if who == "stranger" else who, size)
    found = []
    for path in screens(world, ids)[who]:
        page = visitor.go(path)
        if who != "stranger":
            visitor.wait_live()
        page.evaluate(OPEN)
        here = in_both_schemes(page) + shape(page)
        here += on_phones(page) if size is PHONE else by_keyboard(page)
        page.set_viewport_size(size)  # type: ignore[arg-type]
        found += [f"{path}: {said}" for said in (*here, *visitor.complaints)]
        visitor.complaints.clear()
    assert not found, "\n".join(["", *found])
