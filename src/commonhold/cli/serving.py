"""The options of ``serve`` as data. Made into its help by ``commands.running``, and read here without the weight of the
library that reads all other commands: a server is up in half the time, and carries nothing of it."""

import sys
from typing import Final, NoReturn

import msgspec

from commonhold.cli.exits import USAGE, CommandError
from commonhold.cli.output import tell


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


def _refuse(sentence: str) -> NoReturn:
    tell(CommandError(sentence), json=False)
    sys.exit(USAGE)
