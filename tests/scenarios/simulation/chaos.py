"""What happens to the house: people at the panel, people with telephones, and everything that can go wrong."""

from __future__ import annotations

import contextlib
import sqlite3

from gateway import inbox, optouts, outbox, stations
from gateway.errors import Refused
from hardware.virtual.faults import Value
from tests.scenarios.simulation.baton import Actor
from tests.scenarios.simulation.house import MODEMS, House

PEOPLE = [f"+120255502{number:02d}" for number in range(10, 24)]
TROUBLES: tuple[tuple[str, Value | None, int | None], ...] = (  # what leaves evidence; a modem that lies leaves none
    ("drop_cmti", None, 2), ("dup_cmti", None, 2), ("dup_store", None, 1), ("cmti_index_minus1", None, 2), ("cmti_wrong_mem", None, 1),
    ("cpms_stale_500ms", None, 2), ("reject_inbound", None, 2), ("concat_oo", None, 1), ("concat_dup", None, 1),
    ("cmgs_silent", "sent", 1), ("cmgs_silent", "lost", 1), ("cmgs_late", 31_000, 1), ("cmgs_late", 200_000, 1), ("cmgs_error", 38, 2),
    ("cmgs_error", 41, 1), ("cmgs_error", 500, 1), ("cmgs_error", "ERROR", 1), ("cmgs_error", 27, 1), ("cmgs_error", 1, 1),
    ("lte_send_fail", None, 1), ("prompt_error", 302, 2), ("prompt_missing", "silent", 1), ("prompt_missing", "lost", 1),
    ("prompt_no_space", None, 3), ("prompt_delay", 2_000, 2), ("prompt_delay", 20_000, 1), ("ok_without_cmgs", None, 1), ("mr_wrap", None, 1),
    ("report_before_cmgs", None, 2), ("report_never", None, 2), ("report_ra_international", None, 2),
    ("reboot_at", "command", 1), ("reboot_at", "cmgs", 1), ("reboot_at", "prompt", 1), ("reboot_at", "pdu", 1), ("reboot_at", "ctrl_z", 1),
    ("reboot_at", "sent", 1), ("usb_drop_at", "prompt", 1), ("usb_drop_at", "pdu", 1), ("usb_drop_at", "ctrl_z", 1), ("usb_drop_at", "sent", 1),
    ("slow_boot", 20.0, 1), ("hang", 20.0, None), ("hang", 300.0, None), ("nul_prefix", None, 3), ("dup_echo_line", None, 3),
    ("glued_cmgl", None, 2), ("extra_blank_lines", None, 3), ("split_reads", 1, 3), ("urc_inside_response", None, 3), ("urc_inside_pdu", None, 2),
    ("cmti_index", 999, 1), ("cmgr_321_first", 2, 1), ("cpms_error", 302, 1), ("no_cmgl", None, 1), ("cmgd_refused", 320, 2),
    ("slot_sticks", None, 2), ("dup_inbound", 3, 1), ("memory_full", None, 1), ("spill", "ME", 1), ("cnmi_forgotten", None, 1),
    ("lowercase_pdu", None, 2), ("ff_padded_pdu", None, 2), ("cmgs_stray", 31_000, 1), ("cmgs_stray", 190_000, 1), ("busy", 3, 1),
    ("ringing", None, 1), ("full_blocks_sending", 322, 1), ("no_smsc", None, 1),
    ("report_late", 600.0, 2), ("report_shuffled", 5.0, 2), ("report_twice", None, 2), ("report_in", "ME", 2), ("report_ra", "national", 2),
    ("mm_grabs_port", 8.0, None), ("boot_storm", 20.0, 1), ("garbage_prefix", None, 3), ("glued_urc", None, 3), ("cr_cr_lf", None, 3),
    ("pdu_comma_zero", None, 2), ("header_short", None, 2), ("error_cut", None, 2), ("sim_failure", None, 1), ("cpin_no_ok", None, 1),
    ("urc_inside_echo", None, 2), ("cmgl_hang", 90.0, 1), ("sim_busy", 3, None), ("plain_error", None, 2), ("text_errors", None, 2),
)  # fmt: skip


class Chaos:
    """Acts until `over`; then lets everything come right again."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.dice = house.dice
        self.over = False
        self.written: dict[int, str] = {}
        self.injected: list[tuple[str, str, int]] = []  # sender, text, modem
        self._count = 0

    def start(self) -> None:
        self.house.start_gateway()
        for name, work in (("people", self._people), ("phones", self._phones), ("trouble", self._trouble)):
            self.house.turns.start(name, work)

    # at the panel

    def _people(self, actor: Actor) -> None:
        while True:
            actor.pause(self.house.clock.monotonic() + self.dice.expovariate(1 / 12))
            act = self.dice.choices(
                (self._new, self._again, self._undo, self._stop, self._answer, self._go_on),
                (10, 4, 1, 0.4, 4, 1),
            )[0]
            if self.over and act not in (self._again, self._go_on):
                continue
            with contextlib.suppress(Refused, sqlite3.OperationalError):
                act()
            self.house.ring()

    def _new(self) -> None:
        house = self.house
        self._count += 1
        words = f"T{self._count}w"
        long = self.dice.random()
        text = words if long < 0.6 else " ".join([words] * self.dice.choice((35, 60, 70)))
        if self.dice.random() < 0.15:
            text += " é€😀"
        message = outbox.draft(house.db, self.dice.choice(PEOPLE), text, kind="first", key=None, channel="panel", by=house.person,
                               rules=house.rules, now=house.now_ms())  # fmt: skip
        self.written[message] = words
        if self.dice.random() < 0.9:
            self._approve(message)

    def _approve(self, message: int) -> None:
        house = self.house
        row = outbox.load(house.db, message)
        outbox.approve(
            house.db, message, by=house.person, seen=outbox.seen(row), rules=house.rules, now=house.now_ms()
        )

    def _again(self) -> None:
        waiting = self.house.db.execute(
            "SELECT id FROM message WHERE state='awaiting' ORDER BY id"
        ).fetchall()
        if waiting:
            self._approve(self.dice.choice(waiting)["id"])

    def _undo(self) -> None:
        rows = self.house.db.execute("SELECT id FROM message WHERE state='approved' ORDER BY id").fetchall()
        if rows:
            outbox.undo(
                self.house.db, self.dice.choice(rows)["id"], by=self.house.person, now=self.house.now_ms()
            )

    def _stop(self) -> None:
        house = self.house
        rows = house.db.execute(
            "SELECT id FROM conversation WHERE opted_out_at IS NULL ORDER BY id"
        ).fetchall()
        if rows:
            optouts.opt_out(
                house.db,
                self.dice.choice(rows)["id"],
                source="volunteer",
                by=house.person,
                reason="",
                now=house.now_ms(),
            )

    def _answer(self) -> None:
        house = self.house
        rows = house.db.execute(
            "SELECT id FROM conversation WHERE waiting_at IS NOT NULL ORDER BY id"
        ).fetchall()
        if rows:
            self._count += 1
            words = f"T{self._count}w"
            message = inbox.reply(house.db, self.dice.choice(rows)["id"], words, by=house.person, key=words, rules=house.rules,
                                  now=house.now_ms())  # fmt: skip
            self.written[message] = words

    def _go_on(self) -> None:
        house = self.house
        for row in house.db.execute("SELECT name FROM station WHERE state='paused' ORDER BY name").fetchall():
            stations.request(house.db, row["name"], "resume", by=house.person, now=house.now_ms())

    # telephones

    def _phones(self, actor: Actor) -> None:
        while True:
            actor.pause(self.house.clock.monotonic() + self.dice.expovariate(1 / 25))
            if self.over:
                return
            self._count += 1
            text = f"R{self._count}w"
            if self.dice.random() < 0.25:
                text = " ".join([text] * 60)
            if self.dice.random() < 0.08:
                text = "STOP"
            sender, modem = self.dice.choice(PEOPLE), self.dice.randrange(MODEMS)
            house = self.house
            house.world.inbound(modem, sender, text, now=house.clock.monotonic() - house.wire.began)
            self.injected.append((sender, text, modem))
            house.note(f"{sender[-2:]} texts {text[:8]} to m{modem}")

    # trouble

    def _trouble(self, actor: Actor) -> None:
        house = self.house
        while True:
            actor.pause(house.clock.monotonic() + self.dice.expovariate(1 / 20))
            if self.over:
                return
            kind = self.dice.choices(("fault", "unplug", "kill", "disk", "network"), (12, 2, 2, 1, 1))[0]
            number = self.dice.randrange(MODEMS)
            now = house.clock.monotonic() - house.wire.began
            if kind == "fault":
                name, value, times = self.dice.choice(TROUBLES)
                house.note(f"m{number} {name} {value} x{times}")
                house.world.fault(number, name, value, times, now=now)
            elif kind == "unplug":
                self._unplug(actor, number)
            elif kind == "kill":
                self._kill(actor)
            elif kind == "disk":
                house.refusal = self.dice.choice(("database or disk is full", "database is locked"))
                house.refused_until = house.clock.monotonic() + self.dice.uniform(0.5, 40)
                house.note(house.refusal)
            else:
                house.world.fault(number, "registered", 2, now=now)
                actor.pause(house.clock.monotonic() + self.dice.uniform(1, 120))
                house.world.clear(number, "registered", now=house.clock.monotonic() - house.wire.began)

    def _unplug(self, actor: Actor, number: int) -> None:
        house = self.house
        house.note(f"m{number} unplugged")
        house.plugs[number] += 1
        house.world.unplug(number, now=house.clock.monotonic() - house.wire.began)
        actor.pause(house.clock.monotonic() + self.dice.uniform(0.1, 60))
        house.world.plug(number, now=house.clock.monotonic() - house.wire.began)

    def _kill(self, actor: Actor) -> None:
        """Between any two statements and any two bytes; then, sooner or later, somebody starts it again."""
        house = self.house
        process = house.gateway
        assert process is not None
        process.countdown = self.dice.choice((self.dice.randint(1, 60), self.dice.randint(1, 2_000)))
        house.note(f"dies in {process.countdown} steps")
        actor.pause(house.clock.monotonic() + 120, lambda: process.dead)
        process.countdown = None
        if process.dead:
            house.note("dead")
            actor.pause(house.clock.monotonic() + self.dice.uniform(0.05, 30), lambda: False)
            if house.gateway is process:  # else it was started when calm began
                house.start_gateway()

    def calm_down(self) -> None:
        """Everything works again."""
        house = self.house
        self.over = True
        house.refused_until = 0.0
        now = house.clock.monotonic() - house.wire.began
        for number in range(MODEMS):
            house.world.clear(number, now=now)
            if not house.world.modems[number].plugged:
                house.world.plug(number, now=now)
        if house.gateway is None or house.gateway.dead:
            house.start_gateway()
        house.gateway.countdown = None  # type: ignore[union-attr]


def play(house: House, *, minutes: float = 20.0, calm_minutes: float = 60.0) -> Chaos:
    """One whole run: trouble, then calm until everything that can leave or come has done so."""
    chaos = Chaos(house)
    with house.patched():
        chaos.start()
        start = house.clock.monotonic()
        house.turns.run(start + minutes * 60)
        chaos.calm_down()
        house.turns.run(start + (minutes + calm_minutes) * 60)
    return chaos
