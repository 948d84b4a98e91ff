"""The migrations, by sqlite-utils; `gateway/tables.py` and `campaign_tables.py` have the tables.

Promises: a migration and its record are one transaction; two processes that start together apply each once;
nothing is migrated by the panel, which waits for a schema that it knows (`wait_for`). The page size is
decided by the first connection (`store.PAGE_BYTES`).

Fails with `Refused` when the database is newer than this program.
"""

import sqlite3
import time

from gateway.campaign_tables import CAMPAIGNS
from gateway.errors import Refused
from gateway.search_tables import AT_SIZE, FEWER_WRITES, SEARCH
from gateway.store import write
from gateway.tables import CONVERSATIONS, INBOX, MODEM_LAYER, OUTBOX, PEOPLE, PROOF, STATIONS

WAIT_S = 30.0
FORMS = "('+33690','+590690'),('+33691','+590691'),('+33692','+262692'),('+33693','+262693'),('+33639','+262639'),('+33694','+594694')"
FORMS += ",('+33696','+596696'),('+33697','+596697')"


def statements(script: str) -> tuple[str, ...]:
    """The single statements of a script: executescript would commit the migration's transaction."""
    without_comments = "\n".join(line.split("--")[0] for line in script.splitlines())
    return tuple(part for part in (piece.strip() for piece in without_comments.split(";")) if part)


SCRIPTS = {  # what is here is in somebody's database, and is never changed again
    "m001_one_text_out_and_in": statements(PEOPLE + CONVERSATIONS + OUTBOX + STATIONS + INBOX),
    "m002_modem_layer": statements(MODEM_LAYER),
    "m003_proof": (*statements(PROOF + AT_SIZE), *SEARCH),
    "m004_campaigns": statements(CAMPAIGNS),
    "m005_fewer_writes": FEWER_WRITES,
    "m006_each_sims_imsi": (  # by which it is known again when its ICCID is cut
        "ALTER TABLE sim ADD COLUMN imsi TEXT NOT NULL DEFAULT ''",
        "UPDATE sim SET imsi=coalesce((SELECT max(imsi) FROM station WHERE station.iccid=sim.iccid), '')",
    ),
    "m007_a_stop_in_both_forms": (  # of a mobile (`numbers.other_form`), each of which was once a conversation of its own
        "UPDATE conversation SET opted_out_at=o.opted_out_at, waiting_at=NULL, asks_opt_out=0 FROM conversation o "
        "WHERE conversation.opted_out_at IS NULL AND o.opted_out_at IS NOT NULL AND conversation.number=CASE "
        "WHEN length(o.number)=14 AND o.number GLOB '+521*' THEN '+52' || substr(o.number, 5) "
        "WHEN length(o.number)=14 AND o.number GLOB '+549*' THEN '+54' || substr(o.number, 5) "
        "WHEN length(o.number)=13 AND o.number GLOB '+52*' THEN '+521' || substr(o.number, 4) "
        "WHEN length(o.number)=13 AND o.number GLOB '+54*' THEN '+549' || substr(o.number, 4) END",
    ),
    "m008_a_stop_in_more_forms": (  # those that `numbers.other_form` knows since
        f"WITH form(a, b) AS (VALUES {FORMS}), pair(a, b) AS (SELECT a, b FROM form UNION ALL SELECT b, a FROM form) "
        "UPDATE conversation SET opted_out_at=o.opted_out_at, waiting_at=NULL, asks_opt_out=0 FROM conversation o, pair "
        "WHERE conversation.opted_out_at IS NULL AND o.opted_out_at IS NOT NULL AND length(o.number)=length(a)+6 "
        "AND o.number GLOB a || '*' AND conversation.number=b || substr(o.number, length(a)+1)",
    ),
    "m009_a_stop_in_the_forms_of_palestine_and_brazil": (
        "UPDATE conversation SET opted_out_at=o.opted_out_at, waiting_at=NULL, asks_opt_out=0 FROM conversation o "
        "WHERE conversation.opted_out_at IS NULL AND o.opted_out_at IS NOT NULL AND conversation.number=CASE "
        "WHEN length(o.number)=13 AND o.number GLOB '+9705[69]*' THEN '+972' || substr(o.number, 5) "
        "WHEN length(o.number)=13 AND o.number GLOB '+9725[69]*' THEN '+970' || substr(o.number, 5) "
        "WHEN length(o.number)=13 AND o.number GLOB '+55[1-9][0-9][689]*' THEN substr(o.number, 1, 5) || '9' || substr(o.number, 6) "
        "WHEN length(o.number)=14 AND o.number GLOB '+55[1-9][0-9]9[689]*' THEN substr(o.number, 1, 5) || substr(o.number, 7) END",
    ),
}
VERSION = len(SCRIPTS)


def version(db: sqlite3.Connection) -> int:
    """The number of the newest migration in this database; 0 when it is empty."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def is_ours(db: sqlite3.Connection) -> bool:
    """Whether these are Textbank's tables."""
    names = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type='table'")}
    return {"message", "conversation", "ledger", "opt_out"} <= names


def migrate(db: sqlite3.Connection) -> None:
    """Bring the database to VERSION; call it with the gateway's lock held."""
    found = version(db)
    _not_newer(found)
    if found == VERSION:
        return
    # Only here: sqlite-utils costs 15 MB of memory, which a gateway that has nothing to migrate keeps.
    from sqlite_utils import Database, Migrations

    migrations = Migrations("textbank")
    for number, (name, made_of) in enumerate(SCRIPTS.items(), 1):

        @migrations(name=name)
        def step(database: Database, number: int = number, made_of: tuple[str, ...] = made_of) -> None:
            for statement in (*made_of, f"PRAGMA user_version = {number}"):
                database.execute(statement)

    with write(db):
        migrations.apply(Database(db, execute_plugins=False))


def _not_newer(found: int) -> None:
    if found > VERSION:
        raise Refused(
            f"This database was written by a newer Textbank (schema {found}, this one knows {VERSION}). "
            "Nothing was changed. Install the newer version again, or restore a backup made by this one."
        )


def wait_for(db: sqlite3.Connection, timeout_s: float = WAIT_S) -> None:
    """Wait until the gateway has brought the database to this program's schema; Refused says what to do when it does not."""
    deadline = time.monotonic() + timeout_s
    while (found := version(db)) != VERSION:
        _not_newer(found)
        if time.monotonic() >= deadline:
            raise Refused(
                f"The database is not ready (schema {found}, this Textbank needs {VERSION}). "
                "Start the gateway first (`textbank gateway`), or create the database with `textbank init`."
            )
        time.sleep(0.2)
