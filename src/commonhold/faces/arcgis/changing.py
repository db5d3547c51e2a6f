"""Changing items: what they say and hold, where they are, whose they are, and whether they may be deleted."""

from typing import Any

from msgspec import UNSET

from commonhold.core.content.files import put_content
from commonhold.core.content.moving import move
from commonhold.core.content.reaching import Wide
from commonhold.core.content.trash import trash
from commonhold.core.content.tree import ItemChange, change
from commonhold.core.identity import Path
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind
from commonhold.faces.arcgis.adding import JSON, bytes_of
from commonhold.faces.arcgis.content import delete_protected, no_folder, target_of
from commonhold.faces.arcgis.ids import id_of
from commonhold.faces.arcgis.items import OWNED, owned_at
from commonhold.faces.arcgis.items_shape import attributes_in
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.problems import forbidden, invalid
from commonhold.faces.arcgis.routes import Table
from commonhold.http.face import Call

TABLE = Table()


@TABLE.operation(OWNED[0] + "/update")
@TABLE.operation(OWNED[1] + "/update")
async def update(call: Call, asked: Parameters) -> Any:
    """Change what an item says, and what it holds; ``access`` is no way to share."""
    wide = await owned_at(call, acting=False)
    if not wide.seen.right.may(Action.WRITE) or wide.seen.item.kind is ItemKind.RECORD:
        raise forbidden()
    found = attributes_in(asked, clear=asked.flag("clearEmptyFields") is True)
    wanted = change_of(wide, asked, found)
    if wanted is not None:
        await change(call.core, call.actor, wide.seen.item.no, wanted)
    upload, text = asked.files.get("file"), asked.text("text")
    if wide.seen.item.kind is ItemKind.FILE and (upload is not None or text is not None):
        chunks = upload.chunks() if upload is not None else bytes_of(text or "")
        media = upload.media_type if upload is not None else JSON
        await put_content(call.core, call.actor, wide.seen.item.no, chunks, media=media)
    return {"success": True, "id": call.params["item"]}


def change_of(wide: Wide, asked: Parameters, found: dict[str, Any]) -> ItemChange | None:
    """Return the change of an item's row that parameters ask for."""
    url: Any = UNSET
    if (address := asked.word("url")) is not None:
        if wide.seen.item.kind is ItemKind.FILE:
            found["url"] = address
        else:
            url = address
    if wide.seen.item.kind is not ItemKind.FILE and asked.text("text") is not None:
        found["data"] = asked.text("text")
    if not found and url is UNSET:
        return None
    title, tags = found.pop("title", UNSET), found.pop("tags", UNSET)
    return ItemChange(title=title, tags=UNSET if tags is UNSET else tuple(tags or ()), attributes=found, url=url)


@TABLE.operation(OWNED[0] + "/delete")
@TABLE.operation(OWNED[1] + "/delete")
async def delete(call: Call, _: Parameters) -> Any:
    """Throw an item away."""
    wide = await owned_at(call)
    if wide.seen.item.kind is ItemKind.RECORD:
        raise forbidden()
    if wide.seen.item.protected:
        raise delete_protected(call.params["item"])
    await trash(call.core, call.actor, wide.seen.item.no)
    return {"success": True, "itemId": call.params["item"]}


@TABLE.operation(OWNED[0] + "/canDelete")
@TABLE.operation(OWNED[1] + "/canDelete")
async def can_delete(call: Call, _: Parameters) -> Any:
    """Tell whether an item could be deleted, without doing it."""
    wide = await owned_at(call)
    if wide.seen.item.protected:
        raise delete_protected(call.params["item"])
    return {"itemId": call.params["item"], "success": True}


@TABLE.operation(OWNED[0] + "/move")
@TABLE.operation(OWNED[1] + "/move")
async def move_item(call: Call, asked: Parameters) -> Any:
    """Put an item into another folder of its owner; ``/`` or nothing is the top."""
    wide = await owned_at(call)
    user = call.params["user"]
    folder = asked.word("folder")
    await _moved(call, wide, target_of(user, folder))
    return {"success": True, "itemId": call.params["item"], "owner": user, "folder": folder}


async def _moved(call: Call, wide: Wide, parent: Any) -> None:
    try:
        await move(call.core, call.actor, wide.seen.item.no, parent)
    except Problem as problem:
        if problem.code in ("unknown_item", "not_a_folder", "forbidden") and problem.facts.get("field") == "parent":
            raise no_folder() from None
        raise


@TABLE.operation(OWNED[0] + "/reassign")
@TABLE.operation(OWNED[1] + "/reassign")
async def reassign(call: Call, asked: Parameters) -> Any:
    """Give an item to another user, as somebody who may put things into what that user has."""
    wide = await owned_at(call)
    target, folder = asked.word("targetUsername"), asked.word("targetFolderName")
    if target is None:
        raise invalid("'targetUsername' parameter required.")
    top = folder is None or folder == "/"
    try:
        await move(call.core, call.actor, wide.seen.item.no, Path((target,) if top else (target, folder or "")))
    except Problem as problem:
        if problem.code == "unknown_item" and problem.facts.get("field") == "parent":
            raise forbidden() from None
        raise
    return {"success": True, "itemId": call.params["item"]}


async def _protected(call: Call, *, wanted: bool) -> Any:
    wide = await owned_at(call)
    await change(call.core, call.actor, wide.seen.item.no, ItemChange(protected=wanted))
    return {"success": True, "itemId": id_of(wide.seen.item.uid)}


@TABLE.operation(OWNED[0] + "/protect")
@TABLE.operation(OWNED[1] + "/protect")
async def protect(call: Call, _: Parameters) -> Any:
    """Protect an item against deletion."""
    return await _protected(call, wanted=True)


@TABLE.operation(OWNED[0] + "/unprotect")
@TABLE.operation(OWNED[1] + "/unprotect")
async def unprotect(call: Call, _: Parameters) -> Any:
    """Take the protection against deletion away."""
    return await _protected(call, wanted=False)


@TABLE.resource(OWNED[0] + "/status", needs="self")
@TABLE.resource(OWNED[1] + "/status", needs="self")
async def status(call: Call, _: Parameters) -> Any:
    """Tell that an item is ready: nothing here goes on after its answer."""
    wide = await owned_at(call)
    item = id_of(wide.seen.item.uid)
    return {"status": "completed", "statusMessage": "completed", "itemId": item, "id": item}
