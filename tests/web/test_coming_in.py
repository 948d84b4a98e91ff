"""Coming in and staying in: one-time links, passwords, throttling, devices."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from gateway import people, sessions, store
from tests.web.conftest import ORIGIN, Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]
PASSWORD = "three plain words"


def test_looking_at_a_link_does_not_use_it_up(world: World, visit: Visit) -> None:
    path = world.link("volunteer")
    for _ in range(3):
        preview = visit(None)
        assert "Hello, <bdi>Maya</bdi>" in preview.get(path).get_data(as_text=True)
        assert preview.client.head(path).status_code == 200
    maya = visit(None)
    maya.get(path)
    assert maya.post(path).headers["Location"] == "/"
    assert maya.get("/").status_code == 200


def test_a_link_works_once(world: World, visit: Visit) -> None:
    path = world.link("volunteer")
    first, second = visit(None), visit(None)
    first.get(path)
    second.get(path)
    assert first.post(path).status_code == 303
    answer = second.post(path)
    assert answer.status_code == 410
    assert "was used already" in answer.get_data(as_text=True)
    assert second.get("/").headers["Location"] == "/sign-in"


def test_a_link_whose_answer_was_lost_on_its_way_lets_the_same_browser_in(world: World, visit: Visit) -> None:
    """The phone lost the network in that moment: the link was used up, by nobody."""
    path = world.link("volunteer")
    maya, other = visit(None), visit(None)
    other.get(path)
    maya.get(path)
    kept = maya.client.get_cookie("textbank_form")
    assert kept is not None
    maya.post(path)
    maya.client.delete_cookie("textbank")
    maya.client.set_cookie("textbank_form", kept.value)
    assert "Hello, <bdi>Maya</bdi>" in maya.get(path).get_data(as_text=True)
    assert other.post(path).status_code == 410
    assert maya.post(path).headers["Location"] == "/"
    assert maya.get("/me").status_code == 200
    maya.post("/me/sign-out")
    maya.client.set_cookie("textbank_form", kept.value)
    assert maya.get(path).status_code == 410  # signed out: nobody comes in there again


def test_a_new_link_ends_the_older_one(world: World, visit: Visit) -> None:
    older = world.link("volunteer")
    newer = world.link("volunteer")
    stranger = visit(None)
    assert stranger.get(older).status_code == 410
    assert stranger.get(newer).status_code == 200


def test_a_link_runs_out(world: World) -> None:
    now = store.wall_ms()
    token = sessions.invite(world.db, world.users["volunteer"].id, now=now)
    with pytest.raises(people.Refused):
        sessions.use_link(world.db, token, device="", now=now + sessions.LINK_MS)


def test_neither_tokens_nor_passwords_stand_in_the_database(world: World, visit: Visit) -> None:
    path = world.link("volunteer")
    maya = visit(None)
    maya.get(path)
    maya.post(path)
    maya.get("/me")
    maya.post("/me/password", password=PASSWORD)
    cookie = maya.client.get_cookie("textbank")
    assert cookie is not None
    everything = "\n".join(world.db.iterdump())
    for secret in (path.removeprefix("/s/"), cookie.value, PASSWORD):
        assert secret not in everything


def test_the_cookies_are_out_of_reach_of_scripts(world: World, visit: Visit) -> None:
    path = world.link("volunteer")
    maya = visit(None)
    maya.get(path)
    cookies = maya.post(path).headers.getlist("Set-Cookie")
    device = next(cookie for cookie in cookies if cookie.startswith("textbank="))
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in device
    assert "Secure" not in device  # on plain http the browser would drop it in silence


def test_over_https_the_cookies_are_secure(app: Flask, world: World) -> None:
    client, path = app.test_client(), world.link("volunteer")
    page = client.get(path, base_url="https://textbank.local")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert token
    headers = {"Origin": "https://textbank.local", "Referer": "https://textbank.local" + path}
    answer = client.post(
        path, data={"csrf_token": token[1]}, base_url="https://textbank.local", headers=headers
    )
    assert answer.status_code == 303
    assert all("Secure" in cookie for cookie in answer.headers.getlist("Set-Cookie"))


def with_password(world: World, who: str = "volunteer") -> people.User:
    user = world.users[who]
    sessions.set_password(world.db, user, PASSWORD)
    return user


def test_name_and_password(world: World, visit: Visit) -> None:
    with_password(world)
    maya = visit(None)
    maya.get("/sign-in")
    assert maya.post("/sign-in", name=" maya ", password=PASSWORD).headers["Location"] == "/"


def test_the_same_words_whether_the_name_or_the_password_is_wrong(world: World, visit: Visit) -> None:
    with_password(world)
    answers = set()
    for name, password in (("Maya", "not the password"), ("Nobody", PASSWORD), ("Sam", PASSWORD)):
        stranger = visit(None)
        stranger.get("/sign-in")
        answer = stranger.post("/sign-in", name=name, password=password)
        assert answer.status_code == 403
        answers.add(re.sub(r'value="[^"]*"', "", answer.get_data(as_text=True)))
    assert len(answers) == 1


def test_an_account_rests_after_five_wrong_passwords_also_after_a_restart(world: World, visit: Visit) -> None:
    user, now = with_password(world), store.wall_ms()
    for _ in range(sessions.FREE_TRIES):
        with pytest.raises(people.Refused, match="do not fit"):
            sessions.sign_in(world.db, user.name, "wrong password", device="", now=now)
    with pytest.raises(people.Refused, match="Wait 1 minute"):
        sessions.sign_in(world.db, user.name, PASSWORD, device="", now=now)
    later = now + sessions.FIRST_WAIT_MS + 1
    assert sessions.sign_in(world.db, user.name, PASSWORD, device="", now=later)[0] == user
    maya = visit("volunteer")  # a link works in any case: nobody is locked out
    assert maya.get("/").status_code == 200


def test_the_wait_grows_and_stays_bearable() -> None:
    waits = [sessions.wait_ms(failed) for failed in range(60)]
    assert waits[:5] == [0] * 5
    assert waits == sorted(waits)
    assert waits[-1] == sessions.LONGEST_WAIT_MS


def test_one_address_may_not_try_for_ever(visit: Visit) -> None:
    stranger = visit(None)
    stranger.get("/sign-in")
    answers = [stranger.post("/sign-in", name=f"Nobody {n}", password="x").status_code for n in range(21)]
    assert answers == [403] * 20 + [429]
    assert "Wait a minute" in stranger.post("/sign-in", name="Maya", password="x").get_data(as_text=True)


@pytest.mark.parametrize(
    ("password", "said"),
    [("short", "5 characters"), ("a" * 201, "longer than 200"), ("aaaaaaaaaaaa", "guess")],
)
def test_a_bad_password_is_refused_with_the_reason(visit: Visit, password: str, said: str) -> None:
    maya = visit()
    answer = maya.post("/me/password", password=password)
    assert answer.status_code == 409
    assert said in answer.get_data(as_text=True)


def test_a_device_that_is_signed_out_is_out_at_its_next_request(visit: Visit) -> None:
    phone, laptop = visit(), visit()
    laptop.get("/me")
    laptop.post("/me/devices/sign-out-others")
    assert phone.get("/").headers["Location"] == "/sign-in"
    assert laptop.get("/").status_code == 200


def test_whoever_pressed_a_key_while_signed_out_reads_that_it_was_not_done(visit: Visit) -> None:
    """A coordinator paused a campaign, came in by the sign-in that stood there, and it ran on."""
    maya = visit()
    maya.post("/me/sign-out")
    pressed = maya.post("/inbox/1/opt-out")
    said = "What you pressed was not done"
    assert said in maya.get(pressed.headers["Location"]).get_data(as_text=True)
    for quiet in (maya.get("/inbox"), maya.post("/me/sign-out")):
        assert quiet.headers["Location"] == "/sign-in"
    assert said not in maya.get("/sign-in").get_data(as_text=True)


def test_sign_out_ends_the_device_not_only_the_cookie(visit: Visit) -> None:
    maya = visit()
    cookie = maya.client.get_cookie("textbank")
    assert cookie is not None
    maya.post("/me/sign-out")
    maya.client.set_cookie("textbank", cookie.value)
    assert maya.get("/").headers["Location"] == "/sign-in"


def test_nobody_signs_out_somebody_elses_device(world: World, visit: Visit) -> None:
    sam, maya = visit("other"), visit("volunteer")
    device = world.db.execute("SELECT id FROM session WHERE user_id=?", [world.users["other"].id]).fetchone()[
        "id"
    ]
    assert maya.post(f"/me/devices/{device}/sign-out").status_code == 409
    assert sam.get("/").status_code == 200


def test_a_disabled_person_is_out_at_once_and_frees_whom_they_held(world: World, visit: Visit) -> None:
    world.draft("Rosa", "+12025550147", "Hello")
    maya, admin = visit("volunteer"), visit("admin")
    maya.get("/send")
    admin.post(f"/people/{world.users['volunteer'].id}/disable")
    assert maya.get("/").headers["Location"] == "/sign-in"
    assert (
        world.db.execute("SELECT count(*) FROM conversation WHERE holder_id IS NOT NULL").fetchone()[0] == 0
    )


def test_whoever_shuts_somebody_out_is_told_what_they_approved_and_has_not_left(
    world: World, visit: Visit
) -> None:
    """It left the next morning, and nobody had been told that it would."""
    world.approve(world.draft("Rosa", "+12025550147", "Hello"))
    admin, who = visit("admin"), world.users["volunteer"].id
    page = admin.post(f"/people/{who}/disable", follow=True).get_data(as_text=True)
    assert "1 text that they approved can still leave: a coordinator takes them back" in page


def test_the_last_admin_stays(world: World, visit: Visit) -> None:
    admin = visit("admin")
    for path, form in (
        (f"/people/{world.users['admin'].id}/disable", {}),
        (f"/people/{world.users['admin'].id}/role", {"role": "volunteer"}),
    ):
        answer = admin.post(path, **form)
        assert answer.status_code == 409
        assert "only admin" in answer.get_data(as_text=True)


def test_a_role_holds_from_the_next_click(world: World, visit: Visit) -> None:
    maya, admin = visit("volunteer"), visit("admin")
    world.receive("+12025550147", "YES 2. Is there a ramp?")
    rosa = world.conversation("+12025550147")
    assert maya.post(f"/inbox/{rosa}/begin").status_code == 204
    sam = visit("other")
    assert "ramp" not in sam.get("/inbox").get_data(as_text=True)
    admin.post(f"/people/{world.users['volunteer'].id}/role", role="technician")
    assert maya.get("/inbox").status_code == 403
    assert "ramp" in sam.get("/inbox").get_data(as_text=True), (
        "nobody else was offered whom they held, for half an hour"
    )


def test_a_request_writes_nothing_about_its_device_within_the_hour(world: World, visit: Visit) -> None:
    maya = visit()
    before = world.db.execute("PRAGMA data_version").fetchone()[0]
    for _ in range(5):
        maya.get("/me")
    assert world.db.execute("PRAGMA data_version").fetchone()[0] == before


def test_at_most_twenty_devices_of_one_person(world: World) -> None:
    user, now = world.users["volunteer"], store.wall_ms()
    tokens = []
    for n in range(22):
        token = sessions.invite(world.db, user.id, now=now + n)
        tokens.append(sessions.use_link(world.db, token, device=str(n), now=now + n)[1])
    assert len(sessions.devices(world.db, user, now=now)) == sessions.MOST_DEVICES
    assert sessions.find(world.db, tokens[0], now=now + 30) is None
    assert sessions.find(world.db, tokens[-1], now=now + 30) is not None


def test_the_form_token_of_before_is_worth_nothing_after_coming_in(world: World, visit: Visit) -> None:
    path = world.link("volunteer")
    maya = visit(None)
    maya.get(path)
    before = maya.token
    maya.post(path)
    maya.get("/me")
    refused = maya.client.post(
        "/me/looks", data={"csrf_token": before, "theme": "dark", "letters": "on"}, headers=ORIGIN
    )
    assert refused.status_code == 400
    assert "too old" in refused.get_data(as_text=True)


def test_a_device_that_is_used_stays_signed_in(world: World, visit: Visit) -> None:
    maya = visit()
    assert "Set-Cookie" not in maya.get("/inbox").headers
    world.db.execute("UPDATE session SET seen_at=seen_at-?, expires_at=expires_at-?", [7_200_000, 7_200_000])
    renewed = maya.get("/inbox").headers.get("Set-Cookie", "")
    assert renewed.startswith("textbank=")
    assert "HttpOnly" in renewed
    row = world.db.execute("SELECT seen_at, expires_at FROM session").fetchone()
    assert row["expires_at"] - row["seen_at"] == sessions.SESSION_MS
