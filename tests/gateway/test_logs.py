"""The log that the gateway writes, read by another program."""

import subprocess
import sys
from subprocess import PIPE

LOGS_AND_IS_KILLED = """
import logging, os
from gateway import logs
log = logging.getLogger()
log.addHandler(logs.handler())
for number in range(3000):
    log.warning("line %d", number)
os.kill(os.getpid(), 9)
"""
LOGS_UNREAD = """
import logging, sys
from gateway import logs
log = logging.getLogger()
log.addHandler(logs.handler())
for number in range(3000):
    log.warning("line %d of many that fill the pipe", number)
print("through", flush=True)
if sys.stdin.readline():
    log.warning("and the last")
"""


def test_a_log_that_is_read_has_every_line_up_to_a_kill() -> None:
    """Of a burst two of three lines were dropped, though they were read, and of what was said last before a kill there was nothing."""
    program = subprocess.run([sys.executable, "-c", LOGS_AND_IS_KILLED], stderr=PIPE, check=False)
    assert program.stderr.decode().splitlines() == [f"line {number}" for number in range(3000)]


def test_a_log_that_nobody_reads_is_waited_for_once() -> None:
    command = [sys.executable, "-c", LOGS_UNREAD]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=PIPE, stderr=PIPE) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"through\n"
        program.wait(10)


def test_a_log_that_nobody_read_for_a_while_says_how_much_is_missing() -> None:
    command = [sys.executable, "-c", LOGS_UNREAD]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.readline()
        lines: list[bytes] = []
        while len(lines) < 2000:  # more than the pipe holds: what was kept is being written
            lines.append(program.stderr.readline())
        program.stdin.write(b"go on\n")
        program.stdin.flush()
        lines += program.stderr.read().splitlines(keepends=True)
    missing, last = lines[-2:]
    assert last == b"and the last\n"
    assert int(missing.split(b" lines are missing")[0]) == 3001 - (len(lines) - 1)
