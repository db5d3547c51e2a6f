"""One item as a page: a file with its preview, or a folder with what is in it. Links and people see the same page."""

from functools import partial
from typing import Final

import msgspec
from starlette.responses import Response

from commonhold.core.content.files import put
from commonhold.core.content.previewing import drawable
from commonhold.core.content.steps import Collision
from commonhold.core.content.tree import Page, Seen, children, get
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item, Life
from commonhold.core.problems import Problem
from commonhold.core.records.cards import card
from commonhold.core.roles import Action, ItemKind
from commonhold.faces.web import words
from commonhold.faces.web.items.looks import look_of
from commonhold.faces.web.items.peeking import NOTHING, is_whole, page_of, shown
from commonhold.faces.web.pages import PRIVATE, page, speaks
from commonhold.faces.web.viewer import Viewer
from commonhold.http.face import Call
from commonhold.http.media import media_type
from commonhold.http.multipart import FormPart, form_parts
from commonhold.http.serving import HAVE, serve_file, serve_preview
from commonhold.http.statuses import STATUS
from commonhold.http.uploads import with_head

ROWS: Final = 100  # of a folder on one page: small enough for a phone on a slow line


class Tools(msgspec.Struct, frozen=True):
    """What somebody may do with an item on its page: addresses below the face's root with what they are called.

    ``choose``: he may choose what is in the folder, to do something with it.
    """

    acts: tuple[tuple[str, str], ...] = ()
    choose: bool = False


NO_TOOLS: Final = Tools()


class Place(msgspec.Struct, frozen=True):
    """Where items are shown, for whom, and what is told beside them.

    Pages stand below ``base``; ``actor`` sees them; ``top`` is the item that the pages of a link begin with.
    """

    base: str
    actor: Actor
    top: Item | None = None
    viewer: Viewer | None = None  # who is logged in
    sharer: str | None = None
    until: int | None = None
    note: str | None = None

    def url(self, item: Item, *parts: str) -> str:
        """Return the address of an item, or of something of it."""
        return "/".join((self.base, item.uid, *parts))


async def seen_in(call: Call, place: Place, ref: ItemRef) -> Seen:
    """Return an item that lies where this page shows things.

    :raises Problem: unknown_item
    """
    seen = await get(call.core, place.actor, ref)
    if place.top is not None and place.top.no not in (seen.item.no, *(above.no for above in seen.trail)):
        raise Problem("unknown_item")
    return seen


async def show(call: Call, place: Place, seen: Seen, tools: Tools = NO_TOOLS) -> Response:
    """Return the page of an item; ``tools`` are what somebody who is logged in may do with it."""
    item, right = seen.item, seen.right
    look = look_of(call)
    listing = Page(())
    if item.kind is ItemKind.FOLDER:
        listing = await children(
            call.core, place.actor, item.no, after=look.after, limit=ROWS, folders_first=True, order=look.order
        )
    live = seen.life is Life.LIVE
    record = await card(call.core, place.actor, item) if live else None
    return page(
        call,
        "item.html",
        viewer=place.viewer,
        place=place,
        item=item,
        owner=seen.owner_name,
        trail=_trail(place, seen),
        trashed=not live,
        children=listing.items,
        look=look,
        further=look.further(listing.next),
        shown=await shown(call, place.actor, item, right) if live else NOTHING,
        drawable=partial(drawable, call.core),
        card=record,
        tools=tools,
        may_download=live and right.may(HAVE),
        may_add=live and item.kind is ItemKind.FOLDER and right.may(Action.CREATE),
    )


def _trail(place: Place, seen: Seen) -> tuple[Item, ...]:
    """Return the folders above, from where this page begins."""
    numbers = [above.no for above in seen.trail]
    top = place.top.no if place.top is not None else None
    return seen.trail[numbers.index(top) :] if top in numbers else () if top is not None else seen.trail


async def picture(call: Call, place: Place, ref: ItemRef) -> Response:
    """Return a picture that a page shows.

    :raises Problem: unknown_item, too_many_requests; not_found where there is none
    """
    seen = await seen_in(call, place, ref)
    no = seen.item.no
    if is_whole(call.core, seen.item, seen.right):
        return await serve_file(call, place.actor, no, inline=True, action=Action.READ, headers=PRIVATE)
    if not drawable(call.core, seen.item):
        raise Problem("unknown_item")
    return await serve_preview(call, place.actor, no, page=page_of(call), headers=PRIVATE)


async def thumb(call: Call, place: Place, ref: ItemRef) -> Response:
    """Return the small picture of a file in a list.

    :raises Problem: unknown_item, too_many_requests; not_found where there is none
    """
    seen = await seen_in(call, place, ref)
    return await serve_preview(call, place.actor, seen.item.no, thumb=True, headers=PRIVATE)


class Sent(msgspec.Struct, frozen=True):
    """What became of one file of a form."""

    name: str
    problem: Problem | None = None


async def take_files(call: Call, actor: Actor, folder: ItemRef, *, may_say: bool = False) -> list[Sent]:
    """Put the files of a form into a folder; each is stored, or refused, for itself.

    A name that is taken becomes another name: nobody loses what he had, and who only drops things learns nothing. Who
    ``may_say`` says otherwise by the field ``on_collision``, before the files.

    :raises Problem: missing_field without a file; malformed_body, incomplete_body, too_large for the form as a whole
    """
    done: list[Sent] = []
    keep = Collision.RENAME
    async for part in form_parts(call.request, limit=call.core.limits.upload):
        if not part.filename:
            keep = await _wish(part) if may_say and part.name == "on_collision" else keep
            continue
        try:
            head, chunks = await with_head(aiter(part))
            media = media_type(part.filename, head)
            await put(call.core, actor, folder, part.filename, chunks, media=media, on_collision=keep)
            done.append(Sent(part.filename))
        except Problem as problem:
            done.append(Sent(part.filename, problem))
    if not done:
        raise Problem("missing_field", field="file")
    return done


async def _wish(part: FormPart) -> Collision:
    """Read what to do with a name that is taken; what says nothing to us keeps both."""
    said = await part.text()
    return Collision(said) if said in list(Collision) else Collision.RENAME


def receipt(call: Call, place: Place, folder: Item | None, sent: list[Sent]) -> Response:
    """Say what became of the files of a form; of all refused, the status is the first one's."""
    refused = [one.problem for one in sent if one.problem is not None]
    status = STATUS[refused[0].code] if len(refused) == len(sent) else 200
    told = [(one.name, words.sentence(speaks(call.request), one.problem) if one.problem else None) for one in sent]
    return page(call, "receipt.html", status, viewer=place.viewer, place=place, folder=folder, sent=told)
