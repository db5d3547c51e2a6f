"""Groups in groups: what a principal is, whatever was nested and un-nested, circles included."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonhold.core.changes import Change, Drop, DropWhere, Nest, Unnest
from commonhold.core.identity import Actor
from commonhold.core.model import EVERYONE, MAIN_ORG, Member
from commonhold.core.policy.snapshot import Look
from commonhold.core.ports import Store
from commonhold.core.roles import Kind
from commonhold.testing.build import Builder, new_uid

EDGE = st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 5))


async def set_of(store: Store, principal: int) -> set[int]:
    """Return everything that a principal is, as a decision would see it."""
    snapshot = await store.look(Look(Actor(), subjects=(principal,)))
    return set(snapshot.set_of(principal))


def above(edges: set[tuple[int, int]], start: int) -> set[int]:
    """Return a group and all groups above it, step by step."""
    found = {start}
    while more := {grp for child, grp in edges if child in found} - found:
        found |= more
    return found


class Groups:
    """Membership, nesting, and the closure of both."""

    async def test_a_user_is_himself_his_groups_and_everyone(self, store: Store, build: Builder) -> None:
        """A person is himself, his organisation, the groups he is in directly and above, and everyone."""
        ann = await build.user("ann")
        one, top, other = await build.group("one", ann), await build.group("top"), await build.group("other")
        await build.nest(one, top)

        assert await set_of(store, ann) == {ann, MAIN_ORG, one, top, EVERYONE}
        assert await set_of(store, one) == {one, top, EVERYONE}
        assert await set_of(store, other) == {other, EVERYONE}

    async def test_membership_ends(self, store: Store, build: Builder) -> None:
        """Whoever is taken out of a group is no longer what is above it, unless another way leads there."""
        ann = await build.user("ann", org=None)
        one, two, top = await build.group("one", ann), await build.group("two", ann), await build.group("top")
        await build.nest(one, top)
        await build.nest(two, top)

        await build.commit(Drop(Member, (ann, one)))
        assert await set_of(store, ann) == {ann, two, top, EVERYONE}
        await build.commit(DropWhere(Member, "member", ann))

        assert await set_of(store, ann) == {ann, EVERYONE}

    async def test_a_verified_address(self, store: Store, build: Builder) -> None:
        """Whoever has verified an address is that address, and what it was put into."""
        ann = await build.user("ann", org=None)
        mail, grp = await build.mail("ann@example.org"), await build.group("grp")
        await build.nest(mail, grp)
        assert await set_of(store, mail) == {mail, grp, EVERYONE}

        await build.join(mail, ann)

        assert await set_of(store, ann) == {ann, mail, grp, EVERYONE}

    async def test_a_circle(self, store: Store, build: Builder) -> None:
        """Groups nested in a circle are all of them, until the circle is cut."""
        ann = await build.user("ann", org=None)
        ring = [await build.group(str(at)) for at in range(4)]
        await build.join(ring[0], ann)
        for at in range(4):
            await build.nest(ring[at], ring[(at + 1) % 4])
        assert await set_of(store, ann) == {ann, *ring, EVERYONE}
        assert await set_of(store, ring[2]) == {*ring, EVERYONE}

        await build.commit(Unnest(ring[1], ring[2]))

        assert await set_of(store, ann) == {ann, ring[0], ring[1], EVERYONE}
        assert await set_of(store, ring[2]) == {*ring, EVERYONE}

    async def test_a_group_in_itself(self, store: Store, build: Builder) -> None:
        """A group nested in itself is what it was, before and after."""
        grp = await build.group("grp")

        await build.nest(grp, grp)
        assert await set_of(store, grp) == {grp, EVERYONE}
        await build.commit(Unnest(grp, grp))

        assert await set_of(store, grp) == {grp, EVERYONE}

    async def test_two_ways_up(self, store: Store, build: Builder) -> None:
        """Un-nesting cuts one way: what is reached by another one stays."""
        low, left, right, top = [await build.group(name) for name in ("low", "left", "right", "top")]
        for child, grp in ((low, left), (low, right), (left, top), (right, top)):
            await build.nest(child, grp)

        await build.commit(Unnest(low, left))

        assert await set_of(store, low) == {low, right, top, EVERYONE}

    async def test_twice_and_never(self, store: Store, build: Builder) -> None:
        """Nesting what is nested and un-nesting what is not are no mistakes, and one un-nesting ends it."""
        child, grp, other = [await build.group(name) for name in ("child", "grp", "other")]
        await build.commit(Unnest(child, other))
        for _ in range(2):
            await build.nest(child, grp)

        await build.commit(Unnest(child, grp))

        assert await set_of(store, child) == {child, EVERYONE}

    async def test_within_one_commit(self, store: Store, build: Builder) -> None:
        """A group made in a commit may be nested in the same commit."""
        top = await build.group("top")
        changes: list[Change] = [Nest(top, top, 0)]
        low = await build.principal(Kind.GROUP, "low")

        await build.commit(*changes, Nest(low, top, 0), Unnest(low, top), Nest(low, top, 0))

        assert await set_of(store, low) == {low, top, EVERYONE}

    @pytest.mark.parametrize("depth", [40])
    async def test_deep_nesting(self, store: Store, build: Builder, depth: int) -> None:
        """Groups nested deep are followed to the top."""
        ladder = [await build.group(str(at)) for at in range(depth)]
        for child, grp in pairwise(ladder):
            await build.nest(child, grp)

        assert await set_of(store, ladder[0]) == {*ladder, EVERYONE}

    # One function for all engines: hypothesis would rather have one for each.
    @settings(
        max_examples=25,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(steps=st.lists(EDGE, max_size=20))
    async def test_any_nesting(self, build: Builder, steps: list[tuple[bool, int, int]]) -> None:
        """After any order of nesting and un-nesting everybody is exactly what the edges say."""
        groups = [await build.principal(Kind.GROUP, new_uid()) for _ in range(6)]
        edges: set[tuple[int, int]] = set()
        for nesting, low, high in steps:
            edge = (groups[low], groups[high])
            await build.commit(Nest(*edge, 0) if nesting else Unnest(*edge))
            (edges.add if nesting else edges.discard)(edge)

        for grp in groups:
            assert await set_of(build.store, grp) == above(edges, grp) | {EVERYONE}
