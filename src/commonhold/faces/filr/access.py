"""``…/{id}/access``: what the caller may do with a thing, and to whom he may pass it on."""

from typing import Final

from commonhold.core.identity import ItemRef
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind, Role
from commonhold.core.sharing.finding import decide
from commonhold.core.sharing.prospect import prospect
from commonhold.faces.filr import shapes, words
from commonhold.faces.filr.giving import ENTRY, FOLDER
from commonhold.faces.filr.problems import missing
from commonhold.faces.filr.routes import Table, id_of
from commonhold.http.face import Call

TABLE = Table()

FILE: Final = "FILE_NOT_FOUND"


@TABLE.route("GET", "/folder_entries/{id}/access", thing=ENTRY)
async def of_entry(call: Call) -> shapes.Access:
    """Return the caller's access to what is no folder."""
    return await _access(call, id_of(call, ENTRY), ENTRY, (ItemKind.FOLDER,))


@TABLE.route("GET", "/folders/{id}/access", thing=FOLDER)
@TABLE.route("GET", "/workspaces/{id}/access", thing=FOLDER)
async def of_folder(call: Call) -> shapes.Access:
    """Return the caller's access to a folder."""
    others = tuple(kind for kind in ItemKind if kind is not ItemKind.FOLDER)
    return await _access(call, id_of(call, FOLDER), FOLDER, others)


@TABLE.route("GET", "/files/{id}/access", thing=FILE)
async def of_file(call: Call) -> shapes.Access:
    """Return the caller's access to a file, by the id of its content."""
    others = tuple(kind for kind in ItemKind if kind is not ItemKind.FILE)
    return await _access(call, call.params["id"], FILE, others)


async def _access(call: Call, ref: ItemRef, code: str, others: tuple[ItemKind, ...]) -> shapes.Access:
    try:
        seen = await prospect(call.core, call.actor, ref, names=False)
    except Problem as problem:
        if problem.code != "unknown_item" or ItemKind.FOLDER in others:
            raise
        return await _blind(call, ref)
    if seen.item.kind in others:
        raise missing(code)
    role = words.rights_name(seen.right.actions)
    what = words.thing(seen.item)
    return shapes.Access(
        role=role,
        sharing=words.sharing(seen.right.mask, wide=True, max_role=role),
        href=f"{what.href}/access",
        links=[],
    )


async def _blind(call: Call, ref: ItemRef) -> shapes.Access:
    """Return the access to a folder of one who may only put things there.

    :raises Problem: unknown_item
    """
    right = await decide(call.core, call.actor, ref)
    if not right.may(Action.CREATE):
        raise Problem("unknown_item")
    return shapes.Access(
        role=words.role_name(Role.UPLOADER), sharing=words.sharing(right.mask), href=f"/folders/{ref}/access", links=[]
    )
