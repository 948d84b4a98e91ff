"""One page in place of the panel, while the disk is full or can only be read and the database cannot even be opened.

Promises: it says what is wrong and what to do, answers 503 to everything, and gives way to the panel by itself as soon as the
database opens. It reads nothing of anybody.
"""

import contextlib
import html
import logging
import socket
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

from gateway import damage, explain, room
from gateway.config import Config
from gateway.notice import Notice
from gateway.store import connect, log_without_file

log = logging.getLogger(__name__)

AGAIN_S = 5
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><meta http-equiv="refresh" content="{again}"><title>Textbank</title></head>
<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 2rem auto; padding: 0 1rem">
<main><h1 style="font-size: 1.4rem">{what}</h1><p>{rest}</p><p>What was sent before is safe. This page looks again by itself.</p>
</main></body></html>"""


def until_writable(config: Config) -> None:
    """Return once the database can be opened, or when something else than the disk is wrong with it."""
    notice = _trouble(config)
    if notice is None:
        return
    log.error("%s %s %s", notice.what, notice.evidence, notice.next)

    rest = f"{notice.done} {notice.next}"
    page = PAGE.format(again=AGAIN_S, what=html.escape(notice.what), rest=html.escape(rest))
    answer = type("Answer", (_Answer,), {"page": page.encode()})
    with _Server((config.panel.host, config.panel.port), answer) as server:
        server.timeout = AGAIN_S
        while _trouble(config) is not None:
            server.handle_request()


class _Server(HTTPServer):
    """The panel listens on the same port right afterwards."""

    allow_reuse_address = True

    def __init__(self, at: tuple[str, int], answer: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
        super().__init__(at, answer)


class _Answer(BaseHTTPRequestHandler):
    page: ClassVar[bytes] = b""
    timeout = AGAIN_S

    def _say(self) -> None:
        self.send_response(503)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.page)))
        self.send_header("Retry-After", str(AGAIN_S))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(self.page)

    do_GET = do_POST = _say  # noqa: N815 (the library calls them so)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the library's name)
        """Nobody's address is written to a disk that is full."""


def _trouble(config: Config) -> Notice | None:
    path = config.database.path
    if not path.exists() or damage.seen(path) is not None or log_without_file(path):
        return None
    try:
        with contextlib.closing(connect(path, timeout_s=5.0)) as db:
            db.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        here = room.look(path.parent)
        if here.read_only:
            return explain.read_only(str(path.parent), str(error))
        if room.is_full(error) or here.free_bytes < room.RESERVE_BYTES:
            return explain.disk_full(str(path.parent), here.free_bytes, here.largest)
    except sqlite3.DatabaseError:
        return None  # a file that is none: said by what opens it next
    return None
