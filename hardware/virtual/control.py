"""The control socket of a bank: one JSON object a line asks, one JSON object a line answers (docs/virtual.md).

A request that makes no sense is answered {"ok": false, "error": sentence}; the connection stays. One thread for each
connection, asleep in its read.
"""

import contextlib
import errno
import json
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardware.virtual.errors import VirtualError

if TYPE_CHECKING:
    from hardware.virtual.bank import VirtualBank

Request = dict[str, Any]
REQUEST_OCTETS = 65_536
TOO_LONG = f"The request is longer than {REQUEST_OCTETS} octets."
BUSY_S = 0.05
CALLERS_WAITING = 1024  # a test may connect from hundreds of threads at once


def _inbound(bank: "VirtualBank", ask: Request) -> object:
    return {
        "segments": bank.inbound(
            ask["modem"], str(ask.get("from", "")), ask.get("text"), data=ask.get("data")
        )
    }


def _put(bank: "VirtualBank", ask: Request) -> object:
    storage, status = str(ask.get("storage", "")), int(ask.get("status", 0))
    return {"index": bank.put(ask["modem"], str(ask["record"]), storage=storage, status=status)}


def _fault(bank: "VirtualBank", ask: Request) -> object:
    bank.fault(ask["modem"], str(ask["name"]), ask.get("value"), ask.get("times"))
    return {}


def _clear(bank: "VirtualBank", ask: Request) -> object:
    bank.clear(ask["modem"], ask.get("name"))
    return {}


def _unplug(bank: "VirtualBank", ask: Request) -> object:
    bank.unplug(ask["modem"])
    return {}


def _plug(bank: "VirtualBank", ask: Request) -> object:
    bank.plug(ask["modem"])
    return {}


def _unreachable(bank: "VirtualBank", ask: Request) -> object:
    bank.unreachable(str(ask["number"]), ask.get("fate", "off"))
    return {}


def _air(bank: "VirtualBank", ask: Request) -> object:
    return {"air": [record.as_json() for record in bank.air(int(ask.get("since", 0)))]}


def _wait_air(bank: "VirtualBank", ask: Request) -> object:
    found = bank.wait_air(int(ask["count"]), float(ask.get("timeout_s", 10.0)))
    return {"air": [record.as_json() for record in found]}


def _wait_stored(bank: "VirtualBank", ask: Request) -> object:
    bank.wait_stored(ask["modem"], int(ask["count"]), float(ask.get("timeout_s", 10.0)))
    return {}


def _stored(bank: "VirtualBank", ask: Request) -> object:
    return {"stored": bank.stored(ask["modem"])}


def _modems(bank: "VirtualBank", ask: Request) -> object:
    return {"modems": bank.modems()}


REQUESTS = {
    "inbound": _inbound,
    "put": _put,
    "fault": _fault,
    "clear": _clear,
    "unplug": _unplug,
    "plug": _plug,
    "unreachable": _unreachable,
    "air": _air,
    "wait_air": _wait_air,
    "wait_stored": _wait_stored,
    "stored": _stored,
    "modems": _modems,
}


def answer(bank: "VirtualBank", line: bytes) -> Request:
    """The answer to one line."""
    try:
        ask = json.loads(line)
        if not isinstance(ask, dict):
            raise VirtualError("A request is one JSON object on one line.")
        act = REQUESTS.get(str(ask.get("do")))
        if act is None:
            raise VirtualError(f"There is no request {ask.get('do')!r}; there are: {', '.join(REQUESTS)}.")
        result = act(bank, ask)
    except VirtualError as error:
        return {"ok": False, "error": str(error)}
    except KeyError as error:
        return {"ok": False, "error": f"The request lacks {error.args[0]!r}."}
    except RecursionError:
        return {
            "ok": False,
            "error": "The request is nested hundreds deep; one object on one line is enough.",
        }
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        return {"ok": False, "error": f"The request has a value of the wrong kind: {error}."}
    return {"ok": True, **(result if isinstance(result, dict) else {})}


class ControlSocket:
    """Listens at a path from start() until close(). The path appears last: the ports are there before it."""

    def __init__(self, path: Path, bank: "VirtualBank") -> None:
        self._path = path
        self._bank = bank
        _take_over(path)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._unborn = path.with_name(f".{path.name}")
        self._unborn.unlink(missing_ok=True)
        try:
            self._listener.bind(str(self._unborn))
            self._unborn.chmod(0o600)
        except OSError:
            self._listener.close()
            raise
        self._listener.listen(CALLERS_WAITING)
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, name="virtual-control", daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._unborn.rename(self._path)
        self._thread.start()

    def close(self) -> None:
        """Hang up on everybody."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if error.errno in (
                    errno.EMFILE,
                    errno.ENFILE,
                    errno.ENOBUFS,
                    errno.ENOMEM,
                    errno.ECONNABORTED,
                ):
                    time.sleep(BUSY_S)  # whoever knocks waits until somebody hangs up
                    continue
                return  # closed
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
            while line := lines.readline(REQUEST_OCTETS):
                whole = len(line) < REQUEST_OCTETS or line.endswith(b"\n")
                said = answer(self._bank, line) if whole else {"ok": False, "error": TOO_LONG}
                while not whole:  # one line has one answer
                    rest = lines.readline(REQUEST_OCTETS)
                    whole = not rest or rest.endswith(b"\n")
                reply = json.dumps(said, ensure_ascii=False)
                connection.sendall(
                    reply.encode("utf-8", "backslashreplace") + b"\n"
                )  # half a surrogate pair is \ud800 in JSON too
        self._open.discard(connection)


def _take_over(path: Path) -> None:
    """Remove a socket that a killed bank left; refuse when somebody still answers there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
        try:
            knock.connect(str(path))
        except FileNotFoundError:
            return
        except OSError:
            path.unlink()
            return
    raise VirtualError(
        f"Another bank of virtual modems runs in {path.parent}; end it or take another folder."
    )
