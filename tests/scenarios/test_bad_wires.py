"""Whatever comes over the wire, a station stays alive, says so, and works again when the modem does; others never notice."""

import resource
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware.errors import PortGone
from tests.scenarios.office import Office
from tests.scenarios.receiving import Make, pdu
from tests.scripted import Raw, Scripted, ScriptedLink, Silence
from tests.simulated import ADA, House
from tests.virtual_link import VirtualLink

GOOD = "07912120550591F9040B912120550521F300006211422100000004D4F29C0E"
WORDS = ["OK", "ERROR", "+CMS ERROR: 321", "+CMS ERROR:", "+CME ERROR: 14", "+CMGL: 1,1,,23", "+CMGL: -1,9,,99999", "+CMGR: 0,,2",
         "0791", "+CPMS: (", '+CPMS: "SM",0,30', "+CPIN: SIM PIN", "+CREG: 2,99,,,", "+CMT: ,9", '+CMTI: "SM",', "^BOOT:", ">", '"', "RDY",
         "+CDS: ,", "F" * 400, "+CMGS: 300", "+CNMI: ,,,", "\x1b\x1a"]  # fmt: skip
line = st.one_of(st.sampled_from(WORDS), st.text(alphabet="0123456789ABCDEF", max_size=60))
said = st.one_of(
    st.binary(max_size=80),
    st.lists(line, max_size=5).map(lambda words: "".join(f"\r\n{w}\r\n" for w in words).encode("latin-1")),
    st.lists(line, max_size=5).map(lambda words: ("\r\n".join(words) + "\r\nOK\r\n").encode("latin-1")),
).map(Raw)


class Mad:
    """A modem that answers by the book, then madly, then by the book again with a text in it."""

    def __init__(self, answers: list[Any], good: int) -> None:
        self.proper = Scripted()
        self.left = ["pass"] * good + answers
        self.cured = False

    def rule(self, key: str) -> Any:
        if self.left:
            given = self.left.pop(0)
            return self.proper._rule(key) if given == "pass" else given
        self.cured = self.cured or key == "AT+CMGD=3"
        if key in ("AT+CMGL=4", "AT+CMGR=3") and not self.cured:
            return f"+CMGL: 3,0,,23\n{GOOD}" if "L" in key else f"+CMGR: 0,,23\n{GOOD}"
        return self.proper._rule(key)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(said, min_size=1, max_size=30),
    good=st.integers(0, 60),
    unasked=st.lists(said, max_size=6),
)
def test_garbage_ends_and_the_text_behind_it_is_read(
    tmp_path_factory: pytest.TempPathFactory, answers: list[Any], good: int, unasked: list[Any]
) -> None:
    mad = Mad(answers, good)
    folder = tmp_path_factory.mktemp("mad")

    def link(number: int) -> ScriptedLink:
        scripted = Scripted()
        scripted._rule = mad.rule  # type: ignore[method-assign]
        found = ScriptedLink(house.clock, scripted, chunk=7)
        for place, burst in enumerate(unasked):
            found.arrive(burst.data, after_s=3.0 * place)
        unasked.clear()
        return found

    house = House(folder / "t.db", link=link)
    try:
        house.until(lambda: any("Test" in text for text in house.texts()), "the text", 40_000)
        house.until_ready(5_000)
    finally:
        house.close()


def test_a_record_that_is_cut_in_another_place_each_time_is_read_until_it_is_whole(tmp_path: Path) -> None:
    """Another program at the port took the end of it three times, and the text was deleted unread (seed 710779)."""
    scripted, cuts, deleted = Scripted(), [30, 34, 40, 44, 50], []

    def rule(key: str) -> Any:
        if key == "AT+CMGL=4" and not deleted:
            return f"+CMGL: 3,0,,23\n{GOOD[: cuts.pop(0)] if cuts else GOOD}"
        if key == "AT+CMGD=3":
            deleted.append(key)
        return by_the_book(key)

    by_the_book, scripted._rule = scripted._rule, rule  # type: ignore[method-assign]
    house = House(tmp_path / "t.db", link=lambda _: ScriptedLink(house.clock, scripted))
    try:
        house.until(lambda: bool(deleted), "an empty slot")
        assert house.texts() == ["Test"]
    finally:
        house.close()


@pytest.mark.parametrize(
    "garbage", [b"\xff\x00\x7e" * 20_000, b"x\r\n" * 20_000, b"+CMGL: 1,1,,23\r\n" * 4_000, b"\r\n" * 30_000],
    ids=["binary", "lines", "endless list", "blank"],
)  # fmt: skip
def test_twenty_megabytes_of_garbage_cost_little_and_stop_nobody(tmp_path: Path, garbage: bytes) -> None:
    mad = Mad([], 0)
    links: list[ScriptedLink] = []

    def link(number: int) -> Any:
        if number == 1:
            return VirtualLink(house.world, 1, house.clock, began=house.began)
        scripted = Scripted()
        scripted._rule = mad.rule  # type: ignore[method-assign]
        links.append(ScriptedLink(house.clock, scripted))
        return links[-1]

    house = House(tmp_path / "t.db", count=2, link=link)
    house.until_ready()
    mad.cured = True
    for place in range(20_000_000 // len(garbage)):
        links[0].arrive(garbage, after_s=0.01 * place)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    house.run(30)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 40_000
    assert time.monotonic() - began < 60
    house.arrive("Hello", modem=1)
    house.until(lambda: house.texts().count("Hello") == 1, "the other works", 5)
    house.until(lambda: house.said("s0")[0] == "ready", "it is back", 600)
    house.close()


def test_an_answer_that_drips_for_ever_ends_and_is_said(tmp_path: Path) -> None:
    class Dripping(ScriptedLink):
        drips = False

        def read(self, deadline: float) -> bytes:
            if self.closed:
                raise PortGone(self.name, "it was closed")
            if self.drips and deadline > self.clock.monotonic() + 1.0:
                self.clock.advance(1.0)
                return b"+CMGL: 1,1,,23\r\n" + GOOD.encode() + b"\r\n"
            return super().read(deadline)

    links: list[Dripping] = []

    def link(number: int) -> Dripping:
        scripted = Scripted({"AT+CMGL=4": Silence()} if not links else {})
        links.append(Dripping(house.clock, scripted))
        links[-1].drips = len(links) == 1
        return links[-1]

    house = House(tmp_path / "t.db", link=link)
    house.until(lambda: len(links) > 1, "it gave up", 3_000)
    house.until_ready(600)
    house.close()


@pytest.mark.parametrize(
    "fault",
    ["answers_binary", "babble_forever", "diag_port", "gps_nmea", "printer", "echo_only", "silent_port"],
)
def test_a_modem_that_turns_into_something_else_is_named_and_found_again(make: Make, fault: str) -> None:
    house = make(count=2)
    house.until_ready()
    house.fault(fault)
    house.until(lambda: house.said("s0")[0] in ("lost", "failed"), "said", 600)
    assert house.said("s0")[1]
    house.arrive("Hello", modem=1)
    house.until(lambda: house.texts() == ["Hello"], "the other works", 10)
    house.clear(fault)
    house.put(pdu(house, "Behind it"), "ME")
    house.until(lambda: "Behind it" in house.shown(ADA), "read", 900)


@pytest.mark.parametrize("fault", ["nul_prefix", "garbage_prefix", "echo_stuck", "dup_echo_line", "glued_cmgl", "glued_urc",
                                   "extra_blank_lines", "cr_cr_lf", "no_leading_crlf", "pdu_comma_zero", "header_short", "split_reads",
                                   "urc_inside_response", "urc_inside_pdu", "urc_inside_echo", "noise", "plain_error", "text_errors",
                                   "lowercase_pdu", "no_cmgl", "no_cpms_query", "cpms_error"])  # fmt: skip
def test_however_it_is_framed_texts_come_and_go_once(make: Make, fault: str) -> None:
    house = make(personality="huawei-e3131")
    house.fault(fault)
    house.until_ready(300)
    for number in range(5):
        house.put(pdu(house, f"Text {number}"), "ME")
    house.arrive("With a bell")
    house.until(lambda: len(house.shown()) == 6 and not house.stored(), "all read", 130)
    message_id = house.approved()
    house.until(lambda: house.state(message_id) == "delivered", "delivered", 200)
    assert len(house.world.network.air) == 1


def test_f17_a_pdu_of_which_a_bad_line_lost_an_octet_goes_the_second_time(office: Office) -> None:
    """A line without flow control, or a cable: it was failed for good, as if Textbank had packed it wrongly."""
    office.until_ready()
    modem = office.world.modems[0]
    feed, lost = modem.feed, []

    def lossy(data: bytes, now: float) -> None:
        cut = not lost and len(data) > 40
        lost.extend([data] if cut else [])
        feed(data[:20] + data[21:] if cut else data, now)

    modem.feed = lossy  # type: ignore[method-assign]
    text = office.approved()
    office.until_state(text, "delivered", limit_s=60)
    assert lost
    assert len(office.air()) == 1
