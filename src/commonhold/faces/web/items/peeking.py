"""What a page shows of a file's content: text, a picture, a page of a document, or something to be played."""

import codecs
from typing import Final

import msgspec

from commonhold.core.content.opening import open_content
from commonhold.core.content.previewing import drawable, preview
from commonhold.core.core import Core
from commonhold.core.identity import Actor
from commonhold.core.model import Item
from commonhold.core.policy.decide import Right
from commonhold.core.previews import DOCUMENT
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind
from commonhold.http.face import Call
from commonhold.http.media import IMAGES, OCTETS, clean_media_type, safe_inline
from commonhold.http.serving import HAVE

PREVIEW_TEXT: Final = 64 << 10  # bytes of a text that its page shows
PREVIEW_IMAGE: Final = 20 << 20  # bytes; a larger picture is drawn anew: a phone would choke on it

_MARKUP: Final = ("text/", "application/xml")  # as text on our page it is harmless, whatever it says
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Shown(msgspec.Struct, frozen=True):
    """What a page shows: ``kind`` is text, image, page, audio, video, or nothing."""

    kind: str = ""
    text: str = ""
    cut: bool = False
    page: int = 1
    pages: int = 1


NOTHING: Final = Shown()


async def shown(call: Call, actor: Actor, item: Item, right: Right) -> Shown:
    """Return what a page shows of a file to whoever has this right on it."""
    if item.kind is not ItemKind.FILE:
        return NOTHING
    if is_text(item):
        return Shown("text", await _text(call.core, actor, item), cut=item.size > PREVIEW_TEXT)
    if is_whole(call.core, item, right):
        return Shown("image")
    if drawable(call.core, item):
        return await _drawn(call, actor, item)
    major = clean_media_type(item.media or OCTETS).partition("/")[0]
    return Shown(major) if major in ("audio", "video") and right.may(HAVE) else NOTHING


async def _drawn(call: Call, actor: Actor, item: Item) -> Shown:
    """Draw it now, as only then is known whether there is a picture, and of how many pages."""
    page = page_of(call)
    try:
        drawn = await preview(call.core, actor, item.no, page=page)
    except Problem:
        return NOTHING
    return Shown("page" if item.media == DOCUMENT else "image", page=page, pages=drawn.pages)


def page_of(call: Call) -> int:
    """Return which page of a document is asked for; the first, where that is no number."""
    given = call.request.query_params.get("page", "1")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 1


def is_whole(core: Core, item: Item, right: Right) -> bool:
    """Tell whether a picture is shown as it is: one that runs no code, is not too large, and may be downloaded.

    Whoever may only look gets one that is drawn anew, if pictures are drawn here.
    """
    return is_image(item) and (right.may(HAVE) or core.previews is None)


def is_image(item: Item) -> bool:
    """Tell whether an item is a picture that browsers show, of a bearable size."""
    media = clean_media_type(item.media or OCTETS)
    return item.kind is ItemKind.FILE and media in IMAGES and item.size <= PREVIEW_IMAGE


def is_text(item: Item) -> bool:
    """Tell whether a page may show the beginning of an item as text: of markup too, which it shows as it is written."""
    media = clean_media_type(item.media or OCTETS)
    written = media.startswith(_MARKUP) or media.endswith("+xml")
    return item.kind is ItemKind.FILE and (written or (safe_inline(media) or "").startswith("text/"))


async def _text(core: Core, actor: Actor, item: Item) -> str:
    content = await open_content(core, actor, item.no, action=Action.READ)
    head = b"".join([chunk async for chunk in content.chunks(0, PREVIEW_TEXT)])
    mark, code = next((pair for pair in _MARKS if head.startswith(pair[0])), (b"", "utf-8"))
    # not final: the cut may be within a letter
    return codecs.getincrementaldecoder(code)("replace").decode(head.removeprefix(mark))
