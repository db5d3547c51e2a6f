"""Folders: looked at, made, renamed, thrown away; and what lies above something."""

from collections.abc import Callable
from typing import Final

import msgspec

from commonhold.core.content.making import make_folder
from commonhold.core.content.trash import purge, trash
from commonhold.core.content.tree import Seen, get, rename
from commonhold.core.identity import ItemRef
from commonhold.core.model import Life
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind
from commonhold.core.sharing.finding import decide
from commonhold.core.sharing.gathering import Which, gather
from commonhold.faces.filr import things
from commonhold.faces.filr.content_shapes import BinderBrief, FolderGiven
from commonhold.faces.filr.encoding import given
from commonhold.faces.filr.problems import bad_input
from commonhold.faces.filr.routes import Function, Table, id_of, query_of
from commonhold.faces.filr.scopes import FOLDER_GONE, folder_at, my_files
from commonhold.faces.filr.shapes import SearchResultList, listed
from commonhold.http.face import Call

TABLE = Table()

ENTRY_GONE: Final = "ENTRY_NOT_FOUND"


class Throwing(msgspec.Struct):
    """``purge``: not into the trash, but for good."""

    purge: bool = False


async def live(call: Call, ref: ItemRef) -> Seen:
    """Return something that is not in the trash.

    :raises Problem: unknown_item
    """
    seen = await get(call.core, call.actor, ref)
    if seen.life is not Life.LIVE:
        raise Problem("unknown_item")
    return seen


async def throw_away(call: Call, seen: Seen) -> None:
    """Throw something away, as the query says: into the trash, or for good, which its owner alone may.

    :raises Problem: forbidden, protected
    """
    for_good = query_of(call, Throwing).purge
    if for_good and not seen.right.own & Action.DELETE:
        raise Problem("forbidden")
    await trash(call.core, call.actor, seen.item.no)
    if for_good:
        await purge(call.core, call.actor, seen.item.no)


def _at_folder(method: str, *tails: str) -> Callable[[Function], Function]:
    """Add a route to folders by both of their names: here a workspace is a folder."""

    def add(function: Function) -> Function:
        for tail in tails:
            for place in ("folders", "workspaces"):
                TABLE.route(method, f"/{place}/{{id}}{tail}", thing=FOLDER_GONE)(function)
        return function

    return add


@_at_folder("GET", "")
async def read(call: Call) -> BinderBrief:
    """Return a folder; to one who may only put things there, what he was told with the share."""
    no = id_of(call, FOLDER_GONE)
    try:
        return things.binder(call, await folder_at(call, no))
    except Problem as problem:
        if problem.code != "unknown_item":
            raise
        return await _unseen(call, no)


async def _unseen(call: Call, no: int) -> BinderBrief:
    """Return a folder that was shared with the caller for putting things there.

    :raises Problem: unknown_item
    """
    if not (await decide(call.core, call.actor, no)).may(Action.CREATE):
        raise Problem("unknown_item")
    for shown in (await gather(call.core, call.actor, Which.WITH)).shares:
        if shown.item.no == no and shown.state == "open" and shown.item.kind is ItemKind.FOLDER:
            return things.unseen_binder(shown.item)
    raise Problem("unknown_item")


@_at_folder("PUT", "")
async def change(call: Call) -> BinderBrief:
    """Give a folder another name; nothing else of it can be changed here."""
    seen = await folder_at(call, id_of(call, FOLDER_GONE))
    title = (await given(call.request, FolderGiven)).title
    if title is None:
        raise bad_input("Give a title.")
    if title != seen.item.name:
        await rename(call.core, call.actor, seen.item.no, title)
    return things.binder(call, await live(call, seen.item.no))


@_at_folder("DELETE", "")
async def delete(call: Call) -> None:
    """Throw a folder away, with all that is in it."""
    await throw_away(call, await folder_at(call, id_of(call, FOLDER_GONE)))


@_at_folder("GET", "/ancestry")
async def ancestry(call: Call) -> SearchResultList:
    """List the folders above a folder that the caller sees, the outermost first."""
    return above(call, await folder_at(call, id_of(call, FOLDER_GONE)))


@_at_folder("POST", "/library_folders", "/binders")
async def make_in_folder(call: Call) -> BinderBrief:
    """Make a folder in a folder."""
    return await make(call, id_of(call, FOLDER_GONE))


@TABLE.route("POST", "/self/my_files/library_folders", thing=FOLDER_GONE)
async def make_in_my_files(call: Call) -> BinderBrief:
    """Make a folder among the caller's own files."""
    scope = await my_files(call)
    assert scope.folder is not None  # noqa: S101 - it is one
    return await make(call, scope.folder.item.no)


async def make(call: Call, parent: int) -> BinderBrief:
    """Make a folder where a body says what it is called; one who may only put things there is told that name."""
    title = (await given(call.request, FolderGiven)).title
    if title is None:
        raise bad_input("Give a title.")
    made = await make_folder(call.core, call.actor, parent, title)
    try:
        return things.binder(call, await live(call, made.no))
    except Problem:
        return things.unseen_binder(made)


def above(call: Call, seen: Seen) -> SearchResultList:
    """Return what lies above something, as far as the caller sees it."""
    found = []
    for at, item in enumerate(seen.trail):
        cut = seen.path.split("/") if seen.path else None
        path = "/".join(cut[: 2 + at]) if cut else None
        whole = Seen(item, seen.right, seen.owner, seen.owner_name, seen.life, path, seen.trail[:at])
        found.append(things.binder(call, whole))
    return listed(found)


async def place_of(call: Call) -> int:
    """Return the number of the folder that a path names, or of the caller's own."""
    if "id" in call.params:
        return id_of(call, FOLDER_GONE)
    scope = await my_files(call)
    assert scope.folder is not None  # noqa: S101 - it is one
    return scope.folder.item.no
