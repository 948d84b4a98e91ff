"""Somebody on the same network tries to come in, or to keep others out."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask

from gateway import people, sessions, store
from tests.web.conftest import ORIGIN, Visitor
from tests.web.world import HELLO, World, busy_day

Visit = Callable[..., Visitor]
PASSWORD = "three plain words"


def from_address(visitor: Visitor, address: str) -> Visitor:
    visitor.client.environ_base["REMOTE_ADDR"] = address
    return visitor


def test_a_stranger_cannot_lock_the_admin_out(world: World, visit: Visit) -> None:
    """Five wrong passwords from anywhere made the account rest, again and again, also for the admin at her own laptop."""
    admin = visit(None).come_through_a_link("admin")
    admin.post("/me/password", password=PASSWORD)
    admin.post("/me/sign-out")
    for n in range(sessions.FREE_TRIES + 3):
        stranger = from_address(visit(None), f"192.0.2.{n}")
        stranger.get("/sign-in")
        said = stranger.post("/sign-in", name="Ana", password="wrong password").get_data(as_text=True)
    assert "Too many passwords" in said
    assert "textbank user invite" in said
    stranger.get("/sign-in")
    assert (
        stranger.post("/sign-in", name="Ana", password=PASSWORD).status_code == 403
    )  # known or not: it rests
    admin.get("/sign-in")
    assert admin.post("/sign-in", name="Ana", password=PASSWORD).status_code == 303
    row = world.db.execute("SELECT failed FROM user WHERE name='Ana'").fetchone()
    assert row["failed"] >= sessions.FREE_TRIES  # her coming in gives the stranger no new tries


def test_a_known_device_tries_one_persons_password_and_not_for_ever(world: World, visit: Visit) -> None:
    """Whoever finds a telephone that somebody came in with gets ten tries an hour, at that person alone."""
    maya = visit(None).come_through_a_link("volunteer")
    maya.post("/me/password", password=PASSWORD)
    maya.post("/me/sign-out")
    for n in range(9):
        from_address(maya, f"192.0.2.{n}").get("/sign-in")
        assert maya.post("/sign-in", name="Maya", password="wrong password").status_code == 403
    assert world.db.execute("SELECT failed FROM user WHERE name='Maya'").fetchone()[0] == 0
    assert maya.post("/sign-in", name="Ana", password="wrong password").status_code == 403
    assert (
        world.db.execute("SELECT failed FROM user WHERE name='Ana'").fetchone()[0] == 1
    )  # a stranger's try for Ana
    assert maya.post("/sign-in", name="Maya", password=PASSWORD).status_code == 429
    assert "Maya" not in str(maya.client.get_cookie("textbank_known"))


@pytest.mark.parametrize("mark", ["", "x", ".", "a.b", "0" * 24 + "." + "0" * 64, "é.ü", "\x00"])
def test_a_made_up_mark_is_nobodys(world: World, mark: str) -> None:
    assert not sessions.recognised(world.db, "Ana", mark)


def test_a_mark_is_one_persons(world: World) -> None:
    mark = sessions.mark(world.db, world.users["admin"])
    assert sessions.recognised(world.db, "ana ", mark)
    assert not sessions.recognised(world.db, "Maya", mark)
    assert not sessions.recognised(world.db, "Nobody", mark)


def at_once(acts: list[Callable[[], int]]) -> list[int]:
    """Run all at one moment, as browsers do; what each got."""
    begin, got = threading.Barrier(len(acts)), list[int]()

    def run(act: Callable[[], int]) -> None:
        begin.wait()
        got.append(act())

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_a_link_that_many_browsers_use_at_once_lets_one_in(world: World, visit: Visit) -> None:
    path = world.link("volunteer")
    browsers = [from_address(visit(None), f"192.0.2.{n}") for n in range(8)]
    for browser in browsers:
        browser.get(path)
    got = at_once([lambda b=browser: b.post(path).status_code for browser in browsers])  # type: ignore[misc]
    assert sorted(got) == [303] + [410] * 7
    assert world.db.execute("SELECT count(*) FROM session").fetchone()[0] == 1
    assert sum(browser.get("/").status_code == 200 for browser in browsers) == 1


def test_forty_posts_of_one_form_at_once_are_one_approval_and_one_answer(
    app: Flask, world: World, visit: Visit
) -> None:
    ids = busy_day(world)
    maya = visit("volunteer")
    rosa = ids["Rosa Delgado-Whitfield"]
    seen = maya.field(maya.get(f"/send?card={rosa}").get_data(as_text=True), "seen")
    olu = world.conversation("+12025550151")
    key = maya.field(maya.get(f"/inbox/{olu}").get_data(as_text=True), "key")
    cookies = "; ".join(f"{c.key}={c.value}" for c in maya.client._cookies.values())
    approvals = world.db.execute("SELECT count(*) FROM ledger").fetchone()[0]

    def post(path: str, form: dict[str, str]) -> int:
        browser = app.test_client(use_cookies=False)
        headers = {**ORIGIN, "Cookie": cookies}
        return browser.post(path, data={"csrf_token": maya.token, **form}, headers=headers).status_code

    approve = [lambda: post(f"/send/{rosa}/approve", {"seen": seen})] * 20
    reply = [lambda: post(f"/inbox/{olu}/reply", {"text": "There is a ramp.", "key": key})] * 20
    assert at_once(approve + reply) == [303] * 40
    assert world.state(rosa) == "approved"
    assert world.db.execute("SELECT count(*) FROM message WHERE text='There is a ramp.'").fetchone()[0] == 1
    assert world.db.execute("SELECT count(*) FROM ledger").fetchone()[0] == approvals + 2
    assert (
        world.db.execute(
            "SELECT count(*) FROM event WHERE event='approve' AND message_id=?", [rosa]
        ).fetchone()[0]
        == 1
    )


def test_a_token_that_somebody_else_planted_is_worth_nothing(world: World, visit: Visit) -> None:
    """Session fixation: what a browser brought before it came in opens nothing afterwards."""
    planted = visit(None)
    planted.client.set_cookie("textbank", "chosen-by-a-stranger")
    path = world.link("volunteer")
    planted.get(path)
    assert planted.post(path).status_code == 303
    stranger = visit(None)
    stranger.client.set_cookie("textbank", "chosen-by-a-stranger")
    assert stranger.get("/").headers["Location"] == "/sign-in"


def test_who_is_shut_out_is_out_everywhere_at_once(world: World, visit: Visit) -> None:
    phone, laptop, link = visit("volunteer"), visit("volunteer"), world.link("volunteer")
    people.disable(world.db, world.users["volunteer"].id, now=store.wall_ms())
    for device in (phone, laptop):
        assert device.get("/inbox").headers["Location"] == "/sign-in"
        assert device.post("/inbox/1/close").headers["Location"] == "/sign-in?pressed=1"
    assert visit(None).get(link).status_code == 410


def test_a_device_that_is_never_used_is_out_after_its_time(world: World, visit: Visit) -> None:
    maya = visit("volunteer")
    world.draft("Rosa", "+12025550147", HELLO)
    world.db.execute("UPDATE session SET expires_at=?", [store.wall_ms() - 1])
    assert maya.get("/send").headers["Location"] == "/sign-in"
