"""The socket that the panel listens on.

Fails with `Refused`: the address cannot be had.
"""

import errno
import socket

from gateway.errors import Refused


def bound(host: str, port: int) -> socket.socket:
    """A socket at this address, for the panel to listen on; Refused says why there is none, and what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
        except OSError:
            listening.close()
            raise
    except OSError as error:
        do = {
            errno.EADDRINUSE: "End the program that has that port (sudo ss -ltnp names it), or change port under [panel].",
            errno.EACCES: "Ports below 1024 are root's: choose a higher one, such as 8080, under [panel].",
        }.get(
            error.errno or 0,
            'This machine has no such address now: set [panel] host = "0.0.0.0", which is every address that it has.',
        )
        raise Refused(
            f"The page cannot listen on {host} port {port}: {error.strerror}. Nothing was started. {do}"
        ) from error
    return listening
