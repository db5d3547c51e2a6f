"""A look reads enough for every decision, and asks few questions for it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers
from tests.core.policy.worlds import NOW, USERS, askers, worlds

from commonhold.core.changes import Taken
from commonhold.core.identity import Actor, Named, Pass
from commonhold.core.model import EVERYONE, LINK, ROWS, GroupTerms, Instance, Item, ItemKind, Row, Rule
from commonhold.core.policy.audience import Reason, audience, why
from commonhold.core.policy.decide import Judge
from commonhold.core.policy.snapshot import START, Look, Part, Place, RuleHit, Step
from commonhold.core.roles import ANY_KIND
from commonhold.store.look import assemble
from commonhold.store.memory import MemoryStore
from commonhold.store.memory_probes import MemoryProbes
from commonhold.store.memory_tables import Table, key_of
from commonhold.testing.build import Builder
from commonhold.testing.oracle import Asker, World, right, snapshot_of


class WorldProbes(MemoryProbes):
    """Probes into a world of the oracle, its rules included."""

    def __init__(self, world: World) -> None:
        """Put the world's rows into tables; shares that no store would take leave the world."""
        self.hits = world.hits
        for at, no in enumerate(world.hits):
            world.items[no] = msgspec.structs.replace(world.items[no], collection="c", ref=str(at))
        tables: dict[type[Row], Table[Any]] = {row: Table(row) for row in ROWS}
        for rows in (world.principals, world.profiles, world.spaces, world.items, world.allowances):
            for row in rows.values():
                tables[type(row)].write(key_of(row), row)
        for edge in (*world.members, *world.nested):
            tables[type(edge)].write(key_of(edge), edge)
        for at, hit in enumerate(hit for hits in world.hits.values() for hit in hits):
            tables[Rule].write((at,), Rule(at, str(at), hit.principal, "c", hit.actions))
        for share in list(world.shares.values()):
            try:
                tables[type(share)].write(key_of(share), share)
            except Taken:
                del world.shares[share.no]
        super().__init__(tables, Instance())

    def rule_hits(
        self,
        records: Collection[Item],
        principals: Collection[int],
        askers: Mapping[int, frozenset[int]],
    ) -> Mapping[int, Sequence[RuleHit]]:
        """Return those rules of these principals that hold."""
        return {row.no: [hit for hit in self.hits.get(row.no, ()) if hit.principal in principals] for row in records}


def actor_of(asker: Asker) -> Actor:
    """Return the actor that asks."""
    return Actor(asker.user, tuple(Pass(*held) for held in sorted(asker.passes)))


@settings(max_examples=40)
@given(world=worlds())
def test_every_look_reads_enough(world: World) -> None:
    """Whoever asks, the right that follows from a look at one item is the one that follows from all rows there are."""
    probes = WorldProbes(world)

    for asker in askers(world):
        actor = actor_of(asker)
        for item in world.items:
            judge = Judge(assemble(Look(actor, items=(item,)), probes), NOW)
            assert judge.right(actor, item).actions == right(world, NOW, asker, item)


@settings(max_examples=20)
@given(world=worlds())
def test_one_look_for_many(world: World) -> None:
    """A look at all items for several subjects reads enough for each of them."""
    judge = Judge(assemble(Look(Actor(), items=tuple(world.items), subjects=USERS), WorldProbes(world)), NOW)

    for user in USERS:
        for item in world.items:
            assert judge.right(Actor(user), item).actions == right(world, NOW, Asker(user), item)


@settings(max_examples=20)
@given(world=worlds())
def test_a_look_reads_the_audience(world: World) -> None:
    """Audience and reasons that follow from a look at them are those that follow from all rows there are."""
    probes, whole = WorldProbes(world), Judge(snapshot_of(world), NOW)
    actor = Actor(USERS[0])

    for item in world.items:
        judge = Judge(assemble(Look(actor, items=(item,), audience=Part()), probes), NOW)
        assert live(why(judge, actor, item)) == live(why(whole, actor, item))
        assert live(audience(judge, item)) == live(audience(whole, item))


@settings(max_examples=20)
@given(world=worlds(), limit=integers(1, 3))
def test_pages_of_an_audience_are_the_audience(world: World, limit: int) -> None:
    """Page by page an audience is told once and in full, in the order of its places, and counted."""
    probes = WorldProbes(world)

    for item in world.items:
        whole = Judge(assemble(Look(Actor(), items=(item,), audience=Part(total=True)), probes), NOW)
        told = [reason.at for reason in audience(whole, item)]
        found, after = list[Place](), START
        while True:
            part = Part(after, limit)
            judge = Judge(assemble(Look(Actor(), items=(item,), audience=part), probes), NOW)
            page = [reason.at for reason in audience(judge, item) if reason.at > after][:limit]
            if not page:
                break
            found, after = [*found, *page], page[-1]
        # Worlds, unlike stores, have rules with the same number.
        assert list(dict.fromkeys(found)) == list(dict.fromkeys(sorted(told)))
        assert whole.snapshot.total == sum(step == Step.SHARE for step, _ in told)


def live(reasons: Iterable[Reason]) -> list[Reason]:
    """Leave out who would back what gives nothing."""
    return [one if one.counts else msgspec.structs.replace(one, backers=()) for one in reasons]


class CountingProbes:
    """Counts what is asked of probes, and minds being asked about nothing."""

    def __init__(self, store: MemoryStore) -> None:
        """Look into a store."""
        self.probes = store._probes()
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        """Pass a question on, and count it."""

        def ask(*arguments: Any) -> Any:
            assert all(len(one) for one in arguments if isinstance(one, Collection)), f"{name} about nothing"
            self.asked[name] += 1
            return getattr(self.probes, name)(*arguments)

        return ask


async def village(store: MemoryStore, size: int) -> Look:
    """Make ``size`` items shared with ``size`` people, and return a look at all of them."""
    build = Builder(store)
    ann = await build.user("ann")
    root = await build.space(ann)
    people = [await build.user(f"user {at}") for at in range(size)]
    groups = [await build.group(f"group {at}", people[0]) for at in range(size)]
    await build.put(*(GroupTerms(grp) for grp in groups))
    mails = [await build.mail(f"{at}@example.org", people[0]) for at in range(size)]
    items = [await build.item(root, str(at), ItemKind.FILE) for at in range(size)]
    made = [
        await build.share(item, to, mask=ANY_KIND, acts_as=groups[0])
        for item in items
        for to in (*people, *groups, *mails, EVERYONE, LINK)
    ]
    for item, above in zip(items, made[:: 3 * size + 2], strict=True):
        made.append(await build.share(item, ann, hangs_on=above, stands_on=people[0]))
    return Look(
        Actor(people[0]),
        items=tuple(items),
        recipients=(*people, *groups, *mails, *(Named(f"user {at}") for at in range(size))),
        shares=tuple(made),
        subjects=tuple(people),
        names=True,
    )


@pytest.mark.parametrize("part", [Part(limit=1, total=True), None])
async def test_questions_do_not_grow(part: Part | None) -> None:
    """However many items, recipients and shares a look names, the number of questions stays the same."""
    asked = []
    for size in (1, 4):
        store = MemoryStore()
        look = await village(store, size)
        probes = CountingProbes(store)
        assemble(Look(**{name: getattr(look, name) for name in look.__struct_fields__} | {"audience": part}), probes)
        asked.append(probes.asked)

    assert asked[0] == asked[1]


async def test_a_simple_check_asks_little() -> None:
    """A check of one item by number, of somebody with whom it is shared, asks six questions and the counters."""
    store = MemoryStore()
    build = Builder(store)
    bob = await build.user("bob")
    item = await build.item(await build.space(await build.user("ann")), "a")
    await build.share(item, bob)
    probes = CountingProbes(store)

    assemble(Look(Actor(bob), items=(item,)), probes)

    assert probes.asked == {"instance": 1, "chains": 1, "by_no": 3, "sets": 1, "shares_on": 1}
