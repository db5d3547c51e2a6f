"""What one was told: listed, and marked as seen."""

from typing import Final

from starlette.responses import Response

from commonhold.core.notices.inbox import notifications, see
from commonhold.faces.web.own import sign_in_first
from commonhold.faces.web.pages import HTML, see_other, speaks
from commonhold.faces.web.speech import mark
from commonhold.faces.web.taking import NOTHING, PAGE, Given, Refused, after_of, place, show, take
from commonhold.faces.web.viewer import viewer_of
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

# What happened, by the kind of a line; ``who`` did it to ``what``.
_TOLD: Final = {
    "share": mark("%(who)s shared %(what)s with you"),
    "share_asked": mark("%(who)s wants to open %(what)s, which you sent to an address"),
    "webhook.disabled": mark("A webhook was switched off, as its address did not answer for long"),
}
_OTHER: Final = mark("Something changed: %(what)s")
_SOMEBODY: Final = mark("Somebody")
_SOMETHING: Final = mark("something")


async def _shown(call: Call, refused: Refused = NOTHING) -> Response:
    viewer = await viewer_of(call)
    speech = speaks(call.request)
    unseen = call.request.query_params.get("which") == "new"
    found = await notifications(call.core, call.actor, unseen=unseen, after=after_of(call), limit=PAGE)
    lines = [
        (
            one,
            speech.say(
                _TOLD.get(one.kind, _OTHER),
                who=one.by or speech.say(_SOMEBODY),
                what=one.name or speech.say(_SOMETHING),
            ),
        )
        for one in found.rows
    ]
    known = {"lines": lines, "unseen": unseen, "further": place(found.next)}
    return show(call, "account/notices.html", viewer, refused, **known)


@TABLE.route("GET", "/app/account/notices", needs="self", streams=HTML, problems="bad_cursor")
async def notices_page(call: Call) -> Response:
    """List what the caller was told, newest first."""
    return await _shown(call) if call.actor.user is not None else sign_in_first(call)


@TABLE.route("POST", "/app/account/notices", needs="self", streams=HTML, problems="unauthenticated cross_site")
async def take_seen(call: Call) -> Response:
    """Mark what the caller was told as seen."""

    async def act(_: Given) -> Response:
        await see(call.core, call.actor)
        return see_other(call, "/app/account/notices")

    return await take(call, "seen", act, lambda refused: _shown(call, refused))
