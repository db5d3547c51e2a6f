"""Several proposals or amendments as one: one transaction, all or none; links that move, and links that are mailed."""

import msgspec
import pytest
from tests.core.sharing.village import Village

from commonhold.core.identity import Actor
from commonhold.core.limits import Limits
from commonhold.core.model import EVERYONE, LINK, Outbox, Share, Use
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Role
from commonhold.core.sharing.inviting import invite, outline
from commonhold.core.sharing.managing import Amendment, amend_all
from commonhold.core.sharing.opening import actor_for
from commonhold.core.sharing.proposal import Asked, OnExisting, Proposal
from commonhold.core.sharing.propose import propose_all
from commonhold.core.terms import Terms


def link_to(item: int, **how: object) -> Proposal:
    """Ask for a link."""
    how = {"on_existing": OnExisting.ADD, "atomic": True, "notify": False} | how
    return msgspec.structs.replace(Proposal((Asked(item),), (LINK,)), **how)


async def test_several_proposals_are_one_transaction(village: Village) -> None:
    """Links of different terms are made together; one that is refused leaves none of them."""
    alice = Actor(village.alice)
    good = [link_to(village.file, terms=Terms(note="one")), link_to(village.docs, terms=Terms(max_uses=2), used=1)]
    done = await propose_all(village.core, alice, good)

    assert [report.done for report in done] == [True, True]
    rows = {share.no: share for share in await village.rows(Share)}
    assert [rows[report.pairs[0].no or 0].item for report in done] == [village.file, village.docs]
    assert (await village.build.get(Use, done[1].pairs[0].no or 0)).used == 1

    before = await village.everything()
    bad = await propose_all(village.core, alice, [good[0], link_to(12_345)])
    assert [report.done for report in bad] == [False, False]
    assert [report.pairs[0].share for report in bad] == [None, None]
    assert await village.everything() == before


async def test_a_uid_is_given_once(village: Village) -> None:
    """A uid that a share has, or that is named twice at once, is refused; nothing is made."""
    alice, uid = Actor(village.alice), "11111111-1111-4111-8111-111111111111"
    with pytest.raises(Problem, match="not_unique"):
        await propose_all(village.core, alice, [link_to(village.file, uid=uid), link_to(village.docs, uid=uid)])
    assert (await propose_all(village.core, alice, [link_to(village.file, uid=uid)]))[0].pairs[0].share == uid
    again = await propose_all(village.core, alice, [link_to(village.docs, uid=uid)])
    assert again[0].refused() is not None
    assert len(await village.rows(Share)) == 1


async def test_no_more_than_one_transaction_should_do(village: Village) -> None:
    """More pairs than the limit are refused before anything is read."""
    core = msgspec.structs.replace(village.core, limits=Limits(pairs=2))
    with pytest.raises(Problem, match="too_many_items"):
        await propose_all(core, Actor(village.alice), [link_to(village.file)] * 3)
    with pytest.raises(Problem, match="too_many_items"):
        await amend_all(core, Actor(village.alice), [Amendment("x")] * 3)
    with pytest.raises(Problem, match="too_many_items"):
        await propose_all(core, Actor(village.alice), [link_to(village.file), link_to(village.docs)] * 2)


async def test_amendments_are_all_or_none(village: Village) -> None:
    """Two shares change together; with one that is not the actor's, neither does."""
    first, second = [await village.link() for _ in range(2)]
    alice = Actor(village.alice)
    changed = await amend_all(
        village.core,
        alice,
        [Amendment(first.uid, Terms(max_uses=5), used=3), Amendment(second.uid, acts_as=EVERYONE, role=None)],
    )
    assert (changed[0].max_uses, changed[1].acts_as) == (5, EVERYONE)
    assert (await village.build.get(Use, first.no)).used == 3
    assert await village.build.get(Share, first.no) == changed[0]

    before = await village.everything()
    with pytest.raises(Problem, match="unknown_share"):
        await amend_all(village.core, alice, [Amendment(first.uid, Terms(max_uses=9)), Amendment("nobody")])
    with pytest.raises(Problem, match="unknown_share"):
        await amend_all(village.core, Actor(village.bob), [Amendment(first.uid, Terms(max_uses=9))])
    assert await village.everything() == before
    assert await amend_all(village.core, alice, ()) == ()


async def test_a_link_moves_where_the_actor_may_share(village: Village) -> None:
    """Passes follow it to the new item and leave the old one; what one may not share is refused."""
    link = await village.link()
    inside = actor_for(await village.build.get(Share, link.no))
    folder = await village.build.folder(village.top, "other")
    (moved,) = await amend_all(village.core, Actor(village.alice), [Amendment(link.uid, item=folder)])

    assert moved.item == folder
    assert await village.may(inside, folder) & Action.READ
    assert await village.may(inside) == Action.NONE
    (same,) = await amend_all(village.core, Actor(village.alice), [Amendment(link.uid, item=folder)])
    assert same.item == folder

    bobs = await village.build.folder(await village.build.space(village.bob, None), "bobs")
    with pytest.raises(Problem, match="unknown_item"):
        await amend_all(village.core, Actor(village.alice), [Amendment(link.uid, item=bobs)])
    with pytest.raises(Problem, match="unknown_item"):
        await amend_all(village.core, Actor(village.alice), [Amendment(link.uid, item="nothing")])
    to_bob = await village.share(village.alice, "bob")
    with pytest.raises(Problem, match="not_for_items"):
        await amend_all(village.core, Actor(village.alice), [Amendment(to_bob.share or "", item=folder)])


async def test_a_link_that_was_passed_on_moves_within_what_backs_it(village: Village) -> None:
    """Bob's link hangs on what alice gave him; it moves to the file below, and lives and dies with her share."""
    given = await village.share(village.alice, "bob", village.docs, Role.VIEWER, Terms(mask=63))  # type: ignore[arg-type]
    pair = await village.share(village.bob, LINK, village.docs)
    (moved,) = await amend_all(village.core, Actor(village.bob), [Amendment(pair.share or "", item=village.file)])

    assert (moved.hangs_on, moved.stands_on) == (given.no, village.bob)
    assert await village.may(actor_for(moved)) & Action.READ


async def test_a_link_is_mailed_to_addresses(village: Village) -> None:
    """One letter each, whatever is no address left out; a stranger learns nothing; there is a limit for a day."""
    link = await village.link(terms=Terms(password="secret"))
    alice = Actor(village.alice)
    asked = ["one@example.org", "two@example.org", "one@example.org", "not an address"]
    assert await invite(village.core, alice, link.uid, asked) == 2
    assert await invite(village.core, alice, link.uid, []) == 0
    letters = [row for row in await village.rows(Outbox) if row.kind == "link"]
    assert [(row.share, "secret" in repr(row)) for row in letters] == [(link.no, False)] * 2

    for who in (Actor(village.bob), Actor(None)):
        with pytest.raises(Problem, match="unknown_share"):
            await invite(village.core, who, link.uid, asked)
    to_bob = await village.share(village.alice, "bob")
    with pytest.raises(Problem, match="not_for_items"):
        await invite(village.core, alice, to_bob.share or "", asked)
    with pytest.raises(Problem, match="too_many_recipients"):
        await invite(village.core, alice, link.uid, asked * 50)
    few = msgspec.structs.replace(village.core, limits=Limits(mails_per_day=3))
    with pytest.raises(Problem, match="daily_limit"):
        await invite(few, alice, link.uid, ["three@example.org", "four@example.org"])


async def test_the_outline_of_a_link_that_is_open(village: Village) -> None:
    """Its terms and item, with a password or without; one that is over or used up, or no link, has none."""
    link = await village.link(terms=Terms(password="secret", max_uses=1))
    found = await outline(village.core, link.uid)
    assert (found.share.no, found.item.no, found.used) == (link.no, village.file, 0)

    await village.open(link, "secret")
    over = await village.link(terms=Terms(until=village.clock()))
    to_bob = await village.share(village.alice, "bob")
    for uid in (link.uid, over.uid, to_bob.share or "", "nobody"):
        with pytest.raises(Problem, match="unknown_share"):
            await outline(village.core, uid)
