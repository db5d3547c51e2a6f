"""Turn decisions into proofs or refusals: the one way from a right to bytes, names, rows and counts."""

from commonhold.core.identity import NOBODY, Actor
from commonhold.core.policy.allowed import ADMINISTRATION, MACHINE, Allowed, Purpose, seal
from commonhold.core.policy.decide import Judge, Right
from commonhold.core.problems import Problem
from commonhold.core.records.rules import Access
from commonhold.core.roles import Action


def require(judge: Judge, actor: Actor, item: int | None, action: Action) -> tuple[Allowed, Right]:
    """Return the proof that ``actor`` may do ``action`` with ``item``.

    A stranger learns nothing: whoever has no right at all is told that there is no such item.

    :raises Problem: unknown_item, forbidden
    """
    if item is None or item not in judge.snapshot.items:
        raise Problem("unknown_item")
    right = judge.right(actor, item)
    if not right.actions:
        raise Problem("unknown_item")
    if not right.may(action):
        if action & Action.READ and not right.may(Action.READ):
            raise Problem("unknown_item")  # an uploader learns nothing about what lies in the folder
        raise Problem("forbidden")
    return seal(actor, action, item, "right", right.fields), right


def allow(actor: Actor, purpose: Purpose) -> Allowed:
    """Return the proof for something that is no item.

    :raises Problem: unauthenticated where the purpose needs somebody
    """
    if actor.user is None and purpose.word not in ("machine", "public"):
        raise Problem("unauthenticated")
    return seal(actor, Action.READ, None, purpose.word)


def allow_administration(judge: Judge, actor: Actor) -> Allowed:
    """Return the proof that ``actor`` administers the installation.

    :raises Problem: unauthenticated, forbidden
    """
    if actor.user is None:
        raise Problem("unauthenticated")
    who = judge.snapshot.principals.get(actor.user)
    if who is None or not who.admin or not judge.snapshot.active(actor.user) or not actor.actions & Action.MANAGE:
        raise Problem("forbidden")
    return seal(actor, Action.MANAGE, None, ADMINISTRATION.word)


def allow_rows(actor: Actor, action: Action, access: Access) -> Allowed:
    """Return the proof for the rows of records that an access covers; a query is guarded by it before it is asked."""
    return seal(actor, action, None, "rows", access)


def machine() -> Allowed:
    """Return the proof of the server's own work: the worker, log-in, migrations."""
    return seal(NOBODY, Action.READ, None, MACHINE.word)
