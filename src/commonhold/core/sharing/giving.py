"""Judging one pair of a proposal: may it be shared, by what right, and which row comes of it. Pure."""

from collections.abc import Iterable
from typing import Final

import msgspec

from commonhold.core.directory.addresses import is_address
from commonhold.core.identity import Actor
from commonhold.core.model import OWNER, Principal, Share
from commonhold.core.policy.allowances import allowance_of, domain_allowed
from commonhold.core.policy.decide import LONGEST_CHAIN, Judge, Right, needs_pass, offered
from commonhold.core.problems import Problem
from commonhold.core.roles import ROLE_ACTIONS, Action, Kind, Role, role_for
from commonhold.core.sharing.acceptance import refuse_unwelcome
from commonhold.core.sharing.proposal import OnExisting, Proposal
from commonhold.core.terms import Terms, end_of


class Ground(msgspec.Struct, frozen=True):
    """By what right something is shared: whose (a person, or ``OWNER``), and the share it is passed on from."""

    stands_on: int
    hangs_on: int | None
    actions: Action


class Recipient(msgspec.Struct, frozen=True):
    """Whom a pair names: ``no`` may be a placeholder for an address met for the first time."""

    no: int
    kind: Kind
    address: str | None = None
    row: Principal | None = None


def wanted(role: Role | None) -> Action:
    """Return the actions that giving a role needs; sharing itself is bounded by masks, not by roles."""
    return (Action.READ if role is None else ROLE_ACTIONS[role]) & ~Action.SHARE


def ground_of(judge: Judge, actor: Actor, item: int, kind: Kind, role: Role | None, proposal: Proposal) -> Ground:
    """Find the right on which ``actor`` may share ``item`` with a recipient of this kind.

    His own right comes first; else the share he received that gives most of what is asked for and may be passed on.

    :raises Problem: unknown_item, forbidden, reshare_not_allowed, chain_too_long, role_too_high, kind_not_allowed
    """
    right = judge.right(actor, item)
    if not right.actions & ~Action.CREATE:
        raise Problem("unknown_item")
    user = actor.user
    if user is None or not actor.actions & Action.SHARE:
        raise Problem("forbidden")
    if not kind & allowance_of(judge.snapshot, user).kinds:
        raise Problem("kind_not_allowed", field="recipients")
    if right.own & Action.SHARE:
        if not proposal.clamp:
            _refuse_too_high(role, right.own)
        return Ground(_stands_on(judge, right, user, proposal), None, right.own)
    return _passed_on(judge, actor, item, kind, role, proposal)


def _stands_on(judge: Judge, right: Right, user: int, proposal: Proposal) -> int:
    """Stand on the owner, whoever that will be, if acting for him and there is one; else on the person himself."""
    seen = judge.snapshot
    owned = bool(seen.spaces[seen.items[right.item].space].owner)  # records have no owner
    return OWNER if proposal.for_owner and owned and right.own & Action.MANAGE else user


def _passed_on(judge: Judge, actor: Actor, item: int, kind: Kind, role: Role | None, proposal: Proposal) -> Ground:
    best: Ground | None = None
    reshared, refused = False, "reshare_not_allowed"
    for share in judge.reaching(actor, item):
        gift = judge.gives(share, item)
        if not gift.actions & Action.SHARE or needs_pass(share):
            continue
        reshared = True
        if not share.mask & kind:
            continue
        if _depth(judge, share) + 1 >= LONGEST_CHAIN:
            refused = "chain_too_long"
            continue
        ground = Ground(actor.user or 0, share.no, gift.actions)
        if best is None or _covers(ground, best, role):
            best = ground
    if best is None:
        raise Problem(refused if reshared else "forbidden", field="recipients")
    if not proposal.clamp:
        _refuse_too_high(role, best.actions)
    return best


def _covers(a: Ground, b: Ground, role: Role | None) -> bool:
    """Tell whether ``a`` carries more of the role than ``b``."""
    need = wanted(role)
    return (a.actions & need).bit_count() > (b.actions & need).bit_count()


def _depth(judge: Judge, share: Share) -> int:
    depth, above = 0, share.hangs_on
    while above is not None and depth <= LONGEST_CHAIN:
        depth += 1
        parent = judge.snapshot.shares.get(above)
        above = parent.hangs_on if parent else None
    return depth


def _refuse_too_high(role: Role | None, has: Action) -> None:
    need = wanted(role)
    if need & has != need:
        highest = role_for(has)
        raise Problem("role_too_high", field="role", highest=str(highest) if highest else None)


def refuse_recipient(judge: Judge, actor: Actor, item: int, to: Recipient, proposal: Proposal) -> None:
    """Refuse recipients that make no sense, that the sharer's allowance excludes, or that do not accept.

    :raises Problem: self_share, owner_share, domain_not_allowed, not_for_items, and those of ``acceptance``
    """
    seen = judge.snapshot
    if to.kind is Kind.USER and to.no == actor.user and not proposal.for_owner:
        raise Problem("self_share", field="recipients")
    space = seen.spaces.get(seen.items[item].space)
    if space is not None and space.owner in (to.no, seen.claimed.get(to.no)):
        raise Problem("owner_share", field="recipients")
    if to.kind is Kind.MAIL and to.address is not None:
        if to.no in seen.set_of(actor.user):
            raise Problem("self_share", field="recipients")
        if not domain_allowed(allowance_of(seen, actor.user), to.address):
            raise Problem("domain_not_allowed", field="recipients")
    refuse_unwelcome(judge, actor, to.no, to.kind, proposal)


def refuse_addresses(judge: Judge, actor: Actor, addresses: Iterable[str], field: str) -> None:
    """Refuse to mail a link to an address at which the actor may invite nobody: it opens for whoever reads the mail.

    :raises Problem: domain_not_allowed
    """
    allowance = allowance_of(judge.snapshot, actor.user)
    if not all(domain_allowed(allowance, address) for address in addresses if is_address(address)):
        raise Problem("domain_not_allowed", field=field)


def refuse_terms(judge: Judge, actor: Actor, kind: Kind, terms: Terms, until: int | None, made_at: int) -> None:
    """Refuse what the sharer's allowance does not carry; it would give nothing anyway (``share_allowed``).

    :raises Problem: life_too_long, password_needed
    """
    allowance = allowance_of(judge.snapshot, actor.user)
    if allowance.longest is not None and (until is None or until > made_at + allowance.longest):
        raise Problem("life_too_long", field="until", longest=allowance.longest)
    if kind is Kind.LINK and allowance.link_password and not isinstance(terms.password, str):
        raise Problem("password_needed", field="password")


def existing(judge: Judge, item: int, to: int, stands_on: int) -> Share | None:
    """Return the live row of this sharer, item and recipient."""
    for no in judge.snapshot.on.get(item, ()):
        share = judge.snapshot.shares[no]
        if (share.recipient, share.stands_on) == (to, stands_on) and share.kind is not Kind.LINK:
            return share
    return None


def over(judge: Judge, share: Share) -> bool:
    """Tell whether a row is no existing share any more: ended, used up, or without its backing."""
    gift = judge.gives(share, share.item)
    if gift.missing == "not_yet":
        return False
    used_up = share.max_uses is not None and judge.snapshot.used.get(share.no, 0) >= share.max_uses
    return used_up or not gift.actions


def amended(old: Share, proposal: Proposal, role: Role | None, terms: Terms, now: int) -> Share:
    """Return an existing share as ``on_existing`` changes it; the same object where nothing changes."""
    if proposal.on_existing is OnExisting.KEEP:
        return old
    if proposal.on_existing is OnExisting.ADD:
        raise Problem("already_shared", field="recipients", share=old.uid)
    new = with_terms(old, terms, now)
    if proposal.on_existing is OnExisting.RAISE:
        role = wider(old.role, role)
    changed = msgspec.structs.replace(new, role=role, item_control=old.item_control or proposal.item_control)
    return old if changed == old else changed


def wider(a: Role | None, b: Role | None) -> Role | None:
    """Return the wider of two roles; of two of which neither has all of the other, the first."""
    if a is None or b is None:
        return b
    return a if ROLE_ACTIONS[a] & ~ROLE_ACTIONS[b] else b


_PLAIN: Final = ("starts", "max_uses", "days", "mask")


def with_terms(share: Share, terms: Terms, now: int) -> Share:
    """Return a share with the named terms set; password hashes are set by the verb."""
    values = {name: getattr(terms, name) for name in _PLAIN if getattr(terms, name) is not msgspec.UNSET}
    until = end_of(terms, now)
    if until is not msgspec.UNSET:
        values["until"] = until
    return msgspec.structs.replace(share, **values)


def shown_role(share: Share) -> Role | None:
    """Return the role that a report names for a share."""
    return share.role if share.role is not None else role_for(offered(share))
