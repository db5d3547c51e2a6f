"""Who is asking: credentials found in a request, and the actor they make.

Nothing is remembered between requests: each credential is read anew, so that its end is felt by the next request.
"""

import base64
import binascii
import enum
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.core import Core
from commonhold.core.directory.basic import BasicCache, verify_basic
from commonhold.core.directory.credentials import actor_of, with_passes
from commonhold.core.directory.secret import Discreet
from commonhold.core.identity import Actor
from commonhold.core.problems import Problem

SESSION_COOKIE: Final = "commonhold_session"
PASS_COOKIE: Final = "commonhold_pass_"  # noqa: S105 - the beginning of a name; the number of the share follows
PASS_HEADER: Final = "commonhold-pass"  # noqa: S105 - a name
IN_PROCESS: Final = "commonhold.actor"
"""Key of the ASGI scope under which a caller in this process says who it is; no client can set it."""


class Via(enum.Enum):
    """How a credential came: what a browser adds by itself (a cookie) is not believed on requests of other sites."""

    NOTHING = "nothing"
    HEADER = "header"
    COOKIE = "cookie"
    BASIC = "basic"


class Presented(Discreet, frozen=True):
    """Credentials as a request presents them; ``name`` with Basic alone."""

    secrets = frozenset({"secret", "passes"})

    via: Via = Via.NOTHING
    secret: str | None = None
    name: str | None = None
    passes: tuple[str, ...] = ()
    by_cookie: bool = False  # something of it is a cookie


Find: TypeAlias = Callable[[Request], Awaitable[Presented]]

NOTHING: Final = Presented()


async def present(request: Request) -> Presented:
    """Find a bearer token, else a session cookie; and passes of opened links, as cookies or in a header.

    :raises Problem: bad_token for an ``Authorization`` of another scheme
    """
    headers = request.headers
    authorization = headers.get("authorization")
    passes = tuple(value.strip() for value in headers.getlist(PASS_HEADER))
    if authorization is None and not passes and "cookie" not in headers:
        return NOTHING
    cookies = request.cookies if "cookie" in headers else {}
    kept = tuple(value for name, value in cookies.items() if name.startswith(PASS_COOKIE))
    if authorization is not None:
        return Presented(Via.HEADER, bearer(authorization), None, passes + kept)
    session = cookies.get(SESSION_COOKIE)
    via = Via.COOKIE if session else Via.NOTHING
    return Presented(via, session, None, passes + kept, bool(session or kept))


async def present_basic(request: Request) -> Presented:
    """Find name and password (Basic), or what ``present`` finds.

    :raises Problem: bad_token
    """
    authorization = request.headers.get("authorization", "")
    if authorization[:6].lower() != "basic ":
        return await present(request)
    try:
        text = base64.b64decode(authorization[6:].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Problem("bad_token") from None
    name, colon, password = text.partition(":")
    if not colon:
        raise Problem("bad_token")
    return Presented(Via.BASIC, password, name)


def bearer(authorization: str) -> str:
    """Return the token of an ``Authorization`` header.

    :raises Problem: bad_token
    """
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Problem("bad_token")
    return token


async def identify(core: Core, shown: Presented, face: str, address: str | None, basic: BasicCache) -> Actor:
    """Return what a request with these credentials runs as. A stale cookie is nobody; a stale header is refused.

    :raises Problem: bad_token, bad_credentials, too_many_requests
    """
    actor = Actor(face=face, address=address)
    if shown.secret is not None:
        if shown.via is Via.BASIC:
            actor = await verify_basic(core, basic, shown.name or "", shown.secret, face, address)
        else:
            actor = await _by_secret(core, shown, actor)
    return await with_passes(core, actor, shown.passes) if shown.passes else actor


async def _by_secret(core: Core, shown: Presented, nobody: Actor) -> Actor:
    try:
        return await actor_of(core, shown.secret or "", nobody.face, nobody.address)
    except Problem as problem:
        if shown.via is Via.COOKIE and problem.code == "bad_token":
            return nobody
        raise


def in_process(request: Request) -> Actor | None:
    """Return the actor that a caller in this process runs as, if it is one (the command line)."""
    found = request.scope.get(IN_PROCESS)
    return found if isinstance(found, Actor) else None


def refuse_cross_site(request: Request, own: str, trusted: frozenset[str]) -> None:
    """Refuse an unsafe request that another site made a browser send with our cookies.

    Browsers say where a request comes from in ``Sec-Fetch-Site``, older ones in ``Origin``; what says neither is no
    browser. ``own`` is our address, ``trusted`` the origins that may use cookies.

    :raises Problem: cross_site
    """
    origin = request.headers.get("origin")
    if origin is not None and origin in trusted:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise Problem("cross_site", field="Sec-Fetch-Site")
    elif origin is not None and urlsplit(origin).netloc != urlsplit(own).netloc:
        raise Problem("cross_site", field="Origin")


def set_cookie(
    response: Response, name: str, secret: str, *, secure: bool, until: int | None, now: int, path: str = "/"
) -> None:
    """Keep a secret in the browser: out of reach of scripts, not sent by other sites, by https alone if we are there.

    ``until`` and ``now`` in milliseconds; it is sent back with requests below ``path``.
    """
    age = None if until is None else max(0, (until - now) // 1000)
    response.set_cookie(name, secret, max_age=age, path=path, secure=secure, httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str, path: str = "/") -> None:
    """Make the browser forget a secret."""
    response.delete_cookie(name, path=path, httponly=True, samesite="lax")
