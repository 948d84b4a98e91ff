"""Everything that is here about one person, as JSON: for the person who asks what the group has about them.

Promises: whatever `gateway/erasing.py` would delete and a person can read is in it, both ways, with who wrote and approved it;
times as RFC 3339 in UTC. Reads only. Fails with `Refused` when there is nobody.
"""

import json
import sqlite3
from typing import Any

from gateway import conversations, forgetting
from gateway.errors import Refused
from gateway.store import rfc3339

GONE = "This person is not here. They may have been erased."
_PARTS = {  # part: its query; a column that ends in _at is a time, one in _json is JSON
    "people_at_this_number": (
        "SELECT first_name, last_name, language, zone, landline, fields AS columns_json, source AS agreed_by, consented_on AS agreed_on, "
        "created_at FROM contact WHERE conversation_id=:id ORDER BY id"
    ),
    "lists": (
        "SELECT DISTINCT l.name, l.source, l.consented_on FROM contact c JOIN list_member m ON m.contact_id=c.id "
        "JOIN contact_list l ON l.id=m.list_id WHERE c.conversation_id=:id AND l.state='ready' ORDER BY l.id"
    ),
    "campaigns": (
        "SELECT p.name, t.state, t.reason, t.texted_at FROM target t JOIN campaign p ON p.id=t.campaign_id "
        "WHERE t.conversation_id=:id ORDER BY t.id"
    ),
    "answers": (
        "SELECT p.name AS campaign, a.field, a.value, u.name AS written_down_by, a.at AS written_down_at, a.undone_at FROM target t "
        "JOIN answer a ON a.target_id=t.id JOIN campaign p ON p.id=t.campaign_id LEFT JOIN user u ON u.id=a.by_id "
        "WHERE t.conversation_id=:id ORDER BY a.id"
    ),
    "texts_to_them": (
        "SELECT m.text, m.state, m.reason, m.created_at, u.name AS approved_by, m.approved_at, m.approval_id AS row_of_the_ledger, "
        "m.submitted_at, m.sent_at, m.reported_at FROM message m LEFT JOIN user u ON u.id=m.approved_by "
        "WHERE m.conversation_id=:id ORDER BY m.id"
    ),
    "texts_from_them": "SELECT kind, text, received_at, stamped_at FROM inbound WHERE conversation_id=:id ORDER BY id",
    "notes": (
        "SELECT n.text, u.name AS written_by, n.at AS written_at FROM note n LEFT JOIN user u ON u.id=n.by_id "
        "WHERE n.conversation_id=:id ORDER BY n.id"
    ),
    "tags": "SELECT tag FROM tag WHERE conversation_id=:id ORDER BY tag",
}
_OPT_OUTS = (
    "SELECT o.source, o.reason, u.name AS written_down_by, o.since_at, o.until_at, o.ended_reason FROM opt_out o "
    "LEFT JOIN user u ON u.id=o.by_id WHERE o.number_key=? ORDER BY o.id"
)


def number_of(db: sqlite3.Connection, conversation_id: int) -> str:
    """The number of this conversation; Refused when there is none, or it was erased."""
    row = db.execute("SELECT number FROM conversation WHERE id=?", [conversation_id]).fetchone()
    if row is None:
        raise Refused(GONE)
    return str(row["number"])


def everything(db: sqlite3.Connection, conversation_id: int) -> dict[str, Any]:
    """All of it, by part."""
    known = db.execute("SELECT * FROM conversation WHERE id=?", [conversation_id]).fetchone()
    if known is None:
        raise Refused(GONE)
    number = str(known["number"])
    outs = [row for key in conversations.number_keys(db, number) for row in db.execute(_OPT_OUTS, [key])]
    told: dict[str, Any] = {
        "number": number,
        **{
            name: _value(name, known[name])
            for name in ("name", "zone", "opted_out_at", "last_in_at", "last_at")
        },
        "opt_outs": [_row(row) for row in outs],
    }
    for part, query in _PARTS.items():
        told[part] = [_row(row) for row in db.execute(query, {"id": conversation_id})]
    told["rows_of_files_that_were_not_taken"] = [
        {"list": row["list"], "row": row["row"], "reason": row["reason"], "cells": json.loads(row["cells"])}
        for row in forgetting.rows_with(db, number)
    ]
    return told


def dump(told: dict[str, Any]) -> str:
    """As a file that people can read, too."""
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def _row(row: sqlite3.Row) -> dict[str, Any]:
    return {name.removesuffix("_json"): _value(name, row[name]) for name in row.keys()}  # noqa: SIM118


def _value(name: str, value: object) -> object:
    if name.endswith("_json"):
        return json.loads(str(value))
    return rfc3339(value) if name.endswith("_at") and isinstance(value, int) else value
