"""Files that people bring: only some routes take one, only from people who may, and only so large.

Everywhere else a form is at most 64 KB. Promises: a stranger's file is never read; one that is too large is refused with
its size in words; what comes in goes to the disk in pieces and never stands in memory.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from gateway.errors import Refused
from gateway.listfile import MOST_BYTES

View = TypeVar("View", bound=Callable[..., Any])
AROUND = 256 * 1024  # what the form puts around the file
IN_MEMORY = (
    1024 * 1024
)  # Werkzeug counts its reading buffer of a file, some 128 KB, against this limit of a form's fields
MOST_BODY = 260 * 1024 * 1024  # what is read at all, so that a file of 200 MB can still be refused in words


def takes_file(most_bytes: int) -> Callable[[View], View]:
    """Mark a view that takes a file of up to so many octets."""

    def mark(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return mark


def install(app: Flask) -> None:
    """Let such a route take its file; the door was passed before this, the form is read after it."""

    @app.before_request
    def let_in() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        most = getattr(view, "most_bytes", None)
        if most is None:
            return
        size = request.content_length or 0
        if size > most + AROUND:
            raise Refused(
                f"This file has {size / 2**20:,.0f} MB, and up to {most // 2**20} MB can be brought. Nothing was kept. "
                "Save only the columns that you need, or split it."
            )
        request.max_content_length = most + AROUND
        request.max_form_memory_size = IN_MEMORY


__all__ = ["MOST_BODY", "MOST_BYTES", "install", "takes_file"]
