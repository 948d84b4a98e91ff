"""A modem that rings again and again, and nothing lies there that was not read."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.station.bells import LONG_S
from hardware.link import Link
from hardware.modem import Modem
from tests.scenarios.office import Cable, Office
from tests.scenarios.receiving import pdu
from tests.simulated import ADA, LUIS


class Ringing(Cable):
    """A link to a modem that says this while each prompt is awaited, or when the PDU is written there."""

    lines: tuple[str, ...] = ()
    when = b"AT+CMGS="
    stops: Callable[[], object] | None = None

    def write(self, data: bytes) -> None:
        if data.startswith(b"AT+CMGS=") and (stops := type(self).stops):
            Ringing.stops = None
            stops()
        if self.lines and data.startswith(self.when):
            self.office.world.modems[0].urc(*self.lines, now=self.office.now(), urgent=True)
        super().write(data)


class Rung(Office):
    def _virtual(self, number: int) -> Link:
        cable = Ringing(self.world, number, self.clock, began=self.began)
        cable.office = self
        return cable


@pytest.fixture
def rung(tmp_path: Path) -> Iterator[Office]:
    office = Rung(tmp_path / "textbank.db")
    office.until_ready()
    yield office
    Ringing.lines, Ringing.stops = (), None
    office.close()


@pytest.mark.parametrize("when", [b"AT+CMGS=", b"00"], ids=["before the prompt", "behind it"])
@pytest.mark.parametrize("line", ['+CMTI: "SM",3', '+CMTI: "XX",-1', '^SMMEMFULL: "SM"'])
def test_a_modem_that_rings_for_nothing_at_each_prompt_still_sends_and_a_person_is_told(
    rung: Office, monkeypatch: pytest.MonkeyPatch, line: str, when: bytes
) -> None:
    """Each ring put the text back to read first: nothing left for ever, and the card said "ready" and no more."""
    monkeypatch.setattr(Ringing, "when", when)
    Ringing.lines = (line,)
    texts = [rung.approved(to) for to in (LUIS, ADA, "+12025550161")]
    for text in texts:
        rung.until_state(text, "sent", "delivered", limit_s=120)
    rung.run(90)
    assert len(rung.air()) == 3
    state, reason = rung.said()
    assert state == "ready"
    assert "rings" in reason or "full" in reason
    Ringing.lines = ()
    rung.run(3700)
    assert rung.said() == ("ready", "")


def test_a_text_behind_many_bells_that_rang_for_nothing_is_read_before_the_next_leaves(rung: Office) -> None:
    Ringing.lines = ('+CMTI: "SM",3',)
    rung.until_state(rung.approved(LUIS), "sent", "delivered", limit_s=120)
    rung.arrive("STOP", ADA)
    text = rung.approved(ADA)
    rung.run(60)
    assert (rung.state(text), [to for to, _ in rung.air()]) == ("withdrawn", [LUIS])


def test_a_stop_that_rings_beside_bells_that_rang_for_nothing_is_read_before_the_text_leaves(
    rung: Office,
) -> None:
    """Its bell named a slot that never rang in vain, and was passed over with the others: the text left to who had just stopped."""
    Ringing.lines = ('+CMTI: "SM",3',)
    ada = rung.approved(ADA)
    rung.run(LONG_S)
    assert rung.state(ada) == "approved"

    def stop() -> None:
        index = rung.put(pdu(rung, "STOP", ADA), storage="SM")
        rung.world.modems[0].urc(f'+CMTI: "SM",{index}', now=rung.now(), urgent=True)

    Ringing.stops = stop
    rung.run(60)
    assert Ringing.stops is None
    assert (rung.state(ada), rung.air()) == ("withdrawn", [])


@pytest.mark.parametrize("hides", ["refused_since", "has_company"])
def test_a_modem_whose_texts_could_not_be_looked_for_is_not_asked_to_hand_them_over(
    rung: Office, monkeypatch: pytest.MonkeyPatch, hides: str
) -> None:
    """They lie where nobody has looked, or went to another program; a text that is handed over exists on the wire alone."""
    monkeypatch.setattr(Modem, hides, property(lambda modem: 1.0))
    for _ in range(3):
        rung.world.modems[0].urc('+CMTI: "SM",3', now=rung.now())
        rung.run(100)
    assert rung.world.modems[0].settings.cnmi[1] == 1
