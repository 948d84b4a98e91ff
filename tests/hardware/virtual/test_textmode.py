"""Text mode: what is typed, stored and shown, in each character set. Time is simulated."""

import pytest

from hardware.virtual.air import read_text

NUMBER = "+12025550170"


@pytest.fixture
def text_host(host):
    host.say("AT+CMGF=1")
    return host


def type_text(host, typed, number=NUMBER):
    assert host.say(f'AT+CMGS="{number}"') == "\r\n> "
    return host.type(typed + b"\x1a")


def sent(host):
    record = host.world.network.air[-1]
    return record.to, record.text


@pytest.mark.parametrize(
    ("charset", "typed", "text"),
    [
        ("GSM", b"Is it 5? \x00", "Is it 5? @"),
        ("IRA", b"Is it 5? @", "Is it 5? @"),
        ("8859-1", "¿Qué?".encode("latin-1"), "¿Qué?"),
        ("UTF-8", "Is it €5?".encode(), "Is it €5?"),
        ("UCS2", b"0048006920AC", "Hi€"),
    ],
)
def test_a_typed_text_is_read_in_the_character_set(text_host, charset, typed, text):
    text_host.say(f'AT+CSCS="{charset}"')
    assert "+CMGS:" in type_text(text_host, typed)
    assert sent(text_host) == (NUMBER, text)


def test_in_ucs2_the_number_is_hex_too(text_host):
    text_host.say('AT+CSCS="UCS2"')
    type_text(text_host, b"00480069", number=NUMBER.encode("utf-16-be").hex())
    assert sent(text_host) == (NUMBER, "Hi")


def test_csmp_chooses_report_validity_and_alphabet(text_host):
    text_host.say("AT+CSMP=49,11,0,8")
    type_text(text_host, b"0048004921BA")
    record = text_host.world.network.air[-1]
    assert (record.text, record.coding, record.report) == ("HI↺", "ucs2", True)
    assert record.tpdu[24:26] == "0B"


def test_lines_typed_are_prompted_for_each(text_host):
    text_host.say(f'AT+CMGS="{NUMBER}"')
    assert text_host.type("one\r") == "\r\n> "
    text_host.type("two\x1a")
    assert sent(text_host) == (NUMBER, "one\rtwo")


@pytest.mark.parametrize(
    ("charset", "number", "typed"),
    [
        ("GSM", NUMBER, b"x" * 161),
        ("UTF-8", NUMBER, "привет".encode()),
        ("UTF-8", NUMBER, b"\xff"),
        ("UCS2", NUMBER, b"004"),
        ("GSM", "ELMSTREET", b"x"),
        ("GSM", "", b"x"),
    ],
    ids=["long", "alphabet", "no UTF-8", "no hex", "a name", "no number"],
)
def test_what_cannot_be_sent_is_305(text_host, charset, number, typed):
    text_host.say(f'AT+CSCS="{charset}"')
    assert type_text(text_host, typed, number) == "\r\n+CMS ERROR: 305\r\n"
    assert text_host.world.network.air == []


def test_stored_texts_are_listed_by_status_words(text_host):
    text_host.world.inbound(0, NUMBER, "Hello", now=0.0)
    assert text_host.wait(0) == '\r\n+CMTI: "SM",1\r\n'
    head = f'"{NUMBER}",,"26/11/24,06:30:00-20"'
    assert text_host.say('AT+CMGL="REC UNREAD"') == f'\r\n+CMGL: 1,"REC UNREAD",{head}\r\nHello\r\n\r\nOK\r\n'
    text_host.say("AT+CSDH=1")
    assert text_host.say("AT+CMGR=1") == f'\r\n+CMGR: "REC READ",{head},145\r\nHello\r\n\r\nOK\r\n'
    assert text_host.say('AT+CMGL="REC UNREAD"') == "\r\nOK\r\n"
    assert text_host.say('AT+CMGL="NEW"') == "\r\n+CMS ERROR: 305\r\n"


def test_other_alphabets_are_shown_as_hex_and_damage_as_it_is(text_host):
    text_host.world.inbound(0, "ELMSTREET", "Да", now=0.0)
    text_host.world.put(0, "00FF=9", now=0.0)
    text_host.wait(0)
    listed = text_host.say('AT+CMGL="ALL"')
    assert '"ELMSTREET",,"26/11/24,06:30:00-20"\r\n04140430\r\n' in listed
    assert "\r\n00FF=9\r\n" in listed


def test_a_stored_draft_is_kept_and_sent(text_host):
    text_host.say(f'AT+CMGW="{NUMBER}"')
    assert text_host.type("Hello\x1a") == "\r\n+CMGW: 1\r\n\r\nOK\r\n"
    assert f'+CMGL: 1,"STO UNSENT","{NUMBER}",\r\nHello' in text_host.say('AT+CMGL="ALL"')
    text_host.say("AT+CMSS=1")
    assert sent(text_host) == (NUMBER, "Hello")


def test_routed_texts_and_reports_come_as_text(text_host):
    text_host.say("AT+CNMI=2,2,0,1,0")
    text_host.world.inbound(0, NUMBER, "Hello", now=0.0)
    assert text_host.wait(0) == f'\r\n+CMT: "{NUMBER}",,"26/11/24,06:30:00-20"\r\nHello\r\n'
    text_host.say("AT+CSMP=49,167,0,0")
    stamp = '"26/11/24,06:30:00-20"'
    expected = f'\r\n+CDS: 6,{text_host.modem.mr + 1},"{NUMBER}",145,{stamp},{stamp},0\r\n'
    assert type_text(text_host, b"Hi").endswith(expected)


def test_a_submit_that_does_not_decode_has_no_text():
    assert read_text(b"\x01\x00") == (None, None)
