"""Roles: built-in ones, and those that administrators make of privileges and give to people."""

from typing import Any, Final

import msgspec

from commonhold.core.directory.presets import (
    Preset,
    PresetChange,
    add_preset,
    assign,
    change_preset,
    drop_preset,
    list_presets,
)
from commonhold.core.model import Allowance
from commonhold.core.policy.allowances import PRESETS
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind, OrgRole
from commonhold.faces.arcgis.ids import id_of, uid_of
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.privileges import VIEWER_ROLE, privileges_of
from commonhold.faces.arcgis.problems import ArcgisError
from commonhold.faces.arcgis.routes import Table
from commonhold.faces.arcgis.users import named
from commonhold.faces.arcgis.values import json_of, page_of
from commonhold.http.face import Call

TABLE = Table()

BUILT_IN: Final = {
    "org_admin": OrgRole.ADMINISTRATOR,
    "org_publisher": OrgRole.PUBLISHER,
    "org_user": OrgRole.USER,
    VIEWER_ROLE: OrgRole.VIEWER,
}
_VIEWER: Final = {
    "id": VIEWER_ROLE,
    "name": "Viewer",
    "description": "Sees what is shared with him, and makes nothing.",
    "created": -1,
    "modified": -1,
}
_KINDS: Final = {
    "portal:user:shareToGroup": Kind.GROUP | Kind.USER,
    "portal:user:shareToOrg": Kind.ORG,
    "portal:user:shareToPublic": Kind.EVERYONE | Kind.LINK | Kind.MAIL,
}
"""What a privilege lets one share with, the kinds that only other faces know included."""

_MAKING: Final = ("portal:user:createItem", "portal:user:createGroup")


def _role(preset: Preset) -> dict[str, Any]:
    uid, at = id_of(preset.uid), preset.made_at
    return {"id": uid, "name": preset.title, "description": preset.note, "created": at, "modified": at}


def _no_role() -> ArcgisError:
    return ArcgisError(400, "Role does not exist or is inaccessible.", "ORG_0023")


@TABLE.resource("/portals/self/roles", needs="directory")
async def roles(call: Call, asked: Parameters) -> Any:
    """List the roles of the organisation that are more than a word."""
    found = [_VIEWER, *(_role(one) for one in await list_presets(call.core, call.actor))]
    return page_of(found, asked, "roles")


async def _one(call: Call) -> Preset | None:
    """Return the role that the path names; None for that of viewers.

    :raises ArcgisError: if there is none
    """
    name = call.params["role"]
    if name == VIEWER_ROLE:
        return None
    uid = uid_of(name)
    for preset in await list_presets(call.core, call.actor):
        if preset.uid == uid:
            return preset
    raise _no_role()


@TABLE.resource("/portals/self/roles/{role}", needs="directory")
async def role(call: Call, _: Parameters) -> Any:
    """Return a role."""
    preset = await _one(call)
    return _VIEWER if preset is None else _role(preset)


@TABLE.resource("/portals/self/roles/{role}/privileges", needs="directory")
async def privileges(call: Call, _: Parameters) -> Any:
    """Return the privileges of whoever has a role."""
    preset = await _one(call)
    if preset is None:
        return {"privileges": list(privileges_of(OrgRole.VIEWER, PRESETS[OrgRole.VIEWER]))}
    allowance = Allowance(0, make=preset.make, kinds=preset.kinds)
    return {"privileges": list(privileges_of(preset.rank, allowance))}


@TABLE.operation("/portals/self/createRole")
async def create_role(call: Call, asked: Parameters) -> Any:
    """Make a role, which has every privilege of a user until its own are set."""
    name = asked.word("name")
    if name is None:
        raise ArcgisError(400, "'name' property required.")
    made = await add_preset(call.core, call.actor, name, asked.word("description") or "")
    return {"success": True, "id": id_of(made.uid)}


async def _custom(call: Call) -> str:
    """Return the uid of the role that the path names, which has to be one that was made here.

    :raises ArcgisError: if it is none
    """
    preset = await _one(call)
    if preset is None:
        raise _no_role()
    return preset.uid


@TABLE.operation("/portals/self/roles/{role}/update")
async def update_role(call: Call, asked: Parameters) -> Any:
    """Change name and description of a role."""
    change = PresetChange(title=asked.word("name"), note=asked.text("description"))
    await change_preset(call.core, call.actor, await _custom(call), change)
    return {"success": True}


@TABLE.operation("/portals/self/roles/{role}/setPrivileges")
async def set_privileges(call: Call, asked: Parameters) -> Any:
    """Set the privileges of a role; those of administrators cannot be given by it, and unknown ones are left out."""
    words = _words(asked)
    kinds = Kind.NONE
    for word, kind in _KINDS.items():
        if word in words:
            kinds |= kind
    publishes = any(word.startswith("portal:publisher:") for word in words)
    change = PresetChange(
        make=any(word in words for word in _MAKING),
        kinds=kinds,
        rank=OrgRole.PUBLISHER if publishes else OrgRole.USER,
    )
    await change_preset(call.core, call.actor, await _custom(call), change)
    return {"success": True}


def _words(asked: Parameters) -> set[str]:
    """Return the privileges that are named, as the Python client writes them: JSON, sometimes twice over.

    :raises ArcgisError: for what is no list of them
    """
    found = json_of(asked, "privileges")
    if isinstance(found, str):
        try:
            found = msgspec.json.decode(found)
        except msgspec.DecodeError:
            found = None
    found = found.get("privileges") if isinstance(found, dict) else found
    if not isinstance(found, list):
        raise ArcgisError(400, "'privileges' must be a list.")
    return {str(one) for one in found}


@TABLE.operation("/portals/self/roles/{role}/delete")
async def delete_role(call: Call, _: Parameters) -> Any:
    """Delete a role that nobody has."""
    try:
        await drop_preset(call.core, call.actor, await _custom(call))
    except Problem as problem:
        if problem.code != "protected":
            raise
        raise ArcgisError(400, "The role is assigned to members. Give them another one first.") from None
    return {"success": True}


@TABLE.operation("/portals/self/updateUserRole")
@TABLE.operation("/portals/self/updateuserrole")
async def update_user_role(call: Call, asked: Parameters) -> Any:
    """Give a user a role."""
    user, name = asked.word("user"), asked.word("role") or ""
    if user is None:
        raise ArcgisError(400, "'user' property required.")
    to = BUILT_IN.get(name) or uid_of(name)
    if to is None:
        raise _no_role()
    try:
        await assign(call.core, call.actor, named(user), to)
    except Problem as problem:
        if problem.code != "not_found":
            raise
        raise _no_role() from None
    return {"success": True}
