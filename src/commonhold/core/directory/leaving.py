"""Leaving: everything handed to somebody else, and accounts deleted."""

from collections.abc import Sequence

from commonhold.core.changes import Drop, DropWhere, Set, Upsert
from commonhold.core.core import Core, attempt
from commonhold.core.directory.administrators import keep_one
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.reading import every
from commonhold.core.directory.spaces import close, hand_over, new_space
from commonhold.core.directory.standing import Standing, a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import (
    Allowance,
    Block,
    Candidate,
    Credential,
    Level,
    Member,
    Notification,
    OutsideLogin,
    Password,
    Principal,
    Profile,
    Row,
    Rule,
    Space,
    State,
)
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind

# What goes with an account. Shares that he made or received stay for the sweep: they give nothing from now on.
_HIS: Sequence[tuple[type[Row], str]] = (
    (Credential, "principal"),
    (Member, "member"),
    (Block, "user"),
    (Candidate, "user"),
    (Notification, "user"),
    (OutsideLogin, "user"),
    (Rule, "principal"),
)


async def transfer_everything(core: Core, actor: Actor, giver: RecipientRef, taker: RecipientRef) -> None:
    """Give everything that one user owns, spaces and groups, to another one: one row each, whatever is in them.

    The giver goes on with an empty space.

    :raises Problem: unknown_user, forbidden, invalid_field if both are one, not_allowed if the taker can own nothing
    """
    giver, taker = a(Kind.USER, giver), a(Kind.USER, taker)

    async def once() -> None:
        standing = await stand(core, actor, giver, taker, scope=Action.MANAGE)
        person = standing.one(giver, Kind.USER)
        draft = Draft(core, actor)
        await _hand_over(core, standing, draft, person, taker)
        if person.org is not None:
            new_space(draft, person.no, person.org)
        await draft.commit(standing.unchanged)

    await attempt(once)


async def _hand_over(core: Core, standing: Standing, draft: Draft, person: Principal, taker: RecipientRef) -> None:
    to = standing.one(taker, Kind.USER, "to")
    standing.need_over(person)
    standing.need_over(to)
    if to.no == person.no:
        raise Problem("invalid_field", field="to")
    if to.state is not State.ACTIVE or to.org is None:
        raise Problem("not_allowed", field="to")
    hand_over(draft, await every(core, Space, owner=person.no), to.no, to.org)
    for group in await every(core, Principal, owner=person.no):
        draft.add(Set(Principal, (group.no,), {"owner": to.no}))
        draft.add(Upsert(Member(to.no, group.no, Level.MANAGER, draft.now)))
    draft.note("user.transferred", person.no, to=to.no)


async def delete_user(core: Core, actor: Actor, ref: RecipientRef, transfer_to: RecipientRef | None = None) -> None:
    """Delete a user: a number without names stays, so that history still adds up.

    What he owns goes to ``transfer_to``, or is deleted with him; his groups then have no owner but keep their managers.

    :raises Problem: unknown_user, forbidden, last_administrator, and what ``transfer_everything`` raises
    """
    ref = a(Kind.USER, ref)
    taker = a(Kind.USER, transfer_to) if transfer_to is not None else None

    async def once() -> None:
        standing = await stand(core, actor, ref, *([taker] if taker is not None else ()), scope=Action.MANAGE)
        person = standing.one(ref, Kind.USER)
        standing.need_over(person)
        await keep_one(core, person)
        draft = Draft(core, actor)
        if taker is not None:
            await _hand_over(core, standing, draft, person, taker)
        else:
            close(draft, await every(core, Space, owner=person.no))
            groups = await every(core, Principal, owner=person.no)
            draft.add(*(Set(Principal, (group.no,), {"owner": None}) for group in groups))
        draft.add(*(DropWhere(table, column, person.no) for table, column in _HIS))
        draft.add(*(Drop(table, (person.no,)) for table in (Profile, Password, Allowance)))
        draft.add(Set(Principal, (person.no,), {"state": State.DELETED, "admin": False, "org": None}))
        draft.note("user.deleted", person.no)
        await draft.commit(standing.unchanged)

    await attempt(once)
