"""Who may end a share, and who may change one: one table each (invariant 3)."""

from typing import Final

from commonhold.core.identity import Actor
from commonhold.core.model import Level, Share
from commonhold.core.policy.decide import LONGEST_CHAIN, Judge
from commonhold.core.roles import Action, Kind

# In the order in which they are tried; the word is the reason that events and receipts carry.
ENDERS: Final = ("sharer", "backer", "manager", "group_manager", "recipient")
CHANGERS: Final = ("sharer", "manager")


def may_end(judge: Judge, actor: Actor, share: Share) -> str | None:
    """Say why ``actor`` may end a share, or None if he may not."""
    return _first(judge, actor, share, ENDERS)


def may_change(judge: Judge, actor: Actor, share: Share) -> str | None:
    """Say why ``actor`` may change a share's role and terms, or None; a recipient never may."""
    return _first(judge, actor, share, CHANGERS)


def _first(judge: Judge, actor: Actor, share: Share, reasons: tuple[str, ...]) -> str | None:
    if actor.user is None or not judge.snapshot.active(actor.user) or not actor.actions & Action.SHARE:
        return None
    for reason in reasons:
        if _TESTS[reason](judge, actor, share):
            return reason
    return None


def _sharer(judge: Judge, actor: Actor, share: Share) -> bool:
    return actor.user in (share.made_by, judge.backer(share))


def _backer(judge: Judge, actor: Actor, share: Share) -> bool:
    """Whoever backs a share above it in the chain."""
    above = share.hangs_on
    for _ in range(LONGEST_CHAIN):
        parent = judge.snapshot.shares.get(above) if above is not None else None
        if parent is None:
            return False
        if actor.user == judge.backer(parent):
            return True
        above = parent.hangs_on
    return False


def _manager(judge: Judge, actor: Actor, share: Share) -> bool:
    """Owner, administrators, and whoever holds a managing role on the item."""
    if share.item not in judge.snapshot.items:
        return False
    if judge.own(actor.user, share.item).actions & Action.MANAGE:
        return True
    return judge.right(actor, share.item).may(Action.MANAGE)


def _group_manager(judge: Judge, actor: Actor, share: Share) -> bool:
    if share.kind is not Kind.GROUP:
        return False
    group = judge.snapshot.principals.get(share.recipient)
    level = judge.snapshot.levels.get((actor.user or 0, share.recipient))
    return level is Level.MANAGER or (group is not None and group.owner == actor.user)


def _recipient(judge: Judge, actor: Actor, share: Share) -> bool:
    """A person for himself; a share with a whole group is not one member's to end."""
    return share.kind in (Kind.USER, Kind.MAIL) and share.recipient in judge.snapshot.set_of(actor.user)


_TESTS: Final = {
    "sharer": _sharer,
    "backer": _backer,
    "manager": _manager,
    "group_manager": _group_manager,
    "recipient": _recipient,
}
