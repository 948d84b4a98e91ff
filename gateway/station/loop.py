"""The loop of one station: one thing at a time, and when to come back."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from gateway import claims, explain, happenings, reportwatch, stations
from gateway.config import Station as Spec
from gateway.filling import ROUND_S
from gateway.rules import Rules
from gateway.station import asked, hearsay, sending
from gateway.station.credit import CreditWatch
from gateway.station.desk import Desk, log
from gateway.station.parting import let_go, salvage
from gateway.station.proving import Proving
from gateway.station.receiving import Heard, Reader
from gateway.station.refusing import Refusing
from gateway.station.rescue import Rescue
from gateway.station.rounds import NEVER, Rounds
from gateway.station.samples import Samples
from gateway.station.standing import say_state
from gateway.station.starting import RETRY_S, start, trouble, wait_after
from gateway.station.warning import storage_warning
from gateway.taken import Taken
from gateway.timekeeper import Timekeeper
from gateway.whereabouts import Seek, Where
from hardware.errors import HardwareError, ModemSilent, PortGone
from hardware.link import Clock
from hardware.modem import Modem

HEALTH_S = 60.0
HELD_UP_S = 20.0  # between looks at texts that their SIM cannot take now
SLOW_READ_S = 1.0
SLOW_READ_EVERY_S = 10.0
TOLD_S = 3.0  # between looks at the network when the modem tells of it by itself
SEARCH_S = 10.0  # between looks while the modem has no network
DENIED_LOOKS = 3  # before a person is told: some networks refuse once and then let it in
WATCH_S = 600.0  # between looks at whether reports still come
GLANCE_S = 2.0  # between glances whether the modem, or its port, has come
DATABASE_S = 1.0
DOUBT_S = 5.0  # before it is said that something on the SIM cannot be read


class Station:
    """One modem and its SIM. `step` is called by one thread; `wake` by any."""

    def __init__(
        self,
        spec: Spec,
        *,
        database: Path,
        rules: Rules,
        clock: Clock,
        open_modem: Callable[[], Modem],
        seek: Seek | None = None,
        taken: Taken | None = None,
        timekeeper: Timekeeper | None = None,
    ) -> None:
        """`seek` finds the modem, for a station without a port of its own; `taken` and `timekeeper` are shared by all."""
        seek, timekeeper = seek or Seek(lambda: Where(spec.port)), timekeeper or Timekeeper(clock)
        self._desk = Desk(spec, database, rules, clock, open_modem, seek, taken or Taken(), timekeeper)
        self._reader: Reader | None = None
        self._failures = 0
        self._hold_until = 0.0
        self._rounds = Rounds()
        self._health_at = self._looked_at = 0.0
        self._read_at = self._look_again_at = 0.0
        self._readings_s = (0.0, 0.0)  # the last two: one may be slow by chance, as when an answer is lost
        self._samples = Samples(self._desk)
        self._denied = 0  # looks in a row at which the network refused the SIM
        self._watched_at = -WATCH_S
        self._rescue, self._refusing = Rescue(self._desk), Refusing(self._desk)
        self._proving = Proving(self._desk)
        self._credit: CreditWatch | None = None
        self._reopen_at: float | None = None
        self._may = (True, True)  # send, by the room on the card and by the clock

    @property
    def name(self) -> str:
        """The station's name in the configuration."""
        return self._desk.name

    @property
    def modem(self) -> Modem | None:
        """The modem while there is one; for `wait` and `wake` of the thread around it."""
        return self._desk.modem

    @property
    def port(self) -> str:
        """Of the modem; "" while it is nowhere."""
        return self._desk.port

    def close(self) -> None:
        """Let the modem go, record what is still in hand, and let the database go."""
        try:
            let_go(self._desk)
            self._desk.flush()
        finally:
            self._desk.taken.forget(self.name)
            self._desk.db.close()

    def step(self, now: float) -> float:
        """Do one thing; returns the monotonic time at which to call again (a doorbell or the modem may call sooner)."""
        if (
            now < self._hold_until
            and self._desk.modem is None
            and not stations.asked(self._desk.db, self.name)
        ):
            if not self._desk.moved():
                return min(self._hold_until, now + GLANCE_S)
            self._failures, self._desk.twin = 0, ""
        try:
            wake_at = self._step(now)
        except (sqlite3.OperationalError, OSError) as error:
            return self._database_trouble(error)
        except HardwareError as error:
            return self._modem_trouble(error)
        self._failures = 0 if self._desk.modem is not None else self._failures
        self._refusing.over()
        return wake_at

    def meet(self, error: HardwareError) -> None:
        """The modem went while the thread around this station waited for it."""
        self._modem_trouble(error)

    def _step(self, now: float) -> float:
        desk = self._desk
        self._obey()
        if desk.modem is not None and not desk.draining(now):
            self._open_anew(now)
        if desk.modem is None or self._reader is None:
            return self._start(now)
        heard = self._reader.hear()
        if heard.restarted:
            let_go(desk)
            return now
        if desk.draining(now) and desk.late is not None:
            desk.flush()
            self._look_at_all()  # then: what came meanwhile, and whether it is well
            if not self._takes_commands():
                return now if desk.late is None else desk.late.until
        if desk.look_soon:
            desk.look_soon = False
            self._look_at_all()
        self._hurry(heard, now)
        if (may := (self._refusing.has_room(), desk.clock_is_trusted())) != self._may:
            # A station that stops sending, or may again, says so at once.
            self._may, self._health_at = may, 0.0
        if heard.elsewhere or now >= min(self._rounds.at, self._health_at):
            desk.flush()  # what follows takes its time; between texts the next claim's commit records the last result
        self._receive(now, texts=heard.texts, elsewhere=heard.elsewhere)
        if self._credit is not None and (heard.texts or heard.elsewhere):
            self._credit.look()
        if desk.was_full or now >= self._health_at:
            self._look(now)
        if self._proving.turn(fit=self._fit(now)):
            self._health_at = 0.0
            return desk.clock.monotonic()
        return self._send(now)

    def _open_anew(self, now: float) -> None:
        """Let the modem go when its hours are over, or another program worked at its port and is quiet now: that may have set anything."""
        desk, present = self._desk, self._desk.company.present
        if self._reopen_at is not None and now >= self._reopen_at:
            desk.because = happenings.opened_by_schedule(desk.spec.reopen_hours)
            let_go(desk)
        elif desk.shared and not present:
            desk.because = happenings.shared_no_more(stubborn=desk.company.stubborn)
            let_go(desk)
        elif present and not desk.shared:
            desk.shared, self._health_at = True, 0.0

    def _hurry(self, heard: Heard, now: float) -> None:
        """What the modem told of reports and of its network brings the next look at them forward."""
        if heard.reports:
            self._rounds.reports_wait(now)
        if heard.network:
            self._health_at = min(self._health_at, max(now, self._looked_at + TOLD_S))

    def _takes_commands(self) -> bool:
        """Asked once after a text whose answer did not come: a modem that does is done with it."""
        late, modem = self._desk.late, self._desk.modem
        assert late is not None
        assert modem is not None
        if late.asked or not modem.listens():
            late.asked = True
            return False
        late.drains = False
        return True

    def _look_at_all(self) -> None:
        """Next: every storage, and how the modem is."""
        self._rounds.everything_now()
        self._health_at = 0.0

    def _receive(self, now: float, *, texts: bool, elsewhere: bool) -> None:
        """Read the storages that are to be read now."""
        reader, rounds = self._reader, self._rounds
        assert reader is not None
        if elsewhere or rounds.everything_due(now):
            reader.sweep(everything=True)
            rounds.swept(now, found=reader.found, total=self._desk.slots)
        elif texts or rounds.again_due(now):
            rounds.looked(now, rang=texts, new=reader.sweep(everything=False))
        self._desk.taken.records(self.name)
        rounds.again_by(reader.again_at)
        unreadable = now > reader.in_doubt_since + DOUBT_S
        if unreadable != self._desk.unreadable:  # a station that stops sending, or may again, says so at once
            self._desk.unreadable, self._health_at = unreadable, now

    def _start(self, now: float) -> float:
        desk = self._desk
        self._reader = None
        self._reopen_at = None
        desk.flush()
        try:
            rest_s = self._rescue.act()
            if rest_s:
                self._hold_until = now + rest_s
                return self._hold_until
            started = start(desk, again=self._failures > 0)
        except BaseException:
            let_go(desk)  # a half-started modem with an older seat must never send
            raise
        if not started:
            self._hold_until = now + RETRY_S[-1]
            return self._hold_until
        self._reader = Reader(desk)
        self._credit = self._credit or CreditWatch(desk)
        self._rounds = Rounds()
        self._health_at, desk.shared = 0.0, desk.company.present
        self._samples.begin()
        if desk.spec.reopen_hours:
            self._reopen_at = now + desk.spec.reopen_hours * 3600
        return now

    def _obey(self) -> None:
        """Do what a person asked for on the panel."""
        desk = self._desk
        request = stations.take_request(desk.db, self.name, now=desk.now_ms())
        if request is None:
            return
        done = asked.obey(
            desk, request, self._rescue, started=self._reader is not None and desk.modem is not None
        )
        if done.anew:
            self._hold_until, self._failures = 0.0, 0
        if done.reopen:
            let_go(desk)
        self._health_at = 0.0

    def _look(self, now: float) -> None:
        """Ask the modem how it is, record what changed, and say the state."""
        desk = self._desk
        assert desk.modem is not None
        self._looked_at = now
        health = desk.modem.health()
        desk.registered, desk.technology = health.registered, health.technology
        desk.roaming = health.registration == "roaming"
        self._denied = self._denied + 1 if health.registration == "denied" and not health.registered else 0
        if desk.modem.smsc == "":
            desk.modem.read_service_centre()
        if now >= self._watched_at + WATCH_S:
            desk.unreported = reportwatch.warning(
                desk.db, self.name, desk.seat, desk.rules, now=desk.now_ms()
            )
            self._watched_at = now
        self._samples.record(health, now)
        desk.slots = health.storage_total
        assert self._reader is not None
        desk.warning = storage_warning(desk, health, self._reader.stuck, emptying=self._reader.found > 0)
        hearsay.ask_network(desk)
        could_send = desk.modem.smsc != "" and self._refusing.has_room()
        settled = health.registered and could_send and desk.clock_is_trusted()
        self._health_at = now + (HEALTH_S if settled else SEARCH_S)
        self._rescue.well()
        self._proving.look()
        if self._credit is not None:
            self._credit.look()
        say_state(desk, self._proving, self._refusing, health, denied=self._denied >= DENIED_LOOKS)

    def _fit(self, now: float) -> bool:
        """Whether the modem could send now, paused or not."""
        desk = self._desk
        assert desk.modem is not None
        there = (
            self._refusing.has_room()
            and desk.registered
            and (desk.spec.send_while_roaming or not desk.roaming)
        )
        alone = not (desk.shared or desk.company.present) and now >= desk.company.calm_at
        return alone and there and not desk.held(now) and desk.modem.smsc != "" and desk.clock_is_trusted()

    def _send(self, now: float) -> float:
        """Send the next text if there is one, after reading what waits on the SIM: it may be a stop."""
        desk = self._desk
        if desk.paused or not self._fit(now):
            return self._send_test(now)
        assert desk.seat is not None
        pause_s = desk.room_in_minute(now)
        if pause_s > 0 or not claims.anything_ready(desk.db, desk.seat, now=desk.now_ms()):
            desk.flush()
            if pause_s <= 0 and desk.held_up:
                desk.held_up, self._health_at = "", now
            return min(
                self._rounds.at, self._health_at, now + pause_s if pause_s > 0 else self._next_text(now)
            )
        if desk.held_up and now < self._look_again_at:
            desk.flush()
            return min(self._rounds.at, self._health_at, self._look_again_at)
        if desk.taken.others_cannot_record(self.name, now=now):
            desk.flush()
            return now + DATABASE_S
        if not self._read_first(now):
            desk.flush()
            return min(self._rounds.at, self._health_at)
        job = sending.claim(desk)
        if job is not None:
            if sending.send(desk, job):
                desk.say("ready", desk.warning or desk.unreported)
            return desk.clock.monotonic()
        if desk.held_up:
            desk.say("waiting", explain.budget_spent(self.name, desk.held_up))
            self._look_again_at = now + HELD_UP_S
        return min(self._rounds.at, self._health_at, self._next_text(now))

    def _send_test(self, now: float) -> float:
        """The station does not send; but for the text of the self-test by which it may be proved well."""
        desk = self._desk
        desk.flush()
        text = self._proving.text() if self._fit(now) else None
        if text is not None and self._read_first(now):
            job = sending.claim(desk, only=text)
            if job is not None:
                sending.send(desk, job)
                return desk.clock.monotonic()
        held_until = desk.hold.until if desk.held(now) and desk.hold is not None else self._health_at
        if desk.company.present:
            held_until = min(held_until, desk.company.over_at)
        elif desk.company.calm_at > now:
            held_until = min(held_until, desk.company.calm_at)
        return now if desk.look_soon else min(self._rounds.at, self._health_at, held_until)

    def _read_first(self, now: float) -> bool:
        """What waits on the SIM is read before a text leaves, in every storage when what rang was not found; where that takes long
        (no AT+CMGL), only every ten seconds, and when a prompt gave cause to. False while something damaged lies there: it is read
        again first, for it may be a stop.
        """
        desk, reader = self._desk, self._reader
        assert reader is not None
        slow = min(self._readings_s) > SLOW_READ_S and now < self._read_at + SLOW_READ_EVERY_S
        if reader.again_at == NEVER and (desk.must_read or not slow):
            began_at, everything = desk.clock.monotonic(), self._rounds.seeks
            reader.sweep(everything=everything, busy=True)
            desk.must_read = False
            self._read_at = desk.clock.monotonic()
            if not everything:
                self._readings_s = self._readings_s[1], self._read_at - began_at
            self._rounds.again_by(reader.again_at)
        return reader.again_at == NEVER

    def _next_text(self, now: float) -> float:
        at = claims.next_wake(self._desk.db, now=self._desk.now_ms())
        return now + (ROUND_S if at is None else max(0.0, (at - self._desk.now_ms()) / 1000))

    def _database_trouble(self, error: sqlite3.Error | OSError) -> float:
        """The database refuses: keep what is in hand, take nothing new, say so when it can be said."""
        desk = self._desk
        self._refusing.met(error)
        desk.taken.cannot_record(self.name, now=desk.clock.monotonic())
        if desk.modem is not None:
            desk.heard += desk.modem.notices()  # for later: an unread notice would end every wait at once
        self._health_at = 0.0
        self._rounds.everything_now()  # what rang meanwhile was heard once and not read
        return desk.clock.monotonic() + DATABASE_S

    def _modem_trouble(self, error: HardwareError) -> float:
        """The modem or its port refuses: let it go, say why, come back with patience."""
        desk = self._desk
        self._rescue.note(error)
        # Once: a machine that is switched off is asked every two seconds, and the log is on the card.
        (log.debug if self._failures else log.info)("station=%s %s", self.name, type(error).__name__)
        log.debug("station=%s %s", self.name, error)
        wait_s = self._rescue.wait_s or wait_after(error, self._failures)
        self._failures += 1
        salvage(desk)
        try:
            desk.flush()
            state, notice = self._rescue.verdict(error) or trouble(desk, error)
            if isinstance(error, ModemSilent) or (isinstance(error, PortGone) and self._failures == 1):
                desk.count_error("port gone" if isinstance(error, PortGone) else "silence")
            desk.say(state, notice)
            stations.set_facts(
                desk.db, self.name, signal_dbm=None, operator="", registration="", technology=""
            )
        except sqlite3.Error:
            log.debug("station=%s its state could not be written", self.name)
        let_go(desk)
        self._hold_until = desk.clock.monotonic() + wait_s
        return self._hold_until
