"""Choosing among one's shares: filters, orders and pages; what suggestions and previews know; how often one opened."""

import pytest
from tests.core.sharing.village import Village

from commonhold.core.directory.suggesting import suggest
from commonhold.core.identity import Actor, Named
from commonhold.core.model import EVERYONE, LINK, Share
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind, Role
from commonhold.core.sharing.foresight import foresee
from commonhold.core.sharing.opens import opens_of
from commonhold.core.sharing.proposal import Asked, Did, Proposal
from commonhold.core.sharing.selecting import Choice, Cursor, Order, made, received
from commonhold.core.terms import DAY, Terms


async def _made(village: Village, wanted: Choice, limit: int = 200) -> list[int]:
    """Return the numbers of all pages."""
    found: list[int] = []
    after: Cursor | None = None
    while True:
        page = await made(village.core, Actor(village.alice), wanted, after, limit)
        found += [one.share.no for one in page.shares]
        after = page.next
        if after is None:
            return found


async def test_made_shares_are_chosen_and_ordered(village: Village) -> None:
    """Each filter and each order tells the right ones, whatever the length of a page."""
    now = village.clock()
    bob = (await village.share(village.alice, "bob", terms=Terms(until=now + 9 * DAY))).no or 0
    carol = (await village.share(village.alice, "carol", village.file, terms=Terms(until=now + DAY))).no or 0
    all_ = (await village.share(village.alice, EVERYONE)).no or 0
    link, shut = [
        (await village.link(terms=terms)).no for terms in (Terms(), Terms(password="pw", until=now + 2 * DAY))
    ]
    await village.open(await village.build.get(Share, link))
    await village.share(village.bob, "carol")
    expected = {
        Choice(): [shut, link, all_, carol, bob],
        Choice(order=Order.OLDEST): [bob, carol, all_, link, shut],
        Choice(order=Order.ENDING): [carol, shut, bob, link, all_],
        Choice(links=True): [shut, link],
        Choice(links=False): [all_, carol, bob],
        Choice(public=True): [link, all_],
        Choice(ends_before=now + 7 * DAY): [shut, carol],
        Choice(unused=True): [shut],
        Choice(who=Named("bob")): [bob],
        Choice(who=Named("bob"), links=True): [],
        Choice(who=Named("nobody")): [],
        Choice(item=village.file): [shut, link, carol],
        Choice(item="unknown"): [],
    }
    for wanted, numbers in expected.items():
        for limit in (1, 2, 200):
            assert await _made(village, wanted, limit) == numbers, wanted


async def test_received_shares_are_chosen(village: Village) -> None:
    """By whoever shared them, by their end, and by item; through groups, too; what is over is left out."""
    now = village.clock()
    soon = (await village.share(village.alice, "bob", terms=Terms(until=now + DAY))).no
    team = (await village.share(village.alice, "team", village.file)).no
    dora = (await village.share(village.dora, "bob", village.file)).no
    actor = Actor(village.bob)

    async def numbers(wanted: Choice = Choice(), limit: int = 200) -> list[int]:  # noqa: B008 - frozen
        found, after = list[int](), None
        while True:
            page = await received(village.core, actor, wanted, after, limit)
            found += [one.share.no for one in page.shares]
            after = page.next
            if after is None:
                return found

    assert await numbers() == await numbers(limit=1) == [dora, team, soon]
    assert await numbers(Choice(who=Named("alice")), 1) == [team, soon]
    assert await numbers(Choice(who=Named("nobody"))) == []
    assert await numbers(Choice(ends_before=now + 7 * DAY)) == [soon]
    assert await numbers(Choice(item=village.file)) == [dora, team]
    village.clock.advance(DAY)
    assert await numbers() == [dora, team]
    with pytest.raises(Problem, match="unauthenticated"):
        await received(village.core, Actor(None), Choice())


async def test_openings_are_counted_by_day(village: Village) -> None:
    """For whoever may change a share, thirty days in a row; nobody else learns how often it was opened."""
    link = await village.link()
    for days in (0, 1, 3):
        village.clock.advance(days * DAY)
        await village.open(link)
    await village.open(link)
    found = await opens_of(village.core, Actor(village.alice), link.no)
    assert len(found.days) == 30
    assert [count for _, count in found.days][-5:] == [1, 1, 0, 0, 2]
    assert (found.used, found.last_at, found.since) == (4, village.clock(), None)
    village.clock.advance(60 * DAY)
    assert sum(count for _, count in (await opens_of(village.core, Actor(village.alice), link.no)).days) == 0
    given = (await village.share(village.alice, "bob")).no or 0
    assert (await opens_of(village.core, Actor(village.alice), given)).last_at is None
    with pytest.raises(Problem, match="forbidden"):
        await opens_of(village.core, Actor(village.bob), given)
    with pytest.raises(Problem, match="unknown_share"):
        await opens_of(village.core, Actor(village.carol), given)


async def test_what_would_happen_is_told(village: Village) -> None:
    """A preview names everybody, says who is from outside or unknown, what each had, and writes nothing."""
    await village.share(village.alice, "bob")
    to = (Named("bob"), Named("team"), Named("guest"), Named("new@example.org"), Named("nobody"), LINK, EVERYONE)
    proposal = Proposal((Asked(village.docs),), to, Role.EDITOR)
    found = await foresee(village.core, Actor(village.alice), proposal)
    bob, team, guest, new, nobody, link, everyone = found.people
    assert (bob.kind, bob.name, bob.had, bob.outside, bob.waiting) == (Kind.USER, "bob", Role.VIEWER, False, False)
    assert (team.kind, team.name, team.had) == (Kind.GROUP, "team", None)
    assert (guest.outside, guest.known) == (True, True)
    assert (new.kind, new.name, new.known, new.waiting, new.outside) == (
        Kind.MAIL,
        "new@example.org",
        False,
        True,
        True,
    )
    assert (nobody.known, nobody.name, nobody.waiting) == (False, "nobody", False)
    assert (link.kind, everyone.kind) == (Kind.LINK, Kind.EVERYONE)
    did = [pair.did for pair in found.report.pairs]
    assert did[:2] == [Did.CHANGED, Did.CREATED]
    assert did[3] is Did.PENDING
    assert found.report.pairs[4].refused is not None
    assert found.report.dry_run
    assert len(await _made(village, Choice())) == 1
    with pytest.raises(Problem, match="unknown_item"):
        await foresee(village.core, Actor(village.carol), Proposal((Asked(village.docs),), (Named("bob"),)))


async def test_suggestions(village: Village) -> None:
    """People and groups by the beginning of their names, an address as it is; guests and strangers find nobody."""
    alice = Actor(village.alice)
    assert [one.name for one in await suggest(village.core, alice, " BO")] == ["bob"]
    assert [(one.name, one.kind) for one in await suggest(village.core, alice, "te")] == [("team", Kind.GROUP)]
    assert await suggest(village.core, alice, "alice") == ()
    assert await suggest(village.core, alice, " ") == ()
    assert [one.kind for one in await suggest(village.core, alice, "x@example.org")] == [Kind.MAIL]
    assert await suggest(village.core, alice, "bo", Kind.GROUP) == ()
    with pytest.raises(Problem):
        await suggest(village.core, Actor(None), "bo")
