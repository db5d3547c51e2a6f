"""Long lists: what is asked of the store does not grow with the rows of a page."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from tests.faces.filr.town import Town, again
from tests.faces.towns import copied

from commonhold.core.ports import Store
from commonhold.testing.build import Builder
from commonhold.testing.core import make_core

pytestmark = pytest.mark.slow

READS = ("who", "look", "rows", "shared_with", "search", "instance")


class Counting:
    """A store that counts what it is asked."""

    def __init__(self, store: Store) -> None:
        """Begin at nought."""
        self._store = store
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        """Count a reading, and pass it on."""
        if name in READS:
            self.asked[name] += 1
        return getattr(self._store, name)


async def counted(town: Town, build: Builder, shares: int, path: str) -> tuple[int, int]:
    """Share so many files with Bob, list them, and return how many rows and readings that were."""
    for place in range(shares):
        item = await build.item(town.items["/alice/docs"].no, f"{shares}-{place:04}.txt")
        await build.share(item, town.no("bob"))
    core = make_core(store=copied(town), blobs=town.core.blobs, clock=town.core.clock)
    store: Any = Counting(core.store)
    reply = await again(town, msgspec.structs.replace(core, store=store)).bob("GET", path)
    assert reply.status == 200, reply
    return len(reply.data["items"]), store.asked.total()


@pytest.mark.parametrize("word", ["library_children", "library_files", "library_entities?count=500&recursive=true"])
async def test_200_shares_take_as_many_readings_as_two(hamlet: Town, word: str) -> None:
    """A list of 200 shared things comes whole, by as many readings as one of two."""
    path = f"/shares/with_user/{hamlet.no('bob')}/{word}"
    build = Builder(hamlet.core.store)
    few = await counted(hamlet, build, 1, path)
    many = await counted(hamlet, build, 198, path)
    assert few[0] == 2
    assert many == (200, few[1])
    assert many[1] <= 12
    more = await counted(hamlet, build, 50, path)
    assert (more[0], more[1] <= 2 * few[1]) == (250, True)
