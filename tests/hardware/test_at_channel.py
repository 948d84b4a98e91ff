"""The channel keeps in step: silence, late answers, stale prompts, floods, lost ports."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.at import At
from hardware.errors import (
    CommandRefused,
    HardwareError,
    ModemSilent,
    NotAModem,
    PortGone,
    PromptLost,
    SubmitUncertain,
)
from hardware.modem import Modem
from tests.scripted import PDU, PROMPT, FakeClock, Gone, Late, Raw, Scripted, ScriptedLink, Silence

HEX = "0021000B912120555521F3000004F4F29C0E"


class Bench:
    """A channel on a scripted modem."""

    def __init__(self, rules: dict | None = None, chunk: int | None = None) -> None:
        self.clock = FakeClock()
        self.modem = Scripted(rules)
        self.link = ScriptedLink(self.clock, self.modem, chunk)
        self.at = At(self.link, self.clock)


def test_silence_is_told_with_what_was_heard() -> None:
    bench = Bench({"AT+CSQ": Raw(b"\r\n+CSQ: 1")})
    with pytest.raises(ModemSilent) as caught:
        bench.at.command("AT+CSQ", 7.0)
    assert caught.value.command == "AT+CSQ"
    assert caught.value.heard == b"\r\n+CSQ: 1"
    assert 7.0 <= caught.value.waited_s < 7.1


def test_an_answer_that_comes_too_late_is_not_given_to_the_next_command() -> None:
    bench = Bench({"AT+CSQ": [Late(6.0, "+CSQ: 17,99"), "+CSQ: 5,99"], "AT+CGMM": "E3131"})
    with pytest.raises(ModemSilent):
        bench.at.command("AT+CSQ", 5.0)
    assert bench.at.command("AT+CGMM") == ["E3131"]
    assert bench.at.command("AT+CSQ") == ["+CSQ: 5,99"]


def test_the_answer_to_the_at_that_frees_the_line_is_not_given_to_the_next_command() -> None:
    """A tenth of a second behind the late one, as on a radio link, it told of an empty SIM on which a stop lay."""
    bench = Bench(
        {"AT+CSQ": Late(5.5, "+CSQ: 17,99"), "AT": Late(0.25, "OK"), "AT+CMGL=4": Late(0.2, "+CMGL: 3,0,,0")}
    )
    with pytest.raises(ModemSilent):
        bench.at.command("AT+CSQ", 5.0)
    assert bench.at.command("AT+CMGL=4") == ["+CMGL: 3,0,,0"]


def test_a_late_refusal_of_a_text_leaves_no_answer_behind_for_the_next_command() -> None:
    bench = Bench({PDU: Late(180.5, "ERROR"), "AT": Late(0.6, "OK"), "AT+CMGL=4": Late(0.2, "+CMGL: 3,0,,0")})
    modem = Modem(bench.link, bench.clock)
    with pytest.raises(SubmitUncertain), modem.prompt(17) as prompt:
        prompt.send(bytes.fromhex(HEX[2:]))
    assert modem.listens()
    assert modem._at.command("AT+CMGL=4") == ["+CMGL: 3,0,,0"]


def test_after_a_silence_the_line_is_freed_with_esc_and_at() -> None:
    bench = Bench({"AT+CSQ": [Silence(), "+CSQ: 5,99"]})
    with pytest.raises(ModemSilent):
        bench.at.command("AT+CSQ")
    assert bench.at.command("AT+CSQ") == ["+CSQ: 5,99"]
    assert b"\x1b" in bench.link.sent
    assert bench.modem.written == ["AT+CSQ", "AT", "AT+CSQ"]


def test_a_dead_modem_stays_silent() -> None:
    bench = Bench({"AT*": Silence()})
    for command in ("AT+CSQ", "AT+CGMM"):
        with pytest.raises(ModemSilent):
            bench.at.command(command)
    with pytest.raises(ModemSilent):
        bench.at.resync()


def test_at_alone_answering_error_is_an_answer() -> None:
    bench = Bench({"AT": "ERROR", "AT+CSQ": [Silence(), "+CSQ: 5,99"]})
    with pytest.raises(ModemSilent):
        bench.at.command("AT+CSQ")
    assert bench.at.command("AT+CSQ") == ["+CSQ: 5,99"]


def test_silence_at_the_prompt_leaves_with_esc_and_nothing_was_submitted() -> None:
    bench = Bench({"AT+CMGS=18": Silence()})
    with pytest.raises(ModemSilent) as caught:
        bench.at.prompt("AT+CMGS=18")
    assert caught.value.waited_s == pytest.approx(15.0, abs=0.1)
    assert b"\x1b" in bench.link.sent
    assert bench.modem.submits == []
    assert bench.at.command("AT+CGMM") == ["Scripted"]


def test_a_prompt_that_comes_after_we_gave_up_is_left() -> None:
    bench = Bench({"AT+CMGS=18": Late(60.0, PROMPT)})
    with pytest.raises(ModemSilent):
        bench.at.prompt("AT+CMGS=18")
    bench.clock.advance(60)
    assert bench.at.command("AT+CGMM") == ["Scripted"]
    assert bench.modem.submits == []


def test_a_submit_waits_180_s_and_is_then_uncertain() -> None:
    bench = Bench({PDU: Silence()})
    bench.at.prompt("AT+CMGS=18")
    with pytest.raises(SubmitUncertain) as caught:
        bench.at.send(HEX)
    assert caught.value.waited_s == pytest.approx(180.0, abs=0.1)


def test_no_esc_while_a_submits_answer_may_still_come() -> None:
    bench = Bench({PDU: Late(200.0, "+CMGS: 9")})
    bench.at.prompt("AT+CMGS=18")
    with pytest.raises(SubmitUncertain):
        bench.at.send(HEX)
    sent = len(bench.link.sent)
    bench.at.resync()
    assert b"\x1b" not in bench.link.sent[sent:]
    bench.clock.advance(60)
    assert bench.at.command("AT+CGMM") == ["Scripted"]
    assert "+CMGS: 9" in bench.at.urcs


@pytest.mark.parametrize("chunk", [None, 1])
def test_a_late_result_within_the_next_answer_does_not_shift_it(chunk: int | None) -> None:
    late = b"\r\n+CMGS: 9\r\n\r\nOK\r\n"
    bench = Bench(
        {"AT+CSQ": [Raw(late + b"\r\n+CSQ: 5,99\r\n\r\nOK\r\n"), "+CSQ: 6,99"], "AT+CPMS?": "+CPMS: 1"}, chunk
    )
    assert bench.at.command("AT+CSQ") == ["+CSQ: 5,99"]
    assert bench.at.command("AT+CPMS?") == ["+CPMS: 1"]
    assert list(bench.at.urcs) == ["+CMGS: 9"]


def test_a_late_result_before_the_prompt_is_not_this_ones() -> None:
    bench = Bench({"AT+CMGS=18": Raw(b"\r\n+CMGS: 9\r\n\r\nOK\r\n\r\n> "), PDU: "+CMGS: 10"})
    bench.at.prompt("AT+CMGS=18")
    assert bench.at.send(HEX) == ["+CMGS: 10"]
    assert list(bench.at.urcs) == ["+CMGS: 9"]


def test_a_result_without_its_ok_is_taken_after_some_seconds() -> None:
    bench = Bench({PDU: Raw(b"\r\n+CMGS: 3\r\n")})
    bench.at.prompt("AT+CMGS=18")
    began = bench.clock.monotonic()
    assert bench.at.send(HEX) == ["+CMGS: 3"]
    assert bench.clock.monotonic() - began == pytest.approx(10.0, abs=0.1)
    assert bench.at.command("AT+CGMM") == ["Scripted"]


def test_a_refused_submit_says_how_long_it_took() -> None:
    bench = Bench({PDU: Late(31.0, "+CMS ERROR: 38")})
    bench.at.prompt("AT+CMGS=18")
    with pytest.raises(CommandRefused) as caught:
        bench.at.send(HEX)
    assert (caught.value.family, caught.value.code, caught.value.text) == ("CMS", 38, "network out of order")
    assert caught.value.after_s == pytest.approx(31.0)


def test_a_port_lost_after_ctrl_z_is_uncertain_and_before_it_is_gone() -> None:
    bench = Bench({PDU: Gone()})
    bench.at.prompt("AT+CMGS=18")
    with pytest.raises(SubmitUncertain, match="returned no data"):
        bench.at.send(HEX)
    bench = Bench({"AT+CMGS=18": Gone()})
    with pytest.raises(PortGone):
        bench.at.prompt("AT+CMGS=18")


def test_a_write_that_fails_with_the_pdu_is_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.at.prompt("AT+CMGS=18")

    def fail(data: bytes) -> None:
        raise PortGone("scripted", "[Errno 19] No such device")

    monkeypatch.setattr(bench.link, "write", fail)
    with pytest.raises(SubmitUncertain):
        bench.at.send(HEX)


@pytest.mark.parametrize("said", ["\r\nRDY\r\n", Gone()])
def test_a_prompt_that_is_known_to_be_gone_is_not_written_to(said: str | Gone) -> None:
    bench = Bench()
    bench.at.incoming.on_urc = lambda urc: urc if urc == "RDY" else None
    bench.at.prompt("AT+CMGS=18")
    bench.link.arrive(said)
    with pytest.raises(PromptLost):
        bench.at.send(HEX)
    assert bench.modem.submits == []


def test_an_answer_is_returned_the_moment_it_is_there() -> None:
    bench = Bench()
    before = bench.clock.monotonic()
    bench.at.prompt("AT+CMGS=18")
    bench.at.send(HEX)
    bench.at.command("AT+CSQ")
    assert bench.clock.monotonic() == before


def test_a_wake_during_a_command_is_kept_for_listen() -> None:
    bench = Bench({"AT+CSQ": Late(1.0, "+CSQ: 5,99")})
    bench.link.on_write = lambda data: bench.link.wake()
    assert bench.at.command("AT+CSQ") == ["+CSQ: 5,99"]
    before = bench.clock.monotonic()
    assert bench.at.listen(before + 60)
    assert bench.clock.monotonic() == before


def test_a_patient_command_waits_by_silence() -> None:
    bench = Bench({"AT+CMGL=4": Silence()})
    for n in range(10):
        bench.link.arrive(f"\r\n+CMGL: {n},1,,3\r\n000000\r\n", after_s=8.0 * (n + 1))
    bench.link.arrive("\r\nOK\r\n", after_s=85.0)
    assert len(bench.at.command("AT+CMGL=4", 10.0, patient=True)) == 20


@pytest.mark.parametrize("garbage", [b"\x7e\xff" * 32768, b"a\n" * 32768], ids=["no line ends", "lines"])
def test_a_flood_costs_bounded_memory_and_is_no_modem(garbage: bytes) -> None:
    bench = Bench({"AT+CSQ": Silence()})
    for _ in range(320):  # 20 MB
        bench.link.arrive(garbage)
    with pytest.raises((NotAModem, ModemSilent)):
        bench.at.command("AT+CSQ")
    assert len(bench.at.incoming._splitter.partial) <= 4096


@pytest.mark.parametrize(
    "words", [b"Is there a ramp at the blue door?", b"07912120550591F9040B912120555521F3"]
)
def test_a_flood_of_texts_is_said_without_a_word_of_them(words: bytes) -> None:
    """A list without end, as a modem gives that has hung: its last forty octets stood on the technician's page and in the log."""
    bench = Bench({"AT+CMGL=4": Silence()})
    for _ in range(320):
        bench.link.arrive(b'\r\n+CMGL: 1,"REC READ","+12025550123"\r\n%s\r\n' % words * 1000)
    with pytest.raises(NotAModem) as caught:
        bench.at.command("AT+CMGL=4")
    told = f"{caught.value} {caught.value.evidence}"
    for at in range(len(words) - 6):
        assert words[at : at + 6].decode() not in told
    assert "flood" in told
    assert "2025550" not in told


def test_a_secret_is_in_no_error() -> None:
    bench = Bench({"AT+CPIN=*": Raw(b'AT+CPIN="1234"\r')})
    with pytest.raises(ModemSilent) as caught:
        bench.at.command('AT+CPIN="1234"', shown='AT+CPIN="****"')
    assert "1234" not in str(caught.value)
    assert "1234" not in repr(caught.value.__dict__)


@settings(max_examples=100, deadline=None)
@given(
    said=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [b"OK", b"ERROR", b"+CMS ERROR: ", b"\r\n", b"> ", b"+CMGS: 1", b"+CMT: ,3", b"AT+C", b"\0"]
            ),
        ),
        max_size=12,
    ).map(b"".join),
    chunk=st.sampled_from([None, 1, 5]),
)
def test_garbage_gives_only_hardware_errors(said: bytes, chunk: int | None) -> None:
    bench = Bench({"AT+CSQ": Raw(said), PDU: Raw(said), "AT": [Raw(said), "OK"]}, chunk)
    said_why = []
    for act in (
        lambda: bench.at.command("AT+CSQ"),
        lambda: bench.at.prompt("AT+CMGS=18"),
        lambda: bench.at.send(HEX),
        lambda: bench.at.listen(bench.clock.monotonic() + 1),
        lambda: bench.at.escape(),
        lambda: bench.at.resync(),
    ):
        try:
            act()
        except HardwareError as error:
            said_why.append(str(error))
    assert all(said_why)
