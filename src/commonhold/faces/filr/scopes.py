"""What a list is about: a folder, the caller's own files, or what is shared with somebody, by him, or with everyone."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import msgspec

from commonhold.core.content.levels import Below, below
from commonhold.core.content.names import numbered
from commonhold.core.content.space import own_top
from commonhold.core.content.tree import Seen, get
from commonhold.core.identity import ItemRef
from commonhold.core.model import Life
from commonhold.core.policy.decide import needs_pass
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind
from commonhold.core.sharing.finding import Shown
from commonhold.core.sharing.gathering import Gathered, Which, gather
from commonhold.faces.filr.content_shapes import ParentBinder
from commonhold.faces.filr.routes import id_of
from commonhold.faces.filr.things import MY_FILES, PUBLIC, SHARED_BY_ME, SHARED_WITH_ME, title_of
from commonhold.http.face import Call

FOLDER_GONE: Final = "FOLDER_NOT_FOUND"
USER_GONE: Final = "USER_NOT_FOUND"


class Scope(msgspec.Struct):
    """Things, and where lists of them stand.

    ``folder`` holds the things, or None: they lie in different places, and are listed because of ``shares``, by item.
    ``shares_at``: where these shares are looked at; those of others are an administrator's business.
    ``moved``: when that last changed (None: at any time), of which nothing was read before ``asked``, in milliseconds.
    """

    under: str
    top: ParentBinder | None = None
    folder: Seen | None = None
    things: list[Seen] = []
    shares: dict[int, list[Shown]] = {}
    shares_at: str = "/shares"
    moved: int | None = None
    asked: int = 0

    @property
    def folders(self) -> list[Seen]:
        """The folders among the things."""
        return [seen for seen in self.things if seen.item.kind is ItemKind.FOLDER]


Load = Callable[[Call], Awaitable[Scope]]


async def folder_at(call: Call, ref: ItemRef) -> Seen:
    """Return a live folder.

    :raises Problem: unknown_item
    """
    seen = await get(call.core, call.actor, ref)
    if seen.life is not Life.LIVE or seen.item.kind is not ItemKind.FOLDER:
        raise Problem("unknown_item")
    return seen


async def a_folder(call: Call) -> Scope:
    """Return the folder that a path names."""
    no = id_of(call, FOLDER_GONE)
    return Scope(f"/folders/{no}", folder=await folder_at(call, no))


async def my_files(call: Call) -> Scope:
    """Return the caller's own files."""
    seen = await folder_at(call, await own_top(call.core, call.actor))
    return Scope(MY_FILES.href, MY_FILES, seen)


async def with_user(call: Call) -> Scope:
    """Return what is shared with somebody: for himself, and for administrators."""
    user = id_of(call, USER_GONE)
    return await _shared(call, Which.WITH, user, f"/shares/with_user/{user}", SHARED_WITH_ME)


async def by_user(call: Call) -> Scope:
    """Return what somebody shares: for himself, and for administrators."""
    user = id_of(call, USER_GONE)
    return await _shared(call, Which.BY, user, f"/shares/by_user/{user}", SHARED_BY_ME)


async def public(call: Call) -> Scope:
    """Return what is shared with everyone."""
    return await _shared(call, Which.PUBLIC, None, "/shares/public", PUBLIC)


async def mine(call: Call, name: str) -> Scope:
    """Return one of the caller's own lists: ``shared_with_me``, ``shared_by_me`` or ``public_shares``."""
    user = call.actor.user
    if name == "shared_with_me":
        return await _shared(call, Which.WITH, user, f"/shares/with_user/{user}", SHARED_WITH_ME)
    if name == "shared_by_me":
        return await _shared(call, Which.BY, user, f"/shares/by_user/{user}", SHARED_BY_ME)
    return await public(call)


async def _shared(call: Call, which: Which, user: int | None, under: str, top: ParentBinder) -> Scope:
    asked = call.core.clock()
    found = await gather(call.core, call.actor, which, user)
    shares = by_item(found, over=which is Which.BY)
    things = sorted((found.items[no] for no in shares), key=lambda seen: (title_of(seen), seen.item.no))
    if which is not Which.BY:
        things = _named_apart(call, things)
    at = "/shares" if user in (None, call.actor.user) else "/admin/shares"
    return Scope(under, top, None, things, shares, at, found.moved, asked)


def by_item(found: Gathered, *, over: bool) -> dict[int, list[Shown]]:
    """Return the shares of a list by the item they stand on; ``over``: also those that give nothing now."""
    shares: dict[int, list[Shown]] = {}
    for shown in found.shares:
        counts = over or (shown.state == "open" and not needs_pass(shown.share))
        if counts and shown.share.item in found.items:
            shares.setdefault(shown.share.item, []).append(shown)
    return shares


def _named_apart(call: Call, things: Iterable[Seen]) -> list[Seen]:
    """Number the names of different things that are called the same, as they lie in one list now."""
    taken: set[str] = set()
    found = []
    for seen in things:
        name, number = seen.item.name, 1
        while name is not None and name in taken:
            number += 1
            name = numbered(seen.item.name or "", number, call.core.limits)
        if name is not None:
            taken.add(name)
        apart = name != seen.item.name
        found.append(
            msgspec.structs.replace(seen, item=msgspec.structs.replace(seen.item, name=name)) if apart else seen
        )
    return found


async def fill(call: Call, scope: Scope) -> Scope:
    """Return a scope with its things: what lies in its folder, read now; or what is shared, read already."""
    if scope.folder is None:
        return scope
    found = await below(call.core, call.actor, [scope.folder], deep=False)
    return msgspec.structs.replace(scope, things=found.items)


async def inside(call: Call, scope: Scope, *, only: ItemKind | None = None, since: int | None = None) -> Below:
    """Return everything in a scope, and in the folders there, each thing once."""
    if scope.folder is not None:
        return await below(call.core, call.actor, [scope.folder], only=only, since=since)
    found = await below(call.core, call.actor, scope.folders, only=only, since=since)
    things = [seen for seen in scope.things if only is None or seen.item.kind is only]
    listed = {seen.item.no for seen in things}
    return Below([*things, *(seen for seen in found.items if seen.item.no not in listed)], found.gone, found.whole)
