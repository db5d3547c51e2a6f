"""Which rules hold for the rows of records: evaluated by the database itself, where the rows are."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from commonhold.core import model
from commonhold.core.policy.snapshot import RuleHit
from commonhold.core.ports import Clock
from commonhold.core.problems import Problem
from commonhold.core.query import Facts
from commonhold.core.records.catalog import Catalog, decode_collection
from commonhold.core.records.rules import Rule, read_rule
from commonhold.store.sources.dialects import Sqlite
from commonhold.store.sources.sqlite import SqliteSource
from commonhold.store.sources.statements import Plans
from commonhold.store.sqlite.codec import DECODERS
from commonhold.store.sqlite.reader import Reader
from commonhold.store.sqlite.statements import listed, select

CATALOG: Final = "SELECT definition FROM collection WHERE source IS NULL ORDER BY name"

Hits = Mapping[int, Sequence[RuleHit]]


class RecordRules:
    """Evaluates rules on the records of our own database, inside of a reading.

    Records of other sources have no hits here, as no reading spans two databases. A rule about whoever asks holds for
    nobody: a fact that is not known is NULL.
    """

    def __init__(self, reader: Reader, clock: Clock) -> None:
        """Read by ``reader``; ``clock`` is for rules that name the present time."""
        self._reader = reader
        self._clock = clock
        self._plans = Plans(Sqlite())
        self._texts: list[tuple[str]] = []
        self._catalog = Catalog(0)

    def hits(self, records: Collection[model.Item], principals: Collection[int]) -> Hits:
        """Return the rules of these principals that hold, by the number of the record's item."""
        collections = {record.collection for record in records if record.collection is not None}
        raw = self._reader.all(select(model.Rule, "collection", one=False), (listed(collections),))
        rules = [read_rule(row) for row in map(DECODERS[model.Rule], raw) if row.principal in principals]
        found: dict[int, Sequence[RuleHit]] = {}
        for collection in {rule.collection for rule in rules} & {one.name for one in self.catalog()}:
            these = [record for record in records if record.collection == collection and record.ref is not None]
            found |= self._holding([rule for rule in rules if rule.collection == collection], collection, these)
        return found

    def catalog(self) -> Catalog:
        """Return the catalogue of this moment; read anew only if some text of it changed."""
        texts = self._reader.all(CATALOG)
        if texts != self._texts:
            self._texts = texts
            self._catalog = Catalog(self._catalog.version + 1, (decode_collection(text) for (text,) in texts))
        return self._catalog

    def _holding(self, rules: Sequence[Rule], collection: str, records: Sequence[model.Item]) -> Hits:
        flags = self._flags(rules, collection, [record.ref or "" for record in records])
        return {
            record.no: [
                RuleHit(rule.no, rule.principal, rule.actions, rule.fields)
                for rule, holds in zip(rules, flags.get(record.ref or "", ()), strict=False)
                if holds
            ]
            for record in records
        }

    def _flags(self, rules: Sequence[Rule], collection: str, keys: Sequence[str]) -> dict[str, tuple[bool, ...]]:
        """Ask which rules hold for which rows; a rule that cannot be asked, as its field is gone, holds for none."""
        source = SqliteSource(self._reader.connection, self._plans)
        try:
            filters = [rule.filter for rule in rules]
            return source.flags(self._catalog, collection, keys, filters, Facts(self._clock()))
        except Problem:
            if len(rules) == 1:
                return dict.fromkeys(keys, (False,))
        each = [self._flags([rule], collection, keys) for rule in rules]
        return {key: tuple(one.get(key, (False,))[0] for one in each) for key in keys}
