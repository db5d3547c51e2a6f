"""Who reaches an item, and why: the same formula as ``decide``, told instead of summed up (invariants 3 and 4)."""

from collections.abc import Iterator

import msgspec

from commonhold.core.identity import Actor
from commonhold.core.model import Life, Share
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.snapshot import Place, Step
from commonhold.core.roles import ALL, Action, Kind


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One way in which a principal reaches an item.

    ``by``: owner, administrator, rule or share. ``counts`` False: the row is there but gives nothing now, and
    ``missing`` says why. ``through``: the groups from the person to the recipient of the share; ``place``: the item or
    folder that the share stands on; ``backers``: the persons whose rights back it, nearest first.
    """

    by: str
    principal: int
    actions: Action
    counts: bool = True
    missing: str | None = None
    share: int | None = None
    place: int | None = None
    until: int | None = None
    through: int | None = None
    backers: tuple[int, ...] = ()
    rule: int | None = None

    @property
    def at(self) -> Place:
        """Where it stands in the audience."""
        step = Step[self.by.upper()]
        return step, {Step.RULE: self.rule, Step.SHARE: self.share}.get(step, self.principal) or 0


def audience(judge: Judge, item: int) -> Iterator[Reason]:
    """Yield everybody an item reaches, once for each reason: ownership, administration, rules, live shares.

    Of administrators and shares it is the part that the snapshot was asked for, in the order of their places. Shares
    that give nothing now are told too, as ``counts`` False.
    """
    seen = judge.snapshot
    space = seen.spaces.get(seen.items[item].space)
    owner = space.owner if space else None
    if owner is not None and seen.active(owner):
        yield Reason("owner", owner, ALL, place=item)
    for no in seen.administrators:
        if no != owner and judge.rules_over(no, seen.items[item]):
            yield Reason("administrator", no, ALL, place=item)
    for hit in sorted(seen.rules.get(item, ()), key=lambda hit: hit.rule):
        yield Reason("rule", hit.principal, hit.actions, place=item, rule=hit.rule)
    live, places = seen.life(item) is Life.LIVE, set(seen.unbroken(item))
    for share in (seen.shares[no] for no in seen.standing):
        if share.item in places:
            yield of_share(judge, share, item, live=live)


def of_share(judge: Judge, share: Share, item: int, *, live: bool = True, through: int | None = None) -> Reason:
    """Tell what one share gives on an item, and if nothing, why."""
    gift = judge.gives(share, item)
    missing = gift.missing if live else "in_trash"
    return Reason(
        "share",
        share.recipient,
        gift.actions if live else Action.NONE,
        counts=bool(gift.actions) and live,
        missing=missing,
        share=share.no,
        place=share.item,
        until=share.until,
        through=through,
        backers=tuple(_backers(judge, share)),
    )


def _backers(judge: Judge, share: Share) -> Iterator[int]:
    found: Share | None = share
    while found is not None:
        backer = judge.backer(found)
        if backer is not None:
            yield backer
        found = judge.snapshot.shares.get(found.hangs_on) if found.hangs_on is not None else None


def why(judge: Judge, actor: Actor, item: int) -> list[Reason]:
    """Tell every reason for which ``actor`` may, or nearly may, do something with an item.

    The union of the actions of the reasons that count, cut by the actor's scope, is his right: a law of the tests.
    """
    seen = judge.snapshot
    reasons = []
    if item not in seen.items or seen.life(item) is Life.DELETED:
        return []
    if actor.user is not None and not seen.active(actor.user):
        return []
    own = judge.own(actor.user, item)
    if own.actions:
        space = seen.spaces.get(seen.items[item].space)
        word = "owner" if space is not None and space.owner == actor.user else "administrator"
        if own.actions != ALL:
            word = "rule"
        reasons.append(Reason(word, actor.user or 0, own.actions, place=item))
    live = seen.life(item) is Life.LIVE
    for share in judge.reaching(actor, item):
        through = share.recipient if share.recipient != actor.user and share.kind is not Kind.LINK else None
        reasons.append(of_share(judge, share, item, live=live, through=through))
    return reasons
