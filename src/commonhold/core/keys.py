"""How names of people and searched words are compared; ``content.names`` says it of items, ``directory.addresses`` of mail.

Stores compare keys by exact code points: what counts as the same name is decided here, never by a collation.
"""

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")


def person_key(name: str) -> str:
    """Return what is unique for names of users, groups and organisations: case, width and compatibility forms fall."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def words_of(text: str) -> list[str]:
    """Split a text into the words that search compares, folded as names of people are."""
    return _WORD.findall(person_key(text))
