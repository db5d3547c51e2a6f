"""Who is in a group: users by an edge of their own, other groups and mail addresses by nesting.

A removed member has lost access with the next request, because what somebody is is read with every decision.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from commonhold.core.changes import Change, Drop, Nest, Unnest, Upsert
from commonhold.core.core import Core, attempt
from commonhold.core.directory.addresses import is_address
from commonhold.core.directory.claims import new_mail
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.groups import Group, group_in, manages, shown, terms_of
from commonhold.core.directory.reading import After, Page, by_no, equal, page_of
from commonhold.core.directory.standing import Standing, a, stand
from commonhold.core.identity import Actor, Named, RecipientRef
from commonhold.core.model import EVERYONE, Level, Member, Nested, Principal, Profile, State
from commonhold.core.policy.allowances import allowance_of, domain_allowed
from commonhold.core.policy.allowed import DIRECTORY
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind

MEMBERS: Final = (Kind.USER, Kind.GROUP, Kind.MAIL)


class Refused(msgspec.Struct, frozen=True):
    """A reference that was not added or removed, and why."""

    ref: RecipientRef
    code: str


class Edited(msgspec.Struct, frozen=True):
    """What happened to a group: the numbers that are in it now (or no longer), and what was refused."""

    done: tuple[int, ...]
    refused: tuple[Refused, ...] = ()


class MemberOf(msgspec.Struct, frozen=True):
    """A member of a group or organisation, as lists show one."""

    no: int
    uid: str
    kind: Kind
    name: str
    state: State
    level: Level
    since: int


async def add_members(
    core: Core, actor: Actor, ref: RecipientRef, members: Sequence[RecipientRef], level: Level = Level.MEMBER
) -> Edited:
    """Put users (at a level), groups and mail addresses into a group; each is refused for itself.

    A user who is in it already gets the level; an address that nobody has met becomes known.

    :raises Problem: unknown_group, forbidden, too_many_recipients
    """
    _bounded(core, members)
    ref = a(Kind.GROUP, ref)

    async def once() -> Edited:
        standing = await _close_look(core, actor, ref, members)
        group = _managed(standing, ref)
        draft = Draft(core, actor)
        adding = _Adding(standing, draft, group, level, core.limits.principals)
        done, refused = [], []
        for member in dict.fromkeys(members):
            try:
                done.append(adding.add(member))
            except Problem as problem:
                refused.append(Refused(member, problem.code))
        if not done:
            return Edited((), tuple(refused))
        draft.note("group.members_added", group.no, count=len(done))
        commit = await draft.commit(standing.unchanged)
        return Edited(tuple(commit.no(no) for no in done), tuple(refused))

    return await attempt(once)


async def place_members(
    core: Core, actor: Actor, ref: RecipientRef, wanted: Mapping[RecipientRef, Level], *beside: Change, new: bool
) -> Edited:
    """Put users into a group, each at a level (``new``), or give another level to those who are in it.

    ``beside`` is written with it. Whoever is in it already and is put into it keeps what he is, if that is more; the
    owner keeps it always.

    :raises Problem: unknown_group, forbidden, too_many_recipients
    """
    _bounded(core, tuple(wanted))
    ref = a(Kind.GROUP, ref)

    async def once() -> Edited:
        standing = await _close_look(core, actor, ref, tuple(wanted))
        group = _managed(standing, ref)
        draft = Draft(core, actor)
        adding = {level: _Adding(standing, draft, group, level, core.limits.principals) for level in Level}
        done, refused = [], []
        for member, level in wanted.items():
            try:
                done.append(_placed(standing, group, adding[level], member, level, new=new))
            except Problem as problem:
                refused.append(Refused(member, problem.code))
        if done:
            draft.add(*beside)
        if draft.changes:
            draft.note("group.members_added" if new else "group.levels_changed", group.no, count=len(done))
            await draft.commit(standing.unchanged)
        return Edited(tuple(done), tuple(refused))

    return await attempt(once)


def _placed(
    standing: Standing, group: Principal, adding: "_Adding", member: RecipientRef, level: Level, *, new: bool
) -> int:
    """Draft the place of one user; return his number.

    :raises Problem: for what is refused
    """
    row = standing.one(member, Kind.USER)
    held = standing.seen.levels.get((row.no, group.no))
    if new and held is not None and level is Level.MEMBER:
        return row.no
    if not new and held is None:
        raise Problem("not_a_member")
    if row.no == group.owner:
        if level is not Level.MANAGER:
            raise Problem("forbidden")
        return row.no
    return adding.add(member)


def _bounded(core: Core, members: Sequence[RecipientRef]) -> None:
    if len(members) > core.limits.members_per_call:
        raise Problem("too_many_recipients", most=core.limits.members_per_call)


async def _close_look(core: Core, actor: Actor, ref: RecipientRef, members: Sequence[RecipientRef]) -> Standing:
    """Read the group and all who are named, with everything they are: in one reading, once their numbers are known."""
    standing = await stand(core, actor, ref, *members, scope=Action.MANAGE)
    found = tuple(no for no in standing.seen.found_recipients.values() if no in standing.seen.principals)
    return await stand(core, actor, ref, *members, *found, scope=Action.MANAGE, subjects=found)


def _managed(standing: Standing, ref: RecipientRef) -> Principal:
    group = group_in(standing, ref)
    if not manages(standing, group):
        raise Problem("forbidden")
    return group


class _Adding:
    """Decides on each new member of one group and drafts its edge."""

    def __init__(self, standing: Standing, draft: Draft, group: Principal, level: Level, most: int) -> None:
        self._standing = standing
        self._draft = draft
        self._group = group
        self._level = level
        self._most = most
        self._terms = terms_of(standing, group)

    def add(self, ref: RecipientRef) -> int:
        """Draft the edge of one member; return his number or placeholder.

        :raises Problem: for what is refused
        """
        seen = self._standing.seen
        row = seen.principals.get(seen.found_recipients.get(ref, 0))
        if row is None:
            no = self._new_address(ref)
            self._draft.add(Nest(no, self._group.no, self._draft.now))
            return no
        if row.kind not in MEMBERS or row.no not in seen.profiles:
            raise Problem("unknown_recipient")
        if row.kind is Kind.USER:
            self._user(row)
        elif row.kind is Kind.GROUP:
            self._nested(row)
        else:
            self._may_invite(seen.profiles[row.no].name)
            self._draft.add(Nest(row.no, self._group.no, self._draft.now))
        return row.no

    def _user(self, row: Principal) -> None:
        seen, group, by = self._standing.seen, self._group, self._standing.actor.user or 0
        if row.state not in (State.ACTIVE, State.PENDING):
            raise Problem("unknown_recipient")
        if seen.levels.get((row.no, group.no)) is self._level:
            return
        if self._terms.org_only and row.org != group.org:
            raise Problem("not_allowed")
        refuses = not seen.blocks.isdisjoint({(row.no, by), (row.no, EVERYONE)})
        if refuses and by != row.no and not self._standing.over(row):
            raise Problem("recipient_refuses")
        if len(seen.set_of(row.no) | seen.set_of(group.no)) > self._most:
            raise Problem("too_many_groups")
        self._draft.add(Upsert(Member(row.no, group.no, self._level, self._draft.now)))

    def _nested(self, row: Principal) -> None:
        """Refuse a ring: policy would bear one, but nobody means it."""
        group_in(self._standing, row.no)
        if row.no in self._standing.seen.set_of(self._group.no):
            raise Problem("group_cycle")
        self._draft.add(Nest(row.no, self._group.no, self._draft.now))

    def _new_address(self, ref: RecipientRef) -> int:
        if not isinstance(ref, Named) or ref.kind not in (None, Kind.MAIL) or not is_address(ref.text):
            raise Problem("unknown_recipient")
        self._may_invite(ref.text)
        return new_mail(self._draft, ref.text)

    def _may_invite(self, address: str) -> None:
        user = self._standing.actor.user
        if user is None:
            return
        allowance = allowance_of(self._standing.seen, user)
        if not allowance.kinds & Kind.MAIL:
            raise Problem("kind_not_allowed")
        if not domain_allowed(allowance, address):
            raise Problem("domain_not_allowed")


async def remove_members(core: Core, actor: Actor, ref: RecipientRef, members: Sequence[RecipientRef]) -> Edited:
    """Take users, groups and mail addresses out of a group; the owner stays as long as he is the owner.

    :raises Problem: unknown_group, forbidden, too_many_recipients
    """
    _bounded(core, members)
    ref = a(Kind.GROUP, ref)

    async def once() -> Edited:
        standing = await stand(core, actor, ref, *members, scope=Action.MANAGE)
        group = _managed(standing, ref)
        draft = Draft(core, actor)
        done, refused = [], []
        for member in dict.fromkeys(members):
            row = standing.seen.principals.get(standing.seen.found_recipients.get(member, 0))
            if row is None or row.kind not in MEMBERS:
                refused.append(Refused(member, "unknown_recipient"))
            elif row.no == group.owner:
                refused.append(Refused(member, "forbidden"))
            else:
                user = row.kind is Kind.USER
                draft.add(Drop(Member, (row.no, group.no)) if user else Unnest(row.no, group.no))
                done.append(row.no)
        if done:
            draft.note("group.members_removed", group.no, count=len(done))
            await draft.commit(standing.unchanged)
        return Edited(tuple(done), tuple(refused))

    return await attempt(once)


async def list_members(
    core: Core, actor: Actor, ref: RecipientRef, *, after: After = None, limit: int = 200
) -> Page[MemberOf]:
    """List the users directly in a group, by number, for those who may learn of it.

    :raises Problem: unknown_group, unauthenticated; forbidden if its members are hidden from the actor
    """
    standing, grp = await _listed(core, actor, a(Kind.GROUP, ref))
    allowed = standing.allowed(DIRECTORY)
    page = await page_of(core, allowed, Member, equal(grp=grp), order=("member",), after=after, limit=limit)
    edges = {edge.member: edge for edge in page.rows}
    rows, names = await by_no(core, allowed, Principal, tuple(edges)), await by_no(core, allowed, Profile, tuple(edges))
    return Page(tuple(_shown(rows[no], names[no], edges[no]) for no in edges if no in rows and no in names), page.next)


async def list_nested(
    core: Core, actor: Actor, ref: RecipientRef, *, after: After = None, limit: int = 200
) -> Page[MemberOf]:
    """List the groups and mail addresses directly in a group, by number; addresses for its managers only.

    :raises Problem: unknown_group, unauthenticated; forbidden if its members are hidden from the actor
    """
    standing, grp = await _listed(core, actor, a(Kind.GROUP, ref))
    allowed = standing.allowed(DIRECTORY)
    page = await page_of(core, allowed, Nested, equal(grp=grp), order=("child",), after=after, limit=limit)
    edges = {edge.child: Member(edge.child, grp, since=edge.since) for edge in page.rows}
    rows, names = await by_no(core, allowed, Principal, tuple(edges)), await by_no(core, allowed, Profile, tuple(edges))
    visible = {group.no for group in await shown(core, actor, tuple(edges))}
    if manages(standing, standing.seen.principals[grp]):
        visible |= {no for no, row in rows.items() if row.kind is Kind.MAIL}
    return Page(tuple(_shown(rows[no], names[no], edges[no]) for no in edges if no in visible), page.next)


async def _listed(core: Core, actor: Actor, ref: RecipientRef) -> tuple[Standing, int]:
    """Return the standing of somebody who may see who is in a group, and its number."""
    standing = await stand(core, actor, ref)
    group = group_in(standing, ref)
    if terms_of(standing, group).hidden_members and not manages(standing, group):
        raise Problem("forbidden")
    return standing, group.no


def _shown(row: Principal, profile: Profile, edge: Member) -> MemberOf:
    return MemberOf(row.no, row.uid, row.kind, profile.name, row.state, edge.level, edge.since)


async def groups_of(
    core: Core, actor: Actor, user: RecipientRef | None = None, *, after: After = None, limit: int = 200
) -> Page[Group]:
    """List all groups that somebody is in, nested ones included, by number: one's own, else those one may learn of.

    Of others, groups that hide their members are shown to administrators only.

    :raises Problem: unknown_user, unauthenticated, bad_cursor
    """
    ref = a(Kind.USER, user if user is not None else actor.user or 0)
    standing = await stand(core, actor, ref)
    person = standing.one(ref, Kind.USER)
    everything = sorted((await stand(core, actor, subjects=(person.no,))).seen.set_of(person.no))
    start = _start(after)
    numbers = tuple(no for no in everything if no > start)
    page = numbers[: max(1, min(limit, core.limits.page))]
    found = await shown(core, actor, page)
    if not (standing.is_self(person) or standing.over(person)):
        found = tuple(group for group in found if not group.terms.hidden_members)
    return Page(found, (page[-1],) if len(page) < len(numbers) else None)


def _start(after: After) -> int:
    match after:
        case None:
            return 0
        case (int(number),):
            return number
    raise Problem("bad_cursor", field="after")
