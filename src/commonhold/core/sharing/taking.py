"""Taking away: end every direct share of an item with a recipient that the actor may end. Pure."""

from commonhold.core.changes import Change
from commonhold.core.core import Placeholders, happened
from commonhold.core.identity import Actor
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.manage import may_end
from commonhold.core.problems import Problem
from commonhold.core.sharing import rows
from commonhold.core.sharing.giving import Recipient
from commonhold.core.sharing.proposal import Did, Pair


def take(
    judge: Judge,
    actor: Actor,
    item: int,
    recipient: Recipient,
    at: int,
    to: int,
    changes: list[Change],
    gone: set[int],
    number: Placeholders,
) -> Pair:
    """End the direct shares of this pair.

    :raises Problem: inherited (with ``place``, the folder whose share reaches further), not_shared, forbidden
    """
    seen = judge.snapshot
    direct = [seen.shares[no] for no in seen.on.get(item, ()) if seen.shares[no].recipient == recipient.no]
    if not direct:
        above = next((share for share in judge.standing(item) if share.recipient == recipient.no), None)
        if above is not None:
            raise Problem("inherited", field="items", place=seen.items[above.item].uid)
        raise Problem("not_shared", field="recipients")
    ended = [share for share in direct if may_end(judge, actor, share)]
    if not ended:
        raise Problem("forbidden", field="items")
    for share in ended:
        if share.no not in gone:
            gone.add(share.no)
            rows.end(changes, share)
            changes.append(happened(number(), judge.now, actor, "share.withdrawn", item=item, share=share.no))
    return Pair(at, to, Did.WITHDRAWN, count=len(ended), share=ended[0].uid, no=ended[0].no)
