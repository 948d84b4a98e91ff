"""The panel as a real process on a real database, and Debian's Chromium in front of it, without windows of its own where there is that package.

A test writes the database with the gateway's own store (`tests/web/world.py`), as stations would, and watches what a
person sees. Each page keeps what the browser complained of: one that logs an error or a breach of the CSP fails its test.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.web import world as the_world
from tests.web.world import World
from web import access

ROOT = Path(__file__).parents[2]
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
PATIENCE_MS = 20_000  # a machine may be busy; what must come sooner says so in its test
expect.set_options(timeout=PATIENCE_MS)
WITHOUT_WINDOWS = "chromium-headless-shell"  # Chromium's engine alone takes half the processor
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


class Nursery:
    """The process that makes panels (nursery.py)."""

    def __init__(self, templates: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.nursery", str(templates)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def panel(self, config: Path, log: Path, *, in_pieces: bool) -> int:
        """A new panel's process id; `in_pieces`: it takes a list in as it would a very long one."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"config": str(config), "log": str(log), "in_pieces": in_pieces}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """It ends with its input."""
        self._process.communicate(timeout=15)


class Panel:
    """The panel's process; can be stopped and started again in the middle of a test."""

    def __init__(self, world: World, nursery: Nursery) -> None:
        self.world, self._nursery = world, nursery
        self.port = int(world.source.read_text().split("port = ")[1].split("\n")[0])
        self.base = f"http://textbank.local:{self.port}"
        self._log = world.source.with_suffix(".log")
        self._process: int | None = None  # a descriptor that is readable when it has ended

    def start(self, *, in_pieces: bool = False) -> None:
        made = self._nursery.panel(self.world.source, self._log, in_pieces=in_pieces)
        self._process = os.pidfd_open(made)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not self._ended(0):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/alive", timeout=5):
                    return
            except OSError:
                time.sleep(0.01)
        raise AssertionError(f"the panel did not start: {self.stop()}")

    def _ended(self, timeout_s: float) -> bool:
        return bool(select.select([self._process], [], [], timeout_s)[0])

    def freeze(self, stands: bool) -> None:
        """Its power is gone, as far as a browser can tell: it takes connections and says nothing; or it goes on."""
        assert self._process is not None
        signal.pidfd_send_signal(self._process, signal.SIGSTOP if stands else signal.SIGCONT)

    def stop(self) -> str:
        """End it politely; returns what it wrote."""
        if self._process is None:
            return ""
        for ending in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, ending)
            if self._ended(15):
                break
        os.close(self._process)
        self._process = None
        return self.written()

    def written(self) -> str:
        """What it has logged until now."""
        return self._log.read_text()


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(tmp_path_factory.mktemp("templates"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def browser(need: Callable[..., str]) -> Iterator[Browser]:
    path = shutil.which(WITHOUT_WINDOWS) or need("chromium", WITHOUT_WINDOWS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


@contextlib.contextmanager
def group(folder: Path, undo: int = 5) -> Iterator[World]:
    """A group whose panel has a port of its own. Tests that only read share one: their module makes the fixture `world` of it, and `panel`
    of `served`.
    """
    made = the_world.found(folder, port=free_port(), undo=undo)
    yield made
    made.db.close()


@contextlib.contextmanager
def served(world: World, nursery: Nursery) -> Iterator[Panel]:
    """Its panel, which answers."""
    running = Panel(world, nursery)
    running.start()
    yield running
    written = running.stop()
    assert "Traceback" not in written, written


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with group(tmp_path) as made:
        yield made


@pytest.fixture
def panel(world: World, nursery: Nursery) -> Iterator[Panel]:
    with served(world, nursery) as running:
        yield running


class Visit:
    """One person at one browser."""

    def __init__(self, context: BrowserContext, panel: Panel) -> None:
        self.context, self.panel = context, panel
        self._page: Page = context.new_page()
        self._somewhere = False
        self.complaints: list[str] = []
        self._page.on("console", self._heard)
        self._page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, message: object) -> None:
        if message.type in ("error", "warning"):  # type: ignore[attr-defined]
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")  # type: ignore[attr-defined]

    def come_in(self, who: str) -> None:
        """Sign in, as somebody who did so earlier on this device. The way through a link is test_every_screen's and test_demo's."""
        cookie = {"name": access.COOKIE, "value": self.panel.world.device(who), "url": self.panel.base}
        self.context.add_cookies([cookie])  # type: ignore[list-item]

    @property
    def page(self) -> Page:
        """Where they are: at home, until they go somewhere."""
        return self._page if self._somewhere else self.go("/")

    def go(self, path: str) -> Page:
        self._somewhere = True
        self._page.goto(self.panel.base + path)
        return self._page

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
        context.set_default_timeout(PATIENCE_MS)
        one = Visit(context, panel)
        opened.append(one)
        if who is not None:
            one.come_in(who)
        return one

    yield make
    complaints = [complaint for one in opened for complaint in one.complaints]
    for one in opened:
        one.context.close()
    assert not complaints, f"{complaints}\nThe panel wrote:\n{panel.written()}"
