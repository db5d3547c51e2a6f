"""How a server is started: the options of ``serve`` as data, and what one process tells the next one.

The options are made into help by ``commands.running``, and read here without the weight of the library that reads all
other commands: a server is up in half the time, and carries nothing of it.
"""

import os
import signal
import socket
import sys
from typing import Any, Final, NoReturn

import msgspec

from commonhold.cli.exits import USAGE, CommandError
from commonhold.cli.output import tell
from commonhold.settings import Settings, reveal

ENDING: Final = (signal.SIGINT, signal.SIGTERM)
"""Signals that ask a server to end."""


class Option(msgspec.Struct, frozen=True):
    """One option: the setting that it sets, what its value is called (none: a switch), and what it is for."""

    flag: str
    setting: str
    value: str | None
    said: str


OPTIONS: Final = (
    Option("--data", "data", "DIR", "Data directory (COMMONHOLD_DATA; ./commonhold-data)."),
    Option("--host", "host", "ADDRESS", "Address to listen on (127.0.0.1); 0.0.0.0 listens on all networks."),
    Option("--port", "port", "N", "Port to listen on (8080); 0 takes a free one."),
    Option("--base-url", "base_url", "URL", "Address by which people reach this server; links begin with it."),
    Option("--workers", "workers", "N", "Processes that answer requests (1)."),
    Option("--tls-cert", "tls.cert", "FILE", "Certificate chain (PEM), to speak https without a proxy."),
    Option("--tls-key", "tls.key", "FILE", "Private key of the certificate (PEM)."),
    Option("--no-worker", "worker", None, "Do not start the process that sends mail and sweeps."),
)


class Plan(msgspec.Struct):
    """What a serving process is told by the one that starts it: settings as ``load`` takes them, and its socket."""

    settings: dict[str, Any]
    socket: int
    lead: bool = True  # False: one of several, on a leash
    silent: bool = False  # the address was told already


SUMMARY: Final = "Serve a data directory until Ctrl-C."


def parse(arguments: list[str]) -> dict[str, str | bool]:
    """Return the settings that the arguments of ``serve`` name.

    :raises SystemExit: they cannot be understood
    """
    known = {option.flag: option for option in OPTIONS}
    given: dict[str, str | bool] = {}
    rest = list(arguments)
    while rest:
        flag, equals, value = rest.pop(0).partition("=")
        option = known.get(flag)
        if option is None or (equals and option.value is None):
            _refuse(f"There is no option {flag} of serve. See: commonhold serve --help")
        if option.value is None:
            given[option.setting] = False
            continue
        if not equals:
            if not rest:
                _refuse(f"{flag} needs a value. See: commonhold serve --help")
            value = rest.pop(0)
        given[option.setting] = value
    return given


def become_server(settings: Settings, listener: socket.socket) -> NoReturn:
    """Make this process the server of a directory, with nothing of the command line left in it.

    Settings go by a pipe: arguments and environment can be seen by others.
    """
    source, sink = os.pipe()
    os.set_inheritable(source, True)
    listener.set_inheritable(True)
    with os.fdopen(sink, "wb") as out:
        out.write(msgspec.json.encode(Plan(reveal(settings), listener.fileno(), silent=True)) + b"\n")
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)  # until it can end in good order; they wait meanwhile
    command = plain_python("commonhold.cli.server", str(source))
    os.execv(command[0], command)  # noqa: S606 - our own module


def plain_python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of ours: `-P`, as files of the current folder are none of ours."""
    return [sys.executable, "-P", "-m", module, *arguments]


def _refuse(sentence: str) -> NoReturn:
    tell(CommandError(sentence), json=False)
    sys.exit(USAGE)
