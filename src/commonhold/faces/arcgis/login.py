"""Logging in: by ``generateToken``, and by the pages of OAuth as the Python client and browsers walk through them."""

import html
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from commonhold.core.directory.codes import Opened, redeem, renewed
from commonhold.core.directory.credentials import Issued, actor_of
from commonhold.core.directory.people import Person, get_user
from commonhold.core.directory.sign_in import sign_in, sign_out
from commonhold.core.identity import Actor
from commonhold.core.model import CredentialKind
from commonhold.core.problems import Problem
from commonhold.faces.arcgis.oauth import OUT_OF_BAND, Asking, asking_of, opened, proves, signed
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.problems import ArcgisError, invalid
from commonhold.faces.arcgis.routes import REST, Table
from commonhold.http.face import Call

TABLE = Table()
PAGES = Table("/sharing/oauth2")

MINUTE: Final = 60_000
TOKEN_MINUTES: Final = 60  # unless a client asks for more
SESSION_MINUTES: Final = 120
CODE_LIFE: Final = 10 * MINUTE
NOT_GENERATED: Final = "Unable to generate token."
WRONG: Final = "Invalid username or password."
TOO_MANY: Final = "Too many invalid attempts. Please try again later."

_ASKED: Final = ("client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method")


def _life(call: Call, minutes: int | None, usual: int) -> int:
    """Return how long a token lives, ms: as asked for, if that is possible; -1 asks for the longest."""
    longest = call.core.limits.session_life
    if minutes is None or minutes == 0 or minutes < -1:
        return min(usual * MINUTE, longest)
    return longest if minutes == -1 else min(minutes * MINUTE, longest)


def _address(call: Call) -> str | None:
    client = call.request.scope.get("client")
    return client[0] if client else None


def _not_generated(*details: str) -> ArcgisError:
    return ArcgisError(400, NOT_GENERATED, None, details)


@TABLE.operation("/generateToken", needs="public")
async def generate_token(call: Call, asked: Parameters) -> Any:
    """Log in with name and password. They count in the body alone: addresses are written into logs."""
    if any(name.lower() == "password" for name in call.request.query_params):
        raise _not_generated("Send username and password in the body of the request.")
    name, password = asked.word("username"), asked.text("password")
    for field, value in (("username", name), ("password", password)):
        if not value:
            raise _not_generated(f"'{field}' must be specified.")
    life = _life(call, asked.number("expiration"), TOKEN_MINUTES)
    try:
        issued = await sign_in(call.core, name or "", password or "", _address(call), call.face.name, life=life)
    except Problem as problem:
        if problem.code == "too_many_requests":
            raise _not_generated(TOO_MANY) from None
        raise
    return {"token": issued.secret, "expires": issued.credential.until, "ssl": call.secure}


@TABLE.resource("/oauth2/authorize", needs="public")
async def authorize(call: Call, asked: Parameters) -> Any:
    """Show the page on which somebody logs in for a program."""
    given = {name: asked.word(name) for name in _ASKED}
    try:
        asking = asking_of(call, given, asked.number("expiration"))
    except ArcgisError as error:
        if asked.word("f") in ("json", "pjson"):
            raise
        return _page(error.message, f"<p>{html.escape(error.message)}. {html.escape(' '.join(error.details))}</p>")
    return _form(call, asking)


def _form(call: Call, asking: Asking, message: str | None = None) -> Response:
    """Return the page with its form. The Python client reads the first object of a line, so there is only this one."""
    state = signed(call, asking)
    told: dict[str, Any] = {"oauth_state": state, "client_id": asking.client}
    code = ""
    if message is not None:
        told |= {"messages": [message]}
        code = f"<p>{html.escape(message)}</p><!-- OAUTH_0015 -->"
    action = f"{call.root}/sharing/oauth2/signin"
    # It is read by programs, and run by nobody: our pages allow no script.
    script = f"<script>\nvar oAuthInfo = {_in_script(told)};\n</script>"
    return _page(
        "Log in",
        f'{code}<form method="post" action="{html.escape(action)}">\n'
        f'<input type="hidden" name="oauth_state" value="{html.escape(state)}">\n'
        '<p><label>Name <input name="username" autocomplete="username" required autofocus></label></p>\n'
        '<p><label>Password <input name="password" type="password" autocomplete="current-password" required>'
        "</label></p>\n<p><button>Log in</button></p>\n"
        f"<p>{html.escape(asking.client)} asks to act as you.</p></form>\n{script}",
    )


def _in_script(value: Any) -> str:
    """Write a value so that it cannot end the script it stands in."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c").replace("'", "\\u0027")


def _page(title: str, body: str) -> Response:
    head = '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">'
    text = f'<!doctype html>\n<html lang="en">\n{head}\n<title>{html.escape(title)}</title>\n'
    text += f"<body>\n<h1>Commonhold</h1>\n{body}\n</body>\n</html>"
    return Response(text, media_type="text/html")


@PAGES.operation("/signin", needs="public")
async def signin(call: Call, asked: Parameters) -> Any:
    """Log in by the page: the answer sends the browser back to the program, with a token or a code."""
    asking = opened(call, asked.word("oauth_state"))
    name, password = asked.word("username") or "", asked.text("password") or ""
    minutes = asked.number("expiration") or asking.minutes
    wants_code = asking.kind == "code"
    life = CODE_LIFE if wants_code else _life(call, minutes, SESSION_MINUTES)
    kind, label = (CredentialKind.CODE, asking.bound) if wants_code else (CredentialKind.SESSION, None)
    try:
        issued = await sign_in(
            call.core, name, password, _address(call), call.face.name, kind=kind, life=life, label=label
        )
    except Problem as problem:
        if problem.code not in ("bad_credentials", "too_many_requests"):
            raise
        return _form(call, asking, WRONG if problem.code == "bad_credentials" else TOO_MANY)
    return _back(call, asking, issued, await _person(call, issued.credential.principal or 0))


async def _person(call: Call, user: int) -> Person:
    return await get_user(call.core, Actor(user), user)


def _back(call: Call, asking: Asking, issued: Issued, person: Person) -> Response:
    """Send the browser to where the program waits; to our own page if it has no address."""
    target = asking.redirect
    if target == OUT_OF_BAND:
        target = f"{call.root}{REST}/oauth2/approval"
    if asking.kind == "code":
        answer = urlencode({"code": issued.secret} | ({"state": asking.state} if asking.state else {}))
        where = f"{target}{'&' if '?' in target else '?'}{answer}"
    else:
        shown = {
            "access_token": issued.secret,
            "expires_in": _left(call, issued),
            "username": person.name,
            "ssl": "true" if call.secure else "false",
            "state": asking.state,
        }
        where = f"{target}#{urlencode(shown)}"
    return Response(status_code=302, headers={"location": where, "referrer-policy": "no-referrer"})


def _left(call: Call, issued: Issued) -> int:
    """Return how long a token lives, in seconds."""
    return max(0, ((issued.credential.until or 0) - call.core.clock()) // 1000)


@TABLE.resource("/oauth2/approval", needs="public")
async def approval(call: Call, asked: Parameters) -> Any:
    """Show a code to somebody who carries it to his program."""
    del call
    code = asked.word("code")
    if code is None:
        return _page("SUCCESS", "<p>You are logged in. Go back to your program.</p>")
    return _page(f"SUCCESS code={code}", f"<p>Give this code to your program:</p><p>{html.escape(code)}</p>")


@TABLE.operation("/oauth2/token", needs="public")
async def token(call: Call, asked: Parameters) -> Any:
    """Turn a code, or a secret that renews, into a token; or a name with its password."""
    grant = asked.word("grant_type")
    life = _life(call, asked.number("expiration"), SESSION_MINUTES)
    try:
        if grant == "authorization_code":
            found = await _redeemed(call, asked, life)
        elif grant in ("refresh_token", "exchange_refresh_token"):
            secret = asked.word("refresh_token") or ""
            found = await renewed(call.core, secret, life, call.face.name, _address(call))
        else:
            raise invalid("grant_type must be authorization_code or refresh_token")
    except Problem as problem:
        if problem.code != "bad_token":
            raise
        raise ArcgisError(498, "Invalid token.", None, ("invalid code or refresh_token",)) from None
    return await _granted(call, found)


async def _redeemed(call: Call, asked: Parameters, life: int) -> Opened:
    client, redirect, verifier = (asked.word(name) for name in ("client_id", "redirect_uri", "code_verifier"))
    return await redeem(
        call.core,
        asked.word("code") or "",
        lambda bound: proves(client, redirect, verifier, bound),
        life,
        call.core.limits.session_life,
        call.face.name,
        _address(call),
    )


async def _granted(call: Call, found: Opened) -> dict[str, Any]:
    person = await _person(call, found.user)
    shown = {
        "access_token": found.session.secret,
        "expires_in": _left(call, found.session),
        "username": person.name,
        "ssl": call.secure,
    }
    if found.refresh is not None:
        lasts = _left(call, found.refresh)
        shown |= {"refresh_token": found.refresh.secret, "refresh_token_expires_in": lasts}
    return shown


@TABLE.operation("/oauth2/revokeToken", needs="public")
async def revoke_token(call: Call, asked: Parameters) -> Any:
    """End a token; one that is none ends nothing, and nobody is told which."""
    try:
        actor = await actor_of(call.core, asked.word("auth_token") or asked.word("token") or "", call.face.name)
        await sign_out(call.core, actor)
    except Problem as problem:
        if problem.code != "bad_token":
            raise
    return {"success": True}
