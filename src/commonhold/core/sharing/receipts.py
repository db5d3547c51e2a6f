"""Receipts: what a withdrawal ends beside the shares themselves, counted and dated when it is decided.

Nothing of it needs to be ended one by one: a pass dies with its share, and what was passed on with what it hangs on, at
the commit. The receipt says how many lived until then, and stands in the events of the withdrawal as well.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import msgspec

from commonhold.core.changes import Change, Drop, Happened
from commonhold.core.core import Core
from commonhold.core.model import Credential, CredentialKind, Event, Share
from commonhold.core.notices.reading import all_of
from commonhold.core.ports import Where

WITHDRAWN: Final = "share.withdrawn"
AT_ONCE: Final = 500  # numbers in one question


class Receipt(msgspec.Struct, frozen=True):
    """What ended ``at`` (milliseconds): shares, what was passed on from them, passes and log-ins by their links.

    A log-in counts as one session, however often it renewed itself.
    """

    at: int
    shares: int = 0
    reshares: int = 0
    passes: int = 0
    sessions: int = 0


class _Cut(msgspec.Struct):
    """What one ended share takes with it."""

    reshares: int = 0
    passes: int = 0
    families: set[str] = msgspec.field(default_factory=set)


async def receipted(core: Core, changes: list[Change], now: int) -> Receipt:
    """Count what the shares that ``changes`` end take with them, and let the events of their end say it."""
    ended = tuple(change.key[0] for change in changes if isinstance(change, Drop) and change.table is Share)
    if not ended:
        return Receipt(now)
    roots = await _tree(core, ended, now)
    cut = {no: _Cut() for no in ended}
    for no, root in roots.items():
        if no not in cut:
            cut[root].reshares += 1
    shares = {row.no: row for row in await _in(core, Share, "no", roots)}
    for row in await _in(core, Credential, "share", roots):
        if _counts(row, shares.get(row.share or 0), now):
            one = cut[roots[row.share or 0]]
            one.passes += row.kind is CredentialKind.PASS
            if row.family is not None:
                one.families.add(row.family)
    changes[:] = [_told(change, cut) for change in changes]
    return Receipt(
        now,
        len(ended),
        sum(one.reshares for one in cut.values()),
        sum(one.passes for one in cut.values()),
        len({family for one in cut.values() for family in one.families}),
    )


async def _tree(core: Core, ended: Collection[int], now: int) -> dict[int, int]:
    """Return the shares that end, and those that hang on them and were not over: each with the one it ends by."""
    roots = {no: no for no in ended}
    level: Sequence[int] = tuple(ended)
    while level:
        found = [row for row in await _in(core, Share, "hangs_on", level) if row.no not in roots]
        level = [row.no for row in found if row.until is None or row.until > now]
        roots.update((row.no, roots[row.hangs_on or 0]) for row in found if row.no in level)
    return roots


async def _in(core: Core, table: Any, column: str, numbers: Collection[int]) -> list[Any]:
    """Return the rows with one of these numbers in a column."""
    wanted = tuple(numbers)
    found: list[Any] = []
    for at in range(0, len(wanted), AT_ONCE):
        found += await all_of(core, table, Where(column, "in", wanted[at : at + AT_ONCE]))
    return found


def _counts(row: Credential, share: Share | None, now: int) -> bool:
    """Tell whether a credential let somebody in until now."""
    alive = row.until is None or row.until > now
    return alive and share is not None and row.state_at == share.state_at


def _told(change: Change, cut: dict[int, _Cut]) -> Change:
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


def _facts(cut: _Cut) -> Iterator[tuple[str, int]]:
    counts = {"reshares": cut.reshares, "passes": cut.passes, "sessions": len(cut.families)}
    return ((name, count) for name, count in counts.items() if count)
