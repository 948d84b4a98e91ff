"""Telnet as octets: what is plain, what is answered, whatever the pieces in which it comes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hardware.telnet import BINARY, COM_PORT, DO, DONT, IAC, SB, SE, WILL, WONT, Telnet, escape

SER2NET_HELLO = b"\xff\xfb\x03\xff\xfd\x03\xff\xfb\x01\xff\xfe\x01\xff\xfd\x00\xff\xfb\x00\xff\xfd\x2c"  # seen from 4.3.11


def test_what_debians_ser2net_says_first_is_agreed_to_without_an_argument() -> None:
    telnet = Telnet()
    assert telnet.agreed is None
    assert telnet.feed(SER2NET_HELLO) == b""
    assert telnet.agreed
    assert telnet.answers == bytes(
        (IAC, DONT, 1)
    )  # echo is not wanted; all else was offered or asked for already
    telnet.answers = b""
    telnet.feed(SER2NET_HELLO)
    assert telnet.answers == b""


@example(b"\xff\xff\r\n\xff\xf0", [1])
@given(st.binary(max_size=200), st.lists(st.integers(1, 40), min_size=1, max_size=10))
def test_what_is_plain_comes_through_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    telnet, heard, wire = Telnet(), b"", SER2NET_HELLO + escape(data) + SER2NET_HELLO
    at = turn = 0
    while at < len(wire):
        step = cuts[turn % len(cuts)]
        heard += telnet.feed(wire[at : at + step])
        at, turn = at + step, turn + 1
    assert heard == data


@given(st.lists(st.binary(max_size=2000), max_size=5))
def test_nothing_that_comes_raises_or_is_kept_for_ever(pieces: list[bytes]) -> None:
    telnet = Telnet()
    for piece in pieces:
        telnet.feed(piece)
    telnet.feed(bytes((IAC, SB)) + b"x" * 5000)
    assert len(telnet._left) < 3000


def test_sub_negotiations_are_passed_over_even_with_an_escaped_octet_in_them() -> None:
    said = b"O" + bytes((IAC, SB, COM_PORT, 101, 0, 1, IAC, IAC, SE, IAC, SE)) + b"K"
    assert Telnet().feed(said) == b"OK"


@pytest.mark.parametrize("verb", [DO, DONT, WILL, WONT])
def test_an_option_that_is_not_ours_is_refused_once(verb: int) -> None:
    telnet = Telnet()
    telnet.feed(bytes((IAC, verb, 24)) * 3)
    refusal = {DO: WONT, WILL: DONT}.get(verb)
    assert telnet.answers == (bytes((IAC, refusal, 24)) if refusal else b"")


def test_a_server_without_rfc2217_says_so() -> None:
    telnet = Telnet()
    telnet.feed(bytes((IAC, DONT, COM_PORT, IAC, DO, BINARY)))
    assert telnet.agreed is False


def test_the_line_is_set_with_every_255_doubled() -> None:
    assert bytes((IAC, SB, COM_PORT, 1, 0, 1, 0xC2, 0, IAC, SE)) in Telnet().settings(115200)
    assert bytes((1, 0, 0, IAC, IAC, 0)) in Telnet().settings(0xFF00)
