"""A naive evaluator of the formula, written from its words alone: slow, without memory, without cleverness.

It shares nothing with ``core.policy`` but the rows and the tables of roles, so that both being wrong in the same way
is unlikely. Tests compare every decision, list, audience and reason with it (invariants 1, 3 and 4).
"""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import msgspec

from commonhold.core.identity import Pass
from commonhold.core.model import (
    EVERYONE,
    OWNER,
    Allowance,
    Item,
    Life,
    Member,
    Nested,
    Principal,
    Profile,
    Row,
    Share,
    Space,
    State,
)
from commonhold.core.policy.require import machine
from commonhold.core.policy.snapshot import RuleHit, Snapshot
from commonhold.core.ports import LONGEST_PAGE, Rows, Store
from commonhold.core.roles import ALL, ROLE_ACTIONS, Action, ItemKind, Kind, OrgRole

R = TypeVar("R", bound=Row)


class World(msgspec.Struct):
    """All rows there are. ``hits``: for each record, the rules whose filter holds for its row."""

    principals: dict[int, Principal] = {}
    profiles: dict[int, Profile] = {}
    members: list[Member] = []
    nested: list[Nested] = []
    spaces: dict[int, Space] = {}
    items: dict[int, Item] = {}
    shares: dict[int, Share] = {}
    allowances: dict[int, Allowance] = {}
    hits: dict[int, list[RuleHit]] = {}


class Asker(msgspec.Struct, frozen=True):
    """Who asks: a person or nobody, with the passes he holds as (share, state)."""

    user: int | None = None
    passes: frozenset[tuple[int, int]] = frozenset()


def everything_he_is(world: World, principal: int | None) -> set[int]:
    """Follow edges upwards until nothing new is found."""
    found = {EVERYONE} if principal is None else {EVERYONE, principal}
    found |= {edge.grp for edge in world.members if edge.member == principal}
    while True:
        more = {edge.grp for edge in world.nested if edge.child in found} - found
        if not more:
            return found
        found |= more


def above(world: World, item: int) -> list[int]:
    """The item and its parents, to the top."""
    parent = world.items[item].parent
    return [item] if parent is None else [item, *above(world, parent)]


def reached_from(world: World, item: int) -> list[int]:
    """The places whose shares reach the item: upwards until one takes nothing from above."""
    places = []
    for place in above(world, item):
        places.append(place)
        if not world.items[place].inherits:
            break
    return places


def counts(world: World, principal: int | None) -> bool:
    """Whether a principal is active."""
    return principal in world.principals and world.principals[principal].state == State.ACTIVE


def owns_or_administers(world: World, user: int | None, item: int) -> bool:
    """Ownership of the space, administration of its organisation or of everything."""
    if user is None or not counts(world, user):
        return False
    row, space = world.principals[user], world.spaces[world.items[item].space]
    administers = row.org is not None and row.org == space.org and row.org_role == OrgRole.ADMINISTRATOR
    return space.owner == user or administers or row.admin


def ruled(world: World, principal: int | None, item: int) -> Action:
    """What rules held by the principal, or by anything he is, allow on a record."""
    found = Action.NONE
    if world.items[item].kind == ItemKind.RECORD:
        for hit in world.hits.get(item, []):
            asker = EVERYONE if principal is None else principal
            about = hit.askers is None or asker in hit.askers
            if about and hit.principal in everything_he_is(world, principal):
                found |= hit.actions
    return found


def own_right(world: World, user: int | None, item: int) -> Action:
    """Never a share."""
    return ALL if owns_or_administers(world, user, item) else ruled(world, user, item)


def limits_of(world: World, user: int) -> tuple[Kind, int | None, bool]:
    """Kinds, longest life and need of link passwords: the narrowest of everybody's, the organisation's, his own."""
    row = world.principals[user]
    kinds, lives, password = Kind(63), [], False
    if row.org is None and not row.admin:
        kinds = Kind.USER | Kind.GROUP | Kind.MAIL
    elif row.org_role == OrgRole.VIEWER:
        kinds = Kind.NONE
    for holder in (EVERYONE, row.org, user):
        if holder in world.allowances:
            allowance = world.allowances[holder]
            kinds &= allowance.kinds
            password = password or allowance.link_password
            if allowance.longest is not None:
                lives.append(allowance.longest)
    return kinds, min(lives) if lives else None, password


def gives(world: World, now: int, share: Share, item: int, hops: int = 1) -> Action:
    """actions(role) ∩ rules(acts_as) ∩ backing."""
    if hops > 8 or (share.starts is not None and now < share.starts):
        return Action.NONE
    if share.until is not None and (now >= share.until or (share.starts is not None and share.until <= share.starts)):
        return Action.NONE
    backer = world.spaces[world.items[share.item].space].owner if share.stands_on == OWNER else share.stands_on
    if not counts(world, backer):
        return Action.NONE
    kinds, longest, password = limits_of(world, backer)
    if share.kind not in kinds or (longest is not None and now >= share.made_at + longest):
        return Action.NONE
    if password and share.kind == Kind.LINK and share.password is None:
        return Action.NONE
    named = Action.READ | Action.DOWNLOAD if share.role is None else ROLE_ACTIONS[share.role] & ~Action.SHARE
    if share.role is not None and share.mask:
        named |= Action.SHARE
    if share.acts_as is not None:
        if not counts(world, share.acts_as):
            return Action.NONE
        if not world.principals[share.acts_as].admin:
            named &= ruled(world, share.acts_as, item)
    return named & _backing(world, now, share, item, backer, hops)


def _backing(world: World, now: int, share: Share, item: int, backer: int, hops: int) -> Action:
    if share.hangs_on is None:
        return own_right(world, backer, item)
    parent = world.shares.get(share.hangs_on)
    if parent is None or share.kind not in parent.mask or parent.max_uses is not None:
        return Action.NONE
    if parent.kind == Kind.LINK or parent.password is not None:
        return Action.NONE
    if parent.recipient not in everything_he_is(world, backer):
        return Action.NONE
    if parent.item not in reached_from(world, share.item):
        return Action.NONE
    return gives(world, now, parent, item, hops + 1)


def reaching(world: World, asker: Asker, item: int) -> Iterator[Share]:
    """The shares on the way up that the asker receives."""
    mine = everything_he_is(world, asker.user)
    for share in world.shares.values():
        if share.item in reached_from(world, item):
            if share.kind == Kind.LINK or share.password is not None or share.max_uses is not None:
                if (share.no, share.state_at) in asker.passes:
                    yield share
            elif share.recipient in mine:
                yield share


def held(asker: Asker) -> Iterator[Pass]:
    """The asker's passes as the core knows them."""
    return (Pass(share, state) for share, state in sorted(asker.passes))


def right(world: World, now: int, asker: Asker, item: int) -> Action:
    """The formula: (own right ∪ what the live shares on the chain give); nothing below what is deleted."""
    lives = {world.items[place].life for place in above(world, item)}
    if Life.DELETED in lives or (asker.user is not None and not counts(world, asker.user)):
        return Action.NONE
    found = own_right(world, asker.user, item)
    if lives == {Life.LIVE}:
        for share in reaching(world, asker, item):
            found |= gives(world, now, share, item)
    return found


def everybody_reached(world: World, now: int, item: int, askers: Iterable[Asker]) -> set[Asker]:
    """Those of ``askers`` who may do anything at all with the item."""
    return {asker for asker in askers if right(world, now, asker, item)}


def snapshot_of(world: World) -> Snapshot:
    """Return a snapshot that holds the whole world, for judging without a store."""
    on: dict[int, tuple[int, ...]] = {}
    for share in world.shares.values():
        on[share.item] = (*on.get(share.item, ()), share.no)
    return Snapshot(
        items=dict(world.items),
        spaces=dict(world.spaces),
        principals=dict(world.principals),
        profiles=dict(world.profiles),
        sets={no: frozenset(everything_he_is(world, no)) for no in world.principals},
        shares=dict(world.shares),
        on=on,
        rules={no: tuple(hits) for no, hits in world.hits.items()},
        allowances=dict(world.allowances),
        administrators=tuple(sorted(no for no, row in world.principals.items() if row.kind == Kind.USER)),
        standing=tuple(sorted(world.shares)),
    )


async def read_world(store: Store) -> World:
    """Read all rows of a store, page by page: records have no rules here, as those are evaluated in SQL."""
    return World(
        {row.no: row for row in await _all(store, Principal)},
        {row.no: row for row in await _all(store, Profile)},
        await _all(store, Member),
        await _all(store, Nested),
        {row.no: row for row in await _all(store, Space)},
        {row.no: row for row in await _all(store, Item)},
        {row.no: row for row in await _all(store, Share)},
        {row.no: row for row in await _all(store, Allowance)},
    )


async def _all(store: Store, table: type[R]) -> list[R]:
    found: list[R] = []
    after: tuple[Any, ...] | None = None
    while True:
        page = await store.rows(machine(), Rows(table, after=after))
        found += page
        if len(page) < LONGEST_PAGE:
            return found
        after = tuple(getattr(page[-1], column) for column in table.key)
