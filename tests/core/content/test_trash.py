"""The trash: thrown away, brought back, ended for good."""

from tests.core.content.world import World, pieces, problem

from commonhold.core.content.files import put_content
from commonhold.core.content.trash import empty, purge, restore, trash, trashed
from commonhold.core.content.tree import ItemChange, change, children, get, rename
from commonhold.core.identity import NOBODY, Actor
from commonhold.core.model import Life, Version
from commonhold.core.problems import Problem
from commonhold.core.roles import Action, Role


async def test_the_trash_is_out_of_reach(world: World) -> None:
    """What is thrown away, and what is in it, is there for no recipient any more; its owner sees it in his trash."""
    box = await world.folder("box")
    file = await world.file("a", parent=box.no)
    guest = await world.guest(box.no, Role.MANAGER)
    gone = await trash(world.core, guest, box.no, if_stamp=box.stamp)

    assert gone == await world.row(box.no)
    assert [item.no for item in (await trashed(world.core, world.ann)).rows] == [box.no]
    assert (await get(world.core, world.ann, file.no)).life is Life.TRASHED
    assert [seen.item.no for seen in (await children(world.core, world.ann, box.no)).items] == [file.no]
    for no in (box.no, file.no):
        assert (await problem(get(world.core, guest, no))).code == "unknown_item"
    assert (await problem(world.text(file.no))).code == "in_trash"


async def test_what_is_in_the_trash_does_not_change(world: World) -> None:
    """In the trash nothing is renamed, written, made or thrown away again; bring it back first."""
    box = await world.folder("box")
    file = await world.file("a", parent=box.no)
    await trash(world.core, world.ann, box.no)
    asked = [
        rename(world.core, world.ann, file.no, "b"),
        put_content(world.core, world.ann, file.no, pieces("x")),
        world.folder("x", box.no),
        trash(world.core, world.ann, file.no),
        change(world.core, world.ann, box.no, ItemChange(title="x")),
    ]

    assert [(await problem(verb)).code for verb in asked] == ["in_trash"] * 5


async def test_the_same_name_again_is_a_new_item(world: World) -> None:
    """Shares of what was thrown away, or ended, do not reach what is made under its name."""
    old = await world.file("a", "old")
    guest = await world.guest(old.no, Role.VIEWER)
    holder = await world.link(old.no, Role.VIEWER)
    await trash(world.core, world.ann, old.no)
    second = await world.file("a", "second")
    await purge(world.core, world.ann, old.no)
    await trash(world.core, world.ann, second.no)
    third = await world.file("a", "third")

    assert len({old.no, second.no, third.no}) == len({old.uid, second.uid, third.uid}) == 3
    for actor in (guest, holder):
        for ref in (old.no, old.uid, second.no, third.no):
            assert await problem(get(world.core, actor, ref)) == Problem("unknown_item", field="item")


async def test_deleting_one_leaves_its_neighbours_shares(world: World) -> None:
    """Names that begin alike are no relation: only the shares of what is ended go."""
    a, ab = await world.folder("a"), await world.folder("ab")
    guest = await world.guest(ab.no, Role.VIEWER)
    await world.guest(a.no, Role.VIEWER)
    await trash(world.core, world.ann, a.no)
    await purge(world.core, world.ann, a.no)

    assert (len(await world.shares(a.no)), len(await world.shares(ab.no))) == (0, 1)
    assert (await get(world.core, guest, ab.no)).item.name == "ab"


async def test_protection(world: World) -> None:
    """What is protected is not thrown away, not even by its owner, before the protection is taken away."""
    item = await world.folder("a")
    await change(world.core, world.ann, item.no, ItemChange(protected=True))
    assert await problem(trash(world.core, world.ann, item.no)) == Problem("protected", field="item")

    await change(world.core, world.ann, item.no, ItemChange(protected=False))
    await trash(world.core, world.ann, item.no)


async def test_what_is_never_thrown_away(world: World) -> None:
    """The top of a space stays; records are their collection's; a stale stamp counts."""
    record = await world.build.record((await world.row(world.top)).space, "tickets", "1")
    item = await world.folder("a")

    assert (await problem(trash(world.core, world.ann, world.top))).code == "forbidden"
    assert (await problem(trash(world.core, world.ann, record))).code == "not_for_items"
    assert (await problem(trash(world.core, world.ann, item.no, if_stamp=9))).code == "precondition_failed"


async def test_restoring(world: World) -> None:
    """What is brought back is where it was, with what is in it, its shares and its name."""
    box = await world.folder("box")
    file = await world.file("a", parent=box.no)
    guest = await world.guest(box.no, Role.VIEWER)
    gone = await trash(world.core, world.ann, box.no)
    back = await restore(world.core, world.ann, box.no, if_stamp=gone.stamp)

    assert back == await world.row(box.no)
    assert (back.name, back.life, back.trashed_at, back.trashed_by) == ("box", Life.LIVE, None, None)
    assert await world.text(file.no, guest) == "hello"


async def test_restoring_where_the_name_is_taken(world: World) -> None:
    """Something else has the name by now: it comes back under a number."""
    old = await world.file("a.txt")
    await trash(world.core, world.ann, old.no)
    await world.file("a.txt")

    assert (await restore(world.core, world.ann, old.no)).name == "a (2).txt"


async def test_restoring_where_there_is_no_place(world: World) -> None:
    """If its folder is in the trash, it comes back to the top of its space."""
    box = await world.folder("box")
    file = await world.file("a", parent=box.no)
    await trash(world.core, world.ann, file.no)
    await trash(world.core, world.ann, box.no)
    back = await restore(world.core, world.ann, file.no)

    assert (back.parent, (await get(world.core, world.ann, file.no)).path) == (world.top, "/ann/a")


async def test_who_may_bring_back(world: World) -> None:
    """The owner and his administrators: what a share gave ended with the throwing away."""
    box = await world.folder("box")
    file = await world.file("a", parent=box.no)
    guest = await world.guest(box.no, Role.MANAGER)
    root = await world.person("root", admin=True)
    await trash(world.core, guest, file.no)

    for verb in (restore(world.core, guest, file.no), purge(world.core, guest, file.no)):
        assert await problem(verb) == Problem("unknown_item", field="item")
    assert (await problem(trashed(world.core, guest, box.no))).code == "forbidden"
    assert (await restore(world.core, root[0], file.no)).no == file.no


async def test_only_the_trash_is_brought_back_or_ended(world: World) -> None:
    """What lives is neither restored nor purged; it has to be thrown away first."""
    file = await world.file("a")
    guest = await world.guest(file.no, Role.CONTRIBUTOR)

    assert (await problem(restore(world.core, world.ann, file.no))).code == "not_in_trash"
    for actor in (world.ann, guest):
        assert (await problem(purge(world.core, actor, file.no))).code == "not_in_trash"


async def test_ending_for_good(world: World) -> None:
    """A tombstone keeps number and uid and nothing else: names, contents and shares go, the bytes are given back."""
    box = await world.folder("box")
    inner = await world.folder("inner", box.no)
    file = await world.file("secret name", "123", inner.no)
    await put_content(world.core, world.ann, file.no, pieces("4567"))
    await world.guest(file.no, Role.VIEWER)
    await trash(world.core, world.ann, box.no)
    await purge(world.core, world.ann, box.no)
    row = await world.row(file.no)

    assert (row.life, row.name, row.name_key, row.sha256, row.size, row.version) == (
        Life.DELETED, None, None, None, 0, None,
    )  # fmt: skip
    assert {(await world.row(item.no)).life for item in (box, inner)} == {Life.DELETED}
    assert await world.shares(file.no) == []
    assert await world.build.find(Version, file.version or 0) is None
    assert await world.used() == 0
    assert await problem(get(world.core, world.ann, file.no)) == Problem("unknown_item", field="item")


async def test_something_in_a_thrown_folder_is_ended(world: World) -> None:
    """A single thing inside a folder in the trash can be ended; the folder stays there."""
    box = await world.folder("box")
    file = await world.file("a", parent=box.no)
    gone = await trash(world.core, world.ann, box.no)

    assert (await problem(purge(world.core, world.ann, box.no, if_stamp=gone.stamp + 1))).code == "precondition_failed"
    await purge(world.core, world.ann, file.no)
    assert [item.no for item in (await trashed(world.core, world.ann)).rows] == [box.no]


async def test_listing_the_trash(world: World) -> None:
    """What was thrown away last comes first, page by page; only what was thrown away itself is listed."""
    for name in ("a", "b", "c"):
        world.clock.advance(1)
        await trash(world.core, world.ann, (await world.folder(name)).no)
    first = await trashed(world.core, world.ann, limit=2)
    second = await trashed(world.core, world.ann, world.top, after=first.next, limit=2)

    assert [[item.name for item in page.rows] for page in (first, second)] == [["c", "b"], ["a"]]
    assert (await problem(trashed(world.core, NOBODY))).code == "unauthenticated"


async def test_emptying(world: World) -> None:
    """Everything in one's trash goes at once, and nothing else does."""
    for name in ("a", "b"):
        await trash(world.core, world.ann, (await world.file(name)).no)
    kept = await world.file("c")

    assert await empty(world.core, world.ann) == 2
    assert await empty(world.core, world.ann) == 0
    assert (await world.used(), (await get(world.core, world.ann, kept.no)).life) == (5, Life.LIVE)


async def test_emptying_by_what_is_in_the_trash(world: World) -> None:
    """The space may be named by something that is thrown away itself: it goes with the rest."""
    file = await world.file("a")
    await trash(world.core, world.ann, file.no)

    assert await empty(world.core, world.ann, file.no) == 1


async def test_emptying_is_not_looking(world: World) -> None:
    """A scope that reads only empties nobody's trash."""
    reader = Actor(world.ann.user, actions=Action.READ)
    await trash(world.core, world.ann, (await world.file("a")).no)

    assert (await problem(empty(world.core, reader))).code == "forbidden"


async def test_what_changes_meanwhile_is_not_ended(world: World) -> None:
    """Something brought back while the trash is emptied stays."""
    file = await world.file("a")
    await trash(world.core, world.ann, file.no)
    world.store.meanwhile = lambda: restore(world.core, world.ann, file.no)

    assert await empty(world.core, world.ann) == 0
    assert await world.text(file.no) == "hello"
