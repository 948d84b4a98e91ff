"""What `make run` does before the first start: a configuration when there is none, a database when there is none.

    python -m gateway.commands.firstrun

The configuration is the example with the modems that answer on this machine's serial ports and, when somebody
sits at the terminal, with the group's own name, region and time zone. What is already there is never touched.
Fails with a sentence and exit code 1.
"""

import json
import os
import re
import sys
from pathlib import Path

import click
import voluptuous as v

from gateway import configrules as rules
from gateway.cli import cli
from gateway.commands._modems import attached
from gateway.config import HERE, ConfigError, find, load, machine_zone

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
    for key, value in values.items():
        line = f"{key} = {json.dumps(value, ensure_ascii=False)}".replace("\\", r"\\")
        head = re.sub(rf'^{key} = ".*?"', line, head, count=1, flags=re.MULTILINE)
    stations = [
        (mark + station).replace('name = "north"', f'name = "modem{number}"').replace(*_named(imei, port))
        for number, (imei, port) in enumerate(modems, start=1)
    ]
    return head + "\n".join(stations or [mark + station])


def _named(imei: str, port: str) -> tuple[str, str]:
    """What in the example becomes the name of this modem. By IMEI it is found in whatever socket it is."""
    if imei:
        return 'imei = ""' + " " * len(imei), f'imei = "{imei}"'
    return '# port = "/dev/ttyUSB0"', f"port = {json.dumps(port)}"


def main() -> None:
    """Make what is missing, and say so."""
    try:
        source = find()
    except ConfigError:
        source = HERE
        values = group() if sys.stdin.isatty() else {}
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
        database = load(source).database.path
    except ConfigError as refusal:
        click.echo(str(refusal), err=True)
        sys.exit(1)
    if not database.exists():
        cli(["--config", str(source), "init"], prog_name="textbank")


if __name__ == "__main__":
    try:
        main()
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nNothing was written.", err=True)
        sys.exit(1)
