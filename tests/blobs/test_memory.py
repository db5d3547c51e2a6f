"""The reference engine keeps the contract."""

import pytest

from commonhold.blobs.memory import MemoryBlobs
from commonhold.core.blobs import Blobs
from commonhold.core.policy.require import machine
from commonhold.testing.blobs_contract import BlobsContract, keep, nothing_known


@pytest.fixture
def blobs() -> Blobs:
    """An empty engine."""
    return MemoryBlobs()


class TestMemoryBlobs(BlobsContract):
    """The contract, in memory."""


async def test_no_file(blobs: Blobs) -> None:
    """There is no file that a web server could send."""
    blob = await keep(blobs, b"x")

    assert blobs.local_path(machine(), blob.key) is None


async def test_the_clock_is_given() -> None:
    """Age is told by the clock that was given."""
    blobs = MemoryBlobs(clock=lambda: 1_000)
    await keep(blobs, b"x")

    assert await blobs.sweep(nothing_known, now=1_500, older_than_ms=500) == 0
    assert await blobs.sweep(nothing_known, now=1_501, older_than_ms=500) == 1


async def test_close(blobs: Blobs) -> None:
    """Closing is part of the port, though nothing is held here."""
    await blobs.close()
