"""Search by words, over everything that the caller may see, or below a folder."""

from typing import Any, Final

from starlette.responses import Response

from commonhold.core.content.search import search
from commonhold.core.content.tree import Page
from commonhold.core.problems import Problem
from commonhold.faces.web.own import own_place, sign_in_first
from commonhold.faces.web.pages import HTML, page, speaks
from commonhold.faces.web.showing import seen_in
from commonhold.faces.web.taking import asked, number_of
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

FOUND: Final = 50  # on one page


@TABLE.route("GET", "/app/search", needs="self", streams=HTML, problems="bad_cursor unknown_item")
async def search_page(call: Call) -> Response:
    """Show what has all words that are asked for: the caller's own things, and what is shared with him."""
    if call.actor.user is None:
        return sign_in_first(call)
    place = await own_place(call)
    words, below = asked(call, "q"), asked(call, "in")
    folder = (await seen_in(call, place, below)).item if below else None
    after, found, problem = number_of(call, "after"), Page(()), None
    if words:
        try:
            within = folder.no if folder else None
            cursor = None if after is None else (after,)
            found = await search(call.core, call.actor, words, within=within, after=cursor, limit=FOUND)
        except Problem as refused:
            if refused.code != "bad_query":
                raise
            problem = speaks(call.request).say("Write at least one word or number.")
    known: dict[str, Any] = {
        "words": words,
        "folder": folder,
        "found": found.items,
        "problem": problem,
        "asked": bool(words),
    }
    further = found.next[0] if found.next else None
    return page(call, "items/search.html", viewer=place.viewer, place=place, further=further, **known)
