"""The driver gammu has the face of the driver at: whatever a station asks of a `Modem` it may ask of a `GammuModem`."""

import inspect

import pytest

from hardware.gammu_modem import GammuModem, GammuPrompt
from hardware.modem import Modem
from hardware.submit import Prompt

FACES = [
    (ours, theirs, name)
    for ours, theirs in ((Modem, GammuModem), (Prompt, GammuPrompt))
    for name in vars(ours)
    if not name.startswith("_") or name in ("__enter__", "__exit__")
]


@pytest.mark.parametrize(
    ("ours", "theirs", "name"), FACES, ids=[f"{face[0].__name__}.{face[2]}" for face in FACES]
)
def test_what_a_station_asks_of_a_modem_it_may_ask_of_a_phone(ours: type, theirs: type, name: str) -> None:
    there, here = inspect.getattr_static(ours, name), inspect.getattr_static(theirs, name, None)
    assert type(here) is type(there), f"{theirs.__name__} has no {name}"
    if not callable(there):
        return
    wanted, found = inspect.signature(there).parameters, inspect.signature(here).parameters
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in found.values())
    for key, parameter in wanted.items():
        assert key in found or (takes_all and parameter.kind is parameter.KEYWORD_ONLY), f"{name} lacks {key}"


@pytest.mark.parametrize("name", ["identity", "profile", "smsc"])
def test_both_have_the_same_fields(name: str) -> None:
    assert f"self.{name}" in inspect.getsource(Modem.__init__)
    assert f"self.{name}" in inspect.getsource(GammuModem.__init__)
