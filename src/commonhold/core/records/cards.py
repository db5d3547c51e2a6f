"""Cards: one row and the rows that it is linked with, as far as somebody may read them, for a page."""

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import msgspec

from commonhold.core.core import Core
from commonhold.core.identity import Actor, RecordRef
from commonhold.core.model import Item
from commonhold.core.query import Fields, Nest, Page, Pick, Query, Scalar
from commonhold.core.records.reading import reading, row_of
from commonhold.core.records.view import View
from commonhold.core.roles import ItemKind

MOST_RELATED: Final = 20  # rows of one relation on a card: it is there to be read

Line: TypeAlias = tuple[str, Any]
"""The name of a field, and its value; what is empty has no line."""


class Related(msgspec.Struct, frozen=True):
    """Rows on the other side of a relation, under the name of its field; ``more``: not all of them are here."""

    name: str
    rows: tuple[tuple[Line, ...], ...]
    more: bool = False


class Card(msgspec.Struct, frozen=True):
    """A row, and what is linked with it."""

    lines: tuple[Line, ...]
    related: tuple[Related, ...] = ()


async def card(core: Core, actor: Actor, item: Item) -> Card | None:
    """Return the card of a row, by one question; None for an item that is none.

    :raises Problem: not_found, unknown_collection
    """
    if item.kind is not ItemKind.RECORD or core.records is None:
        return None
    collection, key = item.collection or "", item.ref or ""
    ground = await reading(core, actor, RecordRef(collection, key))
    nests = tuple(_nests(ground.view, collection))
    row = await row_of(ground, collection, key, Query((*_plain(ground.view, collection), *nests)))
    related = (_related(nest.name, row.get(nest.name)) for nest in nests)
    return Card(_lines(row), tuple(one for one in related if one.rows))


def _plain(view: View, collection: str) -> Fields:
    """Show what a row itself holds; a reference only where what it leads to cannot be shown."""
    shown = [field.name for field in view.fields(collection) if _nest(view, collection, field.name) is None]
    return tuple(Pick(name, name) for name in shown if not _to_many(view, collection, name))


def _to_many(view: View, collection: str, name: str) -> bool:
    relation = view.relation(collection, name)
    return relation is not None and (relation.collection, relation.field) != (collection, name)


def _nests(view: View, collection: str) -> Iterator[Nest]:
    found = (_nest(view, collection, field.name) for field in view.fields(collection))
    return (nest for nest in found if nest is not None)


def _nest(view: View, collection: str, name: str) -> Nest | None:
    """Show what a relation leads to: its own fields, and through a junction the rows on the other side of that."""
    relation = view.relation(collection, name)
    if relation is None or relation.kind_field is not None:
        return None
    there = relation.collection if _to_many(view, collection, name) else relation.targets[0]
    if not view.sees(there):
        return None
    fields: Fields = tuple(
        Pick(field.name, field.name) for field in view.fields(there) if view.catalog.relation(there, field.name) is None
    )
    across = relation.junction if there == relation.collection else None
    beyond = view.relation(there, across) if across else None
    if across and beyond is not None and beyond.kind_field is None and view.sees(beyond.targets[0]):
        target = beyond.targets[0]
        inner = tuple(
            Pick(field.name, field.name)
            for field in view.fields(target)
            if view.catalog.relation(target, field.name) is None
        )
        fields = (Nest(across, across, Query(inner)),) if inner else fields
    return Nest(name, name, Query(fields, page=Page(MOST_RELATED + 1))) if fields else None


def _related(name: str, value: Any) -> Related:
    rows = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    return Related(name, tuple(_lines(row) for row in rows[:MOST_RELATED]), len(rows) > MOST_RELATED)


def _lines(row: dict[str, Any]) -> tuple[Line, ...]:
    """Return the lines of a row; of one that only leads on, the lines of the row it leads to."""
    lines: list[Line] = []
    for name, value in row.items():
        if isinstance(value, dict) and len(row) == 1:
            return _lines(value)
        if value not in (None, "") and not isinstance(value, dict | list):
            lines.append((name, value))
    return tuple(lines)


def text_of(value: Scalar) -> str:
    """Write a value that is no truth value as text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
