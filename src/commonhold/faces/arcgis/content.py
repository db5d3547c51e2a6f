"""What a user has: his items by folder, the folders, and what groups contain."""

from typing import Any, Final

from commonhold.core.content.making import make_folder
from commonhold.core.content.reaching import Found, Looked, Wide, find, look_at
from commonhold.core.content.trash import trash
from commonhold.core.content.tree import children
from commonhold.core.identity import ItemRef, Named, Path
from commonhold.core.problems import Problem
from commonhold.core.query import Compare, Filter, Op
from commonhold.core.roles import ItemKind, Kind
from commonhold.faces.arcgis.groups import group_at
from commonhold.faces.arcgis.ids import id_of, uid_of
from commonhold.faces.arcgis.items import TOP, USER
from commonhold.faces.arcgis.items_shape import item_shape
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.problems import ArcgisError, forbidden, no_user
from commonhold.faces.arcgis.routes import Table
from commonhold.faces.arcgis.values import MOST
from commonhold.http.face import Call

TABLE = Table()

NO_FOLDER: Final = "Folder does not exist or is inaccessible."
ORDERS: Final = {
    "title": "name", "name": "name", "created": "made_at", "uploaded": "made_at", "modified": "changed_at",
    "size": "size",
}  # fmt: skip


def no_folder() -> ArcgisError:
    """Return the refusal of a folder that is not there, or not this user's."""
    return ArcgisError(400, NO_FOLDER, "CONT_0011")


class Place:
    """A user's folder, or the top of what he has."""

    def __init__(self, looked: Looked, folder: Wide, *, top: bool) -> None:
        """Keep where it is."""
        self.looked = looked
        self.wide = folder
        self.top = top

    @property
    def no(self) -> int:
        """The number of the folder."""
        return self.wide.seen.item.no

    @property
    def id(self) -> str | None:
        """The id of the folder; the top has none."""
        return None if self.top else id_of(self.wide.seen.item.uid)


async def place_at(call: Call, folder: str | None = None) -> Place:
    """Return the folder of the user whom the path names, for himself and his administrators.

    :raises ArcgisError: COM_0018, GWM_0003, CONT_0011
    """
    user = call.params["user"]
    owner, own = Named(user, Kind.USER), Path((user,))
    uid = None if folder is None or folder in TOP else uid_of(folder)
    looked = await look_at(call.core, call.actor, (own, *((uid,) if uid else ())), (owner,))
    person = looked.principal(owner)
    if person is None:
        raise no_user()
    top = looked.found.get(own)
    if top is None or not top.acting:
        raise forbidden()
    if folder is None or folder in TOP:
        return Place(looked, top, top=True)
    wide = looked.found.get(uid) if uid else None
    if wide is None or wide.seen.item.kind is not ItemKind.FOLDER or wide.seen.owner != person.no or not wide.acting:
        raise no_folder()
    return Place(looked, wide, top=wide.seen.item.parent is None)


def order_of(asked: Parameters) -> str:
    """Return the order that is asked for: the newest first where it is none of ours."""
    field = ORDERS.get((asked.word("sortField") or "").lower())
    if field is None:
        return "-no"
    return f"-{field}" if (asked.word("sortOrder") or "").lower() == "desc" else field


def span_of(asked: Parameters, usual: int) -> tuple[int, int]:
    """Return where a page starts, from 1, and how many rows are asked for."""
    start, num = asked.number("start"), asked.number("num")
    return 1 if start is None else start, max(0, min(usual if num is None else num, MOST))


async def page(call: Call, asked: Parameters, where: Filter, key: str, usual: int = 10) -> dict[str, Any]:
    """Return a page of items. ``num`` is what was asked for, as clients add it up; a ``start`` below 1 is past the end.

    :raises Problem: bad_query
    """
    start, num = span_of(asked, usual)
    found = Found(0, ())
    if start >= 1:
        found = await find(call.core, call.actor, where, order=order_of(asked), start=start - 1, limit=num)
    more = bool(found.items) and start - 1 + num < found.total
    return {
        "total": found.total,
        "start": start,
        "num": num,
        "nextStart": start + num if more else -1,
        key: [item_shape(wide) for wide in found.items],
    }


@TABLE.resource(USER, needs="self")
async def user_content(call: Call, asked: Parameters) -> Any:
    """Return the items at the top of what a user has, and his folders."""
    return await _content(call, asked, await place_at(call))


@TABLE.resource(USER + "/{folder}", needs="self")
async def folder_content(call: Call, asked: Parameters) -> Any:
    """Return the items in a user's folder, and the folders in it."""
    return await _content(call, asked, await place_at(call, call.params["folder"]))


async def _content(call: Call, asked: Parameters, place: Place) -> dict[str, Any]:
    rows = await page(call, asked, Compare("folder", Op.EQ, place.no), "items", MOST)
    current = None if place.top else folder_shape(call, place.wide)
    folders = [folder_shape(call, wide) for wide in await _folders_in(call, place.no)]
    return {"username": call.params["user"], **rows, "currentFolder": current, "folders": folders}


async def _folders_in(call: Call, folder: int) -> list[Any]:
    """Return the folders in a folder, by name."""
    found: list[Any] = []
    after = None
    while True:
        part = await children(call.core, call.actor, folder, after=after, folders_first=True)
        folders = [seen for seen in part.items if seen.item.kind is ItemKind.FOLDER]
        found += folders
        after = part.next
        if after is None or len(folders) < len(part.items):
            return found


def folder_shape(call: Call, found: Any) -> dict[str, Any]:
    """Return a folder."""
    item = found.seen.item if isinstance(found, Wide) else found.item
    return {"username": call.params["user"], "id": id_of(item.uid), "title": item.name, "created": item.made_at}


@TABLE.operation(USER + "/createFolder")
async def create_folder(call: Call, asked: Parameters) -> Any:
    """Make a folder at the top of what a user has."""
    title = asked.word("title") or asked.word("folderName")
    if title is None:
        raise ArcgisError(400, "'title' property required.", "CONT_0033")
    place = await place_at(call)
    try:
        made = await make_folder(call.core, call.actor, place.no, title)
    except Problem as problem:
        if problem.code == "name_collides":
            raise ArcgisError(400, f"Folder title '{title[:255]}' not available.", "CONT_0034") from None
        raise
    folder = {"username": call.params["user"], "id": id_of(made.uid), "title": made.name}
    return {"success": True, "folder": folder}


@TABLE.operation(USER + "/{folder}/delete")
async def delete_folder(call: Call, _: Parameters) -> Any:
    """Throw a folder away, with what is in it; nothing of it if an item in it is protected."""
    place = await place_at(call, call.params["folder"])
    if place.top:
        raise no_folder()
    inside = await find(call.core, call.actor, Compare("folder", Op.EQ, place.no))
    kept = next((wide for wide in inside.items if wide.seen.item.protected), None)
    if kept is not None:
        raise delete_protected(id_of(kept.seen.item.uid))
    await trash(call.core, call.actor, place.no)
    wide = place.wide.seen.item
    folder = {"username": call.params["user"], "id": id_of(wide.uid), "title": wide.name}
    return {"success": True, "folder": folder}


def delete_protected(item: str) -> ArcgisError:
    """Return the refusal to delete what is protected."""
    return ArcgisError(400, f"Unable to delete item {item}. Delete protection is turned on.", "CONT_0048")


def target_of(user: str, folder: str | None) -> ItemRef:
    """Return a reference to a folder that something is to be put into."""
    if folder is None or folder in TOP:
        return Path((user,))
    uid = uid_of(folder)
    if uid is None:
        raise no_folder()
    return uid


@TABLE.resource("/content/groups/{group}", needs="right")
async def group_content(call: Call, asked: Parameters) -> Any:
    """Return the items in a group, as far as the caller may see them."""
    group, _ = await group_at(call)
    return await page(call, asked, Compare("recipient", Op.EQ, group.no), "items", MOST)
