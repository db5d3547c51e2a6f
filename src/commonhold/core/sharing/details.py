"""Items and shares together, as their reader may see them: what a face shows beside the report of a proposal."""

from collections.abc import Sequence

import msgspec

from commonhold.core.content.tree import Seen, see
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, ItemRef, ShareRef
from commonhold.core.model import Profile, Share
from commonhold.core.policy.snapshot import Look
from commonhold.core.roles import Action
from commonhold.core.sharing.managing import visible


class Details(msgspec.Struct, frozen=True):
    """Items by reference, and shares by uid, that the reader may know of; profiles by number."""

    items: dict[ItemRef, Seen]
    shares: dict[str, Share]
    profiles: dict[int, Profile]


async def details(core: Core, actor: Actor, items: Sequence[ItemRef], shares: Sequence[ShareRef] = ()) -> Details:
    """Read items and shares in one look; what the actor may not see is left out."""
    asked = tuple(dict.fromkeys(items))
    judged = await judge(core, Look(actor, items=asked, shares=tuple(dict.fromkeys(shares)), names=True))
    seen = judged.snapshot
    found: dict[ItemRef, Seen] = {}
    for ref in asked:
        no = seen.found_items.get(ref)
        right = judged.right(actor, no) if no is not None and no in seen.items else None
        if no is not None and right is not None and right.may(Action.READ):
            found[ref] = see(judged, actor, seen.items[no], right)
    rows = [visible(judged, actor, ref) for ref in shares if ref in seen.found_shares]
    return Details(found, {row.uid: row for row in rows}, seen.profiles)
