"""A database of an earlier Textbank comes through the migrations with everything in it."""

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from gateway import readings, schema, stations
from gateway.errors import Refused
from gateway.message import GOES, GOING, STATES
from gateway.store import connect, write

NOW = 1_800_000_000_000


def first_schema(db: sqlite3.Connection) -> None:
    """The database as the first schema left it."""
    (name, made_of), *_ = schema.SCRIPTS.items()
    migrations = Migrations("textbank")

    @migrations(name=name)
    def first(database: Database) -> None:
        for statement in (*made_of, "PRAGMA user_version = 1"):
            database.execute(statement)

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


def _text(db: sqlite3.Connection, state: str) -> int:
    conversation = db.execute(
        "INSERT INTO conversation (number, salt, last_at) VALUES (?, x'00', ?) RETURNING id",
        [f"+1202555{state}", NOW],
    ).fetchone()
    approval = db.execute(
        "INSERT INTO ledger (at, act, channel, digest, mac) VALUES (?,'approve','cli',x'00',x'00') RETURNING id",
        [NOW],
    ).fetchone()
    made = db.execute(
        "INSERT INTO message (conversation_id, kind, state, text, channel, created_at, expires_at, approval_id, submitted_at, iccid) "
        "VALUES (?,3,?,'Hi','cli',?,?,?,?,'89') RETURNING id",
        [conversation["id"], state, NOW, NOW, approval["id"], NOW],
    ).fetchone()
    return int(made["id"])


def _going(db: sqlite3.Connection) -> set[str]:
    return {row["state"] for row in db.execute(f"SELECT state FROM message WHERE {GOING}")}


def test_texts_on_their_way_are_found_after_the_migration(old: sqlite3.Connection) -> None:
    for state in STATES:
        _text(old, state)
    schema.migrate(old)
    assert _going(old) == set(GOES)


def test_a_text_is_found_on_its_way_in_whichever_order_its_states_come(old: sqlite3.Connection) -> None:
    schema.migrate(old)
    text = _text(old, "awaiting")
    for before in STATES:
        for after in STATES:
            for state in (before, after):
                old.execute("UPDATE message SET state=? WHERE id=?", [state, text])
            assert _going(old) == ({after} & set(GOES)), f"from {before} to {after}"


def test_a_text_between_approval_and_answer_rewrites_no_index(old: sqlite3.Connection) -> None:
    """What each state costs on the card: the index of what is on its way is written when a text enters it and leaves it."""
    schema.migrate(old)
    text = _text(old, "approved")
    old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    log = Path(old.execute("PRAGMA database_list").fetchone()["file"] + "-wal")
    sizes = [log.stat().st_size]
    for state in ("claimed", "submitted", "sent"):
        old.execute("UPDATE message SET state=? WHERE id=?", [state, text])
        sizes.append(log.stat().st_size)
    header, frame = 32, 24 + 1024
    assert sizes == [0, header + frame, header + 2 * frame, header + 4 * frame]


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


@pytest.mark.parametrize(
    ("out", "also"),
    [
        ("+525512345678", "+5215512345678"),
        ("+5215512345678", "+525512345678"),
        ("+541123456789", "+5491123456789"),
        ("+5491123456789", "+541123456789"),
    ],
)
def test_who_stopped_by_one_form_of_a_mobile_is_out_by_the_other_too(
    old: sqlite3.Connection, out: str, also: str
) -> None:
    """An older program made two conversations of Mexico's and Argentina's two forms, and its stop touched one: a text left to the other."""
    others = ("+5255123456789", "+12025550123", "+52155123456")
    with write(old):
        old.executemany(
            "INSERT INTO conversation (number, salt, last_at, opted_out_at, waiting_at) VALUES (?, x'00', ?, ?, ?)",
            [(out, NOW, NOW, None), *((number, NOW, None, NOW) for number in (also, *others))],
        )
    schema.migrate(old)
    found = old.execute(
        "SELECT number, opted_out_at, waiting_at FROM conversation WHERE opted_out_at IS NOT NULL"
    )
    assert {tuple(row) for row in found} == {(out, NOW, None), (also, NOW, None)}
