"""A modem that answers, and does not ask for the texts that it is told of."""

import pytest

from gateway import stations
from gateway.station import rescue
from tests.scenarios.office import Office
from tests.simulated import LUIS


@pytest.mark.parametrize(("fault", "value"), [("prompt_missing", "silent"), ("only_ok", "+CMGS")])
def test_f16_a_modem_that_answers_and_takes_no_text_is_restarted_in_every_way_and_said_to_be_so(
    office: Office, monkeypatch: pytest.MonkeyPatch, fault: str, value: str
) -> None:
    """That it answered was enough: it was told to restart every ten minutes for ever, and was "ready", or "did not answer", by turns. An
    MC7455 came back only when its power was cut; an AirCard says OK to everything.
    """
    done: list[str] = []
    monkeypatch.setattr(rescue.Rescue, "_by", lambda self, rung: done.append(rung) or "")
    office.until_ready()
    office.fault(fault, value)
    text = office.approved()
    office.approved(LUIS)
    office.run(20)
    assert "did not ask for a text" in office.said()[1]
    office.run(3600)
    assert done == ["command", "usb", "power"]
    assert "takes no texts" in office.said()[1]
    told = len(stations.events(office.db, "s0"))
    office.run(3600)
    assert len(stations.events(office.db, "s0")) == told
    office.clear(fault)
    office.until_state(text, "sent", "delivered", limit_s=1000)
    office.run(60)
    assert office.said() == ("ready", "")


def test_f16_a_modem_that_takes_texts_after_its_restart_is_restarted_by_its_command_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was soon stuck again; then its USB socket, then its power was tried, and after that nothing, whatever had left meanwhile."""
    done: list[str] = []

    def restarted(_: object, rung: str) -> str:
        done.append(rung)
        office.clear("prompt_missing")
        return ""

    monkeypatch.setattr(rescue.Rescue, "_by", restarted)
    office.until_ready()
    for again in range(1, 4):
        text = office.approved()
        office.fault("prompt_missing", "silent")
        office.until(lambda again=again: len(done) == again, "restarted", 3600)  # type: ignore[misc]
        office.until_state(text, "sent", "delivered", limit_s=1000)
    assert done == ["command"] * 3
