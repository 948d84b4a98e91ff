"""A card without room, one that can only be read, and one whose writes fail: real processes on a real small filesystem.

Mounting needs root: elsewhere the tests of a small filesystem are not run, and those of failing writes are.
"""

import errno
import fcntl
import os
import resource
import select
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gateway import backup, bell, lock, room, store
from gateway.commands import _checks
from gateway.daemon import Gateway
from gateway.errors import Refused
from hardware.virtual import VirtualBank
from tests import blank
from tests.gateway.clinic import free_port as free_port
from tests.scenarios.test_processes import ADA, LUIS, Group


def mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(
            f"NOT RUN: a small filesystem cannot be mounted here ({done.stderr.strip()}). Run as root."
        )


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """A card of 6 MB."""
    folder = tmp_path / "card"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=6m", "none", str(folder))
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def small(card: Path, tmp_path: Path) -> Iterator[Group]:
    """A group on that card; its modems are elsewhere."""
    with VirtualBank(2, tmp_path / "m") as bank:
        group = Group(card, bank)
        yield group
        group.close()


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    with VirtualBank(2, tmp_path / "m") as bank:
        group = Group(tmp_path, bank)
        yield group
        group.close()


def fill(folder: Path) -> Path:
    """Another program takes every octet."""
    hog = folder / "holiday-video.mp4"
    with hog.open("ab", buffering=0) as file:
        for size in (65_536, 512, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return hog


def ready(group: Group) -> bool:
    rows = group.db.execute("SELECT state FROM station").fetchall()
    return [row["state"] for row in rows] == ["ready", "ready"]


def told(group: Group, words: str) -> bool:
    return all(words in row["reason"] for row in group.db.execute("SELECT reason FROM station"))


def words_in(group: Group) -> set[str]:
    return {row["text"] for row in group.db.execute("SELECT text FROM inbound")}


def take_what_is_left(db: sqlite3.Connection) -> None:
    """What SQLite itself still had room for."""
    with store.write(db):
        for number in range(5000):
            db.execute("INSERT INTO setting VALUES (?,?)", [f"x{number}", "x" * 900])


def test_on_a_full_card_nothing_new_is_sent_what_comes_is_kept_and_it_goes_on_by_itself(small: Group) -> None:
    small.start()
    small.until(lambda: ready(small), "ready")
    hog = fill(small.config_path.parent)
    small.bank.inbound(0, LUIS, "I can come")
    small.bank.inbound(1, ADA, "Me too")
    small.until(lambda: words_in(small) == {"I can come", "Me too"}, "received by giving up the reserve")
    small.until(lambda: told(small, "The disk is full"), "both say so")
    assert told(small, "taken by holiday-video.mp4"), "and what takes the room"
    ids = [small.approved(f"+1202555{number:04d}") for number in range(3)]
    small.until(lambda: told(small, "goes on by itself"), "what to do")
    small.bank.inbound(0, LUIS, "Still there?")
    small.until(lambda: "Still there?" in words_in(small), "receiving goes on while anything fits")
    assert [small.state(message_id) for message_id in ids] == ["approved"] * 3
    assert small.bank.air() == []
    doctor = small.run("doctor").stdout
    assert "BAD disk: 1 MB are free" in doctor or "BAD disk: 0 MB are free" in doctor
    assert "holiday-video.mp4" in doctor
    hog.unlink()
    small.until(
        lambda: all(small.state(one) in ("sent", "delivered") for one in ids), "sent when there is room"
    )
    small.until(lambda: ready(small), "ready")
    assert room.reserve(small.config.database.path).stat().st_size == room.RESERVE_BYTES, "for the next time"


def test_without_even_the_reserve_a_text_stays_on_the_sim_and_an_answer_in_hand(small: Group) -> None:
    small.start()
    small.until(lambda: ready(small), "ready")
    reserve = room.reserve(small.config.database.path)
    for modem in (0, 1):
        small.bank.fault(modem, "cmgs_late", 3000)
        small.bank.fault(modem, "report_never")
    message_id = small.approved(ADA)
    small.until(lambda: small.state(message_id) == "submitted", "handed over")
    hog = fill(small.config_path.parent)
    reserve.unlink()
    fill(small.config_path.parent)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        take_what_is_left(small.db)
    small.bank.inbound(0, LUIS, "On the SIM")
    small.bank.inbound(1, LUIS, "On the SIM too")
    small.until(lambda: len(small.bank.air()) == 1, "on the air")
    small.until(lambda: len(small.bank.stored(0)) == len(small.bank.stored(1)) == 1, "on both SIMs")
    hog.unlink()
    small.until(lambda: small.state(message_id) == "sent", "its answer was kept in hand")
    small.until(lambda: words_in(small) == {"On the SIM", "On the SIM too"}, "nothing was deleted unread")
    assert len(small.bank.air()) == 1


def test_a_start_on_a_full_card_says_so_waits_and_begins_when_there_is_room(
    small: Group, free_port: int
) -> None:
    path = small.config.database.path
    small.config_path.write_text(f"[panel]\nport = {free_port}\n" + small.config_path.read_text())
    message_id = small.approved(ADA)
    small.db.close()
    hog = fill(path.parent)
    for left in (f"{path}-wal", f"{path}-shm"):
        assert not Path(left).exists()
    log = path.parent.parent / "gateway.log"
    command = [sys.executable, "-m", "gateway", "--config", str(small.config_path), "gateway"]
    with log.open("w") as written:
        small.process = subprocess.Popen(command, stderr=written)
    panel = subprocess.Popen(
        [sys.executable, "-m", "web", "--config", str(small.config_path)], stderr=subprocess.DEVNULL
    )
    try:
        small.until(lambda: "holiday-video.mp4" in log.read_text(), "the log says what takes the room")
        small.until(lambda: page(free_port)[0] == 503, "a page")
        status, words = page(free_port)
        assert "The disk is full" in words
        assert "Free some room" in words
        assert small.process.poll() is None
        assert log.read_text().count("The disk is full") == 1, "once"
        hog.unlink()
        small.until(lambda: Path(f"{path}-wal").exists(), "the gateway opens it")
        small.db = store.connect(path)
        small.until(lambda: small.state(message_id) in ("sent", "delivered"), "sent")
        small.until(lambda: page(free_port)[0] == 200, "the panel")
        assert status == 503
    finally:
        panel.send_signal(signal.SIGTERM)
        panel.wait(15)


def test_a_start_on_a_full_card_begins_with_what_the_reserve_frees(small: Group) -> None:
    """It took the reserve again before it wrote its first line, while the panel kept the log open, and waited for ever."""
    path = small.config.database.path
    small.approved(ADA)
    with closing(Gateway(small.config)) as earlier, lock.gateway(path) as hold:
        assert earlier._recovered(hold, cut_off=False) is not None
    fill(path.parent)
    with pytest.raises(sqlite3.OperationalError, match="full"):
        small.db.executemany("INSERT INTO setting VALUES (?,'')", ([f"x{number}"] for number in range(5000)))
    gateway = Gateway(small.config)
    with closing(gateway), lock.gateway(path) as hold:
        late = threading.Timer(8, gateway.end)  # else it would wait for ever
        late.start()
        specs = gateway._recovered(hold, cut_off=False)
        late.cancel()
    assert specs is not None


def page(port: int) -> tuple[int, str]:
    """Status and words of the first page; 0 while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


def test_doctor_tells_of_a_card_that_takes_no_more_files_and_of_one_that_is_memory(card: Path) -> None:
    """It said that six megabytes were free, and nothing of what a power cut takes."""
    subprocess.run(["mount", "-o", "remount,nr_inodes=5", "none", card], check=True)
    blank.database(card / "textbank.db").close()
    _, memory, _ = _checks.database(card / "textbank.db", [])
    assert (memory.ok, "A power cut takes" in memory.found) == (False, True)
    for number in range(3):
        (card / f"mail{number}").touch()
    full, *_ = _checks.database(card / "textbank.db", [])
    assert (full.ok, "No file can be made" in full.found) == (False, True)
    assert room.look(card).free_bytes < room.RESERVE_BYTES, "a start waits"


@pytest.mark.parametrize(
    ("words", "lost"), [("quiet overlayroot=tmpfs", True), ("boot=overlay", True), ("quiet", False)]
)
def test_what_is_written_to_an_overlay_is_lost_where_the_system_was_started_with_one_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, lost: bool
) -> None:
    monkeypatch.setattr(room, "_mounts", lambda _: [("overlay", {"rw"})])
    (tmp_path / "cmdline").write_text(f"console=tty1 {words}\n")
    assert room.in_memory(tmp_path, tmp_path / "cmdline") is lost


def test_a_file_system_that_reserves_nothing_takes_no_socket_and_gives_no_second_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On exFAT the gateway ended with "Bad file descriptor" at each start; then with "Input/output error" for want of a bell."""
    database = tmp_path / "textbank.db"
    blank.database(database).close()
    real = os.posix_fallocate

    def by_the_c_library(file: int, offset: int, length: int) -> None:
        if fcntl.fcntl(file, fcntl.F_GETFL) & os.O_APPEND:
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(file, offset, length)

    def refuse(*_names: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "posix_fallocate", by_the_c_library)
    assert room.keep(database)
    monkeypatch.setattr(bell, "_address", lambda *_: "/proc/no socket/here")
    with closing(bell.Bell(database, "gateway")) as mute:
        assert not select.select([mute], [], [], 0)[0]
        assert not mute.drain()
    saved = backup.make(database, tmp_path / "saved.db", now=store.wall_ms()).path
    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(Refused, match=r"Copy .* to a disk of this machine"):
        backup.restore(saved, database, now=store.wall_ms())
    monkeypatch.setattr(room, "_mounts", lambda _: [("exfat", {"rw"})])
    assert "on FAT and exFAT no backup can be restored" in [*_checks.database(database, [])][1].found, (
        "on NTFS one can"
    )


def test_a_backup_from_a_card_that_can_only_be_read_does_not_send_for_another_stick(
    card: Path, tmp_path: Path
) -> None:
    """“Read-only file system: see that the stick can be written again, or take another”, while the card was dying."""
    blank.database(card / "textbank.db").close()
    subprocess.run(["mount", "-o", "remount,ro", "none", card], check=True)
    with pytest.raises(Refused, match="Copy the folder to another machine now"):
        backup.make(card / "textbank.db", tmp_path, now=store.wall_ms())


def test_on_a_card_that_can_only_be_read_each_program_says_so(
    small: Group, tmp_path: Path, free_port: int
) -> None:
    """As after an error of the card: the kernel refuses every change (EROFS)."""
    small.db.close()
    read_only = tmp_path / "again"
    read_only.mkdir()
    mount("--bind", str(small.config_path.parent), str(read_only))
    config = read_only / small.config_path.name
    small.config_path.write_text(f"[panel]\nport = {free_port}\n" + small.config_path.read_text())
    panel = None
    try:
        mount("-o", "remount,ro,bind", str(read_only))
        command = [sys.executable, "-m", "gateway", "--config", str(config)]
        gateway = subprocess.run(
            [*command, "gateway"], capture_output=True, text=True, timeout=30, check=False
        )
        assert gateway.returncode == 1
        assert "Read-only file system" in gateway.stderr
        assert "new card" in gateway.stderr
        doctor = subprocess.run([*command, "doctor"], capture_output=True, text=True, timeout=60, check=False)
        assert "BAD disk: The disk can only be read" in doctor.stdout
        assert "put in a new card" in doctor.stdout
        panel = subprocess.Popen(
            [sys.executable, "-m", "web", "--config", str(config)], stderr=subprocess.DEVNULL
        )
        small.until(lambda: page(free_port)[0] == 503, "a page")
        assert "The disk can only be read" in page(free_port)[1]
    finally:
        if panel is not None:
            panel.send_signal(signal.SIGTERM)
            panel.wait(15)
        subprocess.run(["umount", "-l", read_only], check=True)


def test_while_every_write_fails_the_gateway_rests_keeps_what_it_has_and_goes_on(group: Group) -> None:
    """As on a card that was switched to reading only under us (RLIMIT_FSIZE: each write is refused, without root)."""
    group.start()
    group.until(lambda: ready(group), "ready")
    assert group.process is not None
    first = group.approved(ADA)
    group.until(lambda: group.state(first) == "delivered", "sent")
    pid = group.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    message_id = group.approved(LUIS)
    group.bank.inbound(0, ADA, "Hello")
    used = cpu_s(pid)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        time.sleep(0.5)  # the time itself is what is tested
    assert cpu_s(pid) - used < 0.5, "it does not spin"
    assert (group.state(message_id), words_in(group)) == ("approved", set())
    assert len(group.bank.air()) == 1
    assert len(group.bank.stored(0)) == 1, "it stays on the SIM"
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    group.until(lambda: words_in(group) == {"Hello"}, "what waited on the SIM")
    group.until(lambda: group.state(message_id) in ("sent", "delivered"), "what waited here")
    assert len(group.bank.air()) == 2


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
