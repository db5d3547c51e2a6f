"""Random worlds for the laws of policy: people, nested groups with cycles, trees, shares hanging on one another."""

from typing import Any

from hypothesis import strategies as st

from commonhold.core.model import (
    EVERYONE,
    LINK,
    OWNER,
    Allowance,
    Item,
    ItemKind,
    Life,
    Member,
    Nested,
    Principal,
    Share,
    Space,
    State,
)
from commonhold.core.policy.snapshot import RuleHit
from commonhold.core.roles import ALL, Action, Kind, OrgRole, Role
from commonhold.testing.oracle import Asker, World

NOW = 1_000
ORGS, USERS, GROUPS = (10, 11), tuple(range(20, 26)), tuple(range(30, 34))
MOMENTS = st.sampled_from([None, None, None, NOW - 10, NOW, NOW + 10])


def _people(draw: Any, world: World) -> None:
    world.principals[EVERYONE] = Principal(EVERYONE, "everyone", Kind.EVERYONE)
    world.principals[LINK] = Principal(LINK, "link", Kind.LINK)
    for no in ORGS:
        world.principals[no] = Principal(no, f"org-{no}", Kind.ORG)
    for no in USERS:
        org = draw(st.sampled_from([None, *ORGS, 10]))
        state = draw(st.sampled_from([State.ACTIVE] * 6 + [State.SUSPENDED, State.DELETED]))
        role = draw(st.sampled_from([OrgRole.USER] * 4 + [OrgRole.ADMINISTRATOR, OrgRole.VIEWER]))
        admin = draw(st.integers(0, 9)) == 0
        world.principals[no] = Principal(no, f"user-{no}", Kind.USER, state, org, role, admin)
        if org is not None:
            world.members.append(Member(no, org))
    for no in GROUPS:
        world.principals[no] = Principal(no, f"group-{no}", Kind.GROUP)
    edges = st.lists(st.tuples(st.sampled_from(USERS), st.sampled_from(GROUPS)), max_size=8, unique=True)
    world.members += [Member(user, group) for user, group in draw(edges)]
    nests = st.lists(st.tuples(st.sampled_from(GROUPS), st.sampled_from(GROUPS)), max_size=6, unique=True)
    world.nested += [Nested(child, group) for child, group in draw(nests)]
    for holder in draw(st.lists(st.sampled_from([EVERYONE, 10, 20, 21]), max_size=2, unique=True)):
        kinds = draw(st.sampled_from([Kind(63), Kind(63) & ~Kind.LINK, Kind.USER]))
        longest = draw(st.sampled_from([None, 50, 5_000]))
        world.allowances[holder] = Allowance(holder, kinds=kinds, longest=longest, link_password=draw(st.booleans()))


def _tree(draw: Any, world: World) -> None:
    for space in (100, 101):
        owner = draw(st.sampled_from(USERS))
        top = space + 100
        world.spaces[space] = Space(space, f"space-{space}", owner, draw(st.sampled_from([None, *ORGS])), top)
        world.items[top] = Item(top, f"item-{top}", space, None, ItemKind.FOLDER, None, None)
    for no in range(210, 210 + draw(st.integers(2, 9))):
        parent = draw(st.sampled_from(sorted(world.items)))
        kind = draw(st.sampled_from([ItemKind.FOLDER, ItemKind.FOLDER, ItemKind.RECORD]))
        life = draw(st.sampled_from([Life.LIVE] * 8 + [Life.TRASHED, Life.DELETED]))
        world.items[no] = Item(
            no,
            f"item-{no}",
            world.items[parent].space,
            parent,
            kind,
            str(no),
            str(no),
            life,
            inherits=draw(st.integers(0, 3)) > 0,
        )
        if kind is ItemKind.RECORD:
            world.hits[no] = draw(st.lists(_hits(), max_size=3))


def _hits() -> st.SearchStrategy[RuleHit]:
    return st.builds(
        RuleHit,
        st.integers(1, 5),
        st.sampled_from([EVERYONE, *GROUPS, *USERS]),
        st.sampled_from([Action.READ, Action.READ | Action.SHARE, Action.READ | Action.WRITE | Action.DOWNLOAD, ALL]),
        st.sampled_from([None, frozenset({"a"}), frozenset({"a", "b"})]),
        st.sampled_from([None, None, None, frozenset[int](), frozenset(USERS[:2]), frozenset({EVERYONE, *GROUPS})]),
    )


def _shares(draw: Any, world: World) -> None:
    recipients = [*USERS, *GROUPS, *ORGS, EVERYONE, LINK]
    for no in range(500, 500 + draw(st.integers(0, 12))):
        to = draw(st.sampled_from(recipients))
        older = [None, *sorted(world.shares)]
        world.shares[no] = Share(
            no,
            no,
            f"share-{no}",
            draw(st.sampled_from(sorted(world.items))),
            to,
            world.principals[to].kind,
            draw(st.sampled_from([*Role, None])),
            draw(st.sampled_from([OWNER, *USERS])),
            draw(st.sampled_from(USERS)),
            "test",
            hangs_on=draw(st.sampled_from(older)),
            acts_as=draw(st.sampled_from([None, None, None, 30, 20])),
            mask=draw(st.sampled_from([Kind.NONE, Kind(63), Kind(63), Kind.USER | Kind.LINK])),
            starts=draw(MOMENTS),
            until=draw(MOMENTS),
            max_uses=draw(st.sampled_from([None, None, None, 1])),
            password=draw(st.sampled_from([None, None, None, "hash"])),
            state_at=draw(st.sampled_from([0, 7])),
            made_at=draw(st.sampled_from([NOW, NOW - 100])),
        )


@st.composite
def worlds(draw: Any) -> World:
    """Build a random world of at most six people, four groups, eleven items and twelve shares."""
    world = World()
    _people(draw, world)
    _tree(draw, world)
    _shares(draw, world)
    return world


def askers(world: World) -> list[Asker]:
    """Return everybody who may ask: each person, nobody, and holders of right and outdated passes."""
    passes = frozenset((share.no, share.state_at) for share in world.shares.values())
    stale = frozenset((share.no, share.state_at - 1) for share in world.shares.values())
    people = [Asker(user) for user in USERS]
    return [Asker(), Asker(None, passes), Asker(None, stale), Asker(USERS[0], passes), *people]
