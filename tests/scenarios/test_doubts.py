"""A record on the SIM that is damaged on its way to us: it may be a stop, so no text leaves, and nothing is deleted that was not read."""

import re
from collections.abc import Callable

import pytest

from gateway.station import loop
from gateway.station.doubts import HELD_S, LATER_S, SAME, Doubts
from gateway.station.receiving import REFUSED_AGAIN_S, REFUSED_S
from gateway.station.rounds import AGAIN_S, NEVER
from hardware.link import Link
from tests.scenarios.office import Office
from tests.scenarios.receiving import pdu
from tests.simulated import ADA, LUIS

Harm = Callable[[bytes], bytes]


class Damaging:
    """A link that changes what is read, and what is written."""

    def __init__(self, link: Link, harm: Harm, written: Harm) -> None:
        self.name, self.wake, self.close = link.name, link.wake, link.close
        self._link, self._harm, self._written = link, harm, written

    def write(self, data: bytes) -> None:
        self._link.write(self._written(data))

    def read(self, deadline: float) -> bytes:
        return self._harm(self._link.read(deadline))


def damaged(office: Office, harm: Harm, written: Harm = lambda data: data) -> None:
    """From the next opening of the port on."""
    office._link = lambda number: Damaging(office._virtual(number), harm, written)


def texts_to(office: Office, number: str) -> int:
    return [to for to, _ in office.air()].count(number)


class Record:
    """One record that reads in another way each time, while `bad`."""

    def __init__(self) -> None:
        self.pdu, self.bad, self.readings = "", False, 0

    def harm(self, data: bytes) -> bytes:
        if not (self.bad and self.pdu and self.pdu.encode() in data):
            return data
        self.readings += 1
        return data.replace(self.pdu.encode(), self.pdu.encode()[: 18 + self.readings % 20])


@pytest.fixture
def stop(office: Office) -> Record:
    """Ada's STOP lies on the SIM, nothing said so, and each reading damages it in another way."""
    record = Record()
    damaged(office, record.harm)
    office.until_ready()
    office.fault("drop_cmti")
    office.arrive("STOP", ADA)
    office.clock.advance(0.2)
    office.world.tick(office.now())
    record.pdu, record.bad = next(held[2] for held in office.stored()), True
    return record


def test_nothing_is_sent_and_nothing_deleted_until_it_is_read_whole(office: Office, stop: Record) -> None:
    """Readings were counted and not timed: a queue of texts used twenty of them up at once, and the SIM's good copy was deleted."""
    waiting = [office.approved(LUIS, f"text {n}") for n in range(25)]
    to_ada = office.approved(ADA)
    office.run(120)
    assert (office.air(), stop.pdu in [held[2] for held in office.stored()]) == ([], True)
    state, words = office.said()
    assert state == "waiting"
    assert "it holds a text that cannot be read" in words
    assert stop.readings <= 6 + 120 / LATER_S + 3, "it is read without a rest"
    stop.bad = False
    office.until(lambda: office.state(waiting[-1]) in ("sent", "delivered"), "the texts that waited")
    assert (office.state(to_ada), texts_to(office, ADA)) == ("withdrawn", 0)
    office.until_ready()


def test_after_a_quarter_of_an_hour_texts_leave_again_and_the_record_stays(
    office: Office, stop: Record
) -> None:
    waiting = office.approved(LUIS)
    office.run(HELD_S - 20)
    assert office.state(waiting) == "approved"
    office.until_state(waiting, "sent", "delivered", limit_s=60)
    assert stop.pdu in [held[2] for held in office.stored()]
    stop.bad = False
    to_ada = office.approved(ADA)
    office.until_state(to_ada, "withdrawn", "sent", "delivered", limit_s=60)
    assert texts_to(office, ADA) == 0


def test_a_modem_that_reads_slowly_does_not_forget_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a bell made it read was forgotten for ten seconds where reading takes long."""
    monkeypatch.setattr(loop, "SLOW_READ_S", -1.0)
    texts: list[int] = []

    def once(data: bytes) -> bytes:
        if b"+CMGL:" not in data or texts:
            return data
        texts.append(office.approved(ADA))
        return data[:60] + b"\r\nOK\r\n"

    damaged(office, once)
    office.until_ready()
    office.until_state(office.approved(LUIS), "sent", "delivered", limit_s=30)
    texts.clear()
    office.arrive("STOP", ADA)
    office.until(lambda: bool(texts), "a damaged reading")
    office.until_state(texts[0], "withdrawn", "sent", "delivered", limit_s=60)
    assert texts_to(office, ADA) == 0


def test_in_another_storage_than_where_texts_arrive_it_holds_as_well(office: Office) -> None:
    """The reading before each text looks where texts arrive only, and ended the doubt."""
    stop, texts = pdu(office, "STOP", ADA).encode(), list[int]()

    def once(data: bytes) -> bytes:
        if stop not in data or texts:
            return data
        texts.append(office.approved(ADA))
        return data.replace(stop, stop[:30])

    damaged(office, once)
    office.until_ready()
    office.put(stop.decode(), storage="SM")
    office.until(lambda: bool(texts), "a damaged reading", 200)
    office.until_state(texts[0], "withdrawn", "sent", "delivered", limit_s=60)
    assert texts_to(office, ADA) == 0


def test_a_storage_that_can_no_longer_be_chosen_is_not_asked_without_a_rest(office: Office) -> None:
    """Seed 929768: the damaged record in it was due for ever, so the modem was asked at every moment, and no text left any more."""
    record, asked, gone = pdu(office, "Hello", ADA).encode(), list[float](), list[bool]()

    def cut(data: bytes) -> bytes:
        if record not in data:
            return data
        gone.append(True)
        return data.replace(record, record[:30])

    def refused(data: bytes) -> bytes:
        if gone and data.startswith(b'AT+CPMS="SM"'):
            asked.append(office.now())
            assert len(asked) < 5_000, "it is asked without a rest"
            return data.replace(b'"SM"', b'"XX"', 1)
        return data

    damaged(office, cut, refused)
    office.until_ready()
    office.put(record.decode(), storage="SM")
    office.until(lambda: bool(gone), "a damaged reading", 200)
    waiting = office.approved(LUIS)
    office.run(60)
    assert office.state(waiting) == "approved"
    assert len(asked) <= 4 * (60 / LATER_S + 2 + REFUSED_S / REFUSED_AGAIN_S), (
        "four forms of the question each time"
    )
    office.until_state(waiting, "sent", "delivered", limit_s=HELD_S)


def test_two_records_that_were_read_as_one_are_read_again(office: Office) -> None:
    """Seed 934115: another program took the end of one record and the header of the next. What was left decoded as a text, the first
    one's beginning and noise, and the SIM's good copy was deleted.
    """
    long, short, spliced = "Hello " * 20, "Goodbye " * 18, list[bool]()

    def splice(data: bytes) -> bytes:
        both = re.search(
            rb"(\+CMGL: 1,[^\r]*\r\n[0-9A-F]{100})[0-9A-F]*(\r\n\+CMGL: 2,[^\r]*\r\n[0-9A-F]{4})", data
        )
        if not both or spliced:
            return data
        spliced.append(True)
        return data[: both.end(1)] + data[both.end(2) :]

    damaged(office, splice)
    office.until_ready()
    for text in (long, short):
        office.put(pdu(office, text))
    office.until(lambda: not office.stored(), "both read", 200)
    assert spliced
    assert sorted(office.texts()) == sorted((long, short))


def test_a_report_that_was_damaged_once_holds_up_nothing_once_it_was_read_whole(office: Office) -> None:
    """Where nothing but reports lie the doubt went on: 52 s without a text, and 115 lists."""
    cut: list[float] = []

    def once(data: bytes) -> bytes:
        data = re.sub(rb"\r\n\+CDSI:[^\r]*\r\n", b"", data)
        report = re.search(rb"\+CMGL: \d+,[^\r]*\r\n(07912120550591F906[0-9A-F]+)", data)
        if not report or cut or not armed:
            return data
        cut.append(office.now())
        return data.replace(report[1], report[1][:30])

    armed: list[bool] = []
    damaged(office, once)
    office.until_ready()
    office.run(65)
    office.until_state(office.approved(LUIS, "first"), "sent", "delivered", limit_s=100)
    armed.append(True)
    office.run(3)
    for n in range(5):
        office.approved(LUIS, f"text {n}")
    office.until(lambda: bool(cut), "a damaged report", 100)
    left = len(office.air())
    assert office.until(lambda: len(office.air()) > left, "the next text", 100) <= 2 * AGAIN_S


def test_what_comes_into_the_slot_next_is_read_as_often() -> None:
    """The readings of a record that was deleted counted for the next one there."""
    doubts, slot = Doubts(), ("SM", 1)
    times = [n * AGAIN_S for n in range(SAME)]
    assert [doubts.believe(slot, "0791", at) for at in times] == [False, False, True]
    assert doubts.again_at == NEVER
    doubts.end(lambda emptied: emptied == slot)
    assert not doubts.believe(slot, "0791", 10.0)


def test_only_readings_in_a_row_and_apart_from_each_other_count() -> None:
    doubts, slot = Doubts(), ("SM", 1)
    assert not any(doubts.believe(slot, "0791", 0.1) for _ in range(30)), "one moment's damage is believed"
    doubts = Doubts()
    assert not any(doubts.believe(slot, "0791" if n % 3 else "07", n * LATER_S) for n in range(30))


def test_a_record_that_is_believed_and_cannot_be_deleted_is_in_doubt_no_more() -> None:
    """A reading of everything that took long put it in doubt again each time, and for fifteen minutes texts waited for the next one."""
    doubts, slot = Doubts(), ("SM", 1)
    assert [doubts.believe(slot, "0791", n * AGAIN_S) for n in range(SAME)][-1]
    doubts.rest(SAME * AGAIN_S + LATER_S)
    assert doubts.again_at == NEVER
