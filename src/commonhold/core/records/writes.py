"""What verbs write about records: rows and the tables that hold them, in the same commit as everything else.

These are changes and a guard like those of ``core.changes``. Filters and keys are evaluated inside of the transaction,
so nothing is written on rows that somebody lost meanwhile. ``check`` is what rules demand of rows that were written;
where it does not hold, the commit is refused as ``Problem("failed_check")``.
"""

from typing import Any, ClassVar

import msgspec

from commonhold.core.model import Collection as CollectionRow
from commonhold.core.model import Item, Row
from commonhold.core.query import ALWAYS, Facts, Filter, Scalar
from commonhold.core.records.catalog import Catalog


class Made(msgspec.Struct, frozen=True):
    """As a value of a row: the key of a row that an earlier change of records of the same commit adds."""

    change: int  # the place of the change among those of records
    row: int = 0


class PutRows(msgspec.Struct, frozen=True):
    """Add rows, for which the filter must hold then; else the commit breaks as ``Missed``. Gives their keys."""

    table: ClassVar[type[Row]] = Row

    collection: str
    rows: tuple[dict[str, Any], ...]
    only: Filter = ALWAYS
    facts: Facts = Facts(0)
    check: Filter = ALWAYS


class SetRows(msgspec.Struct, frozen=True):
    """Change rows, for which the filter must hold before; one for which it does not breaks the commit as ``Missed``."""

    table: ClassVar[type[Row]] = Row

    collection: str
    keys: tuple[Scalar, ...]
    values: dict[str, Any]
    only: Filter = ALWAYS
    facts: Facts = Facts(0)
    check: Filter = ALWAYS


class DropRows(msgspec.Struct, frozen=True):
    """Delete rows and what goes with them, as ``SetRows``. The items of all of them end, with their shares.

    Gives the keys by collection.
    """

    table: ClassVar[type[Row]] = Item

    collection: str
    keys: tuple[Scalar, ...]
    only: Filter = ALWAYS
    facts: Facts = Facts(0)


class Reshape(msgspec.Struct, frozen=True):
    """Bring the tables from one catalogue to the next; the rows of ``Collection`` are changes beside it.

    What was shared of a collection that is gone ends.
    """

    table: ClassVar[type[Row]] = CollectionRow

    before: Catalog
    after: Catalog


RecordChange = PutRows | SetRows | DropRows | Reshape


class RowIs(msgspec.Struct, frozen=True):
    """The row of a record exists; ``key`` as text."""

    collection: str
    key: str
