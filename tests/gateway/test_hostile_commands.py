"""The command line with words, files and streams that nobody should give it: a sentence and an exit code, never a traceback or a full memory."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from gateway.cli import cli
from gateway.commands import modems
from tests.gateway.clinic import UNPRIVILEGED
from tests.gateway.test_commands import Shell

HOSTILE = ("\udcff\udcfe", "x" * 30_000, "\x1b[2J\u202e", "-1", "9" * 400, "/dev/null/x", "/", "", "٣", "NaN")
LASTING = {"run", "gateway", "panel", "demo", "virtual"}  # with a bad configuration only: they go on for ever
MOST_MB = 400


def commands(
    group: click.Group, name: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it."""
    context = click.Context(group)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*name, word))
        else:
            yield (*name, word), command


def arguments(command: click.Command, hostile: click.Parameter, value: str, folder: Path) -> list[str]:
    """What the command needs, with this value for one parameter."""
    usual = {"ids": "1", "file": str(folder / "file"), "folder": str(folder / "folder")}
    words = []
    for parameter in command.params:
        if parameter is not hostile and not (parameter.required or isinstance(parameter, click.Argument)):
            continue
        given = value if parameter is hostile else usual.get(parameter.name or "", "Volunteer")
        words += [parameter.opts[0], given] if isinstance(parameter, click.Option) else [given]
    return words


ALL = dict(commands(cli))


@pytest.mark.parametrize("words", [words for words in ALL if words[0] not in LASTING], ids=" ".join)
def test_no_word_ends_a_command_with_a_traceback(
    tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some words are good names of files
    shell, command = Shell(tmp_path), ALL[words]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.is_flag:
            continue
        for value in HOSTILE:
            given = arguments(command, parameter, value, tmp_path)
            found = CliRunner().invoke(cli, ["--config", str(shell.path), *words, *given], input="\n")
            ended = found.exception is None or isinstance(found.exception, SystemExit)
            assert ended, (words, parameter.name, value[:20], found.exception)
            assert "Traceback" not in found.output
            assert "\x1b" not in found.output, (words, parameter.name)


@pytest.mark.parametrize("kind", ["folder", "/dev/zero", "binary", "nul"])
def test_no_configuration_ends_a_command_with_a_traceback(tmp_path: Path, kind: str) -> None:
    bad = tmp_path / "bad.toml"
    if kind == "binary":
        bad.write_bytes(os.urandom(100_000))
    elif kind == "nul":
        bad.write_bytes(b'[organisation]\nname = "a\0b"\n')
    where = str(bad) if bad.exists() else kind if kind.startswith("/") else str(tmp_path)
    for words, command in ALL.items():
        given = [
            word for p in command.params if isinstance(p, click.Argument) and p.required for word in ("1",)
        ]
        needed = [
            w for p in command.params if isinstance(p, click.Option) and p.required for w in (p.opts[0], "x")
        ]
        if words[0] in ("pdu", "segments", "virtual", "demo"):
            continue  # they read no configuration
        found = CliRunner().invoke(cli, ["--config", where, *words, *given, *needed], input="\n")
        assert found.exit_code in (1, 2), (words, found.output, found.exception)
        assert isinstance(found.exception, SystemExit), (words, found.exception)


def bounded(shell: Shell | None, *words: str, stdin: str = "/dev/null") -> subprocess.CompletedProcess[bytes]:
    """A real process with little memory; its input is a file."""
    most = MOST_MB * 1_000_000
    config = ["--config", str(shell.path)] if shell else []
    with open(stdin, "rb") as given:
        return subprocess.run(
            [sys.executable, "-m", "gateway", *config, *words],
            stdin=given,
            capture_output=True,
            timeout=60,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most)),
        )


@pytest.mark.parametrize(
    "words", [("pdu", "-"), ("segments", "-"), ("approve", "--as", "Volunteer", "-")], ids=" ".join
)
def test_an_endless_input_fills_no_memory(tmp_path: Path, words: tuple[str, ...]) -> None:
    """`textbank pdu -` waited for the end of a line that never ended."""
    ended = bounded(Shell(tmp_path), *words, stdin="/dev/zero")
    assert ended.returncode == 1, ended.stderr[-500:]
    assert b"Traceback" not in ended.stderr
    assert ended.stderr.strip()


def test_an_endless_and_a_huge_csv_fill_no_memory(tmp_path: Path) -> None:
    """`send --csv /dev/zero` took all the memory that there was."""
    shell, huge = Shell(tmp_path), tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.write(b"to,text\n")
        file.truncate(200_000_000)
    for path in ("/dev/zero", str(huge)):
        ended = bounded(shell, "send", "--csv", path)
        assert ended.returncode == 1, ended.stderr[-500:]
        assert b"larger than 32 MB. Split it. Nothing was queued." in ended.stderr


@pytest.mark.parametrize(
    "octets",
    [
        b"to,text\n+12025550123,a\0b\n",
        b"to,text\n\xff,x\n",
        b"\0" * 5000,
        b'to,text\n"+1202',
        b"to,text\n" + b"x," * 9999,
        os.urandom(3000),
    ],
    ids=["nul", "not utf-8", "only nul", "open quote", "wide", "random"],
)
def test_a_csv_of_nonsense_is_refused_in_words(tmp_path: Path, octets: bytes) -> None:
    shell = Shell(tmp_path)
    (tmp_path / "list.csv").write_bytes(octets)
    found = shell.run("send", "--csv", str(tmp_path / "list.csv"))
    assert found.exit_code == 1
    assert isinstance(found.exception, SystemExit), found.exception
    assert "Nothing was queued" in found.stderr
    assert shell.json("outbox") == []


def on_a_latin_terminal(shell: Shell, *words: str) -> subprocess.CompletedProcess[bytes]:
    """The real command where LANG names a locale of one octet a character, as de_DE.ISO-8859-1."""
    latin = {**os.environ, "PYTHONIOENCODING": "iso-8859-1"}
    command = [sys.executable, "-m", "gateway", "--config", str(shell.path), *words]
    return subprocess.run(command, env=latin, capture_output=True, check=False)


def test_a_terminal_that_lacks_a_character_does_not_hide_that_a_text_was_queued(tmp_path: Path) -> None:
    """It was queued, and `send` said "Nothing was changed; write it anew": whoever did had two texts for one person."""
    shell = Shell(tmp_path)
    sent = on_a_latin_terminal(shell, "send", "--to", "+12025550123", "--text", "“Да” 🎉 ä", "--json")
    assert (sent.returncode, sent.stderr) == (0, b"")
    assert json.loads(sent.stdout.decode("ascii"))[0]["text"] == "“Да” 🎉 ä"
    shown = on_a_latin_terminal(shell, "outbox")
    assert (shown.returncode, b"\\u0414" in shown.stdout, "ä".encode("iso-8859-1") in shown.stdout) == (
        0,
        True,
        True,
    )


def test_a_refusal_with_quotes_that_a_terminal_lacks_is_no_traceback(tmp_path: Path) -> None:
    refused = on_a_latin_terminal(Shell(tmp_path), "approve", "1", "--as", "nobody")
    assert (refused.returncode, b"Traceback" in refused.stderr) == (1, False)
    assert b"There is nobody called" in refused.stderr


@pytest.mark.parametrize(
    "words", [("send", "--to", "+12025550123", "--text", "Hi"), ("doctor",), ("pdu", "00")]
)
def test_an_answer_that_a_full_disk_does_not_take_is_no_refusal(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    """The text was queued; `send` asked for another file, and `doctor` and `pdu` ended in a traceback; then all with Python's code 120."""
    command = [sys.executable, "-m", "gateway", "--config", str(Shell(tmp_path).path), *words]
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with open("/dev/full", "wb") as full:
        told = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, env=usual)
    assert (told.returncode, b"Traceback" in told.stderr) == (1, False)
    assert b"Exception ignored" not in told.stderr
    assert b"may have been done: look before" in told.stderr
    with open("/dev/full", "wb") as full:  # as `>>log 2>&1` of a nightly call
        assert subprocess.run(command, stdout=full, stderr=full, check=False, env=usual).returncode == 1


@pytest.mark.parametrize("words", [("approve", "-", "--as", "Volunteer"), ("pdu", "-"), ("segments", "-")])
def test_a_closed_standard_input_is_an_empty_one(tmp_path: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "gateway", "--config", str(Shell(tmp_path).path), *words]
    told = subprocess.run(["sh", "-c", '"$@" <&-', "sh", *command], capture_output=True, check=False)
    assert (told.returncode, told.stderr) == (0, b"")


def test_backups_that_may_not_be_seen_are_not_said_to_be_none(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell.run("backup").exit_code == 0
    (tmp_path / "backups").chmod(0)
    command = [sys.executable, "-m", "gateway", "--config", str(shell.path), "backup", "--list", "--json"]
    told = subprocess.run([*UNPRIVILEGED, *command], capture_output=True, check=False)
    (tmp_path / "backups").chmod(0o700)
    assert (told.returncode, list(json.loads(told.stdout))) == (1, ["error"])
    assert b"may not look into" in told.stderr


def test_ctrl_c_at_a_self_test_that_has_begun_says_that_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """“Aborted!”, and its text left a minute later."""

    def pressed(_seconds: float) -> None:
        raise KeyboardInterrupt

    begun = [{"id": 1, "sender": "north", "ended_at": None}]
    monkeypatch.setattr(modems, "_asked", lambda *_: "It began.")
    monkeypatch.setattr(modems.selftests, "latest", lambda _, most: begun if most > 1 else [])
    monkeypatch.setattr(modems.time, "sleep", pressed)
    told = Shell(tmp_path).run("self-test", "north", "--as", "Technician")
    assert (told.exit_code, "goes on" in told.stderr) == (1, True)
