"""Logging in with name and password, what it hands out, and how tries are limited."""

import asyncio

import pytest
from tests.core.directory.town import PASSWORD, Town, actor, refused, user

from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.credentials import actor_of
from commonhold.core.directory.people import Person
from commonhold.core.directory.sign_in import sign_in, sign_out, sign_out_everywhere
from commonhold.core.directory.sweeping import sweep_credentials
from commonhold.core.directory.throttle import count_try, limited_link
from commonhold.core.identity import NOBODY
from commonhold.core.model import Credential, CredentialKind, Throttle
from commonhold.core.problems import Problem

HERE, THERE = "192.0.2.1", "198.51.100.1"


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@example.org", "Alice@Example.Org"])
async def test_by_name_or_address(town: Town, alice: Person, name: str) -> None:
    """Either opens a session, in any case, which a request can run as."""
    issued = await sign_in(town.core, name, PASSWORD, HERE, "web")

    who = await actor_of(town.core, issued.secret, "web", HERE)
    assert (alice.no, "web", HERE, issued.credential.no) == (who.user, who.face, who.address, who.credential)
    assert CredentialKind.SESSION is issued.credential.kind
    assert issued.credential.until == town.clock() + town.core.limits.session_life


async def test_only_a_digest_is_kept(town: Town, alice: Person) -> None:
    """The secret stands in no row and is not printed."""
    issued = await sign_in(town.core, "alice", PASSWORD)

    (row,) = await town.rows(Credential, principal=alice.no)
    assert issued.credential == row
    assert issued.secret.encode() not in row.digest
    assert issued.secret not in repr(issued)


async def test_refusals_look_alike(town: Town, alice: Person, root: Person) -> None:
    """Unknown name, wrong password, no password, inactive account, impossible password: one and the same answer."""
    await town.user("bare")
    await town.user("gone", password=PASSWORD)
    await suspend(town.core, actor(root), user("gone"))
    problems = []
    for name, password in (
        ("nobody", PASSWORD),
        ("alice", "wrong"),
        ("bare", ""),
        ("gone", PASSWORD),
        ("alice", PASSWORD + "x" * 2_000),
        ("", ""),
        ("\ud800@x", "x"),
    ):
        with pytest.raises(Problem) as caught:
            await sign_in(town.core, name, password, HERE)
        problems.append(caught.value)
    assert [Problem("bad_credentials")] * 7 == problems


class Watched:
    """A hasher that notes whether it was asked."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    async def hash(self, password: str) -> str:
        return password

    async def verify(self, hashed: str | None, password: str) -> bool:
        self.asked.append(hashed is not None)
        return hashed == password


async def test_unknown_names_cost_the_same(town: Town, root: Person) -> None:
    """For a name that nobody has a password is compared too, against none."""
    watched = Watched()
    town.core = type(town.core)(
        **{**{f: getattr(town.core, f) for f in town.core.__struct_fields__}, "hasher": watched}
    )
    with refused("bad_credentials"):
        await sign_in(town.core, "nobody", PASSWORD)

    assert watched.asked == [False]


async def test_tries_per_account(town: Town, alice: Person, bob: Person) -> None:
    """After too many wrong passwords the right one is refused too, from everywhere, until the window is over."""
    for _ in range(town.core.limits.login_tries):
        with refused("bad_credentials"):
            await sign_in(town.core, "alice", "wrong", HERE)
    with refused("too_many_requests", retry_after=900):
        await sign_in(town.core, "ALICE", PASSWORD, THERE)
    assert (await sign_in(town.core, "bob", PASSWORD, HERE)).secret
    town.clock.advance(town.core.limits.login_window)
    assert (await sign_in(town.core, "alice", PASSWORD, HERE)).secret


async def test_tries_per_address(town: Town, alice: Person) -> None:
    """One address has ten times as many tries over all accounts; others are not affected."""
    for number in range(town.core.limits.login_tries * 10):
        with refused("bad_credentials"):
            await sign_in(town.core, f"nobody{number}", "wrong", HERE)
    with refused("too_many_requests"):
        await sign_in(town.core, "alice", PASSWORD, HERE)
    assert (await sign_in(town.core, "alice", PASSWORD, THERE)).secret


async def test_a_good_try_forgives(town: Town, alice: Person) -> None:
    """Logging in takes no tries away: neither the account's nor the address's."""
    for _ in range(town.core.limits.login_tries * 11):
        await sign_in(town.core, "alice", PASSWORD, HERE)
        with refused("bad_credentials"):
            await sign_in(town.core, "alice", "wrong", THERE)
        await sign_in(town.core, "alice", PASSWORD, HERE)
        town.clock.advance(town.core.limits.login_window // 50)


async def test_tries_at_once_are_all_counted(town: Town, alice: Person) -> None:
    """However many tries come at the same time, no more passwords are compared than allowed."""
    tries = (sign_in(town.core, "alice", f"wrong{number}", HERE) for number in range(40))
    codes = [found.code for found in await asyncio.gather(*tries, return_exceptions=True) if isinstance(found, Problem)]

    assert town.core.limits.login_tries == codes.count("bad_credentials")
    assert 40 - town.core.limits.login_tries == codes.count("too_many_requests")


async def test_counters_name_nobody(town: Town, alice: Person) -> None:
    """In the rows of counters stand digests, no names and no addresses."""
    with refused("bad_credentials"):
        await sign_in(town.core, "alice", "wrong", HERE)

    subjects = [row.subject for row in await town.rows(Throttle)]
    assert len(subjects) == 2
    assert all(len(subject) == 64 for subject in subjects)


async def test_tries_at_a_link(town: Town) -> None:
    """Wrong passwords of a link count per address: nobody locks others out of it."""
    for _ in range(town.core.limits.link_tries):
        await count_try(town.core, limited_link(town.core, 77, HERE))
    with refused("too_many_requests"):
        await count_try(town.core, limited_link(town.core, 77, HERE))
    await count_try(town.core, limited_link(town.core, 77, THERE))
    await count_try(town.core, limited_link(town.core, 77, None))


async def test_signing_out(town: Town, alice: Person) -> None:
    """Signing out ends this session and no other; nobody has nothing to end."""
    one, two = await sign_in(town.core, "alice", PASSWORD), await sign_in(town.core, "alice", PASSWORD)
    await sign_out(town.core, await actor_of(town.core, one.secret))
    await sign_out(town.core, NOBODY)

    with refused("bad_token"):
        await actor_of(town.core, one.secret)
    assert alice.no == (await actor_of(town.core, two.secret)).user


async def test_signing_out_everywhere(town: Town, root: Person, alice: Person, bob: Person) -> None:
    """Everything handed out ends, for oneself or by an administrator."""
    for who, whom in ((actor(alice), None), (actor(root), alice.no)):
        issued = await sign_in(town.core, "alice", PASSWORD)
        await sign_out_everywhere(town.core, who, whom)
        with refused("bad_token"):
            await actor_of(town.core, issued.secret)
    with refused("forbidden"):
        await sign_out_everywhere(town.core, actor(bob), alice.no)


async def test_what_is_over_is_swept(town: Town, alice: Person) -> None:
    """Expired sessions and counters of past windows are removed, living ones stay."""
    with refused("bad_credentials"):
        await sign_in(town.core, "alice", "wrong", HERE)
    await sign_in(town.core, "alice", PASSWORD, life=1_000)
    kept = await sign_in(town.core, "alice", PASSWORD)
    town.clock.advance(town.core.limits.login_window)

    assert await sweep_credentials(town.core) == 2
    assert await sweep_credentials(town.core) == 0
    assert [kept.credential] == await town.rows(Credential)
