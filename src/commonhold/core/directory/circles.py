"""People and groups with what stands around them: names of owners, organisations, and who is what in them."""

from collections.abc import AsyncIterator, Collection, Mapping
from typing import Final

import msgspec

from commonhold.core.core import Core
from commonhold.core.directory.groups import Group, group_of, sees
from commonhold.core.directory.people import Person, seen_by
from commonhold.core.directory.presets import preset_of
from commonhold.core.directory.reading import After, by_no, equal, every, one, page_of
from commonhold.core.directory.standing import Standing, a, stand
from commonhold.core.identity import Actor, RecipientRef
from commonhold.core.model import MAIN_ORG, Allowance, Level, Principal, Profile, Space
from commonhold.core.policy.allowances import allowance_of
from commonhold.core.policy.require import machine
from commonhold.core.ports import LONGEST_PAGE
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind

MOST_PAGES: Final = 50  # pages of groups that one walk reads: who has more of them asks by id


class Around(msgspec.Struct, frozen=True):
    """Groups as somebody sees them, and what one person (``whose``) is in them: ``Group.level`` and ``inside``."""

    groups: tuple[Group, ...]
    owners: Mapping[int, str]  # number → log-in name
    orgs: Mapping[int, str]  # number → uid
    whose: int | None
    inside: frozenset[int]  # groups that he is in, by other groups too


class Circle(msgspec.Struct, frozen=True):
    """A person with his organisation, what he may do at all, and his groups; ``used``: bytes, if that may be seen."""

    person: Person
    org: str | None  # uid
    allowance: Allowance
    around: Around
    used: int = 0
    preset: str | None = None  # uid


class OwnOrg(msgspec.Struct, frozen=True):
    """The organisation that somebody belongs to, or the main one."""

    no: int
    uid: str
    title: str
    made_at: int


async def circle_of(core: Core, actor: Actor, ref: RecipientRef, *, groups: bool = True) -> Circle:
    """Return a person and what is around him, as far as the actor may see it.

    :raises Problem: unknown_user, unauthenticated
    """
    ref = a(Kind.USER, ref)
    no = (await stand(core, actor, ref)).one(ref, Kind.USER).no
    standing = await stand(core, actor, no, subjects=(no,))
    row = standing.one(no, Kind.USER)
    whole = standing.is_self(row) or standing.over(row)
    around = await _his_groups(core, actor, row, whole=whole, held=standing.seen.set_of(no) if groups else ())
    orgs = await _rows(core, {row.org} if row.org is not None else ())
    spaces = await every(core, Space, owner=no) if whole else []
    preset = await preset_of(core, row.org, no) if whole else None
    return Circle(
        seen_by(standing, row, standing.profile(row)),
        orgs[row.org].uid if row.org in orgs else None,
        allowance_of(standing.seen, no),
        around,
        sum(space.used for space in spaces),
        preset.uid if preset is not None else None,
    )


async def _his_groups(core: Core, actor: Actor, row: Principal, *, whole: bool, held: Collection[int]) -> Around:
    around = await groups_around(core, actor, tuple(sorted(held)), row.no)
    if whole:
        return around
    shown = tuple(group for group in around.groups if not group.terms.hidden_members)
    return msgspec.structs.replace(around, groups=shown)


async def groups_around(core: Core, actor: Actor, refs: Collection[RecipientRef], whose: int | None = None) -> Around:
    """Return those of some groups that the actor may learn of, logged in or not; ``whose`` None: what he is himself."""
    whose = actor.user if whose is None else whose
    subjects = (whose,) if whose is not None else ()
    named = [a(Kind.GROUP, ref) for ref in refs]
    standing = await stand(core, actor, *named, subjects=subjects, nobody=True)
    seen = standing.seen
    found = dict.fromkeys(seen.found_recipients[ref] for ref in named if ref in seen.found_recipients)
    rows = [seen.principals[no] for no in found if _is_group(standing, no)]
    groups = [group_of(standing, row) for row in rows if sees(standing, row)]
    held = tuple(msgspec.structs.replace(group, level=_level(standing, whose, group.no)) for group in groups)
    names = await _names(core, {group.owner for group in groups if group.owner is not None})
    orgs = await _rows(core, {group.org for group in groups if group.org is not None})
    inside = seen.set_of(whose) if whose is not None else frozenset[int]()
    return Around(held, names, {no: org.uid for no, org in orgs.items()}, whose, inside)


def _is_group(standing: Standing, no: int) -> bool:
    row = standing.seen.principals.get(no)
    return row is not None and row.kind is Kind.GROUP and no in standing.seen.profiles


def _level(standing: Standing, whose: int | None, group: int) -> Level | None:
    return standing.seen.levels.get((whose, group)) if whose is not None else None


async def one_group(core: Core, actor: Actor, ref: RecipientRef) -> tuple[Group, Around]:
    """Return one group that the actor may learn of, logged in or not, and what is around it.

    :raises Problem: unknown_group
    """
    around = await groups_around(core, actor, (ref,))
    if not around.groups:
        raise Problem("unknown_group")
    return around.groups[0], around


async def walk_groups(
    core: Core, actor: Actor, *, pages: int = MOST_PAGES, size: int = LONGEST_PAGE
) -> AsyncIterator[Around]:
    """Yield the groups that the actor may learn of, logged in or not, by title; so many pages at most."""
    after: After = None
    where = equal(kind=Kind.GROUP)
    for _ in range(pages):
        page = await page_of(core, machine(), Profile, where, order=("name_key",), after=after, limit=size)
        if page.rows:
            yield await groups_around(core, actor, tuple(profile.no for profile in page.rows))
        after = page.next
        if after is None:
            return


async def own_name(core: Core, actor: Actor) -> str | None:
    """Return the log-in name of somebody; None where nobody is logged in."""
    profile = await one(core, Profile, no=actor.user) if actor.user is not None else None
    return profile.name if profile is not None else None


async def own_org(core: Core, actor: Actor) -> OwnOrg:
    """Return the organisation of somebody, or the main one for guests and whoever is not logged in."""
    who = await one(core, Principal, no=actor.user) if actor.user is not None else None
    no = who.org if who is not None and who.org is not None else MAIN_ORG
    row, profile = await one(core, Principal, no=no), await one(core, Profile, no=no)
    if row is None or profile is None:
        raise Problem("unknown_org")
    return OwnOrg(no, row.uid, profile.name, row.made_at)


async def _rows(core: Core, numbers: Collection[int]) -> dict[int, Principal]:
    found: dict[int, Principal] = {}
    for part in _parts(numbers):
        found |= await by_no(core, machine(), Principal, part)
    return found


async def _names(core: Core, numbers: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in _parts(numbers):
        found |= {no: row.name for no, row in (await by_no(core, machine(), Profile, part)).items()}
    return found


def _parts(numbers: Collection[int]) -> list[tuple[int, ...]]:
    """Return numbers in runs that one reading takes."""
    some = tuple(sorted(numbers))
    return [some[at : at + LONGEST_PAGE] for at in range(0, len(some), LONGEST_PAGE)]
