"""Holds the panel's code and makes a process of it for every line that asks: a panel answers in a tenth of the time that importing takes.

    python -m tests.browser.nursery FOLDER    # an empty folder, for templates that one panel compiled to serve the next

A line is JSON: `config`, the configuration file, `log`, the file for what the panel writes, and `in_pieces`, whether it takes a list in two by
two as it would a very long one; the answer is the new process's id. Each panel is
`web.__main__.main` in a process of its own, with its own signals, which ends with the nursery at the latest; the nursery ends with its input.
Starting `python -m web` itself is tested in tests/scenarios/ and tests/web/test_launcher.py.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

import phonenumbers  # noqa: F401
import waitress.server  # noqa: F401

from gateway import enrolment
from tests.web import once
from web import __main__ as panel
from web.screens import campaigns

PR_SET_PDEATHSIG = 1


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a panel that has ended
    once.compiled_in(Path(sys.argv[1]))
    once.build_addresses()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            if asked["in_pieces"]:
                enrolment.ENROLLED_AT_ONCE, campaigns.AT_ONCE_S = 2, 0.0
            become(asked["config"], asked["log"])
        print(child, flush=True)


def become(config: str, log: str) -> None:
    """Be the panel until a signal."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in (1, 2):
        os.dup2(written, descriptor)
    try:
        sys.exit(panel.main(["--config", config]))
    finally:
        sys.stdout.flush()


if __name__ == "__main__":
    main()
