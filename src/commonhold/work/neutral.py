"""Texts of users made harmless for mail: they stay readable, but nothing in them can be clicked or taken for ours.

Mail programs turn whatever looks like an address into a link, in both parts of a mail. So schemes lose their colon's
neighbour (``https: //…``), and dots and at-signs inside of words are followed by an invisible word joiner.
"""

import re
import unicodedata
from typing import Final

JOINER: Final = "\u2060"

_SCHEME: Final = re.compile(r"(?<![^\W\d_])([^\W\d_][\w+.-]*)[:：](?=\S)")
_INSIDE: Final = re.compile(r"(?<=\S)([.。．｡@＠])(?=\S)")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_KEPT: Final = frozenset("\n\u200d")  # line ends are handled below; the joiner holds emoji together


def one_line(text: str, longest: int = 120) -> str:
    """Return a name as it may stand in a subject: one line without hidden characters, its schemes broken."""
    return _cut(_SCHEME.sub(r"\1: ", " ".join(_visible(text).split())), longest)


def name(text: str, longest: int = 120) -> str:
    """Return a name as it may stand in a body."""
    return _INSIDE.sub(rf"\1{JOINER}", one_line(text, longest))


def note(text: str, longest: int = 1_000, lines: int = 20) -> list[str]:
    """Return the lines of a note; what is longer is cut."""
    found = [name(line, longest) for line in _visible(_cut(text, longest)).split("\n")]
    return [*found[:lines], "…"] if len(found) > lines else found


def _visible(text: str) -> str:
    """Take out what shows as nothing, changes the direction of text, or ends a line in its own way."""
    text = re.sub(r"\r\n?|[\v\f\x85\u2028\u2029]", "\n", text)
    return "".join(sign for sign in text if sign in _KEPT or unicodedata.category(sign) not in _UNSEEN)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
