"""Docs that cannot drift: what the code offers is in the manual, and nothing committed names this workplace."""

import dataclasses
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gateway import config
from gateway.cli import COMMANDS, cli
from gateway.message import EVENTS, STATES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README_LINES = 60  # a screen and a half
TABLES = {
    "organisation": config.Organisation,
    "database": config.Database,
    "panel": config.Panel,
    "sending": config.Sending,
    "campaigns": config.Campaigns,
    "backup": config.Backup,
    "privacy": config.Privacy,
    "stations": config.Station,
}
KEYS = [(table, field.name) for table, kind in TABLES.items() for field in dataclasses.fields(kind)]
# Paths of one machine, package registries, and other people's tools: put together here, so that this file does not hold them.
NOT_OURS = re.compile("|".join(["/" + r"work/(main|shared)", "/" + "root/", r"\bpypi" + r"\.org", "files.python" + "hosted",
                                r"registry\.npm" + "js", r"deb\.deb" + "ian", r"\.libra" + "ry/"]))  # fmt: skip


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def with_subcommands(name: str) -> list[list[str]]:
    """A command's words, and those of each command under it."""
    command = cli.get_command(click.Context(cli), name)
    inner = command.commands if isinstance(command, click.Group) else {}
    return [[name], *([name, word] for word in inner)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_and_a_place_in_the_manual(name: str) -> None:
    manual = read("docs/commands.md")
    for words in with_subcommands(name):
        result = CliRunner().invoke(cli, [*words, "--help"], prog_name="textbank")
        assert result.exit_code == 0, result.output
        assert result.output.splitlines()[2].strip(), "its help says nothing"
        said = f"textbank {' '.join(words)}"
        assert f"`{said}" in manual
        options = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", result.output, re.MULTILINE)) - {"--help"}
        assert not [option for option in options if f"`{option}" not in manual], said


def test_the_manual_names_no_command_that_is_not_there() -> None:
    offered = {*COMMANDS, "--help", "--version", "--config"}
    wrong = [
        f"{name} speaks of textbank {word}"
        for name in ("README.md", *(path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md")))
        for word in re.findall(r"`(?:\.venv/bin/)?textbank ([a-z-]+)", read(name))
        if word not in offered
    ]
    assert not wrong


def test_the_example_configuration_loads() -> None:
    loaded = config.load(ROOT / "config.example.toml")
    assert [station.name for station in loaded.stations] == ["north"]


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_every_configuration_key_is_in_the_example_and_in_the_manual(table: str, key: str) -> None:
    example = read("config.example.toml").split(f"[{table}]", 1)[1].split("\n[", 1)[0]
    assert re.search(rf"^(# )?{key} = ", example, re.MULTILINE)
    manual = read("docs/configuration.md").split(f"[{table}]", 1)[1].split("\n## ", 1)[0]
    assert f"| `{key}` |" in manual


def test_the_example_shows_the_defaults() -> None:
    written = tomllib.loads(read("config.example.toml"))
    station = written["stations"][0]
    assert config.Station(**station) == config.Station(station["name"])
    assert config.Panel(**written["panel"]) == config.Panel()
    assert config.load(ROOT / "config.example.toml").sending == config.Sending()


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_in_the_manual(state: str) -> None:
    assert f"| `{state}` |" in read("docs/states.md")


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_in_the_manual_with_its_arrow(event: str) -> None:
    sources, target = EVENTS[event]
    row = f"| `{event}` | {', '.join(sources) or '-'} | {target} |"
    assert row in read("docs/states.md")


def test_every_fault_is_shown_by_a_test_that_is_there_or_says_why_none_is() -> None:
    rows = re.findall(r"^\| F(\d+) \| [^|]+ \| [^|]+ \| (.+) \|$", read("docs/faults.md"), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 95))
    wrong = []
    for number, proof in rows:
        named = re.findall(r"`(tests/[a-z_0-9/]+\.py)::(test_\w+)`", proof)
        wrong += [f"F{number}: {path}::{name}" for path, name in named
                  if not (ROOT / path).exists() or f"def {name}(" not in read(path)]  # fmt: skip
        if not named and not re.match(r"none: .{20,}", proof):
            wrong.append(f"F{number} has neither a test nor a reason")
    assert not wrong


def test_the_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) <= README_LINES


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_links_in_the_manual_lead_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in tracked()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
        if "://" not in target and not (path.parent / target).exists()
    ]
    assert not broken


def test_every_page_of_the_manual_is_in_its_index() -> None:
    index = read("docs/index.md")
    missing = [
        path.name for path in DOCS.glob("*.md") if path.name != "index.md" and f"({path.name})" not in index
    ]
    assert not missing


def test_nothing_names_a_machine_or_a_registry() -> None:
    wrong = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a font
        wrong += [f"{path.relative_to(ROOT)}: {match[0]}" for match in NOT_OURS.finditer(text)]
    assert not wrong


def test_both_locks_agree() -> None:
    """The tests run on what the product runs on."""
    pins = {name: set(re.findall(r"^([a-z0-9-]+==\S+)", read(name), re.MULTILINE)) for name in ("requirements.lock",
            "requirements-dev.lock")}  # fmt: skip
    assert pins["requirements.lock"] <= pins["requirements-dev.lock"]
    assert "--hash=sha256:" in read("requirements.lock")


@pytest.mark.parametrize(
    ("more", "why"), [(["--quick"], "measures nothing"), ([], "a new date over old figures")]
)
def test_the_manuals_figures_are_only_replaced_by_such(more: list[str], why: str) -> None:
    """A quick run of five texts went into the manual, and any other part put its day and machine over the figures of before."""
    before = (DOCS / "bench.md").read_bytes()
    command = [sys.executable, "-m", "bench", "codec", "--write", *more]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (DOCS / "bench.md").read_bytes() == before
    assert told.returncode == 2
    assert why in told.stderr
