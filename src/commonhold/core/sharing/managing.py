"""Changing and ending shares that are there: ``amend``, ``renew``, ``withdraw``, and a link's new secret."""

from collections.abc import Sequence
from typing import Final

import msgspec

from commonhold.core.changes import Change, Guard, Set, ShareIs, Upsert
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.identity import Actor, ShareRef
from commonhold.core.model import Share
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.manage import may_change, may_end
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing import giving, rows
from commonhold.core.sharing.links import key_of
from commonhold.core.sharing.proposal import Did, Pair, Refusal, Report, refusal
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
    hashed = await core.hasher.hash(terms.password) if isinstance(terms.password, str) and terms.password else None

    async def once() -> Share:
        judged = await judge(core, Look(actor, shares=(ref,)))
        old = visible(judged, actor, ref)
        if not may_change(judged, actor, old):
            raise Problem("forbidden")
        if if_version is not None and if_version != old.version:
            raise Problem("precondition_failed")
        new = rows.with_password(giving.with_terms(old, terms, judged.now), terms, hashed, judged.now)
        if role is not msgspec.UNSET:
            new = msgspec.structs.replace(new, role=role)
            if not clamp:
                _refuse_wider(judged, old, role)
        _refuse_unbacked(judged, old, new)
        changes: list[Change] = []
        number = Placeholders()
        version = rows.change(changes, number, old, new, terms, judged.now)
        if dry_run:
            return new
        changes.append(happened(number(), judged.now, actor, "share.changed", item=old.item, share=old.no))
        commit = await core.store.commit(changes, [ShareIs(old.no, old.version)])
        return msgspec.structs.replace(new, version=commit.no(version), changed_at=judged.now)

    return await attempt(once)


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
        report = Report((), (), pairs, dry_run, done, judged.snapshot.revision)
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
