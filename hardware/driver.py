"""What a station needs of whatever drives its modem: `hardware.modem.Modem`, or `hardware.gammu_modem.GammuModem`.

The promises and errors are written at `Modem`; each driver says at its top where it differs.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from hardware.facts import Health, Identity, Notice, Stored
from hardware.profiles import Profile

Texts = list[Stored]
Notices = list[Notice]


class Handover(Protocol):
    """A prompt that was given: one TPDU may be sent."""

    def send(self, tpdu: bytes, timeout_s: float = ...) -> int | None:
        """See `hardware.submit.Prompt.send`."""
        ...


class Driver(Protocol):
    """One modem and its SIM. One thread owns it; only `wake` and `close` may be called from others."""

    identity: Identity
    profile: Profile
    smsc: str | None

    def start(self, enter_pin: Callable[[Identity], str | None]) -> None:
        """See `Modem.start`."""
        ...

    def health(self) -> Health:
        """See `Modem.health`."""
        ...

    def list(self, everything: bool) -> Texts:  # noqa: FBT001 (the contract's form)
        """See `Modem.list`."""
        ...

    @property
    def arrival_storage(self) -> str:
        """See `Modem.arrival_storage`."""
        ...

    def delete(self, stored: Stored) -> None:
        """See `Modem.delete`."""
        ...

    def prompt(self, length: int) -> AbstractContextManager[Handover]:
        """See `Modem.prompt`."""
        ...

    def notices(self) -> Notices:
        """See `Modem.notices`."""
        ...

    def wait(self, deadline: float) -> None:
        """See `Modem.wait`."""
        ...

    def wake(self) -> None:
        """See `Modem.wake`."""
        ...

    def recover(self) -> None:
        """See `Modem.recover`."""
        ...

    def hang_up(self) -> None:
        """See `Modem.hang_up`."""
        ...

    def close(self) -> None:
        """See `Modem.close`."""
        ...
