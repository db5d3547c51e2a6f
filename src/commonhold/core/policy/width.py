"""How far an item reaches: the widest step of its audience, ownership and administration left aside. Pure."""

import enum
from collections.abc import Collection
from typing import Final

from commonhold.core.model import Life, Share, State
from commonhold.core.policy.decide import Judge, needs_pass
from commonhold.core.roles import Action, Kind


class Width(enum.IntEnum):
    """Whom an item reaches by shares that give something now."""

    NOBODY = 0
    SOME = 1  # groups, people, addresses, holders of links
    ORG = 2
    EVERYONE = 3


_STEPS: Final = {Kind.ORG: Width.ORG, Kind.EVERYONE: Width.EVERYONE}


def width_of(judge: Judge, item: int, without: Collection[int] = ()) -> Width:
    """Return how far an item reaches, over a snapshot of ``Look.widely``; shares ``without`` are as if they were not.

    What may not be read by it makes nothing wide: an upload-only share with everyone counts as one with some.
    """
    widest = Width.NOBODY
    if judge.snapshot.life(item) is not Life.LIVE:
        return widest
    for share in judge.standing(item):
        if gone(judge, share):
            continue
        step = Width.SOME if needs_pass(share) else _STEPS.get(share.kind, Width.SOME)
        if step > widest and share.no not in without and (gives := judge.gives(share, item).actions):
            widest = max(widest, step if gives & Action.READ else Width.SOME)
    return widest


def gone(judge: Judge, share: Share) -> bool:
    """Tell whether nobody gets a share: its recipient is deleted or suspended, or an address that nobody claimed."""
    if share.kind is Kind.MAIL and share.recipient not in judge.snapshot.claimed:
        return True
    row = judge.snapshot.principals.get(share.recipient)
    return row is not None and row.state is not State.ACTIVE


def groups_of(judge: Judge, item: int) -> list[Share]:
    """Return the shares by which an item is in groups now, one for each group, those on the item itself first."""
    found: dict[int, Share] = {}
    if judge.snapshot.life(item) is Life.LIVE:
        for share in judge.standing(item):
            if share.kind is Kind.GROUP and not needs_pass(share) and judge.gives(share, item).actions & Action.READ:
                found.setdefault(share.recipient, share)
    return [share for no, share in found.items() if judge.snapshot.active(no)]
