"""What becomes of the process that libgammu lives in: killed, crashed, hung, unplugged, orphaned."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.errors import ModemSilent, PortGone, PortMissing, PromptLost, SubmitUncertain
from hardware.gammu_modem import GammuModem
from hardware.virtual import VirtualBank
from tests.gammu_bench import CLOCK, alive, dummy, no_pin, phone, send, stop, tpdus, until


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[VirtualBank]:
    with VirtualBank(1, tmp_path / "bank") as bank:
        yield bank


def test_a_process_killed_while_idle_is_a_lost_port(tmp_path: Path) -> None:
    port = dummy(tmp_path)
    with phone(port, "none", model="dummy") as driver:
        driver.start(no_pin)
        os.kill(driver.pid, signal.SIGKILL)
        with pytest.raises(PortGone, match="SIGKILL"):
            driver.wait(CLOCK.monotonic() + 20)
        with pytest.raises(PortGone):
            driver.health()
    with phone(port, "none", model="dummy") as driver:
        driver.start(no_pin)


def test_a_process_that_crashes_says_how(tmp_path: Path) -> None:
    with phone(dummy(tmp_path), "none", model="dummy") as driver:
        driver.start(no_pin)
        os.kill(driver.pid, signal.SIGSEGV)
        with pytest.raises(PortGone, match="SIGSEGV"):
            driver.list(everything=True)


def test_killed_before_the_text_is_handed_over_nothing_has_left(bank: VirtualBank) -> None:
    with phone(bank.ports[0]) as driver:
        driver.start(no_pin)
        (tpdu,) = tpdus()
        with driver.prompt(len(tpdu)) as prompt:
            stop(driver.pid)
            killer = threading.Timer(0.2, os.kill, [driver.pid, signal.SIGKILL])
            killer.start()
            with pytest.raises(PromptLost):
                prompt.send(tpdu)
            killer.join()
        assert bank.air() == []


def test_hung_before_the_text_is_handed_over_nothing_has_left(tmp_path: Path) -> None:
    with phone(dummy(tmp_path), "none", model="dummy") as driver:
        driver.start(no_pin)
        (tpdu,) = tpdus()
        with driver.prompt(len(tpdu)) as prompt:
            stop(driver.pid)
            with pytest.raises(PromptLost, match="hung"):
                prompt.send(tpdu, timeout_s=0.5)
        assert not alive(driver.pid)


def test_killed_after_the_text_is_handed_over_it_is_uncertain(bank: VirtualBank) -> None:
    bank.fault(0, "cmgs_silent", "sent")
    with phone(bank.ports[0]) as driver:
        driver.start(no_pin)

        def kill() -> None:
            bank.wait_air(1, timeout_s=20)
            os.kill(driver.pid, signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        with pytest.raises(SubmitUncertain, match="SIGKILL"):
            send(driver, tpdus()[0], timeout_s=60)
        killer.join()
    assert len(bank.air()) == 1


def test_hung_after_the_text_is_handed_over_it_is_uncertain_and_the_process_is_ended(
    bank: VirtualBank,
) -> None:
    bank.fault(0, "cmgs_silent", "lost")
    with phone(bank.ports[0]) as driver:
        driver.start(no_pin)
        with pytest.raises(SubmitUncertain, match="hung"):
            send(driver, tpdus()[0], timeout_s=3)
        assert not alive(driver.pid)


def test_unplugged_while_a_text_waits_for_its_answer(bank: VirtualBank) -> None:
    bank.fault(0, "cmgs_silent", "sent")
    with phone(bank.ports[0]) as driver:
        driver.start(no_pin)

        def pull() -> None:
            bank.wait_air(1, timeout_s=20)
            bank.unplug(0)

        puller = threading.Thread(target=pull)
        puller.start()
        with pytest.raises(SubmitUncertain, match="unplugged") as caught:
            send(driver, tpdus()[0], timeout_s=60)
        puller.join()
        assert caught.value.waited_s < 20


def test_unplugged_while_idle_and_back(bank: VirtualBank) -> None:
    with phone(bank.ports[0]) as driver:
        driver.start(no_pin)
        puller = threading.Timer(0.05, bank.unplug, [0])
        puller.start()
        with pytest.raises(PortGone, match="unplugged"):
            driver.wait(CLOCK.monotonic() + 20)
        puller.join()
    with pytest.raises(PortMissing):
        GammuModem(bank.ports[0], CLOCK, connection="at115200")
    bank.plug(0)
    with phone(bank.ports[0]) as driver:
        driver.start(no_pin)
        assert send(driver, tpdus()[0]) is not None


def test_f94_a_hung_process_is_ended_at_its_deadline(tmp_path: Path) -> None:
    with phone(dummy(tmp_path), "none", model="dummy") as driver:
        driver.start(no_pin)
        stop(driver.pid)
        with pytest.raises(ModemSilent) as caught:
            driver.health()
        assert 3.0 <= caught.value.waited_s < 10
        assert not alive(driver.pid)
        with pytest.raises(PortGone):
            driver.recover()


def test_a_hung_process_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with phone(dummy(tmp_path), "none", model="dummy") as driver:
        driver.start(no_pin)
        stop(driver.pid)
        began = CLOCK.monotonic()
        driver.close()
        assert CLOCK.monotonic() - began < 5


PARENT = """
import sys, threading
from hardware.gammu_modem import GammuModem
from hardware.link import SystemClock
driver = GammuModem(sys.argv[1], SystemClock(), connection="none", model="dummy")
driver.start(lambda identity: None)
print(driver.pid, flush=True)
threading.Event().wait()
"""


def test_the_process_dies_with_its_parent_even_when_it_hangs(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, dummy(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        stop(pid)
        parent.kill()
        parent.wait()
        until(lambda: not alive(pid), "the process is gone")
