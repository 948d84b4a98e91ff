"""A database of an earlier Textbank comes through the migrations with everything in it."""

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from gateway import readings, schema, stations
from gateway.errors import Refused
from gateway.store import connect, write
from gateway.tables import CONVERSATIONS, INBOX, OUTBOX, PEOPLE, STATIONS

NOW = 1_800_000_000_000


def first_schema(db: sqlite3.Connection) -> None:
    """The database as the first schema left it."""
    migrations = Migrations("textbank")

    @migrations()
    def m001_one_text_out_and_in(database: Database) -> None:
        for script in (PEOPLE, CONVERSATIONS, OUTBOX, STATIONS, INBOX):
            for statement in schema.statements(script):
                database.execute(statement)
        database.execute("PRAGMA user_version = 1")

    with write(db):
        migrations.apply(Database(db, execute_plugins=False))


@pytest.fixture
def old(tmp_path: Path):
    db = connect(tmp_path / "old.db")
    first_schema(db)
    yield db
    db.close()


def test_a_database_of_the_first_schema_keeps_its_rows(old: sqlite3.Connection) -> None:
    with write(old):
        old.execute(
            "INSERT INTO station (name, epoch, state, since_at, imei, iccid, uncertain_in_a_row) VALUES ('north', 7, 'ready', ?, '35', '89', 1)",
            [NOW],
        )
        old.execute(
            "INSERT INTO pin_attempt (card, pin_key, at, outcome) VALUES ('89', x'01', ?, 'refused')", [NOW]
        )

    schema.migrate(old)

    row = old.execute("SELECT * FROM station WHERE name='north'").fetchone()
    assert (row["epoch"], row["state"], row["iccid"], row["uncertain_in_a_row"]) == (7, "ready", "89", 1)
    assert (row["found"], row["place"], row["reset_at"]) == (0, "", None)
    assert old.execute("SELECT outcome FROM pin_attempt").fetchone()["outcome"] == "refused"


def test_it_takes_what_the_new_program_writes(old: sqlite3.Connection) -> None:
    schema.migrate(old)
    stations.ensure(old, "north", now=NOW)
    readings.sample(old, "north", now=NOW, signal_dbm=-71)
    assert schema.version(old) == schema.VERSION
    schema.wait_for(old, timeout_s=0)


def test_migrating_again_changes_nothing(old: sqlite3.Connection) -> None:
    schema.migrate(old)
    before = old.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
    schema.migrate(old)
    assert [tuple(row) for row in old.execute("SELECT name, sql FROM sqlite_schema ORDER BY name")] == [
        tuple(row) for row in before
    ]


def test_a_database_of_a_newer_program_is_left_alone(old: sqlite3.Connection) -> None:
    old.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(Refused, match="newer Textbank"):
        schema.migrate(old)
