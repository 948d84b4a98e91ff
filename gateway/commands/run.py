"""`run`, `gateway`, `panel`: the product in the foreground.

`run` starts the panel as a process of its own and becomes the gateway: no third interpreter waits beside
them. The panel is started again when it ends by itself, and ends when the gateway does, however that ends.
"""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from gateway import damage, explain_damage, listening, lock, logs, room
from gateway.commands._context import config_of, refusals
from gateway.config import Config
from gateway.errors import Refused

log = logging.getLogger("textbank.run")

PR_SET_PDEATHSIG = 1
RESTART_S = 2.0
STOP_S = 10.0
OURS = str(Path(__file__).resolve().parents[2])
# -P: no file of the folder where this was called; but in a checkout that is not installed we were found there ourselves
PYTHON = [sys.executable, *([] if sys.path[0] == OURS else ["-P"])]
PANEL = [*PYTHON, "-m", "web"]


class _Line(logging.Formatter):
    """One key=value line: journald adds the time where it keeps the log."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"level={record.levelname.lower()} part={record.name.removeprefix('textbank.')} {record.getMessage()}"
        return line if record.exc_info is None else f"{line}\n{self.formatException(record.exc_info)}"


def start_logging() -> None:
    """Log to stderr, a line each; TEXTBANK_LOG=debug says more (and then shows numbers)."""
    handler = logs.handler()
    handler.setFormatter(_Line())
    level = logging.getLevelName(os.environ.get("TEXTBANK_LOG", "info").upper())
    logging.basicConfig(level=level if isinstance(level, int) else logging.INFO, handlers=[handler])


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """A program of ours beside the gateway: started again when it ends by itself, ended with us."""

    def __init__(
        self, name: str, command: list[str], environment: dict[str, str], *, quiet: bool = False
    ) -> None:
        self._name, self._command, self._environment = name, command, environment
        self._stdout = subprocess.DEVNULL if quiet else None
        self._stopping = threading.Event()
        self._process = self._start()
        self._watch = threading.Thread(target=self._supervise, name=f"watch-{name}", daemon=True)
        self._watch.start()

    def _start(self) -> subprocess.Popen[bytes]:
        # Ctrl-C reaches the terminal's whole group: a child in its own group ends when we say so, after the gateway.
        return subprocess.Popen(
            self._command,
            env={**os.environ, **self._environment},
            stdin=subprocess.DEVNULL,
            stdout=self._stdout,
            process_group=0,
            preexec_fn=_die_with_parent,
        )

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            code = self._process.wait()
            if self._stopping.wait(RESTART_S):
                return
            log.warning("the %s ended by itself (code %d) and is started again", self._name, code)
            self._start_again()

    def _start_again(self) -> None:
        told = False
        while True:
            try:
                self._process = self._start()
            except (
                OSError,
                subprocess.SubprocessError,
            ) as error:  # no memory, or an update is being installed
                if not told:
                    log.warning("the %s cannot be started now (%s); it is tried again", self._name, error)
                told = True
            else:
                return
            if self._stopping.wait(RESTART_S):
                return

    def stop(self) -> None:
        """End it, politely first."""
        self._stopping.set()
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(config: Config, traces: Path | None = None) -> None:
    """The gateway in this process, until it is ended. Ctrl-Z would leave the modems standing, and every page would say that they are ready."""
    from gateway.daemon import serve as until_ended

    if signal.getsignal(signal.SIGTSTP) is not signal.SIG_IGN:
        signal.signal(signal.SIGTSTP, lambda *_: log.warning("Ctrl-Z stops nothing here; Ctrl-C ends it"))
    until_ended(config, traces=traces)


def port_is_free(config: Config) -> None:
    """Refused when the page cannot listen: better now than a page that never comes."""
    listening.bound(config.panel.host, config.panel.port).close()


@contextmanager
def panel_beside(config: Config) -> Iterator[None]:
    """The panel as a process of its own, for the life of the block."""
    port_is_free(config)
    child = Child("panel", PANEL, {"TEXTBANK_CONFIG": str(config.source)})
    try:
        yield
    finally:
        child.stop()


def ready_to_run(config: Config) -> None:
    """Refused, before anything starts, when there is no database yet. One that was lost is the gateway's to tell of."""
    if not config.database.path.exists() and not damage.is_lost(config.database.path):
        raise Refused(
            f"There is no database at {config.database.path}. Create it with `textbank init`, then start again."
        )
    if room.in_memory(config.database.path.parent):
        notice = explain_damage.in_memory(str(config.database.path.parent))
        log.warning("%s %s %s", notice.what, notice.evidence, notice.next)


_trace = click.option(
    "--trace",
    "traces",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder for what is said to and by each modem, with times; texts, numbers and PINs are left out.",
)


@click.command()
@_trace
@click.pass_context
@refusals
def run(ctx: click.Context, traces: Path | None) -> None:
    """Gateway and panel in the foreground, until Ctrl-C."""
    start_logging()
    config = config_of(ctx)
    ready_to_run(config)
    if lock.is_held(config.database.path):  # who holds it has the page's port, too, and is to be named first
        with lock.gateway(config.database.path):
            pass
    with panel_beside(config):
        serve(config, traces)


@click.command()
@_trace
@click.pass_context
@refusals
def gateway(ctx: click.Context, traces: Path | None) -> None:
    """The gateway alone: drives the modems, opens no socket to the network."""
    start_logging()
    config = config_of(ctx)
    ready_to_run(config)
    serve(config, traces)


@click.command()
@click.pass_context
@refusals
def panel(ctx: click.Context) -> None:
    """The panel alone: the page for people, with no rights on any modem."""
    config = config_of(ctx)
    os.environ["TEXTBANK_CONFIG"] = str(config.source)
    sys.stdout.flush()
    # A Ctrl-C while Python starts and imports would be a traceback: it ends the panel as soon as that is over.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.execv(sys.executable, PANEL)  # noqa: S606


def wait_until(path: Path, child: "subprocess.Popen[bytes] | None", timeout_s: float, what: str) -> None:
    """Wait for a file or socket that another program of ours makes."""
    deadline = time.monotonic() + timeout_s
    while not path.exists():
        if time.monotonic() > deadline or (child is not None and child.poll() is not None):
            raise Refused(f"{what} did not start. Nothing was sent; see the lines above.")
        time.sleep(0.05)
