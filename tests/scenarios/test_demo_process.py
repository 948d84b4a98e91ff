"""`textbank demo` as whoever tries it out meets it: started, signed in to by the printed link, looked at, ended; nothing stays behind."""

import http.cookiejar
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import free_port

ROOT = Path(__file__).parents[2]
SLOW_S = 60


def of_session(session: int) -> list[str]:
    """The command lines of the processes that this one started, and they."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and os.getsid(int(process.name)) == session:
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except (ProcessLookupError, FileNotFoundError):
            continue  # it ended while it was looked at
    return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    (tmp_path / "tmp").mkdir()
    command = [sys.executable, "-m", "gateway", "demo", "--dir", "my demo", "--port", str(free_port())]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def printed_links(process: subprocess.Popen[str]) -> dict[str, str]:
    """Who may come in by which link, as it is printed."""
    assert process.stdout is not None
    links: dict[str, str] = {}
    for line in process.stdout:
        if found := re.search(r"Sign in as (\w+) .*?(http://\S+)", line):
            links[found[1]] = found[2]
        if "half-way" in line:
            break
    return links


def come_in(link: str) -> urllib.request.OpenerDirector:
    """A browser that came in by this link: it is opened, and its key is pressed."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    deadline = time.monotonic() + SLOW_S
    while True:
        try:
            page = browser.open(link, timeout=SLOW_S).read().decode()
            break
        except ConnectionRefusedError:
            pass
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > deadline:
                raise
        time.sleep(0.05)  # the page is not there yet
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    form = urllib.parse.urlencode({"csrf_token": token[1]}).encode()
    origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(link))
    browser.open(urllib.request.Request(link, data=form, headers={"Origin": origin}), timeout=SLOW_S).close()
    return browser


def test_the_demo_shows_five_campaigns_half_way_and_leaves_nothing_behind(
    demo: subprocess.Popen[str], tmp_path: Path
) -> None:
    links = printed_links(demo)
    assert set(links) == {"Vera", "Cleo", "Tess", "Max"}
    cleo = come_in(links["Cleo"])
    page = cleo.open(urllib.parse.urljoin(links["Cleo"], "/campaigns"), timeout=SLOW_S).read().decode()
    assert "5 campaigns run" in page
    assert re.findall(r"(\d+) of (\d+) people texted", page) == [("10", "11")] * 4 + [("10", "20")]
    assert len(of_session(demo.pid)) == 3  # gateway, panel, modems
    modems = [link for link in (tmp_path / "my demo/modems").iterdir() if link.is_symlink()]
    assert len(modems) == 2

    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=SLOW_S)
    log = (tmp_path / "log").read_text()
    assert demo.returncode == 0, log
    assert "Traceback" not in log
    assert of_session(demo.pid) == []
    assert not [link for link in modems if link.is_symlink()]
    assert list((tmp_path / "tmp").iterdir()) == []
