"""A campaign of the house: its people are taken in batches and texted one by one, say whether they come, and are reminded, while it
is paused, goes on, is changed and is closed. Its words are known by the place that they name.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway import assignments, campaigns, cards, enrolment, inbox, recording, scriptedit
from gateway.campaigns import Options
from gateway.scripts import Reminder
from gateway.store import moment
from tests.campaigning import FACTS, SIMS, bring_in
from tests.scenarios.simulation.words import of_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.scenarios.simulation.desk import Desk, Key

BY_HAND = 0.5  # how often an answer is written down without a text
AFTER_ALL = 0.1  # how often somebody stops, or changes, what was just approved
FIRST_WORD = 900  # those of other texts stay below it
NAMES = ("Rosa", "Luis", "Ada", "Sam", "Mei", "Theo", "Noor", "Ines", "Bao", "Kim", "Eva", "Jo")
REMIND = "See you at M"  # and the place: no word of the first text is in it
REMIND_MS = 300_000  # at most so long after the house begins
FIRST = 210  # the last digits of the first of its people, who are the first of the house


class Drive:
    """One campaign and what the people at the panel do with it."""

    def __init__(self, desk: Desk) -> None:
        self.house, self.desk = desk.house, desk
        self.words: list[str] = []  # the newest is last
        self.held: list[
            tuple[set[Key], set[str], list[float]]
        ] = []  # what had begun to leave, words, since when until when
        house = self.house
        by, now = house.person, house.now_ms()
        due = moment(now + house.dice.randrange(REMIND_MS)).astimezone(ZoneInfo(house.rules.zone))
        self._day = (due.date() + timedelta(days=1)).isoformat()
        self.id = campaigns.create(house.db, "The hearing", "event", "en", by=by, now=now)
        campaigns.save(
            house.db,
            self.id,
            by=by,
            now=now,
            seen_revision=1,
            facts=self._in_other_words(),
            list_id=bring_in(house.db, NAMES, first=FIRST, now=now),
            options=Options(),
            script=scriptedit.with_reminder(campaigns.load(house.db, self.id).script, _reminder(due)),
        )
        self.words.append(self._in_other_words()["place"])
        after: int | None = 0
        while after is not None:
            after = enrolment.enrol(house.db, self.id, now=now, after=after)
        enrolment.start(house.db, self.id, by=by, rules=house.rules, now=now, needs_review=False)

    def acts(self, *, calm: bool) -> tuple[tuple[Callable[[], bool], float], ...]:
        """What may be done, and how often."""
        always = ((self._go_on, 3.0), (self._send, 3.0))
        busy = (
            (self._take, 4.0),
            (self._send, 14.0),
            (self._hear, 8.0),
            (self._give_back, 0.5),
            (self._pause, 1.2),
            (self._change, 0.8),
            (self._close, 0.2),
        )
        return always if calm else always + busy

    def _in_other_words(self) -> dict[str, str]:
        return FACTS | {"day": self._day, "place": f"T{FIRST_WORD + len(self.words)}w"}

    def series(self) -> tuple[list[str], list[str]]:
        """What its people get once each: the words of the first text, and of the reminder."""
        return self.words, [REMIND + word for word in self.words]

    def own(self, word: str) -> bool:
        """Whether a text is known by these words of the campaign."""
        return any(word in words for words in self.series())

    def _everything(self) -> set[str]:
        return {word for words in self.series() for word in words}

    def _hear(self) -> bool:
        """Somebody who was texted says whether they come, and it is written down, by itself or with an answer."""
        house = self.house
        rows = house.db.execute(
            "SELECT id, conversation_id FROM target WHERE campaign_id=? AND texted_at IS NOT NULL ORDER BY id",
            [self.id],
        ).fetchall()
        if not rows:
            return False
        row, said = house.dice.choice(rows), house.dice.choice(("yes", "yes", "yes", "no"))
        waited = self.desk.approved_to(row["conversation_id"])
        changed = recording.current(house.db, row["id"]).get("status", "") != said
        if house.dice.random() < BY_HAND:
            recording.record(house.db, row["id"], "status", said, by=house.person, now=house.now_ms())
        else:
            self.desk.reply_to(
                row["conversation_id"], inbox.Campaigning(row["id"], {"status": said}, "coming")
            )
        if changed:  # what waited may no longer fit, and is read again
            for message in waited:
                self.desk.refrain(message)
        return True

    def _take(self) -> bool:
        house = self.house
        return bool(assignments.take(house.db, self.id, house.person, house.rules, SIMS, now=house.now_ms()))

    def _give_back(self) -> bool:
        return bool(assignments.give_back(self.house.db, self.house.person.id))

    def _send(self) -> bool:
        """The next card, of whatever it is; its words are those that are shown."""
        house = self.house
        card = cards.next_card(house.db, house.person, rules=house.rules, now=house.now_ms())
        if card is None:
            return False
        self.desk.approve_one(card.id)
        if house.dice.random() < AFTER_ALL:
            house.dice.choice((self._pause, self._change))()
        return True

    def restored(self) -> None:
        """A backup took the database's place, and paused what ran."""
        self.held.append((set(), self._everything(), [self.house.now, float("inf")]))

    def _pause(self) -> bool:
        campaigns.pause(self.house.db, self.id, by=self.house.person)
        self._hold(self._everything())
        return True

    def _go_on(self) -> bool:
        campaigns.resume(self.house.db, self.id, by=self.house.person)
        for _, words, span in self.held:
            if self.words[-1] in words:
                span[1] = min(span[1], self.house.now)
        return True

    def _change(self) -> bool:
        """Another place: whatever waits is read again, in the new words; the old ones never leave."""
        house, before, facts = self.house, self._everything(), self._in_other_words()
        seen = campaigns.load(house.db, self.id).revision
        campaigns.save(
            house.db, self.id, by=house.person, now=house.now_ms(), seen_revision=seen, facts=facts
        )
        self.words.append(facts["place"])
        self._hold(before)
        return True

    def _close(self) -> bool:
        campaigns.close(self.house.db, self.id, by=self.house.person, now=self.house.now_ms())
        self._hold(self._everything())
        return True

    def _hold(self, words: set[str]) -> None:
        """From now on nothing with these words is handed over, but for what has been handed over already."""
        rows = self.house.db.execute(
            "SELECT c.number, m.text FROM message m JOIN conversation c ON c.id=m.conversation_id "
            "WHERE m.submitted_at IS NOT NULL AND m.state IN ('approved', 'claimed', 'submitted')"
        ).fetchall()
        begun = {(row["number"], of_text(row["text"])) for row in rows}
        self.held.append((begun, words, [self.house.now, float("inf")]))


def _reminder(due: datetime) -> Reminder:
    """For whoever comes: the day before, when it is `due`."""
    return Reminder(
        "day-before",
        "The day before",
        f"{REMIND}{{place}}",
        when={"status": ("yes",)},
        at=f"{due:%H:%M}",
        step="coming",
    )
