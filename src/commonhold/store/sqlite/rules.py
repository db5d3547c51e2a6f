"""Which rules hold for the rows of records: evaluated by the database itself, where the rows are."""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from commonhold.core import model
from commonhold.core.identity import RecordRef
from commonhold.core.policy.snapshot import RuleHit
from commonhold.core.ports import Clock
from commonhold.core.problems import Problem
from commonhold.core.query import Facts, Filter
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.rules import Rule, read_rule
from commonhold.store.sources.dialects import Sqlite
from commonhold.store.sources.sqlite import SqliteSource
from commonhold.store.sources.statements import Plans
from commonhold.store.sqlite.catalogs import Catalogs
from commonhold.store.sqlite.codec import DECODERS
from commonhold.store.sqlite.reader import Reader
from commonhold.store.sqlite.statements import INSTANCE, listed, select

MOST_KNOWN: Final = 4_096  # rules of which it is known whether they can be asked

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
        self._catalogs = Catalogs(reader.all)
        self._sound: dict[tuple[int, str, Filter], bool] = {}

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
        """Return the catalogue of this moment; read anew only if people, rules or collections changed."""
        ((_, people_at, *_),) = self._reader.all(INSTANCE)
        return self._catalogs.now(people_at)

    def source(self) -> SqliteSource:
        """Return the rows of this moment."""
        return SqliteSource(self._reader.connection, self._plans)

    def of(self, principals: Collection[int]) -> list[Rule]:
        """Return the rules of these principals that can be asked: one whose field is gone holds nowhere."""
        raw = self._reader.all(select(model.Rule, "principal", one=False), (listed({*principals}),))
        return [rule for rule in (read_rule(DECODERS[model.Rule](one)) for one in raw) if self._asked(rule)]

    def _asked(self, rule: Rule) -> bool:
        catalog = self.catalog()
        key = (catalog.version, rule.collection, rule.filter)
        if key not in self._sound:
            if len(self._sound) > MOST_KNOWN:
                self._sound.clear()
            try:
                self.source().flags(catalog, rule.collection, (), (rule.filter,), Facts(self._clock()))
                self._sound[key] = True
            except Problem:
                self._sound[key] = False
        return self._sound[key]

    def existing(self, refs: Collection[RecordRef]) -> dict[RecordRef, RecordRef]:
        """Return the references to rows that exist, each with its key as the collection writes it."""
        catalog, found = self.catalog(), {}
        for name in {ref.collection for ref in refs if ref.collection in catalog}:
            key = catalog.field(name, catalog.collection(name).key)
            written: dict[RecordRef, str] = {}
            for ref in refs:
                if ref.collection == name:
                    with contextlib.suppress(Problem):
                        written[ref] = str(key.cast(ref.key))
            there = self.source().flags(catalog, name, list(written.values()), (), Facts(0))
            found.update({ref: RecordRef(name, text) for ref, text in written.items() if text in there})
        return found

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
        try:
            filters = [rule.filter for rule in rules]
            return self.source().flags(self.catalog(), collection, keys, filters, Facts(self._clock()))
        except Problem:
            if len(rules) == 1:
                return dict.fromkeys(keys, (False,))
        each = [self._flags([rule], collection, keys) for rule in rules]
        return {key: tuple(one.get(key, (False,))[0] for one in each) for key in keys}
