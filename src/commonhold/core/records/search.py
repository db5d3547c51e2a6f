"""Plain words searched for in the rows of a collection."""

from collections.abc import Iterator

from commonhold.core.problems import Problem
from commonhold.core.query import Compare, Filter, Op, any_of
from commonhold.core.records.catalog import Catalog, Field
from commonhold.core.records.kinds import NUMBERS, TEXTS, Kind
from commonhold.core.records.rules import FieldSet


def search(catalog: Catalog, collection: str, text: str, fields: FieldSet = None) -> Filter:
    """Return the filter of the rows in which a field (of these; None: any) has the words.

    Texts contain them whatever their case, numbers and UUIDs are equal to them; other fields are not searched.
    """
    searched = (field for field in catalog.collection(collection).fields if fields is None or field.name in fields)
    return any_of(*(found for field in searched for found in _found(field, text)))


def _found(field: Field, text: str) -> Iterator[Filter]:
    if field.kind in TEXTS:
        yield Compare(field.name, Op.ICONTAINS, text)
    elif field.kind in NUMBERS or field.kind is Kind.UUID:
        try:
            yield Compare(field.name, Op.EQ, field.cast(text))
        except Problem:
            return
