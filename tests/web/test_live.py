"""Live: who changed the database is heard by every open page, soon, and nothing is missed between two streams."""

import json
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from gateway import (
    assignments,
    backup,
    bell,
    board,
    damage,
    erasing,
    inbox,
    optoutlist,
    people,
    recording,
    sessions,
    store,
)
from gateway.board import Pulse
from gateway.lock import Hold
from tests.campaigning import SIMS, started
from tests.web.conftest import Visitor
from tests.web.world import HELLO, World, modems
from web import live

Visit = Callable[..., Visitor]


@pytest.fixture
def hub(world: World) -> Iterator[live.Hub]:
    made = live.Hub(world.path)
    yield made
    made.stop()


def listen(hub: live.Hub, device: int = 1, gone: Callable[[], bool] = lambda: False) -> live.Listener:
    listener = live.Listener(device, gone)
    assert hub.join(listener)
    return listener


def heard(listener: live.Listener, timeout_s: float = 5.0) -> dict[str, object]:
    message = listener.waiting.get(timeout=timeout_s)
    assert message is not None
    data = next(line for line in message.splitlines() if line.startswith("data: "))
    told: dict[str, object] = json.loads(data.removeprefix("data: "))
    return told


def settled(hub: live.Hub, world: World) -> live.Listener:
    """A listener whose hub has seen the database as it is now."""
    listener = listen(hub)
    world.draft("First", "+12025550100", HELLO)
    heard(listener)
    return listener


def test_a_change_is_heard_with_its_part_and_its_person(world: World, hub: live.Hub) -> None:
    listener = settled(hub, world)
    world.draft("Rosa", "+12025550147", HELLO)
    assert heard(listener) == {"topics": ["texts"], "conversations": [world.conversation("+12025550147")]}
    world.receive("+12025550199", "Hello?")
    told = heard(listener)
    assert "inbox" in told["topics"]  # type: ignore[operator]
    assert told["conversations"] == [world.conversation("+12025550199")]


def test_who_sends_hears_that_nothing_leaves_now_and_that_it_does_again(world: World, hub: live.Hub) -> None:
    """An open card kept "this box is not sure what time it is" after the time was trusted."""
    modems(world)
    listener = settled(hub, world)
    world.db.execute("UPDATE station SET state='paused'")
    bell.ring(world.path)
    assert "inbox" in heard(listener)["topics"]  # type: ignore[operator]


def test_another_file_that_is_moved_over_the_database_while_the_panel_works_stops_everything(
    world: World, hub: live.Hub, tmp_path: Path
) -> None:
    """Only the gateway had been stopped: it began with the other file and the log of the first, which the panel held."""
    settled(hub, world)
    backup.make(world.path, tmp_path / "other.db", now=store.wall_ms()).path.rename(world.path)
    bell.ring(world.path)
    deadline = time.monotonic() + 5
    while damage.seen(world.path) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)  # asks again; nothing depends on how long
    assert not damage.fit_to_start(world.path, Hold(unclean=False), now=store.wall_ms())


def test_a_modem_that_changes_is_heard(world: World, hub: live.Hub) -> None:
    listener = settled(hub, world)
    modems(world)
    topics: set[str] = set()
    while "stations" not in topics:
        topics |= set(heard(listener)["topics"])  # type: ignore[call-overload]


def test_a_bell_is_faster_than_the_safety_net(world: World, hub: live.Hub) -> None:
    listener = settled(hub, world)
    waits = []
    for n in range(10):
        world.draft(f"N{n}", f"+120255502{n:02}", HELLO)
        began = time.monotonic()
        bell.ring(world.path)
        heard(listener)
        waits.append(time.monotonic() - began)
    assert sorted(waits)[5] < 0.2, waits


def test_what_no_page_shows_is_not_told(world: World, hub: live.Hub) -> None:
    listener = settled(hub, world)
    world.link("volunteer")
    bell.ring(world.path)
    with pytest.raises(queue.Empty):
        listener.waiting.get(timeout=1.2)


def test_a_reconnecting_page_hears_what_it_missed(world: World, hub: live.Hub) -> None:
    before = board.pulse(world.db)
    world.draft("Rosa", "+12025550147", HELLO)
    now = board.pulse(world.db)
    listener = live.Listener(1, lambda: False)
    stream = live.stream(hub, listener, str(before), now)
    assert next(stream).startswith("retry: ")
    assert '"topics":["texts"]' in next(stream)
    stream.close()
    again = live.stream(hub, live.Listener(1, lambda: False), str(now), now)
    next(again)
    for nonsense in ("", "x", "1~2", "a~b~c", "%00"):
        assert Pulse.of(nonsense).texts == ""
    again.close()


def test_nonsense_for_a_pulse_names_nobody(world: World) -> None:
    assert board.changed_conversations(world.db, Pulse.of("what~ever~this")) is None


def test_a_fourth_window_ends_the_oldest_stream(hub: live.Hub) -> None:
    listeners = [listen(hub, device=7) for _ in range(live.MOST_OF_ONE_DEVICE + 1)]
    assert listeners[0].waiting.get(timeout=1) is None
    assert hub.streams() == live.MOST_OF_ONE_DEVICE


def test_too_many_streams_are_turned_away_in_words(hub: live.Hub) -> None:
    for device in range(live.MOST_STREAMS):
        listen(hub, device=device)
    assert not hub.join(live.Listener(1000, lambda: False))


def test_a_browser_that_went_away_frees_its_place(hub: live.Hub) -> None:
    gone = threading.Event()
    listener = listen(hub, gone=gone.is_set)
    gone.set()
    assert listener.waiting.get(timeout=5) is None
    assert hub.streams() == 0


@pytest.mark.parametrize("how", ["shut out", "signed out"])
def test_who_is_shut_out_or_signed_out_hears_no_more(
    world: World, visit: Visit, app: Flask, how: str
) -> None:
    maya, hub = visit(), app.config["HUB"]
    stays = listen(hub, device=1000)
    answer = maya.client.get("/live")
    pieces = answer.iter_encoded()
    assert b"retry:" in next(pieces)
    person, now = world.users["volunteer"], store.wall_ms()
    if how == "shut out":
        people.disable(world.db, person.id, now=now)
    else:
        sessions.sign_out_others(world.db, person, keep=None, now=now)
    began = time.monotonic()
    rest = list(pieces)
    assert time.monotonic() - began < 3
    assert rest[-1] == live.OUT.encode()
    assert hub.streams() == 1
    assert maya.get("/live").headers["Location"] == "/sign-in"
    hub.leave(stays)


def test_a_page_that_is_far_behind_hears_of_its_own_person_all_the_same(
    world: World, hub: live.Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event about Rosa was dropped for eight about others, which an open page of hers does not ask for: her text never came."""
    listener, watcher = settled(hub, world), listen(hub)
    before = board.pulse(world.db)
    for n in range(12):
        world.receive(f"+120255501{47 + n}", "Hello?")  # Rosa first
        heard(watcher)
    rosa = world.conversation("+12025550147")
    assert listener.waiting.qsize() <= 8
    monkeypatch.setattr(live, "STREAM_S", 1.0)
    told, last = list(live.stream(hub, listener, "", before)), str(before)
    for message in told:
        last = message.removeprefix("id: ").partition("\n")[0] if message.startswith("id: ") else last
    current = board.pulse(world.db)
    back = live.stream(hub, live.Listener(1, lambda: False), last, current)
    told += [next(back), next(back)]
    back.close()
    mine = [json.loads(line[6:]) for each in told for line in each.splitlines() if line.startswith("data: {")]
    assert any(one["conversations"] is None or rosa in one["conversations"] for one in mine)


def test_stop_ends_every_stream(hub: live.Hub) -> None:
    listener = listen(hub)
    hub.stop()
    assert listener.waiting.get(timeout=1) is None
    assert not hub.join(live.Listener(2, lambda: False))


def test_the_route_streams_and_keeps_no_connection(world: World, visit: Visit) -> None:
    maya = visit()
    answer = maya.client.get("/live?since=x")
    assert answer.mimetype == "text/event-stream"
    pieces = answer.iter_encoded()
    assert b"retry:" in next(pieces)
    assert b'"topics":["texts","inbox","stations","lists"]' in next(pieces)
    answer.close()


def test_what_a_room_does_with_a_campaign_is_told(world: World) -> None:
    """A board stood still while answers were written down by hand, batches taken and people noted."""
    modems(world)
    now = store.wall_ms()
    campaign_id = started(world.db, world.users["coordinator"], world.rules, now=now)
    target = world.db.execute("SELECT id, conversation_id FROM target ORDER BY id").fetchone()
    acts = {
        "a batch": lambda: assignments.take(
            world.db, campaign_id, world.users["volunteer"], world.rules, SIMS, now=now
        ),
        "an answer": lambda: recording.record(
            world.db, target["id"], "status", "yes", by=world.users["coordinator"], now=now
        ),
        "a note": lambda: world.db.execute(
            "INSERT INTO note (conversation_id, text, at) VALUES (?, 'Rings twice', ?)",
            [target["conversation_id"], now],
        ),
        "an answer taken back": lambda: world.db.execute("UPDATE answer SET undone_at=?", [now]),
    }
    for what, act in acts.items():
        before = board.pulse(world.db)
        act()
        assert set(board.pulse(world.db).topics(before)) & {"inbox", "lists"}, what


def test_that_a_coordinator_took_an_opt_out_back_is_told(world: World, hub: live.Hub) -> None:
    """Their thread and the page of opt-outs said "asked to stop" on every other screen until something else happened."""
    cleo, now = world.users["coordinator"], store.wall_ms()
    optoutlist.by_number(world.db, "+12025550199", reason="rang", by=cleo, now=now)
    listener = settled(hub, world)
    optoutlist.undo_by_number(world.db, "+12025550199", reason="a mistake", by=cleo, now=now + 1)
    assert heard(listener)["topics"] == ["inbox"]


def test_that_a_person_was_erased_is_told(world: World, hub: live.Hub) -> None:
    """Their name and last words stayed on every other open screen until something else happened."""
    world.receive("+12025550147", "I live at 3 Elm Street")
    rosa, now = world.conversation("+12025550147"), store.wall_ms()
    inbox.close(world.db, rosa, by=world.users["coordinator"], now=now)
    world.receive("+12025550148", "Hi")
    listener = settled(hub, world)
    erasing.erase(world.db, "+12025550147", now=now + 3_600_000)
    assert heard(listener)["topics"] == ["inbox", "lists"]


def test_the_pulse_is_cheap(world: World) -> None:
    modems(world)
    board.pulse(world.db)
    began = time.perf_counter()
    for _ in range(100):
        board.pulse(world.db)
    assert (time.perf_counter() - began) / 100 < 0.005


def test_a_process_that_never_rings_is_heard_within_a_second(world: World, hub: live.Hub) -> None:
    listener = settled(hub, world)
    other = store.connect(world.path)
    other.execute("UPDATE conversation SET waiting_at=1")
    other.close()
    began = time.monotonic()
    assert heard(listener)["topics"] == ["inbox"]
    assert time.monotonic() - began < 2


def test_a_tag_a_hand_over_and_who_goes_are_told(world: World, visit: Visit, app: Flask) -> None:
    """Where nobody waits they leave no mark in the database's pulse: other screens showed them at the next change only."""
    world.draft("Rosa", "+12025550147", HELLO)
    rosa, maya, hub = world.conversation("+12025550147"), visit(), app.config["HUB"]
    page = f"/inbox/{rosa}"
    assert maya.get(page).status_code == 200
    acts: dict[str, dict[str, str]] = {
        f"{page}/tag": {"tag": "ramp"},
        f"{page}/pass-on": {"to": ""},
        "/leave": {},
    }
    for path, form in acts.items():
        listener = settled(hub, world)
        before = re.search(r'data-at="([^"]+)"', maya.get("/inbox").get_data(as_text=True))
        assert before is not None
        assert maya.post(path, **form).status_code == 303, path
        assert heard(listener)["topics"] == ["inbox"], path
        hub.leave(listener)
        again = live.stream(hub, live.Listener(2, lambda: False), before[1], hub.pulse(world.db))
        assert next(again).startswith("retry: ")
        assert '"topics":["inbox"]' in next(again), path  # who was between two streams
        again.close()


def test_what_a_page_saw_before_the_panel_was_restarted_is_not_taken_for_what_it_is_now(world: World) -> None:
    """The count of what leaves no mark in the database began at nothing again: the next tag looked like the one before the restart."""
    before, after = live.Hub(world.path), live.Hub(world.path)
    before.changed()
    carried = live.Pulse.of(str(before.pulse(world.db)))
    after.changed()
    assert after.pulse(world.db).topics(carried) == ["inbox"]
