"""Recipients are told once more of shares that are there already."""

from collections.abc import Sequence

from commonhold.core.changes import Change
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.directory.addresses import is_address
from commonhold.core.identity import Actor, Named, ShareRef
from commonhold.core.model import Share
from commonhold.core.notices.changes import share_told
from commonhold.core.notices.letters import gives
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.giving import refuse_addresses
from commonhold.core.sharing.managing import visible
from commonhold.core.sharing.proposal import Refusal, refusal
from commonhold.core.sharing.quota import charge_mails
from commonhold.core.sharing.recipients import Recipients


async def tell_again(
    core: Core, actor: Actor, refs: Sequence[ShareRef], addresses: Sequence[str] = ()
) -> tuple[Refusal | None, ...]:
    """Tell the recipients of the actor's own shares of them once more; links are mailed to ``addresses``.

    What could not be told stands in the place of its reference: unknown_share (another one's, too), link_ended for
    what gives nothing now, not_for_items for organisations and everyone, missing_field for a link without addresses.

    :raises Problem: unauthenticated, too_many_items, too_many_recipients, domain_not_allowed, daily_limit
    """
    if actor.user is None:
        raise Problem("unauthenticated")
    if len(refs) > core.limits.pairs:
        raise Problem("too_many_items", field="shares", limit=core.limits.pairs)
    if len(addresses) > core.limits.recipients:
        raise Problem("too_many_recipients", field="addresses", limit=core.limits.recipients)
    named = tuple(Named(address, Kind.MAIL) for address in dict.fromkeys(addresses) if is_address(address))

    async def once() -> tuple[Refusal | None, ...]:
        judged = await judge(core, Look(actor, recipients=named, shares=tuple(dict.fromkeys(refs))))
        refuse_addresses(judged, actor, (one.text for one in named), "addresses")
        number = Placeholders()
        people = Recipients(judged.snapshot, number)
        found = {ref: _asked(judged, actor, ref, named) for ref in refs}
        shares = {one.no: one for one in found.values() if isinstance(one, Share)}
        changes: list[Change] = []
        to: dict[int, None] = {}
        if any(share.kind is Kind.LINK for share in shares.values()):
            for one in named:
                if people.refused(one) is None:
                    address = people.found(one)
                    changes += people.rows(address, core.secrets.uid(), judged.now)
                    to[address.no] = None
        for share in shares.values():
            event = number()
            changes.append(happened(event, judged.now, actor, "share.mailed", item=share.item, share=share.no))
            changes += share_told(number, judged.now, actor, (share,), addresses=tuple(to), event=event)
        if changes:
            await charge_mails(core, actor, max(len(to), len(shares)), changes)
            await core.store.commit(changes)
        return tuple(one if isinstance(one, Refusal) else None for one in (found[ref] for ref in refs))

    return await attempt(once)


def _asked(judged: Judge, actor: Actor, ref: ShareRef, named: Sequence[Named]) -> Share | Refusal:
    """Return a share whose recipient can be told of it, or why he cannot."""
    try:
        share = visible(judged, actor, ref)
    except Problem as problem:
        return refusal(problem)
    if share.made_by != actor.user:
        return Refusal("unknown_share")
    if share.kind in (Kind.EVERYONE, Kind.ORG):
        return Refusal("not_for_items")
    if not gives(judged, share):
        return Refusal("link_ended")
    if share.kind is Kind.LINK and not named:
        return Refusal("missing_field", {"field": "addresses"})
    return share
