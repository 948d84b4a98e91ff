"""The database refuses, or the card has no room: what a station says, and what it leaves alone meanwhile.

Promises: nothing new is taken without the reserve beside the database, so that the answer to a text that left can always be
written down; what came in stays on the SIM until it is committed; one line in the log for one trouble, not one a second.
"""

import os.path
import sqlite3
from contextlib import suppress

from gateway import explain, room
from gateway.station.desk import LOCK_S, Desk, log

AGAIN_S = 5.0  # between looks whether there is room again


class Refusing:
    """One station's dealings with a database that refuses."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._said = ""  # the trouble that the log has already
        self._looked_at = -AGAIN_S
        self._room = True
        self._reserve = str(room.reserve(desk.database))  # looked for at each step

    def has_room(self) -> bool:
        """Whether the reserve is there, or can be had again: without it nothing new is sent."""
        desk = self._desk
        now = desk.clock.monotonic()
        if self._room and os.path.exists(self._reserve):
            return True
        if now >= self._looked_at + AGAIN_S:
            self._looked_at = now
            self._room = room.keep(desk.database)
            if self._room:
                log.info("station=%s there is room on the disk", desk.name)
                self._said = ""
        return self._room

    def met(self, error: sqlite3.Error | OSError) -> explain.Notice:
        """What is told of this error; a full card gives up its reserve."""
        desk = self._desk
        said, folder = str(error), desk.database.parent
        # Also where not even a transaction begins: it is in hand, and tried again.
        desk.taken.cannot_keep(desk.unkept, now=desk.clock.monotonic())
        if "locked" in said or "busy" in said:
            notice = explain.database_locked(LOCK_S)
        elif room.is_full(error):
            room.give_up(desk.database)
            self._room, self._looked_at = False, desk.clock.monotonic()
            notice = self.no_room()
        elif room.look(folder).read_only or "readonly" in said:
            notice = explain.read_only(str(folder), said)
        else:
            notice = explain.not_written(str(folder), said)
        if said != self._said:
            log.warning("station=%s the database refused. %s %s", desk.name, notice.what, notice.evidence)
            self._said = said
        with suppress(sqlite3.Error):  # then the page says what was last, and the log has this
            desk.say("waiting", notice)
        return notice

    def no_room(self) -> explain.Notice:
        """The disk is full, with what takes the room."""
        found = room.look(self._desk.database.parent)
        return explain.disk_full(str(self._desk.database.parent), found.free_bytes, found.largest)

    def over(self) -> None:
        """A step went well: the next trouble is news again."""
        self._said = ""
