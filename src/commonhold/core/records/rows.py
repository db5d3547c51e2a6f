"""Rows: read, listed, added up, added, changed, deleted, by whoever may, and as far as he may."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from commonhold.core import cost
from commonhold.core.changes import Change, Missed
from commonhold.core.core import Core, Placeholders, attempt, happened
from commonhold.core.identity import Actor, RecordRef
from commonhold.core.problems import Problem
from commonhold.core.query import NEVER, Compare, Filter, Op, Page, Pick, Query, Scalar, all_of
from commonhold.core.records.asking import asks_query
from commonhold.core.records.authority import Authority, authorities, authority, records_of
from commonhold.core.records.catalog import Catalog, Collection, unknown_column
from commonhold.core.records.guard import EVERY, guarded
from commonhold.core.records.kinds import Kind
from commonhold.core.records.ports import Row, Rows
from commonhold.core.records.rules import Access, checked, fields_of, preset, rows_of, shown_on
from commonhold.core.records.writes import DropRows, PutRows, SetRows
from commonhold.core.roles import Action

MOST_WRITTEN: Final = 1_000  # rows in one request: one transaction, which everybody else waits for
LONGEST: Final = 200  # rows on a page
ALL_FIELDS: Final = (Pick(EVERY),)


class Listed(msgspec.Struct, frozen=True):
    """Rows in order, and what ``Page.after`` is on the next page, if there may be more."""

    rows: list[Row]
    after: tuple[Scalar, ...] | None = None


async def visible(core: Core, actor: Actor) -> Catalog:
    """Return the catalogue as far as the actor may read: collections with rows for him, and of these the fields."""
    return (await possible(core, actor, (Action.READ,)))[Action.READ]


async def possible(core: Core, actor: Actor, actions: Sequence[Action]) -> dict[Action, Catalog]:
    """Return, for each action, the catalogue as far as the actor may do that with some row, by one reading."""
    found = await authorities(core, actor, actions)
    return {action: seen_by(asked) for action, asked in found.items()}


def seen_by(asked: Authority) -> Catalog:
    """Return the catalogue as far as an authority goes: the collections with rows for it, and of these the fields."""
    shown = (_shown(one, asked.access) for one in asked.catalog)
    return Catalog(asked.catalog.version, [one for one in shown if one is not None])


def _shown(collection: Collection, access: Access) -> Collection | None:
    grants = access.on(collection.name)
    if rows_of(grants) == NEVER:
        return None
    names = fields_of(grants)
    if names is None:
        return collection
    return replace(
        collection,
        fields=tuple(field for field in collection.fields if field.name in names),
        relations=tuple(relation for relation in collection.relations if relation.field in names),
    )


async def list_rows(core: Core, actor: Actor, collection: str, query: Query) -> Listed:
    """List rows; what the actor may not read does not exist for filters, sorting and counts either.

    :raises Problem: unknown_collection, unknown_column, bad_query, query_too_costly, bad_cursor, invalid_field
    """
    cost.check(query)
    limit = min(query.page.limit or LONGEST, LONGEST)
    query = replace(query, fields=query.fields or ALL_FIELDS, page=replace(query.page, limit=limit))
    asked = await authority(core, actor, Action.READ, whose=asks_query(query))
    found = await _read(core, asked, collection, query)
    return Listed(found.rows, found.after)


async def tally_rows(core: Core, actor: Actor, collection: str, query: Query) -> list[tuple[Scalar, ...]]:
    """Add rows up: per group its operands, then the measures.

    :raises Problem: as ``list_rows``
    """
    cost.check(query)
    asked = await authority(core, actor, Action.READ, whose=asks_query(query))
    query = guarded(asked.catalog, collection, query, asked.access)
    return await records_of(core).tally(asked.allowed, asked.catalog, collection, query, asked.facts)


async def get_row(core: Core, actor: Actor, collection: str, key: str, query: Query = Query(ALL_FIELDS)) -> Row:  # noqa: B008
    """Return one row by its key.

    :raises Problem: not_found, also where the actor may not read it; unknown_collection, unknown_column
    """
    cost.check(query)
    ref = RecordRef(collection, key)
    asked = await authority(core, actor, Action.READ, ref, whose=asks_query(query))
    query = guarded(asked.catalog, collection, replace(query, page=Page(1), sort=()), asked.access)
    where = Compare(asked.catalog.collection(collection).key, Op.EQ, _key(asked.catalog, collection, key))
    query = replace(query, filter=all_of(where, query.filter))
    found = await records_of(core).read(asked.allowed, asked.catalog, collection, query, asked.facts)
    if not found.rows:
        raise Problem("not_found", field="key")
    return found.rows[0]


async def _read(core: Core, asked: Authority, collection: str, query: Query) -> Rows:
    query = guarded(asked.catalog, collection, query, asked.access)
    return await records_of(core).read(asked.allowed, asked.catalog, collection, query, asked.facts)


def _key(catalog: Catalog, collection: str, key: Any) -> Scalar:
    """Return a key as the collection has it; what can be none names no row."""
    try:
        found = catalog.field(collection, catalog.collection(collection).key).cast(key)
    except Problem:
        found = None
    if found is None:
        raise Problem("not_found", field="key")
    return found


async def insert_rows(
    core: Core, actor: Actor, collection: str, rows: Sequence[Mapping[str, Any]]
) -> tuple[Scalar, ...]:
    """Add rows in one transaction and return their keys. The rows must be such as the actor may add.

    :raises Problem: unknown_collection, unknown_column, forbidden, too_many_items, read_only, not_unique,
        missing_field, bad_reference, invalid_field, value_too_long, value_out_of_range
    """
    _refuse_many(rows)

    async def once() -> tuple[Scalar, ...]:
        asked = await authority(core, actor, Action.CREATE)
        await _refuse_unwritable(core, actor, asked, collection)
        named = dict.fromkeys(name for row in rows for name in row)
        only = writable(asked, collection, named)
        grants = asked.access.on(collection)
        given = preset(grants, asked.facts)
        change = PutRows(collection, tuple({**given, **row} for row in rows), only, asked.facts, checked(grants))
        try:
            (gave,) = await _commit(core, actor, asked, change, "records.made", len(rows))
        except Missed:
            raise Problem("forbidden", collection=collection) from None
        return tuple(gave)

    return await attempt(once)


async def update_rows(
    core: Core, actor: Actor, collection: str, keys: Sequence[Any], values: Mapping[str, Any]
) -> tuple[Scalar, ...]:
    """Change rows in one transaction, all of them or none, and return their keys.

    :raises Problem: not_found, forbidden, and those of ``insert_rows``
    """
    _refuse_many(keys)

    async def once() -> tuple[Scalar, ...]:
        asked = await authority(core, actor, Action.WRITE, _only_one(collection, keys))
        await _refuse_unwritable(core, actor, asked, collection)
        wanted = _keys(asked, collection, keys)
        grants, only = asked.access.on(collection), writable(asked, collection, values)
        given = {**preset(grants, asked.facts), **values}
        change = SetRows(collection, wanted, given, only, asked.facts, checked(grants))
        try:
            (gave,) = await _commit(core, actor, asked, change, "records.changed", len(wanted))
        except Missed:
            raise await _missed(core, actor, collection, wanted) from None
        return tuple(gave)

    return await attempt(once)


async def delete_rows(core: Core, actor: Actor, collection: str, keys: Sequence[Any]) -> dict[str, list[Scalar]]:
    """Delete rows in one transaction, all or none; whatever was shared of them ends with them.

    Returns all keys that went, by collection: relations may take rows along.

    :raises Problem: not_found, forbidden, bad_reference, read_only, too_many_items
    """
    _refuse_many(keys)

    async def once() -> dict[str, list[Scalar]]:
        asked = await authority(core, actor, Action.DELETE, _only_one(collection, keys))
        await _refuse_unwritable(core, actor, asked, collection)
        wanted = _keys(asked, collection, keys)
        change = DropRows(collection, wanted, rows_of(asked.access.on(collection)), asked.facts)
        try:
            (gave,) = await _commit(core, actor, asked, change, "records.deleted", len(wanted))
        except Missed:
            raise await _missed(core, actor, collection, wanted) from None
        return dict(gave)

    return await attempt(once)


def _refuse_many(given: Sequence[Any]) -> None:
    if not given:
        raise Problem("missing_field", field="rows")
    if len(given) > MOST_WRITTEN:
        raise Problem("too_many_items", field="rows", limit=MOST_WRITTEN)


def _only_one(collection: str, keys: Sequence[Any]) -> RecordRef | None:
    return RecordRef(collection, str(keys[0])) if len(keys) == 1 else None


def _keys(asked: Authority, collection: str, keys: Sequence[Any]) -> tuple[Scalar, ...]:
    return tuple(dict.fromkeys(_key(asked.catalog, collection, key) for key in keys))


async def _refuse_unwritable(core: Core, actor: Actor, asked: Authority, collection: str) -> None:
    """Refuse who may write no row at all; who may not read one either learns nothing."""
    known = collection in asked.catalog
    if known and rows_of(asked.access.on(collection)) != NEVER:
        if asked.catalog.collection(collection).read_only:
            raise Problem("read_only", collection=collection)
        return
    reading = await authority(core, actor, Action.READ) if known else None
    if reading is None or rows_of(reading.access.on(collection)) == NEVER:
        raise Problem("unknown_collection", collection=collection)
    raise Problem("forbidden", collection=collection)


def writable(asked: Authority, collection: str, names: Mapping[str, Any]) -> Filter:
    """Return the filter of the rows of which all these fields may be written.

    :raises Problem: unknown_column for a field that may be written of no row
    """
    grants = asked.access.on(collection)
    only = rows_of(grants)
    for name in names:
        field = asked.catalog.field(collection, name)
        shown = shown_on(grants, name)
        if shown == NEVER or field.kind is Kind.ALIAS:
            raise unknown_column(collection, name)
        only = all_of(only, shown)
    return only


async def _commit(
    core: Core, actor: Actor, asked: Authority, change: PutRows | SetRows | DropRows, kind: str, count: int
) -> tuple[Any, ...]:
    changes: list[Change] = [change, happened(Placeholders()(), asked.judge.now, actor, kind, rows=count)]
    return tuple((await core.store.commit(changes, asked.guards)).gave)


async def _missed(core: Core, actor: Actor, collection: str, keys: Sequence[Scalar]) -> Problem:
    """Return why rows could not be written: forbidden, if the actor may at least read them all."""
    asked = await authority(core, actor, Action.READ, _only_one(collection, keys))
    key = asked.catalog.collection(collection).key
    where = all_of(Compare(key, Op.IN, tuple(keys)), rows_of(asked.access.on(collection)))
    query = Query((Pick(key),), where, page=Page(len(keys)))
    found = await records_of(core).read(asked.allowed, asked.catalog, collection, query, asked.facts)
    return Problem("forbidden" if len(found.rows) == len(set(keys)) else "not_found", field="key")
