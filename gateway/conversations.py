"""Conversations: one for each number, with whose it is now.

A volunteer *holds* a conversation while it is theirs: nobody else sees it or texts into it. A hold goes stale
when its holder has done nothing with it for `HOLD_MS`, and the next person may take it. Strangers and short
codes have conversations like anybody.
"""

import hmac
import json
import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypedDict

from gateway import countryless, given, journal, numbers, restored, visible
from gateway.errors import Held, Refused
from gateway.message import GOING, KINDS
from gateway.people import User
from gateway.policy import may
from gateway.rules import HOUR_MS, Rules
from gateway.store import moment, write

HOLD_MS = HOUR_MS // 2
TEXTED_BYTES = 8  # of a number's digest, where it only says that somebody was texted
MADE_AT_ONCE = 50  # rows of one statement: few lengths of it are kept prepared
REFRESH_MS = HOLD_MS // 3  # a hold is written again only when a third of it has passed: fewer writes

OTHER_KEYS = "other_number_keys"  # a setting: keys under which restored opt-outs stand, as a JSON list


def number_key(db: sqlite3.Connection, number: str) -> bytes:
    """The keyed digest under which an opt-out outlives its person."""
    return number_keys(db, number)[0]


def _make_key(db: sqlite3.Connection) -> str:
    """A key for this database. One in the place of a database that was lost goes on with its key: who stopped stays known."""
    with write(db):
        row = db.execute("SELECT value FROM setting WHERE key='number_key'").fetchone()
        if row is not None:  # another process was faster
            return str(row["value"])
        acts = journal.of(db)
        key = next((str(act["key"]) for act in acts.acts("number_key") if "key" in act), "")
        if not key:
            key = secrets.token_hex(32)
            acts.note("number_key", at=0, key=key)  # an older copy of the database may know none
        db.execute("INSERT INTO setting (key, value) VALUES ('number_key', ?)", [key])
        return key


def keyed(key: str, number: str) -> bytes:
    """The digest of a number under this key (hex)."""
    return hmac.digest(bytes.fromhex(key), number.encode(), "sha256")


def number_keys(db: sqlite3.Connection, number: str) -> list[bytes]:
    """Every digest under which this number may stand: its own first; in its other form; under keys that a restore brought."""
    return digests(db, [number])[number]


def digests(db: sqlite3.Connection, found: Iterable[str]) -> dict[str, list[bytes]]:
    """`number_keys` of many numbers, by number."""
    keys = all_keys(db) or [_make_key(db)]
    return {
        number: [keyed(key, form) for form in (number, numbers.other_form(number)) if form for key in keys]
        for number in found
    }


def all_keys(db: sqlite3.Connection) -> list[str]:
    """The keys under which numbers stand here, the database's own first; none while nobody is in it."""
    own = db.execute("SELECT value FROM setting WHERE key='number_key'").fetchone()
    others = db.execute("SELECT value FROM setting WHERE key=?", [OTHER_KEYS]).fetchone()
    return [*([own["value"]] if own is not None else []), *(json.loads(others["value"]) if others else [])]


def sender(db: sqlite3.Connection, number: str, written: str) -> str:
    """Whose text this is where a network left the + or the country away (`written`) and the region says nothing (`number` as it came), or
    somebody whom nobody here knows: the one person here whose number it is; else `number`. A STOP so written is theirs. `written` is ""
    where the network gave the country: then only the number's other form may be known.
    """
    digits = written.lstrip("0")
    if numbers.is_person(number) and (known := known_of(db, [number]).get(number)) is not None:
        return str(known["number"])
    if (tail := numbers.tail(digits)) is None:
        return number
    rows = db.execute("SELECT number FROM conversation WHERE tail=?", [tail]).fetchall()
    found = numbers.written_so((row["number"] for row in rows), digits)
    return str(found[0]) if len(found) == 1 else number


def open_opt_out(db: sqlite3.Connection, number: str) -> sqlite3.Row | None:
    """The opt-out that stands for this number now."""
    return open_opt_outs(db, {number: number_keys(db, number)}).get(number)


def open_opt_outs(db: sqlite3.Connection, keys: Mapping[str, Sequence[bytes]]) -> dict[str, sqlite3.Row]:
    """The opt-outs that stand now, by number; `keys` as of `digests`."""
    every = [key for each in keys.values() for key in each]
    rows = db.execute(
        f"SELECT id, number_key, since_at, source, by_id FROM opt_out WHERE number_key IN ({','.join('?' * len(every))}) AND until_at IS NULL",
        every,
    )
    out = {row["number_key"]: row for row in rows}
    return {number: out[key] for number, each in keys.items() for key in each if key in out}


def ensure(db: sqlite3.Connection, number: str, *, now: int, name: str = "", zone: str | None = None) -> int:
    """The conversation with this number (E.164, or as it came), made if there is none; an open opt-out is honoured at once."""
    return ensure_all(db, [(number, name, zone)], now=now)[number]


def ensure_all(
    db: sqlite3.Connection, people: Iterable[tuple[str, str, str | None]], *, now: int
) -> dict[str, int]:
    """`ensure` of many (number, name, zone), of which several may share a number, or have two forms of it; the ids by number."""
    people = list(people)
    first: dict[str, str] = {}  # each number, and the form in which it stands first
    names: dict[str, str] = {}
    for number, name, _ in people:
        other = numbers.other_form(number)
        form = first.setdefault(number, other if other in first else number)
        names[form] = names.get(form) or visible.clean_name(name)
    zones = {first[number]: zone for number, _, zone in reversed(people)}
    with write(db):
        known = known_of(db, names)
        for number, row in known.items():
            if names[number] and not row["name"]:
                db.execute("UPDATE conversation SET name=? WHERE id=?", [names[number], row["id"]])
        ids = {number: int(row["id"]) for number, row in known.items()}
        fresh = [(number, name, zones[number]) for number, name in names.items() if number not in ids]
        for at in range(0, len(fresh), MADE_AT_ONCE):
            ids |= _make(db, fresh[at : at + MADE_AT_ONCE], now)
        return {number: ids[form] for number, form in first.items()}


def known_of(db: sqlite3.Connection, found: Iterable[str]) -> dict[str, sqlite3.Row]:
    """The conversations that there are with these numbers, or with the other form of one, by number."""
    forms = {number: (number, numbers.other_form(number)) for number in found}
    rows = db.execute(
        "SELECT * FROM conversation WHERE number IN (SELECT value FROM json_each(?))",
        [json.dumps([form for both in forms.values() for form in both if form])],
    )
    known = {row["number"]: row for row in rows}
    return {number: known[form] for number, both in forms.items() for form in reversed(both) if form in known}


def _make(db: sqlite3.Connection, fresh: list[tuple[str, str, str | None]], now: int) -> dict[str, int]:
    """Make conversations of (number, name, zone); their ids by number. One statement, for the index of names writes a segment for each."""
    keys = digests(db, (number for number, _, _ in fresh))
    out, perhaps = open_opt_outs(db, keys), _perhaps_texted(db, keys, now)
    since = {number: row["since_at"] for number, row in out.items()}
    ids = countryless.adopt(db, {number: since.get(number) for number in keys}, partial(number_key, db))
    theirs = [(name, zone, perhaps.get(each), ids[each]) for each, name, zone in fresh if each in ids]
    db.executemany("UPDATE conversation SET name=?, zone=?, perhaps_texted_at=? WHERE id=?", theirs)
    if not (fresh := [each for each in fresh if each[0] not in ids]):
        return ids
    values: list[object] = []
    last: int = db.execute(f"SELECT {given.last_id('conversation')}").fetchone()[0]
    for made_id, (number, name, zone) in enumerate(fresh, last + 1):
        at, salt = numbers.tail(number), secrets.token_bytes(16)
        values += (made_id, number, at, name, zone, salt, since.get(number), perhaps.get(number), now)
    rows = db.execute(
        "INSERT INTO conversation (id, number, tail, name, zone, salt, opted_out_at, perhaps_texted_at, last_at) "
        f"VALUES {','.join(['(?,?,?,?,?,?,?,?,?)'] * len(fresh))} RETURNING id, number",
        values,
    ).fetchall()
    return ids | {row["number"]: int(row["id"]) for row in rows}


def remember_gone(db: sqlite3.Connection, conversation_id: int) -> None:
    """Call it before a conversation is deleted. Nobody else gets its id, for a page that is open somewhere would answer or erase them;
    and who may have been texted before a restore is marked again when they come back.
    """
    given.remember(db, "conversation")
    marked = db.execute(
        "SELECT number, perhaps_texted_at FROM conversation WHERE id=? AND perhaps_texted_at IS NOT NULL",
        [conversation_id],
    ).fetchone()
    if marked is not None:
        db.execute(
            "INSERT OR IGNORE INTO perhaps_texted (number_key, at) VALUES (?,?)",
            [number_key(db, marked["number"])[:TEXTED_BYTES], marked["perhaps_texted_at"]],
        )


def _perhaps_texted(
    db: sqlite3.Connection, keys: Mapping[str, Sequence[bytes]], now: int
) -> Mapping[str, int]:
    """Who of these numbers, which a restored backup did not know, was texted since, as far as the restore found; or cannot know (ms)."""
    if (everybody := restored.perhaps_everybody(db, now)) is not None:
        return dict.fromkeys(keys, everybody)
    short = {number: [key[:TEXTED_BYTES] for key in each] for number, each in keys.items()}
    every = [key for each in short.values() for key in each]
    rows = db.execute(
        f"SELECT number_key, at FROM perhaps_texted WHERE number_key IN ({','.join('?' * len(every))})", every
    )
    at = dict(map(tuple, rows))
    return {number: at[key] for number, each in short.items() for key in each if key in at}


def zones(conversation: Mapping[str, object] | sqlite3.Row, rules: Rules) -> tuple[str, ...]:
    """Where the person's clock may stand: the contact's zone (of several at one number each of theirs), else every zone of the number,
    else the group's own.
    """
    if conversation["zone"]:
        return tuple(str(conversation["zone"]).split())
    return numbers.zones_for(str(conversation["number"])) or (rules.zone,)


WROTE_AT = (  # in SQL: when the person of conversation `c` last wrote by the network's stamp, for a text may lie on a SIM for hours
    "min(c.last_in_at, coalesce((SELECT max(min(i.received_at, coalesce(i.stamped_at, i.received_at))) FROM inbound i "
    "WHERE i.conversation_id=c.id AND i.kind<>'silent'), c.last_in_at)) AS wrote_at"
)


class Answering(TypedDict):
    """What `policy.may_leave` and `policy.validity` ask of an answer: when the person last wrote, and whether that lets it leave at night."""

    wrote_at: datetime | None
    answers_any_time: bool


def answering(row: Mapping[str, object] | sqlite3.Row, rules: Rules) -> Answering:
    """Of a text with its conversation: only a reply can be an answer that quiet hours do not hold."""
    wrote = row["wrote_at"] if row["kind"] == KINDS.index("reply") else None
    return {
        "wrote_at": moment(wrote) if isinstance(wrote, int) else None,
        "answers_any_time": rules.answers_at_night,
    }


def asked_since(db: sqlite3.Connection, conversation_id: int, at: int) -> bool:
    """Whether a text to this person was handed over after this moment (ms)."""
    found = db.execute(
        "SELECT 1 FROM message WHERE conversation_id=? AND submitted_at>? LIMIT 1", [conversation_id, at]
    )
    return found.fetchone() is not None


def in_touch(db: sqlite3.Connection, row: sqlite3.Row) -> bool:
    """Whether the person of this conversation wrote, or was texted."""
    return row["last_in_at"] is not None or asked_since(db, row["id"], 0)


def name_of(row: Mapping[str, object] | sqlite3.Row) -> str:
    """What people call this person on a page: the name, else the number without its middle."""
    return visible.line(str(row["name"]) or numbers.masked(str(row["number"])))


def may_be_texted(conversation: Mapping[str, object] | sqlite3.Row, rules: Rules) -> tuple[str, ...]:
    """The zones of this person's clock; Refused when nobody can be texted there, or they asked to stop."""
    if not numbers.is_person(str(conversation["number"])):
        raise Refused(
            f"Nobody can be texted at “{conversation['number']}”: it is no person's number. Nothing was queued."
        )
    if conversation["opted_out_at"] is not None:
        name = name_of(conversation)
        raise Refused(f"{name} asked to stop. Nothing was queued, and nothing can be until they text START.")
    return zones(conversation, rules)


def held_by_another(row: sqlite3.Row, user: User, now: int) -> bool:
    """True while somebody else's hold on this conversation is fresh."""
    return row["holder_id"] not in (None, user.id) and fresh(row["held_at"], now)


def fresh(held_at: int | None, now: int) -> bool:
    """True while a hold counts. One from the future is a clock that was wrong: it must not lock everybody out."""
    return now - HOLD_MS < (held_at or 0) <= now + REFRESH_MS


def hold(db: sqlite3.Connection, conversation_id: int, user: User, *, now: int) -> None:
    """Make it this person's; Refused while it is somebody else's."""
    with write(db):
        row = db.execute("SELECT * FROM conversation WHERE id=?", [conversation_id]).fetchone()
        if row is None:
            raise Refused("There is no such conversation.")
        if held_by_another(row, user, now):
            raise _held(db, row)
        if row["holder_id"] != user.id or not now - REFRESH_MS <= row["held_at"] <= now + REFRESH_MS:
            db.execute(
                "UPDATE conversation SET holder_id=?, held_at=? WHERE id=?", [user.id, now, conversation_id]
            )


def _held(db: sqlite3.Connection, row: sqlite3.Row) -> Held:
    holder = db.execute("SELECT name FROM user WHERE id=?", [row["holder_id"]]).fetchone()
    return Held(visible.line(holder["name"]), row["held_at"] + HOLD_MS)


def free(db: sqlite3.Connection, conversation_id: int, user: User) -> None:
    """Give up one's own hold."""
    with write(db):
        db.execute(
            "UPDATE conversation SET holder_id=NULL, held_at=NULL WHERE id=? AND holder_id=?",
            [conversation_id, user.id],
        )


def reachable(db: sqlite3.Connection, conversation_id: int, user: User, now: int) -> sqlite3.Row:
    """The conversation, when this person may read it: their own, a free one in which something was said, or any for who may see
    all. Refused otherwise (`Held` while a colleague has it): a list of a hundred thousand people is not read by whoever counts up addresses.
    """
    row: sqlite3.Row | None = db.execute(
        f"SELECT c.*, {WROTE_AT} FROM conversation c WHERE c.id=?", [conversation_id]
    ).fetchone()
    if row is None:
        raise Refused("There is no such conversation.")
    if not may(user.role, "answer"):
        raise Refused("Your role does not read people's texts. Nothing was shown.")
    if not may(user.role, "see_all_conversations"):
        _refuse_unspoken(
            db, conversation_id, user
        )  # first: nor is who has them told of somebody whom nobody texted
        if held_by_another(row, user, now):
            raise _held(db, row)
    return row


def refuse_first_words(db: sqlite3.Connection, row: sqlite3.Row, user: User) -> None:
    """Refuse an answer to somebody who never wrote and got no text, from who may not write to strangers: their first text is the
    campaign's, which says who writes and how to stop, and waits while that is paused.
    """
    if may(user.role, "draft") or in_touch(db, row):
        return
    raise Refused(
        "Nobody has texted this person yet, and they have not written. Nothing was sent. Their first text comes as a card."
    )


SPOKEN = (  # in SQL: something was said in conversation `c`, or :user has its person in hand
    "(c.last_in_at IS NOT NULL OR c.holder_id=:user "
    "OR EXISTS (SELECT 1 FROM message m WHERE m.conversation_id=c.id AND (m.target_id IS NULL OR m.state<>'awaiting')) "
    "OR EXISTS (SELECT 1 FROM target t WHERE t.conversation_id=c.id AND t.state='held' AND t.holder_id=:user))"
)


def _refuse_unspoken(db: sqlite3.Connection, conversation_id: int, user: User) -> None:
    """Refused when nobody has texted this person yet and they are in no batch of this user."""
    row = db.execute(
        f"SELECT 1 FROM conversation c WHERE c.id=:id AND {SPOKEN}", {"id": conversation_id, "user": user.id}
    ).fetchone()
    if row is None:
        raise Refused("Nobody has texted this person yet. Take people on the first page; they come as cards.")


HOMELESS = "The SIM that this conversation began on is in no modem. Put it back, or let a coordinator move the conversation."


def say_homeless(db: sqlite3.Connection) -> int:
    """Say on each approved text that its SIM is gone, so that nobody waits in silence; returns how many."""
    where = (
        f"{GOING} AND state='approved' AND reason IS NOT ? AND EXISTS (SELECT 1 FROM conversation c WHERE c.id=message.conversation_id "
        "AND c.iccid IS NOT NULL AND c.iccid NOT IN (SELECT iccid FROM station WHERE retired_at IS NULL))"
    )
    if db.execute(f"SELECT 1 FROM message WHERE {where} LIMIT 1", [HOMELESS]).fetchone() is None:
        return 0
    with write(db):
        return db.execute(f"UPDATE message SET reason=? WHERE {where}", [HOMELESS, HOMELESS]).rowcount


def move_home(db: sqlite3.Connection, conversation_id: int, user: User) -> None:
    """Let the next text to this person go by whatever SIM takes it: they will see another number. A coordinator's act."""
    if not may(user.role, "see_all_conversations"):
        raise Refused(
            "Only a coordinator can move a conversation to another SIM. Nothing was changed; ask one."
        )
    with write(db):
        db.execute("UPDATE conversation SET iccid=NULL WHERE id=?", [conversation_id])
        db.execute(
            "UPDATE message SET reason=NULL WHERE conversation_id=? AND state='approved' AND reason=?",
            [conversation_id, HOMELESS],
        )
