"""Whatever a host types, a virtual modem goes on: no input raises, none spins, AT answers afterwards."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.virtual.models import ROWS
from hardware.virtual.people import People
from hardware.virtual.registry import HANDLERS

OWN = {
    name for row in ROWS for name in (*row.extras, *row.sim_answers, *row.resets, *row.radios, *row.urc_ports)
}
NAMES = sorted({*HANDLERS, *OWN})
MODELS = st.sampled_from([row.name for row in ROWS])
TAILS = st.one_of(
    st.sampled_from(
        [
            "",
            "?",
            "=?",
            "=",
            "=0",
            "=1",
            "=4",
            "=18",
            '="SM"',
            '="SM","SM","SM"',
            '="+12025550170"',
            "=,",
            "=1,",
        ]
    ),
    st.text(alphabet='0123456789,"=?;+ABz', max_size=12),
)
LINES = st.builds(lambda name, tail: f"AT{name}{tail}\r".encode(), st.sampled_from(NAMES), TAILS)
CHARSETS = st.sampled_from(["GSM", "IRA", "UCS2", "UTF-8", "HEX", "8859-1"])
NUMBERS = st.sampled_from(["+12025550170", "", "ELM", "002B0031", "zz", "1" * 30])
TYPED = st.lists(
    st.one_of(
        LINES,
        st.builds('AT+CMGF=1;+CSCS="{}"\rAT+CMGS="{}"\r'.format, CHARSETS, NUMBERS).map(str.encode),
        st.binary(max_size=20).map(lambda data: data + b"\x1a"),
        st.binary(max_size=20),
        st.sampled_from([b"\x1a", b"\x1b", b"0001000B912120550571F0000005E8329BFD06\x1a"]),
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(typed=TYPED, model=MODELS)
def test_no_input_stops_a_modem(host_on, typed, model):
    host = host_on(model)
    for data in typed:
        host.type(data)
        host.wait(1)
    host.type(b"\x1b\r")
    host.wait(60)
    assert host.say("AT").endswith("OK\r\n")


@settings(max_examples=100, deadline=None)
@given(
    rest=st.binary(min_size=1, max_size=40), first=st.sampled_from([0x01, 0x11, 0x21, 0x31, 0x41, 0x61, 0xFD])
)
def test_no_submit_stops_the_network_or_the_people(host_on, rest, first):
    host = host_on(people=People(0, pace=0.0)).quiet()
    tpdu = bytes([first, 0, len(rest) % 24, 0x91]) + rest
    host.say(f"AT+CMGS={len(tpdu)}")
    host.type(b"00" + tpdu.hex().encode() + b"\x1a")
    host.wait(60)
    assert host.say("AT").endswith("OK\r\n")
