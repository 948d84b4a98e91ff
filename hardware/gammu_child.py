"""The parent's side of the process in which libgammu lives: it is started, asked with a deadline, and killed when it fails.

Promises: the device is ours alone while the process lives (flock and TIOCEXCL, once it is open); a question is answered,
or its deadline passes and the process is killed; a device that goes, a process that crashes and one that hangs are
noticed at once, by poll. `handed` says whether the text of the last "send" was given to libgammu: what the process
said before it ended is read to its end first, so it is certain.
Failure: `PortMissing`, `PortBusy` and `DriverUnfit` (no process to be had) at the start; then `PortGone`, and
`ModemSilent` for a deadline. After either the process is gone: open the phone anew.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import select
import signal
import socket
import stat
import subprocess
import sys
import termios
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hardware.errors import DriverUnfit, ModemSilent, PortBusy, PortGone, PortMissing
from hardware.facts import DRIVER, Call, Direct, Notice, Waiting
from hardware.holders import holders_of
from hardware.link import Clock

Packet = dict[str, Any]
MOST_OCTETS = 1 << 16
GOODBYE_S = 1.0  # for a phone to be left in peace
DYING_S = 1.0  # until a killed process is gone, unless the kernel holds it
QUESTIONS = {  # what may be asked, in words
    "open": "gammu",
    "who": "gammu's question who it is",
    "lock": "gammu's question whether the SIM wants its PIN",
    "pin": "the PIN",
    "hear": "gammu's question about texts that arrive",
    "health": "gammu's question about its network",
    "battery": "gammu's question about its battery",
    "list": "gammu's question what texts it holds",
    "delete": "gammu's request to delete a text",
    "ready": "gammu's question about the text centre",
    "send": "gammu's text",
    "restart": "gammu's request to begin anew",
    "hang_up": "gammu's request to reject a call",
}
_HUNG_UP = select.POLLHUP | select.POLLERR | select.POLLNVAL


class Child:
    """One process for one phone. One thread owns it; only `wake` and `close` may be called from others."""

    def __init__(self, port: str, clock: Clock) -> None:
        self.port = port
        self.notices: deque[Notice] = deque(maxlen=1000)
        self.items: list[Packet] = []  # what the last answer consists of
        self._steps = 0  # of it: texts, and places without one
        self.handed = False
        self.keep: Callable[[Direct], bool] | None = None  # asked at once about each `Direct`
        self._clock = clock
        self._gone = ""  # why there is no process any more
        self._asking = False
        self._closing = threading.Lock()
        self._closed = False
        self._device = _hold(port)
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.settimeout(0)
        self._wake_in.settimeout(0)
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = _started(theirs.fileno())
            except OSError as error:
                self._release()
                raise DriverUnfit(f"its process could not be started: {error}") from error
        self._answers, self._anything = select.poll(), select.poll()
        for poll in (self._answers, self._anything):
            poll.register(self._channel, select.POLLIN)
            poll.register(self._device, 0)  # that it hangs up is told unasked
        self._anything.register(self._wake_out, select.POLLIN)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def ask(self, do: str, limit_s: float, **what: Any) -> Packet:
        """The answer to one question: {"ok": ...} or {"failed": name, "words": ...}; see `gammu_process`."""
        self._still_there()
        self.items, self._steps, self.handed, self._asking = [], 0, False, True
        started = self._clock.monotonic()
        with contextlib.suppress(OSError):  # that the process has ended is noticed below
            self._channel.sendall(json.dumps({"do": do, **what}).encode())
        answer, steps, deadline = None, 0, started + limit_s
        while answer is None and not self._gone and self._clock.monotonic() < deadline:
            answer = self._read(self._answers, deadline)
            if self._steps > steps:  # each text of a list has its own time
                steps, deadline = self._steps, self._clock.monotonic() + limit_s
        if answer is None and not self._gone:
            answer = self._end("it hung, and was ended")
            if answer is None:
                raise ModemSilent(QUESTIONS[do], self._clock.monotonic() - started)
        if answer is None:
            raise PortGone(self.port, self._gone)
        self._asking = False
        return answer

    def listen(self, deadline: float) -> None:
        """Return at a notice, a `wake` or the deadline; PortGone."""
        self._still_there()
        self._read(self._anything, deadline)
        self._still_there()

    def hear_out(self) -> None:
        """Take in all that the process has said by now: a packet brings one notice."""
        while not self._gone and self._answers.poll(0):
            self._read(self._answers, self._clock.monotonic())

    def exclude(self) -> None:
        """The process has opened the device: from now on nobody else may."""
        with contextlib.suppress(BlockingIOError):  # newer versions of libgammu take the lock themselves
            fcntl.flock(self._device, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.isatty(self._device):
            fcntl.ioctl(self._device, termios.TIOCEXCL)

    def _still_there(self) -> None:
        if self._gone:
            raise PortGone(self.port, self._gone)

    def _read(self, poll: select.poll, deadline: float) -> Packet | None:
        """Take in what comes first until the deadline; the packet, when it ends an answer."""
        ready = dict(poll.poll(max(0.0, deadline - self._clock.monotonic()) * 1000))
        if self._channel.fileno() in ready:
            octets = self._received()
            return self._kept(octets) if octets else self._end("")
        if ready.get(self._device, 0) & _HUNG_UP:
            return self._end("the phone or its cable was unplugged")
        if ready:
            with contextlib.suppress(BlockingIOError):
                self._wake_out.recv(MOST_OCTETS)
        return None

    def _received(self) -> bytes:
        """One packet; b"" when there are no more."""
        try:
            return self._channel.recv(MOST_OCTETS)
        except OSError:
            return b""

    def _kept(self, octets: bytes) -> Packet | None:
        """Keep what a packet brings; the packet, when it ends an answer."""
        packet: Packet = json.loads(octets)
        match packet:
            case {"handed": True}:
                self.handed = True
            case {"item": item}:
                self.items.append(item)
                self._steps += 1
            case {"looked": _}:
                self._steps += 1
            case {"notice": "waiting"}:
                self.notices.append(Waiting("", -1))
            case {"notice": "direct", "report": report, "pdu": pdu}:
                direct = Direct("report" if report else "deliver", pdu)
                self.notices.append(replace(direct, kept=self.keep is not None and self.keep(direct)))
            case {"notice": "call", "number": number}:
                self.notices.append(Call(number))
            case _:
                return packet
        return None

    def _end(self, evidence: str) -> Packet | None:
        """Kill the process ("" when it ended by itself) and read what it said to its end, perhaps an answer."""
        if evidence:
            self._process.kill()
        self._channel.settimeout(DYING_S)
        answer = None
        while octets := self._received():
            answer = self._kept(octets) or answer
        with contextlib.suppress(subprocess.TimeoutExpired):  # the kernel holds it; `close` goes on waiting
            self._process.wait(DYING_S)
        self._gone = evidence or f"{DRIVER} {_ending(self._process.returncode)}"
        return answer

    def wake(self) -> None:
        """From any thread: end a `listen`."""
        with contextlib.suppress(OSError):
            self._wake_in.send(b"w")

    def close(self) -> None:
        """Let the phone go; 1.2 s at most: a process that takes longer is waited for by a thread of its own."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        self.wake()
        thread = threading.Thread(target=self._close, name=f"closing {self.port}", daemon=True)
        thread.start()
        thread.join(GOODBYE_S + 0.2)

    def _close(self) -> None:
        if not self._gone and not self._asking:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                self._channel.sendall(b'{"do": "end"}')
                self._process.wait(GOODBYE_S)
        self._process.kill()
        self._process.wait()
        self._gone = self._gone or "it was closed"
        self._release()

    def _release(self) -> None:
        for end in (self._channel, self._wake_in, self._wake_out):
            end.close()
        with contextlib.suppress(OSError, termios.error):  # unplugged meanwhile
            fcntl.flock(self._device, fcntl.LOCK_UN)
            if os.isatty(self._device):
                fcntl.ioctl(self._device, termios.TIOCNXCL)
        os.close(self._device)


def _started(channel: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "hardware.gammu_process", str(channel), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[channel],
    )


def _ending(code: int | None) -> str:
    if code is None:
        return "does not end"
    if code >= 0:
        return f"ended by itself (code {code})"
    known = {number.value: number.name for number in signal.Signals}
    return f"was ended by {known.get(-code, -code)}"


def _hold(port: str) -> int:
    """The device, open, when nobody else has it; a folder for libgammu's own dummy phone. PortMissing, PortBusy."""
    if os.path.realpath(port).startswith("/dev/tty"):  # ModemManager and others take no lock
        holder = holders_of(port)
        if holder:
            raise PortBusy(port, holder)
    access = os.O_RDONLY if os.path.isdir(port) else os.O_RDWR
    try:
        device = os.open(port, access | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno in (errno.EBUSY, errno.EAGAIN):
            raise PortBusy(port, holders_of(port)) from error
        hint = (
            " (the user of the gateway must be in the group dialout)" if error.errno == errno.EACCES else ""
        )
        raise PortMissing(port, f"{error.strerror}{hint}") from error
    try:
        kind = os.fstat(device).st_mode
        if not stat.S_ISCHR(kind) and not stat.S_ISDIR(kind):
            raise PortMissing(port, "it is no device")
        fcntl.flock(device, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(device, fcntl.LOCK_UN)  # for libgammu to open it
    except BlockingIOError:
        os.close(device)
        raise PortBusy(port, holders_of(port)) from None
    except PortMissing:
        os.close(device)
        raise
    return device
