"""Public links: anybody who has the address of one reads its file. Paths as the real server has them.

The key in it is the link's secret, 160 bits; the name at the end is for people. What cannot be read at once (it has a
password, counts its uses, or is a folder) is opened by the link's own page.
"""

from typing import Final

from starlette.responses import RedirectResponse, Response

from commonhold.core.identity import NOBODY
from commonhold.core.model import Item
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Kind
from commonhold.core.sharing.opening import Peek, by_secret, peek
from commonhold.faces.filr.routes import Table
from commonhold.http.face import Call
from commonhold.http.media import OCTETS
from commonhold.http.replies import plain_page, wants_html
from commonhold.http.serving import serve_file

TABLE = Table()

INLINE: Final = {"publicLink": False, "publicLinkHtml": True}
"""What the address says: bytes to keep, or to look at."""

_PATH: Final = "/ssf/s/readFile/share/{id}/{key}/{word}/{name}"


@TABLE.route("GET", _PATH, needs="public", streams=OCTETS)
async def read(call: Call) -> Response:
    """Return the file of a public link to whoever has its address; 404 for every other address, and when it is over."""
    try:
        return await _read(call)
    except Problem as problem:
        if problem.code not in ("unknown_share", "unknown_item", "forbidden", "in_trash", "not_a_file"):
            raise
        gone = Problem("not_found")
        if wants_html(call.request):
            return plain_page(call.request, gone, 404)
        raise gone from None


async def _read(call: Call) -> Response:
    found = await _link(call)
    if found.actor is None or found.item is None or not _is_file(found.item):
        return RedirectResponse(call.page("link", call.params["key"]), 303)
    return await serve_file(call, found.actor, found.item.no, inline=INLINE[call.params["word"]])


def _is_file(item: Item) -> bool:
    return item.kind is ItemKind.FILE


async def _link(call: Call) -> Peek:
    """Return the link that an address names, if it is open or asks for something first.

    :raises Problem: unknown_share
    """
    found = await peek(call.core, NOBODY, by_secret(call.params["key"]))
    named = found.share.kind is Kind.LINK and call.params["id"] == str(found.share.no)
    if not named or call.params["word"] not in INLINE or found.state != "open":
        raise Problem("unknown_share")
    return found
