"""The panel as a real process on a real database, and Debian's Chromium in front of it.

A test writes the database with the gateway's own store (`tests/web/world.py`), as stations would, and watches what a
person sees. Each page keeps what the browser complained of: one that logs an error or a breach of the CSP fails its test.
"""

import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.web import world as the_world
from tests.web.world import World

ROOT = Path(__file__).parents[2]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A laptop's own address is a secure context and would hide what a phone on plain http meets.
    "--host-resolver-rules=MAP textbank.local 127.0.0.1",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Panel:
    """The panel's process; can be stopped and started again in the middle of a test."""

    def __init__(self, world: World, port: int) -> None:
        self.world, self.port = world, port
        self.base = f"http://textbank.local:{port}"
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "web", "--config", str(self.world.source)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/alive", timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the panel did not start: {self.stop()}")

    def stop(self) -> str:
        """End it politely; returns what it wrote."""
        if self.process is None:
            return ""
        self.process.send_signal(signal.SIGTERM)
        try:
            output, _ = self.process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, _ = self.process.communicate()
        self.process = None
        return output


@pytest.fixture(scope="session")
def browser(need: Callable[..., str]) -> Iterator[Browser]:
    path = need("chromium", "chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = the_world.found(tmp_path, port=free_port(), undo=5)
    yield made
    made.db.close()


@pytest.fixture
def panel(world: World) -> Iterator[Panel]:
    port = int(world.source.read_text().split("port = ")[1].split("\n")[0])
    running = Panel(world, port)
    running.start()
    yield running
    running.stop()


class Visit:
    """One person at one browser."""

    def __init__(self, context: BrowserContext, panel: Panel) -> None:
        self.context, self.panel = context, panel
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: object) -> None:
        if message.type in ("error", "warning"):  # type: ignore[attr-defined]
            self.complaints.append(message.text)  # type: ignore[attr-defined]

    def come_in(self, who: str) -> Page:
        self.page.goto(self.panel.base + self.panel.world.link(who))
        self.page.get_by_role("button", name="Come in").click()
        self.page.wait_for_url(lambda url: "/s/" not in url)
        return self.page

    def go(self, path: str) -> Page:
        self.page.goto(self.panel.base + path)
        return self.page

    def wait_live(self) -> None:
        self.page.wait_for_selector("body[data-stream=open]")


@pytest.fixture
def visit(browser: Browser, panel: Panel) -> Iterator[Callable[..., Visit]]:
    """visit(who, size=PHONE, scheme="light"): a fresh browser, signed in."""
    opened: list[Visit] = []

    def make(
        who: str | None = "volunteer", size: dict[str, int] = PHONE, scheme: str = "light", **more: object
    ) -> Visit:
        context = browser.new_context(
            viewport=size,  # type: ignore[arg-type]
            color_scheme=scheme,  # type: ignore[arg-type]
            locale="en-US",
            timezone_id="America/New_York",
            reduced_motion="reduce",
            **more,  # type: ignore[arg-type]
        )
        context.set_default_timeout(8000)
        one = Visit(context, panel)
        opened.append(one)
        if who is not None:
            one.come_in(who)
        return one

    yield make
    complaints = [complaint for one in opened for complaint in one.complaints]
    for one in opened:
        one.context.close()
    assert not complaints, complaints
