"""What a browser sent, made into values: ids, one line of text, a nonce; and where a person goes next."""

import secrets

from flask import redirect, request, url_for
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.routing import IntegerConverter
from werkzeug.wrappers import Response

MOST_ID = 2**63 - 1


class Id(IntegerConverter):
    """An id in an address: digits that the database can hold; anything else is an address that does not exist."""

    regex = r"[0-9]{1,18}"


def asked_id(name: str) -> int | None:
    """An id from the query, or None when there is none; nonsense is no page."""
    value = request.args.get(name, "")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise NotFound
    return int(value)


def field(name: str, most: int = 200) -> str:
    """A field of the form; 400 when it is missing or longer than any real one."""
    value = request.form.get(name)
    if value is None or len(value) > most:
        raise BadRequest
    return value


def choice(name: str, allowed: tuple[str, ...]) -> str:
    """A field that must be one of these."""
    value = field(name)
    if value not in allowed:
        raise BadRequest
    return value


def nonce() -> str:
    """A key made here, once for each drawn form: the same form sent twice is one act."""
    return f"panel:{secrets.token_urlsafe(12)}"


def used_nonce() -> str:
    """The key that a form brought back."""
    value = field("key", 40)
    if not value.startswith("panel:") or len(value) < 20:
        raise BadRequest
    return value


def go(endpoint: str, **values: object) -> Response:
    """To another page after an act: the browser asks for it by GET, and reloading repeats nothing."""
    return redirect(url_for(endpoint, **values), 303)  # type: ignore[arg-type]
