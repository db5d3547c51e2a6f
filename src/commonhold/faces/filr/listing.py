"""Lists of what is in a folder, and of what is shared: children, folders, files, entries, trees, searches.

The same handlers serve every scope; what is shared comes as one list, whatever page is asked for.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from email.utils import formatdate
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Meta
from starlette.responses import Response

from commonhold.core.content.tree import Seen
from commonhold.core.content.versions import ordinals
from commonhold.core.keys import words_of
from commonhold.core.roles import ItemKind
from commonhold.faces.filr import things
from commonhold.faces.filr.content_shapes import BinderBrief, BinderTree, FileProperties, FolderEntry, LibraryInfo
from commonhold.faces.filr.encoding import encoded
from commonhold.faces.filr.routes import Table, query_of
from commonhold.faces.filr.scopes import (
    FOLDER_GONE,
    USER_GONE,
    Load,
    Scope,
    a_folder,
    by_user,
    fill,
    inside,
    my_files,
    public,
    with_user,
)
from commonhold.faces.filr.shapes import SearchResultList, listed
from commonhold.faces.filr.shown import of_share
from commonhold.http.face import Call
from commonhold.http.ranges import seconds_of

TABLE = Table()

PAGE: Final = 100
LONGEST: Final = 1_000

Handler = Callable[[Call, Scope], Awaitable[Any]]
Thing = BinderBrief | FileProperties | FolderEntry

SCOPES: Final[dict[str, tuple[Load, str]]] = {
    "/folders/{id}": (a_folder, FOLDER_GONE),
    "/workspaces/{id}": (a_folder, FOLDER_GONE),
    "/self/my_files": (my_files, FOLDER_GONE),
    "/shares/with_user/{id}": (with_user, USER_GONE),
    "/shares/by_user/{id}": (by_user, USER_GONE),
    "/shares/public": (public, FOLDER_GONE),
}
"""Path → what is listed there, and the code of a 404."""

First = Annotated[int, Meta(ge=0, le=2**31)]
Count = Annotated[int, Meta(ge=1, le=2**31)]


class Wanted(msgspec.Struct):
    """Which things of a list are wanted. Nothing is ever hidden here, so ``unhidden`` takes everything or nothing."""

    title: str | None = None
    file_name: str | None = None
    hidden: bool = False
    unhidden: bool = True
    recursive: bool = False
    first: First = 0
    count: Count = PAGE


class Search(msgspec.Struct):
    """What is searched for, and of which kinds."""

    keyword: str | None = None
    recursive: bool = False
    binders: bool = True
    folder_entries: bool = True
    files: bool = True
    replies: bool = True
    first: First = 0
    count: Count = PAGE


class Recent(msgspec.Struct):
    """How much of what changed lately."""

    first: First = 0
    count: Count = 20


def everywhere(table: Table, name: str, *, by_user_too: bool = True) -> Callable[[Handler], Handler]:
    """Add a list to each scope, under this last segment."""

    def add(handler: Handler) -> Handler:
        for path, (load, thing) in SCOPES.items():
            if by_user_too or load is not by_user:
                table.route("GET", f"{path}/{name}", thing=thing)(_bound(handler, load))
        return handler

    return add


def _bound(handler: Handler, load: Load) -> Callable[[Call], Awaitable[Any]]:
    async def bound(call: Call) -> Any:
        return await handler(call, await load(call))

    bound.__doc__ = handler.__doc__
    return bound


async def shapes_of(call: Call, scope: Scope, rows: Sequence[Seen], *, entries: bool = False) -> list[Thing]:
    """Return things as they are shown in a scope: with their shares, where the list is about them."""
    files = [seen.item for seen in rows if seen.item.kind is ItemKind.FILE]
    numbers = await ordinals(call.core, call.actor, files) if files else {}
    return [_shape(call, scope, seen, numbers.get(seen.item.no), entries=entries) for seen in rows]


def _shape(call: Call, scope: Scope, seen: Seen, number: int | None, *, entries: bool) -> Thing:
    among, shares = None, scope.shares.get(seen.item.no)
    if shares is not None and scope.top is not None:
        among = things.Listed(scope.top, [of_share(call, shown, scope.shares_at) for shown in shares])
    if seen.item.kind is ItemKind.FOLDER:
        return things.binder(call, seen, among=among)
    if seen.item.kind is ItemKind.FILE and not entries:
        return things.file(call, seen, number, among)
    return things.entry(call, seen, number, among)


def paged(call: Call, rows: Sequence[Any], first: int, count: int) -> tuple[Sequence[Any], str | None]:
    """Return a page of rows, and the path of the next one."""
    count = min(count, LONGEST)
    if first + count >= len(rows):
        return rows[first:], None
    kept = [(name, value) for name, value in call.request.query_params.multi_items() if name not in ("first", "count")]
    path = str(call.request.scope["path"]).partition("/rest")[2]
    query = urlencode([*kept, ("first", str(first + count)), ("count", str(count))])
    return rows[first : first + count], f"{path}?{query}"


async def _listed(call: Call, scope: Scope, kinds: Iterable[ItemKind], *, entries: bool = False) -> Any:
    """Answer with what is directly in a scope, of some kinds; 304 where a shared list did not change."""
    wanted = query_of(call, Wanted)
    headers = unchanged_since(scope)
    if headers and is_unchanged(call, scope):
        return Response(status_code=304, headers=headers)
    name = wanted.title if wanted.title is not None else wanted.file_name
    scope = await fill(call, scope)
    rows = scope.things
    if wanted.recursive and ItemKind.FILE in kinds:
        rows = (await inside(call, scope)).items
    rows = [seen for seen in rows if seen.item.kind in kinds and wanted.unhidden]
    if name is not None:
        rows = [seen for seen in rows if things.title_of(seen) == name]
    return await _reply(call, scope, rows, wanted, headers, entries=entries)


async def _reply(
    call: Call, scope: Scope, rows: list[Seen], wanted: Wanted, headers: dict[str, str], *, entries: bool
) -> Any:
    if scope.folder is None:
        found = listed(await shapes_of(call, scope, rows, entries=entries))
        return encoded(call.request, found, headers=headers)
    page, further = paged(call, rows, wanted.first, wanted.count)
    shown = await shapes_of(call, scope, page, entries=entries)
    return SearchResultList(first=wanted.first, count=len(shown), total=len(rows), next=further, items=shown)


def unchanged_since(scope: Scope) -> dict[str, str]:
    """Return ``Last-Modified`` of a shared list; what changes within the same second still counts as later."""
    if scope.folder is not None or scope.moved is None:
        return {}
    return {"last-modified": formatdate(min(scope.moved, scope.asked - 1000) // 1000, usegmt=True)}


def is_unchanged(call: Call, scope: Scope) -> bool:
    """Tell whether the caller has a shared list as it is now."""
    known = seconds_of(call.request.headers.get("if-modified-since"))
    return known is not None and scope.moved is not None and scope.moved // 1000 <= known


LIBRARY: Final = (ItemKind.FOLDER, ItemKind.FILE)


@everywhere(TABLE, "library_children")
async def library_children(call: Call, scope: Scope) -> Any:
    """List folders and files."""
    return await _listed(call, scope, LIBRARY)


@everywhere(TABLE, "library_folders")
async def library_folders(call: Call, scope: Scope) -> Any:
    """List folders."""
    return await _listed(call, scope, (ItemKind.FOLDER,))


@everywhere(TABLE, "library_files")
async def library_files(call: Call, scope: Scope) -> Any:
    """List files, also those in folders there."""
    return await _listed(call, scope, (ItemKind.FILE,))


@everywhere(TABLE, "binders")
async def binders(call: Call, scope: Scope) -> Any:
    """List folders."""
    return await _listed(call, scope, (ItemKind.FOLDER,))


@everywhere(TABLE, "files")
async def files(call: Call, scope: Scope) -> Any:
    """List files."""
    return await _listed(call, scope, (ItemKind.FILE,))


@everywhere(TABLE, "entries")
async def entries(call: Call, scope: Scope) -> Any:
    """List entries: those of files, records, apps, and what applications keep."""
    kinds = (ItemKind.FILE, ItemKind.RECORD, ItemKind.APP, ItemKind.ENTRY)
    return await _listed(call, scope, kinds, entries=True)


@everywhere(TABLE, "library_entities")
async def library_entities(call: Call, scope: Scope) -> Any:
    """Search for folders and files by words in their names, a page at a time; here, or in all folders below too."""
    wanted = query_of(call, Search)
    rows = (await inside(call, scope)).items if wanted.recursive else (await fill(call, scope)).things
    words = words_of(wanted.keyword) if wanted.keyword else ()
    rows = [seen for seen in rows if _is_wanted(wanted, seen) and _has_all(seen, words)]
    page, further = paged(call, rows, wanted.first, wanted.count)
    shown = await shapes_of(call, scope, page, entries=not wanted.files)
    return SearchResultList(first=wanted.first, count=len(shown), total=len(rows), next=further, items=shown)


def _is_wanted(wanted: Search, seen: Seen) -> bool:
    if seen.item.kind is ItemKind.FOLDER:
        return wanted.binders
    return seen.item.kind is ItemKind.FILE and (wanted.files or wanted.folder_entries)


def _has_all(seen: Seen, words: Iterable[str]) -> bool:
    """Tell whether a name has all words, of which beginnings count."""
    there = list(words_of(things.title_of(seen)))
    return all(any(one.startswith(word) for one in there) for word in words)


@everywhere(TABLE, "library_tree", by_user_too=False)
async def library_tree(call: Call, scope: Scope) -> BinderTree:
    """Return all folders as a tree, whose uppermost level has no item."""
    found = await inside(call, scope, only=ItemKind.FOLDER)
    top = BinderTree(children=[])
    places: dict[int, BinderTree] = {}
    for seen, shape in zip(found.items, await shapes_of(call, scope, found.items), strict=True):
        places[seen.item.no] = BinderTree(item=shape if isinstance(shape, BinderBrief) else None, children=[])
    for seen in found.items:
        above = top if seen.item.no in scope.shares else places.get(seen.item.parent or 0, top)
        above.children.append(places[seen.item.no])
    return top


everywhere(TABLE, "binder_tree", by_user_too=False)(library_tree)


@everywhere(TABLE, "recent_activity")
async def recent_activity(call: Call, scope: Scope) -> SearchResultList:
    """List the entries of files in a scope and in all folders there, the one changed last first."""
    wanted = query_of(call, Recent)
    rows = [seen for seen in (await inside(call, scope)).items if seen.item.kind is ItemKind.FILE]
    rows.sort(key=lambda seen: (-seen.item.changed_at, -seen.item.no))
    page, further = paged(call, rows, wanted.first, wanted.count)
    shown = await shapes_of(call, scope, page, entries=True)
    return SearchResultList(first=wanted.first, count=len(shown), total=len(rows), next=further, items=shown)


async def info_of(call: Call, scope: Scope) -> LibraryInfo:
    """Return what a scope holds in all."""
    rows = (await inside(call, scope)).items
    found = [seen.item for seen in rows if seen.item.kind is ItemKind.FILE]
    moments = [seen.item.changed_at for seen in rows]
    if scope.folder is not None:
        moments.append(scope.folder.item.changed_at)
    return LibraryInfo(
        mod_date=max(moments, default=0),
        disk_space=sum(item.size for item in found),
        file_count=len(found),
        folder_count=sum(seen.item.kind is ItemKind.FOLDER for seen in rows),
        mirrored=False,
    )


@everywhere(TABLE, "library_info")
async def library_info(call: Call, scope: Scope) -> LibraryInfo:
    """Count what a scope holds in all: files, folders, bytes."""
    return await info_of(call, scope)
