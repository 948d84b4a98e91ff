"""Octets that a modem or a stranger may give, tried by the million: `make fuzz SECONDS=600`."""
