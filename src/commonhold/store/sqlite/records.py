"""``SqliteRecords``: the port ``Records`` on the readers of the store."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Protocol, TypeVar

from commonhold.core.model import EVERYONE
from commonhold.core.policy.allowed import Allowed
from commonhold.core.query import Facts, Query, Scalar
from commonhold.core.records.asking import Known
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.ports import Rows
from commonhold.core.records.rules import Rule
from commonhold.core.roles import ItemKind
from commonhold.store.sqlite.probes import SqliteProbes
from commonhold.store.sqlite.statements import LISTED, listed

T = TypeVar("T")

_REACHING: Final = (
    f"SELECT share.no FROM share JOIN item ON item.no = share.item "
    f"WHERE share.recipient IN {LISTED} AND item.kind = '{ItemKind.RECORD}' AND item.life = 'live' "
    f"ORDER BY share.no DESC LIMIT ?"
)


class Answers(Protocol):
    """Answers a question inline, or in the pool of readers if that takes long."""

    async def __call__(self, ask: Callable[[SqliteProbes], T]) -> T:
        """Answer it, within the deadline."""
        ...


class SqliteRecords:
    """Rows of collections in the store's own file; see ``core.records.ports.Records``."""

    def __init__(self, answer: Answers) -> None:
        """Ask the store's readers."""
        self._answer = answer

    async def catalog(self) -> Catalog:
        """See the port."""
        return await self._answer(lambda probes: probes.records.catalog())

    async def rules(self, allowed: Allowed, principals: Collection[int]) -> list[Rule]:  # noqa: ARG002
        """See the port."""
        return await self._answer(lambda probes: probes.records.of(principals))

    async def whose(self, allowed: Allowed, principals: Collection[int]) -> Mapping[int, Known]:  # noqa: ARG002
        """See the port."""
        return await self._answer(lambda probes: probes.records.whose(probes.sets(principals)))

    async def reaching(self, allowed: Allowed, user: int | None, most: int) -> list[int]:  # noqa: ARG002
        """See the port."""

        def ask(probes: SqliteProbes) -> list[int]:
            recipients = {EVERYONE} if user is None else probes.sets((user,))[user]
            return [no for (no,) in probes.reader.all(_REACHING, (listed(recipients), most))]

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
        return await self._answer(lambda probes: probes.records.source().read(catalog, collection, query, facts))

    async def tally(
        self,
        allowed: Allowed,  # noqa: ARG002
        catalog: Catalog,
        collection: str,
        query: Query,
        facts: Facts,
    ) -> list[tuple[Scalar, ...]]:
        """See the port."""
        found: Any = await self._answer(lambda probes: probes.records.source().tally(catalog, collection, query, facts))
        return list(found)
