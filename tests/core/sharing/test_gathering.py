"""Whole lists of shares with their items, and the moment at which such a list last changed."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.core.sharing.village import Village
from tests.searching import examples

from commonhold.core.content.making import make_folder
from commonhold.core.content.trash import trash
from commonhold.core.content.tree import rename
from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.allowances import set_allowance
from commonhold.core.directory.members import remove_members
from commonhold.core.identity import Actor
from commonhold.core.model import EVERYONE, Allowance, Event, Item
from commonhold.core.problems import Problem
from commonhold.core.roles import ANY_KIND, Action, Kind, Role
from commonhold.core.sharing.finding import shares_with
from commonhold.core.sharing.gathering import Gathered, Which, gather
from commonhold.core.sharing.managing import amend, withdraw
from commonhold.core.sharing.moments import last_event
from commonhold.core.terms import Terms


async def received(village: Village, who: int | None = None) -> Gathered:
    """What reaches somebody (bob)."""
    return await gather(village.core, Actor(who or village.bob), Which.WITH)


async def test_the_three_lists(village: Village) -> None:
    """With a person (through a group, too), by him, and with everyone; each with the items that the reader may read."""
    await village.share(village.alice, "bob")
    await village.share(village.alice, "team", village.file)
    await village.share(village.alice, EVERYONE, village.docs)
    mine = await received(village)
    assert [(one.share.item, one.share.kind) for one in mine.shares] == [
        (village.file, Kind.GROUP), (village.docs, Kind.USER),
    ]  # fmt: skip
    assert {no: seen.item.name for no, seen in mine.items.items()} == {village.file: "a.txt", village.docs: "docs"}
    by = await gather(village.core, Actor(village.alice), Which.BY)
    assert len(by.shares) == 3
    public = await gather(village.core, Actor(village.carol), Which.PUBLIC)
    assert [one.share.recipient for one in public.shares] == [EVERYONE]


async def test_what_gives_nothing_is_listed_without_its_item(village: Village) -> None:
    """An ended share says so, and its item is unknown to whom it was shared with; the sharer keeps both."""
    await village.share(village.alice, "bob", terms=Terms(until=village.clock() + 5))
    village.clock.advance(10)
    mine = await received(village)
    assert ([one.state for one in mine.shares], mine.items) == (["ended"], {})
    by = await gather(village.core, Actor(village.alice), Which.BY)
    assert list(by.items) == [village.docs]


async def test_the_lists_of_others_are_for_administrators(village: Village) -> None:
    """Nobody else learns who shares what with whom, nor whether there is such a person."""
    await village.share(village.alice, "bob")
    for which in (Which.WITH, Which.BY):
        for user in (village.bob, 999):
            with pytest.raises(Problem, match="forbidden"):
                await gather(village.core, Actor(village.carol), which, user)
    found = await gather(village.core, Actor(village.dora), Which.WITH, village.bob)
    assert (len(found.shares), list(found.items)) == (1, [village.docs])
    with pytest.raises(Problem, match="unknown_user"):
        await gather(village.core, Actor(village.dora), Which.WITH, village.team)
    with pytest.raises(Problem, match="unauthenticated"):
        await gather(village.core, Actor(None), Which.PUBLIC)


async def test_long_lists_are_whole(village: Village) -> None:
    """More than a page of shares comes as one list."""
    for place in range(203):
        await village.build.share(await village.build.item(village.docs, f"{place}"), village.bob)
    found = await received(village)
    assert len(found.shares) == len(found.items) == 203


ACTS: dict[str, Callable[[Village, str], Awaitable[object]]] = {
    "changed": lambda village, share: amend(village.core, Actor(village.alice), share, role=Role.EDITOR),
    "withdrawn": lambda village, share: withdraw(village.core, Actor(village.alice), [share]),
    "renamed": lambda village, _: rename(village.core, Actor(village.alice), village.docs, "papers"),
    "thrown away": lambda village, _: trash(village.core, Actor(village.alice), village.docs),
    "out of the group": lambda village, _: remove_members(
        village.core, Actor(village.alice), village.team, [village.bob]
    ),
    "sharer suspended": lambda village, _: suspend(village.core, Actor(village.dora), village.alice),
}


@pytest.mark.parametrize("act", ACTS)
async def test_whatever_changes_the_list_moves_its_moment(village: Village, act: str) -> None:
    """Also what leaves no row, or changes none of those that are listed."""
    start = village.clock()
    pair = await village.share(village.alice, "team")
    village.clock.advance(20_000)
    assert (await received(village)).moved == start
    await ACTS[act](village, pair.share or "")
    assert (await received(village)).moved == start + 20_000
    village.clock.advance(20_000)
    assert (await received(village)).moved == start + 20_000


async def test_begun_and_ended_windows_move_it(village: Village) -> None:
    """The moments at which a window opens and closes count once they have come."""
    start = village.clock()
    terms = Terms(starts=start + 1_000, until=start + 2_000)
    await village.share(village.alice, "bob", terms=terms)
    told = []
    for _ in range(3):
        told.append((await received(village)).moved)
        village.clock.advance(1_500)
    assert told == [start, start + 1_000, start + 2_000]


async def test_what_others_do_does_not_move_it(village: Village) -> None:
    """New files, contents, and shares with others leave the moment where it was."""
    await village.share(village.alice, "bob")
    before = (await received(village)).moved
    village.clock.advance(20_000)
    top = await village.build.space(village.carol)
    made = await make_folder(village.core, Actor(village.carol), top, "x")
    await village.share(village.carol, "dora", made.no)
    await rename(village.core, Actor(village.carol), made.no, "y")
    assert (await received(village)).moved == before


async def test_allowances_of_time_leave_it_open(village: Village) -> None:
    """A share that only an allowance's longest life has closed may open by that allowance alone: no moment is told."""
    await village.share(village.alice, "bob")
    await set_allowance(village.core, Actor(village.dora), village.alice, Allowance(0, longest=10))
    village.clock.advance(20)
    assert (await received(village)).moved is None


def test_only_harmless_events_tell_a_bound() -> None:
    """A page of harmless events means: not after the oldest of them; fewer than a page: nothing happened at all."""
    some = [Event(no, no * 10, "session.begun", 1, "native") for no in range(300, 100, -1)]
    assert last_event(some, (), ()) == 1_010
    assert last_event(some[:5], (), ()) == 0
    assert last_event([Event(1, 7, "something.new", 1, "native"), *some], (), ()) == 7


SHARING = st.tuples(
    st.sampled_from(["alice", "bob", "carol"]),  # who shares
    st.sampled_from(["bob", "carol", "team", "everyone"]),
    st.sampled_from(["docs", "file"]),
    st.sampled_from(list(Role)),
    st.sampled_from([None, -5, 5]),  # from when, and
    st.sampled_from([None, 7]),  # until when it counts, in milliseconds from now
    st.sampled_from([None, "sesame"]),
)


@settings(max_examples=examples(15, 200), suppress_health_check=[HealthCheck.too_slow])
@given(proposals=st.lists(SHARING, max_size=6), restricted=st.booleans(), later=st.sampled_from([0, 6, 8]))
async def test_lists_agree_with_decisions(proposals: list[Any], restricted: bool, later: int) -> None:
    """What is listed may be read, with at least the right that is listed; and every open share's item is listed."""
    village = await Village.found()
    if restricted:
        await village.build.set(Item, village.file, inherits=False)
    for who, to, what, role, starts, until, password in proposals:
        now = village.clock()
        terms = Terms(
            starts=None if starts is None else now + starts,
            until=None if until is None else now + until,
            password=password,
            mask=ANY_KIND,
        )
        recipient = EVERYONE if to == "everyone" else to
        await village.share(getattr(village, who), recipient, getattr(village, what), role, terms)
    village.clock.advance(later)
    for user in (village.bob, village.carol):
        for which in (Which.WITH, Which.PUBLIC):
            found = await gather(village.core, Actor(user), which)
            for no, seen in found.items.items():
                assert seen.right.may(Action.READ)
                assert await village.may(user, no) & seen.right.actions == seen.right.actions
            free = [one for one in found.shares if one.state == "open" and one.share.password is None]
            reading = {one.share.item for one in free if one.share.role is not Role.UPLOADER}
            assert reading == set(found.items)
        page = await shares_with(village.core, Actor(user))
        listed = [one.share.no for one in page.shares if one.state == "open"]
        assert listed == [one.share.no for one in (await received(village, user)).shares if one.state == "open"]
