"""`opt-outs`: who asked to stop, as a list, and a file of numbers that another program knows."""

import json
import sqlite3
import sys
from pathlib import Path

import click

from gateway import listfile, lists, optoutfile, optoutlist, people, taking
from gateway.bell import ring
from gateway.commands._context import config_of, database, many, print_json, refusals
from gateway.errors import Refused
from gateway.listfile import OPT_OUTS
from gateway.rules import rules_of
from gateway.store import rfc3339, wall_ms

FILE = click.Path(path_type=Path)


@click.group()
def opt_outs() -> None:
    """Who asked to stop: the list, and more from a file."""


@opt_outs.command("list")
@click.option(
    "--json", "as_json", is_flag=True, help="Print [{number, name, since, source, reason, stopped}]."
)
@click.pass_context
@refusals
def list_command(ctx: click.Context, as_json: bool) -> None:
    """Everybody who is out, the newest first. The number of somebody who was erased is not known any more."""
    with database(config_of(ctx)) as db:
        found = list(optoutlist.everyone(db))
    if as_json:
        print_json(
            [
                {
                    "number": one.number or None,
                    "name": one.name,
                    "since": rfc3339(one.since_at),
                    "source": one.source,
                    "reason": one.reason,
                    "stopped": one.stopped,
                }
                for one in found
            ]
        )
        return
    for one in found:
        click.echo(
            f"{rfc3339(one.since_at)}  {one.number or 'erased':<16}  {one.source}  {one.reason}".rstrip()
        )


@opt_outs.command("bring")
@click.argument("file", type=FILE)
@click.option("--as", "user", required=True, metavar="USER", help="The coordinator who brings it.")
@click.option("--json", "as_json", is_flag=True, help="Print {out, known, rejected: [{row, found, reason}]}.")
@click.pass_context
@refusals
def bring(ctx: click.Context, file: Path, user: str, as_json: bool) -> None:
    """Opt out every number of a CSV FILE, known here or not. Nobody gets a text about it.

    Exit code 1 when a row holds something that is no number: whoever is meant is not out. The others are.
    """
    config = config_of(ctx)
    path, rules = config.database.path, rules_of(config)
    with database(config) as db:
        by = people.active(db, user)
        try:
            with file.open("rb") as stream:
                upload = listfile.keep(stream, path)
        except OSError as error:
            raise Refused(f"{file} could not be read: {error.strerror}. Nothing was changed.") from error
        made = optoutfile.bring(
            db, upload, name=file.name, region=rules.region, database=path, by=by, now=wall_ms()
        )
        try:
            taking.finish(db, made, path, rules, now=wall_ms)
        except sqlite3.Error as error:
            raise Refused(
                f"The database refused: {error}. Not every number of {file} is out. Those that are stay out, and the panel goes on with the "
                "rest when it starts; or bring the file again, which changes nothing for those that are."
            ) from error
        done = optoutfile.result(lists.by_id(db, made, brings=OPT_OUTS))
        left = list(lists.not_taken(db, made))
    ring(path)
    if as_json:
        at = [
            {"row": row["row"], "found": ", ".join(json.loads(row["cells"]))[:80], "reason": row["reason"]}
            for row in left
        ]
        print_json({"out": done.out, "known": done.known, "rejected": at})
    else:
        click.echo(
            f"{many(done.out, 'number is', 'numbers are')} off every list now; off before already: {done.known:,}."
        )
        for row in left:
            click.echo(f"{file}:{row['row']}: {row['reason']}")
        if left:
            click.echo("Whoever these rows mean can still be texted. Mend them, and bring the file again.")
    if left:
        sys.exit(1)
