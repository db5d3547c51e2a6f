"""The same item or recipient, named more than once and in more than one way."""

import pytest
from tests.core.sharing.village import Village

from commonhold.core.content.tree import children
from commonhold.core.identity import Actor, Named, Path
from commonhold.core.model import Item, Share
from commonhold.core.roles import ItemKind, Kind, Role
from commonhold.core.sharing.details import details
from commonhold.core.sharing.proposal import Asked, Did, OnExisting, Proposal
from commonhold.core.sharing.propose import propose


@pytest.mark.parametrize(
    ("policy", "role"), [(OnExisting.RAISE, Role.CONTRIBUTOR), (OnExisting.SET, Role.VIEWER)], ids=["raise", "set"]
)
async def test_one_share_comes_of_doubles(village: Village, policy: OnExisting, role: Role) -> None:
    """An item by number, uid and path in several roles, and a person by number and name, make one share."""
    item = await village.build.get(Item, village.docs)
    asked = (
        Asked(village.docs, Role.VIEWER),
        Asked(item.uid, Role.CONTRIBUTOR),
        Asked(Path(("alice", "docs")), Role.VIEWER),
    )
    people = (village.bob, Named("bob"), Named("BOB", Kind.USER))
    report = await propose(village.core, Actor(village.alice), Proposal(asked, people, on_existing=policy))
    rows = [row for row in await village.rows(Share) if row.recipient == village.bob]

    assert [pair.did for pair in report.pairs] == [Did.CREATED] * 9
    assert [(row.uid, row.role) for row in rows] == [(report.pairs[0].share, role)]
    assert {pair.share for pair in report.pairs} == {rows[0].uid}


async def test_an_item_of_another_kind_is_none(village: Village) -> None:
    """Where a kind is asked for, an item of another kind is refused as one that does not exist."""
    asked = (Asked(village.docs, kinds=(ItemKind.APP,)), Asked(village.docs, kinds=(ItemKind.FOLDER,)))
    report = await propose(village.core, Actor(village.alice), Proposal(asked, (village.bob,)))

    assert [refused and refused.code for refused in report.items] == ["unknown_item", None]


async def test_names_begin_at_an_item_that_is_shared(village: Village) -> None:
    """A recipient names what lies below a shared folder by the folder's uid; the names prove no right."""
    folder = await village.build.get(Item, village.docs)
    await village.share(village.alice, village.bob, village.docs)
    ref = Path(("a.txt",), folder.uid)
    found = await details(village.core, Actor(village.bob), (ref, village.top, Path(("b.txt",), folder.uid)))

    assert [seen.item.no for seen in found.items.values()] == [village.file]
    assert not (await details(village.core, Actor(village.carol), (ref,))).items
    assert (await children(village.core, Actor(village.bob), Path((), folder.uid))).items[0].item.no == village.file
