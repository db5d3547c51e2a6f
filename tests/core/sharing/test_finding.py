"""Finding shares and asking why: lists show what their reader may know, and nothing that ended."""

import pytest
from tests.core.sharing.village import Village

from commonhold.core.identity import NOBODY, Actor
from commonhold.core.limits import Limits
from commonhold.core.model import EVERYONE, LINK, Item
from commonhold.core.policy.audience import Reason
from commonhold.core.policy.snapshot import START, Place
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind, Role
from commonhold.core.sharing.finding import (
    audience_of,
    decide,
    explain,
    get_share,
    shares_by,
    shares_on,
    shares_with,
)
from commonhold.core.sharing.managing import withdraw
from commonhold.core.terms import Terms


async def test_each_side_finds_the_share(village: Village) -> None:
    """By its sharer, with its recipient through the group, and on its item; a stranger finds nothing."""
    pair = await village.share(village.alice, "team", terms=Terms(note="read this"))
    by = await shares_by(village.core, Actor(village.alice))
    reached = await shares_with(village.core, Actor(village.bob))
    on = await shares_on(village.core, Actor(village.alice), village.docs)

    assert [[pair.no]] * 3 == [[shown.share.no for shown in page.shares] for page in (by, reached, on)]
    assert (
        on.shares[0].note,
        on.shares[0].name,
        on.shares[0].sharer,
        on.shares[0].state,
    ) == ("read this", "team", "alice", "open")
    assert (on.shares[0].changes, reached.shares[0].changes) == (True, False)
    assert (await shares_with(village.core, Actor(village.carol))).shares == ()
    with pytest.raises(Problem, match="unknown_item"):
        await shares_on(village.core, Actor(village.carol), village.docs)
    with pytest.raises(Problem, match="unknown_share"):
        await get_share(village.core, Actor(village.carol), pair.no or 0)


async def test_a_short_page_is_not_the_last() -> None:
    """Where the installation has shorter pages than were asked for, ``next`` goes on all the same."""
    village = await Village.found(limits=Limits(page=1))
    for item in (village.docs, village.file):
        await village.share(village.alice, "bob", item)
    first = await shares_with(village.core, Actor(village.bob), None, 50)
    second = await shares_with(village.core, Actor(village.bob), first.next, 50)
    by = await shares_by(village.core, Actor(village.alice), None, 50)
    assert [len(page.shares) for page in (first, second, by)] == [1, 1, 1]
    assert by.next is not None


async def test_lists_page_to_the_end_and_forget_what_was_withdrawn(village: Village) -> None:
    """Following ``next`` finds every live share once, newest first."""
    numbers = []
    for place in range(7):
        item = await village.build.item(village.docs, f"{place}.txt")
        numbers.append((await village.share(village.alice, "bob", item)).no or 0)
    await withdraw(village.core, Actor(village.alice), [numbers[3]])
    found: list[int] = []
    after: int | None = None
    while True:
        page = await shares_with(village.core, Actor(village.bob), after, 2)
        found += [shown.share.no for shown in page.shares]
        if page.next is None:
            break
        after = page.next

    assert [no for no in reversed(numbers) if no != numbers[3]] == found
    first = await shares_by(village.core, Actor(village.alice), None, 4)
    second = await shares_by(village.core, Actor(village.alice), first.next, 4)
    assert found == [shown.share.no for shown in (*first.shares, *second.shares)]


async def test_a_share_that_gives_nothing_now_is_shown_to_its_sharer_with_the_reason(village: Village) -> None:
    """Its recipient does not find it; its sharer sees why."""
    await village.share(village.alice, "bob", terms=Terms(starts=village.clock() + 10))

    assert (await shares_with(village.core, Actor(village.bob))).shares == ()
    assert [shown.state for shown in (await shares_by(village.core, Actor(village.alice))).shares] == ["not_yet"]
    link = await village.link(terms=Terms(max_uses=1))
    await village.open(link)
    assert (await get_share(village.core, Actor(village.alice), link.no)).state == "used_up"


async def test_a_right_is_told_or_the_item_is_unknown(village: Village) -> None:
    """Deciding tells actions to whom they belong, and nothing to strangers."""
    await village.share(village.alice, "bob")

    assert (await decide(village.core, Actor(village.bob), village.file)).may(Action.READ)
    for item in (village.file, 10**9, "no-uid"):
        with pytest.raises(Problem, match="unknown_item"):
            await decide(village.core, NOBODY, item)


async def test_why_is_told_to_oneself_and_to_managers_about_others(village: Village) -> None:
    """The reason names the share, the group it came through, the folder it stands on, and its backer."""
    pair = await village.share(village.alice, "team", role=Role.EDITOR)
    own = await explain(village.core, Actor(village.bob), village.file)
    other = await explain(village.core, Actor(village.alice), village.file, village.bob)
    reason = own.reasons[0]

    assert own.reasons == other.reasons
    assert (pair.no, village.team, village.docs, (village.alice,)) == (
        reason.share,
        reason.through,
        reason.place,
        reason.backers,
    )
    assert (await explain(village.core, Actor(village.alice), village.file, village.carol)).reasons == ()
    with pytest.raises(Problem, match="forbidden"):
        await explain(village.core, Actor(village.bob), village.file, village.carol)
    with pytest.raises(Problem, match="unknown_user"):
        await explain(village.core, Actor(village.alice), village.file, village.team)


async def test_the_audience_holds_everybody_with_the_reason(village: Village) -> None:
    """Owner, administrator, person, group, everyone, link: each once for each reason, page by page."""
    for to in ("bob", "team", EVERYONE, LINK):
        await village.share(village.alice, to)
    await village.share(village.alice, "carol", terms=Terms(until=village.clock() + 1))
    village.clock.advance(1)
    reasons: list[Reason] = []
    after: Place | None = START
    while after is not None:
        answer, after = await audience_of(village.core, Actor(village.alice), village.file, after, 2)
        reasons += answer.reasons

    shares = [(reason.principal, reason.counts, reason.missing) for reason in reasons if reason.by == "share"]
    expected = [
        (village.bob, True, None),
        (village.team, True, None),
        (EVERYONE, True, None),
        (LINK, True, None),
        (village.carol, False, "ended"),
    ]
    assert expected == shares
    assert ("owner", village.alice) == (reasons[0].by, reasons[0].principal)
    with pytest.raises(Problem, match="forbidden"):
        await audience_of(village.core, Actor(village.bob), village.file)


async def test_a_manager_by_share_manages(village: Village) -> None:
    """A managing role sees all shares on the item and may end them, as the owner may."""
    await village.share(village.alice, "bob", role=Role.MANAGER, terms=Terms(mask=Kind.NONE))
    other = await village.share(village.alice, "carol")

    on = await shares_on(village.core, Actor(village.bob), village.docs)
    assert {True} == {shown.manages for shown in on.shares}
    assert (await withdraw(village.core, Actor(village.bob), [other.no or 0])).done


async def test_a_share_that_gives_nothing_does_not_tell_its_recipient_the_name(village: Village) -> None:
    """Whoever knows of a share that has ended is not told what the item is called today; its sharer is."""
    pair = await village.share(village.alice, "bob", village.file, terms=Terms(life=5))
    village.clock.advance(10)
    await village.build.set(Item, village.file, name="renamed since.txt")

    assert (await get_share(village.core, Actor(village.bob), pair.no or 0)).item.name is None
    assert (await get_share(village.core, Actor(village.alice), pair.no or 0)).item.name == "renamed since.txt"
    await village.share(village.alice, "team", village.docs)
    assert (await get_share(village.core, Actor(village.bob), pair.no or 0)).item.name == "renamed since.txt"


async def test_names_above_are_told_to_those_who_see_them(village: Village) -> None:
    """The path of a shared item goes to whoever may look at all of it, and not to who gets the item alone."""
    pair = await village.share(village.alice, "bob", village.file)

    assert (await get_share(village.core, Actor(village.bob), pair.no or 0)).path == ()
    assert (await get_share(village.core, Actor(village.alice), pair.no or 0)).path == ("docs", "a.txt")
