"""Accounts: logging in and out, who one is, and the small requests that the client makes by itself."""

from typing import Any

from starlette.responses import Response

from commonhold.core.directory.people import Person, get_user
from commonhold.core.directory.sign_in import sign_in, sign_out
from commonhold.core.identity import Actor
from commonhold.core.problems import Problem
from commonhold.faces.puter.problems import ApiError
from commonhold.faces.puter.routes import Table
from commonhold.faces.puter.values import Fields, text_of
from commonhold.http.credentials import SESSION_COOKIE, drop_cookie, refuse_cross_site, set_cookie
from commonhold.http.face import Call
from commonhold.http.replies import json_reply

TABLE = Table()


def user_shape(person: Person) -> dict[str, Any]:
    """Return a person as this dialect knows users."""
    return {
        "username": person.name,
        "uuid": person.uid,
        "email": person.email,
        "email_confirmed": bool(person.verified),
        "requires_email_confirmation": bool(person.email and not person.verified),
        "is_temp": False,
        "taskbar_items": [],
    }


@TABLE.route("POST", "/login", needs="public")
async def login(call: Call, body: Fields) -> Response:
    """Log in with a name or address and a password; the token is told, and kept in a cookie."""
    name, password = text_of(body.get("username")) or text_of(body.get("email")), text_of(body.get("password"))
    if name is None:
        raise ApiError("field_missing", 400, "Field `username` is required.", key="username")
    if password is None:
        raise ApiError("field_missing", 400, "Field `password` is required.", key="password")
    client = call.request.scope.get("client")
    issued = await sign_in(call.core, name, password, client[0] if client else None, call.face.name)
    row = issued.credential
    person = await get_user(call.core, Actor(row.principal), row.principal or 0)
    shown = {"proceed": True, "next_step": "complete", "otp_required": False, "token": issued.secret}
    reply = json_reply({**shown, "user": user_shape(person)})
    if _same_site(call):
        set_cookie(reply, SESSION_COOKIE, issued.secret, secure=call.secure, until=row.until, now=call.core.clock())
    return reply


def _same_site(call: Call) -> bool:
    """Tell whether a cookie may be set: a page of another site could log its visitor in as somebody else."""
    try:
        refuse_cross_site(call.request, call.base, frozenset())
    except Problem:
        return False
    return True


@TABLE.route("POST", "/logout")
async def logout(call: Call, _: Fields) -> Response:
    """End the credential that this request came with."""
    await sign_out(call.core, call.actor)
    reply = json_reply({})
    drop_cookie(reply, SESSION_COOKIE)
    return reply


@TABLE.route("GET", "/whoami")
async def whoami(call: Call, _: Fields) -> Any:
    """Return who asks."""
    if call.actor.user is None:
        raise Problem("forbidden")
    return user_shape(await get_user(call.core, call.actor, call.actor.user))


@TABLE.route("POST", "/rao")
async def rao(call: Call, _: Fields) -> Any:
    """Take note that an application was opened: nothing is kept."""
    del call
    return {}
