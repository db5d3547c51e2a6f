"""What items look like in the native API."""

from functools import cache
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from commonhold.core.content.tree import Seen, get
from commonhold.core.identity import ItemRef
from commonhold.core.model import Item, Life, Version
from commonhold.core.policy.decide import Right
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind, Kind, Role, role_for
from commonhold.faces.native.words import (
    ActionWord,
    KindWord,
    Moment,
    actions_of,
    kinds_of,
    moment,
    moment_or_none,
    tagged,
)
from commonhold.http.face import Call


class ItemBrief(Struct, frozen=True):
    """An item in a few words."""

    uid: str
    kind: ItemKind
    name: str | None


class RightShape(Struct, frozen=True):
    """What the caller may do: the widest role it amounts to, each action, and to whom he may pass it on."""

    role: Role | None
    actions: tuple[ActionWord, ...]
    pass_on_to: tuple[KindWord, ...]


class ItemShape(Struct, frozen=True, kw_only=True):
    """An item. ``right``, ``owner``, ``path``, ``trail`` are those of the caller, and left out of replies to writes.

    ``trail`` holds the folders above that the caller may see, the outermost first. ``etag`` is given as ``If-Match``.
    """

    uid: str
    id: int
    kind: ItemKind
    name: str | None
    size: int
    media_type: str | None
    sha256: str | None
    url: str | None
    type: str | None  # of an entry or record
    key: str | None
    attributes: msgspec.Raw
    inherits: bool
    protected: bool
    life: Life
    made_at: Moment
    changed_at: Moment
    trashed_at: Moment | None
    etag: str
    right: RightShape | UnsetType = UNSET
    owner: str | UnsetType | None = UNSET
    path: str | UnsetType | None = UNSET
    trail: list[ItemBrief] | UnsetType = UNSET


class VersionShape(Struct, frozen=True):
    """One content of a file; ``version`` counts from 1."""

    version: int
    size: int
    sha256: str
    media_type: str | None
    made_at: Moment
    current: bool


def brief(item: Item) -> ItemBrief:
    """Shape an item in a few words."""
    return ItemBrief(item.uid, item.kind, item.name)


def right_shape(right: Right) -> RightShape:
    """Shape a right."""
    return _right_shape(right.actions, right.mask)


@cache
def _right_shape(actions: Action, mask: Kind) -> RightShape:
    return RightShape(role_for(actions), actions_of(actions), kinds_of(mask))


def item_shape(item: Item, **more: Any) -> ItemShape:
    """Shape an item's own facts."""
    return ItemShape(
        uid=item.uid,
        id=item.no,
        kind=item.kind,
        name=item.name,
        size=item.size,
        media_type=item.media,
        sha256=item.sha256,
        url=item.url,
        type=item.collection,
        key=item.ref,
        attributes=msgspec.Raw(item.attributes.encode()),
        inherits=item.inherits,
        protected=item.protected,
        made_at=moment(item.made_at),
        changed_at=moment(item.changed_at),
        trashed_at=moment_or_none(item.trashed_at),
        etag=f'"{item.stamp}"',
        **{"life": item.life, **more},
    )


def seen_shape(seen: Seen) -> ItemShape:
    """Shape an item as somebody sees it."""
    return item_shape(
        seen.item,
        life=seen.life,
        right=right_shape(seen.right),
        owner=seen.owner_name,
        path=seen.path,
        trail=[brief(above) for above in seen.trail],
    )


def written(call: Call, item: Item, **more: Any) -> ItemShape:
    """Shape an item that was just written; ``more``: what is not told by its row."""
    tagged(call, item.stamp)
    if call.route.status == 201:
        call.headers["location"] = f"{call.root}/api/v1/items/{item.uid}"
    return item_shape(item, **more)


async def shown(call: Call, ref: ItemRef) -> ItemShape:
    """Read an item and shape it."""
    seen = await get(call.core, call.actor, ref)
    tagged(call, seen.item.stamp)
    return seen_shape(seen)


async def item_again(call: Call) -> ItemShape | dict[str, str]:
    """Render the reply of a write again: the item that it made, else the one in the path, as it is now."""
    made = call.kept.made("item")
    try:
        seen = await get(call.core, call.actor, made or call.params["item"])
        return written(call, seen.item, life=seen.life)
    except Problem:
        if made is None:
            raise
        return {"uid": made}  # whoever may only put things there cannot read what he put


def version_shape(row: Version, current: int | None) -> VersionShape:
    """Shape one content of a file."""
    return VersionShape(row.ordinal, row.size, row.sha256, row.media, moment(row.made_at), row.no == current)
