"""What the switches of network, measures and USSD put on the wire."""

import pytest

from hardware.pdu.alphabet import alphabet
from hardware.pdu.septets import unpack
from hardware.virtual import VirtualError
from hardware.virtual.switches import USSD_KINDS

TEXT = "Your balance is $10.00."
HEX16 = TEXT.encode("utf-16-be").hex().upper()
PACKED = "D9775D0E1287D961F7B80C4ACF418218CC0583B91A"  # 23 septets and a CR: 21 octets


@pytest.mark.parametrize(("dbm", "shown"), [(-113, 0), (-105, 4), (-51, 31), (-20, 31), (0, 99)])
def test_the_signal_is_as_strong_as_told(host, dbm, shown):
    host.throw("signal", dbm)
    assert host.say("AT+CSQ").startswith(f"\r\n+CSQ: {shown},99\r\n")


def test_the_operator_has_another_name(host):
    host.throw("operator", "Nomad")
    assert '"Nomad"' in host.say("AT+COPS?")
    host.say("AT+COPS=3,2")
    assert '"310260"' in host.say("AT+COPS?")


@pytest.mark.parametrize(
    ("personality", "line", "answer"),
    [
        ("sim800l", "AT+CMTE?", "+CMTE: 0,61.50"),
        ("sim7600", "AT+CPMUTEMP", "+CPMUTEMP: 62"),
        ("sim7600", "AT+CBC", "+CBC: 3.450V"),
        ("a7670e", "AT+CBC", "+CBC: 3.450V"),
        ("quectel-ec25", "AT+QTEMP", "+QTEMP: 62,62,62"),
        ("quectel-ec25", "AT+CBC", "+CBC: 0,100,3450"),
        ("huawei-e3131", "AT^CHIPTEMP?", "^CHIPTEMP: 615,615,65535,615,65535"),
        ("cinterion", "AT^SBV", "^SBV: 3450"),
        ("cinterion", "AT^SCTM?", "^SCTM: 0,0,62"),
    ],
)
def test_temperature_and_voltage_are_told_in_each_models_way(host_on, personality, line, answer):
    host = host_on(personality)
    host.say("ATE0")
    host.throw("temperature", 61.5)
    host.throw("voltage", 3450)
    assert host.say(line).startswith(f"\r\n{answer}\r\n")


def asked(host, code="*100#", m=1):
    host.say(f'AT+CUSD={m},"{code}",15')
    return host.wait(2)


@pytest.mark.parametrize(
    ("kind", "heard"),
    [
        ("text", f'+CUSD: 0,"{TEXT}",15'),
        ("packed", f'+CUSD: 0,"{PACKED}",15'),
        ("unquoted", f"+CUSD: 0, {PACKED}"),
        ("ucs2", f'+CUSD: 0,"{HEX16}",72'),
        ("ucs2_no_dcs", f'+CUSD: 0,"{HEX16}"'),
        ("ascii", f'+CUSD: 0,"{TEXT.replace("$", chr(2))}",15'),
        ("newlines", '+CUSD: 0,"Your\r\nbalance is $10.00.",15\r\n'),
        ("padded", f'+CUSD: 0,"{HEX16}FFFF60B1",72'),
        ("ended", "+CUSD: 2"),
        ("pieces", '+CUSD: 1,"Your balanc",15\r\n\r\n+CUSD: 0,"e is $10.00.",15'),
        ("open", f'+CUSD: 1,"{TEXT}",15'),
    ],
)
def test_an_answer_is_written_in_this_way(host, kind, heard):
    host.throw("ussd", kind)
    assert asked(host) == f"\r\n{heard}\r\n"


def test_letters_can_be_shown_by_their_septets(host):
    host.throw("ussd", {"kind": "ascii", "text": "Bitte wählen"})
    assert asked(host) == '\r\n+CUSD: 0,"Bitte w{hlen",15\r\n'


def test_an_answer_can_be_refused_or_never_come(host):
    host.throw("ussd", "refused", times=1)
    assert host.say('AT+CUSD=1,"*100#",15') == "\r\n+CME ERROR: 258\r\n"
    host.throw("ussd", "never", times=1)
    assert host.say('AT+CUSD=1,"*100#",15') == "\r\nOK\r\n"
    assert host.wait(120) == ""
    assert TEXT in asked(host)


def test_a_menu_waits_for_an_answer(host):
    assert asked(host, "*111#").startswith('\r\n+CUSD: 1,"1 Balance')
    assert host.modem.ussd_open
    assert asked(host, "1") == f'\r\n+CUSD: 0,"{TEXT}",15\r\n'
    asked(host, "*111#")
    assert host.say("AT+CUSD=2") == "\r\nOK\r\n"
    assert not host.modem.ussd_open


def test_the_packed_answer_is_the_text_and_a_cr():
    assert alphabet().decode(unpack(bytes.fromhex(PACKED), 24)) == TEXT + "\r"


@pytest.mark.parametrize("code", ["*100#", "AA180C3602", "002A0031003000300023"])
def test_a_code_is_understood_as_modems_want_it(host, code):
    assert TEXT in asked(host, code)


@pytest.mark.parametrize("kind", USSD_KINDS)
def test_every_kind_is_known_and_answers_something_or_nothing(host, kind):
    host.throw("ussd", {"kind": kind})
    assert host.say('AT+CUSD=1,"*100#"').endswith(("OK\r\n", "258\r\n"))


def test_an_unknown_kind_is_refused_in_words(host):
    with pytest.raises(VirtualError, match="takes one of text, packed"):
        host.throw("ussd", "morse")
