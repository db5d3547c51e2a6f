"""What of an item is searched by words: its name and title, and what faces keep beside it. Pure."""

from typing import Any, Final

import msgspec

from commonhold.core.keys import words_of
from commonhold.core.model import Item, attributes_of

TEXTS: Final = ("name", "tags", "type", "keywords", "summary", "description")
"""Kinds of text in their order: the attributes of these names; the title counts with the name."""

LONGEST: Final = 8_192  # characters of one text that are searched


def texts_of(item: Item) -> tuple[str, ...]:
    """Return the words of each kind of text, joined by blanks."""
    if item.attributes == "{}":
        return (_words(item.name), *[""] * (len(TEXTS) - 1))
    try:
        kept = attributes_of(item)
    except msgspec.DecodeError:
        kept = {}
    title = kept.get("title")
    name = _words(item.name if not isinstance(title, str) or title == item.name else f"{title} {item.name or ''}")
    return (name, *(_words(kept.get(kind)) for kind in TEXTS[1:]))


def _words(value: Any) -> str:
    if isinstance(value, list):
        value = " ".join(one for one in value if isinstance(one, str))
    return " ".join(words_of(value[:LONGEST])) if isinstance(value, str) else ""
