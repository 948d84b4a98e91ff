"""The network that joins virtual modems: carries texts, keeps those that cannot be delivered, gives status reports.

Pure: time is an argument, everything that takes time is an event. A text to a virtual modem waits until that modem can
take it or its validity ends; a number that is nobody's belongs to a person, who takes it at once. What a modem refuses
is offered again (23.040 clause 3.2.8: the service centre keeps the text).
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial

from hardware import pdu
from hardware.virtual import air, octets, receiving
from hardware.virtual.engine import Engine
from hardware.virtual.identity import Card

RETRY_S = 30.0
REPORT_KEPT_S = 7 * 86_400.0  # a report that its sender does not take
DELIVERED, REFUSED, EXPIRED = 0x00, 0x41, 0x46  # TP-ST: received; incompatible destination; validity ended
ZONE = timezone(timedelta(hours=-5))

OPERATOR_NAME = "TBMobile"  # the sender of what the operator writes
NATIONAL_DIGITS, SHORT_DIGITS = 10, 7
TRYING_FIRST_S = 1.0  # from a report that it still tries to the last one

Hearer = Callable[[Engine, octets.RawSubmit, float], None]


@dataclass(slots=True)
class Sent:
    """A SUBMIT that left `sender` by the SIM `card`; `reported` once its report was given."""

    sender: Engine
    card: Card
    submit: octets.RawSubmit
    at: float
    reported: bool = False

    @property
    def expires(self) -> float:
        """When the service centre gives up."""
        return self.at + self.submit.validity.total_seconds()


@dataclass(slots=True)
class Parcel:
    """One DELIVER or STATUS REPORT on its way to a SIM that is or was in a modem.

    `sent` is the SUBMIT it answers for, None when injected.
    """

    tpdu: bytes
    to: Engine
    card: Card
    expires: float
    sent: Sent | None = None
    is_report: bool = False
    urgent: bool = False


class Network:
    """All modems of a bank, and the air between them. `epoch` is the wall time of `now` 0."""

    def __init__(self, epoch: datetime, *, carry_s: float = 0.0, report_s: float = 0.0) -> None:
        self.epoch = epoch
        self.carry_s = carry_s
        self.report_s = report_s
        self.modems: list[Engine] = []
        self.air: list[air.AirRecord] = []
        self.unreachable: dict[str, str] = {}  # number: "off" (until the validity ends) or "refused"
        self.person: Hearer | None = None  # hears every text to a number without a modem
        self._waiting: dict[str, list[Parcel]] = {}
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._order = itertools.count()

    def wall(self, now: float) -> datetime:
        """The wall time at `now`, in the network's zone."""
        return (self.epoch + timedelta(seconds=now)).astimezone(ZONE)

    def later(self, due: float, event: Callable[[float], None]) -> None:
        """Let this happen when it is due."""
        heapq.heappush(self._events, (due, next(self._order), event))

    def due(self, now: float) -> bool:
        """Whether something is to be done by now."""
        return bool(self._events) and self._events[0][0] <= now

    def next_wake(self) -> float | None:
        """When something is due next."""
        return self._events[0][0] if self._events else None

    def tick(self, now: float) -> None:
        """Do what is due by now."""
        while self.due(now):
            due, _, event = heapq.heappop(self._events)
            event(due)

    def find(self, number: str) -> tuple[Engine, Card] | None:
        """The modem and its SIM with this number, in international or national form; the SIM may be out just now."""
        digits = number.lstrip("+")
        for modem in self.modems:
            for card in modem.drawer.cards():
                own = card.number.lstrip("+")
                if digits == own or (
                    not number.startswith("+") and len(digits) >= 10 and own.endswith(digits[-10:])
                ):
                    return modem, card
        return None

    # the carrier's face to a modem

    def submit(self, modem: Engine, tpdu: bytes, now: float, *, early: bool, swallowed: bool = False) -> None:
        """A SUBMIT leaves a modem: it is in the air log, whatever becomes of it."""
        submit = octets.read_submit(tpdu)
        card = modem.card
        when = self.epoch + timedelta(seconds=now)
        place = self.modems.index(modem)
        number, asked_s = len(self.air) + 1, modem.asked_s
        self.air.append(air.record(number, place, card.iccid, card.number, submit, now, asked_s, when))
        if swallowed:
            return
        sent = Sent(modem, card, submit, now)
        if early:
            self._report(sent, DELIVERED, now, urgent=True)
        self.later(now + self.carry_s, lambda due: self._route(sent, due))

    def ready(self, modem: Engine, now: float) -> None:
        """The modem can take texts again: offer it what waits."""
        if self._waiting.get(modem.card.iccid):
            self.later(now, partial(self._offer_again, modem.card))

    def operator_writes(self, modem: Engine, text: str, now: float) -> None:
        """The operator sends this text to a modem."""
        whole = pdu.segment(text)
        for place in range(whole.count):
            tpdu = pdu.encode_deliver(OPERATOR_NAME, whole, timestamp=self.wall(now), seq=place + 1, ref=0)
            parcel = Parcel(tpdu, modem, modem.card, now + REPORT_KEPT_S)
            self.later(now, partial(self.carry, parcel))

    def _route(self, sent: Sent, now: float) -> None:
        """A SUBMIT arrives at the other side of the service centre."""
        number = sent.submit.number
        fate = self.unreachable.get(number)
        to = self.find(number)
        if fate == "refused":
            self._report(sent, REFUSED, now)
        elif fate is not None:
            self.later(sent.expires, lambda due: self._report(sent, EXPIRED, due))
        elif to is not None:
            tpdu = octets.deliver(sent.submit, sent.card.number, self.wall(now))
            self.carry(Parcel(tpdu, *to, sent.expires, sent), now)
        else:
            self._report(sent, DELIVERED, now)
            if self.person is not None:
                self.person(sent.sender, sent.submit, now)

    def _report(self, sent: Sent, status: int, now: float, *, urgent: bool = False) -> None:
        """The status report of a SUBMIT that asked for one, once."""
        modem = sent.sender
        if not sent.submit.wants_report or sent.reported or modem.faults.take("report_never"):
            return
        sent.reported = True
        told = modem.faults.number("report_status")
        status = status if told is None else int(told)
        trying = modem.faults.number("report_trying")
        if urgent:
            self._send_report(sent, status, now, now, urgent=True)
            return
        due = now + self.report_s + (modem.faults.number("report_late") or 0.0)
        within_s = modem.faults.number("report_shuffled")
        due += modem.random.uniform(0.0, within_s) if within_s else 0.0
        if trying is not None:
            self._send_report(sent, int(trying), now, due)
            due += TRYING_FIRST_S
        for _ in range(2 if modem.faults.take("report_twice") else 1):
            self._send_report(sent, status, now, due)

    def _send_report(self, sent: Sent, status: int, now: float, due: float, *, urgent: bool = False) -> None:
        """One status report on its way, with the recipient in the form that a fault wants."""
        form = sent.sender.faults.take("report_ra")
        if sent.sender.faults.take("report_ra_international"):
            form = "international"
        recipient = _in_form(sent.submit.number, str(form)) if form else ""
        tpdu = octets.report(sent.submit, recipient, self.wall(sent.at), self.wall(now), status)
        parcel = Parcel(tpdu, sent.sender, sent.card, due + REPORT_KEPT_S, is_report=True, urgent=urgent)
        if urgent:
            self.carry(parcel, now)
        else:
            self.later(due, partial(self.carry, parcel))

    # to a modem

    def carry(self, parcel: Parcel, now: float) -> None:
        """Offer a parcel to its modem, behind what waits for it already."""
        queue = self._waiting.setdefault(parcel.card.iccid, [])
        if queue and not parcel.urgent:
            queue.append(parcel)
            return
        self._offer(parcel, now)

    def _offer(self, parcel: Parcel, now: float) -> None:
        def done(fate: receiving.Fate, moment: float) -> None:
            if fate is receiving.Fate.KEPT:
                if parcel.sent is not None:
                    self._report(parcel.sent, DELIVERED, moment)
            else:
                self._keep(parcel, moment)

        if parcel.to.card.iccid != parcel.card.iccid:  # its SIM is out
            done(receiving.Fate.REFUSED, now)
        elif parcel.is_report:
            receiving.report(parcel.to.listener, parcel.tpdu, now, done, urgent=parcel.urgent)
        else:
            receiving.text(parcel.to.listener, parcel.tpdu, now, done)

    def _keep(self, parcel: Parcel, now: float) -> None:
        """The modem did not take it: wait for it, ask again now and then, give up when the validity ends."""
        if now >= parcel.expires:
            if parcel.sent is not None:
                self._report(parcel.sent, EXPIRED, now)
            return
        parcel.urgent = False
        self._waiting.setdefault(parcel.card.iccid, []).append(parcel)
        self.later(min(now + RETRY_S, parcel.expires), lambda due: self._offer_again(parcel.card, due))

    def _offer_again(self, card: Card, now: float) -> None:
        """Offer all that waits for a SIM, in order; what is refused again waits again."""
        queue, self._waiting[card.iccid] = self._waiting.get(card.iccid, []), []
        for parcel in queue:
            if self._waiting[card.iccid] and now < parcel.expires:
                self._waiting[card.iccid].append(parcel)
            else:
                self._offer(parcel, now)


def _in_form(number: str, form: str) -> str:
    """A number as another switch writes it: with its country, without, without the plus sign, its last digits."""
    digits = number.lstrip("+")
    if form == "international":
        return "+" + (digits if len(digits) > NATIONAL_DIGITS else "1" + digits)
    if form == "national":
        return digits[-NATIONAL_DIGITS:]
    return digits[-SHORT_DIGITS:] if form == "short" else digits
