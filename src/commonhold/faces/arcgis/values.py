"""Values in parameters, and pages of lists, as clients of this dialect write and expect them."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from commonhold.faces.arcgis.parameters import Parameters

MOST: Final = 100  # rows on a page
USUAL: Final = 10


def tags_of(asked: Parameters, name: str) -> list[str]:
    """Return a list of words: with commas, or as JSON."""
    text = asked.word(name) or ""
    if text.startswith("["):
        found = json_of(asked, name)
        if isinstance(found, list):
            return list(dict.fromkeys(part for one in found if (part := str(one).strip())))
    return list(asked.names(name) or ())


def json_of(asked: Parameters, name: str) -> Any:
    """Return a value that is written as JSON; None for what is none."""
    try:
        return msgspec.json.decode(asked.text(name) or "null")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def page_of(rows: Sequence[Any], asked: Parameters, key: str = "results", usual: int = USUAL) -> dict[str, Any]:
    """Return one page of a list; ``num`` is what was asked for, as clients add it up, and ``nextStart`` -1 at the end.

    A ``start`` below 1 or beyond the end is an empty page.
    """
    start = asked.number("start")
    start = 1 if start is None else start
    num = asked.number("num")
    num = max(0, min(usual if num is None else num, MOST))
    shown = list(rows[start - 1 : start - 1 + num]) if start >= 1 else []
    more = bool(shown) and start - 1 + num < len(rows)
    return {"total": len(rows), "start": start, "num": num, "nextStart": start + num if more else -1, key: shown}
