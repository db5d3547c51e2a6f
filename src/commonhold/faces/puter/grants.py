"""One item for one user: the deprecated route of the document, and permissions granted and revoked by name."""

from typing import Any, Final

import msgspec

from commonhold.core.identity import Actor, ItemRef, Named
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Kind, Role
from commonhold.core.sharing.finding import Shown, shares_by, shares_with
from commonhold.core.sharing.proposal import Asked, OnExisting, Proposal, Report
from commonhold.faces.puter.entries import mode_of, uid_of
from commonhold.faces.puter.problems import field_invalid, of_problem, text_wanted, unknown_subject, unknown_user
from commonhold.faces.puter.proposing import proposed
from commonhold.faces.puter.references import APPS, FILES, app_ref, file_ref
from commonhold.faces.puter.routes import Table
from commonhold.faces.puter.share_parts import ROLES
from commonhold.faces.puter.sharer import sharer_of
from commonhold.faces.puter.shown import permission
from commonhold.faces.puter.values import MISSING, Fields, Json
from commonhold.http.face import Call

TABLE = Table()

PAGE: Final = 200


class Permission(msgspec.Struct, frozen=True):
    """What a permission text names: an item of some kinds, and the role that it stands for."""

    ref: ItemRef
    role: Role
    kinds: tuple[ItemKind, ...]


@TABLE.route("POST", "/share/item-by-username")
async def item_by_username(call: Call, body: Fields) -> Any:
    """Share one file or folder with one user, by default to write (deprecated)."""
    path, name, access = (body.get(key, MISSING) for key in ("path", "username", "access_level"))
    if not isinstance(path, str) or not path:
        raise text_wanted("path", path)
    if not isinstance(name, str) or not name:
        raise text_wanted("username", name)
    if access not in (MISSING, None, "read", "write"):
        raise field_invalid("access_level", '"read" or "write"')
    sharer = await sharer_of(call)
    sharer.need_confirmed()
    role = Role.VIEWER if access == "read" else Role.CONTRIBUTOR
    await _share(call, Permission(file_ref(path, sharer.name), role, FILES), name, give=True)
    return {}


@TABLE.route("POST", "/auth/grant-user-user")
async def grant(call: Call, body: Fields) -> Any:
    """Give a user a permission on an item."""
    sharer = await sharer_of(call)
    sharer.need_confirmed()
    await _share(call, _permission(body, sharer.name), _target(body), give=True)
    return {}


@TABLE.route("POST", "/auth/revoke-user-user")
async def revoke(call: Call, body: Fields) -> Any:
    """Take from a user what he was given on an item; nothing happens if that is nothing."""
    sharer = await sharer_of(call)
    await _share(call, _permission(body, sharer.name), _target(body), give=False)
    return {}


def _target(body: Fields) -> str:
    name = body.get("target_username")
    if not isinstance(name, str) or not name:
        raise text_wanted("target_username", name)
    return name


def _permission(body: Fields, owner: str) -> Permission:
    """Read a permission: ``fs:<uid or path>:<access>``, ``manage:fs:<uid or path>``, ``app:uid#<uid>:access``.

    :raises ApiError: field_invalid, subject_does_not_exist
    """
    text = body.get("permission")
    if not isinstance(text, str):
        raise text_wanted("permission", text)
    if text.startswith("manage:fs:"):
        return Permission(_file(text.removeprefix("manage:fs:"), owner), Role.MANAGER, FILES)
    name, _, access = text.rpartition(":")
    if name.startswith("fs:") and access in ("read", "write"):
        return Permission(_file(name.removeprefix("fs:"), owner), ROLES[access], FILES)
    if name.startswith("app:uid#") and access == "access":
        return Permission(app_ref(name.removeprefix("app:uid#"), owner), Role.VIEWER, APPS)
    raise field_invalid("permission", "`fs:<uid or path>:<access>`, `manage:fs:<uid>`, or `app:uid#<uid>:access`")


def _file(text: str, owner: str) -> ItemRef:
    return file_ref(text, owner, "permission")


async def _share(call: Call, wanted: Permission, name: str, *, give: bool) -> None:
    """Put one pair to the core, and refuse the request where the pair is refused.

    :raises ApiError: user_does_not_exist, subject_does_not_exist, and whatever else is refused
    """
    proposal = Proposal(
        items=(Asked(wanted.ref, kinds=wanted.kinds),),
        recipients=(Named(name, Kind.USER),),
        role=wanted.role,
        give=give,
        on_existing=OnExisting.RAISE,
        atomic=True,
    )
    report = await proposed(call, proposal)
    if report.recipients[0] is not None:
        raise unknown_user(name)
    if report.items[0] is not None:
        raise unknown_subject()
    _refuse_pair(report)


def _refuse_pair(report: Report) -> None:
    refused = report.pairs[0].refused
    if refused is not None and refused.code != "not_shared":
        raise of_problem(refused)


@TABLE.route("GET", "/auth/list-permissions")
async def list_permissions(call: Call, _: Fields) -> Any:
    """List what the caller gave to users, and what users gave to him."""
    if call.actor.user is None:
        raise Problem("forbidden")
    made = await shares_by(call.core, call.actor, None, PAGE)
    received = await shares_with(call.core, call.actor, None, PAGE)
    return {
        "myself_to_app": [],
        "myself_to_user": _rows(made.shares, "recipient"),
        "user_to_myself": _rows((one for one in received.shares if _to(call.actor, one)), "sharer"),
    }


def _to(actor: Actor, shown: Shown) -> bool:
    return shown.share.recipient == actor.user


def _rows(shares: Any, side: str) -> list[dict[str, Json]]:
    found = []
    for shown in shares:
        mode, item = mode_of(shown.share.role), shown.item
        if shown.share.kind is not Kind.USER or mode not in ("read", "write", "manage"):
            continue
        text = f"app:uid#{uid_of(item)}:access" if item.kind is ItemKind.APP else permission(item.uid, mode)
        found.append({"user": shown.name if side == "recipient" else shown.sharer, "permission": text, "extra": "{}"})
    return found
