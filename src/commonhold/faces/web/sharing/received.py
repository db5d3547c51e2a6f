"""What is shared with whoever looks: by whom, through which group, until when; and what he does not want."""

from typing import Final

from starlette.responses import Response

from commonhold.core.policy.decide import needs_pass
from commonhold.core.roles import Kind
from commonhold.core.sharing.finding import Shown
from commonhold.core.sharing.selecting import received
from commonhold.faces.web.own import own_place, sign_in_first
from commonhold.faces.web.pages import HTML, page, under
from commonhold.faces.web.sharing.lists import ROWS, asked_of
from commonhold.faces.web.showing import Place
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

SHOWS: Final = ("ending",)


@TABLE.route("GET", "/app", needs="self", streams=HTML, problems="bad_cursor")
async def start(call: Call) -> Response:
    """Show what is shared with the caller."""
    if call.actor.user is None:
        return sign_in_first(call)
    asked = asked_of(call, SHOWS, sorts=False)
    place = await own_place(call)
    wanted = asked.wanted(call.core.clock(), person=Kind.USER)
    found = await received(call.core, call.actor, wanted, asked.after, ROWS)
    return page(
        call,
        "start.html",
        viewer=place.viewer,
        place=place,
        shares=[(one, _address(call, place, one), _through(one)) for one in found.shares],
        asked=asked,
        further=asked.further(found.next),
    )


def _address(call: Call, place: Place, shown: Shown) -> str:
    """Return where a share opens: at its item, or where it asks for what it needs first."""
    if needs_pass(shown.share):
        return f"{under(call.request)}/app/shares/{shown.share.uid}"
    return place.url(shown.item)


def _through(shown: Shown) -> str | None:
    """Return the group or organisation through which a share reaches the caller."""
    return shown.name if shown.share.kind in (Kind.GROUP, Kind.ORG) else None
