"""A station: the loop that owns one modem and its SIM.

`Station.step` does one thing (start the modem, read what it holds, look at its health, send one text) and
returns when it wants to be called again; the thread around it is a small shell in `gateway/daemon.py`, so
that a simulator can drive real stations by its own clock.

Promises: what a modem gives is committed before it is deleted there; what waits on the SIM is read before a
text may leave; a result that the database will not take is kept and tried again, and nothing new is taken
until it is in. Every trouble becomes a state with a reason in words, and the station goes on when it can.
Nothing that happens to one station touches another.
"""

from gateway.station.loop import Station

__all__ = ["Station"]
