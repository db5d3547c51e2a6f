"""The laws of policy: check, audience and why agree with one another and with a naive oracle (invariants 1, 3, 4)."""

import functools
import operator

from hypothesis import given, settings
from tests.core.policy.test_decide import small_world
from tests.core.policy.worlds import NOW, askers, worlds
from tests.searching import examples

from commonhold.core.identity import Actor, Pass
from commonhold.core.model import Share
from commonhold.core.policy.audience import audience, why
from commonhold.core.policy.decide import Judge
from commonhold.core.roles import ALL, Action, Kind
from commonhold.testing import oracle
from commonhold.testing.oracle import Asker, World


def actor(asker: Asker, actions: Action = ALL) -> Actor:
    """Return the core's actor for somebody who asks."""
    return Actor(asker.user, tuple(Pass(share, state) for share, state in sorted(asker.passes)), actions)


@settings(max_examples=examples(50, 300), deadline=None)
@given(worlds())
def test_every_decision_is_the_oracles(world: World) -> None:
    """For everybody and every item of a random world, the judge finds the actions that the formula's words give."""
    judge = Judge(oracle.snapshot_of(world), NOW)

    for asker in askers(world):
        for item in world.items:
            expected = oracle.right(world, NOW, asker, item)
            assert expected == judge.right(actor(asker), item).actions


@settings(max_examples=examples(20, 100), deadline=None)
@given(worlds())
def test_why_names_every_reason_and_no_other(world: World) -> None:
    """The actions of the reasons that count are together the right; what does not count says what is missing."""
    judge = Judge(oracle.snapshot_of(world), NOW)

    for asker in askers(world):
        for item in world.items:
            reasons = why(judge, actor(asker), item)
            told = functools.reduce(operator.or_, (reason.actions for reason in reasons if reason.counts), Action.NONE)
            assert judge.right(actor(asker), item).actions == told
            assert all(reason.counts or reason.missing for reason in reasons)


@settings(max_examples=examples(20, 100), deadline=None)
@given(worlds())
def test_whatever_gives_access_is_in_the_audience(world: World) -> None:
    """Whoever may do anything with an item is in its audience, by a reason that counts and reaches him."""
    judge = Judge(oracle.snapshot_of(world), NOW)

    for item in world.items:
        counting = {reason.principal for reason in audience(judge, item) if reason.counts}
        shares = {reason.share for reason in audience(judge, item) if reason.counts}
        for asker in oracle.everybody_reached(world, NOW, item, askers(world)):
            by_pass = {share for share, _ in asker.passes} & shares
            assert by_pass or oracle.everything_he_is(world, asker.user) & counting


@settings(max_examples=examples(20, 100), deadline=None)
@given(worlds())
def test_a_scope_only_ever_takes_away(world: World) -> None:
    """A credential's scope cuts the right to what both hold, for every mask of actions."""
    judge = Judge(oracle.snapshot_of(world), NOW)

    for asker in askers(world)[:4]:
        for item in world.items:
            whole = judge.right(actor(asker), item).actions
            for scope in (Action.NONE, Action.READ, Action.READ | Action.WRITE):
                assert whole & scope == judge.right(actor(asker, scope), item).actions


@settings(max_examples=examples(20, 100), deadline=None)
@given(worlds())
def test_no_share_gives_more_than_what_it_hangs_on(world: World) -> None:
    """Down every chain of reshares the actions only shrink, sharing aside, which masks bound (abuse cases 1 to 5)."""
    judge = Judge(oracle.snapshot_of(world), NOW)

    for share in world.shares.values():
        parent = world.shares.get(share.hangs_on or 0)
        for item in world.items:
            if parent is not None and share.item in judge.snapshot.chain(item):
                assert not judge.gives(share, item).actions & ~_backed(judge, parent, item)


def _backed(judge: Judge, parent: Share, item: int) -> Action:
    return judge.gives(parent, item).actions


def test_a_share_that_hangs_on_itself_gives_nothing() -> None:
    """A chain that loops, which no verb can make, ends by its length instead of running for ever."""
    world = World()
    _loop(world)
    judge = Judge(oracle.snapshot_of(world), NOW)

    assert judge.right(Actor(21), 200).actions == Action.NONE
    assert judge.gives(world.shares[500], 200).missing == "chain_too_long"


def _loop(world: World) -> None:
    small = small_world()
    world.principals, world.items, world.spaces = small.principals, small.items, small.spaces
    for no, other in ((500, 501), (501, 500)):
        world.shares[no] = Share(
            no, no, str(no), 200, 21, Kind.USER, None, 21, 20, "test", hangs_on=other, mask=Kind(63)
        )
