"""Who is not in a group yet: invited by its managers, or asking to be let in (``joining``).

An invitation stands on whoever made it: he puts the invited one into the group at the moment that one accepts, so it is
worth nothing any more when he may not.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from commonhold.core.changes import Drop, Upsert
from commonhold.core.core import Core, attempt
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.groups import group_in, manages
from commonhold.core.directory.members import Edited, Refused, place_members
from commonhold.core.directory.reading import After, Page, by_no, equal, one, page_of
from commonhold.core.directory.standing import Standing, a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import EVERYONE, Candidate, Level, Principal, Profile, State
from commonhold.core.policy.allowed import DIRECTORY, SELF
from commonhold.core.policy.require import machine
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind

_LOST: Final = ("forbidden", "unknown_group", "unauthenticated", "account_inactive")
"""What whoever invited is refused with once he may not put anybody into the group any more."""


class Waiting(msgspec.Struct, frozen=True):
    """An invitation or a wish to be let in: of whom, into which group (number, uid, title), and who made it."""

    user: str
    group: int
    uid: str
    title: str
    level: Level
    made_by: str | None
    since: int
    until: int | None


async def invite_members(
    core: Core,
    actor: Actor,
    ref: RecipientRef,
    users: Sequence[RecipientRef],
    level: Level = Level.MEMBER,
    life: int | None = None,
) -> Edited:
    """Invite users into a group, for ``life`` ms; each is refused for himself, and who is in it already is done.

    :raises Problem: unknown_group, forbidden, too_many_recipients
    """
    if len(users) > core.limits.members_per_call:
        raise Problem("too_many_recipients", most=core.limits.members_per_call)
    ref = a(Kind.GROUP, ref)
    named = tuple(dict.fromkeys(a(Kind.USER, user) for user in users))

    async def once() -> Edited:
        standing = await stand(core, actor, ref, *named, scope=Action.MANAGE)
        group = group_in(standing, ref)
        if not manages(standing, group):
            raise Problem("forbidden")
        draft = Draft(core, actor)
        until = None if life is None else draft.now + life
        done, refused = [], []
        for user in named:
            try:
                row = _invitable(standing, user)
            except Problem as problem:
                refused.append(Refused(user, problem.code))
                continue
            draft.add(Upsert(Candidate(row.no, group.no, False, level, actor.user or 0, draft.now, until)))
            done.append(row.no)
        if done:
            draft.note("group.invited", group.no, count=len(done))
            await draft.commit(standing.unchanged)
        return Edited(tuple(done), tuple(refused))

    return await attempt(once)


def _invitable(standing: Standing, user: RecipientRef) -> Principal:
    """Return a user who can be invited.

    :raises Problem: unknown_user, recipient_refuses
    """
    row, by = standing.one(user, Kind.USER), standing.actor.user or 0
    if row.state not in (State.ACTIVE, State.PENDING):
        raise Problem("unknown_user")
    if not standing.seen.blocks.isdisjoint({(row.no, by), (row.no, EVERYONE)}):
        raise Problem("recipient_refuses")
    return row


async def list_invitations(core: Core, actor: Actor, *, after: After = None, limit: int = 200) -> Page[Waiting]:
    """List the groups that the actor is invited into, by number; what is over is left out.

    :raises Problem: unauthenticated
    """
    standing = await stand(core, actor)
    where = equal(user=actor.user or 0, asking=False)
    page = await page_of(core, standing.allowed(SELF), Candidate, where, order=("grp",), after=after, limit=limit)
    return Page(await _shown(core, page.rows), page.next)


async def list_asking(
    core: Core, actor: Actor, ref: RecipientRef, *, after: After = None, limit: int = 200
) -> Page[Waiting]:
    """List who asks to be let into a group, for those who decide on it.

    :raises Problem: unknown_group, forbidden
    """
    standing, group = await _managed(core, actor, a(Kind.GROUP, ref))
    where = equal(grp=group.no, asking=True)
    page = await page_of(core, standing.allowed(DIRECTORY), Candidate, where, order=("user",), after=after, limit=limit)
    return Page(await _shown(core, page.rows), page.next)


async def _managed(core: Core, actor: Actor, ref: RecipientRef, *more: RecipientRef) -> tuple[Standing, Principal]:
    standing = await stand(core, actor, ref, *more, scope=Action.MANAGE)
    group = group_in(standing, ref)
    if not manages(standing, group):
        raise Problem("forbidden")
    return standing, group


async def _shown(core: Core, rows: Sequence[Candidate]) -> tuple[Waiting, ...]:
    now = core.clock()
    live = [row for row in rows if row.until is None or now < row.until]
    names = await by_no(core, machine(), Profile, tuple({no for row in live for no in (row.user, row.made_by)}))
    titles = await by_no(core, machine(), Profile, tuple({row.grp for row in live}))
    groups = await by_no(core, machine(), Principal, tuple(titles))
    return tuple(
        Waiting(
            names[row.user].name,
            row.grp,
            groups[row.grp].uid,
            titles[row.grp].name,
            row.level,
            names[row.made_by].name if row.made_by in names else None,
            row.since,
            row.until,
        )
        for row in live
        if row.user in names and row.grp in groups
    )


async def accept_invitation(core: Core, actor: Actor, group: int) -> None:
    """Go into a group that one was invited into, as whoever invited puts one there.

    :raises Problem: not_found where there is no such invitation any more, and for what ``add_members`` refuses
    """
    standing = await stand(core, actor, scope=Action.MANAGE)
    row = await _candidate(core, standing.actor.user or 0, group, asking=False)
    by = Actor(row.made_by, face=actor.face, address=actor.address)
    try:
        edited = await place_members(core, by, group, {row.user: row.level}, _gone(row), new=True)
    except Problem as problem:
        raise (Problem("not_found") if problem.code in _LOST else problem) from None
    _refuse(edited)


async def decline_invitation(core: Core, actor: Actor, group: int) -> None:
    """Stay out of a group that one was invited into.

    :raises Problem: not_found
    """
    standing = await stand(core, actor, scope=Action.MANAGE)
    row = await _candidate(core, standing.actor.user or 0, group, asking=False)
    await _drop(core, actor, row, "group.declined")


async def let_in(core: Core, actor: Actor, ref: RecipientRef, user: RecipientRef) -> None:
    """Let somebody into a group who asked for it.

    :raises Problem: unknown_group, unknown_user, forbidden, not_found, and for what ``add_members`` refuses
    """
    row = await _asking(core, actor, a(Kind.GROUP, ref), a(Kind.USER, user))
    _refuse(await place_members(core, actor, row.grp, {row.user: row.level}, _gone(row), new=True))


async def turn_away(core: Core, actor: Actor, ref: RecipientRef, user: RecipientRef) -> None:
    """Do not let somebody in who asked for it.

    :raises Problem: unknown_group, unknown_user, forbidden, not_found
    """
    await _drop(core, actor, await _asking(core, actor, a(Kind.GROUP, ref), a(Kind.USER, user)), "group.turned_away")


async def _asking(core: Core, actor: Actor, ref: RecipientRef, user: RecipientRef) -> Candidate:
    standing, group = await _managed(core, actor, ref, user)
    return await _candidate(core, standing.one(user, Kind.USER).no, group.no, asking=True)


async def _candidate(core: Core, user: int, group: int, *, asking: bool) -> Candidate:
    row = await one(core, Candidate, user=user, grp=group)
    if row is None or row.asking is not asking or (row.until is not None and core.clock() >= row.until):
        raise Problem("not_found")
    return row


def _gone(row: Candidate) -> Drop:
    return Drop(Candidate, (row.user, row.grp))


async def _drop(core: Core, actor: Actor, row: Candidate, kind: str) -> None:
    draft = Draft(core, actor)
    draft.add(_gone(row))
    draft.note(kind, row.grp)
    await draft.commit()


def _refuse(edited: Edited) -> None:
    if edited.refused:
        raise Problem(edited.refused[0].code)
