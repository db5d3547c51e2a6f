"""Drawings in pages: who has access to an item, and how often a share was opened; as numbers that templates draw."""

from collections.abc import Sequence
from typing import Final

import msgspec

from commonhold.faces.web.sharing.reasons import Line

MOST: Final = 12  # lines of a picture; the table beside it has all of them
WIDTH: Final = 760

_HIGH, _GAP, _BOX = 44, 12, 220
_LEFTS: Final = (0, 290, 540)


class Box(msgspec.Struct, frozen=True):
    """A box with a text, and a smaller one below."""

    x: int
    y: int
    text: str
    small: str = ""
    kind: str = "who"


class Drawing(msgspec.Struct, frozen=True):
    """Boxes, and the curves between them: where they go, and whether they give anything now."""

    height: int
    boxes: tuple[Box, ...]
    curves: tuple[tuple[str, bool], ...]
    more: int = 0


def drawing(item: str, lines: Sequence[Line]) -> Drawing:
    """Draw lines: people and groups on the left, what gives it to them in the middle, the item on the right."""
    some = lines[:MOST]
    places = list(dict.fromkeys(line.place for line in some))
    height = max(len(some), len(places), 1) * (_HIGH + _GAP) + 2
    whos = [
        Box(_LEFTS[0], y, short(line.who), line.may) for line, y in zip(some, _down(len(some), height), strict=True)
    ]
    tops = dict(zip(places, _down(len(places), height), strict=True))
    middle = [Box(_LEFTS[1], y, short(place, 22), kind="place") for place, y in tops.items()]
    right = Box(_LEFTS[2], (height - _HIGH) // 2, short(item), kind="item")
    curves = [
        (_curve(box, tops[line.place], _LEFTS[1]), line.missing is None) for box, line in zip(whos, some, strict=True)
    ]
    curves += [(_curve(box, right.y, _LEFTS[2], 180), True) for box in middle]
    return Drawing(height, (*whos, *middle, right), tuple(curves), len(lines) - len(some))


def _down(count: int, height: int) -> list[int]:
    """Return where boxes stand below one another, in the middle of the height."""
    top = (height - count * (_HIGH + _GAP) + _GAP) // 2
    return [top + place * (_HIGH + _GAP) for place in range(count)]


def _curve(box: Box, y: int, x: int, width: int = _BOX) -> str:
    start, middle = box.x + width, (box.x + width + x) // 2
    at, to = box.y + _HIGH // 2, y + _HIGH // 2
    return f"M{start} {at}C{middle} {at} {middle} {to} {x} {to}"


def short(text: str, most: int = 26) -> str:
    """Return a text that fits into a box."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


class Bar(msgspec.Struct, frozen=True):
    """One day of a chart: when, how often, and where its bar stands."""

    day: int
    count: int
    x: int
    y: int
    high: int


def chart(days: Sequence[tuple[int, int]], high: int = 90, wide: int = 20) -> tuple[Bar, ...]:
    """Return the bars of days, the highest of them as ``high`` as the chart."""
    most = max([count for _, count in days] + [1])
    bars = []
    for place, (day, count) in enumerate(days):
        tall = max(3, round(count * high / most)) if count else 2
        bars.append(Bar(day, count, place * wide, high - tall, tall))
    return tuple(bars)
