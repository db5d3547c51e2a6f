"""Canonical names and paths. Pure: a decision is made on the canonical path only, so two spellings cannot differ.

A canonical name is in Unicode's composed form (NFC), keeps its case, and holds nothing that any reader further on could
take for something else: no separators, no dot names, no control or text-direction characters, neither plainly nor
percent-encoded nor as look-alikes (whatever turns into one under NFKC).
"""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

from commonhold.core.identity import Path
from commonhold.core.limits import Limits
from commonhold.core.policy.snapshot import Snapshot
from commonhold.core.problems import Problem

DEFAULT: Final = Limits()

# Control characters, lone surrogates, line ends, what changes the direction of text, and what shows as nothing at all.
_HIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]"
)
_SEPARATORS: Final = re.compile(r"[/\\]")
_DOTS: Final = re.compile(r"\.{1,2}\Z")


def canonical(text: str, limits: Limits = DEFAULT, field: str = "name") -> str:
    """Return the canonical form of a name that somebody gave.

    :raises Problem: name_empty, name_too_long, name_forbidden; each with ``field``
    """
    if not text.strip():
        raise Problem("name_empty", field=field)
    # The composed form is at most three times as long: what is far too long is not even looked at.
    name = unicodedata.normalize("NFC", text) if len(text) <= limits.name_bytes else text
    if len(name.encode("utf-8", "surrogatepass")) > limits.name_bytes:
        raise Problem("name_too_long", field=field, limit=limits.name_bytes)
    if name != name.strip() or name.endswith(".") or _misleads(name):
        raise Problem("name_forbidden", field=field)
    return name


def _misleads(name: str) -> bool:
    """Tell whether a name, or anything it could be decoded to, is more than a name."""
    while True:
        if _HIDDEN.search(name) or _SEPARATORS.search(name) or _DOTS.match(name):
            return True
        read = unquote(unicodedata.normalize("NFKC", name))
        if read == name:
            return False
        name = read


def name_key(name: str) -> str:
    """Return what must be unique among siblings: the canonical name itself, as case tells names apart."""
    return name


def parse_path(text: str, limits: Limits = DEFAULT, field: str = "path") -> Path:
    """Read ``/owner/folder/file`` as a canonical path.

    :raises Problem: bad_path for anything relative, empty parts, or a part that is no canonical name
    """
    first, *parts = text.split("/", limits.depth + 2)
    if first or not parts or len(parts) > limits.depth + 1:
        raise Problem("bad_path", field=field)
    try:
        return Path(tuple(canonical(part, limits, field) for part in parts))
    except Problem as problem:
        raise Problem("bad_path", field=field) from problem


def format_path(path: Path) -> str:
    """Write a path as ``parse_path`` reads it."""
    return "/" + "/".join(path.names)


def path_of(snapshot: Snapshot, item: int) -> Path | None:
    """Return where an item is, if the snapshot knows its owner's name (``Look.names``) and nothing above is erased.

    Paths begin in the space that was made for their owner: what lies in one that he took over has none.
    """
    chain = [snapshot.items[no] for no in snapshot.chain(item)]
    space = snapshot.spaces.get(chain[0].space) if chain else None
    if space is None or chain[-1].no != space.root or chain[-1].created_by != space.owner:
        return None
    owner = snapshot.profiles.get(space.owner)
    names = [row.name for row in reversed(chain[:-1])]
    if owner is None or None in names:
        return None
    return Path((owner.name, *(name for name in names if name is not None)))


def numbered(name: str, number: int | str, limits: Limits = DEFAULT) -> str:
    """Return ``name (2).txt`` for ``name.txt``, cut so that it is a canonical name again."""
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > 16 or " " in ending:
        stem, dot, ending = name, "", ""
    tail = f" ({number}){dot}{ending}"
    return _cut(stem, limits.name_bytes - len(tail.encode())) + tail


def tidy(text: str, limits: Limits = DEFAULT) -> str:
    """Make a canonical name of any text: titles of things that other applications keep."""
    name = _HIDDEN.sub("", unicodedata.normalize("NFC", text))
    name = _cut(_SEPARATORS.sub("-", name).strip(), limits.name_bytes).rstrip(" .")
    try:
        return canonical(name, limits)
    except Problem:
        return re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFKC", name), flags=re.ASCII).strip("-") or "untitled"


def _cut(text: str, size: int) -> str:
    """Cut a text to at most ``size`` bytes, at a character."""
    return text.encode()[: max(size, 0)].decode("utf-8", "ignore").rstrip()
