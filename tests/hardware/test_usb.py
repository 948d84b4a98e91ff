"""The table of USB identities, and which ports of a stick may be asked."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hardware.usb import NEVER, Plan, Port, Stick, plan, role_of, table

ROOT = Path(__file__).parents[2]
Kinds = dict[int, str]


def stick(
    vid: str, pid: str, kinds: Kinds, driver: str = "option", classes: str = "ff", product: str = ""
) -> Stick:
    """`kinds`: interface -> class/subclass/protocol, for those that have a tty."""
    ports = []
    for number, (interface, kind) in enumerate(kinds.items()):
        one, two, three = kind.split("/")
        ports.append(Port(f"/dev/ttyUSB{number}", interface, (one, two, three), driver))
    return Stick("1-1.3", vid, pid, product, tuple(ports), frozenset(classes.split()))


def vendor(*interfaces: int) -> Kinds:
    return dict.fromkeys(interfaces, "ff/ff/ff")


def asked(chosen: Plan) -> list[int | None]:
    return [port.interface for port in chosen.ports]


def test_every_row_is_of_a_known_shape() -> None:
    rows = [row for same in table().values() for row in same]
    assert len(rows) > 700
    assert {row.mode for row in rows} == {"modem", "bridge", "storage", "hilink", "not-a-modem"}
    for row in rows:
        assert len(row.vid) == len(row.pid) == 4
        int(row.vid + row.pid, 16)
        assert set(row.roles.values()) <= {"at", "data", *NEVER}
        wrong = [
            number for number in (*row.at, row.urc) if number is not None and row.roles.get(number) in NEVER
        ]
        assert not wrong, row


@pytest.mark.parametrize(
    ("vid", "pid", "kinds", "expected"),
    [
        ("12d1", "1001", vendor(0, 1, 2), [2]),  # E1550: by number
        ("12d1", "1003", vendor(0, 1), [1]),
        (
            "12d1",
            "1506",
            {0: "ff/02/01", 1: "ff/02/03", 2: "ff/02/02"},
            [2],
        ),  # by protocol, whatever the number
        ("12d1", "1506", {0: "ff/01/02", 3: "ff/01/01"}, [0]),
        ("12d1", "ffff", {0: "ff/01/01", 1: "ff/01/02", 2: "ff/01/03"}, [1, 0]),  # a Huawei that nobody knows
        ("2c7c", "0125", vendor(0, 1, 2, 3, 4), [2, 3]),
        ("1e0e", "9001", vendor(0, 1, 2, 3, 4), [2, 3]),
        ("1e0e", "9011", vendor(2, 4, 5), [4, 5]),
        ("19d2", "0031", vendor(0, 1, 3), [1, 3]),  # ZTE: the port for commands before the one for data
        ("1199", "68c0", vendor(0, 2, 3), [3]),
        ("1bc7", "1201", vendor(0, 3, 4, 5, 6), [4, 5]),
    ],
)
def test_the_port_for_commands_is_chosen_by_number_or_protocol(
    vid: str, pid: str, kinds: Kinds, expected: list[int]
) -> None:
    chosen = plan(stick(vid, pid, kinds))
    assert chosen.kind == ("perhaps" if pid == "ffff" else "modem")
    assert asked(chosen) == expected


def test_no_port_for_diagnostics_or_gps_is_ever_in_a_plan() -> None:
    for rows in table().values():
        for row in rows:
            kinds = vendor(*range(13))
            chosen = plan(stick(row.vid, row.pid, kinds))
            for port in chosen.ports + chosen.spare:
                assert row.roles.get(port.interface or 0) not in NEVER, row


def test_where_the_table_knows_no_port_all_that_may_be_are_asked_the_last_first() -> None:
    chosen = plan(stick("1e2d", "0053", vendor(0, 1, 2, 3)))
    assert (chosen.kind, asked(chosen)) == ("modem", [3, 2, 0])  # 1 is GPS


def test_a_known_port_comes_before_unknown_ones_which_are_only_spare() -> None:
    chosen = plan(stick("12d1", "140c", vendor(0, 1, 2, 3)))
    assert asked(chosen) == [3]
    assert [port.interface for port in chosen.spare] == [1, 0]  # 2 is for voice


@pytest.mark.parametrize(
    ("driver", "kind", "expected"),
    [
        ("option", "ff/ff/ff", "perhaps"),
        ("cdc_acm", "02/02/01", "perhaps"),
        ("cdc_acm", "02/02/00", "other"),
        ("cdc_acm", "02/02/ff", "other"),
        ("ch341", "ff/00/00", "other"),
        ("ftdi_sio", "ff/ff/ff", "other"),
        ("", "ff/ff/ff", "other"),
    ],
)
def test_what_nobody_knows_is_asked_only_where_class_or_driver_is_a_modems(
    driver: str, kind: str, expected: str
) -> None:
    assert plan(stick("dead", "beef", {0: kind}, driver)).kind == expected


def test_a_gnss_receiver_is_never_asked() -> None:
    chosen = plan(stick("1546", "01a7", {0: "02/02/01"}, "cdc_acm", "02 0a"))
    assert chosen == Plan("other", "u-blox GNSS receiver")


@pytest.mark.parametrize(
    ("vid", "pid", "classes", "expected"),
    [
        ("12d1", "1446", "08", "storage"),
        ("12d1", "1f01", "08", "storage"),
        ("12d1", "1001", "08", "storage"),  # keeps its id when it switches over
        ("19d2", "0003", "08", "storage"),
        ("12d1", "abcd", "08", "storage"),  # any Huawei (Debian's rule)
        ("12d1", "14dc", "02 0a 08", "hilink"),  # with its card reader
        ("2c7c", "0125", "ff", "mute"),
        ("0781", "5567", "08", "other"),  # a USB disk
    ],
)
def test_f71_f72_a_stick_without_ports_is_called_what_it_is(
    vid: str, pid: str, classes: str, expected: str
) -> None:
    assert plan(stick(vid, pid, {}, classes=classes)).kind == expected


def test_a_telephone_of_the_same_maker_is_no_stick() -> None:
    assert plan(stick("12d1", "107e", {}, classes="08", product="Android Phone")).kind == "other"


def test_roles_have_words() -> None:
    ec25 = stick("2c7c", "0125", vendor(0, 1, 2))
    assert [role_of(port, ec25) for port in ec25.ports] == ["diag", "gps", "at"]


def test_the_wheel_holds_the_table(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    assert "hardware/usb-ids.tsv" in zipfile.ZipFile(wheel).namelist()
