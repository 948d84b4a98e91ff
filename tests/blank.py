"""A new database as `textbank init` makes it, without its forty milliseconds: migrated once in a process, then copied octet by octet.

Whoever tests the migrations themselves calls `schema.migrate`.
"""

import os
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from gateway import schema, store


def database(path: Path) -> sqlite3.Connection:
    """A connection to a new, empty database of this program's schema at `path`, where nothing may be yet."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(migrated())
        file.flush()
        os.fsync(file.fileno())  # as a migration is, for tests that cut the power
    return store.connect(path)


@cache
def migrated() -> bytes:
    """The file of a database that was migrated and closed."""
    with tempfile.TemporaryDirectory(prefix="textbank-") as folder:
        path = Path(folder) / "textbank.db"
        with closing(store.connect(path)) as db:
            schema.migrate(db)
        return path.read_bytes()
