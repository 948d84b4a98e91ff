"""What must be true afterwards of the air, the SIMs and the rows. Each breach is a sentence that begins with its invariant.

Here what left, what came and what the rows say of it; `judge_stops` has the opt-outs, `judge_limits` hours, clock and budgets.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator

from gateway import conversations, inbox, ledger
from gateway.samepdu import REPEAT_MS
from gateway.station.loop import HELD_UP_S
from hardware.pdu import segment
from hardware.virtual.air import AirRecord
from tests.scenarios.simulation.chaos import Came, Chaos
from tests.scenarios.simulation.desk import Key
from tests.scenarios.simulation.house import House
from tests.scenarios.simulation.judge_limits import limits
from tests.scenarios.simulation.judge_stops import stops
from tests.scenarios.simulation.troubles import SPOILS
from tests.scenarios.simulation.words import is_confirmation, of_record, of_text

CLOCK_S = 0.001  # rows have milliseconds
ON_AIR = ("sent", "delivered", "undelivered")
SOON_MS = 600_000
HELD_UP = "%this SIM %"  # its budget is spent, until tomorrow or for ever
FAILED = 0x40  # a final status below it is a success (23.040 9.2.3.15)

HIDE = (
    "pid_replace",
    "type0",
    "sim_data_download",
)  # what is for the SIM, or takes another's place, is for nobody's eyes

Air = dict[Key, list[AirRecord]]
Rows = dict[Key, list[sqlite3.Row]]


def breaches(house: House, chaos: Chaos) -> list[str]:
    """Everything that is wrong; empty when all is well."""
    with contextlib.closing(sqlite3.connect(house.database)) as db:
        db.row_factory = sqlite3.Row
        return [
            *(f"a station died: {error}" for error in house.died),
            *_approvals(house, chaos, db),
            *_taken_back(house, chaos),
            *_campaign(house, chaos),
            *_erased(house, chaos, db),
            *_texts(house, chaos, db),
            *stops(house, chaos, db),
            *_inbound(house, chaos, db),
            *_shown(house, chaos, db),
            *limits(house, chaos, db),
        ]


def unsettled(house: House, chaos: Chaos) -> bool:
    """Whether something may still leave or come soon."""
    rows = house.db.execute(
        "SELECT count(*) FROM message WHERE state IN ('claimed','submitted') "
        "OR (state='approved' AND coalesce(not_before, 0)<? AND coalesce(reason, '') NOT LIKE ?)",
        [house.now_ms() + SOON_MS, HELD_UP],
    ).fetchone()
    return bool(rows[0]) or bool(breaches(house, chaos))


def _air(house: House) -> Air:
    air: Air = defaultdict(list)
    for record in house.world.network.air:
        if not is_confirmation(record):
            air[record.to, of_record(record)].append(record)
    return air


def _approvals(house: House, chaos: Chaos, db: sqlite3.Connection) -> Iterator[str]:
    """I1: exactly these words to this person, and somebody's approval of them in the ledger."""
    for (to, word), records in _air(house).items():
        text = chaos.people.written.get((to, word))
        if text is None:
            yield f"I1 nobody wrote this: {to} {word} {len(records)}"
            continue
        for parts in _copies(records):
            said = "".join(parts[seq] for seq in sorted(parts))
            if len(parts) == segment(text).count and said != text:
                yield f"I1 other words left: {to} {word}"
    yield from (f"I1 ledger: {line}" for line in ledger.verify(db).broken)
    sent = db.execute(
        "SELECT m.id, m.text, c.number, c.salt, l.digest FROM message m JOIN conversation c ON c.id=m.conversation_id "
        "LEFT JOIN ledger l ON l.id=m.approval_id WHERE m.submitted_at IS NOT NULL AND m.kind<>0"
    )
    for row in sent.fetchall():
        words = ledger.digest(row["salt"], row["number"], row["text"])
        if row["digest"] != words:
            yield f"I1 left without an approval of its words: text {row['id']}"


def _taken_back(house: House, chaos: Chaos) -> Iterator[str]:
    """I1: nothing is handed over between an undo, or a skip, that the panel took, and the next approval."""
    air = _air(house)
    for key, times in chaos.people.refrained.items():
        for record in air.get(key, []):
            if any(since < record.asked_s < until for since, until in times):
                yield f"I1 left after it was taken back: {key[0]} {key[1]} at {record.at_s:.3f}"


def _campaign(house: House, chaos: Chaos) -> Iterator[str]:
    """Each of its people gets one first text and one reminder, in whatever words; none leaves while it is paused, after it is closed,
    or in words that were changed.
    """
    drive = chaos.people.drive
    for words in drive.series() if drive else ():
        yield from _once(house, chaos, words)


def _once(house: House, chaos: Chaos, known: list[str]) -> Iterator[str]:
    drive = chaos.people.drive
    assert drive is not None
    times: Counter[str] = Counter()
    for (to, word), records in _air(house).items():
        if word not in known:
            continue
        first = [record for record in records if (record.concat or (0, 0, 1))[2] == 1]
        times[to] += len(first) - chaos.people.again[to, word]
        # Who sends one again reads that the campaign was changed since, and may send the old words all the same.
        for record in first if not chaos.people.again[to, word] else ():
            for begun, words, (since, until) in drive.held:
                if chaos.restored is not None and since < chaos.restored:
                    until = min(until, chaos.restored)  # the backup has other words, or another state
                if word in words and (to, word) not in begun and since < record.asked_s < until:
                    yield f"I1 left while its campaign held it: {to} {word} at {record.at_s:.3f}"
    yield from (f"I2 a campaign texted {to} {many} times" for to, many in times.items() if many > 1)


def _erased(house: House, chaos: Chaos, db: sqlite3.Connection) -> Iterator[str]:
    """Of somebody who was erased nothing from before is there, whatever was read again or restored."""
    for number, times in chaos.people.erased.items():
        query = (
            "SELECT m.created_at AS at FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE c.number=? "
            "UNION ALL SELECT received_at FROM inbound WHERE number=?"
        )
        for row in db.execute(query, [number, number]).fetchall():
            if house.true_s(row["at"], last=True, set_right=True) < times[-1] - CLOCK_S:
                yield f"erased and there again: {number}"


def _copies(records: list[AirRecord]) -> Iterator[dict[int, str]]:
    """The segments by the long text they belong to: sequence and words."""
    by_ref: dict[int, dict[int, str]] = defaultdict(dict)
    for record in records:
        ref, _, seq = record.concat or (-record.id, 1, 1)
        by_ref[ref][seq] = record.text or ""
    yield from by_ref.values()


def _texts(house: House, chaos: Chaos, db: sqlite3.Connection) -> Iterator[str]:
    """I2: every row against the air."""
    rows: Rows = defaultdict(list)
    query = (
        "SELECT m.*, c.number FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.kind<>0"
    )
    for row in db.execute(query).fetchall():
        rows[row["number"], of_text(row["text"])].append(row)
    air = _air(house)
    for key, records in air.items():
        count = Counter(record.concat[2] if record.concat else 1 for record in records)
        doubled = {seq: times for seq, times in count.items() if times > 1 + chaos.people.again[key]}
        if doubled:
            yield f"I2 doubled: {key[0]} {key[1]}: segments {doubled}, {_states(rows[key])}"
    for key, group in rows.items():
        records = air.get(key, [])
        count = Counter(record.concat[2] if record.concat else 1 for record in records)
        total = segment(group[0]["text"]).count
        if any(chaos.not_in_the_backup(record) for record in records):
            continue  # its row may be from before it left
        if len(group) > 1:
            yield from _group(key, group, count, total)
        else:
            yield from _text(group[0], count, total)
        yield from _reported(house, chaos, key, group, records)
    for row in db.execute("SELECT id, state, reason, not_before, approved_at FROM message").fetchall():
        if row["state"] in ("claimed", "submitted"):
            yield f"I2 stuck: text {row['id']} ({row['state']})"
        unexplained = row["state"] == "approved" and not row["reason"] and not row["not_before"]
        if (
            unexplained
            and house.true_s(row["approved_at"], last=True, set_right=True) < house.now - HELD_UP_S
        ):
            yield f"I2 stuck without a reason: text {row['id']}"


def _reported(
    house: House, chaos: Chaos, key: Key, group: list[sqlite3.Row], records: list[AirRecord]
) -> Iterator[str]:
    """What became of a text is what the network said of it, or a person who asked."""
    said: dict[int, list[int]] = defaultdict(list)
    for record in records:
        said[record.concat[2] if record.concat else 1] += house.witness.said(record)
    total = segment(group[0]["text"]).count
    arrived = min(sum(status < FAILED for status in set(said[seq])) for seq in range(1, total + 1))
    failed = any(status >= FAILED for given in said.values() for status in given)
    for row in group:
        if row["state"] == "delivered" and not arrived and row["id"] not in chaos.people.settled:
            yield f"I2 said to be delivered, and the network did not say so: text {row['id']}"
        if row["state"] == "undelivered" and not failed:
            yield f"I2 said to be undelivered, and the network did not say so: text {row['id']}"


def _text(row: sqlite3.Row, count: Counter[int], total: int) -> Iterator[str]:
    what = f"text {row['id']} ({row['state']}, {row['reason']})"
    if row["state"] in ON_AIR and set(count) != set(range(1, total + 1)):
        yield f"I2 said to be {row['state']} and is not on the air: {what}: {dict(count)} of {total}"
    if row["state"] not in (*ON_AIR, "uncertain", "claimed", "submitted") and len(count) == total:
        yield f"I2 all of it is on the air and said not to be: {what}"
    if row["state"] not in (*ON_AIR, "uncertain") and count and row["submitted_at"] is None:
        yield f"I2 on the air and said not to be: {what}: {dict(count)} of {total}"


def _group(key: Key, group: list[sqlite3.Row], count: Counter[int], total: int) -> Iterator[str]:
    """Texts with the same words to the same person: a person sent one again."""
    surely = sum(row["state"] in ON_AIR for row in group)
    perhaps = surely + sum(row["state"] not in ON_AIR and row["submitted_at"] is not None for row in group)
    for seq in range(1, total + 1):
        if not surely <= count[seq] <= perhaps:
            yield f"I2 {key[0]} {key[1]}: segment {seq} left {count[seq]} times, {_states(group)}"


def _states(rows: list[sqlite3.Row]) -> str:
    return ", ".join(f"text {row['id']} {row['state']} ({row['reason']})" for row in rows)


def _inbound(house: House, chaos: Chaos, db: sqlite3.Connection) -> Iterator[str]:
    """I3: every text that came is kept and shown once; and no stop is lost (I4)."""
    # SIMs that were exchanged unseen, and a kill before the slot was emptied: the text is read as another SIM's, and shown folded.
    query = "SELECT number, text FROM inbound i WHERE again_of IS NULL OR iccid=(SELECT iccid FROM inbound WHERE id=i.again_of)"
    kept = Counter((row["number"], row["text"]) for row in db.execute(query))
    # What the network repeats, and nobody could read for ten minutes, is shown folded; and what lay on another SIM, that went and came unseen.
    late = (
        "SELECT i.number, i.text FROM inbound i JOIN inbound f ON f.id=i.again_of AND f.iccid=i.iccid "
        f"WHERE i.received_at>=f.received_at+{REPEAT_MS} AND i.station=?"
    )
    for number, modem in enumerate(house.world.modems):
        if modem.faults.struck["dup_inbound"] or modem.faults.struck["sim_swap"]:
            kept -= Counter((row["number"], row["text"]) for row in db.execute(late, [f"m{number}"]))
    # Each spoils one text, or takes another's place besides. Of the same words to two modems it is the one that may be spoilt.
    spoilt = [2 * sum(modem.faults.struck[name] for name in SPOILS) for modem in house.world.modems]
    folded = Counter((row["number"], row["text"]) for row in db.execute("SELECT number, text FROM inbound"))
    # The same words of the same person, stamped in the same second, are the same octets: they may be one.
    apart = {(came.sender, came.text, int(came.at)): came for came in chaos.came}.values()
    came_times = Counter((came.sender, came.text) for came in apart)
    twins = Counter((came.sender, came.text) for came in chaos.came) - came_times
    known = _known(db, {came.sender for came in chaos.came})
    for came in sorted(apart, key=lambda came: (not _may_be_forgotten(chaos, came), not spoilt[came.modem])):
        key = came.sender, came.text
        times, due = folded[key], came_times[key]
        if (
            came.text.upper().startswith("STOP")
            and times
            and came.sender not in known
            and not spoilt[came.modem]
        ):
            yield f"I4 a stop was not obeyed: {came.sender}"
        if kept[key] > due + twins[key]:
            yield f"I3 shown {kept[key]} times and came {due} times: {came.sender} {came.text[:10]} to m{came.modem}"
        if _may_be_forgotten(chaos, came):
            came_times[key] -= 1  # its row may not be in the backup
            kept[key], folded[key] = min(kept[key], due - 1), min(times, due - 1)
        elif times < due and spoilt[came.modem] > 0:
            spoilt[came.modem] -= 1
            came_times[key] -= 1
        elif times < due:
            yield f"I3 lost: {came.sender} {came.text[:10]} to m{came.modem}: {times} of {due}"
    for number, modem in enumerate(house.world.modems):
        # A storage that a fault has added, and that the model does not offer, cannot be chosen.
        offered = [storage for name, storage in modem.storages.items() if name in modem.personality.storages]
        left = sum(len(storage.slots) for storage in offered)
        if left:
            yield f"I3 m{number} still holds {left} texts"


def _shown(house: House, chaos: Chaos, db: sqlite3.Connection) -> Iterator[str]:
    """I3: what was kept stands on its person's page, and whoever wrote last waits for an answer there."""
    kept = {(row["number"], row["text"]) for row in db.execute("SELECT number, text FROM inbound")}
    hidden = {
        number
        for number, modem in enumerate(house.world.modems)
        if any(modem.faults.struck[name] for name in HIDE)
    }
    pages = {
        row["number"]: inbox.thread(db, row["id"], house.person, now=house.now_ms(), limit=5_000)
        for row in db.execute("SELECT id, number FROM conversation WHERE last_in_at IS NOT NULL").fetchall()
    }
    for came in chaos.came:
        page = pages.get(came.sender)
        shown = page is not None and any(
            entry.direction == "in" and entry.text == came.text for entry in page.entries
        )
        if (came.sender, came.text) in kept and not shown and came.modem not in hidden:
            yield f"I3 kept and not shown: {came.sender} {came.text[:10]}"
    out = house.opted_out(db)
    for number, came in {came.sender: came for came in chaos.came}.items():
        page = pages.get(number)
        answered = chaos.people.answered.get(number, 0.0) >= came.at
        stopped = came.text.upper().startswith("ST") or any(
            until > came.at for _, until in out.get(number, ())
        )
        seen = (number, came.text) in kept and came.modem not in hidden  # else a fault has spoilt it
        if page is None or not seen or answered or stopped or _may_be_forgotten(chaos, came):
            continue
        if not (page.waiting or page.closed or page.asks_opt_out):
            yield f"I3 nobody is told of the last text of {number}: {came.text[:10]}"


def _may_be_forgotten(chaos: Chaos, came: Came) -> bool:
    """Whether the backup that was restored may be from before it came, or its person was erased since."""
    return any(came.at < at for at in (chaos.restored or 0.0, *chaos.people.erased.get(came.sender, ())))


def _known(db: sqlite3.Connection, numbers: set[str]) -> set[str]:
    """Who of them was out at some time."""
    return {
        number
        for number in numbers
        if db.execute(
            "SELECT 1 FROM opt_out WHERE number_key=?", [conversations.number_key(db, number)]
        ).fetchone()
    }
