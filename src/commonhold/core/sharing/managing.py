"""Changing and ending shares that are there: ``amend``, ``renew``, ``withdraw``, and a link's new secret."""

from collections.abc import Sequence
from typing import Final

import msgspec

from commonhold.core.changes import Change, Guard, Set, ShareIs, Upsert
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, ItemRef, ShareRef
from commonhold.core.model import LINK, Reach, Share, Use
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.manage import may_change, may_end
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.records.items import adopt, first_free
from commonhold.core.roles import ItemKind, Kind, Role
from commonhold.core.sharing import giving, rows
from commonhold.core.sharing.links import key_of
from commonhold.core.sharing.proposal import Asked, Did, Pair, Proposal, Refusal, Report, refusal
from commonhold.core.sharing.receipts import receipted
from commonhold.core.terms import Terms

UNCHANGED: Final = Terms()


def visible(judged: Judge, actor: Actor, ref: ShareRef) -> Share:
    """Return a share that the actor may know of: one he may end or change, or that reaches him.

    :raises Problem: unknown_share, in the same words for what does not exist
    """
    no = judged.snapshot.found_shares.get(ref)
    share = judged.snapshot.shares.get(no) if no is not None else None
    if share is None or share.item not in judged.snapshot.items:
        raise Problem("unknown_share")
    if actor.user is not None and not judged.snapshot.active(actor.user):
        raise Problem("unknown_share")
    if share.recipient in judged.snapshot.set_of(actor.user) or judged.receives(actor, share):
        return share
    if may_end(judged, actor, share):
        return share
    raise Problem("unknown_share")


class Amendment(msgspec.Struct, frozen=True):
    """What is to change of a share; UNSET stays. ``item``: it moves there, if the actor may share that.

    ``clamp``: a role above what backs the share is stored and capped when read, instead of refused.
    """

    share: ShareRef
    terms: Terms = UNCHANGED
    role: Role | msgspec.UnsetType | None = msgspec.UNSET
    item: ItemRef | msgspec.UnsetType = msgspec.UNSET
    acts_as: int | msgspec.UnsetType | None = msgspec.UNSET
    used: int | msgspec.UnsetType = msgspec.UNSET  # uses that count as made
    if_version: int | None = None
    clamp: bool = False


async def amend(
    core: Core,
    actor: Actor,
    ref: ShareRef,
    *,
    terms: Terms = UNCHANGED,
    role: Role | msgspec.UnsetType | None = msgspec.UNSET,
    if_version: int | None = None,
    clamp: bool = False,
    dry_run: bool = False,
) -> Share:
    """Change role and terms of a share; what is not named stays. Its version is new afterwards.

    :raises Problem: unknown_share, forbidden, precondition_failed, role_too_high, life_too_long, password_needed
    """
    amendment = Amendment(ref, terms, role, if_version=if_version, clamp=clamp)
    return (await amend_all(core, actor, (amendment,), dry_run=dry_run))[0]


async def amend_all(
    core: Core, actor: Actor, amendments: Sequence[Amendment], *, dry_run: bool = False
) -> tuple[Share, ...]:
    """Change several shares in one reading and one transaction: all of them, or none.

    :raises Problem: as ``amend``; too_many_items; unknown_item and forbidden for an item that one moves to
    """
    if len(amendments) > core.limits.pairs:
        raise Problem("too_many_items", field="shares", limit=core.limits.pairs)
    hashes = [await _hashed(core, one.terms) for one in amendments]

    async def once() -> tuple[Share, ...]:
        items = tuple(dict.fromkeys(one.item for one in amendments if one.item is not msgspec.UNSET))
        shares = tuple(dict.fromkeys(one.share for one in amendments))
        judged = await judge(core, Look(actor, items, shares=shares, unborn=bool(items)))
        work = _Amending(core, actor, judged)
        found = [work.one(one, hashed) for one, hashed in zip(amendments, hashes, strict=True)]
        if dry_run or not found:
            return tuple(new for new, _ in found)
        commit = await core.store.commit(work.changes, work.guards)
        return tuple(
            msgspec.structs.replace(new, version=commit.no(version), item=commit.no(new.item), changed_at=judged.now)
            for new, version in found
        )

    return await attempt(once)


async def _hashed(core: Core, terms: Terms) -> str | None:
    return await core.hasher.hash(terms.password) if isinstance(terms.password, str) and terms.password else None


class _Amending:
    """Decides on each amendment of a batch, and gathers what they write."""

    def __init__(self, core: Core, actor: Actor, judged: Judge) -> None:
        self.core, self.actor, self.judge = core, actor, judged
        self.number = Placeholders(first_free(judged.snapshot))
        self.changes: list[Change] = []
        self.guards: list[Guard] = []

    def one(self, asked: Amendment, hashed: str | None) -> tuple[Share, int]:
        """Add what one amendment writes; return the share after it, and its new version."""
        judged, now = self.judge, self.judge.now
        old = visible(judged, self.actor, asked.share)
        if not may_change(judged, self.actor, old):
            raise Problem("forbidden")
        if asked.if_version is not None and asked.if_version != old.version:
            raise Problem("precondition_failed")
        new = rows.with_password(giving.with_terms(old, asked.terms, now), asked.terms, hashed, now)
        if asked.role is not msgspec.UNSET:
            new = msgspec.structs.replace(new, role=asked.role)
            if not asked.clamp:
                _refuse_wider(judged, old, asked.role)
        if asked.acts_as is not msgspec.UNSET:
            new = msgspec.structs.replace(new, acts_as=asked.acts_as)
        if asked.item is not msgspec.UNSET:
            new = self.moved(new, asked.item)
        _refuse_unbacked(judged, old, new)
        version = rows.change(self.changes, self.number, old, new, asked.terms, now)
        if asked.used is not msgspec.UNSET:
            self.changes.append(Upsert(Use(old.no, asked.used)))
        self.changes.append(happened(self.number(), now, self.actor, "share.changed", item=old.item, share=old.no))
        self.guards.append(ShareIs(old.no, old.version))
        return new, version

    def moved(self, share: Share, to: ItemRef) -> Share:
        """Return a link on another item, which the actor must be able to share; somebody else's stands on his right.

        :raises Problem: unknown_item, forbidden, not_for_items
        """
        judged, actor = self.judge, self.actor
        item = judged.snapshot.found_items.get(to)
        if share.kind is not Kind.LINK:
            raise Problem("not_for_items")
        if item is None:
            raise Problem("unknown_item", field="item")
        if item == share.item:
            return share
        trial = Proposal((Asked(item),), (LINK,), clamp=True)
        ground = giving.ground_of(judged, actor, item, share.kind, share.role, trial)
        adopt(judged.snapshot, actor, item, self.core.secrets, judged.now, self.changes, self.guards)
        hangs_on = ground.hangs_on if share.stands_on == actor.user else None
        if hangs_on is not None:
            self.guards.append(ShareIs(hangs_on, judged.snapshot.shares[hangs_on].version))
        far = Reach.RELATIONS if judged.snapshot.items[item].kind is ItemKind.RECORD else Reach.NONE
        return msgspec.structs.replace(share, item=item, hangs_on=hangs_on, reach=far)


def _refuse_wider(judged: Judge, share: Share, role: Role | None) -> None:
    """Refuse a role above what backs the share: on update as on creation (abuse cases 1 to 5)."""
    trial = msgspec.structs.replace(share, no=-share.no, role=Role.MANAGER, acts_as=None, starts=None, until=None)
    backing = judged.gives(trial, share.item).actions
    need = giving.wanted(role)
    if need & backing != need:
        raise Problem("role_too_high", field="role")


def _refuse_unbacked(judged: Judge, old: Share, new: Share) -> None:
    """Refuse terms that the backer's allowance does not carry."""
    backer = judged.backer(old)
    kept = Terms(password="(kept)") if new.password is not None else Terms()  # noqa: S106 - a mark, not a secret
    giving.refuse_terms(judged, Actor(backer), new.kind, kept, new.until, new.made_at)


async def renew(core: Core, actor: Actor, ref: ShareRef, terms: Terms) -> Share:
    """Give a share a new window and new uses: its end as the terms say, its uses counted from nought.

    :raises Problem: as ``amend``
    """
    share = await amend(core, actor, ref, terms=terms)
    if share.max_uses is not None:
        await core.store.commit([rows.uses_from_nought(share)], [ShareIs(share.no, share.version)])
    return share


async def new_secret(core: Core, actor: Actor, ref: ShareRef) -> Share:
    """Give a link a new secret: the old one opens nothing from now on, and passes handed out under it are dead.

    :raises Problem: unknown_share, forbidden, not_for_items
    """

    async def once() -> Share:
        judged = await judge(core, Look(actor, shares=(ref,)))
        old = visible(judged, actor, ref)
        if not may_change(judged, actor, old):
            raise Problem("forbidden")
        if old.kind is not Kind.LINK:
            raise Problem("not_for_items")
        number = Placeholders()
        version = number()
        new = msgspec.structs.replace(
            old, generation=old.generation + 1, state_at=max(judged.now, old.state_at + 1), changed_at=judged.now
        )
        values = {"generation": new.generation, "state_at": new.state_at, "version": version, "changed_at": judged.now}
        changes: list[Change] = [
            Set(Share, (old.no,), values),
            Upsert(key_of(core, new)),
            happened(number(), judged.now, actor, "share.changed", item=old.item, share=old.no),
        ]
        commit = await core.store.commit(changes, [ShareIs(old.no, old.version)])
        return msgspec.structs.replace(new, version=commit.no(version))

    return await attempt(once)


async def withdraw(
    core: Core, actor: Actor, refs: Sequence[ShareRef], *, atomic: bool = True, dry_run: bool = False
) -> Report:
    """End shares. What hangs on them ends with them, by the formula; nothing below is touched.

    The report has one pair per reference (``recipient`` is its place). With ``atomic``, all or none.

    :raises Problem: unauthenticated, too_many_items
    """
    if actor.user is None:
        raise Problem("unauthenticated")
    if len(refs) > core.limits.pairs:
        raise Problem("too_many_items", field="shares", limit=core.limits.pairs)

    async def once() -> Report:
        judged = await judge(core, Look(actor, shares=tuple(dict.fromkeys(refs))))
        changes: list[Change] = []
        guards: list[Guard] = []
        number = Placeholders()
        ended: dict[ShareRef, Pair | Refusal] = {}
        for ref in dict.fromkeys(refs):
            ended[ref] = _end_one(judged, actor, ref, changes, guards, number)
        pairs = tuple(_at(ended[ref], place) for place, ref in enumerate(refs))
        done = not (atomic and any(pair.refused for pair in pairs))
        cut = await receipted(core, changes, judged.now) if done else None
        report = Report((), (), pairs, dry_run, done, judged.snapshot.revision, cut)
        if dry_run or not done or not changes:
            return report
        core.keep(report)
        commit = await core.store.commit(changes, guards)
        return msgspec.structs.replace(report, revision=commit.revision)

    return await attempt(once)


def _end_one(
    judged: Judge, actor: Actor, ref: ShareRef, changes: list[Change], guards: list[Guard], number: Placeholders
) -> Pair | Refusal:
    try:
        share = visible(judged, actor, ref)
    except Problem as problem:
        return refusal(problem)
    if not may_end(judged, actor, share):
        return Refusal("forbidden")
    rows.end(changes, share)
    guards.append(ShareIs(share.no, share.version))
    changes.append(happened(number(), judged.now, actor, "share.withdrawn", item=share.item, share=share.no))
    return Pair(0, 0, Did.WITHDRAWN, role=share.role, until=share.until, share=share.uid, no=share.no)


def _at(found: Pair | Refusal, place: int) -> Pair:
    if isinstance(found, Refusal):
        return Pair(0, place, refused=found)
    return msgspec.structs.replace(found, recipient=place)
