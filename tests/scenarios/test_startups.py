"""Every model of the virtual modem through a whole station: it starts by the table of 1.1 and 1.2, receives in each storage,
sends, gets its report, restarts by itself on the way, and is as useful as before.
"""

import pytest

from hardware import identity
from hardware.virtual.personality import PERSONALITIES
from tests.scenarios.asking import ask
from tests.scenarios.receiving import Make, pdu
from tests.simulated import LUIS, House
from tests.virtual_link import VirtualLink

each_model = pytest.mark.parametrize("model", sorted(PERSONALITIES))


def works(house: House, mark: str) -> None:
    """It receives by bell and in each storage, sends, and gets the report."""
    seen = len(house.page())
    house.arrive(f"Hello {mark}")
    took_s = house.until(lambda: len(house.page()) == seen + 1 and not house.stored(), "a text by bell", 90)
    assert took_s < 3, f"{mark}: found only after {took_s:.0f} s"
    storages = sorted(house.world.modems[0].storages)
    for storage in storages:
        house.put(pdu(house, f"In {storage} {mark}"), storage)
    house.until(
        lambda: len(house.page()) == seen + 1 + len(storages) and not house.stored(), "each storage", 90
    )
    message_id = house.approved(LUIS, f"Can you come? {mark}")
    house.until(lambda: house.state(message_id) == "delivered", "delivered", 120)


@each_model
def test_f93_every_model_starts_receives_sends_and_starts_again_by_itself(make: Make, model: str) -> None:
    house = make(personality=model)
    house.until_ready(90)
    works(house, "at first")
    house.world.modems[0].reboot(house.now())
    house.run(1)
    house.until(lambda: house.opened[0] >= 2 and house.said()[0] == "ready", "started again", 120)
    works(house, "afterwards")
    assert len(house.world.network.air) == 2


@each_model
@pytest.mark.parametrize("state", ["cmgs", "prompt", "pdu"])
def test_f23_a_restart_before_the_pdu_was_whole_sends_once_later(make: Make, model: str, state: str) -> None:
    house = make(personality=model)
    house.until_ready(90)
    house.fault("reboot_at", state, 1)
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) in ("delivered", "uncertain"), "gone", 900)
    assert len(house.world.network.air) <= 1
    house.arrive("Hello")
    house.until(lambda: house.shown() == ["Hello"], "it receives again", 300)


@each_model
def test_indications_forgotten_silently_are_armed_again(make: Make, model: str) -> None:
    house = make(personality=model)
    house.until_ready(90)
    house.fault("cnmi_forgotten")
    house.run(1)
    house.clear("cnmi_forgotten")
    house.until(lambda: house.opened[0] >= 2, "started again", 130)
    house.until_ready()
    house.arrive("Hello")
    assert house.until(lambda: house.shown() == ["Hello"], "by bell", 90) < 3


@each_model
def test_a_pin_a_slow_boot_and_a_busy_sim_end_in_the_same_place(make: Make, model: str) -> None:
    house = make(personality=model, pin="1234")
    house.fault("pin_required", 3)
    house.fault("slow_boot", 25.0)
    house.world.modems[0].reboot(house.now())
    house.until_ready(300)
    works(house, "with a PIN")
    assert sum(line.startswith("AT+CPIN=") for line in house.written[0]) <= 2  # once for each power-up


@each_model
def test_a_sim_that_told_nothing_at_the_start_is_read_before_a_text_leaves_by_it(
    make: Make, model: str
) -> None:
    """Seed 999853: behind a bad contact, and every refusal a bare ERROR. A stop on it was never seen, and texts left."""
    house = make(personality=model)
    house.fault("no_cmee")
    house.fault("bad_contact")
    for storage in house.world.modems[0].storages:
        house.put(pdu(house, "STOP", sender=LUIS), storage)
    message_id = house.approved(LUIS)
    house.run(60)
    house.clear("bad_contact")
    house.until(lambda: house.state(message_id) == "withdrawn", "the stop is heard", 90)
    house.until(lambda: not house.stored(), "all of them are taken", 90)
    house.run(600)
    assert not [record.text for record in house.world.network.air if record.text == "Can you come?"]
    assert house.opened[0] <= 12


def test_a_healthy_modem_is_ready_at_once(make: Make) -> None:
    house = make()
    assert house.until_ready() < 3


@pytest.mark.parametrize("tells_iccid", [True, False])
def test_f79_two_ports_of_one_modem_are_one_modem_and_the_second_is_left_alone(
    make: Make, monkeypatch: pytest.MonkeyPatch, *, tells_iccid: bool
) -> None:
    if not tells_iccid:
        monkeypatch.setattr(identity, "with_card", lambda at, identity, profile: identity)
    house = make(count=2, personality="quectel-ec25")
    ports = (0, "0.1")
    house._link = lambda number: VirtualLink(house.world, ports[number], house.clock, began=house.began)
    house.until(lambda: {house.said("s0")[0], house.said("s1")[0]} == {"ready", "failed"}, "one of them")
    first, second = ("s0", "s1") if house.said("s0")[0] == "ready" else ("s1", "s0")
    assert f"is the modem {first} once more" in house.said(second)[1]
    opened = house.opened[int(second[1])]
    house.run(120)
    house.arrive("Hello")
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) == "delivered", "sent once")
    house.until(lambda: house.shown() == ["Hello"], "shown once", 90)
    assert len(house.world.network.air) == 1
    assert house.opened[int(second[1])] == opened  # its port was not even opened again
    assert f"is driven by {first}" in ask(
        house, "reset", name=second
    )  # a text of the other's may be on its way
    assert house.opened[int(second[1])] == opened


class Blocked(VirtualLink):
    """A modem that is deaf for 20 s behind each first command that begins so, as while its SIM is being read."""

    def __init__(self, house: House, begins: str, most: int) -> None:
        super().__init__(house.world, 0, house.clock, began=house.began)
        self._house, self._begins, self._left = house, begins, most

    def write(self, data: bytes) -> None:
        if self._left and data.decode("latin-1").startswith(self._begins):
            self._left -= 1
            self._house.fault("hang", 20.0)
        super().write(data)


@pytest.mark.parametrize("model", ["generic", "huawei-e3131", "sim7600", "quectel-ec25"])
@pytest.mark.parametrize(
    "begins", ["ATZ", "AT+CPIN?", "AT+C", "AT+CPMS", "AT+CSCA?", "AT+CNMI", "AT+CMGF", "AT+CIMI"]
)
def test_a_modem_that_is_deaf_for_a_while_behind_what_its_sim_keeps_it_from_answering_starts(
    make: Make, model: str, begins: str
) -> None:
    """It was taken for dead after ten seconds and opened anew; where the same question met it again, for ever."""
    house = make(personality=model)
    house._link = lambda number: Blocked(house, begins, 1)
    message_id = house.approved(LUIS)
    house.until(lambda: house.state(message_id) == "delivered", "delivered", 90)
    assert house.opened[0] == 1
