"""What every engine for bytes must do. Inherit ``BlobsContract`` in a test class and give it a fixture ``blobs``."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Collection

import pytest

from commonhold.core.blobs import ORPHAN_AGE_MS, Blob, Blobs
from commonhold.core.policy.require import machine
from commonhold.core.problems import Problem

MIB = 1 << 20
ROOMY = 1 << 40
NOT_KEYS = ["", "..", "../../etc/passwd", "a/b", "A" * 32, "a" * 31, "a" * 33, "a" * 31 + "\n", "é" * 32, "a\0" * 16]


async def flow(*chunks: bytes) -> AsyncIterator[bytes]:
    """Yield these chunks, as a request does."""
    for chunk in chunks:
        yield chunk


async def broken(error: BaseException, *chunks: bytes) -> AsyncIterator[bytes]:
    """Yield these chunks and then fail, as a cut connection does."""
    for chunk in chunks:
        yield chunk
    raise error


async def nothing_known(keys: Collection[str]) -> Collection[str]:
    """Answer like a store without a row."""
    assert keys, "the store is not asked about nothing"
    return []


async def keep(blobs: Blobs, content: bytes) -> Blob:
    """Receive a small content."""
    return await blobs.receive(flow(content), limit=ROOMY)


async def content_of(blobs: Blobs, key: str, start: int = 0, end: int | None = None) -> bytes:
    """Read a blob, or a part of it, into memory."""
    return b"".join([chunk async for chunk in blobs.read(machine(), key, start, end)])


def in_two_days() -> int:
    """A moment at which everything received in a test is old."""
    return time.time_ns() // 1_000_000 + 2 * ORPHAN_AGE_MS


class BlobsContract:
    """The contract of ``core.blobs.Blobs``."""

    @pytest.mark.parametrize("size", [0, 1, 256 << 10, (256 << 10) + 1, MIB, 3 * MIB + 7])
    async def test_what_was_received_is_read(self, blobs: Blobs, size: int) -> None:
        """Content of any size comes back as it was, with its size and its sha256."""
        content = bytes(range(256)) * (size // 256) + bytes(size % 256)

        blob = await blobs.receive(flow(*(content[at : at + 65_521] for at in range(0, size, 65_521))), limit=ROOMY)

        assert (size, hashlib.sha256(content).hexdigest()) == (blob.size, blob.sha256)
        assert size == await blobs.size(blob.key)
        assert content == await content_of(blobs, blob.key)

    async def test_chunks_of_any_length(self, blobs: Blobs) -> None:
        """Empty chunks count for nothing, and one larger than every buffer is taken whole."""
        blob = await blobs.receive(flow(b"", b"a", b"", b"b" * (5 * MIB), b""), limit=ROOMY)

        assert await content_of(blobs, blob.key) == b"a" + b"b" * (5 * MIB)

    async def test_reading_in_chunks(self, blobs: Blobs) -> None:
        """No chunk is empty or larger than 1 MiB, so that the memory of a download is bounded."""
        blob = await keep(blobs, bytes(3 * MIB + 5))

        lengths = [len(chunk) async for chunk in blobs.read(machine(), blob.key)]

        assert sum(lengths) == 3 * MIB + 5
        assert 0 < min(lengths) <= max(lengths) <= MIB

    @pytest.mark.parametrize(
        ("start", "end"), [(0, 0), (0, 1), (3, 10), (9, None), (10, None), (12, None), (5, 99), (7, 3), (12, 99)]
    )
    async def test_parts(self, blobs: Blobs, start: int, end: int | None) -> None:
        """A part begins at its start and ends before its end; bounds beyond the content are cut to it."""
        blob = await keep(blobs, b"0123456789")

        assert b"0123456789"[start:end] == await content_of(blobs, blob.key, start, end)

    async def test_a_large_part(self, blobs: Blobs) -> None:
        """A part across several chunks has every byte once and in order."""
        content = b"".join(number.to_bytes(4, "big") for number in range(MIB))
        blob = await keep(blobs, content)

        assert content[4093 : 3 * MIB + 11] == await content_of(blobs, blob.key, 4093, 3 * MIB + 11)

    async def test_keys_are_random(self, blobs: Blobs) -> None:
        """The same content twice has two keys: a key tells nothing about what else is kept."""
        first, second = await keep(blobs, b"same"), await keep(blobs, b"same")

        assert first.key != second.key
        assert first.sha256 == second.sha256

    async def test_the_limit_itself_is_allowed(self, blobs: Blobs) -> None:
        """Exactly ``limit`` bytes, and exactly the space that is left, are not too many."""
        blob = await blobs.receive(flow(b"12345", b"67890"), limit=10, space=10)

        assert blob.size == 10

    async def test_over_the_limit(self, blobs: Blobs) -> None:
        """One byte over ``limit`` is ``too_large``, which names the limit, and nothing is left behind."""
        with pytest.raises(Problem) as raised:
            await blobs.receive(flow(b"x" * 2 * MIB, b"x"), limit=2 * MIB)

        assert Problem("too_large", limit=2 * MIB) == raised.value
        assert await blobs.sweep(nothing_known, now=in_two_days()) == 0

    async def test_over_the_space(self, blobs: Blobs) -> None:
        """One byte more than the owner has left is ``quota_exceeded``, and nothing is left behind."""
        with pytest.raises(Problem) as raised:
            await blobs.receive(flow(b"x" * 2 * MIB, b"x"), limit=ROOMY, space=2 * MIB)

        assert Problem("quota_exceeded", left=2 * MIB) == raised.value
        assert await blobs.sweep(nothing_known, now=in_two_days()) == 0

    @pytest.mark.parametrize("error", [ConnectionResetError(), Problem("incomplete_body"), KeyError("x")])
    @pytest.mark.parametrize("size", [0, 10, 4 * MIB])
    async def test_a_cut_upload(self, blobs: Blobs, error: Exception, size: int) -> None:
        """What the sender's stream raises reaches the caller as it is, and nothing is left behind."""
        with pytest.raises(type(error)) as raised:
            await blobs.receive(broken(error, bytes(size // 2), bytes(size // 2)), limit=ROOMY)

        assert error is raised.value
        assert await blobs.sweep(nothing_known, now=in_two_days()) == 0

    @pytest.mark.parametrize("size", [10, 4 * MIB])
    async def test_a_cancelled_upload(self, blobs: Blobs, size: int) -> None:
        """A request that is cancelled in the middle of its upload leaves nothing behind."""
        stuck = asyncio.Event()

        async def stalled() -> AsyncIterator[bytes]:
            yield bytes(size)
            stuck.set()
            await asyncio.Event().wait()

        upload = asyncio.create_task(blobs.receive(stalled(), limit=ROOMY))
        await stuck.wait()
        upload.cancel()

        with pytest.raises(asyncio.CancelledError):
            await upload
        assert await blobs.sweep(nothing_known, now=in_two_days()) == 0

    async def test_uploads_side_by_side(self, blobs: Blobs) -> None:
        """Many uploads at once do not mix."""
        contents = [bytes([number]) * (MIB + number) for number in range(24)]

        kept = await asyncio.gather(*(keep(blobs, content) for content in contents))

        assert contents == [await content_of(blobs, blob.key) for blob in kept]

    async def test_an_unknown_key(self, blobs: Blobs) -> None:
        """A key without a blob has no size, cannot be read, and can be deleted."""
        await blobs.delete(["a" * 32])

        assert await blobs.size("a" * 32) is None
        with pytest.raises(Problem, match="not_found"):
            await content_of(blobs, "a" * 32)

    @pytest.mark.parametrize("key", NOT_KEYS)
    async def test_what_is_no_key(self, blobs: Blobs, key: str) -> None:
        """A path, another alphabet or another length is refused by every method before anything is touched."""
        kept = await keep(blobs, b"x")

        with pytest.raises(Problem, match="not_found"):
            await content_of(blobs, key)
        with pytest.raises(Problem, match="not_found"):
            await blobs.size(key)
        with pytest.raises(Problem, match="not_found"):
            blobs.local_path(machine(), key)
        with pytest.raises(Problem, match="not_found"):
            await blobs.delete([kept.key, key])
        assert await blobs.size(kept.key) == 1

    async def test_delete(self, blobs: Blobs) -> None:
        """Deleted blobs are gone, others stay, and deleting twice is no mistake."""
        first, second, third = [await keep(blobs, content) for content in (b"1", b"2", b"3")]

        await blobs.delete([first.key, third.key])
        await blobs.delete([first.key])

        assert [await blobs.size(blob.key) for blob in (first, second, third)] == [None, 1, None]

    async def test_deleted_while_it_is_read(self, blobs: Blobs) -> None:
        """A reader who has begun reads to the end; only the next one is too late."""
        blob = await keep(blobs, bytes(3 * MIB))
        reading = blobs.read(machine(), blob.key)
        begun = await anext(reading)

        await blobs.delete([blob.key])

        assert len(begun) + sum([len(chunk) async for chunk in reading]) == 3 * MIB

    async def test_a_reader_who_stops(self, blobs: Blobs) -> None:
        """A download given up in the middle, or cancelled, holds nothing up."""
        blob = await keep(blobs, bytes(3 * MIB))

        async def download() -> None:
            async for _ in blobs.read(machine(), blob.key):
                await asyncio.sleep(0)

        downloads = [asyncio.create_task(download()) for _ in range(20)]
        await asyncio.sleep(0)
        for task in downloads:
            task.cancel()
        await asyncio.gather(*downloads, return_exceptions=True)

        assert len(await content_of(blobs, blob.key)) == 3 * MIB

    async def test_sweep_takes_orphans(self, blobs: Blobs) -> None:
        """What has a row stays, what has none and is old goes, and their number is told."""
        kept, orphan, other = [await keep(blobs, content) for content in (b"1", b"2", b"3")]

        async def known(keys: Collection[str]) -> Collection[str]:
            return {kept.key} & set(keys)

        removed = await blobs.sweep(known, now=in_two_days())

        assert removed == 2
        assert [await blobs.size(blob.key) for blob in (kept, orphan, other)] == [1, None, None]

    async def test_sweep_leaves_the_young(self, blobs: Blobs) -> None:
        """A blob whose row may still be on its way is left alone for 24 hours."""
        blob = await keep(blobs, b"x")

        removed = await blobs.sweep(nothing_known, now=time.time_ns() // 1_000_000 + ORPHAN_AGE_MS - 60_000)

        assert removed == 0
        assert await blobs.size(blob.key) == 1

    async def test_sweep_of_nothing(self, blobs: Blobs) -> None:
        """An empty place is swept without asking the store."""
        assert await blobs.sweep(nothing_known, now=in_two_days()) == 0
