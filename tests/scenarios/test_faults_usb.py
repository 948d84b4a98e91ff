"""The gateway as a real process on a bus that umockdev makes: sticks that are plugged in, pulled out and swapped.

Virtual modems stand behind the sticks' ttys. What is asserted is what a person sees: station rows, texts, the air.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import outbox, people, store
from gateway.config import load
from gateway.rules import rules_of
from hardware.virtual import VirtualBank
from tests import blank
from tests.conftest import Need
from tests.usb_bus import (
    CD_ROM,
    E1550,
    E3372,
    EC25,
    FT4232,
    GNSS,
    HILINK,
    MF190,
    SERIAL_THING,
    UNKNOWN_ACM,
    UNKNOWN_OPTION,
    UsbBus,
)

ADA, LUIS, MEI = "+12025550123", "+12025550147", "+12025550161"
PATIENCE_S = 60.0  # a limit, not a wait: on a busy machine a stick is asked several times
CONFIG = """[organisation]
region = "US"
timezone = "America/New_York"
[sending]
undo_seconds = 0
quiet_from = "00:00"
quiet_until = "00:00"
"""


class Group:
    """A group's folder, its bus and its gateway."""

    def __init__(self, folder: Path, bank: VirtualBank, bus: UsbBus) -> None:
        self.folder, self.bank, self.bus = folder, bank, bus
        self.imei = [row["imei"] for row in bank.modems()]
        self.name = [f"modem-{imei}" for imei in self.imei]
        self.process: subprocess.Popen[bytes] | None = None
        self.configure("")
        self.db = blank.database(self.config.database.path)
        self.user = people.create(self.db, "Vera", "volunteer", now=store.wall_ms())

    def configure(self, stations: str) -> None:
        self.path = self.folder / "textbank.toml"
        self.path.write_text(CONFIG + stations)
        self.config = load(self.path)

    def start(self) -> None:
        command = [sys.executable, "-m", "gateway", "--config", str(self.path), "gateway"]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self.bus.environment, stderr=log)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(40)
            self.process = None

    def rows(self) -> dict[str, sqlite3.Row]:
        return {row["name"]: row for row in self.db.execute("SELECT * FROM station WHERE retired_at IS NULL")}

    def state(self, name: str) -> str:
        row = self.rows().get(name)
        return row["state"] if row is not None else ""

    def approved(self, number: str, text: str = "Can you come?") -> int:
        rules, now = rules_of(self.config), store.wall_ms()
        message_id = outbox.draft(
            self.db, number, text, kind="first", key=None, channel="cli", by=None, rules=rules, now=now
        )
        row = outbox.load(self.db, message_id)
        outbox.approve(self.db, message_id, by=self.user, seen=outbox.seen(row), rules=rules, now=now)
        return message_id

    def text(self, message_id: int) -> str:
        return str(self.db.execute("SELECT state FROM message WHERE id=?", [message_id]).fetchone()["state"])

    def until(self, condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> float:
        """Seconds until it was true."""
        began = time.monotonic()
        while not condition():
            rows = {name: (row["state"], row["port"], row["reason"]) for name, row in self.rows().items()}
            assert time.monotonic() < began + patience_s, f"not within {patience_s:g} s: {what}; {rows}"
            ended = self.process.poll() if self.process is not None else None
            assert ended is None, (
                f"the gateway ended with {ended}: {(self.folder / 'log').read_text()[-300:]}"
            )
            time.sleep(0.01)  # asks again; nothing depends on how long
        return time.monotonic() - began

    def until_ready(self, *names: str, patience_s: float = PATIENCE_S) -> float:
        return self.until(
            lambda: all(self.state(name) == "ready" for name in names), f"{names} ready", patience_s
        )

    def to(self, number: str) -> int:
        return sum(record.to == number for record in self.bank.air())

    def plug(self, place: str, *modems: int) -> dict[int, str]:
        """An E1550 with the first of these modems behind its port for commands."""
        return self.bus.plug(place, E1550, {2: self.bank.ports[modems[0]]})

    def pull(self, place: str, modem: int) -> None:
        """As it is in truth: the tty and the modem behind it go together."""
        self.bank.unplug(modem)
        self.bus.unplug(place)


@pytest.fixture
def group(tmp_path: Path, need: Need) -> Iterator[Group]:
    need("umockdev-wrapper", package="umockdev gir1.2-umockdev-1.0 python3-gi")
    need("cc", package="gcc libc6-dev")
    with VirtualBank(4, tmp_path / "m") as bank, UsbBus() as bus:
        group = Group(tmp_path, bank, bus)
        yield group
        group.stop(signal.SIGKILL)
        group.db.close()


def test_a_modem_is_ready_within_seconds_of_being_plugged_in(group: Group) -> None:
    group.start()
    group.until(lambda: (group.folder / "textbank.db.gateway.bell").exists(), "the gateway runs")
    group.plug("1-1.3", 0)
    took_s = group.until_ready(group.name[0])
    assert took_s < 5.0  # bench/finding.py measures it: under 3 s on a machine that does nothing else
    row = group.rows()[group.name[0]]
    assert (row["port"], row["place"], row["imei"], row["found"]) == (
        "/dev/ttyUSB2",
        "1-1.3",
        group.imei[0],
        1,
    )
    listed = subprocess.run(
        [sys.executable, "-m", "gateway", "--config", str(group.path), "stations", "--json"],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    [shown] = json.loads(listed.stdout)
    assert (shown["name"], shown["state"], shown["port"]) == (group.name[0], "ready", "/dev/ttyUSB2")
    assert shown["budget"] == 200
    message_id = group.approved(ADA)
    group.until(lambda: group.text(message_id) == "delivered", "delivered")


def test_f69_f23_pulled_out_mid_text_it_goes_on_in_another_socket(group: Group) -> None:
    group.bank.fault(0, "cmgs_late", 60_000, times=1)
    group.bank.fault(0, "report_never", times=1)
    group.plug("1-1.3", 0)
    group.start()
    group.until_ready(group.name[0])
    first, second, third = (group.approved(number) for number in (ADA, LUIS, MEI))
    group.until(lambda: group.to(ADA) == 1, "the first on the air")
    group.pull("1-1.3", 0)
    group.until(lambda: group.state(group.name[0]) == "lost", "lost")
    group.bus.plug("1-1.1", GNSS)
    group.bus.plug("1-1.2", E1550)  # takes the numbers that became free; nobody is behind it
    group.bank.plug(0)
    group.plug("1-1.4", 0)
    took_s = group.until_ready(group.name[0])
    assert took_s < 5.0
    group.until(lambda: {group.text(second), group.text(third)} <= {"sent", "delivered"}, "the queue goes on")
    row = group.rows()[group.name[0]]
    assert (row["port"], row["place"]) == ("/dev/ttyUSB5", "1-1.4")
    assert group.text(first) == "uncertain"
    assert [group.to(number) for number in (ADA, LUIS, MEI)] == [1, 1, 1]


def test_f69_it_is_let_go_even_when_its_driver_does_not_notice(group: Group) -> None:
    group.plug("1-1.3", 0)
    group.start()
    group.until_ready(group.name[0])
    group.bus.unplug("1-1.3")  # the modem's own end stays open
    group.until(lambda: group.state(group.name[0]) == "lost", "lost")
    row = group.rows()[group.name[0]]
    assert row["port"] == ""
    assert f"IMEI {group.imei[0]}. It was last in the USB socket 1-1.3." in row["reason"]
    group.plug("1-1.2", 0)
    group.until_ready(group.name[0])


def test_f70_sticks_without_serial_numbers_stay_apart_whatever_is_swapped(group: Group) -> None:
    group.configure('[[stations]]\nname = "north"\n')
    group.start()
    group.plug("1-1.1", 0)
    group.until_ready("north")
    group.plug("1-1.2", 1)
    group.until_ready("north", group.name[1])
    for place, modem in (("1-1.1", 0), ("1-1.2", 1)):
        group.pull(place, modem)
    group.until(lambda: group.state("north") == group.state(group.name[1]) == "lost", "both lost")
    for modem in (0, 1):
        group.bank.plug(modem)
    group.plug("1-1.1", 1)
    group.plug("1-1.2", 0)
    group.until_ready("north", group.name[1])
    rows = group.rows()
    assert {name: (row["imei"], row["place"]) for name, row in rows.items()} == {
        "north": (group.imei[0], "1-1.2"),
        group.name[1]: (group.imei[1], "1-1.1"),
    }
    group.pull("1-1.2", 0)
    group.plug("1-1.2", 2)  # another stick in the same socket
    group.until_ready(group.name[2])
    assert group.state("north") == "lost"


def test_f70_another_modem_behind_the_same_tty_is_noticed_without_any_word_of_udev(group: Group) -> None:
    [*_, device] = group.plug("1-1.1", 0).values()
    group.start()
    group.until_ready(group.name[0])
    group.bus.lead(device, group.bank.ports[1])
    group.bank.unplug(0)
    group.until_ready(group.name[1])
    assert group.state(group.name[0]) == "lost"


def test_f70_after_a_restart_each_station_has_its_own_modem(group: Group) -> None:
    group.configure('[[stations]]\nname = "north"\n')
    group.plug("1-1.1", 0)
    group.start()
    group.until_ready("north")
    group.plug("1-1.2", 1)
    group.until_ready(group.name[1])
    group.stop()
    group.bus.unplug("1-1.1")
    group.start()
    group.until_ready(group.name[1])
    group.until(lambda: group.state("north") == "lost", "north waits for its own")
    group.plug("1-1.3", 0)
    group.until_ready("north")
    assert set(group.rows()) == {"north", group.name[1]}, (
        "each restart made another station of one that was found"
    )


def test_f09_another_sim_is_another_line(group: Group) -> None:
    group.plug("1-1.1", 0)
    group.start()
    group.until_ready(group.name[0])
    message_id = group.approved(ADA)
    group.until(lambda: group.text(message_id) == "delivered", "delivered")
    before = group.rows()[group.name[0]]
    group.bank.fault(0, "sim_swap")
    group.until(lambda: group.rows()[group.name[0]]["iccid"] not in ("", before["iccid"]), "the other SIM")
    group.until_ready(group.name[0])
    days = dict(group.db.execute("SELECT iccid, segments FROM sim_day").fetchall())
    assert days == {before["iccid"]: 1}  # the new one has sent nothing yet
    second = group.approved(LUIS)
    group.until(lambda: group.text(second) == "delivered", "sent by the new line")
    again = group.approved(ADA, "And you?")  # this conversation belongs to the line that is not here
    third = group.approved(MEI)
    group.until(lambda: group.text(third) == "delivered", "delivered")
    assert group.text(again) == "approved"
    group.bank.clear(0, "sim_swap")
    group.until(lambda: group.text(again) == "delivered", "its own line is back")


def test_f72_a_hilink_stick_is_said_to_the_station_that_waits(group: Group) -> None:
    group.configure('[[stations]]\nname = "north"\n')
    group.bus.plug("1-1.1", HILINK)
    group.bus.plug("1-1.2", CD_ROM)
    group.start()
    group.until(
        lambda: "HiLink mode" in group.rows()["north"]["reason"] if "north" in group.rows() else False, "said"
    )
    assert group.state("north") == "waiting"
    group.plug("1-1.3", 0)
    group.until_ready("north")


def test_f34_what_is_no_modem_is_left_alone_and_the_modem_is_found(group: Group) -> None:
    for modem, switch in ((1, "gps_nmea"), (2, "babble_forever"), (3, "diag_port")):
        group.bank.fault(modem, switch)
    group.bus.plug("1-1.1", GNSS, {0: group.bank.ports[1]})
    group.bus.plug("1-1.2", SERIAL_THING, {0: group.bank.ports[3]})
    group.bus.plug("1-1.4", UNKNOWN_ACM, {0: group.bank.ports[2]})  # its class says AT, and it babbles
    group.start()
    group.plug("1-1.3", 0)
    group.until_ready(group.name[0])
    assert list(group.rows()) == [group.name[0]]
    assert group.process is not None
    held = [os.readlink(fd) for fd in Path(f"/proc/{group.process.pid}/fd").iterdir() if fd.exists()]
    never = {os.path.realpath(group.bank.ports[modem]) for modem in (1, 3)}
    assert not never & set(held)


def test_f34_f79_an_unknown_stick_with_a_gps_port_and_two_that_answer_is_one_modem(group: Group) -> None:
    group.bank.fault(1, "gps_nmea")
    group.bus.plug("1-1.1", UNKNOWN_OPTION, {0: group.bank.ports[0], 2: group.bank.ports[1]})
    group.bus.plug("1-1.2", EC25, {1: group.bank.ports[1], 2: group.bank.ports[2], 3: group.bank.ports[2]})
    group.start()
    group.until_ready(group.name[0], group.name[2])
    assert {name: row["port"] for name, row in group.rows().items()} == {
        group.name[0]: "/dev/ttyUSB0",
        group.name[2]: "/dev/ttyUSB4",
    }


def test_the_port_is_chosen_by_protocol_and_another_is_tried_when_it_is_silent(group: Group) -> None:
    group.bank.fault(2, "silent_port")
    group.bus.plug("1-1.1", E3372, {0: group.bank.ports[2], 1: group.bank.ports[2], 2: group.bank.ports[0]})
    group.bus.plug("1-1.2", MF190, {0: group.bank.ports[2], 1: group.bank.ports[2], 3: group.bank.ports[1]})
    group.start()
    group.until_ready(group.name[0], group.name[1])
    assert group.rows()[group.name[0]]["port"] == "/dev/ttyUSB2"
    assert group.rows()[group.name[1]]["port"] == "/dev/ttyUSB5"


def test_f77_a_modem_that_boots_slowly_is_waited_for(group: Group) -> None:
    group.bank.fault(0, "slow_boot", 8)
    group.bank.unplug(0)
    group.bank.plug(0)
    group.plug("1-1.1", 0)
    group.start()
    assert group.until_ready(group.name[0]) > 4.0


def test_f80_four_channels_of_one_adapter_are_four_modems(group: Group) -> None:
    group.bus.plug("1-1.1", FT4232, {channel: group.bank.ports[channel] for channel in range(4)})
    group.start()
    group.until_ready(*group.name)
    places = {group.rows()[name]["place"] for name in group.name}
    assert places == {f"1-1.1:1.{channel}" for channel in range(4)}


def test_f94_one_that_hangs_holds_up_no_other(group: Group) -> None:
    group.bank.fault(1, "silent_port")
    group.plug("1-1.1", 1)
    group.bus.plug("1-1.2", EC25, {2: group.bank.ports[2]})
    group.start()
    group.until_ready(group.name[2])
    group.bank.fault(2, "hang", 600)
    group.plug("1-1.3", 0)
    group.until_ready(group.name[0])
    message_id = group.approved(ADA)
    group.until(lambda: group.text(message_id) in ("sent", "delivered", "claimed"), "taken")
    group.until(lambda: group.text(message_id) in ("sent", "delivered"), "sent by the one that works", 60.0)


def test_stations_with_ports_of_their_own_are_left_with_them(group: Group) -> None:
    group.configure(f'[[stations]]\nname = "north"\nport = "{group.bank.ports[0]}"\n')
    group.plug("1-1.1", 1)
    group.start()
    group.until_ready("north")
    assert list(group.rows()) == ["north"]
    assert group.process is not None
    held = [os.readlink(fd) for fd in Path(f"/proc/{group.process.pid}/fd").iterdir() if fd.exists()]
    assert os.path.realpath(group.bank.ports[1]) not in held


def test_a_station_that_names_a_modem_by_its_link_follows_it(group: Group) -> None:
    group.configure(f'[[stations]]\nname = "north"\nport = "/dev/textbank/modem-{group.imei[1]}"\n')
    group.plug("1-1.1", 1)
    group.start()
    group.until_ready("north")
    assert group.rows()["north"]["imei"] == group.imei[1]
