"""A pty pair whose master a test plays."""

import os
import pty
import tty
from collections.abc import Iterator

import pytest

from hardware.link import SystemClock
from hardware.port import SerialLink, open_port


class Pty:
    """A pty pair whose master a test plays; the slave's path is the port."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave
        self.links: list[SerialLink] = []

    def open(self) -> SerialLink:
        link = open_port(self.path, SystemClock())
        self.links.append(link)
        return link

    def unplug(self) -> None:
        for name in ("_slave", "master"):
            if getattr(self, name) >= 0:
                os.close(getattr(self, name))
                setattr(self, name, -1)


@pytest.fixture
def wire() -> Iterator[Pty]:
    wire = Pty()
    yield wire
    for link in wire.links:
        link.close()
    wire.unplug()
