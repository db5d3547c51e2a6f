"""The chain: events under seals, each of which covers the one before; and what is wrong with a part of it. Pure.

* The *content* of an event is the JSON array ``[at, kind, actor, face, item, share, principal, facts, origin]`` without
  spaces, as UTF-8; ``facts`` is a text in it. Its *leaf* is the event's number, 8 bytes, and the SHA-256 of its
  content.
* The *hash* of a seal is the SHA-256 of: the hash of the seal before (32 bytes of nought before the first), its
  ordinal, the number of its last event and its moment in milliseconds (8 bytes each), and its leaves.

Numbers are big-endian. The number is no part of the content, so that an event under the number of another is told
from one that was changed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import msgspec

from commonhold.core.model import Event, Seal

NOTHING: Final = bytes(32)  # what the first seal covers
LEAF: Final = 40  # bytes of a leaf

What = Literal["changed", "removed", "inserted", "reordered", "truncated"]

_encode = msgspec.json.Encoder().encode


class Finding(msgspec.Struct, frozen=True):
    """What is wrong, at which event, and under which seal; ``event`` None: with the seal itself."""

    what: What
    seal: int
    event: int | None = None

    def __str__(self) -> str:
        """Say it in a line."""
        place = f"event {self.event}, under seal {self.seal}" if self.event is not None else f"seal {self.seal}"
        return f"{self.what}: {place}"


class Head(msgspec.Struct, frozen=True):
    """Where a chain ends: the last seal."""

    ordinal: int
    hash: bytes

    def __str__(self) -> str:
        """Write it as ``audit verify --head`` takes it."""
        return f"{self.ordinal}:{self.hash.hex()}"


def content(event: Event) -> bytes:
    """Return the canonical bytes of an event, but for its number."""
    return _encode(
        (
            event.at, event.kind, event.actor, event.face, event.item, event.share, event.principal, event.facts,
            event.origin,
        )
    )  # fmt: skip


def leaf(event: Event) -> bytes:
    """Return what a seal keeps of an event."""
    return event.no.to_bytes(8, "big", signed=True) + hashlib.sha256(content(event)).digest()


def leaves_of(events: Sequence[Event]) -> bytes:
    """Return the leaves of events, in their order."""
    return b"".join(map(leaf, events))


def numbers_of(leaves: bytes) -> dict[int, bytes]:
    """Return the events that leaves stand for: number → digest."""
    parts = (leaves[at : at + LEAF] for at in range(0, len(leaves), LEAF))
    return {int.from_bytes(part[:8], "big", signed=True): part[8:] for part in parts}


def hash_of(before: bytes, ordinal: int, upto: int, at: int, leaves: bytes) -> bytes:
    """Return the hash of a seal."""
    head = b"".join(number.to_bytes(8, "big", signed=True) for number in (ordinal, upto, at))
    return hashlib.sha256(before + head + leaves).digest()


def stands(seal: Seal, before: bytes) -> bool:
    """Tell whether a seal is what it was, and follows that one."""
    try:
        whole = len(seal.leaves) % LEAF == 0
        return whole and seal.hash == hash_of(before, seal.ordinal, seal.upto, seal.at, seal.leaves)
    except (TypeError, AttributeError, OverflowError):  # a database takes what is no number, a file anything
        return False


def compare(seal: Seal, events: Sequence[Event]) -> Finding | None:
    """Return the first thing that is wrong with the events under a seal that stands."""
    sealed = numbers_of(seal.leaves)
    there = {event.no: leaf(event)[8:] for event in events}
    if sealed == there:
        return None
    for no in sorted(sealed.keys() | there.keys()):
        if sealed.get(no) != there.get(no):
            return Finding(_what(no, sealed, there), seal.ordinal, no)
    return None  # unreachable, as two tables that differ do so under some number


def _what(no: int, sealed: Mapping[int, bytes], there: Mapping[int, bytes]) -> What:
    if no not in there:
        return "reordered" if sealed[no] in _strange(there, sealed) else "removed"
    if no not in sealed:
        return "reordered" if there[no] in _strange(sealed, there) else "inserted"
    return "reordered" if there[no] in _strange(sealed, there) else "changed"


def _strange(one: Mapping[int, bytes], other: Mapping[int, bytes]) -> set[bytes]:
    """Return the digests that stand under a number in the one where the other has not the same."""
    return {digest for no, digest in one.items() if other.get(no) != digest}
