"""Keys that names of people and searched words are compared by; those of items are in ``content.names``.

Stores compare keys by exact code points: what counts as the same name is decided here, never by a collation.
"""

import re
import string
import unicodedata
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
