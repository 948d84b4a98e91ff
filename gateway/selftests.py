"""Self-tests: one text from one of the group's SIMs to another, with the times at which it left, came and was reported.

    begin -> the sender's station sends it, before anything else -> arrived (the receiver's station) -> judge

It is covered by a standing approval: an admin approves once, as a ledger row, what such a text says and that it goes to
the group's own SIMs. Its words say plainly that it is a test, with a token by which its arrival is known; that arrival
is recorded here and never shown as a conversation. Quiet hours hold for it: a number that was typed wrongly belongs to
somebody who sleeps.

Promises: never to a number that is not one of our SIMs'; a test ends after three minutes at the latest, with a sentence.
Fails with `Refused`.
"""

import hashlib
import json
import re
import secrets
import sqlite3

from gateway import conversations, given, ledger, numbers, policy
from gateway.errors import Refused, StaleMessage
from gateway.message import KINDS
from gateway.moves import move
from gateway.people import User
from gateway.policy import may
from gateway.rules import Rules
from gateway.store import moment, write

WORDS = "Textbank tests its own modems. This is no text to a person; nobody needs to answer. Test {token}"
TOKEN = re.compile(r"\bTest ([A-HJ-NP-Z2-9]{8})\b")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without those that look alike
LIMIT_MS = 180_000
LOST_MOST = 2  # so many tests in a row may leave for a number and not arrive
KEEP = 500


def approve_standing(
    db: sqlite3.Connection, *, by: User, channel: str, now: int, os_user: str | None = None
) -> None:
    """An admin approves, once, texts with WORDS to the group's own SIMs: the standing approval of every self-test."""
    if by.role != "admin":
        raise Refused(
            "Only an admin can approve that our modems text each other. Nothing was changed; ask one."
        )
    with write(db):
        row_id = ledger.append(
            db,
            "standing",
            words=hashlib.sha256(f"standing\n{WORDS}".encode()).digest(),
            message_id=None,
            user_id=by.id,
            channel=channel,
            os_user=os_user,
            now=now,
        )
        db.execute(
            "INSERT INTO setting (key, value) VALUES ('self_test', ?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            [json.dumps({"words": WORDS, "ledger": row_id, "by": by.name, "at": now})],
        )


def standing(db: sqlite3.Connection) -> dict[str, object] | None:
    """The standing approval: {words, ledger, by, at}; None while no admin has given it (for these words)."""
    row = db.execute("SELECT value FROM setting WHERE key='self_test'").fetchone()
    found: dict[str, object] | None = None if row is None else json.loads(row["value"])
    return found if found is not None and found["words"] == WORDS else None


def begin(
    db: sqlite3.Connection,
    sender: str,
    receiver: str,
    *,
    by: User | None,
    rules: Rules,
    now: int,
    by_id: int | None = None,
) -> int:
    """Begin one: its text is approved by the standing approval and waits for the sender's station. Returns its id.

    `by` None: the schedule, or a station that wants to know whether it is well, or that was asked by `by_id`.
    """
    if by is not None and not may(by.role, "control_stations"):
        raise Refused("Your role does not control modems. Nothing was sent; ask a technician.")
    with write(db):
        number = _number(db, sender, receiver)
        if not policy.may_leave(moment(now), numbers.zones_for(number) or (rules.zone,), rules.quiet).ok:
            raise Refused("It is quiet time now, so nothing was sent. Test again when it is over.")
        if standing(db) is None:
            raise Refused(
                "An admin has to approve once that our modems text each other. Nothing was sent. "
                "Ask an admin to press Allow self-tests at the page of the modems."
            )
        token = "".join(secrets.choice(LETTERS) for _ in range(8))
        message_id = _text(db, sender, number, WORDS.format(token=token), now)
        cursor = db.execute(
            "INSERT INTO self_test (sender, receiver, token, by_id, message_id, started_at) VALUES (?,?,?,?,?,?)",
            [sender, receiver, token, by.id if by else by_id, message_id, now],
        )
        test_id = int(cursor.lastrowid or 0)
        db.execute("DELETE FROM self_test WHERE id<=?", [test_id - KEEP])
    return test_id


def _number(db: sqlite3.Connection, sender: str, receiver: str) -> str:
    """The receiver's own number, when a test between the two makes sense."""
    here = {
        row["name"]: row
        for row in db.execute(
            "SELECT s.name, s.iccid, coalesce(c.number, '') AS number, coalesce(s.paused_by, c.paused_at) AS paused FROM station s "
            "LEFT JOIN sim c ON c.iccid=s.iccid WHERE s.retired_at IS NULL"
        )
    }
    for name in (sender, receiver):
        if name not in here:
            raise Refused(f"There is no modem {name}. Nothing was sent.")
        if not here[name]["iccid"]:
            raise Refused(f"The modem {name} has shown no SIM yet. Nothing was sent.")
    if sender == receiver or here[sender]["iccid"] == here[receiver]["iccid"]:
        raise Refused(
            "A test needs two SIMs: one that sends and another that receives. Nothing was sent; name another receiver."
        )
    if here[sender]["paused"] is not None:
        raise Refused(
            f"The modem {sender} is paused, so it sends nothing. Press Go on at its page, then test it."
        )
    number = str(here[receiver]["number"])
    if not number:
        raise Refused(
            f"The number of the SIM in {receiver} is not known, so nothing can be sent to it. "
            "Write it down at the modem's page."
        )
    if _may_be_a_persons(db, number):
        raise Refused(
            f"The number written down for the SIM in {receiver} is also that of somebody whom this group texts, and a test "
            "must reach no person, so nothing was sent. Look at the number at the modem's page. If it is right, erase that person."
        )
    if db.execute("SELECT 1 FROM self_test WHERE receiver=? AND ended_at IS NULL", [receiver]).fetchone():
        raise Refused(f"A test to {receiver} is under way. It ends within three minutes; then test again.")
    return number


def _may_be_a_persons(db: sqlite3.Connection, number: str) -> bool:
    """Whether somebody of a list has this number, or texts were written to it, and no test to it ever came to its modem: whoever
    wrote the number down may have been wrong, and the standing approval covers no text to a person.
    """
    row = db.execute(
        "SELECT 1 FROM conversation c WHERE c.number IN (?,?) "
        "AND (EXISTS (SELECT 1 FROM contact k WHERE k.conversation_id=c.id) "
        "OR EXISTS (SELECT 1 FROM message m WHERE m.conversation_id=c.id AND m.channel<>'gateway')) "
        "AND NOT EXISTS (SELECT 1 FROM message m JOIN self_test t ON t.message_id=m.id "
        "WHERE m.conversation_id=c.id AND t.received_at IS NOT NULL)",
        [number, numbers.other_form(number)],
    ).fetchone()
    return row is not None


def _text(db: sqlite3.Connection, sender: str, number: str, text: str, now: int) -> int:
    conversation_id = conversations.ensure(db, number, now=now)
    known = db.execute("SELECT number, salt FROM conversation WHERE id=?", [conversation_id]).fetchone()
    iccid = db.execute("SELECT iccid FROM station WHERE name=?", [sender]).fetchone()["iccid"]
    db.execute("UPDATE conversation SET iccid=? WHERE id=?", [iccid, conversation_id])
    cursor = db.execute(
        "INSERT INTO message (id, conversation_id, kind, state, text, channel, created_at, expires_at) "
        f"VALUES (1+{given.last_id('message')},?,?,?,?,?,?,?)",
        [conversation_id, KINDS.index("reply"), "awaiting", text, "gateway", now, now + LIMIT_MS],
    )
    message_id = int(cursor.lastrowid or 0)
    approval = ledger.append(
        db,
        "covered",
        words=ledger.digest(known["salt"], known["number"], text),
        message_id=message_id,
        user_id=None,
        channel="gateway",
        now=now,
    )
    move(db, "approve", message_id, actor="standing", now=now, approval_id=approval, approved_at=now)
    return message_id


def arrived(db: sqlite3.Connection, station: str, text: str, *, number: str, now: int) -> bool:
    """Whether this text that came in from `number` is a self-test's: then nobody needs to see it, whichever modem got it.

    Its arrival is recorded where it was meant to come; elsewhere its test ends, for then a number is not where we think.
    """
    found = TOKEN.search(text)
    if found is None or text != WORDS.format(token=found[1]):
        return False
    with write(db):
        test = db.execute("SELECT * FROM self_test WHERE token=?", [found[1]]).fetchone()
        if test is None:
            return (
                db.execute("SELECT 1 FROM sim WHERE number=? AND number<>''", [number]).fetchone() is not None
            )
        if test["receiver"] == station:
            db.execute(
                "UPDATE self_test SET received_at=coalesce(received_at, ?) WHERE id=?", [now, test["id"]]
            )
        else:
            db.execute(
                "UPDATE self_test SET reason=? WHERE id=? AND ended_at IS NULL",
                [_elsewhere(test, station), test["id"]],
            )
        return True


def _elsewhere(test: sqlite3.Row, station: str) -> str:
    return (
        f"The text for {test['receiver']} came to {station}: its number is not that of the SIM in {test['receiver']}. "
        "Look at the numbers of both SIMs on their modems' pages."
    )


def judge(db: sqlite3.Connection, rules: Rules, *, now: int) -> int:
    """Bring the tests that are under way up to date and end those that can end; returns how many ended."""
    rows = db.execute(
        "SELECT t.*, m.state, m.reason AS why, m.sent_at AS left_at, m.reported_at AS told_at, m.submitted_at, "
        "c.paused_reason, k.iccid AS begun_on, s.iccid AS iccid_now, s.paused_by FROM self_test t "
        "LEFT JOIN message m ON m.id=t.message_id LEFT JOIN conversation k ON k.id=m.conversation_id "
        "LEFT JOIN station s ON s.name=t.sender LEFT JOIN sim c ON c.iccid=k.iccid WHERE t.ended_at IS NULL"
    ).fetchall()
    ended = sum(_judge_one(db, test, rules, now) for test in rows)
    # A text that was handed over just before the end becomes uncertain after it.
    for test in db.execute(
        "SELECT t.*, m.state FROM self_test t JOIN message m ON m.id=t.message_id "
        "WHERE t.ended_at IS NOT NULL AND m.state IN ('approved','uncertain')"
    ).fetchall():
        _settle_text(db, test, now)
    return ended


def _judge_one(db: sqlite3.Connection, test: sqlite3.Row, rules: Rules, now: int) -> bool:
    sent_at = test["left_at"] or (test["submitted_at"] if test["received_at"] else None)
    reported_at = test["told_at"] if test["state"] == "delivered" else None
    complete = sent_at and test["received_at"] and (reported_at or not rules.delivery_reports)
    refused = test["state"] in ("failed", "withdrawn", "expired", "undelivered")
    stopped = _stopped(test)
    # However the clock was set meanwhile.
    over = complete or refused or stopped or abs(now - test["started_at"]) >= LIMIT_MS
    if not over and (sent_at, reported_at) == (test["sent_at"], test["reported_at"]):
        return False
    reason = None if complete or not over else stopped or _why(test, sent_at)
    with write(db):
        db.execute(
            "UPDATE self_test SET sent_at=?, reported_at=?, ended_at=?, passed=?, reason=? WHERE id=?",
            [
                sent_at,
                reported_at,
                now if over else None,
                int(bool(complete)) if over else None,
                reason,
                test["id"],
            ],
        )
        if over:
            _settle_text(db, test, now)
    return bool(over)


def _stopped(test: sqlite3.Row) -> str:
    """Why the test has failed before its time, so that nobody waits for it; "" while it may pass."""
    sender = test["sender"]
    if test["reason"]:
        return str(test["reason"])  # it came to another modem
    if test["state"] != "approved" or test["submitted_at"]:
        return ""
    if test["begun_on"] != test["iccid_now"]:
        return f"{sender} did not send the text: another SIM is in it now. Test again."
    if test["paused_by"] is not None:
        return f"{sender} did not send the text: it is paused. Press Go on at its page, then test again."
    if test["paused_reason"]:
        return f"{sender} could not send the text. {test['paused_reason']}"
    return ""


def _settle_text(db: sqlite3.Connection, test: sqlite3.Row, now: int) -> None:
    """The test is over: its text neither leaves later nor asks a person what became of it."""
    event = {
        "approved": "expire",
        "uncertain": "settle_delivered" if test["received_at"] else "settle_failed",
    }
    if test["state"] not in event:
        return
    reason = "It arrived at our other modem." if test["received_at"] else "The self-test is over."
    try:
        with write(db):
            move(db, event[test["state"]], test["message_id"], actor="gateway", now=now, reason=reason)
    except StaleMessage:
        return  # its station has taken it up meanwhile: its result is recorded there


def _why(test: sqlite3.Row, sent_at: int | None) -> str:
    sender, receiver = test["sender"], test["receiver"]
    if test["received_at"] is None and sent_at is None:
        said = f" {test['why']}" if test["why"] else ""
        return f"{sender} could not send the text.{said}"
    if test["received_at"] is None:
        return (
            f"{sender} sent the text, and it did not come to {receiver} within three minutes. "
            f"Check the number of the SIM in {receiver}, its signal, and the credit of the SIM in {sender}."
        )
    return (
        f"The text went from {sender} to {receiver}; no report came back within three minutes. "
        "Many operators give none: then switch delivery reports off in the configuration."
    )


def latest(db: sqlite3.Connection, limit: int = 20) -> list[sqlite3.Row]:
    """The newest self-tests, newest first: every column of self_test."""
    return db.execute("SELECT * FROM self_test ORDER BY id DESC LIMIT ?", [limit]).fetchall()


def partner(db: sqlite3.Connection, sender: str) -> str | None:
    """Another modem that is ready, with a SIM whose number is known, not in a test now; None when there is none.

    One whose last tests did not arrive is left out: its number may have been typed wrongly, and be somebody's. A person who
    names it tests it all the same.
    """
    rows = db.execute(
        "SELECT s.name, c.number FROM station s JOIN sim c ON c.iccid=s.iccid WHERE s.retired_at IS NULL AND s.state='ready' AND s.name<>? "
        "AND c.number<>'' AND c.iccid<>(SELECT iccid FROM station WHERE name=?) "
        "AND s.name NOT IN (SELECT receiver FROM self_test WHERE ended_at IS NULL) ORDER BY s.name",
        [sender, sender],
    )
    fit = (row for row in rows if _arrives(db, row["name"]) and not _may_be_a_persons(db, row["number"]))
    return next((str(row["name"]) for row in fit), None)


def _arrives(db: sqlite3.Connection, receiver: str) -> bool:
    """False when the last tests to this modem left and none of them came."""
    last = db.execute(
        "SELECT received_at FROM self_test WHERE receiver=? AND sent_at IS NOT NULL AND ended_at IS NOT NULL "
        "ORDER BY id DESC LIMIT ?",
        [receiver, LOST_MOST],
    ).fetchall()
    return len(last) < LOST_MOST or any(row["received_at"] is not None for row in last)


def waiting_text(db: sqlite3.Connection, sender: str) -> int | None:
    """The text of a test that this station has to send; it goes before all others, and also while the station is paused."""
    row = db.execute(
        "SELECT t.message_id FROM self_test t JOIN message m ON m.id=t.message_id "
        "WHERE t.sender=? AND t.ended_at IS NULL AND m.state='approved'",
        [sender],
    ).fetchone()
    return None if row is None else int(row["message_id"])


def last_by_gateway(db: sqlite3.Connection, sender: str, *, within_ms: int, now: int) -> bool:
    """Whether this station began a test by itself so shortly before. One of a clock that was ahead counts for nothing."""
    row = db.execute(
        "SELECT 1 FROM self_test WHERE sender=? AND by_id IS NULL AND started_at>? AND started_at<=? LIMIT 1",
        [sender, now - within_ms, now + LIMIT_MS],
    ).fetchone()
    return row is not None


def open_from(db: sqlite3.Connection, sender: str) -> int | None:
    """The test from this station that has not ended, whoever began it."""
    row = db.execute(
        "SELECT id FROM self_test WHERE ended_at IS NULL AND sender=? ORDER BY id LIMIT 1", [sender]
    ).fetchone()
    return None if row is None else int(row["id"])
