"""How soon a modem works that is plugged in: the real gateway, sticks by umockdev, virtual modems behind them.

From the moment at which the kernel would tell of the stick's last port to the station being ready; then the same stick
pulled out and plugged into another socket. Prints one line for each with its target, and the machine's name.
"""

import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from gateway import schema, store
from gateway.config import load
from hardware.virtual import VirtualBank
from tests.usb_bus import E1550, UsbBus

TARGET_S = 3.0
PATIENCE_S = 30.0


def until_ready(database: Path, place: str) -> float:
    """Seconds until a station in this socket is ready."""
    began = time.monotonic()
    db = store.connect(database)
    ready = "SELECT 1 FROM station WHERE state='ready' AND place=? AND port<>''"
    while db.execute(ready, [place]).fetchone() is None:
        if time.monotonic() > began + PATIENCE_S:
            sys.exit(f"not ready within {PATIENCE_S:.0f} s")
        time.sleep(0.005)
    db.close()
    return time.monotonic() - began


def main(rounds: int = 5) -> None:
    """Print both measures."""
    with (
        tempfile.TemporaryDirectory() as folder,
        UsbBus() as bus,
        VirtualBank(rounds, Path(folder) / "m") as bank,
    ):
        path = Path(folder) / "textbank.toml"
        path.write_text('[organisation]\nregion = "US"\n')
        database = load(path).database.path
        schema.migrate(store.connect(database))
        command = [sys.executable, "-m", "gateway", "--config", str(path), "gateway"]
        gateway = subprocess.Popen(command, env=bus.environment, stderr=subprocess.DEVNULL)
        while not Path(f"{database}.gateway.bell").exists():
            time.sleep(0.01)
        found, moved = [], []
        for number, port in enumerate(bank.ports):
            bus.plug(f"1-1.{number}", E1550, {2: port})
            found.append(until_ready(database, f"1-1.{number}"))
            bank.unplug(number)
            bus.unplug(f"1-1.{number}")
            bank.plug(number)
            bus.plug(f"1-2.{number}", E1550, {2: port})
            moved.append(until_ready(database, f"1-2.{number}"))
        gateway.send_signal(signal.SIGTERM)
        gateway.wait()
    machine = f"{platform.node()}, {os.cpu_count()} cores"
    for what, times in (("plugged in", found), ("pulled out and plugged in elsewhere", moved)):
        middle, worst = statistics.median(times), max(times)
        verdict = "ok" if worst < TARGET_S else "MISSED"
        print(
            f"{what}: ready after {middle:.2f} s, {worst:.2f} s at worst (target {TARGET_S:.0f} s) {verdict}  [{machine}]"
        )
