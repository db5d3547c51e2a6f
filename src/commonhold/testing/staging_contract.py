"""What every place for pieces must do. Inherit ``StagingContract`` and give it a fixture ``staging``."""

import asyncio
import time
import uuid
from collections.abc import Collection

import pytest

from commonhold.core.problems import Problem
from commonhold.core.staging import Appended, Staging
from commonhold.testing.blobs_contract import broken, flow

DAY = 86_400_000
ROOMY = 1 << 40


def new_uid() -> str:
    """Name an upload."""
    return str(uuid.uuid4())


async def content_of(staging: Staging, uid: str, size: int) -> bytes:
    """Read the first bytes of an upload."""
    async with staging.hold(uid) as piece:
        return b"".join([chunk async for chunk in piece.read(size)])


class StagingContract:
    """The contract of ``core.staging.Staging``."""

    async def test_pieces_in_a_row(self, staging: Staging) -> None:
        """Pieces that are added one after the other, each under a hold of its own, are read as one content."""
        uid = new_uid()
        async with staging.hold(uid) as piece:
            assert await piece.append(0, flow(b"hello", b"", b" "), limit=ROOMY) == Appended(6)
        async with staging.hold(uid) as piece:
            assert await piece.append(6, flow(b"world" * 500_000), limit=ROOMY) == Appended(2_500_000)

        assert await content_of(staging, uid, 2_500_006) == b"hello " + b"world" * 500_000

    async def test_what_was_never_acknowledged_is_written_over(self, staging: Staging) -> None:
        """A piece begins where it is said to begin: what a crash left beyond that place is gone."""
        uid = new_uid()
        async with staging.hold(uid) as piece:
            await piece.append(0, flow(b"hello and more"), limit=ROOMY)
            await piece.append(5, flow(b"!"), limit=ROOMY)
            with pytest.raises(Problem, match="unavailable"):
                [chunk async for chunk in piece.read(7)]

        assert await content_of(staging, uid, 6) == b"hello!"

    async def test_a_cut_piece_counts_as_far_as_it_came(self, staging: Staging) -> None:
        """What arrived before the connection broke is kept; of a piece that must be whole, nothing."""
        uid, cut = new_uid(), Problem("incomplete_body")
        async with staging.hold(uid) as piece:
            assert await piece.append(0, broken(cut, b"abc", b"def"), limit=ROOMY) == Appended(6, cut)
            assert await piece.append(6, broken(cut, b"ghi"), limit=ROOMY, whole=True) == Appended(0, cut)

        assert await content_of(staging, uid, 6) == b"abcdef"

    async def test_more_than_the_limit(self, staging: Staging) -> None:
        """A byte too many is ``too_large``; what came before that chunk counts."""
        async with staging.hold(new_uid()) as piece:
            added = await piece.append(2, flow(b"abc", b"def"), limit=5)

        assert added == Appended(3, Problem("too_large", limit=7))

    async def test_one_holds_it(self, staging: Staging) -> None:
        """A second request for the same upload is ``upload_busy``; another upload is free, and so is this one later."""
        uid = new_uid()
        async with staging.hold(uid):
            with pytest.raises(Problem, match="upload_busy"):
                async with staging.hold(uid):
                    pass
            async with staging.hold(new_uid()):
                pass

        async with staging.hold(uid):
            pass

    async def test_one_waits_for_the_other(self, staging: Staging) -> None:
        """Whoever has patience holds it once the other has let go."""
        uid, order, held = new_uid(), [], asyncio.Event()

        async def first() -> None:
            async with staging.hold(uid) as piece:
                held.set()
                await asyncio.sleep(0.1)
                await piece.append(0, flow(b"abc"), limit=ROOMY)
                order.append("first")

        async def second() -> None:
            async with staging.hold(uid, 30):
                order.append("second")

        other = asyncio.create_task(first())
        await held.wait()
        await second()
        await other
        assert order == ["first", "second"]

    async def test_dropped(self, staging: Staging) -> None:
        """What is dropped is gone, and dropping it again is no mistake."""
        uid = new_uid()
        async with staging.hold(uid) as piece:
            await piece.append(0, flow(b"abc"), limit=ROOMY)

        await staging.drop([uid, new_uid()])
        await staging.drop([uid])

        with pytest.raises(Problem, match="unavailable"):
            await content_of(staging, uid, 3)

    async def test_swept(self, staging: Staging) -> None:
        """Old pieces of which no upload is known are removed; known and young ones stay."""
        known, orphan = new_uid(), new_uid()
        for uid in (known, orphan):
            async with staging.hold(uid) as piece:
                await piece.append(0, flow(b"abc"), limit=ROOMY)

        async def these(asked: Collection[str]) -> Collection[str]:
            return {known} & set(asked)

        now = time.time_ns() // 1_000_000
        assert await staging.sweep(these, now=now, older_than_ms=DAY) == 0
        assert await staging.sweep(these, now=now + 2 * DAY, older_than_ms=DAY) == 1
        assert await content_of(staging, known, 3) == b"abc"
