"""Files, folders, apps and outside entries, shown as rows of collections that can be read and shared, not written."""

from collections.abc import Iterable
from typing import Any, Final

from commonhold.core.content.readable import readable, some_of
from commonhold.core.content.tree import Seen
from commonhold.core.query import Facts
from commonhold.core.records.catalog import Catalog, Collection, Field, Relation
from commonhold.core.records.kinds import Kind
from commonhold.core.records.reading import Ground
from commonhold.core.records.rules import WHOLE, Access
from commonhold.core.records.shelf import Shelf
from commonhold.core.roles import ItemKind
from commonhold.faces.directus.registry import COLLECTION_OF
from commonhold.http.face import Call

FOLDERS: Final = COLLECTION_OF[ItemKind.FOLDER]
NAMES: Final = frozenset(name for name in COLLECTION_OF.values() if name)
BEGINS: Final = "commonhold_"

_FIELDS: Final = (
    Field("id", Kind.UUID),
    Field("name"),
    Field("folder", Kind.UUID),
    Field("type"),
    Field("size", Kind.BIGINT),
    Field("owner"),
    Field("created", Kind.TIMESTAMP),
    Field("modified", Kind.TIMESTAMP),
)
_URL: Final = Field("url", Kind.TEXT)


def _collection(kind: ItemKind) -> Collection:
    name = COLLECTION_OF[kind]
    fields = (*_FIELDS, _URL) if kind in (ItemKind.APP, ItemKind.ENTRY) else _FIELDS
    return Collection(name, "id", fields, (Relation(name, "folder", (FOLDERS,)),), read_only=True)


CATALOG: Final = Catalog(0, [_collection(kind) for kind, name in COLLECTION_OF.items() if name])


def row_of(seen: Seen, folders: dict[int, str]) -> dict[str, Any]:
    """Return an item as a row; ``folders``: uids of those that may be seen."""
    item = seen.item
    row = {
        "id": item.uid,
        "name": item.name,
        "folder": folders.get(item.parent or 0),
        "type": item.collection if item.kind is ItemKind.ENTRY else item.media,
        "size": item.size if item.kind is ItemKind.FILE else None,
        "owner": seen.owner_name,
        "created": item.made_at,
        "modified": item.changed_at,
    }
    return {**row, "url": item.url} if item.kind in (ItemKind.APP, ItemKind.ENTRY) else row


def tables(found: Iterable[Seen]) -> dict[str, list[dict[str, Any]]]:
    """Return items as rows by collection; a folder above is named where its recipient sees it."""
    several = list(found)
    folders = {above.no: above.uid for seen in several for above in seen.trail if above.parent is not None}
    folders |= {seen.item.no: seen.item.uid for seen in several if seen.item.kind is ItemKind.FOLDER}
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES}
    for seen in several:
        rows[COLLECTION_OF[seen.item.kind]].append(row_of(seen, folders))
    return rows


async def ground(call: Call, key: str | None = None) -> Ground:
    """Return these collections as the caller may read them; ``key``: the one that is asked for."""

    actor, facts = call.actor, Facts(call.core.clock())
    if key is None and actor.user is None:
        opened = await readable(call.core, actor) if actor.passes else []
        return Shelf(CATALOG, tables(opened), facts, WHOLE if opened else Access())

    async def load(_: frozenset[str]) -> dict[str, list[dict[str, Any]]]:
        return tables(await (readable(call.core, actor) if key is None else _one(call, key)))

    return Shelf(CATALOG, load, facts)


async def _one(call: Call, key: str) -> list[Seen]:
    """Return an item, and the folders above it that the caller sees, too."""
    found = await some_of(call.core, call.actor, [key])
    above = [folder.uid for seen in found for folder in seen.trail]
    return [*found, *(await some_of(call.core, call.actor, above) if above else ())]
