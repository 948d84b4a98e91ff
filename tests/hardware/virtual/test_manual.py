"""docs/virtual.md names every personality, fault switch, request and option; its defaults are the real ones."""

import re
from pathlib import Path

import pytest

from gateway.commands.virtual import virtual
from hardware.virtual.air import AirRecord
from hardware.virtual.control import REQUESTS
from hardware.virtual.personality import PERSONALITIES
from hardware.virtual.switches import AT_STATES, SWITCHES

MANUAL = (Path(__file__).parents[3] / "docs" / "virtual.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| `([^`]+)` \| (.*) \|$", MANUAL, re.MULTILINE))


@pytest.mark.parametrize("name", [*PERSONALITIES, *SWITCHES, *REQUESTS])
def test_each_has_its_row(name):
    assert name in ROWS


@pytest.mark.parametrize(
    ("name", "switch"), [item for item in SWITCHES.items() if item[1].default is not True]
)
def test_defaults_are_told(name, switch):
    told = f'"{switch.default}"' if isinstance(switch.default, str) else f"{switch.default:g}"
    assert told in ROWS[name]


def test_every_option_of_the_command_is_told():
    for option in virtual.params:
        assert any(row.startswith(option.opts[0]) for row in ROWS), option.opts[0]


def test_states_and_air_fields_are_told():
    for name in (*AT_STATES, *AirRecord.__dataclass_fields__):
        assert f"`{name}`" in MANUAL
