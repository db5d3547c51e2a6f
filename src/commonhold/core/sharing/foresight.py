"""What a proposal would do, told before it is sent: the dry run's report, and who those are whom it names."""

import msgspec

from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, Named, RecipientRef
from commonhold.core.model import LINK, Item, State
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.snapshot import Look
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.giving import existing, shown_role
from commonhold.core.sharing.proposal import Proposal, Report
from commonhold.core.sharing.propose import propose


class Met(msgspec.Struct, frozen=True):
    """Somebody whom a proposal names.

    ``name`` is what he is called, or what was written where nobody is called so. ``known``: there is such an account,
    group or organisation, or the address was met before. ``waiting``: an address that no account has confirmed, or an
    account that was never entered. ``outside``: not of the actor's organisation. ``had``: the role that he has by a
    share of the actor's already.
    """

    kind: Kind
    name: str | None
    uid: str | None = None
    known: bool = True
    waiting: bool = False
    outside: bool = False
    had: Role | None = None


class Foresight(msgspec.Struct, frozen=True):
    """A dry run's report, the first item, and everybody whom the proposal names, in its order."""

    report: Report
    item: Item | None
    people: tuple[Met, ...]


async def foresee(core: Core, actor: Actor, proposal: Proposal) -> Foresight:
    """Say what a proposal would do, and with whom.

    :raises Problem: as ``propose``
    """
    report = await propose(core, actor, msgspec.structs.replace(proposal, dry_run=True))
    item, people = await meet(core, actor, proposal)
    return Foresight(report, item, people)


async def meet(core: Core, actor: Actor, proposal: Proposal) -> tuple[Item | None, tuple[Met, ...]]:
    """Return the first item of a proposal, if the actor may see it, and who its recipients are."""
    first = proposal.items[0].item
    judged = await judge(core, Look(actor, items=(first,), recipients=proposal.recipients, names=True))
    no = judged.snapshot.found_items.get(first)
    if no is None or not judged.right(actor, no).actions:
        raise Problem("unknown_item")
    return judged.snapshot.items[no], tuple(_met(judged, actor, no, ref) for ref in proposal.recipients)


def _met(judged: Judge, actor: Actor, item: int, ref: RecipientRef) -> Met:
    if ref == LINK:
        return Met(Kind.LINK, None)
    seen = judged.snapshot
    no = seen.found_recipients.get(ref)
    row, profile = (seen.principals.get(no), seen.profiles.get(no)) if no is not None else (None, None)
    if row is None or no is None or row.state not in (State.ACTIVE, State.PENDING):
        text = ref.text if isinstance(ref, Named) else None
        address = text is not None and "@" in text
        return Met(Kind.MAIL if address else Kind.USER, text, known=False, waiting=address, outside=address)
    own = seen.principals.get(actor.user or 0)
    share = existing(judged, item, no, actor.user or 0)
    return Met(
        row.kind,
        profile.name if profile else None,
        row.uid,
        waiting=row.state is State.PENDING or (row.kind is Kind.MAIL and no not in seen.claimed),
        outside=row.external or (row.kind is Kind.USER and (own is None or own.org != row.org)),
        had=None if share is None else shown_role(share),
    )
