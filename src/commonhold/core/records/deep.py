"""Rows written together with the rows that hang on them: one look, one reading, one commit.

What is to be written is a tree of entries. A row that another one refers to is written before it, rows that refer to
it after it; keys that do not exist yet stand as ``Made`` until the commit gives them. Every row is guarded by the
access of its own collection and action, as if it were written alone.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from commonhold.core.changes import Missed
from commonhold.core.core import Core, Placeholders, attempt, happened
from commonhold.core.identity import Actor, RecordRef
from commonhold.core.problems import Problem
from commonhold.core.query import NEVER, Compare, Facts, Filter, Op, Page, Pick, Query, Scalar
from commonhold.core.records.authority import Authority, authorities, records_of
from commonhold.core.records.catalog import Catalog, Hop, OnDelete
from commonhold.core.records.rows import MOST_WRITTEN, writable
from commonhold.core.records.rules import EVERYTHING, Access, checked, preset, rows_of
from commonhold.core.records.writes import DropRows, Made, PutRows, RecordChange, SetRows
from commonhold.core.roles import Action

WRITING: Final = (Action.CREATE, Action.WRITE, Action.DELETE)


class Entry(msgspec.Struct):
    """A row to be written: the one with a key, or a new one; and the rows that hang on it.

    ``values`` are its own; ``refers``: field → the row that it refers to; ``lists``: to-many field → rows that refer to
    it. A key that no row has is that of a new one if ``upsert`` says so.
    """

    values: dict[str, Any]
    key: Scalar = None
    refers: dict[str, "Entry"] = {}
    lists: dict[str, "Rows"] = {}
    upsert: bool = False
    toward: dict[str, str] = {}  # collections of ``refers`` where the field may lead to several


class Rows(msgspec.Struct):
    """The other side of a to-many relation: rows to be there, and rows to be taken off; ``whole``: no others stay."""

    entries: Sequence[Entry] = ()
    off: Sequence[Scalar] = ()
    whole: bool = False


class Ways(msgspec.Struct, frozen=True):
    """What somebody may write: the catalogue, and his access by action."""

    by_action: Mapping[Action, Authority]

    @property
    def catalog(self) -> Catalog:
        """The collections of this moment."""
        return self.by_action[Action.CREATE].catalog

    @property
    def facts(self) -> Facts:
        """What late values stand for."""
        return self.by_action[Action.CREATE].facts

    def access(self, action: Action) -> Access:
        """Return what he may do."""
        return self.by_action[action].access

    def may(self, action: Action, collection: str) -> bool:
        """Tell whether he may do that with any row of a collection."""
        return collection in self.catalog and rows_of(self.access(action).on(collection)) != NEVER

    def demand(self, action: Action, collection: str) -> None:
        """Refuse whoever may do that with no row of a collection.

        :raises Problem: unknown_collection
        """
        if not self.may(action, collection):
            raise Problem("unknown_collection", collection=collection)
        if self.catalog.collection(collection).read_only:
            raise Problem("read_only", collection=collection)


Build = Callable[[Ways], Awaitable[Sequence[Entry]]]


async def write_rows(
    core: Core, actor: Actor, collection: str, build: Build, row: RecordRef | None = None
) -> list[Scalar]:
    """Write what ``build`` makes of what the actor may, all or nothing, and return the keys of its entries in order.

    Keys that no row has are left out for whoever may write everything. ``row``: one that is asked for by its key.

    :raises Problem: unknown_collection, unknown_column, forbidden, too_many_items, and those of ``rows.insert_rows``
    """

    async def once() -> list[Scalar]:
        ways = Ways(await authorities(core, actor, WRITING, row, whose=False))
        writing = _Writing(ways)
        entries = await build(ways)
        await writing.look(core, collection, entries)
        places = [writing.entry(collection, one) for one in entries]
        try:
            gave = await writing.commit(core, actor)
        except Missed as missed:
            raise Problem("forbidden", collection=str(missed.args[0] if missed.args else collection)) from None
        return [
            place if not isinstance(place, Made) else gave[place.change][place.row]
            for place in places
            if place is not None
        ]

    return await attempt(once)


async def drop_rows(
    core: Core, actor: Actor, collection: str, keys: Sequence[Any], row: RecordRef | None = None
) -> None:
    """Delete rows, all or none; whatever was shared of them ends. See ``write_rows`` for keys that no row has.

    :raises Problem: unknown_collection, forbidden, too_many_items, bad_reference, read_only
    """

    async def once() -> None:
        ways = Ways(await authorities(core, actor, WRITING, row))
        ways.demand(Action.DELETE, collection)
        writing = _Writing(ways)
        wanted = _held(ways.catalog, collection, keys)
        if ways.access(Action.DELETE).on(collection) == EVERYTHING:
            known = await writing.existing(core, collection, wanted)
            wanted = [key for key in wanted if str(key) in known]
        elif len(wanted) != len(dict.fromkeys(map(str, keys))):
            raise Problem("forbidden", collection=collection)
        if wanted:
            writing.drop(collection, wanted)
            try:
                await writing.commit(core, actor)
            except Missed:
                raise Problem("forbidden", collection=collection) from None

    return await attempt(once)


def _held(catalog: Catalog, collection: str, keys: Iterable[Any]) -> list[Scalar]:
    """Return the different keys of these that a collection can have."""
    field = catalog.field(collection, catalog.collection(collection).key)
    found: dict[Scalar, None] = {}
    for key in keys:
        try:
            found[field.cast(key)] = None
        except Problem:
            continue
    found.pop(None, None)
    return list(found)


class _Writing:
    """The changes of one commit, made in an order in which they can be written."""

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self.changes: list[RecordChange] = []
        self.count = 0
        self._known: dict[str, set[str]] = {}  # collection → keys that rows have, of those asked for
        self._there: dict[tuple[str, str, str], list[Scalar]] = {}  # collection, list, key → keys of the rows there

    # reading

    async def look(self, core: Core, collection: str, entries: Sequence[Entry]) -> None:
        """Read which rows exist, and which stand in lists: one question for each collection and relation."""
        asked: dict[str, list[Scalar]] = {}
        lists: dict[tuple[str, str], list[Scalar]] = {}
        for name, entry in self.walk(collection, entries):
            if entry.key is not None:
                asked.setdefault(name, []).append(entry.key)
                for field, rows in entry.lists.items():
                    if rows.whole or rows.off:
                        lists.setdefault((name, field), []).append(entry.key)
        for name, keys in asked.items():
            self._known[name] = await self.existing(core, name, keys)
        for (name, field), keys in lists.items():
            await self.standing(core, name, field, keys)

    def walk(self, collection: str, entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
        """Yield every entry of a tree with its collection."""
        for entry in entries:
            yield collection, entry
            for field, inner in entry.refers.items():
                yield from self.walk(self.target(collection, entry, field), (inner,))
            for field, rows in entry.lists.items():
                yield from self.walk(self.ways.catalog.hop(collection, field).there, rows.entries)

    def target(self, collection: str, entry: Entry, field: str) -> str:
        """Return the collection that a field of an entry leads to."""
        return entry.toward.get(field) or self.ways.catalog.hop(collection, field).there

    async def existing(self, core: Core, collection: str, keys: Sequence[Scalar]) -> set[str]:
        """Return those keys, as texts, that rows have: it decides alone between a new row and a change."""
        if not keys:
            return set()
        key = self.ways.catalog.collection(collection).key
        found = await self.read(
            core, collection, (key,), Compare(key, Op.IN, tuple(_held(self.ways.catalog, collection, keys)))
        )
        return {str(row[key]) for row in found}

    async def standing(self, core: Core, collection: str, field: str, keys: Sequence[Scalar]) -> None:
        """Read which rows stand in the same list of several rows."""
        hop = self.ways.catalog.hop(collection, field)
        key = self.ways.catalog.collection(hop.there).key
        for row in await self.read(core, hop.there, (key, hop.far), Compare(hop.far, Op.IN, tuple(keys))):
            self._there.setdefault((collection, field, str(row[hop.far])), []).append(row[key])

    async def read(self, core: Core, collection: str, names: Sequence[str], where: Filter) -> list[dict[str, Any]]:
        asked = self.ways.by_action[Action.WRITE]
        query = Query(tuple(Pick(name, name) for name in dict.fromkeys(names)), where, page=Page(MOST_WRITTEN + 1))
        return (await records_of(core).read(asked.allowed, asked.catalog, collection, query, asked.facts)).rows

    # writing

    def entry(self, collection: str, entry: Entry) -> Scalar | Made:
        """Write an entry with what hangs on it, and return its key; None for one that is left out."""
        values = dict(entry.values)
        for field, inner in entry.refers.items():
            values[field] = self.entry(self.target(collection, entry, field), inner)
        exists = entry.key is not None and str(entry.key) in self._known.get(collection, ())
        if entry.key is not None and not exists and not entry.upsert:
            if self.ways.access(Action.WRITE).on(collection) == EVERYTHING:
                return None
            self.ways.demand(Action.WRITE, collection)
            raise Problem("forbidden", collection=collection)
        key: Scalar | Made = entry.key
        if exists:
            self.set(collection, entry.key, values)
        else:
            named = {} if entry.key is None else {self.ways.catalog.collection(collection).key: entry.key}
            key = self.put(collection, {**named, **values})
        for field, rows in entry.lists.items():
            self.list(collection, field, key, rows)
        return key

    def list(self, collection: str, field: str, key: Scalar | Made, rows: Rows) -> None:
        """Write the rows of a list, and take off those that shall not be there."""
        hop = self.ways.catalog.hop(collection, field)
        link = {hop.far: key, **({hop.far_kind: collection} if hop.far_kind else {})}
        for one in rows.entries:
            self.entry(hop.there, msgspec.structs.replace(one, values={**one.values, **link}))
        there = [] if isinstance(key, Made) else self._there.get((collection, field, str(key)), [])
        stay, named = {str(one.key) for one in rows.entries}, set(map(str, rows.off))
        if off := [one for one in there if str(one) in named or (rows.whole and str(one) not in stay)]:
            self.take_off(hop, off)

    def take_off(self, hop: Hop, keys: Sequence[Scalar]) -> None:
        """Take rows off a list: they refer to nothing any more, or go if they cannot stand alone."""
        relation = self.ways.catalog.relation(hop.there, hop.far)
        field = self.ways.catalog.field(hop.there, hop.far)
        if not field.nullable or (relation is not None and relation.on_delete is OnDelete.DELETE):
            self.drop(hop.there, keys)
        else:
            for key in keys:
                self.set(hop.there, key, {hop.far: None})

    def put(self, collection: str, row: dict[str, Any]) -> Made:
        """Add a row; to the change before it, if that adds rows of the same collection and fields."""
        self.grow(1)
        self.ways.demand(Action.CREATE, collection)
        asked = self.ways.by_action[Action.CREATE]
        grants = asked.access.on(collection)
        only = writable(asked, collection, row)
        row = {**preset(grants, asked.facts), **row}
        last = self.changes[-1] if self.changes else None
        waits = any(isinstance(one, Made) and one.change == len(self.changes) - 1 for one in row.values())
        if isinstance(last, PutRows) and last.collection == collection and last.only == only and not waits:
            self.changes[-1] = last = msgspec.structs.replace(last, rows=(*last.rows, row))
        else:
            last = PutRows(collection, (row,), only, asked.facts, checked(grants))
            self.changes.append(last)
        return Made(len(self.changes) - 1, len(last.rows) - 1)

    def set(self, collection: str, key: Scalar, values: Mapping[str, Any]) -> None:
        """Change a row; together with others that get the same values just before."""
        self.grow(1)
        self.ways.demand(Action.WRITE, collection)
        asked = self.ways.by_action[Action.WRITE]
        grants = asked.access.on(collection)
        only = writable(asked, collection, values)
        given = {**preset(grants, asked.facts), **values} if values else {}
        last = self.changes[-1] if self.changes else None
        if isinstance(last, SetRows) and last.collection == collection and last.values == given:
            self.changes[-1] = msgspec.structs.replace(last, keys=(*last.keys, key))
        else:
            self.changes.append(SetRows(collection, (key,), given, only, asked.facts, checked(grants)))

    def drop(self, collection: str, keys: Sequence[Scalar]) -> None:
        """Delete rows."""
        self.grow(len(keys))
        self.ways.demand(Action.DELETE, collection)
        asked = self.ways.by_action[Action.DELETE]
        self.changes.append(DropRows(collection, tuple(keys), rows_of(asked.access.on(collection)), asked.facts))

    def grow(self, by: int) -> None:
        self.count += by
        if self.count > MOST_WRITTEN:
            raise Problem("too_many_items", field="rows", limit=MOST_WRITTEN)

    async def commit(self, core: Core, actor: Actor) -> Sequence[Any]:
        """Write everything, guarded by what was looked at; return what each change of records gave."""
        if not self.changes:
            return ()
        guards = {guard: None for one in self.ways.by_action.values() for guard in one.guards}
        kinds = {PutRows: "records.made", SetRows: "records.changed", DropRows: "records.deleted"}
        kind = next((kinds[type(one)] for one in reversed(self.changes) if type(one) in kinds), "records.changed")
        now = self.ways.by_action[Action.CREATE].judge.now
        event = happened(Placeholders()(), now, actor, kind, rows=self.count)
        return (await core.store.commit([*self.changes, event], tuple(guards))).gave
