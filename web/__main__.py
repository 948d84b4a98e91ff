"""`python -m web`: serve the panel with waitress until SIGTERM or SIGINT.

Promises: on a signal streams end cleanly, what volunteers are sending is answered, then the process ends with 0 within some seconds. Waitress'
defaults hurt here (each was measured), so that six settings are ours: see `serve`.

Fails with a sentence on stderr and exit 1: a bad configuration, no database yet, a file that is none, a port that is taken.
"""

import argparse
import contextlib
import ctypes
import logging
import os
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from flask import Flask

from gateway import config as configuration
from gateway import damage, listening, logs
from gateway.config import Config
from gateway.errors import Refused
from gateway.schema import wait_for
from gateway.store import connect, wall_ms
from web import create_app, standin, uploads

M_ARENA_MAX = -8  # malloc.h
THREADS = 80  # 64 streams of a minute each, and 16 for pages
POLL_S = 0.2
LINGER_S = 8  # how long a POST that began before the signal may take


def main(argv: list[str] | None = None) -> int:
    """Serve until a signal; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m web", description="Serve the Textbank panel.")
    parser.add_argument("--config", help="the configuration file")
    parser.add_argument("--wait", type=float, default=30.0, help="seconds to wait for the database")
    options = parser.parse_args(argv)
    debug = os.environ.get("TEXTBANK_LOG", "").lower() == "debug"
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.WARNING,
        format="level=%(levelname)s part=panel %(message)s",
        handlers=[logs.handler()],
    )
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `serve` takes it: somebody who does not want to wait
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # `textbank panel` held it back
    keep_small()
    try:
        config = configuration.load(options.config)
        standin.until_writable(config)
        wait_for_database(config, options.wait)
        app = create_app(config)
        address = listening.bound(config.panel.host, config.panel.port)
    except Refused as refused:
        print(refused, file=sys.stderr)  # noqa: T201
        return 1
    except (sqlite3.DatabaseError, OSError) as error:
        print(unreadable(config.database.path, error), file=sys.stderr)  # noqa: T201
        return 1
    serve(app, address)
    return 0


def keep_small() -> None:
    """Few heaps for many threads: glibc gives each thread its own, which cost 13 MB after one busy minute here."""
    with contextlib.suppress(OSError, AttributeError):  # another C library: nothing to set
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


def wait_for_database(config: Config, timeout_s: float) -> None:
    """Wait until the gateway has made or migrated the database; Refused says what to do when it does not come."""
    if not config.database.path.parent.is_dir():
        raise Refused(
            f"The folder {config.database.path.parent} does not exist. Make it, or change [database] path."
        )
    path, deadline = config.database.path, time.monotonic() + timeout_s
    await_file(path, deadline)
    if damage.seen(path) is not None:
        return  # the page says so
    try:
        # Only looked at: a file that is no database of ours is left as it was found.
        with contextlib.closing(connect(path, query_only=True)) as db:
            wait_for(db, max(0.0, deadline - time.monotonic()))
    except sqlite3.DatabaseError as error:
        if not damage.note_if(path, error, now=wall_ms()):
            raise Refused(unreadable(path, error)) from error
    except Refused:
        if damage.seen(path) is None:  # else the gateway found it meanwhile
            raise


def await_file(path: Path, deadline: float) -> None:
    """Wait until there is a database, or until it is known to be damaged; Refused at the deadline. Making one is the gateway's
    and `textbank init`'s.
    """
    if not path.exists():
        logging.getLogger(__name__).warning("there is no database at %s yet: waiting for the gateway", path)
    while damage.seen(path) is None:
        if damage.is_lost(path):
            damage.note(path, damage.look(path), now=wall_ms())
        elif path.exists():
            return
        elif time.monotonic() >= deadline:
            raise Refused(
                f"There is no database at {path}. Nothing was made and nothing was started. "
                "Start the gateway first (`textbank gateway`), or create the database with `textbank init`."
            )
        else:
            time.sleep(POLL_S)


def unreadable(path: Path, error: sqlite3.DatabaseError | OSError) -> str:
    """Why the database cannot be opened, and what to do."""
    if isinstance(error, OSError):
        return (
            f"The database {path} cannot be looked at: {error.strerror}. Nothing was changed and nothing was started. "
            "Start the panel as the user that runs Textbank, or change [database] path."
        )
    if "locked" in str(error):
        return (
            f"The database {path} is in use by another program, which lets nobody else in. Nothing was changed and nothing was started. "
            "Close that program, which `textbank doctor` names, or wait until it is done."
        )
    if isinstance(error, sqlite3.OperationalError):
        return (
            f'The database {path} could not be opened: SQLite says "{error}". Nothing was changed and nothing was started. '
            "See that this user may read and write the file and its folder, and that the disk is not full; then start again."
        )
    return (
        f'The file {path} is not a Textbank database, or it is damaged: SQLite says "{error}". It was left as it is, '
        "and nothing was started. Change [database] path, or restore a backup: `textbank restore FILE`."
    )


def serve(app: Flask, listening: socket.socket) -> None:
    """Answer until SIGTERM, SIGINT or SIGHUP."""
    from waitress.server import create_server

    # What is uploaded waits on the card, not in a /tmp that may be memory.
    tempfile.tempdir = str(app.config["TEXTBANK"].database.path.parent)
    server = create_server(
        app,
        sockets=[listening],
        connection_limit=1000,  # the default 100 is used up by a dozen browsers with idle connections
        asyncore_use_poll=True,  # select() ends at descriptor 1024
        threads=THREADS,  # a stream holds one
        channel_request_lookahead=5,  # lets a stream notice that its browser has gone
        channel_timeout=120,
        max_request_body_size=uploads.MOST_BODY,
        ident=None,
        clear_untrusted_proxy_headers=True,
        trusted_proxy="127.0.0.1",  # a TLS proxy on this machine may say https and who asks
        trusted_proxy_headers={"x-forwarded-proto", "x-forwarded-for"},
    )
    closing = threading.Event()

    def close(_signal: int, _frame: FrameType | None) -> NoReturn:
        # Raising leaves the loop; waitress then waits for the threads that still answer.
        if not closing.is_set():
            closing.set()
            app.config["HUB"].stop()
            app.config["TAKER"].stop()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, close)
    signal.signal(signal.SIGINT, close)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup leaves it
        signal.signal(signal.SIGHUP, close)  # its terminal was closed
    app.config["TAKER"].ring()  # what the last panel had not finished
    try:
        server.run()
    finally:
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=LINGER_S)


if __name__ == "__main__":
    sys.exit(main())
