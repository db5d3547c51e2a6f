"""Previews of files: policy first, whatever is drawn."""

import msgspec
import pytest
from tests.core.content.world import World, pieces, problem

from commonhold.core.content.files import put
from commonhold.core.content.previewing import drawable, preview
from commonhold.core.content.trash import trash
from commonhold.core.identity import NOBODY
from commonhold.core.model import Item
from commonhold.core.previews import Wanted
from commonhold.core.roles import Role
from commonhold.testing.previews import PlainPreviews


@pytest.fixture
def engine(world: World) -> PlainPreviews:
    """The world with previews."""
    engine = PlainPreviews()
    world.core = msgspec.structs.replace(world.core, previews=engine)
    return engine


async def kept(world: World, name: str, media: str, text: str = "hello") -> Item:
    """A file of a media type."""
    return await put(world.core, world.ann, world.top, name, pieces(text), media=media)


async def test_whoever_may_look_sees_it(world: World, engine: PlainPreviews) -> None:
    """A previewer sees what he may not download; nobody else is told that it is there, and nothing is drawn."""
    file = await kept(world, "a.png", "image/png")
    guest = await world.guest(file.no, Role.PREVIEWER)
    drawn = await preview(world.core, guest, file.no, thumb=True)
    assert drawn.body.endswith(f"{file.sha256}.image.256.1".encode())
    engine.wanted.clear()
    assert (await problem(preview(world.core, NOBODY, file.no))).code == "unknown_item"
    await trash(world.core, world.ann, file.no)
    assert (await problem(preview(world.core, guest, file.no))).code == "unknown_item"
    assert engine.wanted == []


async def test_pages(world: World, engine: PlainPreviews) -> None:
    """A document is drawn page by page, a picture as one; pages that none has are none."""
    document = await kept(world, "a.pdf", "application/pdf")
    await preview(world.core, world.ann, document.no, page=3)
    await preview(world.core, world.ann, (await kept(world, "a.png", "image/png")).no, page=3)
    assert [one.page for one in engine.wanted] == [3, 1]
    for page in (0, -1, 10**9):
        assert (await problem(preview(world.core, world.ann, document.no, page=page))).code == "not_found"


async def test_what_is_not_drawn(world: World, engine: PlainPreviews) -> None:
    """Other kinds, empty files, what is broken, and everything where nothing draws: there is no preview."""
    files = [
        await kept(world, "a.svg", "image/svg+xml"),
        await kept(world, "a.png", "image/png", ""),
        await kept(world, "b.png", "image/png", "broken"),
    ]
    for file in files:
        assert (await problem(preview(world.core, world.ann, file.no))).code == "not_found"
    assert len(engine.wanted) == 1
    assert [drawable(world.core, file) for file in files] == [False, False, True]
    without = msgspec.structs.replace(world.core, previews=None)
    assert not drawable(without, files[2])
    assert (await problem(preview(without, world.ann, files[2].no))).code == "not_found"
    assert (await problem(preview(world.core, world.ann, world.top))).code == "not_a_file"


def test_names_are_safe() -> None:
    """Only digests name what was drawn."""
    with pytest.raises(ValueError, match="digest"):
        _ = Wanted("../../etc/passwd", "image/png").name
