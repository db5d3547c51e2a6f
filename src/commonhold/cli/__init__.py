"""The command line: a client of the native API, of a server or of a data directory in its own process.

Nothing is imported here: the processes that serve live in this package, too, and carry no more than they need.
"""


def main() -> None:
    """Run the command line; the entry point of the program."""
    from commonhold.cli.program import run

    run()
