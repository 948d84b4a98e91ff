"""What the framing faults put on the wire, octet for octet."""

import pytest

DELIVER = "07912120550591F9" + "040B912120550571F0" + "0000" + "6211426003510A" + "05E8329BFD06"


@pytest.fixture
def two_texts(host):
    for _ in range(2):
        host.world.put(0, DELIVER, now=host.now)
    return host


LIST = f"+CMGL: 1,0,,23\r\n{DELIVER}\r\n+CMGL: 2,0,,23\r\n{DELIVER}"


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        ("nul_prefix", f"\0\0\r\n{LIST}\r\n\r\nOK\r\n"),
        ("glued_cmgl", "\r\n" + LIST.replace("\r\n+", "+") + "\r\n\r\nOK\r\n"),
        ("extra_blank_lines", "\r\n" + LIST.replace("\r\n", "\r\n\r\n", 1) + "\r\n\r\n\r\nOK\r\n"),
        ("garbage_prefix", f"\xf8\0\xfe\xe0\r\n{LIST}\r\n\r\nOK\r\n"),
        ("cr_cr_lf", f"\r\n{LIST}\r\n\r\nOK\r\n".replace("\r\n", "\r\r\n")),
        ("no_leading_crlf", f"{LIST}\r\n\r\nOK\r\n"),
        ("pdu_comma_zero", f"\r\n{LIST}\r\n\r\nOK\r\n".replace(DELIVER, DELIVER + ",0")),
        ("header_short", f"\r\n{LIST}\r\n\r\nOK\r\n".replace(",,", ",")),
        ("glued_urc", f"\r\n{LIST}\r\n\r\nOK\r\n\r\n+CGREG: 1\r\n"),
        ("urc_inside_pdu", "\r\n" + LIST.replace("\r\n", "\r\n\r\n+CGREG: 1\r\n\r\n", 1) + "\r\n\r\nOK\r\n"),
        (
            "urc_inside_response",
            "\r\n" + LIST.replace("\r\n", "\r\n\r\n+CGREG: 1\r\n\r\n", 1) + "\r\n\r\nOK\r\n",
        ),
    ],
)
def test_a_list_can_be_mangled(two_texts, fault, heard):
    length = len(DELIVER) // 2 - 8
    two_texts.world.fault(0, fault, times=1, now=0.0)
    assert two_texts.say("AT+CMGL=4") == heard.replace(",23", f",{length}")


def test_the_unsolicited_line_inside_is_a_real_one_when_one_waits(two_texts):
    two_texts.type("AT+CMGL")
    two_texts.world.inbound(0, "", data=DELIVER, now=0.0)
    two_texts.wait(0)
    two_texts.world.fault(0, "urc_inside_response", times=1, now=0.0)
    assert '\r\n\r\n+CMTI: "SM",3\r\n\r\n' in two_texts.say("=4")


def test_the_echo_can_be_broken_doubled_or_stuck(host_on):
    host = host_on()
    host.world.fault(0, "urc_inside_echo", times=1, now=0.0)
    assert host.say("AT+CREG?") == "AT+C\r\n+CGREG: 1\r\nREG?\r\r\n+CREG: 0,1\r\n\r\nOK\r\n"
    host.world.fault(0, "dup_echo_line", times=1, now=0.0)
    assert host.say("AT") == "AT\r\nAT\r\r\nOK\r\n"
    host.world.fault(0, "echo_stuck", now=0.0)
    assert host.say("ATE0") == "ATE0\r\r\nOK\r\n"
    assert host.say("AT") == "AT\r\r\nOK\r\n"


def test_answers_can_come_in_pieces(host):
    host.world.fault(0, "split_reads", 2, now=0.0)
    host.pieces.clear()
    host.say("AT+CREG?")
    host.wait(1)
    assert b"".join(host.pieces) == b"\r\n+CREG: 0,1\r\n\r\nOK\r\n"
    assert {len(piece) for piece in host.pieces} == {2}


def test_noise_goes_on_until_cleared(host_on):
    host = host_on("huawei-e3131").quiet()
    host.world.fault(0, "noise", 5, now=0.0)
    heard = host.wait(21)
    assert heard.count("\r\n") == 10
    assert set(heard.split("\r\n")) <= {"", *host.modem.personality.noise}
    host.world.clear(0, "noise", now=host.now)
    host.wait(5)
    assert host.wait(60) == ""


@pytest.mark.parametrize(
    ("fault", "line", "heard"),
    [
        ("at_error", "AT", "ERROR"),
        ("atz_error", "ATZ", "ERROR"),
        ("error_cut", "AT+CMGR=1", "+CMS ERROR:"),
        ("no_cmee", "AT+CMEE=1", "ERROR"),
        ("no_csms", "AT+CSMS?", "ERROR"),
        ("no_cpms_query", "AT+CPMS?", "ERROR"),
        ("no_cpms_query", "AT+CPMS=?", "ERROR"),
        ("no_cmgl", "AT+CMGL=4", "ERROR"),
        ("refuses", 'AT+CPMS="SM"', "ERROR"),
        ("only_ok", "AT+CMGL=?", "OK"),
        ("plain_error", "AT+CMGR=1", "ERROR"),
        ("text_errors", "AT+CMGR=1", "+CMS ERROR: invalid memory index"),
    ],
)
def test_a_modem_can_refuse_what_it_is_asked(host, fault, line, heard):
    host.world.fault(0, fault, times=1, now=0.0)
    assert host.say(line) == f"\r\n{heard}\r\n"
    assert host.say(line) != f"\r\n{heard}\r\n"


def test_a_deaf_modem_hears_nothing_for_as_long_as_told(host):
    host.world.fault(0, "hang", 30, now=0.0)
    assert host.say("AT") == ""
    assert host.wait(31) == ""
    assert host.say("AT") == "\r\nOK\r\n"
