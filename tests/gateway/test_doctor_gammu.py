"""`textbank doctor` on a phone behind gammu: who answers, or what to install, correct or plug in."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from gateway.commands import _phones
from gateway.commands._modems import modems
from gateway.config import Config, Database, Station
from hardware.gammu_modem import GammuModem
from hardware.virtual import VirtualBank
from tests.gammu_bench import dummy, libgammu


def found(tmp_path: Path, *, gateway_runs: bool = False, **keys: Any) -> tuple[bool, str, str]:
    """The finding about a station with these keys: whether it is good, what, and what to do."""
    station = Station("north", driver="gammu", **keys)
    config = Config(tmp_path / "textbank.toml", database=Database(tmp_path / "none.db"), stations=(station,))
    [finding] = [
        one for one in modems(config, gateway_runs=gateway_runs, search=False) if one.check == "modem north"
    ]
    return finding.ok, finding.found, finding.do


def test_a_phone_that_is_well(tmp_path: Path) -> None:
    port = dummy(tmp_path)
    good, what, do = found(tmp_path, port=port, gammu_connection="none", gammu_model="dummy")
    assert (good, do) == (True, "")
    assert (
        what
        == f"On {port} Gammu Dummy answers through gammu, and its SIM asks for no code. Its battery is at 100 %."
    )


def test_a_phone_whose_battery_is_low(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GammuModem, "battery", lambda self: 12)
    good, what, do = found(tmp_path, port=dummy(tmp_path), gammu_connection="none", gammu_model="dummy")
    assert not good
    assert what.endswith("Its battery is at 12 %.")
    assert "charger" in do


def test_a_phone_that_wants_its_pin_is_asked_and_nothing_is_entered(tmp_path: Path) -> None:
    libgammu()
    with VirtualBank(1, tmp_path / "bank") as bank:
        bank.fault(0, "pin_required", 3)
        good, what, do = found(tmp_path, port=bank.ports[0])
        assert not good
        assert what.endswith("answers through gammu, and its SIM asks for its PIN. Its battery is at 100 %.")
        assert "PIN" in do


@pytest.mark.parametrize("gateway_runs", [False, True])
def test_python_gammu_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gateway_runs: bool
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    good, what, do = found(tmp_path, port="/dev/ttyUSB0", gateway_runs=gateway_runs)
    assert (good, what) == (False, "Its driver is gammu, and python-gammu is not installed.")
    assert do == _phones.INSTALL


def test_a_connection_that_is_not_the_phones(tmp_path: Path) -> None:
    libgammu()
    with VirtualBank(1, tmp_path / "bank") as bank:
        good, what, do = found(tmp_path, port=bank.ports[0], gammu_connection="dku2")
    assert not good
    assert what == "gammu says: Desired functionality has been disabled on compile time."
    assert "docs/gammu.md" in do


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    libgammu()
    good, what, _ = found(tmp_path, port="/dev/none", gammu_connection="fbus")
    assert (good, what) == (False, "/dev/none cannot be opened: No such file or directory.")
