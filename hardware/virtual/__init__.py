"""The shipped virtual modem: a bank of GSM modems that exist only here, and the network that joins them.

Any program that speaks AT believes it: the modems answer on ptys, keep texts in a finite storage, send and receive
through a network that carries texts between them, give status reports, and misbehave when told to (faults).
`VirtualBank` runs a bank in threads of this process; `ControlClient` drives one that runs elsewhere; `World` is the
pure engine below both (bytes in, bytes out, time as an argument). docs/virtual.md is the manual.
"""

from hardware.virtual.bank import VirtualBank
from hardware.virtual.client import ControlClient
from hardware.virtual.errors import VirtualError
from hardware.virtual.world import World

__all__ = ["ControlClient", "VirtualBank", "VirtualError", "World"]
