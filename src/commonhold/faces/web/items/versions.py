"""Versions of a file: what it held before, brought back, downloaded, or deleted; and what it shall hold."""

from typing import Any, Final

from starlette.responses import Response

from commonhold.core.content.files import put_content
from commonhold.core.content.versions import delete_version, restore_version, versions
from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.core.roles import Action
from commonhold.faces.web.own import own_place, sign_in_first
from commonhold.faces.web.pages import HTML, page, see_other, speaks
from commonhold.faces.web.showing import seen_in
from commonhold.faces.web.taking import told
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call
from commonhold.http.media import media_type
from commonhold.http.multipart import form_parts
from commonhold.http.statuses import STATUS
from commonhold.http.typed import Table
from commonhold.http.uploads import with_head

TABLE = Table()

_PROBLEMS: Final = "unauthenticated unknown_item forbidden not_a_file in_trash"
_ONE: Final = f"{_PROBLEMS} not_found invalid_field cross_site"


@TABLE.route("GET", "/app/items/{item}/versions", needs="right", streams=HTML, problems=_PROBLEMS)
async def versions_page(call: Call) -> Response:
    """Show what a file held, newest first."""
    return sign_in_first(call) if call.actor.user is None else await _page(call)


async def _page(call: Call, problem: Problem | None = None, ordinal: int | None = None) -> Response:
    """Show the versions; or ask whether to delete one of them."""
    place = await own_place(call)
    seen = await seen_in(call, place, call.params["item"])
    known: dict[str, Any] = {
        "item": seen.item,
        "versions": await versions(call.core, call.actor, seen.item.no),
        "may_delete": seen.right.may(Action.DELETE),
        "deleted": ordinal,
        "problem": told(speaks(call.request), problem) if problem else None,
    }
    status = STATUS[problem.code] if problem else 200
    return page(call, "items/versions.html", status, viewer=place.viewer, place=place, **known)


@TABLE.route(
    "POST",
    "/app/items/{item}/versions",
    needs="right",
    streams="multipart/form-data",
    problems=f"{_PROBLEMS} too_large",
)
async def new_version(call: Call) -> Response:
    """Give a file the content of a form's file; what it held before is kept."""
    refuse_cross_site(call.request, call.base, frozenset())
    place = await own_place(call)
    item = (await seen_in(call, place, call.params["item"])).item
    try:
        await _take(call, item)
    except Problem as problem:
        return await _page(call, problem)
    return see_other(call, f"/app/items/{item.uid}/versions")


async def _take(call: Call, item: Item) -> None:
    async for part in form_parts(call.request, limit=call.core.limits.upload):
        if part.filename:
            head, chunks = await with_head(aiter(part))
            media = media_type(item.name or part.filename, head)
            await put_content(call.core, call.actor, item.no, chunks, media=media)
            return
    raise Problem("missing_field", field="file")


@TABLE.route("POST", "/app/items/{item}/versions/{ordinal}/restore", needs="right", streams=HTML, problems=_ONE)
async def take_restore(call: Call) -> Response:
    """Make an older content the present one."""
    refuse_cross_site(call.request, call.base, frozenset())
    await own_place(call)
    try:
        item = await restore_version(call.core, call.actor, call.params["item"], _ordinal(call))
    except Problem as problem:
        return await _page(call, problem)
    return see_other(call, f"/app/items/{item.uid}/versions")


@TABLE.route("GET", "/app/items/{item}/versions/{ordinal}/delete", needs="right", streams=HTML, problems=_ONE)
async def delete_page(call: Call) -> Response:
    """Ask whether to delete an older content."""
    return sign_in_first(call) if call.actor.user is None else await _page(call, ordinal=_ordinal(call))


@TABLE.route("POST", "/app/items/{item}/versions/{ordinal}/delete", needs="right", streams=HTML, problems=_ONE)
async def take_delete(call: Call) -> Response:
    """Delete an older content for good."""
    refuse_cross_site(call.request, call.base, frozenset())
    await own_place(call)
    try:
        await delete_version(call.core, call.actor, call.params["item"], _ordinal(call))
    except Problem as problem:
        return await _page(call, problem)
    return see_other(call, f"/app/items/{call.params['item']}/versions")


def _ordinal(call: Call) -> int:
    given = call.params["ordinal"]
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Problem("not_found", field="version")
    return int(given)
