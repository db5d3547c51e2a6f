"""One item as a page: a file with its preview, or a folder with what is in it. Links and people see the same page."""

import codecs
import re
from typing import Any, Final
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from commonhold.core.content.files import put
from commonhold.core.content.opening import open_content
from commonhold.core.content.steps import Collision
from commonhold.core.content.tree import Page, Seen, children, get
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.model import Item, Life
from commonhold.core.problems import Problem
from commonhold.core.records.cards import card
from commonhold.core.roles import Action, ItemKind
from commonhold.faces.web import words
from commonhold.faces.web.pages import PRIVATE, page, speaks
from commonhold.faces.web.viewer import Viewer
from commonhold.http.face import Call
from commonhold.http.media import IMAGES, OCTETS, clean_media_type, media_type, safe_inline
from commonhold.http.multipart import form_parts
from commonhold.http.serving import HAVE, serve_file
from commonhold.http.statuses import STATUS
from commonhold.http.uploads import with_head

ROWS: Final = 100  # of a folder on one page: small enough for a phone on a slow line
PREVIEW_TEXT: Final = 64 << 10  # bytes of a text that its page shows
PREVIEW_IMAGE: Final = 20 << 20  # bytes; a larger picture is a download: a phone would choke on it

_CURSOR: Final = re.compile(r"([01])\.(\d{1,18})\.(.+)", re.DOTALL | re.ASCII)
_MARKUP: Final = ("text/", "application/xml")  # as text on our page it is harmless, whatever it says
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


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


async def show(call: Call, place: Place, seen: Seen) -> Response:
    """Return the page of an item."""
    item, right = seen.item, seen.right
    listing = Page(())
    if item.kind is ItemKind.FOLDER:
        listing = await children(call.core, place.actor, item.no, after=_cursor(call), limit=ROWS, folders_first=True)
    live = seen.life is Life.LIVE
    text = await _text(call, place, item) if live and is_text(item) else None
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
        further=_further(listing),
        text=text,
        card=record,
        cut=item.size > PREVIEW_TEXT,
        image=live and is_image(item),
        may_download=live and right.may(HAVE),
        may_add=live and item.kind is ItemKind.FOLDER and right.may(Action.CREATE),
    )


def _trail(place: Place, seen: Seen) -> tuple[Item, ...]:
    """Return the folders above, from where this page begins."""
    numbers = [above.no for above in seen.trail]
    top = place.top.no if place.top is not None else None
    return seen.trail[numbers.index(top) :] if top in numbers else () if top is not None else seen.trail


def _cursor(call: Call) -> tuple[Any, ...] | None:
    given = call.request.query_params.get("after")
    if given is None:
        return None
    found = _CURSOR.fullmatch(given)
    if found is None:
        raise Problem("bad_cursor", field="after")
    return int(found[1]), found[3], int(found[2])


def _further(listing: Page) -> str | None:
    if listing.next is None:
        return None
    phase, name, number = listing.next
    return quote(f"{phase}.{number}.{name}", safe="")


def is_image(item: Item) -> bool:
    """Tell whether an item is a picture that a page may show: one that runs no code, and is not too large."""
    media = clean_media_type(item.media or OCTETS)
    return item.kind is ItemKind.FILE and media in IMAGES and item.size <= PREVIEW_IMAGE


def is_text(item: Item) -> bool:
    """Tell whether a page may show the beginning of an item as text: of markup too, which it shows as it is written."""
    media = clean_media_type(item.media or OCTETS)
    written = media.startswith(_MARKUP) or media.endswith("+xml")
    return item.kind is ItemKind.FILE and (written or (safe_inline(media) or "").startswith("text/"))


async def _text(call: Call, place: Place, item: Item) -> str:
    content = await open_content(call.core, place.actor, item.no, action=Action.READ)
    head = b"".join([chunk async for chunk in content.chunks(0, PREVIEW_TEXT)])
    mark, code = next((pair for pair in _MARKS if head.startswith(pair[0])), (b"", "utf-8"))
    # not final: the cut may be within a letter
    return codecs.getincrementaldecoder(code)("replace").decode(head.removeprefix(mark))


async def picture(call: Call, place: Place, ref: ItemRef) -> Response:
    """Return a picture that a page shows.

    :raises Problem: unknown_item
    """
    seen = await seen_in(call, place, ref)
    if not is_image(seen.item):
        raise Problem("unknown_item")
    return await serve_file(call, place.actor, seen.item.no, inline=True, action=Action.READ, headers=PRIVATE)


class Sent(msgspec.Struct, frozen=True):
    """What became of one file of a form."""

    name: str
    problem: Problem | None = None


async def take_files(call: Call, actor: Actor, folder: ItemRef) -> list[Sent]:
    """Put the files of a form into a folder; each is stored, or refused, for itself.

    A name that is taken becomes another name: nobody loses what he had, and who only drops things learns nothing.

    :raises Problem: missing_field without a file; malformed_body, incomplete_body, too_large for the form as a whole
    """
    done: list[Sent] = []
    async for part in form_parts(call.request, limit=call.core.limits.upload):
        if not part.filename:
            continue
        try:
            head, chunks = await with_head(aiter(part))
            media = media_type(part.filename, head)
            keep = Collision.RENAME
            await put(call.core, actor, folder, part.filename, chunks, media=media, on_collision=keep)
            done.append(Sent(part.filename))
        except Problem as problem:
            done.append(Sent(part.filename, problem))
    if not done:
        raise Problem("missing_field", field="file")
    return done


def receipt(call: Call, place: Place, folder: Item | None, sent: list[Sent]) -> Response:
    """Say what became of the files of a form; of all refused, the status is the first one's."""
    refused = [one.problem for one in sent if one.problem is not None]
    status = STATUS[refused[0].code] if len(refused) == len(sent) else 200
    told = [(one.name, words.sentence(speaks(call.request), one.problem) if one.problem else None) for one in sent]
    return page(call, "receipt.html", status, viewer=place.viewer, place=place, folder=folder, sent=told)
