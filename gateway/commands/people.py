"""`init` and `user`: the database, the first admin, people and their sign-in links.

A link is printed once, as words and as a QR code; only its hash is kept, so nobody can print it again.
"""

import contextlib
import sqlite3
import sys

import click

from gateway import addresses, damage, lock, optouts, people, restoring, runs, schema, sessions, texted
from gateway.bell import ring
from gateway.commands._context import config_of, database, os_user, print_json, refusals
from gateway.config import Config
from gateway.errors import Refused
from gateway.journal import Journal
from gateway.people import User
from gateway.store import connect, log_without_file, moment, rfc3339, wall_ms, write


def link_for(config: Config, db: sqlite3.Connection, user: User) -> str:
    """A fresh one-time link for this person, under the address that others reach the panel by."""
    token = sessions.invite(db, user.id, now=wall_ms())
    return f"{addresses.panel_url(config.panel.host, config.panel.port)}/s/{token}"


def show_link(link: str, name: str, host: str) -> None:
    """The link as words and as a QR code, which is left out where its blocks cannot be written."""
    click.echo(
        f"Sign-in link for {name}: it works once, for three days. Whoever has it comes in as {name}.\n\n{link}\n"
    )
    drawn = addresses.qr_for_terminal(link)
    with contextlib.suppress(UnicodeEncodeError):
        drawn.encode(sys.stdout.encoding or "utf-8")
        click.echo(drawn)
    if addresses.only_here(link):
        click.echo(f"It works on this machine only. {addresses.to_let_others_in(host)}")


@click.command()
@click.option("--admin", "admin_name", default="Admin", show_default=True, help="The first admin's name.")
@click.option(
    "--confirmation", help="The words that somebody who opts out gets. Without it: a plain sentence."
)
@click.option("--json", "as_json", is_flag=True, help="Print {database, admin, link, confirmation}.")
@click.option("--before-start", is_flag=True, hidden=True)  # from `make run`, which starts everything itself
@click.pass_context
@refusals
def init(
    ctx: click.Context, admin_name: str, confirmation: str | None, as_json: bool, before_start: bool
) -> None:
    """Create the database and the first admin; print a one-time sign-in link."""
    config = config_of(ctx)
    path = config.database.path
    admin_name = people.clean_name(admin_name)
    if log_without_file(path):
        raise Refused(
            f"{path} is lost, and its log {path}-wal is here. Nothing was made: a new database would delete the log. "
            "Restore a backup (`textbank restore FILE` sets the log aside), or move the log elsewhere."
        )
    words = confirmation or optouts.default_confirmation(config.organisation.name)
    made = None
    with lock.gateway(path) as hold, contextlib.closing(connect(path)) as db:
        schema.migrate(db)
        if db.execute("SELECT 1 FROM user WHERE role='admin'").fetchone() is None:
            made = _first(config, db, hold, admin_name, words)
    if made is None:  # not while the lock is held: to the next start that would be a run that was cut off
        raise Refused(
            f"The database {path} is there already, with an admin. Nothing was changed. "
            "`textbank user invite NAME` makes a new sign-in link."
        )
    admin, link, stopped, marked = made
    if as_json:
        print_json({"database": str(path), "admin": admin.name, "link": link, "confirmation": words})
        return
    click.echo(f"The database is {path}.")
    if stopped:
        who = (
            "1 person who asked to stop stays" if stopped == 1 else f"{stopped} people who asked to stop stay"
        )
        click.echo(f"An earlier one was here: by {path}.acts, {who} off every list.")
    if marked != 0:
        whom = "who of them is not known, so everybody is" if marked is None else f"{marked} by {path}.texted"
        click.echo(
            f"People were texted from an earlier one ({whom} marked when a list brings them). Look at each such card before you send it."
        )
    click.echo(f"Whoever opts out gets this one text, approved by {admin.name} now:\n  {words}\n")
    show_link(link, admin.name, config.panel.host)
    click.echo(
        "Textbank starts now. Open the link when it runs; Ctrl-C ends it."
        if before_start
        else "Start everything with `textbank run`, then open the link."
    )


def _first(
    config: Config, db: sqlite3.Connection, hold: lock.Hold, admin_name: str, words: str
) -> tuple[User, str, int, int | None]:
    """The first admin and their link; how many stay out of an earlier database, and how many were texted from it (None: everybody)."""
    path, now = config.database.path, wall_ms()
    with write(db):  # an admin without a confirmation or a link could not be made whole by a second init
        admin = people.create(db, admin_name, "admin", now=now)
        optouts.approve_confirmation(db, words, by=admin, channel="cli", now=now, os_user=os_user())
        link = link_for(config, db, admin)
        # Where a database was lost, its journal is still here: whoever stopped has stopped.
        stopped = restoring.still_out(db, Journal(path), now=now, newest_reason=restoring.KEPT)
        marked = restoring.made_anew(db, Journal(path), hold, now=now)
    # In the place of one that was removed it is a new one, no older copy, and nobody waits for that one's restore.
    runs.keep(db, hold.runs)
    damage.mended(path)
    texted.told(path)
    return admin, link, stopped, marked


@click.group()
def user() -> None:
    """People: add, list, invite, disable."""


@user.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(people.ROLES), required=True)
@click.option("--json", "as_json", is_flag=True, help="Print {id, name, role, link}.")
@click.pass_context
@refusals
def add(ctx: click.Context, name: str, role: str, as_json: bool) -> None:
    """Add somebody and print their sign-in link."""
    config = config_of(ctx)
    with database(config) as db, write(db):  # both, or a second call finds the name taken
        made = people.create(db, name, role, now=wall_ms())
        link = link_for(config, db, made)
    ring(config.database.path)
    if as_json:
        print_json({"id": made.id, "name": made.name, "role": made.role, "link": link})
    else:
        show_link(link, made.name, config.panel.host)


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print [{id, name, role, disabled, devices, seen_at}].")
@click.pass_context
@refusals
def list_people(ctx: click.Context, as_json: bool) -> None:
    """Everybody: role, signed-in devices, last seen."""
    with database(config_of(ctx)) as db:
        found = people.everyone(db, now=wall_ms())
    if as_json:
        keys = ("id", "name", "role", "disabled", "devices")
        print_json([{**{key: getattr(p, key) for key in keys}, "seen_at": rfc3339(p.seen_at)} for p in found])
        return
    for p in found:
        seen = f"last here {moment(p.seen_at):%Y-%m-%d %H:%M} UTC" if p.seen_at else "not here yet"
        state = "disabled" if p.disabled else f"{p.devices} signed in, {seen}"
        click.echo(f"{p.name:20}  {p.role:11}  {state}")


@user.command("invite")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print {name, link}.")
@click.pass_context
@refusals
def invite(ctx: click.Context, name: str, as_json: bool) -> None:
    """Print a new sign-in link for somebody; their older unused one stops working."""
    config = config_of(ctx)
    with database(config) as db:
        found = people.by_name(db, name)
        link = link_for(config, db, found)
    if as_json:
        print_json({"name": found.name, "link": link})
    else:
        show_link(link, found.name, config.panel.host)


@user.command("disable")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print {name, disabled, yet_to_leave}.")
@click.pass_context
@refusals
def disable(ctx: click.Context, name: str, as_json: bool) -> None:
    """Shut somebody out now: their devices, their links, what they held."""
    config = config_of(ctx)
    with database(config) as db:
        found = people.by_name(db, name)
        people.disable(db, found.id, now=wall_ms())
        left = people.yet_to_leave(db, found.id)
    ring(config.database.path)
    if as_json:
        print_json({"name": found.name, "disabled": True, "yet_to_leave": left})
        return
    click.echo(f"{found.name} is shut out. What they approved stays on record; what they held is free.")
    if left:
        click.echo(
            f"{left} {'text' if left == 1 else 'texts'} that they approved can still leave: "
            "a coordinator takes them back, each in its conversation."
        )
