"""A shift is worked by everybody and every station, each statement that it asks of the database is kept, and none of them may
read a whole table of those that grow: at a million texts it would hold up a page, or a modem. Plans are asked for, not times.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import (
    arrivals,
    assignments,
    board,
    cards,
    claims,
    conversations,
    erasing,
    flight,
    history,
    inbox,
    listcolumns,
    listing,
    optouts,
    outbox,
    purgedates,
    recording,
    reports,
    reportwatch,
    schema,
    settling,
    slots,
    store,
    unanswered,
)
from gateway.schedule import expire_all
from hardware.pdu import encode_status_report
from tests.campaigning import SIMS, bring_in, drafted
from tests.web import world as the_world
from tests.web.conftest import Visitor
from tests.web.world import HELLO, World
from web import create_app

GROWING = {
    *(
        "message",
        "event",
        "segment",
        "ledger",
        "conversation",
        "inbound",
        "arrival",
        "report",
        "sim_person",
        "opt_out",
    ),
    *("contact", "list_row", "list_member", "target", "answer", "note", "tag"),
}
BOUNDED = {  # what reads a growing table from its end, and what bounds it
    r"FROM message m JOIN conversation c .* ORDER BY m\.id DESC LIMIT \?": "textbank outbox: newest first, up to --limit",
    r"FROM contact c JOIN conversation v .* ORDER BY c\.id DESC LIMIT \?": "the page of contacts: newest first",
    r"FROM opt_out o .* WHERE o\.until_at IS NULL ORDER BY o\.id DESC LIMIT \?": "the page of opt-outs: newest first; few are undone",
    r"FROM inbound WHERE .* ORDER BY id DESC LIMIT \?": "textbank inbox: newest first, up to --limit",
    r"^UPDATE sim_person SET conversation_id=\? WHERE": "an erasure, of one person; a row for each person, SIM and month",
    r"min\(conversation_id\), 0\)\) FROM sim_person$": "the same: who was erased before",
    r"^SELECT id FROM inbound WHERE number=\?$": "an erasure, of one person: texts that stand in no conversation",
    r"^SELECT r\.list_id, .* FROM list_row r JOIN contact_list": "an erasure, of one person: a number may stand in any cell of a file",
    r"^DELETE FROM conversation WHERE id=:id AND .*sim_person": "who goes with a list; a row for each person whom a SIM texted of late",
    r"^DELETE FROM sim_person WHERE \(iccid": "a purge date: months that are over, in pieces",
    r"FROM opt_out o .*WHERE o\.number_key=\?": "what is here about one person, with the opt-outs that ended",
    r"^UPDATE opt_out SET reason=.*WHERE number_key=\?": "an erasure, of one person: what was typed beside opt-outs that ended",
    r"^SELECT \(SELECT max\(id\) FROM event\)": "the pulse: of answers the newest hundred",
    r"^SELECT count\(\*\), total\(id\) FROM target INDEXED BY target_held": "the pulse: who is held now, a batch for each volunteer",
    r"^SELECT (id, )?mac FROM ledger ORDER BY id DESC LIMIT 1": "the last row",
    r"FROM contact c JOIN conversation v .*WHERE 1 ORDER BY c\.id DESC LIMIT \?": "the contacts page: the newest",
    r"FROM opt_out o .*WHERE o\.until_at IS NULL ORDER BY o\.id DESC LIMIT \?": "the opt-outs page: the newest",
}


class Keeping(store.Connection):
    """A connection that keeps what it is asked."""

    asked: set[str]

    def execute(self, sql: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
        type(self).asked.add(sql)
        return super().execute(sql, *values)  # type: ignore[arg-type]

    def executemany(self, sql: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
        type(self).asked.add(sql)
        return super().executemany(sql, *values)  # type: ignore[arg-type]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every statement from now on, as it is written: a value that is filled in could make a plan look better than it is."""
    Keeping.asked = set()
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **b: real(*a, **{**b, "factory": Keeping}))
    return Keeping.asked


@pytest.fixture
def world(asked: set[str], tmp_path: Path) -> Iterator[World]:
    made = the_world.found(tmp_path)
    asked.clear()  # its migrations read all they change
    yield made
    made.db.close()


@pytest.fixture
def visit(world: World) -> Iterator[Callable[[str], Visitor]]:
    app = create_app(world.source)
    yield lambda who: Visitor(app, world).come_in(who)
    app.config["HUB"].stop()


def aliases(sql: str) -> dict[str, str]:
    """{alias or name: table} of every table in the statement."""
    found = re.findall(
        r"(?:FROM|JOIN|UPDATE|INTO|,)\s+(\w+)(?:\s+(?:AS\s+)?(?!WHERE|SET|ON|JOIN|LEFT|ORDER|GROUP)(\w+))?",
        sql,
    )
    return {name: table for table, alias in found for name in (alias or table, table)}


def breaches(db: sqlite3.Connection, sql: str) -> list[str]:
    """What in the plan of this statement reads a whole growing table, or sorts what it should find in order."""
    if not re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)\b", sql) or any(
        re.search(bound, sql) for bound in BOUNDED
    ):
        return []
    partial = {
        row[1] for table in GROWING for row in db.execute(f"PRAGMA index_list({table})").fetchall() if row[4]
    }
    marks: object = [None] * sql.count("?")
    if re.search(r":\w+", sql):
        marks = dict.fromkeys(re.findall(r":(\w+)", sql))
    tables = aliases(sql)
    wrong, through_partial, sorts = [], False, False
    for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", marks).fetchall():
        step = row["detail"]
        scan = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
        if scan and scan[2] in partial:
            through_partial = True
        elif scan and tables.get(scan[1], scan[1]) in GROWING:
            wrong.append(f"{step}: {sql}")
        sorts = sorts or step == "USE TEMP B-TREE FOR ORDER BY"
    if through_partial and sorts and "LIMIT" in sql:
        wrong.append(f"sorts all before its LIMIT: {sql}")
    return wrong


def test_a_statement_without_an_index_would_be_found(world: World) -> None:
    assert breaches(world.db, "SELECT * FROM message WHERE station=? AND state='claimed'")
    assert breaches(world.db, "SELECT m.id FROM message m WHERE m.state=? LIMIT 1")
    assert breaches(world.db, "SELECT id FROM message WHERE state='awaiting' ORDER BY expires_at LIMIT 5")
    assert not breaches(world.db, "SELECT id FROM message WHERE state='awaiting' ORDER BY kind, id LIMIT 5")


def test_nothing_that_a_shift_asks_reads_a_whole_table(
    world: World, asked: set[str], visit: Callable[[str], Visitor]
) -> None:
    work_at_stations(world)
    look_at_every_page(visit)
    decide(world, visit)
    run_a_campaign(world, visit)
    keep_house(world)
    texts = {sql for sql in asked if "pragma" not in sql.lower()}
    assert len(texts) > 150, "a shift asks more than this: is it still recorded?"
    wrong = [breach for sql in sorted(texts) for breach in breaches(world.db, sql)]
    assert not wrong, "\n".join(wrong)


def work_at_stations(world: World) -> None:
    now = store.wall_ms()
    for i, (name, number, text) in enumerate(the_world.PEOPLE):
        world.approve(world.draft(name, number, text))
        world.fly(("sent", "uncertain", "failed")[i % 3])
        world.receive(number, "Yes, I will come" if i % 2 else text * 2)
    seat = world.seat()
    world.approve(world.draft("Held Back", "+12025550180", HELLO))
    claims.anything_ready(world.db, seat, now=now)
    claims.next_wake(world.db, now=now)
    report(world, the_world.PEOPLE[0][1])
    reportwatch.warning(world.db, "north", seat, world.rules, now=now)
    job, _ = claims.claim_next(world.db, seat, world.rules, now=now)
    assert job is not None
    flight.release(world.db, seat, job, "busy", now=now)
    world.receive(the_world.PEOPLE[1][1], "STOP")
    slots.present(world.db, seat.sim.iccid)
    flight.begin(world.db, "north", now=now)
    flight.recover_all(world.db, now=now)
    flight.set_aside(world.db, "north", now=now)
    unanswered.have_left(world.db, "north", 2)


def report(world: World, number: str) -> None:
    """The network reports a text; and one of nobody's."""
    seen = arrivals.Seen("north", the_world.ICCIDS["north"])
    sent = outbox.load(world.db, 1)
    for mr in (sent["mr"], 250):
        stamp = store.moment(store.wall_ms()).replace(microsecond=0)
        pdu = (
            "00" + encode_status_report(number, mr=mr, timestamp=stamp, discharge_time=stamp, status=0).hex()
        )
        arrivals.keep(world.db, [arrivals.Received(pdu, "SM", mr)], seen, world.rules, now=store.wall_ms())
    assert world.state(sent["id"]) == "delivered"


def look_at_every_page(visit: Callable[[str], Visitor]) -> None:
    for who in ("coordinator", "volunteer", "trainee", "admin", "technician"):
        visitor = visit(who)
        for rule in visitor.client.application.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.endpoint not in ("static", "stream.changes"):
                address = re.sub(r"<(?:\w+:)?(?:name|station)>", "north", rule.rule)
                visitor.get(re.sub(r"<[^>]+>", "2", address))
        for query in ("?box=all", "?box=mine", "?q=come+0148", "?q=Rosa", "?q=0147"):
            visitor.get(f"/inbox{query}")


def decide(world: World, visit: Callable[[str], Visitor]) -> None:
    maya = visit("volunteer")
    for number, what in enumerate(("approve", "skip", "later", "edit")):
        world.draft(f"Person {number}", f"+1202555019{number}", HELLO)
        page = maya.get("/send").get_data(as_text=True)
        card = re.search(r'action="/send/(\d+)/approve"', page)
        assert card, page
        maya.post(f"/send/{card[1]}/{what}", seen=maya.field(page, "seen"), text="Other words")
    lee = visit("coordinator")
    conversation = world.conversation(the_world.PEOPLE[3][1])
    page = lee.get(f"/inbox/{conversation}").get_data(as_text=True)
    lee.post(f"/inbox/{conversation}/reply", text="See you there", key=lee.field(page, "key"))
    lee.post(f"/inbox/{conversation}/close")
    user, now = world.users["coordinator"], store.wall_ms()
    optouts.undo(world.db, world.conversation(the_world.PEOPLE[1][1]), by=user, reason="they asked", now=now)
    lost = world.db.execute("SELECT id FROM message WHERE state='uncertain' ORDER BY id").fetchall()
    settling.resend(world.db, lost[0]["id"], by=user, key="again", rules=world.rules, now=now)
    settling.settle(world.db, lost[0]["id"], arrived=True, by=user, now=now)
    conversations.move_home(world.db, conversation, user)
    maya.post("/leave")


def run_a_campaign(world: World, visit: Callable[[str], Visitor]) -> None:
    """From the draft's page to a batch, a card, a recorded answer, the board, the close and the purge."""
    now, lead = store.wall_ms(), world.users["coordinator"]
    list_id = bring_in(world.db, now=now)
    listcolumns.count(world.db)
    campaign_id = drafted(world.db, lead, list_id, now=now)
    cleo, other = visit("coordinator"), visit("other")
    path = f"/campaigns/{campaign_id}"
    cleo.get(path)
    assert cleo.post(f"{path}/start").status_code == 303
    other.get("/")
    assignments.take(world.db, campaign_id, world.users["other"], world.rules, SIMS, now=now)
    page = other.get("/send").get_data(as_text=True)
    card = re.search(r'action="/send/(\d+)/approve"', page)
    assert card, page
    other.post(f"/send/{card[1]}/approve", seen=other.field(page, "seen"))
    following = re.search(r'action="/send/(\d+)/skip"', other.get("/send").get_data(as_text=True))
    assert following
    for act in ("skip", "undo"):
        other.post(f"/send/{following[1]}/{act}", act="skip")
    target = world.db.execute("SELECT id FROM target WHERE campaign_id=?", [campaign_id]).fetchone()["id"]
    recording.record(world.db, target, "status", "yes", by=lead, now=now)
    for visited in (
        "/campaigns",
        path,
        f"{path}/people",
        f"{path}/people?said=status=yes",
        f"{path}/people.csv",
    ):
        cleo.get(visited)
    cleo.post(f"{path}/close")
    purgedates.purge(world.db, now=now + 91 * 86_400_000, zone=world.rules.zone)
    cleo.get(path)


def keep_house(world: World) -> None:
    now, user = store.wall_ms(), world.users["coordinator"]
    past = board.Pulse("0.0", "0", "")
    board.pulse(world.db)
    board.changed_conversations(world.db, past)
    expire_all(world.db, now)
    assignments.free_stale(world.db, now=now)
    arrivals.show_incomplete(world.db, now=now + 2 * 86_400_000)
    conversations.say_homeless(world.db)
    history.counted(world.db, "north", [now - 3_600_000, now])
    reports.overdue(world.db, outbox.load(world.db, 1), now=now)
    cards.recent(world.db, user, rules=world.rules, now=now)
    cards.uncertain(world.db, user, now=now)
    inbox.conversations_in(world.db, user, box="waiting", now=now)
    for state in (None, "awaiting", "failed", "uncertain"):
        listing.outbox_rows(world.db, state=state, since=now - 1000)
    listing.inbox_rows(world.db, since=now - 1000)
    erasing.erase(world.db, the_world.PEOPLE[4][1], now=now + 3_600_000)


def test_every_row_that_another_points_to_is_found_from_there(tmp_path: Path) -> None:
    """SQLite looks for children of each row that is erased, and that is in no plan: each foreign key needs an index."""
    db = store.connect(tmp_path / "textbank.db")
    schema.migrate(db)
    wrong = []
    for table in GROWING:
        indexes = [
            [row["name"] for row in db.execute(f"PRAGMA index_info({index['name']})").fetchall()]
            for index in db.execute(f"PRAGMA index_list({table})").fetchall()
        ]
        primary = [row["name"] for row in db.execute(f"PRAGMA table_info({table})").fetchall() if row["pk"]]
        for key in db.execute(f"PRAGMA foreign_key_list({table})").fetchall():
            led = any(columns and columns[0] == key["from"] for columns in [*indexes, primary])
            if key["table"] in GROWING - {"ledger"} and not led:
                wrong.append(f"{table}.{key['from']}")
    db.close()
    assert not wrong
