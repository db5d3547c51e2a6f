"""How often a share was opened, day by day: counted from what happened, as far as that is kept."""

from typing import Final

import msgspec

from commonhold.core.core import Core
from commonhold.core.identity import Actor, ShareRef
from commonhold.core.model import Event, Use
from commonhold.core.policy.allowed import SELF
from commonhold.core.policy.require import allow
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.sharing.finding import Shown, get_share
from commonhold.core.terms import DAY

PAGES: Final = 10  # of events that are read for one share


class Opens(msgspec.Struct, frozen=True):
    """The openings of a share: per day (UTC, its first millisecond), the oldest day first, all of them in a row.

    ``used``: passes handed out in all; ``last_at``: the last of them. ``since``: the days before it are not counted, as
    there were too many openings to look at.
    """

    shown: Shown
    days: tuple[tuple[int, int], ...]
    used: int
    last_at: int | None
    since: int | None = None


async def opens_of(core: Core, actor: Actor, ref: ShareRef, days: int = 30) -> Opens:
    """Count the openings of a share in its last ``days`` days, for those who may change it.

    :raises Problem: unknown_share, forbidden
    """
    shown = await get_share(core, actor, ref)
    if not shown.changes:
        raise Problem("forbidden")
    today = core.clock() // DAY
    counts = dict.fromkeys(range(today - days + 1, today + 1), 0)
    found, further = await _events(core, actor, shown.share.no, min(counts) * DAY)
    for event in found:
        counts[min(event.at // DAY, today)] += 1
    uses: list[Use] = await core.store.rows(allow(actor, SELF), Rows(Use, (Where("no", "eq", shown.share.no),)))
    return Opens(
        shown,
        tuple((day * DAY, count) for day, count in counts.items()),
        uses[0].used if uses else 0,
        uses[0].last_at or None if uses else None,
        found[-1].at if further else None,
    )


async def _events(core: Core, actor: Actor, share: int, since: int) -> tuple[list[Event], bool]:
    """Return the openings since a moment, newest first; and whether there were more."""
    where = (Where("share", "eq", share), Where("kind", "eq", "share.opened"), Where("at", "ge", since))
    allowed, found, after = allow(actor, SELF), list[Event](), None
    for _ in range(PAGES):
        page: list[Event] = await core.store.rows(allowed, Rows(Event, where, ("-no",), after))
        found += page
        if len(page) < LONGEST_PAGE:
            return found, False
        after = (page[-1].no, page[-1].no)
    return found, True
