"""What a modem refuses with a bare ERROR, or answers with a bare OK, for a while after its start, as when its SIM is busy and it does not say so:
asked again, not believed.
"""

import re
from collections.abc import Callable

import pytest

from hardware.virtual.personality import PERSONALITIES
from tests.scenarios.office import EVE
from tests.scenarios.receiving import Make, pdu
from tests.simulated import ADA, LUIS, House
from tests.virtual_link import VirtualLink

FOR_S = 10.0
each_model = pytest.mark.parametrize("model", sorted(PERSONALITIES))


class Refusing(VirtualLink):
    """A modem that answers these commands with ERROR, or with nothing but `says`: the first `times`, or for `FOR_S`."""

    refused = 0

    def __init__(
        self, house: House, begins: tuple[str, ...], times: int | None, says: bytes = b"ERROR"
    ) -> None:
        super().__init__(house.world, 0, house.clock, began=house.began)
        self._begins, self._times, self._says, self._answer = begins, times, says, b""

    def write(self, data: bytes) -> None:
        late = self._now() > FOR_S if self._times is None else Refusing.refused >= self._times
        if late or not data.decode("latin-1").startswith(self._begins):
            super().write(data)
        else:
            self._there()
            Refusing.refused += 1
            self._answer += b"\r\n" + self._says + b"\r\n"

    def read(self, deadline: float) -> bytes:
        answer, self._answer = self._answer, b""
        return answer or super().read(deadline)


Refuses = Callable[..., House]


@pytest.fixture
def refuses(make: Make) -> Refuses:
    def build(
        *begins: str, model: str = "generic", times: int | None = None, says: bytes = b"ERROR"
    ) -> House:
        house = make(personality=model)
        Refusing.refused = 0
        house._link = lambda number: Refusing(house, begins, times, says)
        return house

    return build


@pytest.mark.parametrize(
    ("model", "name"),
    [(model, name) for model in sorted(PERSONALITIES) for name in sorted(PERSONALITIES[model].storages)],
)
@pytest.mark.parametrize(
    "begins",
    [('AT+CPMS="{name}"',), ("AT+CPMS=?", 'AT+CPMS="'), ("AT+CPMS",)],
    ids=["it alone", "it is not named", "all of them"],
)
def test_no_text_leaves_before_a_stop_in_a_storage_that_was_refused_at_first_was_read(
    refuses: Refuses, model: str, name: str, begins: tuple[str, ...]
) -> None:
    """It left within a second of the start; the storage was looked at a minute later."""
    house = refuses(*(begin.format(name=name) for begin in begins), model=model)
    house.put(pdu(house, "STOP", sender=LUIS), name)
    stopped, goes = house.approved(LUIS), house.approved(ADA, "Hello Ada")
    house.until(lambda: house.state(stopped) == "withdrawn", "the stop is heard", 60)
    house.until(lambda: house.state(goes) == "delivered", "the other one leaves", 60)
    assert "Can you come?" not in [record.text for record in house.world.network.air]


@pytest.mark.parametrize(
    ("model", "name"),
    [(model, name) for model in sorted(PERSONALITIES) for name in sorted(PERSONALITIES[model].storages)],
)
@pytest.mark.parametrize("times", [None, 1, 2])
def test_no_text_leaves_before_a_stop_that_an_empty_list_hid_was_read(
    refuses: Refuses, model: str, name: str, times: int | None
) -> None:
    """The OK was believed, though the modem had just counted a text in that storage; it was read a minute later."""
    house = refuses("AT+CMGL", model=model, times=times, says=b"OK")
    house.put(pdu(house, "STOP", sender=LUIS), name)
    stopped, goes = house.approved(LUIS), house.approved(ADA, "Hello Ada")
    house.until(lambda: house.state(stopped) == "withdrawn", "the stop is heard", 60)
    house.until(lambda: house.state(goes) == "delivered", "the other one leaves", 90)
    assert "Can you come?" not in [record.text for record in house.world.network.air]


@pytest.mark.parametrize("name", ["SM", "ME"])
def test_no_text_leaves_before_a_stop_that_an_empty_list_hid_where_no_count_can_be_asked_for(
    refuses: Refuses, name: str
) -> None:
    """The modem had told its count when the storage was chosen; it knows no AT+CPMS?, and that was taken for a count of none."""
    house = refuses("AT+CMGL", times=1, says=b"OK")
    house.fault("no_cpms_query")
    house.put(pdu(house, "STOP", sender=LUIS), name)
    stopped, goes = house.approved(LUIS), house.approved(ADA, "Hello Ada")
    house.until(lambda: house.state(goes) == "delivered", "the other one leaves", 90)
    assert house.state(stopped) == "withdrawn"


@each_model
def test_a_modem_whose_list_stays_empty_is_read_slot_by_slot(refuses: Refuses, model: str) -> None:
    """No answer ever reached anybody."""
    house = refuses("AT+CMGL", model=model, times=10**9, says=b"OK")
    house.put(pdu(house, "STOP", sender=LUIS))
    stopped = house.approved(LUIS)
    house.until(lambda: house.state(stopped) == "withdrawn", "the stop is heard", 5)
    house.arrive("Hello")
    house.until(lambda: house.shown() == ["Hello"], "read", 65)


class Mute(Refusing):
    """It lists nothing, and one of its slots is never answered for."""

    def write(self, data: bytes) -> None:
        if data != b"AT+CMGR=2\r":
            super().write(data)


def test_a_slot_that_is_never_answered_for_does_not_end_every_start(refuses: Refuses) -> None:
    """The modem was said to stay silent, was opened anew and met the same slot: no text left, and no stop was heard."""
    house = refuses("AT+CMGL")
    house._link = lambda number: Mute(house, ("AT+CMGL",), 10**9, b"OK")
    for words, sender in (("Hello", EVE), ("Lost", EVE), ("STOP", LUIS)):
        house.put(pdu(house, words, sender=sender))
    stopped, goes = house.approved(LUIS), house.approved(ADA, "Hello Ada")
    house.until(lambda: house.state(stopped) == "withdrawn", "the stop is heard", 60)
    house.until(lambda: house.state(goes) == "delivered", "the other one leaves", 300)
    assert house.opened == [1]


class Overcounting(VirtualLink):
    """A modem that counts two texts where none is."""

    def _arrived(self) -> bytes:
        return re.sub(rb"(?<=[ ,])0,(?=100\b)", b"2,", super()._arrived())


def test_a_modem_that_counts_texts_which_are_nowhere_sends_all_the_same(make: Make) -> None:
    """After the twenty seconds that a storage is waited for, once a start; what comes later costs nothing."""
    house = make()
    house._link = lambda number: Overcounting(house.world, 0, house.clock, began=house.began)
    message_id = house.approved()
    assert house.until(lambda: house.state(message_id) == "delivered", "the first", 60) < 25
    house.run(70)
    for words in ("Hello", "Hello again"):
        house.arrive(words)
        house.run(70)
        message_id = house.approved(ADA, words)
        assert house.until(lambda m=message_id: house.state(m) == "delivered", words, 60) < 2
    assert house.shown() == ["Hello", "Hello again"]


class Damaged(VirtualLink):
    """A SIM one record of which cannot be read: it is counted, and not listed."""

    _answer = b""

    def write(self, data: bytes) -> None:
        if data.startswith(b"AT+CMGR=7\r"):
            self._answer = b"\r\n+CMS ERROR: 313\r\n"
        else:
            super().write(data)

    def read(self, deadline: float) -> bytes:
        answer, self._answer = self._answer, b""
        return answer or super().read(deadline)

    def _arrived(self) -> bytes:
        return re.sub(rb"(?<=[ ,])0,(?=100\b)", b"1,", super()._arrived())


@pytest.mark.parametrize("lists", [True, False])
def test_a_record_of_the_sim_that_cannot_be_read_does_not_end_every_start(make: Make, *, lists: bool) -> None:
    """It is counted, so each slot was read, and its error was taken for the SIM's: the modem never worked again."""
    house = make()
    house._link = lambda number: Damaged(house.world, 0, house.clock, began=house.began)
    if not lists:
        house.fault("no_cmgl")
    message_id = house.approved()
    house.until(lambda: house.state(message_id) == "delivered", "sent", 60)
    assert house.opened == [1]


@each_model
def test_a_modem_that_does_not_tell_its_service_centre_sends(refuses: Refuses, model: str) -> None:
    """It was paused for ever, though it had one."""
    house = refuses("AT+CSCA?", model=model, times=10**9, says=b"OK")
    message_id = house.approved()
    house.until(lambda: house.state(message_id) == "delivered", "sent", 10)


def test_who_has_a_sim_without_a_service_centre_is_told_what_to_store(refuses: Refuses) -> None:
    """They were sent to look at its credit and plan, where the modem had not said before that it has none."""
    house = refuses("AT+CSCA?", times=10**9, says=b"OK")
    house.fault("no_smsc")
    message_id = house.approved()
    house.until(lambda: house.said()[0] == "paused", "paused", 30)
    house.run(70)
    assert house.state(message_id) == "approved"
    assert "does not know the network's text centre" in house.said()[1]
    assert "Ask the operator for the number of its text centre" in house.said()[1]


class NotReadYet(VirtualLink):
    """A modem that has not read its SIM's service centre for 3 s: it does not tell it, and knows none."""

    def write(self, data: bytes) -> None:
        if self._now() > 3:
            self._world.clear(0, now=self._now())
        super().write(data)


def test_a_sim_that_was_not_read_yet_when_its_modem_started_is_not_paused_for_good(make: Make) -> None:
    """A text was refused for want of a service centre, and its SIM waited until a person pressed "Go on"."""
    house = make()
    house._link = lambda number: NotReadYet(house.world, 0, house.clock, began=house.began)
    house.fault("only_ok", "+CSCA?")
    house.fault("no_smsc")
    message_id = house.approved()
    house.until(lambda: house.state(message_id) == "delivered", "sent", 20)


def test_a_service_centre_that_was_not_told_at_first_is_asked_for_again_soon(refuses: Refuses) -> None:
    """No text left for a minute."""
    house = refuses("AT+CSCA?", says=b'+CSCA: "",129\r\n\r\nOK')
    message_id = house.approved()
    assert house.until(lambda: house.state(message_id) == "delivered", "sent", 90) < 25


def works(house: House) -> None:
    """It rings when a text comes, and reports come."""
    house.until_ready(60)
    house.run(100)
    house.arrive("Hello")
    assert house.until(lambda: house.shown() == ["Hello"], "by bell", 90) < 3
    message_id = house.approved(ADA)
    house.until(lambda: house.state(message_id) == "delivered", "delivered", 60)


@each_model
@pytest.mark.parametrize("times", [None, 1, 2])
def test_indications_that_were_refused_at_first_are_set_later(
    refuses: Refuses, model: str, times: int | None
) -> None:
    """No bell rang and no report came for as long as the port was open, or texts were handed over and not stored."""
    house = refuses("AT+CNMI=", model=model, times=times)
    works(house)
    assert house.opened == [1]
    assert house.stations[0].modem is not None
    assert not house.stations[0].modem._storages.handed_over


@each_model
def test_how_indications_stand_is_asked_again_so_that_it_is_seen_when_they_are_forgotten(
    refuses: Refuses, model: str
) -> None:
    house = refuses("AT+CNMI?", model=model, times=1)
    house.until_ready(60)
    house.run(70)
    house.fault("cnmi_forgotten")
    house.run(1)
    house.clear("cnmi_forgotten")
    house.until(lambda: house.opened == [2], "set up anew", 130)
    works(house)


@each_model
def test_a_modem_that_lets_nothing_be_read_at_first_is_not_made_one_that_hands_texts_over(
    refuses: Refuses, model: str
) -> None:
    """It stored none from then on; a stop that lay on it was found after texts had left, and one model hung for good."""
    house = refuses("AT+CMGL", "AT+CMGR", model=model)
    name = sorted(house.world.modems[0].storages)[-1]
    house.put(pdu(house, "STOP", sender=LUIS), name)
    stopped = house.approved(LUIS)
    house.until(lambda: house.state(stopped) == "withdrawn", "the stop is heard", 60)
    works(house)
    assert house.opened == [1]
    assert not [line for line in house.written[0] if line.startswith(("AT+CNMI=2,2", "AT+CNMI=1,2"))]


CARD = (
    "AT+CIMI",
    "AT+CNUM",
    "AT+CSCA",
    "AT+CCID",
    "AT^ICCID",
    "AT+ICCID",
    "AT+QCCID",
    "AT+CICCID",
    "AT+CRSM",
)


@each_model
def test_a_conversation_that_a_sim_began_before_it_told_its_name_goes_on(
    refuses: Refuses, model: str
) -> None:
    """It belonged to a SIM that was never seen again, and waited for that one for ever."""
    house = refuses(*CARD, model=model)
    first = house.approved()
    house.until(lambda: house.state(first) == "delivered", "the first", 60)
    house.run(150)
    second = house.approved()
    house.until(lambda: house.state(second) == "delivered", "the second", 60)
    house.restart()
    third = house.approved()
    house.until(lambda: house.state(third) == "delivered", "the third", 60)
    assert len(house.db.execute("SELECT 1 FROM sim").fetchall()) == 1
    house.fault("sim_swap", 1)
    house.until(lambda: house.said()[1] == "" and house.opened[0] > 3, "another SIM is in", 200)
    house.run(70)
    fourth = house.approved()
    house.run(60)
    assert house.state(fourth) == "approved"  # that one did not begin it


@each_model
def test_another_sim_is_seen_though_the_first_ones_imsi_was_refused_once(
    refuses: Refuses, model: str
) -> None:
    """Texts left by it on the first one's budget and in its conversations, until the port was opened anew."""
    house = refuses("AT+CIMI", model=model, times=1)
    house.until_ready(60)
    house.run(70)
    before = house.db.execute("SELECT iccid FROM station").fetchone()["iccid"]
    house.fault("sim_swap", {"sim": 1, "quiet": True})
    house.run(130)
    assert house.opened == [2]
    assert house.db.execute("SELECT iccid FROM station").fetchone()["iccid"] != before


def test_a_station_remembers_its_modem_though_that_did_not_tell_its_imei_once(refuses: Refuses) -> None:
    """A station without a port knows its modem by it: the next time another one, with the default limits, was made for that modem."""
    house = refuses("AT+CGSN", times=0)
    house.until_ready(60)
    known = house.db.execute("SELECT imei FROM station").fetchone()["imei"]
    house._link = lambda number: Refusing(house, ("AT+CGSN",), 100)
    house.restart()
    house.run(30)
    assert known
    assert house.db.execute("SELECT imei FROM station").fetchone()["imei"] == known


@each_model
def test_a_locked_sim_that_did_not_say_so_at_first_gets_its_pin(make: Make, model: str) -> None:
    """It had no network for ever, its PIN stood in the file, and people were told to move the modem to a window."""
    house = make(personality=model, pin="1234")
    house.fault("pin_required", 3)
    house.fault("plain_error")
    house._link = lambda number: Refusing(house, ("AT+CPIN?",), None)
    message_id = house.approved()
    house.until(lambda: house.state(message_id) == "delivered", "sent", 200)
    assert [line for line in house.written[0] if line.startswith("AT+CPIN=")] == ['AT+CPIN="1234"']
