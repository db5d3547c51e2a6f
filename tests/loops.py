"""The loop on which all tests of a process run, and threads that have a loop of their own."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

TURNS = 10
"""So often the loop goes round for what only has to be cleared away, such as generators that nobody reads further."""


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own, also where another one runs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


class Aside:
    """A thread with a loop that goes on from call to call, for whoever may wait but not await."""

    def __init__(self) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def end(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Lasting:
    """The loop of all tests of this process."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """``loop`` runs now."""
        self._loop = loop

    def runs(self) -> bool:
        """Tell whether we are on it now."""
        return asyncio.get_running_loop() is self._loop

    def left(self) -> list[asyncio.Task[Any]]:
        """Return the tasks that do not end of themselves, and end them. Only while the loop does not run."""
        for _ in range(TURNS):
            if not asyncio.all_tasks(self._loop):
                return []
            self._loop.run_until_complete(asyncio.sleep(0))
        found = asyncio.all_tasks(self._loop)
        for task in found:
            task.cancel()
        if found:
            self._loop.run_until_complete(asyncio.gather(*found, return_exceptions=True))
        return list(found)


@pytest.fixture(scope="session", autouse=True)
async def lasting() -> Lasting:
    """The loop of all tests."""
    return Lasting(asyncio.get_running_loop())


@pytest.fixture(autouse=True)
def nothing_goes_on(request: pytest.FixtureRequest, lasting: Lasting) -> Iterator[None]:
    """Fail a test that leaves a task on the loop of all tests, where it would go on beside the next one."""
    yield
    if request.node.get_closest_marker("asyncio"):
        left = lasting.left()
        assert not left, f"left behind: {left}"
