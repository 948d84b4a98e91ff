"""The ladder of `gateway/ladder.py` climbed for one station: what happened to it, and the acts themselves.

Promises: the moment of a reset is on the disk before the reset is written, so that no restart of ours forgets it; each
step is an event that a person can read.
"""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway import answers, explain_modems, ladder, readings, stations
from gateway.explain import Notice
from gateway.ladder import Plight, Rung
from gateway.station import parting, seeking
from gateway.station.desk import Desk, log
from gateway.station.far import Far
from gateway.store import moment
from hardware import restart
from hardware.errors import HardwareError, ModemSilent, PortBusy, PortGone, PortMissing, SimNotReady
from hardware.modem import Direct
from hardware.profiles import Profile, profile_for
from hardware.restart import NotPossible

SIM_PATIENCE_S = 300.0  # a SIM that is busy or fails for so long: the modem is restarted, once
MINUTE_MS = 60_000
HOST_MS = 60_000  # what the machine did so shortly before belongs to it
BOOT_S = 15.0  # after a reset nothing is asked for a while


class Rescue:
    """One station's troubles since it was last well."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._silences = 0
        self._silent_since = 0  # ms; only while there are silences
        self._restarted: list[tuple[Rung, int]] = []  # what was done about them, and when
        self._tried: list[Rung] = []
        self._sim_fails_since: float | None = None
        self._given_up = False
        self._far = Far(desk.name, desk.spec.port)
        self._far_away: tuple[Notice, float] | None = None

    @property
    def wait_s(self) -> float | None:
        """Seconds until the next try where the modem is on another machine; None otherwise."""
        return self._far_away[1] if self._far_away else None

    def well(self) -> None:
        """The modem started and answers."""
        if self._silences or self._tried or self._sim_fails_since is not None:
            self._silences, self._sim_fails_since, self._given_up = 0, None, False
            self._tried.clear()
            self._restarted.clear()

    def note(self, error: HardwareError) -> None:
        """The modem or its port failed."""
        worked, now = self._desk.seat is not None, self._desk.clock.monotonic()
        self._far_away = self._far.meet(error, worked=worked, now=now)
        match error:
            case ModemSilent():
                self._silent_since = self._silent_since if self._silences else self._desk.now_ms()
                self._silences += 1
            case PortMissing() | PortGone():
                self._desk.opened_at = None
                if isinstance(error, PortMissing) and not error.evidence:
                    self._desk.stick_went()
            case SimNotReady(state="BUSY" | "FAILURE"):
                if self._sim_fails_since is None:
                    self._sim_fails_since = self._desk.clock.monotonic()
            case _:
                self._sim_fails_since = None

    def verdict(self, error: HardwareError) -> tuple[str, Notice] | None:
        """The state and the words where more is known than the error tells; None otherwise."""
        if self._far_away:
            return "lost", self._far_away[0]
        if isinstance(error, ModemSilent):
            return self._silence()
        notice = self._host_did(error.evidence) if isinstance(error, PortGone) else None
        return None if notice is None else ("lost", notice)

    def _silence(self) -> tuple[str, Notice] | None:
        """Since when, what we did and when the next step comes; nothing of it while it may still be a hiccup, or another program's."""
        desk = self._desk
        since = self._at(self._silent_since)
        if self._given_up:
            return "failed", explain_modems.nothing_helped(desk.name, since)
        if self._silences < ladder.REOPENS or seeking.holder_of(desk.port):
            return None
        step = ladder.next_step(self._plight(self._silences, self._tried))
        rung = ladder.untried(self._tried) if step.wait_s else step.rung
        if rung == "person":
            rung = "reopen"
        from_at = self._at(desk.now_ms() + round(step.wait_s * 1000), up=True) if step.wait_s else ""
        done = [(rung, self._at(at)) for rung, at in self._restarted]
        return "lost", explain_modems.silent(desk.name, since, done, (rung, from_at))

    def _at(self, at: int, *, up: bool = False) -> str:
        """A moment on the group's clock, with its date when that is not today; `up` to the next whole minute."""
        zone, desk = ZoneInfo(self._desk.rules.zone), self._desk
        local = moment(at + (MINUTE_MS - 1 if up else 0)).astimezone(zone)
        today = moment(desk.now_ms()).astimezone(zone).date()
        return f"{local:%H:%M}" if local.date() == today else f"{local:%H:%M on %d %B}"

    def _host_did(self, evidence: str) -> Notice | None:
        """The port went just when the machine under it had trouble: then the modem is not to blame."""
        desk = self._desk
        port = desk.port
        for event in readings.host_events(desk.db, since=desk.now_ms() - HOST_MS):
            if event["kind"] == "undervoltage":
                return explain_modems.power_was_low(desk.name, port, evidence)
            device = self._usb_device()
            if device is not None and f"usb {device.name}:" in event["evidence"]:
                return explain_modems.usb_forgot(desk.name, port, event["evidence"])
        return None

    def act(self) -> float:
        """Before the next start: do what the ladder says. Returns the seconds for which nothing else is tried; 0: start it."""
        desk = self._desk
        tried = desk.streak.restarts if desk.wants_reset else self._tried
        why, desk.wants_reset = desk.wants_reset or self._sim_is_stuck(), ""
        while True:
            step = ladder.next_step(self._plight(ladder.REOPENS if why else self._silences, tried))
            if step.rung == "reopen":
                return 0.0
            if step.rung == "person":
                self._given_up = not why
                return 0.0
            what = self._restart(step.rung, tried)
            if what is not None:
                self._restarted.append((step.rung, desk.now_ms()))
                why = why or "It did not answer."
                desk.say("lost", explain_modems.restarted(desk.name, step.rung, why, what))
                return BOOT_S
            if why:
                return 0.0

    def _sim_is_stuck(self) -> str:
        """Why the modem is to be restarted for its SIM; "" when it is not, or was."""
        since = self._sim_fails_since
        if since is None or "command" in self._tried or self._desk.clock.monotonic() - since < SIM_PATIENCE_S:
            return ""
        return f"It could not use its SIM for {SIM_PATIENCE_S / 60:.0f} minutes."

    def _plight(self, failures: int, tried: Sequence[Rung] = ()) -> Plight:
        desk = self._desk
        now = desk.clock.monotonic()
        reset_at = self._reset_at()
        return Plight(
            failures=failures,
            tried=tuple(tried),
            since_opened_s=None if desk.opened_at is None else now - desk.opened_at,
            since_reset_s=None if reset_at is None else (desk.now_ms() - reset_at) / 1000,
            answer_may_come_s=0.0 if desk.late is None else desk.late.until - now,
        )

    def _reset_at(self) -> int | None:
        """When this modem was restarted last (ms)."""
        row = self._desk.db.execute("SELECT reset_at FROM station WHERE name=?", [self._desk.name]).fetchone()
        at: int | None = row["reset_at"]
        return at

    def _restart(self, rung: Rung, tried: list[Rung]) -> str | None:
        """Do it; what was done, None when this way was not open (an event says so)."""
        desk = self._desk
        before = self._reset_at()
        stations.set_facts(desk.db, desk.name, reset_at=desk.now_ms())
        tried.append(rung)  # not before its moment is on the disk: what was not done was not tried
        log.info("station=%s restarts its modem: %s", desk.name, rung)
        try:
            what = self._by(rung)
        except (NotPossible, PortMissing, PortBusy) as why:
            stations.set_facts(desk.db, desk.name, reset_at=before)
            desk.say("lost", explain_modems.restart_not_possible(desk.name, rung, str(why)))
            return None
        desk.opened_at = None
        return what

    def _by(self, rung: Rung) -> str:
        desk = self._desk
        if rung == "command":
            modem = desk.open_modem()
            parting.keeps_at_once(desk, modem)
            try:
                return modem.restart(self._profile())
            finally:
                desk.heard += [notice for notice in modem.notices() if isinstance(notice, Direct)]
                modem.close()
        device = self._usb_device()
        if device is None:
            raise NotPossible("it is not in a USB socket of this computer")
        return restart.by_usb(device) if rung == "usb" else restart.by_power(device)

    def _profile(self) -> Profile:
        """How this model is restarted, from what it said when it last answered."""
        row = self._desk.db.execute(
            "SELECT model, revision FROM station WHERE name=?", [self._desk.name]
        ).fetchone()
        return profile_for(row["model"], "", row["revision"])

    def _usb_device(self) -> Path | None:
        return restart.usb_device(self._desk.port)

    def asked(self) -> tuple[str, bool]:
        """A person pressed Reset: the vendor's command now, within the same limits. The answer, and whether it was written."""
        desk = self._desk
        if desk.twin:
            return answers.another_drives_it(desk.twin), False
        obstacle = ladder.obstacle_to_reset(self._plight(self._silences))
        if obstacle is not None:
            return answers.reset_not_now(obstacle[1], obstacle[0]), False
        before = self._reset_at()
        stations.set_facts(desk.db, desk.name, reset_at=desk.now_ms())
        try:
            what = desk.modem.restart() if desk.modem is not None else self._by("command")
        except (NotPossible, PortMissing, PortBusy) as why:
            stations.set_facts(desk.db, desk.name, reset_at=before)
            return answers.reset_not_possible(str(why)), False
        desk.opened_at = None
        return answers.reset_done(what), True
