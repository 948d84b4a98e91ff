"""What most commands need first: the configuration, the database, one JSON document, a refusal in words."""

import codecs
import contextlib
import json
import os
import pwd
import shlex
import sqlite3
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import NoReturn, ParamSpec, TypeVar

import click

from gateway import damage, schema, visible
from gateway.config import VARIABLE, Config, find, load
from gateway.errors import Refused
from gateway.store import connect

P = ParamSpec("P")
R = TypeVar("R")


def refusals(command: Callable[P, R]) -> Callable[P, R]:
    """A refusal ends the command with its sentence on stderr and exit code 1; so do a database and a file that cannot be used, and
    octets that are no text.
    """

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except Refused as refusal:
            _refuse(visible.words(str(refusal)))
        except UnicodeEncodeError:
            _refuse("One of the words holds octets that are no UTF-8. Nothing was changed; write it anew.")
        except OSError as error:
            if (
                error.filename is None
            ):  # no file of ours: such as the answer, on a full disk; `cli.main` tells of it
                raise
            named = visible.line(str(error.filename))[:100]
            other = "Ask as the user whose it is, or name" if isinstance(error, PermissionError) else "Name"
            _refuse(f"{named} cannot be used: {error.strerror}. {other} another one.")
        except sqlite3.Error as error:
            if damage.is_damage(error):
                _refuse(f"The database is damaged: {error}. See `textbank doctor`.")
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY_DBMOVED:
                _refuse("A backup took the place of the database meanwhile. Nothing was changed; ask again.")
            words = "in use by another program" if "locked" in str(error) else str(error)
            _refuse(
                f"The database refused: {words}. Nothing was changed; `textbank doctor` says why and what to do."
            )

    return wrapped


def _refuse(words: str) -> NoReturn:
    """The sentence on stderr; with --json also {"error": sentence} on stdout, for the program that reads it."""
    click.echo(words, err=True)
    if click.get_current_context().params.get("as_json"):
        print_json({"error": words})
    sys.exit(1)


def many(number: int, one: str, more: str) -> str:
    """ "1 text", "1,204 texts": `more` is the word for none, too."""
    return f"{number:,} {one if number == 1 else more}"


def config_of(ctx: click.Context) -> Config:
    """The configuration that --config, TEXTBANK_CONFIG or the usual places name; Refused where its database is another user's."""
    named = ctx.find_root().obj
    config = load(find(Path(named) if named else None))
    if owner := another_user(config.database.path):
        raise Refused(
            f"{config.database.path} is of the user {owner}, and this user may not use it. Nothing was done. {run_as(owner)}"
        )
    return config


def another_user(database: Path) -> str:
    """Whose the database is where this user may not use it; "" where it may, or where it is root's."""
    me = os.geteuid()
    for path, rights in ((database.parent, os.W_OK | os.X_OK), (database, os.R_OK | os.W_OK)):
        with contextlib.suppress(OSError):  # it is not there, or behind a closed folder
            owner = os.stat(path).st_uid
            if me and owner not in (0, me) and not os.access(path, rights, effective_ids=True):
                return user_name(owner)
    return ""


def run_as(owner: str) -> str:
    """How to do what was asked as that user."""
    named = shlex.quote(owner.replace("uid ", "#"))  # as sudo has one without a name
    config = os.environ.get(VARIABLE)  # sudo takes it away
    return f"Run: sudo -u {named} {shlex.join([*(('env', f'{VARIABLE}={config}') if config else ()), *sys.orig_argv])}"


@contextlib.contextmanager
def database(config: Config) -> Iterator[sqlite3.Connection]:
    """An open database of the schema that this program knows; Refused when there is none yet."""
    path = config.database.path
    if (found := damage.seen(path)) is not None:
        raise Refused(str(damage.told(path, found)))
    if damage.is_lost(path):
        backup = damage.newest_backup(damage.folders(config), config.database.path)
        raise Refused(str(damage.told(path, damage.Damage(0, damage.look(path), backup))))
    if not path.exists():
        raise Refused(f"There is no database at {path}. Create it with `textbank init`.")
    with contextlib.closing(connect(path)) as db:
        schema.wait_for(db, timeout_s=5.0)
        yield db


def os_user() -> str:
    """Who runs this, for the ledger: by the system's word, for LOGNAME and USER are whatever somebody sets."""
    return user_name(os.getuid())


def user_name(uid: int) -> str:
    """By the system's word."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container's user without a name
        return f"uid {uid}"


def print_json(document: object) -> None:
    """The one JSON document on stdout; what came from outside does not act on the terminal that shows it."""
    readable = codecs.lookup(getattr(sys.stdout, "encoding", None) or "utf-8").name == "utf-8"
    click.echo(visible.in_json(json.dumps(document, ensure_ascii=not readable, indent=1)))
