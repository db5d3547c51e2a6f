"""Logging in and out, and staying logged in: as a person by address and password, as the opener of a share.

What is handed out comes in three modes: both secrets in the reply (``json``), the renewing one in a cookie
(``cookie``), or one secret in a cookie that renews itself (``session``).
"""

from functools import partial
from typing import Any, Final

import msgspec
from starlette.responses import Response

from commonhold.core.directory.credentials import Handed, Lives
from commonhold.core.directory.renewing import end, renew
from commonhold.core.directory.sign_in import log_in
from commonhold.core.problems import Problem
from commonhold.core.sharing.opening import Opened, still_open
from commonhold.faces.directus.accountability import REFRESH_COOKIE, SESSION_COOKIE
from commonhold.faces.directus.problems import invalid_credentials, invalid_payload
from commonhold.faces.directus.replies import data_reply
from commonhold.faces.directus.routes import Table, fields, only
from commonhold.http.credentials import refuse_cross_site
from commonhold.http.face import Call

TABLE = Table()

MODES: Final = ("cookie", "json", "session")
MINUTE: Final = 60_000
DAY: Final = 86_400_000
APART: Final = Lives(15 * MINUTE, 7 * DAY)
ITSELF: Final = Lives(DAY)
MISSING: Final = "The refresh token is required in either the payload or cookie"


class Told(msgspec.Struct, frozen=True):
    """What somebody is handed out, in its mode; times in milliseconds."""

    mode: str
    access: str
    refresh: str | None
    expires: int

    def body(self) -> dict[str, Any]:
        """Return what the reply says: a secret that stands in a cookie is not told."""
        told: dict[str, Any] = {"expires": self.expires}
        if self.mode == "json":
            told["refresh_token"] = self.refresh
        if self.mode != "session":
            told["access_token"] = self.access
        return told


def lives_of(mode: str) -> Lives:
    """Return how long what is handed out in a mode lives."""
    return ITSELF if mode == "session" else APART


def text_of(body: dict[str, Any], name: str, *, required: bool = True) -> str | None:
    """Return a text of a body that must not be empty.

    :raises ApiError: INVALID_PAYLOAD
    """
    if name not in body:
        if required:
            raise invalid_payload(f'"{name}" is required')
        return None
    value = body[name]
    if not isinstance(value, str):
        raise invalid_payload(f'"{name}" must be a string')
    if not value:
        raise invalid_payload(f'"{name}" is not allowed to be empty')
    return value


def mode_of(body: dict[str, Any], default: str = "json") -> str:
    """Return the mode that a body asks for.

    :raises ApiError: INVALID_PAYLOAD
    """
    mode = body.get("mode", default)
    if mode not in MODES:
        raise invalid_payload(f'"mode" must be one of [{", ".join(MODES)}]')
    return str(mode)


def told(mode: str, handed: Handed | Opened) -> Told:
    """Shape what was handed out; how long it lives counts from when it was made, so that it is a round number."""
    if isinstance(handed, Opened):
        return Told(mode, handed.secret, handed.refresh, handed.until - handed.made_at)
    made = handed.access.credential
    life = (made.until or made.made_at) - made.made_at
    return Told(mode, handed.access.secret, handed.refresh.secret if handed.refresh else None, life)


def reply(call: Call, handed: Told) -> Response:
    """Answer with what was handed out, in body and cookie."""
    response = data_reply(handed.body())
    if handed.mode == "session":
        _keep(call, response, SESSION_COOKIE, handed.access, ITSELF.access)
    elif handed.mode == "cookie":
        _keep(call, response, REFRESH_COOKIE, handed.refresh or "", APART.refresh or 0)
    return response


def _keep(call: Call, response: Response, name: str, secret: str, life: int) -> None:
    age = life // 1000
    response.set_cookie(name, secret, max_age=age, path="/", secure=call.secure, httponly=True, samesite="lax")


async def login(call: Call, email: str, password: str, mode: str) -> Told:
    """Log a person in.

    :raises ApiError: INVALID_CREDENTIALS
    :raises Problem: too_many_requests
    """
    try:
        handed = await log_in(call.core, email, password, lives_of(mode), address(call), call.face.name)
    except Problem as problem:
        if problem.code == "bad_credentials":
            raise invalid_credentials() from None
        raise
    return told(mode, handed)


async def refresh(call: Call, token: str, mode: str) -> Told:
    """Renew what somebody was handed out.

    :raises ApiError: INVALID_CREDENTIALS
    """
    check = partial(still_open, call.core)
    try:
        handed = await renew(call.core, token, lives_of(mode), check, call.face.name, address(call))
    except Problem as problem:
        if problem.code == "bad_token":
            raise invalid_credentials() from None
        raise
    return told(mode, handed)


async def logout(call: Call, token: str) -> None:
    """End what somebody was handed out, with everything that came of it."""
    await end(call.core, token, call.face.name, address(call))


def address(call: Call) -> str | None:
    """Return the address that a request comes from."""
    client = call.request.scope.get("client")
    return client[0] if client else None


@TABLE.route("POST", "/auth/login", needs="public")
async def post_login(call: Call) -> Any:
    """Log in with mail address and password."""
    body = await fields(call)
    email, password = text_of(body, "email"), text_of(body, "password")
    mode = mode_of(body)
    refuse_other_sites(call, mode)
    return reply(call, await login(call, email or "", password or "", mode))


@TABLE.route("POST", "/auth/refresh", needs="public")
async def post_refresh(call: Call) -> Any:
    """Renew what was handed out: the secret is in the body or in a cookie."""
    body = await fields(call)
    mode, token = _presented(call, body)
    return reply(call, await refresh(call, token, mode))


@TABLE.route("POST", "/auth/logout", needs="public")
async def post_logout(call: Call) -> Any:
    """Log out: every secret of the session is dead."""
    body = await fields(call)
    mode, token = _presented(call, body)
    await logout(call, token)
    response = Response(status_code=204)
    for name, life in ((SESSION_COOKIE, ITSELF.access), (REFRESH_COOKIE, APART.refresh or 0)):
        if name in call.request.cookies:
            _keep(call, response, name, "", life)
    del mode
    return response


def _presented(call: Call, body: dict[str, Any]) -> tuple[str, str]:
    """Return the mode, and the secret that renews or ends a session.

    :raises ApiError: INVALID_PAYLOAD
    """
    only(body, "refresh_token", "mode")
    given = text_of(body, "refresh_token", required=False)
    mode = mode_of(body, "json" if given else "cookie")
    if mode == "session":
        token = given or call.request.cookies.get(SESSION_COOKIE)
    else:
        token = given or (call.request.cookies.get(REFRESH_COOKIE) if mode == "cookie" else None)
    if not token:
        raise invalid_payload(MISSING)
    if not given:
        refuse_other_sites(call, mode)
    return mode, token


def refuse_other_sites(call: Call, mode: str) -> None:
    """Refuse a page of another site that would set or use our cookies, unless settings name its origin."""
    if mode != "json":
        trusted = frozenset(call.settings.face(call.face.name).origins) - {"*"}
        refuse_cross_site(call.request, call.base, trusted)
