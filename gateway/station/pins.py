"""PIN attempts: each recorded durably before the PIN is written to the modem, in the database and in the journal.

One for each card (ICCID, or IMEI where a locked modem hides it) and PIN: one that was refused, or whose outcome nobody
knows, is never tried again by the software, over restarts, crashes and restores. A card that was hidden at one start and
shows itself at another may be the same: where that is not known to be another, its PIN counts as tried; and what one hidden card refused
another one's yes does not make right. The first try of a PIN that a person
typed may be a technician's; a second try of the same one is an admin's alone.
"""

import contextlib
import hmac
import sqlite3

from gateway import conversations, explain, explain_modems
from gateway.journal import Journal
from gateway.station import seeking
from gateway.station.desk import Desk
from hardware.modem import Identity
from hardware.sim import ALL_PIN_TRIES, IGNORE

STILL_ASKS_MS = 60_000


class Pins:
    """The durable memory of PIN attempts, for one start of one modem."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._journal = Journal(desk.database)
        typed, desk.pin_once = desk.pin_once, None
        self._typed = typed if typed and desk.clock.monotonic() < typed.until else None
        self._tried: int | None = None
        self._marks: tuple[str, str] | None = None  # card and attempt, as the journal has them
        self._hidden = False  # which card it was tried on is not known
        desk.pin_spent = None

    @property
    def tries_needed(self) -> int:
        """How many tries the SIM must have left: all for the software, two for a person. The last one is nobody's."""
        return ALL_PIN_TRIES if self._typed is None else ALL_PIN_TRIES - 1

    def enter(self, identity: Identity) -> str | None:
        """The PIN to write, its attempt on the disk; None when it must not be tried (again)."""
        desk, card = self._desk, identity.iccid or identity.imei
        seeking.same_modem(desk, identity)
        pin = desk.spec.pin if self._typed is None else self._typed.pin
        if pin == IGNORE:
            return IGNORE
        self.asked_again(identity)
        if not pin or not card:
            return None
        key, marks = self._key(card, pin), self._mark(self._whole(card), pin)
        if self._spent(identity, pin) and not (self._typed and self._typed.again):
            desk.pin_spent = (explain_modems.pin_tried_before if self._typed else explain.pin_refused)(
                desk.name
            )
            return None
        before = self._row(card, key)
        with desk.write():
            desk.db.execute(
                "INSERT OR REPLACE INTO pin_attempt (card, pin_key, at) VALUES (?,?,?)",  # anew: ids tell what was tried later
                [card, key, desk.now_ms()],
            )
            row = self._row(card, key)
        try:  # after the commit: a line whose commit failed would say for ever that a PIN was refused which nobody tried
            self._journal.note("pin", at=desk.now_ms(), card=marks[0], attempt=marks[1])
        except OSError:
            self._not_tried(card, key, before)
            raise
        self._tried = int(row["id"]) if row is not None else None
        self._marks, self._hidden = marks, not identity.iccid
        return pin

    def _not_tried(self, card: str, key: bytes, before: sqlite3.Row | None) -> None:
        """The attempt could not be noted beside the database, so it is not made."""
        with contextlib.suppress(sqlite3.Error), self._desk.write():
            if before is None:
                self._desk.db.execute("DELETE FROM pin_attempt WHERE card=? AND pin_key=?", [card, key])
            else:
                self._desk.db.execute(
                    "UPDATE pin_attempt SET id=?, outcome=? WHERE card=? AND pin_key=?",
                    [before["id"], before["outcome"], card, key],
                )

    def asked_again(self, identity: Identity) -> None:
        """A SIM that asks again was not opened by an attempt whose outcome nobody saw, for some ask on for a while: what opens it later does
        not make that one right.
        """
        with self._desk.write():
            self._desk.db.execute(
                "UPDATE pin_attempt SET outcome='refused' WHERE outcome IS NULL AND card IN (?,?) AND at<?",
                [identity.iccid, identity.imei, self._desk.now_ms() - STILL_ASKS_MS],
            )

    def _key(self, card: str, pin: str) -> bytes:
        return hmac.digest(conversations.number_key(self._desk.db, card), pin.encode(), "sha256")

    def _mark(self, card: str, pin: str) -> tuple[str, str]:
        return self._journal.digest("card", card), self._journal.digest("pin", card, pin)

    def _row(self, card: str, key: bytes) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._desk.db.execute(
            "SELECT id, outcome FROM pin_attempt WHERE card=? AND pin_key=?", [card, key]
        ).fetchone()
        return row

    def _spent(self, identity: Identity, pin: str) -> bool:
        """Whether this PIN was tried on this card and not accepted, as far as database or journal know."""
        card = identity.iccid or identity.imei
        row = self._row(card, self._key(card, pin))
        if row is None:
            return self._noted(pin, card) or self._spent_elsewhere(identity, pin)
        if row["outcome"] != "accepted" or self._noted(pin, card, self._whole(card)):
            return True
        # It was right: unless this modem's SIM has refused it since, while it did not tell which one it is.
        hidden = self._row(identity.imei, self._key(identity.imei, pin)) if identity.imei else None
        return hidden is not None and hidden["outcome"] != "accepted" and hidden["id"] > row["id"]

    def _spent_elsewhere(self, identity: Identity, pin: str) -> bool:
        """Whether it was tried on what may be this card: on a hidden one in this modem, on any while this one is hidden, or on one
        whose ICCID has the same beginning, as another program at the port took the end of an answer.
        """
        rows = self._desk.db.execute(
            "SELECT card, pin_key FROM pin_attempt WHERE outcome IS NOT 'accepted' AND (card=:imei "
            "OR substr(card, 1, length(:iccid))=:iccid OR substr(:iccid, 1, length(card))=card)",
            {"iccid": identity.iccid, "imei": identity.imei},
        ).fetchall()
        tried = any(self._key(row["card"], pin) == row["pin_key"] for row in rows)
        return tried or self._noted(pin, identity.imei, *self._alike(identity.iccid))

    def _alike(self, iccid: str) -> list[str]:
        """The SIMs seen here whose ICCID begins as this one, or is its beginning; the longest first."""
        rows = self._desk.db.execute(
            "SELECT iccid FROM sim WHERE iccid<>'' AND :iccid<>'' "
            "AND (substr(iccid, 1, length(:iccid))=:iccid OR substr(:iccid, 1, length(iccid))=iccid) ORDER BY length(iccid) DESC",
            {"iccid": iccid},
        ).fetchall()
        return [row["iccid"] for row in rows]

    def _whole(self, card: str) -> str:
        """By what the journal knows this card: by its whole ICCID, where it showed that once and tells a part of it now."""
        return max((card, *self._alike(card)[:1]), key=len)

    def _noted(self, pin: str, *cards: str) -> bool:
        """Whether the journal knows of a try that did not open one of these cards, or that a hidden one refused."""
        marks = {self._mark(card, pin)[1] for card in cards if card}
        shut: set[str] = set()
        refused: set[str] = set()
        for act in self._journal.acts("pin"):
            shut |= {str(act.get("attempt"))} & marks
            shut.discard(str(act.get("opened")))
            refused |= {str(act.get("refused"))} & marks
        return bool(shut | refused)

    def refused(self) -> None:
        """The SIM said no: this PIN is never tried again by the software."""
        if self._tried is None or self._marks is None:
            return
        self._ended(self._tried, "refused")
        if self._hidden:
            self._journal.note("pin", at=self._desk.now_ms(), refused=self._marks[1])
        self._desk.flush()

    def accepted(self, identity: Identity) -> None:
        """The SIM is open. The attempt of this start was right; or the only one whose outcome nobody saw, when the gateway
        ended over it and the modem did not; a modem that tells the SIM's IMSI shows that it is open.
        """
        desk = self._desk
        if self._tried is not None and self._marks is not None:
            self._right(self._tried, self._marks)
            return
        if not identity.imsi:
            return
        cards = [card for card in (identity.iccid, identity.imei) if card]
        unseen = desk.db.execute(
            "SELECT id, card, pin_key FROM pin_attempt WHERE outcome IS NULL AND card IN (?,?)",
            [identity.iccid, identity.imei],
        ).fetchall()
        if len(unseen) != 1:
            return
        card = next(card for card in cards if card == unseen[0]["card"])
        known = desk.spec.pin and self._key(card, desk.spec.pin) == unseen[0]["pin_key"]
        self._right(unseen[0]["id"], self._mark(self._whole(card), desk.spec.pin) if known else None)

    def _right(self, attempt_id: int, marks: tuple[str, str] | None) -> None:
        if marks is not None:  # first: while the row does not say so, the next start notes it again
            self._journal.note("pin", at=self._desk.now_ms(), opened=marks[1])
        self._ended(attempt_id, "accepted")
        self._desk.flush()

    def _ended(self, attempt_id: int, outcome: str) -> None:
        """What the SIM said, in hand until the database takes it."""
        db = self._desk.db
        self._desk.results.append(
            lambda: db.execute("UPDATE pin_attempt SET outcome=? WHERE id=?", [outcome, attempt_id])
        )
