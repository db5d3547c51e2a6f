"""Files: bytes are taken after the policy was asked, and the row is written after the bytes are there."""

from collections.abc import AsyncIterator

import pytest
from tests.core.content.world import World, pieces, problem

from commonhold.core.content.files import media_of, put, put_content
from commonhold.core.content.steps import Collision
from commonhold.core.content.tree import get, rename
from commonhold.core.content.versions import delete_version, restore_version, versions
from commonhold.core.identity import NOBODY, ItemRef, Path
from commonhold.core.limits import Limits
from commonhold.core.model import Allowance
from commonhold.core.problems import Problem
from commonhold.core.roles import ItemKind, Role

HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def touched() -> bytes:
    """What must not happen."""
    raise AssertionError("bytes were taken before the policy was asked")


async def never() -> AsyncIterator[bytes]:
    """An upload that must not be touched."""
    yield touched()


async def blobs(world: World) -> int:
    """How many runs of bytes are kept."""
    return len(world.core.blobs._kept)  # type: ignore[attr-defined]


async def test_a_file_is_put(world: World) -> None:
    """A file holds what was sent, with its size, digest and media type; its space is charged."""
    file = await put(world.core, world.ann, world.top, "a.txt", pieces("hel", "lo"))

    assert file == await world.row(file.no)
    assert (file.kind, file.size, file.sha256, file.media) == (ItemKind.FILE, 5, HELLO, "text/plain")
    assert (await world.text(file.no), await world.used()) == ("hello", 5)


async def test_an_empty_file_is_a_file(world: World) -> None:
    """No bytes at all are a content, too."""
    file = await world.file("empty", "")

    assert (file.size, await world.text(file.no)) == (0, "")


@pytest.mark.parametrize(
    ("name", "told", "expected"),
    [
        ("a.txt", None, "text/plain"),
        ("a.txt", "Image/PNG; charset=x", "image/png"),
        ("a.png", "application/octet-stream", "image/png"),
        ("a.png", "no media/\r\nX: y", "image/png"),
        ("a.tar.gz", None, "application/gzip"),
        ("data:text,html", None, "application/octet-stream"),
        ("a", "", "application/octet-stream"),
    ],
)
def test_media_types(name: str, told: str | None, expected: str) -> None:
    """What the sender says counts if it is a media type and says something; else the ending of the name."""
    assert media_of(name, told) == expected


async def test_policy_comes_before_bytes(world: World) -> None:
    """Whoever may not put something here is told so before a byte of it is taken."""
    file = await world.file("a.txt")
    viewer = await world.guest(world.top, Role.VIEWER)
    asked = [
        put(world.core, world.bob, world.top, "b.txt", never()),
        put(world.core, NOBODY, Path(("ann",)), "b.txt", never()),
        put(world.core, viewer, world.top, "b.txt", never()),
        put(world.core, viewer, world.top, "a.txt", never(), on_collision=Collision.VERSION),
        put_content(world.core, viewer, file.no, never()),
        put(world.core, world.ann, world.top, "a.txt", never()),
        put(world.core, world.ann, world.top, "../b", never()),
        put_content(world.core, world.ann, file.no, never(), if_stamp=file.stamp + 1),
        put(world.core, world.ann, world.top, "new", never(), if_stamp=1),
        put_content(world.core, world.ann, world.top, never()),
    ]

    assert [(await problem(verb)).code for verb in asked] == [
        "unknown_item", "unknown_item", "forbidden", "forbidden", "forbidden",
        "name_collides", "name_forbidden", "precondition_failed", "precondition_failed", "not_a_file",
    ]  # fmt: skip


async def test_the_right_is_asked_again_when_the_bytes_are_there(world: World) -> None:
    """A share withdrawn while an upload runs: nothing of it stays, neither a row nor bytes."""
    box = await world.folder("box")
    guest = await world.guest(box.no, Role.CONTRIBUTOR)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"a"
        await world.withdraw(box.no)
        yield b"b"

    assert await problem(put(world.core, guest, box.no, "x", slowly())) == Problem("unknown_item", field="parent")
    assert (await world.names(box.no), await blobs(world)) == ([], 0)


async def test_a_cut_upload_leaves_nothing(world: World) -> None:
    """An upload that breaks off leaves no row and no bytes, and the name is free."""

    async def cut() -> AsyncIterator[bytes]:
        yield b"half"
        raise Problem("incomplete_body")

    assert (await problem(put(world.core, world.ann, world.top, "a", cut()))).code == "incomplete_body"
    assert (await world.names(), await blobs(world), await world.used()) == ([], 0, 0)


async def test_collisions_as_asked(world: World) -> None:
    """A taken name is refused, becomes a version of the file that has it, or makes way, as the caller asks."""
    first = await world.file("a.txt", "one")
    new = [
        await put(world.core, world.ann, world.top, "a.txt", pieces(mode), on_collision=mode)
        for mode in (Collision.VERSION, Collision.RENAME)
    ]

    assert (new[0].no, new[0].size, new[1].name) == (first.no, len("version"), "a (2).txt")
    assert (await problem(world.file("a.txt"))) == Problem("name_collides", field="name")
    assert await world.names() == ["a (2).txt", "a.txt"]


async def test_a_version_needs_a_file(world: World) -> None:
    """Content is no version of a folder."""
    await world.folder("a")
    refused = await problem(put(world.core, world.ann, world.top, "a", never(), on_collision=Collision.VERSION))

    assert refused == Problem("not_a_file", field="item")


async def test_an_editor_puts_versions_only(world: World) -> None:
    """Who may write but not create replaces what is there, by name too, and makes nothing new."""
    await world.file("a.txt", "one")
    editor = await world.guest(world.top, Role.EDITOR)
    await put(world.core, editor, world.top, "a.txt", pieces("two"), on_collision=Collision.VERSION)

    assert (await problem(put(world.core, editor, world.top, "b.txt", never()))).code == "forbidden"
    assert await world.text(Path(("ann", "a.txt"))) == "two"


async def test_a_hidden_file_only_holds_its_name(world: World) -> None:
    """A name taken by something that the actor may not see is taken, and that is all he learns."""
    secret = await world.file("a.txt")
    await world.restrict(secret.no)
    guest = await world.guest(world.top, Role.CONTRIBUTOR)
    refused = await problem(put(world.core, guest, world.top, "a.txt", never(), on_collision=Collision.VERSION))

    assert refused == Problem("name_collides", field="name")


async def test_many_of_one_name(world: World) -> None:
    """When the first numbers are taken, a random ending is taken."""
    names = [
        (await put(world.core, world.ann, world.top, "a.txt", pieces(""), on_collision=Collision.RENAME)).name
        for _ in range(11)
    ]

    assert names[:9] == ["a.txt", *(f"a ({number}).txt" for number in range(2, 10))]
    assert len(set(names)) == 11


async def test_an_uploader_learns_nothing(world: World) -> None:
    """Whoever may only put things there: taken and free names, of any kind, answer alike; nothing can be seen."""
    box = await world.folder("box")
    await world.file("there.txt", "secret", box.no)
    await world.folder("inner", box.no)
    drop = await world.link(box.no, Role.UPLOADER)
    made = [
        await put(world.core, drop, box.no, name, pieces("new"), on_collision=mode)
        for name in ("there.txt", "free.txt", "inner")
        for mode in Collision
    ]

    assert [one.name for one in made] == ["there.txt"] * 3 + ["free.txt"] * 3 + ["inner"] * 3
    assert {(one.size, one.stamp, one.created_by) for one in made} == {(3, 1, None)}
    assert len(await world.names(box.no)) == 11
    assert {(await problem(get(world.core, drop, one.no))).code for one in (box, *made)} == {"unknown_item"}


async def test_an_uploader_cannot_probe_paths(world: World) -> None:
    """By a path, what is there and what is not answer alike to whoever may only put things there."""
    box = await world.folder("box")
    await world.folder("inner", box.no)
    file = await world.file("file", parent=box.no)
    drop = await world.guest(box.no, Role.UPLOADER)
    refs: list[ItemRef] = [Path(("ann", "box", name)) for name in ("inner", "file", "missing")]
    refused = [await problem(put(world.core, drop, ref, "x", never())) for ref in [*refs, file.no]]

    assert refused == [Problem("unknown_item", field="parent")] * 4


async def test_new_content_is_a_new_version(world: World) -> None:
    """New content takes the place of the old one, which is kept; both are charged."""
    file = await world.file("a.txt", "one")
    after = await put_content(world.core, world.ann, file.no, pieces("four"), media="text/x-new", if_stamp=file.stamp)
    kept = await versions(world.core, world.ann, file.no)

    assert (after.no, after.size, after.media, after.stamp > file.stamp) == (file.no, 4, "text/x-new", True)
    assert [(one.ordinal, one.size) for one in kept] == [(2, 4), (1, 3)]
    assert [await world.text(file.no, version=number) for number in (None, 1, 2)] == ["four", "one", "four"]
    assert await world.used() == 7


async def test_oldest_versions_go() -> None:
    """Only so many versions are kept; the space gets the bytes of the others back."""
    world = await World.open(Limits(versions=2))
    file = await world.file("a", "1")
    for text in ("22", "333", "4444"):
        await put_content(world.core, world.ann, file.no, pieces(text))

    assert [one.ordinal for one in await versions(world.core, world.ann, file.no)] == [4, 3]
    assert await world.used() == 7


async def test_restoring_a_version(world: World) -> None:
    """An older content becomes the newest one; nothing that came after it is lost."""
    file = await world.file("a", "one")
    await put_content(world.core, world.ann, file.no, pieces("two!"))
    await restore_version(world.core, world.ann, file.no, 1)

    assert (await world.text(file.no), (await world.row(file.no)).size) == ("one", 3)
    assert [one.ordinal for one in await versions(world.core, world.ann, file.no)] == [3, 2, 1]


async def test_deleting_a_version(world: World) -> None:
    """An older content can be let go of, the newest one cannot; what is unknown is not found."""
    file = await world.file("a", "one")
    await put_content(world.core, world.ann, file.no, pieces("two!"))
    await delete_version(world.core, world.ann, file.no, 1)

    assert await world.used() == 4
    for number, code in ((1, "not_found"), (2, "invalid_field")):
        assert await problem(delete_version(world.core, world.ann, file.no, number)) == Problem(code, field="version")


async def test_a_contributor_may_delete_versions_an_editor_not(world: World) -> None:
    """Letting go of a version for good is deleting, not writing."""
    file = await world.file("a", "one")
    await put_content(world.core, world.ann, file.no, pieces("two"))
    editor, contributor = [await world.guest(file.no, role) for role in (Role.EDITOR, Role.CONTRIBUTOR)]

    assert (await problem(delete_version(world.core, editor, file.no, 1))).code == "forbidden"
    await delete_version(world.core, contributor, file.no, 1)


async def test_uploads_have_a_limit() -> None:
    """A file over the limit is refused, and nothing of it stays."""
    world = await World.open(Limits(upload=4))

    assert (await problem(world.file("a", "12345"))).code == "too_large"
    assert (await world.names(), await blobs(world)) == ([], 0)


async def test_quota_of_the_installation() -> None:
    """A space holds so many bytes: every version, and what others put there, counts."""
    world = await World.open(Limits(quota=6))
    box = await world.folder("box")
    file = await world.file("a", "1234", box.no)
    guest = await world.guest(box.no, Role.CONTRIBUTOR)

    assert (await problem(put(world.core, guest, box.no, "b", pieces("123")))).code == "quota_exceeded"
    assert (await problem(put_content(world.core, world.ann, file.no, pieces("123")))).code == "quota_exceeded"
    assert (await world.used(), await blobs(world)) == (4, 1)


async def test_quota_of_a_person(world: World) -> None:
    """The owner's allowance bounds his space, whoever puts something there; the actor's own does not."""
    box = await world.folder("box")
    guest = await world.guest(box.no, Role.CONTRIBUTOR)
    await world.build.put(Allowance(world.ann.user or 0, quota=3), Allowance(guest.user or 0, quota=0))

    await put(world.core, guest, box.no, "a", pieces("123"))
    assert (await problem(put(world.core, guest, box.no, "b", pieces("1")))).code == "quota_exceeded"


async def test_quota_holds_between_two_uploads() -> None:
    """Two uploads that fit one by one, but not together: the second to arrive is refused, and its bytes go."""
    world = await World.open(Limits(quota=5))

    async def meanwhile() -> AsyncIterator[bytes]:
        yield b"123"
        await world.file("other", "123")

    assert (await problem(put(world.core, world.ann, world.top, "a", meanwhile()))).code == "quota_exceeded"
    assert (await world.names(), await world.used(), await blobs(world)) == (["other"], 3, 1)


async def test_two_uploads_of_one_name(world: World) -> None:
    """A name taken while the bytes arrive: the later one is refused, or becomes a version, as asked."""

    async def meanwhile(text: str) -> AsyncIterator[bytes]:
        yield text.encode()
        await world.file(text, "first")

    assert (await problem(put(world.core, world.ann, world.top, "a", meanwhile("a")))).code == "name_collides"
    late = await put(world.core, world.ann, world.top, "b", meanwhile("b"), on_collision=Collision.VERSION)

    assert [one.ordinal for one in await versions(world.core, world.ann, late.no)] == [2, 1]


async def test_a_file_changed_meanwhile(world: World) -> None:
    """New content is for the state that the caller has seen, even if it changes while the bytes arrive."""
    file = await world.file("a", "one")

    async def meanwhile() -> AsyncIterator[bytes]:
        yield b"two"
        await rename(world.core, world.ann, file.no, "b")

    refused = await problem(put_content(world.core, world.ann, file.no, meanwhile(), if_stamp=file.stamp))

    assert (refused.code, await world.text(file.no), await blobs(world)) == ("precondition_failed", "one", 1)


async def test_an_unknown_outcome_keeps_the_bytes(world: World) -> None:
    """If the store fails while it writes, the row may be there all the same: its bytes are left to the sweep."""
    world.store.meanwhile = world.store.close

    assert (await problem(world.file("a"))).code == "unavailable"
    assert await blobs(world) == 1


async def test_a_name_taken_at_the_last_moment(world: World) -> None:
    """A name taken between the decision and the write is decided anew, here as everywhere."""
    world.store.meanwhile = lambda: world.folder("a")

    assert await problem(world.file("a")) == Problem("name_collides", field="name")
    assert await blobs(world) == 0
