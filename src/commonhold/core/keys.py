"""Keys that names of people and searched words are compared by; those of items are in ``content.names``.

Stores compare keys by exact code points: what counts as the same name is decided here, never by a collation.
"""

import re
import string
import unicodedata
from collections.abc import Sequence
from typing import Final

_ASCII_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_WORD: Final = re.compile(r"[^\W_]+")


def person_key(name: str) -> str:
    """Return what is unique for names of users, groups and organisations: case, width and compatibility forms fall."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def address_key(address: str) -> str:
    """Return what is unique for mail addresses: ASCII letters in lower case and nothing more.

    Folding further would make one address of two mailboxes (KELVIN SIGN and k), and one could claim what the other got.
    """
    return address.translate(_ASCII_LOWER)


def words_of(text: str) -> list[str]:
    """Split a text into the words that search compares, folded as names of people are."""
    return _WORD.findall(person_key(text))


def in_a_row(words: Sequence[str], wanted: Sequence[str], *, cut: bool) -> bool:
    """Tell whether words stand one after the other among others; of the last one, if ``cut``, its beginning is enough.

    No words are nowhere.
    """
    if not wanted:
        return False
    for at in range(len(words) - len(wanted) + 1):
        *before, last = words[at : at + len(wanted)]
        if before == [*wanted[:-1]] and (last.startswith(wanted[-1]) if cut else last == wanted[-1]):
            return True
    return False
