"""The query console's parser: it lets through what only reads the modem's own state, and nothing else."""

import pytest

from hardware.query import LINES_MOST, allowed, shown
from tests.hardware.bench import Bench


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("AT", "AT"),
        ("at+csq", "AT+CSQ"),
        (" AT+CREG? ", "AT+CREG?"),
        ("ATI", "ATI"),
        ("AT+COPS?", "AT+COPS?"),
        ("AT+CPMS?", "AT+CPMS?"),
        ("AT+CGMI", "AT+CGMI"),
        ("AT^SYSINFO", "AT^SYSINFO"),
        ("AT+CNMI=?", "AT+CNMI=?"),
        ("AT+CPIN?", "AT+CPIN?"),
    ],
)
def test_questions_about_the_modem_are_let_through(typed: str, written: str) -> None:
    assert allowed(typed) == written


@pytest.mark.parametrize(
    "typed",
    [
        "AT+CMGL=4",
        "AT+CMGL",
        "AT+CMGR=1",
        "AT+CMGL?",
        'AT+CPIN="1234"',
        "AT+CPIN=1234",
        "AT+CMGS=20",
        "AT+CMSS=1",
        "AT+CMGW=20",
        'AT+CUSD=1,"*100#"',
        "ATD+12025550123;",
        "ATD*21#",
        "ATD",
        "ATZ",
        "AT&F",
        "ATA",
        "ATE1",
        "AT+CFUN=0",
        "AT+CFUN=1,1",
        "AT+CSQ;+CMGL=4",
        "AT+CSQ;",
        "AT+CSQ\rAT+CMGS=20",
        "AT+CSQ AT+CMGD=1",
        "AT+COPS=?",
        "AT+CPBR=1,10",
        "AT+CPBR=?",
        "AT+CLAC",
        "AT+CRSM=176,28476,0,0,176",
        "AT+CSIM=10",
        "AT+CMGD=1",
        "+CSQ",
        "",
        "AT+",
        "AT+CSQ?x",
        "AT+CLCK?",
        "AT+CPWD",
        "AT+ＣＳＱ",
        "AT+C\u017fQ",
        "ATI\u0663",
        "AT&V",
        "A T",
        "AT+CSQ\x00",
        "AT^GETPORTMODE",
        "AT!RESET",
        "AT^RESET",
        "AT+CNMA",
        "\x1b",
    ],
)
def test_everything_else_is_refused(typed: str) -> None:
    assert allowed(typed) is None


def test_a_refused_question_never_reaches_the_modem() -> None:
    bench = Bench()
    with pytest.raises(ValueError, match="question"):
        bench.modem.query("AT+CMGL=4")
    assert not any("CMGL" in written for written in bench.scripted.written)


def test_an_answer_is_the_commands_own_lines_and_bounded() -> None:
    lines = ['+CMT: "+12025550123",,"x"', "+CSQ: 17,99", *["more\x07"] * 100]
    said = shown("AT+CSQ", lines)
    assert said[0] == "+CSQ: 17,99"
    assert said[1] == "more·"
    assert len(said) == LINES_MOST + 1
    assert "lines more" in said[-1]
