"""USSD: what may be asked, and answers in every form that real modems were seen to give (T50 of the catalogue)."""

from typing import Any

import pytest

from hardware.errors import CommandRefused, HardwareError, ModemSilent
from hardware.modem import Direct
from hardware.pdu.alphabet import alphabet
from hardware.pdu.septets import pack
from hardware.ussd import harmless, read
from tests.hardware.bench import DELIVER, Bench
from tests.scripted import Raw, Silence

BALANCE = "Your balance is 10.00 EUR"
PACKED = pack(alphabet().encode(BALANCE)).hex().upper()
UCS2 = BALANCE.encode("utf-16-be").hex().upper()
RUSSIAN = "Баланс: 120 руб"


@pytest.mark.parametrize(
    "code", ["*100#", "*101#", "#123#", "*100*1#", "*#06#", "*#21#", "*777#", "*139*1*2#"]
)
def test_a_code_that_asks_is_let_through(code: str) -> None:
    assert harmless(code)


@pytest.mark.parametrize(
    "code",
    [
        "*21#",
        "*21*+12025550123#",
        "**21*12025550123#",
        "##002#",
        "#21#",
        "**04*1234*4321*4321#",
        "*33*0000#",
        "**05*1#",
        "",
        "#",
        "1",
        "100",
        "*100",
        "*100#;+CMGS=20",
        '*100#"',
        "*100#\r",
        "*1*2*3*4*5*6#",
        "*12345#",
        "*100#*100#",
        "*\u0661\u0660\u0660#",
        "*140*0799999999*10#",  # gives credit away
        "*104*1234567890123456#",  # a voucher
    ],
)
def test_a_code_that_changes_a_setting_or_could_is_not(code: str) -> None:
    assert not harmless(code)


@pytest.mark.parametrize(
    ("payload", "dcs", "form", "words"),
    [
        (BALANCE, "15", "", BALANCE),
        (PACKED, "15", "packed", BALANCE),
        (PACKED, "15", "", BALANCE),
        (PACKED, "", "packed", BALANCE),
        (PACKED, "", "", BALANCE),
        (UCS2, "72", "", BALANCE),
        (UCS2, "", "", BALANCE),
        (UCS2, "72", "packed", BALANCE),
        (RUSSIAN.encode("utf-16-be").hex(), "72", "", RUSSIAN),
        (RUSSIAN.encode("utf-16-be").hex(), "", "ucs2", RUSSIAN),
        (UCS2 + "FFFF60B1AB40", "72", "", BALANCE),
        ("Kontostand: 3.00 EUR Bitte w{hlen Sie:", "", "", "Kontostand: 3.00 EUR Bitte wählen Sie:"),
        ("Bitte w{hlen", "15", "gsm", "Bitte wählen"),
        ("12345678", "0", "", "12345678"),
        ("FFFEFFFE0001", "", "", "FFFEFFFE0001"),
        ("Line one\nLine two", "15", "", "Line one\nLine two"),
    ],
)
def test_f85_an_answer_is_read_whatever_its_form(payload: str, dcs: str, form: str, words: str) -> None:
    assert read(f"{payload}\0{dcs}", form) == words


def test_f85_eight_septets_end_in_padding_that_is_no_letter() -> None:
    packed = pack(alphabet().encode("Credit1") + b"\r").hex()
    assert read(f"{packed}\0" + "15", "packed") == "Credit1"


def asked(reply: Any, code: str = "*100#", rules: dict[str, Any] | None = None) -> tuple[str, Bench]:
    bench = Bench({"AT+CUSD=1*": reply, **(rules or {})})
    return bench.modem.ask_network(code), bench


def ok_then(*lines: str) -> Raw:
    return Raw(("\r\nOK\r\n" + "".join(f"\r\n{line}\r\n" for line in lines)).encode("latin-1"))


def test_f86_an_open_session_is_closed() -> None:
    words, bench = asked(ok_then('+CUSD: 1,"1 Balance\n2 Data",15'))
    assert words == "1 Balance\n2 Data"
    assert bench.scripted.written[-1] == "AT+CUSD=2"


def test_f86_an_answer_in_pieces_is_one() -> None:
    words, bench = asked(ok_then('+CUSD: 0,"One",15', '+CUSD: 2,"Two",15'))
    assert words == "One\nTwo"
    assert "AT+CUSD=2" not in bench.scripted.written


@pytest.mark.parametrize(
    "reply",
    [
        Raw(b'\r\n+CUSD: 0,"Ten",15\r\n\r\nOK\r\n'),
        Raw(b"\r\nOK\r\n\r\n+CUSD: 0, Ten\r\n"),
        Raw(b'\r\nOK\r\n\r\n+CMTI: "SM",3\r\n\r\n+CUSD: 2,"Ten",0\r\n'),
    ],
)
def test_f86_wherever_the_answer_stands_it_is_found(reply: Raw) -> None:
    assert asked(reply)[0] == "Ten"


@pytest.mark.parametrize("dcs", ["-12", "244", "68"])
def test_octets_of_eight_bits_are_words_where_the_answer_says_so(dcs: str) -> None:
    """RM500U writes <dcs> F4 as a signed number: quotes, hex and all was shown to the technician."""
    assert asked(ok_then(f'+CUSD: 2,"42616c616e733a20302e343920736f276d2e",{dcs}'))[0] == "Balans: 0.49 so'm."


def test_f86_a_text_announced_meanwhile_is_not_lost() -> None:
    _, bench = asked(Raw(b'\r\nOK\r\n\r\n+CUSD: 0,"one\r\n+CMTI: "SM",3\r\ntwo",15\r\n'))
    assert [type(notice).__name__ for notice in bench.modem.notices()] == ["Waiting"]


@pytest.mark.parametrize("end", ['two",15\r\n', ""], ids=["", "an answer that was cut"])
def test_f86_a_text_handed_over_meanwhile_is_not_taken_for_a_line_of_the_answer(end: str) -> None:
    """Its PDU was shown to the technician as a part of the answer, and the text was lost."""
    words, bench = asked(Raw(f'\r\nOK\r\n\r\n+CUSD: 0,"one\r\n+CMT: ,23\r\n{DELIVER}\r\n{end}'.encode()))
    assert bench.modem.notices() == [Direct("deliver", DELIVER)]
    assert DELIVER not in words


def test_f86_no_answer_in_a_minute_ends_it_and_closes_the_session() -> None:
    bench = Bench({"AT+CUSD=1*": "OK"})
    began = bench.clock.monotonic()
    with pytest.raises(CommandRefused, match="did not answer in time"):
        bench.modem.ask_network("*100#")
    assert 59 < bench.clock.monotonic() - began < 75
    assert bench.scripted.written[-1] == "AT+CUSD=2"


def test_f86_huawei_takes_it_packed_and_others_plain() -> None:
    packed = pack(alphabet().encode("*100#")).hex().upper()
    _, huawei = asked(ok_then(f'+CUSD: 0,"{PACKED}",15'), rules={"AT+CGMI": "huawei"})
    assert f'AT+CUSD=1,"{packed}",15' in huawei.scripted.written
    _, other = asked(ok_then('+CUSD: 0,"Ten",15'))
    assert 'AT+CUSD=1,"*100#",15' in other.scripted.written


def test_a_refusal_is_told_and_nothing_is_asked_for_a_code_that_changes_settings() -> None:
    bench = Bench({"AT+CUSD=1*": "+CME ERROR: 4"})
    with pytest.raises(CommandRefused):
        bench.modem.ask_network("*100#")
    with pytest.raises(ValueError, match="setting"):
        bench.modem.ask_network("**21*12025550123#")
    assert not any("**21" in written for written in bench.scripted.written)


@pytest.mark.parametrize("line", ["+CUSD: 4", "+CUSD: 5"])
def test_a_network_that_does_not_know_it_is_a_refusal(line: str) -> None:
    with pytest.raises(HardwareError):
        asked(ok_then(line))


def test_silence_is_told() -> None:
    bench = Bench({"AT+CUSD=1*": Silence()})
    with pytest.raises(ModemSilent):
        bench.modem.ask_network("*100#")
