"""What concerns oneself beside one's things (blocks, notifications), and the installation (settings, events)."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from commonhold.core.audit.reading import Asked, Told, events
from commonhold.core.directory import blocks, installation
from commonhold.core.identity import RecipientRef
from commonhold.core.model import EVERYONE
from commonhold.core.notices import inbox
from commonhold.faces.native.words import (
    Label,
    Listing,
    Moment,
    Paging,
    When,
    cursor,
    millis,
    moment,
    place_of,
    user_ref,
)
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table("/api/v1")

No = Annotated[int, Meta(ge=1, le=2**62)]


class BlockShape(Struct, frozen=True):
    """Somebody whose shares one does not take."""

    id: int
    name: str | None
    since: Moment


class Unseen(Paging, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """``unseen``: those alone that were not marked as seen."""

    unseen: bool = False


class NotificationShape(Struct, frozen=True):
    """Something one was told. ``item`` and ``name`` are null once one may not see the item any more."""

    id: int
    kind: str
    at: Moment
    seen: bool
    count: int
    by: str | None
    item: str | None
    name: str | None
    share: int | None


class SeenIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Which notifications were seen; all if none is named."""

    ids: tuple[No, ...] | None = None


class SeenShape(Struct, frozen=True):
    """How many were not yet seen."""

    seen: int


class SettingShape(Struct, frozen=True):
    """A setting that administrators change while the installation runs."""

    name: str
    value: msgspec.Raw


class SettingIn(Struct, forbid_unknown_fields=True, frozen=True):
    """The new value of a setting: any JSON; null takes it back."""

    value: Any


class EventQuery(Paging, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Events of one kind (``share.``: of all that begin so), by one person, about one item, share or principal.

    ``actor`` and ``principal`` are numbers, ``person`` is the name or uid of the actor, items and shares are named by
    number or uid; of what is gone there is the number alone. ``since`` and ``until`` are included.
    """

    kind: Label | None = None
    actor: No | None = None
    person: Label | None = None
    item: Label | None = None
    share: Label | None = None
    principal: No | None = None
    face: Label | None = None
    address: Label | None = None
    since: When | None = None
    until: When | None = None


class EventShape(Struct, frozen=True):
    """Something that happened, in numbers; and what they are called now, as far as names and address are kept still."""

    id: int
    at: Moment
    kind: str
    actor: int | None
    face: str
    item: int | None
    share: int | None
    principal: int | None
    facts: msgspec.Raw
    address: str | None
    by: str | None
    about: str | None
    uid: str | None
    name: str | None


def _blocked(call: Call) -> RecipientRef:
    """Return whom a path means: a user, or ``*`` for everybody."""
    text = call.params["user"]
    return EVERYONE if text == "*" else user_ref(text)


@TABLE.route("GET", "/blocks", needs="self", problems="unauthenticated bad_cursor")
async def list_blocks(call: Call, query: Paging) -> Listing[BlockShape]:
    """List whom one takes no shares from."""
    page = await blocks.list_blocks(call.core, call.actor, after=place_of(query.next), limit=query.limit)
    return Listing([BlockShape(one.no, one.name, moment(one.since)) for one in page.rows], cursor(page.next))


@TABLE.route("PUT", "/blocks/{user}", needs="self", problems="unauthenticated unknown_user invalid_field")
async def block(call: Call) -> None:
    """Take no new shares from a user, or from anybody (``*``)."""
    await blocks.block(call.core, call.actor, _blocked(call))


@TABLE.route("DELETE", "/blocks/{user}", needs="self", problems="unauthenticated unknown_user")
async def unblock(call: Call) -> None:
    """Take shares from somebody again."""
    await blocks.unblock(call.core, call.actor, _blocked(call))


@TABLE.route("GET", "/notifications", needs="self", problems="unauthenticated bad_cursor")
async def notifications(call: Call, query: Unseen) -> Listing[NotificationShape]:
    """List one's notifications, newest first."""
    page = await inbox.notifications(
        call.core, call.actor, unseen=query.unseen, after=place_of(query.next), limit=query.limit
    )
    return Listing([_notification(line) for line in page.rows], cursor(page.next))


def _notification(line: inbox.Line) -> NotificationShape:
    return NotificationShape(
        line.no, line.kind, moment(line.at), line.seen, line.count, line.by, line.item, line.name, line.share
    )


async def _seen_again(_call: Call) -> SeenShape:
    return SeenShape(0)


@TABLE.route("POST", "/notifications/seen", needs="self", again=_seen_again, problems="unauthenticated too_many_items")
async def see(call: Call, body: SeenIn) -> SeenShape:
    """Mark notifications as seen."""
    return SeenShape(await inbox.see(call.core, call.actor, body.ids))


@TABLE.route("GET", "/settings", needs="administration", problems="forbidden unauthenticated")
async def settings(call: Call, query: Paging) -> Listing[SettingShape]:
    """List the settings of the installation."""
    page = await installation.list_settings(call.core, call.actor, after=place_of(query.next), limit=query.limit)
    return Listing([SettingShape(row.name, msgspec.Raw(row.value.encode())) for row in page.rows], cursor(page.next))


@TABLE.route("GET", "/settings/{name}", needs="administration", problems="forbidden unauthenticated")
async def setting(call: Call) -> SettingShape:
    """Return a setting; null if it was never set."""
    name = call.params["name"]
    value = await installation.get_setting(call.core, call.actor, name)
    return SettingShape(name, msgspec.Raw(msgspec.json.encode(value)))


@TABLE.route("PUT", "/settings/{name}", needs="administration", problems="forbidden unauthenticated invalid_field")
async def set_setting(call: Call, body: SettingIn) -> None:
    """Set a setting."""
    await installation.set_setting(call.core, call.actor, call.params["name"], body.value)


@TABLE.route(
    "GET",
    "/events",
    needs="administration",
    problems="forbidden unauthenticated bad_cursor unknown_user unknown_item unknown_share",
)
async def list_events(call: Call, query: EventQuery) -> Listing[EventShape]:
    """List what happened, newest first: who, what, from where, through which face."""
    asked = Asked(
        kind=query.kind,
        person=query.actor if query.person is None else user_ref(query.person),
        principal=query.principal,
        item=_number_or_uid(query.item),
        share=_number_or_uid(query.share),
        face=query.face,
        address=query.address,
        since=None if query.since is None else millis(query.since),
        until=None if query.until is None else millis(query.until),
    )
    page = await events(call.core, call.actor, asked, after=place_of(query.next), limit=query.limit)
    return Listing([_event(row) for row in page.rows], cursor(page.next))


def _number_or_uid(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else text


def _event(told: Told) -> EventShape:
    row = told.event
    return EventShape(
        row.no, moment(row.at), row.kind, row.actor, row.face, row.item, row.share, row.principal,
        msgspec.Raw(row.facts.encode()), told.address, told.by, told.about, told.item, told.name,
    )  # fmt: skip
