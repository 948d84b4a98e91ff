"""Gateways with one fault each, to see that the houses and their judge find it: the fault, and the breach that shows it."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

from gateway import arrivals, claims, erasing, flight, heeding, policy, reports
from gateway.claims import Job, Obstacle, Seat
from gateway.moves import move
from gateway.station import asked, receiving, sending
from gateway.station.desk import Desk
from gateway.station.loop import Station
from gateway.station.pins import Pins
from gateway.stations import Request
from tests.scenarios.simulation import troubles

Mutation = contextlib.AbstractContextManager[object]


def resends_uncertain() -> Mutation:
    """Gammu-smsd's way: a text whose answer did not come is sent again."""

    def lose(db: sqlite3.Connection, seat: Seat, job: Job, seq: int, reason: str, *, now: int) -> None:
        flight.release(db, seat, job, reason, now=now, seq=seq)

    return mock.patch.object(flight, "lose", lose)


def resends_after_a_kill() -> Mutation:
    """What had been handed over when the gateway died is taken as not sent."""

    def recover(db: sqlite3.Connection, row: sqlite3.Row, actor: str, now: int) -> None:
        db.execute("UPDATE segment SET state='pending' WHERE message_id=? AND state='submitted'", [row["id"]])
        move(db, "defer", row["id"], actor=actor, now=now, reason="Again.", not_before=None)

    return mock.patch.object(flight, "_recover_submitted", recover)


def writes_before_the_commit() -> Mutation:
    """The intention is recorded after the PDU was written."""
    from hardware.submit import Prompt

    waiting: list[Callable[[], object]] = []
    submit, send = sending._submit, Prompt.send

    def later(*args: Any, **options: Any) -> None:
        waiting.append(lambda: submit(*args, **options))

    def sent(self: Prompt, *args: Any, **options: Any) -> int | None:
        try:
            return send(self, *args, **options)
        finally:
            waiting.pop()()

    stack = contextlib.ExitStack()
    stack.enter_context(mock.patch.object(sending, "_submit", later))
    stack.enter_context(mock.patch.object(Prompt, "send", sent))
    return stack


def deletes_before_the_commit() -> Mutation:
    """What came is taken from the SIM and then kept."""
    keep = receiving.Reader.keep

    def kept(self: receiving.Reader, received: list[Any]) -> int:
        for item in self._desk.modem.list(everything=False):  # type: ignore[union-attr]
            self._delete(item)
        return keep(self, received)

    return mock.patch.object(receiving.Reader, "keep", kept)


def shows_each_reading() -> Mutation:
    """Each reading of the SIM is news."""
    return mock.patch("gateway.samepdu.repeated", return_value=None)


def hides_what_came() -> Mutation:
    """Each text takes the place of the one before it, which is kept and stands on no page."""
    show = arrivals._show

    def shown(db: sqlite3.Connection, *rest: Any, **options: Any) -> int:
        inbound_id = show(db, *rest, **options)
        query = "SELECT max(id) FROM inbound WHERE id<:new AND conversation_id=(SELECT conversation_id FROM inbound WHERE id=:new)"
        [before] = db.execute(query, {"new": inbound_id}).fetchone()
        if before:
            arrivals._replace(db, before, inbound_id)
        return inbound_id

    return mock.patch.object(arrivals, "_show", shown)


def tells_nobody() -> Mutation:
    """What came stands on its page, and nobody is told that somebody waits."""
    after = heeding.after_reply

    def quiet(db: sqlite3.Connection, conversation_id: int, *rest: Any) -> None:
        after(db, conversation_id, *rest)
        db.execute("UPDATE conversation SET waiting_at=NULL WHERE id=?", [conversation_id])

    return mock.patch.object(heeding, "after_reply", quiet)


@contextlib.contextmanager
def forgets_the_opt_out() -> Iterator[None]:
    """Neither the opt-out itself nor the submit looks at what was approved before."""
    asked = claims.obstacle_to

    def obstacle(db: sqlite3.Connection, row: sqlite3.Row, *rest: Any) -> Obstacle | None:
        return asked(db, _Without(row, "opted_out_at"), *rest)  # type: ignore[arg-type]

    with (
        mock.patch("gateway.optouts.withdraw_waiting"),
        mock.patch.object(claims, "obstacle_to", obstacle),
        mock.patch.object(flight, "obstacle_to", obstacle),
    ):
        yield


class _Without(dict[str, Any]):
    """A row in which one column is empty."""

    def __init__(self, row: sqlite3.Row, column: str) -> None:
        super().__init__({name: row[name] for name in row.keys()})  # noqa: SIM118 (a row iterates over its values)
        self[column] = None


@contextlib.contextmanager
def ignores_quiet_hours() -> Iterator[None]:
    """Every hour is good, and every validity."""
    with (
        mock.patch.object(policy, "may_leave", return_value=policy.Leave(ok=True, not_before=None)),
        mock.patch.object(policy, "validity", return_value=timedelta(hours=24)),
    ):
        yield


def forgets_the_undo() -> Mutation:
    """The panel says that it was undone."""
    return mock.patch("gateway.outbox.back_to_awaiting")


def tries_the_pin_again() -> Mutation:
    """A PIN that was refused is tried at the next start. Few houses have a SIM that refuses one: here it is their only trouble."""
    stack = contextlib.ExitStack()
    stack.enter_context(mock.patch.object(Pins, "_spent", return_value=False))
    wrong_pin = tuple(trouble for trouble in troubles.TROUBLES if trouble[0] == "pin_required")
    stack.enter_context(mock.patch.object(troubles, "TROUBLES", wrong_pin))
    return stack


def reads_no_sim_first() -> Mutation:
    """A text leaves without a look at what waits on the SIM: only a bell would stop it."""
    return mock.patch.object(Station, "_read_first")


def waits_blindly_for_a_prompt() -> Mutation:
    """What came while the prompt was awaited is read after the text has left."""
    stack = contextlib.ExitStack()
    stack.enter_context(mock.patch.object(Desk, "knocked", return_value=False))
    stack.enter_context(mock.patch.object(sending, "_took_too_long", return_value=False))
    return stack


def exchanges_the_reports() -> Mutation:
    """What arrived is said not to have, and the other way."""
    apply = reports._apply

    def other(db: sqlite3.Connection, report_id: int, report: reports.Arrived, chosen: Any, now: int) -> None:
        apply(db, report_id, replace(report, status=0x46 if report.status < 0x20 else 0), chosen, now)

    return mock.patch.object(reports, "_apply", other)


def counts_nothing() -> Mutation:
    """No segment is counted on its SIM's day."""
    return mock.patch("gateway.budget.count")


def spends_too_much() -> Mutation:
    """Every SIM may take everything."""
    return mock.patch("gateway.budget.refusal", return_value=None)


def forgets_the_minute() -> Mutation:
    """Segments leave as fast as the modem takes them."""
    return mock.patch.object(Desk, "room_in_minute", return_value=0.0)


def leaves_no_time_to_undo() -> Mutation:
    """An approved text leaves at once."""
    return mock.patch("gateway.outbox._earliest", return_value=(None, None))


def forgets_the_pause() -> Mutation:
    """What was approved of a campaign leaves while it is paused."""
    return mock.patch("gateway.gate.holds", return_value=False)


def sends_words_that_were_changed() -> Mutation:
    """A campaign's texts leave as they were approved, whatever it says by now."""
    stack = contextlib.ExitStack()
    stack.enter_context(mock.patch("gateway.campaigns.after_change"))
    stack.enter_context(mock.patch("gateway.gate.outdated", return_value=""))
    return stack


def reminds_again_and_again() -> Mutation:
    """Each round of the schedule writes everybody's reminder."""
    count = itertools.count()

    def other(*_: object) -> tuple[str, str]:
        key = f"reminder:1:day-before:{next(count)}"
        return key, key

    return mock.patch("gateway.reminders._keys", other)


def forgets_the_answer() -> Mutation:
    """What was approved before somebody answered otherwise leaves all the same."""
    stack = contextlib.ExitStack()
    stack.enter_context(mock.patch("gateway.recording.void_waiting"))
    stack.enter_context(mock.patch("gateway.reminders._take_back_unfit"))
    return stack


def keeps_the_erased() -> Mutation:
    """The page says that they were erased."""
    return mock.patch("gateway.erasing.remove", return_value=erasing.Erased(0, 0, opted_out=False))


def says_only_that_it_is_paused() -> Mutation:
    """A station that somebody paused goes on."""
    do = asked._do

    def said(desk: Desk, request: Request, *rest: Any, **options: Any) -> asked.Done:
        return asked.Done("It is paused.") if request.what == "pause" else do(desk, request, *rest, **options)

    return mock.patch.object(asked, "_do", said)


MUTATIONS: dict[str, tuple[Callable[[], Mutation], str, int]] = {  # and a seed that showed it
    "resends uncertain": (resends_uncertain, "I2 doubled", 2),
    "resends after a kill": (resends_after_a_kill, "I2 doubled", 5),
    "writes before the commit": (writes_before_the_commit, "I2 ", 0),
    "deletes before the commit": (deletes_before_the_commit, "I3 lost", 7),
    "shows each reading": (shows_each_reading, "I3 shown ", 3),
    "hides what came": (hides_what_came, "I3 kept and not shown", 0),
    "tells nobody": (tells_nobody, "I3 nobody is told", 0),
    "forgets the opt-out": (forgets_the_opt_out, "I4 texted after the stop", 6),
    "ignores quiet hours": (ignores_quiet_hours, "I5 ", 31),
    "forgets the undo": (forgets_the_undo, "I1 left after it was taken back", 1),
    "tries the PIN again": (tries_the_pin_again, "I6 ", 1),
    "reads no SIM first": (reads_no_sim_first, "I4 texted while the stop lay on the SIM", 6),
    "waits blindly for a prompt": (waits_blindly_for_a_prompt, "I4 texted after a prompt", 7),
    "exchanges the reports": (exchanges_the_reports, "I2 said to be undelivered", 2),
    "counts nothing": (counts_nothing, "budget: ", 2),
    "spends too much": (spends_too_much, "budget: segment", 100),
    "forgets the minute": (forgets_the_minute, "budget: ", 1),
    "forgets the pause": (forgets_the_pause, "I1 left while its campaign held it", 21),
    "sends words that were changed": (
        sends_words_that_were_changed,
        "I1 left while its campaign held it",
        19,
    ),
    "reminds again and again": (reminds_again_and_again, "I2 a campaign texted", 7),
    "forgets the answer": (forgets_the_answer, "I1 left after it was taken back", 7),
    "keeps the erased": (keeps_the_erased, "erased and there again", 6),
    "says only that it is paused": (
        says_only_that_it_is_paused,
        "left while a person had paused",
        0,
    ),
    "leaves no time to undo": (leaves_no_time_to_undo, "I1 left ", 7),
}
