"""``arrange``: how far items reach, set as a whole, in one reading and one commit."""

from typing import Any

import pytest
from tests.core.content.world import Interrupted
from tests.core.sharing.village import Village

from commonhold.core.identity import Actor, Named
from commonhold.core.limits import Limits
from commonhold.core.model import EVERYONE, MAIN_ORG, Allowance, GroupTerms, Outbox, Principal, Share, State, Throttle
from commonhold.core.policy.require import machine
from commonhold.core.policy.width import Width
from commonhold.core.ports import Rows
from commonhold.core.problems import Problem
from commonhold.core.roles import ANY_KIND, Kind, OrgRole, Role
from commonhold.core.sharing.arranging import Arranged, Arrangement, arrange
from commonhold.core.terms import Terms


@pytest.fixture
async def village() -> Village:
    """A village whose store can be interrupted."""
    return await Village.found(store=Interrupted())


async def done(village: Village, by: int, *items: int, **wanted: Any) -> Arranged:
    """Arrange, and return what happened to the first item."""
    asked = Arrangement(items or (village.file,), **wanted)
    return (await arrange(village.core, Actor(by), asked))[0]


async def kept(village: Village) -> list[Share]:
    """Return all live shares."""
    found: list[Share] = await village.core.store.rows(machine(), Rows(Share))
    return found


async def test_one_commit_for_many_items(village: Village) -> None:
    """Any number of items and groups is one transaction; each item is told of at each place where it is named."""
    more = [await village.build.item(village.docs, f"{at}.txt") for at in range(20)]
    before = (await village.core.store.instance()).revision
    asked = Arrangement((*more, more[0]), org=True, everyone=True, groups=(village.team,))
    told = await arrange(village.core, Actor(village.alice), asked)
    assert told == (Arranged(None, (None,), (), ()),) * 21
    assert (await village.core.store.instance()).revision == before + 1
    assert len(await kept(village)) == 60


async def test_nothing_changed_is_nothing_written(village: Village) -> None:
    """The same again, and nothing at all, write nothing."""
    several: tuple[dict[str, Any], ...] = ({}, {"everyone": True, "groups": (village.team,)})
    for wanted in several:
        await done(village, village.alice, **wanted)
        before = (await village.core.store.instance()).revision
        assert await done(village, village.alice, **wanted) == Arranged(None, (None,) * len(wanted.get("groups", ())))
        assert (await village.core.store.instance()).revision == before


async def test_a_group_is_told_and_counted(village: Village) -> None:
    """A group is told of what is new; the pair counts against the sharer's day, flags do not."""
    await done(village, village.alice, everyone=True)
    assert await village.core.store.rows(machine(), Rows(Throttle)) == []
    await done(village, village.alice, groups=(village.team,))
    (letter,) = await village.core.store.rows(machine(), Rows(Outbox))
    (count,) = await village.core.store.rows(machine(), Rows(Throttle))
    assert (letter.principal, count.count) == (village.team, 1)


async def test_an_end_in_between(village: Village) -> None:
    """A share that the new one hangs on ends in between: the verb looks again, and refuses."""
    await done(village, village.alice, org=True)
    (share,) = await kept(village)
    assert isinstance(village.core.store, Interrupted)
    village.core.store.meanwhile = lambda: village.build.drop(Share, share.no)
    group = await village.build.group("bobs", village.bob, owner=village.bob)
    told = await done(village, village.bob, groups=(group,))
    assert told.refused is not None
    assert await kept(village) == []


async def test_a_narrower_share_is_widened(village: Village) -> None:
    """A group that may update what is shared with it gets a writing role, in place of a reading one."""
    await village.build.put(GroupTerms(village.team, members_update=True))
    await village.build.share(village.file, village.team, Role.VIEWER)
    await done(village, village.alice, groups=(village.team,), confirmed=True)
    (share,) = await kept(village)
    assert (share.role, share.item_control) == (Role.EDITOR, True)


async def test_what_is_over_is_replaced(village: Village) -> None:
    """A share that has ended, or waits for a password, does not count as one that is there."""
    await village.build.share(village.file, village.team, until=1)
    await village.build.share(village.file, EVERYONE, password="hash")
    told = await done(village, village.alice, groups=(village.team,), everyone=True)
    assert told.groups == (None,)
    assert {(share.kind, share.until, share.password) for share in await kept(village)} == {
        (Kind.GROUP, None, None),
        (Kind.EVERYONE, None, None),
    }


async def test_a_native_share_of_the_owner_counts(village: Village) -> None:
    """A share that stands on the owner himself is as good as one that stands on whoever owns the item."""
    await village.share(village.alice, MAIN_ORG, village.file)
    await done(village, village.alice, org=True)
    assert len(await kept(village)) == 1


async def test_an_administrator_where_the_owner_may_not(village: Village) -> None:
    """What the owner's allowance would not carry stands on the administrator who shared it."""
    await village.build.put(Allowance(village.alice, kinds=Kind.USER))
    assert (await done(village, village.alice, everyone=True)).refused is not None
    await done(village, village.dora, everyone=True)
    (share,) = await kept(village)
    assert share.stands_on == village.dora


async def test_for_an_owner_who_is_away(village: Village) -> None:
    """What an administrator shares for somebody who is suspended stands on the administrator, and gives something."""
    await village.build.set(Principal, village.alice, state=State.SUSPENDED)
    await done(village, village.dora, org=True)
    (share,) = await kept(village)
    assert share.stands_on == village.dora
    assert await village.may(village.carol)


async def test_a_longest_life_refuses_what_never_ends(village: Village) -> None:
    """Whoever may share for a while only shares nothing here, as nothing here has an end."""
    await village.build.put(Allowance(village.alice, longest=1000))
    told = await done(village, village.alice, everyone=True)
    assert told.refused is not None
    assert told.refused.code == "life_too_long"
    grouped = await done(village, village.alice, groups=(village.team,))
    assert grouped.groups[0] is not None
    assert grouped.groups[0].code == "life_too_long"


async def test_an_item_without_an_organisation(village: Village) -> None:
    """What belongs to no organisation is not shared with one."""
    top = await village.build.space(village.guest)
    item = await village.build.item(top, "g.txt")
    told = await done(village, village.dora, item, org=True)
    assert told.refused is not None
    assert told.refused.code == "kind_not_allowed"


async def test_an_owner_in_an_organisation_that_his_space_is_not_in(village: Village) -> None:
    """Then the owner's organisation is meant."""
    top = await village.build.space(village.alice)
    item = await village.build.item(top, "g.txt")
    assert (await done(village, village.alice, item, org=True)).refused is None
    assert [share.recipient for share in await kept(village)] == [MAIN_ORG]


async def test_unknown_owners_items_and_folders(village: Village) -> None:
    """An owner who is not there refuses everything; items that are not there, or folders, are refused each."""
    for owner in (Named("zed", Kind.USER), village.team):
        with pytest.raises(Problem, match="unknown_user"):
            await done(village, village.alice, owner=owner)
    for item in (999, village.docs):
        told = await done(village, village.alice, item, owner=village.alice)
        assert told.refused is not None
        assert told.refused.code == "unknown_item"
    elsewhere = await done(village, village.alice, owner=village.alice, folder=village.top)
    assert elsewhere.refused is not None
    assert (elsewhere.refused.code, elsewhere.refused.facts) == ("not_found", {"field": "folder"})
    assert (await done(village, village.alice, owner=village.alice, folder=village.docs)).refused is None


async def test_a_stranger_is_told_that_it_is_there(village: Village) -> None:
    """Faces of this verb tell existence apart: what is there and not for somebody is forbidden."""
    for wanted in ({}, {"owner": village.alice}):
        told = await done(village, village.carol, **wanted)
        assert told.refused is not None
        assert told.refused.code == "forbidden"


async def test_limits_and_nobody(village: Village) -> None:
    """Nobody is refused; so is more than one request may do."""
    with pytest.raises(Problem, match="unauthenticated"):
        await arrange(village.core, Actor(), Arrangement((village.file,)))
    small = await Village.found(limits=Limits(items=2, pairs=3))
    for wanted in (Arrangement((1, 2, 3)), Arrangement((1, 2), groups=(4, 5))):
        with pytest.raises(Problem, match="too_many_items"):
            await arrange(small.core, Actor(small.alice), wanted)


async def test_what_may_not_be_ended_is_told(village: Village) -> None:
    """A group share that the actor may not end stays, and is told with whom it is."""
    told = await done(village, village.alice, leave=(village.team, 999))
    assert [one.code if one else None for one in told.left] == ["not_shared", "unknown_recipient"]


async def test_a_share_with_itself_twice(village: Village) -> None:
    """Two shares of one kind are both ended; what a withdrawn one gave is no width any more."""
    await village.build.share(village.file, MAIN_ORG)
    await village.build.share(village.file, MAIN_ORG, stands_on=village.dora, made_by=village.dora)
    group = await village.build.group("doras", village.dora, owner=village.dora)
    await village.build.put(GroupTerms(group))
    told = await done(village, village.dora, org=False, groups=(group,))
    assert [one.code if one else None for one in told.groups] == ["not_a_member"]
    assert await kept(village) == []


@pytest.mark.parametrize("role", [OrgRole.ADMINISTRATOR, OrgRole.USER])
async def test_a_suspended_recipient_is_nobody(village: Village, role: OrgRole) -> None:
    """An item that only suspended people get is told as reaching nobody."""
    from_elsewhere = await village.build.user("zoe", org_role=role, state=State.SUSPENDED)
    await village.build.share(village.file, from_elsewhere)
    await village.share(village.alice, village.bob, village.file, terms=Terms(mask=ANY_KIND))
    told = await done(village, village.alice, everyone=False, org=False, no_groups=True)
    assert [(one.kind, one.reason) for one in told.kept] == [(Kind.USER, "personal")]
    assert Width.SOME < Width.ORG < Width.EVERYONE
