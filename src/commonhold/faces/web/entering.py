"""Coming in: log-in and log-out, the first administrator, and the pages that mails point to.

Nothing happens before a button is pressed, as mail programs open links by themselves.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.responses import Response

from commonhold.core.directory.claims import claim, guest_entry, verify_address
from commonhold.core.directory.credentials import Issued
from commonhold.core.directory.installation import set_up_by_link
from commonhold.core.directory.letters import ask_reset, reset_password
from commonhold.core.directory.people import NewUser, get_user
from commonhold.core.directory.sign_in import sign_in, sign_out
from commonhold.core.problems import Problem
from commonhold.faces.web import words
from commonhold.faces.web.pages import HTML, page, see_other, speaks, under
from commonhold.faces.web.speech import mark
from commonhold.http.credentials import PASS_COOKIE, SESSION_COOKIE, drop_cookie, refuse_cross_site, set_cookie
from commonhold.http.face import Call
from commonhold.http.forms import form_of
from commonhold.http.replies import problem_headers
from commonhold.http.statuses import STATUS
from commonhold.http.typed import Table

TABLE = Table()

# A page with a form asks for nothing in a header; a spent link is gone.
_STATUSES: Final = {"bad_credentials": 403, "unauthenticated": 403, "bad_token": 410}
_ONWARD: Final = re.compile(r"/app(/[\w-]{1,64}){0,4}", re.ASCII)  # of ours: no other host can be written so


class Field(msgspec.Struct, frozen=True):
    """One input of a form."""

    name: str
    label: str
    type: str = "text"
    fill: str = "off"
    value: str = ""


class Form(msgspec.Struct, frozen=True):
    """A page that asks for something and then does one thing."""

    title: str
    text: str
    button: str
    fields: tuple[Field, ...] = ()
    link: tuple[str, str] | None = None
    onward: bool = False  # leads to the page from which one was sent here


NAME = Field("name", mark("Name or mail address"), fill="username")
PASSWORD = Field("password", mark("Password"), "password", "current-password")
NEW_PASSWORD = Field("password", mark("New password"), "password", "new-password")

SIGN_IN = Form(
    mark("Log in"),
    "",
    mark("Log in"),
    (NAME, PASSWORD),
    ("/app/forgotten", mark("Forgotten the password?")),
    onward=True,
)
FORGOTTEN = Form(
    mark("Set a new password"), mark("A link goes to the mail address of the account."), mark("Send"), (NAME,)
)
SETUP = Form(
    mark("Welcome to Commonhold"),
    mark("Make the first administrator. This page works once."),
    mark("Begin"),
    (
        Field("name", mark("Name"), fill="username"),
        Field("email", mark("Mail address"), "email", "email"),
        NEW_PASSWORD,
    ),
)
ENTER = Form(mark("Something is shared with you"), mark("Open it as a guest, without an account."), mark("Open"))
JOIN = Form(
    mark("Something is shared with you"), mark("Add what is shared with this address to your account."), mark("Add")
)
VERIFY = Form(mark("Confirm your address"), mark("What is shared with this address is then yours."), mark("Confirm"))
RESET = Form(
    mark("Set a new password"),
    mark("Whoever is logged in to this account is logged out."),
    mark("Set"),
    (NEW_PASSWORD,),
)


def ask(call: Call, form: Form, problem: Problem | None = None, given: dict[str, str] | None = None) -> Response:
    """Return the page of a form, with what was given before (no password) and why it was refused."""
    kept = {name: value for name, value in (given or {}).items() if name != "password"}
    status, headers = 200, {}
    if problem is not None:
        status = _STATUSES.get(problem.code, STATUS[problem.code])
        headers = problem_headers(problem, status, call.core.clock())
    return page(
        call,
        "form.html",
        status,
        headers,
        form=form,
        fields=[msgspec.structs.replace(field, value=kept.get(field.name, "")) for field in form.fields],
        action=call.request.scope["path"],
        onward=onward((given or dict(call.request.query_params)).get("next")) if form.onward else None,
        outside=call.settings.oidc.called if form is SIGN_IN else None,
        field=problem.facts.get("field") if problem else None,
        problem=words.sentence(speaks(call.request), problem) if problem else None,
    )


def onward(path: str | None) -> str:
    """Return the page of ours that a form leads to: nothing that somebody else could write into a link."""
    return path if path and _ONWARD.fullmatch(path) else "/app"


async def _take(call: Call, form: Form, act: Callable[[dict[str, str]], Awaitable[Response]]) -> Response:
    """Take a form: refuse other sites, do what it says, or show it again with the reason."""
    refuse_cross_site(call.request, call.base, frozenset())
    given = await form_of(call.request)
    try:
        return await act(given)
    except Problem as problem:
        return ask(call, form, problem, given)


def entered(call: Call, issued: Issued, path: str = "/app") -> Response:
    """Keep a new session in a cookie, under an id that nobody knew before, and go on."""
    response = see_other(call, path)
    until, now = issued.credential.until, call.core.clock()
    set_cookie(response, SESSION_COOKIE, issued.secret, secure=call.secure, until=until, now=now)
    return response


@TABLE.route("GET", "/app/sign-in", needs="public", streams=HTML)
async def sign_in_page(call: Call) -> Response:
    """Ask for name and password."""
    if call.actor.user is not None:
        return see_other(call, onward(call.request.query_params.get("next")))
    return ask(call, SIGN_IN)


@TABLE.route("POST", "/app/sign-in", needs="public", streams=HTML, problems="bad_credentials too_many_requests")
async def take_sign_in(call: Call) -> Response:
    """Log in."""

    async def act(given: dict[str, str]) -> Response:
        name, password = given.get("name", ""), given.get("password", "")
        issued = await sign_in(call.core, name, password, call.actor.address, "web")
        return entered(call, issued, onward(given.get("next")))

    return await _take(call, SIGN_IN, act)


@TABLE.route("POST", "/app/sign-out", needs="public", streams=HTML, problems="cross_site")
async def take_sign_out(call: Call) -> Response:
    """Log out: the session is dead at once, wherever its cookie was copied to; and what was opened is closed."""
    refuse_cross_site(call.request, call.base, frozenset())
    if call.actor.user is not None:
        await sign_out(call.core, call.actor)
    response = see_other(call, "/app/sign-in")
    drop_cookie(response, SESSION_COOKIE)
    for name in call.request.cookies:
        if name.startswith(PASS_COOKIE) and name.removeprefix(PASS_COOKIE).isdecimal():
            drop_cookie(response, name, f"{under(call.request)}/app")
    return response


@TABLE.route("GET", "/app/forgotten", needs="public", streams=HTML)
async def forgotten_page(call: Call) -> Response:
    """Ask whose password was forgotten."""
    return ask(call, FORGOTTEN)


@TABLE.route("POST", "/app/forgotten", needs="public", streams=HTML, problems="too_many_requests")
async def take_forgotten(call: Call) -> Response:
    """Send a letter if there is such an account; the page says the same either way."""

    async def act(given: dict[str, str]) -> Response:
        await ask_reset(call.core, given.get("name", ""), call.actor.address)
        told = speaks(call.request).say("If there is such an account, a link is on its way to its mail address.")
        return page(
            call, "message.html", title=speaks(call.request).say("Look into your mail"), sentence=told, number=None
        )

    return await _take(call, FORGOTTEN, act)


@TABLE.route("GET", "/app/setup/{secret}", needs="public", streams=HTML)
async def setup_page(call: Call) -> Response:
    """Ask for the first administrator."""
    return ask(call, SETUP)


@TABLE.route("POST", "/app/setup/{secret}", needs="public", streams=HTML, problems="bad_token already_set_up")
async def take_setup(call: Call) -> Response:
    """Make the first administrator and log him in."""

    async def act(given: dict[str, str]) -> Response:
        name, password = given.get("name", ""), given.get("password", "")
        first = NewUser(name=name, email=given.get("email") or None, password=password, admin=True)
        await set_up_by_link(call.core, call.params["secret"], first)
        return entered(call, await sign_in(call.core, name, password, call.actor.address, "web"))

    return await _take(call, SETUP, act)


@TABLE.route("GET", "/app/enter/{secret}", needs="public", streams=HTML)
async def enter_page(call: Call) -> Response:
    """Offer to come in as a guest; to whoever is logged in, to add the address to his account."""
    return ask(call, JOIN if await _has_account(call) else ENTER)


@TABLE.route("POST", "/app/enter/{secret}", needs="public", streams=HTML, problems="bad_token unauthenticated")
async def take_enter(call: Call) -> Response:
    """Come in by the secret of a mail, once."""
    joins = await _has_account(call)

    async def act(_: dict[str, str]) -> Response:
        secret = call.params["secret"]
        if joins:
            await claim(call.core, call.actor, secret)
            return see_other(call, "/app")
        return entered(call, await guest_entry(call.core, secret, "web", call.actor.address))

    return await _take(call, JOIN if joins else ENTER, act)


async def _has_account(call: Call) -> bool:
    """Tell whether somebody with an account is logged in; guests have none."""
    if call.actor.user is None:
        return False
    try:
        await get_user(call.core, call.actor, call.actor.user)
    except Problem:
        return False
    return True


@TABLE.route("GET", "/app/verify/{secret}", needs="public", streams=HTML)
async def verify_page(call: Call) -> Response:
    """Offer to confirm an address."""
    return ask(call, VERIFY)


@TABLE.route("POST", "/app/verify/{secret}", needs="public", streams=HTML, problems="bad_token address_taken")
async def take_verify(call: Call) -> Response:
    """Confirm the address of an account by the secret of a mail."""

    async def act(_: dict[str, str]) -> Response:
        await verify_address(call.core, call.params["secret"], "web", call.actor.address)
        return see_other(call, "/app")

    return await _take(call, VERIFY, act)


@TABLE.route("GET", "/app/reset/{secret}", needs="public", streams=HTML)
async def reset_page(call: Call) -> Response:
    """Ask for a new password."""
    return ask(call, RESET)


@TABLE.route("POST", "/app/reset/{secret}", needs="public", streams=HTML, problems="bad_token password_too_short")
async def take_reset(call: Call) -> Response:
    """Set a new password by the secret of a mail, and log in."""

    async def act(given: dict[str, str]) -> Response:
        password = given.get("password", "")
        return entered(
            call, await reset_password(call.core, call.params["secret"], password, "web", call.actor.address)
        )

    return await _take(call, RESET, act)
