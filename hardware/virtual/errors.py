"""What goes wrong when a bank of virtual modems is asked for something it cannot do. Each is one sentence."""


class VirtualError(Exception):
    """A request that makes no sense: an unknown modem, fault or personality, or a wait that ran out."""
