"""`send`, `approve`, `outbox`, `inbox`: texts from the command line, through the same rules as the panel."""

import csv
import io
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway import listing, outbox, people, visible
from gateway.bell import ring
from gateway.commands._context import config_of, database, os_user, print_json, refusals
from gateway.errors import Refused
from gateway.manydrafts import Wanted, draft_all
from gateway.message import STATES
from gateway.rules import Rules, rules_of
from gateway.store import ms, wall_ms

MOST_ROWS = 100_000
MOST_OCTETS = 32_000_000  # what 100,000 rows of two segments need
MOST_IDS = 1_000_000  # characters
MOST_SHOWN = 100  # characters of a text on its line


@click.command()
@click.option("--to", "number", help="The number, as +12025550123 or as the group's region writes it.")
@click.option("--text", help="The words.")
@click.option(
    "--csv",
    "csv_path",
    type=click.Path(exists=True, dir_okay=False),
    help="Many: a CSV file with the columns to,text. All or none.",
)
@click.option(
    "--key", help="Makes a repeat harmless: the same key again queues nothing and prints the first one's id."
)
@click.option("--json", "as_json", is_flag=True, help="Print [{id, state, to, text}], in order.")
@click.pass_context
@refusals
def send(
    ctx: click.Context,
    number: str | None,
    text: str | None,
    csv_path: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Queue a text that awaits a person's approval."""
    if (csv_path is None) == (number is None) or (csv_path is None) == (text is None):
        raise click.UsageError("Give --to and --text, or --csv FILE.")
    if key is not None and not key.strip():
        raise click.UsageError("--key is empty. Nothing was queued. Give a key, or leave --key out.")
    config = config_of(ctx)
    rules, now = rules_of(config), wall_ms()
    wanted = _csv_rows(Path(csv_path)) if csv_path else [(0, number or "", text or "")]
    with database(config) as db:
        ids = draft_all(db, _wanted(wanted, key, csv_path), rules=rules, now=now)
        rows = (
            {row["id"]: row for row in listing.outbox_rows(db, ids=list(set(ids)), limit=0)}
            if as_json or len(ids) < 500
            else {}
        )
    ring(config.database.path)
    if as_json:
        print_json([{name: rows[i][name] for name in ("id", "state", "to", "text")} for i in ids])
    else:
        click.echo("\n".join(map(str, ids)))


def _wanted(rows: list[tuple[int, str, str]], key: str | None, csv_path: str | None) -> list[Wanted]:
    if csv_path is None:
        return [Wanted(0, "", number, text, key and f"cli:{key}") for _, number, text in rows]
    return [
        Wanted(line, f"{csv_path}:{line}: ", number, text, key and f"cli:{key}:{line}")
        for line, number, text in rows
    ]


def _csv_rows(path: Path) -> list[tuple[int, str, str]]:
    """(line, to, text) of each row; Refused when it is not such a file."""
    try:
        with path.open("rb") as file:
            octets = file.read(MOST_OCTETS + 1)
        if len(octets) > MOST_OCTETS:
            raise Refused(
                f"{path} is larger than {MOST_OCTETS // 1_000_000} MB. Split it. Nothing was queued."
            )
        content = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            f"{path} is not a UTF-8 text file (octet {error.start + 1}). Save it as CSV UTF-8. Nothing was queued."
        ) from None
    rows: list[tuple[int, str | None, str | None, object]] = []
    begins = 1  # the row that is read
    try:
        reader = csv.DictReader(io.StringIO(content, newline=""), strict=True, delimiter=_separator(content))
        header = [(name or "").strip().lower() for name in reader.fieldnames or []]
        if header.count("to") != 1 or header.count("text") != 1:
            found = ", ".join(filter(None, header)) or "nothing"
            raise Refused(
                f"{path}:1: the columns are {found[:200]}; one must be named to and one text. Nothing was queued."
            )
        reader.fieldnames, begins = header, reader.line_num + 1
        for row in reader:
            rows.append((reader.line_num, row["to"], row["text"], row.get(None)))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise Refused(
            f"{path}:{begins}: not readable as CSV from here on ({error}). Look for a quote that is not closed. Nothing was queued."
        ) from None
    if len(rows) > MOST_ROWS:
        raise Refused(
            f"{path} has {len(rows)} rows; at most {MOST_ROWS} fit in one file. Split it. Nothing was queued."
        )
    for line, number, text, rest in rows:
        if number is None or text is None or rest:
            raise Refused(
                f"{path}:{line}: this row has not as many fields as the header; put quotes around a text with a comma. Nothing was queued."
            )
    if not rows:
        raise Refused(f"{path} has no rows below its header. Nothing was queued.")
    return [(line, number or "", text or "") for line, number, text, _ in rows]


def _separator(content: str) -> str:
    """Between its columns: a spreadsheet writes semicolons where people write 1,5, and some write tabs."""
    first = content.split("\n", 1)[0]
    return next(
        (
            each
            for each in ",;\t"
            if {"to", "text"} <= {cell.strip('" \r').lower() for cell in first.split(each)}
        ),
        ",",
    )


@click.command()
@click.argument("ids", nargs=-1, required=True)
@click.option("--as", "user_name", required=True, help="In whose name; that person's role is obeyed.")
@click.option("--json", "as_json", is_flag=True, help="Print [{id, state, reason}].")
@click.pass_context
@refusals
def approve(ctx: click.Context, ids: tuple[str, ...], user_name: str, as_json: bool) -> None:
    """Approve each of these texts in a person's name (- reads ids from stdin). Off unless [sending] allow_cli_approval = true."""
    config = config_of(ctx)
    rules = rules_of(config)
    given = [word for item in ids for word in (_from_stdin() if item == "-" else [item])]
    results: list[dict[str, object]] = []
    refused = False
    with database(config) as db:
        user = people.active(db, user_name)
        if not rules.allow_cli:
            raise Refused(
                "Approving from the command line is switched off. Nothing was approved. "
                "Approve on the panel, or set allow_cli_approval = true under [sending]."
            )
        for word in given:
            try:
                result = _approve_one(db, word, user, rules)
            except sqlite3.Error as error:
                if not results:
                    raise
                # Those before are approved and leave; to say that nothing was changed would be a lie.
                why = f"The database refused: {error}. This one and those behind it were not approved; those before were."
                results.append({"id": word, "state": None, "reason": why})
                refused = True
                break
            refused = refused or "refused" in result
            results.append(
                {
                    "id": result["id"],
                    "state": result["state"],
                    "reason": result.get("refused") or result["reason"],
                }
            )
    ring(config.database.path)
    if as_json:
        print_json(results)
    else:
        for result in results:
            click.echo(
                f"{_line(result['id'])} {result['state'] or 'unknown'}"
                + (f": {_line(result['reason'])}" if result["reason"] else "")
            )
    if refused:
        sys.exit(1)


def _from_stdin() -> list[str]:
    given = sys.stdin.buffer.read(MOST_IDS + 1)
    if len(given) > MOST_IDS:
        raise Refused(
            f"More than {MOST_IDS:,} characters came. Nothing was approved; approve fewer at a time."
        )
    return given.decode("utf-8", "replace").split()


def _approve_one(db: sqlite3.Connection, word: str, user: people.User, rules: Rules) -> dict[str, object]:
    if not word.isdecimal() or len(word) > 15:
        return {
            "id": word,
            "state": None,
            "reason": None,
            "refused": f"“{word[:40]}” is not the id of a text.",
        }
    message_id = int(word)
    refusal = None
    try:
        row = outbox.load(db, message_id)
        outbox.approve(
            db,
            message_id,
            by=user,
            seen=outbox.seen(row),
            rules=rules,
            now=wall_ms(),
            channel="cli",
            os_user=os_user(),
        )
    except Refused as error:
        refusal = str(error)
    after = db.execute("SELECT state, reason FROM message WHERE id=?", [message_id]).fetchone()
    result: dict[str, object] = {
        "id": message_id,
        "state": after["state"] if after else None,
        "reason": after["reason"] if after else None,
    }
    if refusal is not None:
        result["refused"] = refusal
    return result


def _moment(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(
            "give a time like 2026-11-24T18:00:00Z or a date like 2026-11-24", ctx, param
        ) from None
    return ms(at if at.tzinfo else at.replace(tzinfo=UTC))


_since = click.option(
    "--since", callback=_moment, help="Only from this time on (RFC 3339; without an offset, UTC)."
)
_limit = click.option(
    "--limit",
    type=click.IntRange(min=0, max=1_000_000_000),
    default=1000,
    show_default=True,
    help="At most so many, the newest; 0 is all.",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")


@click.command(name="outbox")
@click.option("--state", type=click.Choice(list(STATES)), help="Only texts in this state.")
@_since
@_limit
@_as_json
@click.pass_context
@refusals
def outbox_command(
    ctx: click.Context, state: str | None, since: int | None, limit: int, as_json: bool
) -> None:
    """List the texts on their way out, newest first."""
    with database(config_of(ctx)) as db:
        rows = listing.outbox_rows(db, state=state, since=since, limit=limit)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(
            f"{row['id']:>6}  {row['state']:<12} {_line(row['to'])}  {_line(row['text'])[:MOST_SHOWN]}"
            + (f"  ({_line(row['reason'])})" if row["reason"] else "")
        )


@click.command(name="inbox")
@click.option(
    "--state",
    "kind",
    type=click.Choice(["text", "flash", "mms", "voicemail", "binary", "silent", "undecoded"]),
    help="Only of this kind.",
)
@_since
@_limit
@_as_json
@click.pass_context
@refusals
def inbox_command(ctx: click.Context, kind: str | None, since: int | None, limit: int, as_json: bool) -> None:
    """List the texts that came in, newest first."""
    with database(config_of(ctx)) as db:
        rows = listing.inbox_rows(db, kind=kind, since=since, limit=limit)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(
            f"{row['id']:>6}  {row['received_at']}  {_line(row['from'])}  {_line(row['text'])[:MOST_SHOWN]}"
        )


def _line(text: object) -> str:
    """What came from outside on one terminal line: it cannot move the cursor of whoever reads it."""
    return visible.line(str(text))
