"""Everything a browser can send is answered in plain words; no traceback reaches a person, nothing is half written."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from gateway import store
from tests.web.conftest import ORIGIN, Visitor
from tests.web.world import HELLO, World, busy_day
from web import data

Visit = Callable[..., Visitor]
IDS = (
    "0",
    "999999",
    "9223372036854775807",
    "99999999999999999999999",
    "-1",
    "1.5",
    "abc",
    "%00",
    "1%27",
    "١",
)


@pytest.mark.parametrize(
    "path",
    ["/send/{}/edit", "/inbox/{}", "/uncertain/{}", "/people/{}", "/send?card={}", "/inbox/{}/opt-out"],
)
def test_an_id_that_is_none_is_a_plain_page(visit: Visit, path: str) -> None:
    admin = visit("admin")
    for bad in IDS:
        answer = admin.get(path.format(bad), follow_redirects=True)
        page = answer.get_data(as_text=True)
        assert answer.status_code in (200, 404, 409), (path, bad)
        assert "<h1" in page
        assert "Traceback" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/send/{}/approve",
        "/send/{}/skip",
        "/send/{}/undo",
        "/inbox/{}/reply",
        "/inbox/{}/close",
        "/uncertain/{}",
        "/people/{}/disable",
        "/people/{}/link",
        "/me/devices/{}/sign-out",
    ],
)
def test_an_act_on_what_is_not_there_does_nothing(world: World, visit: Visit, path: str) -> None:
    admin = visit("admin")
    before = list(world.db.iterdump())
    for bad in IDS:
        answer = admin.post(
            path.format(bad), seen="x", text="hello", key="panel:" + "k" * 16, known="arrived"
        )
        assert answer.status_code in (303, 404, 409), (path, bad, answer.status)
    assert list(world.db.iterdump()) == before


def test_a_conversation_that_is_none_is_no_page(visit: Visit) -> None:
    maya = visit()
    for answer in (maya.get("/inbox/999999"), maya.post("/inbox/999999/close")):
        assert answer.status_code == 404
        assert "There is no such conversation any more" in answer.get_data(as_text=True)


def test_a_colleague_who_is_no_number_is_none_of_the_list(world: World, visit: Visit) -> None:
    """ "²" is a figure to Python and no number: the page said that something broke."""
    busy_day(world)
    cleo = visit("coordinator")
    for path in (f"/inbox/{world.conversation('+12025550151')}/pass-on", "/campaigns/1/held/1/move"):
        answer = cleo.post(path, to="²")
        assert answer.status_code == 409
        assert "Choose somebody of the list." in answer.get_data(as_text=True)


def test_missing_and_impossible_fields_are_400(world: World, visit: Visit) -> None:
    ids = busy_day(world)
    maya = visit()
    rosa, olu = ids["Rosa Delgado-Whitfield"], world.conversation("+12025550151")
    for path, form in (
        (f"/send/{rosa}/approve", {}),
        (f"/send/{rosa}/edit", {"text": "x"}),
        (f"/inbox/{olu}/reply", {"text": "x"}),
        (f"/inbox/{olu}/reply", {"text": "x", "key": "mine"}),
        (f"/uncertain/{ids['uncertain']}", {"known": "perhaps", "key": "panel:" + "k" * 16}),
        ("/me/looks", {"theme": "pink", "letters": "on"}),
        ("/send/count", {}),
    ):
        answer = maya.post(path, **form)
        assert answer.status_code == 400, path
        assert "nothing was done" in answer.get_data(as_text=True)


def test_a_form_that_is_far_too_big_is_413(visit: Visit) -> None:
    maya = visit()
    for body in ({"text": "x" * 200_000}, {f"f{n}": "x" for n in range(500)}):
        answer = maya.client.post("/send/count", data={"csrf_token": maya.token, **body}, headers=ORIGIN)
        assert answer.status_code in (400, 413)
        assert "<h1" in answer.get_data(as_text=True)


@pytest.mark.parametrize("body", [b"\xff\xfe=\x00", b"%", b"a" * 5000, b"csrf_token=%ff%fe"])
def test_bytes_that_are_no_form_are_refused(visit: Visit, body: bytes) -> None:
    maya = visit()
    answer = maya.client.post(
        "/send/count", data=body, headers=ORIGIN, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("cookie", ["x", "x" * 5000, "\udcff", "'; DROP TABLE session; --"])
def test_a_made_up_cookie_is_a_stranger(app: Flask, cookie: str) -> None:
    answer = app.test_client().get(
        "/", headers={"Cookie": f"textbank={cookie}".encode("utf-8", "surrogateescape").decode("latin-1")}
    )
    assert answer.headers["Location"] == "/sign-in"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "QUERY"])
def test_other_methods_do_nothing(visit: Visit, method: str) -> None:
    answer = visit().client.open("/send", method=method, headers=ORIGIN)
    assert answer.status_code in (400, 405)


def test_a_page_that_is_not_here(visit: Visit) -> None:
    for who in (None, "volunteer"):
        answer = visit(who).get("/no/such/page")
        assert answer.status_code == 404
        assert "This page is not here" in answer.get_data(as_text=True)
    assert visit().get("/static/../__init__.py").status_code == 404


def test_a_locked_database_is_said_in_words(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    rosa = world.draft("Rosa", "+12025550147", HELLO)
    maya = visit()
    seen = maya.field(maya.get("/send").get_data(as_text=True), "seen")
    monkeypatch.setattr(data, "LOCK_WAIT_S", 0.1)
    other = store.connect(world.path)
    other.execute("BEGIN IMMEDIATE")
    answer = maya.post(f"/send/{rosa}/approve", seen=seen)
    other.execute("ROLLBACK")
    other.close()
    assert answer.status_code == 503
    assert "The database is in use" in answer.get_data(as_text=True)
    again = maya.post(f"/send/{rosa}/approve", seen=seen)  # the same form, once the lock is gone
    assert again.status_code == 303
    assert world.state(rosa) == "approved"


def test_a_full_disk_is_said_in_words(world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    rosa = world.draft("Rosa", "+12025550147", HELLO)
    maya = visit()
    seen = maya.field(maya.get("/send").get_data(as_text=True), "seen")
    plain = store.connect

    def no_room(path: Path, **more: object) -> sqlite3.Connection:
        db = plain(path, **more)  # type: ignore[arg-type]
        db.execute(
            "CREATE TEMP TRIGGER full BEFORE UPDATE ON main.message BEGIN SELECT raise(ABORT, 'database or disk is full'); END"
        )
        return db

    monkeypatch.setattr(data, "connect", no_room)
    answer = maya.post(f"/send/{rosa}/approve", seen=seen)
    assert answer.status_code == 503
    assert "full" in answer.get_data(as_text=True)
    assert world.state(rosa) == "awaiting"


def test_a_damaged_database_shows_no_traceback(app: Flask, world: World, visit: Visit) -> None:
    maya = visit()
    world.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = os.path.getsize(world.path)
    with world.path.open("r+b") as damaged:
        damaged.seek(2048)
        damaged.write(b"\xa5" * (size - 4096))
    answer = maya.get("/")
    assert answer.status_code in (500, 503)
    page = answer.get_data(as_text=True)
    assert "Traceback" not in page
    assert "sqlite" not in page.lower()
