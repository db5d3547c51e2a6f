"""From events to deliveries: each event becomes one row of the outbox for each webhook that is to be told.

An event is written in the transaction of its cause, and numbers follow the order of commits; so whoever remembers the
last number that he looked at misses nothing and sees nothing twice. Causes write no row more than they do anyway.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from commonhold.core.changes import Broken, Change, Guard, LeaseIs, Put, Set
from commonhold.core.core import Core, Placeholders
from commonhold.core.directory.reading import by_no
from commonhold.core.model import Event, Item, Outbox, Space, Webhook
from commonhold.core.notices.reading import all_of
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.webhooks.kinds import DELIVERY, LISTENER, NEVER, wants

BATCH: Final = 200  # events looked at in one turn


class Place(msgspec.Struct, frozen=True):
    """The last event that was looked at. Kept in the facts of the listener's row."""

    event: int = 0


def place_of(row: Outbox) -> int:
    """Return the number behind which a listener goes on; at first its own."""
    return max(row.no, msgspec.json.decode(row.facts, type=Place).event)


async def spread(core: Core) -> int:
    """Look at the next events for all webhooks; return how many events that were. 0 too, if another worker did it."""
    where = (Where("done_at", "null"), Where("due_at", "eq", NEVER), Where("kind", "eq", LISTENER))
    listeners = await all_of(core, Outbox, *where)
    if not listeners:
        return 0
    behind = Where("no", "gt", min(map(place_of, listeners)))
    events: list[Event] = await core.store.rows(machine(), Rows(Event, (behind,), limit=BATCH))
    if not events:
        return 0
    hooks = {hook.no: hook for hook in await all_of(core, Webhook, Where("disabled_at", "null"))}
    orgs = await orgs_of(core, [event.item for event in events if event.item is not None])
    changes, guards = _steps(core, listeners, events, hooks, orgs)
    try:
        await core.store.commit(changes, guards)
    except Broken:
        return 0
    return len(events)


async def orgs_of(core: Core, items: Sequence[int]) -> dict[int, int | None]:
    """Return the organisation of each item, deleted ones too."""
    found = await by_no(core, machine(), Item, tuple(sorted(set(items))))
    spaces = await by_no(core, machine(), Space, tuple(sorted({item.space for item in found.values()})))
    return {no: spaces[item.space].org for no, item in found.items() if item.space in spaces}


def _steps(
    core: Core,
    listeners: Sequence[Outbox],
    events: Sequence[Event],
    hooks: Mapping[int, Webhook],
    orgs: Mapping[int, int | None],
) -> tuple[list[Change], list[Guard]]:
    """Return the deliveries, and the new places; a place that another worker has moved breaks all of it."""
    number, now, last = Placeholders(), core.clock(), events[-1].no
    changes: list[Change] = []
    guards: list[Guard] = []
    for row in listeners:
        place, hook = place_of(row), hooks.get(row.principal or 0)
        if place >= last:
            continue
        told = [event for event in events if event.no > place and hook is not None and wants(hook, event)]
        changes += (
            Put(Outbox(number(), DELIVERY, row.principal, None, event.no, due_at=now))
            for event in told
            if hook is not None and orgs.get(event.item or 0) == hook.org
        )
        facts = msgspec.json.encode(Place(last)).decode()
        changes.append(Set(Outbox, (row.no,), {"facts": facts, "lease": row.lease + 1}))
        guards.append(LeaseIs(row.no, row.lease))
    return changes, guards
