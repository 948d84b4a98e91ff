"""The *Send* screen: one press is one approval of exactly what was on the screen."""

import re
from collections.abc import Callable

import pytest

from gateway import optouts, outbox, store
from tests.web.conftest import Visitor
from tests.web.world import HELLO, LONG, World

Visit = Callable[..., Visitor]
ROSA = "+12025550147"


@pytest.fixture
def rosa(world: World) -> int:
    return world.draft("Rosa Delgado", ROSA, HELLO)


def test_the_card_says_who_what_and_how_long(rosa: int, visit: Visit) -> None:
    page = visit().get("/send").get_data(as_text=True)
    assert "Rosa Delgado</h1>" in page
    assert "number ends in 47" in page
    assert 'Send to</span> <bdi class="clip">Rosa</bdi>' in page
    assert "<mark>Rosa</mark>" in page
    assert f"1 text, {len(HELLO.format(name='Rosa'))} of 160" in page
    assert "1 of 1" in page
    assert "quiet time" not in page


def test_one_press_is_one_approval_however_often_it_arrives(world: World, rosa: int, visit: Visit) -> None:
    maya = visit()
    page = maya.get("/send").get_data(as_text=True)
    seen = maya.field(page, "seen")
    for _ in range(3):
        assert maya.post(f"/send/{rosa}/approve", seen=seen).headers["Location"] == "/send"
    assert world.state(rosa) == "approved"
    assert world.db.execute("SELECT count(*) FROM ledger WHERE act='approve'").fetchone()[0] == 1


@pytest.mark.parametrize("ending", ["failed", "uncertain"])
def test_an_old_card_of_a_text_that_did_not_go_is_not_approved_again(
    world: World, rosa: int, visit: Visit, ending: str
) -> None:
    """The Back button, and Send once more: it said “Approved”, and nothing ever left."""
    maya = visit()
    seen = maya.field(maya.get("/send").get_data(as_text=True), "seen")
    world.approve(rosa)
    world.fly(ending)
    page = maya.post(f"/send/{rosa}/approve", follow=True, seen=seen).get_data(as_text=True)
    assert "Approved for Rosa" not in page
    assert f"is {ending}" in page


def test_words_that_changed_meanwhile_do_not_go_out(world: World, rosa: int, visit: Visit) -> None:
    maya = visit()
    seen = maya.field(maya.get("/send").get_data(as_text=True), "seen")
    now = store.wall_ms()
    outbox.edit(
        world.db, rosa, "Other words", by=world.users["volunteer"], seen=seen, rules=world.rules, now=now
    )
    page = maya.post(f"/send/{rosa}/approve", follow=True, seen=seen).get_data(as_text=True)
    assert world.state(rosa) == "awaiting"
    assert "Read it again, then decide" in page
    assert "Other words" in page


def test_the_page_can_tell_that_a_card_came_to_have_other_words(
    world: World, rosa: int, visit: Visit
) -> None:
    """Drawn anew it took the tap or the key that was meant for the words before: fingers and keys rest by what stands there, not by whose it is."""
    before = (maya := visit()).get("/send").get_data(as_text=True)
    seen, now = maya.field(before, "seen"), store.wall_ms()
    assert f'data-words="{seen}"' in before
    outbox.edit(
        world.db, rosa, "Other words", by=world.users["volunteer"], seen=seen, rules=world.rules, now=now
    )
    after = maya.get("/send").get_data(as_text=True)
    assert f'data-words="{maya.field(after, "seen")}"' in after
    assert f'data-words="{seen}"' not in after
    assert "newer.dataset.words !== older.dataset.words" in maya.get("/static/page.js").get_data(as_text=True)


def test_somebody_who_asked_to_stop_meanwhile_gets_nothing(world: World, rosa: int, visit: Visit) -> None:
    maya = visit()
    seen = maya.field(maya.get("/send").get_data(as_text=True), "seen")
    world.receive(ROSA, "STOP")
    page = maya.post(f"/send/{rosa}/approve", follow=True, seen=seen).get_data(as_text=True)
    assert world.state(rosa) == "withdrawn"
    assert "did not go out" in page
    assert "Rosa Delgado asked to stop" in page


def test_two_people_never_see_the_same_card(world: World, rosa: int, visit: Visit) -> None:
    maya, sam = visit("volunteer"), visit("other")
    assert "Rosa" in maya.get("/send").get_data(as_text=True)
    assert "Rosa" not in sam.get("/send").get_data(as_text=True)
    for path in (f"/send/{rosa}/edit", f"/inbox/{world.conversation(ROSA)}"):
        answer = sam.get(path)
        assert answer.status_code == 409
        assert "Maya</bdi> has this conversation now" in answer.get_data(as_text=True)
    row = outbox.load(world.db, rosa)
    page = sam.post(f"/send/{rosa}/approve", follow=True, seen=outbox.seen(row)).get_data(as_text=True)
    assert "Nothing was sent twice" in page
    assert world.state(rosa) == "awaiting"


@pytest.mark.parametrize("act", ["skip", "later"])
def test_nobody_decides_about_somebody_elses_card(world: World, rosa: int, visit: Visit, act: str) -> None:
    maya, sam = visit("volunteer"), visit("other")
    maya.get("/send")
    page = sam.post(f"/send/{rosa}/{act}", follow=True).get_data(as_text=True)
    assert "Somebody else has this text now" in page
    assert world.card("volunteer").id == rosa


def test_skip_and_later(world: World, rosa: int, visit: Visit) -> None:
    luis = world.draft("Luis", "+12025550148", HELLO)
    maya = visit()
    maya.get("/send")
    page = maya.post(f"/send/{rosa}/later", follow=True).get_data(as_text=True)
    assert f'data-card="{luis}"' in page
    assert "Rosa comes back later." in page
    page = maya.post(f"/send/{luis}/skip", follow=True).get_data(as_text=True)
    assert world.state(luis) == "skipped"
    assert f'data-card="{rosa}"' in page


def test_undo_brings_the_card_back(tmp_path: object, rosa: int, world: World, visit: Visit) -> None:
    maya = visit()
    maya.post(f"/send/{rosa}/approve", seen=maya.field(maya.get("/send").get_data(as_text=True), "seen"))
    page = maya.post(f"/send/{rosa}/undo", follow=True).get_data(as_text=True)
    assert world.state(rosa) == "awaiting"
    assert "Taken back. Nothing went out." in page
    assert f'data-card="{rosa}"' in page


@pytest.mark.parametrize("act", ["approve", "skip"])
def test_an_undo_that_comes_twice_is_one(world: World, rosa: int, visit: Visit, act: str) -> None:
    """The browser sends again what got no answer: it said that nothing could be undone, and the text was taken back."""
    maya = visit()
    maya.post(f"/send/{rosa}/{act}", seen=maya.field(maya.get("/send").get_data(as_text=True), "seen"))
    for _ in range(2):
        page = maya.post(f"/send/{rosa}/undo", follow=True, act=act).get_data(as_text=True)
        assert "Taken back." in page
        assert world.state(rosa) == "awaiting"


@pytest.mark.parametrize("path", ["/send", "/inbox/{}"])
def test_a_group_without_undo_time_sees_its_page_while_a_text_is_approved(
    world: World, rosa: int, visit: Visit, path: str
) -> None:
    """What another request approved after this one had begun was divided by no time: "Something broke here"."""
    world.approve(rosa, ago_ms=-60_000)  # also of a clock that stepped back
    answer = visit().get(path.format(world.conversation(ROSA)))
    assert answer.status_code == 200
    assert 'id="toast"' not in answer.get_data(as_text=True)


def test_undo_that_comes_too_late_says_so(world: World, rosa: int, visit: Visit) -> None:
    maya = visit()
    world.approve(rosa)
    world.fly("sent")
    page = maya.post(f"/send/{rosa}/undo", follow=True).get_data(as_text=True)
    assert "too late to undo" in page
    assert world.state(rosa) == "sent"


def test_changed_words_are_shown_and_then_sent(world: World, rosa: int, visit: Visit) -> None:
    maya = visit()
    page = maya.get(f"/send/{rosa}/edit").get_data(as_text=True)
    answer = maya.post(
        f"/send/{rosa}/edit", follow=True, seen=maya.field(page, "seen"), text="Hi Rosa,\r\nSee you?"
    )
    assert "Hi <mark>Rosa</mark>,\nSee you?" in answer.get_data(as_text=True)
    assert outbox.load(world.db, rosa)["text"] == "Hi Rosa,\nSee you?"


@pytest.mark.parametrize(
    ("text", "said"),
    [("  ", "empty"), ("x" * 4000, "too long"), ("a\x00b", "control character"), ("\u202e" * 3, "")],
)
def test_words_that_cannot_be_sent_come_back_with_the_reason(
    world: World, rosa: int, visit: Visit, text: str, said: str
) -> None:
    maya = visit()
    page = maya.get(f"/send/{rosa}/edit").get_data(as_text=True)
    answer = maya.post(f"/send/{rosa}/edit", follow=True, seen=maya.field(page, "seen"), text=text)
    assert said in answer.get_data(as_text=True)
    assert answer.status_code in (200, 409)


def test_a_trainees_own_words_wait_for_a_coordinator(world: World, rosa: int, visit: Visit) -> None:
    theo, cleo = visit("trainee"), visit("coordinator")
    page = theo.get(f"/send/{rosa}/edit").get_data(as_text=True)
    page = theo.post(
        f"/send/{rosa}/edit", follow=True, seen=theo.field(page, "seen"), text="My own words"
    ).get_data(as_text=True)
    assert "<p>Kept. A coordinator reads it before it goes.</p>" in page
    assert f'data-card="{rosa}"' not in page
    theo.post(f"/send/{rosa}/approve", seen=outbox.seen(outbox.load(world.db, rosa)))
    assert world.state(rosa) == "awaiting"
    page = cleo.get(f"/send?card={rosa}").get_data(as_text=True)
    cleo.post(f"/send/{rosa}/approve", seen=outbox.seen(outbox.load(world.db, rosa)))
    assert world.state(rosa) == "approved", page


def test_the_ruler_counts_as_the_modem_will(visit: Visit) -> None:
    maya = visit()
    for text, said in (
        ("abc", "1 text, 3 of 160"),
        ("é€" * 5, "1 text, 15 of 160"),
        ("я" * 71, "2 texts in one, 63 left"),
        (LONG, "2 texts in one"),
    ):
        answer = maya.post("/send/count", text=text).get_data(as_text=True)
        assert said in re.sub(r"\s+", " ", answer), (text, answer)


def test_a_name_with_markup_is_only_a_name(world: World, visit: Visit) -> None:
    world.draft("<script>alert(1)</script>", "+12025550160", "Hi <b>you</b> & <script>alert(1)</script>")
    page = visit().get("/send").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_nothing_to_send_is_said_calmly(visit: Visit) -> None:
    page = visit().get("/send").get_data(as_text=True)
    assert "Nothing waits for a Send" in page


def test_an_opted_out_person_is_no_card(world: World, rosa: int, visit: Visit) -> None:
    conversation = world.conversation(ROSA)
    optouts.opt_out(
        world.db,
        conversation,
        source="volunteer",
        by=world.users["volunteer"],
        reason="",
        now=store.wall_ms(),
    )
    assert "Nothing waits for a Send" in visit().get(f"/send?card={rosa}").get_data(as_text=True)


def test_whoever_may_have_been_texted_already_is_also_said_to_get_the_same_words_twice(
    rosa: int, visit: Visit, world: World
) -> None:
    """A file's row stood there twice, after a restore: the card of the second hid that the first had been approved."""
    again = world.draft("Rosa Delgado", ROSA, HELLO)
    world.db.execute("UPDATE conversation SET perhaps_texted_at=?", [store.wall_ms()])
    outbox.approve(
        world.db,
        rosa,
        by=world.users["volunteer"],
        seen=outbox.seen(outbox.load(world.db, rosa)),
        rules=world.rules,
        now=store.wall_ms(),
    )
    page = visit().get(f"/send?card={again}").get_data(as_text=True)
    assert "may have been texted already" in page
    assert "The same words were approved for this person already" in page
