"""Tables of somebody's existing database, read as collections: columns, keys, and how rows refer to one another.

They are in a SQLite file, or in a schema of our PostgreSQL database (``reflect_postgres``). Used by the command line
alone: it loads SQLAlchemy, which no serving process does.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Inspector, create_engine, inspect, text, types
from sqlalchemy.engine.interfaces import ReflectedColumn, ReflectedForeignKeyConstraint
from sqlalchemy.exc import SQLAlchemyError

from commonhold.core.problems import Problem
from commonhold.core.records.catalog import TABLE_PREFIX, Collection, Field, OnDelete, Relation
from commonhold.core.records.changes import NAME
from commonhold.core.records.kinds import Kind
from commonhold.store.schema import metadata
from commonhold.store.sources.dialects import quoted

KindOf = Callable[[str, ReflectedColumn], Kind | None]

SAMPLE: Final = 200  # values by which a column of moments is known to be written as ours are
KINDS: Final[tuple[tuple[type[Any], Kind], ...]] = (
    (types.Boolean, Kind.BOOLEAN),
    (types.Integer, Kind.BIGINT),
    (types.Float, Kind.FLOAT),
    (types.Numeric, Kind.DECIMAL),
    (types.Text, Kind.TEXT),
)
_OF_ENGINES: Final = ("sqlite_", "alembic_", "item_words", TABLE_PREFIX)
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_]+")
_FORMS: Final[tuple[tuple[type[Any], Kind, str], ...]] = (
    (types.DateTime, Kind.DATETIME, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?"),
    (types.Date, Kind.DATE, r"\d{4}-\d\d-\d\d"),
    (types.Time, Kind.TIME, r"\d\d:\d\d:\d\d(\.\d{3})?"),
)


class Place(msgspec.Struct, frozen=True):
    """Where tables are looked at, what their columns hold, and what is said of the collections made of them."""

    inspector: Inspector
    kind_of: KindOf
    source: str | None  # None: beside our own tables
    read_only: bool

    def names(self) -> list[str]:
        """Return the tables there, our own ones left out."""
        found = self.inspector.get_table_names(self.source_schema)
        if self.source is not None:
            return found
        return [one for one in found if one not in metadata.tables and not one.startswith(_OF_ENGINES)]

    @property
    def source_schema(self) -> str | None:
        """The schema to look into; a SQLite file is opened by itself."""
        return self.source if self.inspector.dialect.name == "postgresql" else None


def reflected(
    path: Path, tables: Sequence[str] = (), *, source: str | None, read_only: bool = True
) -> list[Collection]:
    """Return tables of a SQLite file as collections; without names all that can be. ``source``: None for our own file.

    Foreign keys become relations where both ends are adopted together; columns of bytes are left out.

    :raises Problem: not_found for a file or table that is not there, invalid_field for a table without a single key
    """
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:

            def kind_of(table: str, column: ReflectedColumn) -> Kind | None:
                return _kind(connection, table, column)

            return collections_of(Place(inspect(connection), kind_of, source, read_only), tables)
    except SQLAlchemyError as error:
        raise Problem("not_found", field=str(path), reason=str(error).partition("\n")[0][:200]) from None
    finally:
        engine.dispose()


def collections_of(place: Place, tables: Sequence[str]) -> list[Collection]:
    """Return the tables of a place as collections, with the relations between them.

    :raises Problem: not_found, invalid_field
    """
    known = place.names()
    for name in tables:
        if name not in known:
            raise Problem("not_found", field=name)
    found = {name: _collection(place, name) for name in tables or known}
    fit = {name: one for name, one in found.items() if one is not None}
    for name in tables:
        if name not in fit:
            raise Problem("invalid_field", field=name, reason="a table needs a key of one column")
    return [_related(place, name, fit) for name in fit]


def _collection(place: Place, table: str) -> Collection | None:
    key = place.inspector.get_pk_constraint(table, place.source_schema)["constrained_columns"]
    columns = place.inspector.get_columns(table, place.source_schema)
    fields = [field for column in columns if (field := _field(place, table, column))]
    if len(key) != 1 or not any((one.column or one.name) == key[0] for one in fields):
        return None
    name = next(one.name for one in fields if (one.column or one.name) == key[0])
    shown = (replace(one, kind=Kind.STRING) if one.name == name and one.kind is Kind.TEXT else one for one in fields)
    return Collection(_fit(table), name, tuple(shown), (), table, place.source, place.read_only)


def _fit(name: str) -> str:
    """Return a name as collections and fields have them."""
    if NAME.fullmatch(name):
        return name
    fit = _UNFIT.sub("_", name)[:50]
    return fit if NAME.fullmatch(fit) else f"_{fit}"


def _field(place: Place, table: str, column: ReflectedColumn) -> Field | None:
    """Return a column as a field; None for what no field can hold."""
    kind = place.kind_of(table, column)
    if kind is None:
        return None
    name = _fit(column["name"])
    own = "" if name == column["name"] else column["name"]
    return Field(name, kind, nullable=bool(column["nullable"]), column=own)


def _kind(connection: Connection, table: str, column: ReflectedColumn) -> Kind | None:
    """Return what a column of SQLite holds; moments that are written in another way than ours are texts."""
    found = column["type"]
    if isinstance(found, types.LargeBinary | types.NullType):
        return None
    for one, kind, form in _FORMS:
        if isinstance(found, one):
            return kind if _written(connection, table, column["name"], form) else Kind.STRING
    return next((kind for one, kind in KINDS if isinstance(found, one)), Kind.STRING)


def _written(connection: Connection, table: str, column: str, form: str) -> bool:
    """Tell whether the values of a column are all written in a form, as far as one looks."""
    place = f"SELECT {quoted(column)} FROM {quoted(table)} WHERE {quoted(column)} IS NOT NULL LIMIT {SAMPLE}"
    values: Iterable[Any] = connection.execute(text(place)).scalars().all()
    return all(isinstance(one, str) and re.fullmatch(form, one) for one in values)


def _related(place: Place, table: str, found: Mapping[str, Collection]) -> Collection:
    """Add the relations that start in a table, and lead to one that is adopted with it."""
    one = found[table]
    relations: list[Relation] = []
    for key in place.inspector.get_foreign_keys(table, place.source_schema):
        there = found.get(key["referred_table"]) if key["referred_schema"] == place.source_schema else None
        field = _single(one, key["constrained_columns"])
        if there is None or field is None or any(known.field == field.name for known in relations):
            continue
        if _target(there, key) == there.key:
            beside = [known for known in relations if there.name in known.targets]
            reverse = _reverse(one.name, field.name, there, beside)
            relations.append(Relation(one.name, field.name, (there.name,), reverse, on_delete=OnDelete.REFUSE))
    kinds = {known.field: found_key(found, known.targets[0]) for known in relations}
    fields = tuple(replace(field, kind=kinds.get(field.name, field.kind)) for field in one.fields)
    return replace(one, fields=fields, relations=tuple(relations))


def _target(there: Collection, key: ReflectedForeignKeyConstraint) -> str:
    """Return the field that a foreign key refers to; SQLite need not name the key."""
    if not key["referred_columns"]:
        return there.key
    return getattr(_single(there, key["referred_columns"]), "name", "")


def found_key(found: Mapping[str, Collection], name: str) -> Kind:
    """Return the kind of a collection's key, which whatever refers to it has, too."""
    collection = next(one for one in found.values() if one.name == name)
    return next(field.kind for field in collection.fields if field.name == collection.key)


def _single(collection: Collection, columns: Sequence[str]) -> Field | None:
    """Return the field of a key of one column."""
    fields = (field for field in collection.fields if [field.column or field.name] == list(columns))
    return next(fields, None)


def _reverse(name: str, field: str, there: Collection, taken: Sequence[Relation]) -> str:
    """Return the name under which rows that refer are found from the other side."""
    names = {one.name.lower() for one in there.fields}
    plain = name if not taken and name.lower() not in names else f"{name}_by_{field}"
    return plain[:56]
