"""Recipients told once more: of one share each, by its sharer; links to addresses."""

import msgspec
import pytest
from tests.core.sharing.village import Village

from commonhold.core.identity import Actor, Named
from commonhold.core.limits import Limits
from commonhold.core.model import EVERYONE, MAIN_ORG, Notification, Outbox, Principal, Share, State
from commonhold.core.notices.letters import letter
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.inviting import invite
from commonhold.core.sharing.links import secret_of
from commonhold.core.sharing.managing import withdraw
from commonhold.core.sharing.telling import tell_again
from commonhold.core.terms import Terms


async def waiting(village: Village) -> list[Outbox]:
    """Return what is to be told."""
    found: list[Outbox] = await village.rows(Outbox)
    return found


async def test_a_recipient_is_told_again(village: Village) -> None:
    """A user gets a line and a notice, a group and an address a notice; each is about this one share alone."""
    alice = Actor(village.alice)
    shares = [
        (await village.share(village.alice, to, notify=False)).no or 0
        for to in ("bob", "team", Named("zoe@example.net", Kind.MAIL))
    ]
    await village.share(village.alice, "bob", village.file, notify=False)
    assert await tell_again(village.core, alice, shares) == (None, None, None)
    rows = await waiting(village)
    assert [(row.kind, row.share) for row in rows] == [("share", shares[0]), ("group", shares[1]), ("share", shares[2])]
    assert all(row.event is not None for row in rows)
    assert [line.user for line in await village.rows(Notification)] == [village.bob]
    told = await letter(village.core, rows[2])
    assert told is not None
    assert [offer.name for offer in told.offers] == ["docs"]


async def test_a_link_is_mailed_alone(village: Village) -> None:
    """A letter about a link that is there already carries its secret, and none of a link that was made since."""
    first = await village.link()
    await village.link(village.dora)
    alice = Actor(village.alice)
    assert await tell_again(village.core, alice, [first.no], ["zoe@example.net", "no address"]) == (None,)
    assert await invite(village.core, alice, first.no, ["yan@example.net"]) == 1
    for row in await waiting(village):
        told = await letter(village.core, row)
        assert told is not None
        assert [offer.part for offer in told.offers] == [secret_of(village.core, first)]
    await withdraw(village.core, alice, (first.no,))
    assert [await letter(village.core, row) for row in await waiting(village)] == [None, None]


async def test_an_address_that_is_no_more(village: Village) -> None:
    """An address whose owner was deleted gets no letter; the others do."""
    gone = await village.build.mail("gone@example.net")
    await village.build.set(Principal, gone, state=State.DELETED)
    link = (await village.link()).no
    assert await tell_again(village.core, Actor(village.alice), [link], ["gone@example.net", "zoe@example.net"]) == (
        None,
    )
    assert len(await waiting(village)) == 1


async def test_what_cannot_be_told(village: Village) -> None:
    """Foreign and unknown shares, everyone, what is over, and links without addresses stand in their places."""
    alice, now = Actor(village.alice), village.clock()
    public = (await village.share(village.alice, EVERYONE)).no or 0
    inside = (await village.share(village.alice, MAIN_ORG)).no or 0
    over = (await village.share(village.alice, "bob", terms=Terms(until=now))).no or 0
    link = (await village.link()).no
    theirs = (await village.share(village.dora, "carol")).no or 0
    before = len(await waiting(village))
    told = await tell_again(village.core, alice, [public, inside, over, link, theirs, 12_345])
    assert [one.code if one else None for one in told] == [
        "not_for_items", "not_for_items", "link_ended", "missing_field", "unknown_share", "unknown_share",
    ]  # fmt: skip
    assert len(await waiting(village)) == before
    assert (await village.build.get(Share, theirs)).made_by == village.dora


async def test_bounds(village: Village) -> None:
    """Nobody tells anybody; too many shares, too many addresses and too many letters in a day are refused."""
    link = (await village.link()).no
    with pytest.raises(Problem, match="unauthenticated"):
        await tell_again(village.core, Actor(None), [link])
    few = msgspec.structs.replace(village.core, limits=Limits(pairs=1, recipients=1, mails_per_day=0))
    alice = Actor(village.alice)
    with pytest.raises(Problem, match="too_many_items"):
        await tell_again(few, alice, [link, link])
    with pytest.raises(Problem, match="too_many_recipients"):
        await tell_again(few, alice, [link], ["a@example.org", "b@example.org"])
    with pytest.raises(Problem, match="daily_limit"):
        await tell_again(few, alice, [link], ["a@example.org"])
