"""The tree: seeing what is where, and changing what an item is called and says about itself."""

import enum
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from commonhold.core.changes import Set
from commonhold.core.content.making import attributes_text, label, web_address
from commonhold.core.content.names import canonical, format_path, name_key, path_of
from commonhold.core.content.steps import Asked, ask, changed, movable, write
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.limits import Limits
from commonhold.core.model import Item, Life, attributes_of
from commonhold.core.policy.allowed import Allowed
from commonhold.core.policy.decide import Judge, Right
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind

TAGS: Final = 128

Cursor = tuple[Any, ...]


class Seen(msgspec.Struct, frozen=True):
    """An item as somebody sees it. ``trail`` holds the folders above that he may see too, the outermost first."""

    item: Item
    right: Right
    owner: int
    owner_name: str | None
    life: Life
    path: str | None  # /owner/…/name, if he may see every folder on it
    trail: tuple[Item, ...] = ()


class Page(msgspec.Struct, frozen=True):
    """A page of items. It may be short, or empty, and still have a ``next``: then more may follow."""

    items: tuple[Seen, ...]
    next: Cursor | None = None


class Order(enum.StrEnum):
    """By what a folder is listed; ``-`` in front: the greatest first."""

    NAME = "name_key"
    NAME_DOWN = "-name_key"
    SIZE = "size"
    SIZE_DOWN = "-size"
    CHANGED = "changed_at"
    CHANGED_DOWN = "-changed_at"

    @property
    def column(self) -> str:
        """The column of an item that it looks at."""
        return self.removeprefix("-")


class ItemChange(msgspec.Struct, frozen=True):
    """What to change of an item; UNSET is left as it is. Attributes are merged: None takes one away."""

    title: str | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET
    url: str | UnsetType = UNSET
    inherits: bool | UnsetType = UNSET
    protected: bool | UnsetType = UNSET


async def get(core: Core, actor: Actor, ref: ItemRef) -> Seen:
    """Return an item with the actor's right on it; its owner sees it in the trash, too.

    :raises Problem: unknown_item
    """
    seen = await judge(core, Look(actor, items=(ref,), names=True))
    asked = ask(seen, actor, ref, Action.READ, in_trash=True)
    return see(seen, actor, asked.item, asked.right)


def see(seen: Judge, actor: Actor, item: Item, right: Right) -> Seen:
    """Return an item as ``actor`` sees it: with the unbroken row of folders above that he may read."""
    trail: list[Item] = []
    own = right.own & Action.READ  # not by a share: then it is a right on the whole space
    for no in seen.snapshot.chain(item.no)[1:]:
        if not own and not seen.right(actor, no).may(Action.READ):
            break
        trail.append(seen.snapshot.items[no])
    space = seen.snapshot.spaces[item.space]
    owner = seen.snapshot.profiles.get(space.owner)
    path = path_of(seen.snapshot, item.no) if space.root in (item.no, *(above.no for above in trail)) else None
    return Seen(
        item,
        right,
        space.owner,
        owner.name if owner else None,
        seen.snapshot.life(item.no),
        format_path(path) if path else None,
        tuple(reversed(trail)),
    )


async def children(
    core: Core,
    actor: Actor,
    folder: ItemRef,
    *,
    after: Cursor | None = None,
    limit: int = LONGEST_PAGE,
    folders_first: bool = False,
    action: Action = Action.READ,
    order: Order = Order.NAME,
) -> Page:
    """Return a page of what lies in a folder, in an order; ``after`` is the ``next`` of the page before.

    What takes rights from above is seen by whoever sees the folder, with at least the right given here; what does not
    is decided on its own. An actor who may only put things there sees nothing, not even the folder. ``action`` is what
    the folder must allow (READ, or DOWNLOAD too where the contents are wanted).

    :raises Problem: unknown_item, forbidden, not_a_folder, bad_cursor
    """
    seen = await judge(core, Look(actor, items=(folder,), names=True))
    asked = ask(seen, actor, folder, action, "folder", in_trash=True)
    if asked.item.kind is not ItemKind.FOLDER:
        raise Problem("not_a_folder", field="folder")
    above = see(seen, actor, asked.item, asked.right)
    limit = max(1, min(limit, core.limits.page, LONGEST_PAGE))
    rows = await _listed(core, asked.allowed, asked.item.no, _cursor(after, order), limit, folders_first, order)
    rights = await _rights(core, actor, asked.right, rows)
    shown = tuple(seen_below(above, row, rights[row.no]) for row in rows if rights[row.no].may(Action.READ))
    last = rows[-1] if len(rows) == limit else None
    further = (_phase(last, folders_first), getattr(last, order.column), last.no) if last else None
    return Page(shown, further)


def _cursor(after: Cursor | None, order: Order) -> Cursor:
    match after:
        case None:
            return (0, None, None)
        case (0 | 1, str(), int()) if order.column == Order.NAME:
            return after
        case (0 | 1, int(), int()) if order.column != Order.NAME:
            return after
    raise Problem("bad_cursor", field="after")


def _phase(last: Item, folders_first: bool) -> int:
    return int(folders_first and last.kind is not ItemKind.FOLDER)


async def _listed(
    core: Core, allowed: Allowed, folder: int, after: Cursor, limit: int, folders_first: bool, order: Order
) -> list[Item]:
    """Read a page of live children: of all kinds, or of folders and then of everything else."""
    phase, *key = after
    ops = ("eq", "ne")[phase:] if folders_first else ("any",)
    found: list[Item] = []
    for op in ops:
        live = (Where("parent", "eq", folder), Where("life", "eq", Life.LIVE))
        where = live if op == "any" else (*live, Where("kind", op, ItemKind.FOLDER))
        start = tuple(key) if key[0] is not None and op == ops[0] else None
        found += await core.store.rows(allowed, Rows(Item, where, (order.value,), start, limit - len(found)))
        if len(found) >= limit:
            break
    return found


async def _rights(core: Core, actor: Actor, above: Right, rows: list[Item]) -> dict[int, Right]:
    """Return the right on each child: the folder's, or what one further look says where nothing comes from above."""
    rights = {row.no: msgspec.structs.replace(above, item=row.no) for row in rows}
    restricted = tuple(row.no for row in rows if not row.inherits)
    if restricted:
        apart = await judge(core, Look(actor, items=restricted))
        rights |= {no: apart.right(actor, no) for no in restricted}
    return rights


def seen_below(above: Seen, item: Item, right: Right) -> Seen:
    """Return what lies in a folder that somebody sees, as he sees it."""
    path = f"{above.path}/{item.name}" if above.path else None
    return Seen(item, right, above.owner, above.owner_name, above.life, path, (*above.trail, above.item))


async def rename(core: Core, actor: Actor, ref: ItemRef, name: str, *, if_stamp: int | None = None) -> Item:
    """Give an item another name.

    :raises Problem: name_*, unknown_item, forbidden, in_trash, precondition_failed, name_collides,
        not_for_items
    """
    name = canonical(name, core.limits)

    async def once() -> Item:
        asked = ask(await judge(core, Look(actor, items=(ref,))), actor, ref, Action.RENAME)
        movable(asked)
        values = {"name": name, "name_key": name_key(name)}
        return await set_item(core, actor, asked, values, "item.renamed", if_stamp, unique="name")

    return await attempt(once)


async def change(core: Core, actor: Actor, ref: ItemRef, wanted: ItemChange, *, if_stamp: int | None = None) -> Item:
    """Change what an item says about itself; who may see it (``inherits``) and protection need its manager.

    :raises Problem: unknown_item, forbidden, in_trash, precondition_failed, invalid_field, not_for_items
    """

    async def once() -> Item:
        managed = wanted.inherits is not UNSET or wanted.protected is not UNSET
        action = Action.MANAGE if managed else Action.WRITE
        asked = ask(await judge(core, Look(actor, items=(ref,))), actor, ref, action)
        values = _values(asked.item, wanted, core.limits)
        return await set_item(core, actor, asked, values, "item.changed", if_stamp)

    return await attempt(once)


async def set_item(
    core: Core,
    actor: Actor,
    asked: Asked,
    values: dict[str, Any],
    kind: str,
    if_stamp: int | None,
    *,
    unique: str = "",
) -> Item:
    """Commit new values of one item, guarded by its stamp, and record the event."""
    guard = asked.only_if(if_stamp)
    values = {**values, **asked.touch(actor)}
    number, no = Placeholders(), asked.item.no
    event = happened(number(), asked.judge.now, actor, kind, item=no)
    return changed(asked.item, values, await write(core, [Set(Item, (no,), values), event], [guard], unique=unique))


def _values(item: Item, wanted: ItemChange, limits: Limits) -> dict[str, Any]:
    """Return the columns that a change sets.

    :raises Problem: invalid_field, not_for_items
    """
    values: dict[str, Any] = {
        name: value for name in ("inherits", "protected") if (value := getattr(wanted, name)) is not UNSET
    }
    if wanted.url is not UNSET:
        if item.kind not in (ItemKind.APP, ItemKind.ENTRY):
            raise Problem("not_for_items", field="url")
        values["url"] = web_address(wanted.url)
    kept = {**attributes_of(item), **(wanted.attributes or {}), **_labels(wanted, limits)}
    text = attributes_text(kept)
    return values if text == item.attributes else {**values, "attributes": text}


def _labels(wanted: ItemChange, limits: Limits) -> dict[str, Any]:
    """Return title and tags as the attributes that they are kept in."""
    found: dict[str, Any] = {}
    if wanted.title is not UNSET:
        found["title"] = label(wanted.title, limits, "title") if wanted.title else None
    if wanted.tags is not UNSET:
        if len(wanted.tags) > TAGS:
            raise Problem("invalid_field", field="tags", limit=TAGS)
        found["tags"] = [label(tag, limits, "tags") for tag in wanted.tags] or None
    return found
