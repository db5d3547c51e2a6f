"""Groups: made, changed, deleted; who sees that one exists, and who decides on it."""

from typing import Any

import msgspec
from msgspec.structs import replace

from commonhold.core.changes import Drop, DropWhere, Set, Unnest, Upsert
from commonhold.core.core import Core, attempt
from commonhold.core.directory.attributes import encoded, merged
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.names import title as title_of
from commonhold.core.directory.reading import After, Page, equal, every, one, page_of
from commonhold.core.directory.standing import Standing, a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.keys import person_key
from commonhold.core.model import (
    Candidate,
    GroupTerms,
    Level,
    Member,
    Nested,
    Principal,
    Profile,
    Rule,
    State,
    attributes_of,
)
from commonhold.core.policy.allowances import allowance_of
from commonhold.core.policy.allowed import DIRECTORY
from commonhold.core.ports import Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind

UNSET = msgspec.UNSET
Unset = msgspec.UnsetType
JOINING = ("invited", "asked", "free")
VISIBLE = (Kind.USER, Kind.ORG, Kind.EVERYONE)


class NewGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group to be made. ``alike``: its title may be another group's too, and then only its number names it."""

    title: str
    owner: RecipientRef | None = None  # None: whoever makes it
    terms: GroupTerms = GroupTerms(0)
    attributes: dict[str, Any] = {}
    alike: bool = False
    owner_joins: bool = True


class GroupChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change of a group; UNSET stays. ``terms`` names columns of ``GroupTerms``."""

    title: str | Unset = UNSET
    owner: RecipientRef | Unset = UNSET
    terms: dict[str, Any] = {}
    attributes: dict[str, Any] = {}  # merged; None takes one away


class Group(msgspec.Struct, frozen=True):
    """A group as somebody sees it; ``level``: what he is in it himself, directly."""

    no: int
    uid: str
    title: str
    owner: int | None
    org: int | None
    made_at: int
    terms: GroupTerms
    level: Level | None = None
    attributes: dict[str, Any] = {}


def manages(standing: Standing, group: Principal) -> bool:
    """Tell whether the actor decides who is in a group: owner, managers, administrators; never with a narrow scope."""
    user = standing.actor.user
    level = standing.seen.levels.get((user, group.no)) if user is not None else None
    scope = bool(standing.actor.actions & Action.MANAGE)
    return standing.over(group) or (scope and user is not None and (group.owner == user or level is Level.MANAGER))


def owns(standing: Standing, group: Principal) -> bool:
    """Tell whether the actor decides on a group itself: its owner, and administrators."""
    user = standing.actor.user
    return standing.over(group) or (user is not None and group.owner == user)


def sees(standing: Standing, group: Principal) -> bool:
    """Tell whether the actor learns that a group exists."""
    if standing.over(group):
        return True
    user = standing.actor.user or 0
    if group.owner == user or group.no in standing.seen.set_of(user):
        return True
    visible = terms_of(standing, group).visible
    who = standing.seen.principals.get(user)
    org = who.org if who is not None else None
    return visible is Kind.EVERYONE or (visible is Kind.ORG and org is not None and group.org == org)


def terms_of(standing: Standing, group: Principal) -> GroupTerms:
    """Return the terms of a group."""
    return standing.seen.terms.get(group.no, GroupTerms(group.no))


def group_in(standing: Standing, ref: RecipientRef) -> Principal:
    """Return the group that a reference names, if the actor may learn of it.

    :raises Problem: unknown_group
    """
    row = standing.one(ref, Kind.GROUP)
    if not sees(standing, row):
        raise Problem("unknown_group")
    return row


def group_of(standing: Standing, row: Principal) -> Group:
    """Return a group as the actor sees it."""
    profile = standing.profile(row)
    level = standing.seen.levels.get((standing.actor.user or 0, row.no))
    terms, attributes = terms_of(standing, row), attributes_of(profile)
    return Group(row.no, row.uid, profile.name, row.owner, row.org, row.made_at, terms, level, attributes)


async def add_group(core: Core, actor: Actor, new: NewGroup) -> Group:
    """Make a group; its owner is in it, as a manager, unless that is not wanted.

    :raises Problem: not_allowed for guests and viewers, forbidden for somebody else's, unknown_user, name_taken,
        name_empty, name_too_long, name_forbidden, invalid_field
    """
    title, attributes, terms = title_of(new.title), encoded(new.attributes), _proper(new.terms)

    async def once() -> int:
        ref = a(Kind.USER, new.owner if new.owner is not None else actor.user or 0)
        standing = await stand(core, actor, ref, scope=Action.MANAGE)
        owner = standing.one(ref, Kind.USER, "owner")
        _refuse_owner(standing, owner)
        draft = Draft(core, actor)
        no, uid = draft.no(), draft.uid()
        key = person_key(title)
        if new.alike:
            key = f"{key}\x1f{uid}"
        else:
            await _refuse_taken(core, key)
        draft.put(Principal(no, uid, Kind.GROUP, org=owner.org, owner=owner.no, made_at=draft.now))
        draft.put(Profile(no, Kind.GROUP, title, key, attributes=attributes))
        draft.put(msgspec.structs.replace(terms, no=no))
        if new.owner_joins:
            draft.put(Member(owner.no, no, Level.MANAGER, draft.now))
        draft.note("group.added", no)
        return (await draft.commit(standing.unchanged)).no(no)

    return await get_group(core, actor, await attempt(once))


def _refuse_owner(standing: Standing, owner: Principal) -> None:
    """Refuse to make a group for somebody: oneself needs the allowance, for others one administers them."""
    if standing.over(owner):
        return
    if not standing.is_self(owner):
        raise Problem("forbidden", field="owner")
    if owner.state is not State.ACTIVE or not allowance_of(standing.seen, owner.no).make:
        raise Problem("not_allowed")


async def _refuse_taken(core: Core, key: str, group: int | None = None) -> None:
    found = await one(core, Profile, kind=Kind.GROUP, name_key=key)
    if found is not None and found.no != group:
        raise Problem("name_taken", field="title")


def _proper(terms: GroupTerms) -> GroupTerms:
    """Return terms that can be kept.

    :raises Problem: invalid_field
    """
    if terms.joining not in JOINING:
        raise Problem("invalid_field", field="joining")
    if terms.visible not in VISIBLE:
        raise Problem("invalid_field", field="visible")
    return terms


async def change_group(core: Core, actor: Actor, ref: RecipientRef, change: GroupChange) -> Group:
    """Change a group: its managers title and attributes, its owner and administrators also owner and terms.

    Whoever gave a group away and does not see it any more is told what he made of it.

    :raises Problem: unknown_group, forbidden, unknown_user, not_allowed, name_taken, invalid_field
    """
    ref = a(Kind.GROUP, ref)
    owner = change.owner
    heir = None if isinstance(owner, Unset) else a(Kind.USER, owner)

    async def once() -> Group:
        standing = await stand(core, actor, ref, *([heir] if heir is not None else ()), scope=Action.MANAGE)
        group = group_in(standing, ref)
        if not (owns if change.terms or heir is not None else manages)(standing, group):
            raise Problem("forbidden")
        draft = Draft(core, actor)
        await _rename(core, standing, draft, group, change)
        made = group_of(standing, group)
        if change.terms:
            terms = _changed(terms_of(standing, group), change.terms)
            draft.add(Upsert(terms))
            made = replace(made, terms=terms)
        if heir is not None:
            to = standing.one(heir, Kind.USER, "owner")
            _hand_over(draft, group, to)
            made = replace(made, owner=to.no)
        draft.note("group.changed", group.no)
        await draft.commit(standing.unchanged)
        return made

    made = await attempt(once)
    try:
        return await get_group(core, actor, made.no)
    except Problem as problem:
        if problem.code != "unknown_group":
            raise
        title = made.title if isinstance(change.title, Unset) else title_of(change.title)
        return replace(made, title=title)


async def _rename(core: Core, standing: Standing, draft: Draft, group: Principal, change: GroupChange) -> None:
    values: dict[str, Any] = {}
    if isinstance(change.title, str):
        title = title_of(change.title)
        key, alike, uid = standing.profile(group).name_key.partition("\x1f")
        key = person_key(title) + alike + uid
        await _refuse_taken(core, key, group.no)
        values = {"name": title, "name_key": key}
    if change.attributes:
        values["attributes"] = merged(standing.profile(group), change.attributes)
    if values:
        draft.add(Set(Profile, (group.no,), values))


def _changed(terms: GroupTerms, values: dict[str, Any]) -> GroupTerms:
    """Return terms with some columns changed, each of its own type.

    :raises Problem: invalid_field
    """
    known = set(GroupTerms.__struct_fields__) - {"no"}
    if unknown := sorted(set(values) - known):
        raise Problem("invalid_field", field=unknown[0])
    try:
        return _proper(msgspec.convert({**msgspec.structs.asdict(terms), **values}, GroupTerms))
    except msgspec.ValidationError:
        raise Problem("invalid_field", field="terms") from None


def _hand_over(draft: Draft, group: Principal, heir: Principal) -> None:
    if heir.state is not State.ACTIVE:
        raise Problem("not_allowed", field="owner")
    draft.add(Set(Principal, (group.no,), {"owner": heir.no}))
    draft.add(Upsert(Member(heir.no, group.no, Level.MANAGER, draft.now)))


async def delete_group(core: Core, actor: Actor, ref: RecipientRef) -> None:
    """Delete a group: what was shared with it reaches nobody from now on.

    :raises Problem: unknown_group, forbidden, protected
    """
    ref = a(Kind.GROUP, ref)

    async def once() -> None:
        standing = await stand(core, actor, ref, scope=Action.MANAGE)
        group = group_in(standing, ref)
        if not owns(standing, group):
            raise Problem("forbidden")
        if terms_of(standing, group).protected:
            raise Problem("protected")
        draft = Draft(core, actor)
        below, above = await every(core, Nested, grp=group.no), await every(core, Nested, child=group.no)
        draft.add(*(Unnest(edge.child, edge.grp) for edge in (*below, *above)))
        draft.add(*(DropWhere(table, "grp", group.no) for table in (Member, Candidate)))
        draft.add(DropWhere(Rule, "principal", group.no))
        draft.add(Drop(Profile, (group.no,)), Drop(GroupTerms, (group.no,)))
        draft.add(Set(Principal, (group.no,), {"state": State.DELETED, "owner": None}))
        draft.note("group.deleted", group.no)
        await draft.commit(standing.unchanged)

    await attempt(once)


async def get_group(core: Core, actor: Actor, ref: RecipientRef) -> Group:
    """Return one group that the actor may learn of.

    :raises Problem: unknown_group, unauthenticated
    """
    ref = a(Kind.GROUP, ref)
    standing = await stand(core, actor, ref)
    return group_of(standing, group_in(standing, ref))


async def list_groups(
    core: Core, actor: Actor, starts_with: str = "", *, after: After = None, limit: int = 200
) -> Page[Group]:
    """List the groups that the actor may learn of, by title; a page may be short and have a ``next``.

    :raises Problem: unauthenticated
    """
    where = equal(kind=Kind.GROUP)
    if starts_with:
        where += (Where("name_key", "prefix", person_key(starts_with)),)
    allowed = (await stand(core, actor)).allowed(DIRECTORY)
    page = await page_of(core, allowed, Profile, where, order=("name_key",), after=after, limit=limit)
    return Page(await shown(core, actor, tuple(profile.no for profile in page.rows)), page.next)


async def shown(core: Core, actor: Actor, numbers: tuple[int, ...]) -> tuple[Group, ...]:
    """Return those of some groups that the actor may learn of, in the same order."""
    standing = await stand(core, actor, *numbers)
    rows = (standing.seen.principals.get(no) for no in numbers)
    groups = [row for row in rows if row is not None and row.kind is Kind.GROUP and row.no in standing.seen.profiles]
    return tuple(group_of(standing, row) for row in groups if sees(standing, row))
