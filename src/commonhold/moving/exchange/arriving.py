"""What comes in: who and what is known so far, what is planned of some lines, and what became of all of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from commonhold.core.changes import Change, Put
from commonhold.core.core import Core, Placeholders
from commonhold.core.model import Row
from commonhold.core.roles import ItemKind, Kind
from commonhold.moving.exchange import lines


class Numbered(NamedTuple):
    """A line, and where it stands in the file."""

    at: int
    line: Any


class LeftOut(msgspec.Struct, frozen=True):
    """Something that was not taken in: the number of its line, its type and name, and why."""

    line: int
    type: str
    id: str
    reason: str


class Tally(msgspec.Struct):
    """How many lines of one type were made into something, were there already, or were left out."""

    made: int = 0
    there: int = 0
    left_out: int = 0


class Report(msgspec.Struct):
    """What became of every line."""

    counts: dict[str, Tally]
    left_out: list[LeftOut]


class Options(msgspec.Struct, frozen=True):
    """``passwords``: new ones, by the id of a share; ``folder``: where the bytes are that are not in place yet.

    ``receive`` False: bytes are looked at, and not brought, as nobody would name them: the rows go into a copy.
    """

    receive: bool = True
    contents: bool = True
    folder: Path | None = None
    passwords: Mapping[str, str] = {}


class Who(NamedTuple):
    """A principal."""

    no: int
    kind: Kind


class Place(NamedTuple):
    """An item, as far as others stand on it or below it."""

    no: int
    space: int
    depth: int
    kind: ItemKind


class Known(msgspec.Struct):
    """What the names in the file mean here."""

    people: dict[str, Who] = {}
    spaces: dict[str, int] = {}
    items: dict[str, Place] = {}
    shares: dict[str, int] = {}


class Refused(Exception):
    """A line is left out; the text is the reason, a word."""


class Arriving:
    """One import: the core, what was asked for, and what is known."""

    def __init__(self, core: Core, options: Options) -> None:
        """Nothing is known yet."""
        self.core = core
        self.options = options
        self.known = Known()
        self.number = Placeholders()
        self.report = Report({}, [])
        self.blobs: dict[tuple[str, int], str] = {}  # (uid of a file, ordinal) → the key of its bytes, or a reason
        self.hashes: dict[str, str] = {}  # id of a share → the hash of its new password


class Plan:
    """What some lines come to: changes, and the outcome of each line."""

    def __init__(self, arriving: Arriving) -> None:
        """Nothing is planned yet."""
        self.arriving = arriving
        self.changes: list[Change] = []
        self.new = Known()
        self.outcomes: list[tuple[Numbered, str | None, str]] = []

    def put(self, *rows: Row) -> None:
        """Write new rows."""
        self.changes += (Put(row) for row in rows)

    def made(self, one: Numbered) -> None:
        """Note that a line was made into something."""
        self.outcomes.append((one, "made", ""))

    def there(self, one: Numbered) -> None:
        """Note that what a line says was there already."""
        self.outcomes.append((one, "there", ""))

    def left_out(self, one: Numbered, reason: str) -> None:
        """Note that a line was left out."""
        self.outcomes.append((one, None, reason))

    def person(self, uid: str | None, *, refuse: str = "unknown_person") -> Who | None:
        """Return the principal of a uid; None for none.

        :raises Refused: the file names somebody who is not in it, or was left out
        """
        if uid is None:
            return None
        found = self.new.people.get(uid) or self.arriving.known.people.get(uid)
        if found is None:
            raise Refused(refuse)
        return found

    def who(self, uid: str | None) -> int | None:
        """Return the number of somebody, or None if he is not known: for what is only told of the past."""
        try:
            found = self.person(uid)
        except Refused:
            return None
        return None if found is None else found.no

    def item(self, uid: str | None) -> Place:
        """Return the item of a uid.

        :raises Refused: it is not in the file, or was left out
        """
        found = self.new.items.get(uid or "") or self.arriving.known.items.get(uid or "")
        if found is None:
            raise Refused("unknown_item")
        return found


def real(numbers: Sequence[int | None]) -> list[int]:
    """Return the numbers that the store can know: those of new rows are placeholders."""
    return [no for no in numbers if no is not None and no > 0]


def name_of(line: lines.AnyLine) -> str:
    """Return what a line is called in a report: the uid, never a name."""
    match line:
        case lines.Share(id=found):
            return found
        case lines.Member(person=found) | lines.Block(person=found) | lines.Nested(child=found):
            return found
        case _:
            return str(getattr(line, "uid", ""))
