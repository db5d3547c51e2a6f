"""What ``/graphql`` asks of the collections of records: everything by the authority of one moment."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from graphql import GraphQLSchema

from commonhold.core.query import ALWAYS, Filter, Query, Scalar
from commonhold.core.records.authority import Authority, authorities
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.deep import drop_rows
from commonhold.core.records.reading import Ground, Reading
from commonhold.core.records.rows import seen_by
from commonhold.core.records.rules import Access
from commonhold.core.records.view import View
from commonhold.core.roles import Action
from commonhold.faces.directus import things
from commonhold.faces.directus.gql.roots import Row, schema_of
from commonhold.faces.directus.gql.types import Shape
from commonhold.faces.directus.items import changed, written
from commonhold.faces.directus.problems import forbidden
from commonhold.http.face import Call

MOST_SCHEMAS: Final = 64  # kept: each stands for one way in which somebody sees the collections
WRITING: Final = (Action.READ, Action.CREATE, Action.WRITE, Action.DELETE)


class Items:
    """The backend of one request, and its schema."""

    def __init__(
        self, call: Call, found: Mapping[Action, Authority], *, whose: bool, beside: Ground | None = None
    ) -> None:
        """Stand on what the caller may do; ``beside``: files and folders, where these are asked for."""
        self.call = call
        self.whose = whose
        seen = {action: seen_by(asked) for action, asked in found.items()}
        self.beside = beside if beside is not None and beside.view.sees(things.FOLDERS) else None
        shown = things.CATALOG if self.beside is not None else ()
        self.catalog = Catalog(0, [*seen[Action.READ], *shown])
        self.ground: Ground = _Both(Reading(call.core, found[Action.READ]), self.beside)
        self.shape = Shape(
            tuple(self.catalog),
            tuple(seen.get(Action.CREATE, ())),
            tuple(seen.get(Action.WRITE, ())),
            tuple(one.name for one in seen.get(Action.DELETE, ())),
        )

    @property
    def schema(self) -> GraphQLSchema:
        """The schema, kept by everything that it depends on."""
        return _schema(self.shape)

    async def create(self, collection: str, rows: Sequence[Row]) -> list[Any]:
        """Add rows, with rows of other collections in them."""
        keys = await written(self.call, collection, rows)
        await self._look_again()
        return keys

    async def update(self, collection: str, rows: Sequence[tuple[Any, Row]]) -> list[Any]:
        """Change rows."""
        keys = await changed(self.call, collection, rows)
        if not keys:
            raise forbidden()
        await self._look_again()
        return keys

    async def delete(self, collection: str, keys: Sequence[Any]) -> None:
        """Delete rows."""
        await drop_rows(self.call.core, self.call.actor, collection, keys)
        await self._look_again()

    async def _look_again(self) -> None:
        """Read by what holds after a write."""
        found = await authorities(self.call.core, self.call.actor, (Action.READ,), whose=self.whose)
        self.ground = _Both(Reading(self.call.core, found[Action.READ]), self.beside)


class _Both:
    """The collections of records, and beside them files and folders, which nothing leads to from there."""

    def __init__(self, records: Ground, beside: Ground | None) -> None:
        self.records = records
        self.beside = beside
        self.view = records.view if beside is None else _joined(records.view, beside.view)

    def of(self, collection: str) -> Ground:
        """Return where a collection is."""
        return self.beside if self.beside is not None and collection in things.NAMES else self.records

    async def rows(self, collection: str, query: Query, only: Filter = ALWAYS) -> list[Row]:
        return await self.of(collection).rows(collection, query, only)

    async def tally(self, collection: str, query: Query) -> Sequence[tuple[Scalar, ...]]:
        return await self.of(collection).tally(collection, query)


def _joined(one: View, other: View) -> View:
    grants = {name: other.access.on(name) for name in things.NAMES}
    access = Access({**one.access.grants, **grants}, one.access.rest)
    return View(Catalog(one.catalog.version, [*one.catalog, *other.catalog]), access)


async def items(call: Call, *, writes: bool, whose: bool, beside: bool) -> Items:
    """Find what a caller may do; ``writes``: he may want to write, or asks what there is to be written.

    A pass, or a credential that reads alone, has nothing to write: there is no mutation then.
    """
    actions = WRITING if writes and call.actor.user is not None else (Action.READ,)
    found = await authorities(call.core, call.actor, actions, whose=whose)
    return Items(call, found, whose=whose, beside=await things.ground(call) if beside else None)


@lru_cache(maxsize=MOST_SCHEMAS)
def _schema(shape: Shape) -> GraphQLSchema:
    return schema_of(shape, {}, lambda _: {})
