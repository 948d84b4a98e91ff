"""What `make run` does before the first start: a configuration when there is none, a database when there was none.

    python -m gateway.commands.firstrun

The configuration is the example with the modems that answer on this machine's serial ports and, when somebody
sits at the terminal, with the group's own name, region and time zone. What is already there is never touched.
Fails with a sentence and exit code 1.
"""

import contextlib
import json
import os
import re
import shlex
import sqlite3
import sys
from pathlib import Path

import click
import voluptuous as v

from gateway import configrules as rules
from gateway import damage
from gateway.cli import cli
from gateway.commands._modems import attached
from gateway.commands.run import port_is_free
from gateway.config import HERE, ConfigError, find, load, machine_zone
from gateway.errors import Refused
from gateway.store import connect

HEADER = "# Textbank's configuration, made by the first `make run`.\n# "  # in place of what the example says of itself
EXAMPLE = Path(__file__).parent.parent.parent / "config.example.toml"


def group() -> dict[str, str]:
    """The group's own values, asked for one by one until each is good."""
    territory = re.match(r"[a-z]+_([A-Z]{2})", os.environ.get("LANG", ""))
    click.echo(
        "The first start. Three questions; the answers go into textbank.toml, where you can change them."
    )
    return {
        "name": _ask("The group's name, as people read it", None, rules.SECTIONS["organisation"]["name"]),
        "region": _ask("Country, two letters", territory[1] if territory else None, rules.region),
        "timezone": _ask("Time zone", machine_zone(), rules.time_zone),
    }


def _ask(question: str, default: str | None, rule: rules.Rule) -> str:
    while True:
        try:
            return str(rule(click.prompt(question, default=default)))
        except v.Invalid as invalid:
            click.echo(f"Allowed is {invalid.error_message}.")


def written(values: dict[str, str], modems: list[tuple[str, str]]) -> str:
    """The example with these values, and one [[stations]] for each modem: by its IMEI, else by its port."""
    head, mark, station = EXAMPLE.read_text(encoding="utf-8").partition("[[stations]]")
    head = HEADER + head[head.index("A key left out") :]
    for key, value in values.items():
        head = _put(head, key, f"{key} = {json.dumps(value, ensure_ascii=False)}")
    stations = [
        _put(_named(mark + station, imei, port), "name", f'name = "modem{number}"')
        for number, (imei, port) in enumerate(modems, start=1)
    ]
    return head + "\n".join(stations or [mark + station])


def _named(station: str, imei: str, port: str) -> str:
    """The example's station for this modem. By IMEI it is found in whatever socket it is."""
    return (
        _put(station, "imei", f'imei = "{imei}"')
        if imei
        else _put(station, "# port", f"port = {json.dumps(port)}")
    )


def _put(text: str, key: str, line: str) -> str:
    """The text with this line in place of the first one of `key`, its comment where it stood as far as there is room."""

    def written(found: re.Match[str]) -> str:
        return line.ljust(len(found[1]) - 1) + " " if found[2] else line

    return re.sub(
        rf'^({key} = ".*?" *)(#?)', lambda found: written(found) + found[2], text, count=1, flags=re.MULTILINE
    )


def main() -> None:
    """Make what is missing, and say so."""
    try:
        source = find()
    except ConfigError:
        source = HERE
        values = group() if sys.stdin is not None and sys.stdin.isatty() else {}
        found = attached()
        source.touch(mode=0o600)  # a PIN may come to stand in it
        source.write_text(written(values, found), encoding="utf-8")
        modems = (
            f"with the modems on {', '.join(port for _, port in found)}"
            if found
            else "with one station, which takes the first modem that is plugged in"
        )
        mine = "" if values else " Put your group's name, region and timezone into it."
        click.echo(f"{source} was made from the example, {modems}.{mine}")
    try:
        config = load(source)
        if damage.is_lost(config.database.path):
            return  # the start that follows tells of it, and of the backups
        if not config.database.path.exists():
            port_is_free(config)  # before a link is made that could not be opened
    except Refused as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
    if not config.database.path.exists():
        cli(["--config", str(source), "init", "--before-start"], prog_name="textbank")
    elif admin := nobody_came_in(config.database.path):
        click.echo(
            f"Nobody has signed in yet. If the link is lost, `.venv/bin/textbank user invite {shlex.quote(admin)}` prints another."
        )


def nobody_came_in(path: Path) -> str:
    """The first admin's name while nobody at all has signed in; "" otherwise, and where the database does not tell."""
    try:
        with contextlib.closing(connect(path, query_only=True)) as db:
            if db.execute("SELECT 1 FROM session").fetchone() is not None:
                return ""
            admin = db.execute("SELECT name FROM user WHERE role='admin' ORDER BY id").fetchone()
            return "" if admin is None else str(admin["name"])
    except sqlite3.Error:
        return ""  # the start that follows says what is wrong with it


if __name__ == "__main__":
    try:
        main()
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nNothing was written.", err=True)
        sys.exit(1)
