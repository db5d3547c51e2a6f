"""Whole lists of shares, looks on behalf of somebody, and what is known before sharing."""

from functools import partial

import msgspec
import pytest
from tests.core.sharing.village import Village

from commonhold.core.directory.people import NewUser, add_user
from commonhold.core.identity import Actor, Named
from commonhold.core.model import EVERYONE, LINK, Allowance, Item, Life, Principal
from commonhold.core.policy.allowances import domain_allowed, narrow
from commonhold.core.problems import Problem
from commonhold.core.roles import ANY_KIND, Action, Kind, OrgRole
from commonhold.core.sharing.finding import Shares, shares_by
from commonhold.core.sharing.listing import (
    Wanted,
    administration,
    every,
    on_behalf,
    several,
    shares_of_all,
    shares_with_everyone,
)
from commonhold.core.sharing.prospect import own_links, prospect
from commonhold.core.terms import Terms


async def test_all_pages_as_one(village: Village) -> None:
    """A listing of several pages comes whole, newest first."""
    made = [(await village.share(village.alice, to)).no for to in ("bob", "carol", "team")]
    found = await every(lambda after: shares_by(village.core, Actor(village.alice), after, 1))
    assert [one.share.no for one in found] == made[::-1]
    assert [one.reaches for one in found] == [True, False, False]


async def test_several_by_reference(village: Village) -> None:
    """Those that the actor may know of are told, the others left out, in one reading."""
    share = await village.share(village.alice, "bob", terms=Terms(note="hello"))
    found = await several(village.core, Actor(village.bob), (share.no or 0, share.share or "", 12_345))
    assert {ref: one.note for ref, one in found.items()} == {share.no: "hello", share.share: "hello"}
    assert found[share.no or 0].reaches
    assert await several(village.core, Actor(village.carol), (share.no or 0,)) == {}


async def test_on_behalf(village: Village) -> None:
    """Everybody looks as himself, administrators as any user; a scope goes with it."""
    bob = Actor(village.bob)
    assert await on_behalf(village.core, bob, village.bob) is bob
    dora = Actor(village.dora, actions=Action.READ | Action.MANAGE)
    assert (await on_behalf(village.core, dora, village.bob)).user == village.bob
    assert (await on_behalf(village.core, dora, village.bob)).actions == dora.actions
    for who, user, code in (
        (bob, village.alice, "forbidden"),
        (Actor(village.dora, actions=Action.READ), village.bob, "forbidden"),
        (dora, village.team, "unknown_user"),
        (dora, 12_345, "unknown_user"),
        (Actor(None), village.bob, "unauthenticated"),
    ):
        with pytest.raises(Problem, match=code):
            await on_behalf(village.core, who, user)


async def test_what_everyone_sees(village: Village) -> None:
    """What is shared with everyone is listed while it gives something."""
    share = await village.share(village.alice, EVERYONE, terms=Terms(until=village.clock() + 10))
    page = await shares_with_everyone(village.core, Actor(village.guest))
    assert [one.share.no for one in page.shares] == [share.no]
    village.clock.advance(10)
    assert (await shares_with_everyone(village.core, Actor(village.guest))).shares == ()


async def test_everybodys_shares(village: Village) -> None:
    """Administrators list all shares, by maker or recipient, those that are over too; nobody else does."""
    dora = Actor(village.dora)
    one = await village.share(village.alice, "bob", terms=Terms(until=village.clock()))
    two = await village.share(village.dora, "carol")
    for wanted, expected in (
        (Wanted(), [two.no, one.no]),
        (Wanted(made_by=village.alice), [one.no]),
        (Wanted(recipient=village.carol), [two.no]),
        (Wanted(village.alice, village.carol), []),
    ):
        page = await shares_of_all(village.core, dora, wanted)
        assert [found.share.no for found in page.shares] == expected
    assert [found.share.no for found in (await shares_of_all(village.core, dora, Wanted(), two.no)).shares] == [one.no]
    with pytest.raises(Problem, match="forbidden"):
        await shares_of_all(village.core, Actor(village.alice), Wanted())
    with pytest.raises(Problem, match="unauthenticated"):
        await administration(village.core, Actor(None))


async def test_the_prospect(village: Village) -> None:
    """The item, the recipient, and the account that has verified an address are known before anything is shared."""
    alice = Actor(village.alice)
    seen = await prospect(village.core, alice, village.file, village.bob)
    assert (seen.item.no, seen.right.mask, seen.open) == (village.file, ANY_KIND, ANY_KIND)
    assert (seen.recipient and seen.recipient.no, seen.account) == (village.bob, None)
    nobody = await prospect(village.core, alice, village.file)
    assert (nobody.recipient, nobody.profile, nobody.account) == (None, None, None)
    zoe = await add_user(
        village.core, Actor(village.dora), NewUser(name="zoe", email="zoe@example.net", verified=True, external=True)
    )
    found = await prospect(village.core, alice, village.file, Named("zoe@example.net", Kind.MAIL))
    assert found.account is not None
    assert (found.account.no, found.account.external) == (zoe.no, True)
    with pytest.raises(Problem, match="unknown_item"):
        await prospect(village.core, Actor(village.bob), village.file)
    await village.build.set(Item, village.file, life=Life.TRASHED)
    with pytest.raises(Problem, match="in_trash"):
        await prospect(village.core, alice, village.file, LINK)


async def test_ones_own_links(village: Village) -> None:
    """The links that somebody made on an item are his to know, newest first, ended ones too."""
    one, two = await village.link(terms=Terms(until=1)), await village.link()
    await village.link(village.dora)
    assert [link.no for link in await own_links(village.core, Actor(village.alice), village.file)] == [two.no, one.no]


ADDRESSES = ("a@one.example", "b@one.example", "c@sub.one.example", "d@two.example", "D@TWO.example")


@pytest.mark.parametrize(
    ("names", "allowed"),
    [
        (None, "abcdD"),
        ("[]", ""),
        ('["one.example"]', "ab"),
        ('["a@one.example", "two.example"]', "adD"),
        ('["!one.example"]', "cdD"),
        ('["!a@one.example", "!d@two.example"]', "bc"),
        ('["one.example", "!a@one.example"]', "b"),
    ],
)
def test_which_addresses_may_be_invited(names: str | None, allowed: str) -> None:
    """A list names addresses and exact domains, in any case; what begins with ``!`` is let in by nobody else."""
    allowance = Allowance(0, domains=names)
    assert "".join(one[0] for one in ADDRESSES if domain_allowed(allowance, one)) == allowed


LISTS = (
    None, "[]", '["one.example"]', '["two.example"]', '["a@one.example"]', '["!one.example"]', '["!a@one.example"]',
    '["one.example", "!b@one.example"]',
)  # fmt: skip


@pytest.mark.parametrize("one", LISTS)
@pytest.mark.parametrize("two", LISTS)
def test_two_lists_at_once(one: str | None, two: str | None) -> None:
    """An address is let in by the narrowest of two lists if, and only if, both let it in."""
    a, b = Allowance(0, domains=one), Allowance(0, domains=two)
    both = narrow(a, b)
    for address in ADDRESSES:
        assert domain_allowed(both, address) == (domain_allowed(a, address) and domain_allowed(b, address))
    assert msgspec.structs.replace(both, domains=None) == Allowance(0)


async def _asked(village: Village, who: Actor, wanted: Wanted, after: int | None) -> Shares:
    return await shares_of_all(village.core, who, wanted, after, 1)


async def test_shares_of_the_installation_by_what_they_are(village: Village) -> None:
    """Public ones, those that end soon, those on one item, by one face; and all of it paged by key."""
    now, dora = village.clock(), Actor(village.dora)
    bob = (await village.share(village.alice, "bob", terms=Terms(until=now + 1_000))).no
    later = (await village.share(village.alice, "carol", terms=Terms(until=now + 9_000))).no
    link = (await village.link()).no
    for wanted, numbers in (
        (Wanted(), [link, later, bob]),
        (Wanted(public=True), [link]),
        (Wanted(ends_before=now + 5_000), [bob]),
        (Wanted(item=village.file), [link]),
        (Wanted(item=12_345), []),
        (Wanted(face="native"), [link, later, bob]),
        (Wanted(face="filr"), []),
    ):
        found = await every(partial(_asked, village, dora, wanted))
        assert [one.share.no for one in found] == numbers, wanted


async def test_an_administrator_of_an_organisation_sees_its_shares_alone(village: Village) -> None:
    """What stands on items of his organisation; of others not even what was shared with him."""
    await village.share(village.alice, "bob")
    mine = next(row for row in await village.rows(Principal) if row.no == village.alice)
    await village.build.set(Principal, village.carol, org=mine.org, org_role=OrgRole.ADMINISTRATOR)
    found = (await shares_of_all(village.core, Actor(village.carol), Wanted())).shares
    assert len(found) == (1 if mine.org is not None else 0)
    await village.build.set(Principal, village.carol, org=EVERYONE + 1_000_000)
    assert (await shares_of_all(village.core, Actor(village.carol), Wanted())).shares == ()
