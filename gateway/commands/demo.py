"""`demo`: the whole thing without hardware: two virtual modems, people who answer by themselves, five campaigns
half-way through (`_demo_day.py`), a sign-in link.

Everything lives in one folder (`demo` here), made anew at each start. Quiet hours are off in it, because
nobody real is texted.
"""

import contextlib
import json
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from gateway import lock, optouts, people, schema, selftests, sessions
from gateway.commands._context import refusals
from gateway.commands._demo_cast import LIVE
from gateway.commands._latency import latency_option
from gateway.commands.run import PYTHON, Child, panel_beside, serve, start_logging, wait_until
from gateway.config import Config, load
from gateway.errors import Refused
from gateway.store import connect, wall_ms

MARK = "# Written by `textbank demo`: this folder is made anew at each start."
SEED = 573  # with these ten people: two yes, a question, a long answer, an emoji, Spanish, a no, and Rosa says stop
PACE = 0.25  # people answer four times as fast as real ones
ORGANISATION = "Elm Street Tenants"
FIRST_LIVE = 111  # +1 202 555 0111 to 0120: who answers at once


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise Refused("No port is free on this machine for the page.")


def _write_config(folder: Path, port: int) -> Config:
    stations = "".join(
        f'\n[[stations]]\nname = "{name}"\nport = {json.dumps(str(folder / "modems" / f"modem{i}"))}\nper_minute = 0\n'
        for i, name in enumerate(("north", "south"))
    )
    path = folder / "textbank.toml"
    path.write_text(
        f'{MARK}\n[organisation]\nname = "{ORGANISATION}"\nregion = "US"\ntimezone = "America/New_York"\n'
        f"\n[panel]\nport = {port}\n"
        '\n[sending]\nquiet_from = "00:00"\nquiet_until = "00:00"\n' + stations
    )
    return load(path)


def _fresh(folder: Path) -> None:
    """An empty folder; Refused when somebody's own files are in it."""
    mark = folder / "textbank.toml"
    if (
        folder.exists()
        and any(folder.iterdir())
        and not (mark.exists() and mark.read_text().startswith(MARK))
    ):
        raise Refused(
            f"{folder} holds files that no demo wrote. Nothing was touched; name another folder with --dir."
        )
    if (folder / "textbank.db").exists():
        with lock.gateway(folder / "textbank.db"):  # a demo that still runs keeps its folder
            pass
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)


def _fill(config: Config) -> list[tuple[str, str, str]]:
    """Database, people and their campaigns; returns (name, role, link) of each person."""
    from gateway.commands._demo_day import play  # only a demo needs all that

    now = wall_ms()
    with lock.gateway(config.database.path), contextlib.closing(connect(config.database.path)) as db:
        schema.migrate(db)
        made = [
            people.create(db, name, role, now=now)
            for name, role in (
                ("Vera", "volunteer"),
                ("Cleo", "coordinator"),
                ("Tess", "technician"),
                ("Max", "admin"),
            )
        ]
        optouts.approve_confirmation(
            db, optouts.default_confirmation(ORGANISATION), by=made[-1], channel="cli", now=now
        )
        selftests.approve_standing(db, by=made[-1], channel="cli", now=now)
        lead, colleague = made[1], people.create(db, "Noor", "volunteer", now=now)
        live = {name: f"+12025550{FIRST_LIVE + at}" for at, name in enumerate(LIVE)}
        play(config, db, lead=lead, volunteer=colleague, live=live)
        return [(user.name, user.role, sessions.invite(db, user.id, now=now)) for user in made]


@contextlib.contextmanager
def _virtual_modems(folder: Path, latency: str, seed: int) -> Iterator[Callable[[], None]]:
    """Start them; what it yields waits until they are there."""
    modems = folder / "modems"
    command = [*PYTHON, "-m", "gateway", "virtual", "--count", "2", "--dir", str(modems), "--people"]
    child = Child(
        "virtual modems",
        [*command, "--latency", latency, "--seed", str(seed), "--pace", str(PACE)],
        {},
        quiet=True,
    )
    try:
        yield lambda: wait_until(modems / "control", None, 15, "The virtual modems")
    finally:
        child.stop()


@click.command()
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Where the demo lives; made anew.",
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8080,
    show_default=True,
    help="The page's port; another free one when it is taken.",
)
@latency_option
@click.option("--seed", default=SEED, show_default=True, help="The same seed, the same people.")
@refusals
def demo(folder: Path, port: int, latency: str, seed: int) -> None:
    """The whole thing without hardware; prints a sign-in link."""
    start_logging()
    folder = folder.resolve()
    _fresh(folder)
    config = _write_config(folder, _free_port(port))
    with _virtual_modems(folder, latency, seed) as wait_for_modems:  # they start while the day is played
        links = _fill(config)
        wait_for_modems()
        _say(config, links)
        with panel_beside(config):
            serve(config)


def _say(config: Config, links: list[tuple[str, str, str]]) -> None:
    click.echo(
        f"\nTextbank demo: {ORGANISATION}, two virtual modems, five campaigns, people who answer. Ctrl-C ends it.\n"
    )
    for name, role, token in links:
        click.echo(f"  Sign in as {name} ({role}):  http://127.0.0.1:{config.panel.port}/s/{token}")
    click.echo(
        "\nFive campaigns are half-way through. Start with Vera: take the next ten of the rent hearing, send them one by one,"
        "\nand watch the answers come in. Cleo sees what each campaign has come to.\n"
    )
    sys.stdout.flush()
