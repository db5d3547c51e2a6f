"""Links that are there already: mailed to addresses, and told in outline to whoever knows their uid."""

from collections.abc import Sequence

from commonhold.core.changes import Change
from commonhold.core.core import Core, Placeholders, attempt, happened, judge
from commonhold.core.directory.addresses import is_address
from commonhold.core.identity import NOBODY, Actor, Named, ShareRef
from commonhold.core.notices.changes import share_told
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.giving import refuse_addresses
from commonhold.core.sharing.managing import visible
from commonhold.core.sharing.opening import is_open
from commonhold.core.sharing.ours import Link
from commonhold.core.sharing.quota import charge_mails
from commonhold.core.sharing.recipients import Recipients


async def outline(core: Core, ref: ShareRef) -> Link:
    """Return a link that is open now, with a password or without: what a client may learn before it is opened.

    Its note is not told.

    :raises Problem: unknown_share, also for one that is over, not begun or used up
    """
    judged = await judge(core, Look(NOBODY, shares=(ref,)))
    share = judged.snapshot.shares.get(judged.snapshot.found_shares.get(ref, 0))
    if share is None or share.kind is not Kind.LINK or not is_open(judged, share):
        raise Problem("unknown_share")
    return Link(share, judged.snapshot.items[share.item], None, judged.snapshot.used.get(share.no, 0))


async def invite(core: Core, actor: Actor, ref: ShareRef, addresses: Sequence[str]) -> int:
    """Mail a link to addresses, one letter each, and return how many; what is no address is left out.

    :raises Problem: unknown_share, not_for_items for what is no link, too_many_recipients, domain_not_allowed,
        daily_limit
    """
    if len(addresses) > core.limits.recipients:
        raise Problem("too_many_recipients", field="emails", limit=core.limits.recipients)
    named = tuple(Named(address, Kind.MAIL) for address in dict.fromkeys(addresses) if is_address(address))

    async def once() -> int:
        judged = await judge(core, Look(actor, shares=(ref,), recipients=named))
        share = visible(judged, actor, ref)
        if actor.user is None:
            raise Problem("unknown_share")
        if share.kind is not Kind.LINK:
            raise Problem("not_for_items")
        refuse_addresses(judged, actor, (one.text for one in named), "emails")
        number = Placeholders()
        people = Recipients(judged.snapshot, number)
        changes: list[Change] = []
        numbers: dict[int, None] = {}
        for one in named:
            if people.refused(one) is None:
                to = people.found(one)
                changes += people.rows(to, core.secrets.uid(), judged.now)
                numbers[to.no] = None
        if not numbers:
            return 0
        event = number()
        changes.append(happened(event, judged.now, actor, "share.mailed", item=share.item, share=share.no))
        changes += share_told(number, judged.now, actor, (share,), addresses=tuple(numbers), event=event)
        await charge_mails(core, actor, len(numbers), changes)
        await core.store.commit(changes)
        return len(numbers)

    return await attempt(once)
