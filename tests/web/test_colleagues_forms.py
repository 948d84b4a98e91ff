"""Every form on one volunteer's pages, posted by a colleague with all that stands in it: nothing of hers is done. A new form cannot be forgotten."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask

from gateway import assignments, conversations, store
from gateway.policy import MAY
from tests.campaigning import SIMS, started
from tests.web import world as the_world
from tests.web.conftest import Visitor
from tests.web.world import World, busy_day
from web.access import PUBLIC, SIGNED_IN, needed

Visit = Callable[..., Visitor]
ONES_OWN = {"message_id", "conversation_id", "device_id"}
EVERYBODYS = {"campaign_id"}  # any volunteer may take a batch of it
SAMS = "+12025550199"


class Form(NamedTuple):
    """Where it goes, and all that one of its buttons sends."""

    action: str
    fields: dict[str, str]


class Forms(HTMLParser):
    """The forms of a page, once for each of their buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self._open: tuple[str, dict[str, str], list[dict[str, str]]] | None = None
        self.found: list[Form] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form" and given.get("method") == "post":
            self._open = given["action"], {}, []
            self.found += [Form(given[at], {}) for at in ("data-begin",) if at in given]
        if self._open is None:
            return
        _, fields, buttons = self._open
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "button":
            buttons.append({name: value} if name else {})
        elif tag in ("input", "textarea", "select") and name != "csrf_token":
            fields.setdefault(name, value or "hello")
        elif (
            tag == "option" and value
        ):  # the page has one list to choose from: to whom somebody is handed over
            fields["to"] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._open is not None:
            action, fields, buttons = self._open
            self.found += [Form(action, {**fields, **button}) for button in buttons or [{}]]
            self._open = None


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = the_world.found(tmp_path, undo=50)
    yield made
    made.db.close()


@pytest.fixture
def saved() -> Iterator[sqlite3.Connection]:
    """Room for a copy of the database."""
    with closing(sqlite3.connect(":memory:")) as db:
        yield db


@pytest.fixture
def pages(world: World) -> list[str]:
    """Maya holds everybody but one, who is Sam's; these are her pages."""
    maya, now = world.users["volunteer"], store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    assignments.take(world.db, campaign_id, maya, world.rules, SIMS, now=now)
    ids = busy_day(world)
    world.approve(world.card("volunteer").id, ago_ms=0)
    world.db.execute(
        "UPDATE conversation SET holder_id=?, held_at=?", [maya.id, now - conversations.HOLD_MS // 2]
    )
    world.db.execute("UPDATE conversation SET holder_id=? WHERE number=?", [world.users["other"].id, SAMS])
    waiting = [row["id"] for row in world.db.execute("SELECT id FROM message WHERE state='awaiting'")]
    talks = [row["id"] for row in world.db.execute("SELECT id FROM conversation WHERE number<>?", [SAMS])]
    found = ["/", "/send", "/inbox?box=all", "/uncertain", f"/uncertain/{ids['uncertain']}", "/me"]
    found += [path.format(one) for one in waiting for path in ("/send?card={}", "/send/{}/edit")]
    return found + [path.format(one) for one in talks for path in ("/inbox/{}", "/inbox/{}/opt-out")]


def forms_of(app: Flask, maya: Visitor, pages: list[str]) -> dict[str, list[Form]]:
    """Those of hers that name an id in their address, by endpoint; of forms that send the same fields two."""
    at = app.url_map.bind("localhost")
    found: dict[str, list[Form]] = {}
    for path in pages:
        for form in Forms(maya.get(path).get_data(as_text=True)).found:
            endpoint, named = at.match(form.action, method="POST")
            alike = [one for one in found.get(endpoint, []) if one.fields.keys() == form.fields.keys()]
            if named.keys() & ONES_OWN and len(alike) < 2:
                found.setdefault(endpoint, []).append(form)
    return found


def to_be_tried(app: Flask) -> set[str]:
    """Every act of a volunteer on something that is one person's."""
    found = set()
    for rule in app.url_map.iter_rules():
        act = needed(app, rule.endpoint)
        if act == PUBLIC or "POST" not in (rule.methods or ()):
            continue
        if act == SIGNED_IN or "volunteer" in MAY[act]:  # type: ignore[index]
            assert rule.arguments <= ONES_OWN | EVERYBODYS, f"{rule}: whose is it? Say it in this test."
            found |= {rule.endpoint} if rule.arguments & ONES_OWN else set()
    return found


def kept(world: World) -> list[str]:
    """Every row, but when a device was seen last."""
    rows = []
    tables = world.db.execute("SELECT name FROM sqlite_schema WHERE type='table' ORDER BY name").fetchall()
    for (table,) in tables:
        if not table.startswith(("search", "sqlite_")):
            for row in world.db.execute(f'SELECT * FROM "{table}"').fetchall():
                told = {name: row[name] for name in row.keys() if name != "seen_at"}  # noqa: SIM118 (a row iterates over its values)
                rows.append(f"{table} {told}")
    return rows


def mayas(world: World) -> list[str]:
    """What stands of those whom Maya holds: their texts and theirs, answers, notes and tags."""
    own = world.conversation(SAMS)
    other = re.compile(rf"conversation \{{'id': (?!{own},)|\w+ .*'conversation_id': (?!{own}\b)\d+|answer ")
    return [row for row in kept(world) if other.match(row) and not row.startswith("event ")]


def test_a_colleagues_forms_do_nothing_for_another_and_something_for_her(
    app: Flask, world: World, visit: Visit, pages: list[str], saved: sqlite3.Connection
) -> None:
    """Until now ids alone were tried, with words that would have been refused of anybody."""
    world.device("volunteer")  # another one of hers
    maya, sam = visit("volunteer"), visit("other")
    forms, did = forms_of(app, maya, pages), set()
    assert forms.keys() == to_be_tried(app)
    world.db.backup(saved)
    before = kept(world)
    for endpoint, form in [(endpoint, form) for endpoint, found in forms.items() for form in found]:
        sam.post(form.action, **form.fields)
        assert kept(world) == before, form
        maya.post(form.action, **form.fields)
        if kept(world) != before:
            did.add(endpoint)
            saved.backup(world.db)
    assert did == forms.keys(), "what is refused of Maya herself shows nothing"


def test_what_a_colleague_holds_is_not_reached_through_a_conversation_of_ones_own(
    app: Flask, world: World, visit: Visit, pages: list[str], saved: sqlite3.Connection
) -> None:
    """The address names Sam's conversation, the rest of it Maya's text or person."""
    own = world.conversation(SAMS)
    forms = [form for found in forms_of(app, visit("volunteer"), pages).values() for form in found]
    moved = [(re.sub(r"^/inbox/\d+", f"/inbox/{own}", form.action), form) for form in forms]
    moved = [(address, form) for address, form in moved if address != form.action]
    assert len(moved) > 10
    sam = visit("other")
    world.db.backup(saved)
    before = mayas(world)
    assert len(before) > 30
    for address, form in moved:
        sam.post(address, **form.fields)
        assert mayas(world) == before, (address, form)
        saved.backup(world.db)
