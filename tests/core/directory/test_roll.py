"""Everybody and every group at once; and tokens that administrators chose."""

import pytest
from tests.core.directory.town import PASSWORD, Town, actor, refused, user

from commonhold.core.directory import roll as rolls
from commonhold.core.directory.accounts import set_password
from commonhold.core.directory.credentials import actor_of
from commonhold.core.directory.groups import delete_group
from commonhold.core.directory.members import add_members
from commonhold.core.directory.people import Person
from commonhold.core.directory.roll import roll, with_numbers, with_uids
from commonhold.core.directory.tokens import set_token
from commonhold.core.identity import NOBODY
from commonhold.core.model import Credential
from commonhold.core.problems import Problem

SECRET, OTHER = "a-token-of-her-own", "another-token-of-hers"


async def test_people_groups_and_who_is_in_them(town: Town, alice: Person, bob: Person) -> None:
    """Users and groups with their names, direct members and nested groups; what is deleted is not there."""
    team, inner = await town.group("team", alice), await town.group("inner", alice)
    gone = await town.group("gone", alice)
    await add_members(town.core, actor(alice), team.no, [bob.no, inner.no])
    await delete_group(town.core, actor(alice), gone.no)
    found = await roll(town.core, actor(alice))

    assert {alice.no, bob.no} <= found.users.keys()
    assert {no: entry.profile.name for no, entry in found.groups.items()} == {team.no: "team", inner.no: "inner"}
    assert bob.no in found.members[team.no]
    assert found.nested == {team.no: [inner.no]}
    bare = await roll(town.core, actor(alice), users=False, edges=False)
    assert (bare.users, bare.members, len(bare.groups)) == ({}, {}, 2)
    assert (await roll(town.core, actor(alice), groups=False, edges=False)).groups == {}


async def test_only_for_those_who_are_logged_in(town: Town, alice: Person) -> None:
    """Nobody learns nothing; principals are found by uid and by number."""
    for ask in (roll(town.core, NOBODY), with_uids(town.core, NOBODY, [alice.uid])):
        with refused("unauthenticated"):
            await ask
    found = await with_uids(town.core, actor(alice), [alice.uid, "nobody"])
    assert {uid: row.no for uid, row in found.items()} == {alice.uid: alice.no}
    assert (await with_numbers(town.core, actor(alice), [alice.no, 12_345]))[alice.no].uid == alice.uid


async def test_too_many_for_one_list(town: Town, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a number a list is refused instead of being cut."""
    monkeypatch.setattr(rolls, "MOST", 1)
    for number in range(250):
        await town.user(f"u{number}")
    with refused("query_too_costly"):
        await roll(town.core, actor(alice))
    assert bob.no != alice.no


async def test_a_chosen_token(town: Town, alice: Person, bob: Person, root: Person) -> None:
    """It acts as its user until another one takes its place; a password that changes ends it like any other."""
    core, admin = town.core, actor(root)
    await set_token(core, admin, alice.no, SECRET, "chosen")
    assert (await actor_of(core, SECRET)).user == alice.no
    await set_token(core, admin, user("alice"), OTHER, "chosen")
    with refused("bad_token"):
        await actor_of(core, SECRET)
    assert OTHER not in repr(await town.rows(Credential))
    with refused("not_unique"):
        await set_token(core, admin, bob.no, OTHER, "chosen")
    await set_token(core, admin, alice.no, OTHER, "chosen")
    await set_token(core, admin, alice.no, None, "chosen")
    with refused("bad_token"):
        await actor_of(core, OTHER)
    await set_token(core, admin, alice.no, SECRET, "chosen")
    await set_password(core, admin, alice.no, PASSWORD + "!")
    with pytest.raises(Problem, match="bad_token"):
        await actor_of(core, SECRET)


async def test_who_may_choose_one(town: Town, alice: Person, root: Person) -> None:
    """Administrators alone; it has a least and a greatest length."""
    with refused("forbidden"):
        await set_token(town.core, actor(alice), alice.no, SECRET, "chosen")
    for odd in ("short", "x" * 300, ""):
        with refused("invalid_field", field="token"):
            await set_token(town.core, actor(root), alice.no, odd, "chosen")
