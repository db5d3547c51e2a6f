"""Who is in a group: users, nested groups, addresses; joining, asking, leaving; blocks."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.directory.town import Town, actor, mail, refused, user

from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.allowances import set_allowance
from commonhold.core.directory.blocks import block, list_blocks, unblock
from commonhold.core.directory.groups import Group, GroupChange, change_group
from commonhold.core.directory.joining import Joined, join_group, leave_group
from commonhold.core.directory.members import Refused, add_members, groups_of, list_members, list_nested, remove_members
from commonhold.core.directory.people import Person
from commonhold.core.directory.standing import OPERATOR
from commonhold.core.identity import NOBODY, Actor, Named, RecipientRef
from commonhold.core.model import EVERYONE, MAIN_ORG, Allowance, Level, Member, Principal
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind


@pytest.fixture
async def team(town: Town, alice: Person) -> Group:
    """A group of alice's."""
    return await town.group("Team", alice)


async def test_adding_and_removing(town: Town, alice: Person, bob: Person, team: Group) -> None:
    """A member is the group with the next reading, and no longer with the one after his removal."""
    added = await add_members(town.core, actor(alice), Named("Team"), [user("bob"), user("bob"), user("nobody")])
    assert ((bob.no,), (Refused(user("nobody"), "unknown_recipient"),)) == (added.done, added.refused)
    assert team.no in await town.is_all(bob.no)

    removed = await remove_members(town.core, actor(alice), team.no, [bob.no, user("nobody")])
    assert ((bob.no,), 1) == (removed.done, len(removed.refused))
    assert team.no not in await town.is_all(bob.no)


async def test_adding_again_sets_the_level(town: Town, alice: Person, bob: Person, team: Group) -> None:
    """Who is in it already gets the level asked for; the same level changes nothing."""
    for level in (Level.MEMBER, Level.MANAGER, Level.MANAGER):
        assert (bob.no,) == (await add_members(town.core, actor(alice), team.no, [bob.no], level)).done
    row = await town.row(Member, member=bob.no, grp=team.no)
    assert row is not None
    assert Level.MANAGER is row.level


async def test_managers_only(town: Town, alice: Person, bob: Person, team: Group) -> None:
    """Members, others, narrow scopes and guests put nobody in and take nobody out."""
    await add_members(town.core, actor(alice), team.no, [bob.no])
    narrow = Actor(alice.no, actions=Action.READ)
    for who, code in ((actor(bob), "forbidden"), (narrow, "forbidden"), (NOBODY, "unauthenticated")):
        with refused(code):
            await add_members(town.core, who, team.no, [bob.no])
        with refused(code):
            await remove_members(town.core, who, team.no, [bob.no])
    assert (bob.no,) == (await add_members(town.core, OPERATOR, team.no, [bob.no])).done


async def test_not_more_than_a_call_takes(town: Town, alice: Person, team: Group) -> None:
    """Too many members at once are refused before anything is read."""
    many = range(1, town.core.limits.members_per_call + 2)
    with refused("too_many_recipients"):
        await add_members(town.core, actor(alice), team.no, many)
    with refused("too_many_recipients"):
        await remove_members(town.core, actor(alice), team.no, many)


async def test_who_cannot_be_added(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """The suspended, outsiders where the group is its organisation's, and what is no member at all."""
    strict = await town.group("Strict", alice, org_only=True)
    out = await town.user("out", org=Named("Acme"))
    await suspend(town.core, actor(root), bob.no)

    edited = await add_members(town.core, actor(alice), strict.no, [out.no, bob.no, EVERYONE, MAIN_ORG, 999])
    codes = ["not_allowed", "unknown_recipient", "unknown_recipient", "unknown_recipient", "unknown_recipient"]
    assert ((), codes) == (edited.done, [one.code for one in edited.refused])
    assert len((await remove_members(town.core, actor(alice), strict.no, [MAIN_ORG])).refused) == 1


async def test_blocks_keep_out_of_groups(town: Town, root: Person, alice: Person, bob: Person, team: Group) -> None:
    """Who takes no shares from somebody is not put into his groups either; administrators may."""
    for blocked in (alice.no, EVERYONE):
        await block(town.core, actor(bob), blocked)
        edited = await add_members(town.core, actor(alice), team.no, [bob.no])
        assert [one.code for one in edited.refused] == ["recipient_refuses"]
        assert (bob.no,) == (await add_members(town.core, actor(root), team.no, [bob.no])).done
        await remove_members(town.core, actor(root), team.no, [bob.no])
        await unblock(town.core, actor(bob), blocked)
    assert (bob.no,) == (await add_members(town.core, actor(alice), team.no, [bob.no])).done


async def test_listing_blocks(town: Town, alice: Person, bob: Person) -> None:
    """One sees one's own blocks, and blocks oneself never."""
    await block(town.core, actor(bob), user("alice"))
    await block(town.core, actor(bob), EVERYONE)

    assert [(EVERYONE, "Everyone"), (alice.no, "alice")] == [
        (row.no, row.name) for row in (await list_blocks(town.core, actor(bob))).rows
    ]
    assert (await list_blocks(town.core, actor(alice))).rows == ()
    with refused("invalid_field"):
        await block(town.core, actor(bob), bob.no)
    with refused("unauthenticated"):
        await block(town.core, OPERATOR, bob.no)


async def test_nesting(town: Town, alice: Person, bob: Person, team: Group) -> None:
    """Who is in an inner group is the outer one too, until it is taken out; rings are refused, twice is once."""
    inner = await town.group("Inner", alice)
    await add_members(town.core, actor(alice), inner.no, [bob.no])
    for _ in range(2):
        assert (inner.no,) == (await add_members(town.core, actor(alice), team.no, [Named("Inner", Kind.GROUP)])).done
    assert {team.no, inner.no} <= await town.is_all(bob.no)
    for group, member in ((inner.no, team.no), (team.no, team.no)):
        edited = await add_members(town.core, actor(alice), group, [member])
        assert [one.code for one in edited.refused] == ["group_cycle"]
    await remove_members(town.core, actor(alice), team.no, [inner.no])
    assert team.no not in await town.is_all(bob.no)


async def test_two_nest_a_ring_at_once(town: Town, alice: Person) -> None:
    """Of two edges at the same time that would make a ring together, one is refused."""
    one, two = await town.group("One", alice), await town.group("Two", alice)
    edits = ((one.no, two.no), (two.no, one.no))
    edited = await asyncio.gather(*(add_members(town.core, actor(alice), outer, [inner]) for outer, inner in edits))

    assert len([one for edit in edited for one in edit.refused]) == 1


async def test_hidden_groups_cannot_be_nested(town: Town, alice: Person, bob: Person, team: Group) -> None:
    """A group that one may not learn of is unknown here too."""
    hidden = await town.group("Hidden", bob, visible=Kind.USER)
    edited = await add_members(town.core, actor(alice), team.no, [hidden.no])
    assert [one.code for one in edited.refused] == ["unknown_group"]


async def test_addresses_in_groups(town: Town, root: Person, alice: Person, team: Group) -> None:
    """An address is in a group, known before or not, and its account by it as soon as there is one."""
    for _ in range(2):
        (no,) = (await add_members(town.core, actor(alice), team.no, [Named("Ada@Example.org")])).done
        assert no == await town.mail("ada@example.org")
    ada = await town.user("ada", email="ada@example.org", verified=True)
    assert team.no in await town.is_all(ada.no)
    listed = await list_nested(town.core, actor(alice), team.no)
    assert [(no, Kind.MAIL)] == [(one.no, one.kind) for one in listed.rows]
    await remove_members(town.core, actor(alice), team.no, [mail("ada@example.org")])
    assert team.no not in await town.is_all(ada.no)


async def test_addresses_need_the_allowance(town: Town, root: Person, alice: Person, team: Group) -> None:
    """Addresses and their domains are bounded as for shares; the operator is not."""
    await set_allowance(town.core, actor(root), alice.no, Allowance(0, domains='["example.org"]'))
    edited = await add_members(
        town.core, actor(alice), team.no, [mail("a@example.org"), mail("a@evil.org"), Named("x"), user("a@b.cd")]
    )
    assert (
        len(edited.done),
        [one.code for one in edited.refused],
    ) == (1, ["domain_not_allowed", "unknown_recipient", "unknown_recipient"])
    await set_allowance(town.core, actor(root), alice.no, Allowance(0, kinds=Kind.USER))
    edited = await add_members(town.core, actor(alice), team.no, [mail("a@example.org")])
    assert [one.code for one in edited.refused] == ["kind_not_allowed"]
    assert len((await add_members(town.core, OPERATOR, team.no, [mail("b@example.org")])).done) == 1


async def test_not_more_groups_than_anybody_may_be_in() -> None:
    """What one person is stays below the limit that decisions count on."""
    town = Town(principals=5)
    alice, bob = await town.user("alice"), await town.user("bob")
    groups = [await town.group(title, alice, joining="free") for title in "abc"]
    codes: list[Refused] = []
    for group in groups:
        codes += (await add_members(town.core, OPERATOR, group.no, [bob.no])).refused
    assert [one.code for one in codes] == ["too_many_groups"]
    with refused("too_many_groups"):
        await join_group(town.core, actor(bob), groups[2].no)


async def test_who_sees_members(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """Members of a group are listed to who may learn of it; hidden ones to those who decide on it."""
    group = await town.group("Team", alice, hidden_members=True)
    inner = await town.group("Inner", alice)
    await add_members(town.core, actor(alice), group.no, [bob.no, inner.no, mail("ada@example.org")])
    for who in (alice, root):
        assert [one.name for one in (await list_members(town.core, actor(who), group.no)).rows] == ["alice", "bob"]
        assert len((await list_nested(town.core, actor(who), group.no)).rows) == 2
    for listing in (list_members, list_nested):
        with refused("forbidden"):
            await listing(town.core, actor(bob), group.no)
    await change_group(town.core, actor(alice), group.no, GroupChange(terms={"hidden_members": False}))
    assert len((await list_members(town.core, actor(bob), group.no)).rows) == 2
    assert [one.name for one in (await list_nested(town.core, actor(bob), group.no)).rows] == ["Inner"]


async def test_pages_of_members(town: Town, alice: Person, bob: Person, team: Group) -> None:
    """They page by number."""
    await add_members(town.core, actor(alice), team.no, [bob.no])
    first = await list_members(town.core, actor(alice), team.no, limit=1)
    rest = await list_members(town.core, actor(alice), team.no, after=first.next)

    assert [alice.no, bob.no] == [one.no for one in (*first.rows, *rest.rows)]


async def test_groups_of_somebody(town: Town, root: Person, alice: Person, bob: Person, team: Group) -> None:
    """Nested groups included, by pages; of others only what one may learn of and what shows its members."""
    inner = await town.group("Inner", alice)
    hiding = await town.group("Hiding", alice, hidden_members=True)
    await add_members(town.core, actor(alice), inner.no, [bob.no])
    await add_members(town.core, actor(alice), hiding.no, [bob.no])
    await add_members(town.core, actor(alice), team.no, [inner.no])
    carol = await town.user("carol")

    async def titles(who: Actor, ref: RecipientRef | None = None) -> set[str]:
        found, after = set(), None
        while True:
            page = await groups_of(town.core, who, ref, after=after, limit=2)
            found |= {group.title for group in page.rows}
            after = page.next
            if after is None:
                return found

    assert {"Team", "Inner", "Hiding"} == await titles(actor(bob)) == await titles(actor(root), bob.no)
    assert {"Team", "Inner"} == await titles(actor(carol), user("bob"))


async def test_joining(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """A free group is joined, another one asked for by a letter to its owner, a third not at all."""
    free, asked, closed = [
        await town.group(joining, alice, joining=joining) for joining in ("free", "asked", "invited")
    ]
    assert [await join_group(town.core, actor(bob), free.no) for _ in range(2)] == [Joined.MEMBER] * 2
    assert free.no in await town.is_all(bob.no)
    assert Joined.ASKED is await join_group(town.core, actor(bob), asked.no)
    assert [("join", alice.no)] == await town.letters()
    assert asked.no not in await town.is_all(bob.no)
    with refused("forbidden"):
        await join_group(town.core, actor(bob), closed.no)
    with refused("too_many_requests"):
        for _ in range(town.core.limits.login_tries):
            await join_group(town.core, actor(bob), asked.no)
    await town.set(Principal, asked.no, owner=None)
    carol = await town.user("carol")
    assert Joined.ASKED is await join_group(town.core, actor(carol), asked.no)


async def test_joining_from_outside(town: Town, root: Person, alice: Person) -> None:
    """A group of its organisation's alone takes nobody else; the operator is nobody who could join."""
    ours = await town.group("Ours", alice, joining="free", org_only=True, visible=Kind.EVERYONE)
    out = await town.user("out", org=Named("Acme"))
    with refused("not_allowed"):
        await join_group(town.core, actor(out), ours.no)
    with refused("not_allowed"):
        await join_group(town.core, OPERATOR, ours.no)


async def test_leaving(town: Town, alice: Person, bob: Person, team: Group) -> None:
    """A member leaves, its owner cannot, and nobody can where its terms keep him."""
    await add_members(town.core, actor(alice), team.no, [bob.no])
    await leave_group(town.core, actor(bob), team.no)
    assert team.no not in await town.is_all(bob.no)
    with refused("forbidden"):
        await leave_group(town.core, actor(alice), team.no)
    await add_members(town.core, actor(alice), team.no, [bob.no])
    await change_group(town.core, actor(alice), team.no, GroupChange(terms={"leaving": False}))
    with refused("forbidden"):
        await leave_group(town.core, actor(bob), team.no)


Edges = st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 5)), max_size=25)


@settings(max_examples=40)
@given(Edges)
def test_closure_is_reachability(edits: list[tuple[bool, int, int]]) -> None:
    """Law: after any nesting and un-nesting a person is exactly what can be reached, and there is never a ring."""
    asyncio.run(nest_and_compare(edits))


async def nest_and_compare(edits: list[tuple[bool, int, int]]) -> None:
    """Play the edits in a town and beside it, and compare what the member of each group is."""
    town = Town()
    owner = await town.user("owner")
    groups = [(await town.group(f"g{n}", owner)).no for n in range(6)]
    people = [(await town.user(f"u{n}")).no for n in range(6)]
    for person, group in zip(people, groups, strict=True):
        await add_members(town.core, OPERATOR, group, [person])
    edges: set[tuple[int, int]] = set()

    def above(group: int) -> set[int]:
        found, fresh = {group}, {group}
        while fresh:
            fresh = {outer for inner, outer in edges if inner in fresh} - found
            found |= fresh
        return found

    for nest, child, outer in edits:
        if nest:
            edited = await add_members(town.core, OPERATOR, groups[outer], [groups[child]])
            assert bool(edited.refused) == (child in above(outer))
            edges |= set() if edited.refused else {(child, outer)}
        else:
            await remove_members(town.core, OPERATOR, groups[outer], [groups[child]])
            edges.discard((child, outer))
        for number, person in enumerate(people):
            assert {groups[found] for found in above(number)} == await town.is_all(person) & set(groups)


def test_problems_of_members_are_known() -> None:
    """Every code that a refused member can carry is a problem with a sentence."""
    for code in ("group_cycle", "too_many_groups", "recipient_refuses"):
        assert Problem(code).sentence
