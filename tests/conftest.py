"""What every test may ask for, and the promise that nothing is left out in silence.

A test that needs a program says so: `need("umockdev-wrapper", package="umockdev")`. Where that is missing the test is
NOT RUN: it is listed at the end of the run with the command that would mend it, and with STRICT=1 it has
failed. The same holds for any other skip.
Tests under browser/ carry the marker `browser`, those under peers/ the marker `peer`.
"""

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, settings

FOLDER = Path(__file__).parent
STRICT = os.environ.get("STRICT", "") not in ("", "0")
PREFIX = "NOT RUN: "
MARKED_FOLDERS = {"browser": "browser", "peers": "peer"}

# Two busy cores, or a Pi: no example fails for being slow. On CI the same examples come every time.
settings.register_profile(
    "textbank",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("textbank")


@pytest.fixture(autouse=True)
def _not_this_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's own Textbank is told by variables is not for the tests."""
    monkeypatch.delenv("TEXTBANK_CONFIG", raising=False)
    monkeypatch.delenv("TEXTBANK_LOG", raising=False)


class Need(Protocol):
    def __call__(self, program: str, package: str | None = None) -> str: ...


@pytest.fixture(scope="session")
def need() -> Need:
    """A function: the path of a program, or the test is not run and `package` is what Debian calls it."""

    def find(program: str, package: str | None = None) -> str:
        # Debian keeps daemons in sbin, which is not in everybody's PATH.
        found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if found is None:
            pytest.skip(
                f"{PREFIX}{program} is not installed here. Run: sudo apt-get install {package or program}"
            )
        return found

    return find


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        below = item.path.relative_to(FOLDER).parts if item.path.is_relative_to(FOLDER) else ()
        if below and below[0] in MARKED_FOLDERS:
            item.add_marker(MARKED_FOLDERS[below[0]])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{reason_of(report)} (STRICT=1: what could not run has failed)"
    return report


def reason_of(report: Any) -> str:
    """Why a test was skipped, in its own words."""
    where_and_why = report.longrepr
    text = where_and_why[2] if isinstance(where_and_why, tuple) else str(where_and_why)
    return text.removeprefix("Skipped: ").removeprefix(PREFIX)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """List what was not run, in this run and in those before it that share the file TEXTBANK_NOT_RUN."""
    if hasattr(config, "workerinput"):  # one of xdist's workers; the process that started them tells it
        return
    reasons = Counter(reason_of(report) for report in terminalreporter.stats.get("skipped", ()))
    kept = os.environ.get("TEXTBANK_NOT_RUN")
    if kept:
        path = config.rootpath / kept
        if path.exists():
            reasons.update(json.loads(path.read_text()))
        path.write_text(json.dumps(reasons))
    if reasons:
        terminalreporter.section("NOT RUN", sep="=", yellow=True, bold=True)
        for reason, count in sorted(reasons.items()):
            terminalreporter.line(f"{count} test{'s' * (count > 1)}: {reason}")
