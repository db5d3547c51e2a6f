"""Which rules hold for the rows of records, asked of the embedded engine, which never waits."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from commonhold.core import model
from commonhold.core.identity import RecordRef
from commonhold.core.ports import Clock
from commonhold.core.query import Facts, Filter, Scalar
from commonhold.core.records.asking import Known
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.rules import Rule
from commonhold.store import ruling
from commonhold.store.catalogs import CATALOG
from commonhold.store.sources.dialects import Sqlite
from commonhold.store.sources.reading import now
from commonhold.store.sources.sqlite import SqliteSource
from commonhold.store.sources.statements import Plans
from commonhold.store.sqlite.codec import DECODERS
from commonhold.store.sqlite.reader import Reader
from commonhold.store.sqlite.statements import INSTANCE, listed, select


class _Tables:
    """The tables of a reader; see ``ruling.Tables``."""

    def __init__(self, reader: Reader, plans: Plans) -> None:
        self._all = reader.all
        self.source = SqliteSource(reader.connection, plans)

    async def rows(self, table: type[model.Row], column: str, values: Collection[Any]) -> Sequence[Any]:
        raw = self._all(select(table, column, one=False), (listed(values),))
        return list(map(DECODERS[table], raw))

    async def people_at(self) -> int:
        ((_, people_at, *_),) = self._all(INSTANCE)
        return int(people_at)

    async def collections(self) -> Sequence[str]:
        return [text for (text,) in self._all(CATALOG)]

    async def flags(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], filters: Sequence[Filter], facts: Facts
    ) -> dict[str, tuple[bool, ...]]:
        return self.source.flags(catalog, collection, keys, filters, facts)


class RecordRules:
    """Evaluates rules on the records of our own database, inside of a reading; see ``ruling.RecordRules``."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        """Read by ``reader``; ``clock`` is for rules that name the present time."""
        kept = ruling.Kept(Plans(Sqlite()))
        self._tables = _Tables(reader, kept.plans)
        self._rules = ruling.RecordRules(self._tables, kept, clock)

    def hits(
        self, records: Collection[model.Item], principals: Collection[int], askers: Mapping[int, frozenset[int]]
    ) -> ruling.Hits:
        """Return the rules of these principals that hold, by the number of the record's item."""
        return now(self._rules.hits(records, principals, askers))

    def whose(self, askers: Mapping[int, frozenset[int]]) -> dict[int, Known]:
        """Return the facts about principals, who come with everything that they are, for rules about whoever asks."""
        return now(self._rules.whose(askers))

    def catalog(self) -> Catalog:
        """Return the catalogue of this moment; read anew only if people, rules or collections changed."""
        return now(self._rules.catalog())

    def source(self) -> SqliteSource:
        """Return the rows of this moment."""
        return self._tables.source

    def of(self, principals: Collection[int]) -> list[Rule]:
        """Return the rules of these principals that can be asked: one whose field is gone holds nowhere."""
        return now(self._rules.of(principals))

    def existing(self, refs: Collection[RecordRef]) -> dict[RecordRef, RecordRef]:
        """Return the references to rows that exist, each with its key as the collection writes it."""
        return now(self._rules.existing(refs))
