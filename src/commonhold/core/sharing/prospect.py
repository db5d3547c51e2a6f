"""What somebody who is about to share should know: the item, the recipient, and what he may do himself."""

import msgspec

from commonhold.core.content.steps import ask
from commonhold.core.core import Core, judge
from commonhold.core.directory.reading import by_no
from commonhold.core.identity import Actor, ItemRef, RecipientRef
from commonhold.core.model import LINK, Allowance, Item, Principal, Profile, Share
from commonhold.core.policy.allowances import allowance_of, shareable
from commonhold.core.policy.decide import Right
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Rows, Where
from commonhold.core.roles import Action, Kind


class Prospect(msgspec.Struct, frozen=True):
    """An item as the actor may use it, and a recipient as he was named; nobody, if nobody has that name.

    ``account``: who has verified the address that the recipient is. ``open``: the kinds that anybody may share with.
    """

    item: Item
    right: Right
    allowance: Allowance
    open: Kind
    recipient: Principal | None = None
    profile: Profile | None = None
    account: Principal | None = None


async def prospect(
    core: Core, actor: Actor, item: ItemRef, recipient: RecipientRef | None = None, *, names: bool = True
) -> Prospect:
    """Look at an item that the actor may read, and at somebody to share it with; without ``names``, at no profile.

    :raises Problem: unknown_item, in_trash
    """
    recipients = () if recipient is None else (recipient,)
    judged = await judge(core, Look(actor, items=(item,), recipients=recipients, names=names))
    asked = ask(judged, actor, item, Action.READ)
    seen = judged.snapshot
    no = None if recipient is None else seen.found_recipients.get(recipient)
    account = seen.claimed.get(no) if no is not None else None
    accounts = seen.principals
    if account is not None and account not in accounts:
        accounts = await by_no(core, asked.allowed, Principal, (account,))
    return Prospect(
        asked.item,
        asked.right,
        allowance_of(seen, actor.user),
        shareable(seen),
        seen.principals.get(no) if no is not None else None,
        seen.profiles.get(no) if no is not None else None,
        accounts.get(account) if account is not None else None,
    )


async def own_links(core: Core, actor: Actor, item: ItemRef) -> list[Share]:
    """Return the links that the actor made on an item, newest first; ended ones too.

    :raises Problem: unknown_item, in_trash
    """
    judged = await judge(core, Look(actor, items=(item,)))
    asked = ask(judged, actor, item, Action.READ)
    where = (
        Where("item", "eq", asked.item.no),
        Where("recipient", "eq", LINK),
        Where("made_by", "eq", actor.user),
    )
    found: list[Share] = await core.store.rows(asked.allowed, Rows(Share, where, ("-no",)))
    return found
