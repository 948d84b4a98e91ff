"""The technician's and the admin's pages."""

import errno
import fcntl
import re
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import addresses, explain, sightings, stations, store
from tests.web.conftest import Visitor
from tests.web.world import ICCIDS, World, modems

Visit = Callable[..., Visitor]


def test_each_modem_says_its_state_in_words(world: World, visit: Visit) -> None:
    modems(world)
    page = visit("technician").get("/modems").get_data(as_text=True)
    for said in (
        "One works, one needs you",
        "Ready",
        "Not reached",
        "Good, −71 dBm",
        "T-Mobile, home",
        "ends in 4417",
        "3 of 40 places",
    ):
        assert said in page
    assert page.index("south") < page.index("north")  # who needs somebody comes first
    detail = visit("technician").get("/modems/north").get_data(as_text=True)
    assert "356938035643809" in detail


def test_no_modem_says_what_to_do(visit: Visit) -> None:
    page = visit("technician").get("/modems").get_data(as_text=True)
    assert "shows up here by itself" in page
    assert "textbank doctor" in page


def test_what_is_plugged_in_and_no_modem_is_said_with_what_to_do(world: World, visit: Visit) -> None:
    modems(world)
    stations.keep_sightings(world.db, sightings.written([sightings.storage("Huawei E3131", "1-1.3")]))
    page = visit("technician").get("/modems").get_data(as_text=True)
    assert "Also plugged in" in page
    assert "still shows itself as a disk" in page
    assert "apt-get install usb-modeswitch" in page


@pytest.mark.parametrize(
    ("north", "south", "said"),
    [
        ("ready", "ready", "Both modems work"),
        ("ready", "starting", "One works, one is not ready yet"),
        ("paused", "failed", "None works, two need you"),
        ("starting", "lost", "None works, one needs you, one is not ready yet"),
        ("paused", "ready", "One works, one needs you"),
    ],
)
def test_only_a_ready_modem_works(world: World, visit: Visit, north: str, south: str, said: str) -> None:
    modems(world)
    for name, state in (("north", north), ("south", south)):
        stations.set_state(world.db, name, state, "", now=store.wall_ms())
    page = visit("technician").get("/modems").get_data(as_text=True)
    assert f"<h1>{said}</h1>" in page
    badge = re.search(r'class="count">(\d)<span class="sr"> need help', page)
    need = re.search(r"(one|two) needs? you", said)
    assert (badge and badge[1]) == (need and {"one": "1", "two": "2"}[need[1]])


def test_a_modem_that_somebody_paused_needs_nobody(world: World, visit: Visit) -> None:
    modems(world)
    stations.set_facts(world.db, "north", paused_by=world.users["technician"].id)
    for name in ("north", "south"):
        stations.set_state(world.db, name, "paused" if name == "north" else "ready", "", now=store.wall_ms())
    page = visit("technician").get("/modems").get_data(as_text=True)
    assert "<h1>One works, one is paused</h1>" in page
    assert "need help" not in page


def test_a_modem_that_was_never_met_has_no_sim_that_tells_nothing(world: World, visit: Visit) -> None:
    modems(world)
    stations.set_facts(world.db, "south", iccid="", number="", imei="")
    stations.set_state(world.db, "south", "starting", "", now=store.wall_ms())
    page = visit("technician").get("/modems/south").get_data(as_text=True)
    assert "the SIM does not tell" not in page
    assert page.count("<dt>Number</dt><dd>not known yet</dd>") == 2
    assert "Signal not known yet" in page
    stations.set_facts(world.db, "south", imei="356938035643809", iccid=ICCIDS["south"])
    page = visit("technician").get("/modems/south").get_data(as_text=True)
    assert "Signal not known now" in page  # it was known before
    assert "No network now" in page
    assert "the SIM does not tell" in page


def test_a_model_is_named_once(world: World, visit: Visit) -> None:
    modems(world)
    stations.set_facts(world.db, "north", model="A7670E A7670E-FASE")
    assert "<dd>A7670E-FASE</dd>" in visit("technician").get("/modems").get_data(as_text=True)
    assert [stations.once(model) for model in ("Huawei E3372", "EC25", "", "zte ZTE MF190")] == [
        "Huawei E3372",
        "EC25",
        "",
        "ZTE MF190",
    ]


def test_where_the_pin_is_missing_nothing_promises_to_send(world: World, visit: Visit) -> None:
    modems(world)
    stations.set_state(world.db, "north", "paused", str(explain.pin_required("north")), now=store.wall_ms())
    page = visit("technician").get("/modems/north").get_data(as_text=True)
    assert "when its PIN is entered" in page
    assert 'action="/modems/north/resume"' not in page


@pytest.mark.parametrize("notice", [explain.pin_required, explain.pin_refused])
def test_a_sim_that_wants_its_pin_has_the_field_on_its_page(
    world: World, visit: Visit, notice: Callable[[str], explain.Notice]
) -> None:
    modems(world)
    stations.set_state(world.db, "north", "paused", str(notice("north")), now=store.wall_ms())
    for who in ("technician", "admin"):
        assert 'name="pin"' in visit(who).get("/modems/north").get_data(as_text=True)
    cleo = visit("coordinator").get("/modems/north").get_data(as_text=True)
    assert 'name="pin"' not in cleo
    assert "A technician or an admin enters it" in cleo


def test_a_puk_is_not_asked_for_here(world: World, visit: Visit) -> None:
    modems(world)
    stations.set_state(world.db, "north", "failed", str(explain.puk_required("north")), now=store.wall_ms())
    assert 'name="pin"' not in visit("admin").get("/modems/north").get_data(as_text=True)


@pytest.mark.parametrize("what", ["pause", "resume", "restart"])
def test_what_is_asked_of_a_modem_reaches_its_station(world: World, visit: Visit, what: str) -> None:
    modems(world)
    ted = visit("technician")
    ted.get("/modems")
    assert ted.post(f"/modems/north/{what}", **{"from": "list"}).headers["Location"] == "/modems"
    asked = stations.take_request(world.db, "north", now=store.wall_ms())
    assert asked is not None
    assert asked.what == what


def test_a_coordinator_looks_and_does_not_touch(world: World, visit: Visit) -> None:
    modems(world)
    cleo = visit("coordinator")
    assert "Pause" not in cleo.get("/modems").get_data(as_text=True)
    assert cleo.post("/modems/north/pause", **{"from": "list"}).status_code == 403


@pytest.mark.parametrize("pin", ["12", "123456789", "12a4", "١٢٣٤", ""])
def test_a_pin_that_is_none_costs_no_try(world: World, visit: Visit, pin: str) -> None:
    modems(world)
    answer = visit("technician").post("/modems/north/pin", pin=pin)
    assert answer.status_code == 409
    assert "no try was used up" in answer.get_data(as_text=True)
    assert stations.take_request(world.db, "north", now=store.wall_ms()) is None


def test_a_pin_is_wiped_as_it_is_read(world: World, visit: Visit) -> None:
    modems(world)
    visit("technician").post("/modems/north/pin", pin="4711")
    asked = stations.take_request(world.db, "north", now=store.wall_ms())
    assert asked is not None
    assert (asked.what, asked.argument) == ("pin", "4711")
    assert "4711" not in "\n".join(line for line in world.db.iterdump() if "station_request" in line)


@pytest.mark.parametrize("name", ["nobody", "north%00", "../north", "x" * 300])
def test_a_modem_that_is_none_is_no_page(world: World, visit: Visit, name: str) -> None:
    modems(world)
    assert visit("technician").get(f"/modems/{name}").status_code in (404, 400, 308)


def test_an_invited_person_comes_in_by_the_shown_link(visit: Visit) -> None:
    ana = visit("admin")
    page = ana.post("/people", name="Zoë", role="volunteer").get_data(as_text=True)
    link = re.search(r'id="link">http://localhost(/s/[^<]+)<', page)
    assert link
    assert "<path" in page  # the QR code
    zoe = visit(None)
    zoe.get(link[1])
    assert zoe.post(link[1]).status_code == 303
    assert "Zoë" in zoe.get("/").get_data(as_text=True)


@pytest.mark.parametrize(
    ("name", "role", "said"),
    [
        ("", "volunteer", "Give a name"),
        ("maya", "volunteer", "already"),
        ("x" * 61, "volunteer", "61 characters"),
        ("New", "king", "no role"),
        ("a\u0007b", "admin", "cannot be shown"),
    ],
)
def test_a_bad_invitation_is_refused_and_nothing_is_made(
    world: World, visit: Visit, name: str, role: str, said: str
) -> None:
    before = world.db.execute("SELECT count(*) FROM user").fetchone()[0]
    answer = visit("admin").post("/people", name=name, role=role)
    assert answer.status_code == 409
    assert said in answer.get_data(as_text=True)
    assert world.db.execute("SELECT count(*) FROM user").fetchone()[0] == before


def test_a_qr_code_carries_a_numeric_address() -> None:
    here = addresses.lan_address()
    assert addresses.for_others("http://192.168.1.7:8080", "0.0.0.0", 8080) == "http://192.168.1.7:8080"
    assert addresses.for_others("http://textbank.local:8080", "0.0.0.0", 8080) == f"http://{here}:8080"
    assert addresses.for_others("http://127.0.0.1:8080", "0.0.0.0", 8080) == f"http://{here}:8080"
    assert addresses.for_others("http://127.0.0.1:8080", "127.0.0.1", 8080) == "http://127.0.0.1:8080"
    assert addresses.for_others("https://box.example", "0.0.0.0", 8080) == "https://box.example"
    assert addresses.only_here("http://127.0.0.1:8080")
    assert not addresses.only_here("http://192.168.1.7:8080")
    assert addresses.panel_url("::1", 80) == "http://[::1]:80"


@pytest.mark.parametrize(
    ("interfaces", "link"),
    [
        ({"lo": ("127.0.0.1", True)}, "127.0.0.1"),
        ({"lo": ("127.0.0.1", True), "eth0": None, "wlan0": ("192.168.4.1", True)}, "192.168.4.1"),
        ({"lo": ("127.0.0.1", True), "docker0": ("172.17.0.1", False)}, "127.0.0.1"),
        ({"docker0": ("172.17.0.1", False), "wlan0": ("10.0.0.1", True)}, "10.0.0.1"),
        ({"eth0": ("169.254.8.8", True), "wlan0": ("192.168.4.1", True)}, "192.168.4.1"),
        ({"eth0": ("192.168.1.7", True), "wlan0": ("192.168.4.1", True)}, "192.168.1.7"),
    ],
)
def test_a_link_leads_to_the_box_on_a_network_without_a_router(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interfaces: dict[str, tuple[str, bool] | None], link: str
) -> None:
    class Unrouted(socket.socket):
        def connect(self, _address: object) -> None:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

    def ioctl(_handle: int, request: int, asked: bytes) -> bytes:
        known = interfaces[asked.rstrip(b"\0").decode()]
        if known is None:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")
        flags = struct.pack("H", addresses.IFF_RUNNING * known[1])
        return bytes(16) + (
            bytes(4) + socket.inet_aton(known[0]) if request == addresses.SIOCGIFADDR else flags
        )

    monkeypatch.setattr(socket, "socket", Unrouted)
    for number, name in enumerate(interfaces, start=1):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ifindex").write_text(f"{number}\n")
    monkeypatch.setattr(addresses, "INTERFACES", tmp_path)
    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    assert addresses.panel_url("0.0.0.0", 8080) == f"http://{link}:8080"
    if addresses.only_here(f"http://{link}:8080"):
        assert "on no network" in addresses.to_let_others_in("0.0.0.0")
        known = (
            "00000000000000000000000000000001 01 80 10 80 lo",
            "fe8000000000000000000000000000aa 02 40 20 80 eth0",
            "fd000001000000000000000000000bad 02 40 00 01 eth0",
            "fd000001000000000000000000000005 02 40 00 80 eth0",
        )
        (tmp_path / "if_inet6").write_text("\n".join(known))
        monkeypatch.setattr(addresses, "ADDRESSES_6", tmp_path / "if_inet6")
        assert addresses.panel_url("::", 8080) == "http://[fd00:1::5]:8080"
