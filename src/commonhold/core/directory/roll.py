"""Everybody and every group at once, with who is directly in which: for clients that take such lists whole."""

from collections.abc import Collection, Sequence
from typing import Final, TypeVar

import msgspec

from commonhold.core.core import Core
from commonhold.core.directory.reading import page_of
from commonhold.core.directory.standing import stand
from commonhold.core.identity import Actor
from commonhold.core.model import Member, Nested, Principal, Profile, Row, State
from commonhold.core.policy.allowed import DIRECTORY, Allowed
from commonhold.core.policy.require import allow
from commonhold.core.ports import LONGEST_PAGE, Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind

MOST: Final = 10_000  # people, or groups, in one list

R = TypeVar("R", bound=Row)


class Entry(msgspec.Struct, frozen=True):
    """A principal with its names."""

    row: Principal
    profile: Profile


class Roll(msgspec.Struct):
    """Principals by number; who is directly in each group: users, and groups in groups."""

    users: dict[int, Entry] = {}
    groups: dict[int, Entry] = {}
    members: dict[int, list[int]] = {}  # group → users
    nested: dict[int, list[int]] = {}  # group → groups


async def roll(core: Core, actor: Actor, *, users: bool = True, groups: bool = True, edges: bool = True) -> Roll:
    """Return all users, all groups, and who is in them. What of it somebody is shown is the face's to say.

    :raises Problem: unauthenticated; query_too_costly beyond ``MOST``
    """
    allowed = (await stand(core, actor)).allowed(DIRECTORY)
    found = Roll()
    if users:
        found.users = await _entries(core, allowed, Kind.USER)
    if groups or edges:
        found.groups = await _entries(core, allowed, Kind.GROUP)
    if edges:
        for edge in await _within(core, allowed, Member, found.groups):
            found.members.setdefault(edge.grp, []).append(edge.member)
        for nest in await _within(core, allowed, Nested, found.groups):
            if nest.child in found.groups:
                found.nested.setdefault(nest.grp, []).append(nest.child)
    return found


async def _entries(core: Core, allowed: Allowed, kind: Kind) -> dict[int, Entry]:
    profiles = {row.no: row for row in await _every(core, allowed, Profile, (Where("kind", "eq", kind),))}
    rows = await _every(core, allowed, Principal, (Where("kind", "eq", kind),))
    return {
        row.no: Entry(row, profiles[row.no]) for row in rows if row.no in profiles and row.state is not State.DELETED
    }


async def _within(core: Core, allowed: Allowed, table: type[R], groups: Collection[int]) -> list[R]:
    found: list[R] = []
    numbers = sorted(groups)
    for at in range(0, len(numbers), LONGEST_PAGE):
        where = (Where("grp", "in", tuple(numbers[at : at + LONGEST_PAGE])),)
        found += await _every(core, allowed, table, where)
    return found


async def _every(core: Core, allowed: Allowed, table: type[R], where: tuple[Where, ...]) -> list[R]:
    found: list[R] = []
    after = None
    while True:
        page = await page_of(core, allowed, table, where, after=after)
        found += page.rows
        after = page.next
        if after is None:
            return found
        if len(found) >= MOST:
            raise Problem("query_too_costly", limit="principals", allowed=MOST)


async def with_uids(core: Core, actor: Actor, uids: Sequence[str]) -> dict[str, Principal]:
    """Return the principals that have these uids, by uid; for whoever is logged in.

    :raises Problem: unauthenticated
    """
    return {row.uid: row for row in await _those(core, actor, "uid", uids)}


async def with_numbers(core: Core, actor: Actor, numbers: Sequence[int]) -> dict[int, Principal]:
    """Return principals by their numbers; for whoever is logged in.

    :raises Problem: unauthenticated
    """
    return {row.no: row for row in await _those(core, actor, "no", numbers)}


async def _those(core: Core, actor: Actor, column: str, values: Sequence[str | int]) -> list[Principal]:
    allowed = allow(actor, DIRECTORY)
    found: list[Principal] = []
    some = list(dict.fromkeys(values))
    for at in range(0, len(some), LONGEST_PAGE):
        where = (Where(column, "in", tuple(some[at : at + LONGEST_PAGE])),)
        found += await core.store.rows(allowed, Rows(Principal, where))
    return [row for row in found if row.state is not State.DELETED]
