"""Who is not in a group yet: invited, or asking to be let in."""

import pytest
from tests.core.directory.town import Town, actor, refused, user

from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.blocks import block
from commonhold.core.directory.candidates import (
    accept_invitation,
    decline_invitation,
    invite_members,
    let_in,
    list_asking,
    list_invitations,
    turn_away,
)
from commonhold.core.directory.circles import groups_around
from commonhold.core.directory.groups import Group, GroupChange, NewGroup, add_group, change_group, delete_group
from commonhold.core.directory.joining import Joined, join_group
from commonhold.core.directory.leaving import delete_user
from commonhold.core.directory.members import add_members, remove_members
from commonhold.core.directory.people import Person
from commonhold.core.directory.sweeping import sweep_credentials
from commonhold.core.model import Candidate, GroupTerms, Level

HOUR = 3_600_000


@pytest.fixture
async def club(town: Town, alice: Person) -> Group:
    """A group of Alice's, which one asks to join."""
    return await add_group(town.core, actor(alice), NewGroup(title="club", terms=GroupTerms(0, joining="asked")))


async def level(town: Town, person: Person, group: Group) -> Level | None:
    """What somebody is in a group."""
    found = await groups_around(town.core, actor(person), (group.no,))
    return found.groups[0].level if found.groups else None


async def invited(town: Town, person: Person) -> list[str]:
    """Titles of the groups that somebody is invited into."""
    return [one.title for one in (await list_invitations(town.core, actor(person))).rows]


async def test_an_invitation_is_accepted(town: Town, alice: Person, bob: Person, club: Group) -> None:
    """Whoever accepts is in the group, at the level he was invited to, and the invitation is used up."""
    edited = await invite_members(town.core, actor(alice), club.no, [user("bob"), user("zed")], Level.MANAGER)
    assert (edited.done, [one.code for one in edited.refused]) == ((bob.no,), ["unknown_user"])
    assert await level(town, bob, club) is None
    (shown,) = (await list_invitations(town.core, actor(bob))).rows
    assert (shown.user, shown.title, shown.made_by, shown.level) == ("bob", "club", "alice", Level.MANAGER)
    await accept_invitation(town.core, actor(bob), club.no)
    assert await level(town, bob, club) is Level.MANAGER
    assert not await invited(town, bob)
    with refused("not_found"):
        await accept_invitation(town.core, actor(bob), club.no)


async def test_an_invitation_is_declined_or_ends(town: Town, alice: Person, bob: Person, club: Group) -> None:
    """Who declines stays out; an invitation that is over is none; one of a deleted group neither."""
    await invite_members(town.core, actor(alice), club.no, [bob.no], life=HOUR)
    await decline_invitation(town.core, actor(bob), club.no)
    with refused("not_found"):
        await decline_invitation(town.core, actor(bob), club.no)
    await invite_members(town.core, actor(alice), club.no, [bob.no], life=HOUR)
    assert await invited(town, bob) == ["club"]
    assert await sweep_credentials(town.core) == 0
    town.clock.advance(HOUR)
    assert not await invited(town, bob)
    with refused("not_found"):
        await accept_invitation(town.core, actor(bob), club.no)
    assert await sweep_credentials(town.core) == 1
    assert not await town.rows(Candidate)
    await invite_members(town.core, actor(alice), club.no, [bob.no])
    await delete_group(town.core, actor(alice), club.no)
    assert not await invited(town, bob)


async def test_an_invitation_stands_on_its_maker(
    town: Town, root: Person, alice: Person, bob: Person, club: Group
) -> None:
    """Once whoever invited does not manage the group, or is suspended, his invitation lets nobody in."""
    await add_members(town.core, actor(alice), club.no, [bob.no], Level.MANAGER)
    carol = await town.user("carol")
    await invite_members(town.core, actor(bob), club.no, [carol.no])
    await remove_members(town.core, actor(alice), club.no, [bob.no])
    with refused("not_found"):
        await accept_invitation(town.core, actor(carol), club.no)
    await invite_members(town.core, actor(alice), club.no, [carol.no])
    await suspend(town.core, actor(root), alice.no)
    with refused("not_found"):
        await accept_invitation(town.core, actor(carol), club.no)


async def test_who_may_invite_whom(town: Town, root: Person, alice: Person, bob: Person, club: Group) -> None:
    """Managers invite; nobody who takes nothing of them; and the group's terms hold when one accepts."""
    with refused("forbidden"):
        await invite_members(town.core, actor(bob), club.no, [bob.no])
    with refused("too_many_recipients"):
        await invite_members(town.core, actor(alice), club.no, list(range(2_000)))
    guest = await town.user("guest", external=True)
    await invite_members(town.core, actor(alice), club.no, [guest.no])
    await change_group(town.core, actor(alice), club.no, GroupChange(terms={"org_only": True}))
    with refused("not_allowed"):
        await accept_invitation(town.core, actor(guest), club.no)
    await block(town.core, actor(bob), alice.no)
    edited = await invite_members(town.core, actor(alice), club.no, [bob.no])
    assert [one.code for one in edited.refused] == ["recipient_refuses"]
    await suspend(town.core, actor(root), bob.no)
    edited = await invite_members(town.core, actor(root), club.no, [bob.no])
    assert [one.code for one in edited.refused] == ["unknown_user"]


async def test_asking_to_be_let_in(town: Town, root: Person, alice: Person, bob: Person, club: Group) -> None:
    """Managers see who asks, let him in or turn him away; nobody else does, and nobody invites himself so."""
    assert await join_group(town.core, actor(bob), club.no) is Joined.ASKED
    with refused("not_found"):
        await accept_invitation(town.core, actor(bob), club.no)
    with refused("forbidden"):
        await list_asking(town.core, actor(bob), club.no)
    with refused("forbidden"):
        await let_in(town.core, actor(bob), club.no, bob.no)
    assert [one.user for one in (await list_asking(town.core, actor(alice), club.no)).rows] == ["bob"]
    await turn_away(town.core, actor(alice), club.no, bob.no)
    with refused("not_found"):
        await let_in(town.core, actor(alice), club.no, bob.no)
    await join_group(town.core, actor(bob), club.no)
    await let_in(town.core, actor(alice), club.no, user("bob"))
    assert await level(town, bob, club) is Level.MEMBER
    assert not (await list_asking(town.core, actor(alice), club.no)).rows
    carol = await town.user("carol")
    await join_group(town.core, actor(carol), club.no)
    await delete_user(town.core, actor(root), carol.no)
    assert not (await list_asking(town.core, actor(alice), club.no)).rows
