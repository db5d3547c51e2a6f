"""The command line: a client of the native API, of a server or of a data directory in its own process.

Nothing is imported here: the processes that serve live in this package, too, and carry no more than they need.
"""

import sys


def main() -> None:
    """Run the command line; the entry point of the program."""
    if sys.argv[1:2] == ["serve"] and not {"--help", "-h"} & set(sys.argv):
        _serve(sys.argv[2:])
    else:
        _run()


def _serve(arguments: list[str]) -> None:
    try:
        from commonhold.cli.server import serve
    except KeyboardInterrupt:
        sys.exit(130)
    serve(arguments)


def _run() -> None:
    try:
        from commonhold.cli.program import run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
