"""Every route of the panel, for every role, for strangers, with a wrong form token and from a foreign page: a new route cannot be forgotten."""

from collections.abc import Callable

import pytest
from flask import Flask, url_for

from gateway import store
from gateway.people import ROLES
from gateway.policy import MAY
from tests.campaigning import started
from tests.web.conftest import ORIGIN, Visitor
from tests.web.world import World, busy_day
from web.access import needed

Visit = Callable[..., Visitor]
STREAM = "stream.changes"


def routes(app: Flask, world: World, ids: dict[str, int]) -> list[tuple[str, str, str]]:
    """(endpoint, method, path) of everything that the panel answers, with ids that exist."""
    list_id = world.list_of("Name,Phone\nRosa,+12025550141\n")
    known = {
        "list_id": list_id,
        "contact_id": 1,
        "message_id": ids["uncertain"],
        "conversation_id": world.conversation("+12025550151"),
        "name": "north",
        "user_id": world.users["other"].id,
        "device_id": 1,
        "campaign_id": started(world.db, world.users["coordinator"], world.rules, now=store.wall_ms()),
        "target_id": 1,
        "token": "not-a-token",
        "what": "pause",
        "act": "ask",
        "part": "first",
        "at": "0",
        "span": "day",
        "filename": "panel.css",
    }
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            path = url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
            found += [
                (rule.endpoint, method, path) for method in ("GET", "POST") if method in (rule.methods or ())
            ]
    return found


@pytest.fixture
def every(app: Flask, world: World) -> list[tuple[str, str, str]]:
    found = routes(app, world, busy_day(world))
    assert len(found) > 40
    return found


def test_every_route_says_who_may_use_it(app: Flask, every: list[tuple[str, str, str]]) -> None:
    for endpoint, _, _ in every:
        assert needed(app, endpoint) in ("public", "signed-in", *MAY), endpoint


def test_a_stranger_sees_the_door_and_nothing_else(
    app: Flask, every: list[tuple[str, str, str]], visit: Visit
) -> None:
    for endpoint, method, path in every:
        stranger = visit(None)
        stranger.get("/sign-in")
        answer = stranger.get(path) if method == "GET" else stranger.post(path)
        if needed(app, endpoint) == "public":
            assert answer.status_code < 500, path
        else:
            assert answer.status_code == 303, (method, path, answer.status)
            assert answer.headers["Location"].partition("?")[0] == "/sign-in"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_its_own_pages_and_no_other(
    app: Flask, every: list[tuple[str, str, str]], visit: Visit, role: str
) -> None:
    for endpoint, method, path in every:
        if endpoint in (STREAM, "me.sign_out", "me.sign_out_device"):
            continue
        visitor = visit(role)
        answer = visitor.get(path) if method == "GET" else visitor.post(path)
        act = needed(app, endpoint)
        allowed = act in ("public", "signed-in") or role in MAY[act]  # type: ignore[index]
        said = answer.get_data(as_text=True)
        assert answer.status_code != 500, (role, method, path)
        assert "Traceback" not in said, (role, method, path)
        if not allowed:
            assert answer.status_code == 403, (role, method, path, answer.status)
            assert f"not for a {role}" in said
        else:
            assert "That page is not for" not in said, (role, method, path)


def test_no_form_is_taken_without_its_token_or_from_another_page(
    every: list[tuple[str, str, str]], visit: Visit, world: World
) -> None:
    admin = visit("admin")
    before = list(world.db.iterdump())
    for _, method, path in every:
        if method != "POST":
            continue
        for token, headers in (("", ORIGIN), ("wrong", ORIGIN)):
            refused = admin.client.post(path, data={"csrf_token": token}, headers=headers)
            assert refused.status_code == 400, (path, refused.status)
        for headers in (
            {},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:81"},
        ):
            refused = admin.client.post(path, data={"csrf_token": admin.token}, headers=headers)
            assert refused.status_code == 403, (path, headers, refused.status)
            assert "another page" in refused.get_data(as_text=True)
    assert list(world.db.iterdump()) == before


def test_every_answer_carries_the_headers(every: list[tuple[str, str, str]], visit: Visit) -> None:
    admin = visit("admin")
    for endpoint, method, path in every:
        if method != "GET" or endpoint == STREAM:
            continue
        headers = admin.get(path).headers
        assert headers["Content-Security-Policy"].startswith(
            "default-src 'none'; script-src 'self'; style-src 'self'"
        )
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == ("no-cache" if endpoint == "static" else "no-store")
        assert "Strict-Transport-Security" not in headers  # it would lock http://name.local out for a year


def test_no_page_holds_inline_script_or_style_or_an_address_elsewhere(
    every: list[tuple[str, str, str]], visit: Visit
) -> None:
    admin = visit("admin")
    for endpoint, method, path in every:
        if method != "GET" or endpoint in (STREAM, "static"):
            continue
        page = admin.get(path).get_data(as_text=True)
        assert "<style" not in page, path
        assert " style=" not in page, path
        assert "<script>" not in page, path
        assert " onclick" not in page, path
        for elsewhere in ("https://", "//cdn"):
            assert elsewhere not in page, path


def test_a_technician_reads_no_words_and_no_number_of_anybody(
    every: list[tuple[str, str, str]], visit: Visit
) -> None:
    technician = visit("technician")
    for endpoint, method, path in every:
        if method == "GET" and endpoint not in (STREAM, "static"):
            page = technician.get(path).get_data(as_text=True)
            for secret in ("wheelchair", "Elm Street Tenants. The rent", "Oluwaseun", "5550151", "555 0151"):
                assert secret not in page, (path, secret)


def test_a_volunteer_sees_no_whole_number(every: list[tuple[str, str, str]], visit: Visit) -> None:
    for role in ("volunteer", "trainee"):
        visitor = visit(role)
        for endpoint, method, path in every:
            if method == "GET" and endpoint not in (STREAM, "static"):
                page = visitor.get(path).get_data(as_text=True)
                assert "202555" not in page.replace(" ", ""), (role, path)
