"""Users: made, found, and shown as far as one may see them."""

import asyncio
from typing import Any

from tests.core.directory.town import PASSWORD, Town, actor, mail, refused, user

from commonhold.core.directory.people import NewUser, Person, add_user, get_user, list_users
from commonhold.core.directory.sign_in import sign_in
from commonhold.core.identity import NOBODY, Actor, Named
from commonhold.core.model import MAIN_ORG, Credential, Item, ItemKind, Member, Password, Profile, Space, State
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind, OrgRole


async def test_a_user_has_a_space(town: Town, root: Person) -> None:
    """A new user is active, a member of the main organisation, and owns a space with an empty top folder."""
    ada = await town.user("Ada", first_name="Ada", last_name="L.", attributes={"locale": "de"})

    (space,) = await town.rows(Space, owner=ada.no)
    top = await town.row(Item, no=space.root)
    assert (ada.state, ada.org, ada.first_name, ada.attributes) == (State.ACTIVE, MAIN_ORG, "Ada", {"locale": "de"})
    assert MAIN_ORG in await town.is_all(ada.no)
    assert space.org == MAIN_ORG
    assert top is not None
    assert (ItemKind.FOLDER, None, ada.no, space.no) == (top.kind, top.parent, top.created_by, top.space)
    assert "user.added" in await town.events()


async def test_guests_own_nothing(town: Town, root: Person) -> None:
    """A guest is in no organisation and has no space; his role in one says nothing."""
    guest = await town.user("guest", external=True, org_role=OrgRole.ADMINISTRATOR)

    assert (guest.org, guest.external, guest.org_role) == (None, True, OrgRole.USER)
    assert await town.rows(Space, owner=guest.no) == []


async def test_passwords_are_kept_as_hashes(town: Town) -> None:
    """No row and no printed struct holds a password in clear."""
    new = NewUser(name="ada", password=PASSWORD)
    ada = await town.user("ada", password=PASSWORD)

    row = await town.row(Password, no=ada.no)
    assert row is not None
    assert PASSWORD not in row.hash
    assert PASSWORD not in repr(new)


async def test_names_are_unique_whatever_their_case(town: Town, alice: Person) -> None:
    """A log-in name or an address that differs in case only is taken."""
    with refused("name_taken", field="name"):
        await town.user("ALICE")
    with refused("address_taken", field="email"):
        await town.user("other", email="Alice@Example.org")


async def test_two_at_once(town: Town) -> None:
    """Of two requests for one name at the same time one makes the user, the other is told that it is taken."""
    results = await asyncio.gather(*(town.user("ada", email=f"{n}@b.org") for n in range(2)), return_exceptions=True)

    assert [found.code for found in results if isinstance(found, Problem)] == ["name_taken"]


async def test_what_cannot_be(town: Town, root: Person) -> None:
    """Odd names, addresses and passwords are refused, and nothing is left of them."""
    odd: list[tuple[dict[str, Any], str]] = [
        ({"name": ".."}, "bad_name"),
        ({"name": "ada", "email": "x"}, "bad_address"),
        ({"name": "ada", "password": "short"}, "password_too_short"),
        ({"name": "ada", "password": "x" * 1025}, "password_too_long"),
        ({"name": "ada", "org": 999}, "unknown_org"),
        ({"name": "ada", "org": root.no}, "unknown_org"),
    ]
    for given, code in odd:
        with refused(code):
            await town.user(**given)
    assert [person.name for person in (await list_users(town.core, actor(root))).rows] == ["root"]


async def test_who_may_add(town: Town, root: Person, alice: Person) -> None:
    """Users are made by administrators only, and with a scope that includes it."""
    for who, code in [
        (NOBODY, "unauthenticated"),
        (actor(alice), "forbidden"),
        (Actor(root.no, actions=Action.READ), "forbidden"),
        (Actor(await town.mail("alice@example.org")), "forbidden"),
    ]:
        with refused(code):
            await add_user(town.core, who, NewUser(name="ada"))
    assert (await add_user(town.core, actor(root), NewUser(name="ada"))).name == "ada"


async def test_organisations_by_name(town: Town, root: Person) -> None:
    """An organisation that does not exist is made by the installation's administrator; the next user finds it."""
    eve = await town.user("eve", org=Named("Acme"), org_role=OrgRole.ADMINISTRATOR)
    dan = await town.user("dan", org=Named("ACME"))

    assert eve.org == dan.org != MAIN_ORG


async def test_administrators_of_organisations(town: Town, root: Person) -> None:
    """They add people to their own organisation: no guests, no administrators, no other organisation."""
    eve = await town.user("eve", org=Named("Acme"), org_role=OrgRole.ADMINISTRATOR)

    fay = await add_user(town.core, actor(eve), NewUser(name="fay"))
    gus = await add_user(town.core, actor(eve), NewUser(name="gus", org=Named("acme")))
    assert eve.org == fay.org == gus.org
    beyond: tuple[dict[str, Any], ...] = ({"external": True}, {"admin": True}, {"org": MAIN_ORG}, {"org": Named("New")})
    for given in beyond:
        with refused("forbidden"):
            await add_user(town.core, actor(eve), NewUser(name="hal", **given))


async def test_a_verified_address_is_an_edge(town: Town, root: Person) -> None:
    """What was shared with an address is its user's as soon as it is verified, and not before."""
    ada = await town.user("ada", email="Ada@Example.org", verified=True)
    ben = await town.user("ben", email="ben@example.org")

    ada_mail = await town.mail("ada@example.org")
    assert ada_mail in await town.is_all(ada.no)
    assert await town.mail("ben@example.org") is None
    assert [("verify", ben.no)] == await town.letters()


async def test_somebody_elses_address(town: Town, alice: Person) -> None:
    """An address that another account has verified cannot be given to a new one."""
    other = await town.mail("alice@example.org")
    assert other is not None
    await town.set(Profile, alice.no, email=None, email_key=None)
    with refused("address_taken", field="email"):
        await town.user("mallory", email="alice@example.org", verified=True)


async def test_guests_by_mail_log_in_once_there_is_an_account(town: Town, alice: Person) -> None:
    """With the account the sessions of guests who came in by its address are over."""
    address = await town.mail("alice@example.org")
    assert address is not None
    assert await town.rows(Credential, principal=address) == []
    assert [alice.no] == [edge.member for edge in await town.rows(Member, grp=address)]


async def test_the_invited_set_a_password_first(town: Town, root: Person) -> None:
    """An invited user is pending, cannot log in, and gets a letter."""
    ada = await town.user("ada", email="ada@example.org", invited=True)

    assert State.PENDING is ada.state
    assert [("invite", ada.no)] == await town.letters()
    with refused("bad_credentials"):
        await sign_in(town.core, "ada", "")


async def test_addresses_are_for_administrators_and_oneself(
    town: Town, root: Person, alice: Person, bob: Person
) -> None:
    """Everybody who is logged in sees names; addresses and attributes only himself and administrators."""
    by_bob = await get_user(town.core, actor(bob), user("alice"))
    assert (by_bob.name, by_bob.email, by_bob.verified, by_bob.attributes) == ("alice", None, None, None)
    for who in (actor(alice), actor(root)):
        assert (await get_user(town.core, who, alice.no)).email == "alice@example.org"
    assert alice.no == (await get_user(town.core, actor(bob), Named(alice.uid))).no


async def test_finding_by_address(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """Nobody learns by an address that somebody has an account, but its administrators and he himself."""
    assert alice.no == (await get_user(town.core, actor(root), mail("Alice@example.org"))).no
    assert alice.no == (await get_user(town.core, actor(alice), Named("alice@example.org"))).no
    for text in ("alice@example.org", "nobody@example.org"):
        with refused("unknown_user"):
            await get_user(town.core, actor(bob), Named(text, Kind.USER))


async def test_strangers_learn_no_names(town: Town, alice: Person) -> None:
    """Nobody, guests by mail, and suspended people see no names."""
    guest = Actor(await town.mail("alice@example.org"))
    for who, code in ((NOBODY, "unauthenticated"), (guest, "forbidden")):
        with refused(code):
            await list_users(town.core, who)
        with refused(code):
            await get_user(town.core, who, alice.no)
    with refused("unauthenticated"):
        await list_users(town.core, Actor(999))


async def test_lists_page_by_name(town: Town, root: Person) -> None:
    """Pages follow one another without gap or repetition, and can be cut to a beginning."""
    for number in range(7):
        await town.user(f"u{number}")

    names, after = [], None
    while True:
        page = await list_users(town.core, actor(root), "U", after=after, limit=3)
        names += [person.name for person in page.rows]
        after = page.next
        if after is None:
            break
    assert [f"u{number}" for number in range(7)] == names
