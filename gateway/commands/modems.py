"""`self-test`, `ussd`, `query`, `reset` and `sim-number`: what a technician asks of a modem, from the command line.

Each is asked of the running gateway as a row, in a person's name whose role is obeyed, and its answer is waited for.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable
from typing import TypeVar

import click

from gateway import answers, consent, people, selftests, sims, stations
from gateway.bell import ring
from gateway.commands._context import config_of, database, os_user, refusals
from gateway.config import Config
from gateway.errors import Refused
from gateway.store import wall_ms

LOOK_S = 0.2
ANSWER_S = 90.0
TEST_S = 200.0

_name = click.argument("name")
_as = click.option("--as", "user_name", required=True, help="In whose name; that person's role is obeyed.")


T = TypeVar("T")


def _asked(
    config: Config, db: sqlite3.Connection, name: str, what: str, user: people.User, argument: str | None
) -> str:
    """Ask a station and wait for what it answers; Refused, with its words, when it did not do it."""
    number = stations.request(db, name, what, by=user, now=wall_ms(), argument=argument)
    ring(config.database.path)

    def answered() -> sqlite3.Row | None:
        row = stations.result_of(db, number)
        return None if row is None or row["done_at"] is None else row

    row = _waited(answered, ANSWER_S)
    if row is None:
        if stations.give_up(db, number, now=wall_ms()):
            raise Refused(
                "The gateway has not taken it. Is it running? See `textbank stations`. It was taken back: nothing is done; ask again."
            )
        raise Refused(
            "The modem was told, and has not answered yet; it may still do it. See its page, or `textbank stations`."
        )
    if row["refused"]:
        raise Refused(row["result"])
    return str(row["result"])


def _waited(look: Callable[[], T | None], seconds: float) -> T | None:
    """What this finds within so many seconds, or before a Ctrl-C; None when it found nothing."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(KeyboardInterrupt):
        while look() is None and time.monotonic() < deadline:
            time.sleep(LOOK_S)
    return look()


def _ask(ctx: click.Context, name: str, what: str, user_name: str, argument: str | None = None) -> None:
    config = config_of(ctx)
    with database(config) as db:
        click.echo(answers.with_dbm(_asked(config, db, name, what, people.active(db, user_name), argument)))


@click.command()
@_name
@click.argument("code")
@_as
@click.pass_context
@refusals
def ussd(ctx: click.Context, name: str, code: str, user_name: str) -> None:
    """Ask the network a code that only asks, such as *100# for the balance, through the modem NAME."""
    _ask(ctx, name, "ussd", user_name, code)


@click.command()
@_name
@click.argument("command")
@_as
@click.pass_context
@refusals
def query(ctx: click.Context, name: str, command: str, user_name: str) -> None:
    """Ask the modem NAME about its own state with one AT command that only reads, such as AT+CSQ."""
    _ask(ctx, name, "query", user_name, command)


@click.command()
@_name
@_as
@click.pass_context
@refusals
def reset(ctx: click.Context, name: str, user_name: str) -> None:
    """Let the modem NAME restart, at most once in ten minutes."""
    _ask(ctx, name, "reset", user_name)


@click.command(name="sim-number")
@_name
@click.argument("number")
@_as
@click.pass_context
@refusals
def sim_number(ctx: click.Context, name: str, number: str, user_name: str) -> None:
    """Write down which number the SIM in the modem NAME has ("" takes it back)."""
    config = config_of(ctx)
    with database(config) as db:
        user = people.active(db, user_name)
        row = db.execute("SELECT iccid FROM station WHERE name=? AND iccid<>''", [name]).fetchone()
        if row is None:
            raise Refused(f"No SIM is known in a modem {name}. Nothing was changed.")
        known = sims.set_number(
            db, row["iccid"], number, by=user, region=config.organisation.region, now=wall_ms()
        )
    ring(config.database.path)
    click.echo(
        f"The SIM in {name} has the number {known}."
        if known
        else f"The number of the SIM in {name} is not known."
    )


@click.command(name="self-test")
@click.argument("name", required=False)
@click.argument("receiver", required=False)
@_as
@click.option("--allow", is_flag=True, help="An admin approves, once, that our modems text each other.")
@click.option("--forbid", is_flag=True, help="An admin takes that back.")
@click.pass_context
@refusals
def self_test(
    ctx: click.Context, name: str | None, receiver: str | None, user_name: str, allow: bool, forbid: bool
) -> None:
    """Send a test text from the modem NAME to RECEIVER, another of ours, and say how that went."""
    if forbid and (name is not None or allow):
        raise click.UsageError("--forbid stands alone.")
    if name is None and not allow and not forbid:
        raise click.UsageError("Name a modem, or --allow.")
    config = config_of(ctx)
    with database(config) as db:
        user = people.active(db, user_name)
        if forbid:
            consent.withdraw(db, by=user)
            click.echo("No more self-tests are sent. One that is under way still ends.")
        if allow:
            selftests.approve_standing(db, by=user, channel="cli", now=wall_ms(), os_user=os_user())
            click.echo(
                f"Approved, for every self-test from now on: “{selftests.WORDS.replace('{token}', '…')}”"
            )
        if name is None:
            return
        before = max((row["id"] for row in selftests.latest(db, 1)), default=0)
        click.echo(_asked(config, db, name, "self_test", user, receiver))

        def ended() -> str | None:
            tests = [row for row in selftests.latest(db, 5) if row["id"] > before and row["sender"] == name]
            if not tests:
                return ""
            return _told(tests[-1]) if tests[-1]["ended_at"] is not None else None

        told = _waited(ended, TEST_S)
        if told is None:
            raise Refused("The test has not ended. The modem's page shows how it goes on.")
        click.echo(told, nl=False)


def _told(test: sqlite3.Row) -> str:
    if not test["passed"]:
        raise Refused(f"It did not pass. {test['reason']}")
    steps = (("sent", "sent_at"), ("received", "received_at"), ("reported", "reported_at"))
    times = [
        f"{word} after {(test[column] - test['started_at']) / 1000:.1f} s"
        for word, column in steps
        if test[column] is not None
    ]
    return f"It passed: {', '.join(times)}.\n"
