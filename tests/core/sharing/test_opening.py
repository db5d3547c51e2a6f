"""Opening links: pages that show without counting, passes that count exactly, passwords, and what ends them."""

import asyncio
from collections import Counter

import pytest
from tests.core.sharing.village import Village

from commonhold.core.changes import Set
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.limits import Limits
from commonhold.core.model import Credential, Event, Item, Life, Principal, Use
from commonhold.core.notices.reading import all_of
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Role
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.managing import amend, withdraw
from commonhold.core.sharing.opening import actor_for, by_secret, open_share, peek
from commonhold.core.terms import Terms


async def test_a_pass_reads_what_the_link_gives_and_nothing_beside(village: Village) -> None:
    """The file is readable, its folder is not."""
    opened = await village.open(await village.link())

    assert await village.may(opened.actor) == Action.READ | Action.DOWNLOAD | Action.COMMENT
    assert await village.may(opened.actor, village.docs) == Action.NONE
    assert opened.secret not in repr(await village.everything())


async def test_exactly_max_uses_passes_are_handed_out_under_concurrency(village: Village) -> None:
    """Forty parallel openings of a link with three uses: three succeed (invariant 6)."""
    link = await village.link(terms=Terms(max_uses=3))
    results = await asyncio.gather(*(village.open(link) for _ in range(40)), return_exceptions=True)
    opened = [result for result in results if not isinstance(result, BaseException)]

    assert len(opened) == 3
    assert {"link_used_up"} == {result.code for result in results if isinstance(result, Problem)}
    assert (await village.build.get(Use, link.no)).used == 3
    assert all([await village.may(found.actor) & Action.READ for found in opened]), "the last use cuts nobody off"


async def test_looking_counts_nothing(village: Village) -> None:
    """A hundred looks leave all uses; nothing is handed out, and a counted link is not readable by looking."""
    link = await village.link(terms=Terms(max_uses=1, note="for you"))
    for _ in range(100):
        seen = await peek(village.core, NOBODY, by_secret(secret_of(village.core, link)))

    assert (seen.uses_left, seen.state, seen.actor) == (1, "open", None)
    assert seen.item
    assert seen.item.name == "a.txt"
    assert await village.rows(Credential) == []


async def test_a_free_link_may_be_read_at_once_and_a_protected_one_shows_nothing(village: Village) -> None:
    """Without password and count, looking gives an actor; with a password not even the name is told."""
    free = await peek(village.core, NOBODY, by_secret(secret_of(village.core, await village.link())))
    closed = await peek(
        village.core, NOBODY, by_secret(secret_of(village.core, await village.link(terms=Terms(password="pw"))))
    )

    assert free.actor
    assert await village.may(free.actor) & Action.READ
    assert (closed.password, closed.item, closed.sharer, closed.actor) == (True, None, None, None)


async def test_a_password_opens_a_wrong_one_counts_no_use_and_guessing_ends(village: Village) -> None:
    """Wrong passwords are counted per link and address, and the right one is refused too once they are too many."""
    village = await Village.found(limits=Limits(link_tries=3))
    link = await village.link(terms=Terms(password="open sesame", max_uses=5))
    assert await village.may((await village.open(link, "open sesame")).actor) & Action.READ
    with pytest.raises(Problem, match="password_required"):
        await village.open(link)
    for _ in range(3):
        with pytest.raises(Problem, match="wrong_password"):
            await village.open(link, "open barley")
    with pytest.raises(Problem, match="too_many_requests"):
        await village.open(link, "open sesame")

    assert (await village.build.get(Use, link.no)).used == 1
    village.clock.advance(village.core.limits.login_window + 1)
    assert (await village.open(link, "open sesame")).secret


async def test_tries_at_the_same_time_do_not_slip_through() -> None:
    """Of thirty wrong passwords at the same time as many are looked at as one after the other: three."""
    village = await Village.found(limits=Limits(link_tries=3))
    link = await village.link(terms=Terms(password="open sesame"))
    tries = (village.open(link, "open barley") for _ in range(30))
    found = Counter(str(one) for one in await asyncio.gather(*tries, return_exceptions=True))
    assert found == {"wrong_password": 3, "too_many_requests": 27}
    refused = [row for row in await all_of(village.core, Event) if row.kind == "share.refused"]
    assert [row.share for row in refused] == [link.no] * 3


@pytest.mark.parametrize(
    ("starts", "until", "state", "code"),
    [(10, None, "not_yet", "link_not_yet"), (None, 0, "ended", "link_ended"), (5, 5, "ended", "link_ended")],
)
async def test_closed_windows_have_their_own_words(
    village: Village, starts: int | None, until: int | None, state: str, code: str
) -> None:
    """Not yet and ended are told apart from unknown."""
    now = village.clock()
    terms = Terms(starts=None if starts is None else now + starts, until=None if until is None else now + until)
    link = await village.link(terms=terms)

    assert state == (await peek(village.core, NOBODY, by_secret(secret_of(village.core, link)))).state
    with pytest.raises(Problem, match=code):
        await village.open(link)


async def test_everything_that_ends_a_link_ends_its_passes(village: Village) -> None:
    """Its end, a new password, the suspension of its sharer, the trash, its withdrawal (invariant 2)."""
    core, alice = village.core, Actor(village.alice)
    ended = await village.open(await village.link(terms=Terms(until=village.clock() + 10)))
    locked = await village.link()
    relocked = await village.open(locked)
    withdrawn_link = await village.link()
    withdrawn = await village.open(withdrawn_link)
    held = await village.open(await village.link())
    village.clock.advance(10)
    await amend(core, alice, locked.no, terms=Terms(password="new"))
    await withdraw(core, alice, [withdrawn_link.no])

    assert [await village.may(one.actor) for one in (ended, relocked, withdrawn)] == [Action.NONE] * 3
    assert await village.may(held.actor)
    await village.build.commit(Set(Item, (village.docs,), {"life": Life.TRASHED}))
    assert await village.may(held.actor) == Action.NONE
    await village.build.commit(Set(Item, (village.docs,), {"life": Life.LIVE}))
    await village.build.commit(Set(Principal, (village.alice,), {"state": "suspended"}))
    assert await village.may(held.actor) == Action.NONE


async def test_unknown_withdrawn_and_unbacked_links_look_alike(village: Village) -> None:
    """Nobody learns from a dead link that it once was one."""
    link = await village.link()
    await village.build.commit(Set(Principal, (village.alice,), {"state": "suspended"}))
    for ref in (by_secret(secret_of(village.core, link)), by_secret("nonsense"), "no-uid", link.no + 1_000):
        with pytest.raises(Problem, match="unknown_share"):
            await peek(village.core, NOBODY, ref)
        with pytest.raises(Problem, match="unknown_share"):
            await open_share(village.core, NOBODY, ref)


async def test_only_a_links_uid_opens(village: Village) -> None:
    """A link's uid is its opening handle; the uid of a share with people opens nothing, not even for them."""
    link = await village.link()
    person = await village.share(village.alice, "bob")

    assert (await open_share(village.core, NOBODY, link.uid)).secret
    with pytest.raises(Problem, match="unknown_share"):
        await open_share(village.core, Actor(village.bob), person.share or "")


async def test_a_counted_share_with_a_person_is_opened_by_him_alone(village: Village) -> None:
    """Max uses on a share with a user: he opens it, others cannot, and his pass reads."""
    pair = await village.share(village.alice, "bob", terms=Terms(max_uses=1))

    assert await village.may(village.bob) == Action.NONE
    with pytest.raises(Problem, match="unknown_share"):
        await open_share(village.core, Actor(village.carol), pair.no or 0)
    opened = await open_share(village.core, Actor(village.bob), pair.no or 0)
    assert await village.may(opened.actor) & Action.READ


async def test_an_upload_link_lets_in_and_tells_nothing(village: Village) -> None:
    """An uploader's pass may create and nothing else."""
    pair = await village.share(village.alice, 2, village.docs, role=Role.UPLOADER)
    opened = await open_share(village.core, NOBODY, pair.no or 0)

    assert opened.right.actions == Action.CREATE


async def test_passes_add_up_without_doubles(village: Village) -> None:
    """Opening again replaces the pass of the same share."""
    link = await village.link()

    assert actor_for(link) == actor_for(link, actor_for(link))


async def test_an_ended_link_shows_nothing_to_whoever_had_opened_it(village: Village) -> None:
    """A link that ends earlier than was said shows its page neither name nor sharer, pass or not (invariant 2)."""
    link = await village.link(terms=Terms(until=village.clock() + 100))
    opened = await village.open(link)
    await amend(village.core, Actor(village.alice), link.no, terms=Terms(until=village.clock() + 5))
    village.clock.advance(10)
    seen = await peek(village.core, opened.actor, by_secret(secret_of(village.core, link)))

    assert (seen.state, seen.item, seen.sharer, seen.actor) == ("ended", None, None, None)
