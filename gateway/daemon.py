"""The gateway's life: lock, schema, one supervised thread for each station, doorbells, housekeeping, a clean end.

    lock -> look for damage -> migrate -> stations begin (each recovers what it had in hand) -> bells and housekeeping
         -> SIGTERM -> stations finish -> unlock

Promises: one gateway for one database; a station that dies is started again with the reason kept, and no
station takes another down; nothing that sends or receives depends on APScheduler or on the system clock. No
socket is open to the network. With a damaged database nothing is sent or read: the lock is given up, the newest good backup
is named, and everything begins anew once a person has restored one.

Fails with `Refused` when the database is held by another gateway, is newer than this program or cannot be opened.
"""

import contextlib
import logging
import os
import select
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from gateway import (
    damage,
    explain,
    flight,
    lock,
    lostwrites,
    restoring,
    room,
    runs,
    schema,
    stations,
    texted,
)
from gateway.bell import Bell, ring
from gateway.config import Config
from gateway.config import Station as Spec
from gateway.finding import Finder, wanted
from gateway.host import Host
from gateway.journal import Journal
from gateway.machineclock import Machine, MachineClock
from gateway.ownfiles import OwnFiles
from gateway.rules import rules_of
from gateway.schedule import Housekeeper
from gateway.station import Station
from gateway.store import connect, wall_ms
from gateway.taken import Taken
from gateway.timekeeper import Timekeeper
from gateway.whereabouts import Seek, Where, imei_of
from hardware.errors import HardwareError
from hardware.link import Clock, SystemClock
from hardware.modem import Modem
from hardware.port import open_port
from hardware.trace import Trace

log = logging.getLogger("textbank.gateway")

SAFETY_NET_S = 0.5  # PRAGMA data_version, for bells that were not heard
STOP_S = 25.0  # a modem that is handing a text over may finish; systemd gives 90 s
RESTART_S = (1.0, 5.0, 15.0, 60.0)
FULL_S = 5.0  # between looks whether a full card has room for a start


class Worker:
    """The thread around one station: steps it, waits for its modem or a bell, starts it anew when it dies."""

    def __init__(self, name: str, database: Path, make: Callable[[], Station], clock: Clock) -> None:
        self.name = name
        self._database = database
        self._make = make
        self._clock = clock
        self._station: Station | None = None
        self._rung = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"station-{name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ring(self) -> None:
        """From any thread: look at the database now."""
        self._rung.set()
        station = self._station
        modem = station.modem if station is not None else None
        if modem is not None:
            modem.wake()

    def pulled_out(self, port: str) -> None:
        """From any thread: this port is gone, whether its driver has noticed or not."""
        station = self._station
        modem = station.modem if station is not None and station.port == port else None
        if modem is not None:
            modem.close()
        self.ring()

    def stop(self) -> None:
        """From any thread: finish what is in hand and end."""
        self._stopping.set()
        self.ring()

    def join(self, timeout_s: float) -> bool:
        """True when the thread ended in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _live(self) -> None:
        deaths = 0
        while not self._stopping.is_set():
            began, ours = self._clock.monotonic(), damage.which(self._database)
            try:
                self._station = self._make()
                self._loop(self._station)
            except Exception as error:
                if damage.note_if(self._database, error, now=wall_ms(), ours=ours):
                    return  # everything stops
                # The supervisor: whatever a station dies of is kept as its reason, and it is started again.
                log.exception("station=%s died", self.name)
                self._bury(error)
            if self._clock.monotonic() - began > 600:
                deaths = 0
            if not self._stopping.is_set():
                self._stopping.wait(RESTART_S[min(deaths, len(RESTART_S) - 1)])
                deaths += 1

    def _loop(self, station: Station) -> None:
        try:
            while not self._stopping.is_set():
                self._rung.clear()
                wake_at = station.step(self._clock.monotonic())
                if self._rung.is_set():
                    continue
                wait_s = wake_at - self._clock.monotonic()
                if wait_s <= 0:
                    continue
                modem = station.modem
                if modem is None:
                    self._rung.wait(wait_s)
                else:
                    try:
                        modem.wait(wake_at)
                    except HardwareError as error:
                        station.meet(error)  # pulled while idle
        finally:
            station.close()

    def _bury(self, error: Exception) -> None:
        self._station = None
        evidence = f"{type(error).__name__} in {self.name}"
        try:
            with contextlib.closing(connect(self._database)) as db:
                flight.set_aside(db, self.name, now=wall_ms())
                flight.recover(db, self.name, now=wall_ms())
                notice = explain.crashed(self.name, evidence)
                stations.set_state(db, self.name, "failed", notice.lines(), now=wall_ms())
        except Exception:
            # The supervisor itself must live: the reason is in the log, the next start tries again.
            log.exception("station=%s its end could not be written down", self.name)


class Gateway:
    """Everything that runs in the gateway process, for one configuration."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        open_modem: Callable[[Spec], Modem] | None = None,
        traces: Path | None = None,
        machine: Machine | None = None,
    ) -> None:
        self._config = config
        self._traces = traces
        self._database = config.database.path
        self._clock = clock or SystemClock()
        self._open_modem = open_modem or self._open_port
        self._taken = Taken()
        self._timekeeper = Timekeeper(
            self._clock, machine or MachineClock(), zone=config.organisation.timezone
        )
        self._ending, self._end = socket.socketpair()
        self._workers: list[Worker] = []
        self._finder: Finder | None = None
        self._over = False

    def _open_port(self, spec: Spec) -> Modem:
        if spec.driver == "gammu":
            from hardware.gammu_modem import open_phone  # few need it

            return open_phone(spec.port or "", self._clock, spec.gammu_connection, spec.gammu_model)
        trace = None
        if self._traces is not None:
            trace = Trace(self._traces / f"{spec.name}.trace", self._clock)
        return Modem(open_port(spec.port or "", self._clock, trace), self._clock)

    def end(self) -> None:
        """From any thread or a signal handler: end `run`."""
        self._over = True
        with contextlib.suppress(BlockingIOError):
            self._end.send(b".", socket.MSG_DONTWAIT)

    def close(self) -> None:
        """After `run`: let go of what `end` speaks through."""
        self._ending.close()
        self._end.close()

    def run(self) -> None:
        """Hold the database and drive the modems until `end`; while it is damaged, wait for a person to restore it."""
        while not self._over:
            anew = False
            try:
                anew = self._hold()
            except sqlite3.DatabaseError as error:
                if not damage.note_if(self._database, error, now=wall_ms()):
                    raise
            if not anew and damage.seen(self._database) is not None:
                damage.await_restore(self._database, damage.folders(self._config), self._ending)

    def _hold(self) -> bool:
        """Work until `end`, or until the database is found to be damaged. True: begin anew, for it may be whole."""
        with lock.gateway(self._database) as hold:
            cut_off = hold.unclean
            if not damage.fit_to_start(self._database, hold, now=wall_ms()):
                return False
            specs = self._recovered(hold, cut_off=cut_off)
            if specs is None:
                hold.unclean = cut_off  # what that run left is still to be looked for
                return False
            with (
                contextlib.closing(Bell(self._database, "gateway")) as bell,
                contextlib.closing(OwnFiles(self._database, hold, lambda: self._over)) as own,
                self._station_threads(specs),
            ):
                rules = rules_of(self._config)
                housekeeper = Housekeeper(self._database, rules, self._clock, self._timekeeper, self._config)
                housekeeper.start()
                try:
                    with contextlib.closing(Host()) as host:
                        self._listen(bell, housekeeper, host, own)
                finally:
                    housekeeper.stop()
            if own.log_is_gone:
                hold.unclean = True  # what others wrote meanwhile is lost: the files beside it are asked
                return True
            texted.of(self._database).close()
            if damage.seen(self._database) is None:
                with (
                    contextlib.suppress(sqlite3.OperationalError),
                    contextlib.closing(connect(self._database)) as db,
                ):
                    runs.count(db, hold)
                    for worker in self._workers if self._over else ():
                        stations.leave(db, worker.name, now=wall_ms())  # or pages say ready
        return False

    def _recovered(self, hold: lock.Hold, *, cut_off: bool) -> list[Spec] | None:
        """The schema brought up to date and what an earlier run had in hand settled; None when it was ended before that.
        `cut_off`: that run did not end by itself.

        A card without room gives up its reserve, and where that is not enough, the start waits for somebody to make some.
        """
        told = False
        while True:
            try:
                with contextlib.closing(connect(self._database)) as db:
                    schema.migrate(db)
                    backups = self._config.backup.folder or self._database.parent
                    restoring.put_here_by_hand(db, hold, self._database, backups, now=wall_ms())
                    lostwrites.catch_up(db, self._database, now=wall_ms(), cut_off=cut_off)
                    Journal(self._database).compact()
                    texted.of(self._database).open(db)
                    flight.recover_all(db, now=wall_ms())
                    stations.forget_requests(db, now=wall_ms(), every=self._timekeeper.began_anew(db))
                    runs.count(db, hold)  # before the reserve takes again what it gave up for this
                    room.keep(self._database)
                    return self._specs(db)
            except sqlite3.OperationalError as error:
                found = room.look(self._database.parent)
                if found.read_only or not (room.is_full(error) or found.free_bytes < room.RESERVE_BYTES):
                    raise
                room.give_up(self._database)
                if not told:
                    notice = explain.disk_full(str(self._database.parent), found.free_bytes, found.largest)
                    log.warning("%s %s %s", notice.what, notice.evidence, notice.next)
            if select.select([self._ending], [], [], FULL_S if told else 0.0)[0]:
                return None
            told = True

    def _specs(self, db: sqlite3.Connection) -> list[Spec]:
        """The stations of the file, and those that were made for modems that were found; all others are retired."""
        specs = list(self._config.stations)
        finding = wanted(self._config)
        stations.keep_sightings(db, "")  # those of an earlier run
        stations.retire_others(db, [spec.name for spec in specs], now=wall_ms(), finding=finding)
        if finding:
            named = {spec.imei or imei_of(spec.port) for spec in specs} - {""}
            found = [row["name"] for row in stations.modems(db) if row["found"] and row["imei"] not in named]
            stations.retire_others(db, [spec.name for spec in specs], now=wall_ms(), found=found)
            specs += map(Spec, found)
        return specs

    @contextlib.contextmanager
    def _station_threads(self, specs: list[Spec]) -> Iterator[None]:
        self._workers, self._taken = [], Taken()
        if wanted(self._config):
            self._finder = Finder(self._config, self._clock, moved=self._moved, hire=self._hire)
        for spec in specs:
            self._hire(spec.name)
        if self._finder is not None:
            self._finder.start()
        try:
            yield
        finally:
            if self._finder is not None:
                self._finder.stop()
            for worker in self._workers:
                worker.stop()
            deadline = time.monotonic() + STOP_S
            for worker in self._workers:
                if not worker.join(max(0.1, deadline - time.monotonic())):
                    log.warning(
                        "station=%s still waits for its modem; what it handed over is settled at the next start",
                        worker.name,
                    )

    def _hire(self, name: str) -> None:
        """A worker for this station: one of the file, or one for a modem that was found."""
        spec = next((spec for spec in self._config.stations if spec.name == name), Spec(name))
        worker = Worker(name, self._database, self._maker(spec), self._clock)
        self._workers = [*self._workers, worker]  # others go through the list meanwhile
        worker.start()

    def _moved(self, name: str, port: str) -> None:
        """From the finder: a station's modem came, or went from this port; without a name, what else is seen changed."""
        for worker in self._workers:
            if worker.name == name and port:
                worker.pulled_out(port)
            elif name in (worker.name, ""):
                worker.ring()

    def _where(self, spec: Spec) -> Where:
        """Where a station's modem is now: on its port, or where the finder says."""
        by_name = imei_of(spec.port) and not os.path.exists(spec.port or "")
        if self._finder is None or (spec.port is not None and not by_name):
            return Where(spec.port)
        return self._finder.where(spec.name)

    def _doubt(self, name: str) -> None:
        if self._finder is not None:
            self._finder.doubt(name)

    def _maker(self, spec: Spec) -> Callable[[], Station]:
        return partial(
            Station,
            spec,
            database=self._database,
            rules=rules_of(self._config),
            clock=self._clock,
            open_modem=lambda: self._open_modem(replace(spec, port=self._where(spec).port)),
            seek=Seek(partial(self._where, spec), partial(self._doubt, spec.name)),
            taken=self._taken,
            timekeeper=self._timekeeper,
        )

    def _listen(self, bell: Bell, housekeeper: Housekeeper, host: Host, own: OwnFiles) -> None:
        """Pass every bell on to the stations; twice a second see whether one was missed."""
        seen, ours = -1, damage.which(self._database)
        while True:
            files = [bell.fileno(), self._ending.fileno(), *host.files]
            ready, _, alarmed = select.select(files, [], host.alarms, SAFETY_NET_S)
            damage.note_if_other(self._database, ours, now=wall_ms())
            own.look()
            if self._ending.fileno() in ready or damage.seen(self._database) is not None:
                return
            if alarmed or set(host.files) & set(ready) or host.unwritten:
                host.note(self._database, now=wall_ms())
            version, rung = own.version(), bell.drain()
            if rung or version != seen:
                seen = version
                for worker in self._workers:
                    worker.ring()
                housekeeper.look(own.db)
            housekeeper.watch()


def serve(config: Config, *, traces: Path | None = None) -> None:
    """Run the gateway in this process until SIGTERM, Ctrl-C or the end of its terminal; `traces` is a folder for what is said to each modem."""
    gateway = Gateway(config, traces=traces)
    nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    for number in (signal.SIGTERM, signal.SIGINT, *(() if nohup else (signal.SIGHUP,))):
        signal.signal(number, lambda *_: gateway.end())
    ring(config.database.path)
    gateway.run()
