"""Verifying: every seal follows the one before, and every event is as it was when it was sealed."""

import msgspec

from commonhold.core.audit.chain import NOTHING, Finding, Head, compare, stands
from commonhold.core.audit.sealing import HEAD, is_anchor, mark_of
from commonhold.core.core import Core
from commonhold.core.directory.reading import page_of
from commonhold.core.model import Event, Seal
from commonhold.core.notices.reading import all_of
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where

AGAIN = 3  # old events may be let go while they are read
UNSEALED = 10_000  # counted at most


class Verdict(msgspec.Struct, frozen=True):
    """What was found: the first thing that is wrong, or nothing; and how much was looked at."""

    seals: int
    events: int
    unsealed: int = 0
    head: Head | None = None
    cut: bool = False  # the chain begins with an anchor: older events were let go
    finding: Finding | None = None


class Walk:
    """A walk along a chain, seal by seal. Pure."""

    def __init__(self, known: tuple[Head, ...] = (), before: Head | None = None) -> None:
        """Begin before the first seal, or after ``before``; ``known``: seals that were seen before."""
        self._known = {one.ordinal: one.hash for one in known}
        self.last = before or Head(HEAD, NOTHING)
        self.seals = self.events = 0

    def seal(self, seal: Seal) -> Finding | None:
        """Take the next seal; return what is wrong with it."""
        if seal.ordinal != self.last.ordinal + 1:
            return Finding("removed", self.last.ordinal + 1)
        if not stands(seal, self.last.hash) or self._known.get(seal.ordinal, seal.hash) != seal.hash:
            return Finding("changed", seal.ordinal)
        self.last = Head(seal.ordinal, seal.hash)
        self.seals += 1
        return None

    def under(self, seal: Seal, events: list[Event]) -> Finding | None:
        """Take the events under it; return what is wrong with them."""
        self.events += len(events)
        return compare(seal, events)

    def end(self) -> Finding | None:
        """Return what is missing at the end, of what is known to be there."""
        last = max(self._known, default=HEAD)
        return Finding("truncated", self.last.ordinal + 1) if last > self.last.ordinal else None

    def verdict(self, finding: Finding | None, *, unsealed: int = 0, cut: bool = False) -> Verdict:
        """Return what was found until now."""
        head = self.last if self.last.ordinal else None
        return Verdict(self.seals, self.events, unsealed, head, cut, finding)


async def verify(core: Core, known: Head | None = None) -> Verdict:
    """Verify the whole chain of an installation. ``known``: a seal that somebody wrote down earlier."""
    for _ in range(AGAIN - 1):
        first = await _first(core)
        verdict = await _verify(core, first, known)
        if verdict.finding is None or await _first(core) == first:
            return verdict
    return await _verify(core, await _first(core), known)


async def _first(core: Core) -> Seal | None:
    found: list[Seal] = await core.store.rows(machine(), Rows(Seal, (Where("ordinal", "gt", HEAD),), limit=1))
    return found[0] if found else None


async def _verify(core: Core, first: Seal | None, known: Head | None) -> Verdict:
    head, finding = await _kept_head(core)
    walk = Walk(tuple(one for one in (known, head) if one is not None))
    cut = first is not None and is_anchor(core, first)
    upto = None
    if first is not None and cut:
        walk.last, upto = Head(first.ordinal, first.hash), first.upto
    while finding is None:
        seal = await _after(core, walk.last)
        if seal is None:
            finding = walk.end()
            break
        finding = walk.seal(seal)
        if finding is None and seal.mark != mark_of(core, seal.ordinal, seal.hash):
            finding = Finding("changed", seal.ordinal)
        if finding is None:
            finding = walk.under(seal, await _between(core, upto, seal.upto))
        upto = seal.upto
    if finding is not None:
        return walk.verdict(await _named(core, finding), cut=cut)
    unsealed = await all_of(core, Event, Where("no", "gt", upto or 0), most=UNSEALED)
    return walk.verdict(None, unsealed=len(unsealed), cut=cut)


async def _kept_head(core: Core) -> tuple[Head | None, Finding | None]:
    """Return which seal is the last one, as the chain itself keeps it; a finding, if that cannot be."""
    found: list[Seal] = await core.store.rows(machine(), Rows(Seal, (Where("ordinal", "eq", HEAD),), limit=1))
    if not found:
        there = await _first(core)
        return None, Finding("removed", HEAD) if there is not None else None
    kept = found[0]
    if kept.mark != mark_of(core, kept.upto, kept.hash, "head"):
        return None, Finding("changed", HEAD)
    return Head(kept.upto, kept.hash), None


async def _after(core: Core, last: Head) -> Seal | None:
    """Return the next seal that is there."""
    found: list[Seal] = await core.store.rows(machine(), Rows(Seal, (Where("ordinal", "gt", last.ordinal),), limit=1))
    return found[0] if found else None


async def _between(core: Core, low: int | None, high: int) -> list[Event]:
    """Return the events behind one number, up to another."""
    above = (Where("no", "gt", low),) if low is not None else ()
    return await all_of(core, Event, *above, Where("no", "le", high))


async def _named(core: Core, finding: Finding) -> Finding:
    """Call it truncated if nothing is left behind the first event that is missing."""
    if finding.what != "removed" or finding.event is None:
        return finding
    behind = await page_of(core, machine(), Event, (Where("no", "gt", finding.event),), limit=1)
    return finding if behind.rows else msgspec.structs.replace(finding, what="truncated")
