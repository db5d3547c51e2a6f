"""Notifications: a person lists his own, sees names as far as he may, and marks them as seen."""

import pytest
from tests.core.notices.street import Street

from commonhold.core.identity import NOBODY, Actor
from commonhold.core.notices.inbox import notifications, see
from commonhold.core.problems import Problem
from commonhold.core.sharing.managing import withdraw


async def test_newest_first_by_pages(street: Street) -> None:
    """Notifications come newest first, page by page, with sharer and item."""
    for no in street.files:
        await street.share(street.bob, files=[no])
        street.clock.advance(1)
    first = await notifications(street.core, Actor(street.bob), limit=2)
    rest = await notifications(street.core, Actor(street.bob), limit=2, after=first.next)
    assert [line.name for line in (*first.rows, *rest.rows)] == ["file 3.txt", "file 2.txt", "file 1.txt"]
    assert {line.by for line in first.rows} == {"Alice Archer"}
    assert (rest.next, first.rows[0].seen) == (None, False)
    assert (await notifications(street.core, Actor(street.carol))).rows == ()


async def test_names_end_with_the_right(street: Street) -> None:
    """What he may not see any more is told without its name and uid."""
    report = await street.share(street.bob)
    await withdraw(street.core, Actor(street.alice), [report.pairs[0].no or 0])
    (line,) = (await notifications(street.core, Actor(street.bob))).rows
    assert (line.name, line.item, line.by) == (None, None, "Alice Archer")


async def test_seen(street: Street) -> None:
    """Marking some or all as seen counts each once, and touches nobody else's."""
    await street.share(street.bob, street.carol)
    await street.share(street.bob, files=street.files[1:2])
    bob, carol = Actor(street.bob), Actor(street.carol)
    newest = (await notifications(street.core, bob)).rows[0].no
    assert await see(street.core, carol, [newest]) == 0
    assert await see(street.core, bob, [newest]) == 1
    assert [line.seen for line in (await notifications(street.core, bob)).rows] == [True, False]
    assert len((await notifications(street.core, bob, unseen=True)).rows) == 1
    assert await see(street.core, bob) == 1
    assert await see(street.core, bob) == 0
    assert not (await notifications(street.core, carol)).rows[0].seen


async def test_nobody_has_none(street: Street) -> None:
    """Whoever is not logged in is refused, as is a list longer than a page."""
    with pytest.raises(Problem, match="unauthenticated"):
        await notifications(street.core, NOBODY)
    with pytest.raises(Problem, match="unauthenticated"):
        await see(street.core, NOBODY)
    with pytest.raises(Problem, match="too_many_items"):
        await see(street.core, Actor(street.bob), list(range(201)))
