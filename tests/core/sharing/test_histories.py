"""Random histories through the verbs; after each step check, lists, audience and why agree with the oracle.

Invariants 1, 2, 3, 4 and 7: nobody ever gets more than the formula, and nothing that ended gives anything.
"""

import asyncio
import contextlib
import functools
import operator
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.core.sharing.village import Village

from commonhold.core.changes import Broken, Nest, Put, Set, Unnest
from commonhold.core.changes import Drop as Remove
from commonhold.core.core import judge
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.model import EVERYONE, LINK, MAIN_ORG, Item, Member, Principal, Share, Space, State, Use
from commonhold.core.policy.audience import audience, why
from commonhold.core.policy.snapshot import Look, Part
from commonhold.core.problems import Problem
from commonhold.core.roles import ALL, Action, Kind, Role
from commonhold.core.sharing.finding import shares_with
from commonhold.core.sharing.managing import amend, withdraw
from commonhold.core.sharing.opening import open_share
from commonhold.core.sharing.proposal import OnExisting
from commonhold.core.terms import Terms
from commonhold.testing import oracle
from commonhold.testing.oracle import Asker

T = TypeVar("T")
PEOPLE = ("alice", "bob", "carol", "dora", "guest")
MASKS = st.sampled_from([Kind.NONE, Kind(63), Kind.USER | Kind.GROUP])
TERMS = st.builds(Terms, mask=MASKS, max_uses=st.sampled_from([None, None, 1]))


class Histories(RuleBasedStateMachine):
    """People share, pass on, change, withdraw, move, join, leave, are suspended; and time passes."""

    def __init__(self) -> None:
        """Settle a village with a second folder and a group inside of a group."""
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.passes: set[tuple[int, int]] = set()
        self.run(self._settle())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run one step to its end."""
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        """Close the loop of this history."""
        self.loop.close()

    async def _settle(self) -> None:
        self.village = await Village.found(**self.parts())
        build = self.village.build
        self.other = await build.folder(self.village.top, "other")
        self.inner = await build.group("inner", self.village.carol, owner=self.village.alice)
        self.items = (self.village.top, self.village.docs, self.village.file, self.other)
        self.people = tuple(getattr(self.village, name) for name in PEOPLE)
        self.recipients = (*self.people, self.village.team, self.inner, MAIN_ORG, EVERYONE, LINK)

    def parts(self) -> dict[str, Any]:
        """Return the parts of the core that are not the usual ones."""
        return {}

    @rule(
        by=st.integers(0, 4),
        to=st.integers(0, 9),
        item=st.integers(0, 3),
        role=st.sampled_from(list(Role)),
        terms=TERMS,
        on=st.sampled_from(list(OnExisting)),
        clamp=st.booleans(),
        life=st.sampled_from([None, 5, 50]),
    )
    def share(
        self, by: int, to: int, item: int, role: Role, terms: Terms, on: OnExisting, clamp: bool, life: int | None
    ) -> None:
        """Somebody proposes a share: tried first, then done, with the same report."""
        terms = Terms(life=life, mask=terms.mask, max_uses=terms.max_uses)
        how: dict[str, Any] = {"role": role, "terms": terms, "on_existing": on, "clamp": clamp}
        asked = (self.people[by], (self.items[item],), (self.recipients[to],))
        dry = self.run(self.village.propose(*asked, dry_run=True, **how))
        real = self.run(self.village.propose(*asked, **how))

        assert dry.judgements() == real.judgements()

    @rule(by=st.integers(0, 4), to=st.integers(0, 9), item=st.integers(0, 3))
    def take(self, by: int, to: int, item: int) -> None:
        """Somebody takes a share away."""
        self.run(self.village.propose(self.people[by], (self.items[item],), (self.recipients[to],), give=False))

    @rule(by=st.integers(0, 4), place=st.integers(0, 30), role=st.sampled_from(list(Role)), terms=TERMS)
    def change(self, by: int, place: int, role: Role, terms: Terms) -> None:
        """Somebody changes a share, perhaps not his."""
        self._with_share(place, lambda no: amend(self.village.core, Actor(self.people[by]), no, role=role, terms=terms))

    @rule(by=st.integers(0, 4), place=st.integers(0, 30))
    def end(self, by: int, place: int) -> None:
        """Somebody withdraws a share, perhaps not his."""
        self._with_share(place, lambda no: withdraw(self.village.core, Actor(self.people[by]), [no]))

    @rule(place=st.integers(0, 30), by=st.sampled_from([None, 1, 2]))
    def open(self, place: int, by: int | None) -> None:
        """Somebody opens a link; the pass is kept for ever by whoever holds it."""
        actor = NOBODY if by is None else Actor(self.people[by])

        async def opening(no: int) -> None:
            opened = await open_share(self.village.core, actor, no)
            self.passes.add((opened.share.no, opened.share.state_at))

        self._with_share(place, opening)

    def _with_share(self, place: int, act: Any) -> None:
        shares = self.run(self.village.rows(Share))
        if shares:
            with contextlib.suppress(Problem):
                self.run(act(shares[place % len(shares)].no))

    @rule(who=st.integers(1, 4), group=st.booleans(), joins=st.booleans())
    def membership(self, who: int, group: bool, joins: bool) -> None:
        """Somebody joins or leaves a group."""
        edge = (self.people[who], self.inner if group else self.village.team)
        self._write(Put(Member(*edge)) if joins else Remove(Member, edge))

    @rule(up=st.booleans(), nests=st.booleans())
    def nesting(self, up: bool, nests: bool) -> None:
        """A group enters or leaves another one; both ways make a cycle."""
        child, grp = (self.inner, self.village.team) if up else (self.village.team, self.inner)
        self._write(Nest(child, grp, 0) if nests else Unnest(child, grp))

    @rule(who=st.integers(0, 4), state=st.sampled_from([State.ACTIVE, State.ACTIVE, State.SUSPENDED]))
    def suspension(self, who: int, state: State) -> None:
        """Somebody is suspended or comes back."""
        self._write(Set(Principal, (self.people[who],), {"state": state}))

    @rule(to_other=st.booleans(), inherits=st.booleans())
    def moving(self, to_other: bool, inherits: bool) -> None:
        """The file moves, or its folder closes itself to what is above."""
        parent = self.other if to_other else self.village.docs
        self._write(Set(Item, (self.village.file,), {"parent": parent}))
        self._write(Set(Item, (self.village.docs,), {"inherits": inherits}))

    @rule(to=st.integers(0, 2))
    def transfer(self, to: int) -> None:
        """Everything gets another owner: one row."""
        spaces = self.run(self.village.rows(Space))
        self._write(Set(Space, (spaces[0].no,), {"owner": self.people[to]}))

    @precondition(lambda self: hasattr(self, "village"))
    @rule(time=st.sampled_from([1, 5, 60]))
    def wait(self, time: int) -> None:
        """Time passes."""
        self.village.clock.advance(time)

    def _write(self, change: Any) -> None:
        with contextlib.suppress(Broken):
            self.run(self.village.core.store.commit([change]))

    @invariant()
    def everything_agrees(self) -> None:
        """Check, why, audience and the list of what is shared with somebody are all the oracle's."""
        self.run(self._compare())

    async def _compare(self) -> None:
        core, now = self.village.core, self.village.clock()
        world = await oracle.read_world(core.store)
        askers = [Asker(), Asker(None, frozenset(self.passes)), *(Asker(user) for user in self.people)]
        for item in self.items:
            whole = await judge(core, Look(NOBODY, items=(item,), audience=Part()))
            counting = {reason.principal for reason in audience(whole, item) if reason.counts}
            for asker in askers:
                actor = Actor(asker.user, tuple(oracle.held(asker)))
                judged = await judge(core, Look(actor, items=(item,)))
                expected = oracle.right(world, now, asker, item)
                assert expected == judged.right(actor, item).actions
                reasons = (reason.actions for reason in why(judged, actor, item) if reason.counts)
                assert expected == functools.reduce(operator.or_, reasons, Action.NONE)
                if expected and not asker.passes:
                    assert counting & oracle.everything_he_is(world, asker.user) or expected == ALL
        for user in self.people:
            await self._compare_list(world, now, user)

    async def _compare_list(self, world: oracle.World, now: int, user: int) -> None:
        """What is listed as shared with somebody is what reaches him and gives something."""
        listed = await shares_with(self.village.core, Actor(user), limit=200, everyone=True)
        open_now = {shown.share.no for shown in listed.shares if shown.state == "open"}
        mine = oracle.everything_he_is(world, user)
        used = {row.no: row.used for row in await self.village.rows(Use)}
        expected = {
            share.no
            for share in world.shares.values()
            if share.recipient in mine and share.made_by != user and oracle.gives(world, now, share, share.item)
            if share.max_uses is None or used.get(share.no, 0) < share.max_uses
        }

        assert open_now == (expected if oracle.counts(world, user) else set())


Histories.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
class TestHistoriesInMemory(Histories.TestCase):  # type: ignore[misc, valid-type]
    """Histories over the reference engine."""
