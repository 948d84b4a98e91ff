"""What modems give: kept and committed before it is deleted there, joined when long, triaged, never lost and
never shown twice.

The same TPDU again within ten minutes of its first arrival, before its slot was seen empty, or in another storage is a
repeat and changes nothing. Later it is shown folded; if its stamp shows that it is the very same text coming back (from a slot
that cannot be emptied, or by a network that missed the answer), it asks nobody for anything. So too where a person's text to one
SIM was read as another's, because the cards were exchanged and the modem did not say so yet. Segments are joined in
whatever order and however late they come, also over a restart; after a day without the missing one the text is shown
with its gap, and again when that comes. What does not decode is kept raw and shown as such.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway import contents, conversations, heeding, longtexts, numbers, optout, reports, samepdu, selftests
from gateway.contents import GAP as GAP
from gateway.contents import Text
from gateway.given import last_id
from gateway.heeding import Seen as Seen
from gateway.longtexts import Found, Part
from gateway.rules import DAY_MS, Rules
from gateway.samepdu import RETURN_MS
from gateway.store import ms, write
from hardware.pdu import Deliver, PduError, StatusReport, Submit, decode

SET_WINDOW_MS = 2 * DAY_MS
SLOW_MS = 30 * 60_000  # segments stamped far apart wait so long for nearer ones
PATIENCE_MS = DAY_MS
TOLD = ("number", "concat_ref", "total", "seq", "inbound_id", "report_id")  # by what was read of an arrival
SEGMENTS_MOST = 520  # looked at, of one sender and reference: two texts of 255


@dataclass(frozen=True)
class Received:
    """One PDU as a modem gave it: hex (perhaps damaged), and the slot it sits in (`storage` "" when it came directly)."""

    pdu: str
    storage: str = ""
    slot: int | None = None


def keep(db: sqlite3.Connection, received: Iterable[Received], seen: Seen, rules: Rules, *, now: int) -> int:
    """Record everything in one commit; after it the modem's copies may be deleted. Returns how many were new."""
    with write(db):
        new = sum(_keep_one(db, item, seen, rules, now) for item in received)
        if new:
            db.execute("UPDATE station SET last_in_at=? WHERE name=?", [now, seen.station])
    return new


def _keep_one(db: sqlite3.Connection, item: Received, seen: Seen, rules: Rules, now: int) -> bool:
    octets = samepdu.octets(item.pdu)
    bare = samepdu.bare(octets)
    digests = samepdu.digests(seen.iccid, octets)
    same = db.execute(
        "SELECT * FROM arrival WHERE digest IN (?,?,?) AND iccid=? ORDER BY id", [*digests, seen.iccid]
    )
    known = [row for row in same if samepdu.is_of(row, bare, now)]
    repeat = samepdu.repeated(known, now)
    if repeat is None and known:
        repeat = samepdu.in_another_storage(known, item.storage, _stamped_at(item.pdu), now)
    if repeat is not None and any(
        k["gone_at"] is None and (k["storage"], k["slot"]) == (item.storage, item.slot) for k in known
    ):
        return False
    gone_at = now if item.slot is None else None
    # Of somebody who was erased while their text lay on the SIM no octet comes back.
    values = [
        seen.iccid,
        digests[0],
        octets if repeat is None or repeat["pdu"] else b"",
        item.storage,
        item.slot,
    ]
    cursor = db.execute(
        f"INSERT INTO arrival (iccid, digest, pdu, storage, slot, first_at, gone_at, {', '.join(TOLD)}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        [
            *values,
            repeat["first_at"] if repeat else now,
            gone_at,
            *(repeat[name] if repeat else None for name in TOLD),
        ],
    )
    if repeat is not None:
        return False
    # A repeat of a segment whose text was not whole yet does not know what became of it; the one that it repeated does.
    known += _on_other_sims(db, octets, seen, now)
    _read(db, int(cursor.lastrowid or 0), item.pdu, seen, rules, now, known=known)
    return True


def _on_other_sims(db: sqlite3.Connection, octets: bytes, seen: Seen, now: int) -> list[sqlite3.Row]:
    """The arrivals of the same octets through other SIMs: cards that were exchanged unseen are taken for each other."""
    sims = db.execute("SELECT iccid FROM sim WHERE iccid<>?", [seen.iccid]).fetchall()
    digests = [each for row in sims for each in samepdu.digests(row["iccid"], octets)]
    if not digests:  # an empty list of them would read the whole table
        return []
    rows = db.execute(
        f"SELECT * FROM arrival WHERE digest IN ({','.join('?' * len(digests))}) ORDER BY id", digests
    )
    return [row for row in rows if samepdu.is_of(row, samepdu.bare(octets), now)]


def _stamped_at(pdu: str) -> int | None:
    """When the network says that a text was sent, ms; None for what is no text, or cannot be read."""
    try:
        tpdu = decode(pdu)
    except PduError:
        return None
    return contents.stamp_of(tpdu) if isinstance(tpdu, Deliver) else None


def _read(
    db: sqlite3.Connection,
    arrival_id: int,
    pdu: str,
    seen: Seen,
    rules: Rules,
    now: int,
    *,
    known: list[sqlite3.Row],
) -> None:
    """Record what it says. `known`: the arrivals of the same octets, none of which it repeats, those through other SIMs last."""
    try:
        tpdu = decode(pdu)
    except PduError as damage:
        _settle(db, [arrival_id], _show(db, seen, contents.damaged(pdu, str(damage)), now))
        return
    if isinstance(tpdu, StatusReport):
        _report(db, arrival_id, tpdu, seen, rules, now)
        return
    if isinstance(tpdu, Submit):
        return  # a stored draft of somebody's phone: not a text to us; the row keeps it
    number = numbers.inbound_address(tpdu.sender.number, ton=tpdu.sender.ton, region=rules.region)
    written = tpdu.sender.number
    partly = written.isdecimal() and tpdu.sender.ton not in (numbers.ALPHANUMERIC, numbers.INTERNATIONAL)
    number = conversations.sender(db, number, written if partly else "")
    returned = _returned(tpdu, number, known, seen, now)
    if returned is not None and not returned["pdu"]:  # erased since it came by another SIM
        db.execute("UPDATE arrival SET pdu=x'' WHERE id=?", [arrival_id])
        return
    if tpdu.concat is not None and tpdu.concat.total > 1:
        ref = tpdu.concat.ref | (1 << 16 if tpdu.concat.bits == 16 else 0)
        db.execute(
            "UPDATE arrival SET number=?, concat_ref=?, total=?, seq=?, inbound_id=? WHERE id=?",
            [
                number,
                ref,
                tpdu.concat.total,
                tpdu.concat.seq,
                returned["inbound_id"] if returned else None,
                arrival_id,
            ],
        )
        if returned is None:
            heeding.part_came(db, number, seen, now)
        if returned is None or returned["inbound_id"] is None:
            _assemble(db, arrival_id, seen, now)
        return
    if returned is not None and returned["inbound_id"] is None:
        return  # a self-test's, that was dealt with when it came first
    text = contents.text_of(number, [tpdu])
    if text.kind == "text" and selftests.arrived(db, seen.station, text.words, number=number, now=now):
        return  # our own modem's: the row keeps it, and nobody needs to answer
    of = returned["inbound_id"] if returned is not None else None
    _settle(db, [arrival_id], _show(db, seen, replace(text, asks=text.asks and of is None), now, again_of=of))


def _report(
    db: sqlite3.Connection, arrival_id: int, tpdu: StatusReport, seen: Seen, rules: Rules, now: int
) -> None:
    arrived = reports.Arrived(
        numbers.inbound_address(tpdu.recipient.number, ton=tpdu.recipient.ton, region=rules.region),
        tpdu.mr,
        tpdu.status,
        ms(tpdu.timestamp) if tpdu.timestamp else None,
    )
    report_id = reports.keep(db, seen.iccid, arrived, now=now)
    db.execute(
        "UPDATE arrival SET report_id=r.id, pdu=CASE r.number WHEN '' THEN x'' ELSE pdu END FROM (SELECT * FROM report WHERE id=?) r "
        "WHERE arrival.id=?",
        [report_id, arrival_id],
    )


def _returned(
    tpdu: Deliver, number: str, known: list[sqlite3.Row], seen: Seen, now: int
) -> sqlite3.Row | None:
    """The arrival of these octets that has come back: the same text, not the same words sent anew. Their stamp tells, if it can be
    true. Through another SIM only a person's: a network tells each card the same, in one second.
    """
    same = [row for row in known if row["iccid"] == seen.iccid or numbers.is_person(number)]
    shown = [row for row in same if row["inbound_id"] is not None] or same
    stamped_at = contents.stamp_of(tpdu)
    if not shown or stamped_at is None:
        return None
    return shown[-1] if samepdu.can_be_true(stamped_at, now) else None


def _settle(db: sqlite3.Connection, arrival_ids: Iterable[int], inbound_id: int) -> None:
    db.executemany(
        "UPDATE arrival SET inbound_id=? WHERE id=?", [(inbound_id, row_id) for row_id in arrival_ids]
    )


# Long texts

_WAITING = (
    "SELECT * FROM arrival WHERE number=? AND concat_ref=? AND total=? AND inbound_id IS NULL AND first_at>=?"
)


def _part(row: sqlite3.Row) -> Part | None:
    tpdu = decode(row["pdu"])
    if not isinstance(tpdu, Deliver):
        return None
    stamped_at = contents.stamp_of(tpdu)
    return Part(row["id"], row["iccid"], row["first_at"], stamped_at, row["seq"], row["total"], tpdu)


def _parts(rows: Iterable[sqlite3.Row]) -> list[Part]:
    return [part for row in rows if (part := _part(row)) is not None]


def _by_sim(rows: list[sqlite3.Row]) -> list[list[Part]]:
    """Segments of one sender and reference: a person's that waits on two SIMs belongs to one text."""
    across = bool(rows) and numbers.is_person(rows[0]["number"])
    return longtexts.by_sim(_parts(rows), across=across, true_ms=RETURN_MS)


def _assemble(db: sqlite3.Connection, arrival_id: int, seen: Seen, now: int) -> None:
    """A segment came: show the text that it makes whole, if it does."""
    new = db.execute("SELECT * FROM arrival WHERE id=?", [arrival_id]).fetchone()
    key = [new["number"], new["concat_ref"], new["total"]]
    waiting = db.execute(
        f"{_WAITING} ORDER BY id DESC LIMIT {SEGMENTS_MOST}", [*key, now - SET_WINDOW_MS]
    ).fetchall()
    near = next(group for group in _by_sim(waiting) if any(part.id == arrival_id for part in group))
    if len({part.seq for part in near}) == new["total"]:
        texts, repeats = longtexts.sets(near)
        for found in texts:
            if len(found) == new["total"]:
                _show_set(db, found, repeats, seen, now)
    if not db.execute("SELECT inbound_id FROM arrival WHERE id=?", [arrival_id]).fetchone()["inbound_id"]:
        _complete(db, {part.seq: part for part in _parts([new])}, key, seen, now)


def _complete(db: sqlite3.Connection, late: Found, key: list[object], seen: Seen, now: int) -> None:
    """A segment that comes after its text was shown with a gap: the text is shown anew, in the place of that one."""
    rows = db.execute(
        "SELECT a.* FROM inbound i JOIN conversation c ON c.id=i.conversation_id JOIN arrival a ON a.inbound_id=i.id "
        "WHERE c.number=? AND a.concat_ref=? AND a.total=? AND a.iccid=? AND i.missing>0 AND i.replaced_by IS NULL AND i.received_at>=?",
        [*key, seen.iccid, now - RETURN_MS],
    ).fetchall()
    shown: dict[int, Found] = {}
    for row, part in zip(rows, _parts(rows), strict=True):
        shown.setdefault(row["inbound_id"], {})[part.seq] = part
    for inbound_id, found in shown.items():
        near = min(longtexts.distance_ms(part, found) for part in late.values())
        if not found.keys() & late.keys() and near < longtexts.FAR:
            new_id = _show_set(db, found | late, [], seen, now)
            _replace(db, inbound_id, new_id)
            return


def _show_set(
    db: sqlite3.Connection, found: Found, repeats: list[tuple[Part, Part]], seen: Seen, now: int
) -> int:
    first = next(iter(found.values()))
    row = db.execute("SELECT number FROM arrival WHERE id=?", [first.id]).fetchone()
    parts = [found[seq].tpdu if seq in found else None for seq in range(1, first.total + 1)]
    inbound_id = _show(db, seen, contents.text_of(row["number"], parts), now)
    ids = {part.id for part in found.values()}
    _settle(db, ids | {again.id for again, of in repeats if of.id in ids}, inbound_id)
    return inbound_id


def show_incomplete(db: sqlite3.Connection, *, now: int) -> int:
    """Show the long texts whose segments are stamped far apart, or came on two SIMs, and nearer ones did not come for a
    while; and with their gaps those whose missing segments have not come for a day. Returns how many.
    """
    late = db.execute(
        "SELECT number, concat_ref, total FROM arrival WHERE total IS NOT NULL AND inbound_id IS NULL "
        "GROUP BY number, concat_ref, total HAVING min(first_at)<?",
        [now - SLOW_MS],
    ).fetchall()
    count = 0
    for key in late:
        if not _overdue(db, key, now)[0]:
            continue
        with write(db):  # and looked at anew: a segment may have come meanwhile, or its person be erased
            texts, repeats = _overdue(db, key, now)
            for found in texts:
                _show_set(db, found, repeats, Seen("", next(iter(found.values())).iccid), now)
            count += len(texts)
    return count


def _overdue(
    db: sqlite3.Connection, key: sqlite3.Row, now: int
) -> tuple[list[Found], list[tuple[Part, Part]]]:
    """The texts among these segments that are awaited no longer, and the repeats: (again, of which)."""
    rows = db.execute(f"{_WAITING} ORDER BY id LIMIT {SEGMENTS_MOST}", [*key, 0]).fetchall()
    apart = [longtexts.sets(group) for group in _by_sim(rows)]
    due = [
        found
        for found in longtexts.joined([text for texts, _ in apart for text in texts])
        if max(part.at for part in found.values())
        < now - (SLOW_MS if len(found) == key["total"] else PATIENCE_MS)
    ]
    return due, [repeat for _, repeated in apart for repeat in repeated]


# Showing


def _show(db: sqlite3.Connection, seen: Seen, text: Text, now: int, *, again_of: int | None = None) -> int:
    """The inbound row and all that follows from it: opt-out, whose turn it is, approvals that may no longer fit.

    `again_of`: the inbound row of the same text, which has come back.
    """
    number = text.number or "unknown"
    if text.kind == "mms":  # the notice tells whose it is, in words of its own
        number = conversations.sender(db, number, number.lstrip("+"))
    conversation_id = conversations.ensure(db, number, now=now)
    which, args = (
        ("id=?", [again_of]) if again_of else ("conversation_id=? AND replaced_by IS NULL", [conversation_id])
    )
    before = db.execute(
        f"SELECT id, text, kind, again_of, iccid, received_at FROM inbound WHERE {which} ORDER BY id DESC LIMIT 1",
        args,
    ).fetchone()
    again = before is not None and (before["text"], before["kind"]) == (text.words, text.kind)
    # A network's notice to each of two cards is two; and "Yes" to our next question is another answer.
    again = again and (before["iccid"] == seen.iccid or numbers.is_person(number))
    again = again and not (
        again_of is None and conversations.asked_since(db, conversation_id, before["received_at"])
    )
    readable = text.kind in ("text", "flash") and again_of is None
    # A bank or a short code that writes STOP is no person and can never be texted: there is nothing to decide.
    triage = optout.triage(text.words).kind if readable and numbers.is_person(number) else "reply"
    cursor = db.execute(
        "INSERT INTO inbound (id, conversation_id, number, kind, text, triage, station, iccid, received_at, stamped_at, missing, again_of, replaces) "
        f"VALUES (1+{last_id('inbound')},?,?,?,?,?,?,?,?,?,?,?,?)",
        [
            conversation_id,
            number,
            text.kind,
            text.words,
            triage,
            seen.station,
            seen.iccid,
            now,
            text.stamped_at,
            text.missing,
            (before["again_of"] or before["id"]) if again and (again_of or not text.replaces) else None,
            text.replaces,
        ],
    )
    inbound_id = int(cursor.lastrowid or 0)
    if text.replaces and again_of is None:
        _take_the_place(db, conversation_id, text, inbound_id, now)
    if text.asks:
        heeding.after_reply(db, conversation_id, triage, text.stamped_at, seen, now)
    elif text.kind != "silent" and again_of is None:
        db.execute("UPDATE conversation SET last_in_at=?, last_at=? WHERE id=?", [now, now, conversation_id])
    return inbound_id


def _take_the_place(
    db: sqlite3.Connection, conversation_id: int, text: Text, inbound_id: int, now: int
) -> None:
    """A replace type: the one before it is kept and no longer shown. What lay in another storage may be read behind a newer one."""
    row = db.execute(
        "SELECT id, stamped_at FROM inbound WHERE conversation_id=? AND replaces=? AND replaced_by IS NULL AND again_of IS NULL AND id<? "
        "ORDER BY id DESC LIMIT 1",
        [conversation_id, text.replaces, inbound_id],
    ).fetchone()
    if row is not None:
        at, others = text.stamped_at, row["stamped_at"]
        is_older = at is not None and others is not None and at < others <= now
        _replace(db, *((inbound_id, row["id"]) if is_older else (row["id"], inbound_id)))


def _replace(db: sqlite3.Connection, old_id: int, new_id: int) -> None:
    db.execute("UPDATE inbound SET replaced_by=? WHERE id=? OR replaced_by=?", [new_id, old_id, old_id])
