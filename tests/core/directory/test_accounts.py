"""What happens to accounts: their data, state, password and role."""

from typing import Any

import pytest
from tests.core.directory.town import PASSWORD, Town, actor, refused, user

from commonhold.core.directory.accounts import (
    UserChange,
    change_password,
    change_user,
    resume,
    set_password,
    suspend,
)
from commonhold.core.directory.credentials import actor_of
from commonhold.core.directory.people import Person, get_user
from commonhold.core.directory.sign_in import sign_in
from commonhold.core.directory.standing import OPERATOR
from commonhold.core.identity import Actor, Named
from commonhold.core.model import MAIN_ORG, Profile, Space, State
from commonhold.core.roles import Action, OrgRole


async def test_one_changes_ones_own_names(town: Town, alice: Person) -> None:
    """Names and attributes are one's own; attributes are merged, None takes one away."""
    first = UserChange(first_name="Alice", attributes={"locale": "de", "phone": "1"})
    await change_user(town.core, actor(alice), alice.no, first)
    changed = await change_user(
        town.core, actor(alice), alice.no, UserChange(last_name="L.", attributes={"phone": None})
    )

    assert (changed.first_name, changed.last_name, changed.attributes) == ("Alice", "L.", {"locale": "de"})


@pytest.mark.parametrize(
    "change",
    [
        UserChange(name="boss"),
        UserChange(verified=True),
        UserChange(org_role=OrgRole.ADMINISTRATOR),
        UserChange(org=None),
        UserChange(admin=True),
    ],
)
async def test_one_does_not_raise_oneself(town: Town, alice: Person, change: UserChange) -> None:
    """Rank, organisation, log-in name and the word that an address is verified are administrators' to change."""
    with refused("forbidden"):
        await change_user(town.core, actor(alice), alice.no, change)


async def test_others_change_nothing(town: Town, alice: Person, bob: Person) -> None:
    """Nobody changes somebody else, and no narrow token anybody."""
    for who in (actor(bob), Actor(alice.no, actions=Action.READ)):
        with refused("forbidden"):
            await change_user(town.core, who, alice.no, UserChange(first_name="X"))
    with refused("unknown_user"):
        await change_user(town.core, actor(bob), user("nobody"), UserChange())


async def test_renaming(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """An administrator gives another log-in name, in another case too, but none that is taken."""
    renamed = await change_user(town.core, actor(root), user("alice"), UserChange(name="ALICE"))

    assert renamed.name == "ALICE"
    with refused("name_taken"):
        await change_user(town.core, actor(root), alice.no, UserChange(name="Bob"))


async def test_a_new_address_has_to_be_verified(town: Town, alice: Person) -> None:
    """With another address the old one's shares are no longer his; a letter goes to the new one."""
    old = await town.mail("alice@example.org")
    changed = await change_user(town.core, actor(alice), alice.no, UserChange(email="new@example.org"))

    assert (changed.email, changed.verified) == ("new@example.org", False)
    assert old not in await town.is_all(alice.no)
    assert [("verify", alice.no)] == await town.letters()


async def test_the_same_address_in_other_letters(town: Town, alice: Person) -> None:
    """An address that differs in case only stays verified."""
    changed = await change_user(town.core, actor(alice), alice.no, UserChange(email="Alice@Example.org"))

    assert (changed.email, changed.verified) == ("Alice@Example.org", True)
    assert await town.mail("alice@example.org") in await town.is_all(alice.no)
    assert await town.letters() == []


async def test_administrators_word_on_addresses(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """An administrator says that an address is verified, or no longer; not of one that is none or another's."""

    async def change(**given: Any) -> Person:
        return await change_user(town.core, actor(root), alice.no, UserChange(**given))

    assert (await change(email="new@example.org", verified=True)).verified
    assert await town.mail("new@example.org") in await town.is_all(alice.no)
    assert not (await change(verified=False)).verified
    assert await town.mail("new@example.org") not in await town.is_all(alice.no)
    assert (await change(verified=True)).verified
    with refused("address_taken"):
        await change(email="Bob@example.org")
    assert (await change(email=None)).email is None
    with refused("bad_address"):
        await change(verified=True)
    await town.set(Profile, bob.no, email=None, email_key=None)
    with refused("address_taken"):
        await change(email="bob@example.org", verified=True)


async def test_moving_to_another_organisation(town: Town, root: Person, alice: Person) -> None:
    """A person moves with his spaces and starts as a user there; a guest who joins gets a space."""
    eve = await town.user("eve", org=Named("Acme"), org_role=OrgRole.ADMINISTRATOR)

    async def move(who: Person, **given: Any) -> Person:
        return await change_user(town.core, actor(root), who.no, UserChange(**given))

    assert ((moved := await move(eve, org=MAIN_ORG)).org, moved.org_role) == (MAIN_ORG, OrgRole.USER)
    assert [space.org for space in await town.rows(Space, owner=eve.no)] == [MAIN_ORG]
    assert eve.org not in await town.is_all(eve.no)
    assert ((guest := await move(eve, org=None)).org, guest.external) == (None, True)
    back = await move(eve, org=Named("acme"), org_role=OrgRole.PUBLISHER)
    assert (eve.org, OrgRole.PUBLISHER, False) == (back.org, back.org_role, back.external)
    gus = await town.user("gus", external=True)
    await move(gus, org=MAIN_ORG)
    assert len(await town.rows(Space, owner=gus.no)) == 1
    assert (await move(gus, org=MAIN_ORG)).org == MAIN_ORG
    with refused("unknown_org"):
        await move(gus, org=Named("Nowhere"))


async def test_administrators_of_organisations_stay_below(town: Town, root: Person) -> None:
    """They decide over their own people, but never over an administrator of the installation, nor across."""
    eve = await town.user("eve", org=Named("Acme"), org_role=OrgRole.ADMINISTRATOR)
    fay = await town.user("fay", org=Named("Acme"))
    boss = await town.user("boss", org=Named("Acme"), admin=True)
    dan = await town.user("dan")

    assert State.SUSPENDED is (await suspend(town.core, actor(eve), fay.no)).state
    for person in (boss, dan):
        with refused("forbidden"):
            await set_password(town.core, actor(eve), person.no, PASSWORD)
    with refused("forbidden"):
        await change_user(town.core, actor(eve), fay.no, UserChange(admin=True))


async def test_suspension_shuts_at_once(town: Town, root: Person, alice: Person) -> None:
    """The next request with anything handed out is refused; after resuming it counts again."""
    issued = await sign_in(town.core, "alice", PASSWORD)
    await suspend(town.core, actor(root), alice.no)

    with refused("bad_token"):
        await actor_of(town.core, issued.secret)
    with refused("bad_credentials"):
        await sign_in(town.core, "alice", PASSWORD)
    with refused("account_inactive"):
        await get_user(town.core, actor(alice), alice.no)
    assert State.ACTIVE is (await resume(town.core, actor(root), alice.no)).state
    assert alice.no == (await actor_of(town.core, issued.secret)).user


async def test_there_is_always_an_administrator(town: Town, root: Person) -> None:
    """The last administrator is neither suspended nor made a user; a suspended one does not count."""
    with refused("last_administrator"):
        await suspend(town.core, actor(root), root.no)
    with refused("last_administrator"):
        await change_user(town.core, actor(root), root.no, UserChange(admin=False))
    ada = await town.user("ada", admin=True)
    await suspend(town.core, actor(root), ada.no)
    with refused("last_administrator"):
        await suspend(town.core, actor(root), root.no)
    await resume(town.core, actor(root), ada.no)
    assert not (await change_user(town.core, actor(ada), root.no, UserChange(admin=False))).admin
    assert (await change_user(town.core, actor(ada), root.no, UserChange(admin=True))).admin


async def test_a_new_password_ends_what_was_handed_out(town: Town, root: Person, alice: Person) -> None:
    """After a password was set, even within the same millisecond, everything from before is dead."""
    issued = await sign_in(town.core, "alice", PASSWORD)
    await set_password(town.core, actor(root), alice.no, PASSWORD)

    with refused("bad_token"):
        await actor_of(town.core, issued.secret)
    assert (await sign_in(town.core, "alice", PASSWORD)).secret


async def test_a_password_makes_the_invited_active(town: Town, root: Person) -> None:
    """An administrator who sets the password of an invited user lets him in."""
    ada = await town.user("ada", invited=True)
    await set_password(town.core, OPERATOR, ada.no, PASSWORD)

    assert State.ACTIVE is (await town.principal(ada.no)).state
    assert ada.no == (await sign_in(town.core, "ada", PASSWORD)).credential.principal


async def test_changing_ones_own_password(town: Town, alice: Person) -> None:
    """The old password is asked for; a new session is begun, everything else is dead."""
    old = await sign_in(town.core, "alice", PASSWORD)
    with refused("wrong_password", field="old"):
        await change_password(town.core, actor(alice), "wrong", "another one, longer")
    with refused("password_too_short"):
        await change_password(town.core, actor(alice), PASSWORD, "x")
    new = await change_password(town.core, actor(alice), PASSWORD, "another one, longer")

    assert alice.no == (await actor_of(town.core, new.secret)).user
    with refused("bad_token"):
        await actor_of(town.core, old.secret)
    assert (await sign_in(town.core, "alice", "another one, longer")).secret


async def test_guessing_the_old_password_is_limited(town: Town, alice: Person) -> None:
    """Whoever found an open session cannot try passwords without end."""
    for _ in range(town.core.limits.login_tries):
        with refused("wrong_password"):
            await change_password(town.core, actor(alice), "wrong", "another one, longer")
    with refused("too_many_requests"):
        await change_password(town.core, actor(alice), PASSWORD, "another one, longer")
