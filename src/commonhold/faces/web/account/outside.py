"""Logging in by a provider of OpenID Connect, and linking such a log-in to one's account.

What binds a log-in to the browser that began it is one random secret in a cookie: ``state``, ``nonce`` and the verifier
of the code (PKCE) are made of it, so nothing is kept here while the browser is elsewhere (decision 0124).
"""

import asyncio
import hashlib
import hmac
import importlib
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import Response

from commonhold import logs
from commonhold.core.directory.outside import Welcome, enter_outside, link_outside, unlink_outside
from commonhold.core.problems import Problem
from commonhold.faces.web.account.profile import shown
from commonhold.faces.web.entering import entered, onward
from commonhold.faces.web.pages import HEADERS, HTML, page, see_other, under
from commonhold.faces.web.taking import Given, take
from commonhold.faces.web.viewer import viewer_of
from commonhold.http.credentials import drop_cookie, set_cookie
from commonhold.http.face import Call
from commonhold.http.typed import Table
from commonhold.settings.values import Oidc

if TYPE_CHECKING:
    from commonhold.http.oidc import Asked

TABLE = Table()
LOG: Final = logs.get("oidc")

BACK: Final = "/app/sign-in/back"
COOKIE: Final = "commonhold_oidc"
_LIFE: Final = 600_000  # ms from leaving to coming back
_LONGEST: Final = 2_048  # characters of a code
_ENTER, _LINK = "enter", "link"


def _asked(call: Call) -> Oidc:
    """Return the provider of the settings.

    :raises Problem: route_not_found if there is none
    """
    if call.settings.oidc.issuer is None:
        raise Problem("route_not_found")
    return call.settings.oidc


async def _module() -> Any:
    """Return what speaks to providers: an HTTP client and signatures, which no other page needs."""
    return await asyncio.to_thread(importlib.import_module, "commonhold.http.oidc")


def _of(call: Call, secret: str, mode: str, module: Any) -> "Asked":
    """Return what a log-in is sent with, all of it made of the secret in the browser; a link is one person's alone."""
    whose = f"{mode} {call.actor.user if mode == _LINK else 0} "

    def made(what: str) -> str:
        return hmac.digest(secret.encode(), (whose + what).encode(), hashlib.sha256).hex()

    redirect = call.root + BACK
    found: Asked = module.Asked(redirect, made("state"), made("nonce"), made("verifier"))
    return found


async def _leave(call: Call, mode: str, path: str) -> tuple[str, str]:
    """Return where to send the browser, and the cookie that it takes along."""
    oidc, module = _asked(call), await _module()
    secret = call.core.secrets.token()
    address = await module.provider_of(oidc).address(_of(call, secret, mode, module))
    return address, f"{secret}.{mode}.{path}"


def _keep(call: Call, response: Response, cookie: str) -> Response:
    now = call.core.clock()
    path = under(call.request) + BACK
    set_cookie(response, COOKIE, cookie, secure=call.secure, until=now + _LIFE, now=now, path=path)
    return response


@TABLE.route("GET", "/app/sign-in/outside", needs="public", streams=HTML, problems="route_not_found unavailable")
async def leave_to_enter(call: Call) -> Response:
    """Send the browser to the provider, to log in."""
    address, cookie = await _leave(call, _ENTER, onward(call.request.query_params.get("next")))
    return _keep(call, Response(status_code=303, headers={**HEADERS, "location": address}), cookie)


@TABLE.route("POST", "/app/account/outside", needs="self", streams=HTML, problems="unauthenticated cross_site")
async def leave_to_link(call: Call) -> Response:
    """Offer the way to the provider, to link its log-in; only our own page leads here, else a foreign one could."""

    async def act(_: Given) -> Response:
        viewer = await viewer_of(call)
        address, cookie = await _leave(call, _LINK, "/app/account")
        name = _asked(call).called
        return _keep(call, page(call, "account/leaving.html", viewer=viewer, address=address, name=name), cookie)

    return await take(call, "outside", act, lambda refused: shown(call, refused))


@TABLE.route("POST", "/app/account/outside/end", needs="self", streams=HTML, problems="unauthenticated not_found")
async def end_link(call: Call) -> Response:
    """End the link to the provider's log-in."""

    async def act(given: Given) -> Response:
        await unlink_outside(call.core, call.actor, given.get("issuer", [""])[-1])
        return see_other(call, "/app/account?done=unlinked")

    return await take(call, "outside", act, lambda refused: shown(call, refused))


@TABLE.route("GET", BACK, needs="public", streams=HTML, problems="login_refused no_account address_unverified")
async def come_back(call: Call) -> Response:
    """Take the browser back from the provider: log in whom its code stands for, or link that to the account."""
    oidc = _asked(call)
    secret, _, rest = call.request.cookies.get(COOKIE, "").partition(".")
    mode, _, path = rest.partition(".")
    given = call.request.query_params
    module = await _module()
    asked = _of(call, secret, mode, module)
    if not secret or not hmac.compare_digest(given.get("state", "").encode(), asked.state.encode()):
        raise Problem("login_refused", reason="state")
    code = given.get("code", "")
    if not 0 < len(code) <= _LONGEST or mode not in (_ENTER, _LINK):
        raise Problem("login_refused", reason="code")
    try:
        seconds = call.core.clock() // 1000
        who = await module.provider_of(oidc).redeem(code, given.get("iss"), asked, seconds)
    except Problem as problem:
        LOG.info("refused", code=problem.code, reason=problem.facts.get("reason"))
        raise
    if mode == _LINK:
        await link_outside(call.core, call.actor, who)
        response = see_other(call, "/app/account?done=linked")
    else:
        welcome = Welcome(oidc.create, oidc.domains)
        response = entered(call, await enter_outside(call.core, who, welcome, "web", call.actor.address), onward(path))
    drop_cookie(response, COOKIE, under(call.request) + BACK)
    return response
