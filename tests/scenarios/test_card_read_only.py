"""A card that the kernel switches to reading only under running programs, as it does after an error of the card.

A real ext4 on a loop device, aborted (mount -o remount,abort): needs root and mkfs.ext4, elsewhere it is not run.
"""

import contextlib
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import backup, sessions, store
from gateway.errors import Refused
from hardware.virtual import VirtualBank
from tests import blank
from tests.gateway.clinic import free_port as free_port
from tests.scenarios.group import ADA, LUIS, Group, die_with_parent
from tests.scenarios.test_full_disk import mount, ready, words_in

OTHERS = [f"+1202555{number:04d}" for number in range(4)]


@pytest.fixture
def image(tmp_path: Path, need: Callable[..., str]) -> Path:
    """The card itself, 24 MB of it."""
    made = tmp_path / "card.img"
    with made.open("wb") as file:
        file.truncate(24 << 20)
    subprocess.run([need("mkfs.ext4", "e2fsprogs"), "-q", made], check=True)
    return made


@pytest.fixture
def card(image: Path, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "card"
    folder.mkdir()
    mount("-o", "loop", str(image), str(folder))
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def states(group: Group) -> list[str]:
    return [row["state"] for row in group.db.execute("SELECT state FROM message ORDER BY id")]


def page(port: int, cookie: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", headers={"Cookie": f"textbank={cookie}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.read().decode()
    except OSError:
        return ""  # nobody answers yet


def turned_read_only(group: Group, card: Path, port: int, log: Path) -> None:
    """While two texts are being handed over, two more wait, and two people write."""
    group.until(lambda: ready(group), "ready")
    link = sessions.invite(group.db, group.user.id, now=store.wall_ms())
    _, cookie = sessions.use_link(group.db, link, device="phone", now=store.wall_ms())
    for modem in (0, 1):
        group.bank.fault(modem, "cmgs_late", 1500)
    group.approved(OTHERS[0])
    group.approved(OTHERS[1])
    group.until(lambda: states(group).count("submitted") == 2, "both modems have one in hand")
    group.approved(OTHERS[2])
    group.approved(OTHERS[3])
    mount("-o", "remount,abort", str(card))
    group.bank.inbound(0, ADA, "Hello")
    group.bank.inbound(1, LUIS, "Good evening")
    group.until(lambda: "The disk can only be read" in page(port, cookie), "the panel says so")
    group.until(lambda: len(group.bank.air()) == 2, "what was in hand went out")
    group.until(lambda: all(group.bank.stored(modem) for modem in (0, 1)), "they stay on the SIMs")
    doctor = group.run("doctor").stdout
    assert "BAD disk: The disk can only be read" in doctor
    refused = "The disk can only be read"
    group.until(lambda: log.read_text().count(refused) == 2, "said in the log, once for each station")
    assert len(group.bank.air()) == 2, "nothing new is sent"


def test_a_card_that_turns_read_only_under_us_loses_nothing_and_doubles_nothing(
    card: Path, image: Path, tmp_path: Path, free_port: int
) -> None:
    log = tmp_path / "gateway.log"
    with VirtualBank(2, tmp_path / "m") as bank, contextlib.closing(Group(card, bank)) as group:
        group.config_path.write_text(f"[panel]\nport = {free_port}\n" + group.config_path.read_text())
        panel = [sys.executable, "-m", "web", "--config", str(group.config_path)]
        with log.open("w") as written:
            group.process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "--config", str(group.config_path), "gateway"],
                stderr=written,
                preexec_fn=die_with_parent,
            )
        with subprocess.Popen(panel, stderr=subprocess.DEVNULL) as running:
            try:
                turned_read_only(group, card, free_port, log)
            finally:
                running.send_signal(signal.SIGTERM)
        group.close()
        subprocess.run(["umount", card], check=True)
        subprocess.run(["e2fsck", "-p", image], check=False, stdout=subprocess.DEVNULL)
        mount("-o", "loop", str(image), str(card))
        group.db = store.connect(group.config.database.path)
        group.start()
        group.until(lambda: words_in(group) == {"Hello", "Good evening"}, "what waited on the SIMs")
        group.until(lambda: set(states(group)) <= {"sent", "delivered", "uncertain"}, "all settled")
        assert sorted(text.to for text in bank.air()) == OTHERS, "everybody once"


def test_a_backup_onto_a_stick_that_can_only_be_read_names_the_folder_and_the_reason(
    tmp_path: Path,
) -> None:
    """It named a file of ours that nobody knows: taking the unfinished copy away failed too, and that was told."""
    database, stick = tmp_path / "textbank.db", tmp_path / "stick"
    blank.database(database).close()
    stick.mkdir()
    mount("-t", "tmpfs", "-o", "ro,size=1m", "none", str(stick))
    try:
        with pytest.raises(Refused, match=f"could not be written to {stick}: Read-only file system"):
            backup.make(database, stick, now=store.wall_ms())
    finally:
        subprocess.run(["umount", "-l", stick], check=True)
