"""Figures, and the table of what was wanted, what was measured, and whether it is met."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct


class Figure(Struct, frozen=True):
    """One measured number. ``wanted`` is the most (or, ``least``, the least) that it may be; None: told only."""

    case: str
    value: float
    unit: str
    wanted: float | None = None
    least: bool = False
    beside: dict[str, Any] = {}

    @property
    def met(self) -> bool | None:
        """Whether it is as wanted."""
        if self.wanted is None:
            return None
        return self.value >= self.wanted if self.least else self.value <= self.wanted


def number(value: float) -> str:
    """Write a number so that three digits count."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def line(figure: Figure) -> tuple[str, ...]:
    """Return a figure as the cells of the table."""
    sign = "≥" if figure.least else "≤"
    wanted = "" if figure.wanted is None else f"{sign} {number(figure.wanted)} {figure.unit}"
    met = {True: "yes", False: "NO", None: ""}[figure.met]
    beside = " · ".join(
        f"{name} {number(value) if isinstance(value, int | float) else value}" for name, value in figure.beside.items()
    )
    return figure.case, wanted, f"{number(figure.value)} {figure.unit}", met, beside


def table(figures: Iterable[Figure]) -> str:
    """Write the table for people."""
    lines = [("case", "wanted", "measured", "met", "beside"), *map(line, figures)]
    widths = [max(len(cells[at]) for cells in lines) for at in range(4)]
    return "\n".join(
        "  ".join((*(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)), cells[4])).rstrip()
        for cells in lines
    )


def as_json(figures: Iterable[Figure], facts: dict[str, Any]) -> bytes:
    """Write everything for programs: facts about machine and data set, then the figures."""
    shown = [{**msgspec.structs.asdict(figure), "met": figure.met} for figure in figures]
    return msgspec.json.format(msgspec.json.encode({**facts, "figures": shown}), indent=2)
