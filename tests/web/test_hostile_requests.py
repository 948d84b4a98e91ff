"""What no browser of ours would ask, of every route: other methods, foreign names, other paths, far too much. A new route cannot be forgotten."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from gateway import store
from tests.campaigning import bring_in, started
from tests.hostile import receive_all
from tests.web.conftest import ORIGIN, Visitor
from tests.web.test_every_route import STREAM, every, routes  # noqa: F401  (a fixture)
from tests.web.world import World, busy_day
from web import FORM_BYTES
from web.access import needed
from web.headers import ALWAYS

Visit = Callable[..., Visitor]
Every = list[tuple[str, str, str]]
ENDS_THE_VISIT = (STREAM, "me.sign_out", "me.sign_out_device")
HELD = re.compile(r'INSERT INTO "(session|conversation)"')
NUMBER, SECRET = "+12025550163", "zebra-4711-crossing"  # planted: nobody else has them
THEIRS, LISTED = (
    "+12025550164",
    "okapi-0815-listed",
)  # in the list, notes and answers of somebody whom a colleague holds
SHOWN = tuple(
    form.format(tail)
    for tail in (NUMBER[-4:], THEIRS[-4:])
    for form in ("202555{}", "202 555 {}", "(202) 555-{}", "555{}", "555 {}")
)


def rows(world: World) -> list[str]:
    """Everything but who is at work: a tap on an answer takes a conversation in hand, as its page says, and does nothing else."""
    held = [
        str(tuple(row))
        for row in world.db.execute(
            "SELECT id, number, name, opted_out_at, waiting_at, asks_opt_out, closed_at, iccid, salt FROM conversation"
        )
    ]
    return [line for line in world.db.iterdump() if not HELD.match(line)] + held


@pytest.mark.parametrize("role", ["volunteer", "admin"])
def test_looking_changes_nothing(every: Every, visit: Visit, world: World, role: str) -> None:  # noqa: F811
    visitor = visit(role)
    before = rows(world)
    for endpoint, method, path in every:
        if method != "GET" or endpoint == STREAM:
            continue
        for look in (visitor.client.get, visitor.client.head, visitor.client.options):
            answer = look(
                path, query_string={"text": "x", "seen": "x", "known": "arrived", "_method": "POST"}
            )
            answer.close()
            assert answer.status_code < 500, (look.__name__, path)
    assert rows(world) == before


def test_no_header_and_no_field_makes_an_act_of_a_look(every: Every, visit: Visit, world: World) -> None:  # noqa: F811
    admin = visit("admin")
    before = rows(world)
    override = dict.fromkeys(("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"), "POST")
    looks = {path for _, method, path in every if method == "GET"}
    for path in {path for _, _, path in every}:
        for other in ("PUT", "TRACE"):
            answer = admin.client.open(path, method=other, headers=ORIGIN, data={"csrf_token": admin.token})
            answer.close()
            assert answer.status_code in (400, 405), (other, path)
        if path not in looks:
            with admin.client.get(path, headers=override, query_string={"_method": "POST"}) as answer:
                assert answer.status_code in (404, 405), path
    assert rows(world) == before


def test_no_route_answers_under_a_foreign_name(every: Every, visit: Visit) -> None:  # noqa: F811
    admin = visit("admin")
    for _, method, path in every:
        for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80"):
            headers = {"Host": host, "Origin": f"http://{host}", "X-Forwarded-Host": "localhost"}
            answer = admin.client.open(
                path,
                method=method,
                headers=headers,
                data={"csrf_token": admin.token} if method == "POST" else None,
            )
            assert answer.status_code in (400, 421), (path, host, answer.status)
            assert "Location" not in answer.headers


def test_nobody_is_sent_to_another_site(every: Every, visit: Visit) -> None:  # noqa: F811
    elsewhere = "//evil.example/"
    for role in (None, "volunteer", "admin"):
        visitor = visit(role)
        visitor.get("/sign-in")
        for endpoint, method, path in every:
            if endpoint in ENDS_THE_VISIT:
                continue
            asked = dict.fromkeys(("next", "url", "back", "from", "box", "card", "return_to"), elsewhere)
            headers = {**ORIGIN, "Referer": "http://localhost" + elsewhere}
            answer = visitor.client.open(
                path,
                method=method,
                query_string=asked,
                headers=headers,
                data={"csrf_token": visitor.token, **asked} if method == "POST" else None,
            )
            answer.close()
            goes = answer.headers.get("Location", "/")
            assert goes.startswith("/"), (path, goes)
            assert not goes.startswith("//"), (path, goes)
            assert "evil.example" not in goes.split("?")[0], (path, goes)


@pytest.mark.parametrize(
    "path",
    ["../__init__.py", "..%2f__init__.py", "%2e%2e/%2e%2e/pyproject.toml", "/etc/passwd", "%2fetc%2fpasswd", "..\\__init__.py",
     "vendor/../../access.py", "....//access.py", "panel.css%00.py", "vendor", ".", ""],
)  # fmt: skip
def test_no_file_but_ours_is_served(visit: Visit, path: str) -> None:
    answer = visit(None).client.get("/static/" + path)
    assert answer.status_code in (404, 308, 303), (path, answer.status)
    assert "import" not in answer.get_data(as_text=True)
    answer.close()


def test_also_a_refusal_carries_the_headers(every: Every, visit: Visit) -> None:  # noqa: F811
    for role in (None, "volunteer"):
        visitor = visit(role)
        for endpoint, method, path in every:
            if endpoint in ENDS_THE_VISIT:
                continue
            for answer in (
                visitor.client.open(path, method=method, headers=ORIGIN),
                visitor.client.open(path, method=method, headers={"Host": "evil.example"}),
            ):
                for name, value in ALWAYS.items():
                    assert answer.headers.get(name) == value, (method, path, answer.status, name)
                assert "Server" not in answer.headers
                answer.close()


def test_far_too_much_is_refused_by_every_form(every: Every, visit: Visit, world: World) -> None:  # noqa: F811
    admin = visit("admin")
    before = rows(world)
    for endpoint, method, path in every:
        if method != "POST" or endpoint in ENDS_THE_VISIT:
            continue
        body = {"csrf_token": admin.token, "text": "x" * FORM_BYTES}
        takes_files = hasattr(admin.client.application.view_functions[endpoint], "most_bytes")
        refused = (400, 409) if takes_files else (400, 413)
        assert admin.client.post(path, data=body, headers=ORIGIN).status_code in refused, path
        many = {"csrf_token": admin.token, **{f"f{n}": "x" for n in range(500)}}
        parts = admin.client.post(path, data=many, headers=ORIGIN, content_type="multipart/form-data")
        assert parts.status_code == 413, (path, parts.status)
    assert rows(world) == before


def planted(world: World) -> None:
    """A person and words that can be recognised wherever they come out."""
    world.draft(SECRET, NUMBER, f"{SECRET} out")
    world.approve(world.draft(SECRET, NUMBER, f"{SECRET} flew", kind="reply"))
    world.fly("sent")  # the confirmation of the busy day
    world.fly("uncertain")
    receive_all(world, [(NUMBER, f"{SECRET} in")])
    world.db.execute("UPDATE conversation SET holder_id=NULL, held_at=NULL")


def planted_in_a_campaign(world: World) -> None:
    """The same for what a list and the room know of somebody: columns, a note, a tag, an answer, a row that was not taken."""
    now = store.wall_ms()
    list_id = bring_in(world.db, (LISTED,), first=164, now=now)
    campaign_id = started(
        world.db, world.users["coordinator"], world.rules, "Planted", list_id=list_id, now=now
    )
    world.db.execute(
        "UPDATE contact SET last_name=first_name, fields=json_object('building', first_name) WHERE first_name=?",
        [LISTED],
    )
    target, conversation = world.db.execute(
        "SELECT id, conversation_id FROM target WHERE campaign_id=?", [campaign_id]
    ).fetchone()
    world.db.execute(
        "UPDATE target SET state='held', holder_id=?, held_at=? WHERE id=?",
        [world.users["other"].id, now, target],
    )
    world.db.execute(
        "INSERT INTO answer (target_id, field, value, at) VALUES (?,'status',?,?)", [target, LISTED, now]
    )
    world.db.execute(
        "INSERT INTO note (conversation_id, text, at) VALUES (?,?,?)", [conversation, LISTED, now]
    )
    world.db.execute("INSERT INTO tag VALUES (?,?)", [conversation, LISTED])
    world.list_of(f"Name,Phone\n{LISTED},{LISTED}\n", f"List {LISTED}")


@pytest.mark.parametrize("role", ["technician", "volunteer", "trainee"])
def test_planted_words_and_numbers_come_out_of_no_answer_of_any_method(
    app: Flask, visit: Visit, world: World, role: str
) -> None:
    """I7: a technician reads no text and no number, a volunteer no whole number, whatever they ask with."""
    ids = busy_day(world)
    planted(world)
    planted_in_a_campaign(world)
    text = world.db.execute("SELECT id FROM message WHERE state='uncertain' ORDER BY id DESC").fetchone()[0]
    found = routes(app, world, {**ids, "uncertain": text})
    visitor = visit(role)
    conversation = world.conversation(NUMBER)
    assert role == "technician" or SECRET in visitor.get("/inbox").get_data(as_text=True)
    for endpoint, method, path in found:
        if endpoint in ENDS_THE_VISIT:
            continue
        here = re.sub(r"^/inbox/\d+", f"/inbox/{conversation}", path)
        if method == "GET" and here != path:
            with visitor.get(re.sub(r"^/inbox/\d+", f"/inbox/{world.conversation(THEIRS)}", path)) as theirs:
                assert LISTED not in theirs.get_data(as_text=True), (role, path)
        form = {
            "text": "hello",
            "seen": "x",
            "key": "panel:" + "k" * 16,
            "known": "arrived",
            "reason": "no",
            "command": "AT+CSQ",
            "to": "south",
        }
        for asked in {method, "HEAD", "PUT"}:
            answer = visitor.client.open(
                here, method=asked, headers=ORIGIN, follow_redirects=True,
                data={"csrf_token": visitor.token, **form} if asked == "POST" else None,
            )  # fmt: skip
            said = answer.get_data(as_text=True) + str(answer.headers)
            answer.close()
            assert LISTED not in said, (role, asked, here)
            for number in SHOWN:
                assert number not in said, (role, asked, here, number)
            if role == "technician":
                assert SECRET not in said, (asked, here)
                assert needed(app, endpoint) in ("public", "signed-in") or answer.status_code in (
                    200,
                    400,
                    403,
                    404,
                    405,
                    409,
                ), here


def test_a_sender_with_digits_and_no_plus_is_masked_too(world: World, visit: Visit) -> None:
    """Numbers that no region knows are kept without +, and stood whole on a volunteer's page."""
    busy_day(world)
    world.db.execute(
        "INSERT INTO conversation (number, salt, last_at, last_in_at, waiting_at) VALUES ('00990123456789', x'00', 1, 1, 1)"
    )
    page = visit("volunteer").get("/inbox?box=all").get_data(as_text=True)
    assert "0123456789" not in page
    assert "A number ending in 89" in page
