"""Several questions of one request: what an actor may read is found once, and every question is guarded by it."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from msgspec.structs import replace

from commonhold.core import cost
from commonhold.core.core import Core
from commonhold.core.identity import Actor, RecordRef
from commonhold.core.problems import Problem
from commonhold.core.query import ALWAYS, Aggregate, Compare, Filter, Measure, Op, Page, Query, Scalar, all_of
from commonhold.core.records.authority import Authority, authority, records_of
from commonhold.core.records.guard import guarded
from commonhold.core.records.memo import Memo
from commonhold.core.records.ports import Row
from commonhold.core.records.view import View
from commonhold.core.roles import Action

_GUARDED: Final[Memo[tuple[str, Query]]] = Memo()
HOW_MANY: Final = Aggregate(((Measure.COUNT, None),))


class Ground(Protocol):
    """Collections that somebody asks: what he sees of them, and answers."""

    view: View

    async def rows(self, collection: str, query: Query, only: Filter = ALWAYS) -> list[Row]:
        """Return the rows of a query, for which this filter of ours holds, too."""
        ...

    async def tally(self, collection: str, query: Query) -> Sequence[tuple[Scalar, ...]]:
        """Return the lines of an aggregate."""
        ...


class Reading:
    """The collections of an installation, as an actor may read them."""

    def __init__(self, core: Core, asked: Authority) -> None:
        """Ask with what ``authority`` found."""
        self._core = core
        self._asked = asked
        self.view = View(asked.catalog, asked.access)

    async def rows(self, collection: str, query: Query, only: Filter = ALWAYS) -> list[Row]:
        """Return the rows of a query, for which this filter of ours holds, too.

        :raises Problem: unknown_collection, unknown_column, bad_query, query_too_costly, invalid_field
        """
        asked = self._asked
        query = self.guarded(collection, query)
        if only != ALWAYS:
            query = replace(query, filter=all_of(only, query.filter))
        return (await records_of(self._core).read(asked.allowed, asked.catalog, collection, query, asked.facts)).rows

    def guarded(self, collection: str, query: Query) -> Query:
        """Return a query as this actor may ask it; the same one, asked again by the same right, is made once.

        :raises Problem: unknown_collection, unknown_column, query_too_costly
        """
        asked = self._asked
        found = _GUARDED.get(asked.catalog, asked.access, query)
        if found is None or found[0] != collection:
            cost.check(query)
            found = collection, guarded(asked.catalog, collection, query, asked.access)
            _GUARDED.put(found, asked.catalog, asked.access, query)
        return found[1]

    async def tally(self, collection: str, query: Query) -> list[tuple[Scalar, ...]]:
        """Return the lines of an aggregate: per group its operands, then the measures.

        :raises Problem: as ``rows``
        """
        asked, query = self._asked, self.guarded(collection, query)
        return await records_of(self._core).tally(asked.allowed, asked.catalog, collection, query, asked.facts)


async def reading(core: Core, actor: Actor, row: RecordRef | None = None, *, whose: bool = False) -> Reading:
    """Find what an actor may read now; ``row``: one asked for by its key; ``whose``: facts about him are named."""
    return Reading(core, await authority(core, actor, Action.READ, row, whose=whose))


async def row_of(ground: Ground, collection: str, key: Any, query: Query) -> Row:
    """Return one row by its key, with the fields of a query.

    :raises Problem: not_found, also where it may not be read; those of ``Reading.rows``
    """
    if query.filter != ALWAYS or query.sort or query.page != Page():
        query = replace(query, filter=ALWAYS, page=Page(), sort=())
    found = await ground.rows(collection, query, keyed(ground.view, collection, key))
    if not found:
        raise Problem("not_found", field="key")
    return found[0]


def keyed(view: View, collection: str, key: Any) -> Filter:
    """Return the filter of the row with a key; the rest of a query may be added to it.

    :raises Problem: not_found for what can be no key; unknown_collection
    """
    field = view.catalog.field(collection, view.catalog.collection(collection).key)
    try:
        found = field.cast(key)
    except Problem:
        found = None
    if found is None:
        raise Problem("not_found", field="key")
    return Compare(field.name, Op.EQ, found)


async def how_many(ground: Ground, collection: str, *filters: Filter) -> int:
    """Return how many rows all these filters hold for."""
    lines = await ground.tally(collection, Query(filter=all_of(*filters), aggregate=HOW_MANY))
    return int(lines[0][0] or 0)
