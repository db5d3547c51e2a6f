"""What is in a folder: today's pages, the older plain list, and the two folders above everything.

``/`` holds the caller's own folder and those of everybody who shares with him; somebody else's folder, where it is not
shared itself, holds what its owner shares with the caller.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from commonhold.core.content.space import own_top
from commonhold.core.content.tree import Seen, children
from commonhold.core.content.walking import descend
from commonhold.core.identity import ItemRef
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind
from commonhold.core.sharing.details import details
from commonhold.core.sharing.finding import Shown, shares_with
from commonhold.faces.puter.entries import entry, today
from commonhold.faces.puter.places import live, name_of_caller, ref_in
from commonhold.faces.puter.references import resolve
from commonhold.faces.puter.routes import Table
from commonhold.faces.puter.values import MISSING, UUID, Fields, Json, truthy
from commonhold.http.face import Call

TABLE = Table()

PAGE: Final = 200
MOST: Final = 10_000  # entries of one answer that is not asked for by pages
ROUNDS: Final = 10  # pages of shares that are looked through for one answer

_SORTS: Final[dict[str, Callable[[Seen], Any]]] = {
    "name": lambda seen: (seen.item.name or "").casefold(),
    "modified": lambda seen: seen.item.changed_at,
    "size": lambda seen: seen.item.size,
    "type": lambda seen: (seen.item.kind is not ItemKind.FOLDER, seen.item.media or ""),
}


class Entries(msgspec.Struct, frozen=True):
    """What a listing found: items, entries that stand for no item, where it goes on, and how many there are."""

    items: Sequence[Seen]
    pseudo: Sequence[dict[str, Json]] = ()
    cursor: str | None = None
    total: int | None = None


def root_entry(name: str = "") -> dict[str, Json]:
    """Return an entry for ``/``, or for somebody's folder that the caller may not see itself."""
    path = f"/{name}"
    return {
        "id": None,
        "uid": None,
        "uuid": None,
        "path": path,
        "dirname": "/",
        "dirpath": "/",
        "name": name,
        "is_dir": True,
        "isDir": True,
        "writable": False,
        "immutable": True,
        "modified": None,
        "created": None,
        "size": None,
        "owner": {"username": name} if name else None,
    }


@TABLE.route("POST", "/readdir", needs="right")
async def readdir(call: Call, body: Fields) -> Any:
    """List what is in a folder, as a plain list."""
    found = await listed(call, body, pages=False)
    return [*found.pseudo, *(entry(seen) for seen in found.items)]


@TABLE.route("POST", "/fs/readdir", needs="right")
async def readdir_today(call: Call, body: Fields) -> Any:
    """List what is in a folder: by pages where ``cursor`` or ``includeTotal`` is sent, else as a plain list."""
    pages = "cursor" in body or body.get("includeTotal") is True
    found = await listed(call, body, pages=pages)
    shown = [*found.pseudo, *(today(seen) for seen in found.items)]
    if not pages:
        return shown
    told: dict[str, Json] = {"items": shown}
    if found.cursor is not None:
        told["cursor"] = found.cursor
    if found.total is not None:
        told["total"] = found.total
    return told


async def listed(call: Call, body: Fields, *, pages: bool) -> Entries:
    """Return what a body asks to be listed.

    :raises ApiError: field_invalid, subject_does_not_exist
    :raises Problem: unknown_item, not_a_folder, bad_cursor
    """
    path = await _path(call, body)
    if path == "/":
        return await _top(call)
    ref = await ref_in(call, body)
    try:
        return await _folder(call, ref, body, pages=pages)
    except Problem as problem:
        owner = path.strip("/") if path else ""
        if problem.code != "unknown_item" or not owner or "/" in owner or call.actor.user is None:
            raise
        shown = [one for one in await _received(call) if one.owner == owner]
        if not shown:
            raise
        return Entries(await _seen(call, [one.item.no for one in shown]))


async def _path(call: Call, body: Fields) -> str | None:
    value = body.get("path")
    if body.get("uid") is not None or not isinstance(value, str) or UUID.fullmatch(value):
        return None
    return resolve(value, await name_of_caller(call, value))


async def _top(call: Call) -> Entries:
    """List ``/``: one's own folder, and those of everybody who shares with one."""
    own: list[Seen] = []
    try:
        own = await _seen(call, [await own_top(call.core, call.actor)])
    except Problem as problem:
        if problem.code != "unknown_item":
            raise
    others = {one.owner for one in await _received(call) if one.owner}
    return Entries(own, [root_entry(name) for name in sorted(others - {seen.owner_name for seen in own})])


async def _received(call: Call) -> list[Shown]:
    """Return what was shared with the caller, a bounded number of pages of it."""
    found: list[Shown] = []
    after: int | None = None
    for _ in range(ROUNDS):
        page = await shares_with(call.core, call.actor, after, PAGE)
        found += page.shares
        after = page.next
        if after is None:
            break
    return found


async def _seen(call: Call, numbers: Sequence[int]) -> list[Seen]:
    return list((await details(call.core, call.actor, numbers)).items.values())


async def _folder(call: Call, ref: ItemRef, body: Fields, *, pages: bool) -> Entries:
    """List a folder by pages as the core keeps it; whole, where another order or depth is asked for."""
    whole = body.get("sortBy", "name") != "name" or body.get("sortOrder", "asc") == "desc" or "offset" in body
    deep = truthy(body.get("recursive", MISSING))
    limit = _limit(body)
    if pages and not whole and not deep and body.get("includeTotal") is not True:
        page = await children(call.core, call.actor, ref, after=place_of(body.get("cursor")), limit=limit or PAGE)
        return Entries(page.items, cursor=cursor_of(page.next) if page.next else None)
    found = await (_below(call, ref, body) if deep else _all(call, ref))
    if whole:
        sort = _SORTS.get(str(body.get("sortBy", "name")), _SORTS["name"])
        found.sort(key=sort, reverse=body.get("sortOrder") == "desc")
    start = _number(body.get("offset")) or 0
    if pages:
        match place_of(body.get("cursor")):
            case (int(start),):
                pass
            case None:
                pass
            case _:
                raise Problem("bad_cursor", field="cursor")
    end = start + limit if limit else len(found)
    further = cursor_of((end,)) if pages and end < len(found) else None
    return Entries(found[start:end], cursor=further, total=len(found) if body.get("includeTotal") is True else None)


async def _all(call: Call, ref: ItemRef) -> list[Seen]:
    found: list[Seen] = []
    after: tuple[Any, ...] | None = None
    while len(found) < MOST:
        page = await children(call.core, call.actor, ref, after=after)
        found += page.items
        after = page.next
        if after is None:
            break
    return found


async def _below(call: Call, ref: ItemRef, body: Fields) -> list[Seen]:
    """Return what is in a folder and in those below it, as deep as is asked for."""
    deepest = _number(body.get("depth"))
    await live(call, ref)
    found: list[Seen] = []
    async for path, seen in descend(call.core, call.actor, ref, Action.READ):
        if deepest is None or path.count("/") < deepest:
            found.append(seen)
        if len(found) >= MOST:
            break
    return found


def _number(value: Json) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
    return value if whole else None


def _limit(body: Fields) -> int | None:
    found = _number(body.get("limit"))
    return None if not found else min(found, MOST)


def cursor_of(place: Sequence[Any]) -> str:
    """Write the place where a listing goes on as a text that says nothing."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place_of(value: Json) -> tuple[Any, ...] | None:
    """Read a cursor of ours.

    :raises Problem: bad_cursor
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Problem("bad_cursor", field="cursor")
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        found = msgspec.json.decode(raw, type=tuple[int | str | None, ...])
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError):
        raise Problem("bad_cursor", field="cursor") from None
    if len(found) > 4 or any(isinstance(part, int) and not 0 <= part < 1 << 62 for part in found):
        raise Problem("bad_cursor", field="cursor")
    return found
