"""What one person holds is closed to another volunteer at every address that takes an id, present and future."""

from collections.abc import Callable

from flask import Flask, url_for

from gateway import store
from tests.web.conftest import Visitor
from tests.web.world import World, busy_day

Visit = Callable[..., Visitor]
WORDS = ("Rosa", "Oluwaseun", "wheelchair", "Ada Nwosu", "rent hearing")


def test_another_volunteers_ids_open_nothing_and_change_nothing(
    app: Flask, world: World, visit: Visit
) -> None:
    ids = busy_day(world)
    world.db.execute(
        "UPDATE conversation SET holder_id=?, held_at=?", [world.users["volunteer"].id, store.wall_ms()]
    )
    sam = visit("other")
    sam.get("/me")
    checked = 0
    for rule in app.url_map.iter_rules():
        if not rule.arguments & {"message_id", "conversation_id"}:
            continue
        for message in (ids["Rosa Delgado-Whitfield"], ids["uncertain"]):
            known = {"message_id": message, "conversation_id": world.conversation("+12025550151")}
            with app.test_request_context():
                path = url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
            before = [line for line in world.db.iterdump() if 'INSERT INTO "session"' not in line]
            if "GET" in (rule.methods or ()):
                page = sam.client.get(path, follow_redirects=True).get_data(as_text=True)
            else:
                form = {
                    "seen": "x",
                    "text": "hello",
                    "key": "panel:" + "k" * 16,
                    "known": "arrived",
                    "reason": "no",
                }
                page = sam.post(path, follow=True, **form).get_data(as_text=True)
            for word in WORDS:
                assert word not in page.replace("Nothing was sent", ""), (path, word)
            after = [line for line in world.db.iterdump() if 'INSERT INTO "session"' not in line]
            assert after == before, path
            checked += 1
    assert checked >= 20


def test_a_page_that_gets_no_stream_is_told_so_and_asks_instead(app: Flask, visit: Visit) -> None:
    app.config["HUB"].stop()
    answer = visit().get("/live")
    assert answer.status_code == 503
