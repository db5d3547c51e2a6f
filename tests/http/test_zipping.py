"""ZIPs as whoever unpacks them finds them."""

import asyncio
import io
import os
import shutil
import subprocess
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.http.peer import answer, request
from tests.http.test_streams import Policy
from tests.searching import WHOLE

from commonhold.blobs.folder import FolderBlobs
from commonhold.core.policy.require import machine
from commonhold.core.problems import Problem
from commonhold.http.streams import StreamCut
from commonhold.http.zipping import Entry, SafePaths, zip_response, zip_stream
from commonhold.testing.blobs_contract import MIB, flow, keep

THEN = 1_700_000_000_000  # 2023-11-14 22:13:20 UTC


def file(path: str, content: bytes = b"x", *, modified: int = THEN, packed: bool = False) -> Entry:
    """A small file."""
    return Entry(path, modified, len(content), flow(content), packed)


async def stream_of(entries: Iterable[Entry]) -> AsyncIterator[Entry]:
    """Yield entries as a verb does."""
    for entry in entries:
        yield entry


async def zipped(*entries: Entry, policy: Policy | None = None) -> bytes:
    """Make an archive in memory."""
    stream = zip_stream(stream_of(entries), (policy or Policy()).again)
    return b"".join([chunk async for chunk in stream])


def unzipped(archive: bytes) -> dict[str, bytes]:
    """Read an archive as another program does, with its checks."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {info.filename: opened.read(info) for info in opened.infolist()}


async def test_a_folder() -> None:
    """Files, folders (empty ones too) and empty files come back as they were."""
    large = os.urandom(3 * MIB)
    archive = await zipped(
        file("a/one.txt", b"1"),
        Entry("a/empty", THEN),
        file("a/none.txt", b""),
        Entry("b", THEN, len(large), flow(large)),
    )

    assert unzipped(archive) == {"a/one.txt": b"1", "a/empty/": b"", "a/none.txt": b"", "b": large}


async def test_doubles_in_an_archive() -> None:
    """Files of one name are all there; a folder named twice stands there once."""
    archive = await zipped(Entry("a", THEN), Entry("a", THEN), file("a/x", b"1"), file("a/x", b"2"))

    assert unzipped(archive) == {"a/": b"", "a/x": b"1", "a/x (2)": b"2"}


async def test_small_files_are_sent_together() -> None:
    """Many small entries make few chunks, and one that ends a batch sends it."""
    noise = os.urandom(65_000)
    entries = [file(f"{number}", noise, packed=True) for number in range(4)]

    sent = [len(chunk) async for chunk in zip_stream(stream_of(entries), Policy().again)]

    assert len(sent) < 8
    assert max(sent) < 3 * len(noise)


async def test_no_entries() -> None:
    """An empty folder is an empty archive."""
    assert unzipped(await zipped()) == {}


async def test_many_at_once(tmp_path: Path) -> None:
    """More archives at once than there are threads, all read from the disk, do not stop one another."""
    blobs = FolderBlobs(tmp_path / "blobs")
    content = os.urandom(3 * MIB)
    blob = await keep(blobs, content)

    async def one() -> bytes:
        return await zipped(Entry("a", THEN, blob.size, blobs.read(machine(), blob.key), packed=True))

    archives = await asyncio.gather(*(one() for _ in range(48)))

    assert all(unzipped(archive) == {"a": content} for archive in archives)
    await blobs.close()


@pytest.mark.parametrize("name", ["Größe.txt", "文件.txt", "🎉", "e\u0301.txt", "ñ/ö/ü"])
async def test_names_in_unicode(name: str) -> None:
    """Names of all letters are marked as UTF-8."""
    archive = await zipped(file(name))

    assert list(unzipped(archive)) == [name]
    assert zipfile.ZipFile(io.BytesIO(archive)).infolist()[0].flag_bits & 0x800


@pytest.mark.parametrize(
    ("modified", "expected"),
    [
        (THEN, (2023, 11, 14, 22, 13, 20)),
        (0, (1980, 1, 1, 0, 0, 0)),
        (-(10**12), (1980, 1, 1, 0, 0, 0)),
        (5_000_000_000_000, (2107, 12, 31, 23, 59, 58)),
        (10**15, (2107, 12, 31, 23, 59, 58)),
        (-(10**15), (1980, 1, 1, 0, 0, 0)),
    ],
)
async def test_moments(modified: int, expected: tuple[int, ...]) -> None:
    """The moment of change is kept, in UTC; one that the format cannot hold becomes the nearest that it can."""
    archive = await zipped(file("a", modified=modified))

    assert zipfile.ZipFile(io.BytesIO(archive)).infolist()[0].date_time == expected


async def test_compression() -> None:
    """Text shrinks; what is compressed already is taken as it is."""
    text, packed = b"again and again " * 100_000, os.urandom(2 * MIB)
    archive = await zipped(file("text", text), file("packed", packed, packed=True), file("plain", text, packed=True))
    sizes = {info.filename: info.compress_size for info in zipfile.ZipFile(io.BytesIO(archive)).infolist()}

    assert sizes["text"] < len(text) // 50
    assert len(packed) <= sizes["packed"] <= len(packed) + 1000
    assert sizes["plain"] >= len(text)


@pytest.mark.debian("unzip")
def test_by_another_program(tmp_path: Path) -> None:
    """The usual program of another make unpacks it, with rights and moments."""
    archive = asyncio.run(zipped(file("a/b.txt", b"hello"), Entry("c", THEN), file("ö", b"")))
    (tmp_path / "a.zip").write_bytes(archive)

    subprocess.run([shutil.which("unzip") or "", "-q", "a.zip"], cwd=tmp_path, check=True, capture_output=True)

    assert (tmp_path / "a/b.txt").read_bytes() == b"hello"
    assert (tmp_path / "a/b.txt").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "a/b.txt").stat().st_mtime == THEN // 1000
    assert (tmp_path / "c").is_dir()


@pytest.mark.slow
async def test_more_entries_than_the_old_format_counts() -> None:
    """More than 65,535 entries make a ZIP64 archive."""
    archive = await zipped(*(file(f"{number % 100}/{number}", b"%d" % number) for number in range(70_000)))

    names = zipfile.ZipFile(io.BytesIO(archive)).namelist()
    assert len(set(names)) == 70_000


@pytest.mark.slow
@pytest.mark.parametrize("packed", [True, False] if WHOLE else [True])
async def test_a_file_of_more_than_4_gib(packed: bool, tmp_path: Path) -> None:
    """A file beyond 4 GiB keeps its size, one chunk at a time."""
    size, chunk = (4 << 30) + 5, bytes(MIB)

    async def zeros() -> AsyncIterator[bytes]:
        for _ in range(4096):
            yield chunk
        yield b"12345"

    with (tmp_path / "large.zip").open("wb") as file:
        async for sent in zip_stream(stream_of([Entry("large", THEN, size, zeros(), packed)]), Policy().again):
            if sent == chunk:
                file.seek(MIB, os.SEEK_CUR)  # a hole takes no room
            else:
                file.write(sent)

    with zipfile.ZipFile(tmp_path / "large.zip") as opened:
        found = opened.infolist()[0]
    assert found.file_size == size
    assert found.compress_size >= size if packed else found.compress_size < size


async def test_memory_is_bounded() -> None:
    """An archive of any size takes the memory of a few chunks."""

    async def noise() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield os.urandom(MIB)

    tracemalloc.start()
    async for _ in zip_stream(stream_of([Entry("a", THEN, 40 * MIB, noise())]), Policy().again):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 8 * MIB


async def test_the_policy_is_asked_for_each_entry() -> None:
    """Each entry is asked for before a byte of it is read; at the first no, the archive ends unfinished."""
    policy, read = Policy(yes=2), []

    async def entries() -> AsyncIterator[Entry]:
        for name in "abcd":
            read.append(name)
            yield file(name, os.urandom(MIB))

    sent = b""
    with pytest.raises(StreamCut, match="link_ended"):
        sent = b"".join([chunk async for chunk in zip_stream(entries(), policy.again)])

    assert (policy.asked, read) == (3, ["a", "b", "c"])
    assert not sent


async def test_the_policy_is_asked_within_a_large_entry() -> None:
    """A large file inside is no way around the question."""

    async def large() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield bytes(MIB)

    with pytest.raises(StreamCut, match="link_ended"):
        await zipped(Entry("a", THEN, 40 * MIB, large()), policy=Policy(yes=2))


async def test_bytes_that_are_gone() -> None:
    """An entry that cannot be read cuts the archive: it must not look complete."""

    async def failing() -> AsyncIterator[bytes]:
        yield b"1"
        raise Problem("unavailable")

    with pytest.raises(StreamCut, match="unavailable"):
        await zipped(file("a"), Entry("b", THEN, 10, failing()))


async def test_a_client_who_leaves() -> None:
    """An archive given up in the middle, in any of its steps, closes what it reads and says nothing."""
    closed = []

    async def source() -> AsyncIterator[bytes]:
        try:
            for _ in range(100):
                yield os.urandom(MIB)
        finally:
            closed.append(True)

    async def read(steps: int) -> None:
        stream = zip_stream(stream_of([Entry("a", THEN, 100 * MIB, source())]), Policy().again)
        for _ in range(steps):
            await anext(stream)

    for ticks in range(1, 6):
        task = asyncio.create_task(read(5))
        for _ in range(ticks):
            await asyncio.sleep(0.001)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0.05)

    assert len(closed) == 5


async def test_as_an_answer() -> None:
    """An archive is a download with the folder's name, kept by nobody on the way."""
    asked = request()

    got = await answer(zip_response("Föhn.zip", stream_of([file("a")]), Policy().again), asked)

    assert unzipped(got.body) == {"a": b"x"}
    assert got.headers["content-type"] == "application/zip"
    assert got.headers["content-disposition"] == "attachment; filename=\"Fohn.zip\"; filename*=UTF-8''F%C3%B6hn.zip"
    assert got.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/b.txt", "a/b.txt"),
        ("/etc/passwd", "etc/passwd"),
        ("//server/x", "server/x"),
        ("../../x", "__/__/x"),
        ("a/../../x", "a/__/__/x"),
        ("a/./b", "a/b"),
        ("..\\..\\x", ".._.._x"),
        ("C:/x", "C_/x"),
        ("C:x", "C_x"),
        ("a\0b\nc", "a_b_c"),
        ("\ud800", "_"),
        ("", "_"),
        ("..", "__"),
        ("...", "..."),
        ("x/" * 20_000 + "name", "name"),
    ],
)
def test_paths_are_safe(path: str, expected: str) -> None:
    """No path leads out of the folder into which an archive is unpacked."""
    assert SafePaths().add(path) == expected


def test_doubles() -> None:
    """Each file has a place of its own, also where case or composition of letters is not told apart."""
    paths = SafePaths()

    assert [paths.add(path) for path in ("a.txt", "a.txt", "A.TXT", "a.txt", "a (2).txt")] == [
        "a.txt",
        "a (2).txt",
        "A (3).TXT",
        "a (4).txt",
        "a (2) (2).txt",
    ]
    assert [paths.add(path) for path in ("x/é", "x/e\u0301", ".rc", ".rc", "noext", "noext")] == [
        "x/é",
        "x/e\u0301 (2)",
        ".rc",
        ".rc (2)",
        "noext",
        "noext (2)",
    ]


def test_folders() -> None:
    """A folder ends with a slash and is named once; the top needs no entry."""
    paths = SafePaths()

    assert [paths.add(path, folder=True) for path in ("a", "a/", "A", "", "/", "a/b")] == [
        "a/",
        None,
        None,
        None,
        None,
        "a/b/",
    ]


@given(st.lists(st.text() | st.from_regex(r"[./\\:aC]*", fullmatch=True), max_size=20))
def test_any_paths(paths: list[str]) -> None:
    """Whatever the names are: every entry has its own path, relative and without steps up, on every system."""
    safe = SafePaths()
    made = [safe.add(path) for path in paths]

    assert len({(path or "").casefold() for path in made}) == len(paths)
    for path in made:
        assert path
        assert not PurePosixPath(path).is_absolute()
        assert ".." not in PurePosixPath(path).parts
        assert not PureWindowsPath(path).drive
        assert ".." not in PureWindowsPath(path).parts
