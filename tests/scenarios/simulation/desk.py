"""The people at the panel: they draft, approve, edit, undo, skip, opt out, answer, settle what is uncertain, send again,
erase somebody, confirm the time, and tell a station to pause, to go on, to ask its modem or to restart it. They say the truth, as far
as they could know it.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from typing import TYPE_CHECKING

from gateway import clockwords, erasing, inbox, optouts, outbox, settling, stations
from gateway.errors import Refused
from gateway.message import KINDS
from hardware.pdu import segment
from tests.scenarios.simulation.drive import Drive
from tests.scenarios.simulation.words import of_record, of_text

if TYPE_CHECKING:
    from tests.scenarios.simulation.house import House

Key = tuple[str, str]  # number, word
PEOPLE = [f"+120255502{number:02d}" for number in range(10, 24)]
CAMPAIGNS = 0.25  # how many houses have one
SETTLE_MS = 600_000  # who is asked whether a text arrived is asked so long after it went
ASKED = (  # of a station, with its argument
    ("pause", None),
    ("restart", None),
    ("reset", None),
    ("ussd", "*100#"),
    ("query", "AT+CPMS?"),
    ("query", "AT+CNMI?"),
    ("query", "AT+CMGF?"),
    ("query", "ATI"),
)
SINCE = "the person may have been texted since"


class Desk:
    """Somebody who may do everything."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.dice = house.dice
        self.written: dict[Key, str] = {}  # (number, words): the whole text
        self.again: Counter[Key] = Counter()  # texts that a person sent once more
        self.replies: set[Key] = set()
        self.approved: dict[Key, list[float]] = {}  # when
        self.answered: dict[str, float] = {}  # when something was last sent to whom, by number
        self.settled: set[int] = set()  # texts of which a person said what became of them
        self.refrained: dict[Key, list[list[float]]] = {}  # since when, until when it must not leave
        self.erased: dict[str, list[float]] = {}  # when, by number
        self._count = 0
        self.drive: Drive | None = None

    def begin(self) -> None:
        """Some have a campaign."""
        if self.dice.random() < CAMPAIGNS:
            self.drive = Drive(self)

    def act(self, *, calm: bool) -> None:
        """One thing; whatever the panel or the database refuses is let be."""
        always = (
            (self._approve, 4),
            (self._go_on, 2),
            (self._confirm, 1),
            (self._settle, 2),
            (self._skip_old, 1),
        )
        busy = (
            (self._new, 10),
            (self._undo, 1.5),
            (self._skip, 0.7),
            (self._edit, 1),
            (self._stop, 0.5),
            (self._start, 0.2),
            (self._erase, 0.3),
            (self._ask_modem, 1.5),
            (self._answer, 4),
            (self._resend, 1),
        )
        drive = self.drive.acts(calm=calm) if self.drive else ()
        acts, weights = zip(*(always if calm else always + busy), *drive, strict=True)
        act = self.dice.choices(acts, weights)[0]
        with contextlib.suppress(Refused, sqlite3.OperationalError):
            if act():
                self.house.count(f"person: {act.__name__.strip('_')}")
        self.house.ring()

    def _row(self, query: str) -> sqlite3.Row | None:
        rows = self.house.db.execute(query).fetchall()
        return self.dice.choice(rows) if rows else None

    def _text(self) -> str:
        self._count += 1
        words = f"T{self._count}w"
        text = words if self.dice.random() < 0.65 else " ".join([words] * self.dice.choice((35, 60)))
        return text + (" é€😀" if self.dice.random() < 0.15 else "")

    def _new(self) -> bool:
        house, text, number = self.house, self._text(), self.dice.choice(PEOPLE)
        kind = self.dice.choice(("first", "first", "reminder"))
        message = outbox.draft(house.db, number, text, kind=kind, key=None, channel="panel", by=house.person, rules=house.rules,
                               now=house.now_ms())  # fmt: skip
        self.written[number, of_text(text)] = text
        if self.dice.random() < 0.9:
            self.approve_one(message)
        return True

    def refrain(self, message: int) -> None:
        """Somebody took it back, and the panel said yes: until somebody approves it again it must not leave."""
        row = outbox.load(self.house.db, message)
        self._not_from_now((row["number"], of_text(row["text"])))

    def _not_from_now(self, key: Key) -> None:
        self.refrained.setdefault(key, []).append([self.house.now, float("inf")])

    def approve_one(self, message: int) -> None:
        """They read it and send it; whoever reads that it may have left since the backup lets it be."""
        house = self.house
        row = outbox.load(house.db, message)
        key = row["number"], of_text(row["text"])
        for taken in self.refrained.get(key, []):
            taken[1] = min(taken[1], house.now)
        of_campaign = self.drive is not None and self.drive.own(key[1])
        if of_campaign:
            self.written.setdefault(key, row["text"])
        again = of_campaign and row["perhaps_texted_at"]
        if SINCE not in (row["reason"] or "") and not again:  # who reads that looks first, and lets it be
            outbox.approve(
                house.db,
                message,
                by=house.person,
                seen=outbox.seen(row),
                rules=house.rules,
                now=house.now_ms(),
            )
            self.approved.setdefault(key, []).append(house.now)
            self.answered[key[0]] = house.now

    def _approve(self) -> bool:
        row = self._row("SELECT id FROM message WHERE state='awaiting' ORDER BY id")
        if row is not None:
            self.approve_one(row["id"])
        return row is not None

    def _edit(self) -> bool:
        row = self._row("SELECT id FROM message WHERE state='awaiting' AND resend_of IS NULL ORDER BY id")
        if row is not None:
            house, text = self.house, self._text()
            seen = outbox.load(house.db, row["id"])
            outbox.edit(
                house.db,
                row["id"],
                text,
                by=house.person,
                seen=outbox.seen(seen),
                rules=house.rules,
                now=house.now_ms(),
            )
            self.written[seen["number"], of_text(text)] = text
            if KINDS[seen["kind"]] == "reply":
                self.replies.add((seen["number"], of_text(text)))
        return row is not None

    def _undo(self) -> bool:
        row = self._row("SELECT id FROM message WHERE state='approved' ORDER BY id")
        if row is not None:
            outbox.undo(self.house.db, row["id"], by=self.house.person, now=self.house.now_ms())
            self.refrain(row["id"])
        return row is not None

    def _skip(self) -> bool:
        row = self._row("SELECT id FROM message WHERE state IN ('awaiting','approved') ORDER BY id")
        if row is not None:
            outbox.skip(self.house.db, row["id"], by=self.house.person, now=self.house.now_ms())
            self.refrain(row["id"])
        return row is not None

    def _skip_old(self) -> bool:
        """What comes from a backup and may have gone out since is let be."""
        row = self._row(
            f"SELECT id FROM message WHERE state='awaiting' AND reason LIKE '%{SINCE}%' ORDER BY id"
        )
        if row is not None:
            outbox.skip(self.house.db, row["id"], by=self.house.person, now=self.house.now_ms())
        return row is not None

    def _stop(self) -> bool:
        house = self.house
        row = self._row("SELECT id FROM conversation WHERE opted_out_at IS NULL ORDER BY id")
        if row is not None:
            optouts.opt_out(
                house.db, row["id"], source="volunteer", by=house.person, reason="", now=house.now_ms()
            )
        return row is not None

    def _start(self) -> bool:
        house = self.house
        row = self._row("SELECT id FROM conversation WHERE opted_out_at IS NOT NULL ORDER BY id")
        if row is not None:
            optouts.undo(house.db, row["id"], by=house.person, reason="They called.", now=house.now_ms())
        return row is not None

    def _erase(self) -> bool:
        """Somebody wants to be forgotten: nothing that was written to them leaves any more."""
        house = self.house
        row = self._row("SELECT number FROM conversation ORDER BY id")
        if row is not None:
            erasing.erase(house.db, row["number"], now=house.now_ms())
            self.erased.setdefault(row["number"], []).append(house.now)
            for key in self.written:
                if key[0] == row["number"]:
                    self._not_from_now(key)
            erasing.empty_log(house.db)
            house.note(f"{row['number'][-2:]} is erased")
        return row is not None

    def _answer(self) -> bool:
        row = self._row("SELECT id FROM conversation WHERE waiting_at IS NOT NULL ORDER BY id")
        if row is not None:
            self.reply_to(row["id"])
        return row is not None

    def reply_to(self, conversation_id: int, campaigning: inbox.Campaigning | None = None) -> None:
        """Somebody answers; with what they were told the answer may be written down."""
        house, text = self.house, self._text()
        inbox.reply(
            house.db,
            conversation_id,
            text,
            by=house.person,
            key=of_text(text),
            rules=house.rules,
            now=house.now_ms(),
            campaigning=campaigning,
        )
        row = house.db.execute("SELECT number FROM conversation WHERE id=?", [conversation_id]).fetchone()
        self.written[row["number"], of_text(text)] = text
        self.replies.add((row["number"], of_text(text)))
        self.answered[row["number"]] = house.now

    def approved_to(self, conversation_id: int) -> list[int]:
        """The texts to this person that are approved, and of which nothing has left."""
        rows = self.house.db.execute(
            "SELECT id FROM message WHERE conversation_id=? AND state='approved' AND submitted_at IS NULL ORDER BY id",
            [conversation_id],
        )
        return [row["id"] for row in rows.fetchall()]

    def _uncertain(self) -> sqlite3.Row | None:
        old = self.house.now_ms() - SETTLE_MS
        return self._row(
            "SELECT m.id, m.text, c.number FROM message m JOIN conversation c ON c.id=m.conversation_id "
            f"WHERE m.state='uncertain' AND m.submitted_at<{old} ORDER BY m.id"
        )

    def _settle(self) -> bool:
        """Somebody calls and asks whether it arrived."""
        row = self._uncertain()
        if row is None or self.again[row["number"], of_text(row["text"])]:
            return False
        total = segment(row["text"]).count
        there = {
            record.concat[2] if record.concat else 1
            for record in self.house.world.network.air
            if record.to == row["number"] and of_record(record) == of_text(row["text"])
        }
        settling.settle(
            self.house.db,
            row["id"],
            arrived=len(there) == total,
            by=self.house.person,
            now=self.house.now_ms(),
        )
        self.settled.add(row["id"])
        return True

    def _resend(self) -> bool:
        house = self.house
        row = self._row(
            "SELECT m.id, m.text, c.number FROM message m JOIN conversation c ON c.id=m.conversation_id "
            "WHERE m.state IN ('uncertain','failed','undelivered') ORDER BY m.id"
        )
        if row is None or self.again[row["number"], of_text(row["text"])]:
            return False
        message = settling.resend(
            house.db,
            row["id"],
            by=house.person,
            key=f"again-{row['id']}",
            rules=house.rules,
            now=house.now_ms(),
        )
        self.again[row["number"], of_text(row["text"])] += 1
        self.approve_one(message)
        return True

    def _go_on(self) -> bool:
        """A technician looks at what waits for a person: a paused station."""
        house = self.house
        for row in house.db.execute("SELECT name FROM station WHERE state='paused' ORDER BY name").fetchall():
            stations.request(house.db, row["name"], "resume", by=house.person, now=house.now_ms())
        return True

    def _ask_modem(self) -> bool:
        """A technician looks at a modem, in the middle of everything."""
        house = self.house
        row = self._row("SELECT name FROM station ORDER BY name")
        if row is not None:
            what, argument = self.dice.choice(ASKED)
            stations.request(
                house.db, row["name"], what, by=house.person, now=house.now_ms(), argument=argument
            )
            house.note(f"{row['name']} is asked to {what} {argument or ''}")
        return row is not None

    def _confirm(self) -> bool:
        """A coordinator looks at the time, where the page says that the clock is not trusted."""
        standing = clockwords.standing(self.house.db)
        return standing is not None and not standing.by and self.house.confirm_time()
