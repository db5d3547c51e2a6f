"""Doing something with things chosen on a page: moved, copied, thrown away, taken along as one ZIP.

A list is a form that leads to a page, which says what will happen and asks; the page's form does it, thing by thing:
one that is refused does not keep the others.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response

from commonhold.core.content.copying import copy
from commonhold.core.content.moving import move
from commonhold.core.content.space import usage
from commonhold.core.content.steps import Collision
from commonhold.core.content.trash import trash
from commonhold.core.content.tree import Seen, children
from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind
from commonhold.faces.web.items.tools import chosen_of
from commonhold.faces.web.own import own_place, sign_in_first
from commonhold.faces.web.pages import HTML, PRIVATE, page, see_other, speaks
from commonhold.faces.web.showing import Place, seen_in
from commonhold.faces.web.speech import mark
from commonhold.faces.web.taking import told
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call
from commonhold.http.forms import fields_of
from commonhold.http.serving import serve_zip, serve_zip_of
from commonhold.http.statuses import STATUS
from commonhold.http.typed import Table

TABLE = Table()

FIELDS: Final = 120  # a page of boxes, and what stands around it
_PROBLEMS: Final = "unknown_item unauthenticated missing_field too_many_items"
_MOVES: Final = f"{_PROBLEMS} forbidden not_a_folder into_itself name_collides cross_site"


class Outcome(msgspec.Struct, frozen=True):
    """What became of one thing."""

    item: Item
    problem: Problem | None = None


@TABLE.route("GET", "/app/chosen/zip", needs="right", streams="application/zip", problems=_PROBLEMS)
async def chosen_zip(call: Call) -> Response:
    """Return what was chosen as one ZIP."""
    place = await own_place(call)
    chosen = await chosen_of(call, call.request.query_params.getlist("item"))
    items = [seen.item for seen in chosen]
    if len(items) == 1 and items[0].kind is ItemKind.FOLDER:
        return await serve_zip(call, place.actor, items[0].no, headers=PRIVATE)
    above = chosen[0].trail[-1].name if chosen[0].trail else None
    return await serve_zip_of(call, place.actor, items, f"{above or 'files'}.zip", headers=PRIVATE)


@TABLE.route("GET", "/app/chosen/trash", needs="right", streams=HTML, problems=_PROBLEMS)
async def trash_page(call: Call) -> Response:
    """Ask whether to throw things away."""
    if call.actor.user is None:
        return sign_in_first(call)
    place = await own_place(call)
    chosen = await chosen_of(call, call.request.query_params.getlist("item"))
    return page(call, "items/trash-these.html", viewer=place.viewer, place=place, chosen=chosen, back=_above(chosen))


@TABLE.route("POST", "/app/chosen/trash", needs="right", streams=HTML, problems=f"{_PROBLEMS} forbidden protected")
async def take_trash(call: Call) -> Response:
    """Throw things away."""
    place, given = await _given(call)
    chosen = await chosen_of(call, given.get("item", []))

    async def act(item: Item) -> Any:
        return await trash(call.core, call.actor, item.no)

    done = await each([seen.item for seen in chosen], act)
    return outcome(call, place, done, _address(_above(chosen)), mark("Thrown away"))


@TABLE.route("GET", "/app/chosen/move", needs="right", streams=HTML, problems=_PROBLEMS)
async def move_page(call: Call) -> Response:
    """Let the caller find the folder that things are moved to."""
    return await _choose(call, "move")


@TABLE.route("GET", "/app/chosen/copy", needs="right", streams=HTML, problems=_PROBLEMS)
async def copy_page(call: Call) -> Response:
    """Let the caller find the folder that things are copied to."""
    return await _choose(call, "copy")


@TABLE.route("POST", "/app/chosen/move", needs="right", streams=HTML, problems=_MOVES)
async def take_move(call: Call) -> Response:
    """Move things into a folder."""

    async def act(item: Item, into: Item) -> Any:
        return await move(call.core, call.actor, item.no, into.no)

    return await _put(call, act, mark("Moved"))


@TABLE.route("POST", "/app/chosen/copy", needs="right", streams=HTML, problems=_MOVES)
async def take_copy(call: Call) -> Response:
    """Copy things into a folder; a name that is taken there becomes another one."""

    async def act(item: Item, into: Item) -> Any:
        return await copy(call.core, call.actor, item.no, into.no, on_collision=Collision.RENAME)

    return await _put(call, act, mark("Copied"))


async def _put(call: Call, act: Callable[[Item, Item], Awaitable[Any]], title: str) -> Response:
    place, given = await _given(call)
    chosen = await chosen_of(call, given.get("item", []))
    into = (await seen_in(call, place, (given.get("into") or [""])[-1])).item
    done = await each([seen.item for seen in chosen], lambda item: act(item, into))
    return outcome(call, place, done, _address(into), title)


async def _choose(call: Call, way: str) -> Response:
    """Show the folders of a folder, to go on to one of them or to put things here."""
    if call.actor.user is None:
        return sign_in_first(call)
    place, asked = await own_place(call), call.request.query_params
    chosen = await chosen_of(call, asked.getlist("item"))
    try:
        top = (await usage(call.core, call.actor)).top
    except Problem:
        top = None  # a guest has no files of his own
    start = _above(chosen) or top
    wanted = asked.get("into") or (start.uid if start else None)
    if wanted is None:
        raise Problem("unknown_item", field="into")
    into = await seen_in(call, place, wanted)
    listing = await children(call.core, call.actor, into.item.no, folders_first=True)
    moved = {seen.item.no for seen in chosen}
    folders = [
        one.item
        for one in listing.items
        if one.item.kind is ItemKind.FOLDER and (way == "copy" or one.item.no not in moved)
    ]
    return page(
        call,
        "items/choose.html",
        viewer=place.viewer,
        place=place,
        way=way,
        chosen=chosen,
        into=into,
        folders=folders,
        top=top,
        may=into.right.may(Action.CREATE) and (way == "copy" or any(one.item.parent != into.item.no for one in chosen)),
        back=_above(chosen),
    )


async def each(items: Sequence[Item], act: Callable[[Item], Awaitable[Any]]) -> list[Outcome]:
    """Do something with each thing; what is refused is told in the end."""
    done = []
    for item in items:
        try:
            await act(item)
            done.append(Outcome(item))
        except Problem as problem:
            done.append(Outcome(item, problem))
    return done


def outcome(call: Call, place: Place, done: list[Outcome], back: str, title: str) -> Response:
    """Go back where all went well; else say what was refused, and why."""
    refused = [one.problem for one in done if one.problem is not None]
    if not refused:
        return see_other(call, back)
    spoken = speaks(call.request)
    said = [(one.item, told(spoken, one.problem) if one.problem else None) for one in done]
    status = STATUS[refused[0].code] if len(refused) == len(done) else 200
    known: dict[str, Any] = {"done": said, "back": back, "title": title}
    return page(call, "items/outcome.html", status, viewer=place.viewer, place=place, **known)


async def _given(call: Call) -> tuple[Place, dict[str, list[str]]]:
    refuse_cross_site(call.request, call.base, frozenset())
    return await own_place(call), await fields_of(call.request, FIELDS)


def _above(chosen: Sequence[Seen]) -> Item | None:
    """Return the folder in which things were chosen, if the caller sees it."""
    return chosen[0].trail[-1] if chosen[0].trail else None


def _address(folder: Item | None) -> str:
    return f"/app/items/{folder.uid}" if folder else "/app"
