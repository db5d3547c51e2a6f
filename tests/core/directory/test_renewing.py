"""Sessions that are renewed: the old secret goes, a browser's old session has its grace, and logging out ends all."""

import asyncio

import pytest
from tests.core.directory.town import PASSWORD, Town, actor, refused, user

from commonhold.core.directory.accounts import set_password, suspend
from commonhold.core.directory.credentials import Handed, Lives, actor_of
from commonhold.core.directory.people import Person
from commonhold.core.directory.renewing import GRACE, end, renew
from commonhold.core.directory.sign_in import log_in
from commonhold.core.model import Credential
from commonhold.core.problems import Problem

APART = Lives(900_000, 7 * 86_400_000)
ITSELF = Lives(86_400_000)


async def no_share(row: Credential) -> int | None:
    """There are no passes here."""
    raise AssertionError(row)


async def again(town: Town, secret: str, lives: Lives = APART) -> Handed:
    """Renew."""
    return await renew(town.core, secret, lives, no_share, "web")


def refreshing(handed: Handed) -> str:
    """The secret that renews, where that is another one than the access."""
    assert handed.refresh
    return handed.refresh.secret


async def test_a_renewing_secret_is_used_up(town: Town, alice: Person) -> None:
    """It gives a new pair once; the access before lives on until it is over, and each is 64 characters long."""
    first = await log_in(town.core, "alice", PASSWORD, APART)
    second = await again(town, refreshing(first))

    with refused("bad_token"):
        await again(town, refreshing(first))
    for handed in (first, second):
        assert (await actor_of(town.core, handed.access.secret)).user == alice.no
        assert {len(handed.access.secret), len(refreshing(handed))} == {64}
    town.clock.advance(APART.access)
    with refused("bad_token", expired=True):
        await actor_of(town.core, first.access.secret)
    await again(town, refreshing(second))


async def test_of_two_at_the_same_time_one_is_renewed(town: Town, alice: Person) -> None:
    """A secret that was copied gives one pair, whoever comes first."""
    first = await log_in(town.core, "alice", PASSWORD, APART)
    results = await asyncio.gather(*(again(town, refreshing(first)) for _ in range(5)), return_exceptions=True)

    assert [one.code for one in results if isinstance(one, Problem)] == ["bad_token"] * 4, alice.name


async def test_an_access_that_renews_itself_has_one_successor_and_a_grace(town: Town, alice: Person) -> None:
    """Whoever asks again within ten seconds is told the same one; then the old one is over."""
    first = await log_in(town.core, "alice", PASSWORD, ITSELF)
    told = {(await again(town, first.access.secret, ITSELF)).access.secret for _ in range(3)}

    assert first.refresh is None
    assert len(told) == 1
    assert first.access.secret not in told
    assert (await actor_of(town.core, first.access.secret)).user == alice.no
    town.clock.advance(GRACE)
    with refused("bad_token", expired=True):
        await actor_of(town.core, first.access.secret)
    with refused("bad_token"):
        await again(town, first.access.secret, ITSELF)
    assert (await actor_of(town.core, told.pop())).user == alice.no


async def test_an_access_is_no_renewing_secret(town: Town, alice: Person) -> None:
    """Where renewing has a secret of its own, the short-lived access cannot be made to last."""
    handed = await log_in(town.core, "alice", PASSWORD, APART)

    for secret, lives in ((handed.access.secret, APART), (handed.access.secret, ITSELF), (refreshing(handed), ITSELF)):
        with refused("bad_token"):
            await again(town, secret, lives)
    with refused("bad_token"):
        await actor_of(town.core, refreshing(handed))
    assert (await actor_of(town.core, handed.access.secret)).user == alice.no


@pytest.mark.parametrize("lives", [APART, ITSELF])
async def test_logging_out_ends_all_that_was_handed_out(town: Town, alice: Person, lives: Lives) -> None:
    """Every access and renewing secret of the session is dead; another session is not."""
    first, other = [await log_in(town.core, "alice", PASSWORD, lives) for _ in range(2)]
    second = await again(town, (first.refresh or first.access).secret, lives)
    await end(town.core, (second.refresh or second.access).secret, "web")

    for handed in (first, second):
        with refused("bad_token"):
            await actor_of(town.core, handed.access.secret)
        with refused("bad_token"):
            await again(town, (handed.refresh or handed.access).secret, lives)
    assert (await actor_of(town.core, other.access.secret)).user == alice.no
    await end(town.core, "nobody's", "web")


async def test_what_ends_the_person_ends_renewing(town: Town, alice: Person, root: Person) -> None:
    """A new password, or a suspension, kills what was handed out before, the renewing secret included."""
    first = await log_in(town.core, "alice", PASSWORD, APART)
    await set_password(town.core, actor(root), user("alice"), PASSWORD + "!")
    with refused("bad_token"):
        await again(town, refreshing(first))
    with refused("bad_token"):
        await actor_of(town.core, first.access.secret)

    second = await log_in(town.core, "alice", PASSWORD + "!", APART)
    await suspend(town.core, actor(root), user("alice"))
    with refused("bad_token"):
        await again(town, refreshing(second))


async def test_only_digests_are_kept(town: Town, alice: Person) -> None:
    """Neither secret stands in a row or is printed."""
    handed = await log_in(town.core, "alice", PASSWORD, APART)
    kept = repr(await town.rows(Credential, principal=alice.no))

    assert handed.access.secret not in kept + repr(handed)
    assert refreshing(handed) not in kept + repr(handed)
