"""The inbox and the thread: whose turn it is, answers that leave once, opt-outs."""

import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway import claims, flight, optouts, store
from gateway.factwords import hour_words
from tests.web.conftest import Visitor
from tests.web.world import World, busy_day, found
from web import create_app

Visit = Callable[..., Visitor]
OLU, STRANGER, ASKS, BEA = "+12025550151", "+12025550199", "+12025550108", "+12025550153"


@pytest.fixture
def ids(world: World) -> dict[str, int]:
    return busy_day(world)


def thread(world: World, number: str) -> str:
    return f"/inbox/{world.conversation(number)}"


def test_who_waits_longest_stands_first(ids: dict[str, int], visit: Visit) -> None:
    page = visit().get("/inbox").get_data(as_text=True)
    assert "4 people wait for you" in page
    assert (
        page.index("Oluwaseun")
        < page.index("ending in 99")
        < page.index("ending in 08")
        < page.index("ending in 77")
    )
    assert "Bea" not in page


def test_home_says_what_waits(ids: dict[str, int], visit: Visit) -> None:
    page = visit().get("/").get_data(as_text=True)
    assert "4 to send, 4 waiting for an answer" in page
    assert "Answer" in page
    assert "1 text may have gone out, or not" in page


def test_an_answer_leaves_once_however_often_the_form_arrives(
    world: World, ids: dict[str, int], visit: Visit
) -> None:
    maya, path = visit(), thread(world, OLU)
    key = maya.field(maya.get(path).get_data(as_text=True), "key")
    for _ in range(3):
        assert maya.post(f"{path}/reply", key=key, text="Yes, there is a ramp.").status_code == 303
    sent = world.db.execute("SELECT state, kind FROM message WHERE text='Yes, there is a ramp.'").fetchall()
    assert [tuple(row) for row in sent] == [("approved", 1)]
    assert "Yes, there is a ramp." in maya.get(path).get_data(as_text=True)
    assert "3 people wait for you" in maya.get("/inbox").get_data(as_text=True)


def test_a_trainees_answer_waits_for_a_coordinator(world: World, ids: dict[str, int], visit: Visit) -> None:
    theo, path = visit("trainee"), thread(world, STRANGER)
    page = theo.get(path).get_data(as_text=True)
    assert "Ask a coordinator to send" in page
    page = theo.post(f"{path}/reply", follow=True, key=theo.field(page, "key"), text="Yes!").get_data(
        as_text=True
    )
    assert "waits for a coordinator" in page
    assert ">A coordinator reads it before it goes.</p>" in page
    waiting = world.db.execute("SELECT state FROM message WHERE text='Yes!'").fetchone()
    assert waiting["state"] == "awaiting"


def test_words_that_cannot_be_sent_stay_in_the_box(world: World, ids: dict[str, int], visit: Visit) -> None:
    maya, path = visit(), thread(world, OLU)
    key = maya.field(maya.get(path).get_data(as_text=True), "key")
    answer = maya.post(f"{path}/reply", key=key, text="many words " * 300)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "too long" in page
    assert "many words many words" in page


def test_a_stop_word_in_a_sentence_asks_a_person(world: World, ids: dict[str, int], visit: Visit) -> None:
    maya, path = visit(), thread(world, ASKS)
    page = maya.get(path).get_data(as_text=True)
    assert "A stop word stands in this text" in page
    refused = maya.post(f"{path}/close", follow=True).get_data(as_text=True)
    assert "First say whether" in refused
    page = maya.post(f"{path}/not-opt-out", follow=True).get_data(as_text=True)
    assert "A stop word stands" not in page


def test_opting_out_stops_everything_and_is_shown(world: World, ids: dict[str, int], visit: Visit) -> None:
    maya, path = visit(), thread(world, OLU)
    assert "off the list?" in maya.get(f"{path}/opt-out").get_data(as_text=True)
    page = maya.post(f"{path}/opt-out", follow=True, reason="told me so").get_data(as_text=True)
    assert "asked to stop" in page
    assert 'name="text"' not in page
    again = maya.post(f"{path}/reply", key="panel:" + "x" * 20, text="But...")
    assert again.status_code == 409
    assert world.db.execute("SELECT count(*) FROM opt_out WHERE until_at IS NULL").fetchone()[0] == 2


@pytest.mark.parametrize("texted", [False, True], ids=["whom nobody texted", "who was texted"])
def test_somebody_who_rang_to_be_left_alone_gets_no_first_text_that_says_so(
    world: World, visit: Visit, texted: bool
) -> None:
    """The confirmation would have been the only text that they ever got from us."""
    admin = world.users["admin"]
    optouts.approve_confirmation(
        world.db, "You are off our list.", by=admin, channel="panel", now=store.wall_ms()
    )
    text, path = (
        world.draft("Ada Nwosu", "+12025550152", "Hello"),
        f"/inbox/{world.conversation('+12025550152')}/opt-out",
    )
    if texted:
        world.approve(text)
        world.fly("sent")
    cleo = visit("coordinator")
    assert ("one text that says so" in cleo.get(path).get_data(as_text=True)) is texted
    cleo.post(path, reason="She rang")
    assert world.db.execute("SELECT count(*) FROM opt_out").fetchone()[0] == 1
    assert world.db.execute("SELECT count(*) FROM message WHERE kind=0").fetchone()[0] == texted


def test_only_a_coordinator_undoes_an_opt_out_and_says_why(
    world: World, ids: dict[str, int], visit: Visit
) -> None:
    path = thread(world, BEA)
    assert visit("volunteer").post(f"{path}/opt-in", reason="x").status_code == 403
    cleo = visit("coordinator")
    assert cleo.post(f"{path}/opt-in", reason=" ").status_code == 409
    page = cleo.post(f"{path}/opt-in", follow=True, reason="She called us.").get_data(as_text=True)
    assert "Back on the list" in page
    assert world.db.execute("SELECT ended_reason FROM opt_out").fetchone()["ended_reason"] == "She called us."


def test_looking_holds_nobody_and_the_first_key_makes_a_conversation_mine(
    world: World, ids: dict[str, int], visit: Visit
) -> None:
    maya, sam, path = visit("volunteer"), visit("other"), thread(world, STRANGER)
    assert maya.get(path).status_code == sam.get(path).status_code == 200
    assert maya.post(f"{path}/begin").status_code == 204
    assert sam.post(f"{path}/begin").status_code == 409
    answer = sam.get(path)
    assert answer.status_code == 409
    assert "Who is this?" not in answer.get_data(as_text=True)
    assert "ending in 99" not in sam.get("/inbox").get_data(as_text=True)
    for act in ("reply", "close", "opt-out", "not-opt-out"):
        refused = sam.post(f"{path}/{act}", key="panel:" + "x" * 20, text="hello", reason="")
        assert refused.status_code in (303, 409)
    assert world.db.execute("SELECT count(*) FROM message WHERE text='hello'").fetchone()[0] == 0
    assert world.db.execute("SELECT count(*) FROM opt_out").fetchone()[0] == 1


def test_a_coordinator_reads_what_somebody_else_holds_and_takes_it_over(
    world: World, ids: dict[str, int], visit: Visit
) -> None:
    maya, cleo, path = visit("volunteer"), visit("coordinator"), thread(world, STRANGER)
    maya.post(f"{path}/begin")
    page = cleo.get(path).get_data(as_text=True)
    assert "Who is this?" in page
    assert "Maya</bdi> has this conversation" in page
    assert "+1 202-555-0199" in page or "+1 202 555 0199" in page
    assert cleo.post(f"{path}/take-over").headers["Location"] == path
    assert "Maya</bdi> has this conversation" not in cleo.get(path).get_data(as_text=True)


def test_the_same_words_again_are_folded(world: World, ids: dict[str, int], visit: Visit) -> None:
    later = store.wall_ms() + 3_600_000
    row = world.db.execute("SELECT * FROM inbound WHERE number=?", [STRANGER]).fetchone()
    world.db.execute(
        "INSERT INTO inbound (conversation_id, number, kind, text, station, iccid, received_at, again_of) VALUES (?,?,?,?,?,?,?,?)",
        [row["conversation_id"], STRANGER, "text", row["text"], "north", row["iccid"], later, row["id"]],
    )
    page = visit().get(thread(world, STRANGER)).get_data(as_text=True)
    assert page.count("Who is this?") == 2  # in the list and once in the thread
    assert "the same words again, 1 time" in page


def test_words_of_strangers_are_only_words(world: World, visit: Visit) -> None:
    world.receive(STRANGER, "<img src=x onerror=alert(1)> \u202e{{ 7*7 }}")
    page = visit().get(thread(world, STRANGER)).get_data(as_text=True)
    assert "<img" not in page
    assert "&lt;img src=x" in page
    assert "{{ 7*7 }}" in page


def test_what_is_no_text_says_what_it_is(world: World, ids: dict[str, int], visit: Visit) -> None:
    conversation = world.conversation(STRANGER)
    for kind in ("mms", "voicemail", "binary", "undecoded", "flash"):
        world.db.execute(
            "INSERT INTO inbound (conversation_id, number, kind, text, station, iccid, received_at) VALUES (?,?,?,?,?,?,?)",
            [conversation, STRANGER, kind, f"raw {kind}", "north", "", store.wall_ms()],
        )
    page = visit().get(thread(world, STRANGER)).get_data(as_text=True)
    for said in (
        "picture or long message (MMS)",
        "voicemail notice",
        "for a program",
        "could not be read",
        "(flash)",
    ):
        assert said in page


def test_who_has_to_go_gives_everybody_back(world: World, ids: dict[str, int], visit: Visit) -> None:
    maya, sam, path = visit("volunteer"), visit("other"), thread(world, STRANGER)
    maya.post(f"{path}/begin")
    assert "I have to go" in maya.get("/").get_data(as_text=True)
    assert "Nobody is forgotten" in maya.post("/leave", follow=True).get_data(as_text=True)
    assert sam.get(path).status_code == 200


def test_in_quiet_hours_home_the_card_the_toast_and_the_conversation_say_when_it_leaves(
    tmp_path: Path,
) -> None:
    (tmp_path / "night").mkdir()
    here = datetime.now(ZoneInfo("America/New_York"))
    began, ends = (f"{here + timedelta(hours=hours):%H:%M}" for hours in (-1, 2))
    in_words = hour_words(time.fromisoformat(ends), "US")
    night = found(tmp_path / "night", undo=60, quiet=(began, ends))
    app = create_app(night.source)
    maya = Visitor(app, night).come_in("volunteer")
    rosa = night.draft("Rosa", "+12025550147", "Hello")
    assert f"what you approve now leaves at {in_words} where" in maya.get("/").get_data(as_text=True)
    page = maya.get("/send").get_data(as_text=True)
    said = re.search(r"It is quiet time there: this text leaves <time [^>]*>([^<]*)</time>", page)
    assert said
    assert said[1].endswith(ends)
    talk = maya.get(f"/inbox/{night.conversation('+12025550147')}").get_data(as_text=True)
    said = re.search(r"quiet time: an answer leaves <time [^>]*>([^<]*)</time>", talk)
    assert said
    assert said[1].endswith(ends)
    page = maya.post(f"/send/{rosa}/approve", follow=True, seen=maya.field(page, "seen")).get_data(
        as_text=True
    )
    assert "gets it after the quiet hours" in page
    night.db.close()


@pytest.mark.parametrize(
    ("begins_in", "says"), [(30, "Texts go out until"), (5, "Quiet hours: what you approve now leaves at")]
)
def test_home_says_until_when_texts_leave_and_not_when_quiet_hours_begin(
    tmp_path: Path, begins_in: int, says: str
) -> None:
    """In the ten minutes before, in which nothing leaves any more, home said that texts go out."""
    here = datetime.now(ZoneInfo("America/New_York"))
    began, ends = (f"{here + timedelta(minutes=minutes):%H:%M}" for minutes in (begins_in, begins_in + 60))
    world = found(tmp_path, quiet=(began, ends))
    page = Visitor(create_app(world.source), world).come_in("volunteer").get("/").get_data(as_text=True)
    assert says in page
    if begins_in > 10:
        last = hour_words((here + timedelta(minutes=begins_in - 10)).time().replace(second=0), "US")
        assert f"until {last} where" in page
    world.db.close()


def test_nobody_is_offered_to_take_back_a_long_answer_of_which_a_part_has_left(
    world: World, ids: dict[str, int], visit: Visit
) -> None:
    """The key stood under it, and refused whoever pressed it: the rest follows, for half a text helps nobody."""
    maya, path = visit(), thread(world, OLU)
    key = maya.field(maya.get(path).get_data(as_text=True), "key")
    maya.post(f"{path}/reply", key=key, text="There is a ramp. " * 20)
    assert "Take it back" in maya.get(path).get_data(as_text=True)
    at, seat = store.wall_ms(), world.seat()
    [answer] = world.db.execute("SELECT id FROM message WHERE text LIKE 'There is a ramp.%'").fetchone()
    job, why = claims.claim_next(world.db, seat, world.rules, now=at, only=answer)
    assert job is not None, why
    flight.submit(world.db, seat, job, 1, world.rules, valid_for=timedelta(hours=1), now=at)
    flight.accept(world.db, seat, flight.Accepted(job, 1, 7, at))
    flight.release(world.db, seat, job, "The network was busy.", now=at)
    assert world.state(job.message_id) == "approved"
    assert "Take it back" not in maya.get(path).get_data(as_text=True)
