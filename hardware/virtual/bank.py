"""A bank of virtual modems running in threads of this process: the face that tests and the demonstration use.

    with VirtualBank(2, folder) as bank:
        bank.inbound(0, "+12025550170", "Hello")
        bank.wait_air(1, timeout_s=10)

Every method is safe from any thread. What makes no sense raises VirtualError with a sentence.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from hardware.virtual.air import AirRecord
from hardware.virtual.control import ControlSocket
from hardware.virtual.errors import VirtualError
from hardware.virtual.faults import Value
from hardware.virtual.people import People
from hardware.virtual.personality import Personality
from hardware.virtual.shell import Shell
from hardware.virtual.world import World

PORT_S = 10.0  # until a port is there or gone; it takes a moment
LONGEST_PATH = 100  # octets a unix socket's path may have, with some to spare


class VirtualBank:
    """Ports `folder/modem0`..., a control socket `folder/control`; running from construction until close()."""

    def __init__(
        self,
        count: int,
        folder: Path | str,
        *,
        personality: str | Personality | list[str | Personality] = "generic",
        send_latency: str | float = "none",
        seed: int = 0,
        carry_s: float = 0.0,
        report_s: float = 0.0,
        people: People | None = None,
    ) -> None:
        self.folder = Path(folder)
        zero = time.monotonic()
        self._world = World(
            count,
            epoch=datetime.now(UTC),
            personality=personality,
            send_latency=send_latency,
            seed=seed,
            carry_s=carry_s,
            report_s=report_s,
            people=people,
        )
        self._prepare()
        try:
            self._control = ControlSocket(self.folder / "control", self)
        except OSError as error:
            raise VirtualError(f"The folder {self.folder} cannot be used: {error.strerror}.") from None
        self._shell = Shell(self._world, self.folder, zero)
        self._shell.start()
        self._control.start()

    def _prepare(self) -> None:
        """Make the folder. Raises VirtualError when it cannot hold a bank."""
        if len(str(self.folder / "control")) > LONGEST_PATH:
            raise VirtualError(
                f"The folder name {self.folder} is too long for a socket in it; take a shorter one."
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise VirtualError(f"The folder {self.folder} cannot be used: {error.strerror}.") from None
        names = [name for place in range(len(self._world.modems)) for name in self._world.port_names(place)]
        for port in (self.folder / name for name in names):
            if port.exists() and not port.is_symlink():
                raise VirtualError(f"{port} is in the way: it is no port of a bank that ended.")

    def __enter__(self) -> "VirtualBank":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def ports(self) -> list[str]:
        """The path of every modem's first port, plugged or not, under the name it has now."""
        return [
            str(self.folder / self._world.port_names(place)[0]) for place in range(len(self._world.modems))
        ]

    def inbound(self, modem: int, sender: str, text: str | None = None, *, data: str | None = None) -> int:
        """A text from outside to a modem (or `data`: one DELIVER in hex); how many segments."""
        with self._shell.lock:
            count = self._world.inbound(modem, sender, text, data=data, now=self._shell.now())
        self._shell.wake()
        return count

    def put(self, modem: int, record: str, *, storage: str = "", status: int = 0) -> int:
        """Put a record, damaged or not, into a storage slot without a word; its index."""
        with self._shell.lock:
            return self._world.put(modem, record, storage=storage, status=status, now=self._shell.now())

    def fault(self, modem: int, name: str, value: Value | None = None, times: int | None = None) -> None:
        """Throw a fault switch, for the next `times` occasions or until cleared."""
        with self._shell.lock:
            self._world.fault(modem, name, value, times, now=self._shell.now())
        self._shell.wake()

    def clear(self, modem: int, name: str | None = None) -> None:
        """Take a fault switch back, or all of them."""
        with self._shell.lock:
            self._world.clear(modem, name, now=self._shell.now())
        self._shell.wake()

    def unplug(self, modem: int) -> None:
        """Pull the stick; its port is gone when this returns."""
        with self._shell.lock:
            self._world.unplug(modem, now=self._shell.now())
            self._shell.wake()
            self._await_port(modem, there=False)

    def plug(self, modem: int) -> None:
        """Put it back; its port is there when this returns, if a fault does not hold it back."""
        with self._shell.lock:
            self._world.plug(modem, now=self._shell.now())
            self._shell.wake()
            if self._world.modem(modem).plugged:
                self._await_port(modem, there=True)

    def _await_port(self, modem: int, *, there: bool) -> None:
        if not self._shell.lock.wait_for(lambda: self._shell.has_port(modem) == there, PORT_S):
            raise VirtualError(f"The port of modem {modem} did not change in {PORT_S:g} s.")

    def unreachable(self, number: str, fate: str | None = "off") -> None:
        """Make a number unreachable: "off" until the validity ends, "refused" for good, None reachable again."""
        with self._shell.lock:
            self._world.unreachable(number, fate)

    def air(self, since: int = 0) -> list[AirRecord]:
        """Every SUBMIT that left, in order; `since` leaves out ids up to it."""
        with self._shell.lock:
            return self._world.network.air[since:]

    def wait_air(self, count: int, timeout_s: float = 10.0) -> list[AirRecord]:
        """The air log once it holds `count` records. Raises VirtualError when it does not in time."""
        with self._shell.lock:
            air = self._world.network.air
            if not self._shell.lock.wait_for(lambda: len(air) >= count, timeout_s):
                raise VirtualError(f"{len(air)} of {count} texts left in {timeout_s:g} s.")
            return list(air)

    def wait_stored(self, modem: int, count: int, timeout_s: float = 10.0) -> None:
        """Return once the storages of a modem hold exactly `count` texts. Raises VirtualError in time."""
        with self._shell.lock:
            storages = self._world.modem(modem).storages.values()
            if not self._shell.lock.wait_for(lambda: sum(len(s.slots) for s in storages) == count, timeout_s):
                held = sum(len(s.slots) for s in storages)
                raise VirtualError(f"Modem {modem} holds {held} texts, not {count}, after {timeout_s:g} s.")

    def stored(self, modem: int) -> list[dict[str, object]]:
        """What the storages of a modem hold: [{storage, index, status, pdu}]."""
        with self._shell.lock:
            return [
                {"storage": name, "index": index, "status": slot.status, "pdu": slot.pdu}
                for name, storage in self._world.modem(modem).storages.items()
                for index, slot in storage.listed(None)
            ]

    def modems(self) -> list[dict[str, object]]:
        """Every modem: identity, state, storages, faults."""
        with self._shell.lock:
            return self._world.describe()

    def wall(self, at_s: float) -> datetime:
        """The wall time of a moment on the bank's clock (AirRecord.at_s)."""
        return self._world.network.epoch + timedelta(seconds=at_s)

    def close(self) -> None:
        """Stop; ports and socket are gone."""
        self._control.close()
        self._shell.close()
