"""Taking back that our modems text each other: the approval itself is given in `gateway/selftests.py`.

Promises: the row of the ledger stays, for what was sent under it; from now on no test begins. Fails with `Refused`.
"""

import sqlite3

from gateway.errors import Refused
from gateway.people import User
from gateway.store import write


def withdraw(db: sqlite3.Connection, *, by: User) -> None:
    """An admin allows no more self-tests."""
    if by.role != "admin":
        raise Refused(
            "Only an admin can take back that our modems text each other. Nothing was changed; ask one."
        )
    with write(db):
        db.execute("DELETE FROM setting WHERE key='self_test'")
