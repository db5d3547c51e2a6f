"""What a verb writes: changes and the guards under which they hold, committed as one transaction.

New rows carry placeholders: negative numbers in the columns that a row names in ``refs``. The engine gives each a
number of the one sequence inside the transaction, the same number wherever the placeholder stands: one run without
gaps for a commit, in the order -1, -2 … (``notices.letters`` finds the shares of one request by it).

Past tables need no change of their own: whatever a change amends or removes in a row whose type names a ``past``
table is copied there with the revisions between which it held.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from commonhold.core.model import Row
from commonhold.core.records.writes import RecordChange, RowIs


class Put(msgspec.Struct, frozen=True):
    """Insert a row. A key or unique name that exists already breaks the commit as ``Taken``."""

    row: Row


class Happened(Put, frozen=True):
    """Insert an event that came from ``address``, of which it keeps the number alone (``audit.origins``)."""

    address: str | None


class Upsert(msgspec.Struct, frozen=True):
    """Insert a row, or replace the one with the same key."""

    row: Row


class Set(msgspec.Struct, frozen=True):
    """Change columns of one row by its key; a row that is gone breaks the commit."""

    table: type[Row]
    key: tuple[Any, ...]
    values: Mapping[str, Any]


class Drop(msgspec.Struct, frozen=True):
    """Remove one row by its key; one that is gone already is no mistake."""

    table: type[Row]
    key: tuple[Any, ...]


class DropWhere(msgspec.Struct, frozen=True):
    """Remove all rows with this value in an indexed column (sessions of a user, members of a group)."""

    table: type[Row]
    column: str
    value: Any


class Nest(msgspec.Struct, frozen=True):
    """Put a principal that is no user into a group, and bring the closure up to date."""

    child: int
    grp: int
    since: int


class Unnest(msgspec.Struct, frozen=True):
    """Take a principal that is no user out of a group, and bring the closure up to date."""

    child: int
    grp: int


class CountUse(msgspec.Struct, frozen=True):
    """Hand out one pass: count a use if fewer than ``limit`` were; else the commit breaks as ``UsedUp``."""

    share: int
    limit: int | None
    at: int


class Charge(msgspec.Struct, frozen=True):
    """Add bytes to a space; more than ``quota`` breaks the commit as ``OverQuota``. Negative: give back."""

    space: int
    size: int
    quota: int | None = None


class CountTry(msgspec.Struct, frozen=True):
    """Count a try in the subject's window, which begins with the first one; above ``limit`` it breaks as ``UsedUp``.

    A window that is over (``since <= at - window``) begins anew; so does one that lies as far in the future, which a
    clock that was ahead has left behind. Counted before the password is looked at, so that tries at the same time
    cannot slip through; ``tries`` -1 gives one back, never below none.
    """

    subject: str  # a digest (``core.directory.digests``)
    limit: int
    window: int
    at: int
    tries: int = 1


class MoveSpace(msgspec.Struct, frozen=True):
    """Rewrite the space of an item and everything below it; more than ``limit`` rows breaks it as ``TooLarge``.

    Each rewritten row's stamp grows by one, so that nobody puts something into what he saw in the old space.
    """

    item: int
    space: int
    limit: int


class TakeDue(msgspec.Struct, frozen=True):
    """Take rows of the outbox that are due ``at`` and nobody holds, the longest due first, under a lease ``until``.

    Gives the rows (``Commit.gave``). Whatever another worker is taking in this very moment is left to him, and neither
    waits for the other where the engine can do that; for this it stands alone in its commit.
    """

    at: int
    until: int
    limit: int


Change = (
    Put
    | Upsert
    | Set
    | Drop
    | DropWhere
    | Nest
    | Unnest
    | CountUse
    | Charge
    | CountTry
    | MoveSpace
    | TakeDue
    | RecordChange
)


class ShareIs(msgspec.Struct, frozen=True):
    """The share is live and has this version still."""

    share: int
    version: int


class TreeAt(msgspec.Struct, frozen=True):
    """No place has changed since."""

    at: int


class PeopleAt(msgspec.Struct, frozen=True):
    """No principal, edge, rule or collection has changed since."""

    at: int


class StampIs(msgspec.Struct, frozen=True):
    """The item is as it was read (its ETag)."""

    item: int
    stamp: int


class LeaseIs(msgspec.Struct, frozen=True):
    """The row of the outbox waits still and its lease is as it was read: of two workers one takes it."""

    outbox: int
    lease: int


Guard = ShareIs | TreeAt | PeopleAt | StampIs | LeaseIs | RowIs


class Commit(msgspec.Struct, frozen=True):
    """What was written: the revision, the number given to each placeholder, and what changes gave that give any."""

    revision: int
    numbers: Mapping[int, int] = {}
    gave: Sequence[Any] = ()

    def no(self, number: int) -> int:
        """Resolve a number that may be a placeholder."""
        return self.numbers.get(number, number)


class Broken(Exception):
    """A guard does not hold any more: the verb looks again and decides anew, at most three times."""


class Taken(Broken):
    """A key or a unique name exists already."""


class UsedUp(Broken):
    """All uses of a share, or all tries of a window, are handed out."""


class Missed(Broken):
    """A row of a record is not there, or not as the change demands."""


class OverQuota(Broken):
    """A space would hold more than its quota."""


class TooLarge(Broken):
    """A move between spaces would rewrite too many rows."""


Changes = Sequence[Change]
