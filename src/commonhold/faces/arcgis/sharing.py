"""Sharing items: with everyone, the organisation and groups, by owners, their administrators, and members of groups."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from commonhold.core.identity import Named
from commonhold.core.roles import Kind
from commonhold.core.sharing.arranging import Arranged, Arrangement, Kept, arrange
from commonhold.core.sharing.proposal import Refusal
from commonhold.faces.arcgis.ids import id_of, uid_of
from commonhold.faces.arcgis.items import OWNED, TOP, USER
from commonhold.faces.arcgis.parameters import Parameters
from commonhold.faces.arcgis.problems import (
    NO_ITEM,
    ArcgisError,
    invalid,
    no_item,
    no_item_in_folder,
    of_problem,
)
from commonhold.faces.arcgis.routes import Table
from commonhold.http.face import Call

TABLE = Table()

UNKNOWN: Final = Refusal("unknown_recipient", {"field": "recipients"})

_WORDS: Final = {
    Kind.EVERYONE: "everyone",
    Kind.ORG: "org",
    Kind.GROUP: "group",
    Kind.USER: "user",
    Kind.MAIL: "mail",
    Kind.LINK: "link",
}


class Groups(msgspec.Struct, frozen=True):
    """Groups as a request names them: those that an id can mean, and the places of all."""

    ids: tuple[str, ...] = ()
    refs: tuple[Named, ...] = ()

    def refused(self, found: Sequence[Refusal | None]) -> list[tuple[str, Refusal]]:
        """Return the ids of those that were refused, in the order asked, with the reason."""
        outcome = dict(zip(self.refs, found, strict=True))
        told = ((one, outcome[ref] if (ref := _ref(one)) is not None else UNKNOWN) for one in self.ids)
        return [(one, refusal) for one, refusal in told if refusal is not None]


def _ref(text: str) -> Named | None:
    uid = uid_of(text)
    return Named(uid, Kind.GROUP) if uid is not None else None


def groups_in(asked: Parameters) -> Groups:
    """Return the groups that a request names."""
    ids = asked.names("groups") or ()
    return Groups(ids, tuple(ref for one in ids if (ref := _ref(one)) is not None))


def wanted(call: Call, asked: Parameters, items: tuple[str, ...], groups: Groups, *, owned: bool) -> Arrangement:
    """Return what a request asks for. ``account`` is the old name of ``org``, and counts where nothing newer is said.

    :raises ArcgisError: CONT_0005 for a folder that is none
    """
    everyone, org = asked.flag("everyone"), asked.flag("org")
    if org is None and "org" not in asked and everyone is not True and asked.flag("account") is True:
        org = True
    folder = call.params.get("folder")
    uid = None if folder is None or folder in TOP else uid_of(folder)
    if folder is not None and folder not in TOP and uid is None:
        raise no_item_in_folder()
    return Arrangement(
        items=items,
        everyone=everyone,
        org=org,
        groups=groups.refs,
        no_groups="groups" in asked and not groups.ids,
        confirmed=asked.flag("confirmItemControl") is True,
        owner=Named(call.params["user"], Kind.USER) if owned else None,
        folder=uid,
    )


def refused(refusal: Refusal) -> ArcgisError:
    """Word what keeps an item from being shared at all."""
    if refusal.code == "not_found" and refusal.facts.get("field") == "folder":
        return no_item_in_folder()
    return of_problem(refusal)


def details_of(groups: Sequence[tuple[str, Refusal]], kept: Sequence[Kept]) -> list[dict[str, Any]]:
    """Say why groups were refused, and what goes on reaching an item that was to be taken back."""
    found: list[dict[str, Any]] = [
        {"groupId": one, "reason": refusal.code, "message": refusal.problem().sentence} for one, refusal in groups
    ]
    for one in kept:
        place = {"folder": id_of(one.place)} if one.place is not None else {}
        found.append({"with": _WORDS[one.kind], "reason": one.reason, **place})
    return found


def shared(item: str, groups: Groups, done: Arranged) -> dict[str, Any]:
    """Return the reply to a share operation."""
    bad = groups.refused(done.groups or (None,) * len(groups.refs))
    details = details_of(bad, done.kept)
    told = {"notSharedWith": [one for one, _ in bad], "itemId": item}
    return {**told, "details": details} if details else told


def unshared(item: str, groups: Groups, done: Arranged) -> dict[str, Any]:
    """Return the reply to an unshare operation."""
    bad = groups.refused(done.left)
    told = {"notUnsharedFrom": [one for one, _ in bad], "itemId": item}
    return {**told, "details": details_of(bad, ())} if bad else told


async def _one(call: Call, asked: Parameters, *, owned: bool, leave: bool) -> Any:
    uid = uid_of(call.params["item"])
    if uid is None:
        raise no_item()
    groups = groups_in(asked)
    arrangement = wanted(call, asked, (uid,), groups, owned=owned)
    if leave:
        arrangement = leaving(arrangement, groups)
    (done,) = await arrange(call.core, call.actor, arrangement)
    if done.refused is not None:
        raise refused(done.refused)
    return (unshared if leave else shared)(call.params["item"], groups, done)


def leaving(arrangement: Arrangement, groups: Groups) -> Arrangement:
    """Return the arrangement that takes items out of groups and does nothing else."""
    return Arrangement(arrangement.items, leave=groups.refs, owner=arrangement.owner, folder=arrangement.folder)


@TABLE.operation(OWNED[0] + "/share")
@TABLE.operation(OWNED[1] + "/share")
async def share_as_owner(call: Call, asked: Parameters) -> Any:
    """Share an item, as its owner or on his behalf."""
    return await _one(call, asked, owned=True, leave=False)


@TABLE.operation(OWNED[0] + "/unshare")
@TABLE.operation(OWNED[1] + "/unshare")
async def unshare_as_owner(call: Call, asked: Parameters) -> Any:
    """Take an item out of groups, as its owner or on his behalf."""
    return await _one(call, asked, owned=True, leave=True)


@TABLE.operation("/content/items/{item}/share")
async def share_as_member(call: Call, asked: Parameters) -> Any:
    """Put an item that one may see into groups, as somebody who may contribute to them; for its owner as his own."""
    return await _one(call, asked, owned=False, leave=False)


@TABLE.operation("/content/items/{item}/unshare")
async def unshare_as_member(call: Call, asked: Parameters) -> Any:
    """Take an item out of groups, as somebody who decides on them."""
    return await _one(call, asked, owned=False, leave=True)


async def _bulk(call: Call, asked: Parameters, *, leave: bool) -> Any:
    """Do the same with many items in one transaction; each has its own result, in the order asked."""
    ids = asked.names("items")
    if not ids:
        raise invalid("'items' parameter required.")
    groups = groups_in(asked)
    uids = {one: uid for one in ids if (uid := uid_of(one)) is not None}
    arrangement = wanted(call, asked, tuple(uids.values()), groups, owned=True)
    if leave:
        arrangement = leaving(arrangement, groups)
    done = dict(zip(uids, await arrange(call.core, call.actor, arrangement), strict=True)) if uids else {}
    return {"results": [_result(one, groups, done.get(one), leave=leave) for one in ids]}


def _result(item: str, groups: Groups, done: Arranged | None, *, leave: bool) -> dict[str, Any]:
    refusal = Refusal("unknown_item") if done is None else done.refused
    if done is not None and refusal is None:
        told = (unshared if leave else shared)(item, groups, done)
        return {"success": True, **told}
    error = refused(refusal or Refusal("unknown_item"))
    if error.message == NO_ITEM:
        error.code = 500  # what clients know from here
    name = "notUnsharedFrom" if leave else "notSharedWith"
    return {"itemId": item, "success": False, name: [], "error": error.error()}


@TABLE.operation(USER + "/shareItems")
async def share_items(call: Call, asked: Parameters) -> Any:
    """Share many items of one owner."""
    return await _bulk(call, asked, leave=False)


@TABLE.operation(USER + "/unshareItems")
async def unshare_items(call: Call, asked: Parameters) -> Any:
    """Take many items of one owner out of groups."""
    return await _bulk(call, asked, leave=True)
