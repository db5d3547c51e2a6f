"""Tables of somebody's existing SQLite file, read as collections: columns, keys, and how rows refer to one another.

Used by the command line alone: it loads SQLAlchemy, which no serving process does.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Engine, create_engine, inspect, text, types
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import SQLAlchemyError

from commonhold.core.problems import Problem
from commonhold.core.records.catalog import Collection, Field, OnDelete, Relation
from commonhold.core.records.changes import NAME
from commonhold.core.records.kinds import Kind
from commonhold.store.sources.dialects import quoted

SAMPLE: Final = 200  # values by which a column of moments is known to be written as ours are
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_]+")
_KINDS: Final[tuple[tuple[type[Any], Kind], ...]] = (
    (types.Boolean, Kind.BOOLEAN),
    (types.Integer, Kind.BIGINT),
    (types.Float, Kind.FLOAT),
    (types.Numeric, Kind.DECIMAL),
    (types.Text, Kind.TEXT),
)
_FORMS: Final[tuple[tuple[type[Any], Kind, str], ...]] = (
    (types.DateTime, Kind.DATETIME, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?"),
    (types.Date, Kind.DATE, r"\d{4}-\d\d-\d\d"),
    (types.Time, Kind.TIME, r"\d\d:\d\d:\d\d(\.\d{3})?"),
)


def reflected(
    path: Path, tables: Sequence[str] = (), *, source: str | None, read_only: bool = True
) -> list[Collection]:
    """Return tables of a SQLite file as collections; without names all that can be. ``source``: None for our own file.

    Foreign keys become relations where both ends are adopted together; columns of bytes are left out.

    :raises Problem: not_found for a file or table that is not there, invalid_field for a table without a single key
    """
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    try:
        known = [one for one in inspect(engine).get_table_names() if not one.startswith(("sqlite_", "r_"))]
        for name in tables:
            if name not in known:
                raise Problem("not_found", field=name)
        found = {name: _collection(engine, name, source, read_only) for name in tables or known}
        if not tables:
            found = {name: one for name, one in found.items() if one is not None}
        for name, one in found.items():
            if one is None:
                raise Problem("invalid_field", field=name, reason="a table needs a key of one column")
        fit = {name: one for name, one in found.items() if one is not None}
        return [_related(engine, name, fit) for name in fit]
    except SQLAlchemyError as error:
        raise Problem("not_found", field=str(path), reason=str(error).partition("\n")[0][:200]) from None
    finally:
        engine.dispose()


def _collection(engine: Engine, table: str, source: str | None, read_only: bool) -> Collection | None:
    key = inspect(engine).get_pk_constraint(table)["constrained_columns"]
    fields = [field for column in inspect(engine).get_columns(table) if (field := _field(engine, table, column))]
    if len(key) != 1 or not any((one.column or one.name) == key[0] for one in fields):
        return None
    name = next(one.name for one in fields if (one.column or one.name) == key[0])
    shown = (replace(one, kind=Kind.STRING) if one.name == name and one.kind is Kind.TEXT else one for one in fields)
    return Collection(_fit(table), name, tuple(shown), (), table, source, read_only)


def _fit(name: str) -> str:
    """Return a name as collections and fields have them."""
    if NAME.fullmatch(name):
        return name
    fit = _UNFIT.sub("_", name)[:50]
    return fit if NAME.fullmatch(fit) else f"_{fit}"


def _field(engine: Engine, table: str, column: ReflectedColumn) -> Field | None:
    """Return a column as a field; None for bytes."""
    kind = _kind(engine, table, column)
    if kind is None:
        return None
    name = _fit(column["name"])
    own = "" if name == column["name"] else column["name"]
    return Field(name, kind, nullable=bool(column["nullable"]), column=own)


def _kind(engine: Engine, table: str, column: ReflectedColumn) -> Kind | None:
    """Return what a column holds; moments that are written in another way than ours are texts."""
    found = column["type"]
    if isinstance(found, types.LargeBinary | types.NullType):
        return None
    for one, kind, form in _FORMS:
        if isinstance(found, one):
            return kind if _written(engine, table, column["name"], form) else Kind.STRING
    return next((kind for one, kind in _KINDS if isinstance(found, one)), Kind.STRING)


def _written(engine: Engine, table: str, column: str, form: str) -> bool:
    """Tell whether the values of a column are all written in a form, as far as one looks."""
    place = f"SELECT {quoted(column)} FROM {quoted(table)} WHERE {quoted(column)} IS NOT NULL LIMIT {SAMPLE}"
    with engine.connect() as connection:
        values: Iterable[Any] = connection.execute(text(place)).scalars().all()
    return all(isinstance(one, str) and re.fullmatch(form, one) for one in values)


def _related(engine: Engine, table: str, found: Mapping[str, Collection]) -> Collection:
    """Add the relations that start in a table, and lead to one that is adopted with it."""
    one = found[table]
    relations: list[Relation] = []
    for key in inspect(engine).get_foreign_keys(table):
        there = found.get(key["referred_table"])
        field = _single(one, key["constrained_columns"])
        if there is None or field is None or any(known.field == field.name for known in relations):
            continue
        target = (
            there.key if not key["referred_columns"] else getattr(_single(there, key["referred_columns"]), "name", "")
        )
        if target == there.key:
            reverse = _reverse(
                one.name, field.name, there, [known for known in relations if there.name in known.targets]
            )
            relations.append(Relation(one.name, field.name, (there.name,), reverse, on_delete=OnDelete.REFUSE))
    kinds = {known.field: found_key(found, known.targets[0]) for known in relations}
    fields = tuple(replace(field, kind=kinds.get(field.name, field.kind)) for field in one.fields)
    return replace(one, fields=fields, relations=tuple(relations))


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
