"""Sealing, and letting go of what is old. Done by the worker: no request waits for a seal.

Numbers follow the order of commits on every engine, so what lies above the last seal is all that came since.
"""

from typing import Final

from commonhold.core.audit.chain import NOTHING, Head, hash_of, leaves_of
from commonhold.core.changes import Broken, Change, Drop, Put, Set, Upsert
from commonhold.core.core import Core
from commonhold.core.limits import DAY
from commonhold.core.model import Event, Origin, Outbox, Seal
from commonhold.core.notices.reading import all_of
from commonhold.core.policy.require import machine
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.webhooks.kinds import LISTENER, NEVER
from commonhold.core.webhooks.listening import place_of

BATCH: Final = 1_000  # events under one seal, at most: 40 KB of leaves
HEAD: Final = 0  # ordinal of the row that names the last seal: ``upto`` is its ordinal


def mark_of(core: Core, ordinal: int, digest: bytes, what: str = "seal") -> str:
    """Return what nobody can make who only has the database: he could else seal anew what he has changed."""
    return core.secrets.link(f"audit {what}:{ordinal}:{digest.hex()}")


async def last_seal(core: Core) -> Seal | None:
    """Return the newest seal."""
    found: list[Seal] = await core.store.rows(machine(), Rows(Seal, (), ("-ordinal",), limit=1))
    return found[0] if found and found[0].ordinal != HEAD else None


async def seal_next(core: Core) -> int:
    """Seal the next events; return how many. Nought, too, if another worker did it."""
    before = await last_seal(core)
    ordinal, upto, digest = (before.ordinal, before.upto, before.hash) if before else (HEAD, 0, NOTHING)
    events = await all_of(core, Event, Where("no", "gt", upto), most=BATCH)
    if not events:
        return 0
    ordinal, now, leaves = ordinal + 1, core.clock(), leaves_of(events)
    digest = hash_of(digest, ordinal, events[-1].no, now, leaves)
    seal = Seal(ordinal, events[-1].no, now, leaves, digest, mark_of(core, ordinal, digest))
    head = Seal(HEAD, ordinal, now, b"", digest, mark_of(core, ordinal, digest, "head"))
    try:
        await core.store.commit([Put(seal), Upsert(head)])
    except Broken:
        return 0
    return len(events)


async def head_of(core: Core) -> Head | None:
    """Return where the chain ends."""
    seal = await last_seal(core)
    return Head(seal.ordinal, seal.hash) if seal is not None else None


async def retire(core: Core, days: int | None) -> int:
    """Remove what was sealed longer ago than ``days``, a batch at a time; return how many rows that were.

    The last seal before the cut stays, marked as an anchor, so that the rest can be verified. What webhooks have not
    looked at yet stays as well.
    """
    first: list[Seal] = await core.store.rows(machine(), Rows(Seal, (Where("ordinal", "gt", HEAD),), limit=1))
    if days is None or not first:
        return 0
    cut = is_anchor(core, first[0])
    left: list[Event] = []
    if cut:
        left = await core.store.rows(machine(), Rows(Event, (Where("no", "le", first[0].upto),)))
    if left:
        await core.store.commit([Drop(Event, (event.no,)) for event in left])
        return len(left)
    old = (Where("ordinal", "gt", HEAD), Where("at", "lt", core.clock() - days * DAY), *await _behind(core))
    seals: list[Seal] = await core.store.rows(machine(), Rows(Seal, old, limit=LONGEST_PAGE // 4))
    if not seals or (cut and len(seals) == 1):
        return 0
    anchor = seals[-1]
    changes: list[Change] = [Drop(Seal, (seal.ordinal,)) for seal in seals[:-1]]
    changes.append(Set(Seal, (anchor.ordinal,), {"mark": mark_of(core, anchor.ordinal, anchor.hash, "anchor")}))
    await core.store.commit(changes)
    return len(seals)


def is_anchor(core: Core, seal: Seal) -> bool:
    """Tell whether a seal was left as an anchor when everything up to it was let go."""
    return seal.mark == mark_of(core, seal.ordinal, seal.hash, "anchor")


async def _behind(core: Core) -> tuple[Where, ...]:
    """Return the condition that webhooks have looked at everything under a seal."""
    listening = (Where("done_at", "null"), Where("due_at", "eq", NEVER), Where("kind", "eq", LISTENER))
    places = [place_of(row) for row in await all_of(core, Outbox, *listening)]
    return (Where("upto", "le", min(places)),) if places else ()


async def forget_origins(core: Core, days: int | None) -> int:
    """Erase addresses that were last seen longer ago than ``days``, a batch at a time; return how many."""
    if days is None:
        return 0
    found: list[Origin] = await core.store.rows(
        machine(), Rows(Origin, (Where("at", "lt", core.clock() - days * DAY),))
    )
    if found:
        await core.store.commit([Drop(Origin, (row.no,)) for row in found])
    return len(found)
