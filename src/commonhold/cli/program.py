"""The program: all commands under one name, and what becomes of errors."""

import sys
from typing import Annotated, Final

import typer

from commonhold import __version__
from commonhold.cli.commands import (
    audit,
    backups,
    checks,
    collections,
    demo,
    exchange,
    groups,
    items,
    running,
    share,
    shares,
    tokens,
    users,
    webhooks,
)
from commonhold.cli.exits import INTERRUPTED, UNUSABLE, CommandError, Unusable
from commonhold.cli.output import tell

app: Final = typer.Typer(
    name="commonhold",
    help="A self-hosted sharing server: put a file in, get a link, stay in control of it.",
    epilog="Example: commonhold share README.md",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _root in (share.root, running.root, demo.root, shares.root, backups.root, exchange.root, checks.root):
    app.add_typer(_root)
for _name, _group in {
    "shares": shares.app,
    "user": users.app,
    "group": groups.app,
    "org": groups.orgs,
    "app": tokens.apps,
    "token": tokens.app,
    "item": items.app,
    "collections": collections.app,
    "webhook": webhooks.app,
    "audit": audit.app,
}.items():
    app.add_typer(_group, name=_name)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"commonhold {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


def run(arguments: list[str] | None = None) -> None:
    """Run one command and exit with its code."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        app(given, prog_name="commonhold")
    except CommandError as error:
        tell(error, json="--json" in given)
        sys.exit(error.code)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        tell(Unusable(f"{place}{error.strerror or error}."), json="--json" in given)
        sys.exit(UNUSABLE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
