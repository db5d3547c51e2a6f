"""A share with a group: every member gets one line, batch by batch."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.notices.street import Street

from commonhold.core.identity import Actor
from commonhold.core.model import Block, Member, Notification, Principal, State
from commonhold.core.notices.fanout import fan_out
from commonhold.core.notices.outbox import LEASE, take
from commonhold.core.notices.reading import all_of
from commonhold.core.roles import Kind
from commonhold.core.sharing.managing import withdraw


async def one_batch(street: Street) -> bool:
    """Let a worker do one batch; tell whether there was one."""
    rows = await take(street.core)
    for row in rows:
        await fan_out(street.core, row)
    return bool(rows)


async def all_batches(street: Street) -> int:
    """Let a worker do everything; return in how many batches."""
    count = 0
    while await one_batch(street):
        count += 1
    return count


async def told(street: Street) -> list[int]:
    """Return who has a line, once for each."""
    lines: list[Notification] = await street.rows(Notification)
    return sorted(line.user for line in lines)


async def test_members_are_told_once(street: Street) -> None:
    """Each active member gets one line for all items; the sharer, the suspended and those who block him get none."""
    eve = await street.person("eve", None)
    await street.make.set(Principal, eve, state=State.SUSPENDED)
    finn = await street.person("finn", None)
    await street.make.put(Block(finn, street.alice))
    team = await street.make.group("team", street.alice, street.bob, street.carol, eve, finn)
    await street.share(team, files=street.files)
    await all_batches(street)
    (line,) = await street.lines(street.bob)
    assert (line.by, line.item, line.count, line.kind) == (street.alice, street.files[0], 3, "share")
    assert await told(street) == sorted([street.bob, street.carol])
    assert await street.waiting() == []


async def test_nobody_is_told_of_what_ended(street: Street) -> None:
    """If the share is withdrawn between two batches, the members that are left are not told."""
    first = await street.make.group("first", street.bob, owner=street.alice)
    inner = await street.make.group("inner", street.carol)
    await street.make.nest(inner, first)
    report = await street.share(first)
    assert await one_batch(street)
    await withdraw(street.core, Actor(street.alice), [report.pairs[0].no or 0])
    await all_batches(street)
    assert await told(street) == [street.bob]


async def test_a_large_group_in_batches(street: Street) -> None:
    """A group larger than a batch is told in several, everybody once."""
    users = [street.bob, *range(10_000, 10_450)]
    await street.make.put(*(Principal(no, f"uid-{no}", Kind.USER) for no in users[1:]))
    team = await street.make.group("team", *users)
    await street.share(team)
    assert await all_batches(street) == 3
    lines = [row for user in users for row in await street.lines(user)]
    assert sorted(row.user for row in lines) == users


async def test_a_batch_that_came_too_late(street: Street) -> None:
    """A worker whose lease ran out tells nobody: the one that has the row now does."""
    team = await street.make.group("team", street.bob)
    await street.share(team)
    (late,) = await take(street.core)
    street.clock.advance(LEASE)
    (row,) = await take(street.core)
    await fan_out(street.core, late)
    assert await street.lines(street.bob) == []
    await fan_out(street.core, row)
    assert len(await street.lines(street.bob)) == 1


async def test_reading_has_an_end(street: Street) -> None:
    """Whoever reads many rows says how many are enough."""
    await street.make.put(*(Principal(no, f"uid-{no}", Kind.USER) for no in range(10_000, 10_450)))
    assert len(await all_of(street.core, Principal, most=250)) == 250


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=8), st.lists(st.integers(0, 4), max_size=6))
async def test_nested_in_any_way(edges: list[tuple[int, int]], places: list[int]) -> None:
    """However groups are nested, in rings too, everybody below is told exactly once and nobody else."""
    street = await Street().build()
    groups = [await street.make.group(f"g{n}") for n in range(5)]
    for child, grp in dict.fromkeys(edges):
        if child != grp:
            await street.make.nest(groups[child], groups[grp])
    people = [await street.person(f"p{n}", None) for n in range(3)]
    for n, place in enumerate(places):
        if not await street.make.find(Member, people[n % 3], groups[place]):
            await street.make.join(groups[place], people[n % 3])
    await street.share(groups[0])
    await all_batches(street)
    below = {0}
    while more := {child for child, grp in edges if grp in below} - below:
        below |= more
    expected = {people[n % 3] for n, place in enumerate(places) if place in below}
    assert await told(street) == sorted(expected)
