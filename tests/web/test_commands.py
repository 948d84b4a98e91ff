"""`textbank init` and `textbank user`: people from the command line."""

import json
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway import conversations, damage, listening, lock, runs, store
from gateway.cli import cli
from gateway.errors import Refused
from tests.web.world import CONFIG, World
from web import create_app

Run = Callable[..., Result]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "textbank.toml"
    path.write_text(CONFIG.format(port=8080, undo=5, quiet_from="20:00", quiet_until="09:00"))
    return path


@pytest.fixture
def run(source: Path) -> Run:
    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(source), *words])

    return invoke


def test_init_makes_the_database_the_admin_and_a_link_that_works(run: Run, source: Path) -> None:
    made = json.loads(run("init", "--admin", "Maya", "--json").stdout)
    assert made["admin"] == "Maya"
    assert "no more texts" in made["confirmation"]
    path = made["link"].removeprefix("http://127.0.0.1:8080")
    page = create_app(source).test_client().get(path).get_data(as_text=True)
    assert "Hello, <bdi>Maya</bdi>" in page
    db = store.connect(source.parent / "textbank.db")
    assert (
        db.execute("SELECT act FROM ledger").fetchone()["act"] == "standing"
    )  # the words of the confirmation
    db.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_made_by_init_the_gateway_can_open(run: Run, source: Path) -> None:
    """`sudo textbank init` made a database of root's in the folder of the user that runs Textbank, whose gateway then stopped."""
    os.chown(source.parent, 65534, 65534)
    assert run("init").exit_code == 0
    made = list(source.parent.glob("textbank.db*"))
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(65534, 65534)}


def test_init_twice_changes_nothing(run: Run) -> None:
    assert run("init").exit_code == 0
    again = run("init", "--admin", "Eve")
    assert again.exit_code == 1
    assert "is there already" in again.stderr
    assert "user invite" in again.stderr
    assert [person["name"] for person in json.loads(run("user", "list", "--json").stdout)] == ["Admin"]


def test_an_init_that_is_refused_leaves_no_admin_behind(run: Run) -> None:
    """The admin was there already, without a link and without the words that who opts out gets, and a second init was refused."""
    refused = run("init", "--confirmation", "x" * 161)
    assert (refused.exit_code, "1 to 160 characters" in refused.stderr) == (1, True)
    made = json.loads(run("init", "--json").stdout)
    assert made["admin"] == "Admin"
    assert made["confirmation"]


def test_init_for_people_says_what_to_do_next(run: Run) -> None:
    said = run("init").stdout
    for part in ("Sign-in link for Admin", "works once", "this machine only", "textbank run"):
        assert part in said


def test_init_before_a_start_does_not_ask_for_one(run: Run) -> None:
    said = run("init", "--before-start").stdout
    assert "Textbank starts now" in said
    assert "textbank run" not in said


def test_init_waits_for_no_running_gateway(run: Run, source: Path) -> None:
    with lock.gateway(source.parent / "textbank.db"):
        refused = run("init")
    assert refused.exit_code == 1
    assert "already runs" in refused.stderr


def test_a_second_run_names_the_first_and_not_its_port(
    run: Run, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the two services it advised to end the program that has the port, or to take another."""

    def taken(*_: object) -> None:
        raise Refused("That port is taken.")

    monkeypatch.setattr(listening, "bound", taken)
    assert run("init").exit_code == 0
    with lock.gateway(source.parent / "textbank.db"):
        assert "already runs" in run("run").stderr


def test_a_database_that_is_made_in_the_place_of_one_that_was_removed_is_a_new_one(
    run: Run, source: Path
) -> None:
    """Removed under a running gateway, it was awaited for ever; and with people in it before the first start it was an older copy."""
    path = source.parent / "textbank.db"
    run("init")
    with lock.gateway(path) as hold:
        hold.count(7)
    path.unlink()
    damage.note_if_other(path, (0, 0), now=store.wall_ms())
    assert "moved away" in run("user", "list").stderr, "and not that one could be made"
    assert run("init").exit_code == 0
    with lock.gateway(path) as hold, closing(store.connect(path)) as db:
        assert damage.fit_to_start(path, hold, now=store.wall_ms())
        conversations.ensure(db, "+12025550141", now=store.wall_ms())
        assert not runs.is_older(db, hold)


def test_people_come_and_go(run: Run) -> None:
    run("init")
    made = json.loads(run("user", "add", "Zoë", "--role", "volunteer", "--json").stdout)
    assert made["role"] == "volunteer"
    assert "/s/" in made["link"]
    link = json.loads(run("user", "invite", "zoë", "--json").stdout)["link"]
    assert link != made["link"]
    gone = json.loads(run("user", "disable", "Zoë", "--json").stdout)
    assert gone == {"name": "Zoë", "disabled": True, "yet_to_leave": 0}
    listed = {
        person["name"]: person["disabled"] for person in json.loads(run("user", "list", "--json").stdout)
    }
    assert listed == {"Admin": False, "Zoë": True}
    assert "Zoë" in run("user", "list").stdout
    assert run("user", "invite", "Zoë").exit_code == 1


def test_whoever_shuts_somebody_out_by_a_command_is_told_what_can_still_leave(world: World) -> None:
    """It left the next morning; only the page had told."""
    world.approve(world.draft("Rosa", "+12025550147", "Hello"))
    said = CliRunner().invoke(cli, ["--config", str(world.source), "user", "disable", "Maya"]).stdout
    assert "1 text that they approved can still leave: a coordinator takes them back" in said


def test_whoever_erases_somebody_reads_whom_before_it_is_done(world: World) -> None:
    """One wrong digit erased somebody else, whom the question did not name."""
    world.draft("Rosa Delgado", "+12025550147", "Hello")
    words = ["--config", str(world.source), "erase", "(202) 555-0147"]
    asked = CliRunner().invoke(cli, words, input="n\n")
    assert "Erase Rosa Delgado at +12025550147?" in asked.output
    assert world.conversation("+12025550147")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("user", "add", "admin", "--role", "volunteer"), 1, "already"),
        (("user", "add", " ", "--role", "volunteer"), 1, "Give a name"),
        (("user", "add", "X", "--role", "king"), 2, "king"),
        (("user", "invite", "Nobody"), 1, "nobody called"),
        (("user", "disable", "Admin"), 1, "only admin"),
        (("user",), 2, "Commands"),
    ],
)
def test_what_cannot_be_done_is_said(run: Run, words: tuple[str, ...], code: int, said: str) -> None:
    run("init")
    refused = run(*words)
    assert refused.exit_code == code
    assert said in refused.output


def test_without_a_database_it_says_how_to_make_one(run: Run) -> None:
    refused = run("user", "list")
    assert refused.exit_code == 1
    assert "textbank init" in refused.stderr
