"""Receiving from the virtual modem, with every fault of receiving."""

import pytest

from hardware import pdu
from hardware.errors import (
    ModemSilent,
)
from hardware.modem import Direct, StorageFull, Waiting
from tests.hardware.virtual_bench import Bench, each


@each
@pytest.mark.parametrize(
    "fault", ["drop_cmti", "dup_cmti", "dup_store", "cmti_index_minus1", "cmti_wrong_mem"]
)
def test_a_doorbell_is_only_a_doorbell(personality: str, fault: str) -> None:
    bench = Bench(personality).start()
    bench.fault(fault)
    bench.inbound("hello you")
    notices = bench.wait(5)
    assert bool(notices) == (fault != "drop_cmti")
    assert set(bench.texts()) == {"hello you"}


@each
@pytest.mark.parametrize("fault", ["truncated_pdu", "nonhex_pdu", "ff_padded_pdu"])
def test_a_damaged_record_is_given_as_it_is(personality: str, fault: str) -> None:
    bench = Bench(personality).start()
    bench.fault(fault, times=1)
    bench.inbound("first")
    bench.inbound("second")
    bench.wait(5)
    found = bench.modem.list(everything=True)
    assert len(found) == 2
    for stored in found:
        bench.modem.delete(stored)
    assert bench.modem.list(everything=True) == []


@each
def test_a_flash_text_that_is_not_stored(personality: str) -> None:
    bench = Bench(personality).start()
    bench.fault("class0_cmt", times=1)
    bench.inbound("flash")
    (direct,) = [notice for notice in bench.wait(5) if isinstance(notice, Direct)]
    assert getattr(pdu.decode(direct.pdu), "text", None) == "flash"


def test_a_full_storage_is_said() -> None:
    bench = Bench("huawei-e3131").start()
    bench.fault("memory_full")
    bench.inbound("no room")
    assert any(isinstance(notice, StorageFull) for notice in bench.wait(5))


@each
def test_a_full_storage_is_read_and_emptied(personality: str) -> None:
    bench = Bench(personality).start()
    for number in range(120):
        bench.inbound(f"text {number}")
    bench.wait(1)
    seen: set[str | None] = set()
    for _ in range(10):
        seen |= set(bench.texts())
        for stored in bench.modem.list(everything=True):
            bench.modem.delete(stored)
        bench.wait(40)
    assert seen == {f"text {number}" for number in range(120)}


@each
def test_texts_that_waited_in_every_storage_are_found(personality: str) -> None:
    bench = Bench(personality).start()
    record = "07919121550521F0040B912120555521F300006211421130000005E8329BFD06"
    for storage in bench.world.modems[0].storages:
        bench.world.put(0, record, now=bench.now, storage=storage)
        bench.world.put(0, record, now=bench.now, storage=storage, status=2)
    assert bench.texts().count("hello") == len(bench.world.modems[0].storages)
    bench.inbound("and one more")
    assert any(isinstance(notice, Waiting) for notice in bench.wait(5))


def test_a_modem_deaf_in_cmgl_is_silent_and_comes_back() -> None:
    bench = Bench().start()
    bench.fault("cmgl_hang", 100.0, times=1)
    with pytest.raises(ModemSilent) as caught:
        bench.modem.list(everything=False)
    assert caught.value.command == "AT+CMGL=4"
    bench.wait(60)
    bench.modem.recover()
    assert bench.texts() == []
