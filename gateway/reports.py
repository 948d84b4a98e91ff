"""Status reports: kept as they came, matched to the text they speak of when that is certain, and never
guessed.

Candidates are the texts that this SIM sent to this recipient (E.164, else the same last eight digits: some
networks change the form) within nine days, with the report's MR; among several the one handed over nearest to
the report's own time stamp, because MR wraps at 256; none that was handed over at another time, where one of unknown MR was at
that time, or a restore or an erasure may have taken one away. A segment whose MR is unknown is settled only when it is
the only candidate and no known MR fits.
"""

import json
import sqlite3
from dataclasses import dataclass

from gateway.following import rest_follows
from gateway.moves import left_already, move
from gateway.rules import DAY_MS
from gateway.store import write

WINDOW_MS = 9 * DAY_MS
NEAR_MS = 30 * 60_000  # how far a report may be stamped from a text whose MR is unknown
STILL_TRYING = range(0x20, 0x40)  # 23.040 9.2.3.15: the service centre still tries
GRACE_MS = 60 * 60_000  # after a text's validity, for the report that says so
ROWS = 2000  # how far back in the outbox one looks for texts that were reported
ERASED_AT = "erased_at"  # a setting: when somebody with texts was erased last (ms)
LEFT = {"accepted", "delivered", "undelivered"}  # segments that the network has, or had
TRYING = "The network took it and still tries: the phone may be off."
TOLD = "The network reported of a part of it."
TOOK = "The network's report tells that it took the whole text."
OVERDUE = "No report came in its time, so nobody can say whether the phone has it."
WORDS = {
    0x40: "the network could not reach the service that it needs",
    0x41: "the phone cannot take texts of this kind",
    0x42: "the connection was rejected by the phone",
    0x43: "the number cannot be obtained",
    0x44: "the network has no quality of service for it",
    0x45: "the network knows no way to this number",
    0x46: "the phone could not be reached before the text ran out",
    0x47: "the text was deleted by the sender's network",
    0x48: "the text was deleted by the network's administration",
    0x49: "the network does not know the text any more",
    0x60: "the network was busy and has stopped trying",
    0x61: "the phone was busy and the network has stopped trying",
    0x62: "the phone did not answer and the network has stopped trying",
    0x63: "the connection was refused and the network has stopped trying",
    0x64: "the network has no quality of service for it and has stopped trying",
    0x65: "the phone's own service failed and the network has stopped trying",
}


@dataclass(frozen=True)
class Arrived:
    """One status report as decoded: recipient as it came, MR, TP-ST, times in ms."""

    number: str
    mr: int
    status: int
    stamped_at: int | None


@dataclass(frozen=True)
class _Candidate:
    message_id: int
    seq: int | None  # None: the text has one segment
    state: str  # of the message
    mr: int | None
    submitted_at: int
    brought_back: bool  # by a backup, or by what stands beside a database that lost its last writes


def keep(db: sqlite3.Connection, iccid: str, report: Arrived, *, now: int) -> int:
    """Record a report and settle what it speaks of, in the caller's transaction; returns the report's id. Of somebody whom nobody here
    knows, for they were erased, it has no number.
    """
    with write(db):
        number = report.number if _people(db, report.number) else ""
        cursor = db.execute(
            "INSERT INTO report (iccid, number, mr, status, stamped_at, received_at) VALUES (?,?,?,?,?,?)",
            [iccid, number, report.mr, report.status, report.stamped_at, now],
        )
        report_id = int(cursor.lastrowid or 0)
        chosen = _choose(_candidates(db, iccid, report.number, now), report, _forgotten_until(db))
        if chosen is not None:
            _apply(db, report_id, report, chosen, now)
    return report_id


def match_open(db: sqlite3.Connection, text: sqlite3.Row, *, now: int) -> None:
    """Apply the reports that came while this text's answer was awaited. `text`: its row as it was then. What is known of it now tells also
    that a report is of another one to the same person.
    """
    early = db.execute(
        "SELECT * FROM report WHERE iccid=? AND message_id IS NULL AND received_at>=? ORDER BY id",
        [text["iccid"], text["submitted_at"]],
    ).fetchall()
    for found in early:
        if all(person["id"] != text["conversation_id"] for person in _people(db, found["number"])):
            continue
        report = Arrived(found["number"], found["mr"], found["status"], found["stamped_at"])
        chosen = _choose(_candidates(db, text["iccid"], report.number, now), report, _forgotten_until(db))
        if chosen is not None:
            _apply(db, found["id"], report, chosen, now)


def texts_went(db: sqlite3.Connection, conversation_id: int, *, now: int) -> None:
    """Somebody is erased, before the texts to them are: what is reported of those must not be taken for a report of another. By a clock that
    is behind it looks as if they had left later than that.
    """
    left = db.execute(
        "SELECT max(submitted_at) FROM (SELECT submitted_at FROM message WHERE conversation_id=:id UNION ALL "
        "SELECT s.submitted_at FROM segment s JOIN message m ON m.id=s.message_id WHERE m.conversation_id=:id)",
        {"id": conversation_id},
    ).fetchone()[0]
    row = db.execute("SELECT value FROM setting WHERE key=?", [ERASED_AT]).fetchone()
    earlier = int(row["value"]) if row is not None else 0
    until = max(now, left or 0, earlier if earlier < now + WINDOW_MS else 0)
    db.execute(
        "INSERT INTO setting (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value=excluded.value",
        [ERASED_AT, str(until)],
    )


def overdue(db: sqlite3.Connection, text: sqlite3.Row, *, now: int) -> str:
    """What to say of a text whose report should have come by now; "" when there is nothing to say, as by a SIM that gets none."""
    if not is_late(text, now=now):
        return ""
    reported = db.execute(
        "SELECT 1 FROM message WHERE id>(SELECT max(id) FROM message)-? AND iccid=? AND reported_at IS NOT NULL LIMIT 1",
        [ROWS, text["iccid"]],
    ).fetchone()
    return OVERDUE if reported is not None else ""


def is_late(text: sqlite3.Row, *, now: int) -> bool:
    """Whether a report of this text should have come by now."""
    return (
        text["state"] == "sent" and text["valid_until"] is not None and now > text["valid_until"] + GRACE_MS
    )


def _people(db: sqlite3.Connection, number: str) -> list[sqlite3.Row]:
    """The conversations (id) of whom a report may speak."""
    people = db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchall()
    digits = number.lstrip("+")
    if not people and digits.isdigit() and len(digits) >= 8:
        people = db.execute("SELECT id FROM conversation WHERE tail=?", [digits[-8:]]).fetchall()
    return people


def _candidates(db: sqlite3.Connection, iccid: str, number: str, now: int) -> list[_Candidate]:
    found: list[_Candidate] = []
    for person in _people(db, number):
        # Reported texts too: a report that the network repeats belongs to its own text and to no other.
        texts = db.execute(
            "SELECT id, state, mr, total, submitted_at, EXISTS (SELECT 1 FROM event WHERE message_id=message.id AND event='restore') "
            "AS brought_back FROM message WHERE conversation_id=? AND iccid=? AND submitted_at>=?",
            [person["id"], iccid, now - WINDOW_MS],
        ).fetchall()
        for text in texts:
            if text["total"] == 1:
                found.append(
                    _Candidate(
                        text["id"],
                        None,
                        text["state"],
                        text["mr"],
                        text["submitted_at"],
                        bool(text["brought_back"]),
                    )
                )
                continue
            parts = db.execute(
                "SELECT seq, mr, submitted_at FROM segment WHERE message_id=? AND submitted_at IS NOT NULL",
                [text["id"]],
            )
            found += [
                _Candidate(
                    text["id"],
                    part["seq"],
                    text["state"],
                    part["mr"],
                    part["submitted_at"],
                    bool(text["brought_back"]),
                )
                for part in parts
            ]
    return found


def _choose(candidates: list[_Candidate], report: Arrived, forgotten_until: int) -> _Candidate | None:
    stamped = report.stamped_at
    fitting = [c for c in candidates if c.mr == report.mr]
    if stamped is None:
        return max(fitting, key=lambda c: c.submitted_at, default=None)
    # Whatever became of the rest of a text, or a person has said of it.
    unknown = [c for c in candidates if c.mr is None]
    near = [c for c in unknown if abs(c.submitted_at - stamped) <= NEAR_MS]
    # From before that it may be of a text that is no longer here.
    forgotten = stamped < forgotten_until + NEAR_MS
    if fitting:
        best = min(fitting, key=lambda c: abs(c.submitted_at - stamped))
        then = abs(best.submitted_at - stamped) <= NEAR_MS
        # Else its reference may have come round again.
        return best if then or not (near or forgotten) else None
    if forgotten or any(c.state == "submitted" for c in unknown):
        return None
    return near[0] if len(near) == 1 and len(unknown) == 1 and not near[0].brought_back else None


def _forgotten_until(db: sqlite3.Connection) -> int:
    """When texts that had left were last taken out of this database (ms): by a backup in its place, or with somebody who was erased; 0
    when none were.
    """
    rows = db.execute("SELECT value FROM setting WHERE key IN ('restored', ?)", [ERASED_AT])
    told = [json.loads(row["value"]) for row in rows]
    moments = (
        (said["at"], said.get("trusted_at") or 0) if isinstance(said, dict) else (said,) for said in told
    )
    return max((int(at) for each in moments for at in each), default=0)


def _apply(db: sqlite3.Connection, report_id: int, report: Arrived, chosen: _Candidate, now: int) -> None:
    db.execute(
        "UPDATE report SET message_id=?, seq=? WHERE id=?", [chosen.message_id, chosen.seq or 1, report_id]
    )
    if report.status in STILL_TRYING:
        _still_tries(db, report, chosen, now)
        return
    delivered = report.status < 0x20
    if chosen.seq is None:  # known from now on: it is no candidate for what others are told of
        db.execute("UPDATE message SET mr=? WHERE id=? AND mr IS NULL", [report.mr, chosen.message_id])
    else:
        db.execute(
            "UPDATE segment SET state=?, mr=? WHERE message_id=? AND seq=?",
            ["delivered" if delivered else "undelivered", report.mr, chosen.message_id, chosen.seq],
        )
        rows = db.execute("SELECT state FROM segment WHERE message_id=?", [chosen.message_id]).fetchall()
        states = {row["state"] for row in rows}
        if states - {"delivered", "undelivered"}:  # others are still on their way, or never left
            if not states - LEFT:
                if chosen.state == "uncertain":
                    _took(db, chosen, TOOK, now)
            elif not rest_follows(db, chosen.message_id, actor="network", now=now):
                words = left_already(db, chosen.message_id, len(rows), TOLD)
                db.execute(
                    "UPDATE message SET reason=? WHERE id=? AND state='uncertain'", [words, chosen.message_id]
                )
            return
        delivered = states == {"delivered"}
    event = _EVENT.get((chosen.state, delivered))
    if event is None:
        return  # settled before, or its `+CMGS` has yet to come: accept() looks for early reports
    reason = (
        None if delivered else f"The network reports: {WORDS.get(report.status, 'the phone did not get it')}."
    )
    move(db, event, chosen.message_id, actor="network", now=now, reason=reason, reported_at=now)


def _still_tries(db: sqlite3.Connection, report: Arrived, chosen: _Candidate, now: int) -> None:
    """The network took it and has not delivered it yet: a text of which nothing else is in doubt is sent."""
    db.execute("UPDATE message SET reason=? WHERE id=? AND state='sent'", [TRYING, chosen.message_id])
    segments = db.execute("SELECT seq, state FROM segment WHERE message_id=?", [chosen.message_id]).fetchall()
    doubtful = [row["seq"] for row in segments if row["state"] not in LEFT]
    if chosen.state != "uncertain" or doubtful != ([] if chosen.seq is None else [chosen.seq]):
        return
    if chosen.seq is None:
        db.execute("UPDATE message SET mr=? WHERE id=? AND mr IS NULL", [report.mr, chosen.message_id])
    else:
        db.execute(
            "UPDATE segment SET state='accepted', mr=? WHERE message_id=? AND seq=?",
            [report.mr, chosen.message_id, chosen.seq],
        )
    _took(db, chosen, TRYING, now)


def _took(db: sqlite3.Connection, chosen: _Candidate, reason: str, now: int) -> None:
    """The network has all of an uncertain text; `sent_at` stays empty, for its modem has yet to answer."""
    move(db, "settle_sent", chosen.message_id, actor="network", now=now, reason=reason)


_EVENT = {  # (state, delivered): what a final report does
    ("sent", True): "report_delivered",
    ("sent", False): "report_undelivered",
    ("uncertain", True): "settle_delivered",
    ("uncertain", False): "settle_undelivered",
    ("failed", True): "settle_delivered",  # a person thought that it had not arrived
}
