"""Writing rows of records in PostgreSQL.

What a field demands is checked here, as for the embedded engine: relations come and go without their tables being
rebuilt, so that no foreign key says what must hold. Deleting reports every row that went, for a row that comes again
under an old key must not inherit what was shared.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from commonhold.core.problems import Problem
from commonhold.core.query import Scalar
from commonhold.core.records.catalog import Catalog, Collection, OnDelete, Relation
from commonhold.core.records.kinds import Kind
from commonhold.core.records.ports import Values
from commonhold.store.sources.dialects import Postgres, literal, quoted
from commonhold.store.sources.places import place_of
from commonhold.store.sources.postgres_errors import mapped
from commonhold.store.sources.storing import column_of, stored, with_defaults, writable

_DIALECT: Final = Postgres()


async def insert(connection: Any, catalog: Catalog, name: str, rows: Sequence[Values]) -> list[Scalar]:
    """Add rows and return their keys in order."""
    collection = writable(catalog, name)
    field = catalog.field(name, collection.key)
    key = quoted(column_of(catalog, collection, collection.key))
    keys: list[Scalar] = []
    kept = [stored(_DIALECT, catalog, collection, with_defaults(collection, values)) for values in rows]
    made = field.kind in (Kind.INTEGER, Kind.BIGINT)
    for at, row in enumerate(kept, 1):
        columns = ", ".join(quoted(column_of(catalog, collection, each)) for each in row)
        places = ", ".join(_bound(catalog, collection, each, n) for n, each in enumerate(row))
        values = f"({columns}) VALUES ({places})" if row else "DEFAULT VALUES"
        shown = _DIALECT.shown(key, field.kind)
        with mapped(name):
            text = f"INSERT INTO {place_of(collection, _DIALECT)} {values} RETURNING {shown}"
            keys.append(await connection.fetchval(text, *row.values()))
        if made and collection.key in row and (at == len(kept) or collection.key not in kept[at]):
            await _count_on(connection, collection, key)
    await _check_references(connection, catalog, collection, kept)
    return keys


async def _count_on(connection: Any, collection: Collection, key: str) -> None:
    """Let numbers that the database makes go on after those that were given."""
    table = literal(place_of(collection, _DIALECT))
    sequence = await connection.fetchval(f"SELECT pg_get_serial_sequence({table}, {literal(key.strip(chr(34)))})")
    if sequence is not None:
        greatest = f"(SELECT max({key}) FROM {place_of(collection, _DIALECT)})"
        await connection.execute(
            f"SELECT setval({literal(sequence)}, greatest({greatest}, (SELECT last_value FROM {sequence})))"
        )


async def update(connection: Any, catalog: Catalog, name: str, keys: Sequence[Scalar], values: Values) -> list[Scalar]:
    """Change rows and return their keys. A row keeps its key for life: shares name it by that."""
    collection = writable(catalog, name)
    if collection.key in values:
        raise Problem("invalid_field", collection=name, field=collection.key)
    row = stored(_DIALECT, catalog, collection, values)
    if keys and row:
        sets = ", ".join(
            f"{quoted(column_of(catalog, collection, field))} = {_bound(catalog, collection, field, n)}"
            for n, field in enumerate(row)
        )
        where = _among(catalog, collection, collection.key, len(row))
        with mapped(name):
            text = f"UPDATE {place_of(collection, _DIALECT)} SET {sets} WHERE {where}"
            await connection.execute(text, *row.values(), list(keys))
        await _check_references(connection, catalog, collection, [row])
    return list(keys)


async def delete(connection: Any, catalog: Catalog, name: str, keys: Sequence[Scalar]) -> dict[str, list[Scalar]]:
    """Delete rows and what goes with them; return all keys by collection."""
    gone: dict[str, dict[Scalar, None]] = {}
    waiting = [(name, list(keys))]
    while waiting:
        here, wanted = waiting.pop()
        collection = writable(catalog, here)
        known = gone.setdefault(here, {})
        fresh = [key for key in wanted if key not in known]
        known.update(dict.fromkeys(fresh))
        if fresh:
            waiting.extend(await _follow(connection, catalog, collection, fresh))
            where = _among(catalog, collection, collection.key, 0)
            with mapped(here):
                await connection.execute(f"DELETE FROM {place_of(collection, _DIALECT)} WHERE {where}", fresh)
    await _check_kept(connection, catalog, gone)
    return {collection: list(found) for collection, found in gone.items() if found}


async def _follow(
    connection: Any, catalog: Catalog, collection: Collection, keys: Sequence[Scalar]
) -> list[tuple[str, list[Scalar]]]:
    """Clear the fields that refer to rows about to go, and return the rows that go with them."""
    going: list[tuple[str, list[Scalar]]] = []
    for relation in catalog.relations:
        if collection.name in relation.targets and relation.on_delete is not OnDelete.REFUSE:
            table, where, values = _referring(catalog, relation, collection.name, keys)
            referring = catalog.collection(relation.collection)
            if relation.on_delete is OnDelete.DELETE:
                key = quoted(column_of(catalog, referring, referring.key))
                shown = _DIALECT.shown(key, catalog.field(referring.name, referring.key).kind)
                rows = await connection.fetch(f"SELECT {shown} FROM {table} WHERE {where}", *values)
                going.append((relation.collection, [row[0] for row in rows]))
            else:
                column = quoted(column_of(catalog, referring, relation.field))
                with mapped(relation.collection):
                    await connection.execute(f"UPDATE {table} SET {column} = NULL WHERE {where}", *values)
    return going


async def _check_kept(connection: Any, catalog: Catalog, gone: Mapping[str, Mapping[Scalar, None]]) -> None:
    """Refuse where rows are left that insist on one that went."""
    for relation in catalog.relations:
        for target in relation.targets:
            if relation.on_delete is OnDelete.REFUSE and gone.get(target):
                table, where, values = _referring(catalog, relation, target, list(gone[target]))
                if await connection.fetch(f"SELECT 1 FROM {table} WHERE {where} LIMIT 1", *values):
                    raise Problem("bad_reference", collection=relation.collection, field=relation.field)


def _referring(catalog: Catalog, relation: Relation, target: str, keys: Sequence[Scalar]) -> tuple[str, str, list[Any]]:
    """Return table, condition and values for the rows that refer to these."""
    referring = catalog.collection(relation.collection)
    table, where = place_of(referring, _DIALECT), _among(catalog, referring, relation.field, 0)
    if relation.kind_field is None:
        return table, where, [list(keys)]
    kind = quoted(column_of(catalog, referring, relation.kind_field))
    return table, f"{where} AND {kind} = $2::text", [[str(key) for key in keys], target]


async def _check_references(
    connection: Any, catalog: Catalog, collection: Collection, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse a reference that leads nowhere: one statement per relation, whatever the number of rows."""
    for relation in collection.relations:
        values = [row[relation.field] for row in rows if row.get(relation.field) is not None]
        if values and relation.kind_field is None:
            target = catalog.collection(relation.targets[0])
            key = quoted(column_of(catalog, target, target.key))
            kind = catalog.field(target.name, target.key).kind
            there = f"SELECT 1 FROM {place_of(target, _DIALECT)} WHERE {key} = given.value"
            text = (
                f"SELECT {_DIALECT.shown('given.value', kind)} FROM unnest({_DIALECT.listed(0, kind)}) AS given (value)"
            )
            for found in await connection.fetch(f"{text} WHERE NOT EXISTS ({there}) LIMIT 1", values):
                raise Problem("bad_reference", collection=collection.name, field=relation.field, value=found[0])


def _bound(catalog: Catalog, collection: Collection, field: str, n: int) -> str:
    """Write a value as its column keeps it."""
    kind = catalog.field(collection.name, field).kind
    return _DIALECT.parameter(n, kind) + "::jsonb" * (kind is Kind.JSON)


def _among(catalog: Catalog, collection: Collection, field: str, n: int) -> str:
    """Write that a field is one of a bound list."""
    column = quoted(column_of(catalog, collection, field))
    return _DIALECT.among(column, n, catalog.field(collection.name, field).kind)
