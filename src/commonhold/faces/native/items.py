"""Items: looked at, made, changed, moved, copied and thrown away."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from commonhold.core.content import trash, tree
from commonhold.core.content.copying import copy
from commonhold.core.content.making import make_app, make_entry, make_folder
from commonhold.core.content.moving import move
from commonhold.core.content.search import search
from commonhold.core.content.space import usage
from commonhold.core.content.steps import Collision
from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.faces.native.items_shape import ItemShape, item_again, item_shape, seen_shape, shown, written
from commonhold.faces.native.words import (
    Listing,
    Paging,
    Ref,
    Text,
    cursor,
    if_match,
    item_ref,
    place_of,
)
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table("/api/v1")


class ByPath(Struct, forbid_unknown_fields=True, frozen=True):
    """Where an item is: ``/owner/folder/file``."""

    path: Ref


class ChildrenQuery(Paging, forbid_unknown_fields=True, frozen=True):
    """A page of what lies in a folder, by name."""

    folders_first: bool = False


class SearchQuery(Paging, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Words to look for, everywhere or below a folder."""

    q: Text
    within: Ref | None = None


class Within(Paging, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Whose space: that of an item, else one's own."""

    within: Ref | None = None


class NewItem(Struct, forbid_unknown_fields=True, frozen=True):
    """A folder (``name``), an app (``name``, ``url``), or an entry (``type``, ``key``, ``title``, ``url``)."""

    kind: Literal["folder", "app", "entry"]
    name: Text | None = None
    url: Text | None = None
    type: Text | None = None
    key: Text | None = None
    title: Text | None = None

    def need(self, field: str) -> str:
        """Return a field that this kind needs, and refuse those of other kinds.

        :raises Problem: missing_field
        """
        value: str | None = getattr(self, field)
        if value is None:
            raise Problem("missing_field", field=field)
        return value


class ItemEdit(Struct, forbid_unknown_fields=True, frozen=True):
    """What to change of an item; attributes are merged, and null takes one away."""

    title: Text | UnsetType | None = UNSET
    tags: tuple[Text, ...] | UnsetType = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET
    url: Text | UnsetType = UNSET
    inherits: bool | UnsetType = UNSET
    protected: bool | UnsetType = UNSET


class Move(Struct, forbid_unknown_fields=True, frozen=True):
    """Another folder (uid or path), another name, or both."""

    parent: Ref | None = None
    name: Text | None = None


class Copy(Struct, forbid_unknown_fields=True, frozen=True):
    """Into which folder, and under which name if another one."""

    parent: Ref
    name: Text | None = None
    on_collision: Literal["refuse", "rename"] = "refuse"


class Home(Struct, frozen=True):
    """A space: its top folder, the bytes that it holds, and how many it may hold."""

    top: ItemShape
    used: int
    quota: int | None


class Emptied(Struct, frozen=True):
    """How many things the trash held."""

    items: int


_OF_KIND = {"folder": {"name"}, "app": {"name", "url"}, "entry": {"type", "key", "title", "url"}}


@TABLE.route("GET", "/home", needs="right", problems="unknown_item forbidden")
async def home(call: Call, query: Within) -> Home:
    """Return one's own space, or that of an item which one owns or administers."""
    found = await usage(call.core, call.actor, item_ref(query.within, "within") if query.within else None)
    return Home(item_shape(found.top), found.used, found.quota)


@TABLE.route("GET", "/items", needs="right", problems="unknown_item bad_path")
async def item_by_path(call: Call, query: ByPath) -> ItemShape:
    """Find an item by its path."""
    return await shown(call, item_ref(query.path if query.path.startswith("/") else f"/{query.path}", "path"))


@TABLE.route("GET", "/items/{item}", needs="right", problems="unknown_item")
async def item(call: Call) -> ItemShape:
    """Return an item, with what the caller may do with it."""
    return await shown(call, call.params["item"])


@TABLE.route("PATCH", "/items/{item}", needs="right", problems="unknown_item forbidden in_trash precondition_failed")
async def edit(call: Call, body: ItemEdit) -> ItemShape:
    """Change title, tags, attributes, address; or (managers) whether it inherits shares and is protected."""
    change = tree.ItemChange(**{name: getattr(body, name) for name in ItemEdit.__struct_fields__})
    return written(call, await tree.change(call.core, call.actor, call.params["item"], change, if_stamp=if_match(call)))


@TABLE.route("DELETE", "/items/{item}", needs="right", problems="unknown_item forbidden in_trash protected")
async def throw_away(call: Call) -> ItemShape:
    """Move an item, with everything below it, to the trash."""
    return written(call, await trash.trash(call.core, call.actor, call.params["item"], if_stamp=if_match(call)))


@TABLE.route("GET", "/items/{item}/children", needs="right", problems="unknown_item not_a_folder bad_cursor")
async def children(call: Call, query: ChildrenQuery) -> Listing[ItemShape]:
    """List what lies in a folder, by name."""
    page = await tree.children(
        call.core,
        call.actor,
        call.params["item"],
        after=place_of(query.next),
        limit=query.limit,
        folders_first=query.folders_first,
    )
    return _listing(page)


def _listing(page: tree.Page) -> Listing[ItemShape]:
    return Listing([seen_shape(seen) for seen in page.items], cursor(page.next))


@TABLE.route(
    "POST",
    "/items/{item}/children",
    needs="right",
    status=201,
    again=item_again,
    problems="unknown_item forbidden not_a_folder name_collides name_forbidden tree_too_deep not_allowed",
)
async def make(call: Call, body: NewItem) -> ItemShape:
    """Make a folder, an app or an entry in a folder."""
    return written(call, await _made(call, call.params["item"], body))


async def _made(call: Call, parent: str, new: NewItem) -> Item:
    foreign = [name for name in msgspec.structs.asdict(new) if name not in _OF_KIND[new.kind] | {"kind"}]
    if odd := next((name for name in foreign if getattr(new, name) is not None), None):
        raise Problem("invalid_field", field=odd, reason=f"not for {new.kind}")
    if new.kind == "folder":
        return await make_folder(call.core, call.actor, parent, new.need("name"))
    if new.kind == "app":
        return await make_app(call.core, call.actor, parent, new.need("name"), new.need("url"))
    kind, key, title = new.need("type"), new.need("key"), new.need("title")
    return await make_entry(call.core, call.actor, parent, type=kind, key=key, title=title, url=new.url)


@TABLE.route(
    "POST",
    "/items/{item}/move",
    needs="right",
    again=item_again,
    problems="unknown_item forbidden name_collides into_itself precondition_failed",
)
async def move_item(call: Call, body: Move) -> ItemShape:
    """Put an item into another folder, or rename it, or both at once."""
    ref, stamp = call.params["item"], if_match(call)
    if body.parent is not None:
        parent = item_ref(body.parent, "parent")
        return written(call, await move(call.core, call.actor, ref, parent, name=body.name, if_stamp=stamp))
    if body.name is None:
        raise Problem("missing_field", field="parent")
    return written(call, await tree.rename(call.core, call.actor, ref, body.name, if_stamp=stamp))


@TABLE.route(
    "POST",
    "/items/{item}/copy",
    needs="right",
    status=201,
    again=item_again,
    problems="unknown_item forbidden name_collides not_for_items quota_exceeded",
)
async def copy_item(call: Call, body: Copy) -> ItemShape:
    """Copy an item, with whatever of it the caller may download, into a folder."""
    parent, collision = item_ref(body.parent, "parent"), Collision(body.on_collision)
    done = await copy(call.core, call.actor, call.params["item"], parent, name=body.name, on_collision=collision)
    return written(call, done)


@TABLE.route("GET", "/search", needs="right", problems="bad_query bad_cursor unknown_item")
async def search_items(call: Call, query: SearchQuery) -> Listing[ItemShape]:
    """Find live items whose names have all words, newest first; beginnings of words count."""
    within = item_ref(query.within, "within") if query.within else None
    after = place_of(query.next)
    return _listing(await search(call.core, call.actor, query.q, within=within, after=after, limit=query.limit))


@TABLE.route("GET", "/trash", needs="right", problems="unknown_item forbidden")
async def trashed(call: Call, query: Within) -> Listing[ItemShape]:
    """List what was thrown away in one's own space, or in that of an item, newest first."""
    within = item_ref(query.within, "within") if query.within else None
    page = await trash.trashed(call.core, call.actor, within, after=place_of(query.next), limit=query.limit)
    return Listing([item_shape(row) for row in page.rows], cursor(page.next))


@TABLE.route("DELETE", "/trash", needs="right", problems="unknown_item forbidden")
async def empty_trash(call: Call, query: Within) -> Emptied:
    """End everything in the trash of a space for good."""
    within = item_ref(query.within, "within") if query.within else None
    return Emptied(await trash.empty(call.core, call.actor, within))


@TABLE.route("POST", "/trash/{item}/restore", needs="right", again=item_again, problems="unknown_item not_in_trash")
async def restore(call: Call) -> ItemShape:
    """Bring an item back from the trash, to where it was or to the top of its space."""
    return written(call, await trash.restore(call.core, call.actor, call.params["item"], if_stamp=if_match(call)))


@TABLE.route("DELETE", "/trash/{item}", needs="right", problems="unknown_item not_in_trash")
async def purge(call: Call) -> None:
    """End something in the trash for good."""
    await trash.purge(call.core, call.actor, call.params["item"], if_stamp=if_match(call))
