"""The driver on the virtual modem: each personality, and every fault that must make no difference."""

import pytest

from hardware.errors import (
    PortGone,
)
from hardware.modem import Waiting
from tests.hardware.virtual_bench import Bench, each


@each
@pytest.mark.parametrize("chunk", [None, 1, 7], ids=["whole", "bytes", "sevens"])
def test_start_send_receive_delete(personality: str, chunk: int | None) -> None:
    bench = Bench(personality, chunk=chunk).start()
    card = bench.world.modems[0].card
    identity = bench.modem.identity
    assert (identity.imei, identity.iccid, identity.imsi) == (card.imei, card.iccid, card.imsi)
    assert identity.number == card.number
    health = bench.modem.health()
    assert health.registered
    assert health.signal_dbm is not None
    assert bench.send("x" * 200) == [record.mr for record in bench.air]
    bench.inbound("hi there")
    assert any(isinstance(notice, Waiting) for notice in bench.wait(5))
    assert "hi there" in bench.texts()
    for stored in bench.modem.list(everything=True):
        bench.modem.delete(stored)
    assert bench.texts() == []


@each
def test_a_start_takes_little_time(personality: str) -> None:
    bench = Bench(personality)
    bench.start()
    assert bench.now < 5


FRAMING = {
    "nul_prefix": None,
    "echo_stuck": None,
    "dup_echo_line": None,
    "glued_cmgl": None,
    "extra_blank_lines": None,
    "split_reads": 1,
    "urc_inside_response": None,
    "urc_inside_pdu": None,
    "urc_inside_echo": None,
    "noise": 0.3,
    "prompt_no_space": None,
    "esc_ok": None,
    "at_error": None,
    "no_cmee": None,
    "no_csms": None,
    "no_cpms_query": None,
    "no_cmgl": None,
    "plain_error": None,
    "text_errors": None,
    "sim_busy": 3,
    "cpms_stale_500ms": None,
}


@each
@pytest.mark.parametrize("fault", FRAMING)
@pytest.mark.parametrize("echo", [[], ["echo_stuck"]], ids=["", "echo stuck"])
def test_what_must_make_no_difference(personality: str, fault: str, echo: list[str]) -> None:
    bench = Bench(personality)
    for name in {fault, *echo}:
        bench.fault(name, FRAMING[name])
    bench.start()
    assert bench.send("x" * 200) == [record.mr for record in bench.air]
    for text in ("one", "two", "three"):
        bench.inbound(text)
    bench.wait(5)
    assert [text for text in bench.texts() if text != "report"] == ["one", "three", "two"]
    for stored in bench.modem.list(everything=True):
        bench.modem.delete(stored)
    assert bench.texts() == []
    assert bench.modem.health().registered
    with pytest.raises(LookupError), bench.modem.prompt(17):
        raise LookupError
    assert len(bench.send()) == 1
    assert len(bench.air) == 3


@each
def test_a_modem_that_boots_slowly(personality: str) -> None:
    bench = Bench(personality)
    bench.fault("slow_boot", 20.0)
    bench.world.modems[0].reboot(bench.now)
    if not bench.world.modems[0].plugged:
        with pytest.raises(PortGone):
            bench.start()
        bench.clock.advance(30)
        bench.world.tick(bench.now)
        bench.plug_in()
    bench.start()
    assert bench.send()
