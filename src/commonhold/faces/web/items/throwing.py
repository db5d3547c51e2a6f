"""The trash: what was thrown away, brought back, or ended for good."""

from typing import Any, Final

from starlette.responses import Response

from commonhold.core.content.trash import empty, purge, restore, trashed
from commonhold.core.content.tree import get
from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.faces.web.items.choosing import FIELDS, each, outcome
from commonhold.faces.web.items.tools import CHOSEN
from commonhold.faces.web.own import own_place, sign_in_first
from commonhold.faces.web.pages import HTML, page, see_other
from commonhold.faces.web.showing import Place
from commonhold.faces.web.speech import mark
from commonhold.faces.web.taking import after_of
from commonhold.faces.web.taking import place as place_in
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call
from commonhold.http.forms import fields_of
from commonhold.http.typed import Table

TABLE = Table()

_PROBLEMS: Final = "unauthenticated unknown_item not_in_trash missing_field too_many_items cross_site"


@TABLE.route("GET", "/app/trash", needs="self", streams=HTML, problems="bad_cursor")
async def trash_page(call: Call) -> Response:
    """Show what the caller threw away, or others of his files."""
    if call.actor.user is None:
        return sign_in_first(call)
    place = await own_place(call)
    if place.viewer is None or place.viewer.guest:
        return see_other(call, "/app")
    found = await trashed(call.core, call.actor, after=after_of(call), limit=CHOSEN)
    known: dict[str, Any] = {"items": found.rows, "further": place_in(found.next), "days": call.core.limits.trash_days}
    return page(call, "items/trash.html", viewer=place.viewer, place=place, **known)


@TABLE.route("POST", "/app/trash/restore", needs="right", streams=HTML, problems=_PROBLEMS)
async def take_restore(call: Call) -> Response:
    """Bring things back to where they were."""

    async def act(item: Item) -> Any:
        return await restore(call.core, call.actor, item.no)

    place, items = await _given(call)
    return outcome(call, place, await each(items, act), "/app/trash", mark("Restored"))


@TABLE.route("GET", "/app/trash/purge", needs="right", streams=HTML, problems=_PROBLEMS)
async def purge_page(call: Call) -> Response:
    """Ask whether to end things for good."""
    if call.actor.user is None:
        return sign_in_first(call)
    place = await own_place(call)
    items = await _these(call, place, call.request.query_params.getlist("item"))
    return page(call, "items/purge.html", viewer=place.viewer, place=place, items=items, all=False)


@TABLE.route("POST", "/app/trash/purge", needs="right", streams=HTML, problems=_PROBLEMS)
async def take_purge(call: Call) -> Response:
    """End things for good."""

    async def act(item: Item) -> Any:
        return await purge(call.core, call.actor, item.no)

    place, items = await _given(call)
    return outcome(call, place, await each(items, act), "/app/trash", mark("Deleted for good"))


@TABLE.route("GET", "/app/trash/empty", needs="self", streams=HTML)
async def empty_page(call: Call) -> Response:
    """Ask whether to empty the trash."""
    if call.actor.user is None:
        return sign_in_first(call)
    place = await own_place(call)
    return page(call, "items/purge.html", viewer=place.viewer, place=place, items=[], all=True)


@TABLE.route("POST", "/app/trash/empty", needs="self", streams=HTML, problems="unauthenticated unknown_item cross_site")
async def take_empty(call: Call) -> Response:
    """Empty the trash for good."""
    refuse_cross_site(call.request, call.base, frozenset())
    await own_place(call)
    await empty(call.core, call.actor)
    return see_other(call, "/app/trash")


async def _given(call: Call) -> tuple[Place, list[Item]]:
    refuse_cross_site(call.request, call.base, frozenset())
    place = await own_place(call)
    return place, await _these(call, place, (await fields_of(call.request, FIELDS)).get("item", []))


async def _these(call: Call, place: Place, uids: list[str]) -> list[Item]:
    """Return the things that were chosen.

    :raises Problem: missing_field, too_many_items, unknown_item
    """
    wanted = list(dict.fromkeys(uids))
    if not wanted:
        raise Problem("missing_field", field="item")
    if len(wanted) > CHOSEN:
        raise Problem("too_many_items", field="item", limit=CHOSEN)
    return [(await get(call.core, place.actor, uid)).item for uid in wanted]
