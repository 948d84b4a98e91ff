"""Twenty megabytes of garbage on a real pty under the real gateway process: its memory stays flat, it says so in words, it sends again afterwards,
and neither the page nor the export shows anything that acts.
"""

import csv
import os
import random
import re
import select
import signal
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway import people, sessions, store
from hardware.pdu import segment, submit_tpdus
from hardware.virtual import VirtualBank
from tests.hostile import HOSTILE, MARKER
from tests.scenarios.group import PATIENCE_S, Group
from tests.scenarios.test_processes import ADA, LUIS
from web import access, create_app

MEGABYTES = 20
SECRET = "zebra crossing at noon"
MOST_GROWTH_KB = 4_000
EVE = "+12025550161"
CONTROLS = {chr(code) for code in (*range(32), *range(0x7F, 0xA0))} - {"\n", "\t"}
OVERRIDES = {"\u202d", "\u202e"}
LIKE_A_TEXT = (
    b'+CMT: "=1+1",,"<script>window.owned=1</script>"\r\n\x1a\x1b[2J\x07\r\n',
    b'\r\n+CMTI: "<b>",999999\r\n\r\n+CMGL: 1,1,,23\r\n=cmd|/C\r\n',
    b"\r\n+CMT: ,23\r\n07912120550591F9040B9121205505\x1a\x00FF\r\n",
    b"\x1a\x1b\x00\xff\xe2\x80\xae<img src=x onerror=window.owned=1>\r\n",
)


class Wire(threading.Thread):
    """A pty between the gateway and a virtual modem, into which a test throws what it likes."""

    def __init__(self, modem: str) -> None:
        super().__init__(name="wire", daemon=True)
        self.master, slave = os.openpty()
        tty.setraw(self.master)
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self.slave = slave  # kept open: a gateway that closes its port must not end the wire
        self.modem = os.open(modem, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.modem)
        self.stopping = threading.Event()
        self.writing = threading.Lock()

    def run(self) -> None:
        while not self.stopping.is_set():
            for readable in select.select([self.master, self.modem], [], [], 0.1)[0]:
                data = os.read(readable, 4096)
                if readable == self.master:
                    os.write(self.modem, data)
                else:
                    with self.writing:
                        os.write(self.master, data)

    def throw(self, garbage: bytes) -> None:
        """Write all of it, as fast as the gateway reads."""
        with self.writing:
            at = 0
            while at < len(garbage):
                assert select.select([], [self.master], [], PATIENCE_S)[1], (
                    f"nobody reads the port: {at} octets went"
                )
                at += os.write(self.master, garbage[at : at + 4096])

    def close(self) -> None:
        self.stopping.set()
        self.join()
        for fd in (self.master, self.slave, self.modem):
            os.close(fd)


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[tuple[Group, Wire]]:
    with VirtualBank(1, tmp_path / "m") as bank:
        wire = Wire(bank.ports[0])
        wire.start()
        group = Group(tmp_path, bank, [wire.path])
        group.start()
        yield group, wire
        group.close()
        wire.close()


def memory_kb(group: Group) -> int:
    """What the gateway's process has in memory now."""
    assert group.process is not None
    status = Path(f"/proc/{group.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def state(group: Group) -> tuple[str, str]:
    row = group.db.execute("SELECT state, reason FROM station").fetchone()
    return (row["state"], row["reason"]) if row else ("", "")


def test_garbage_costs_no_memory_and_the_station_recovers(wire: tuple[Group, Wire]) -> None:
    group, line = wire
    group.until(lambda: state(group)[0] == "ready", "ready")
    group.approved(ADA)
    group.bank.wait_air(1, PATIENCE_S)
    before, most = memory_kb(group), 0
    chance = random.Random(7)
    blocks = [chance.randbytes(65_536), b"\x00" * 65_536, b"x" * 65_536]
    blocks += [b"$GPGGA,123519,4807.038,N\r\n" * 2500, b'+CMTI: "SM",1\r\n' * 4000]
    for _ in range(MEGABYTES * 1_000_000 // sum(map(len, blocks)) + 1):
        for block in blocks:
            line.throw(block)
            most = max(most, memory_kb(group))
    assert most - before < MOST_GROWTH_KB, (before, most)
    group.until(lambda: state(group)[0] == "ready", "ready again")
    again = group.approved(LUIS)
    group.until(lambda: group.state(again) in ("sent", "delivered"), "sent again")
    assert sorted(record.to for record in group.bank.air()) == [ADA, LUIS]
    history = [tuple(row) for row in group.db.execute("SELECT state, reason FROM station_event ORDER BY id")]
    assert all(words or name in ("starting", "ready") for name, words in history), history
    print(
        f"{MEGABYTES} MB of garbage: {before} kB before, {most} kB at most, {memory_kb(group)} kB after; {history}"
    )


def pages(group: Group, *paths: str) -> list[str]:
    """What a coordinator's browser gets of it."""
    cleo = people.create(group.db, "Cleo", "coordinator", now=store.wall_ms())
    link = sessions.invite(group.db, cleo.id, now=store.wall_ms())
    _, token = sessions.use_link(group.db, link, device="a test's browser", now=store.wall_ms())
    app = create_app(group.config_path)
    browser = app.test_client()
    browser.set_cookie(access.COOKIE, token)
    found = [browser.get(path).get_data(as_text=True) for path in paths]
    app.config["HUB"].stop()
    app.config["TAKER"].stop()
    return found


def test_what_comes_between_garbage_acts_neither_on_the_page_nor_in_the_export(
    wire: tuple[Group, Wire], tmp_path: Path
) -> None:
    """Marks, formulas, control characters and overrides from strangers, and lines that look like texts, by the real port."""
    group, line = wire
    group.until(lambda: state(group)[0] == "ready", "ready")
    written = [text for text in HOSTILE if "\ud83d lone" not in text]
    assert len(written) > 12
    for number, text in enumerate(written):
        line.throw(LIKE_A_TEXT[number % len(LIKE_A_TEXT)] * 100)
        group.bank.inbound(0, EVE, text)
        group.bank.inbound(0, "=1+1", f"{number} {text}"[:60])
    texts = "SELECT count(*) FROM inbound WHERE number=? AND kind='text'"
    group.until(lambda: group.db.execute(texts, [EVE]).fetchone()[0] == len(written), "all kept")
    group.until(lambda: not group.bank.stored(0), "an empty SIM")

    eve = group.db.execute("SELECT id FROM conversation WHERE number=?", [EVE]).fetchone()["id"]
    for page in pages(group, "/inbox?box=all", f"/inbox/{eve}", "/modems", "/modems/s0"):
        assert "<h1" in page
        assert not set(page) & (CONTROLS | OVERRIDES)
        assert not re.search(rf"<(script|img|svg|iframe|base)[^>]*({MARKER}|evil)|<h1>Signed out", page)
    assert group.run("export", str(tmp_path / "out")).returncode == 0
    for path in (tmp_path / "out").glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file, strict=True):
                for cell in row:
                    assert not cell.startswith(("=", "-", "@")), (path.name, cell)
                    assert not set(cell) & CONTROLS, (path.name, cell)
                    assert not cell.startswith("+") or cell[1:].isdigit(), (path.name, cell)
    with (tmp_path / "out" / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        assert sum(row["number"] == EVE for row in csv.DictReader(file)) == len(written)


def test_log_trace_and_doctor_hold_no_text_and_no_number(wire: tuple[Group, Wire], tmp_path: Path) -> None:
    """I7: what a technician keeps and sends to somebody (log, traces, `doctor --json`, `stations --json`) is free of people."""
    group, _ = wire
    group.end(signal.SIGTERM)
    log = tmp_path / "log"
    (tmp_path / "traces").mkdir()
    with log.open("wb") as stderr:
        command = [
            sys.executable,
            "-m",
            "gateway",
            "--config",
            str(group.config_path),
            "gateway",
            "--trace",
            str(tmp_path / "traces"),
        ]
        group.process = subprocess.Popen(command, stderr=stderr)
        text = group.approved(ADA, SECRET)
        group.until(lambda: group.state(text) in ("sent", "delivered"), "sent, but " + log.read_text())
        group.bank.inbound(0, ADA, SECRET)
        group.until(lambda: group.db.execute("SELECT 1 FROM inbound").fetchone() is not None, "in")
        doctor, stations = group.run("doctor", "--json"), group.run("stations", "--json")
        group.end(signal.SIGTERM)
    kept = [doctor.stdout, doctor.stderr, stations.stdout, log.read_text()]
    kept += [file.read_text() for file in (tmp_path / "traces").iterdir()]
    assert "AT+CMGS" in kept[-1]
    told = "\n".join(kept).upper()
    plan = segment(SECRET)
    packed = submit_tpdus(ADA, plan, ref=0)[0].hex().upper()
    for hidden in (
        SECRET.upper(),
        SECRET.encode("utf-16-be").hex().upper(),
        packed[-16:],
        packed[-30:-14],
        ADA[1:],
        "2120555521F3",
    ):
        assert hidden not in told, hidden
