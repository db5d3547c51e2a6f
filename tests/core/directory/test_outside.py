"""Log-in by another issuer's word: what it is worth, and what it never is."""

import asyncio

import pytest
from tests.core.directory.town import Town, actor, refused, user

from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.claims import add_claim
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.leaving import delete_user
from commonhold.core.directory.outside import (
    Outsider,
    Welcome,
    enter_outside,
    link_outside,
    outside_logins,
    unlink_outside,
)
from commonhold.core.directory.people import NewUser, Person, add_user, get_user
from commonhold.core.directory.standing import OPERATOR
from commonhold.core.identity import Actor
from commonhold.core.model import OutsideLogin, State
from commonhold.core.roles import Action

ISSUER = "https://login.example.org"
OPEN = Welcome(create=True)


def says(email: str | None = None, verified: bool = True, subject: str = "s1", **more: str) -> Outsider:
    """What the issuer says of somebody."""
    return Outsider(ISSUER, subject, email, verified, **more)


async def enters(town: Town, who: Outsider, welcome: Welcome = OPEN) -> str:
    """Log in; return the name of whom one is then."""
    issued = await enter_outside(town.core, who, welcome)
    no = issued.credential.principal
    assert no is not None
    return (await get_user(town.core, Actor(no), no)).name


async def test_a_verified_address_leads_to_its_account_and_stays_linked(town: Town, alice: Person) -> None:
    """Linked once, the subject is enough: another address, or an unverified one, changes nothing of it."""
    assert await enters(town, says("Alice@example.org")) == "alice"
    assert await enters(town, says("new@example.com", verified=False)) == "alice"
    assert await enters(town, says()) == "alice"
    assert [row.subject for row in await outside_logins(town.core, actor(alice))] == ["s1"]


async def test_an_unverified_address_takes_nothing_over(town: Town, alice: Person) -> None:
    """Neither an account that there is, nor a new one, comes of an address that the issuer did not verify."""
    for email in ("alice@example.org", "new@example.org"):
        with refused("address_unverified"):
            await enter_outside(town.core, says(email, verified=False), OPEN)
    for nothing in (None, "no address"):
        with refused("no_account"):
            await enter_outside(town.core, says(nothing), OPEN)
    assert await town.rows(OutsideLogin) == []


async def test_an_account_that_never_confirmed_its_address_is_not_given_away(town: Town, root: Person) -> None:
    """Whoever registered another one's address first gets nothing of his log-in, and he none of theirs."""
    await town.user("squatter", email="victim@example.org", password="a password of his")
    with refused("address_taken"):
        await enter_outside(town.core, says("victim@example.org"), OPEN)


async def test_accounts_are_made_only_if_that_is_wanted(town: Town, alice: Person) -> None:
    """Closed: nobody new; open: a name that is free, names as told, the address verified; domains bound it."""
    new = says("carol@example.com", name="alice", first_name="Ca\u202erol", last_name="")
    with refused("no_account"):
        await enter_outside(town.core, new)
    with refused("domain_not_allowed"):
        await enter_outside(town.core, new, Welcome(True, ("example.org",)))
    assert await enters(town, new, Welcome(True, ("Example.com",))) == "alice-2"
    made = await get_user(town.core, OPERATOR, user("alice-2"))
    assert (made.email, made.verified, made.first_name, made.admin) == ("carol@example.com", True, "Carol", False)
    assert await enters(town, new) == "alice-2"


async def test_odd_names_become_log_in_names(town: Town, root: Person) -> None:
    """What cannot be a log-in name is cut to what can; nothing left is a name of ours."""
    assert await enters(town, says("a@example.org", name="Ann O'Hara")) == "Ann-O-Hara"
    assert await enters(town, says("b@example.org", subject="s2", name="///")) == "user"
    assert await enters(town, says("c.d@example.org", subject="s3")) == "c.d"


async def test_an_invited_person_is_confirmed_by_it(town: Town, root: Person) -> None:
    """The address of an invitation, vouched for, is worth as much as its letter."""
    await add_user(town.core, OPERATOR, NewUser(name="ida", email="ida@example.org", invited=True))
    with refused("domain_not_allowed"):
        await enter_outside(town.core, says("ida@example.org"), Welcome(domains=("example.com",)))
    assert await enters(town, says("ida@example.org"), Welcome()) == "ida"
    ida = await get_user(town.core, OPERATOR, user("ida"))
    assert (ida.state, ida.verified) == (State.ACTIVE, True)


async def test_a_claimed_address_leads_to_whose_it_is(town: Town, alice: Person, bob: Person) -> None:
    """An address that somebody added to his account counts as his."""
    draft = Draft(town.core, OPERATOR)
    await add_claim(town.core, draft, bob.no, "second@example.org")
    await draft.commit()
    assert await enters(town, says("second@example.org"), Welcome()) == "bob"


async def test_a_suspended_account_stays_shut(town: Town, root: Person, alice: Person) -> None:
    """Neither by a link that there is nor by the address."""
    await enters(town, says("alice@example.org"))
    await suspend(town.core, actor(root), alice.no)
    for who in (says(), says("alice@example.org", subject="another")):
        with refused("account_inactive"):
            await enter_outside(town.core, who, OPEN)


async def test_a_deleted_account_leaves_no_link(town: Town, root: Person, alice: Person) -> None:
    """The subject of a deleted account is nobody's again."""
    await enters(town, says("alice@example.org"))
    await delete_user(town.core, actor(root), alice.no)
    assert await town.rows(OutsideLogin) == []
    with refused("no_account"):
        await enter_outside(town.core, says())


async def test_linking_by_being_logged_in(town: Town, alice: Person, bob: Person) -> None:
    """Any word can be linked to one's own account, once; another one's is refused, and the end of it is an end."""
    await link_outside(town.core, actor(alice), says(None))
    await link_outside(town.core, actor(alice), says(None))
    assert await enters(town, says(), Welcome()) == "alice"
    with refused("login_taken"):
        await link_outside(town.core, actor(bob), says())
    with refused("unauthenticated"):
        await link_outside(town.core, Actor(), says())
    with refused("forbidden"):
        await link_outside(town.core, Actor(alice.no, actions=Action.READ), says(subject="s2"))
    with refused("not_found"):
        await unlink_outside(town.core, actor(bob), ISSUER)
    await unlink_outside(town.core, actor(alice), ISSUER)
    with refused("no_account"):
        await enter_outside(town.core, says(), OPEN)


async def test_two_first_log_ins_at_once_make_one_account(town: Town, root: Person) -> None:
    """However they come between one another, there is one account and one link."""
    who = says("new@example.org", name="new")
    done = await asyncio.gather(*(enter_outside(town.core, who, OPEN) for _ in range(2)), return_exceptions=True)
    assert [one for one in done if not isinstance(one, BaseException)]
    assert len(await town.rows(OutsideLogin)) == 1


@pytest.mark.parametrize("who", [Outsider("", "s"), Outsider(ISSUER, ""), Outsider(ISSUER, "s" * 256)])
async def test_odd_subjects_are_refused(town: Town, root: Person, who: Outsider) -> None:
    """Nobody, and what is too long to be kept."""
    with refused("login_refused"):
        await enter_outside(town.core, who, OPEN)
