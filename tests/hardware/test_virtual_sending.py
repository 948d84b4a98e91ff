"""Sending through the virtual modem, with every fault of sending."""

from typing import Any

import pytest

from hardware import pdu
from hardware.errors import (
    CommandRefused,
    HardwareError,
    ModemSilent,
    PortGone,
    PromptLost,
    SubmitUncertain,
)
from hardware.modem import Direct, LateSubmit, Restarted
from tests.hardware.virtual_bench import Bench, each


@each
@pytest.mark.parametrize(("fate", "left"), [("sent", 1), ("lost", 0)])
def test_silence_after_ctrl_z(personality: str, fate: str, left: int) -> None:
    bench = Bench(personality).start()
    bench.fault("cmgs_silent", fate, times=1)
    with pytest.raises(SubmitUncertain) as caught:
        bench.send()
    assert caught.value.waited_s == pytest.approx(180, abs=1)
    assert len(bench.air) == left
    bench.modem.recover()
    assert bench.send() == [bench.air[-1].mr]
    assert len(bench.air) == left + 1


@each
@pytest.mark.parametrize("late_s", [31, 100, 179])
def test_a_result_within_180_s_is_waited_for(personality: str, late_s: int) -> None:
    bench = Bench(personality).start()
    bench.fault("cmgs_late", late_s * 1000, times=1)
    assert bench.send() == [bench.air[0].mr]


@each
@pytest.mark.parametrize("how", ["listening", "next command", "next text"])
def test_a_result_after_that_is_known_as_late(personality: str, how: str) -> None:
    bench = Bench(personality).start()
    bench.fault("cmgs_late", 200_000, times=1)
    with pytest.raises(SubmitUncertain):
        bench.send()
    if how == "listening":
        notices = bench.wait(60)
    else:
        bench.clock.advance(19.999)
        if how == "next text":
            try:
                bench.send()
            except ModemSilent:
                assert len(bench.air) == 1
        else:
            try:
                bench.modem.health()
            except ModemSilent:
                bench.modem.recover()
        notices = bench.modem.notices() + bench.wait(10)
    assert LateSubmit(bench.air[0].mr) in notices
    assert bench.modem.health().registered
    assert bench.send() == [bench.air[-1].mr]


@each
@pytest.mark.parametrize("code", [38, 304, 500, 512, "ERROR"])
def test_a_refusal_is_a_fact(personality: str, code: Any) -> None:
    bench = Bench(personality).start()
    bench.fault("cmgs_error", {"code": code, "after_s": 31.0, "sent": False}, times=1)
    with pytest.raises(CommandRefused) as caught:
        bench.send()
    assert caught.value.code == (code if code != "ERROR" else None)
    assert caught.value.after_s == pytest.approx(31.0, abs=0.5)
    assert bench.air == []
    assert bench.send()


@each
def test_an_error_in_words(personality: str) -> None:
    bench = Bench(personality).start()
    bench.fault("lte_send_fail", times=1)
    with pytest.raises(CommandRefused) as caught:
        bench.send()
    assert (caught.value.family, caught.value.code) == ("CMS", 500)


@each
def test_ok_without_a_reference(personality: str) -> None:
    bench = Bench(personality).start()
    bench.fault("ok_without_cmgs", times=1)
    with pytest.raises(SubmitUncertain, match="no reference"):
        bench.send()
    assert len(bench.air) == 1


@each
@pytest.mark.parametrize("how", ["silent", "lost"])
def test_no_prompt_means_nothing_left(personality: str, how: str) -> None:
    bench = Bench(personality).start()
    bench.fault("prompt_missing", how, times=1)
    with pytest.raises(ModemSilent):
        bench.send()
    assert bench.air == []
    assert bench.send() == [bench.air[0].mr]
    assert len(bench.air) == 1


@each
@pytest.mark.parametrize("delay_s", [2, 14, 16, 40])
def test_a_late_prompt(personality: str, delay_s: int) -> None:
    bench = Bench(personality).start()
    bench.fault("prompt_delay", delay_s * 1000, times=1)
    if delay_s < 15:
        assert bench.send() == [bench.air[-1].mr]
        return
    with pytest.raises(ModemSilent):
        bench.send()
    for _ in range(5):  # it may be deaf for a while
        try:
            bench.modem.recover()
        except ModemSilent:
            bench.wait(10)
    assert bench.air == []
    assert bench.send() == [bench.air[-1].mr]


@each
def test_an_error_at_the_prompt(personality: str) -> None:
    bench = Bench(personality).start()
    bench.fault("prompt_error", 302, times=1)
    with pytest.raises(CommandRefused) as caught:
        bench.send()
    assert caught.value.code == 302
    assert bench.air == []
    assert bench.send()


@each
def test_what_was_typed_and_not_ended_by_ctrl_z_is_taken_back_and_the_next_text_goes(
    personality: str,
) -> None:
    bench = Bench(personality).start()
    [tpdu] = pdu.submit_tpdus("+12025550199", pdu.segment("Never mind"), ref=0, status_report=True)
    with bench.modem.prompt(len(tpdu)) as prompt:
        prompt.type(tpdu)  # and the row could not be committed
    assert bench.air == []
    assert bench.send()
    assert [record.text for record in bench.air] == ["hello"]


@each
def test_a_pdu_that_a_dead_gateway_left_at_the_prompt_never_leaves(personality: str) -> None:
    bench = Bench(personality).start()
    [tpdu] = pdu.submit_tpdus("+12025550199", pdu.segment("Never mind"), ref=0, status_report=True)
    prompt = bench.modem.prompt(len(tpdu))
    prompt.__enter__()
    prompt.type(tpdu)
    bench.plug_in()  # nothing is left of the one that typed
    bench.start()
    assert bench.send()
    assert [record.text for record in bench.air] == ["hello"]


@each
def test_the_reference_wraps(personality: str) -> None:
    bench = Bench(personality).start()
    bench.fault("mr_wrap")
    assert [bench.send()[0] for _ in range(3)] == [255, 0, 1]


@each
def test_reports_come_and_may_come_before_the_result(personality: str) -> None:
    bench = Bench(personality).start()
    bench.fault("report_before_cmgs", times=1)
    assert bench.send() == [bench.air[-1].mr]
    bench.wait(5)
    assert bench.send() == [bench.air[-1].mr]
    notices = bench.wait(5)
    direct = [notice for notice in notices if isinstance(notice, Direct)]
    assert len(direct) + bench.texts().count("report") == 2 or bench.texts().count("report") == 2


@each
@pytest.mark.parametrize("state", ["cmgs", "prompt", "pdu", "ctrl_z", "sent"])
@pytest.mark.parametrize("fault", ["reboot_at", "usb_drop_at"])
def test_a_restart_or_a_lost_port_in_the_middle(personality: str, state: str, fault: str) -> None:
    """Before Ctrl-Z nothing left, and we say so where we can know it; from then on we never claim to know."""
    bench = Bench(personality).start()
    value = {"state": state, "back_after_s": 5.0} if fault == "usb_drop_at" else state
    bench.fault(fault, value, times=1)
    with pytest.raises(HardwareError) as caught:
        bench.send(commit_s=0.3 if state == "prompt" else 0.0)
    assert not isinstance(caught.value, CommandRefused)
    if bench.air:
        assert isinstance(caught.value, SubmitUncertain)
    if isinstance(caught.value, ModemSilent | PortGone):
        assert bench.air == []
    if state == "cmgs":
        assert isinstance(caught.value, ModemSilent | PortGone)
    if state == "prompt" and (fault == "usb_drop_at" or personality == "huawei-e3131"):
        assert isinstance(caught.value, PromptLost)
    bench.clock.advance(30)
    bench.world.tick(bench.now)
    bench.plug_in()
    sent = len(bench.air)
    bench.start()
    assert bench.send()
    assert len(bench.air) == sent + 1


def test_a_restart_after_ctrl_z_is_known_by_its_boot_lines() -> None:
    bench = Bench("sim800l").start()
    bench.fault("reboot_at", "ctrl_z", times=1)
    with pytest.raises(SubmitUncertain, match="restarted") as caught:
        bench.send()
    assert caught.value.waited_s < 10
    assert any(isinstance(notice, Restarted) for notice in bench.modem.notices())


@each
def test_a_deaf_modem_and_its_recovery(personality: str) -> None:
    bench = Bench(personality).start()
    bench.fault("hang", 40.0)
    with pytest.raises(ModemSilent):
        bench.modem.recover()
    bench.wait(40)
    bench.modem.recover()
    assert bench.send()
