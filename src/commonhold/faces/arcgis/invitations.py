"""Invitations into groups, and applications of those who ask to be let in."""

from typing import Any, Final

from commonhold.core.directory.candidates import (
    Waiting,
    accept_invitation,
    decline_invitation,
    invite_members,
    let_in,
    list_asking,
    list_invitations,
    turn_away,
)
from commonhold.core.directory.circles import MOST_PAGES
from commonhold.core.directory.reading import After
from commonhold.core.model import Level
from commonhold.core.problems import Problem
from commonhold.faces.arcgis.groups import group_at, name_of
from commonhold.faces.arcgis.ids import id_of
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.problems import ArcgisError, forbidden
from commonhold.faces.arcgis.routes import Table
from commonhold.faces.arcgis.users import named
from commonhold.http.face import Call

TABLE = Table()

MINUTE: Final = 60_000
LONGEST: Final = 525_600  # minutes: a year


def _role(level: Level) -> str:
    return "group_admin" if level is Level.MANAGER else "group_member"


def _invitation(one: Waiting) -> dict[str, Any]:
    """Return an invitation; its id is that of the group, as somebody is invited once into each."""
    return {
        "id": id_of(one.uid),
        "type": "group",
        "username": one.user,
        "fromUsername": {"username": one.made_by, "fullname": one.made_by},
        "targetType": "group",
        "targetId": id_of(one.uid),
        "received": one.since,
        "accepted": False,
        "mustApprove": False,
        "role": _role(one.level),
        "dateAccepted": -1,
        "expiration": -1 if one.until is None else (one.until - one.since) // MINUTE,
        "created": one.since,
        "group": {"id": id_of(one.uid), "title": one.title},
    }


@TABLE.operation("/community/groups/{group}/invite")
async def invite(call: Call, asked: Parameters) -> Any:
    """Invite users into a group; those who cannot be are named in ``details``."""
    found = (await group_at(call))[0]
    level = Level.MANAGER if asked.word("role") in ("group_admin", "admin") else Level.MEMBER
    minutes = asked.number("expiration")
    life = min(minutes, LONGEST) * MINUTE if minutes is not None and minutes > 0 else None
    users = [named(name) for name in asked.names("users") or ()]
    edited = await invite_members(call.core, call.actor, found.no, users, level, life)
    refused = [{"username": getattr(one.ref, "text", None), "reason": one.code} for one in edited.refused]
    return {"success": bool(edited.done) or not users, "groupId": id_of(found.uid), "details": refused}


async def _mine(call: Call) -> list[Waiting]:
    """Return the invitations of the caller, who has to be the one whom the path names.

    :raises ArcgisError: GWM_0003
    """
    name = await name_of(call)
    if name is None or name.lower() != call.params["user"].lower():
        raise forbidden()
    found: list[Waiting] = []
    after: After = None
    for _ in range(MOST_PAGES):
        page = await list_invitations(call.core, call.actor, after=after)
        found += page.rows
        after = page.next
        if after is None:
            break
    return found


@TABLE.resource("/community/users/{user}/invitations", needs="self")
async def invitations(call: Call, _: Parameters) -> Any:
    """List the groups that the caller is invited into."""
    return {"userInvitations": [_invitation(one) for one in await _mine(call)]}


async def _invited(call: Call) -> Waiting:
    """Return the invitation that the path names.

    :raises ArcgisError: if there is none
    """
    found = next((one for one in await _mine(call) if id_of(one.uid) == call.params["invitation"]), None)
    if found is None:
        raise _over()
    return found


def _over() -> ArcgisError:
    return ArcgisError(400, "Invitation does not exist or is inaccessible.", "COM_0020")


@TABLE.resource("/community/users/{user}/invitations/{invitation}", needs="self")
async def invitation(call: Call, _: Parameters) -> Any:
    """Return one invitation."""
    return _invitation(await _invited(call))


@TABLE.operation("/community/users/{user}/invitations/{invitation}/accept")
async def accept(call: Call, _: Parameters) -> Any:
    """Go into the group."""
    one = await _invited(call)
    try:
        await accept_invitation(call.core, call.actor, one.group)
    except Problem as problem:
        if problem.code != "not_found":
            raise
        raise _over() from None
    return _answered(one)


@TABLE.operation("/community/users/{user}/invitations/{invitation}/decline")
async def decline(call: Call, _: Parameters) -> Any:
    """Stay out of the group."""
    one = await _invited(call)
    await decline_invitation(call.core, call.actor, one.group)
    return _answered(one)


def _answered(one: Waiting) -> dict[str, Any]:
    return {"success": True, "username": one.user, "groupId": id_of(one.uid), "id": id_of(one.uid)}


def _application(one: Waiting) -> dict[str, Any]:
    return {"username": one.user, "fullName": one.user, "received": one.since}


async def _asking(call: Call) -> list[Waiting]:
    found = (await group_at(call))[0]
    return list((await list_asking(call.core, call.actor, found.no)).rows)


@TABLE.resource("/community/groups/{group}/applications", needs="self")
async def applications(call: Call, _: Parameters) -> Any:
    """List who asks to be let into a group."""
    return {"applications": [_application(one) for one in await _asking(call)]}


@TABLE.resource("/community/groups/{group}/applications/{user}", needs="self")
async def application(call: Call, _: Parameters) -> Any:
    """Return the application of one user."""
    name = call.params["user"].lower()
    found = next((one for one in await _asking(call) if one.user.lower() == name), None)
    if found is None:
        raise _no_application()
    return _application(found)


def _no_application() -> ArcgisError:
    return ArcgisError(400, "Application does not exist or is inaccessible.", "COM_0021")


@TABLE.operation("/community/groups/{group}/applications/{user}/accept")
async def accept_application(call: Call, _: Parameters) -> Any:
    """Let somebody into a group who asked."""
    return await _decided(call, accepted=True)


@TABLE.operation("/community/groups/{group}/applications/{user}/decline")
async def decline_application(call: Call, _: Parameters) -> Any:
    """Turn somebody away who asked."""
    return await _decided(call, accepted=False)


async def _decided(call: Call, *, accepted: bool) -> dict[str, Any]:
    found, user = (await group_at(call))[0], named(call.params["user"])
    try:
        await (let_in if accepted else turn_away)(call.core, call.actor, found.no, user)
    except Problem as problem:
        if problem.code != "not_found":
            raise
        raise _no_application() from None
    return {"success": True, "groupId": id_of(found.uid), "username": user.text}
