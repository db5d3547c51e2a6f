"""Writing rows of records in SQLite.

What a field demands is checked here (kind, length, presence, that a reference leads somewhere), because SQLite checks
little and could not be told later: relations come and go without their tables being rebuilt. Deleting reports every row
that went, for a row that comes again under an old key must not inherit what was shared.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from commonhold.core.problems import Problem
from commonhold.core.query import Scalar
from commonhold.core.records.catalog import Catalog, Collection, OnDelete, Relation
from commonhold.core.records.ports import Values
from commonhold.store.sources.dialects import Sqlite, quoted
from commonhold.store.sources.sqlite_errors import mapped
from commonhold.store.sources.storing import column_of, stored, with_defaults, writable

_DIALECT: Final = Sqlite()
_LISTED: Final = "(SELECT value FROM json_each(:keys))"


def insert(connection: sqlite3.Connection, catalog: Catalog, name: str, rows: Sequence[Values]) -> list[Scalar]:
    """Add rows and return their keys in order."""
    collection = writable(catalog, name)
    key = quoted(column_of(catalog, collection, collection.key))
    keys: list[Scalar] = []
    kept = [stored(_DIALECT, catalog, collection, with_defaults(collection, values)) for values in rows]
    for row in kept:
        columns = ", ".join(quoted(column_of(catalog, collection, field)) for field in row)
        places = ", ".join("?" * len(row))
        values = f"({columns}) VALUES ({places})" if row else "DEFAULT VALUES"
        text = f"INSERT INTO {quoted(collection.place)} {values} RETURNING {key}"
        with mapped(name):
            keys.extend(found[0] for found in connection.execute(text, tuple(row.values())).fetchall())
    _check_references(connection, catalog, collection, kept)
    return keys


def update(
    connection: sqlite3.Connection, catalog: Catalog, name: str, keys: Sequence[Scalar], values: Values
) -> list[Scalar]:
    """Change rows and return their keys. A row keeps its key for life: shares name it by that."""
    collection = writable(catalog, name)
    if collection.key in values:
        raise Problem("invalid_field", collection=name, field=collection.key)
    row = stored(_DIALECT, catalog, collection, values)
    if keys and row:
        sets = ", ".join(f"{quoted(column_of(catalog, collection, field))} = :v{n}" for n, field in enumerate(row))
        parameters = {f"v{n}": value for n, value in enumerate(row.values())} | {"keys": _json(keys)}
        key = quoted(column_of(catalog, collection, collection.key))
        with mapped(name):
            connection.execute(f"UPDATE {quoted(collection.place)} SET {sets} WHERE {key} IN {_LISTED}", parameters)
        _check_references(connection, catalog, collection, [row])
    return list(keys)


def delete(
    connection: sqlite3.Connection, catalog: Catalog, name: str, keys: Sequence[Scalar]
) -> dict[str, list[Scalar]]:
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
            waiting.extend(_follow(connection, catalog, collection, fresh))
            key = quoted(column_of(catalog, collection, collection.key))
            text = f"DELETE FROM {quoted(collection.place)} WHERE {key} IN {_LISTED}"
            with mapped(here):
                connection.execute(text, {"keys": _json(fresh)})
    _check_kept(connection, catalog, gone)
    return {collection: list(found) for collection, found in gone.items() if found}


def _follow(
    connection: sqlite3.Connection, catalog: Catalog, collection: Collection, keys: Sequence[Scalar]
) -> list[tuple[str, list[Scalar]]]:
    """Clear the fields that refer to rows about to go, and return the rows that go with them."""
    going: list[tuple[str, list[Scalar]]] = []
    for relation in catalog.relations:
        if collection.name in relation.targets and relation.on_delete is not OnDelete.REFUSE:
            table, where, parameters = _referring(catalog, relation, collection.name, keys)
            if relation.on_delete is OnDelete.DELETE:
                referring = catalog.collection(relation.collection)
                key = quoted(column_of(catalog, referring, referring.key))
                rows = connection.execute(f"SELECT {key} FROM {table} WHERE {where}", parameters).fetchall()
                going.append((relation.collection, [row[0] for row in rows]))
            else:
                column = quoted(column_of(catalog, catalog.collection(relation.collection), relation.field))
                with mapped(relation.collection):
                    connection.execute(f"UPDATE {table} SET {column} = NULL WHERE {where}", parameters)
    return going


def _check_kept(connection: sqlite3.Connection, catalog: Catalog, gone: Mapping[str, Mapping[Scalar, None]]) -> None:
    """Refuse where rows are left that insist on one that went."""
    for relation in catalog.relations:
        for target in relation.targets:
            if relation.on_delete is OnDelete.REFUSE and gone.get(target):
                table, where, parameters = _referring(catalog, relation, target, list(gone[target]))
                if connection.execute(f"SELECT 1 FROM {table} WHERE {where} LIMIT 1", parameters).fetchall():
                    raise Problem("bad_reference", collection=relation.collection, field=relation.field)


def _referring(
    catalog: Catalog, relation: Relation, target: str, keys: Sequence[Scalar]
) -> tuple[str, str, dict[str, Any]]:
    """Return table, condition and values for the rows that refer to these."""
    referring = catalog.collection(relation.collection)
    where = f"{quoted(column_of(catalog, referring, relation.field))} IN {_LISTED}"
    if relation.kind_field is None:
        return quoted(referring.place), where, {"keys": _json(keys)}
    kind = quoted(column_of(catalog, referring, relation.kind_field))
    texts = _json([str(key) for key in keys])
    return quoted(referring.place), f"{where} AND {kind} = :target", {"keys": texts, "target": target}


def _check_references(
    connection: sqlite3.Connection, catalog: Catalog, collection: Collection, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse a reference that leads nowhere: one statement per relation, whatever the number of rows."""
    for relation in collection.relations:
        values = [row[relation.field] for row in rows if row.get(relation.field) is not None]
        if values and relation.kind_field is None:
            target = catalog.collection(relation.targets[0])
            key = quoted(column_of(catalog, target, target.key))
            there = f"SELECT {key} FROM {quoted(target.place)}"
            text = f"SELECT value FROM json_each(:keys) WHERE value NOT IN ({there}) LIMIT 1"
            for found in connection.execute(text, {"keys": _json(values)}).fetchall():
                raise Problem("bad_reference", collection=collection.name, field=relation.field, value=found[0])


def _json(values: Sequence[Scalar]) -> str:
    return msgspec.json.encode(values).decode()
