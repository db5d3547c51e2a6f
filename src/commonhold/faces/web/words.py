"""What pages say of things: kinds, roles, names and problems in the words of people, in the language they read."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from commonhold.core.model import Item, attributes_of
from commonhold.core.problems import Problem
from commonhold.core.records.cards import text_of
from commonhold.core.roles import ItemKind, Kind, Role
from commonhold.faces.web.speech import Speech, mark
from commonhold.http.media import OCTETS, clean_media_type

_NOTHING_HERE: Final = (
    mark("There is nothing here"),
    mark("Nothing is shared at this address. Check that it is complete, or ask the person who sent it to you."),
)
_REFUSED: Final = mark("That did not work")
_PROBLEMS: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(("unknown_share", "unknown_item", "route_not_found", "not_found"), _NOTHING_HERE),
    "bad_token": (mark("This link is spent"), mark("It was used before, or it is too old. Ask for a new one.")),
    "unauthenticated": (mark("Please log in"), mark("Log in to your account to see this.")),
    "forbidden": (
        mark("This is not yours to do"),
        mark("You may look at this, but not do that. Ask whoever shared it."),
    ),
    "cross_site": (
        mark("This did not come from here"),
        mark("Another page sent this. Open our own page and do it again there."),
    ),
    "method_not_allowed": (mark("This cannot be done here"), mark("Go back, and use the buttons of the page.")),
    "in_trash": (mark("This is in the trash"), mark("Restore it first.")),
    "internal": (
        mark("Something went wrong here"),
        mark("Try again. If it stays so, give this number to an administrator."),
    ),
    "unavailable": (mark("Not just now"), mark("The server cannot answer at the moment. Try again in a while.")),
    "missing_field": (mark("Something is missing"), mark("Fill in every field, and send it again.")),
    "no_account": (
        mark("There is no account for you here"),
        mark("Ask an administrator for one, or log in with the account that you have."),
    ),
    "login_refused": (mark("Nobody was logged in"), mark("The log-in did not come back as it should. Begin again.")),
    "login_taken": (
        mark("This log-in is another account's"),
        mark("It belongs to another account already. End the link there first."),
    ),
    "address_unverified": (
        mark("Your address is not confirmed"),
        mark("The provider does not say that this address is yours. Confirm it there and begin again."),
    ),
    "account_inactive": (
        mark("This account is not active"),
        mark("It was suspended or deleted. Ask an administrator."),
    ),
    "domain_not_allowed": (
        mark("Not with this address"),
        mark("Addresses of this domain are not let in or invited here. Ask an administrator."),
    ),
    "address_taken": (
        mark("There is an account with this address"),
        mark("This address belongs to an account already. Log in to that one with its password."),
    ),
    "bad_cursor": (mark("This page is over"), mark("Start from the first page of the list.")),
    "name_collides": (
        mark("The name is taken"),
        mark("There is something with this name already. Choose another name."),
    ),
    "name_empty": (mark("A name is missing"), mark("Give a name.")),
    "name_too_long": (mark("The name is too long"), mark("Use a shorter name.")),
    "name_forbidden": (
        mark("This is no name"),
        mark("The name has characters that names may not have. Choose another one."),
    ),
    "not_a_folder": (mark("This is not a folder"), mark("Choose a folder.")),
    "into_itself": (mark("This cannot be done"), mark("A folder cannot be put into itself. Choose another folder.")),
    "tree_too_deep": (mark("Too deep"), mark("Folders may not be nested that deep. Choose a folder further up.")),
    "protected": (
        mark("This is protected"),
        mark("This is protected against deletion. Take the protection away first."),
    ),
    "quota_exceeded": (mark("There is no room left"), mark("The storage is full. Remove something first.")),
    "storage_full": (mark("There is no room left"), mark("The storage is full. Nothing was changed.")),
    "too_many_uploads": (mark("Too many uploads"), mark("Too many uploads are under way. Finish some of them first.")),
    "incomplete_body": (mark("The upload ended early"), mark("Nothing was stored. Send it again.")),
    "too_many_items": (mark("Too many at once"), mark("Choose less at once.")),
    "not_for_items": (mark("This cannot be done"), mark("This kind of thing has a fixed place.")),
    "conflict": (mark("Somebody was faster"), mark("It was changed at the same time. Look again, and repeat it.")),
    "too_large": (mark("This is too large"), mark("Send less at once, or ask for a higher limit.")),
}
_KINDS: Final = {
    "application/pdf": mark("PDF"),
    "application/zip": mark("Archive"),
    "application/gzip": mark("Archive"),
    "application/json": mark("Text"),
}
_MAJOR: Final = {"text": mark("Text"), "image": mark("Image"), "audio": mark("Audio"), "video": mark("Video")}
_ITEMS: Final = {
    ItemKind.FOLDER: mark("Folder"),
    ItemKind.RECORD: mark("Record"),
    ItemKind.APP: mark("App"),
    ItemKind.ENTRY: mark("Entry"),
}
KINDS: Final = {
    Kind.USER: mark("Person"),
    Kind.GROUP: mark("Group"),
    Kind.ORG: mark("Organisation"),
    Kind.EVERYONE: mark("Everyone"),
    Kind.LINK: mark("Link"),
    Kind.MAIL: mark("Mail address"),
}
"""Kinds of recipients, in one word."""

_ROLES: Final = {
    Role.PREVIEWER: mark("look"),
    Role.VIEWER: mark("look and download"),
    Role.UPLOADER: mark("hand in files"),
    Role.EDITOR: mark("edit"),
    Role.CONTRIBUTOR: mark("edit and add"),
    Role.MANAGER: mark("everything"),
}
# What turns text around or shows as nothing; where no element can keep it in (the title of a window) it goes.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def of_problem(speech: Speech, problem: Problem) -> tuple[str, str]:
    """Return the title and the sentence of a problem."""
    title, told = _PROBLEMS.get(problem.code) or (_REFUSED, problem.sentence)
    return speech.say(title), speech.say(told)


def sentence(speech: Speech, problem: Problem) -> str:
    """Return what to say about a problem beside the form that met it."""
    return of_problem(speech, problem)[1]


def title(speech: Speech, item: Item, owner: str | None = None) -> str:
    """Return what an item is called; the top folder of a space has no name but its owner's."""
    if item.kind not in (ItemKind.FOLDER, ItemKind.FILE):
        given = attributes_of(item).get("title")
        if isinstance(given, str) and given.strip():
            return given
    if item.name:
        return item.name
    if item.kind is ItemKind.FOLDER:
        return speech.say("Files of %(owner)s", owner=owner) if owner else speech.say("Files")
    return f"{item.collection or kind(speech, item)} {item.ref or ''}".strip()


def kind(speech: Speech, item: Item) -> str:
    """Say in one word what an item is."""
    if item.kind is not ItemKind.FILE:
        return speech.say(_ITEMS[item.kind])
    media = clean_media_type(item.media or OCTETS)
    return speech.say(_KINDS.get(media) or _MAJOR.get(media.partition("/")[0]) or mark("File"))


def badge(item: Item) -> str:
    """Return the few letters on the sheet that stands for a file: the ending of its name."""
    stem, _, ending = (item.name or "").rpartition(".")
    return ending.upper() if stem and len(ending) <= 4 and ending.isascii() and ending.isalnum() else ""


def may(speech: Speech, role: Role | None) -> str:
    """Say what a role lets one do."""
    return speech.say(_ROLES[role] if role is not None else _ROLES[Role.VIEWER])


def plain(text: str) -> str:
    """Return a text without signs that turn others around: for the title of a window."""
    return _UNSEEN.sub("", text)


def web(url: str | None) -> str | None:
    """Return an address that a page may link to; any other (``javascript:``) is no link."""
    return url if url and url.lower().startswith(("https://", "http://")) else None


def filters(speech: Speech) -> dict[str, Callable[..., Any]]:
    """Return what templates write things by, in a language."""
    return {
        "badge": badge,
        "day": speech.day,
        "kind": partial(kind, speech),
        "may": partial(may, speech),
        "moment": speech.moment,
        "number": speech.number,
        "plain": plain,
        "size": speech.size,
        "title": partial(title, speech),
        "told": text_of,
        "web": web,
    }
