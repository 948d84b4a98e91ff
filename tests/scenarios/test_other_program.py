"""F35: another program took the answer to our text, and we read the one to its own command."""

from collections import deque
from pathlib import Path

import pytest

from gateway import stations
from hardware.link import Link
from tests.scenarios.office import NUMBERS, Office
from tests.scenarios.receiving import Make, pdu
from tests.scenarios.test_faults_sending import one_before
from tests.scenarios.test_late_answers import handed_over
from tests.simulated import ADA, LUIS, House
from tests.virtual_link import VirtualLink


@pytest.mark.parametrize(
    "said",
    [
        "+CMS ERROR: 321",
        "+CME ERROR: 14",
        "+CME ERROR: 3",
        "+CME ERROR: 4",
        "+CMS ERROR: 302",
        "+CMS ERROR: 304",
        "+CMS ERROR: 315",
        "+CMS ERROR: 515",  # dense seed 26000498: it restarted behind the text
    ],
)
def test_what_no_network_says_of_a_text_does_not_send_it_again(office: Office, said: str) -> None:
    """An empty slot, or a question that its SIM could not answer just then: the text was on the air already, and went again."""
    one_before(office)
    office.world.modems[0].say_raw(
        b"\r\n+COPS: 0\r\n\r\nOK\r\n", office.now()
    )  # to another program's question
    office.fault("cmgs_silent", "sent", times=1)
    says_meanwhile(office, f"\r\n{said}\r\n")
    text = office.approved(ADA)
    office.run(1800)
    assert [to for to, _ in office.air()][1:] == [ADA]
    assert office.state(text) == "uncertain"


@pytest.mark.parametrize(
    "said",
    [
        *(f"{rest}\r\n\r\n+CMS ERROR: 42" for rest in (" 1", ",12", 'SM",0,12', "5643809", "18D8")),
        *(f"\r\n+CMS ERROR: {first}\r\n\r\nOK" for first in ("3", "32")),
    ],
)
def test_a_refusal_of_which_another_program_took_a_part_does_not_send_the_text_again(
    office: Office, said: str
) -> None:
    """It had taken the acceptance, and the beginning of what the modem said to it (seed 5001076), or of +CMS ERROR: 305 all but its first
    digit, which was the network's then (dense seed 39001320); that text went twice."""
    one_before(office)
    office.fault("cmgs_silent", "sent", times=1)
    says_meanwhile(office, f"{said}\r\n")
    text = office.approved(ADA)
    office.run(1800)
    assert [to for to, _ in office.air()][1:] == [ADA]
    assert office.state(text) == "uncertain"


def says_meanwhile(office: Office, said: str) -> None:
    """Once the next text was handed over, the modem says this."""
    gone, told = handed_over(office), []

    def tell() -> bool:
        if gone() and not told:
            told.append(True)
            office.world.modems[0].say_raw(said.encode(), office.now())
        return False

    office.cut_when = tell


def heard(office: Office, *, seconds: float, every_s: float = 3.0, asks: bytes = b"AT+CSQ\r") -> None:
    """Another program asks the modem something again and again; here its answers are read too."""
    for _ in range(round(seconds / every_s)):
        office.world.modems[0].feed(asks, office.now())
        office.run(every_s)


def state_of(office: Office) -> tuple[str, str]:
    row = office.db.execute("SELECT state, reason FROM station WHERE name='s0'").fetchone()
    return row["state"], row["reason"].split("\n")[0]


def told(office: Office) -> list[str]:
    """What the station said of another program, in order."""
    rows = office.db.execute("SELECT reason FROM station_event ORDER BY id").fetchall()
    return [row["reason"].split("\n")[0] for row in rows if "program" in row["reason"].split("\n")[0]]


@pytest.mark.parametrize("asks", [b"AT\r", b"AT+CPIN?\r"], ids=["AT", "what begins our modem anew"])
def test_while_another_program_works_at_the_port_nothing_leaves_and_the_technician_is_told(
    office: Office, asks: bytes
) -> None:
    """Texts left between its commands: one that chose a storage or text mode in that moment had them go wrong."""
    office.until_ready()
    office.run(70)
    heard(office, seconds=12, asks=asks)
    assert state_of(office) == ("waiting", "The modem s0 waits: another program works at its port.")
    text = office.approved(ADA)
    heard(office, seconds=60, asks=asks)
    office.arrive("Yes", LUIS)
    heard(office, seconds=30, asks=asks)
    assert (office.air(), office.state(text)) == ([], "approved")
    assert office.texts() == ["Yes"]


def test_once_it_is_quiet_the_modem_is_set_up_anew_before_the_next_text(office: Office) -> None:
    office.until_ready()
    office.run(70)
    heard(office, seconds=12)
    text, modem = office.approved(ADA), office.world.modems[0]
    for command in (
        b"AT+CMGF=1\r",
        b"AT+CMEE=0\r",
        b"ATE1\r",
        b'AT+CPMS="ME","ME","ME"\r',
        b"AT+CNMI=0,0,0,0,0\r",
    ):
        heard(office, seconds=3, asks=command)
    quiet_at = office.now()
    office.until_state(text, "sent", limit_s=200)
    assert [to for to, _ in office.air()] == [ADA]
    assert 80 < office.now() - quiet_at < 120
    settings = modem.settings
    assert (settings.cmgf, settings.cmee, settings.echo) == (0, 1, False)
    office.arrive("Yes", LUIS)
    office.run(5)
    assert office.texts() == ["Yes"]
    assert state_of(office)[0] == "ready"


def test_it_goes_on_beside_a_program_that_does_not_stop_and_says_so(office: Office) -> None:
    """A modem that talks in a way that nobody has seen must not keep its texts for ever."""
    office.until_ready()
    heard(office, seconds=300, every_s=30.0)
    text = office.approved(ADA)
    heard(office, seconds=1200, every_s=30.0)
    assert office.state(text) == "delivered"
    assert state_of(office) == (
        "ready",
        "Another program works at the port of the modem s0, and does not stop.",
    )
    office.run(600)
    assert state_of(office)[0] == "ready"
    assert "program" not in state_of(office)[1]


@pytest.mark.parametrize(
    ("fault", "value"),
    [
        ("hang", 20.0),
        ("hang", 200.0),
        ("cmgs_late", 31_000),
        ("cmgs_stray", 190_000),
        ("prompt_delay", 20_000),
        ("esc_ok", None),
        ("dup_echo_line", None),
        ("echo_stuck", None),
        ("ok_without_cmgs", None),
        ("cmgl_hang", 90.0),
        ("boot_storm", 20.0),
        ("noise", 2.0),
        ("ringing", None),
    ],
)
def test_no_late_answer_and_no_echo_is_taken_for_another_program(
    office: Office, fault: str, value: object
) -> None:
    office.until_ready()
    office.run(70)
    for number in range(6):
        office.fault(fault, value, times=2)
        office.approved(NUMBERS[number])
        office.run(60)
    office.clear()
    office.run(300)
    assert told(office) == []


@pytest.mark.parametrize(
    ("said", "heard_before"),
    [("+CMS ERROR: 302", False), ("+CME ERROR: 14", True), ("ERROR", True), ("+CMS ERROR: 500", True)],
)
def test_after_what_was_said_to_another_program_the_texts_own_answer_is_still_owed(
    office: Office, said: str, heard_before: bool
) -> None:
    """Ada's acceptance came while Luis's text was out, which the network lost: it was said to be sent."""
    one_before(office)
    if heard_before:
        office.world.modems[0].say_raw(b"\r\n+COPS: 0\r\n\r\nOK\r\n", office.now())
        office.run(1)
    office.fault("cmgs_stray", 40_000, times=1)
    began, told = office.now(), []

    def tell() -> bool:
        if office.now() > began + 10 and not told:
            told.append(True)
            office.world.modems[0].say_raw(f"\r\n{said}\r\n".encode(), office.now())
        return False

    office.cut_when = tell
    text = office.approved(ADA)
    office.until_state(text, "uncertain", limit_s=20)
    office.fault("cmgs_silent", "lost", times=1)
    other = office.approved(LUIS)
    office.until_state(other, "uncertain", "sent", limit_s=300)
    assert office.state(other) == "uncertain"
    assert office.state(text) in ("sent", "uncertain")


def test_a_refusal_beside_another_program_that_works_there_does_not_send_the_text_again(
    office: Office,
) -> None:
    """gammu-smsd sends texts too: what the network refused to it sent ours twice."""
    one_before(office)
    office.run(70)
    office.fault("cmgs_silent", "sent", times=1)
    modem, began = office.world.modems[0], office.now()
    saying = [(2, "+CPMS: 0,20,0,20,0,20"), (4, "+COPS: 0"), (6, "+CMS ERROR: 38")]

    def tell() -> bool:
        if saying and office.now() > began + saying[0][0]:
            modem.say_raw(f"\r\n{saying.pop(0)[1]}\r\n".encode(), office.now())
        return False

    office.cut_when = tell
    text = office.approved(ADA)
    office.run(1800)
    assert [to for to, _ in office.air()][1:] == [ADA]
    assert office.state(text) == "uncertain"


def test_a_program_that_asks_for_the_pin_all_the_time_has_the_modem_begun_anew_once(office: Office) -> None:
    """Each of its answers opened the port again, with two rows and forty commands."""
    office.until_ready()
    office.run(70)
    heard(office, seconds=60, asks=b"AT+CPIN?\r")
    assert office.opened[0] < 6
    text = office.approved(ADA)
    office.until_state(text, "sent", limit_s=150)


def test_beside_a_program_that_asks_for_the_pin_for_ever_the_modem_is_not_begun_anew_each_time(
    office: Office,
) -> None:
    office.until_ready()
    office.run(70)
    heard(office, seconds=1000, asks=b"AT+CPIN?\r")
    before, text = office.opened[0], office.approved(ADA)
    heard(office, seconds=300, asks=b"AT+CPIN?\r")
    assert office.opened[0] <= before + 1
    assert office.state(text) == "delivered"


def test_the_rest_of_a_long_text_follows_when_the_other_program_has_gone(office: Office) -> None:
    one_before(office)
    office.run(70)
    before, modem, asked = len(office.air()), office.world.modems[0], []

    def ask() -> bool:
        if len(office.air()) > before and len(asked) < 4:
            asked.append(True)
            modem.say_raw(b"\r\n+CPMS: 0,20,0,20,0,20\r\n", office.now())
            office.clock.advance(1.5)
        return False

    office.cut_when = ask
    text = office.approved(ADA, "long " * 80)
    office.run(60)
    assert office.state(text) == "approved"
    first = len(office.air()) - before
    assert 0 < first < 3
    office.until_state(text, "sent", limit_s=200)
    assert len(office.air()) - before == 3


class Slow(VirtualLink):
    """A line on which whatever is said comes four seconds later."""

    def __init__(self, house: House, number: int) -> None:
        super().__init__(house.world, number, house.clock, began=house.began)
        self._now_s = house.clock.monotonic
        self._coming: deque[tuple[float, bytes]] = deque()

    def read(self, deadline: float) -> bytes:
        while not self._coming or self._coming[0][0] > self._now_s():
            until = min(deadline, self._coming[0][0]) if self._coming else deadline
            if data := super().read(until):
                self._coming.append((self._now_s() + 4.0, data))
            elif self._now_s() >= deadline or self._now_s() < until:
                return b""
        return self._coming.popleft()[1]


def test_a_line_that_takes_its_time_is_no_other_program(tmp_path: Path) -> None:
    """Each command got the result of the one before, and its own lines came behind: the modem was opened anew every three minutes."""

    def link(number: int) -> Link:
        house.world.tick(house.now())
        return Slow(house, number)

    house = House(tmp_path / "textbank.db", link=link)
    try:
        house.until_ready()
        text = house.approved(ADA)
        house.run(300)
        assert house.state(text) in ("sent", "delivered")
        said = house.db.execute("SELECT reason FROM station_event").fetchall()
        assert not [row["reason"] for row in said if "program" in row["reason"]]
    finally:
        house.close()


@pytest.mark.parametrize("level", [0, 4])
def test_a_radio_that_another_program_left_off_is_switched_on(office: Office, level: int) -> None:
    """Seed 982264: the answer at the start was lost, nobody asked again, and without a network no reply came for as long as it ran."""
    office.until_ready()
    office.world.modems[0].radio = level
    text = office.approved(ADA)
    office.until_state(text, "sent", "delivered", limit_s=90)
    assert any("Its radio was switched off." in row["reason"] for row in stations.events(office.db, "s0"))


@pytest.mark.parametrize("alone", [False, True])
def test_a_slot_that_a_listing_beside_another_program_does_not_show_is_not_empty(
    make: Make, *, alone: bool
) -> None:
    """It had had the listing: a STOP that could not be deleted yet was shown a second time, when the clock of the box had been set."""
    house = make()
    house.until_ready()
    modem = house.world.modems[0]
    house.fault("cmgd_refused", 320)
    text = pdu(house, "STOP")
    index = house.put(text, storage="SM")
    house.until(lambda: house.texts() == ["STOP"], "kept")
    modem.storages["SM"].remove(index)
    for _ in range(140):
        modem.feed(b"" if alone else b"AT+CSQ\r", house.now())
        house.run(5)
    house.put(text, storage="SM")
    house.clear("cmgd_refused")
    house.run(300)
    assert house.stored() == []
    assert house.texts() == (["STOP", "STOP"] if alone else ["STOP"])


def test_after_one_stray_answer_a_text_waits_for_five_seconds_and_leaves(office: Office) -> None:
    """The first sign of a program that had only just begun: it chose text mode before the second."""
    office.until_ready()
    office.run(70)
    modem = office.world.modems[0]
    modem.say_raw(b"\r\nOK\r\n", office.now())
    office.run(0.5)
    text, began = office.approved(ADA), office.now()
    office.run(4)
    assert office.state(text) == "approved"
    assert not office.air()
    office.until_state(text, "sent", limit_s=30)
    assert office.now() < began + 15


def test_text_mode_that_another_program_chose_just_before_the_prompt_is_left_before_a_text_goes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but an OK before the prompt told of it: the PDU went as words to the number that was its length."""
    one_before(office)
    write, chosen = VirtualLink.write, []

    def beside(link: VirtualLink, data: bytes) -> None:
        if data.startswith(b"AT+CMGS=") and not chosen:
            chosen.append(True)
            office.world.modems[0].feed(b"AT+CMGF=1\r", office.now())
        write(link, data)

    monkeypatch.setattr(VirtualLink, "write", beside)
    text = office.approved(ADA)
    office.until_state(text, "sent", "delivered", limit_s=90)
    assert chosen
    assert [to for to, _ in office.air()][1:] == [ADA]
