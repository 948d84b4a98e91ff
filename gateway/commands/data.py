"""`backup`, `restore`, `export`, `erase`: the database as a whole, and one person in it."""

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Any

import click

from gateway import backup as copies
from gateway import erasing, exporting, keeping, numbers, search, visible
from gateway.bell import ring
from gateway.commands._context import config_of, database, many, print_json, refusals
from gateway.errors import Refused
from gateway.store import rfc3339, wall_ms


class _Named(click.Path):
    """A path. An empty one, of a variable that is not set, is no name of the folder where the call is made."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("it is empty. Nothing was done.", param, ctx)
        return super().convert(value, param, ctx)


FILE = _Named(path_type=Path)
STOPS = {  # what a restore says of who asked to stop or was erased
    "known": "",
    "until": "Who asked to stop or was erased stays so, as far as the copy beside the backup knows. What came after it was last "
    "written is not known: before you go on with a campaign, ask who read the answers then.",
    "unknown": "Who asked to stop or was erased after the backup was made is not known: textbank.db.acts is neither beside the "
    "database nor, as a copy, beside the backup. Before you go on with a campaign, ask who read the answers since.",
}


@click.command()
@click.argument("file", type=FILE, required=False)
@click.option(
    "--list", "list_them", is_flag=True, help="Read every backup in the folder, and say how each is."
)
@click.option("--json", "as_json", is_flag=True, help="Print {file, size_bytes, head}; a list with --list.")
@click.pass_context
@refusals
def backup(ctx: click.Context, file: Path | None, list_them: bool, as_json: bool) -> None:
    """Copy the database to FILE while everything goes on. A folder gets a file named by time and ledger head.

    Without FILE: into the folder of the configuration, where old backups go by rotation.
    """
    if list_them and file is not None:
        raise click.UsageError("--list stands alone: it reads the folder of the configuration.")
    plan = keeping.plan_of(config_of(ctx))
    if list_them:
        _list(plan, as_json=as_json)
        return
    if file is None:
        made = keeping.make(plan, now=wall_ms())
    else:
        made = copies.make(plan.database, file, now=wall_ms())
        if told := keeping.on_the_card(plan.database, made.path):
            click.echo(told, err=True)
    if as_json:
        print_json({"file": str(made.path), "size_bytes": made.size_bytes, "head": made.head})
        return
    click.echo(
        f"{made.path}: {made.size_bytes / 1e6:.1f} MB, read back and whole. The approval ledger ends in {made.head}."
    )


def _list(plan: keeping.Plan, *, as_json: bool) -> None:
    """Every backup in the plan's folder, the newest first, each read from end to end."""
    if (
        plan.folder is not None
        and os.path.isdir(plan.folder)
        and not os.access(plan.folder, os.R_OK | os.X_OK)
    ):
        raise Refused(f"This user may not look into {plan.folder}. Ask as the user that runs Textbank.")
    found = []
    for saved in keeping.listing(plan.folder):
        wrong = ""
        try:
            copies.check(saved.path)
        except Refused as refusal:
            wrong = str(refusal)
        found.append((saved, wrong))
    if as_json:
        print_json(
            [
                {
                    "file": str(saved.path),
                    "made_at": rfc3339(saved.made_at),
                    "size_bytes": saved.size_bytes,
                    "head": saved.head,
                    "good": not wrong,
                    "wrong": wrong,
                }
                for saved, wrong in found
            ]
        )
        return
    for saved, wrong in found:
        size = f"{saved.size_bytes / 1e6:.1f} MB"
        click.echo(f"{saved.path}: {size}, {wrong or 'whole'}")
    if not found:
        click.echo(keeping.away(plan) or f"There is no backup in {plan.folder}.", err=True)


@click.command()
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print {restored, set_aside, uncertain, waiting, perhaps_texted, known, stops}.",
)
@click.pass_context
@refusals
def restore(ctx: click.Context, file: Path, yes: bool, as_json: bool) -> None:
    """Put the backup FILE in the place of the database. Nothing is sent again; stop Textbank first."""
    path = config_of(ctx).database.path
    copies.check(file)
    if not yes:
        _sure(f"{path} becomes what {file} holds; what was done since is set aside beside it. Restore")
    done = copies.restore(file, path, now=wall_ms())
    if as_json:
        print_json(
            {
                "restored": str(done.made_from),
                "set_aside": str(done.set_aside) if done.set_aside else None,
                "uncertain": done.counts.uncertain,
                "waiting": done.counts.waiting,
                "perhaps_texted": done.counts.perhaps_texted,
                "known": done.counts.known,
                "stops": done.counts.stops,
            }
        )
        return
    counts = done.counts
    click.echo(f"{path} is what {file} held.")
    if done.set_aside:
        click.echo(f"The database from before is {done.set_aside}.")
    click.echo(
        f"{many(counts.uncertain, 'text was', 'texts were')} on the way then and uncertain now; a person decides about each. "
        f"{many(counts.waiting, 'draft waits', 'drafts wait')} for a new approval. Nothing is sent by itself."
    )
    if counts.known:
        after = many(counts.perhaps_texted, "person was", "people were")
        click.echo(f"{after} texted after the backup was made; each of them is marked.")
    else:
        click.echo(
            "Who was texted after the backup was made is not known: everybody in it is marked "
            f"({counts.perhaps_texted:,}), and so is everybody new for 30 days."
        )
    if told := STOPS[counts.stops]:
        click.echo(told)
    click.echo("Everybody has to sign in again: `textbank user invite NAME` makes a link.")


@click.command()
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print {file: rows}.")
@click.pass_context
@refusals
def export(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Write people, texts, answers, opt-outs and approvals as CSV files into the new folder DIR."""
    with database(config_of(ctx)) as db:
        rows = exporting.export(db, folder)
    if as_json:
        print_json(rows)
        return
    for name, count in rows.items():
        click.echo(f"{folder / name}: {many(count, 'row', 'rows')}")


@click.command()
@click.argument("number")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print {texts, answers, opted_out}.")
@click.pass_context
@refusals
def erase(ctx: click.Context, number: str, yes: bool, as_json: bool) -> None:
    """Erase the person with NUMBER: texts, answers, name, number. An opt-out stays, as a digest."""
    config = config_of(ctx)
    with database(config) as db:
        try:
            known = numbers.normalise(number, config.organisation.region)
        except Refused:
            known = number.strip()  # a short code or a name, exactly as it came
        if not yes:
            _sure(f"This cannot be undone. Erase {_whom(db, known)}")
        gone = erasing.erase(db, known, now=wall_ms())
        emptied = False
        with contextlib.suppress(sqlite3.OperationalError):  # they are erased: what is left the gateway does
            search.forget(db)
            emptied = erasing.empty_log(db)
    ring(config.database.path)
    if as_json:
        print_json({"texts": gone.texts, "answers": gone.answers, "opted_out": gone.opted_out})
        return
    texts, answers = many(gone.texts, "text", "texts"), many(gone.answers, "answer", "answers")
    click.echo(f"Erased, with {texts} and {answers}.")
    if gone.opted_out:
        click.echo("The opt-out stays: nobody can text this number by mistake.")
    if not emptied:
        click.echo(
            "Old pages stay in the database's log until the next quiet moment: the gateway empties it."
        )
    for sentence in keeping.elsewhere(config, now=wall_ms()):
        click.echo(sentence)


def _whom(db: sqlite3.Connection, number: str) -> str:
    """Who has this number here, for whoever typed it to check."""
    row = db.execute(
        "SELECT name, (SELECT count(*) FROM contact k WHERE k.conversation_id=c.id) - 1 AS others FROM conversation c WHERE number=?",
        [number],
    ).fetchone()
    name = row["name"] if row else ""
    others = f" and {row['others']} more" if row and row["others"] > 0 else ""
    return visible.line(f"{name}{others} at {number}" if name else number)


def _sure(question: str) -> None:
    try:
        sure = click.confirm(question + "?", default=False, err=True)
    except click.Abort:  # Ctrl-C, or nobody is there to answer
        click.echo(err=True)
        raise Refused("Nothing was changed. To do it without being asked, add --yes.") from None
    if not sure:
        raise Refused("Nothing was changed.")
