"""What recipients take: blocks of persons, and the terms of groups; read when a share is made. Pure."""

from commonhold.core.identity import Actor
from commonhold.core.model import EVERYONE, Level
from commonhold.core.policy.decide import Judge
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind, OrgRole
from commonhold.core.sharing.proposal import Proposal


def refuse_unwelcome(judge: Judge, actor: Actor, to: int, kind: Kind, proposal: Proposal) -> None:
    """Refuse what the recipient does not accept.

    :raises Problem: recipient_refuses, group_view_only, not_a_member, group_confirm_needed
    """
    person = judge.snapshot.claimed.get(to, to)  # an address is its owner's: it is no way around his block
    if not judge.snapshot.blocks.isdisjoint({(person, actor.user or 0), (person, EVERYONE)}):
        raise Problem("recipient_refuses", field="recipients")
    if kind is Kind.GROUP:
        _refuse_group(judge, actor, to, proposal)


def _refuse_group(judge: Judge, actor: Actor, group: int, proposal: Proposal) -> None:
    """A group takes shares from its members; a view-only one from its managers; an updating one if confirmed."""
    seen = judge.snapshot
    row, terms = seen.principals[group], seen.terms.get(group)
    user = actor.user if proposal.subject is None else proposal.subject
    who = seen.principals.get(user) if user is not None else None
    managing = seen.levels.get((user or 0, group)) is Level.MANAGER or row.owner == user
    administers = who is not None and (who.admin or (who.org == row.org and who.org_role is OrgRole.ADMINISTRATOR))
    if terms is None or managing or administers:
        if terms is not None and terms.members_update and not proposal.item_control:
            raise Problem("group_confirm_needed", field="recipients")
        return
    if terms.view_only:
        raise Problem("group_view_only", field="recipients")
    if terms.members_share and group not in seen.set_of(user):
        raise Problem("not_a_member", field="recipients")
    if terms.members_update and not proposal.item_control:
        raise Problem("group_confirm_needed", field="recipients")
