"""Adding items: files, texts, and things that are kept elsewhere."""

from collections.abc import AsyncIterator
from typing import Any, Final

from commonhold.core.content.adding import add_file
from commonhold.core.content.making import make_app, make_entry
from commonhold.core.content.names import tidy
from commonhold.core.content.steps import Collision
from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.faces.arcgis.content import Place, place_at
from commonhold.faces.arcgis.ids import id_of
from commonhold.faces.arcgis.item_types import APPS, FILE
from commonhold.faces.arcgis.items import USER
from commonhold.faces.arcgis.items_shape import attributes_in
from commonhold.faces.arcgis.parameters import Parameters, Upload
from commonhold.faces.arcgis.problems import ArcgisError, forbidden
from commonhold.faces.arcgis.routes import Table
from commonhold.http.face import Call

TABLE = Table()

JSON: Final = "application/json"
NEEDED: Final = "'type' and 'title' property required."


async def bytes_of(text: str) -> AsyncIterator[bytes]:
    """Yield a text as bytes."""
    if text:
        yield text.encode()


@TABLE.operation(USER + "/addItem")
async def add_item(call: Call, asked: Parameters) -> Any:
    """Add an item at the top of what a user has."""
    return await _added(call, asked, await place_at(call, asked.word("folderId") or asked.word("folder")))


@TABLE.operation(USER + "/{folder}/addItem")
async def add_item_in_folder(call: Call, asked: Parameters) -> Any:
    """Add an item in a folder of a user."""
    return await _added(call, asked, await place_at(call, call.params["folder"]))


async def _added(call: Call, asked: Parameters, place: Place) -> Any:
    found = attributes_in(asked)
    if asked.flag("multipart") is True:
        found = {"title": asked.word("fileName"), "type": FILE, **found}
    if not found.get("title") or not found.get("type"):
        raise ArcgisError(400, NEEDED, "CONT_0009")
    try:
        item = await _made(call, asked, place, found)
    except Problem as problem:
        if problem.code == "name_collides":
            name = asked.files["file"].filename if "file" in asked.files else found["title"]
            raise ArcgisError(409, f"Item '{name}' already exists.") from None
        if problem.code == "not_allowed":
            raise forbidden() from None
        raise
    return {"success": True, "id": id_of(item.uid), "folder": place.id}


async def _made(call: Call, asked: Parameters, place: Place, found: dict[str, Any]) -> Item:
    """Make the item: a file of what was sent, or something with an address alone."""
    upload, text, url = asked.files.get("file"), asked.text("text"), asked.word("url")
    if upload is None and not text and url is not None:
        return await _elsewhere(call, place, found, url)
    if url is not None:
        found["url"] = url
    name = _name(upload, asked, found)
    by_part = asked.flag("multipart") is True and upload is None
    chunks = upload.chunks() if upload is not None else bytes_of(text or "")
    collision = Collision.REFUSE if upload is not None and upload.filename else Collision.RENAME
    if asked.flag("overwrite") is True:
        collision = Collision.VERSION
    media = upload.media_type if upload is not None else None if by_part else JSON
    return await add_file(
        call.core, call.actor, place.no, name, chunks, attributes=found, media=media, on_collision=collision
    )


def _name(upload: Upload | None, asked: Parameters, found: dict[str, Any]) -> str:
    """Return the name of a file: as it was called where it came from, else its title."""
    told = asked.word("fileName") or (upload.filename if upload is not None else "")
    name = told.replace("\\", "/").rpartition("/")[2]
    return name or (found["title"] if upload is not None else f"{found['title']}.json")


async def _elsewhere(call: Call, place: Place, found: dict[str, Any], url: str) -> Item:
    """Register what is kept elsewhere: something to work with, or anything else that has an address."""
    core, actor = call.core, call.actor
    if found["type"].lower() in APPS:
        name = tidy(found["title"], core.limits)
        return await make_app(core, actor, place.no, name, url, attributes=found, on_collision=Collision.RENAME)
    return await make_entry(
        core, actor, place.no, type=found["type"], key=url[:255], title=found["title"], url=url, attributes=found
    )
