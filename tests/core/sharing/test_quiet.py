"""Opening a link by its uid: one refusal for every cause, passes that can be renewed, and what ends them."""

import asyncio

import pytest
from tests.core.sharing.village import Village

from commonhold.core.changes import Set
from commonhold.core.core import Core
from commonhold.core.directory.credentials import Handed, Lives, actor_of
from commonhold.core.directory.renewing import renew
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.limits import Limits
from commonhold.core.model import Credential, Principal, Share, Use
from commonhold.core.problems import Problem
from commonhold.core.roles import Action
from commonhold.core.sharing.managing import amend, withdraw
from commonhold.core.sharing.opening import Opened, open_quietly, still_open
from commonhold.core.terms import Terms

LIVES = Lives(900_000, 7 * 86_400_000)
HERE = Actor(address="192.0.2.1")


async def opened(village: Village, uid: str, password: str | None = None) -> Opened:
    """Open a link by its uid."""
    return await open_quietly(village.core, HERE, uid, password, LIVES)


async def renewed(core: Core, secret: str | None) -> Handed:
    """Renew a pass."""

    async def check(row: Credential) -> int | None:
        return await still_open(core, row)

    return await renew(core, secret or "", LIVES, check, "directus")


async def test_every_refusal_is_the_same(village: Village) -> None:
    """Unknown, no link, over, not begun, used up, without backing, password missing or wrong: one answer."""
    now = village.clock()
    links = [
        await village.link(terms=terms)
        for terms in (Terms(until=now - 1), Terms(starts=now + 1), Terms(max_uses=0), Terms(password="secret"))
    ]
    to_bob = await village.share(village.alice, "bob", village.file)
    tries = [(link.uid, None) for link in links] + [(links[-1].uid, "wrong"), ("nobody", "x"), (to_bob.share or "", "")]
    for uid, password in tries:
        with pytest.raises(Problem) as caught:
            await opened(village, uid, password)
        assert caught.value == Problem("bad_credentials"), uid
    assert (await opened(village, links[-1].uid, "secret")).secret


async def test_refused_tries_are_limited_whether_there_is_a_link_or_not(village: Village) -> None:
    """After so many from one address, more are too many."""
    core = village.core
    village.core = Core(
        **{name: getattr(core, name) for name in core.__struct_fields__} | {"limits": Limits(link_tries=3)}
    )
    link = await village.link(terms=Terms(password="secret"))
    for uid in (link.uid, "11111111-1111-4111-8111-111111111111"):
        codes = []
        for _ in range(5):
            with pytest.raises(Problem) as caught:
                await opened(village, uid, "wrong")
            codes.append(caught.value.code)
        assert codes == ["bad_credentials"] * 3 + ["too_many_requests"] * 2


async def test_exactly_max_uses_passes_and_renewing_counts_none(village: Village) -> None:
    """Forty at the same time: three are let in; each may renew what he has, and no more use is counted."""
    link = await village.link(terms=Terms(max_uses=3))
    results = await asyncio.gather(*(opened(village, link.uid) for _ in range(40)), return_exceptions=True)
    inside = [result for result in results if isinstance(result, Opened)]

    assert len(inside) == 3
    for one in inside:
        handed = await renewed(village.core, one.refresh)
        assert await village.may(await actor_of(village.core, handed.access.secret)) & Action.READ
    assert (await village.build.get(Use, link.no)).used == 3


@pytest.mark.parametrize("end", ["withdrawn", "over", "password", "suspended"])
async def test_what_ends_the_share_ends_its_passes_and_their_renewing(village: Village, end: str) -> None:
    """Withdrawal, end date, another password, suspension of the sharer: the next request reads nothing."""
    link = await village.link()
    inside = await opened(village, link.uid)
    alice = Actor(village.alice)
    if end == "withdrawn":
        await withdraw(village.core, alice, [link.uid])
    elif end == "over":
        await amend(village.core, alice, link.uid, terms=Terms(until=village.clock() - 1))
    elif end == "password":
        await amend(village.core, alice, link.uid, terms=Terms(password="new"))
    else:
        await village.core.store.commit([Set(Principal, (village.alice,), {"state": "suspended"})])

    with pytest.raises(Problem, match="bad_token"):
        await renewed(village.core, inside.refresh)
    try:
        actor = await actor_of(village.core, inside.secret)
    except Problem as problem:
        if problem.facts != {"ended": True}:
            raise
        return
    assert await village.may(actor) == Action.NONE


async def test_a_used_up_share_is_renewed_still(village: Village) -> None:
    """The last use closes the door, not the passes it let through."""
    link = await village.link(terms=Terms(max_uses=1))
    inside = await opened(village, link.uid)

    assert (await renewed(village.core, inside.refresh)).access.secret
    assert (await village.build.get(Share, link.no)).max_uses == 1
    assert NOBODY.passes == ()
