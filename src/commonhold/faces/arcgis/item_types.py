"""Types of items: what they were added as, else what their kind and media type say."""

from typing import Any, Final

from commonhold.core.keys import in_a_row, words_of
from commonhold.core.model import Item
from commonhold.core.query import Compare, Filter, Not, Op, all_of, any_of
from commonhold.core.roles import ItemKind

FILE: Final = "File"

MEDIA_TYPES: Final[dict[str, str]] = {
    "application/pdf": "PDF",
    "application/json": "JSON",
    "application/geo+json": "GeoJson",
    "application/vnd.google-earth.kml+xml": "KML",
    "application/vnd.google-earth.kmz": "KML",
    "application/vnd.ms-excel": "Microsoft Excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Microsoft Excel",
    "application/msword": "Microsoft Word",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Microsoft Word",
    "application/vnd.ms-powerpoint": "Microsoft Powerpoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "Microsoft Powerpoint",
    "image/jpeg": "Image",
    "image/png": "Image",
    "image/tiff": "Image",
    "image/gif": "Image",
    "image/webp": "Image",
    "text/csv": "CSV",
}
KINDS: Final[dict[ItemKind, str]] = {
    ItemKind.APP: "Web Mapping Application",
    ItemKind.ENTRY: "Document Link",
    ItemKind.RECORD: "Record",
}
APPS: Final = frozenset(("web mapping application", "application", "mobile application", "desktop application"))
"""Types whose address opens something to work with; any other type with an address is a thing kept elsewhere."""


def type_of(item: Item, kept: dict[str, Any]) -> str:
    """Return the type of an item; ``kept``: its attributes."""
    told = kept.get("type")
    if isinstance(told, str) and told:
        return told
    return KINDS.get(item.kind) or MEDIA_TYPES.get(item.media or "", FILE)


def typed(op: Op, text: str) -> Filter:
    """Return the filter of items whose type has words in a row, whether it was told or follows from what they are."""
    wanted, cut = words_of(text), op is Op.ISTARTS_WITH

    def meant(name: str) -> bool:
        return in_a_row(words_of(name), wanted, cut=cut)

    ways: list[Filter] = []
    media = tuple(one for one, name in MEDIA_TYPES.items() if meant(name))
    if media:
        ways.append(all_of(Compare("kind", Op.EQ, ItemKind.FILE), Compare("media", Op.IN, media)))
    if meant(FILE):
        ways.append(all_of(Compare("kind", Op.EQ, ItemKind.FILE), Not(Compare("media", Op.IN, tuple(MEDIA_TYPES)))))
    ways += [Compare("kind", Op.EQ, kind) for kind, name in KINDS.items() if meant(name)]
    told = Compare("type", op, text)
    return any_of(told, all_of(Not(Compare("type", Op.NNULL)), any_of(*ways))) if ways else told
