"""What is deleted by age, and what erasing one person leaves in any file of the folder."""

import dataclasses
import sqlite3
from datetime import time
from pathlib import Path

import pytest

from gateway import claims, erasing, flight, ledger, outbox, purging, stations, store, texted
from gateway.arrivals import Received, Seen, keep
from gateway.claims import Seat
from gateway.config import Privacy
from gateway.flight import Accepted
from gateway.policy import Quiet
from gateway.reports import Arrived
from gateway.reports import keep as keep_report
from gateway.rules import Rules
from hardware.pdu import segment, submit_tpdus
from tests.gateway.bench import Bench
from tests.gateway.conftest import ADA, ICCID, LUIS, NOON, Desk
from tests.gateway.test_arrivals import deliver

DAY = 24 * 3_600_000
ZONE = "America/New_York"
KEEP = Privacy(30, 60, 60, 60, 60, 90)


def says(desk: Desk, seat: Seat, rules: Rules, number: str, words: str) -> int:
    """A text goes out and is delivered, and its person answers."""
    db, text = desk.db, desk.approved(number)
    job, _ = claims.claim_next(db, seat, rules, now=NOON, only=text)
    assert job is not None
    flight.submit(db, seat, job, 1, rules, valid_for=flight.validity(db, job, rules, now=NOON), now=NOON)
    flight.accept(db, seat, Accepted(job, 1, text % 256, NOON))
    with store.write(db):
        report = keep_report(db, ICCID, Arrived(number, text % 256, 0, NOON), now=NOON)
        db.execute(
            "INSERT INTO arrival (iccid, digest, pdu, first_at, gone_at, report_id) VALUES (?,?,x'00',?,?,?)",
            [ICCID, text, NOON, NOON, report],
        )
    keep(
        db, [Received(pdu, "SM", 1) for pdu in deliver(words, number)], Seen("north", ICCID), rules, now=NOON
    )
    db.execute("UPDATE arrival SET gone_at=?", [NOON])
    db.execute("UPDATE conversation SET waiting_at=NULL WHERE number=?", [number])
    return text


def nights(db: sqlite3.Connection, count: int, privacy: Privacy = KEEP) -> None:
    """So many nights from the day of the texts on, each with its purge."""
    for night in range(count):
        purging.purge(db, privacy, now=NOON + night * DAY, zone=ZONE)


def counts(db: sqlite3.Connection) -> dict[str, int]:
    tables = ("arrival", "report", "event", "message", "inbound")
    return {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def test_each_kind_goes_at_its_age_and_totals_and_ledger_stay(
    db: sqlite3.Connection, desk: Desk, seat: Seat, rules: Rules
) -> None:
    says(desk, seat, rules, ADA, "Yes")
    waits = desk.draft(LUIS)
    before = ledger.verify(db).head
    nights(db, 30)
    assert counts(db) == {"arrival": 2, "report": 1, "event": 4, "message": 2, "inbound": 1}
    nights(db, 33)
    assert counts(db) == {"arrival": 0, "report": 1, "event": 4, "message": 2, "inbound": 1}
    nights(db, 63)
    assert counts(db) == {"arrival": 0, "report": 0, "event": 0, "message": 2, "inbound": 1}
    nights(db, 93)
    assert counts(db) == {"arrival": 0, "report": 0, "event": 0, "message": 1, "inbound": 0}
    assert desk.state(waits) == "awaiting", "what waits for a person stays"
    assert purging.totals(db) == {"delivered": 1, "answer": 1}
    assert dict(db.execute("SELECT what, day FROM purged").fetchall())["answer"] == "2026-11-24"
    after = ledger.verify(db)
    assert (after.intact, after.head) == (True, before)
    assert desk.conversation(ADA)["number"] == ADA, "who they are stays: only their texts went"


def test_nothing_goes_that_waits_or_is_uncertain(
    db: sqlite3.Connection, desk: Desk, seat: Seat, rules: Rules
) -> None:
    says(desk, seat, rules, ADA, "Yes")
    text = says(desk, seat, rules, LUIS, "Perhaps")
    db.execute("UPDATE conversation SET waiting_at=? WHERE number=?", [NOON, ADA])
    db.execute("UPDATE message SET state='uncertain' WHERE id=?", [text])
    nights(db, 120)
    assert counts(db)["message"] == 2
    assert counts(db)["inbound"] == 2
    assert db.execute("SELECT count(*) FROM event WHERE message_id=?", [text]).fetchone()[0] == 4


def test_zero_days_is_for_ever(db: sqlite3.Connection, desk: Desk, seat: Seat, rules: Rules) -> None:
    says(desk, seat, rules, ADA, "Yes")
    before = counts(db)
    nights(db, 400, Privacy(0, 0, 0, 0, 0, 0))
    assert counts(db) == before


def test_a_clock_that_stands_in_2070_for_a_night_deletes_nothing(
    db: sqlite3.Connection, desk: Desk, seat: Seat, rules: Rules
) -> None:
    says(desk, seat, rules, ADA, "Yes")
    before = counts(db)
    nights(db, 2)
    purging.purge(db, KEEP, now=NOON + 16_000 * DAY, zone=ZONE)
    purging.purge(db, KEEP, now=NOON + 4 * DAY, zone=ZONE)
    assert counts(db) == before


def test_it_is_done_once_a_night(db: sqlite3.Connection) -> None:
    night = NOON + 15 * 3_600_000  # 3 in the morning in New York
    assert purging.is_due(db, now=NOON, zone=ZONE), "the first one only learns what time it is"
    purging.purge(db, KEEP, now=NOON, zone=ZONE)
    assert not purging.is_due(db, now=night - 1, zone=ZONE)
    assert purging.is_due(db, now=night, zone=ZONE)
    purging.purge(db, KEEP, now=night, zone=ZONE)
    assert not purging.is_due(db, now=night + 1, zone=ZONE)


def test_stations_write_between_its_batches_and_an_ending_gateway_ends_it(
    path: Path, db: sqlite3.Connection, desk: Desk, seat: Seat, rules: Rules
) -> None:
    text = says(desk, seat, rules, ADA, "Yes")
    with store.write(db):
        db.executemany(
            "INSERT INTO event (message_id, event, actor, at) VALUES (?,'note','gateway',?)",
            [(text, NOON)] * 1000,
        )
    nights(db, 60)
    pauses: list[int] = []

    def rest() -> bool:
        with store.write(other):  # refused at once while the purge holds the lock
            pauses.append(1)
        return len(pauses) < 4

    other = store.connect(path, timeout_s=0)
    purging.purge(db, KEEP, now=NOON + 63 * DAY, zone=ZONE, rest=rest)
    other.close()
    assert len(pauses) == 4
    assert counts(db)["event"] > 500


SAID = "My door code is 7741 Ada"
TOLD = "Dear Ada, only you read this."


@pytest.fixture
def rules(rules: Rules) -> Rules:
    """Without a night: a station goes by the hour that it is."""
    return dataclasses.replace(rules, quiet=Quiet(time(0), time(0)))


@pytest.fixture
def needles() -> dict[str, bytes]:
    """Ada's number and the words of both, in every form in which a file could hold them."""
    digits = ADA.lstrip("+")
    swapped = "".join(b + a for a, b in zip(digits[::2], f"{digits}F"[1::2], strict=True))
    found: dict[str, bytes] = {
        "number": digits.encode(),
        "number in a PDU": bytes.fromhex(swapped),
        "number in hex": swapped.encode(),
    }
    for name, words in (("said", SAID), ("told", TOLD)):
        [tpdu] = submit_tpdus(ADA, segment(words), ref=0, validity=None, status_report=True)
        found[name] = words[4:16].encode()
        found[f"{name} in two octets each"] = words[4:16].encode("utf-16-be")
        found[f"{name} in a PDU"] = tpdu[-18:-6]  # packed into seven bits a letter
    return found


def holding(folder: Path, needles: dict[str, bytes]) -> set[tuple[str, str]]:
    """Which file of the folder holds which of them."""
    return {
        (file.name, name)
        for file in folder.glob("textbank.db*")
        for name, needle in needles.items()
        if needle in file.read_bytes()
    }


def test_who_is_erased_is_in_no_file_of_the_folder(
    bench: Bench, path: Path, now: int, needles: dict[str, bytes]
) -> None:
    """Through a real station: sent, reported, answered; then not a byte of it is left."""
    db, desk = bench.desk.db, bench.desk
    bench.until_ready()
    text = desk.approved(ADA, TOLD, now=now)
    other = desk.approved(LUIS, "Dear Luis, you stay.", now=now)
    bench.until_state(text, "delivered")
    bench.bank.inbound(0, ADA, SAID)
    bench.until(lambda: SAID in bench.inbound(), "her answer")
    bench.until_state(other, "delivered")
    desk.stop(ADA, now=now)
    before = holding(path.parent, needles)
    assert {name for _, name in before} >= {"number", "number in a PDU", "said", "said in a PDU", "told"}
    head = ledger.verify(db).head

    gone = erasing.erase(db, ADA, now=now)
    emptied = erasing.empty_log(db)

    assert (gone.texts, gone.answers, gone.opted_out, emptied) == (1, 1, True, True)
    assert holding(path.parent, needles) == set()
    after = ledger.verify(db)
    assert (after.intact, after.head) == (True, head)
    assert desk.state(other) == "delivered"
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    with pytest.raises(Exception, match="asked to stop"):
        outbox.draft(
            db, ADA, "Again", kind="first", key=None, channel="cli", by=None, rules=bench.desk.rules, now=now
        )
    assert texted.of(path).path.exists(), "the digests of whom a restore has to know stay"


def test_a_log_that_could_not_be_emptied_is_emptied_by_the_gateway_later(
    path: Path, db: sqlite3.Connection, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.draft(ADA, "Only Ada knows this.")
    db.execute("PRAGMA busy_timeout=100")
    reader = store.connect(path, query_only=True)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM message").fetchall()
    erasing.erase(db, ADA, now=NOON)
    assert not erasing.empty_log(db)
    assert b"Only Ada" in Path(f"{path}-wal").read_bytes()
    reader.close()
    assert erasing.empty_log_later(db) == 1
    assert b"Only Ada" not in Path(f"{path}-wal").read_bytes()
    assert erasing.empty_log_later(db) == 0


def test_who_is_erased_is_in_no_list_campaign_or_note(
    path: Path, db: sqlite3.Connection, desk: Desk, seat: Seat, rules: Rules
) -> None:
    text = says(desk, seat, rules, ADA, "Yes")
    ada = desk.conversation(ADA)["id"]
    for statement, values in (
        ("INSERT INTO contact_list (id, name, state, source, consented_on, created_at) VALUES (1,'Elm','ready','signed','2026-01-08',1)", []),
        ("INSERT INTO list_row VALUES (1, 2, 'twice', 'Twice.', '[\"Ada L.\", \"(202) 555-0123\"]')", []),
        ("INSERT INTO list_row VALUES (1, 3, 'twice', 'Twice.', '[\"Luis\", \"(202) 555-0147\"]')", []),
        ("INSERT INTO contact (id, conversation_id, first_name, created_at) VALUES (1,?,'Adaline',1)", [ada]),
        ("INSERT INTO list_member VALUES (1, 1)", []),
        ("INSERT INTO campaign (id, name, kind, state, script, created_at) VALUES (1,'R','event','running','{}',1)", []),
        ("INSERT INTO target (id, campaign_id, contact_id, conversation_id, state, message_id) VALUES (1,1,1,?,'texted',?)", [ada, text]),
        ("INSERT INTO answer (target_id, field, value, at, message_id) VALUES (1,'status','Adaline comes',1,?)", [text]),
        ("INSERT INTO note (conversation_id, text, at) VALUES (?,'Adaline is deaf',1)", [ada]),
        ("INSERT INTO tag VALUES (?,'adaline')", [ada]),
    ):  # fmt: skip
        db.execute(statement, values)
    erasing.erase(db, ADA, now=NOON + 1)
    assert erasing.empty_log(db)
    octets = path.read_bytes() + Path(f"{path}-wal").read_bytes()
    assert not [word for word in (b"Adaline", b"adaline", b"Ada L.", b"555-0123") if word in octets]
    assert b"555-0147" in octets
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_octets_that_belong_to_no_text_go_by_age_too(
    db: sqlite3.Connection, desk: Desk, rules: Rules
) -> None:
    """A segment came twice before its text was whole: the second row would have kept number and words for ever."""
    first, second = deliver("zebra " * 40)
    for slot, pdu in enumerate((first, first, second)):
        keep(db, [Received(pdu, "SM", slot)], Seen("north", ICCID), rules, now=NOON)
    db.execute("UPDATE arrival SET gone_at=?", [NOON])
    nights(db, 40)
    assert counts(db)["arrival"] == 0


def test_a_modem_that_has_been_ready_for_longer_than_events_are_kept_is_still_known_to_be(
    db: sqlite3.Connection,
) -> None:
    stations.ensure(db, "north", now=NOON)
    for state in ("waiting", "ready"):
        stations.set_state(db, "north", state, "", now=NOON)
    nights(db, 63)
    assert [row["state"] for row in stations.events(db, "north")] == ["ready"]
