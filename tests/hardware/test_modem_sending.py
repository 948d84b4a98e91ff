"""Sending: the prompt, the point of no return, late answers, restarts."""

import contextlib
from itertools import pairwise

import pytest

from hardware.errors import CommandRefused, ModemSilent, PortGone, SubmitUncertain, TpduRefused
from hardware.modem import Call, LateRefusal, LateSubmit, Restarted
from tests.hardware.bench import TPDU, Bench
from tests.scripted import PDU, Gone, Late, Raw, Silence


@pytest.mark.parametrize("chunk", [None, 1])
def test_a_text_goes_out_with_an_empty_smsc_and_gives_its_mr(chunk: int | None) -> None:
    bench = Bench({PDU: Late(4.0, "+CMGS: 255")}, chunk)
    assert bench.send() == 255
    assert bench.scripted.written == ["AT+CMGS=17"]
    assert bench.scripted.submits == ["0021000B912120555521F3000004F4F29C0E"]


@pytest.mark.parametrize("answer", ["OK", Raw(b"AT\r\r\nOK\r\n")])
def test_an_ok_without_a_reference_may_be_the_answer_to_another_programs_command(answer: object) -> None:
    """ModemManager typed AT while the text's answer was awaited: its OK was taken for the text's."""
    with pytest.raises(SubmitUncertain, match="no reference"):
        Bench({PDU: answer}).send()


def test_the_answer_behind_another_programs_ok_is_the_texts() -> None:
    bench = Bench({PDU: Raw(b"\r\nOK\r\n")})
    bench.link.arrive("\r\n+CMGS: 7\r\n\r\nOK\r\n", after_s=4.0)
    assert bench.send() == 7


def test_a_refusal_of_another_programs_command_is_none_of_the_text() -> None:
    """The modem restarted with the text on the air and refused everything while it booted: the text was sent again (seed 1201671)."""
    refused = Raw(b"AT+CMGL=4\r\r\n+CMS ERROR: 515\r\n")
    bench = Bench({PDU: refused})
    with pytest.raises(SubmitUncertain):
        bench.send()
    assert bench.modem.has_company
    bench = Bench({PDU: refused})
    bench.link.arrive("\r\n+CMGS: 7\r\n\r\nOK\r\n", after_s=20.0)
    assert bench.send() == 7
    bench = Bench({PDU: refused})
    bench.link.arrive("\r\n+CMS ERROR: 38\r\n", after_s=20.0)
    with pytest.raises(CommandRefused, match="38"):
        bench.send()


ITSELF = "+CMS ERROR: 310"  # no SIM


def test_what_a_modem_says_of_itself_is_the_texts_answer_when_it_says_nothing_else() -> None:
    bench = Bench({PDU: Late(1.0, ITSELF)})
    with pytest.raises(CommandRefused, match="310") as refused:
        bench.send()
    assert (round(refused.value.after_s), refused.value.beside) == (1, False)
    assert not bench.modem.has_company


@pytest.mark.parametrize(
    "lines",
    [
        ["+SIM: Removed", "+SIM DROP", "+SIM: Inserted", "+SIM READY"],  # Fibocom, Neoway
        ["+CPIN: NOT INSERTED", "+CPIN: READY", "Call Ready", "SMS Ready"],
        ["+CPIN: SIM REMOVED", "+CPIN: READY", "SMS DONE", "PB DONE"],
    ],
    ids=["fibocom", "sim800l", "a7670e"],
)
def test_a_text_refused_for_a_loose_sim_is_known_not_to_have_left_when_the_sim_is_back(
    lines: list[str],
) -> None:
    bench = Bench({PDU: Raw(f"\r\n{ITSELF}\r\n".encode())})
    bench.modem.wait(bench.clock.monotonic() + 120)  # its start is over
    for place, line in enumerate(lines):
        bench.link.arrive(f"\r\n{line}\r\n", after_s=1.0 + place / 2)
    with pytest.raises(CommandRefused, match="310") as refused:
        bench.send()
    assert (refused.value.beside, bench.modem.has_company) == (False, False)


@pytest.mark.parametrize(
    "more",
    ["\r\n+CPIN: READY\r\n\r\nOK\r\n", f"\r\n{ITSELF}\r\n", "MT\r\n"],
    ids=["an answer", "twice", "a rest"],
)
def test_what_a_modem_says_of_itself_may_be_said_to_another_program(more: str) -> None:
    """That had taken the acceptance, and was heard a moment later: the text went again (dense seed 29000753)."""
    bench = Bench({PDU: Raw(f"\r\n{ITSELF}\r\n".encode())})
    bench.link.arrive(more, after_s=2.0)
    with pytest.raises((CommandRefused, SubmitUncertain)) as refused:
        bench.send()
    doubtful = refused.type is SubmitUncertain or bench.modem.has_company
    assert doubtful or refused.value.beside


@pytest.mark.parametrize("said", [ITSELF, "+CMS ERROR: 304"])
def test_an_acceptance_behind_what_the_modem_said_to_another_program_is_the_texts(said: str) -> None:
    bench = Bench({PDU: Raw(f"\r\n{said}\r\n".encode())})
    bench.link.arrive("\r\n+CMGS: 7\r\n\r\nOK\r\n", after_s=2.0)
    assert bench.send() == 7


@pytest.mark.parametrize(
    ("told", "tries", "length_written"),
    [
        (["+CMGF: 1", "+CMGF: 0"], 2, 1),
        ("+CMGF: 1", 3, 0),
        (["OK", "+CMGF: 1", "+CMGF: 0"], 3, 1),
        ("OK", 3, 1),
        ("ERROR", 3, 1),
    ],
    ids=["then in PDU mode", "text mode for good", "another's OK again", "says OK alone", "does not tell"],
)
def test_an_ok_that_was_to_another_programs_text_mode_is_none_to_our_pdu_mode(
    told: object, tries: int, length_written: int
) -> None:
    """A text went to the number 17, which was its length; its words were the octets of the PDU (seed 970169)."""
    bench = Bench({"AT+CMGF?": told, PDU: "+CMGS: 7"})
    bench.hear("\r\nOK\r\n")  # nobody here asked
    assert bench.modem.has_company
    with contextlib.nullcontext() if length_written else pytest.raises(ModemSilent, match="CMGF=0"):
        bench.send()
    assert bench.scripted.written.count("AT+CMGF=0") == tries
    assert bench.scripted.written.count("AT+CMGS=17") == length_written


@pytest.mark.parametrize(
    ("answer", "family", "code"),
    [
        ("+CMS ERROR: 304", "CMS", 304),
        ("+CMGS ERROR: 38", "CMS", 38),  # Fibocom G510
        ("CMS ERROR: 321 Invalid message index", "CMS", 321),
        ("ERROR", "ERROR", None),
        ("+CME ERROR: 515", "CME", 515),
        ("COMMAND NOT SUPPORT", "TEXT", None),
        ("+CMS ERROR: Unknown error", "CMS", 500),
    ],
)
def test_a_final_error_after_ctrl_z_is_a_fact_with_its_time(
    answer: str, family: str, code: int | None
) -> None:
    bench = Bench({PDU: Late(2.5, answer)})
    with pytest.raises(CommandRefused) as caught:
        bench.send()
    assert (caught.value.family, caught.value.code) == (family, code)
    assert caught.value.after_s == pytest.approx(2.5)
    assert "\x1b" not in bench.link.sent.decode("latin-1")[-40:]


def test_leaving_without_sending_leaves_the_prompt() -> None:
    bench = Bench()
    with pytest.raises(LookupError), bench.modem.prompt(17):
        raise LookupError("the row could not be committed")
    assert bench.scripted.submits == []
    assert bench.link.sent.endswith(b"\x1bAT\r") or b"\x1b" in bench.link.sent[-20:]
    assert bench.send() == 1


def test_leaving_a_dead_prompt_tells_the_first_error_and_the_next_command_the_second() -> None:
    bench = Bench()
    dead = {"AT*": Silence(), "<esc>": Silence()}
    with pytest.raises(LookupError), bench.modem.prompt(17):
        raise LookupError(bench.scripted.rules.update(dead))
    with pytest.raises(ModemSilent):
        bench.modem.health()


@pytest.mark.parametrize("length", [0, -1, 165, 1000])
def test_a_length_no_tpdu_has_is_refused_before_anything_is_written(length: int) -> None:
    bench = Bench()
    with pytest.raises(TpduRefused), bench.modem.prompt(length):
        pass
    assert bench.scripted.written == []


@pytest.mark.parametrize(
    "tpdu",
    [TPDU + b"\0", b"\x04" + TPDU[1:], bytes.fromhex("01000B912120555521F300F58D") + bytes(141)],
    ids=["not announced", "a DELIVER", "141 octets"],
)
def test_a_tpdu_that_a_modem_may_not_survive_is_not_written(tpdu: bytes) -> None:
    bench = Bench()
    length = len(TPDU) if len(tpdu) == len(TPDU) + 1 else len(tpdu)
    with pytest.raises(TpduRefused), bench.modem.prompt(length) as prompt:
        prompt.send(tpdu)
    assert bench.scripted.submits == []


def test_one_prompt_has_one_tpdu() -> None:
    bench = Bench()
    with bench.modem.prompt(17) as prompt:
        prompt.send(TPDU)
        with pytest.raises(TpduRefused):
            prompt.send(TPDU)
    assert len(bench.scripted.submits) == 1


def test_a_modem_that_refuses_while_the_pdu_is_typed_is_heard_and_never_told_to_send() -> None:
    bench = Bench()
    with pytest.raises(CommandRefused) as caught, bench.modem.prompt(17) as prompt:  # noqa: PT012 (it is the last that raises)
        prompt.type(TPDU)
        bench.link.arrive("\r\n+CMS ERROR: 304\r\n")
        prompt.send(TPDU)
    assert (caught.value.family, caught.value.code) == ("CMS", 304)
    assert bench.scripted.submits == []


def test_what_is_typed_first_is_written_once() -> None:
    bench = Bench()
    with bench.modem.prompt(17) as prompt:
        prompt.type(TPDU)
        assert bench.scripted.submits == []
        assert prompt.send(TPDU) == 1
    assert bench.scripted.submits == ["0021000B912120555521F3000004F4F29C0E"]


def test_silence_is_uncertain_and_a_late_result_is_known_as_late() -> None:
    bench = Bench({PDU: [Late(200.0, "+CMGS: 7"), "+CMGS: 8"]})
    with pytest.raises(SubmitUncertain):
        bench.send()
    bench.modem.wait(bench.clock.monotonic() + 120)
    assert bench.modem.notices() == [LateSubmit(7)]
    assert bench.clock.monotonic() < 1000 + 202
    bench.modem.recover()
    assert bench.send() == 8


def test_a_late_result_within_the_next_answer() -> None:
    bench = Bench({PDU: [Late(181.0, "+CMGS: 7"), "+CMGS: 8"]})
    with pytest.raises(SubmitUncertain):
        bench.send()
    bench.clock.advance(5)
    assert bench.send() == 8
    assert bench.modem.notices() == [LateSubmit(7)]


@pytest.mark.parametrize(
    "said", ["\r\nRDY\r\n", "\r\n*ATREADY: 1\r\n", "\r\n^SYSSTART\r\n", "\r\n+SYSSTART\r\n"]
)
def test_a_restart_while_sending_is_uncertain_at_once(said: str) -> None:
    bench = Bench({PDU: Raw(said.encode())})
    with pytest.raises(SubmitUncertain, match="restarted") as caught:
        bench.send()
    assert caught.value.waited_s < 1
    assert [type(notice) for notice in bench.modem.notices()] == [Restarted]


def test_huaweis_boot_noise_is_a_restart_only_with_another_number() -> None:
    bench = Bench(
        {PDU: [Raw(b"\r\n^BOOT:91409020,0,0,0,6\r\n\r\n+CMGS: 5\r\n\r\nOK\r\n"), Raw(b"\r\n^BOOT:1,0\r\n")]}
    )
    assert bench.send() == 5
    assert bench.hear("\r\n^BOOT:91409020,0,0,0,6\r\n") == []
    with pytest.raises(SubmitUncertain):
        bench.send()


def test_the_tail_of_a_boot_does_not_end_the_wait_but_a_second_one_does() -> None:
    ready = b"\r\nSMS Ready\r\n"
    bench = Bench({PDU: [Raw(ready + b"\r\n+CMGS: 5\r\n\r\nOK\r\n"), Raw(ready)]})
    assert bench.send() == 5
    with pytest.raises(SubmitUncertain):
        bench.send()


def test_a_lost_port() -> None:
    bench = Bench({PDU: Gone()})
    with pytest.raises(SubmitUncertain):
        bench.send()
    with pytest.raises(PortGone):
        bench.modem.health()


def test_a_ringing_call_is_rejected_before_a_text_is_sent() -> None:
    bench = Bench()
    assert bench.hear('\r\nRING\r\n\r\n+CLIP: "+12025550123",145\r\n') == [Call(""), Call("+12025550123")]
    bench.send()
    assert bench.scripted.written == ["AT+CHUP", "AT+CMGS=17"]
    bench.send()
    assert bench.scripted.written.count("AT+CHUP") == 1


@pytest.mark.parametrize("said", ["+CMS ERROR: 38", "CMS ERROR: 38", "+CMS ERROR 38"])
def test_a_late_refusal_is_known_as_late(said: str) -> None:
    bench = Bench({PDU: [Late(200.0, said), "+CMGS: 8"]})
    with pytest.raises(SubmitUncertain):
        bench.send()
    bench.modem.wait(bench.clock.monotonic() + 120)
    assert bench.modem.notices() == [LateRefusal(38, "network out of order")]
    assert bench.send() == 8
    assert bench.modem.notices() == []


def test_a_late_refusal_within_the_next_answer_is_not_that_answer() -> None:
    bench = Bench({PDU: [Late(182.0, "+CMS ERROR: 1"), "+CMGS: 8"]})
    bench.scripted.rules["AT"] = [Late(3.0, "OK"), "OK"]  # it is deaf until the text is over
    with pytest.raises(SubmitUncertain):
        bench.send()
    assert bench.modem.health().signal_dbm is not None
    assert bench.modem.notices() == [LateRefusal(1, "unassigned number")]
    assert bench.send() == 8


def test_an_error_after_the_line_is_free_is_the_commands_own() -> None:
    bench = Bench({PDU: [Silence(), "+CMGS: 8"], "AT+CMGS=*": ["<prompt>", "+CMS ERROR: 302", "<prompt>"]})
    with pytest.raises(SubmitUncertain):
        bench.send()
    with pytest.raises(CommandRefused):
        bench.send()
    assert bench.modem.notices() == []
    assert bench.send() == 8


def test_texts_that_follow_each_other_keep_the_link_and_ask_for_it_once() -> None:
    bench = Bench()
    for _ in range(3):
        if bench.modem.may_keep_link:
            bench.modem.keep_link()
        bench.send()
    assert bench.scripted.written.count("AT+CMMS=1") == 1
    bench.clock.advance(5)
    assert bench.modem.may_keep_link


def test_a_modem_that_does_not_know_how_to_keep_the_link_is_asked_once() -> None:
    bench = Bench({"AT+CMMS=1": "ERROR"})
    bench.modem.keep_link()
    bench.clock.advance(60)
    assert not bench.modem.may_keep_link
    assert bench.send() == 1


def test_a_nokia_gets_a_pdu_in_pieces_that_it_can_take() -> None:
    bench = Bench({"AT+CGMI": "Nokia"})
    writes: list[tuple[float, bytes]] = []
    bench.link.on_write = lambda data: writes.append((bench.clock.monotonic(), data))
    assert bench.send() == 1
    pdu = [(at, data) for at, data in writes if not data.startswith(b"AT")]
    assert b"".join(data for _, data in pdu) == b"00" + TPDU.hex().upper().encode() + b"\x1a"
    assert max(len(data) for _, data in pdu) == 18
    assert all(b - a > 0.0099 for (a, _), (b, _) in pairwise(pdu))


@pytest.mark.parametrize("error", ["+CMS ERROR: 302", "ERROR", "+CME ERROR: 3"])
def test_an_error_behind_the_reference_of_a_text_is_not_its_refusal(error: str) -> None:
    """Another command was answered late, after a modem that says no OK behind +CMGS: the text counted as refused and went a second time."""
    bench = Bench({PDU: f"+CMGS: 9\n{error}"})
    assert bench.send() == 9
    assert bench.modem.query("AT+CSQ") == ["+CSQ: 17,99"]
