"""The panel as a process: it waits for its database, says in words why it cannot start, and ends without losing what somebody is sending."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway import listening, outbox, store
from gateway.commands import run
from gateway.errors import Refused
from tests.web import world as the_world
from tests.web.world import HELLO, World

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(source: Path, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "web", "--config", str(source), *more]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for(port: int, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/alive", timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the panel did not start: {process.communicate()[0]}")


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def world(tmp_path: Path, port: int) -> Iterator[World]:
    made = the_world.found(tmp_path, port=port)
    yield made
    made.db.close()


@pytest.fixture
def panel(world: World, port: int) -> Iterator["subprocess.Popen[str]"]:
    process = start(world.source)
    wait_for(port, process)
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


class Browser:
    """Just enough of one to sign in and send a form over a real socket."""

    def __init__(self, port: int, world: World) -> None:
        self.port, self.cookies = port, dict[str, str]()
        self.sent = threading.Event()
        path = world.link("volunteer")
        token = self.token(self.ask("GET", path))
        self.ask("POST", path, f"csrf_token={token}")

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def headers(self) -> dict[str, str]:
        return {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Origin": f"http://127.0.0.1:{self.port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }

    def ask(self, method: str, path: str, body: str | None = None) -> str:
        connection = self.connect()
        self.sent.clear()
        connection.request(method, path, body, self.headers())
        self.sent.set()
        answer = connection.getresponse()
        page = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        connection.close()
        self.status = answer.status
        return page

    def token(self, page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found
        return found[1]


def test_sigterm_answers_what_is_being_sent_and_ends_streams(
    world: World, port: int, panel: "subprocess.Popen[str]"
) -> None:
    rosa = world.draft("Rosa", "+12025550147", HELLO)
    maya = Browser(port, world)
    token = maya.token(maya.ask("GET", "/send"))
    stream = maya.connect()
    stream.request("GET", "/live", headers=maya.headers())
    opened = stream.getresponse()
    assert opened.readline().startswith(b"retry:")

    world.db.execute("BEGIN IMMEDIATE")  # somebody else writes for two seconds: the POST has to wait
    seen = outbox.seen(outbox.load(world.db, rosa))
    results: list[int] = []

    def approve() -> None:
        maya.ask("POST", f"/send/{rosa}/approve", f"csrf_token={token}&seen={seen}")
        results.append(maya.status)

    sending = threading.Thread(target=approve)
    sending.start()
    assert maya.sent.wait(5)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/alive", timeout=5):
        pass  # what came after the POST was answered, so the POST is in somebody's hands
    panel.send_signal(signal.SIGTERM)
    opened.read()  # the stream ends by itself: the panel is closing
    assert not results
    world.db.execute("ROLLBACK")
    sending.join(timeout=20)
    output, _ = panel.communicate(timeout=20)

    assert results == [303], output
    assert panel.returncode == 0, output
    assert world.state(rosa) == "approved"
    assert "Traceback" not in output


def test_it_says_in_words_why_it_cannot_start(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text("[panel]\nport = 99999999\n")
    process = start(bad)
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "panel.port" in output
    assert "Traceback" not in output


def test_a_database_that_cannot_be_looked_at_is_said_in_words(tmp_path: Path) -> None:
    """As when the panel is started by another user than the one whose folder it is."""
    source = tmp_path / "textbank.toml"
    source.write_text(f'[database]\npath = "{"x" * 300}/textbank.db"\n')
    process = start(source)
    output, _ = process.communicate(timeout=20)
    assert (process.returncode, "Traceback" in output) == (1, False)
    assert "cannot be looked at" in output


def test_a_port_that_is_taken_is_said_in_words(world: World, port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        process = start(world.source)
        output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1 port {port}" in output
    assert (
        "End the program that has that port (sudo ss -ltnp names it)" in output
    )  # without sudo only one's own


@pytest.mark.parametrize("host", ["192.0.2.77", "fe80::1"])  # as when the router gave the box another one
def test_an_address_that_the_box_does_not_have_is_told_with_the_one_that_works(host: str) -> None:
    """To change the port was advised, or to end the program that has it: there is none."""
    with pytest.raises(Refused, match=r'set \[panel\] host = "0.0.0.0"'):
        listening.bound(host, 8080)


def test_it_waits_for_the_schema_and_then_says_what_to_do(world: World) -> None:
    world.path.with_name("other").mkdir()
    source = world.path.with_name("other") / "textbank.toml"
    source.write_text(world.source.read_text())
    process = start(source, "--wait", "0.5")
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "textbank init" in output
    assert [path.name for path in source.parent.iterdir()] == ["textbank.toml"]  # it made no database


def test_a_schema_that_does_not_come_is_said_in_words(world: World) -> None:
    world.db.execute("PRAGMA user_version=0")
    process = start(world.source, "--wait", "0.3")
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "textbank init" in output
    assert "Traceback" not in output


def test_a_file_that_is_no_database_is_said_in_words_on_the_page(world: World, port: int) -> None:
    folder = world.path.with_name("other")
    folder.mkdir()
    (folder / "textbank.toml").write_text(world.source.read_text())
    database = folder / "textbank.db"
    database.write_text("These are words and no database. " * 100)
    before = database.read_bytes()
    process = start(folder / "textbank.toml", "--wait", "0.3")
    try:
        wait_for(port, process)
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        page = answer.value.read().decode()
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=20)
    assert answer.value.code == 503
    assert "The database is damaged, so nothing is sent." in page
    assert str(database) in page
    assert "Traceback" not in output
    assert database.read_bytes() == before


def test_a_lost_database_is_told_on_the_page_and_nobody_is_sent_to_make_a_new_one(
    world: World, port: int
) -> None:
    """Only `textbank.db.acts` was left beside it: the panel alone waited, said to create one with `textbank init`, and ended."""
    folder = world.path.with_name("lost")
    folder.mkdir()
    (folder / "textbank.toml").write_text(world.source.read_text())
    (folder / "textbank.db.acts").write_text("what was done\n")
    process = start(folder / "textbank.toml", "--wait", "0.3")
    try:
        wait_for(port, process)
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        page = answer.value.read().decode()
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert "textbank.db is not there, though textbank.db.acts is." in page
    assert "Plug in the stick with the backups" in page
    assert not (folder / "textbank.db").exists()


def test_two_hundred_idle_connections_do_not_stop_it(
    world: World, port: int, panel: "subprocess.Popen[str]"
) -> None:
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/alive", timeout=5) as answer:
        assert answer.status == 200
    for one in idle:
        one.close()


def test_it_is_small(world: World, port: int, panel: "subprocess.Popen[str]") -> None:
    maya = Browser(port, world)
    for path in ("/", "/send", "/inbox", "/me"):
        maya.ask("GET", path)
    rollup = Path(f"/proc/{panel.pid}/smaps_rollup").read_text()
    pss_kb = int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1])  # type: ignore[index]
    assert pss_kb < 60_000, pss_kb


def test_a_proxy_on_this_machine_may_say_https(
    world: World, port: int, panel: "subprocess.Popen[str]"
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/sign-in", headers={"X-Forwarded-Proto": "https", "Host": "textbank.local"})
    cookies = connection.getresponse().headers.get_all("Set-Cookie") or []
    connection.close()
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)


def test_the_database_is_locked_for_a_moment_and_nobody_notices(
    world: World, port: int, panel: "subprocess.Popen[str]"
) -> None:
    rosa = world.draft("Rosa", "+12025550147", HELLO)
    maya = Browser(port, world)
    token = maya.token(maya.ask("GET", "/send"))
    seen = outbox.seen(outbox.load(world.db, rosa))
    other = store.connect(world.path)
    other.execute("BEGIN IMMEDIATE")
    form = f"csrf_token={token}&seen={seen}"
    sender = threading.Thread(target=lambda: maya.ask("POST", f"/send/{rosa}/approve", form))
    sender.start()
    sender.join(timeout=1.0)  # an import holds the lock that long
    assert sender.is_alive()
    other.execute("ROLLBACK")
    other.close()
    sender.join(timeout=15)
    assert maya.status == 303
    assert world.state(rosa) == "approved"


def test_ctrl_c_while_it_waits_for_the_database_ends_it_without_a_traceback(tmp_path: Path) -> None:
    """It said nothing for 30 seconds; whoever then pressed Ctrl-C saw where in the program that had happened."""
    source = tmp_path / "textbank.toml"
    source.write_text('[organisation]\nregion = "US"\ntimezone = "America/New_York"\n')
    process = start(source)
    assert process.stdout is not None
    assert "waiting for the gateway" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20) == ("", None)
    assert process.returncode == -signal.SIGINT


def test_ctrl_c_in_the_first_moment_of_textbank_panel_ends_it_without_a_traceback(
    world: World, port: int
) -> None:
    command = [sys.executable, "-m", "gateway", "--config", str(world.source), "panel"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        caught = 0  # by Python, and it has yet to import everything
        while not caught & (1 << signal.SIGINT - 1):
            assert process.poll() is None
            started = "web" in Path(f"/proc/{process.pid}/cmdline").read_text().split("\0")
            status = Path(f"/proc/{process.pid}/status").read_text() if started else "SigCgt: 0"
            caught = int(status.split("SigCgt:")[1].split()[0], 16)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    assert "Traceback" not in output
    assert process.returncode in (-signal.SIGINT, 0)  # a slow test meets it when it serves already


@pytest.mark.parametrize("name", ["web.py", "random.py"])
def test_a_file_of_somebodys_in_the_folder_where_textbank_is_called_is_not_run_in_the_place_of_the_panel(
    world: World, port: int, name: str, tmp_path: Path
) -> None:
    """`textbank run` in a home folder with a random.py in it had no page: the panel ended every two seconds."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / name).write_text('raise SystemExit("not the panel")\n')
    command = [sys.executable, "-P", "-m", "gateway", "--config", str(world.source), "panel"]
    with subprocess.Popen(
        command, cwd=tmp_path / "home", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            wait_for(port, process)
        finally:
            process.terminate()


def test_a_checkout_that_is_not_installed_runs_its_own_panel(world: World, port: int, tmp_path: Path) -> None:
    """`python -m gateway run` in it had no page, "No module named web"."""
    for part in ("gateway", "hardware", "web"):
        shutil.copytree(ROOT / part, tmp_path / "checkout" / part)
    bare = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    with subprocess.Popen(
        [bare, "-m", "gateway", "--config", str(world.source), "panel"],
        cwd=tmp_path / "checkout",
        env={**os.environ, "PYTHONPATH": sysconfig.get_path("purelib")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            wait_for(port, process)
        finally:
            process.terminate()


def test_a_panel_that_cannot_be_started_for_a_moment_is_started_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Killed for want of memory, or while an update was installed, it stayed away until the gateway was started anew."""
    monkeypatch.setattr(run, "RESTART_S", 0.05)
    program, began = tmp_path / "panel", tmp_path / "began"
    program.write_text(f'#!/bin/sh\necho $$ >> "{began}"\nexec sleep 60\n')
    program.chmod(0o700)
    child = run.Child("panel", [str(program)], {})
    try:
        _until(lambda: began.exists() and began.read_text().endswith("\n"))
        program.rename(tmp_path / "away")
        os.kill(int(began.read_text()), signal.SIGKILL)
        _until(lambda: "cannot be started now" in caplog.text)
        (tmp_path / "away").rename(program)
        _until(lambda: len(began.read_text().split()) == 2)
    finally:
        child.stop()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
