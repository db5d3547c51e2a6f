"""The core that tests stand on."""

from commonhold.core.core import judge
from commonhold.core.identity import Actor
from commonhold.core.limits import Limits
from commonhold.core.model import EVERYONE, Principal
from commonhold.core.policy.snapshot import Look
from commonhold.core.roles import Action
from commonhold.testing import START, Builder, CountedSecrets, QuickHasher, TestClock, make_core


async def test_make_core() -> None:
    """A core in memory decides over what a builder has put into its store."""
    core = make_core()
    build = Builder(core.store)
    bob = await build.user("bob")
    item = await build.item(await build.space(await build.user("ann")), "a")
    await build.share(item, bob)

    right = (await judge(core, Look(Actor(bob), items=(item,)))).right(Actor(bob), item)

    assert right.may(Action.READ)
    assert not right.may(Action.WRITE)
    assert (await build.get(Principal, EVERYONE)).made_at == START


def test_parts_of_ones_own() -> None:
    """Whatever a test needs to be another one it gives."""
    clock, limits = TestClock(7), Limits(items=1)

    core = make_core(clock=clock, limits=limits)

    assert core.clock is clock
    assert core.limits is limits


def test_the_clock() -> None:
    """Time stands still until it is moved."""
    clock = TestClock()

    assert clock() == clock() == START
    assert clock.advance(5) == clock() == START + 5


def test_secrets() -> None:
    """Secrets differ within a run, and are the same in the next one; a link's is the same each time."""
    one, other = CountedSecrets(), CountedSecrets()
    made = [one.uid(), one.uid(), one.token(), one.token()]

    assert len(set(made)) == 4
    assert made == [other.uid(), other.uid(), other.token(), other.token()]
    assert one.link("1.1") == one.link("1.1") != one.link("1.2")
    assert CountedSecrets(b"others").token() != CountedSecrets().token()


async def test_the_hasher() -> None:
    """A hash fits its own password only, and where there is none nothing fits."""
    hasher = QuickHasher()
    hashed = await hasher.hash("secret")

    assert "secret" not in hashed
    assert await hasher.verify(hashed, "secret")
    assert not await hasher.verify(hashed, "other")
    assert not await hasher.verify(None, "secret")
