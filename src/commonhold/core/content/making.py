"""Making items: folders, apps, and entries (things that an outside application keeps)."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from commonhold.core.changes import Put, StampIs
from commonhold.core.content.names import canonical, name_key, tidy
from commonhold.core.content.steps import Asked, Collision, ask_folder, settle, with_numbers, write
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, ItemRef
from commonhold.core.limits import Limits
from commonhold.core.model import Item
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind

URL_CHARS: Final = 2_048  # what browsers take
ATTRIBUTES_BYTES: Final = 65_536  # what faces keep beside an item: descriptions and extents, no contents
NONE: Final[Mapping[str, Any]] = MappingProxyType({})
_UNSEEN: Final = re.compile(r"[\x00-\x20\x7f-\x9f\ud800-\udfff]")


async def make_folder(core: Core, actor: Actor, parent: ItemRef, name: str) -> Item:
    """Make a folder in a folder. An actor who may only put things there gets a free name, and is not told which.

    :raises Problem: name_*, unknown_item, forbidden, not_a_folder, in_trash, name_collides, tree_too_deep, not_allowed
    """
    return await _make(core, actor, parent, ItemKind.FOLDER, canonical(name, core.limits), Collision.REFUSE)


async def make_app(
    core: Core,
    actor: Actor,
    parent: ItemRef,
    name: str,
    url: str,
    *,
    attributes: Mapping[str, Any] = NONE,
    on_collision: Collision = Collision.REFUSE,
) -> Item:
    """Register an application in a folder (``/owner`` is its owner's top folder); ``url`` is where it is opened.

    :raises Problem: as ``make_folder``; invalid_field (url, attributes)
    """
    name, url, kept = canonical(name, core.limits), web_address(url), attributes_text(attributes)
    return await _make(core, actor, parent, ItemKind.APP, name, on_collision, url=url, attributes=kept)


async def make_entry(
    core: Core,
    actor: Actor,
    parent: ItemRef,
    *,
    type: str,
    key: str,
    title: str,
    url: str | None = None,
    attributes: Mapping[str, Any] = NONE,
) -> Item:
    """Register something that an outside application keeps: its type and key there, a title, where it is opened.

    Titles need not be unique nor names: the item's name is made from the title; the title itself is an attribute.

    :raises Problem: as ``make_folder``; invalid_field (type, key, title, url, attributes)
    """
    return await _make(
        core,
        actor,
        parent,
        ItemKind.ENTRY,
        tidy(label(title, core.limits, "title"), core.limits),
        Collision.RENAME,
        collection=label(type, core.limits, "type"),
        ref=label(key, core.limits, "key"),
        url=web_address(url) if url else None,
        attributes=attributes_text({**attributes, "title": title}),
    )


async def _make(
    core: Core, actor: Actor, parent: ItemRef, kind: ItemKind, name: str, collision: Collision, **more: Any
) -> Item:
    async def once() -> Item:
        look = Look(actor, items=(parent,), occupied=((parent, name_key(name)),))
        into = ask_folder(await judge(core, look), actor, parent, core.limits)
        number = Placeholders()
        free = await settle(core, actor, into, parent, name, collision)
        row = new_item(core, actor, into, number(), kind, free, **more)
        event = happened(number(), row.made_at, actor, "item.made", item=row.no)
        return echo(with_numbers(await write(core, [Put(row), event], [still(into)]), row), into, name)

    return await attempt(once)


def new_item(core: Core, actor: Actor, into: Asked, no: int, kind: ItemKind, name: str, **more: Any) -> Item:
    """Return the row of a new item in a folder: it belongs to the folder's space, whoever makes it."""
    return Item(
        no=no,
        uid=core.secrets.uid(),
        space=into.item.space,
        parent=into.item.no,
        kind=kind,
        name=name,
        name_key=name_key(name),
        created_by=actor.user,
        changed_by=actor.user,
        made_at=into.judge.now,
        changed_at=into.judge.now,
        stamp=1,
        **more,
    )


def attributes_text(kept: Mapping[str, Any]) -> str:
    """Return attributes as they are kept, those that are None left out.

    :raises Problem: invalid_field
    """
    try:
        text = msgspec.json.encode({name: value for name, value in kept.items() if value is not None}).decode()
    except (TypeError, ValueError, RecursionError):
        raise Problem("invalid_field", field="attributes") from None
    if len(text) > ATTRIBUTES_BYTES:
        raise Problem("invalid_field", field="attributes", limit=ATTRIBUTES_BYTES)
    return text


def still(into: Asked) -> StampIs:
    """Return the guard that a folder stays where it is, and alive, until something is put into it."""
    return StampIs(into.item.no, into.item.stamp)


def echo(item: Item, into: Asked, name: str) -> Item:
    """Return an item as its maker may see it: one who cannot see the folder is told the name that he gave."""
    return msgspec.structs.replace(item, name=name, name_key=name_key(name)) if into.blind else item


def label(text: str, limits: Limits, field: str) -> str:
    """Return a short text without control characters.

    :raises Problem: invalid_field
    """
    if not text.strip() or len(text) > limits.label_chars or _UNSEEN.search(text.replace(" ", "")):
        raise Problem("invalid_field", field=field)
    return text


def web_address(url: str, field: str = "url") -> str:
    """Return an address that a browser opens by http or https; nothing else is ever made a link.

    :raises Problem: invalid_field
    """
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        fine = None
    if not fine or len(url) > URL_CHARS or _UNSEEN.search(url):
        raise Problem("invalid_field", field=field)
    return url
