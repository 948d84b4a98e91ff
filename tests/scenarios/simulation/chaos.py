"""What happens to the house: people with telephones, and everything that can go wrong; `desk` has the people at the panel."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta

from gateway import backup, store
from hardware.virtual.air import AirRecord
from tests.scenarios.simulation.baton import Actor
from tests.scenarios.simulation.desk import PEOPLE, Desk
from tests.scenarios.simulation.house import House, Span
from tests.scenarios.simulation.troubles import OCCASIONS, dealt

REFUSALS = (
    "database or disk is full",
    "disk I/O error",
    "attempt to write a readonly database",
    "database is locked",
)
LONG_S = (20.0, 60.0, 60.0, 200.0)  # how long what lasts until somebody mends it lasts
REFUSED_S = (
    8.0  # a command, in vain: a storage that is refused for longer than 20 s is believed not to be there
)
CALM_S = 420.0  # at least: longer than the answer of a text is awaited
LOOK_S = 180.0
SPARE_S = 600.0  # a SIM that was exchanged is in for so long: a port that was no modem's is asked again after five minutes
CAMPAIGN_MINUTES = 8.0  # at least: reminders are written once a minute
MOST_CALM_S = 7_200.0


@dataclass(frozen=True)
class Came:
    """A text that somebody sent to a modem."""

    sender: str
    text: str
    modem: int
    at: float


class Chaos:
    """Acts until `over`; then lets everything come right again."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.dice = house.dice
        self.over = False
        self.people = Desk(house)
        self.came: list[Came] = []
        self.backed_up = 0.0
        self.out_before: dict[str, list[Span]] = {}  # who was out, by the database that was replaced
        self.perhaps_out_before: dict[str, list[Span]] = {}
        self.restored: float | None = None  # when a backup was put in the place of the database
        self._mends: list[tuple[float, int, str]] = []
        self._replies = 0
        self._sinking = [0.0] * house.modems  # until when it may still switch itself off
        self._deal = dealt(house.seed)
        self._tempo = self.dice.choice((0.5, 1.0, 1.0, 2.0))  # of everything, in this house

    def start(self) -> None:
        self.people.begin()
        self.house.start_gateway()
        for name, work in (("people", self._people), ("phones", self._phones), ("trouble", self._trouble)):
            self.house.turns.start(name, work)
        self.house.turns.start("mending", self._mending)
        self.house.turns.start("crossing", self._crossing)
        if self.dice.random() < 0.06:
            self.house.turns.start("backup", self._backup)

    def not_in_the_backup(self, record: AirRecord) -> bool:
        """Whether this left after the backup was made, and before it was put in the place of the database."""
        return self.restored is not None and record.asked_s <= self.restored and record.at_s >= self.backed_up

    def _rest(self, actor: Actor, mean_s: float) -> None:
        actor.pause(self.house.clock.monotonic() + self.dice.expovariate(1 / (mean_s * self._tempo)))

    def _people(self, actor: Actor) -> None:
        while True:
            self._rest(actor, 30.0 if self.over else 9.0 if self.people.drive is None else 5.0)
            self.people.act(calm=self.over)

    def _phones(self, actor: Actor) -> None:
        while True:
            self._rest(actor, 18.0)
            if self.over:
                return
            self._replies += 1
            text = f"R{self._replies}w"
            kind = self.dice.random()
            if kind < 0.15:
                text = " ".join([text] * 60)
            elif kind < 0.25:
                text = text + " " + self.dice.choice(("€", "😀")) * 90
            elif kind < 0.33:
                text = self.dice.choice(("STOP", "STOP", "Stop please", "START"))
            self._write(self.dice.choice(PEOPLE), text, self.dice.randrange(self.house.modems))

    def _write(self, sender: str, text: str, modem: int) -> None:
        self.house.inbound(modem, sender, text)
        self.came.append(Came(sender, text, modem, self.house.now))
        self.house.count("phone: " + (text if text.upper().startswith("ST") else "text"))
        self.house.note(f"{sender[-2:]} texts {text[:8]} to m{modem}")

    def _crossing(self, actor: Actor) -> None:
        """A stop crosses a text to the same person: it comes, often without a bell, while that waits, or waits for a prompt."""
        house = self.house
        while True:
            self._rest(actor, 60.0)
            slow, begun = self.dice.random() < 0.5, house.now
            if self.over:
                return
            number = self.dice.randrange(house.modems)
            if slow:
                house.fault(number, "prompt_delay", self.dice.choice((400, 2_000, 10_000)), 1)
            modem = house.world.modems[number]
            actor.pause(house.clock.monotonic() + 30, lambda: modem.asked_s > begun)  # noqa: B023 (asked in this round)
            row = house.db.execute(
                "SELECT c.number FROM message m JOIN conversation c ON c.id=m.conversation_id WHERE m.kind<>0 AND "
                "(m.state='approved' OR (m.state='claimed' AND m.station=?)) ORDER BY m.state DESC, m.id LIMIT 1",
                [f"m{number}"],
            ).fetchone()
            if row is None or self.over:
                continue
            if self.dice.random() < 0.6:
                house.fault(number, "drop_cmti", None, 1)
            self._write(row["number"], "STOP", number)
            house.count("a stop crosses a text")

    # trouble

    def _trouble(self, actor: Actor) -> None:
        kinds = (self._fault, self._unplug, self._kill, self._disk, self._jump, self._end)
        while True:
            self._rest(actor, 12.0)
            if self.over:
                return
            self.dice.choices(kinds, (14, 2, 4, 1.5, 0.7, 1.5))[0](actor)

    def _fault(self, actor: Actor) -> None:
        house, number = self.house, self.dice.randrange(self.house.modems)
        name, value, times = next(self._deal)
        house.note(f"m{number} {name} {value} x{times}")
        house.count(f"fault: {name}")
        house.fault(number, name, value, times)
        if name == "undervoltage":
            self._sinking[number] = house.clock.monotonic() + 5
        if times is None:
            long_s = REFUSED_S if name in ("refuses", "only_ok") else self.dice.choice(LONG_S)
            self._mends.append((house.clock.monotonic() + long_s, number, name))
        self._give_occasion(actor, name, number)

    def _give_occasion(self, actor: Actor, name: str, number: int) -> None:
        """Some faults want something rare to happen soon: it does, mostly."""
        occasion = OCCASIONS.get(name)
        if occasion is None or self.dice.random() < 0.2:
            return
        actor.pause(self.house.clock.monotonic() + self.dice.uniform(0.1, 5))
        if occasion == "start":
            self._pull(actor, number, self.dice.uniform(0.1, 5))
        elif occasion == "slow":
            self.house.fault(number, "prompt_delay", 20_000, 1)
        elif occasion == "locked":
            self._for_a_while(number, "pin_required")
            self._pull(actor, number, 1)
        elif not self.over:
            self._replies += 1
            if name in ("spill", "cmgr_321_first"):
                self._for_a_while(number, "memory_full" if name == "spill" else "no_cmgl")
            self._write(self.dice.choice(PEOPLE), occasion.format(f"R{self._replies}w"), number)

    def _for_a_while(self, number: int, name: str) -> None:
        self.house.fault(number, name)
        self._mends.append((self.house.clock.monotonic() + LONG_S[0], number, name))

    def _end(self, actor: Actor) -> None:
        """Somebody ends it, and starts it again."""
        house, process = self.house, self.house.gateway
        house.end_gateway(actor)
        actor.pause(house.clock.monotonic() + self.dice.uniform(0.05, 20))
        if house.gateway is process and (process is None or process.dead):
            house.start_gateway()

    def _mending(self, actor: Actor) -> None:
        house = self.house
        while True:
            actor.pause(house.clock.monotonic() + 5)
            now = house.clock.monotonic()
            for mend in [mend for mend in self._mends if mend[0] <= now]:
                self._mends.remove(mend)
                house.clear(mend[1], mend[2])
                house.note(f"m{mend[1]} {mend[2]} is over")

    def _unplug(self, actor: Actor) -> None:
        self._pull(actor, self.dice.randrange(self.house.modems), self.dice.uniform(0.1, 60))

    def _pull(self, actor: Actor, number: int, seconds: float) -> None:
        house = self.house
        house.note(f"m{number} unplugged")
        house.count("unplugged")
        house.unplug(number)
        actor.pause(house.clock.monotonic() + seconds)
        house.plug(number)

    def _kill(self, actor: Actor) -> None:
        """Between any two statements and any two bytes; then, sooner or later, somebody starts it again."""
        house, process = self.house, self.house.gateway
        if process is None or process.dead:
            return
        process.countdown = self.dice.choice((self.dice.randint(1, 60), self.dice.randint(1, 2_000)))
        house.note(f"dies in {process.countdown} steps")
        actor.pause(house.clock.monotonic() + 60, lambda: process.dead)
        process.countdown = None
        if process.dead:
            house.note("dead")
            house.count("killed")
            if self.dice.random() < 0.15:
                self._power_off()
            actor.pause(house.clock.monotonic() + self.dice.uniform(0.05, 30))
            if house.gateway is process:  # else it was started when calm began
                house.start_gateway()

    def _power_off(self) -> None:
        """The box was without power for a while. What a battery kept is right; without one the clock goes on from where it was."""
        house = self.house
        house.machine.boot = f"boot {house.now:.0f}"
        house.count("clock: another start of the box")
        house.note("the box was without power")
        if house.machine.has_battery:
            house.set_clock(house.world.network.epoch - house.clock.start)
        else:
            house.set_clock(-timedelta(seconds=self.dice.choice((5.0, 120.0, 3_600.0))))

    def _disk(self, actor: Actor) -> None:
        house = self.house
        house.disk.refusal, house.disk.late = self.dice.choice(REFUSALS), self.dice.random() < 0.5
        house.note(house.disk.refusal + (" at the end" if house.disk.late else ""))
        house.count("disk: " + house.disk.refusal)
        actor.pause(house.clock.monotonic() + self.dice.uniform(0.5, 40))
        house.disk.refusal = ""

    def _jump(self, actor: Actor) -> None:
        """Somebody sets the clock wrong, and later right again."""
        house = self.house
        forward = timedelta(
            seconds=self.dice.choice((-7200.0, -900.0, -90.0, -20.0, 20.0, 300.0, 3600.0, 7200.0))
        )
        house.note(f"the clock jumps {forward.total_seconds():+g} s")
        house.count(f"clock: {'forward' if forward > timedelta(0) else 'back'}")
        house.set_clock(forward)
        if self.dice.random() < 0.7:
            actor.pause(house.clock.monotonic() + self.dice.uniform(1, 120))
            house.set_clock(house.world.network.epoch - house.clock.start)

    def _backup(self, actor: Actor) -> None:
        """A backup is made, and some time later it is put in the place of the database."""
        house = self.house
        actor.pause(house.clock.monotonic() + self.dice.uniform(20, 150))
        with plain_disk(house):
            self.backed_up = house.now
            made = backup.make(house.database, house.database.parent, now=house.now_ms())
        house.note("a backup is made")
        actor.pause(house.clock.monotonic() + self.dice.uniform(20, 150))
        if self.over:
            return
        house.kill_gateway()
        self.out_before = house.opted_out(house.db)
        self.perhaps_out_before = house.opted_out(house.db, longest=True)
        house.db.close()
        with plain_disk(house):
            backup.restore(made.path, house.database, now=house.now_ms())
            house.db = store.connect(house.database)
        self.restored = house.now
        if self.people.drive is not None:
            self.people.drive.restored()
        house.note("the backup is restored")
        house.count("restored a backup")
        house.start_gateway()

    def calm_down(self) -> None:
        """Everything works again."""
        house = self.house
        self.over = True
        house.note("calm")
        house.disk.refusal = ""
        self._mends.clear()
        if house.clock.start != house.world.network.epoch:
            house.set_clock(house.world.network.epoch - house.clock.start)
        for number, modem in enumerate(house.world.modems):
            house.clear(number)
            for card in modem.drawer.all().values():
                card.sim.unlock()
            if modem.wedged or not modem.powered or house.clock.monotonic() < self._sinking[number]:
                house.unplug(number)  # also one that is about to switch itself off
            house.plug(number)
        if house.gateway is None or house.gateway.dead:
            house.start_gateway()
        house.gateway.countdown = None  # type: ignore[union-attr]

    def spare_sims(self) -> None:
        """What came to a SIM that was in for a while, and is still on it, is read."""
        house = self.house
        for number, modem in enumerate(house.world.modems):
            for sim in [sim for sim in modem.drawer.all() if sim]:
                house.fault(number, "sim_swap", sim)
                house.turns.run(house.clock.monotonic() + SPARE_S)
            house.clear(number, "sim_swap")


@contextlib.contextmanager
def plain_disk(house: House):  # type: ignore[no-untyped-def]
    """What another program does to the database is not refused."""
    refusal, house.disk.refusal = house.disk.refusal, ""
    yield
    house.disk.refusal = refusal


def play(house: House, *, minutes: float | None = None) -> Chaos:
    """One whole run: trouble, then calm until everything that can leave or come has done so."""
    from tests.scenarios.simulation.judge import unsettled

    chaos = Chaos(house)
    if minutes is None:
        around = 16.0 if house.evening else 12.0 if house.morning else 0.0
        minutes = around or house.dice.choice((2.0, 3.0, 3.0, 3.0, 4.0, 4.0, 12.0))
    with house.patched():
        chaos.start()
        if chaos.people.drive is not None:
            minutes = max(minutes, CAMPAIGN_MINUTES)
        start = house.clock.monotonic()
        house.turns.run(start + minutes * 60)
        chaos.calm_down()
        calm = house.clock.monotonic()
        chaos.spare_sims()
        house.turns.run(calm + CALM_S)
        while house.clock.monotonic() < calm + MOST_CALM_S and unsettled(house, chaos):
            house.turns.run(house.clock.monotonic() + LOOK_S)
    house.counts["disk: .acts or .texted refused"] += house.disk.refused_files
    for modem in house.world.modems:
        house.counts.update({f"struck: {name}": times for name, times in modem.faults.struck.items()})
    return chaos
