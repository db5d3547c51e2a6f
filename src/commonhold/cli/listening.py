"""The socket that a server listens on, and the addresses by which others reach it."""

import errno
import os
import socket

import msgspec

from commonhold.cli.exits import Unusable
from commonhold.settings import Settings

BACKLOG = 2_048


def listen(settings: Settings) -> tuple[socket.socket, Settings]:
    """Listen as the settings say; return them with the port that it became.

    :raises Unusable: the address is taken, or not ours
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Unusable(_reason(error, settings)) from None
    listener.setblocking(False)
    return listener, msgspec.structs.replace(settings, port=listener.getsockname()[1])


def _reason(error: OSError, settings: Settings) -> str:
    where = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"Somebody else listens on {where}. Choose another port: --port {settings.port + 1}, or 0 for a free one."
        )
    if error.errno == errno.EACCES:
        return f"Only root may listen on {where}. Choose a port from 1024 on."
    return f"Cannot listen on {where}: {os.strerror(error.errno or 0)}."


def lan_address() -> str | None:
    """Return the address of this machine on its network: that from which it would send. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for documentation: nobody has it
        except OSError:
            return None
        found: str = probe.getsockname()[0]
    return None if found.startswith("127.") or found == "0.0.0.0" else found  # noqa: S104 - compared, not bound
