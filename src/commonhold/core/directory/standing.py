"""Where an actor stands in the directory: who he is, and over whom he may decide.

Administrators of the installation stand over everybody; those of an organisation over its people and groups, but
never over an administrator of the installation. A scope without MANAGE administers nothing.
"""

from typing import Final

import msgspec

from commonhold.core.changes import PeopleAt
from commonhold.core.core import Core, judge
from commonhold.core.identity import Actor, Named, RecipientRef
from commonhold.core.model import Principal, Profile, State
from commonhold.core.policy.allowed import Allowed, Purpose
from commonhold.core.policy.require import allow, machine
from commonhold.core.policy.snapshot import Look, Snapshot
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind, OrgRole


class Operator(Actor, frozen=True, gc=False):
    """Whoever may write the data directory: set-up and the command line. No request is ever run as one."""


OPERATOR: Final = Operator(face="cli")

UNKNOWN: Final = {Kind.USER: "unknown_user", Kind.GROUP: "unknown_group", Kind.ORG: "unknown_org"}


class Standing(msgspec.Struct, frozen=True):
    """An actor and what was read for him: ``admin`` of the installation, and the organisation he administers."""

    actor: Actor
    seen: Snapshot
    admin: bool
    org: int | None = None

    @property
    def unchanged(self) -> PeopleAt:
        """Guard that nothing about people has changed since this was read."""
        return PeopleAt(self.seen.people_at)

    def is_self(self, person: Principal) -> bool:
        """Tell whether the actor is this person."""
        return self.actor.user is not None and self.actor.user == person.no

    def over(self, person: Principal) -> bool:
        """Tell whether the actor administers a person or group."""
        return self.admin or (self.org is not None and person.org == self.org and not person.admin)

    def need_admin(self) -> None:
        """Refuse everybody but administrators of the installation.

        :raises Problem: forbidden
        """
        if not self.admin:
            raise Problem("forbidden")

    def need_over(self, person: Principal, *, or_self: bool = False) -> None:
        """Refuse everybody who does not administer a person.

        :raises Problem: forbidden
        """
        if not self.over(person) and not (or_self and self.is_self(person)):
            raise Problem("forbidden")

    def allowed(self, purpose: Purpose) -> Allowed:
        """Return the proof for reading rows; the operator reads as the machine."""
        return machine() if isinstance(self.actor, Operator) else allow(self.actor, purpose)

    def one(self, ref: RecipientRef, kind: Kind, field: str | None = None) -> Principal:
        """Return the principal of one kind that a reference of this reading names.

        :raises Problem: unknown_user, unknown_group, unknown_org
        """
        no = self.seen.found_recipients.get(ref)
        row = self.seen.principals.get(no) if no is not None else None
        if row is None or row.kind is not kind or row.state is State.DELETED or no not in self.seen.profiles:
            raise Problem(UNKNOWN[kind], **({"field": field} if field else {}))
        return row

    def profile(self, principal: Principal) -> Profile:
        """Return the names of a principal met in this reading."""
        return self.seen.profiles[principal.no]


def a(kind: Kind, ref: RecipientRef) -> RecipientRef:
    """Return a reference that looks among one kind only."""
    return Named(ref.text, kind) if isinstance(ref, Named) else ref


async def stand(
    core: Core,
    actor: Actor,
    *refs: RecipientRef,
    scope: Action = Action.READ,
    subjects: tuple[int, ...] = (),
    nobody: bool = False,
) -> Standing:
    """Read the actor and everybody referred to, in one reading; ``subjects`` with all they are.

    ``nobody``: also for somebody who is not logged in, and stands over nothing.

    :raises Problem: unauthenticated, account_inactive, forbidden for guests by mail and narrower scopes
    """
    seen = (await judge(core, Look(actor, recipients=refs, subjects=subjects, names=True))).snapshot
    if isinstance(actor, Operator):
        return Standing(actor, seen, admin=True)
    if nobody and actor.user is None:
        return Standing(actor, seen, admin=False)
    return standing_in(seen, actor, scope)


def standing_in(seen: Snapshot, actor: Actor, scope: Action = Action.READ) -> Standing:
    """Return where an actor stands, by what was read already.

    :raises Problem: as ``stand``
    """
    who = seen.principals.get(actor.user) if actor.user is not None else None
    if who is None:
        raise Problem("unauthenticated")
    if who.state is not State.ACTIVE:
        raise Problem("account_inactive")
    if who.kind is not Kind.USER or actor.actions & scope != scope:
        raise Problem("forbidden")
    manages = bool(actor.actions & Action.MANAGE)
    org = who.org if manages and who.org_role is OrgRole.ADMINISTRATOR else None
    return Standing(actor, seen, who.admin and manages, org)
