"""Tables of records in SQLite: one per collection, changed to fit the next catalogue. Adopted ones stay."""

import sqlite3
from collections.abc import Iterable
from typing import Final, TypeAlias

from commonhold.core.problems import Problem
from commonhold.core.query import Scalar
from commonhold.core.records.catalog import Catalog, Collection, Field
from commonhold.core.records.kinds import Kind
from commonhold.store.sources.dialects import literal, quoted
from commonhold.store.sources.sqlite_errors import mapped

Index: TypeAlias = tuple[str, tuple[str, ...], bool]  # name, columns, unique

_TYPES: Final = {
    Kind.INTEGER: "INTEGER",
    Kind.BIGINT: "INTEGER",
    Kind.TIMESTAMP: "INTEGER",
    Kind.BOOLEAN: "INTEGER",
    Kind.FLOAT: "REAL",
    Kind.DECIMAL: "NUMERIC",
}


def reshape(connection: sqlite3.Connection, before: Catalog, after: Catalog) -> None:
    """Make, change and drop tables so that they fit the later catalogue."""
    old = {collection.name: collection for collection in before if ours(collection)}
    new = {collection.name: collection for collection in after if ours(collection)}
    for name in old.keys() - new.keys():
        connection.execute(f"DROP TABLE {quoted(old[name].place)}")
    for name, collection in new.items():
        if name not in old:
            connection.execute(_create(collection))
            _index(connection, collection, indexes_of(collection))
        elif collection != old[name]:
            _change(connection, old[name], collection)


def ours(collection: Collection) -> bool:
    """Tell whether the table of a collection is made and changed by us."""
    return collection.source is None and not collection.table


def _create(collection: Collection) -> str:
    columns = ", ".join(_definition(field, collection.key) for field in columns_of(collection))
    return f"CREATE TABLE {quoted(collection.place)} ({columns})"


def columns_of(collection: Collection) -> list[Field]:
    """Return the fields that have a column."""
    return [field for field in collection.fields if field.kind is not Kind.ALIAS]


def _definition(field: Field, key: str) -> str:
    """Write a column. Numbers of deleted rows are not given again (AUTOINCREMENT): shares name rows by key."""
    text = f"{quoted(field.column or field.name)} {_TYPES.get(field.kind, 'TEXT')}"
    if field.name != key:
        return text if field.nullable else f"{text} NOT NULL"
    return f"{text} PRIMARY KEY AUTOINCREMENT" if _TYPES.get(field.kind) else f"{text} PRIMARY KEY NOT NULL"


def _change(connection: sqlite3.Connection, old: Collection, new: Collection) -> None:
    """Add and drop columns and indexes of a table."""
    table = quoted(new.place)
    had = {field.name: field for field in columns_of(old)}
    has = {field.name: field for field in columns_of(new)}
    old_indexes, new_indexes = indexes_of(old), indexes_of(new)
    for name, _, _ in old_indexes - new_indexes:
        connection.execute(f"DROP INDEX {quoted(name)}")
    for name in had.keys() - has.keys():
        connection.execute(f"ALTER TABLE {table} DROP COLUMN {quoted(had[name].column or name)}")
    for name, field in has.items():
        if name not in had:
            _add(connection, new, field)
    _index(connection, new, new_indexes - old_indexes)


def _add(connection: sqlite3.Connection, collection: Collection, field: Field) -> None:
    """Add a column; the rows that are there get its default, without which it may not be demanded of them."""
    table = quoted(collection.place)
    needed = not field.nullable and field.default is None
    if needed and connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall():
        raise Problem("missing_field", collection=collection.name, field=field.name)
    text = f"ALTER TABLE {table} ADD COLUMN {quoted(field.column or field.name)} {_TYPES.get(field.kind, 'TEXT')}"
    if field.default is not None:
        text += f" DEFAULT {_constant(field.cast(field.default))}" + " NOT NULL" * (not field.nullable)
    connection.execute(text)


def _constant(value: Scalar) -> str:
    if isinstance(value, str):
        return literal(value)
    return str(int(value)) if isinstance(value, bool) else str(value)


def indexes_of(collection: Collection) -> set[Index]:
    """Return name, columns and uniqueness of the indexes a collection wants: relations are searched from both sides."""
    found: set[Index] = set()
    columns = {field.name: field.column or field.name for field in columns_of(collection)}
    for field in columns_of(collection):
        if field.name == collection.key:
            continue
        if field.unique:
            found.add((f"{collection.place}.{field.name}.unique", (columns[field.name],), True))
        elif field.indexed:
            found.add((f"{collection.place}.{field.name}", (columns[field.name],), False))
    for relation in collection.relations:
        kind = (columns[relation.kind_field],) if relation.kind_field else ()
        found.add((f"{collection.place}.{relation.field}.link", (columns[relation.field], *kind), False))
    return found


def _index(connection: sqlite3.Connection, collection: Collection, wanted: Iterable[Index]) -> None:
    """Make indexes. Rows without a value stand in none: where most have none, statistics would advise against it."""
    for name, columns, unique in sorted(wanted):
        listed = ", ".join(quoted(column) for column in columns)
        with mapped(collection.name):
            connection.execute(
                f"CREATE {'UNIQUE ' * unique}INDEX {quoted(name)} ON {quoted(collection.place)} ({listed})"
                f" WHERE {quoted(columns[0])} IS NOT NULL"
            )
