"""One's own account: names, address and password."""

from starlette.responses import Response

from commonhold.core.directory.accounts import UserChange, change_password, change_user
from commonhold.core.directory.letters import ask_verification
from commonhold.core.directory.outside import outside_logins
from commonhold.core.directory.people import get_user
from commonhold.core.problems import Problem
from commonhold.faces.web.own import sign_in_first
from commonhold.faces.web.pages import HTML, see_other
from commonhold.faces.web.taking import NOTHING, Given, Refused, show, take, text
from commonhold.faces.web.viewer import viewer_of
from commonhold.http.credentials import SESSION_COOKIE, set_cookie
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

_PROBLEMS = "unauthenticated forbidden cross_site"


async def shown(call: Call, refused: Refused = NOTHING) -> Response:
    """Show the account, with a form that was refused."""
    viewer = await viewer_of(call)
    if viewer.guest:
        raise Problem("forbidden")
    person = await get_user(call.core, call.actor, call.actor.user or 0)
    logins = await outside_logins(call.core, call.actor)
    oidc = call.settings.oidc
    done = call.request.query_params.get("done", "")
    known = {"person": person, "logins": logins, "oidc": oidc if oidc.issuer else None, "done": done}
    return show(call, "account/profile.html", viewer, refused, **known)


@TABLE.route("GET", "/app/account", needs="self", streams=HTML, problems="forbidden")
async def account_page(call: Call) -> Response:
    """Show the caller's account."""
    return await shown(call) if call.actor.user is not None else sign_in_first(call)


@TABLE.route("POST", "/app/account", needs="self", streams=HTML, problems=_PROBLEMS)
async def take_names(call: Call) -> Response:
    """Change one's names and address."""

    async def act(given: Given) -> Response:
        first, last, email = (text(given, name) or None for name in ("first_name", "last_name", "email"))
        change = UserChange(first_name=first, last_name=last, email=email)
        await change_user(call.core, call.actor, call.actor.user or 0, change)
        return see_other(call, "/app/account?done=names")

    return await take(call, "names", act, lambda refused: shown(call, refused))


@TABLE.route("POST", "/app/account/password", needs="self", streams=HTML, problems=_PROBLEMS + " wrong_password")
async def take_password(call: Call) -> Response:
    """Change one's password: everything else that is logged in is logged out."""

    async def act(given: Given) -> Response:
        old, new = (given.get(name, [""])[-1] for name in ("old", "new"))
        issued = await change_password(call.core, call.actor, old, new)
        response = see_other(call, "/app/account?done=password")
        until, now = issued.credential.until, call.core.clock()
        set_cookie(response, SESSION_COOKIE, issued.secret, secure=call.secure, until=until, now=now)
        return response

    return await take(call, "password", act, lambda refused: shown(call, refused))


@TABLE.route("POST", "/app/account/verify", needs="self", streams=HTML, problems=_PROBLEMS + " too_many_requests")
async def ask_letter(call: Call) -> Response:
    """Have the letter sent again that confirms one's address."""

    async def act(_: Given) -> Response:
        await ask_verification(call.core, call.actor)
        return see_other(call, "/app/account?done=letter")

    return await take(call, "verify", act, lambda refused: shown(call, refused))
