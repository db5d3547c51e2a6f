"""Receipts: what a withdrawal ends beside the shares themselves, counted and dated when it is decided.

Nothing of it needs to be ended one by one: a pass dies with its share, and what was passed on with what it hangs on, at
the commit. The receipt says how many lived until then, and stands in the events of the withdrawal as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from commonhold.core.changes import Change, Drop, Happened
from commonhold.core.core import Core
from commonhold.core.model import Event, Share
from commonhold.core.policy.require import machine
from commonhold.core.ports import Ends

WITHDRAWN: Final = "share.withdrawn"


class Receipt(msgspec.Struct, frozen=True):
    """What ended ``at`` (milliseconds): shares, what was passed on from them, passes and log-ins by their links.

    A log-in counts as one session, however often it renewed itself.
    """

    at: int
    shares: int = 0
    reshares: int = 0
    passes: int = 0
    sessions: int = 0


async def receipted(core: Core, changes: list[Change], now: int) -> Receipt:
    """Count what the shares that ``changes`` end take with them, and let the events of their end say it."""
    ended = tuple(dict.fromkeys(_ended(changes)))
    if not ended:
        return Receipt(now)
    cut = await core.store.ends_with(machine(), ended, now)
    by_share = {one.share: one for one in cut}
    changes[:] = [_told(change, by_share) for change in changes]
    return Receipt(
        now,
        len(cut),
        sum(one.reshares for one in cut),
        sum(one.passes for one in cut),
        sum(one.sessions for one in cut),
    )


def _ended(changes: Iterable[Change]) -> Iterator[int]:
    return (change.key[0] for change in changes if isinstance(change, Drop) and change.table is Share)


def _told(change: Change, cut: Mapping[int, Ends]) -> Change:
    """Return an event of a withdrawal with what it cut; every other change as it is."""
    row = change.row if isinstance(change, Happened) else None
    if not isinstance(change, Happened) or not isinstance(row, Event) or row.kind != WITHDRAWN:
        return change
    one = cut.get(row.share or 0)
    facts = dict(_facts(one)) if one is not None else {}
    if not facts:
        return change
    known: dict[str, Any] = msgspec.json.decode(row.facts)
    told = msgspec.json.encode({**known, **facts}).decode()
    return msgspec.structs.replace(change, row=msgspec.structs.replace(row, facts=told))


def _facts(cut: Ends) -> Iterator[tuple[str, int]]:
    counts = {"reshares": cut.reshares, "passes": cut.passes, "sessions": cut.sessions}
    return ((name, count) for name, count in counts.items() if count)
