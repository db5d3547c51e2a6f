"""What schema, migrations and engines all know of the tables, without SQLAlchemy: it never runs while serving.

A table has the fields of its row (``core.model``) as columns. Where the row names a ``past`` table, it also has
``from_revision``, the revision since which the row says what it says; and in the past table a row stands with
``from_revision`` (inclusive), ``to_revision`` (exclusive) and ``at`` (when it was changed or removed) beside it.
Items and shares also have ``written_in``, the revision that wrote the row last: what did not change since it was read
need not be read again.
"""

from typing import Final

from commonhold.core.model import Item, Row, Share
from commonhold.store.effects import PLACE

HEAD: Final = "0001"  # the migration that this program needs; migrations are numbered, so a larger one is newer

SINCE: Final = "from_revision"
UNTIL: Final = "to_revision"
AT: Final = "at"
WRITTEN: Final = "written_in"
MARKED: Final = frozenset[type[Row]]((Item, Share))


def columns(row: type[Row]) -> tuple[str, ...]:
    """Return the columns of a row's table, in order."""
    return (*row.__struct_fields__, *((SINCE,) if row.past else ()), *((WRITTEN,) if row in MARKED else ()))


def kept(row: type[Row]) -> tuple[str, ...]:
    """Return what a past table keeps of a row, which is copied there whenever one of these columns changes.

    Of an item it is its places alone, because names must stay erasable.
    """
    return ("no", *PLACE) if row is Item else row.__struct_fields__


def columns_of_past(row: type[Row]) -> tuple[str, ...]:
    """Return the columns of a row's past table, in order."""
    return (*kept(row), SINCE, UNTIL, AT)
