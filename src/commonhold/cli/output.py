"""What commands print: JSON for programs; sentences, cards and tables for people. Errors go to standard error."""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from commonhold.cli.exits import CommandError, Refused

STEPS: Final = 5 << 20
"""Bytes from which an upload shows how far it is."""


PIPED: Final = 240  # characters of a line where no terminal says its width


class Out:
    """Prints the result of a command, in the way that was asked for."""

    def __init__(self, *, json: bool) -> None:
        """``json``: one value for programs, and nothing else."""
        self.json = json

    def value(self, value: Any) -> bool:
        """Print a value if JSON was asked for; tell whether it was."""
        if self.json:
            _write(sys.stdout, msgspec.json.encode(value).decode())
        return self.json

    def say(self, *lines: str) -> None:
        """Print sentences for people."""
        if not self.json:
            for line in lines:
                _write(sys.stdout, harmless(line))

    def bare(self, text: str) -> None:
        """Print a text that scripts take as it is."""
        _write(sys.stdout, text)

    def warn(self, sentence: str) -> None:
        """Tell people what they should know, beside the result."""
        _write(sys.stderr, harmless(sentence))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], nothing: str) -> None:
        """Print a table; ``nothing`` is said if it has no rows. Columns in capitals of a number are set right."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        found = [[Text(harmless(text_of(cell))) for cell in row] for row in rows]
        if not found:
            self.say(nothing)
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for name in columns:
            right = name in ("size", "uses", "id", "no")
            table.add_column(name, justify="right" if right else "left", overflow="fold", no_wrap=name == "uid")
        for row in found:
            table.add_row(*row)
        self._rich(table)

    def card(self, facts: Iterable[tuple[str, Any]]) -> None:
        """Print names and values under one another; what has no value is left out."""
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2))
        for name, value in facts:
            if value not in (None, "", [], ()):
                grid.add_row(Text(name, style="dim"), Text(harmless(text_of(value)), overflow="fold"))
        self._rich(grid)

    def _rich(self, thing: Any) -> None:
        from rich.console import Console

        width = None if sys.stdout.isatty() else PIPED  # whoever reads a pipe wants whole values
        console = Console(highlight=False, width=width, soft_wrap=False)
        with _unbroken():
            console.print(thing)


def tell(error: CommandError, *, json: bool) -> None:
    """Tell on standard error why a command was refused, and what of it was."""
    if json:
        _write(sys.stderr, msgspec.json.encode(error.told()).decode())
        return
    code = ""
    if isinstance(error, Refused):
        field = error.problem.get("field")
        code = f" ({error.name}{f', field {field}' if field else ''})"
    _write(sys.stderr, f"commonhold: {harmless(error.sentence)}{code}")


def text_of(value: Any) -> str:
    """Write a value for people."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(text_of, value))
    return str(value)


def size_of(count: int | None) -> str:
    """Write a number of bytes for people."""
    if count is None:
        return ""
    size, unit = float(count), 0
    while size >= 1000 and unit < 5:
        size, unit = size / 1000, unit + 1
    return f"{count} B" if not unit else f"{size:.1f} {'kMGTP'[unit - 1]}B"


def harmless(text: str) -> str:
    """Take out what would move the cursor or colour the terminal: names are written by strangers."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "�" for sign in text)


def _write(stream: Any, line: str) -> None:
    with _unbroken():
        stream.write(line + "\n")
        stream.flush()


@contextlib.contextmanager
def _unbroken() -> Iterator[None]:
    """End quietly when nobody reads on (``| head``)."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
