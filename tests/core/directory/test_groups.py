"""Groups: made, changed, deleted; who sees that one exists, and who decides on it."""

import pytest
from tests.core.directory.town import Town, actor, refused

from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.groups import (
    GroupChange,
    NewGroup,
    add_group,
    change_group,
    delete_group,
    get_group,
    list_groups,
)
from commonhold.core.directory.members import add_members, list_members, remove_members
from commonhold.core.directory.people import Person
from commonhold.core.identity import Actor, Named
from commonhold.core.model import MAIN_ORG, GroupTerms, Level, Nested
from commonhold.core.roles import Action, Kind, OrgRole


async def test_a_group_of_ones_own(town: Town, alice: Person) -> None:
    """Whoever makes a group owns it, is in it as a manager, and it belongs to his organisation."""
    group = await add_group(town.core, actor(alice), NewGroup(title="Team", attributes={"tags": ["a"]}))

    assert ("Team", alice.no, MAIN_ORG, Level.MANAGER) == (group.title, group.owner, group.org, group.level)
    assert group.attributes == {"tags": ["a"]}
    assert group.no in await town.is_all(alice.no)
    assert group == await get_group(town.core, actor(alice), Named("TEAM"))
    assert group == await get_group(town.core, actor(alice), Named(group.uid))


async def test_an_owner_outside(town: Town, alice: Person) -> None:
    """A group can be owned without being in it; its owner sees and decides all the same."""
    new = NewGroup(title="Team", owner_joins=False, terms=GroupTerms(0, visible=Kind.USER, hidden_members=True))
    group = await add_group(town.core, actor(alice), new)

    assert group.level is None
    assert group.no not in await town.is_all(alice.no)
    assert (await list_members(town.core, actor(alice), group.no)).rows == ()


async def test_who_may_make_one(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """Guests and viewers make none; nobody makes one for somebody else but who administers him."""
    guest = await town.user("guest", external=True)
    viewer = await town.user("viewer", org_role=OrgRole.VIEWER)
    for who in (guest, viewer):
        with refused("not_allowed"):
            await add_group(town.core, actor(who), NewGroup(title="Team"))
    with refused("forbidden", field="owner"):
        await add_group(town.core, actor(bob), NewGroup(title="Team", owner=alice.no))
    with refused("forbidden"):
        await add_group(town.core, Actor(alice.no, actions=Action.READ), NewGroup(title="Team"))
    with refused("unknown_user", field="owner"):
        await add_group(town.core, actor(root), NewGroup(title="Team", owner=999))
    assert viewer.no == (await add_group(town.core, actor(root), NewGroup(title="Team", owner=viewer.no))).owner


async def test_titles_are_unique_unless_they_need_not_be(town: Town, alice: Person) -> None:
    """A title is taken whatever its case; a group that may be alike is named by its number only."""
    first = await town.group("Team", alice)
    with refused("name_taken", field="title"):
        await town.group("TEAM", alice)
    second = await add_group(town.core, actor(alice), NewGroup(title="Team", alike=True))
    third = await add_group(town.core, actor(alice), NewGroup(title="Team", alike=True))

    assert len({first.no, second.no, third.no}) == 3
    assert first.no == (await get_group(town.core, actor(alice), Named("Team"))).no
    assert (await change_group(town.core, actor(alice), third.no, GroupChange(title="Crew"))).title == "Crew"
    with refused("unknown_group"):
        await get_group(town.core, actor(alice), Named("Crew"))
    with refused("name_taken"):
        await town.group("Crew", alice)
        await change_group(town.core, actor(alice), first.no, GroupChange(title="crew"))


@pytest.mark.parametrize(
    ("visible", "seen_by"),
    [
        (Kind.USER, {"owner", "member", "admin"}),
        (Kind.ORG, {"owner", "member", "admin", "colleague"}),
        (Kind.EVERYONE, {"owner", "member", "admin", "colleague", "stranger", "guest"}),
    ],
)
async def test_who_learns_of_a_group(town: Town, root: Person, alice: Person, visible: Kind, seen_by: set[str]) -> None:
    """For others than its people and administrators a group exists as far as its terms say; lists agree."""
    group = await town.group("Team", alice, visible=visible)
    people = {
        "owner": alice,
        "admin": root,
        "member": await town.user("member"),
        "colleague": await town.user("colleague"),
        "stranger": await town.user("stranger", org=Named("Acme")),
        "guest": await town.user("guest", external=True),
    }
    await add_members(town.core, actor(alice), group.no, [people["member"].no])

    listed = {name for name, who in people.items() if (await list_groups(town.core, actor(who), "te")).rows}
    assert seen_by == listed
    for name, who in people.items():
        if name in seen_by:
            assert group.no == (await get_group(town.core, actor(who), group.no)).no
        else:
            with refused("unknown_group"):
                await get_group(town.core, actor(who), group.no)


async def test_who_decides(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """Managers change title and members; terms, owner and end are the owner's and administrators'."""
    group = await town.group("Team", alice)
    with refused("forbidden"):
        await change_group(town.core, actor(bob), group.no, GroupChange(title="Ours"))
    await add_members(town.core, actor(alice), group.no, [bob.no], Level.MANAGER)

    changed = await change_group(town.core, actor(bob), group.no, GroupChange(title="Ours", attributes={"a": 1}))
    assert (changed.title, changed.attributes) == ("Ours", {"a": 1})
    for change in (GroupChange(terms={"view_only": True}), GroupChange(owner=bob.no)):
        with refused("forbidden"):
            await change_group(town.core, actor(bob), group.no, change)
    with refused("forbidden"):
        await delete_group(town.core, actor(bob), group.no)
    narrow = Actor(alice.no, actions=Action.READ)
    with refused("forbidden"):
        await change_group(town.core, narrow, group.no, GroupChange(title="Mine"))
    await add_members(town.core, actor(root), group.no, [root.no])


async def test_administrators_of_the_organisation_decide(town: Town, root: Person) -> None:
    """They decide on the groups of their organisation, and on no others."""
    eve = await town.user("eve", org=Named("Acme"), org_role=OrgRole.ADMINISTRATOR)
    fay = await town.user("fay", org=Named("Acme"))
    dan = await town.user("dan")
    ours, others = await town.group("Ours", fay), await town.group("Others", dan, visible=Kind.EVERYONE)

    assert (await change_group(town.core, actor(eve), ours.no, GroupChange(terms={"view_only": True}))).terms.view_only
    with refused("forbidden"):
        await change_group(town.core, actor(eve), others.no, GroupChange(title="X"))


async def test_terms_keep_their_types(town: Town, alice: Person) -> None:
    """Terms are changed one by one; odd names, types and values are refused."""
    group = await town.group("Team", alice, joining="free")
    changed = await change_group(town.core, actor(alice), group.no, GroupChange(terms={"visible": 8, "leaving": False}))

    assert (changed.terms.visible, changed.terms.leaving, changed.terms.joining) == (Kind.EVERYONE, False, "free")
    for terms in ({"no": 1}, {"colour": 1}, {"leaving": "x"}, {"joining": "often"}, {"visible": 2}):
        with refused("invalid_field"):
            await change_group(town.core, actor(alice), group.no, GroupChange(terms=terms))
    with refused("invalid_field", field="joining"):
        await town.group("Other", alice, joining="often")


async def test_a_new_owner(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """The new owner is a manager of the group; the old one stays in it, and may be removed now."""
    group = await town.group("Team", alice)
    assert (await remove_members(town.core, actor(alice), group.no, [alice.no])).refused[0].code == "forbidden"
    changed = await change_group(town.core, actor(alice), group.no, GroupChange(owner=bob.no))

    assert bob.no == changed.owner
    assert (alice.no,) == (await remove_members(town.core, actor(bob), group.no, [alice.no])).done
    await suspend(town.core, actor(root), alice.no)
    with refused("not_allowed", field="owner"):
        await change_group(town.core, actor(bob), group.no, GroupChange(owner=alice.no))


async def test_a_group_given_away(town: Town, alice: Person, bob: Person) -> None:
    """Whoever gives a group away in which he is not himself is told what he made of it, though he sees it no more."""
    terms = GroupTerms(0, visible=Kind.USER)
    group = await add_group(town.core, actor(alice), NewGroup(title="Team", owner_joins=False, terms=terms))
    change = GroupChange(owner=bob.no, title="Their team", terms={"protected": True})
    given = await change_group(town.core, actor(alice), group.no, change)

    assert (given.owner, given.title, given.terms.protected) == (bob.no, "Their team", True)
    with refused("unknown_group"):
        await get_group(town.core, actor(alice), group.no)
    assert (await get_group(town.core, actor(bob), group.no)).title == "Their team"


async def test_deleting(town: Town, alice: Person, bob: Person) -> None:
    """Nobody is a deleted group any more, nested ones included; its title is free; protection stops it."""
    outer, group, inner = [await town.group(title, alice) for title in ("Outer", "Team", "Inner")]
    await add_members(town.core, actor(alice), outer.no, [group.no])
    await add_members(town.core, actor(alice), group.no, [inner.no])
    await add_members(town.core, actor(alice), inner.no, [bob.no])
    assert {outer.no, group.no, inner.no} <= await town.is_all(bob.no)
    await change_group(town.core, actor(alice), group.no, GroupChange(terms={"protected": True}))
    with refused("protected"):
        await delete_group(town.core, actor(alice), group.no)
    await change_group(town.core, actor(alice), group.no, GroupChange(terms={"protected": False}))
    await delete_group(town.core, actor(alice), group.no)

    assert {outer.no, group.no, inner.no} & await town.is_all(bob.no) == {inner.no}
    assert await town.rows(Nested) == []
    with refused("unknown_group"):
        await get_group(town.core, actor(alice), group.no)
    assert group.no != (await town.group("Team", alice)).no


async def test_lists_are_pages(town: Town, alice: Person) -> None:
    """Pages follow one another by title."""
    for title in "cab":
        await town.group(title, alice)
    first = await list_groups(town.core, actor(alice), limit=2)
    rest = await list_groups(town.core, actor(alice), after=first.next)

    assert [group.title for group in (*first.rows, *rest.rows)] == ["a", "b", "c"]
    assert rest.next is None
