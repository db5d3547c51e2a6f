"""The page of the reference about the command line, made from the commands themselves."""

from collections.abc import Iterator
from typing import Any, Final

import typer

from commonhold.cli.exits import CODES
from commonhold.cli.program import app

COMMON: Final = ("--data", "--url", "--server", "--token", "--as", "--json")

HEAD: Final = """# Command line

`commonhold COMMAND --help` says what a command does. Every command works on a data directory (`--data`,
`COMMONHOLD_DATA`, else `./commonhold-data`), whether or not a server runs on it, as the administrator or `--as` another
user; or on a server (`--url` or `--server`, `COMMONHOLD_URL`) as the user whose token is sent (`--token`,
`COMMONHOLD_TOKEN`). `serve`, `demo`, `work`, `migrate`, `check-config`, `doctor`, `backup`, `restore`, `copy`,
`export` and `import` are about directories alone. A directory that does not exist is made, for its owner only.

`--json` prints one value as the [native API](native-api.md) has it, and refusals as JSON on standard error. Items are
named by path (`/owner/folder/file`) or uid, shares by id, uid or link, people and groups by name or uid. Dates are `7d`
(`s`, `m`, `h`, `d`, `w`), `2026-12-31` (an end includes that day) or `2026-12-31T18:00`, in the time zone of whoever
types. A password given as `-` is a line of standard input; given without a value, it is asked for.

This page is made by `scripts/make-docs` from the program itself.

## Exit codes

| code | |
|---|---|
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name."""
    yield from _inside(typer.main.get_command(app), "commonhold")


def _inside(found: Any, name: str) -> Iterator[tuple[str, Any]]:
    for part, inside in getattr(found, "commands", {}).items():
        yield from _inside(inside, f"{name} {part}")
    if not hasattr(found, "commands"):
        yield name, found


def page() -> str:
    """Write the page."""
    codes = "".join(f"| {code} | {said} |\n" for code, said in sorted(CODES.items()))
    return HEAD + codes + "".join(_section(name, found) for name, found in commands())


def _section(name: str, found: Any) -> str:
    own = [one for one in found.params if one.name != "help" and not set(one.opts) & set(COMMON)]
    if name.endswith(" serve"):
        own = [one for one in found.params if one.name != "help"]
    arguments = [one for one in own if one.param_type_name == "argument"]
    usage = " ".join([name, *(one.metavar or one.name.upper() for one in arguments)])
    rows = "".join(_row(one) for one in own)
    table = f"\n| | |\n|---|---|\n{rows}" if rows else ""
    return f"\n## {usage}\n\n{_text(found.help)}\n\n```sh\n{_example(found)}\n```\n{table}"


def _example(found: Any) -> str:
    return str(found.epilog or "").removeprefix("Example: ")


def _row(one: Any) -> str:
    if one.param_type_name == "argument":
        return f"| `{one.metavar or one.name.upper()}` | {_cell(one.help)} |\n"
    names = ", ".join(f"`{name}`" for name in one.opts)
    value = "" if one.is_flag else f" `{one.metavar or one.opts[0].removeprefix('--').upper()}`"
    return f"| {names}{value} | {_cell(one.help)} |\n"


def _text(text: str | None) -> str:
    return (text or "").strip()


def _cell(text: str | None) -> str:
    return " ".join(_text(text).split()).replace("|", "\\|")
