"""Random histories through the verbs, on several engines at once and by the faces beside.

After each step check, lists, audience and why agree with the naive evaluator, and every engine with every other one
(invariants 1, 2, 3, 4 and 7): nobody ever gets more than the formula, and nothing that ended gives anything.
"""

import asyncio
import contextlib
import functools
import operator
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.core.sharing.village import Village

from commonhold.core.changes import Broken, Nest, Put, Set, Unnest
from commonhold.core.changes import Drop as Remove
from commonhold.core.content.trash import restore, trash
from commonhold.core.core import judge
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.model import (
    EVERYONE,
    LINK,
    MAIN_ORG,
    Item,
    Life,
    Member,
    Nested,
    Principal,
    Share,
    Space,
    State,
    Use,
)
from commonhold.core.policy.audience import audience, why
from commonhold.core.policy.snapshot import Look, Part
from commonhold.core.ports import Store
from commonhold.core.problems import Problem
from commonhold.core.roles import ALL, Action, Kind, Role
from commonhold.core.sharing.finding import shares_with
from commonhold.core.sharing.managing import amend, withdraw
from commonhold.core.sharing.opening import open_share
from commonhold.core.sharing.proposal import OnExisting
from commonhold.core.terms import Terms
from commonhold.testing import oracle
from commonhold.testing.core import TestClock
from commonhold.testing.oracle import Asker

T = TypeVar("T")
Maker = Callable[[TestClock], Store]
"""Opens an empty store with this clock."""

PEOPLE: Final = ("alice", "bob", "carol", "dora", "guest")
COMPARED: Final = (Share, Item, Principal, Member, Nested, Space, Use)
MASKS = st.sampled_from([Kind.NONE, Kind(63), Kind.USER | Kind.GROUP])
PASSWORD: Final = "sesame"
TERMS = st.builds(
    Terms,
    mask=MASKS,
    max_uses=st.sampled_from([None, None, 1]),
    password=st.sampled_from([None, None, None, PASSWORD]),
)
STATES = st.sampled_from([State.ACTIVE, State.ACTIVE, State.SUSPENDED, State.DELETED])


class Histories(RuleBasedStateMachine):
    """People share, pass on, change, withdraw, move, throw away, join, leave, are suspended; and time passes."""

    makers: Sequence[Maker | None] = (None,)
    compared = 0  # how often everything was compared, in all histories of a class

    def __init__(self) -> None:
        """Settle a village on each engine, with a second folder and a group inside of a group."""
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.passes: set[tuple[int, int]] = set()
        self.villages: list[Village] = []
        self.run(self._settle())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run one step to its end."""
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        """Close the stores and the loop of this history."""
        for village in self.villages:
            self.run(village.core.store.close())
        self.loop.close()

    async def _settle(self) -> None:
        for maker in self.makers:
            clock = TestClock()
            parts: dict[str, Any] = {} if maker is None else {"store": maker(clock)}
            village = await Village.found(clock=clock, **parts)
            self.villages.append(village)
            build = village.build
            self.other = await build.folder(village.top, "other")
            self.inner = await build.group("inner", village.carol, owner=village.alice)
        self.village = self.villages[0]
        self.items = (self.village.top, self.village.docs, self.village.file, self.other)
        self.people = tuple(getattr(self.village, name) for name in PEOPLE)
        self.recipients = (*self.people, self.village.team, self.inner, MAIN_ORG, EVERYONE, LINK)

    def each(self, act: Callable[[Village], Awaitable[Any]]) -> Any:
        """Do the same on every engine, and return what it came to, which is the same on each."""
        outcomes = [self.run(_outcome(act, village)) for village in self.villages]
        assert all(one == outcomes[0] for one in outcomes), outcomes
        return outcomes[0]

    @rule(
        by=st.integers(0, 4),
        to=st.integers(0, 9),
        item=st.integers(0, 3),
        role=st.sampled_from([None, *Role]),
        terms=TERMS,
        on=st.sampled_from(list(OnExisting)),
        clamp=st.booleans(),
        life=st.sampled_from([None, 5, 50]),
    )
    def share(
        self,
        by: int,
        to: int,
        item: int,
        role: Role | None,
        terms: Terms,
        on: OnExisting,
        clamp: bool,
        life: int | None,
    ) -> None:
        """Somebody proposes a share: tried first, then done, with the same report."""
        terms = Terms(life=life, mask=terms.mask, max_uses=terms.max_uses, password=terms.password)
        how: dict[str, Any] = {"role": role, "terms": terms, "on_existing": on, "clamp": clamp}
        asked = (self.people[by], (self.items[item],), (self.recipients[to],))

        async def act(village: Village) -> Any:
            dry = await village.propose(*asked, dry_run=True, **how)
            real = await village.propose(*asked, **how)
            assert dry.judgements() == real.judgements()
            return real.judgements()

        self.each(act)

    @rule(by=st.integers(0, 4), to=st.integers(0, 9), item=st.integers(0, 3))
    def take(self, by: int, to: int, item: int) -> None:
        """Somebody takes a share away."""

        async def act(village: Village) -> Any:
            asked = (self.people[by], (self.items[item],), (self.recipients[to],))
            return (await village.propose(*asked, give=False)).judgements()

        self.each(act)

    @rule(
        by=st.integers(0, 4),
        place=st.integers(0, 30),
        role=st.sampled_from(list(Role)),
        terms=TERMS,
        starts=st.sampled_from([None, 0, 3, 30]),
    )
    def change(self, by: int, place: int, role: Role, terms: Terms, starts: int | None) -> None:
        """Somebody changes a share, perhaps not his; it may begin later."""
        begin = None if starts is None else self.village.clock() + starts
        how = Terms(starts=begin, mask=terms.mask, max_uses=terms.max_uses, password=terms.password)
        self.with_share(place, lambda core, no: amend(core, Actor(self.people[by]), no, role=role, terms=how))

    @rule(by=st.integers(0, 4), place=st.integers(0, 30))
    def end(self, by: int, place: int) -> None:
        """Somebody withdraws a share, perhaps not his."""
        self.with_share(place, lambda core, no: withdraw(core, Actor(self.people[by]), [no]))

    @rule(place=st.integers(0, 30), by=st.sampled_from([None, 1, 2]))
    def open(self, place: int, by: int | None) -> None:
        """Somebody opens a link; the pass is kept for ever by whoever holds it."""
        actor = NOBODY if by is None else Actor(self.people[by])

        async def opening(core: Any, no: int) -> tuple[int, int]:
            opened = await open_share(core, actor, no, PASSWORD)
            return opened.share.no, opened.share.state_at

        pass_ = self.with_share(place, opening)
        if isinstance(pass_, tuple):
            self.passes.add(pass_)

    @rule(place=st.integers(0, 30), who=st.sampled_from([None, "dora", "bob", "team"]))
    def bound(self, place: int, who: str | None) -> None:
        """A share is bound by the rules of somebody: those of an administrator bind nothing, other people have none."""
        acts_as = None if who is None else getattr(self.village, who)
        if no := self.nth(place):
            self.write(Set(Share, (no,), {"acts_as": acts_as}))

    def nth(self, place: int) -> int | None:
        """Return the number of one of the shares."""
        shares = sorted(row.no for row in self.run(self.village.rows(Share)))
        return shares[place % len(shares)] if shares else None

    def with_share(self, place: int, act: Any) -> Any:
        """Do something with one of the shares."""
        no = self.nth(place)
        return self.each(lambda village: act(village.core, no)) if no is not None else None

    @rule(who=st.integers(1, 4), group=st.booleans(), joins=st.booleans())
    def membership(self, who: int, group: bool, joins: bool) -> None:
        """Somebody joins or leaves a group."""
        edge = (self.people[who], self.inner if group else self.village.team)
        self.write(Put(Member(*edge)) if joins else Remove(Member, edge))

    @rule(up=st.booleans(), nests=st.booleans())
    def nesting(self, up: bool, nests: bool) -> None:
        """A group enters or leaves another one; both ways make a cycle."""
        child, grp = (self.inner, self.village.team) if up else (self.village.team, self.inner)
        self.write(Nest(child, grp, 0) if nests else Unnest(child, grp))

    @rule(who=st.integers(0, 4), state=STATES)
    def suspension(self, who: int, state: State) -> None:
        """Somebody is suspended, is deleted, or comes back."""
        self.write(Set(Principal, (self.people[who],), {"state": state}))

    @rule(to_other=st.booleans(), inherits=st.booleans())
    def moving(self, to_other: bool, inherits: bool) -> None:
        """The file moves, or its folder closes itself to what is above."""
        parent = self.other if to_other else self.village.docs
        self.write(Set(Item, (self.village.file,), {"parent": parent}))
        self.write(Set(Item, (self.village.docs,), {"inherits": inherits}))

    @rule(by=st.integers(0, 4), item=st.integers(1, 3), back=st.booleans())
    def throwing(self, by: int, item: int, back: bool) -> None:
        """Somebody throws something away, or brings it back."""

        async def act(village: Village) -> str:
            verb = restore if back else trash
            return (await verb(village.core, Actor(self.people[by]), self.items[item])).life

        self.each(act)

    @rule(to=st.integers(0, 2))
    def transfer(self, to: int) -> None:
        """Everything gets another owner: one row."""
        spaces = self.run(self.village.rows(Space))
        self.write(Set(Space, (spaces[0].no,), {"owner": self.people[to]}))

    @rule(time=st.sampled_from([1, 5, 60]))
    def wait(self, time: int) -> None:
        """Time passes."""
        for village in self.villages:
            village.clock.advance(time)

    def write(self, change: Any) -> None:
        """Write a row, whatever the verbs would say."""

        async def act(village: Village) -> None:
            with contextlib.suppress(Broken):
                await village.core.store.commit([change])

        self.each(act)

    @invariant()
    def everything_agrees(self) -> None:
        """Check, why, audience and the list of what is shared with somebody are all the oracle's, on every engine."""
        type(self).compared += 1
        seen = [self.run(_rows(village)) for village in self.villages]
        for other in seen[1:]:
            assert [one for one in zip(other, seen[0], strict=True) if one[0] != one[1]] == []
        world = self.run(oracle.read_world(self.village.core.store))
        for village in self.villages:
            self.run(self._compare(village, world))

    async def _compare(self, village: Village, world: oracle.World) -> None:
        core, now = village.core, village.clock()
        counting: dict[int, set[int]] = {}
        for item in self.items:
            whole = await judge(core, Look(NOBODY, items=(item,), audience=Part()))
            counting[item] = {reason.principal for reason in audience(whole, item) if reason.counts}
        for asker in self.askers():
            actor = Actor(asker.user, tuple(oracle.held(asker)))
            judged = await judge(core, Look(actor, items=self.items))
            for item in self.items:
                expected = oracle.right(world, now, asker, item)
                assert expected == judged.right(actor, item).actions
                reasons = (reason.actions for reason in why(judged, actor, item) if reason.counts)
                assert expected == functools.reduce(operator.or_, reasons, Action.NONE)
                if expected and not asker.passes:
                    assert counting[item] & oracle.everything_he_is(world, asker.user) or expected == ALL
        for user in self.people:
            await self._compare_list(village, world, user)

    def askers(self) -> list[Asker]:
        """Return nobody, everybody, and whoever holds all passes that were ever handed out."""
        return [Asker(), Asker(None, frozenset(self.passes)), *(Asker(user) for user in self.people)]

    async def _compare_list(self, village: Village, world: oracle.World, user: int) -> None:
        """What is listed as shared with somebody is what reaches him and gives something."""
        listed = await shares_with(village.core, Actor(user), limit=200, everyone=True)
        open_now = {shown.share.no for shown in listed.shares if shown.state == "open"}
        mine = oracle.everything_he_is(world, user)
        used = {row.no: row.used for row in await village.rows(Use)}
        expected = {
            share.no
            for share in world.shares.values()
            if share.recipient in mine and share.made_by != user and _lives(world, share.item)
            if oracle.gives(world, village.clock(), share, share.item)
            if share.max_uses is None or used.get(share.no, 0) < share.max_uses
        }

        assert open_now == (expected if oracle.counts(world, user) else set())


def _lives(world: oracle.World, item: int) -> bool:
    return all(world.items[place].life is Life.LIVE for place in oracle.above(world, item))


async def _outcome(act: Callable[[Village], Awaitable[Any]], village: Village) -> Any:
    """Return what an act came to: its result, or the code of what refused it."""
    try:
        found = await act(village)
    except Problem as problem:
        return problem.code
    return found if isinstance(found, tuple | list | str | None) else None


async def _rows(village: Village) -> list[Any]:
    """Return the facts in one order, to compare engines by: without what is random, and when each was installed."""
    found = []
    for table in COMPARED:
        for row in sorted(await village.rows(table), key=lambda row: [getattr(row, one) for one in row.key]):
            facts = msgspec.structs.asdict(row)
            facts.pop("uid", None)
            if table is Principal:
                del facts["made_at"]
            found.append((table.__name__, facts))
    return found
