"""A small group on a real database, written through the gateway's own store, for the panel's tests and its screens in a browser.

Nothing here is pretended: texts are drafted, approved, claimed, submitted and lost by the functions that stations use, and what people wrote comes in
as the PDUs that a modem would give.
"""

import io
import sqlite3
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

from gateway import (
    arrivals,
    cards,
    claims,
    config,
    flight,
    listfile,
    lists,
    optouts,
    outbox,
    people,
    sessions,
    stations,
    store,
    taking,
)
from gateway.budget import Sim
from gateway.people import User
from gateway.policy import Limits
from gateway.rules import Rules, rules_of
from hardware.pdu import encode_deliver, segment
from tests import blank

ICCIDS = {"north": "8901260000000004417", "south": "8901260000000009062"}
CONFIG = """
[organisation]
name = "Elm Street Tenants"
region = "US"
timezone = "America/New_York"

[panel]
host = "127.0.0.1"
port = {port}

[sending]
undo_seconds = {undo}
quiet_from = "{quiet_from}"
quiet_until = "{quiet_until}"

[[stations]]
name = "north"
port = "/dev/ttyUSB0"

[[stations]]
name = "south"
port = "/dev/ttyUSB1"
"""
LONG = (
    "Hi {name}, it's Elm Street Tenants. The rent hearing is on Thursday, March 12, at 6 pm in Union Hall, 14 Oak Street. "
    "There is a ramp, children are welcome, and we translate. Can you come? YES, MAYBE or NO. STOP to end."
)
HELLO = "Hi {name}, it's Elm Street Tenants. The rent hearing is Thursday, 6 pm, Union Hall. Can you come? YES, MAYBE or NO. STOP to end."
PEOPLE = (
    ("Rosa Delgado-Whitfield", "+12025550147", HELLO),
    ("Luis Ortega", "+12025550148", LONG),
    (
        "ليلى حدّاد",
        "+12025550149",
        "مرحبا ليلى، نحن مستأجرو شارع إلم. جلسة الإيجار يوم الخميس الساعة 6. هل ستأتين؟ للتوقف أرسلي STOP.",
    ),
    ("Maria-Magdalena Papadimitriou-Konstantopoulou", "+12025550150", HELLO),
    ("Oluwaseun Adébáyò", "+12025550151", HELLO),
    ("Ada Nwosu", "+12025550152", HELLO),
    ("Bea Lindqvist", "+12025550153", HELLO),
    ("", "+12025550108", "Hello, this is Elm Street Tenants. Will you come on Thursday? STOP to end."),
)


@dataclass
class World:
    """The group, its database and the acts of a day in short words."""

    source: Path
    rules: Rules
    db: sqlite3.Connection
    users: dict[str, User]
    seats: dict[str, claims.Seat] = field(default_factory=dict)
    stamps: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def path(self) -> Path:
        """The database."""
        return self.source.parent / "textbank.db"

    def draft(self, name: str, number: str, text: str, *, kind: str = "first", by: str | None = None) -> int:
        """A text that waits for a Send."""
        author = self.users[by] if by else None
        return outbox.draft(
            self.db,
            number,
            text.format(name=name.split()[0] if name else ""),
            kind=kind,
            key=None,
            channel="panel",
            by=author,
            rules=self.rules,
            now=store.wall_ms(),
            name=name,
        )

    def approve(self, message_id: int, by: str = "volunteer", *, ago_ms: int = 60_000) -> int:
        """Approved some time ago, so that its undo time is over."""
        seen = outbox.seen(outbox.load(self.db, message_id))
        now = store.wall_ms() - ago_ms
        outbox.approve(self.db, message_id, by=self.users[by], seen=seen, rules=self.rules, now=now)
        return message_id

    def seat(self, station: str = "north") -> claims.Seat:
        """The station's start, made once."""
        if station not in self.seats:
            epoch = flight.begin(self.db, station, now=store.wall_ms())
            self.seats[station] = claims.Seat(station, epoch, Sim(ICCIDS[station], Limits(), self.rules.zone))
        return self.seats[station]

    def fly(self, ending: str = "sent", station: str = "north") -> int:
        """The next approved text leaves by this station and ends as sent, uncertain or failed; returns its id."""
        seat, now = self.seat(station), store.wall_ms()
        job, why = claims.claim_next(self.db, seat, self.rules, now=now)
        assert job is not None, why
        for seq in job.todo:
            flight.submit(self.db, seat, job, seq, self.rules, valid_for=timedelta(hours=1), now=now)
            if ending == "sent":
                flight.accept(self.db, seat, flight.Accepted(job, seq, seq + 7, now))
        if ending == "uncertain":
            flight.lose(
                self.db,
                seat,
                job,
                1,
                "The modem did not answer for 180 s after the text was handed over.",
                now=now,
            )
        if ending == "failed":
            flight.fail(self.db, seat, job, 1, "The network does not know this number.", now=now)
        return int(job.message_id)

    def receive(self, number: str, text: str, station: str = "north") -> None:
        """Somebody wrote: every segment as the modem would give it."""
        plan, ref = segment(text), next(self.stamps)
        stamp = store.moment(store.wall_ms()).replace(microsecond=0) + timedelta(seconds=ref)
        received = [
            arrivals.Received(
                "00" + encode_deliver(number, plan, timestamp=stamp, seq=seq, ref=ref % 256).hex(),
                "SM",
                ref * 10 + seq,
            )
            for seq in range(1, plan.count + 1)
        ]
        seen = arrivals.Seen(station, ICCIDS[station])
        arrivals.keep(self.db, received, seen, self.rules, now=store.wall_ms() + ref)

    def conversation(self, number: str) -> int:
        """The id of the conversation with this number."""
        return int(self.db.execute("SELECT id FROM conversation WHERE number=?", [number]).fetchone()["id"])

    def state(self, message_id: int) -> str:
        """The state of one text."""
        return str(outbox.load(self.db, message_id)["state"])

    def card(self, by: str) -> cards.Card:
        """The card that this person would see now."""
        found = cards.next_card(self.db, self.users[by], rules=self.rules, now=store.wall_ms())
        assert found is not None
        return found

    def list_of(
        self, content: bytes | str, name: str = "Street fair", *, take: bool = True, **more: int
    ) -> int:
        """A list from these octets of a file, taken unless it is only looked at; returns its id."""
        octets = content.encode() if isinstance(content, str) else content
        by, now = self.users["coordinator"], store.wall_ms()
        upload = listfile.keep(io.BytesIO(octets), self.path)
        list_id = lists.stage(
            self.db, upload, name=name, region=self.rules.region, database=self.path, by=by, now=now
        )
        if take:
            days = more.get("cool_down_days", 3)
            lists.begin(
                self.db,
                list_id,
                name=name,
                source="Sign-up sheet",
                consented_on="2026-10-03",
                cool_down_days=days,
                by=by,
                now=now,
            )
            self.work()
        return list_id

    def work(self, *, stop_after: int = 1_000_000) -> None:
        """Take what waits, as the panel's thread does; `stop_after`: the panel closes after so many pieces."""
        waits = count(0)
        taking.work(
            self.path, self.db, self.rules, wait=lambda _: next(waits) > stop_after, now=store.wall_ms
        )

    def link(self, who: str) -> str:
        """The path of a fresh one-time link."""
        return "/s/" + sessions.invite(self.db, self.users[who].id, now=store.wall_ms())

    def device(self, who: str) -> str:
        """The token of a device on which this person is signed in."""
        now = store.wall_ms()
        token = sessions.invite(self.db, self.users[who].id, now=now)
        return sessions.use_link(self.db, token, device="a test's browser", now=now)[1]


def found(
    folder: Path, *, port: int = 8080, undo: int = 0, quiet: tuple[str, str] = ("00:00", "00:00")
) -> World:
    """An empty group: everybody is there, nobody has been texted."""
    source = folder / "textbank.toml"
    source.write_text(CONFIG.format(port=port, undo=undo, quiet_from=quiet[0], quiet_until=quiet[1]))
    loaded = config.load(source)
    db = blank.database(loaded.database.path)
    db.execute("PRAGMA synchronous=OFF")  # a test's group need not survive a power cut
    now = store.wall_ms()
    roles = {"volunteer": "volunteer", "other": "volunteer"} | {role: role for role in people.ROLES[1:]}
    names = {
        "volunteer": "Maya",
        "other": "Sam",
        "trainee": "Theo",
        "coordinator": "Cleo",
        "technician": "Ted",
        "admin": "Ana",
    }
    users = {key: people.create(db, names[key], role, now=now) for key, role in roles.items()}
    optouts.approve_confirmation(
        db, optouts.default_confirmation("Elm Street Tenants"), by=users["admin"], channel="cli", now=now
    )
    return World(source, rules_of(loaded), db, users)


def busy_day(world: World) -> dict[str, int]:
    """A group in the middle of its day; returns the ids that tests ask for."""
    ids: dict[str, int] = {}
    modems(world)
    for name, number, text in PEOPLE:
        ids[name or "nameless"] = world.draft(name, number, text)
    for name in ("Oluwaseun Adébáyò", "Ada Nwosu", "Bea Lindqvist", ""):
        world.approve(ids[name or "nameless"])
    world.fly("sent")
    ids["uncertain"] = world.fly("uncertain")
    world.fly("failed")
    world.fly("sent")
    world.receive("+12025550151", "YES 2, me and my mom! Is there a ramp? She uses a wheelchair")
    world.receive("+12025550199", "Who is this? My neighbor gave me your number")
    world.receive("+12025550108", "STOP the bill! count me in")
    world.receive("+12025550177", "نعم، سنأتي أنا وابني. هل هناك ترجمة؟")
    world.receive("+12025550153", "Stop")
    return ids


def modems(world: World) -> None:
    """Two modems: one that works, one that was pulled out."""
    now = store.wall_ms()
    for name in ICCIDS:
        world.seat(name)
    stations.set_facts(
        world.db,
        "north",
        model="Huawei E3372",
        imei="356938035643809",
        iccid=ICCIDS["north"],
        imsi="310260123456789",
        number="+15185550117",
        operator="T-Mobile",
        registration="home",
        technology="LTE",
        signal_dbm=-71,
        storage_used=3,
        storage_total=40,
        port="/dev/ttyUSB0",
    )
    stations.set_state(world.db, "north", "ready", "", now=now)
    stations.set_facts(world.db, "south", model="ZTE MF190", iccid=ICCIDS["south"], port="/dev/ttyUSB1")
    stations.set_state(
        world.db,
        "south",
        "lost",
        "The modem south is gone. Its port /dev/ttyUSB1 vanished at 14:02. Its texts wait. Push the stick in again, any port will do.",
        now=now,
    )


def names(world: World, list_id: int) -> list[str]:
    """The first names of a list's people."""
    return [row["first_name"] for row in lists.members(world.db, list_id)]
