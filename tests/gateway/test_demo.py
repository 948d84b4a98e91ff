"""`textbank demo`: five campaigns half-way through, made by the gateway's own acts; Vera has ten people to text who answer live."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import assignments, campaigns, enrolment, people, results, store
from gateway.commands import demo
from gateway.commands._demo_cast import LIVE
from gateway.planning import SimRoom
from gateway.policy import Limits
from gateway.rules import rules_of

ONE = [SimRoom("north", "8901", ready=True, limits=Limits(0, 200, 3000))]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, sqlite3.Connection]]:
    folder = tmp_path_factory.mktemp("demo")
    config = demo._write_config(folder, 8080)
    demo._fill(config)
    with contextlib.closing(store.connect(config.database.path)) as db:
        yield folder, db


def count(db: sqlite3.Connection, query: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {query}").fetchone()[0])


def test_it_begins_in_a_folder_of_any_name(tmp_path: Path) -> None:
    """In "My Projects" it had refused the ports of its own modems, for the space."""
    folder = tmp_path / 'My "Projects": é'
    folder.mkdir()
    ports = [station.port for station in demo._write_config(folder, 8080).stations]
    assert ports == [f"{folder}/modems/modem0", f"{folder}/modems/modem1"]


def test_one_campaign_of_each_kind_runs_and_its_first_texts_have_arrived(
    filled: tuple[Path, sqlite3.Connection],
) -> None:
    _, db = filled
    running = campaigns.everything(db)
    assert {each.kind.name for each in running} == {
        "voter",
        "event",
        "recruitment",
        "advocacy",
        "fundraising",
    }
    assert {each.language for each in running} == {"en", "es"}
    for each in running:
        assert (each.state, each.canary) == ("running", "passed")
        board = results.results(db, each, today=store.moment(store.wall_ms()).date(), now=store.wall_ms())
        assert board.delivered == 10
        assert board.answered >= 5
        assert board.board.headline
    assert count(db, "message WHERE state NOT IN ('delivered')") == 0  # nothing is half-way to a modem
    assert count(db, "target WHERE live=1 AND state='texted'") == 50
    assert count(db, "contact") == 64


def test_the_room_has_something_of_everything(filled: tuple[Path, sqlite3.Connection]) -> None:
    _, db = filled
    assert count(db, "opt_out WHERE until_at IS NULL") == 1
    assert count(db, "note") == 1
    assert count(db, "tag") == 2
    assert 5 <= count(db, "conversation WHERE waiting_at IS NOT NULL") < campaigns.Options().replies_each
    assert count(db, "conversation WHERE asks_opt_out=1") == 1
    assert count(db, "answer") > 40
    assert count(db, "inbound WHERE received_at>=(SELECT max(created_at) FROM message)") >= 5


def test_vera_takes_the_ten_who_answer_live(filled: tuple[Path, sqlite3.Connection]) -> None:
    folder, db = filled
    config = demo.load(folder / "textbank.toml")
    vera = next(each for each in people.everyone(db, now=store.wall_ms()) if each.name == "Vera")
    user = people.by_id(db, vera.id)
    hearing = next(each for each in campaigns.everything(db) if each.kind.name == "event")
    assert enrolment.progress(db, hearing.id).open == len(LIVE)
    assert assignments.take(db, hearing.id, user, rules_of(config), ONE, now=store.wall_ms()) == 10
    numbers = db.execute(
        "SELECT v.number FROM target t JOIN conversation v ON v.id=t.conversation_id WHERE t.holder_id=? AND t.state='held' ORDER BY t.id",
        [vera.id],
    )
    assert [row["number"] for row in numbers] == [f"+12025550{111 + at}" for at in range(10)]
