"""What items look like in this dialect, and how what it says of one is kept."""

from collections.abc import Mapping
from typing import Any, Final

from commonhold.core.content.reaching import Wide
from commonhold.core.model import attributes_of
from commonhold.core.policy.width import Width
from commonhold.core.roles import Action
from commonhold.faces.arcgis.ids import id_of
from commonhold.faces.arcgis.item_types import type_of
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.values import json_of, tags_of

ACCESS: Final = {Width.NOBODY: "private", Width.SOME: "shared", Width.ORG: "org", Width.EVERYONE: "public"}

TEXTS: Final[dict[str, str]] = {
    "type": "type",
    "snippet": "summary",
    "description": "description",
    "accessInformation": "accessInformation",
    "licenseInfo": "licenseInfo",
    "culture": "culture",
    "properties": "properties",
    "spatialReference": "spatialReference",
    "thumbnailurl": "thumbnailUrl",
}
"""Texts as they are sent → the attribute that each is kept as."""

LISTS: Final[dict[str, str]] = {"tags": "tags", "typeKeywords": "keywords", "categories": "categories"}


def item_shape(wide: Wide) -> dict[str, Any]:
    """Return an item as its reader sees it."""
    item, kept = wide.seen.item, attributes_of(wide.seen.item)
    return {
        "id": id_of(item.uid),
        "owner": wide.seen.owner_name,
        "orgId": id_of(wide.org) if wide.org else None,
        "created": item.made_at,
        "modified": item.changed_at,
        "isOrgItem": wide.org is not None,
        "guid": None,
        "name": item.name if item.media is not None else None,
        "title": kept.get("title") or item.name or f"{item.collection} {item.ref}",
        "type": type_of(item, kept),
        "typeKeywords": kept.get("keywords") or [],
        "description": kept.get("description"),
        "tags": kept.get("tags") or [],
        "snippet": kept.get("summary"),
        "thumbnail": None,
        "documentation": None,
        "extent": kept.get("extent") or [],
        "categories": kept.get("categories") or [],
        "spatialReference": kept.get("spatialReference"),
        "accessInformation": kept.get("accessInformation"),
        "licenseInfo": kept.get("licenseInfo"),
        "culture": kept.get("culture"),
        "properties": kept.get("properties"),
        "url": item.url or kept.get("url"),
        "access": ACCESS[wide.width],
        "size": item.size if item.media is not None else -1,
        "protected": item.protected,
        "ownerFolder": id_of(wide.folder) if wide.folder else None,
        "itemControl": control_of(wide),
        "scoreCompleteness": 0,
        "numComments": 0,
        "numRatings": 0,
        "avgRating": 0,
        "numViews": 0,
    }


def control_of(wide: Wide) -> str:
    """Return what the reader may do: ``admin``, ``update`` or ``view``."""
    if wide.acting:
        return "admin"
    return "update" if wide.seen.right.may(Action.WRITE) else "view"


def attributes_in(asked: Parameters, *, clear: bool = False) -> dict[str, Any]:
    """Return what parameters say of an item. Empty ones are as if not sent; with ``clear`` they take something away."""
    found: dict[str, Any] = {}
    if (title := asked.word("title")) is not None:
        found["title"] = title
    for field, kept in TEXTS.items():
        if field in asked and (value := asked.word(field)) is not None:
            found[kept] = _decoded(asked, field, value)
    for field, kept in LISTS.items():
        if field in asked and (several := tags_of(asked, field)):
            found[kept] = several
    if (extent := _extent(asked)) is not None:
        found["extent"] = extent
    if clear:
        gone = {**TEXTS, **LISTS, "extent": "extent"}
        found |= {kept: None for field, kept in gone.items() if field in asked and asked.word(field) is None}
        found.pop("type", None) if found.get("type", "") is None else None
    return found


def _decoded(asked: Parameters, field: str, value: str) -> Any:
    """Return properties as what they are, and anything else as its text."""
    if field != "properties":
        return value
    found = json_of(asked, field)
    return value if found is None else found


def _extent(asked: Parameters) -> list[Any] | None:
    """Return two corners: as JSON, as four numbers, or of an object with ``xmin`` and so on."""
    text = asked.word("extent")
    if text is None:
        return None
    found = json_of(asked, "extent")
    if isinstance(found, Mapping):
        found = [found.get(name) for name in ("xmin", "ymin", "xmax", "ymax")]
    if found is None:
        found = [_number(one) for one in text.split(",")]
    if isinstance(found, list) and len(found) == 4 and all(_is_number(one) for one in found):
        return [found[:2], found[2:]]
    corners = isinstance(found, list) and len(found) == 2 and all(isinstance(one, list) for one in found)
    return found if corners and all(_is_number(one) for corner in found for one in corner) else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) < 1e12
