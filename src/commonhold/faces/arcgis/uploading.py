"""Large files by part: an item is added, its parts follow in any order, and a commit joins them."""

from typing import Any

from commonhold.core.content.parts import drop_parts, join_parts, parts_of, put_part
from commonhold.core.content.reaching import Wide
from commonhold.core.content.tree import change
from commonhold.core.roles import Action, ItemKind
from commonhold.faces.arcgis.changing import change_of
from commonhold.faces.arcgis.ids import id_of
from commonhold.faces.arcgis.items import OWNED, owned_at
from commonhold.faces.arcgis.items_shape import attributes_in
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.problems import forbidden, invalid
from commonhold.faces.arcgis.routes import Table
from commonhold.http.face import Call

TABLE = Table()


async def _file_at(call: Call) -> Wide:
    wide = await owned_at(call, acting=False)
    if not wide.seen.right.may(Action.WRITE):
        raise forbidden()
    if wide.seen.item.kind is not ItemKind.FILE:
        raise invalid("This item has no file.")
    return wide


def _done(wide: Wide) -> dict[str, Any]:
    item = id_of(wide.seen.item.uid)
    return {"success": True, "id": item, "itemId": item}


@TABLE.operation(OWNED[0] + "/addPart")
@TABLE.operation(OWNED[1] + "/addPart")
async def add_part(call: Call, asked: Parameters) -> Any:
    """Take one part of a file."""
    wide = await _file_at(call)
    upload, number = asked.files.get("file"), asked.number("partNum")
    if upload is None or number is None:
        raise invalid("'file' and 'partNum' parameters required.")
    await put_part(call.core, call.actor, wide.seen.item.no, number, upload.chunks())
    return _done(wide)


@TABLE.resource(OWNED[0] + "/parts", needs="self")
@TABLE.resource(OWNED[1] + "/parts", needs="self")
async def parts(call: Call, _: Parameters) -> Any:
    """Tell which parts are here."""
    wide = await _file_at(call)
    return {"parts": await parts_of(call.core, call.actor, wide.seen.item.no)}


@TABLE.operation(OWNED[0] + "/commit")
@TABLE.operation(OWNED[1] + "/commit")
async def commit(call: Call, asked: Parameters) -> Any:
    """Join the parts, and set what is said of the item meanwhile."""
    wide = await _file_at(call)
    await join_parts(call.core, call.actor, wide.seen.item.no)
    wanted = change_of(wide, asked, attributes_in(asked))
    if wanted is not None:
        await change(call.core, call.actor, wide.seen.item.no, wanted)
    return _done(wide)


@TABLE.operation(OWNED[0] + "/cancel")
@TABLE.operation(OWNED[1] + "/cancel")
async def cancel(call: Call, _: Parameters) -> Any:
    """Let go of the parts; the item stays as it was."""
    wide = await _file_at(call)
    await drop_parts(call.core, call.actor, wide.seen.item.no)
    return _done(wide)
