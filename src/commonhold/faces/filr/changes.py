"""``library_changes``: what was added, changed and deleted since a moment; or that this cannot be told."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from commonhold.core.content.tree import Seen
from commonhold.core.limits import DAY
from commonhold.core.model import Event, Item
from commonhold.core.roles import Action, ItemKind
from commonhold.core.sharing.moments import events_since
from commonhold.faces.filr.content_shapes import BinderBrief, BinderChange, BinderChanges, FileProperties
from commonhold.faces.filr.encoding import moment
from commonhold.faces.filr.listing import LIBRARY, everywhere, shapes_of
from commonhold.faces.filr.problems import Refused
from commonhold.faces.filr.routes import Table, query_of
from commonhold.faces.filr.scopes import Scope, inside
from commonhold.http.face import Call
from commonhold.http.xml import iso

TABLE = Table()

MOST: Final = 500
WINDOW: Final = 90 * DAY  # older changes are not told one by one

DISTURBING: Final = (
    "share.withdrawn", "share.changed", "group.members_removed", "group.members_added", "group.left", "group.joined",
    "group.deleted", "user.suspended", "user.deleted", "user.resumed", "user.changed", "user.transferred",
    "address.claimed", "item.restored",
)  # fmt: skip
"""Events after which somebody may see more or less than before, though nothing in the tree changed."""


class Since(msgspec.Struct):
    """Since when, in any form of a date, and how many changes at most."""

    since: str | None = None
    recursive: bool = True
    count: Annotated[int, Meta(ge=1, le=2**31)] = MOST


@everywhere(TABLE, "library_changes")
async def library_changes(call: Call, scope: Scope) -> BinderChanges:
    """List what was added, changed or deleted since a moment, oldest first; 409 where that cannot be told."""
    wanted = query_of(call, Since)
    since = moment(wanted.since, "since") or 0
    now, gone = await _now(call, scope, wanted, since)
    if since:
        await _refuse_untold(call, scope, since, now)
    when = {seen.item.no: _change(scope, seen, since) for seen in now}
    changed = [seen for seen in now if when[seen.item.no][1] >= since]
    shapes = await shapes_of(call, scope, changed)
    told = [_told(shape, *when[seen.item.no]) for seen, shape in zip(changed, shapes, strict=True)]
    told += [_deleted(item) for item in gone if item.no not in when]
    told.sort(key=lambda change: (change.date, str(change.id)))
    page = told[: min(wanted.count, 10 * MOST)]
    further = None
    if len(page) < len(told):
        further = f"{scope.under}/library_changes?" + urlencode({"since": iso(page[-1].date), "count": wanted.count})
    return BinderChanges(count=len(page), total=len(told), next=further, items=page)


async def _now(call: Call, scope: Scope, wanted: Since, since: int) -> tuple[list[Seen], list[Item]]:
    """Return folders and files that are in a scope now, and what was thrown away there since."""
    found = await inside(call, scope, since=since or None)
    rows = [seen for seen in found.items if seen.item.kind in LIBRARY]
    gone = [item for item in found.gone if item.kind in LIBRARY]
    if wanted.recursive:
        return rows, gone
    top = scope.folder.item.no if scope.folder is not None else None
    near = [seen for seen in rows if (top is not None and seen.item.parent == top) or seen.item.no in scope.shares]
    return near, [item for item in gone if top is not None and item.parent == top]


def _change(scope: Scope, seen: Seen, since: int) -> tuple[str, int]:
    """Return what became of something, and when; what was shared since then is new here, however old it is."""
    item = seen.item
    began = max([item.made_at, *(shown.share.made_at for shown in scope.shares.get(item.no, ()))])
    at = max(began, item.changed_at)
    return "add" if began >= since else "modify", at


def _told(shape: Any, action: str, at: int) -> BinderChange:
    if isinstance(shape, BinderBrief):
        return BinderChange(action=action, date=at, type="binder", id=shape.id, binder=shape)
    assert isinstance(shape, FileProperties)  # noqa: S101 - nothing else is asked for
    return BinderChange(action=action, date=at, type="file", id=shape.id, file=shape)


def _deleted(item: Item) -> BinderChange:
    folder = item.kind is ItemKind.FOLDER
    ident: str | int = item.no if folder else item.uid
    return BinderChange(action="delete", date=item.changed_at, type="binder" if folder else "file", id=ident)


async def _refuse_untold(call: Call, scope: Scope, since: int, now: list[Seen]) -> None:
    """Refuse, where somebody may see more or less than before for other reasons than changes of things that are told.

    :raises Refused: 409 CHANGES_WINDOW_PASSED, ACL_CHANGED
    """
    if since < call.core.clock() - WINDOW:
        raise Refused(409, "CHANGES_WINDOW_PASSED", "Changes that old are not told one by one. Read the whole list.")
    own = scope.folder is not None and bool(scope.folder.right.own & Action.READ)
    here = {seen.item.no for seen in now}
    places = here | ({scope.folder.item.no} if scope.folder is not None else set())
    kinds = ("item.moved",) if own else ("item.moved", "item.changed", *DISTURBING)
    for event in await events_since(call.core, call.actor, since, kinds):
        left = event.item not in here and event.item is not None
        if event.kind == "item.moved" and not (left and _origin(event) in places):
            continue
        if event.kind == "item.changed" and not left:
            continue
        raise Refused(409, "ACL_CHANGED", "Who may see what has changed since then. Read the whole list.")


def _origin(event: Event) -> int | None:
    return msgspec.json.decode(event.facts, type=dict[str, Any]).get("origin")
