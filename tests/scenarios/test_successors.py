"""A station that hangs while its successor has begun, and a stop that nobody announced while the modem makes us wait."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import flight
from gateway.station import loop
from hardware.link import Link
from hardware.virtual import VirtualBank
from tests.scenarios.kills.doomed import ADA, LUIS, Doomed
from tests.scenarios.kills.nursery import Nursery
from tests.scenarios.office import Office
from tests.virtual_link import VirtualLink

PDU, CTRL_Z = re.compile(rb"[0-9A-F]{20,}"), re.compile(rb"\x1a")


class Hanging:
    """A link whose writer hangs, once, right after it wrote this; meanwhile `act` happens."""

    def __init__(self, link: Link, after: re.Pattern[bytes], act: Callable[[], None]) -> None:
        self.name, self.read, self.wake, self.close = link.name, link.read, link.wake, link.close
        self._link, self._after, self._act = link, after, act
        self.happened = False

    def write(self, data: bytes) -> None:
        self._link.write(data)
        if self._after.fullmatch(data) and not self.happened:
            self.happened = True
            self._act()


@pytest.mark.parametrize(("after", "left"), [(PDU, 0), (CTRL_Z, 1)])
def test_a_station_that_hung_while_its_successor_began_sends_nothing_more_and_nothing_goes_twice(
    office: Office, after: re.Pattern[bytes], left: int
) -> None:
    links: list[Hanging] = []

    def hanging(number: int) -> Link:
        links.append(Hanging(office._virtual(number), after, successor))
        return links[-1]

    def successor() -> None:
        flight.begin(office.db, "s0", now=office.wall())

    office._link = hanging
    message_id = office.approved(ADA)
    office.until(lambda: bool(links) and links[0].happened, "it hangs")
    office.run(20)
    assert len(office.air()) == left  # the older start has said no more
    office.approved(LUIS)
    office.run(60)
    assert len(office.air()) == left, "an older start took a text"
    office._link = office._virtual
    office.restart()
    office.until(lambda: [to for to, _ in office.air()].count(LUIS) == 1, "the next text")
    assert [to for to, _ in office.air()].count(ADA) == 1
    assert office.state(message_id) in ("sent", "delivered")


@pytest.mark.parametrize("announced", [False, True])
def test_a_stop_that_lies_on_the_sim_while_the_prompt_is_delayed_stops_the_text(
    office: Office, announced: bool
) -> None:
    office.until_ready()
    if not announced:
        office.fault("drop_cmti")
    office.fault("prompt_delay", 2_000, 1)
    message_id = office.approved(ADA)
    office.until(lambda: office.submits() == 1, "it waits for the prompt")
    office.arrive("STOP", ADA)
    office.until_state(message_id, "withdrawn")
    assert [to for to, _ in office.air()].count(ADA) == 0


@pytest.mark.parametrize("prompt", [("prompt_delay", 2_000), ("prompt_missing", "silent")])
def test_a_stop_is_read_though_another_program_chose_a_storage_while_it_took_the_prompt(
    office: Office, prompt: tuple[str, object]
) -> None:
    """It took whatever else would have told of it; the storage that it chose was read again, and was empty (seed 20001655)."""
    office.until_ready()
    office.fault("drop_cmti")
    office.fault(*prompt, 1)
    message_id = office.approved(ADA)
    office.until(lambda: office.submits() == 1, "it waits for the prompt")
    office.arrive("STOP", ADA)
    modem = office.world.modems[0]
    was = modem.settings.memory
    modem.settings.memory = ("SM" if was[0] == "ME" else "ME", *was[1:])
    office.until_state(message_id, "withdrawn", limit_s=60)
    assert [to for to, _ in office.air()].count(ADA) == 0


@pytest.mark.parametrize("odd", [("refuses", "+CPMS="), ("dies_of", "+CMGF?")])
def test_a_modem_that_is_slow_once_and_does_not_bear_our_care_is_not_opened_anew(
    office: Office, odd: tuple[str, str]
) -> None:
    """One that lets no storage be chosen was, at each reading of half a minute; one that hangs at what no start asks of it, at each prompt."""
    office.fault(*odd)
    office.until_ready()
    opened = office.opened[0]
    office.fault("prompt_delay", 1_000, 1)
    office.until_state(office.approved(ADA), "sent", "delivered")
    assert office.opened[0] == opened


def test_a_modem_that_is_slow_once_refuses_a_text_behind_that_for_no_other_program(office: Office) -> None:
    """A refusal as +CME ERROR, which another program's questions get: the text was uncertain, though nobody else was there."""

    class Wordy(VirtualLink):
        def read(self, deadline: float) -> bytes:
            return super().read(deadline).replace(b"+CMS ERROR: 38", b"+CME ERROR: 30")

    office._link = lambda number: Wordy(office.world, number, office.clock, began=office.began)
    office.until_ready()
    office.fault("prompt_delay", 1_000, 1)
    office.fault("cmgs_error", 38, 1)
    office.until_state(office.approved(ADA), "sent", "delivered")


@pytest.mark.parametrize("usual_ms", [100, 2_000])
def test_a_stop_that_lies_on_the_sim_while_a_prompt_takes_longer_than_this_modem_usually_takes_stops_the_text(
    office: Office, usual_ms: int
) -> None:
    """After two slow prompts any was taken for usual, also one of ten seconds."""
    office.until_ready()
    office.fault("drop_cmti")
    office.fault("prompt_delay", usual_ms)
    for words in ("one", "two", "three"):
        office.until_state(office.approved(LUIS, words), "sent", "delivered", limit_s=30)
    assert office.submits() <= 5  # a modem that is always slow sends all the same
    office.fault("prompt_delay", 10_000)
    submits, came = office.submits(), []

    def stop_comes() -> bool:
        if office.submits() > submits and not came:
            came.append(office.now())
            office.arrive("STOP", ADA)
        return False

    office.cut_when = stop_comes
    message_id = office.approved(ADA)
    office.until_state(message_id, "withdrawn", limit_s=60)
    assert [to for to, _ in office.air()].count(ADA) == 0


def test_one_slow_prompt_makes_the_next_no_usual_one(office: Office) -> None:
    """A STOP lay on the SIM while the second was awaited, and the text left (seed 7200508 of denser houses)."""
    office.until_ready()
    office.fault("drop_cmti")
    office.fault("prompt_delay", 2_000, 1)
    office.until_state(office.approved(LUIS), "sent", "delivered", limit_s=30)
    submits = office.submits()
    office.fault("prompt_delay", 2_000, 1)
    message_id = office.approved(ADA)
    office.until(lambda: office.submits() > submits, "it waits for the prompt")
    office.arrive("STOP", ADA)
    office.until_state(message_id, "withdrawn", "sent", "delivered")
    assert [to for to, _ in office.air()].count(ADA) == 0


def test_a_modem_that_was_slow_at_something_else_is_still_read_before_each_text(office: Office) -> None:
    """Three seconds for its signal were taken for those of the list, and the list was read every ten seconds (seed 601245)."""
    links: list[Hanging] = []

    def slow(number: int) -> Link:
        links.append(Hanging(office._virtual(number), re.compile(rb"AT\+CSQ\r"), asked_for_the_signal))
        return links[-1]

    def asked_for_the_signal() -> None:
        office.clock.advance(3)
        sent.append(office.approved(LUIS))

    sent: list[int] = []
    office._link = slow
    office.fault("drop_cmti")
    office.until(
        lambda: bool(sent) and office.state(sent[0]) in ("sent", "delivered"), "the text in that step"
    )
    office.arrive("STOP", ADA)
    message_id = office.approved(ADA)
    office.until_state(message_id, "withdrawn", "sent", "delivered", limit_s=60)
    assert [to for to, _ in office.air()].count(ADA) == 0


@pytest.mark.parametrize("half", [b"AT+CMGD=1", b"AT+CSCA", b'AT+CPMS="ME"'])
def test_a_command_that_a_killed_process_left_half_typed_is_not_carried_out(
    office: Office, half: bytes
) -> None:
    """The next start ended the line: "AT+CSCA" without its question mark took the service centre away (seed 732228)."""
    office.arrive("Hello", ADA)
    office.world.modems[0].feed(half, office.now())
    office.until_ready()
    office.until(lambda: office.texts() == ["Hello"], "the text that lay on the SIM")
    office.until_state(office.approved(LUIS), "sent", "delivered", limit_s=60)


class Cutting:
    """A link of which another program takes the end of the first list that is not empty."""

    def __init__(self, link: Link) -> None:
        self.name, self.write, self.wake, self.close = link.name, link.write, link.wake, link.close
        self._link, self.cut = link, False

    def read(self, deadline: float) -> bytes:
        data = self._link.read(deadline)
        if b"+CMGL:" not in data or self.cut:
            return data
        self.cut = True
        return data[:60] + b"\r\nOK\r\n"


def test_no_text_leaves_while_a_record_that_was_cut_is_not_read_again(office: Office) -> None:
    """The cut record was a stop, and its sender was texted before the next reading (seed 720418)."""
    links: list[Cutting] = []
    office._link = lambda number: links.append(Cutting(office._virtual(number))) or links[-1]  # type: ignore[func-returns-value]
    office.until_ready()
    office.fault("drop_cmti")
    office.arrive("STOP", ADA)
    message_id = office.approved(ADA)
    office.until_state(message_id, "withdrawn", "sent", "delivered", limit_s=60)
    assert links[0].cut
    assert [to for to, _ in office.air()].count(ADA) == 0


def test_one_reading_that_is_slow_by_chance_makes_no_slow_modem(office: Office) -> None:
    """An answer was lost while the SIM was read, and the next text left without a look at it (dense seed 35000214)."""
    links: list[Hanging] = []

    def slow(number: int) -> Link:
        links.append(Hanging(office._virtual(number), re.compile(rb"AT\+CMGS=.*\r"), lambda: None))
        return links[-1]

    office._link = slow
    office.until_ready()
    office.fault("drop_cmti")
    links[-1]._after, links[-1]._act = re.compile(rb"AT\+CMGL=4\r"), lambda: office.clock.advance(3)
    office.until_state(office.approved(LUIS), "sent", "delivered", limit_s=30)
    assert links[-1].happened
    office.arrive("STOP", ADA)
    message_id = office.approved(ADA)
    office.until_state(message_id, "withdrawn", "sent", "delivered", limit_s=60)
    assert [to for to, _ in office.air()].count(ADA) == 0


def test_a_slow_prompt_has_the_sim_read_again_also_where_that_takes_long(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A station that reads its SIM every ten seconds only sent what it had put back to read first (seed 601245)."""
    monkeypatch.setattr(loop, "SLOW_READ_S", -1.0)
    office.until_ready()
    office.fault("drop_cmti")
    office.until_state(office.approved(LUIS), "sent", "delivered", limit_s=30)
    office.fault("prompt_delay", 2_000, 1)
    message_id, submits = office.approved(ADA), office.submits()
    office.until(lambda: office.submits() > submits, "it waits for the prompt")
    office.arrive("STOP", ADA)
    office.until_state(message_id, "withdrawn", "sent", "delivered", limit_s=60)
    assert [to for to, _ in office.air()].count(ADA) == 0


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[Doomed]:
    with VirtualBank(1, tmp_path / "m") as bank, Nursery() as nursery:
        group = Doomed(tmp_path / "group", bank, [0], nursery)
        yield group
        group.close()


def test_a_stick_that_is_plugged_back_in_while_its_old_port_hangs_in_close_sends_the_next_text(
    doomed: Doomed,
) -> None:
    doomed.bank.fault(0, "cmgs_late", 60_000, 1)
    doomed.bank.fault(0, "report_never")
    doomed.start(hangs=True)
    message_id = doomed.approved(ADA)
    doomed.until(lambda: doomed.went() == 1, "on the air")
    doomed.bank.unplug(0)
    doomed.until(lambda: doomed.state(message_id) == "uncertain", "the port is lost")
    doomed.bank.plug(0)
    doomed.sent(LUIS)
    assert doomed.went() == 1
    assert doomed.state(message_id) == "uncertain"


def test_of_two_gateways_started_at_one_moment_on_one_database_one_stays_and_each_text_goes_once(
    doomed: Doomed,
) -> None:
    ids = [doomed.approved(f"+1202555{number:04d}") for number in range(6)]
    doomed.start()
    first = doomed.process
    doomed.start()
    second = doomed.process
    doomed.until(lambda: first.poll() is not None or second.poll() is not None, "one refuses")
    stays = first if second.poll() is not None else second
    assert stays.poll() is None
    assert f"process {stays.pid}) already runs" in doomed.log.read_text()
    doomed.until(lambda: all(doomed.state(i) in ("sent", "delivered") for i in ids), "all sent")
    assert len(doomed.bank.air()) == len(ids)
    doomed.process = stays
