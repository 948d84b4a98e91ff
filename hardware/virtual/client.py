"""Drives a bank of virtual modems that runs in another process, through its control socket, by the same methods.

Raises VirtualError with the bank's own sentence when it refuses, and when nobody listens at the socket.
"""

import json
import socket
from pathlib import Path
from types import TracebackType

from hardware.virtual.air import AirRecord
from hardware.virtual.errors import VirtualError
from hardware.virtual.faults import Value


class ControlClient:
    """One connection to `folder/control`; one request at a time."""

    def __init__(self, path: Path | str, timeout_s: float = 60.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise VirtualError(f"No bank of virtual modems listens at {path}: {error.strerror}.") from None
        self._lines = self._socket.makefile("rb")

    def __enter__(self) -> "ControlClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, do: str, **fields: object) -> dict[str, object]:
        """One request and its answer."""
        self._socket.sendall(json.dumps({"do": do, **fields}).encode() + b"\n")
        line = self._lines.readline()
        if not line:
            raise VirtualError("The bank of virtual modems closed the connection.")
        reply: dict[str, object] = json.loads(line)
        if not reply.get("ok"):
            raise VirtualError(str(reply.get("error")))
        return reply

    def inbound(self, modem: int, sender: str, text: str | None = None, *, data: str | None = None) -> int:
        """A text from outside to a modem (or `data`: one DELIVER in hex); how many segments."""
        fields = {"text": text} if data is None else {"data": data}
        return int(str(self.ask("inbound", modem=modem, **{"from": sender}, **fields)["segments"]))

    def put(self, modem: int, record: str, *, storage: str = "", status: int = 0) -> int:
        """Put a record into a storage slot without a word; its index."""
        return int(str(self.ask("put", modem=modem, record=record, storage=storage, status=status)["index"]))

    def fault(self, modem: int, name: str, value: Value | None = None, times: int | None = None) -> None:
        """Throw a fault switch."""
        self.ask("fault", modem=modem, name=name, value=value, times=times)

    def clear(self, modem: int, name: str | None = None) -> None:
        """Take a fault switch back, or all of them."""
        self.ask("clear", modem=modem, name=name)

    def unplug(self, modem: int) -> None:
        """Pull the stick."""
        self.ask("unplug", modem=modem)

    def plug(self, modem: int) -> None:
        """Put it back."""
        self.ask("plug", modem=modem)

    def unreachable(self, number: str, fate: str | None = "off") -> None:
        """Make a number unreachable ("off", "refused") or reachable again (None)."""
        self.ask("unreachable", number=number, fate=fate)

    def air(self, since: int = 0) -> list[AirRecord]:
        """Every SUBMIT that left."""
        return _records(self.ask("air", since=since))

    def wait_air(self, count: int, timeout_s: float = 10.0) -> list[AirRecord]:
        """The air log once it holds `count` records."""
        return _records(self.ask("wait_air", count=count, timeout_s=timeout_s))

    def wait_stored(self, modem: int, count: int, timeout_s: float = 10.0) -> None:
        """Return once the storages of a modem hold exactly `count` texts."""
        self.ask("wait_stored", modem=modem, count=count, timeout_s=timeout_s)

    def stored(self, modem: int) -> object:
        """What the storages of a modem hold."""
        return self.ask("stored", modem=modem)["stored"]

    def modems(self) -> object:
        """Every modem: identity, state, storages, faults."""
        return self.ask("modems")["modems"]

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()


def _records(reply: dict[str, object]) -> list[AirRecord]:
    found = reply["air"]
    if not isinstance(found, list):
        raise VirtualError("The bank of virtual modems answered something else than an air log.")
    return [AirRecord(**{**row, "concat": tuple(row["concat"]) if row["concat"] else None}) for row in found]
