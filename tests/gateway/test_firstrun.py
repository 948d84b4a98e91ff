"""The first `make run`: a configuration and a database out of nothing, and never over something."""

import contextlib
import io
import socket
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import config, people, schema, store
from gateway.commands import firstrun

IMEI = "356938035643809"
Run = Callable[..., None]


@pytest.fixture
def run(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """main(), in an empty folder; `typed` is what somebody at the terminal answers. The page's port is free, as 8080 may not be here."""
    example = tmp_path_factory.mktemp("example") / "config.example.toml"
    lines = firstrun.EXAMPLE.read_text().splitlines(keepends=True)
    lines[lines.index("port = 8080\n")] = f"port = {free_port}\n"
    example.write_text("".join(lines))
    monkeypatch.setattr(firstrun, "EXAMPLE", example)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TEXTBANK_CONFIG", raising=False)
    monkeypatch.setenv("LANG", "de_AT.UTF-8")
    monkeypatch.setattr(config, "SYSTEM_WIDE", tmp_path / "none.toml")
    monkeypatch.setattr(firstrun, "cli", lambda words, prog_name: print("INIT", *words))
    monkeypatch.setattr(firstrun, "machine_zone", lambda: "Europe/Vienna")

    def main(
        modems: tuple[tuple[str, str], ...] = (), typed: str | None = None, *, closed: bool = False
    ) -> None:
        monkeypatch.setattr(firstrun, "attached", lambda: list(modems))
        terminal = io.StringIO(typed or "")
        terminal.isatty = lambda: typed is not None  # type: ignore[method-assign]
        monkeypatch.setattr("sys.stdin", None if closed else terminal)
        firstrun.main()

    return main


@pytest.mark.parametrize("closed", [False, True])
def test_nobody_at_the_terminal(run: Run, capsys: pytest.CaptureFixture[str], closed: bool) -> None:
    run(closed=closed)
    loaded = config.load(Path("textbank.toml"))
    assert [station.port for station in loaded.stations] == [None]
    assert Path("textbank.toml").stat().st_mode & 0o077 == 0
    said = capsys.readouterr().out
    assert "textbank.toml was made from the example, with one station, which takes the first modem" in said
    assert "INIT --config textbank.toml init --before-start" in said


def test_no_new_database_is_made_in_the_place_of_one_that_was_lost(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make run` made an empty one, and nobody was told that a backup could be put back."""
    run()
    capsys.readouterr()
    journal = config.load(Path("textbank.toml")).database.path.with_name("textbank.db.acts")
    journal.write_text("what was done\n")
    run()
    assert capsys.readouterr().out == ""


def test_a_person_is_asked_until_each_answer_is_good(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run(((IMEI, "/dev/ttyUSB2"), ("", "/dev/ttyACM0")), 'Mieter "Süd" \\1\nOst\n\nMars\n\n')
    loaded = config.load(Path("textbank.toml"))
    assert loaded.organisation == config.Organisation('Mieter "Süd" \\1', "AT", "Europe/Vienna")
    assert [(station.name, station.imei, station.port) for station in loaded.stations] == [
        ("modem1", IMEI, None),  # found in whatever socket it is
        ("modem2", "", "/dev/ttyACM0"),
    ]
    assert capsys.readouterr().out.count("Allowed is ") == 2


def test_what_is_written_speaks_of_itself_and_is_in_line(run: Run) -> None:
    run(((IMEI, "/dev/ttyUSB2"), ("", "/dev/ttyACM0")), "Elm\nUS\nEurope/Berlin\n")
    lines = Path("textbank.toml").read_text().splitlines()
    assert "made by the first `make run`" in lines[0]
    assert "Copy it" not in "\n".join(lines)
    comments = {
        line.index(" # ")
        for line in lines
        if " # " in line and not line.startswith("#") and "driver" not in line
    }
    assert comments == {30}


def test_a_panel_whose_port_is_taken_is_told_before_a_link_is_made(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        Path("textbank.toml").write_text(f"[panel]\nport = {taken.getsockname()[1]}\n")
        with pytest.raises(SystemExit):
            run()
    said = capsys.readouterr()
    assert "The page cannot listen on 127.0.0.1" in said.err
    assert "INIT" not in said.out
    run()  # the port is free now
    assert "INIT" in capsys.readouterr().out


def test_while_nobody_has_signed_in_the_next_start_says_how_to_get_a_link(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("textbank.toml").write_text("")
    with contextlib.closing(store.connect(Path("textbank.db"))) as db:
        schema.migrate(db)
        admin = people.create(db, "Ana María", "admin", now=1)
        run()
        assert "`.venv/bin/textbank user invite 'Ana María'` prints another" in capsys.readouterr().out
        db.execute(
            "INSERT INTO session (user_id, token_hash, created_at, seen_at, expires_at) VALUES (?,x'00',1,1,2)",
            [admin.id],
        )
    run()
    assert capsys.readouterr().out == ""


def test_what_is_there_is_not_touched(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    Path("textbank.toml").write_text("[panel]\nport = 81\n")
    Path("textbank.db").touch()
    run()
    assert tomllib.loads(Path("textbank.toml").read_text()) == {"panel": {"port": 81}}
    assert capsys.readouterr().out == ""


def test_a_bad_configuration_is_told_and_nothing_is_made(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("textbank.toml").write_text("[panel]\nport = 0\n")
    with pytest.raises(SystemExit):
        run()
    said = capsys.readouterr()
    assert said.err.startswith("textbank.toml:2: panel.port: found 0;")
    assert "INIT" not in said.out
