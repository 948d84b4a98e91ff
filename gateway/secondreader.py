"""A second coordinator reads a campaign before it starts, where the group wants it; also what changes while it runs (`campaigns.save`
pauses it then, and `campaigns.resume` is the second reader's).

Promises: nobody is the reader of what they wrote, and whoever read it read exactly what stands there. Fails with `Refused`.
"""

import sqlite3

from gateway.campaigns import leads, load, to_state
from gateway.people import User
from gateway.store import write


def ask(db: sqlite3.Connection, campaign_id: int, *, by: User) -> None:
    """Lay a draft before a second coordinator."""
    leads(by)
    with write(db):
        to_state(db, campaign_id, "review", ("draft",), f"{by.name} asks a second coordinator to read it.")


def read(db: sqlite3.Connection, campaign_id: int, *, by: User, seen_revision: int) -> None:
    """A second coordinator has read it: not the one who wrote what stands there now, and exactly that."""
    leads(by)
    with write(db):
        load(db, campaign_id).somebody_else_read(by, seen_revision)
        to_state(db, campaign_id, "review", ("draft", "review"), f"{by.name} has read it.")
        db.execute("UPDATE campaign SET reviewed_by=? WHERE id=?", [by.id, campaign_id])
