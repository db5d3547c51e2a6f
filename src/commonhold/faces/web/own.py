"""Pages of a person who is logged in, or of a guest: what is shared with him, and his own files."""

import re
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.opening import Peek, peek
from commonhold.faces.web.links import closed, unlock
from commonhold.faces.web.pages import HTML, assets, edition, see_other, under
from commonhold.faces.web.showing import Place
from commonhold.faces.web.speech import LANGUAGE_COOKIE, LANGUAGES
from commonhold.faces.web.viewer import viewer_of
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call
from commonhold.http.forms import form_of
from commonhold.http.typed import Table

TABLE = Table()

_PAGE: Final = re.compile(r"(/[\w-]{1,100}){1,6}", re.ASCII)  # of ours: no other host can be written so
_YEAR: Final = 365 * 24 * 3600  # seconds


async def own_place(call: Call) -> Place:
    """Show items by the actor's own right.

    :raises Problem: unauthenticated
    """
    return Place(f"{under(call.request)}/app/items", call.actor, viewer=await viewer_of(call))


def sign_in_first(call: Call) -> Response:
    """Ask who it is, and come back to this page then."""
    path = call.request.scope["path"].removeprefix(under(call.request))
    return see_other(call, "/app/sign-in" if path == "/app" else f"/app/sign-in?next={quote(path)}")


@TABLE.route("GET", "/", needs="public", streams=HTML)
async def front(call: Call) -> Response:
    """Lead to the pages."""
    return see_other(call, "/app")


@TABLE.route("GET", "/static/{edition}/{name}", needs="public", streams="text/css", problems="route_not_found")
async def static(call: Call) -> Response:
    """Return a style sheet, a script or the mark; the folder they stand in changes with their content."""
    found = assets().get(call.params["name"])
    if found is None or call.params["edition"] != edition():
        raise Problem("route_not_found")
    kept = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(found.body, media_type=found.media, headers=kept)


@TABLE.route("GET", "/app/shares/{share}", needs="self", streams=HTML, problems="unknown_share")
async def share_page(call: Call) -> Response:
    """Show what a share asks for that has to be opened first."""
    if call.actor.user is None:
        return sign_in_first(call)
    found = await _received(call)
    if found.item is not None and found.actor is not None:
        return see_other(call, f"/app/items/{found.item.uid}")
    return await closed(call, found, f"/app/shares/{found.share.uid}", 200)


@TABLE.route("POST", "/app/shares/{share}", needs="self", streams=HTML, problems="unknown_share wrong_password")
async def open_page(call: Call) -> Response:
    """Open such a share: counts a use."""
    if call.actor.user is None:
        raise Problem("unauthenticated")
    uid = (await _received(call)).share.uid
    return await unlock(call, uid, f"/app/shares/{uid}", "/app", lambda _: f"/app/shares/{uid}")


async def _received(call: Call) -> Peek:
    """Look at a share that the caller received; links have pages of their own.

    :raises Problem: unknown_share
    """
    found = await peek(call.core, call.actor, call.params["share"])
    if found.share.kind is Kind.LINK:
        raise Problem("unknown_share")
    return found


@TABLE.route("POST", "/app/language", needs="public", streams=HTML, problems="cross_site")
async def choose_language(call: Call) -> Response:
    """Keep the language that pages are read in, and go back to the page from which it was chosen."""
    refuse_cross_site(call.request, call.base, frozenset())
    given = await form_of(call.request)
    back = given.get("next", "")
    response = see_other(call, back if _PAGE.fullmatch(back) else "/app")
    if given.get("language") in LANGUAGES:
        path = under(call.request) or "/"
        response.set_cookie(
            LANGUAGE_COOKIE, given["language"], max_age=_YEAR, path=path, secure=call.secure, samesite="lax"
        )
    return response
