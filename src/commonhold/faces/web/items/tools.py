"""What somebody may do with an item on its page, and which things of a list he chose."""

from typing import Final

from commonhold.core.content.readable import some_of
from commonhold.core.content.tree import Seen
from commonhold.core.model import Life
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, ItemKind
from commonhold.faces.web.showing import Place, Tools
from commonhold.faces.web.speech import mark
from commonhold.http.face import Call
from commonhold.http.serving import HAVE

CHOSEN: Final = 100  # things at once: a page of a folder


def tools_of(seen: Seen, place: Place) -> Tools:
    """Return what may be done with an item by whoever sees it on pages of his own."""
    if seen.life is not Life.LIVE or place.viewer is None:
        return Tools()
    item, may = seen.item, seen.right.may
    here, chosen = f"/app/items/{item.uid}", f"item={item.uid}"
    moves = item.parent is not None and item.kind is not ItemKind.RECORD
    guest = place.viewer.guest
    acts = (
        (may(Action.SHARE) and not guest, f"{here}/share", mark("Share")),
        (may(Action.MANAGE) and not guest, f"{here}/access", mark("Who has access")),
        (moves and may(Action.RENAME), f"{here}/rename", mark("Rename")),
        (moves and may(Action.DELETE), f"/app/chosen/move?{chosen}", mark("Move")),
        (moves and may(HAVE) and not guest, f"/app/chosen/copy?{chosen}", mark("Copy")),
        (item.kind is ItemKind.FILE and may(Action.WRITE), f"{here}/versions", mark("Versions")),
        (moves and may(Action.DELETE) and not item.protected, f"/app/chosen/trash?{chosen}", mark("Throw away")),
    )
    found = tuple((address, label) for allowed, address, label in acts if allowed)
    return Tools(found, choose=item.kind is ItemKind.FOLDER and (may(HAVE) or may(Action.DELETE)))


async def chosen_of(call: Call, uids: list[str]) -> list[Seen]:
    """Return the things that were chosen, of which the actor sees each.

    :raises Problem: missing_field without one, too_many_items, unknown_item
    """
    wanted = list(dict.fromkeys(uids))
    if not wanted:
        raise Problem("missing_field", field="item")
    if len(wanted) > CHOSEN:
        raise Problem("too_many_items", field="item", limit=CHOSEN)
    found = {seen.item.uid: seen for seen in await some_of(call.core, call.actor, wanted)}
    if found.keys() != set(wanted):
        raise Problem("unknown_item", field="item")
    return [found[uid] for uid in wanted]
