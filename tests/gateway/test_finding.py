"""The finder by itself, in simulated time: sticks that come and go, and what their ports say to being asked."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway import finding, stations, store, whereabouts
from gateway.config import Config, Database, Station
from gateway.finding import Finder
from gateway.whereabouts import Where
from hardware.discovery import Change, Unavailable
from hardware.errors import HardwareError, ModemSilent, NotAModem, PortBusy, PortGone, PortMissing
from hardware.usb import Port, Stick
from tests import blank
from tests.gateway.plugging import KIND, A, B, Bus, Room, Says, huawei, without_ports
from tests.scripted import FakeClock


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    path = tmp_path / "textbank.db"
    blank.database(path).close()
    return Room(Bus(FakeClock()), path, monkeypatch)


def test_a_modem_that_is_there_at_the_start_is_found_at_once(room: Room) -> None:
    room.bus.plugged["1-1.3"] = huawei("1-1.3")
    room.bus.says["/dev/ttyUSB2"] = [A]
    finder = room.run()
    assert room.hired == [f"modem-{A}"]
    assert room.bus.asked == [(0.0, "/dev/ttyUSB2")]
    assert finder.where(f"modem-{A}") == Where("/dev/ttyUSB2", "1-1.3")
    assert room.rows() == {f"modem-{A}": (A, "1-1.3", 1)}


def test_a_station_without_a_port_takes_the_first_and_remembers_it(room: Room) -> None:
    room.bus.says |= {"/dev/ttyUSB2": [A], "/dev/ttyUSB5": [B]}
    room.bus.plug(1, huawei("1-1.3"))
    room.bus.plug(2, huawei("1-1.4", first=3))
    room.run(Station("north"))
    assert room.rows() == {"north": (A, "1-1.3", 0), f"modem-{B}": (B, "1-1.4", 1)}
    room.bus.plugged.clear()
    room.bus.says = {"/dev/ttyUSB2": [B], "/dev/ttyUSB5": [A]}
    room.bus.plugged |= {"1-1.3": huawei("1-1.3"), "1-1.4": huawei("1-1.4", first=3)}
    room.bus.clock = FakeClock()
    finder = room.run(Station("north"))
    assert finder.where("north") == Where("/dev/ttyUSB5", "1-1.4")  # after a restart too
    assert finder.where(f"modem-{B}") == Where("/dev/ttyUSB2", "1-1.3")


def test_f69_a_modem_is_followed_to_its_new_socket_and_tty(room: Room) -> None:
    room.bus.says |= {"/dev/ttyUSB2": [A], "/dev/ttyUSB6": [A]}
    room.bus.plug(1, huawei("1-1.3"))
    room.bus.unplug(5, "1-1.3")
    room.bus.plug(6, huawei("1-1.1", number="2", first=4))
    finder = room.run()
    assert finder.where(f"modem-{A}") == Where("/dev/ttyUSB6", "1-1.1")
    assert room.hired == [f"modem-{A}"]
    assert (5.0, f"modem-{A}", "/dev/ttyUSB2") in room.moved
    assert room.rows() == {f"modem-{A}": (A, "1-1.1", 1)}


def test_f70_another_stick_in_the_same_socket_is_another_modem(room: Room) -> None:
    room.bus.says["/dev/ttyUSB2"] = [A, B]
    room.bus.plug(1, huawei("1-1.3"))
    room.bus.unplug(5, "1-1.3")
    room.bus.plug(5.1, huawei("1-1.3"))  # with the same numbers, and faster than anybody looks
    finder = room.run()
    assert finder.where(f"modem-{A}").port is None
    assert finder.where(f"modem-{B}").port == "/dev/ttyUSB2"


def test_f70_two_sticks_with_the_same_imei_are_told_apart_by_their_sockets(room: Room) -> None:
    room.bus.says |= {"/dev/ttyUSB2": [A], "/dev/ttyUSB5": [A]}
    room.bus.plug(1, huawei("1-1.3"))
    room.bus.plug(2, huawei("1-1.4", first=3))
    finder = room.run()
    assert room.hired == [f"modem-{A}", f"modem-{A}-1-1-4"]
    assert finder.where(f"modem-{A}").place == "1-1.3"
    assert finder.where(f"modem-{A}-1-1-4").place == "1-1.4"


def test_f71_a_stick_that_switches_over_is_waited_for_and_one_that_does_not_is_said_after_30_s(
    room: Room,
) -> None:
    room.bus.says["/dev/ttyUSB2"] = [A]
    room.bus.plug(1, without_ports("1-1.3", "1446", "08"))
    room.bus.unplug(7, "1-1.3")
    room.bus.plug(8, huawei("1-1.3", number="2"))
    room.bus.plug(20, without_ports("1-1.4", "1f01", "08"))
    room.run(until_s=49)
    assert room.about() == ""
    assert f"modem-{A}" in room.rows()
    room.bus.clock, room.bus.acts = FakeClock(), []
    room.bus.plugged = {"1-1.4": without_ports("1-1.4", "1f01", "08")}
    room.run(until_s=31)
    assert "in socket 1-1.4 still shows itself as a disk" in room.about()
    assert "usb-modeswitch" in room.about()


def test_f72_a_hilink_stick_is_named_and_not_asked(room: Room) -> None:
    room.bus.plug(1, without_ports("1-1.4", "14dc", "02 0a"))
    room.run(until_s=3)
    assert "is in HiLink mode" in room.about()
    assert room.bus.asked == []
    assert "is in HiLink mode" in room.shown()


def test_f73_a_port_that_modemmanager_holds_is_left_to_it_and_what_to_do_is_said(room: Room) -> None:
    room.bus.says["/dev/ttyUSB2"] = [PortBusy("/dev/ttyUSB2", "ModemManager (process 812)")] * 3 + [A]  # type: ignore[list-item]
    room.bus.plug(1, huawei("1-1.3"))
    room.run(until_s=5)
    assert "is held by ModemManager (process 812). Install our rule" in room.about()
    assert len(room.bus.asked) == 1
    room.bus.clock, room.bus.asked = FakeClock(), []
    room.run(until_s=60)
    assert room.hired == [f"modem-{A}"]  # as soon as it lets go
    assert room.about() == ""


def test_f77_a_modem_that_boots_for_a_minute_is_waited_for(room: Room) -> None:
    silent: list[Says] = [ModemSilent("AT", 3.0) for _ in range(10)]
    room.bus.says |= {"/dev/ttyUSB2": [*silent, A], "/dev/ttyUSB1": [ModemSilent("AT", 1.0)], "/dev/ttyUSB0": [ModemSilent("AT", 1.0)]}  # fmt: skip
    room.bus.plug(0, huawei("1-1.3"))
    room.run(until_s=90)
    assert room.hired == [f"modem-{A}"]
    assert "/dev/ttyUSB1" not in {device for _, device in room.bus.asked}  # the port for voice


def test_f79_of_two_ports_that_answer_one_is_chosen(room: Room) -> None:
    ports = tuple(Port(f"/dev/ttyUSB{i}", i, KIND, "option") for i in range(4))
    room.bus.says |= {"/dev/ttyUSB2": [A], "/dev/ttyUSB3": [A]}
    room.bus.plug(1, Stick("1-1.3", "2c7c", "0125", "EC25", ports, frozenset({"ff"}), "1"))
    finder = room.run()
    assert room.hired == [f"modem-{A}"]
    assert finder.where(f"modem-{A}").port == "/dev/ttyUSB2"
    assert [device for _, device in room.bus.asked] == ["/dev/ttyUSB2"]


def test_f80_each_channel_of_an_adapter_is_a_modem_and_keeps_to_its_imei(room: Room) -> None:
    for channel in range(2):
        port = Port(f"/dev/ttyUSB{channel}", channel, KIND, "ftdi_sio")
        room.bus.plug(1, Stick(f"1-1.3:{channel}", "0403", "6011", "Quad", (port,), frozenset({"ff"}), "1"))
    room.bus.says |= {"/dev/ttyUSB0": [A], "/dev/ttyUSB1": [B]}
    room.run()
    assert room.rows() == {f"modem-{A}": (A, "1-1.3:0", 1), f"modem-{B}": (B, "1-1.3:1", 1)}


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (NotAModem("x", "it speaks as a GPS receiver does (NMEA)"), "is no modem: on /dev/ttyUSB0 it speaks as a GPS receiver"),
        (ModemSilent("AT", 1.0), "Behind the Silicon Labs CP210x bridge in socket 1-1.3 no modem answers"),
    ],
)  # fmt: skip
def test_f34_what_is_no_modem_is_asked_three_times_and_left_alone(
    room: Room, says: HardwareError, words: str
) -> None:
    room.bus.says["/dev/ttyUSB0"] = [says]
    port = Port("/dev/ttyUSB0", 0, ("ff", "00", "00"), "cp210x")
    room.bus.plug(1, Stick("1-1.3", "10c4", "ea60", "CP2102", (port,), frozenset({"ff"}), "1"))
    room.run(until_s=300)
    assert len(room.bus.asked) <= 3
    assert words in room.about()
    assert room.rows() == {}


def test_a_port_that_we_may_not_open_is_said_and_tried_again(room: Room) -> None:
    room.bus.says["/dev/ttyUSB2"] = [PortMissing("/dev/ttyUSB2", "permission denied")] * 8 + [A]  # type: ignore[list-item]
    room.bus.plug(1, huawei("1-1.3"))
    room.run(until_s=20)
    assert "The port /dev/ttyUSB2 of the Huawei" in room.about()
    assert "cannot be opened: permission denied" in room.about()
    room.bus.clock = FakeClock()
    room.run(until_s=90)
    assert room.hired == [f"modem-{A}"]


def test_what_nobody_knows_is_never_opened(room: Room) -> None:
    port = Port("/dev/ttyUSB0", 0, ("ff", "00", "00"), "ch341")
    room.bus.plug(1, Stick("1-1.3", "dead", "beef", "An Arduino", (port,), frozenset({"ff"}), "1"))
    room.run(until_s=100)
    assert room.bus.asked == []


def test_a_stick_that_a_station_names_is_not_for_finding(room: Room) -> None:
    room.bus.plug(1, huawei("1-1.3"))
    room.run(Station("north", port="/dev/ttyUSB0"), Station("south"), until_s=5)
    assert room.bus.asked == []


@pytest.fixture
def link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where udev's rules put the link to the modem A."""
    monkeypatch.setattr(whereabouts, "LINK", f"{tmp_path}/modem-")
    return tmp_path / f"modem-{A}"


def test_a_station_that_names_an_imei_takes_no_other(room: Room, link: Path) -> None:
    room.bus.says |= {"/dev/ttyUSB2": [A], "/dev/ttyUSB5": [B]}
    room.bus.plug(1, huawei("1-1.3"))
    room.bus.plug(2, huawei("1-1.4", first=3))
    finder = room.run(Station("north", imei=B), Station("east", port=str(link)))
    assert finder.where("north").port == "/dev/ttyUSB5"
    assert finder.where("east").port == "/dev/ttyUSB2"
    assert room.hired == []


def test_a_modem_that_a_link_names_is_left_to_its_station(room: Room, link: Path) -> None:
    link.symlink_to("/dev/ttyUSB2")
    room.bus.plug(1, huawei("1-1.3"))
    finder = room.run(Station("east", port=str(link)))
    assert room.bus.asked == []
    assert finder.where("east").port is None


def test_a_link_that_comes_late_takes_no_modem_away(room: Room, link: Path) -> None:
    """The station that had found its modem before udev had made the link was told that it was pulled out, perhaps in the middle of a text."""
    room.bus.says["/dev/ttyUSB2"] = [A]
    room.bus.plug(1, huawei("1-1.3"))

    def late() -> list[Change]:
        link.symlink_to("/dev/ttyUSB2")
        return []

    room.bus.acts.append((1005.0, late))
    finder = room.run(Station("east", port=str(link)), until_s=90)
    assert finder.where("east") == Where("/dev/ttyUSB2", "1-1.3")
    assert [moved[1:] for moved in room.moved] == [("east", "")]


def test_a_modem_without_an_imei_is_known_by_its_socket(room: Room) -> None:
    room.bus.says["/dev/ttyUSB2"] = [""]
    room.bus.plug(1, huawei("1-1.3"))
    room.run()
    assert room.rows() == {"modem-1-1-3": ("", "1-1.3", 1)}
    assert len(room.bus.asked) == finding.ROUNDS


def test_a_stick_pulled_out_while_it_is_asked_is_forgotten(room: Room) -> None:
    asking, pulled = threading.Event(), threading.Event()
    room.bus.plugged["1-1.3"] = huawei("1-1.3")

    def probe(device: str, clock: object, *, try_s: float) -> str:
        asking.set()
        assert pulled.wait(10)
        return A

    class Slow(Bus):
        def wait(self, timeout_s: float | None) -> list[Change]:
            if asking.is_set() and not pulled.is_set():
                gone = [Change(gone=True, path=path) for path in self._paths(self.plugged.pop("1-1.3"))]
                pulled.set()
                return gone
            if not asking.is_set():
                assert asking.wait(10) if self.finder and any(u.asking for u in self.finder._units) else True
                return []
            return super().wait(timeout_s)

    room.bus = Slow(room.bus.clock, plugged=room.bus.plugged)
    room.bus.probe = probe  # type: ignore[assignment]
    room.run()
    assert room.rows() == {}
    assert room.hired == []


def test_a_database_that_is_locked_only_delays_it(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "connect", lambda path, timeout_s: store.connect(path, timeout_s=0.01))
    blocker = store.connect(room.database)
    blocker.execute("BEGIN IMMEDIATE")
    room.bus.says["/dev/ttyUSB2"] = [A]
    room.bus.plug(1, huawei("1-1.3"))

    def free() -> list[Change]:
        blocker.execute("ROLLBACK")
        return []

    room.bus.acts.append((1004.0, free))
    room.run()
    blocker.close()
    assert room.hired == [f"modem-{A}"]


def test_without_udev_it_is_said_and_nothing_else_ends(room: Room) -> None:
    def blind() -> Bus:
        raise Unavailable("the system has no libudev (Debian's package libudev1)")

    config = Config(Path("x"), database=Database(room.database), stations=())
    finder = Finder(config, room.bus.clock, moved=lambda *_: None, hire=room.hired.append, open_eyes=blind)
    finder._live()
    assert finder.where("north") == Where(None, blind="the system has no libudev (Debian's package libudev1)")


def test_it_is_used_only_when_there_is_something_to_find() -> None:
    def wanted(*stations: Station) -> bool:
        return finding.wanted(Config(Path("x"), stations=stations))

    assert wanted()
    assert wanted(Station("a", port="/dev/ttyUSB0"), Station("b"))
    assert wanted(Station("a", port=f"/dev/textbank/modem-{A}"))
    assert not wanted(Station("a", port="/dev/ttyUSB0"), Station("b", port="socket://10.0.0.7:2000"))


def test_a_port_that_goes_while_it_is_asked_is_asked_again(room: Room) -> None:
    room.bus.says["/dev/ttyUSB2"] = [PortGone("/dev/ttyUSB2", "EIO"), PortMissing("/dev/ttyUSB2"), A]
    room.bus.plug(1, replace(huawei("1-1.3"), number="7"))
    room.run()
    assert room.hired == [f"modem-{A}"]


def test_a_modem_on_which_finding_died_is_asked_again(room: Room) -> None:
    """It was never asked again, nor was its station told, until somebody pulled it out."""
    died: list[str] = []
    remember = stations.remember_modem

    def dies_once(db: sqlite3.Connection, name: str, *args: Any, **more: Any) -> None:
        if not died:
            died.append(name)
            raise RuntimeError("it died")
        remember(db, name, *args, **more)

    room.monkeypatch.setattr(stations, "remember_modem", dies_once)
    room.monkeypatch.setattr(finding, "DIED_S", 0.0)
    room.bus.says["/dev/ttyUSB2"] = [A]
    room.bus.plug(1, huawei("1-1.3"))
    room.run(until_s=60)
    assert died
    assert room.hired == [f"modem-{A}"]
