"""Copying: new items, the same bytes."""

import pytest
from tests.core.content.world import World, pieces, problem

from commonhold.core.content.copying import copy
from commonhold.core.content.files import put_content
from commonhold.core.content.making import make_app
from commonhold.core.content.steps import Collision
from commonhold.core.content.sweeping import sweep
from commonhold.core.content.trash import purge, trash
from commonhold.core.content.tree import ItemChange, change, children, get
from commonhold.core.content.versions import versions
from commonhold.core.limits import Limits
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Role


async def test_a_file_is_copied(world: World) -> None:
    """A copy is a new item with the newest content alone; what becomes of the one does not touch the other."""
    file = await world.file("a.txt", "one")
    await put_content(world.core, world.ann, file.no, pieces("two!"))
    made = await copy(world.core, world.ann, file.no, world.top, name="b.txt")
    await put_content(world.core, world.ann, made.no, pieces("three"))

    assert (made.kind, made.size, made.media, made.created_by) == (ItemKind.FILE, 4, "text/plain", world.ann.user)
    assert made.uid != file.uid
    assert [one.ordinal for one in await versions(world.core, world.ann, made.no)] == [2, 1]
    assert (await world.text(file.no), await world.text(made.no, version=1)) == ("two!", "two!")
    assert await world.used() == 3 + 4 + 4 + 5


async def test_a_folder_is_copied_with_what_is_in_it(world: World) -> None:
    """Folders, files and apps below come along, each with what it says about itself; shares do not."""
    box = await world.folder("box")
    inner = await world.folder("inner", box.no)
    await world.file("a", "123", inner.no)
    await make_app(world.core, world.ann, inner.no, "app", "https://example.org/")
    await change(world.core, world.ann, inner.no, ItemChange(title="Inside", protected=True))
    guest = await world.guest(box.no, Role.VIEWER)
    made = await copy(world.core, world.ann, box.no, world.top, name="crate")
    (copied,) = [seen.item for seen in (await children(world.core, world.ann, made.no)).items]

    assert (copied.name, copied.attributes, copied.protected) == ("inner", '{"title":"Inside"}', False)
    assert await world.names(copied.no) == ["a", "app"]
    assert (await get(world.core, world.ann, copied.no)).path == "/ann/crate/inner"
    assert (await problem(get(world.core, guest, made.no))).code == "unknown_item"


async def test_only_what_may_be_downloaded_is_copied(world: World) -> None:
    """A copy holds what its maker could have downloaded, and is his where it stands in his space."""
    box = await world.folder("box")
    for name in ("open", "closed"):
        await world.file("a", parent=(await world.folder(name, box.no)).no)
    await world.restrict((await world.folder("closed too", box.no)).no)
    await world.file("b", parent=box.no)
    viewer, previewer = await world.guest(box.no, Role.VIEWER), await world.guest(box.no, Role.PREVIEWER)
    await world.build.share(world.bobs, viewer.user or 0, Role.CONTRIBUTOR)
    made = await copy(world.core, viewer, box.no, world.bobs)

    assert await world.names(made.no, world.bob) == ["b", "closed", "open"]
    assert (await world.used(), await world.used(world.bobs)) == (15, 15)
    assert await problem(copy(world.core, previewer, box.no, world.bobs)) == Problem("forbidden", field="item")


async def test_both_ends_are_asked(world: World) -> None:
    """A copy needs to download here and to create there: a reader of a folder puts nothing into it."""
    file, box = await world.file("a"), await world.folder("box")
    viewer = await world.guest(world.top, Role.VIEWER)

    assert await problem(copy(world.core, viewer, file.no, box.no)) == Problem("forbidden", field="parent")
    assert await problem(copy(world.core, viewer, file.no, world.bobs)) == Problem("unknown_item", field="parent")
    assert await problem(copy(world.core, world.bob, file.no, world.bobs)) == Problem("unknown_item", field="item")


async def test_names_of_copies(world: World) -> None:
    """A taken name is refused, or makes way if asked; the top of a space needs a name."""
    file = await world.file("a.txt")

    assert (await problem(copy(world.core, world.ann, file.no, world.top))).code == "name_collides"
    made = await copy(world.core, world.ann, file.no, world.top, on_collision=Collision.RENAME)
    assert made.name == "a (2).txt"
    assert (await problem(copy(world.core, world.ann, world.top, world.top))).code == "name_empty"
    assert (await problem(copy(world.core, world.ann, world.top, world.top, name="x"))).code == "into_itself"


async def test_limits_of_copies() -> None:
    """Too many items, too deep a place, too many bytes, and records are refused, and nothing is copied."""
    world = await World.open(Limits(copy_rows=2, depth=4, quota=10))
    box = await world.folder("box")
    inner = await world.folder("inner", box.no)
    place = await world.folder("place", (await world.folder("x")).no)
    file = await world.file("a", "1234567", inner.no)
    record = await world.build.record((await world.row(world.top)).space, "tickets", "1")
    core, ann, before = world.core, world.ann, await world.revision()
    asked = {
        "too_many_items": copy(core, ann, box.no, world.top, name="c"),
        "tree_too_deep": copy(core, ann, inner.no, place.no),
        "quota_exceeded": copy(core, ann, file.no, world.top),
        "not_for_items": copy(core, ann, record, world.top, name="r"),
    }
    found = {code: (await problem(verb)).code for code, verb in asked.items()}

    assert found == {code: code for code in asked}
    assert await world.revision() == before


@pytest.mark.parametrize(("role", "inherits"), [(Role.CONTRIBUTOR, True), (Role.MANAGER, False)])
async def test_restriction_is_copied_by_managers(world: World, role: Role, inherits: bool) -> None:
    """What takes nothing from above does so again where the one who copies may say so."""
    box = await world.folder("box")
    await world.restrict(box.no)
    guest = await world.guest(box.no, Role.VIEWER)
    await world.build.share(world.bobs, guest.user or 0, role)

    assert (await copy(world.core, guest, box.no, world.bobs)).inherits is inherits


async def test_bytes_live_as_long_as_any_copy(world: World) -> None:
    """Copies name the same bytes: these go with the last of them, not with the first."""
    file = await world.file("a", "same")
    made = await copy(world.core, world.ann, file.no, world.top, name="b")
    await _end(world, file.no)
    assert (await world.text(made.no), (await sweep(world.core, world.clock())).blobs) == ("same", 0)

    await _end(world, made.no)
    world.clock.advance(2 * 86_400_000)
    assert (await sweep(world.core, world.clock())).blobs == 1


async def _end(world: World, item: int) -> None:
    await trash(world.core, world.ann, item)
    await purge(world.core, world.ann, item)
    world.clock.advance(2 * 86_400_000)


async def test_a_source_that_changes_meanwhile(world: World) -> None:
    """A copy is of one state: if its source gets new content meanwhile, that is what is copied."""
    file = await world.file("a", "old")
    world.store.meanwhile = lambda: put_content(world.core, world.ann, file.no, pieces("new"))
    made = await copy(world.core, world.ann, file.no, world.top, name="b")

    assert await world.text(made.no) == "new"


async def test_an_uploader_copies_blindly(world: World) -> None:
    """Copying into a folder that one may not see tells nothing about it."""
    box, mine = await world.folder("box"), await world.file("a")
    await world.file("a", parent=box.no)
    guest = await world.guest(box.no, Role.UPLOADER)
    await world.build.share(mine.no, guest.user or 0, Role.VIEWER)

    assert (await copy(world.core, guest, mine.no, box.no)).name == "a"
    assert await world.names(box.no) == ["a", "a (2)"]


async def test_content_that_is_dropped_while_it_is_copied() -> None:
    """A source may lose the content that was to be copied: then the copy begins anew."""
    world = await World.open(Limits(versions=1))
    file = await world.file("a", "old")
    world.store.in_between = lambda: put_content(world.core, world.ann, file.no, pieces("new"))

    assert await world.text((await copy(world.core, world.ann, file.no, world.top, name="b")).no) == "new"
