"""What anybody may do at all in this installation: one set of limits, which the core asks at every decision."""

from typing import Final

from starlette.responses import Response

from commonhold.core.directory.allowances import drop_allowance, get_allowance, set_allowance
from commonhold.core.model import EVERYONE
from commonhold.core.problems import Problem
from commonhold.faces.web.own import sign_in_first
from commonhold.faces.web.pages import HTML, see_other
from commonhold.faces.web.people.looking import KINDS, Limits, limits_in
from commonhold.faces.web.taking import NOTHING, Given, Refused, asked, flag, show, take
from commonhold.faces.web.viewer import viewer_of
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

_PROBLEMS: Final = "unauthenticated forbidden cross_site invalid_field"


async def _shown(call: Call, refused: Refused = NOTHING) -> Response:
    viewer = await viewer_of(call)
    if not viewer.admin:
        raise Problem("forbidden")
    row = await get_allowance(call.core, call.actor, EVERYONE)
    known = {"limits": Limits.of(row), "limited": row is not None, "kinds": KINDS, "done": asked(call, "done")}
    return show(call, "people/settings.html", viewer, refused, **known)


@TABLE.route("GET", "/app/settings", needs="administration", streams=HTML, problems="forbidden")
async def settings_page(call: Call) -> Response:
    """Show the limits of everybody to administrators of the installation."""
    return await _shown(call) if call.actor.user is not None else sign_in_first(call)


@TABLE.route("POST", "/app/settings", needs="administration", streams=HTML, problems=_PROBLEMS)
async def take_settings(call: Call) -> Response:
    """Set the limits of everybody: what is shared already obeys them from the next request on."""

    async def act(given: Given) -> Response:
        before = await get_allowance(call.core, call.actor, EVERYONE)
        if flag(given, "drop"):
            await drop_allowance(call.core, call.actor, EVERYONE)
        else:
            await set_allowance(call.core, call.actor, EVERYONE, limits_in(given, before))
        return see_other(call, "/app/settings?done=limits")

    return await take(call, "limits", act, lambda refused: _shown(call, refused))
