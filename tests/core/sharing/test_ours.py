"""Links as their managers see them: administrators all, others those that they made."""

import pytest
from tests.core.sharing.village import Village

from commonhold.core.changes import Set
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.model import LINK, Principal
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Kind
from commonhold.core.sharing import ours
from commonhold.core.sharing.ours import links_of
from commonhold.core.terms import Terms


async def test_ones_own_and_all(village: Village) -> None:
    """The maker sees his links with note and uses; an administrator all; shares with people are none."""
    link = await village.link(terms=Terms(note="hello", max_uses=3))
    await village.share(village.alice, "bob", village.docs, terms=Terms(mask=Kind.LINK))
    theirs = await village.share(village.bob, LINK, village.docs)
    await village.open(link)
    (mine,) = await links_of(village.core, Actor(village.alice))

    assert (mine.share.uid, mine.note, mine.used, mine.item.no) == (link.uid, "hello", 1, village.file)
    everything = await links_of(village.core, Actor(village.dora))
    assert {one.share.uid for one in everything} == {link.uid, theirs.share}
    assert [one.share.uid for one in await links_of(village.core, Actor(village.bob))] == [theirs.share]


async def test_those_that_are_asked_for(village: Village) -> None:
    """By uid; those of others, and unknown ones, are left out."""
    link = await village.link()
    for who, found in ((village.alice, [link.uid]), (village.bob, []), (village.dora, [link.uid])):
        assert [one.share.uid for one in await links_of(village.core, Actor(who), [link.uid, "nobody"])] == found


async def test_nobody_and_narrow_scopes(village: Village) -> None:
    """Without a person, the right to share in the scope, or an active account there are none."""
    await village.link()
    assert await links_of(village.core, NOBODY) == []
    assert await links_of(village.core, Actor(village.alice, actions=Action.READ)) == []
    await village.core.store.commit([Set(Principal, (village.alice,), {"state": "suspended"})])
    assert await links_of(village.core, Actor(village.alice)) == []


async def test_more_than_one_list_holds(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that would be cut is refused instead."""
    monkeypatch.setattr(ours, "MOST", 100)
    for _ in range(201):
        await village.link()
    with pytest.raises(Problem, match="query_too_costly"):
        await links_of(village.core, Actor(village.alice))
