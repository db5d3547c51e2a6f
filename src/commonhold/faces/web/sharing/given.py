"""What the caller shares with others, and his links: found, sorted, and chosen for what is done with several."""

from typing import Final

from starlette.responses import Response

from commonhold.core.sharing.finding import Shown
from commonhold.core.sharing.selecting import Choice, made
from commonhold.faces.web.own import own_place, sign_in_first
from commonhold.faces.web.pages import HTML, page, speaks
from commonhold.faces.web.sharing.lists import ROWS, Asked, asked_of
from commonhold.faces.web.sharing.naming import state_of, whom
from commonhold.faces.web.sharing.receipts import has_ended
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

GIVEN: Final = ("ending", "public")
LINKS: Final = ("ending", "public", "unused")


@TABLE.route("GET", "/app/given", needs="self", streams=HTML, problems="bad_cursor")
async def given_page(call: Call) -> Response:
    """Show what the caller shares with others."""
    if call.actor.user is None:
        return sign_in_first(call)
    asked = asked_of(call, GIVEN)
    return await _list(call, "given", GIVEN, asked, asked.wanted(call.core.clock()))


@TABLE.route("GET", "/app/links", needs="self", streams=HTML, problems="bad_cursor")
async def links_page(call: Call) -> Response:
    """Show the caller's links."""
    if call.actor.user is None:
        return sign_in_first(call)
    asked = asked_of(call, LINKS)
    return await _list(call, "links", LINKS, asked, asked.wanted(call.core.clock(), links=True))


async def _list(call: Call, name: str, shows: tuple[str, ...], asked: Asked, wanted: Choice) -> Response:
    place = await own_place(call)
    found = await made(call.core, call.actor, wanted, asked.after, ROWS)
    speech = speaks(call.request)

    def row(one: Shown) -> tuple[Shown, str, str | None]:
        return one, whom(speech, one.share.kind, one.name), state_of(speech, one)

    return page(
        call,
        "sharing/given.html",
        viewer=place.viewer,
        place=place,
        links=name == "links",
        shows=shows,
        shares=[row(one) for one in found.shares],
        asked=asked,
        further=asked.further(found.next),
        renewed=call.request.query_params.get("done") == "renewed",
        ended=has_ended(call, speech),
    )
