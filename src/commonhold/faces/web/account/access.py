"""Where one is logged in, and the tokens of one's programs: listed, made, ended."""

from typing import Final

import msgspec
from starlette.responses import Response

from commonhold.core.directory.credentials import Issued
from commonhold.core.directory.sign_in import sign_out_everywhere
from commonhold.core.directory.tokens import create_token, end_credential, list_credentials
from commonhold.core.model import CredentialKind
from commonhold.core.problems import Problem
from commonhold.core.roles import ALL, Action
from commonhold.faces.web.own import sign_in_first
from commonhold.faces.web.pages import HTML, see_other
from commonhold.faces.web.speech import mark
from commonhold.faces.web.taking import NOTHING, PAGE, Given, Refused, after_of, place, show, take, text
from commonhold.faces.web.viewer import viewer_of
from commonhold.http.credentials import SESSION_COOKIE, drop_cookie
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table()

_DAY: Final = 86_400_000
_PROBLEMS: Final = "unauthenticated forbidden cross_site"


class Choice(msgspec.Struct, frozen=True):
    """One of a few things to choose from."""

    value: str
    name: str


_READS: Final = Action.READ | Action.DOWNLOAD
_SCOPES: Final = {"all": ALL, "read": _READS, "write": ALL & ~Action.SHARE & ~Action.MANAGE}
SCOPES: Final = (
    Choice("read", mark("look and download")),
    Choice("write", mark("look and change, but not share")),
    Choice("all", mark("everything that I may do")),
)
LIVES: Final = (
    Choice("30", mark("30 days")),
    Choice("90", mark("90 days")),
    Choice("365", mark("one year")),
    Choice("", mark("until I end it")),
)
_LIVES: Final = frozenset(one.value for one in LIVES)


async def _shown(call: Call, refused: Refused = NOTHING, issued: Issued | None = None) -> Response:
    viewer = await viewer_of(call)
    if viewer.guest:
        raise Problem("forbidden")
    found = await list_credentials(call.core, call.actor, after=after_of(call), limit=PAGE)
    now = call.core.clock()
    rows = [one for one in found.rows if one.until is None or one.until > now]
    return show(
        call,
        "account/access.html",
        viewer,
        refused,
        sessions=[one for one in rows if one.kind is not CredentialKind.TOKEN],
        tokens=[one for one in rows if one.kind is CredentialKind.TOKEN],
        scopes=SCOPES,
        lives=LIVES,
        issued=issued,
        further=place(found.next),
        address=call.base,
    )


@TABLE.route("GET", "/app/account/access", needs="self", streams=HTML, problems="bad_cursor forbidden")
async def access_page(call: Call) -> Response:
    """List where the caller is logged in, and his tokens."""
    return await _shown(call) if call.actor.user is not None else sign_in_first(call)


@TABLE.route("POST", "/app/account/tokens", needs="self", streams=HTML, problems=_PROBLEMS + " invalid_field")
async def take_token(call: Call) -> Response:
    """Make a token and show it, this once."""

    async def act(given: Given) -> Response:
        scope, days = text(given, "scope"), text(given, "days")
        if scope not in _SCOPES or days not in _LIVES:
            raise Problem("invalid_field", field="scope" if scope not in _SCOPES else "days")
        until = call.core.clock() + int(days) * _DAY if days else None
        actions = _SCOPES[scope] & call.actor.actions
        label = text(given, "label") or None
        return await _shown(
            call, issued=await create_token(call.core, call.actor, label=label, actions=actions, until=until)
        )

    return await take(call, "token", act, lambda refused: _shown(call, refused))


@TABLE.route("POST", "/app/account/access/{credential}/end", needs="self", streams=HTML, problems=_PROBLEMS)
async def end_one(call: Call) -> Response:
    """End a session or a token."""

    async def act(_: Given) -> Response:
        await end_credential(call.core, call.actor, call.params["credential"])
        return see_other(call, "/app/account/access")

    return await take(call, "end", act, lambda refused: _shown(call, refused))


@TABLE.route("POST", "/app/account/leave", needs="self", streams=HTML, problems=_PROBLEMS)
async def leave(call: Call) -> Response:
    """Log out everywhere, and end all tokens."""

    async def act(_: Given) -> Response:
        await sign_out_everywhere(call.core, call.actor)
        response = see_other(call, "/app/sign-in")
        drop_cookie(response, SESSION_COOKIE)
        return response

    return await take(call, "leave", act, lambda refused: _shown(call, refused))
