"""A program that asked for --json and reads stdout finds why it was refused there, in one shape for every command; it may name the
configuration before a command and behind it.
"""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gateway.cli import cli
from tests.gateway.test_commands import Shell
from tests.gateway.test_hostile_commands import ALL, arguments

JSON = {words: each for words, each in ALL.items() if any("--json" in p.opts for p in each.params)}
TOLD = {words for words in JSON if words[0] not in ("virtual", "pdu", "segments")}  # these need no database


def refused(code: int, *words: str) -> str:
    result = CliRunner().invoke(cli, words, input="")
    assert result.exit_code == code, result.output
    found = json.loads(result.stdout)
    assert list(found) == ["error"]
    return str(found["error"])


@pytest.mark.parametrize("words", sorted(TOLD - {("doctor",)}), ids=" ".join)
def test_a_refusal_is_one_document_too(
    tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bad = tmp_path / "bad.toml"
    bad.write_text("[panel]\nport = 0\n")
    given = {("send",): ["--to", "+12025550151", "--text", "x"], ("user", "add"): ["Vera", "--role", "admin"]}
    needed = given.get(words) or arguments(JSON[words], click.Option(["--none"]), "", tmp_path)
    assert "bad.toml:2: panel.port" in refused(1, "--config", str(bad), *words, *needed, "--json")


def test_a_database_that_is_not_there_and_a_question_that_nobody_answers(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    at = ("--config", str(shell.path))
    assert "Nothing was changed" in refused(1, *at, "erase", "+12025550151", "--json")
    assert "Nobody" in refused(1, *at, "user", "invite", "Nobody", "--json")
    shell.database.unlink()
    assert "textbank init" in refused(1, *at, "stations", "--json")


@pytest.mark.parametrize("words", sorted(JSON), ids=" ".join)
def test_bad_usage_is_one_document_too(words: tuple[str, ...]) -> None:
    assert "No such option" in refused(2, *words, "--json", "--wrong")


def test_bad_usage_in_front_of_the_command_is_one_document_too() -> None:
    assert "No such option" in refused(2, "--json", "stations")
    assert "No such command" in refused(2, "station", "--json")
    assert "Missing" in refused(2, "user", "add", "Vera", "--json")


def test_modems_that_cannot_be_made_are_one_document_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway", "virtual", "--dir", str(tmp_path / ("x" * 120)), "--json"]
    told = subprocess.run(command, capture_output=True, check=False)  # in here it would hold back our signals
    assert (told.returncode, list(json.loads(told.stdout))) == (1, ["error"])


@pytest.mark.parametrize("words", [["outbox", "--json"], ["user", "list", "--json"]])
def test_the_configuration_may_be_named_behind_the_command(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(tmp_path)
    monkeypatch.setenv("TEXTBANK_CONFIG", str(shell.path.with_name("another.toml")))
    named = CliRunner().invoke(cli, [*words, "--config", str(shell.path)])
    assert (named.exit_code, named.stdout) == (0, shell.run(*words).stdout), named.output
