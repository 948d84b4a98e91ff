"""The driver gammu: libgammu in its own process, on the virtual modem and on its own dummy phone, killed and hung."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hardware import pdu
from hardware.errors import (
    CommandRefused,
    DriverUnfit,
    PinRefused,
    PortBusy,
    PortMissing,
    SimNotReady,
    TpduRefused,
)
from hardware.gammu_modem import GammuModem
from hardware.modem import Stored, Waiting
from hardware.restart import NotPossible
from hardware.virtual import VirtualBank
from tests.gammu_bench import ADA, CLOCK, dummy, no_pin, phone, read, send, tpdus


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[VirtualBank]:
    with VirtualBank(1, tmp_path / "bank") as bank:
        yield bank


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[VirtualBank, GammuModem]]:
    """A modem and a started driver that the tests which ask for it leave as they found it: a start takes 5 s."""
    with VirtualBank(1, tmp_path_factory.mktemp("met") / "bank") as bank, phone(bank.ports[0]) as driver:
        driver.start(no_pin)
        yield bank, driver


def test_a_phone_is_met_and_read_and_sends_our_words(bank: VirtualBank) -> None:
    bank.inbound(0, ADA, "Is it today? {yes} €5 ~")
    bank.inbound(0, "ELMSTREET", "Привет 👋")
    report = pdu.encode_status_report(ADA, mr=3, timestamp=CLOCK.now(), discharge_time=CLOCK.now())
    bank.put(0, "00" + report.hex())
    bank.put(0, "00" + tpdus("a draft")[0].hex(), status=2)
    with phone(bank.ports[0]) as driver:
        driver.start(no_pin)
        [modem] = bank.modems()
        assert (driver.identity.imei, driver.identity.imsi) == (modem["imei"], modem["imsi"])
        assert driver.smsc == "+12025550199"
        health = driver.health()
        assert (health.registration, health.registered, health.operator) == ("home", True, "Textbank Mobile")
        assert (health.signal_dbm, health.storage, health.storage_used) == (-71, "SM", 4)
        assert sorted(read(driver), key=str) == ["Is it today? {yes} €5 ~", "StatusReport", "Привет 👋"]
        for stored in driver.list(everything=False):
            driver.delete(stored)
        assert [slot["status"] for slot in bank.stored(0)] == [2], "the draft is its owner's"
        for text in ("hello {€}", "Привет ~~ 👋", "x" * 200):
            ours = pdu.submit_tpdus(
                ADA, pdu.segment(text), ref=9, status_report=True, validity=timedelta(hours=20)
            )
            references = [send(driver, tpdu) for tpdu in ours]
            sent = bank.air()[-len(ours) :]
            assert [record.mr for record in sent] == references
            assert "".join(record.text for record in sent) == text
            for record, tpdu in zip(sent, ours, strict=True):
                assert record.tpdu[:2] + record.tpdu[4:] == (tpdu[:1] + tpdu[2:]).hex().upper()


def test_libgammus_own_phone_takes_a_text(tmp_path: Path) -> None:
    with phone(dummy(tmp_path), "none", model="dummy") as driver:
        driver.start(no_pin)
        assert driver.identity.manufacturer == "Gammu"
        health = driver.health()
        assert (health.registration, health.voltage_mv, health.temperature_c) == ("home", 4200, 22)
        assert driver.list(everything=True) == []
        assert send(driver, tpdus()[0]) == 255


def test_only_the_text_that_was_listed_is_deleted(met: tuple[VirtualBank, GammuModem]) -> None:
    bank, driver = met
    bank.inbound(0, ADA, "first")
    [stored] = driver.list(everything=True)
    with pytest.raises(CommandRefused, match="Another text lies there"):
        driver.delete(Stored(stored.storage, stored.index, stored.pdu[:-2] + "00"))
    assert len(bank.stored(0)) == 1
    driver.delete(stored)
    driver.delete(stored)  # it is gone: no error
    assert bank.stored(0) == []


def test_a_phone_that_says_nothing_of_arrivals_is_looked_into(met: tuple[VirtualBank, GammuModem]) -> None:
    _, driver = met
    driver._listed_at = CLOCK.monotonic() - 10
    assert driver.is_handing_over, (
        "a stop may have come since: the station reads before a text leaves, though reading takes long"
    )
    driver.list(everything=True)
    assert not driver.is_handing_over
    driver._look_at = CLOCK.monotonic() + 0.1
    driver.wait(CLOCK.monotonic() + 30)
    assert driver.notices() == [Waiting("", -1)]
    waker = threading.Timer(0.05, driver.wake)
    began = CLOCK.monotonic()
    waker.start()
    driver.wait(began + 30)
    assert CLOCK.monotonic() - began < 10
    waker.join()


def test_a_phone_that_is_always_slow_before_a_text_sends_all_the_same(
    met: tuple[VirtualBank, GammuModem], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each prompt what was read was too old again: each text was put back, and the phone read, for ever."""
    _, driver = met
    ask = driver._child.ask

    def slowly(do: str, limit_s: float, **what: Any) -> dict[str, Any]:
        time.sleep(0.4 if do == "ready" else 0)
        return ask(do, limit_s, **what)

    monkeypatch.setattr("hardware.gammu_modem.FRESH_S", 0.2)
    monkeypatch.setattr(driver._child, "ask", slowly)
    driver.list(everything=True)
    with driver.prompt(len(tpdus()[0])):
        assert not driver.is_handing_over


@pytest.mark.parametrize(
    ("fault", "value", "family", "code"),
    [
        ("cmgs_error", 38, "ERROR", None),
        ("cmgs_error", 322, "CMS", 322),
        ("prompt_error", 302, "CMS", 302),
        ("prompt_error", 314, "CMS", 313),
    ],
)
def test_a_refusal_is_what_little_libgammu_says(
    met: tuple[VirtualBank, GammuModem], fault: str, value: int, family: str, code: int | None
) -> None:
    bank, driver = met
    before = len(bank.air())
    bank.fault(0, fault, value, times=1)
    with pytest.raises(CommandRefused) as caught:
        send(driver, tpdus()[0])
    assert (caught.value.family, caught.value.code) == (family, code)
    assert len(bank.air()) == before
    assert send(driver, tpdus()[0]) is not None


def test_a_sim_without_a_service_centre_is_said_to_have_none(met: tuple[VirtualBank, GammuModem]) -> None:
    """Each text waited with “would not take a text and did not say why”, and the station was ready."""
    bank, driver = met
    bank.fault(0, "no_smsc")
    assert driver.read_service_centre() == ""
    with pytest.raises(CommandRefused, match="330"):
        send(driver, tpdus()[0])
    bank.clear(0, "no_smsc")
    assert send(driver, tpdus()[0]) is not None
    assert driver.smsc == "+12025550199"


def test_what_refuses_a_list_is_not_told_as_a_sim_that_is_locked_or_gone(
    met: tuple[VirtualBank, GammuModem],
) -> None:
    """One that was busy for a moment, or a storage that was not to be had, sent a technician to look for its PIN or its SIM."""
    bank, driver = met
    for code in (302, 314):
        bank.fault(0, "cpms_error", code, times=2)
        with pytest.raises(CommandRefused, match="what texts it holds"):
            driver.list(everything=True)
        bank.clear(0, "cpms_error")


def test_it_is_restarted_by_libgammu_where_that_can_do_it(tmp_path: Path) -> None:
    port = dummy(tmp_path)
    with phone(port, "none", model="dummy") as driver:
        assert "off and on" in driver.restart()
    with phone(port, "carrier-pigeon") as driver, pytest.raises(NotPossible, match="Unknown connection"):
        driver.restart()


def test_one_prompt_has_one_text_and_only_ours(met: tuple[VirtualBank, GammuModem]) -> None:
    bank, driver = met
    before = len(bank.air())
    (tpdu,) = tpdus()
    with driver.prompt(len(tpdu)) as prompt:
        with pytest.raises(TpduRefused):
            prompt.send(tpdu + b"\0")
        prompt.send(tpdu)
        with pytest.raises(TpduRefused):
            prompt.send(tpdu)
    absolute = bytes.fromhex("19000B912120550521F30000" + "62115221030090" + "04F4F29C0E")
    with pytest.raises(TpduRefused, match="relative"):
        send(driver, absolute)
    assert len(bank.air()) == before + 1


def test_the_pin_is_entered_once(bank: VirtualBank) -> None:
    bank.fault(0, "pin_required", 3)
    asked: list[str] = []

    def pin(identity: object) -> str:
        asked.append(identity.imei)  # type: ignore[attr-defined]
        return "9999" if len(asked) == 1 else "1234"

    with phone(bank.ports[0]) as driver, pytest.raises(PinRefused):
        driver.start(pin)
    bank.fault(0, "pin_not_yet", 2)  # taken for refused, it would not be entered after the next power cut
    with phone(bank.ports[0]) as driver:
        driver.start(pin)
        assert driver.identity.imsi == bank.modems()[0]["imsi"]
    assert asked == [bank.modems()[0]["imei"]] * 2


@pytest.mark.parametrize(
    ("fault", "state"), [("pin_required", "PIN"), ("puk", "PUK"), ("sim_absent", "ABSENT")]
)
def test_a_sim_that_cannot_be_used(bank: VirtualBank, fault: str, state: str) -> None:
    bank.fault(0, fault)
    with phone(bank.ports[0]) as driver, pytest.raises(SimNotReady) as caught:
        driver.start(no_pin)
    assert caught.value.state == state


# Ports and drivers that do not fit


def test_a_port_that_another_program_has(bank: VirtualBank) -> None:
    with phone(bank.ports[0]) as driver:
        driver.start(no_pin)
        with pytest.raises(PortBusy):
            GammuModem(bank.ports[0], CLOCK, connection="at115200")


def test_what_is_no_device(tmp_path: Path) -> None:
    with pytest.raises(PortMissing, match="No such file"):
        GammuModem(str(tmp_path / "none"), CLOCK, connection="fbus")
    (tmp_path / "file").touch()
    with pytest.raises(PortMissing, match="no device"):
        GammuModem(str(tmp_path / "file"), CLOCK, connection="fbus")


def test_a_connection_that_libgammu_does_not_know(tmp_path: Path) -> None:
    with phone(dummy(tmp_path), "carrier-pigeon") as driver, pytest.raises(DriverUnfit, match="connection"):
        driver.start(no_pin)


def test_without_python_gammu_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gammu.py").write_text("raise ImportError")
    port = dummy(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with phone(port, "none") as driver, pytest.raises(DriverUnfit) as caught:
        driver.start(no_pin)
    assert not caught.value.installed
