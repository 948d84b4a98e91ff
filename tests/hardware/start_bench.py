"""A modem that is about to be started on a scripted link."""

from typing import Any

from hardware.modem import Identity, Modem
from tests.scripted import FakeClock, Scripted, ScriptedLink


class Bench:
    def __init__(
        self, rules: dict[str, Any] | None = None, chunk: int | None = None, *, echo: bool = True
    ) -> None:
        self.clock = FakeClock()
        self.scripted = Scripted(rules, echo=echo)
        self.link = ScriptedLink(self.clock, self.scripted, chunk)
        self.modem = Modem(self.link, self.clock)
        self.asked: list[Identity] = []
        self.pin: str | None = None

    def enter_pin(self, identity: Identity) -> str | None:
        self.asked.append(identity)
        return self.pin

    def start(self) -> "Bench":
        self.modem.start(self.enter_pin)
        return self

    def wrote(self, command: str) -> int:
        return sum(command in written for written in self.scripted.written)
