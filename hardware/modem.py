"""One modem and its SIM: start it, send through it, read and empty its storages, hear what it says unasked.

Signatures first; the bodies follow (committed early for the station's author).
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from hardware.facts import (
    Call,
    Direct,
    Health,
    Identity,
    LateSubmit,
    Notice,
    Restarted,
    StorageFull,
    Stored,
    Waiting,
)

__all__ = [
    "Call",
    "Direct",
    "Health",
    "Identity",
    "LateSubmit",
    "Notice",
    "Restarted",
    "StorageFull",
    "Stored",
    "Waiting",
]


class Prompt(Protocol):
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def send(self, tpdu: bytes, timeout_s: float = 180.0) -> int | None: ...


class Modem(Protocol):
    identity: Identity
    smsc: str  # the SIM's service centre address; "" when it has none: every send would fail with CMS 330

    def start(self, enter_pin: Callable[[Identity], str | None]) -> None: ...
    def health(self) -> Health: ...
    def list(self, *, everything: bool) -> list[Stored]: ...
    def delete(self, stored: Stored) -> None: ...
    def prompt(self, length: int) -> Prompt: ...
    def notices(self) -> list[Notice]: ...
    def wait(self, deadline: float) -> None: ...
    def wake(self) -> None: ...
    def recover(self) -> None: ...
    def hang_up(self) -> None: ...
    def close(self) -> None: ...
