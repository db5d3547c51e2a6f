"""``arrange``: whether items are everyone's and the organisation's, and in which groups, in one reading and one commit.

The wide recipients of items are set as a whole here, for owners and for administrators on their behalf; members put
what they may pass on into their groups. Shares with single people, addresses and links are left alone, and told.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from commonhold.core.changes import Change, Guard, ShareIs
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.directory.groups import sees
from commonhold.core.directory.standing import standing_in
from commonhold.core.identity import Actor, ItemRef, RecipientRef
from commonhold.core.model import EVERYONE, OWNER, Share
from commonhold.core.policy.allowances import allowance_of
from commonhold.core.policy.decide import Judge, Right, needs_pass
from commonhold.core.policy.manage import may_end
from commonhold.core.policy.snapshot import Look
from commonhold.core.policy.width import Width, width_of
from commonhold.core.problems import Problem
from commonhold.core.roles import WIDE, Action, ItemKind, Kind, Role
from commonhold.core.sharing import giving, rows, taking
from commonhold.core.sharing.giving import Ground, Recipient
from commonhold.core.sharing.proposal import Asked, Proposal, Refusal, refusal
from commonhold.core.sharing.quota import charge_day
from commonhold.core.sharing.receipts import receipted
from commonhold.core.sharing.recipients import UNKNOWN, Recipients
from commonhold.core.terms import Terms

KINDS: Final = (ItemKind.FILE, ItemKind.APP, ItemKind.ENTRY)
_PASSED_ON: Final = Terms(mask=Kind.GROUP)  # what everybody may read, members may put into their groups
_PLAIN: Final = Terms()


class Arrangement(msgspec.Struct, frozen=True):
    """How far items are to reach; None leaves a thing as it is.

    ``groups`` are added, ``leave`` taken away, with ``no_groups`` all that stand on the item. ``confirmed``: members of
    groups that update what is shared with them shall do so. ``owner`` and ``folder``: whose they must be, and where;
    then the actor must act for the owner, else members may put items into groups, too.
    """

    items: tuple[ItemRef, ...]
    everyone: bool | None = None
    org: bool | None = None
    groups: tuple[RecipientRef, ...] = ()
    leave: tuple[RecipientRef, ...] = ()
    no_groups: bool = False
    confirmed: bool = False
    owner: RecipientRef | None = None
    folder: ItemRef | None = None


class Kept(msgspec.Struct, frozen=True):
    """A share that stays although nobody of its kind should: ``inherited`` from ``place``, or not the actor's to end.

    ``personal``: with people, addresses or links, which an arrangement leaves alone.
    """

    kind: Kind
    reason: str
    place: str | None = None
    recipient: int | None = None


class Arranged(msgspec.Struct, frozen=True):
    """What happened to one item: ``groups`` and ``left`` in the order asked, None where all is well."""

    refused: Refusal | None = None
    groups: tuple[Refusal | None, ...] = ()
    left: tuple[Refusal | None, ...] = ()
    kept: tuple[Kept, ...] = ()


class Draft(msgspec.Struct):
    """What is written of one item; forgotten if the item is refused."""

    changes: list[Change] = []
    guards: list[Guard] = []
    gone: set[int] = set()
    new: list[Share] = []


class _Work(msgspec.Struct):
    core: Core
    actor: Actor
    wanted: Arrangement
    judge: Judge
    people: Recipients
    number: Placeholders
    draft: Draft


async def arrange(core: Core, actor: Actor, wanted: Arrangement) -> tuple[Arranged, ...]:
    """Set how far items reach: what is wrong with one item, or one group, keeps nothing else from being done.

    :raises Problem: unauthenticated, too_many_items, unknown_user (``owner``), daily_limit
    """
    if actor.user is None:
        raise Problem("unauthenticated")
    if len(wanted.items) > core.limits.items or len(wanted.items) * len(wanted.groups) > core.limits.pairs:
        raise Problem("too_many_items", field="items", limit=core.limits.items)

    async def once() -> tuple[Arranged, ...]:
        work = await _looked(core, actor, wanted)
        done: dict[ItemRef, Arranged] = {}
        whole = Draft()
        for ref in dict.fromkeys(wanted.items):
            work.draft = Draft()
            done[ref] = _arrange_one(work, ref)
            if done[ref].refused is None:
                _add(whole, work.draft)
        await _commit(work, whole)
        return tuple(done[ref] for ref in wanted.items)

    return await attempt(once)


def _add(whole: Draft, one: Draft) -> None:
    whole.changes += one.changes
    whole.guards += one.guards
    whole.new += one.new


async def _commit(work: _Work, whole: Draft) -> None:
    if not whole.changes:
        return
    by_group: dict[int, tuple[Share, ...]] = {}
    for share in whole.new:
        if share.kind is Kind.GROUP:
            by_group[share.recipient] = (*by_group.get(share.recipient, ()), share)
    await charge_day(work.core, work.actor, sum(map(len, by_group.values())), whole.changes)
    rows.tell(work.number, work.judge.now, work.actor, by_group, (), whole.changes)
    await receipted(work.core, whole.changes, work.judge.now)
    await work.core.store.commit(whole.changes, whole.guards)


async def _looked(core: Core, actor: Actor, wanted: Arrangement) -> _Work:
    """Read what is needed; a second time if groups ask for the membership of somebody else, the owner."""
    refs = (*wanted.groups, *wanted.leave, *((wanted.owner,) if wanted.owner is not None else ()))
    folder = (wanted.folder,) if wanted.folder is not None else ()
    look = Look(
        actor, items=(*dict.fromkeys(wanted.items), *folder), recipients=tuple(dict.fromkeys(refs)), widely=True
    )
    judged = await judge(core, look)
    seen = judged.snapshot
    owner = seen.found_recipients.get(wanted.owner) if wanted.owner is not None else None
    if wanted.owner is not None and (owner is None or seen.principals[owner].kind is not Kind.USER):
        raise Problem("unknown_user", field="owner")
    others = {space.owner for space in seen.spaces.values()} - {actor.user, 0}
    if wanted.groups and others and any(judged.right(actor, no).own for no in seen.found_items.values()):
        judged = await judge(core, msgspec.structs.replace(look, subjects=tuple(sorted(others))))
    number = Placeholders()
    return _Work(core, actor, wanted, judged, Recipients(judged.snapshot, number), number, Draft())


def _arrange_one(work: _Work, ref: ItemRef) -> Arranged:
    try:
        right = _asked(work, ref)
        acting = bool(right.own & Action.MANAGE)
        kept: list[Kept] = []
        if acting:
            kept += _end_flags(work, right.item)
            _give_flags(work, right.item)
            if work.wanted.no_groups:
                kept += _end_kind(work, right.item, Kind.GROUP)
        groups = _put_into_groups(work, right.item, acting=acting)
        left = tuple(_leave(work, right.item, group) for group in work.wanted.leave)
    except Problem as problem:
        return Arranged(refusal(problem))
    if acting and _nobody_wanted(work.wanted):
        kept += _personal(work, right.item)
    return Arranged(None, groups, left, tuple(kept))


def _asked(work: _Work, ref: ItemRef) -> Right:
    """Return the actor's right on an item that is where and whose it should be.

    :raises Problem: unknown_item, forbidden, not_found (not in this folder)
    """
    wanted, seen = work.wanted, work.judge.snapshot
    no = seen.found_items.get(ref)
    item = seen.items.get(no) if no is not None else None
    if item is None or seen.life(item.no) != "live" or item.kind not in (*KINDS, ItemKind.RECORD):
        raise Problem("unknown_item", field="items")
    right = work.judge.right(work.actor, item.no)
    if wanted.owner is None:
        if not right.may(Action.READ) or item.kind is ItemKind.RECORD:
            raise Problem("forbidden", field="items")
        return right
    if seen.spaces[item.space].owner != seen.found_recipients[wanted.owner]:
        raise Problem("unknown_item", field="items")
    if not right.own & Action.MANAGE or item.kind is ItemKind.RECORD:
        raise Problem("forbidden", field="items")
    if wanted.folder is not None and item.parent != seen.found_items.get(wanted.folder):
        raise Problem("not_found", field="folder")
    return right


def _end_flags(work: _Work, item: int) -> Iterator[Kept]:
    if work.wanted.everyone is False:
        yield from _end_kind(work, item, Kind.EVERYONE)
    if work.wanted.org is False:
        yield from _end_kind(work, item, Kind.ORG)


def _end_kind(work: _Work, item: int, kind: Kind) -> Iterator[Kept]:
    """End the shares of one kind that stand on the item; yield those that go on reaching it."""
    for share in work.judge.standing(item):
        if share.kind is not kind:
            continue
        if share.item != item:
            if work.judge.gives(share, item).actions:
                place = work.judge.snapshot.items[share.item].uid
                yield Kept(kind, "inherited", place, share.recipient)
        elif may_end(work.judge, work.actor, share):
            _end(work, share)
        else:
            yield Kept(kind, "forbidden", recipient=share.recipient)


def _end(work: _Work, share: Share) -> None:
    if share.no in work.draft.gone:
        return
    work.draft.gone.add(share.no)
    rows.end(work.draft.changes, share)
    event = happened(work.number(), work.judge.now, work.actor, "share.withdrawn", item=share.item, share=share.no)
    work.draft.changes.append(event)


def _personal(work: _Work, item: int) -> Iterator[Kept]:
    """Tell of what else reaches an item that should reach nobody: once for each kind."""
    told = set[Kind]()
    for share in work.judge.standing(item):
        if not share.kind & WIDE and share.kind not in told and work.judge.gives(share, item).actions:
            told.add(share.kind)
            yield Kept(share.kind, "personal")


def _nobody_wanted(wanted: Arrangement) -> bool:
    return wanted.everyone is False and wanted.org is False and wanted.no_groups


def _give_flags(work: _Work, item: int) -> None:
    """Share with everyone and the organisation of the item.

    :raises Problem: kind_not_allowed, life_too_long, forbidden
    """
    seen = work.judge.snapshot
    if work.wanted.org:
        space = seen.spaces[seen.items[item].space]
        owner = seen.principals.get(space.owner)
        org = space.org if space.org is not None else owner.org if owner is not None else None
        if org is None:
            raise Problem("kind_not_allowed", field="org")
        _give(work, item, Recipient(org, Kind.ORG), Role.VIEWER, _proposal(work, None), _PASSED_ON)
    if work.wanted.everyone:
        _give(work, item, Recipient(EVERYONE, Kind.EVERYONE), Role.VIEWER, _proposal(work, None), _PASSED_ON)


def _proposal(work: _Work, subject: int | None) -> Proposal:
    """Return what the rules of giving ask for."""
    return Proposal(
        tuple(Asked(ref) for ref in work.wanted.items[:1]),
        (),
        for_owner=True,
        subject=subject,
        item_control=work.wanted.confirmed,
    )


def _put_into_groups(work: _Work, item: int, *, acting: bool) -> tuple[Refusal | None, ...]:
    """Put an item into groups, each judged by itself.

    Whoever acts for the owner needs, while the item is the organisation's or everyone's, to be an administrator of the
    group's organisation or its member; else the owner himself must be one who may.

    :raises Problem: kind_not_allowed, forbidden, reshare_not_allowed: nothing goes into any group
    """
    if not work.wanted.groups:
        return ()
    subject = None
    if acting and _width(work, item) < Width.ORG:
        owner = work.judge.snapshot.spaces[work.judge.snapshot.items[item].space].owner
        subject = owner if owner != work.actor.user else None
    proposal = _proposal(work, subject)
    giving.ground_of(work.judge, work.actor, item, Kind.GROUP, Role.VIEWER, proposal)
    return tuple(_into_group(work, item, ref, proposal) for ref in work.wanted.groups)


def _width(work: _Work, item: int) -> Width:
    """Return how far the item reaches once the flags are as they are wanted."""
    now = width_of(work.judge, item, work.draft.gone)
    given = max((_WIDTHS.get(share.kind, Width.NOBODY) for share in work.draft.new), default=Width.NOBODY)
    return max(now, given)


_WIDTHS: Final = {Kind.ORG: Width.ORG, Kind.EVERYONE: Width.EVERYONE}


def _into_group(work: _Work, item: int, ref: RecipientRef, proposal: Proposal) -> Refusal | None:
    seen = work.judge.snapshot
    try:
        to = _group(work, ref)
        giving.refuse_recipient(work.judge, work.actor, item, to, proposal)
        terms = seen.terms.get(to.no)
        updates = terms is not None and terms.members_update
        _give(work, item, to, Role.EDITOR if updates else Role.VIEWER, proposal, _PLAIN, updates=updates)
    except Problem as problem:
        return refusal(problem)
    return None


def _group(work: _Work, ref: RecipientRef) -> Recipient:
    """Return a group that the actor knows of.

    :raises Problem: unknown_recipient
    """
    if work.people.refused(ref) is not None:
        raise UNKNOWN.problem()
    to = work.people.found(ref)
    known = to.kind is Kind.GROUP and to.row is not None and sees(standing_in(work.judge.snapshot, work.actor), to.row)
    if not known:
        raise UNKNOWN.problem()
    return to


def _give(
    work: _Work, item: int, to: Recipient, role: Role, proposal: Proposal, terms: Terms, *, updates: bool = False
) -> None:
    """Add a share, unless there is one already by the same right that gives as much.

    :raises Problem: as ``giving.ground_of`` and ``giving.refuse_terms``
    """
    judged, draft = work.judge, work.draft
    ground = _carried(work, giving.ground_of(judged, work.actor, item, to.kind, role, proposal), item, to.kind)
    if _there(work, item, to, ground, role):
        return
    giving.refuse_terms(judged, work.actor, to.kind, terms, None, judged.now)
    old = giving.existing(judged, item, to.no, ground.stands_on)
    if old is not None:
        _end(work, old)
        draft.guards.append(ShareIs(old.no, old.version))
    if ground.hangs_on is not None:
        draft.guards.append(ShareIs(ground.hangs_on, judged.snapshot.shares[ground.hangs_on].version))
    shaped = msgspec.structs.replace(proposal, terms=terms, item_control=updates)
    share = rows.new_share(work.core, work.actor, shaped, work.number, judged.now, item, to, ground, role, None)
    rows.begin(work.core, work.actor, draft.changes, work.people, work.number, share, to, terms, judged.now)
    draft.new.append(share)


def _carried(work: _Work, ground: Ground, item: int, kind: Kind) -> Ground:
    """Let an administrator's share stand on himself where the owner would not carry it: by allowance, or suspended."""
    seen = work.judge.snapshot
    if ground.stands_on != OWNER:
        return ground
    owner = seen.spaces[seen.items[item].space].owner
    if seen.active(owner) and kind & allowance_of(seen, owner).kinds:
        return ground
    return msgspec.structs.replace(ground, stands_on=work.actor.user or 0)


def _there(work: _Work, item: int, to: Recipient, ground: Ground, role: Role) -> bool:
    """Tell whether a share of the same backer gives this already, to whoever comes, for as long as wanted."""
    judged = work.judge
    backer = ground.stands_on
    if backer == OWNER:
        backer = judged.snapshot.spaces[judged.snapshot.items[item].space].owner
    need = giving.wanted(role)
    for no in judged.snapshot.on.get(item, ()):
        share = judged.snapshot.shares[no]
        if share.recipient != to.no or judged.backer(share) != backer or needs_pass(share):
            continue
        if no not in work.draft.gone and judged.gives(share, item).actions & need == need:
            return True
    return False


def _leave(work: _Work, item: int, ref: RecipientRef) -> Refusal | None:
    try:
        if work.people.refused(ref) is not None:
            raise UNKNOWN.problem()
        to = work.people.found(ref)
        taking.take(work.judge, work.actor, item, to, 0, 0, work.draft.changes, work.draft.gone, work.number)
    except Problem as problem:
        return refusal(problem)
    return None
