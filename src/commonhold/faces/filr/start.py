"""Where clients begin: the root with its links, who one is, one's own lists, and what the server says of itself."""

from typing import Final

import msgspec

from commonhold import __version__
from commonhold.core.content.space import own_top
from commonhold.core.directory.people import get_user
from commonhold.core.problems import Problem
from commonhold.faces.filr import things
from commonhold.faces.filr.content_shapes import (
    AppConfig,
    BinderBrief,
    LibraryInfo,
    ParentBinder,
    ReleaseInfo,
    Start,
    User,
    ZoneConfig,
)
from commonhold.faces.filr.listing import info_of
from commonhold.faces.filr.people import administers, groups_with, user_of
from commonhold.faces.filr.routes import Table, query_of
from commonhold.faces.filr.scopes import FOLDER_GONE, mine, my_files
from commonhold.faces.filr.shapes import Link, SearchResultList, listed
from commonhold.http.face import Call

TABLE = Table()

ZONE: Final = 1

LISTS: Final[dict[str, tuple[ParentBinder, str, str]]] = {
    "shared_with_me": (things.SHARED_WITH_ME, "Shared with Me", "/shares/with_user/{}"),
    "shared_by_me": (things.SHARED_BY_ME, "Shared by Me", "/shares/by_user/{}"),
    "public_shares": (things.PUBLIC, "Public", "/shares/public"),
}
"""The caller's own lists of shared things: where each lies, what it is called, and below which path its lists stand."""


class Asked(msgspec.Struct):
    """What is wanted beside."""

    include_groups: bool = False
    library_info: bool = False


@TABLE.route("GET", "")
@TABLE.route("GET", "/")
async def start(call: Call) -> Start:
    """Return links to everything that the caller may begin with."""
    links = [Link(rel=name, href=f"/{name}") for name in ("self", "release_info", "zone_config")]
    links += [Link(rel=name, href=f"/{name}") for name in ("users", "groups", "principals")]
    if await has_files(call):
        links.append(Link(rel="my_files", href=things.MY_FILES.href))
    links.append(Link(rel="shared_with_me", href="/self/shared_with_me"))
    links.append(Link(rel="public_shares", href="/self/public_shares"))
    if await administers(call):
        links.append(Link(rel="admin", href="/admin"))
    return Start(href="/", links=links)


async def has_files(call: Call) -> bool:
    """Tell whether the caller has a space of his own; guests have none."""
    try:
        await own_top(call.core, call.actor)
    except Problem as problem:
        if problem.code != "unknown_item":
            raise
        return False
    return True


@TABLE.route("GET", "/self")
async def myself(call: Call) -> User:
    """Return who asks, with links to what is his."""
    me = await get_user(call.core, call.actor, call.actor.user or 0)
    user = user_of(me, shares=True, href="/self")
    assert user.links is not None  # noqa: S101 - it was made with some
    names = ["roots", *LISTS]
    if await has_files(call):
        names.insert(0, "my_files")
    user.links += [Link(rel=name, href=f"/self/{name}") for name in names]
    if query_of(call, Asked).include_groups:
        user.groups = await groups_with(call, user.id)
    return user


@TABLE.route("GET", "/self/roots")
async def roots(call: Call) -> SearchResultList:
    """List the caller's own lists."""
    found = [await my_files_brief(call)] if await has_files(call) else []
    return listed([*found, *(list_of(call, name) for name in LISTS)])


def list_of(call: Call, name: str, info: LibraryInfo | None = None) -> BinderBrief:
    """Return one of the caller's own lists of shared things."""
    place, title, under = LISTS[name]
    path = under.format(call.actor.user)
    words = {rel: last for rel, last in things.LIBRARY.items() if name != "shared_by_me" or "tree" not in last}
    links = [Link(rel="self", href=place.href), *things.links_to(path, words)]
    links.append(Link(rel="shares", href=path))
    return _virtual(place, title, links, info)


def _virtual(place: ParentBinder, title: str, links: list[Link], info: LibraryInfo | None) -> BinderBrief:
    return BinderBrief(
        href=place.href,
        links=links,
        doc_type="binder",
        entity_type="folder",
        id=place.id,
        title=title,
        library=True,
        mirrored=False,
        library_info=info,
    )


async def my_files_brief(call: Call) -> BinderBrief:
    """Return the caller's own files as a list."""
    scope = await my_files(call)
    assert scope.folder is not None  # noqa: S101 - it is one
    info = await info_of(call, scope) if query_of(call, Asked).library_info else None
    links = [Link(rel="self", href=things.MY_FILES.href), *things.links_to(things.MY_FILES.href, things.LIBRARY)]
    return _virtual(things.MY_FILES, "My Files", links, info)


@TABLE.route("GET", "/self/my_files", thing=FOLDER_GONE)
async def read_my_files(call: Call) -> BinderBrief:
    """Return the caller's own files, as a folder."""
    return await my_files_brief(call)


def _add_list(name: str) -> None:
    """Add the routes of one of the caller's own lists."""

    @TABLE.route("GET", f"/self/{name}")
    async def read(call: Call) -> BinderBrief:
        """Return one of the caller's own lists."""
        wanted = query_of(call, Asked).library_info
        return list_of(call, name, await info_of(call, await mine(call, name)) if wanted else None)

    @TABLE.route("GET", f"/self/{name}/library_info")
    async def info(call: Call) -> LibraryInfo:
        """Count what one of the caller's own lists holds in all."""
        return await info_of(call, await mine(call, name))


for _name in LISTS:
    _add_list(_name)


@TABLE.route("GET", "/admin", needs="administration")
async def admin(call: Call) -> Start:
    """Return links to what administrators see and decide."""
    if not await administers(call):
        raise Problem("forbidden")
    links = [Link(rel=name, href=f"/admin/{name}") for name in ("shares", "share_settings")]
    links.append(Link(rel="public_shares", href="/admin/shares/public"))
    return Start(href="/admin", links=links)


@TABLE.route("GET", "/release_info")
async def release_info(call: Call) -> ReleaseInfo:
    """Return which server this is."""
    del call
    return ReleaseInfo(
        href="/release_info",
        links=[Link(rel="self", href="/release_info")],
        product_name="Commonhold",
        product_version=__version__,
        build_number=0,
        rest_api_revision="1",
    )


@TABLE.route("GET", "/zone_config")
async def zone_config(call: Call) -> ZoneConfig:
    """Return what clients are told of the server."""
    app = AppConfig(enabled=True, allow_cache_pwd=False, max_file_size=call.core.limits.upload)
    return ZoneConfig(
        href="/zone_config",
        links=[Link(rel="self", href="/zone_config")],
        id=ZONE,
        guid=call.base,
        desktop_app_config=app,
        mobile_apps_config=app,
    )
