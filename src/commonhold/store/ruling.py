"""Which rules hold for the rows of records: evaluated by the database itself, where the rows are.

Written to be awaited, as some databases are; whoever never waits runs it by ``sources.reading.now``.
"""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol

from commonhold.core import model
from commonhold.core.identity import RecordRef
from commonhold.core.policy.snapshot import RuleHit
from commonhold.core.ports import Clock
from commonhold.core.problems import Problem
from commonhold.core.query import Facts, Filter, Scalar, all_of
from commonhold.core.records.asking import GROUP, GROUPS, USER, Known, asks, known, possible, settled
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.rules import Rule, read_rule
from commonhold.store.catalogs import Catalogs
from commonhold.store.sources.statements import Plans

MOST_KNOWN: Final = 4_096  # rules of which it is known whether they can be asked
MOST_FLAGS: Final = 200  # filters in one statement: databases bound its columns
NO_UUID: Final = "00000000-0000-4000-8000-000000000000"
SOMEBODY: Final[Known] = {USER: NO_UUID, GROUP: (NO_UUID,), GROUPS: (NO_UUID,)}  # as a trial: facts fit their fields

Hits = Mapping[int, Sequence[RuleHit]]
Flags = dict[str, tuple[bool, ...]]


class Tables(Protocol):
    """What rules are evaluated on: tables and rows of one moment."""

    async def rows(self, table: type[Any], column: str, values: Collection[Any]) -> Sequence[Any]:
        """Return the rows of a table of ours with one of some values in a column."""
        ...

    async def people_at(self) -> int:
        """Return the counter of the installation that moves with every collection."""
        ...

    async def collections(self) -> Sequence[str]:
        """Return the definitions of all collections of our own database (``catalogs.CATALOG``)."""
        ...

    async def flags(
        self, catalog: Catalog, collection: str, keys: Sequence[Scalar], filters: Sequence[Filter], facts: Facts
    ) -> dict[str, tuple[bool, ...]]:
        """Tell which filters hold for which rows; see ``core.records.ports.Source``."""
        ...


class Kept:
    """What outlives a moment: statements, the catalogue, and which rules can be asked."""

    def __init__(self, plans: Plans) -> None:
        """Nothing is known yet."""
        self.plans = plans
        self.catalogs = Catalogs()
        self.sound: dict[tuple[int, str, Filter], bool] = {}


class RecordRules:
    """Evaluates rules on the records of our own database, inside of a reading.

    Records of other sources have no hits here, as no reading spans two databases. A rule about whoever asks is
    evaluated for each of them, with his facts as values, in the same statement.
    """

    def __init__(self, tables: Tables, kept: Kept, clock: Clock) -> None:
        """Ask ``tables``; ``clock`` is for rules that name the present time."""
        self._tables = tables
        self._kept = kept
        self._clock = clock

    async def hits(
        self, records: Collection[model.Item], principals: Collection[int], askers: Mapping[int, frozenset[int]]
    ) -> Hits:
        """Return the rules of these principals that hold, by the number of the record's item."""
        collections = {record.collection for record in records if record.collection is not None}
        known = await self._tables.rows(model.Rule, "collection", collections)
        rules = [read_rule(row) for row in known if row.principal in principals]
        whose = await self.whose(askers) if any(asks(rule.filter) for rule in rules) else {}
        found: dict[int, Sequence[RuleHit]] = {}
        for collection in {rule.collection for rule in rules} & {one.name for one in await self.catalog()}:
            these = [record for record in records if record.collection == collection and record.ref is not None]
            tried = [_Tried(rule, whose, askers) for rule in rules if rule.collection == collection]
            found |= await self._holding(tried, collection, these)
        return found

    async def whose(self, askers: Mapping[int, frozenset[int]]) -> dict[int, Known]:
        """Return the facts about principals, who come with everything that they are, for rules about whoever asks."""
        numbers = frozenset(askers).union(*askers.values())
        people = {one.no: one for one in await self._tables.rows(model.Principal, "no", numbers)}
        edges = await self._tables.rows(model.Member, "member", askers)
        direct: dict[int, set[int]] = {}
        for edge in edges:
            direct.setdefault(edge.member, set()).add(edge.grp)
        return {no: known(no, people, held, frozenset(direct.get(no, ()))) for no, held in askers.items()}

    async def catalog(self) -> Catalog:
        """Return the catalogue of this moment; read anew only if people, rules or collections changed."""
        return await self._kept.catalogs.now(self._tables.collections, await self._tables.people_at())

    async def of(self, principals: Collection[int]) -> list[Rule]:
        """Return the rules of these principals that can be asked: one whose field is gone holds nowhere."""
        rules = map(read_rule, await self._tables.rows(model.Rule, "principal", {*principals}))
        return [rule for rule in rules if await self._asked(rule)]

    async def _asked(self, rule: Rule) -> bool:
        catalog = await self.catalog()
        key = (catalog.version, rule.collection, all_of(rule.filter, rule.check))
        if key not in self._kept.sound:
            if len(self._kept.sound) > MOST_KNOWN:
                self._kept.sound.clear()
            try:
                filters = (settled(rule.filter, SOMEBODY), rule.check)
                await self._tables.flags(catalog, rule.collection, (), filters, Facts(self._clock(), SOMEBODY))
                self._kept.sound[key] = True
            except Problem as problem:
                if problem.code == "unavailable":
                    return False  # for now: what does not answer may do so again
                self._kept.sound[key] = False
        return self._kept.sound[key]

    async def existing(self, refs: Collection[RecordRef]) -> dict[RecordRef, RecordRef]:
        """Return the references to rows that exist, each with its key as the collection writes it."""
        catalog, found = await self.catalog(), {}
        for name in {ref.collection for ref in refs if ref.collection in catalog}:
            key = catalog.field(name, catalog.collection(name).key)
            written: dict[RecordRef, str] = {}
            for ref in refs:
                if ref.collection == name:
                    with contextlib.suppress(Problem):
                        written[ref] = str(key.cast(ref.key))
            there = await self._tables.flags(catalog, name, list(written.values()), (), Facts(0))
            found.update({ref: RecordRef(name, text) for ref, text in written.items() if text in there})
        return found

    async def _holding(self, tried: Sequence["_Tried"], collection: str, records: Sequence[model.Item]) -> Hits:
        filters = [one for each in tried for one in each.filters]
        flags = await self._flags(filters, collection, [record.ref or "" for record in records])
        found: dict[int, Sequence[RuleHit]] = {}
        for record in records:
            held = iter(flags.get(record.ref or "", ()))
            hits = [each.hit([next(held, False) for _ in each.filters]) for each in tried]
            found[record.no] = [hit for hit in hits if hit is not None]
        return found

    async def _flags(self, filters: Sequence[Filter], collection: str, keys: Sequence[str]) -> Flags:
        """Ask which filters hold for which rows; one that cannot be asked, as its field is gone, holds for none."""
        found: Flags = dict.fromkeys(keys, ())
        for at in range(0, len(filters), MOST_FLAGS):
            some = filters[at : at + MOST_FLAGS]
            flags = await self._few_flags(some, collection, keys)
            found = {key: (*held, *flags.get(key, (False,) * len(some))) for key, held in found.items()}
        return found

    async def _few_flags(
        self, filters: Sequence[Filter], collection: str, keys: Sequence[str]
    ) -> dict[str, tuple[bool, ...]]:
        try:
            return await self._tables.flags(await self.catalog(), collection, keys, filters, Facts(self._clock()))
        except Problem:
            if len(filters) == 1:
                return dict.fromkeys(keys, (False,))
        each = [await self._few_flags([one], collection, keys) for one in filters]
        return {key: tuple(one.get(key, (False,))[0] for one in each) for key in keys}


class _Tried:
    """A rule, and the filters that tell whether it holds: its own, or one for each of those whom it may be about."""

    def __init__(self, rule: Rule, whose: Mapping[int, Known], askers: Mapping[int, frozenset[int]]) -> None:
        self.rule = rule
        self.askers = [no for no, held in askers.items() if rule.principal in held] if asks(rule.filter) else None
        if self.askers is None:
            self.filters: list[Filter] = [rule.filter]
        else:
            each = [settled(rule.filter, whose.get(no, {})) for no in self.askers]
            self.filters = [possible(rule.filter), *each]

    def hit(self, held: Sequence[bool]) -> RuleHit | None:
        """Return the hit, if the filters say so."""
        if not held[0]:
            return None
        rule = self.rule
        askers = self.askers
        about = None if askers is None else frozenset(no for no, holds in zip(askers, held[1:], strict=True) if holds)
        return RuleHit(rule.no, rule.principal, rule.actions, rule.fields, about)
