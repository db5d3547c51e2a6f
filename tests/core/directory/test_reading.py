"""Small readings and pages."""

import pytest
from tests.core.directory.town import Town

from commonhold.core.changes import Put
from commonhold.core.directory.reading import by_no, every, one, page_of
from commonhold.core.model import Principal, Setting
from commonhold.core.policy.require import machine
from commonhold.core.ports import LONGEST_PAGE
from commonhold.core.problems import Problem


async def test_every_row_is_read(town: Town) -> None:
    """What is read for a decision is read to its end, over as many pages as it takes."""
    names = [f"s{number:04}" for number in range(LONGEST_PAGE * 2)]
    await town.core.store.commit([Put(Setting(name, "1")) for name in names])

    assert names == sorted(row.name for row in await every(town.core, Setting, value="1"))


async def test_nothing(town: Town) -> None:
    """Nothing is asked about nothing, and what is not there is None."""
    assert await by_no(town.core, machine(), Principal, ()) == {}
    assert await one(town.core, Setting, name="x") is None


async def test_odd_limits(town: Town) -> None:
    """A page has at least one row and at most the longest page, whatever is asked for."""
    await town.core.store.commit([Put(Setting(f"s{number:04}", "1")) for number in range(LONGEST_PAGE + 1)])
    for limit, rows in ((-5, 1), (0, 1), (10_000, LONGEST_PAGE)):
        assert rows == len((await page_of(town.core, machine(), Setting, (), limit=limit)).rows)


async def test_odd_places(town: Town) -> None:
    """A place that can be no row's in this listing, whoever made it up, is refused."""
    for after in ((), (None,), (1,), ("a", "b")):
        with pytest.raises(Problem) as refused:
            await page_of(town.core, machine(), Setting, (), after=after)
        assert refused.value == Problem("bad_cursor", field="after")
