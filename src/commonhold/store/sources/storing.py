"""What a field demands of a value before it is written, whatever the database: presence, kind, length and digits."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from commonhold.core.problems import Problem
from commonhold.core.query import Scalar
from commonhold.core.records.catalog import Catalog, Collection, Field
from commonhold.core.records.kinds import Kind
from commonhold.core.records.ports import Values
from commonhold.store.sources.dialects import Dialect

_EXACT: Final = Context(prec=200_000, rounding=ROUND_HALF_EVEN)


def writable(catalog: Catalog, name: str) -> Collection:
    """Return a collection that may be written.

    :raises Problem: read_only
    """
    collection = catalog.collection(name)
    if collection.read_only:
        raise Problem("read_only", collection=name)
    return collection


def with_defaults(collection: Collection, values: Values) -> dict[str, Any]:
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


def stored(dialect: Dialect, catalog: Catalog, collection: Collection, values: Values) -> dict[str, Any]:
    """Return values by field as they are bound."""
    row: dict[str, Any] = {}
    for name, value in values.items():
        field = catalog.field(collection.name, name)
        if field.kind is Kind.ALIAS:
            raise Problem("unknown_column", collection=collection.name, field=name)
        if value is None and not field.nullable:
            raise Problem("missing_field", collection=collection.name, field=name)
        row[name] = dialect.encode(field.kind, _fitted(collection, field, field.cast(value)))
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


def column_of(catalog: Catalog, collection: Collection, field: str) -> str:
    """Return the column that holds a field."""
    return catalog.field(collection.name, field).column or field
