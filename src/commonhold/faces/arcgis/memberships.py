"""Who is in a group: listed, added, removed, raised, and coming or going by himself."""

from collections.abc import Iterable
from typing import Any

from commonhold.core.directory.circles import MOST_PAGES
from commonhold.core.directory.joining import join_group, leave_group
from commonhold.core.directory.members import MemberOf, Refused, list_members, place_members, remove_members
from commonhold.core.directory.reading import After
from commonhold.core.identity import Named, RecipientRef
from commonhold.core.model import Level
from commonhold.faces.arcgis.groups import group_at
from commonhold.faces.arcgis.ids import id_of
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.routes import Table
from commonhold.faces.arcgis.users import named
from commonhold.faces.arcgis.values import page_of
from commonhold.http.face import Call

TABLE = Table()


async def _members(call: Call, group: int) -> list[MemberOf]:
    """Return the users directly in a group; those of ``MOST_PAGES`` pages at most."""
    found: list[MemberOf] = []
    after: After = None
    for _ in range(MOST_PAGES):
        page = await list_members(call.core, call.actor, group, after=after)
        found += page.rows
        after = page.next
        if after is None:
            break
    return found


@TABLE.resource("/community/groups/{group}/users", needs="directory")
async def users(call: Call, _: Parameters) -> Any:
    """List who is in a group, by what he is in it."""
    found, around = await group_at(call)
    owner = around.owners.get(found.owner or 0)
    rows = await _members(call, found.no)
    managers = [row.name for row in rows if row.level is Level.MANAGER and row.name != owner]
    others = [row.name for row in rows if row.level is not Level.MANAGER and row.name != owner]
    return {"owner": owner, "admins": [owner, *managers] if owner else managers, "users": others}


@TABLE.resource("/community/groups/{group}/userList", needs="directory")
@TABLE.resource("/community/groups/{group}/userlist", needs="directory")
async def userlist(call: Call, asked: Parameters) -> Any:
    """List who is in a group, a page at a time."""
    found, around = await group_at(call)
    owner = around.owners.get(found.owner or 0)
    rows = [
        {
            "username": row.name,
            "fullName": row.name,
            "memberType": "admin" if row.level is Level.MANAGER else "member",
            "joined": row.since,
        }
        for row in await _members(call, found.no)
        if row.name != owner
    ]
    part = (asked.word("name") or "").lower()
    shown = [row for row in rows if part in str(row["username"]).lower()]
    return {"owner": {"username": owner, "fullName": owner}, **page_of(shown, asked, "users")}


def _levels(asked: Parameters) -> dict[RecipientRef, Level]:
    """Return whom ``users`` and ``admins`` name; who is in both, counts as one of the latter."""
    found: dict[RecipientRef, Level] = {named(name): Level.MEMBER for name in asked.names("users") or ()}
    return found | {named(name): Level.MANAGER for name in asked.names("admins") or ()}


def _names(refused: Iterable[Refused]) -> list[str]:
    return [one.ref.text for one in refused if isinstance(one.ref, Named)]


@TABLE.operation("/community/groups/{group}/addUsers")
async def add_users(call: Call, asked: Parameters) -> Any:
    """Put users into a group; who is in it already stays what he is, unless he becomes one of its managers."""
    found = (await group_at(call))[0]
    edited = await place_members(call.core, call.actor, found.no, _levels(asked), new=True)
    return {"notAdded": _names(edited.refused)}


@TABLE.operation("/community/groups/{group}/removeUsers")
async def remove_users(call: Call, asked: Parameters) -> Any:
    """Take users out of a group; its owner stays."""
    found = (await group_at(call))[0]
    edited = await remove_members(call.core, call.actor, found.no, list(_levels(asked)))
    return {"notRemoved": _names(edited.refused)}


@TABLE.operation("/community/groups/{group}/updateUsers")
async def update_users(call: Call, asked: Parameters) -> Any:
    """Make members managers, and managers members."""
    found = (await group_at(call))[0]
    levels = _levels(asked)
    edited = await place_members(call.core, call.actor, found.no, levels, new=False)
    refused = set(_names(edited.refused))
    names = [ref.text for ref in levels if isinstance(ref, Named)]
    return {"results": [{"username": name, "success": name not in refused} for name in names]}


@TABLE.operation("/community/groups/{group}/join")
async def join(call: Call, _: Parameters) -> Any:
    """Join a group, or ask its owner to be let in."""
    found = (await group_at(call))[0]
    await join_group(call.core, call.actor, found.no)
    return {"success": True, "groupId": id_of(found.uid)}


@TABLE.operation("/community/groups/{group}/leave")
async def leave(call: Call, _: Parameters) -> Any:
    """Leave a group."""
    found = (await group_at(call))[0]
    await leave_group(call.core, call.actor, found.no)
    return {"success": True, "groupId": id_of(found.uid)}
