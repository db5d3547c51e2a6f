"""Writing rows of records in SQLite.

What a field demands is checked here (kind, length, presence, that a reference leads somewhere), because SQLite checks
little and could not be told later: relations come and go without their tables being rebuilt. Deleting reports every row
that went, for a row that comes again under an old key must not inherit what was shared.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

import msgspec

from commonhold.core.problems import Problem
from commonhold.core.query import Scalar
from commonhold.core.records.catalog import Catalog, Collection, Field, OnDelete, Relation
from commonhold.core.records.kinds import Kind
from commonhold.core.records.ports import Values
from commonhold.store.sources.dialects import Sqlite, quoted
from commonhold.store.sources.sqlite_errors import mapped

_DIALECT: Final = Sqlite()
_EXACT: Final = Context(prec=200_000, rounding=ROUND_HALF_EVEN)
_LISTED: Final = "(SELECT value FROM json_each(:keys))"


def insert(connection: sqlite3.Connection, catalog: Catalog, name: str, rows: Sequence[Values]) -> list[Scalar]:
    """Add rows and return their keys in order."""
    collection = _writable(catalog, name)
    key = quoted(_column(catalog, collection, collection.key))
    keys: list[Scalar] = []
    stored = [_stored(catalog, collection, _with_defaults(collection, values)) for values in rows]
    for row in stored:
        columns = ", ".join(quoted(_column(catalog, collection, field)) for field in row)
        places = ", ".join("?" * len(row))
        values = f"({columns}) VALUES ({places})" if row else "DEFAULT VALUES"
        text = f"INSERT INTO {quoted(collection.place)} {values} RETURNING {key}"
        with mapped(name):
            keys.extend(found[0] for found in connection.execute(text, tuple(row.values())).fetchall())
    _check_references(connection, catalog, collection, stored)
    return keys


def update(
    connection: sqlite3.Connection, catalog: Catalog, name: str, keys: Sequence[Scalar], values: Values
) -> list[Scalar]:
    """Change rows and return their keys. A row keeps its key for life: shares name it by that."""
    collection = _writable(catalog, name)
    if collection.key in values:
        raise Problem("invalid_field", collection=name, field=collection.key)
    row = _stored(catalog, collection, values)
    if keys and row:
        sets = ", ".join(f"{quoted(_column(catalog, collection, field))} = :v{n}" for n, field in enumerate(row))
        parameters = {f"v{n}": value for n, value in enumerate(row.values())} | {"keys": _json(keys)}
        key = quoted(_column(catalog, collection, collection.key))
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
        collection = _writable(catalog, here)
        known = gone.setdefault(here, {})
        fresh = [key for key in wanted if key not in known]
        known.update(dict.fromkeys(fresh))
        if fresh:
            waiting.extend(_follow(connection, catalog, collection, fresh))
            key = quoted(_column(catalog, collection, collection.key))
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
                key = quoted(_column(catalog, referring, referring.key))
                rows = connection.execute(f"SELECT {key} FROM {table} WHERE {where}", parameters).fetchall()
                going.append((relation.collection, [row[0] for row in rows]))
            else:
                column = quoted(_column(catalog, catalog.collection(relation.collection), relation.field))
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
    where = f"{quoted(_column(catalog, referring, relation.field))} IN {_LISTED}"
    if relation.kind_field is None:
        return quoted(referring.place), where, {"keys": _json(keys)}
    kind = quoted(_column(catalog, referring, relation.kind_field))
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
            key = quoted(_column(catalog, target, target.key))
            there = f"SELECT {key} FROM {quoted(target.place)}"
            text = f"SELECT value FROM json_each(:keys) WHERE value NOT IN ({there}) LIMIT 1"
            for found in connection.execute(text, {"keys": _json(values)}).fetchall():
                raise Problem("bad_reference", collection=collection.name, field=relation.field, value=found[0])


def _writable(catalog: Catalog, name: str) -> Collection:
    collection = catalog.collection(name)
    if collection.read_only:
        raise Problem("read_only", collection=name)
    return collection


def _with_defaults(collection: Collection, values: Values) -> dict[str, Any]:
    """Add what is not given; a key that is a number is made by the database."""
    row = dict(values)
    for field in collection.fields:
        if field.kind is Kind.ALIAS:
            continue
        if field.name not in row and field.default is not None:
            row[field.name] = field.default
        made = field.name == collection.key and field.kind in (Kind.INTEGER, Kind.BIGINT)
        if row.get(field.name) is None and made:
            row.pop(field.name, None)
        elif field.name not in row and not field.nullable:
            raise Problem("missing_field", collection=collection.name, field=field.name)
    return row


def _stored(catalog: Catalog, collection: Collection, values: Values) -> dict[str, Any]:
    """Return values by field as SQLite keeps them."""
    row: dict[str, Any] = {}
    for name, value in values.items():
        field = catalog.field(collection.name, name)
        if field.kind is Kind.ALIAS:
            raise Problem("unknown_column", collection=collection.name, field=name)
        if value is None and not field.nullable:
            raise Problem("missing_field", collection=collection.name, field=name)
        row[name] = _DIALECT.encode(field.kind, _fitted(collection, field, field.cast(value)))
    return row


def _fitted(collection: Collection, field: Field, value: Scalar) -> Scalar:
    """Hold a text to its length, a decimal to its digits."""
    if not isinstance(value, str):
        return value
    if field.length is not None and len(value) > field.length:
        raise Problem("value_too_long", collection=collection.name, field=field.name, value=value)
    if field.kind is not Kind.DECIMAL or field.scale is None:
        return value
    number = Decimal(value).quantize(Decimal(1).scaleb(-field.scale), context=_EXACT)
    if field.precision is not None and number and number.adjusted() >= field.precision - field.scale:
        raise Problem("value_out_of_range", collection=collection.name, field=field.name, value=value)
    return format(number, "f")


def _column(catalog: Catalog, collection: Collection, field: str) -> str:
    return catalog.field(collection.name, field).column or field


def _json(values: Sequence[Scalar]) -> str:
    return msgspec.json.encode(values).decode()
