"""People as their administrators look for them."""

from tests.core.directory.town import Town, actor, refused

from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.orgs import add_org
from commonhold.core.directory.people import Person
from commonhold.core.directory.searching import WantedPeople, Which, find_people
from commonhold.core.roles import OrgRole


async def names(town: Town, who: Person, **wanted: object) -> list[str]:
    """Return whom somebody finds, over all pages of two rows."""
    found: list[str] = []
    after = None
    while True:
        page = await find_people(town.core, actor(who), WantedPeople(**wanted), after=after, limit=2)  # type: ignore[arg-type]
        found += [one.name for one in page.rows]
        after = page.next
        if after is None:
            return found


async def test_people_are_found_by_what_they_are(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """By the beginning of a name, a whole address, and their state; paged by key."""
    await town.user("gast", external=True)
    await town.user("ida", email="ida@example.org", invited=True)
    await suspend(town.core, actor(root), bob.no)
    assert await names(town, root) == ["alice", "bob", "gast", "ida", "root"]
    assert await names(town, root, text="A") == ["alice"]
    assert await names(town, root, text="Bob@example.org") == ["bob"]
    assert await names(town, root, which=Which.GUESTS) == ["gast"]
    assert await names(town, root, which=Which.SUSPENDED) == ["bob"]
    assert await names(town, root, which=Which.SUSPENDED, text="a") == []
    assert await names(town, root, which=Which.INVITED) == ["ida"]
    assert await names(town, root, which=Which.ADMINISTRATORS) == ["root"]
    with refused("forbidden"):
        await find_people(town.core, actor(alice), WantedPeople())


async def test_an_administrator_of_an_organisation_finds_its_people_alone(town: Town, root: Person) -> None:
    """Whatever he asks for: neither another organisation nor guests."""
    org = await add_org(town.core, actor(root), "Annex")
    boss = await town.user("boss", org=org.no, org_role=OrgRole.ADMINISTRATOR)
    await town.user("annette", org=org.no)
    await town.user("anton")
    await town.user("gast", external=True)
    assert sorted(await names(town, boss)) == ["annette", "boss"]
    assert await names(town, boss, text="an") == ["annette"]
    assert await names(town, boss, which=Which.GUESTS) == []
    assert sorted(await names(town, boss, org=root.org)) == ["annette", "boss"]
    assert sorted(await names(town, root, org=org.no)) == ["annette", "boss"]
