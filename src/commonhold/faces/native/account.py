"""One's own account: log-in and log-out, tokens, password, addresses, and the first administrator."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from commonhold.core.directory import accounts, claims, letters, tokens
from commonhold.core.directory.credentials import Issued
from commonhold.core.directory.installation import set_up_by_link
from commonhold.core.directory.people import NewUser, get_user
from commonhold.core.directory.sign_in import sign_in, sign_out, sign_out_everywhere
from commonhold.core.model import CredentialKind
from commonhold.core.problems import Problem
from commonhold.faces.native.users_shape import PersonShape, person_shape
from commonhold.faces.native.words import (
    ActionWord,
    Label,
    Listing,
    Moment,
    Paging,
    When,
    action_mask,
    actions_of,
    cursor,
    millis,
    moment,
    moment_or_none,
    place_of,
    user_ref,
)
from commonhold.http.bodies import json_of
from commonhold.http.credentials import SESSION_COOKIE, drop_cookie, refuse_cross_site, set_cookie
from commonhold.http.face import Call
from commonhold.http.replies import json_reply
from commonhold.http.typed import Table
from commonhold.http.writes import token_again

TABLE = Table("/api/v1")

Secret = Annotated[str, Meta(min_length=1, max_length=2_048)]


class LogIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Name or mail address, and password. ``cookie``: keep the session in a cookie instead of telling its token."""

    name: Label
    password: Secret
    cookie: bool = False


class SessionShape(Struct, frozen=True):
    """A session: ``token`` is sent as bearer token; it is told once."""

    until: Moment | None
    token: str | UnsetType = UNSET


class Me(Struct, frozen=True):
    """Who the caller is: a user, the guest of a mail address (``user`` null), or the holder of passes; his scope."""

    user: PersonShape | None
    somebody: bool
    passes: int
    actions: tuple[ActionWord, ...]


class NewToken(Struct, forbid_unknown_fields=True, frozen=True):
    """A personal token: a label, an end, a narrower scope; for somebody else, as an administrator."""

    label: Label | None = None
    until: When | None = None
    actions: tuple[ActionWord, ...] | None = None
    user: Label | None = None


class TokenShape(Struct, frozen=True):
    """A token as it is handed out; ``token`` is told once."""

    uid: str
    token: str
    label: str | None
    until: Moment | None


class CredentialShape(Struct, frozen=True):
    """A session or token in a list: never its secret. ``current``: the one that this request came with."""

    uid: str
    kind: CredentialKind
    label: str | None
    actions: tuple[ActionWord, ...]
    made_at: Moment
    until: Moment | None
    current: bool


class OfUser(Paging, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Of another user, for administrators."""

    user: Label | None = None


class PasswordChange(Struct, forbid_unknown_fields=True, frozen=True):
    """The old password, and the new one."""

    old: Secret
    new: Secret
    cookie: bool = False


class Forgotten(Struct, forbid_unknown_fields=True, frozen=True):
    """A name or mail address to which a letter goes, if there is such an account."""

    name: Label


class Reset(Struct, forbid_unknown_fields=True, frozen=True):
    """The secret of a letter, and the new password."""

    secret: Secret
    password: Secret
    cookie: bool = False


class LetterSecret(Struct, forbid_unknown_fields=True, frozen=True):
    """The secret of a letter."""

    secret: Secret
    cookie: bool = False


class Entry(Struct, forbid_unknown_fields=True, frozen=True):
    """An address that something was shared with."""

    email: Label


class SetUp(Struct, forbid_unknown_fields=True, frozen=True):
    """The one-time secret that the first start prints, and the first administrator."""

    secret: Secret
    name: Label
    password: Secret
    email: Label | None = None


class _Cookie(Struct, frozen=True):
    """What matters of a body whose reply is told again."""

    cookie: bool = False


def _session(call: Call, issued: Issued, *, cookie: bool) -> SessionShape | Response:
    """Tell a new session, or keep it in the caller's browser."""
    until = issued.credential.until
    return _told(call, issued.secret, until, cookie=cookie)


def _told(call: Call, secret: str, until: int | None, *, cookie: bool) -> SessionShape | Response:
    shape = SessionShape(moment_or_none(until), UNSET if cookie else secret)
    if not cookie:
        return shape
    refuse_cross_site(call.request, call.base, frozenset())
    response = json_reply(shape)
    set_cookie(response, SESSION_COOKIE, secret, secure=call.secure, until=until, now=call.core.clock())
    return response


def _token_again(call: Call) -> str:
    assert call.key is not None  # noqa: S101 - there is no again without a key
    return token_again(call.core.secrets, call.key, call.kept.at, call.kept.tokens)


async def _session_again(call: Call) -> SessionShape | Response:
    cookie = (await json_of(call.request, _Cookie)).cookie
    return _told(call, _token_again(call), call.kept.at + call.core.limits.session_life, cookie=cookie)


async def _new_token_again(call: Call) -> TokenShape:
    body = await json_of(call.request, NewToken)
    until = None if body.until is None else moment(millis(body.until))
    return TokenShape(call.kept.made("credential") or "", _token_again(call), body.label, until)


@TABLE.route("POST", "/session", needs="public", again=_session_again, problems="bad_credentials too_many_requests")
async def log_in(call: Call, body: LogIn) -> SessionShape | Response:
    """Log in with name and password."""
    if body.cookie:
        refuse_cross_site(call.request, call.base, frozenset())
    issued = await sign_in(call.core, body.name, body.password, call.actor.address, call.actor.face)
    return _session(call, issued, cookie=body.cookie)


@TABLE.route("GET", "/session", needs="self", problems="unauthenticated")
async def me(call: Call) -> Me:
    """Say who the caller is."""
    actor = call.actor
    if actor.user is None and not actor.passes:
        raise Problem("unauthenticated")
    return Me(await _person(call), actor.user is not None, len(actor.passes), actions_of(actor.actions))


async def _person(call: Call) -> PersonShape | None:
    """Return the caller's account; the guest of a mail address has none."""
    if call.actor.user is None:
        return None
    try:
        return person_shape(await get_user(call.core, call.actor, call.actor.user))
    except Problem as problem:
        if problem.code == "account_inactive":
            raise
        return None


@TABLE.route("DELETE", "/session", needs="public", status=204)
async def log_out(call: Call) -> Response:
    """End the session or token that the caller came with."""
    await sign_out(call.core, call.actor)
    response = Response(status_code=204)
    drop_cookie(response, SESSION_COOKIE)
    return response


@TABLE.route("DELETE", "/sessions", needs="self", problems="unauthenticated unknown_user forbidden")
async def log_out_everywhere(call: Call, query: OfUser) -> None:
    """End every session and token of oneself, or (administrators) of somebody else."""
    await sign_out_everywhere(call.core, call.actor, user_ref(query.user) if query.user else None)


@TABLE.route("GET", "/tokens", needs="self", problems="unauthenticated unknown_user forbidden")
async def list_tokens(call: Call, query: OfUser) -> Listing[CredentialShape]:
    """List sessions and tokens: one's own, or (administrators) of somebody else."""
    user = user_ref(query.user) if query.user else None
    page = await tokens.list_credentials(call.core, call.actor, user, after=place_of(query.next), limit=query.limit)
    return Listing([_credential(one) for one in page.rows], cursor(page.next))


def _credential(one: tokens.CredentialInfo) -> CredentialShape:
    return CredentialShape(
        one.uid,
        one.kind,
        one.label,
        actions_of(one.actions),
        moment(one.made_at),
        moment_or_none(one.until),
        one.current,
    )


@TABLE.route(
    "POST",
    "/tokens",
    needs="self",
    status=201,
    again=_new_token_again,
    problems="unauthenticated forbidden end_in_past unknown_user",
)
async def new_token(call: Call, body: NewToken) -> TokenShape:
    """Make a personal token, for programs."""
    issued = await tokens.create_token(
        call.core,
        call.actor,
        user_ref(body.user) if body.user else None,
        label=body.label,
        actions=None if body.actions is None else action_mask(body.actions),
        until=None if body.until is None else millis(body.until),
    )
    row = issued.credential
    return TokenShape(row.uid, issued.secret, row.label, moment_or_none(row.until))


@TABLE.route("DELETE", "/tokens/{token}", needs="self", problems="unauthenticated not_found")
async def end_token(call: Call) -> None:
    """End one session or token, by its uid."""
    await tokens.end_credential(call.core, call.actor, call.params["token"])


@TABLE.route("POST", "/password", needs="self", again=_session_again, problems="wrong_password password_too_short")
async def change_password(call: Call, body: PasswordChange) -> SessionShape | Response:
    """Change one's own password, and begin a new session; all others are over."""
    issued = await accounts.change_password(call.core, call.actor, body.old, body.new)
    return _session(call, issued, cookie=body.cookie)


@TABLE.route("POST", "/password/forgotten", needs="public", status=204, problems="too_many_requests")
async def forgotten(call: Call, body: Forgotten) -> None:
    """Have a letter sent that sets a new password; nothing tells whether there is such an account."""
    await letters.ask_reset(call.core, body.name, call.actor.address)


@TABLE.route("POST", "/password/reset", needs="public", again=_session_again, problems="bad_token password_too_short")
async def reset(call: Call, body: Reset) -> SessionShape | Response:
    """Set a new password by the secret of a letter, and log in."""
    where = (call.actor.face, call.actor.address)
    issued = await letters.reset_password(call.core, body.secret, body.password, *where)
    return _session(call, issued, cookie=body.cookie)


@TABLE.route("POST", "/addresses/ask", needs="self", status=204, problems="bad_address too_many_requests")
async def ask_verification(call: Call) -> None:
    """Have a letter sent to one's own address that confirms it."""
    await letters.ask_verification(call.core, call.actor)


@TABLE.route("POST", "/addresses/verify", needs="public", status=204, problems="bad_token address_taken")
async def verify(call: Call, body: LetterSecret) -> None:
    """Confirm the address of an account by the secret of a letter."""
    await claims.verify_address(call.core, body.secret, call.actor.face, call.actor.address)


@TABLE.route("POST", "/addresses/claim", needs="self", status=204, problems="bad_token address_taken unauthenticated")
async def claim(call: Call, body: LetterSecret) -> None:
    """Add the address of a letter to the account of whoever is logged in."""
    await claims.claim(call.core, call.actor, body.secret)


@TABLE.route("POST", "/entry/ask", needs="public", status=204, problems="too_many_requests")
async def ask_entry(call: Call, body: Entry) -> None:
    """Have a one-time link sent to an address that something was shared with and that has no account."""
    await letters.ask_entry(call.core, body.email, call.actor.address)


@TABLE.route("POST", "/entry", needs="public", again=_session_again, problems="bad_token unauthenticated")
async def enter(call: Call, body: LetterSecret) -> SessionShape | Response:
    """Begin the session of a guest by the secret of a letter."""
    issued = await claims.guest_entry(call.core, body.secret, call.actor.face, call.actor.address)
    return _session(call, issued, cookie=body.cookie)


async def _set_up_again(call: Call) -> dict[str, str | None]:
    return {"uid": call.kept.made("principal")}


@TABLE.route("POST", "/setup", needs="public", status=201, again=_set_up_again, problems="bad_token already_set_up")
async def set_up(call: Call, body: SetUp) -> PersonShape:
    """Make the first administrator by the one-time secret that the first start prints."""
    first = NewUser(name=body.name, password=body.password, email=body.email)
    return person_shape(await set_up_by_link(call.core, body.secret, first))
