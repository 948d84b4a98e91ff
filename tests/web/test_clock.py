"""The time of the box on the pages: who is asked, whose browser is a voice, and what one tap does."""

import sqlite3
import time
from collections.abc import Callable

import pytest
from itsdangerous import TimestampSigner

from gateway import board, clockwords, store
from gateway.clockwords import Instant, Standing
from gateway.machineclock import SetClock, boot_id
from gateway.timekeeper import Timekeeper
from hardware.link import SystemClock
from tests.web.conftest import Visitor
from tests.web.world import World

Visit = Callable[..., Visitor]
WHY = "Nobody has told this box the time."


def instant() -> Instant:
    return Instant(store.wall_ms(), time.monotonic_ns() // 1_000_000, boot_id())


@pytest.fixture
def doubted(world: World) -> sqlite3.Connection:
    """The gateway does not trust the clock."""
    at = instant()
    clockwords.keep_standing(world.db, Standing(at.boot, at.offset_ms, "", "", WHY), at)
    return world.db


def words_of(db: sqlite3.Connection) -> list[tuple[str, float]]:
    return [(word.voice, word.ahead_s) for word in clockwords.words(db, instant())]


def test_nothing_is_asked_while_the_clock_is_trusted(visit: Visit, world: World) -> None:
    page = visit("coordinator").get("/").get_data(as_text=True)
    at = instant()
    clockwords.keep_standing(world.db, Standing(at.boot, at.offset_ms, "server", "server", WHY), at)
    again = visit("coordinator").get("/").get_data(as_text=True)
    assert "Yes, it is" not in page + again
    assert "not sure what time" not in page + again


@pytest.mark.parametrize("who", ["coordinator", "admin"])
def test_a_coordinator_confirms_the_time_with_one_tap(
    visit: Visit, doubted: sqlite3.Connection, who: str
) -> None:
    keeper = Timekeeper(SystemClock(), SetClock(boot_id(), battery=False))
    assert not keeper.trusted(doubted)
    visitor = visit(who)
    page = visitor.get("/").get_data(as_text=True)
    assert "Yes, it is" in page
    assert WHY in page or "Nobody has told this box the time" in page
    answer = visitor.post("/clock", seen=visitor.field(page, "seen"))
    assert answer.status_code == 303
    assert keeper.trusted(doubted)
    row = doubted.execute("SELECT words FROM clock_event WHERE by_id IS NOT NULL").fetchone()
    assert "confirmed" in row["words"]
    assert "Yes, it is" not in visitor.get("/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("who", "says"),
    [("volunteer", "tell one"), ("trainee", "tell one"), ("technician", "sudo date --set")],
)
@pytest.mark.usefixtures("doubted")
def test_others_are_told_why_sending_waits_and_what_to_do(visit: Visit, who: str, says: str) -> None:
    visitor = visit(who)
    page = visitor.get("/", follow_redirects=True).get_data(as_text=True)
    assert "not sure what time it is" in page
    assert says in page
    assert visitor.post("/clock", seen="1.1.x").status_code == 403


def test_a_page_that_was_left_open_confirms_nothing(visit: Visit, doubted: sqlite3.Connection) -> None:
    visitor = visit("coordinator")
    visitor.get("/")
    at = instant()
    for seen in (
        f"{at.wall_ms - 600_000}.{at.mono_ms - 600_000}.{at.boot}",
        f"{at.wall_ms - 3_600_000}.{at.mono_ms}.{at.boot}",
        f"{at.wall_ms}.{at.mono_ms}.another-boot",
    ):
        answer = visitor.post("/clock", seen=seen)
        assert answer.status_code == 409
        assert "look at the time again" in answer.get_data(as_text=True)
    for nonsense in ("", "x", "1", "²³.1.x", "1.-1.x"):
        assert visitor.post("/clock", seen=nonsense).status_code == 400
    assert not clockwords.confirmed(doubted, instant())


def test_a_coordinators_browser_is_a_voice_and_a_volunteers_is_none(
    visit: Visit, doubted: sqlite3.Connection
) -> None:
    off = str(store.wall_ms() + 7_200_000)
    coordinator = visit("coordinator")
    visit("volunteer").get("/", headers={"X-Now": off})
    visit("technician").get("/modems", headers={"X-Now": off})
    for nonsense in ("", "soon", "-5", "9" * 30, "²"):
        coordinator.get("/", headers={"X-Now": nonsense.encode().decode("latin-1")})
    assert words_of(doubted) == []
    asked = store.wall_ms()
    page = coordinator.get("/", headers={"X-Now": str(asked + 7_200_000)}).get_data(as_text=True)
    took_s = (store.wall_ms() - asked) / 1000
    [(voice, ahead_s)] = words_of(doubted)
    assert (voice, ahead_s) == ("browser", pytest.approx(7200 - took_s / 2, abs=took_s / 2 + 0.002))
    assert "The browser of" in page


def test_nobodys_time_is_kept_while_a_server_vouches(visit: Visit, world: World) -> None:
    at = instant()
    clockwords.keep_standing(world.db, Standing(at.boot, at.offset_ms, "server", "server", WHY), at)
    visit("coordinator").get("/", headers={"X-Now": str(store.wall_ms())})
    assert words_of(world.db) == []


def test_open_pages_hear_of_the_doubt_and_of_its_end(doubted: sqlite3.Connection) -> None:
    before, at = board.pulse(doubted), instant()
    clockwords.keep_standing(doubted, Standing(at.boot, at.offset_ms, "person", "person", WHY), at)
    assert board.pulse(doubted).topics(before) == ["inbox", "stations"]


@pytest.mark.parametrize("by_s", [-86_400, 60 * 86_400])
def test_a_page_that_is_open_while_the_clock_is_set_still_works(
    visit: Visit, world: World, monkeypatch: pytest.MonkeyPatch, by_s: int
) -> None:
    """Each page said that it was too old, for the form cookie came from the future, or two months ago."""
    visitor = visit("volunteer")
    message_id = world.draft("Ada", "+12025550170", "Hi. STOP to end.")
    page = visitor.get("/send").get_data(as_text=True)
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(time.time()) + by_s)
    sent = visitor.post(f"/send/{message_id}/approve", seen=visitor.field(page, "seen"))
    assert sent.status_code == 303
    assert world.db.execute("SELECT state FROM message WHERE id=?", [message_id]).fetchone()[0] == "approved"
