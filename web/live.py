"""Live pages: one thread watches the database and tells every open browser which parts changed; the browsers then ask for those parts.

Promises: a change is told within a few milliseconds when its writer rang the bell, within half a second when not. Nothing but names of parts and ids
of conversations goes over a stream. While nobody listens the thread sleeps. The streams of a device that was signed out, or whose
person was shut out, end with that change. A stream ends after about a minute and is taken up again by the browser
with the last id it heard, so that nothing is missed and a dead phone holds a thread no longer than that.

Fails softly: with too many streams, or a database that cannot be read, a browser falls back to asking every 15 seconds.
"""

import contextlib
import json
import logging
import os
import queue
import random
import select
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway import damage
from gateway.bell import Bell
from gateway.board import Pulse, changed_conversations, pulse, signed_out
from gateway.store import connect, wall_ms

log = logging.getLogger(__name__)

MOST_STREAMS = 64
MOST_OF_ONE_DEVICE = 3  # windows; the oldest stream gives way
STREAM_S = 60.0
BEAT_S = 15.0  # tells a silent stream from a dead one, the panel and the browser alike
SAFETY_S = 0.5
START_S = 2.0
RETRY_MS = 1_000
ALL = ("texts", "inbox", "stations", "lists")
OUT = "event: out\ndata: out\n\n"  # this device is signed out: the page asks for itself again and finds the sign-in


def event(at: Pulse, topics: list[str] | tuple[str, ...], conversations: list[int] | None) -> str:
    """One server-sent event: which parts changed, and whose texts (null: anybody's)."""
    data = json.dumps({"topics": topics, "conversations": conversations}, separators=(",", ":"))
    return f"id: {at}\nevent: change\ndata: {data}\n\n"


@dataclass(eq=False)
class Listener:
    """One open stream: what it still has to hear, bounded, and whether its browser is still there."""

    device: int
    gone: Callable[[], bool]
    waiting: "queue.Queue[str | None]" = field(default_factory=lambda: queue.Queue(8))

    def tell(self, message: str | None) -> None:
        """Hand over an event. A stream that is far behind ends: what it did not hear may be of this page's person, and what comes
        later of others alone; its browser comes back with the last id it heard.
        """
        try:
            self.waiting.put_nowait(message)
        except queue.Full:
            with self.waiting.mutex:
                self.waiting.queue.clear()
            self.waiting.put_nowait(None)


class Hub:
    """The one thread that watches, and its listeners. Started by the first listener, stopped by `stop`."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._thread: threading.Thread | None = None
        self._stopping = self._closed = False
        self._watching = threading.Event()
        self._unmarked = random.getrandbits(32)  # a page outlives the panel that drew it
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)

    def join(self, listener: Listener) -> bool:
        """Begin to hear; False when there are too many already or the panel is closing."""
        with self._lock:
            own = [other for other in self._listeners if other.device == listener.device]
            if self._stopping or len(self._listeners) - (len(own) >= MOST_OF_ONE_DEVICE) >= MOST_STREAMS:
                return False
            if len(own) >= MOST_OF_ONE_DEVICE:
                own[0].tell(None)
                self._listeners.remove(own[0])
            self._listeners.append(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="live", daemon=True)
                self._thread.start()
        self._wake()
        # From here on every change is told: what came before is in the pulse that the caller reads next.
        self._watching.wait(START_S)
        return True

    def pulse(self, db: sqlite3.Connection) -> Pulse:
        """Where everything stands that pages show: the database, and what was changed in it here and left no mark there."""
        now = pulse(db)
        return replace(now, inbox=f"{now.inbox}.{self._unmarked}")

    def changed(self) -> None:
        """After a write of which the database's own pulse says nothing: a tag, a hand-over, a hold that is given up."""
        with self._lock:
            self._unmarked += 1
        self._wake()

    def leave(self, listener: Listener) -> None:
        """Hear no more."""
        with self._lock, contextlib.suppress(ValueError):
            self._listeners.remove(listener)

    def stop(self) -> None:
        """End every stream cleanly; the browsers come back when the panel does."""
        with self._lock:
            self._stopping = True
            for listener in self._listeners:
                listener.tell(None)
            thread = self._thread
        self._wake()
        if thread is not None:
            thread.join(timeout=2)
        with self._lock:
            if not self._closed and (thread is None or not thread.is_alive()):
                self._closed = True
                os.close(self._wake_write)
                os.close(self._wake_read)

    def streams(self) -> int:
        """How many streams are open."""
        with self._lock:
            return len(self._listeners)

    def _wake(self) -> None:
        with self._lock, contextlib.suppress(BlockingIOError):
            if not self._closed:
                os.write(self._wake_write, b".")

    def _watch(self) -> None:
        bell = Bell(self._database, "panel")
        try:
            while not self._stopping:
                if (
                    damage.seen(self._database) is not None
                ):  # no connection is kept: a restore needs the file for itself
                    select.select([self._wake_read], [], [], 1.0)
                    continue
                try:
                    self._watch_database(bell)
                except sqlite3.Error as error:
                    if damage.note_if(self._database, error, now=wall_ms()):
                        continue
                    log.warning("live: %s; trying again", error)
                    select.select([self._wake_read], [], [], 1.0)
        finally:
            bell.close()

    def _watch_database(self, bell: Bell) -> None:
        ours = damage.which(self._database)
        with contextlib.closing(connect(self._database, timeout_s=2.0, query_only=True)) as db:
            known, version = self.pulse(db), -1
            if damage.which(self._database) != ours:
                return  # a restore put another in its place while this one was waited for
            self._watching.set()
            while not self._stopping:
                listening = self.streams() > 0
                ready, _, _ = select.select(
                    [bell.fileno(), self._wake_read], [], [], SAFETY_S if listening else None
                )
                joined = self._wake_read in ready
                if joined:
                    os.read(self._wake_read, 64)
                rung = bell.drain()
                damage.note_if_other(self._database, ours, now=wall_ms())  # its log is still that of ours
                if damage.seen(self._database) is not None:
                    return
                self._dismiss_the_gone()
                at_version = db.execute("PRAGMA data_version").fetchone()[0]
                if rung or joined or at_version != version:
                    self._dismiss_the_signed_out(db)
                    version, known = at_version, self._tell_changes(db, known)

    def _tell_changes(self, db: sqlite3.Connection, known: Pulse) -> Pulse:
        now = self.pulse(db)
        topics = now.topics(known)
        if topics:
            message = event(now, topics, changed_conversations(db, known))
            with self._lock:
                for listener in self._listeners:
                    listener.tell(message)
        return now

    def _dismiss_the_gone(self) -> None:
        with self._lock:
            for listener in [other for other in self._listeners if other.gone()]:
                listener.tell(None)
                self._listeners.remove(listener)

    def _dismiss_the_signed_out(self, db: sqlite3.Connection) -> None:
        with self._lock:
            devices = {listener.device for listener in self._listeners}
        out = signed_out(db, devices)
        if not out:
            return
        with self._lock:
            for listener in [other for other in self._listeners if other.device in out]:
                listener.tell(OUT)
                listener.tell(None)
                self._listeners.remove(listener)


def stream(hub: Hub, listener: Listener, since: str, current: Pulse) -> Iterator[str]:
    """The body of one stream, `listener` having joined already; ends by itself after about a minute."""
    try:
        # Each browser comes back at its own moment, not all in the second in which the panel was restarted.
        ends = time.monotonic() + STREAM_S * random.uniform(0.85, 1.15)  # noqa: S311
        yield f"retry: {RETRY_MS + random.randrange(RETRY_MS)}\nid: {current}\n\n"  # noqa: S311
        missed = current.topics(Pulse.of(since)) if since else []
        if missed:
            yield event(current, missed, None)
        while (left_s := ends - time.monotonic()) > 0:
            try:
                message = listener.waiting.get(timeout=min(left_s, BEAT_S))
            except queue.Empty:
                yield "event: beat\ndata: still here\n\n"
                continue
            if message is None:
                return
            yield message
    finally:
        hub.leave(listener)
