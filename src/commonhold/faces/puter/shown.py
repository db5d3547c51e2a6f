"""Shares as clients of this dialect know them: rows of listings, and the older list beside an entry."""

from typing import Any

from commonhold.core.content.tree import Seen
from commonhold.core.roles import Action, ItemKind, Kind
from commonhold.core.sharing.finding import Shown, shares_on
from commonhold.faces.puter.entries import masked, mode_of, uid_of
from commonhold.faces.puter.values import Json, seconds
from commonhold.http.face import Call


def row(shown: Shown, *, mine: bool = False) -> dict[str, Json]:
    """Return a share as a row; ``mine``: with the whole path, if it stands on a right that shows all of it."""
    item, share = shown.item, shown.share
    placed = item.kind in (ItemKind.FOLDER, ItemKind.FILE)
    path = masked(shown.owner, item)
    if mine and shown.path and share.hangs_on is None:
        path = "/".join(("", shown.owner or "-", *shown.path))
    pending = share.kind is Kind.MAIL
    return {
        "uid": share.uid,
        "mode": mode_of(share.role),
        "path": path if placed else None,
        "name": item.name or (f"{item.collection} {item.ref}" if item.kind is ItemKind.RECORD else shown.owner),
        "uid_entry": uid_of(item),
        "is_dir": item.kind is ItemKind.FOLDER,
        "type": item.media if placed else str(item.kind),
        "thumbnail": None,
        "owner": shown.owner,
        "issuer": shown.sharer,
        "holder": None if pending else shown.name,
        "issued_by_app": None,
        "inherited_from": None,
        "created_at": seconds(share.made_at),
        "modified": seconds(item.changed_at),
        "size": item.size,
        **({"pending": True, "recipient_email": shown.name} if pending else {}),
        **({"url": item.url} if item.url else {}),
        **({"message": shown.note} if shown.note else {}),
    }


async def own_shares(call: Call, seen: Seen) -> dict[str, list[dict[str, Any]]]:
    """Return with whom the caller shares an item; nobody, where he only receives it."""
    found: list[dict[str, Any]] = []
    if call.actor.user is not None and seen.right.may(Action.SHARE):
        page = await shares_on(call.core, call.actor, seen.item.no, None, 200)
        for shown in page.shares:
            mode = mode_of(shown.share.role)
            if shown.share.kind is Kind.USER and shown.recipient is not None and mode in ("read", "write", "manage"):
                user = {"uid": shown.recipient.uid, "username": shown.name}
                found.append({"user": user, "access": mode, "permission": permission(seen.item.uid, mode)})
    return {"users": found, "apps": []}


def permission(uid: str, mode: str) -> str:
    """Write an access as the permission that it is in this dialect."""
    return f"manage:fs:{uid}" if mode == "manage" else f"fs:{uid}:{mode}"
