"""Pages of items for whoever is logged in: his own files, one item, its bytes and pictures, and what goes into it."""

from typing import Any, Final

from starlette.responses import Response

from commonhold.core.content.making import make_folder
from commonhold.core.content.paths import make_path
from commonhold.core.content.space import usage
from commonhold.core.content.tree import get, rename
from commonhold.core.problems import Problem
from commonhold.faces.web.items.tools import tools_of
from commonhold.faces.web.links import OCTETS
from commonhold.faces.web.own import own_place, sign_in_first
from commonhold.faces.web.pages import HTML, PRIVATE, page, see_other
from commonhold.faces.web.showing import Place, picture, receipt, seen_in, show, take_files, thumb
from commonhold.faces.web.taking import NOTHING, Given, Refused, take, text
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call
from commonhold.http.replies import JSON, json_reply
from commonhold.http.serving import serve_file, serve_zip
from commonhold.http.typed import Table

TABLE = Table()

_PROBLEMS: Final = "unknown_item unauthenticated"
_NAMED: Final = f"{_PROBLEMS} forbidden name_collides name_forbidden name_empty name_too_long not_a_folder cross_site"
_DEEPEST: Final = 64  # folders in one path


@TABLE.route("GET", "/app/files", needs="self", streams=HTML)
async def files_page(call: Call) -> Response:
    """Show the caller's own files; a guest has none."""
    if call.actor.user is None:
        return sign_in_first(call)
    place = await own_place(call)
    if place.viewer is None or place.viewer.guest:
        return see_other(call, "/app")
    return await _show(call, place, (await usage(call.core, call.actor)).top.no)


@TABLE.route("GET", "/app/items/{item}", needs="right", streams=HTML, problems=f"{_PROBLEMS} bad_cursor")
async def item_page(call: Call) -> Response:
    """Show an item by the caller's own right."""
    if call.actor.user is None:
        return sign_in_first(call)
    return await _show(call, await own_place(call), call.params["item"])


async def _show(call: Call, place: Place, ref: Any) -> Response:
    seen = await seen_in(call, place, ref)
    return await show(call, place, seen, tools_of(seen, place))


@TABLE.route("GET", "/app/items/{item}/content", needs="right", streams=OCTETS, problems=f"{_PROBLEMS} not_found")
async def item_content(call: Call) -> Response:
    """Return a file's bytes, or those of an older content (``version``)."""
    given = call.request.query_params.get("version")
    if given is not None and not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Problem("not_found", field="version")
    actor = (await own_place(call)).actor
    version = None if given is None else int(given)
    return await serve_file(call, actor, call.params["item"], version=version, headers=PRIVATE)


@TABLE.route("GET", "/app/items/{item}/preview", needs="right", streams="image/*", problems=f"{_PROBLEMS} not_found")
async def item_preview(call: Call) -> Response:
    """Show a picture, or a page of a document (``page``)."""
    return await picture(call, await own_place(call), call.params["item"])


@TABLE.route("GET", "/app/items/{item}/thumb", needs="right", streams="image/*", problems=f"{_PROBLEMS} not_found")
async def item_thumb(call: Call) -> Response:
    """Show the small picture of a file in a list."""
    return await thumb(call, await own_place(call), call.params["item"])


@TABLE.route("GET", "/app/items/{item}/zip", needs="right", streams="application/zip", problems=_PROBLEMS)
async def item_zip(call: Call) -> Response:
    """Return a folder as one ZIP."""
    return await serve_zip(call, (await own_place(call)).actor, call.params["item"], headers=PRIVATE)


@TABLE.route("POST", "/app/items/{item}/files", needs="right", streams="multipart/form-data", problems=_PROBLEMS)
async def item_files(call: Call) -> Response:
    """Put files into a folder."""
    refuse_cross_site(call.request, call.base, frozenset())
    place = await own_place(call)
    folder = (await seen_in(call, place, call.params["item"])).item
    return receipt(call, place, folder, await take_files(call, place.actor, folder.no, may_say=True))


@TABLE.route("POST", "/app/items/{item}/folders", needs="right", streams=HTML, problems=_NAMED)
async def new_folder(call: Call) -> Response:
    """Make a folder of this ``name``; or the folders of a ``path``, as far as they are not there, for scripts."""

    async def act(given: Given) -> Response:
        if JSON in call.request.headers.get("accept", ""):
            parts = [part for part in text(given, "path").split("/") if part]
            if len(parts) > _DEEPEST:
                raise Problem("tree_too_deep", field="path", limit=_DEEPEST)
            return json_reply({"folder": (await make_path(call.core, call.actor, call.params["item"], parts)).uid})
        made = await make_folder(call.core, call.actor, call.params["item"], text(given, "name"))
        return see_other(call, f"/app/items/{made.uid}")

    return await take(call, "folder", act, lambda refused: _name_page(call, refused))


@TABLE.route("GET", "/app/items/{item}/rename", needs="right", streams=HTML, problems=_PROBLEMS)
async def rename_page(call: Call) -> Response:
    """Ask what an item is to be called."""
    return sign_in_first(call) if call.actor.user is None else await _name_page(call)


@TABLE.route("POST", "/app/items/{item}/rename", needs="right", streams=HTML, problems=_NAMED)
async def take_name(call: Call) -> Response:
    """Give an item another name."""

    async def act(given: Given) -> Response:
        done = await rename(call.core, call.actor, call.params["item"], text(given, "name"))
        return see_other(call, f"/app/items/{done.uid}")

    return await take(call, "rename", act, lambda refused: _name_page(call, refused))


async def _name_page(call: Call, refused: Refused = NOTHING) -> Response:
    """Ask for the name of an item, or of a new folder in it."""
    place = await own_place(call)
    item = (await get(call.core, place.actor, call.params["item"])).item
    known: dict[str, Any] = {"item": item, "place": place, "refused": refused, "new": refused.form == "folder"}
    if refused.status != 200 and JSON in call.request.headers.get("accept", ""):
        return json_reply({"detail": refused.text}, refused.status)
    return page(call, "items/name.html", refused.status, refused.headers, viewer=place.viewer, **known)
