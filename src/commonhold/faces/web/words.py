"""What pages say, and how: sizes, moments, kinds and problems in the words of people."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup

from commonhold.core.model import Item, attributes_of
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Role
from commonhold.http.media import OCTETS, clean_media_type
from commonhold.http.replies import title_of

_NOTHING_HERE: Final = (
    "There is nothing here",
    "Nothing is shared at this address. Check that it is complete, or ask the person who sent it to you.",
)
_PROBLEMS: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(("unknown_share", "unknown_item", "route_not_found", "not_found"), _NOTHING_HERE),
    "bad_token": ("This link is spent", "It was used before, or it is too old. Ask for a new one."),
    "unauthenticated": ("Please log in", "Log in to your account to see this."),
    "forbidden": ("This is not yours to do", "You may look at this, but not do that. Ask whoever shared it."),
    "cross_site": ("This did not come from here", "Another page sent this. Open our own page and do it again there."),
    "method_not_allowed": ("This cannot be done here", "Go back, and use the buttons of the page."),
    "in_trash": ("This is in the trash", "Restore it first."),
    "internal": ("Something went wrong here", "Try again. If it stays so, give this number to an administrator."),
    "unavailable": ("Not just now", "The server cannot answer at the moment. Try again in a while."),
    "missing_field": ("Something is missing", "Fill in every field, and send it again."),
    "bad_cursor": ("This page is over", "Start from the first page of the list."),
    "too_large": ("This is too large", "Send less at once, or ask for a higher limit."),
}
_KINDS: Final = {
    "application/pdf": "PDF",
    "application/zip": "Archive",
    "application/gzip": "Archive",
    "application/json": "Text",
}
_MAJOR: Final = {"text": "Text", "image": "Image", "audio": "Audio", "video": "Video"}
_ROLES: Final = {
    Role.PREVIEWER: "look",
    Role.VIEWER: "look and download",
    Role.UPLOADER: "hand in files",
    Role.EDITOR: "edit",
    Role.CONTRIBUTOR: "edit and add",
    Role.MANAGER: "everything",
}
# What turns text around or shows as nothing; where no element can keep it in (the title of a window) it goes.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_LAST_SECOND: Final = 253_402_300_799


def of_problem(problem: Problem) -> tuple[str, str]:
    """Return the title and the sentence of a problem."""
    return _PROBLEMS.get(problem.code) or (title_of(problem.code), problem.sentence)


def sentence(problem: Problem) -> str:
    """Return what to say about a problem beside the form that met it."""
    return of_problem(problem)[1]


def title(item: Item, owner: str | None = None) -> str:
    """Return what an item is called; the top folder of a space has no name but its owner's."""
    if item.kind not in (ItemKind.FOLDER, ItemKind.FILE):
        given = attributes_of(item).get("title")
        if isinstance(given, str) and given.strip():
            return given
    if item.name:
        return item.name
    if item.kind is ItemKind.FOLDER:
        return f"Files of {owner}" if owner else "Files"
    return f"{item.collection or item.kind} {item.ref or ''}".strip()


def size(count: int) -> str:
    """Write a number of bytes as people do."""
    if count < 1000:
        return "1 byte" if count == 1 else f"{count} bytes"
    value = float(count)
    for unit in ("KB", "MB", "GB"):
        value /= 1000
        if value < 999.95:
            return f"{value:.1f}".removesuffix(".0") + f" {unit}"
    return f"{value / 1000:.1f}".removesuffix(".0") + " TB"


def kind(item: Item) -> str:
    """Say in one word what an item is."""
    if item.kind is not ItemKind.FILE:
        return str(item.kind).capitalize()
    media = clean_media_type(item.media or OCTETS)
    return _KINDS.get(media) or _MAJOR.get(media.partition("/")[0]) or "File"


def badge(item: Item) -> str:
    """Return the few letters on the sheet that stands for a file: the ending of its name."""
    stem, _, ending = (item.name or "").rpartition(".")
    return ending.upper() if stem and len(ending) <= 4 and ending.isascii() and ending.isalnum() else ""


def may(role: Role | None) -> str:
    """Say what a role lets one do."""
    return _ROLES[role] if role is not None else _ROLES[Role.VIEWER]


def _when(millis: int) -> datetime:
    """Return a moment within the years that can be written: shares may hold any number."""
    return datetime.fromtimestamp(min(max(millis // 1000, 0), _LAST_SECOND), UTC)


def moment(millis: int) -> Markup:
    """Write a moment, in UTC, as the server does not know where its reader is."""
    when = _when(millis)
    text = f"{when.day} {when:%B} {when.year}, {when:%H:%M} UTC"
    return Markup('<time datetime="{}">{}</time>').format(when.isoformat(), text)


def day(millis: int) -> Markup:
    """Write the day of a moment."""
    when = _when(millis)
    return Markup('<time datetime="{}">{}</time>').format(when.isoformat(), f"{when.day} {when:%b} {when.year}")


def plain(text: str) -> str:
    """Return a text without signs that turn others around: for the title of a window."""
    return _UNSEEN.sub("", text)


def web(url: str | None) -> str | None:
    """Return an address that a page may link to; any other (``javascript:``) is no link."""
    return url if url and url.lower().startswith(("https://", "http://")) else None


FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "badge": badge, "day": day, "kind": kind, "may": may, "moment": moment, "plain": plain, "size": size,
    "title": title, "web": web,
}  # fmt: skip
