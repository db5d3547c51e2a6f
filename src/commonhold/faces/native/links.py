"""Links: looked at without opening, and opened: the POST that hands out a pass and counts a use."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response

from commonhold.core.directory.credentials import actor_of
from commonhold.core.identity import ShareRef
from commonhold.core.model import Item, Share
from commonhold.core.policy.decide import Right
from commonhold.core.sharing.finding import decide, get_share
from commonhold.core.sharing.opening import by_secret, open_share, peek
from commonhold.faces.native.items_shape import ItemBrief, RightShape, brief, right_shape
from commonhold.faces.native.words import Moment, moment, moment_or_none
from commonhold.http.bodies import json_of
from commonhold.http.credentials import PASS_COOKIE, set_cookie
from commonhold.http.face import Call
from commonhold.http.replies import json_reply
from commonhold.http.typed import Table
from commonhold.http.writes import token_again

TABLE = Table("/api/v1")

LinkPassword = Annotated[str, Meta(max_length=1_024)]


class OpenIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The password, if the share has one. ``cookie``: keep the pass in a cookie instead of telling it."""

    password: LinkPassword | None = None
    cookie: bool = False


class PeekShape(Struct, frozen=True):
    """What may be told of a link before it is opened; nothing of the item while a password is needed."""

    state: str
    password: bool
    uses_left: int | None
    starts: Moment | None
    until: Moment | None
    item: ItemBrief | None
    sharer: str | None


class OpenedShape(Struct, frozen=True):
    """A pass for what the link reaches. ``token`` is sent as bearer token or in ``Commonhold-Pass``; told once."""

    item: ItemBrief
    right: RightShape
    until: Moment
    token: str | UnsetType = UNSET


@TABLE.route("GET", "/links/{secret}", needs="public", problems="unknown_share")
async def look(call: Call) -> PeekShape:
    """Tell what a link is, without opening it: no use is counted."""
    found = await peek(call.core, call.actor, by_secret(call.params["secret"]))
    return PeekShape(
        found.state,
        found.password,
        found.uses_left,
        moment_or_none(found.share.starts),
        moment_or_none(found.share.until),
        brief(found.item) if found.item else None,
        found.sharer.name if found.sharer else None,
    )


_PROBLEMS = "unknown_share link_not_yet link_ended link_used_up password_required wrong_password too_many_requests"


async def _again(call: Call) -> OpenedShape | Response:
    """Tell the same pass again to whoever sends the same request under the same key."""
    assert call.key is not None  # noqa: S101 - there is no again without a key
    secret = token_again(call.core.secrets, call.key, call.kept.at, call.kept.tokens)
    holder = await actor_of(call.core, secret, call.actor.face, call.actor.address)
    shown = await get_share(call.core, holder, holder.passes[0].share)
    end = call.kept.at + call.core.limits.pass_life
    until = min(end, shown.share.until or end)
    right = await decide(call.core, holder, shown.item.no)
    return _opened(call, await json_of(call.request, OpenIn), secret, shown.share, shown.item, right, until)


@TABLE.route("POST", "/links/{secret}/open", needs="public", again=_again, problems=_PROBLEMS)
async def open_link(call: Call, body: OpenIn) -> OpenedShape | Response:
    """Open a link: counts a use, and hands out a pass."""
    return await _open(call, by_secret(call.params["secret"]), body)


@TABLE.route("POST", "/shares/{share}/open", needs="public", again=_again, problems=_PROBLEMS)
async def open_by_uid(call: Call, body: OpenIn) -> OpenedShape | Response:
    """Open a share that needs a pass by its uid: a link, or one with uses or password that one received."""
    return await _open(call, call.params["share"], body)


async def _open(call: Call, ref: ShareRef, body: OpenIn) -> OpenedShape | Response:
    done = await open_share(call.core, call.actor, ref, body.password)
    return _opened(call, body, done.secret, done.share, done.item, done.right, done.until)


def _opened(
    call: Call, body: OpenIn, secret: str, share: Share, item: Item, right: Right, until: int
) -> OpenedShape | Response:
    shape = OpenedShape(brief(item), right_shape(right), moment(until), UNSET if body.cookie else secret)
    if not body.cookie:
        return shape
    response = json_reply(shape)
    name, now = f"{PASS_COOKIE}{share.no}", call.core.clock()
    set_cookie(response, name, secret, secure=call.secure, until=until, now=now)
    return response
