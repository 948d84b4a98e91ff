"""Finding modems: watches what is plugged in, asks who is there, and tells each station where its modem is.

    udev says something changed -> look at everything -> ask the ports that may be asked, each stick in a thread of
    its own -> bind by IMEI (`whereabouts`), remembered before the station may use it -> wake that station

Used only when the configuration leaves it something to find: a station without a port, or no station at all.

Promises: no port is opened that the table, its class or its driver does not say to be a modem's, nor any port of a
stick that a station names; what hangs holds up nobody else; a stick that is gone is let go at once; nothing is ever
reset. Failure: without udev `Where.blind` says so, and stations with a port of their own are not touched by that.
"""

import contextlib
import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gateway import sightings, stations
from gateway.bell import ring
from gateway.config import Config
from gateway.sightings import Sighting
from gateway.store import connect, wall_ms
from gateway.whereabouts import Met, Owner, Where, imei_of, name_for, owner_of
from hardware.discovery import Change, Seen, Unavailable, Watch
from hardware.errors import HardwareError, NotAModem, PortBusy, PortMissing
from hardware.link import Clock
from hardware.probe import probe
from hardware.usb import Plan, Port, Stick, plan

log = logging.getLogger("textbank.finding")

LOST_S = 60.0  # an event that the kernel dropped, for we were behind, is made good by a look
SETTLE_S = 0.3  # a stick's ports come one after the other
SETTLE_MOST_S = 1.5
ASK_S = (1.0, 1.0, 2.0, 3.0)  # how long AT may take in each round; the last one stays
AGAIN_S = (0.5, 1.0, 2.0, 4.0, 8.0)  # between rounds while a modem may still be booting
BOOTS_S = 90.0
LATER_S = 60.0  # between rounds after that
DIED_S = 5.0
BUSY_S = 10.0
TALKS_S = 600.0  # what speaks something else is looked at again after so long
SWITCHES_S = 30.0  # usb_modeswitch takes about seven
ROUNDS = 3  # for what may be no modem at all; and for a modem to tell its IMEI


class Eyes(Protocol):
    """What `hardware.discovery.Watch` is."""

    def seen(self) -> list[Seen]: ...
    def wait(self, timeout_s: float | None) -> list[Change]: ...
    def wake(self) -> None: ...
    def close(self) -> None: ...


@dataclass(eq=False)
class _Unit:
    """One stick, or one channel of an adapter, from plugging in to pulling out."""

    seen: Seen
    plan: Plan
    since: float
    next_at: float | None
    rounds: int = 0
    asking: bool = False
    station: str | None = None  # who has it
    device: str = ""
    sighting: Sighting | None = None  # what people are told of it

    @property
    def stick(self) -> Stick:
        return self.seen.stick


@dataclass
class _Answer:
    unit: _Unit
    imei: str | None  # None: nobody answered
    device: str
    failure: HardwareError | None


def wanted(config: Config) -> bool:
    """Whether there is anything to find: a station without a port of its own, or no station at all."""
    return not config.stations or any(spec.port is None or imei_of(spec.port) for spec in config.stations)


class Finder:
    """The watcher. `where` may be called from any thread; `moved` and `hire` are called from the finder's own."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        moved: Callable[[str, str], None],
        hire: Callable[[str], None],
        open_eyes: Callable[[], Eyes] = Watch,
    ) -> None:
        """`moved(name, port)`: look again where this station's modem is; the port, if any, that it had is gone.
        `hire(name)`: a modem that belonged to nobody became a station.
        """
        self._config, self._database, self._clock = config, config.database.path, clock
        self._moved, self._hire, self._open_eyes = moved, hire, open_eyes
        self._lock = threading.Lock()
        self._places: dict[str, Where] = {}
        self._nowhere = Where(None)
        self._kept = sightings.written(())  # the sightings that the database has
        self._units: list[_Unit] = []
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self._doubted: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._look_at: float | None = 0.0
        self._lost_at = 0.0  # when to look without having been told
        self._dirty_since: float | None = None
        self._eyes: Eyes | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name="finding", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End; threads that still ask a port end by themselves."""
        self._stopping.set()
        if (eyes := self._eyes) is not None:
            eyes.wake()
        self._thread.join(5.0)

    def where(self, name: str) -> Where:
        """Where this station's modem is now."""
        with self._lock:
            return self._places.get(name, self._nowhere)

    def doubt(self, name: str) -> None:
        """From any thread: another modem answers where this station's should be; ask again whose it is."""
        self._doubted.put(name)
        if (eyes := self._eyes) is not None:
            eyes.wake()

    # In the finder's thread, from here on.

    def _live(self) -> None:
        while not self._stopping.is_set():
            try:
                with contextlib.closing(self._open_eyes()) as eyes:
                    self._eyes = eyes
                    self._watch(eyes)
            except Unavailable as reason:
                log.warning("modems are not found by themselves here: %s", reason)
                self._tell_nowhere(Where(None, blind=str(reason)))
                return
            except Exception:
                # As for stations: whatever it dies of is in the log, and it is started again. Those that have a modem keep it.
                log.exception("finding died")
                self._look_at = now = self._clock.monotonic()
                for unit in self._units:  # the one that it died on is not known yet, and nobody asks it again
                    if unit.station is None and not unit.asking and unit.next_at is None:
                        unit.next_at = now + BUSY_S
                self._stopping.wait(DIED_S)

    def _watch(self, eyes: Eyes) -> None:
        while not self._stopping.is_set():
            now = self._clock.monotonic()
            due = [at for at in (self._look_at, *(unit.next_at for unit in self._units)) if at is not None]
            changes = eyes.wait(max(0.0, min([*due, self._lost_at]) - now))
            now = self._clock.monotonic()
            if now >= self._lost_at:
                self._look_at = now
            for change in changes:
                self._heed(change, now)
            while not self._doubted.empty():
                name = self._doubted.get()
                for unit in [unit for unit in self._units if unit.station == name]:
                    self._lose(unit)
                self._look_at = now
            while not self._answers.empty():
                self._take(self._answers.get(), now)
            if self._look_at is not None and now >= self._look_at:
                self._look(eyes.seen(), now)
            for unit in self._units:
                if unit.next_at is not None and now >= unit.next_at:
                    self._next(unit, now)
            self._tell()

    def _heed(self, change: Change, now: float) -> None:
        if change.gone:
            for unit in [unit for unit in self._units if change.path in unit.seen.paths]:
                self._lose(unit)
        self._dirty_since = now if self._dirty_since is None else self._dirty_since
        self._look_at = min(now + SETTLE_S, self._dirty_since + SETTLE_MOST_S)

    def _look(self, seen: list[Seen], now: float) -> None:
        """Compare what is plugged in with what we know of."""
        self._look_at = self._dirty_since = None
        self._lost_at = now + LOST_S
        ports = [spec.port for spec in self._config.stations if spec.port]
        named = {os.path.realpath(port) for port in ports if not imei_of(port)}
        links = {os.path.realpath(port) for port in ports if imei_of(port)}
        left = list(self._units)
        for one in seen:
            devices = {os.path.realpath(port.device) for port in one.stick.ports}
            same = next((unit for unit in left if _same(unit, one)), None)
            if devices & named or (devices & links and (same is None or same.station is None)):
                continue  # a station names a port of this stick: it is not for finding. A link that came late takes no modem away
            if same is not None:
                left.remove(same)
                same.seen, same.plan = one, plan(one.stick)
                continue
            kind = plan(one.stick)
            if kind.kind != "other":
                self._units.append(_Unit(one, kind, now, now))
        for unit in left:
            self._lose(unit)

    def _next(self, unit: _Unit, now: float) -> None:
        """What is due for this stick."""
        name, place = unit.plan.name, unit.stick.place
        unit.next_at = None
        if unit.plan.kind == "hilink":
            unit.sighting = sightings.hilink(name, place)
        elif unit.plan.kind in ("storage", "mute"):
            if now < unit.since + SWITCHES_S:
                unit.next_at = unit.since + SWITCHES_S
            else:
                unit.sighting = (sightings.storage if unit.plan.kind == "storage" else sightings.mute)(
                    name, place
                )
        else:
            ports = unit.plan.ports
            if unit.rounds >= 2 * ROUNDS:
                ports += unit.plan.spare  # the table may be wrong about this firmware
            unit.asking = True
            ask_s = ASK_S[min(unit.rounds, len(ASK_S) - 1)]
            work = threading.Thread(
                target=self._ask, args=(unit, ports, ask_s), name=f"asking {place}", daemon=True
            )
            work.start()

    def _ask(self, unit: _Unit, ports: tuple[Port, ...], ask_s: float) -> None:
        """In a thread of its own: the first of these ports where a modem answers; else the failure that says most."""
        answer = _Answer(unit, None, "", None)
        try:
            for port in ports:
                try:
                    imei = probe(port.device, self._clock, try_s=ask_s)
                except HardwareError as failure:
                    if answer.failure is None or isinstance(failure, PortBusy | NotAModem):
                        answer = _Answer(unit, None, port.device, failure)
                else:
                    answer = _Answer(unit, imei, port.device, None)
                    break
        finally:
            self._answers.put(
                answer
            )  # whatever happened: a stick without an answer would never be asked again
        if (eyes := self._eyes) is not None:
            eyes.wake()

    def _take(self, answer: _Answer, now: float) -> None:
        unit = answer.unit
        unit.asking = False
        if unit not in self._units:
            return  # pulled out meanwhile
        unit.rounds += 1
        if answer.imei is None:
            self._failed(unit, answer, now)
        elif not answer.imei and unit.rounds < ROUNDS:
            unit.next_at = now + AGAIN_S[unit.rounds]
        else:
            try:
                self._bind(unit, Met(answer.imei, unit.stick.place, answer.device))
            except sqlite3.OperationalError as error:
                log.warning("a modem was found and could not be written down yet: %s", error)
                unit.next_at = now + 1.0

    def _failed(self, unit: _Unit, answer: _Answer, now: float) -> None:
        name, place, failure = unit.plan.name, unit.stick.place, answer.failure
        unit.next_at = now + (
            AGAIN_S[min(unit.rounds, len(AGAIN_S)) - 1] if now < unit.since + BOOTS_S else LATER_S
        )
        if isinstance(failure, PortBusy):
            unit.sighting = sightings.held(name, place, failure.holder)
            unit.next_at = now + BUSY_S
        elif isinstance(failure, NotAModem):
            unit.sighting = sightings.no_modem(name, place, answer.device, failure.evidence)
            if unit.plan.kind == "perhaps" or unit.rounds >= 2 * ROUNDS:
                unit.next_at = now + TALKS_S
        elif isinstance(failure, PortMissing):
            if unit.rounds < ROUNDS:
                return  # its node may not be there yet
            unit.sighting = sightings.denied(name, place, answer.device, failure.evidence or "no such device")
        elif unit.plan.kind == "perhaps" and unit.rounds >= ROUNDS:
            unit.sighting = sightings.quiet(name, place)
            unit.next_at = None  # until it is plugged in again
        elif unit.plan.kind == "modem" and unit.rounds >= ROUNDS:
            ports = " and ".join(port.device for port in unit.plan.ports)
            unit.sighting = sightings.silent(name, place, ports)

    def _bind(self, unit: _Unit, met: Met) -> None:
        """Give the modem to its station; what is new about that is committed first."""
        specs = {spec.name: spec for spec in self._config.stations}
        with contextlib.closing(connect(self._database, timeout_s=5.0)) as db:
            rows = {row["name"]: row for row in stations.modems(db)}
            owners = [
                Owner(name, spec.imei or imei_of(spec.port), named=True)
                if spec.imei or imei_of(spec.port)
                else Owner(name, *_remembered(rows.get(name)))
                for name, spec in specs.items()
                if spec.port is None or imei_of(spec.port)
            ]
            owners += [Owner(row["name"], row["imei"], row["place"]) for row in rows.values() if row["found"]]
            with self._lock:
                taken = set(self._places)
            name = owner_of(met, owners, taken)
            made = name is None
            if name is None:
                name = name_for(met, {*specs, *rows})
            stations.remember_modem(db, name, met.imei, met.place, found=name not in specs, now=wall_ms())
        unit.station, unit.device, unit.sighting = name, met.device, None
        with self._lock:
            self._places[name] = Where(met.device, met.place)
        log.info("station=%s has its modem in socket %s on %s", name, met.place, met.device)
        if made:
            self._hire(name)
        self._moved(name, "")

    def _lose(self, unit: _Unit) -> None:
        self._units.remove(unit)
        if unit.station is None:
            return
        log.info("station=%s its modem was pulled out of socket %s", unit.station, unit.stick.place)
        with self._lock:
            self._places.pop(unit.station, None)
        self._moved(unit.station, unit.device)

    def _tell(self) -> None:
        """Those that wait for a modem say what else is plugged in."""
        seen = [unit.sighting for unit in self._units if unit.sighting and unit.station is None]
        seen.sort(key=lambda one: (one.ok, one.found))  # what somebody should act on comes first
        self._keep(sightings.written(seen))
        self._tell_nowhere(Where(None, about=tuple(str(one) for one in seen)))

    def _keep(self, words: str) -> None:
        """For the page of the modems, which shows what is plugged in and no modem."""
        if words == self._kept:
            return
        try:
            with contextlib.closing(connect(self._database, timeout_s=1.0)) as db:
                stations.keep_sightings(db, words)
        except sqlite3.OperationalError as error:
            log.info("what else is plugged in could not be written down yet: %s", error)
            again = self._clock.monotonic() + BUSY_S
            self._look_at = again if self._look_at is None else min(self._look_at, again)
            return
        self._kept = words
        ring(self._database)

    def _tell_nowhere(self, nowhere: Where) -> None:
        with self._lock:
            if nowhere == self._nowhere:
                return
            before, self._nowhere = self._nowhere, nowhere
        for said in nowhere.about:
            if said not in before.about:
                log.info("%s", said)
        self._moved("", "")


def _same(unit: _Unit, seen: Seen) -> bool:
    """Whether a stick that is seen is one that we know; more ports may have come, none that we use may have gone."""
    ours, theirs = unit.stick, seen.stick
    if (ours.place, ours.vid, ours.pid, ours.number) != (theirs.place, theirs.vid, theirs.pid, theirs.number):
        return False
    if unit.station is not None:
        return any(port.device == unit.device for port in theirs.ports)
    return unit.asking or ours.ports == theirs.ports


def _remembered(row: sqlite3.Row | None) -> tuple[str, str]:
    return ("", "") if row is None else (row["imei"], row["place"])
