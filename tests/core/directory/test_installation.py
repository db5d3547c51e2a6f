"""The first administrator, settings, organisations and allowances."""

import asyncio

import pytest
from tests.core.directory.town import PASSWORD, Town, actor, refused, user

from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.allowances import (
    domains,
    drop_allowance,
    effective_allowance,
    get_allowance,
    limit_kinds,
    list_allowances,
    set_allowance,
)
from commonhold.core.directory.installation import (
    acting,
    get_setting,
    is_set_up,
    list_settings,
    set_setting,
    set_up,
    set_up_by_link,
    setup_secret,
)
from commonhold.core.directory.orgs import add_org, change_org, get_org, list_orgs
from commonhold.core.directory.people import NewUser, Person
from commonhold.core.identity import NOBODY, Actor, Named
from commonhold.core.model import EVERYONE, MAIN_ORG, Allowance, Credential
from commonhold.core.problems import Problem
from commonhold.core.roles import ANY_KIND, Action, Kind, OrgRole

FIRST = NewUser(name="root", password=PASSWORD)


async def test_the_first_administrator(town: Town) -> None:
    """Set-up makes one administrator, and no second one."""
    assert not await is_set_up(town.core)
    assert (await set_up(town.core, FIRST)).admin
    assert await is_set_up(town.core)
    with refused("already_set_up"):
        await set_up(town.core, NewUser(name="other"))
    with refused("already_set_up"):
        await setup_secret(town.core)


async def test_set_up_by_link(town: Town) -> None:
    """The one-time link makes the first administrator, with a password; nothing else does, and it works once."""
    secret, second = await setup_secret(town.core), await setup_secret(town.core)
    with refused("bad_token"):
        await set_up_by_link(town.core, "made up", FIRST)
    with refused("missing_field", field="password"):
        await set_up_by_link(town.core, secret, NewUser(name="root"))
    with refused("bad_name"):
        await set_up_by_link(town.core, secret, NewUser(name="..", password=PASSWORD))
    assert (await set_up_by_link(town.core, secret, FIRST)).admin
    assert len(await town.rows(Credential)) == 1
    with refused("bad_token"):
        await set_up_by_link(town.core, secret, NewUser(name="mallory", password=PASSWORD))
    with refused("already_set_up"):
        await set_up_by_link(town.core, second, NewUser(name="mallory", password=PASSWORD))


async def test_two_set_up_at_once(town: Town) -> None:
    """Of several who set up at the same time one becomes the administrator."""
    secrets = [await setup_secret(town.core) for _ in range(3)]
    made = (
        set_up_by_link(town.core, secret, NewUser(name=f"u{n}", password=PASSWORD)) for n, secret in enumerate(secrets)
    )
    found = await asyncio.gather(*made, return_exceptions=True)

    assert [problem.code for problem in found if isinstance(problem, Problem)] == ["already_set_up"] * 2


async def test_the_command_line_acts_for_somebody(town: Town) -> None:
    """On a data directory one acts as the first administrator, or as a user who is active."""
    with refused("unknown_user"):
        await acting(town.core)
    root = await set_up(town.core, FIRST)
    ada = await town.user("ada")

    assert Actor(root.no, face="cli") == await acting(town.core)
    assert ada.no == (await acting(town.core, Named("ada"))).user
    await suspend(town.core, actor(root), ada.no)
    with refused("account_inactive"):
        await acting(town.core, user("ada"))


async def test_settings(town: Town, root: Person, alice: Person) -> None:
    """Administrators set, read, list and take back settings; others do none of it."""
    await set_setting(town.core, actor(root), "mail.from", {"name": "Us"})
    await set_setting(town.core, actor(root), "a", 1)
    assert await get_setting(town.core, actor(root), "mail.from") == {"name": "Us"}
    first = await list_settings(town.core, actor(root), limit=1)
    rest = await list_settings(town.core, actor(root), after=first.next)
    assert [row.name for row in (*first.rows, *rest.rows)] == ["a", "mail.from"]
    await set_setting(town.core, actor(root), "a", None)
    assert await get_setting(town.core, actor(root), "a") is None
    for who in (alice, None):
        with refused("forbidden" if who else "unauthenticated"):
            await set_setting(town.core, actor(who) if who else NOBODY, "a", 1)
    with refused("forbidden"):
        await get_setting(town.core, actor(alice), "a")
    with refused("forbidden"):
        await list_settings(town.core, actor(alice))
    with refused("forbidden"):
        await set_setting(town.core, Actor(root.no, actions=Action.READ), "a", 1)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("", 1, "invalid_field"),
        ("A b", 1, "invalid_field"),
        ("a", object(), "invalid_field"),
        ("a", "x" * 70_000, "too_large"),
    ],
)
async def test_odd_settings(town: Town, root: Person, name: str, value: object, code: str) -> None:
    """A setting has a plain name and a JSON value of bounded size."""
    with refused(code):
        await set_setting(town.core, actor(root), name, value)


async def test_organisations(town: Town, root: Person, alice: Person) -> None:
    """Administrators make and rename organisations; everybody who is logged in sees them."""
    acme = await add_org(town.core, actor(root), "Acme", {"site": "x"})
    with refused("name_taken"):
        await add_org(town.core, actor(root), "ACME")
    with refused("forbidden"):
        await add_org(town.core, actor(alice), "Other")
    renamed = await change_org(town.core, actor(root), Named("acme"), "Acme Ltd", {"site": None, "a": 1})

    assert (acme.no, "Acme Ltd", {"a": 1}) == (renamed.no, renamed.title, renamed.attributes)
    assert renamed == await get_org(town.core, actor(alice), acme.no)
    assert renamed == await change_org(town.core, actor(root), acme.no)
    first = await list_orgs(town.core, actor(alice), limit=1)
    rest = await list_orgs(town.core, actor(alice), after=first.next)
    assert [org.title for org in (*first.rows, *rest.rows)] == ["Acme Ltd", "Main"]
    with refused("name_taken"):
        await change_org(town.core, actor(root), acme.no, "main")
    with refused("unknown_org"):
        await get_org(town.core, actor(alice), Named("Nowhere"))
    with refused("unauthenticated"):
        await list_orgs(town.core, NOBODY)


async def test_administrators_change_their_own_organisation(town: Town, root: Person) -> None:
    """The administrator of an organisation renames his own, and no other."""
    eve = await town.user("eve", org=Named("Acme"), org_role=OrgRole.ADMINISTRATOR)
    assert (await change_org(town.core, actor(eve), eve.org or 0, "Acme 2")).title == "Acme 2"
    with refused("forbidden"):
        await change_org(town.core, actor(eve), MAIN_ORG, "Ours")


async def test_the_narrowest_allowance_counts(town: Town, root: Person, alice: Person) -> None:
    """Limits of everyone, the organisation and the person hold together."""
    await set_allowance(town.core, actor(root), EVERYONE, Allowance(0, longest=1_000, kinds=Kind.USER | Kind.LINK))
    await set_allowance(town.core, actor(root), MAIN_ORG, Allowance(0, quota=10))
    await set_allowance(town.core, actor(root), user("alice"), Allowance(0, longest=2_000, quota=5))

    found = await effective_allowance(town.core, actor(alice))
    assert (alice.no, 1_000, 5, Kind.USER | Kind.LINK) == (found.no, found.longest, found.quota, found.kinds)
    assert found == await effective_allowance(town.core, actor(root), alice.no)
    await drop_allowance(town.core, actor(root), EVERYONE)
    assert (await effective_allowance(town.core, actor(alice))).longest == 2_000
    assert await get_allowance(town.core, actor(root), EVERYONE) is None
    row = await get_allowance(town.core, actor(root), alice.no)
    assert row is not None
    assert (alice.no, 5) == (row.no, row.quota)


async def test_kinds_of_several_at_once(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """An administrator says with which kinds holders share; other limits stay; whoever has none has no row."""
    await set_allowance(town.core, actor(root), alice.no, Allowance(0, quota=5))
    await limit_kinds(town.core, actor(root), {alice.no: Kind.USER, EVERYONE: Kind.USER | Kind.LINK, bob.no: ANY_KIND})
    found = {who.no: row for who, row in await list_allowances(town.core, actor(root))}
    assert found == {
        alice.no: Allowance(alice.no, quota=5, kinds=Kind.USER),
        EVERYONE: Allowance(EVERYONE, kinds=Kind.USER | Kind.LINK),
    }
    await limit_kinds(town.core, actor(root), {EVERYONE: Kind.LINK}, only=True)
    found = {who.no: row for who, row in await list_allowances(town.core, actor(root))}
    assert found == {alice.no: Allowance(alice.no, quota=5), EVERYONE: Allowance(EVERYONE, kinds=Kind.LINK)}
    await limit_kinds(town.core, actor(root), {}, only=True)
    assert [row for _, row in await list_allowances(town.core, actor(root))] == [Allowance(alice.no, quota=5)]
    await limit_kinds(town.core, actor(root), {})
    with refused("unknown_user"):
        await limit_kinds(town.core, actor(root), {12_345: Kind.USER})
    for verb in (limit_kinds(town.core, actor(alice), {}), list_allowances(town.core, actor(alice))):
        with refused("forbidden"):
            await verb


async def test_who_sets_allowances(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """Administrators; those of an organisation for it and its people; nobody for himself."""
    eve = await town.user("eve", org=Named("Acme"), org_role=OrgRole.ADMINISTRATOR)
    fay = await town.user("fay", org=Named("Acme"))
    for holder in (eve.org or 0, fay.no):
        assert holder == (await set_allowance(town.core, actor(eve), holder, Allowance(0, make=False))).no
    for holder in (EVERYONE, MAIN_ORG, alice.no):
        with refused("forbidden"):
            await set_allowance(town.core, actor(eve), holder, Allowance(0))
    with refused("forbidden"):
        await set_allowance(town.core, actor(alice), alice.no, Allowance(0))
    with refused("forbidden"):
        await effective_allowance(town.core, actor(alice), bob.no)
    group = await town.group("Team", alice)
    for holder in (group.no, 999):
        with refused("unknown_user"):
            await set_allowance(town.core, actor(root), holder, Allowance(0))


@pytest.mark.parametrize(
    "odd", [Allowance(0, longest=-1), Allowance(0, quota=-1), Allowance(0, domains="x"), Allowance(0, domains='"x"')]
)
async def test_odd_allowances(town: Town, root: Person, odd: Allowance) -> None:
    """A limit is not below nothing, and domains are a list."""
    with refused("invalid_field"):
        await set_allowance(town.core, actor(root), EVERYONE, odd)


def test_domains() -> None:
    """Domains are kept in lower case, sorted, each once."""
    assert domains(["B.org ", "a.org", "b.org"]) == '["a.org", "b.org"]'
    assert domains(None) is None
