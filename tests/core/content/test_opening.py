"""Opening files: who gets which bytes, and until when."""

import pytest
from tests.core.content.world import World, pieces, problem, text_of

from commonhold.core.content.files import put_content
from commonhold.core.content.opening import open_content
from commonhold.core.content.trash import trash
from commonhold.core.content.versions import versions
from commonhold.core.identity import NOBODY
from commonhold.core.limits import Limits
from commonhold.core.model import Share
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Role


async def test_ranges(world: World) -> None:
    """A part of the bytes can be read, as the caller bounds it."""
    file = await world.file("a", "hello world")
    content = await open_content(world.core, world.ann, file.no)

    assert (content.item.no, content.version.size) == (file.no, 11)
    assert [await text_of(content, 6), await text_of(content, 0, 5), await text_of(content)] == [
        "world", "hello", "hello world",
    ]  # fmt: skip


async def test_only_files_have_bytes(world: World) -> None:
    """A folder cannot be opened; what is not there, or not for one, is unknown."""
    file = await world.file("a")

    assert (await problem(open_content(world.core, world.ann, world.top))).code == "not_a_file"
    for actor in (world.bob, NOBODY):
        assert await problem(open_content(world.core, actor, file.no)) == Problem("unknown_item", field="item")


async def test_a_previewer_gets_previews_only(world: World) -> None:
    """Reading without downloading opens a file for a preview, and for nothing else."""
    file = await world.file("a")
    previewer = await world.guest(file.no, Role.PREVIEWER)

    assert await problem(open_content(world.core, previewer, file.no)) == Problem("forbidden", field="item")
    preview = await open_content(world.core, previewer, file.no, action=Action.READ)
    assert preview.allowed.action is Action.READ


async def test_old_versions_are_for_those_who_write(world: World) -> None:
    """What was replaced is not shown to readers: it may have been replaced because of them."""
    file = await world.file("a", "salaries")
    await put_content(world.core, world.ann, file.no, pieces("nothing"))
    viewer, editor = [await world.guest(file.no, role) for role in (Role.VIEWER, Role.EDITOR)]

    assert await world.text(file.no, viewer) == "nothing"
    assert await world.text(file.no, editor, version=1) == "salaries"
    for verb in (open_content(world.core, viewer, file.no, version=1), versions(world.core, viewer, file.no)):
        assert (await problem(verb)).code == "forbidden"
    missing = await problem(open_content(world.core, editor, file.no, version=3))
    assert missing == Problem("not_found", field="version")


async def test_a_running_stream_is_asked_again(world: World) -> None:
    """What is withdrawn, or thrown away, while a stream runs is refused when it asks again."""
    file = await world.file("a")
    first = await open_content(world.core, await world.guest(file.no, Role.VIEWER), file.no)
    await first.again()
    await world.withdraw(file.no)
    second = await open_content(world.core, world.ann, file.no)
    await trash(world.core, world.ann, file.no)

    assert (await problem(first.again())).code == "unknown_item"
    assert (await problem(second.again())).code == "in_trash"


async def test_a_stream_of_old_content_is_asked_for_the_same_right(world: World) -> None:
    """Whoever loses the right to write loses the stream of an old version, too."""
    file = await world.file("a", "old")
    await put_content(world.core, world.ann, file.no, pieces("new"))
    guest = await world.guest(file.no, Role.EDITOR)
    content = await open_content(world.core, guest, file.no, version=1)
    (share,) = await world.shares(file.no)
    await world.build.set(Share, share.no, role=Role.VIEWER)

    assert (await problem(content.again())).code == "forbidden"


async def test_bytes_that_were_opened_stay_what_they_were(world: World) -> None:
    """New content does not change what a running stream sends."""
    file = await world.file("a", "old")
    content = await open_content(world.core, world.ann, file.no)
    await put_content(world.core, world.ann, file.no, pieces("new"))

    assert await text_of(content) == "old"


@pytest.mark.parametrize("terms", [{"max_uses": 3}, {"password": "quick:hash"}])
async def test_bytes_of_what_needs_a_pass_go_to_passes(world: World, terms: dict[str, object]) -> None:
    """A share that counts uses or asks for a password reaches nobody without a pass, its recipient included."""
    file = await world.file("a")
    await world.build.share(file.no, world.bob.user or 0, Role.VIEWER, **terms)

    assert (await problem(open_content(world.core, world.bob, file.no))).code == "unknown_item"


async def test_a_link_opens_with_its_pass_alone(world: World) -> None:
    """A link's bytes are for those who hold a pass of its present state."""
    file = await world.file("a")
    holder = await world.link(file.no, Role.VIEWER)

    assert await world.text(file.no, holder) == "hello"
    await world.build.set(Share, holder.passes[0].share, state_at=5)
    assert (await problem(open_content(world.core, holder, file.no))).code == "unknown_item"


async def test_content_that_is_dropped_while_it_is_opened() -> None:
    """Between two readings a file may get new content and lose the old one: then the new one is opened."""
    world = await World.open(Limits(versions=1))
    file = await world.file("a", "old")
    world.store.in_between = lambda: put_content(world.core, world.ann, file.no, pieces("new"))

    assert await world.text(file.no) == "new"
