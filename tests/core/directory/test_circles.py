"""People and groups with what stands around them, as far as the one who asks may see it."""

from tests.core.directory.town import Town, actor, refused, user

from commonhold.core.changes import Drop
from commonhold.core.directory.allowances import set_allowance
from commonhold.core.directory.circles import circle_of, groups_around, one_group, own_name, own_org, walk_groups
from commonhold.core.directory.groups import NewGroup, add_group
from commonhold.core.directory.members import add_members, place_members
from commonhold.core.directory.people import Person
from commonhold.core.identity import NOBODY, Named, RecipientRef
from commonhold.core.model import MAIN_ORG, Allowance, GroupTerms, Level, Profile
from commonhold.core.roles import Kind


async def test_a_person_with_all_that_is_his(town: Town, alice: Person, bob: Person) -> None:
    """Himself one sees with all groups, nested ones too, their owners, and what one is in each."""
    inner = await add_group(town.core, actor(alice), NewGroup(title="inner"))
    outer = await add_group(town.core, actor(bob), NewGroup(title="outer"))
    await add_members(town.core, actor(bob), outer.no, [inner.no])
    found = await circle_of(town.core, actor(alice), user("alice"))
    shown = {group.title: (found.around.owners[group.owner or 0], group.level) for group in found.around.groups}
    assert shown == {"inner": ("alice", Level.MANAGER), "outer": ("bob", None)}
    assert {inner.no, outer.no} <= found.around.inside
    assert found.org is not None
    assert found.allowance.make


async def test_of_others_one_sees_less(town: Town, alice: Person, bob: Person, root: Person) -> None:
    """Of others one sees the groups one may learn of, without those that hide their members; of nobody, nothing."""
    for title, terms in (("known", GroupTerms(0)), ("hiding", GroupTerms(0, hidden_members=True))):
        await add_group(town.core, actor(alice), NewGroup(title=title, terms=terms))
    await add_group(town.core, actor(alice), NewGroup(title="closed", terms=GroupTerms(0, visible=Kind.USER)))
    await set_allowance(town.core, actor(root), alice.no, Allowance(0, make=False))
    seen = await circle_of(town.core, actor(bob), user("alice"))
    assert [group.title for group in seen.around.groups] == ["known"]
    assert seen.person.email is None
    by_admin = await circle_of(town.core, actor(root), user("alice"))
    assert len(by_admin.around.groups) == 3
    assert not by_admin.allowance.make
    assert not (await circle_of(town.core, actor(bob), user("alice"), groups=False)).around.groups
    with refused("unauthenticated"):
        await circle_of(town.core, NOBODY, user("alice"))
    with refused("unknown_user"):
        await circle_of(town.core, actor(bob), user("nobody"))


async def test_groups_that_everybody_sees(town: Town, alice: Person, bob: Person) -> None:
    """Whoever is not logged in learns of groups that everyone may see, of no other, and is in none."""
    shown = await add_group(town.core, actor(alice), NewGroup(title="a", terms=GroupTerms(0, visible=Kind.EVERYONE)))
    hidden = await add_group(town.core, actor(alice), NewGroup(title="b"))
    found = await groups_around(town.core, NOBODY, (shown.no, hidden.no, Named(hidden.uid), 999_999))
    assert [(group.title, group.level) for group in found.groups] == [("a", None)]
    assert found.orgs[shown.org or 0]
    assert not found.inside
    walked = [group.title async for around in walk_groups(town.core, NOBODY) for group in around.groups]
    assert walked == ["a"]
    assert {one.title async for around in walk_groups(town.core, actor(bob)) for one in around.groups} == {"a", "b"}
    with refused("unknown_group"):
        await one_group(town.core, NOBODY, Named(hidden.uid))
    assert (await one_group(town.core, actor(bob), Named(hidden.uid)))[0].title == "b"


async def test_a_walk_has_pages_and_an_end(town: Town, alice: Person) -> None:
    """Groups are walked page by page, to the last one or to the last page that is wanted."""
    assert not [around async for around in walk_groups(town.core, actor(alice))]
    for title in "abc":
        await add_group(town.core, actor(alice), NewGroup(title=title))

    async def walked(**how: int) -> list[str]:
        found = walk_groups(town.core, actor(alice), **how)
        return [group.title async for around in found for group in around.groups]

    assert await walked(size=2) == ["a", "b", "c"]
    assert await walked(size=2, pages=1) == ["a", "b"]


async def test_without_an_organisation(town: Town, alice: Person) -> None:
    """An installation whose main organisation has no name is refused, not guessed about."""
    await town.core.store.commit([Drop(Profile, (MAIN_ORG,))])
    with refused("unknown_org"):
        await own_org(town.core, NOBODY)


async def test_own_org(town: Town, alice: Person) -> None:
    """Somebody's organisation is known; that of whoever is not logged in, the main one."""
    assert await own_org(town.core, actor(alice)) == await own_org(town.core, NOBODY)
    assert (await own_name(town.core, actor(alice)), await own_name(town.core, NOBODY)) == ("alice", None)


async def test_placing_members(town: Town, alice: Person, bob: Person, root: Person) -> None:
    """New members get a level and keep what they are; the level of members changes, the owner's never."""
    group = await add_group(town.core, actor(alice), NewGroup(title="g"))

    async def place(new: bool, **levels: Level) -> list[str]:
        wanted: dict[RecipientRef, Level] = {user(name): level for name, level in levels.items()}
        edited = await place_members(town.core, actor(alice), group.no, wanted, new=new)
        return [one.code for one in edited.refused]

    async def level(person: Person) -> Level | None:
        return (await groups_around(town.core, actor(alice), (group.no,), person.no)).groups[0].level

    assert await place(False, bob=Level.MANAGER) == ["not_a_member"]
    assert await place(True, bob=Level.MANAGER, zed=Level.MEMBER) == ["unknown_user"]
    assert await place(True, bob=Level.MEMBER, alice=Level.MEMBER) == []
    assert (await level(bob), await level(alice)) == (Level.MANAGER, Level.MANAGER)
    assert await place(False, bob=Level.MEMBER, alice=Level.MEMBER) == ["forbidden"]
    assert await place(False, alice=Level.MANAGER) == []
    assert (await level(bob), await level(alice)) == (Level.MEMBER, Level.MANAGER)
    with refused("forbidden"):
        await place_members(town.core, actor(bob), group.no, {user("bob"): Level.MANAGER}, new=False)
