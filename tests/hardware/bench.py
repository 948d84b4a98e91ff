"""A started modem on a scripted link, for the tests of this folder."""

from typing import Any

from hardware.modem import Modem
from tests.scripted import FakeClock, Scripted, ScriptedLink

TPDU = bytes.fromhex("21000B912120555521F3000004F4F29C0E")
DELIVER = "07913366003051F5040B913366304381F900005180719120348004D4F29C0E"


class Bench:
    """A started modem."""

    def __init__(self, rules: dict[str, Any] | None = None, chunk: int | None = None) -> None:
        self.clock = FakeClock()
        self.scripted = Scripted(rules)
        self.link = ScriptedLink(self.clock, self.scripted, chunk)
        self.modem = Modem(self.link, self.clock)
        self.modem.start(lambda identity: None)
        self.scripted.written.clear()

    def send(self) -> int | None:
        with self.modem.prompt(len(TPDU)) as prompt:
            return prompt.send(TPDU)

    def hear(self, said: str) -> list[Any]:
        self.link.arrive(said)
        self.modem.wait(self.clock.monotonic() + 1)
        return self.modem.notices()
