"""What ``/graphql`` asks of the collections of records: everything by the authority of one moment."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from graphql import GraphQLSchema

from commonhold.core.records.authority import Authority, authorities
from commonhold.core.records.deep import drop_rows
from commonhold.core.records.reading import Ground, Reading
from commonhold.core.records.rows import seen_by
from commonhold.core.roles import Action
from commonhold.faces.directus.gql.roots import Row, schema_of
from commonhold.faces.directus.gql.types import Shape
from commonhold.faces.directus.items import changed, written
from commonhold.faces.directus.problems import forbidden
from commonhold.http.face import Call

MOST_SCHEMAS: Final = 64  # kept: each stands for one way in which somebody sees the collections
WRITING: Final = (Action.READ, Action.CREATE, Action.WRITE, Action.DELETE)


class Items:
    """The backend of one request, and its schema."""

    def __init__(self, call: Call, found: Mapping[Action, Authority], *, whose: bool) -> None:
        """Stand on what the caller may do."""
        self.call = call
        self.whose = whose
        seen = {action: seen_by(asked) for action, asked in found.items()}
        self.catalog = seen[Action.READ]
        self.ground: Ground = Reading(call.core, found[Action.READ])
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
        self.ground = Reading(self.call.core, found[Action.READ])


async def items(call: Call, *, writes: bool, whose: bool) -> Items:
    """Find what a caller may do; ``writes``: he may want to write, or asks what there is to be written.

    A pass, or a credential that reads alone, has nothing to write: there is no mutation then.
    """
    actions = WRITING if writes and call.actor.user is not None else (Action.READ,)
    found = await authorities(call.core, call.actor, actions, whose=whose)
    return Items(call, found, whose=whose)


@lru_cache(maxsize=MOST_SCHEMAS)
def _schema(shape: Shape) -> GraphQLSchema:
    return schema_of(shape, {}, lambda _: {})
