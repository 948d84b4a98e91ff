"""Lines: what belongs to a SIM and not to the modem it is in. Its own number, why it may not send, its balance.

Promises: a pause of a SIM survives a restart and follows the card into another modem, until a person says *Go on*.
"""

import json
import sqlite3

from gateway import numbers
from gateway.errors import Refused
from gateway.people import User
from gateway.policy import may
from gateway.store import write

KNOWN_AS = "known_as"  # a setting: {ICCID: by what else the SIM was known before it told that}


def meant(db: sqlite3.Connection, station: str, told: str) -> str:
    """The SIM of which no more is known yet than this ICCID, perhaps cut: the station's own of before, or another of ours, where it fits."""
    row = db.execute("SELECT iccid, imsi FROM station WHERE name=?", [station]).fetchone()
    last = str(row["iccid"]) if row and row["iccid"] else ""
    if last and (told in last or told.startswith(last) or last == row["imsi"]):
        return last
    fits = db.execute(
        "SELECT iccid FROM sim WHERE substr(iccid, 1, length(:told))=:told", {"told": told}
    ).fetchall()
    return str(fits[0]["iccid"]) if len(fits) == 1 else told


def seen(db: sqlite3.Connection, iccid: str, *, number: str, now: int, imsi: str = "") -> None:
    """A modem shows this SIM. `number` is what is stored on the card ("" when it tells none); one set by a person stays."""
    known = db.execute("SELECT number, imsi FROM sim WHERE iccid=?", [iccid]).fetchone()
    if known is not None and (known["number"] or not number) and imsi in ("", known["imsi"]):
        return
    with write(db):
        db.execute(
            "INSERT INTO sim (iccid, number, first_at, imsi) VALUES (?,?,?,?) ON CONFLICT (iccid) DO UPDATE SET "
            "number=CASE WHEN number='' THEN excluded.number ELSE number END, "
            "imsi=CASE WHEN excluded.imsi='' THEN imsi ELSE excluded.imsi END",
            [iccid, number, now, imsi],
        )


def known_as(db: sqlite3.Connection, iccid: str) -> str:
    """By what else this SIM was known before it told its ICCID; "" for nothing."""
    row = db.execute("SELECT value FROM setting WHERE key=?", [KNOWN_AS]).fetchone()
    return "" if row is None else str(json.loads(row["value"]).get(iccid, ""))


def tells_iccid(db: sqlite3.Connection, card: str, iccid: str) -> None:
    """The SIM that is known as `card` tells its ICCID: the next time perhaps that alone."""
    if iccid and known_as(db, iccid) != card:
        with write(db):
            db.execute(
                "INSERT INTO setting (key, value) VALUES (?, json_object(?, ?)) "
                "ON CONFLICT (key) DO UPDATE SET value=json_patch(value, excluded.value)",
                [KNOWN_AS, iccid, card],
            )


def was_another(db: sqlite3.Connection, iccid: str, imsi: str) -> bool:
    """Whether this ICCID had another IMSI when it was seen before, or this IMSI another ICCID; "" is none, and a part is no other one."""
    query = "SELECT 1 FROM sim WHERE (iccid=?1 AND imsi NOT IN ('', ?2)) OR (imsi=?2 AND instr(iccid, ?1)=0 AND instr(?1, iccid)<>1)"
    return "" not in (iccid, imsi) and db.execute(query, [iccid, imsi]).fetchone() is not None


def number_of(db: sqlite3.Connection, iccid: str) -> str:
    """The SIM's own number as E.164; "" when nobody knows it."""
    row = db.execute("SELECT number FROM sim WHERE iccid=?", [iccid]).fetchone()
    return "" if row is None else str(row["number"])


def set_number(db: sqlite3.Connection, iccid: str, number: str, *, by: User, region: str, now: int) -> str:
    """A technician or an admin says which number a SIM has ("" takes it back); returns it as E.164."""
    if not may(by.role, "control_stations"):
        raise Refused("Your role does not look after SIMs. Nothing was changed; ask a technician.")
    known = numbers.normalise(number, region) if number.strip() else ""
    with write(db):
        other = db.execute(
            "SELECT 1 FROM sim WHERE number=? AND number<>'' AND iccid<>?", [known, iccid]
        ).fetchone()
        if other is not None:
            raise Refused("Another SIM here has this number. Nothing was changed; look at both cards.")
        db.execute(
            "INSERT INTO sim (iccid, number, first_at) VALUES (?,?,?) ON CONFLICT (iccid) DO UPDATE SET number=excluded.number",
            [iccid, known, now],
        )
        db.execute("UPDATE station SET number=? WHERE iccid=?", [known, iccid])
    return known


def pause(db: sqlite3.Connection, iccid: str, reason: str, *, now: int) -> None:
    """The network or the card refuses: nothing leaves by this SIM, in whatever modem, until `resume`."""
    with write(db):
        db.execute(
            "INSERT INTO sim (iccid, first_at, paused_at, paused_reason) VALUES (?,?,?,?) "
            "ON CONFLICT (iccid) DO UPDATE SET paused_at=excluded.paused_at, paused_reason=excluded.paused_reason",
            [iccid, now, now, reason],
        )


def resume(db: sqlite3.Connection, iccid: str) -> None:
    """A person says that this SIM may send again."""
    with write(db):
        db.execute("UPDATE sim SET paused_at=NULL, paused_reason=NULL WHERE iccid=?", [iccid])


def paused(db: sqlite3.Connection, iccid: str) -> str:
    """Why this SIM may not send, in words; "" when it may."""
    row = db.execute("SELECT paused_reason FROM sim WHERE iccid=?", [iccid]).fetchone()
    return "" if row is None else str(row["paused_reason"] or "")


def set_balance(db: sqlite3.Connection, iccid: str, words: str, *, now: int) -> None:
    """What the operator answered to the SIM's USSD code."""
    with write(db):
        db.execute(
            "INSERT INTO sim (iccid, first_at, balance, balance_at) VALUES (?,?,?,?) "
            "ON CONFLICT (iccid) DO UPDATE SET balance=excluded.balance, balance_at=excluded.balance_at",
            [iccid, now, words, now],
        )
