"""When what is shared last changed, withdrawals included: for those who ask again and again.

A share that was withdrawn is no row any more, and neither is what left a group or an organisation. So the events are
asked: the newest one that may have changed anything. What surely touches nothing of it is passed over; whatever is not
known to be harmless counts.
"""

from collections.abc import Collection, Iterable
from typing import Final

from commonhold.core.core import Core
from commonhold.core.identity import Actor
from commonhold.core.model import Event, Item, Share
from commonhold.core.policy.allowed import SELF, Allowed
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.require import allow
from commonhold.core.ports import LONGEST_PAGE, Rows, Where

HARMLESS: Final = frozenset(
    [
        "session.begun",
        "session.ended",
        "session.refused",
        "token.created",
        "token.ended",
        "password.changed",
        "user.added",
        "org.added",
        "group.added",
        "group.join_asked",
        "block.added",
        "block.dropped",
        "item.made",
        "item.copied",
        "share.made",
        "share.opened",
        "share.asked",
    ]
)
"""What takes nothing away; a share that was made tells its own moment."""

TOUCHING: Final = frozenset(["content.put", "version.restored", "version.deleted", "item.changed", "item.renamed"])
"""What changes one item, and matters if that is shared or lies above."""


async def newest_events(core: Core, allowed: Allowed) -> list[Event]:
    """Return the newest events; to be read before what they are about, so that nothing in between is missed."""
    found: list[Event] = await core.store.rows(allowed, Rows(Event, (), ("-no",)))
    return found


async def events_since(core: Core, actor: Actor, since: int, kinds: tuple[str, ...]) -> list[Event]:
    """Return the first events of some kinds from a moment on, at most a page of them.

    :raises Problem: unauthenticated
    """
    where = (Where("at", "ge", since), Where("kind", "in", kinds))
    found: list[Event] = await core.store.rows(allow(actor, SELF), Rows(Event, where, ("at",)))
    return found


def last_event(events: Collection[Event], items: Collection[int], shares: Collection[int]) -> int:
    """Return the moment of the newest event that may have changed something about these items and shares.

    Where there are only harmless ones, it is the oldest of them: nothing is known about those before.
    """
    for event in events:
        if event.kind in HARMLESS:
            continue
        if event.kind in TOUCHING and event.item not in items:
            continue
        if event.kind == "share.changed" and event.share not in shares:
            continue
        return event.at
    return min(event.at for event in events) if len(events) >= LONGEST_PAGE else 0


def last_moment(judge: Judge) -> int:
    """Return the newest moment that the rows of a snapshot tell: made, changed, begun or ended by now."""
    seen = judge.snapshot
    moments = [at for share in seen.shares.values() for at in _of_share(share, judge.now)]
    return max([*moments, *(_of_item(item) for item in seen.items.values())], default=0)


def _of_share(share: Share, now: int) -> Iterable[int]:
    yield max(share.made_at, share.changed_at)
    for at in (share.starts, share.until):
        if at is not None and at <= now:
            yield at


def _of_item(item: Item) -> int:
    return max(item.made_at, item.changed_at)
