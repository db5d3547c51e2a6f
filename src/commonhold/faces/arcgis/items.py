"""Items: shown, with their data, the groups that they are in, and what belongs to them."""

from typing import Any, Final

from starlette.responses import Response

from commonhold.core.content.reaching import Looked, Wide, look_at
from commonhold.core.directory.circles import groups_around
from commonhold.core.identity import Named
from commonhold.core.model import attributes_of
from commonhold.core.roles import ItemKind, Kind
from commonhold.faces.arcgis.groups import name_of
from commonhold.faces.arcgis.groups_shape import group_shape, member_type
from commonhold.faces.arcgis.ids import id_of, uid_of
from commonhold.faces.arcgis.items_shape import ACCESS, item_shape
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.problems import ArcgisError, forbidden, no_item, no_item_in_folder, no_user
from commonhold.faces.arcgis.routes import Table
from commonhold.http.face import Call
from commonhold.http.serving import serve_file

TABLE = Table()

USER: Final = "/content/users/{user}"
OWNED: Final = (f"{USER}/items/{{item}}", f"{USER}/{{folder}}/items/{{item}}")
"""An item under its owner: clients name its folder or not."""

TOP: Final = frozenset(("", "root", "/"))


def wide_of(looked: Looked, uid: str | None) -> Wide:
    """Return an item that was looked at; folders are none here.

    :raises ArcgisError: CONT_0001 for what is not there, GWM_0003 for what is not the caller's to see
    """
    wide = looked.found.get(uid) if uid is not None else None
    if wide is None or wide.seen.item.kind is ItemKind.FOLDER:
        hidden = uid in looked.hidden and looked.snapshot.items[looked.snapshot.found_items[uid]].kind != "folder"
        raise forbidden() if hidden else no_item()
    return wide


async def item_at(call: Call) -> Wide:
    """Return the item that the path names, as the caller sees it.

    :raises ArcgisError: CONT_0001, GWM_0003
    """
    uid = uid_of(call.params["item"])
    if uid is None:
        raise no_item()
    return wide_of(await look_at(call.core, call.actor, (uid,)), uid)


async def owned_at(call: Call, *, acting: bool = True) -> Wide:
    """Return the item that the path names under its owner, and in its folder if that is named.

    ``acting``: for the owner and his administrators only, else for whoever may see it.

    :raises ArcgisError: COM_0018, CONT_0001, CONT_0005, GWM_0003
    """
    uid, owner = uid_of(call.params["item"]), Named(call.params["user"], Kind.USER)
    if uid is None:
        raise no_item()
    looked = await look_at(call.core, call.actor, (uid,), (owner,))
    person = looked.principal(owner)
    if person is None:
        raise no_user()
    wide = wide_of(looked, uid)
    if wide.seen.owner != person.no:
        raise no_item()
    if acting and not wide.acting:
        raise forbidden()
    folder = call.params.get("folder")
    if folder is not None:
        parent = looked.snapshot.items.get(wide.seen.item.parent or 0)
        top = parent is not None and parent.parent is None
        if parent is None or (folder != id_of(parent.uid) and not (top and folder in TOP)):
            raise no_item_in_folder()
    return wide


@TABLE.resource("/content/items/{item}")
async def item(call: Call, _: Parameters) -> Any:
    """Return an item."""
    return item_shape(await item_at(call))


@TABLE.resource(OWNED[0], needs="self")
@TABLE.resource(OWNED[1], needs="self")
async def owned_item(call: Call, _: Parameters) -> Any:
    """Return an item with how it is shared, to its owner and his administrators."""
    wide = await owned_at(call)
    folder = id_of(wide.folder) if wide.folder else None
    sharing = {"access": ACCESS[wide.width], "groups": [id_of(uid) for uid in wide.group_uids]}
    return {"item": item_shape(wide), "sharing": sharing, "folder": folder}


@TABLE.resource("/content/items/{item}/data", needs="right")
async def data(call: Call, _: Parameters) -> Any:
    """Return the data of an item: the bytes of a file, or the text that was kept with it."""
    wide = await item_at(call)
    if wide.seen.item.kind is ItemKind.FILE:
        reply = await serve_file(call, call.actor, wide.seen.item.no)
        if wide.seen.item.media == "application/json" and "content-disposition" in reply.headers:
            del reply.headers["content-disposition"]  # by its name the Python client would take it for a download
        return reply
    kept = attributes_of(wide.seen.item).get("data")
    return Response(kept if isinstance(kept, str) else "", media_type="application/json")


@TABLE.resource("/content/items/{item}/groups", needs="right")
async def groups_of_item(call: Call, _: Parameters) -> Any:
    """Return the groups of an item by what the caller is in them; all of them for its owner and administrators."""
    wide = await item_at(call)
    numbers = [share.recipient for share in wide.groups]
    around = await groups_around(call.core, call.actor, numbers)
    name = await name_of(call)
    sorted_: dict[str, list[dict[str, Any]]] = {"admin": [], "member": [], "other": []}
    places = {"owner": "admin", "admin": "admin", "member": "member"}
    for group in around.groups:
        sorted_[places.get(member_type(group, around), "other")].append(group_shape(group, around, name))
    if wide.acting:
        sorted_["other"] += await _unseen(call, set(numbers) - {group.no for group in around.groups})
    return sorted_


async def _unseen(call: Call, numbers: set[int]) -> list[dict[str, Any]]:
    """Return groups that the caller may learn of only because his item is in them: their ids."""
    if not numbers:
        return []
    looked = await look_at(call.core, call.actor, (), numbers)
    found = (looked.snapshot.principals[no] for no in sorted(numbers) if no in looked.snapshot.principals)
    none = {"username": None, "memberType": "none", "applications": 0}
    return [{"id": id_of(group.uid), "title": None, "owner": None, "userMembership": none} for group in found]


@TABLE.resource("/content/items/{item}/relatedItems", needs="right")
async def related_items(call: Call, _: Parameters) -> Any:
    """Return the items that an item is related to: relations are not kept."""
    await item_at(call)
    return {"total": 0, "start": 1, "num": 0, "nextStart": -1, "relatedItems": []}


@TABLE.resource("/content/items/{item}/resources", needs="right")
async def resources(call: Call, _: Parameters) -> Any:
    """Return the files that belong to an item beside its data: none are kept."""
    await item_at(call)
    return {"total": 0, "start": 1, "num": 0, "nextStart": -1, "resources": []}


@TABLE.resource("/content/items/{item}/info/{file:path}", needs="right")
async def info_file(call: Call, _: Parameters) -> Any:
    """Refuse what is told about an item in files: there are none, and nobody else learns even that."""
    await item_at(call)
    raise ArcgisError(400, "Resource does not exist or is inaccessible.", "CONT_0004")


@TABLE.resource("/content/itemsgroups", needs="right")
async def groups_of_items(call: Call, asked: Parameters) -> Any:
    """Return the ids of the groups of several items, as far as the caller may see items and groups."""
    ids = (asked.names("items") or ())[: call.core.limits.items]
    uids = {one: uid for one in ids if (uid := uid_of(one)) is not None}
    looked = await look_at(call.core, call.actor, uids.values())
    seen = {one: wide for one, uid in uids.items() if (wide := looked.found.get(uid)) is not None}
    numbers = {share.recipient for wide in seen.values() for share in wide.groups}
    around = await groups_around(call.core, call.actor, sorted(numbers))
    names = {group.no: id_of(group.uid) for group in around.groups}
    results = [
        {"itemId": one, "groups": [names[share.recipient] for share in wide.groups if share.recipient in names]}
        for one, wide in seen.items()
    ]
    return {"results": results}
