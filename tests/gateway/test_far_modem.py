"""A whole station whose modem is on another machine: a real ser2net, and a network between that is cut at every moment."""

import contextlib
import dataclasses
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway import schema, store
from gateway.cli import cli
from gateway.rules import Rules
from gateway.station import far, sending
from hardware.virtual import VirtualBank
from tests.far import TO_HOST, TO_MODEM, Network, Ser2net, free_ports
from tests.gateway import bench as benches
from tests.gateway.bench import Bench
from tests.gateway.conftest import ADA, LUIS, Desk
from tests.gateway.test_station import rules as rules  # no quiet hours

SCHEMES = ("rfc2217", "socket")
BACK_WITHIN_S = 5.0
OUTSIDE = "+12025550170"


@pytest.fixture
def server(need: Callable[..., str], bank: VirtualBank, tmp_path: Path) -> Iterator[Ser2net]:
    with Ser2net(need("ser2net"), bank.ports, tmp_path) as server:
        yield server


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def network(server: Ser2net, scheme: str) -> Iterator[Network]:
    with Network({"rfc2217": server.telnet, "socket": server.raw}[scheme][0]) as network:
        yield network


@pytest.fixture
def bench(
    bank: VirtualBank, path: Path, desk: Desk, rules: Rules, network: Network, scheme: str
) -> Iterator[Bench]:
    bench = Bench(bank, path, desk, rules, port=f"{scheme}://127.0.0.1:{network.port}")
    yield bench
    bench.station.close()


def arrived_once(bench: Bench, text: str) -> None:
    """A text from outside comes in, exactly once, and its place on the SIM is free."""
    bench.bank.inbound(0, ADA, text)
    bench.until(lambda: text in bench.inbound(), "the text in the inbox")
    bench.until(lambda: bench.bank.stored(0) == [], "an empty SIM")
    assert bench.inbound().count(text) == 1


def go_on(bench: Bench, message_id: int) -> None:
    """Its wait after a trouble is over: it goes."""
    bench.desk.db.execute("UPDATE message SET not_before=NULL WHERE id=?", [message_id])
    bench.until_state(message_id, "sent", "delivered")


def went_to(bench: Bench, number: str) -> int:
    return sum(record.to == number for record in bench.bank.air())


def test_it_sends_receives_and_gets_its_reports(bench: Bench, now: int) -> None:
    text = "Žluťoučký kůň at 7?\n{€} ÿ " * 10
    message_id = bench.desk.approved(text=text, now=now)
    bench.until_state(message_id, "delivered")
    assert "".join(record.text or "" for record in bench.bank.air()) == text.strip()
    arrived_once(bench, "Yes 👍 ÿ")


MOMENTS = {
    "after AT+CMGS": (TO_MODEM, rb"AT\+CMGS=\d+\r"),
    "before the prompt": (TO_HOST, rb"\r\n(?=>)"),
    "at the prompt": (TO_HOST, rb"> "),
    "in the middle of the PDU": (TO_MODEM, rb"AT\+CMGS=\d+\r.*?[0-9A-F]{20}"),
    "after Ctrl-Z": (TO_MODEM, rb"\x1a"),
    "after the answer began": (TO_HOST, rb"\+CMGS: "),
}
WENT = {  # ser2net drops what it has not written when its connection ends, be it the Ctrl-Z
    "after Ctrl-Z": (0, 1),
    "after the answer began": (1,),
}
NEVER_LEFT = ("after AT+CMGS", "before the prompt")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stations that ask at once for a modem that was lost."""
    monkeypatch.setattr(far, "BACK_S", 0.1)


@pytest.mark.parametrize(
    ("scheme", "how"), [("socket", "cut"), ("rfc2217", "cut"), ("rfc2217", "killed")], indirect=["scheme"]
)
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.usefixtures("hasty")
def test_a_connection_lost_at_this_moment_loses_nothing_and_doubles_nothing(
    bench: Bench, network: Network, server: Ser2net, now: int, moment: str, how: str
) -> None:
    bench.until_ready()
    bench.bank.fault(0, "report_never")
    way, pattern = MOMENTS[moment]
    network.when(way, pattern, network.cut if how == "cut" else server.kill)
    message_id = bench.desk.approved(ADA, now=now)
    bench.until(lambda: network.happened and bench.said()[0] == "lost", "lost")
    bench.bank.inbound(0, OUTSIDE, "Are you there?")
    if how == "killed":
        server.start()
    other = bench.desk.approved(LUIS, now=now)
    bench.until_state(other, "sent")
    bench.until(lambda: bench.inbound() == ["Are you there?"], "what came meanwhile")

    went, state = went_to(bench, ADA), bench.desk.state(message_id)
    if moment in NEVER_LEFT:
        assert (state, went) == ("approved", 0)
        go_on(bench, message_id)
        assert went_to(bench, ADA) == 1
    elif moment in (
        "at the prompt",
        "in the middle of the PDU",
    ):  # the end may be seen before Ctrl-Z is written, or not
        assert (state, went) in (("approved", 0), ("uncertain", 0))
    else:
        assert state == "uncertain"
        assert went in WENT[moment]
    assert went_to(bench, LUIS) == 1


@pytest.mark.parametrize("how", ["cut", "killed"])
def test_a_connection_lost_while_idle_is_said_at_once_and_comes_back_by_itself(
    bench: Bench, network: Network, server: Ser2net, now: int, how: str
) -> None:
    bench.until_ready()
    lost_at = time.monotonic()
    network.cut() if how == "cut" else server.kill()
    bench.until(lambda: bench.said()[0] == "lost", "lost")
    assert time.monotonic() < lost_at + 1.0
    assert "The connection to the modem north was lost." in bench.said()[1]
    message_id = bench.desk.approved(now=now)
    if how == "killed":
        tried = []
        bench.until(lambda: tried.append(bench.step()) or len(tried) > 50, "tries that fail")  # type: ignore[func-returns-value]
        server.start()
    back_at = time.monotonic() + BACK_WITHIN_S
    bench.until_state(message_id, "sent", "delivered")
    assert time.monotonic() < back_at
    assert went_to(bench, ADA) == 1


@pytest.mark.usefixtures("hasty")
def test_a_frozen_connection_after_ctrl_z_is_uncertain_and_what_thaws_is_never_doubled(
    bench: Bench, network: Network, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "RESULT_S", 0.5)
    bench.until_ready()
    bench.bank.fault(0, "report_never")
    network.when(TO_MODEM, rb"\x1a", network.freeze)
    message_id = bench.desk.approved(now=now)
    bench.until_state(message_id, "uncertain")
    network.cut()
    other = bench.desk.approved(LUIS, now=now)
    bench.until_state(other, "sent")
    assert (bench.desk.state(message_id), went_to(bench, ADA)) == ("uncertain", 1)


@pytest.mark.parametrize("scheme", ["rfc2217"], indirect=True)
@pytest.mark.usefixtures("hasty")
def test_a_connection_frozen_before_the_prompt_leaves_the_text_to_go_later(
    bench: Bench, network: Network, now: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benches, "PATIENCE_S", 30.0)
    bench.until_ready()
    network.when(TO_MODEM, rb"AT\+CMGS=\d+\r", network.freeze)
    message_id = bench.desk.approved(now=now)
    bench.until(lambda: bench.said()[0] == "lost", "lost")
    assert (bench.desk.state(message_id), bench.on_air()) == ("approved", [])
    network.cut()
    go_on(bench, message_id)
    assert len(bench.on_air()) == 1


def test_a_network_that_drips_is_slow_and_nothing_else(bench: Bench, network: Network, now: int) -> None:
    bench.until_ready()
    network.drip(7, 0.005)
    message_id = bench.desk.approved(text="Dripping. " * 20, now=now)
    bench.until_state(message_id, "delivered")
    assert len(bench.on_air()) == 2
    arrived_once(bench, "drop")


def test_a_modem_pulled_at_the_other_machine_is_said_and_found_again(
    bench: Bench, bank: VirtualBank, now: int
) -> None:
    bench.until_ready()
    bank.unplug(0)
    bench.until(lambda: "cannot open the modem" in bench.said()[1], "what ser2net says")
    assert "Device open failure" in bench.said()[1]
    bank.plug(0)
    message_id = bench.desk.approved(now=now)
    bench.until_state(message_id, "sent", "delivered")
    assert len(bench.on_air()) == 1


@pytest.mark.parametrize("scheme", SCHEMES, indirect=True)
def test_a_second_gateway_at_the_same_port_is_refused_and_told_so(
    bench: Bench, server: Ser2net, scheme: str, path: Path, desk: Desk, rules: Rules, now: int
) -> None:
    bench.until_ready()
    second = Bench(bench.bank, path, desk, rules, port=server.urls(0)[scheme], name="south")
    try:
        second.until(
            lambda: desk.db.execute("SELECT state FROM station WHERE name='south'").fetchone()[0] == "lost",
            "refused",
        )
        words = desk.db.execute("SELECT reason FROM station WHERE name='south'").fetchone()[0]
        assert "The modem south is in use by somebody else." in words
        assert "Port already in use" in words
    finally:
        second.station.close()
    message_id = bench.desk.approved(now=now)
    bench.until_state(message_id, "sent", "delivered")  # the first is not disturbed


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("why", ["off", "taken", "cut"])
def test_waiting_for_a_machine_writes_nothing_to_the_disk(
    bench: Bench, network: Network, server: Ser2net, desk: Desk, scheme: str, why: str
) -> None:
    bench.until_ready()
    if why == "off":
        bench.spec = dataclasses.replace(bench.spec, port=f"{scheme}://127.0.0.1:{free_ports(1)[0]}")
    elif why == "taken":
        bench.spec = dataclasses.replace(bench.spec, port=server.urls(0)[scheme])
    else:
        server.kill()  # the relay accepts, and closes at once
    held = bench.station
    bench.station = bench.make()  # the first goes on holding the modem
    bench.until(lambda: bench.said()[0] == "lost", "lost")
    version = desk.db.execute("PRAGMA data_version").fetchone()[0]
    tries: list[float] = []
    bench.until(
        lambda: tries.append(bench.station.step(bench.clock.monotonic())) or len(set(tries)) > 5, "tries"
    )  # type: ignore[func-returns-value]
    assert desk.db.execute("PRAGMA data_version").fetchone()[0] == version
    held.close()


@pytest.mark.usefixtures("hasty")
def test_two_gateways_that_kick_each_other_off_come_to_rest(
    need: Callable[..., str],
    bank: VirtualBank,
    path: Path,
    desk: Desk,
    rules: Rules,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(benches, "PATIENCE_S", 30.0)
    elsewhere = tmp_path / "elsewhere.db"
    with (
        Ser2net(need("ser2net"), bank.ports, tmp_path, "kickolduser: true") as server,
        contextlib.closing(store.connect(elsewhere)) as db,
    ):
        schema.migrate(db)
        other = Desk(db, desk.room, rules)
        url = server.urls(0)["socket"]
        both = [Bench(bank, path, desk, rules, port=url), Bench(bank, elsewhere, other, rules, port=url)]
        try:

            def contested() -> bool:
                both[1].step()
                return any("cut again and again" in one.said()[1] for one in both)

            both[0].until(contested, "one of them gives way")
        finally:
            for one in both:
                one.station.close()


def test_a_banner_before_the_modem_is_not_taken_for_one(
    need: Callable[..., str], bank: VirtualBank, path: Path, desk: Desk, rules: Rules, tmp_path: Path
) -> None:
    banner = r'banner: "\r\nser2net port 7001 device modem0 (Debian GNU/Linux)\r\n\r\n"'
    with Ser2net(need("ser2net"), bank.ports, tmp_path, banner) as server:
        for scheme in SCHEMES:
            bench = Bench(bank, path, desk, rules, port=server.urls(0)[scheme])
            bench.until_ready()
            bench.station.close()


def doctor(tmp_path: Path, port: str) -> dict[str, Any]:
    """What `textbank doctor` finds about one modem."""
    config = tmp_path / "textbank.toml"
    config.write_text(f'[[stations]]\nname = "north"\nport = "{port}"\n')
    said = CliRunner().invoke(cli, ["--config", str(config), "doctor", "--json"]).output
    return next(row for row in json.loads(said) if row["check"] == "modem north")


def test_the_doctor_says_who_answers_there_and_what_stands_in_the_way(
    server: Ser2net, bank: VirtualBank, tmp_path: Path
) -> None:
    url = server.urls(0)["rfc2217"]
    assert "answers, and its SIM is ready" in doctor(tmp_path, url)["found"]
    bank.unplug(1)
    pulled = doctor(tmp_path, server.urls(1)["rfc2217"])
    assert "Device open failure" in pulled["found"]
    assert "Plug the modem in" in pulled["do"]
    server.kill()
    gone = doctor(tmp_path, url)
    assert not gone["ok"]
    assert "nothing listens on this port" in gone["found"]
    assert "systemctl status ser2net" in gone["do"]


def test_what_the_manual_says_to_write_is_what_works(
    need: Callable[..., str], bank: VirtualBank, path: Path, desk: Desk, rules: Rules, tmp_path: Path
) -> None:
    manual = (Path(__file__).parents[2] / "docs/remote.md").read_text()
    written = manual.split("```yaml\n", 1)[1].split("```", 1)[0]
    devices = iter(bank.ports)
    written = re.sub(r"/dev/serial/by-id/[^,]+", lambda _: next(devices), written)
    with Ser2net(need("ser2net"), bank.ports, tmp_path) as server:
        server.kill()
        numbers = iter(server.telnet)
        server.configure(re.sub(r"192\.168\.1\.20,70\d\d", lambda _: f"127.0.0.1,{next(numbers)}", written))
        server.raw = []
        server.start()
        for url in (f"rfc2217://127.0.0.1:{number}" for number in server.telnet):
            bench = Bench(bank, path, desk, rules, port=url)
            bench.until_ready()
            bench.station.close()
