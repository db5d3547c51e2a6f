"""``PostgresRecords``: the port ``Records`` on connections of the store that are kept for what may take longer."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final, TypeVar

from commonhold.core.model import EVERYONE
from commonhold.core.policy.allowed import Allowed
from commonhold.core.ports import Clock
from commonhold.core.query import Facts, Query, Scalar
from commonhold.core.records.asking import Known
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.ports import Rows
from commonhold.core.records.rules import Rule
from commonhold.core.roles import ItemKind
from commonhold.store.postgres.bag import Bag, Question
from commonhold.store.postgres.connections import Connection, Connections
from commonhold.store.postgres.fetching import Fetching
from commonhold.store.postgres.rules import rules_over
from commonhold.store.ruling import Kept
from commonhold.store.sources.postgres import PostgresSource

T = TypeVar("T")

_REACHING: Final = (
    "SELECT share.no FROM share JOIN item ON item.no = share.item "
    f"WHERE share.recipient = ANY($1::bigint[]) AND item.kind = '{ItemKind.RECORD}' AND item.life = 'live' "
    "ORDER BY share.no DESC LIMIT $2"
)


class PostgresRecords:
    """Rows of collections in the store's own database; see ``core.records.ports.Records``."""

    def __init__(self, connections: Connections, kept: Kept, clock: Clock) -> None:
        """Ask over these connections; ``clock`` is for rules that name the present time."""
        self._connections = connections
        self._kept = kept
        self._clock = clock

    async def catalog(self) -> Catalog:
        """See the port."""
        return await self._answer(lambda connection: rules_over(connection, self._kept, self._clock).catalog())

    async def rules(self, allowed: Allowed, principals: Collection[int]) -> list[Rule]:  # noqa: ARG002
        """See the port."""
        return await self._answer(lambda connection: rules_over(connection, self._kept, self._clock).of(principals))

    async def whose(self, allowed: Allowed, principals: Collection[int]) -> Mapping[int, Known]:  # noqa: ARG002
        """See the port."""

        async def ask(connection: Connection) -> Mapping[int, Known]:
            sets = await _sets(connection, principals, self._kept, self._clock)
            return await rules_over(connection, self._kept, self._clock).whose(sets)

        return await self._answer(ask)

    async def reaching(self, allowed: Allowed, user: int | None, most: int) -> list[int]:  # noqa: ARG002
        """See the port."""

        async def ask(connection: Connection) -> list[int]:
            recipients = frozenset((EVERYONE,))
            if user is not None:
                recipients = (await _sets(connection, (user,), self._kept, self._clock))[user]
            return [no for (no,) in await connection.fetch(_REACHING, list(recipients), most)]

        return await self._answer(ask)

    async def read(
        self,
        allowed: Allowed,  # noqa: ARG002 - the proof is enough
        catalog: Catalog,
        collection: str,
        query: Query,
        facts: Facts,
    ) -> Rows:
        """See the port."""
        return await self._answer(
            lambda connection: PostgresSource(connection, self._kept.plans).read(catalog, collection, query, facts)
        )

    async def tally(
        self,
        allowed: Allowed,  # noqa: ARG002
        catalog: Catalog,
        collection: str,
        query: Query,
        facts: Facts,
    ) -> list[tuple[Scalar, ...]]:
        """See the port."""
        found: Any = await self._answer(
            lambda connection: PostgresSource(connection, self._kept.plans).tally(catalog, collection, query, facts)
        )
        return list(found)

    async def _answer(self, ask: Callable[[Connection], Awaitable[T]]) -> T:
        """Answer within one moment."""

        async def within(connection: Connection) -> T:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await ask(connection)

        return await self._connections.ask(within)


async def _sets(
    connection: Connection, principals: Collection[int], kept: Kept, clock: Clock
) -> Mapping[int, frozenset[int]]:
    fetching = Fetching(connection, Bag(), kept, clock)
    await fetching.fetch(Question("sets", tuple(principals)))
    return fetching.bag.sets
