"""Previews: drawn by a real child in bounds; what is hostile is no preview, and nothing else."""

import asyncio
import io
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from commonhold.core.policy.require import machine
from commonhold.core.previews import NOTHING, SIZE, THUMB, Drawn, Wanted
from commonhold.core.problems import Problem
from commonhold.testing.core import TestClock
from commonhold.work import previews
from commonhold.work.previews import FolderPreviews

pytestmark = pytest.mark.slow


def picture(form: str, size: tuple[int, int] = (900, 300), mode: str = "RGB", **more: object) -> bytes:
    """A picture with something in it."""
    out = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(out, form, **more)
    return out.getvalue()


def document(pages: int, size: tuple[float, float] = (595, 842)) -> bytes:
    """A document with empty pages."""
    made = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        made.new_page(*size)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def bomb(side: int = 30_000) -> bytes:
    """A picture of few bytes and 900 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * 1_000_000, 9)
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


class Room:
    """A folder for previews, and how often a content was opened."""

    def __init__(self, root: Path, **more: float) -> None:
        """Begin with nothing drawn."""
        self.clock = TestClock()
        self.engine = FolderPreviews(root, self.clock, **more)  # type: ignore[arg-type]
        self.opened = 0

    async def draw(self, data: bytes, media: str, size: int = SIZE, page: int = 1) -> Drawn:
        """Ask for a picture."""

        async def content() -> AsyncIterator[bytes]:
            self.opened += 1
            yield data

        return await self.engine.draw(machine(), Wanted(sha256(data).hexdigest(), media, size, page), content)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """An empty room."""
    return Room(tmp_path / "previews")


async def test_pictures_are_drawn_once(room: Room) -> None:
    """A picture is made smaller, written anew, and found the next time without opening the content."""
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    data = picture("TIFF", (2000, 1000), exif=exif)
    first = await room.draw(data, "image/tiff")
    assert first == await room.draw(data, "image/tiff")
    assert (room.opened, first.media, first.pages) == (1, "image/webp", 1)
    seen = Image.open(io.BytesIO(first.body))
    assert seen.size == (1600, 800)
    assert b"where I live" not in first.body
    thumb = Image.open(io.BytesIO((await room.draw(data, "image/tiff", THUMB)).body))
    assert thumb.size == (256, 128)
    made = Image.radial_gradient("L")
    made.putalpha(Image.linear_gradient("L"))
    out = io.BytesIO()
    made.save(out, "PNG")
    see_through = await room.draw(out.getvalue(), "image/png", THUMB)
    assert Image.open(io.BytesIO(see_through.body)).mode == "RGBA"


async def test_pages_are_drawn(room: Room) -> None:
    """A page of a document is drawn with the number of all pages; one that it has not is none."""
    data = document(3)
    page = await room.draw(data, "application/pdf", page=2)
    assert (page.media, page.pages) == ("image/png", 3)
    assert max(Image.open(io.BytesIO(page.body)).size) == 1600
    assert await room.draw(data, "application/pdf", page=4) == NOTHING


HOSTILE = {
    "a bomb": ("image/png", bomb()),
    "half a picture": ("image/jpeg", picture("JPEG")[:400]),
    "no picture": ("image/webp", b"<svg onload=alert(1)>"),
    "nothing": ("image/png", b""),
    "no document": ("application/pdf", b"%PDF-1.7\n%%EOF"),
    "a document of nonsense": ("application/pdf", b"%PDF-1.7\n" + os.urandom(100_000)),
    "a page like a thread": ("application/pdf", document(1, (1, 14_000))),
    "a script": ("image/x-portable-pixmap", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_hostile_contents_are_no_preview(room: Room, case: str) -> None:
    """What is broken, too large or a lie cannot be drawn, which is kept in mind; no child is left behind."""
    media, data = HOSTILE[case]
    assert await room.draw(data, media) == NOTHING
    assert await room.draw(data, media) == NOTHING
    assert room.opened == 1


DEEDS = {
    "time": "while True: pass",
    "memory": "held = [bytearray(1 << 28) for _ in range(9)]",
    "files": "import tempfile; tempfile.TemporaryFile(buffering=0).write(b'x' * 10)",
    "environment": "import os; print(os.environ['COMMONHOLD_SECRET'])",
    "flood": "import sys\nwhile True: sys.stdout.write('x' * 100000)",
    "nonsense": "print('[1, 2')",
}
if os.geteuid() != 0:  # root may have any number of children, whatever the bound says
    DEEDS["children"] = 'import os\nif os.fork() == 0: os._exit(0)\nelse: print(\'{"media": "x", "pages": 1}\')'


@pytest.mark.parametrize("deed", DEEDS)
async def test_children_are_confined(
    deed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A child that a content has taken over gets neither time, memory, children, files nor our environment."""
    module = tmp_path / "taken_over.py"
    module.write_text(f"from commonhold.work.drawing import confine\nconfine()\n{DEEDS[deed]}\n")
    monkeypatch.setenv("COMMONHOLD_SECRET", "s3cret")
    monkeypatch.setattr(previews, "CHILDREN", {"image": "taken_over"})
    site = Path(previews.__file__).parents[2]
    runner = tmp_path / "python"
    runner.write_text(f'#!/bin/sh\nPYTHONPATH={tmp_path}:{site} exec {sys.executable} "$@"\n')
    runner.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(runner))
    assert await Room(tmp_path / "previews", patience=1.5).draw(b"x", "image/png") == NOTHING
    assert "s3cret" not in "".join(capfd.readouterr())


async def test_children_have_no_network() -> None:
    """Where the kernel lets it, a child gives up the network: not even this machine answers it."""
    code = (
        "from commonhold.work.drawing import confine; import os, socket\n"
        "before = os.readlink('/proc/self/ns/net'); confine(); after = os.readlink('/proc/self/ns/net')\n"
        "print(before == after, socket.socket().connect_ex(('127.0.0.1', int(__import__('sys').argv[1]))))"
    )
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        command = [sys.executable, "-c", code, str(port)]
        out = (await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, text=True)).stdout
    same, refused = out.split()
    assert same == "True" or refused != "0"


async def test_what_cannot_be_kept_is_a_problem(tmp_path: Path) -> None:
    """Without a folder there is no preview now; it is tried again the next time."""
    (tmp_path / "previews").write_text("a file, not a folder")
    with pytest.raises(Problem, match="unavailable"):
        await Room(tmp_path / "previews").draw(picture("PNG"), "image/png")


async def test_what_is_old_goes(tmp_path: Path) -> None:
    """A sweep removes what was drawn long ago, and the oldest of what is beyond the room for all."""
    room = Room(tmp_path / "previews", room=9_000)
    data = [picture("PNG", (300, 300 + number)) for number in range(3)]
    for one in data:
        await room.draw(one, "image/png")
        room.clock.advance(60_000)
    sizes = [path.stat().st_size for path in (tmp_path / "previews").glob("*/*")]
    small = Room(tmp_path / "previews", room=sum(sizes) - 1)
    assert await small.engine.sweep(now=room.clock()) == 1
    await room.draw(data[1], "image/png")
    assert room.opened == 3
    await room.draw(data[0], "image/png")
    assert room.opened == 4
    assert await room.engine.sweep(now=room.clock() + previews.KEPT_MS + 1) == 3
    assert list((tmp_path / "previews").glob("*/*")) == []
