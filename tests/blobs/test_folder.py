"""The folder engine keeps the contract, and its promises about the disk."""

import asyncio
import hashlib
import os
import re
import resource
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commonhold.blobs.folder import FLUSH_EVERY, FolderBlobs
from commonhold.core.policy.require import machine
from commonhold.core.problems import Problem
from commonhold.testing.blobs_contract import (
    MIB,
    ROOMY,
    BlobsContract,
    content_of,
    flow,
    in_two_days,
    keep,
    nothing_known,
)


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[FolderBlobs]:
    """An engine on a new folder."""
    engine = FolderBlobs(tmp_path / "blobs")
    yield engine
    await engine.close()


def files(folder: Path) -> list[Path]:
    """Every file below."""
    return [path for path in folder.rglob("*") if path.is_file()]


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the kernel refuse to write any file beyond ``size``, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def tiny_disk(folder: Path, size: int) -> Iterator[None]:
    """Mount a file system of this size, or skip where that is not permitted."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("debian: mounting a tiny tmpfs is not permitted here")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


class TestFolderBlobs(BlobsContract):
    """The contract, in a folder."""


async def test_layout(blobs: FolderBlobs, tmp_path: Path) -> None:
    """A blob is one file in two levels of folders named by its key; nobody but the owner gets in."""
    blob = await keep(blobs, b"x")

    assert [tmp_path / "blobs" / blob.key[0] / blob.key[1] / blob.key] == files(tmp_path)
    assert str(files(tmp_path)[0]) == blobs.local_path(machine(), blob.key)
    assert files(tmp_path)[0].stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "blobs").stat().st_mode & 0o777 == 0o700


async def test_a_folder_is_found_again(blobs: FolderBlobs, tmp_path: Path) -> None:
    """Another process, or the next one, reads what this one kept."""
    blob = await keep(blobs, b"again")
    other = FolderBlobs(tmp_path / "blobs")

    assert await content_of(other, blob.key) == b"again"

    await other.close()


async def test_visible_only_when_complete(blobs: FolderBlobs, tmp_path: Path) -> None:
    """While an upload runs there is only its temporary file; then there is only the blob."""
    seen: list[set[str]] = []

    async def watched() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield bytes(2 * MIB)
            await asyncio.sleep(0.01)
            seen.append({path.parent.name for path in files(tmp_path)})

    blob = await blobs.receive(watched(), limit=ROOMY)

    assert {"incoming"} == set().union(*seen)
    assert [blob.key] == [path.name for path in files(tmp_path)]


async def test_a_long_upload(blobs: FolderBlobs) -> None:
    """An upload that is brought to the disk while it goes on is whole, hash and all."""
    chunk = os.urandom(MIB)
    blob = await blobs.receive(flow(*[chunk] * (2 * FLUSH_EVERY // MIB + 3)), limit=ROOMY)

    assert hashlib.sha256(await content_of(blobs, blob.key)).hexdigest() == blob.sha256


@pytest.mark.parametrize("size", [100, 3 * MIB, FLUSH_EVERY + 3 * MIB])
async def test_a_refused_write(blobs: FolderBlobs, tmp_path: Path, size: int) -> None:
    """When the kernel refuses to write more, that is ``storage_full``, nothing stays, and the next upload works."""
    with largest_file(size - 50), pytest.raises(Problem, match="storage_full"):
        await blobs.receive(flow(*(bytes(min(MIB, size - at)) for at in range(0, size, MIB))), limit=ROOMY)

    assert files(tmp_path) == []
    assert (await keep(blobs, b"next")).size == 4


async def test_a_full_disk(tmp_path: Path) -> None:
    """On a disk that is really full, the upload is ``storage_full``, what was there stays, and nothing else does."""
    with tiny_disk(tmp_path / "disk", 12 * MIB):
        blobs = FolderBlobs(tmp_path / "disk" / "blobs")
        kept = await keep(blobs, b"kept")

        with pytest.raises(Problem, match="storage_full"):
            await blobs.receive(flow(*[bytes(MIB)] * 20), limit=ROOMY)

        assert [kept.key] == [path.name for path in files(tmp_path)]
        assert (await keep(blobs, bytes(4 * MIB))).size == 4 * MIB
        await blobs.close()


async def test_a_broken_disk(blobs: FolderBlobs, tmp_path: Path) -> None:
    """When the place itself fails, that is ``unavailable``, by every way in."""
    key = "a" * 32
    (tmp_path / "blobs/a").write_text("not a folder")
    (tmp_path / "blobs/incoming").rmdir()
    (tmp_path / "blobs/incoming").write_text("not a folder")

    sweep = blobs.sweep(nothing_known, now=in_two_days())
    for attempt in (blobs.size(key), content_of(blobs, key), blobs.delete([key]), keep(blobs, b"x"), sweep):
        with pytest.raises(Problem, match="unavailable"):
            await attempt


async def test_a_file_that_shrank(blobs: FolderBlobs, tmp_path: Path) -> None:
    """A file cut behind our back ends the download with a problem: it never looks complete."""
    blob = await keep(blobs, bytes(3 * MIB))
    reading = blobs.read(machine(), blob.key)
    await anext(reading)
    os.truncate(blobs.local_path(machine(), blob.key) or "", MIB)

    with pytest.raises(Problem, match="unavailable"):
        await anext(reading)


def chill(blobs: FolderBlobs, key: str) -> None:
    """Let the kernel forget a file's content, as after a restart."""
    with open(blobs.local_path(machine(), key) or "", "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@pytest.mark.parametrize("size", [1, 3 * MIB + 5])
async def test_from_the_disk(blobs: FolderBlobs, size: int) -> None:
    """What is not in memory any more comes from the disk, just the same."""
    content = os.urandom(size)
    blob = await keep(blobs, content)
    chill(blobs, blob.key)

    assert await content_of(blobs, blob.key) == content


async def test_links_are_not_followed(blobs: FolderBlobs, tmp_path: Path) -> None:
    """A symbolic link planted in the folder leads nowhere."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "blobs/a/a").mkdir(parents=True)
    (tmp_path / "blobs/a/a" / ("a" * 32)).symlink_to(tmp_path / "secret")

    with pytest.raises(Problem, match="unavailable"):
        await content_of(blobs, "a" * 32)


async def test_open_files_are_closed(blobs: FolderBlobs) -> None:
    """Uploads and downloads, finished, given up or cancelled, leave no file open."""
    blob = await keep(blobs, bytes(3 * MIB))
    before = len(os.listdir("/proc/self/fd"))
    for turn in range(20):
        reading = blobs.read(machine(), blob.key)
        await anext(reading)
        if turn % 2:
            chill(blobs, blob.key)

        async def go_on(reading: AsyncIterator[bytes] = reading) -> None:
            await anext(reading)

        task = asyncio.create_task(go_on())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await keep(blobs, bytes(3 * MIB))
    await blobs.close()

    assert before >= len(os.listdir("/proc/self/fd"))


async def test_sweep_takes_unfinished_uploads(blobs: FolderBlobs, tmp_path: Path) -> None:
    """What a crash left in the middle of an upload goes with the next sweep, and only when it is old."""
    part = tmp_path / "blobs/incoming" / ("a" * 32 + ".part")
    part.write_bytes(b"half")

    young = await blobs.sweep(nothing_known, now=in_two_days(), older_than_ms=10 * 24 * 3_600_000)
    old = await blobs.sweep(nothing_known, now=in_two_days())

    assert (young, old) == (0, 1)
    assert not part.exists()


async def test_sweep_leaves_what_is_not_ours(blobs: FolderBlobs, tmp_path: Path) -> None:
    """A file that no key names, in the same folder, is not touched."""
    (tmp_path / "blobs/a/a").mkdir(parents=True)
    (tmp_path / "blobs/a/a/README").write_text("by hand")

    assert await blobs.sweep(nothing_known, now=in_two_days()) == 0
    assert (tmp_path / "blobs/a/a/README").exists()


@pytest.mark.debian("strace")
def test_durable_before_it_is_told(tmp_path: Path) -> None:
    """The file is brought to the disk, then named, then the folder of the name is brought to the disk, then told."""
    script = textwrap.dedent(f"""
        import asyncio
        import os
        from pathlib import Path
        from commonhold.blobs.folder import FolderBlobs
        from commonhold.testing.blobs_contract import keep

        async def main():
            blobs = FolderBlobs(Path({str(tmp_path / "blobs")!r}))
            os.write(2, b"begin")
            await keep(blobs, bytes(3 << 20))
            os.write(2, b"told")
            await blobs.close()

        asyncio.run(main())
    """)
    trace = tmp_path / "trace"
    subprocess.run(
        ["strace", "-f", "-y", "-e", "trace=fsync,rename,write", "-o", trace, sys.executable, "-c", script],
        check=True,
        capture_output=True,
    )

    calls = trace.read_text().partition('"begin"')[2].partition('"told"')[0]
    key = next(path for path in files(tmp_path / "blobs")).relative_to(tmp_path / "blobs")
    named = {
        f"blobs/incoming/{key.name}.part": "part",
        f"blobs/{key.parent}": "leaf",
        f"blobs/{key.parent.parent}": "shard",
        "blobs": "root",
    }
    steps = re.findall(rf'(fsync|rename)\((?:\d+<|"){tmp_path}/([^>"]*)', calls)

    assert [(call, named[path]) for call, path in steps] == [
        ("fsync", "part"),
        ("fsync", "shard"),
        ("fsync", "root"),
        ("rename", "part"),
        ("fsync", "leaf"),
    ]
    assert not re.search("write\\(.*part", calls.partition("fsync")[2])
