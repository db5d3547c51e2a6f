"""Groups: made, found, shown, changed, deleted."""

from typing import Any, Final

import msgspec

from commonhold.core.directory.circles import Around, circle_of, one_group, own_name, walk_groups
from commonhold.core.directory.groups import Group, GroupChange, NewGroup, add_group, change_group, delete_group
from commonhold.core.identity import Named
from commonhold.core.model import GroupTerms
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.faces.arcgis.grammar import matches, parse
from commonhold.faces.arcgis.groups_shape import UPDATE, attributes_in, group_shape, joining_in, terms_in
from commonhold.faces.arcgis.ids import id_of, uid_of
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.privileges import UPDATE_GROUPS, privileges_in
from commonhold.faces.arcgis.problems import ArcgisError, forbidden, no_group
from commonhold.faces.arcgis.routes import Table
from commonhold.faces.arcgis.users import named
from commonhold.faces.arcgis.values import page_of
from commonhold.http.face import Call

TABLE = Table()

PLAIN: Final = GroupTerms(0, joining="asked", visible=Kind.USER)
"""What a group is unless its maker says otherwise."""

_VISIBLE: Final = {Kind.ORG: "portal:user:shareGroupToOrg", Kind.EVERYONE: "portal:user:shareGroupToPublic"}


async def group_at(call: Call) -> tuple[Group, Around]:
    """Return the group that the path names, if the caller may learn of it, logged in or not.

    :raises ArcgisError: COM_0003
    """
    uid = uid_of(call.params["group"])
    if uid is None:
        raise no_group()
    group, around = await one_group(call.core, call.actor, Named(uid, Kind.GROUP))
    if group.uid != uid:  # a title may look like an id
        raise no_group()
    return group, around


async def name_of(call: Call) -> str | None:
    """Return the log-in name of the caller."""
    return await own_name(call.core, call.actor)


@TABLE.resource("/community/groups/{group}")
async def group(call: Call, _: Parameters) -> Any:
    """Return a group, and what the caller is in it."""
    found, around = await group_at(call)
    return group_shape(found, around, await name_of(call))


@TABLE.operation("/community/createGroup")
async def create_group(call: Call, asked: Parameters) -> Any:
    """Make a group; whoever makes it owns it."""
    title = asked.word("title")
    if title is None:
        raise ArcgisError(400, "'title' property required.", "COM_0014")
    circle = await circle_of(call.core, call.actor, call.actor.user or 0, groups=False)
    updating = UPDATE in {one.lower() for one in asked.names("capabilities") or ()}
    terms = msgspec.structs.replace(PLAIN, **terms_in(asked), joining=joining_in(asked, PLAIN), members_update=updating)
    _need(privileges_in(circle), UPDATE_GROUPS if updating else None, _VISIBLE.get(terms.visible))
    attributes = {name: value for name, value in attributes_in(asked).items() if value is not None}
    made = await _made(call, NewGroup(title=title, terms=terms, attributes=attributes))
    _, around = await one_group(call.core, call.actor, made.no)
    return {"success": True, "group": group_shape(made, around, circle.person.name)}


def _need(privileges: tuple[str, ...], *needed: str | None) -> None:
    """Refuse somebody without a privilege.

    :raises ArcgisError: GWM_0003
    """
    if any(one is not None and one not in privileges for one in needed):
        raise forbidden()


async def _made(call: Call, new: NewGroup) -> Group:
    """Make a group; where its title is another one's, its id alone names it."""
    try:
        return await add_group(call.core, call.actor, new)
    except Problem as problem:
        if problem.code != "name_taken":
            raise
        return await add_group(call.core, call.actor, msgspec.structs.replace(new, alike=True))


@TABLE.operation("/community/groups/{group}/update")
async def update_group(call: Call, asked: Parameters) -> Any:
    """Change a group; whether its members may change what is shared with it, never changes."""
    found = (await group_at(call))[0]
    terms = terms_in(asked)
    if asked.flag("isInvitationOnly") is not None or asked.flag("autoJoin") is not None:
        terms["joining"] = joining_in(asked, found.terms)
    if (visible := terms.get("visible")) not in (None, found.terms.visible):
        circle = await circle_of(call.core, call.actor, call.actor.user or 0, groups=False)
        _need(privileges_in(circle), _VISIBLE.get(visible))
    attributes = {**attributes_in(asked), "modified": call.core.clock()}
    title = asked.word("title")
    again = title is None or title == found.title
    change = GroupChange(title=msgspec.UNSET if again else title or "", terms=terms, attributes=attributes)
    await change_group(call.core, call.actor, found.no, change)
    return _done(found)


def _done(found: Group) -> dict[str, Any]:
    return {"success": True, "groupId": id_of(found.uid)}


@TABLE.operation("/community/groups/{group}/delete")
async def delete(call: Call, _: Parameters) -> Any:
    """Delete a group: what was shared with it reaches nobody by it from now on."""
    found = (await group_at(call))[0]
    try:
        await delete_group(call.core, call.actor, found.no)
    except Problem as problem:
        if problem.code != "protected":
            raise
        message = f"Unable to delete group {id_of(found.uid)}. Delete protection is turned on."
        raise ArcgisError(400, message, "COM_0045") from None
    return _done(found)


@TABLE.operation("/community/groups/{group}/protect")
async def protect(call: Call, _: Parameters) -> Any:
    """Keep a group from being deleted."""
    return await _protected(call, on=True)


@TABLE.operation("/community/groups/{group}/unprotect")
async def unprotect(call: Call, _: Parameters) -> Any:
    """Let a group be deleted again."""
    return await _protected(call, on=False)


async def _protected(call: Call, *, on: bool) -> dict[str, Any]:
    found = (await group_at(call))[0]
    await change_group(call.core, call.actor, found.no, GroupChange(terms={"protected": on}))
    return {"success": True}


@TABLE.operation("/community/groups/{group}/reassign")
async def reassign(call: Call, asked: Parameters) -> Any:
    """Give a group to another owner; the one before stays in it as one of its managers."""
    found = (await group_at(call))[0]
    target = asked.word("targetUsername")
    if target is None:
        raise ArcgisError(400, "'targetUsername' property required.")
    await change_group(call.core, call.actor, found.no, GroupChange(owner=named(target)))
    return _done(found)


@TABLE.resource("/community/groups")
async def search_groups(call: Call, asked: Parameters) -> Any:
    """Find groups that the caller may learn of."""
    text = asked.text("q") or asked.text("filter") or ""
    query, name = parse(text), await name_of(call)
    found = []
    async for around in walk_groups(call.core, call.actor):
        shapes = (group_shape(one, around, name) for one in around.groups)
        found += [shape for shape in shapes if matches(query, _fields(shape))]
    field = (asked.word("sortField") or "").lower()
    if field in _SORTED:
        down = (asked.word("sortOrder") or "").lower() == "desc"
        found.sort(key=lambda shape: _SORTED[field](shape), reverse=down)
    return {"query": text, **page_of(found, asked)}


_SORTED: Final[dict[str, Any]] = {
    "title": lambda shape: shape["title"].lower(),
    "owner": lambda shape: shape["owner"] or "",
    "created": lambda shape: shape["created"],
    "modified": lambda shape: shape["modified"],
}


def _fields(shape: dict[str, Any]) -> dict[str, Any]:
    """Return what a search for groups looks at."""
    found = {name.lower(): value for name, value in shape.items() if not isinstance(value, dict)}
    return {**found, "orgid": shape["orgId"], "accountid": shape["orgId"]}
