"""Codes of programs: turned into a session once, and sessions renewed by a secret."""

import asyncio
from collections.abc import Callable

import msgspec
from tests.core.directory.town import PASSWORD, Hesitant, Town, actor, refused

from commonhold.core.directory.accounts import suspend
from commonhold.core.directory.codes import Opened, redeem, renewed
from commonhold.core.directory.credentials import actor_of, issue
from commonhold.core.directory.draft import Draft
from commonhold.core.directory.people import Person
from commonhold.core.directory.sign_in import sign_in
from commonhold.core.identity import NOBODY
from commonhold.core.model import LINK, OWNER, CredentialKind, Share
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind, Role

HOUR = 3_600_000


def is_bound(label: str) -> bool:
    """The program that asked."""
    return label == "mine"


async def code(town: Town) -> str:
    """Log in for a program."""
    return (await sign_in(town.core, "alice", PASSWORD, kind=CredentialKind.CODE, life=HOUR, label="mine")).secret


async def opened(town: Town, secret: str, bound: Callable[[str], bool] = is_bound) -> Opened:
    """Turn a code into a session."""
    return await redeem(town.core, secret, bound, HOUR, 3 * HOUR, "web")


async def test_a_code_opens_one_session(town: Town, alice: Person) -> None:
    """The program that asked gets a session and the secret that renews it; the code is used up, and was no token."""
    secret = await code(town)
    with refused("bad_token"):
        await actor_of(town.core, secret)
    found = await opened(town, secret)
    assert found.user == alice.no
    assert (await actor_of(town.core, found.session.secret)).user == alice.no
    with refused("bad_token"):
        await opened(town, secret)


async def test_a_code_is_for_the_program_that_asked(town: Town, alice: Person) -> None:
    """Another program gets nothing, and does not use the code up."""
    secret = await code(town)
    with refused("bad_token"):
        await opened(town, secret, lambda label: label == "other")
    assert (await opened(town, secret)).user == alice.no


async def test_two_at_the_same_time(town: Town, alice: Person) -> None:
    """Of two who show the same code at the same time one alone gets a session."""
    secret = await code(town)
    slow = msgspec.structs.replace(town.core, store=Hesitant(town.core.store))
    tries = (redeem(slow, secret, is_bound, HOUR, HOUR, "web") for _ in range(2))
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sorted(type(one) is Opened for one in found) == [False, True]
    assert any(isinstance(one, Problem) and one.code == "bad_token" for one in found)


async def test_what_renews_a_pass_renews_no_session(town: Town, alice: Person) -> None:
    """The secret by which an opened link is renewed makes nobody somebody."""
    draft = Draft(town.core, NOBODY)
    link = Share(
        draft.no(), draft.no(), draft.uid(), 1, LINK, Kind.LINK, Role.VIEWER, OWNER, alice.no, "native", state_at=0
    )
    draft.put(link)
    issued = issue(town.core, draft, CredentialKind.REFRESH, None, life=HOUR, share=link.no)
    await draft.commit()
    with refused("bad_token"):
        await renewed(town.core, issued.secret, HOUR, "web")


async def test_renewing(town: Town, root: Person, alice: Person) -> None:
    """The secret renews as often as one likes, never beyond its own end, and not for a suspended account."""
    found = await opened(town, await code(town))
    assert found.refresh is not None
    secret = found.refresh.secret
    for _ in range(2):
        again = await renewed(town.core, secret, 9 * HOUR, "web")
        assert (await actor_of(town.core, again.session.secret)).user == alice.no
        assert again.session.credential.until == found.refresh.credential.until
    with refused("bad_token"):
        await renewed(town.core, found.session.secret, HOUR, "web")
    await suspend(town.core, actor(root), alice.no)
    with refused("bad_token"):
        await renewed(town.core, secret, HOUR, "web")
