"""The tree: seeing, listing, renaming and changing items."""

import pytest
from tests.core.content.world import World, problem

from commonhold.core.content.making import make_app, make_entry, make_folder
from commonhold.core.content.moving import move
from commonhold.core.content.names import parse_path
from commonhold.core.content.tree import ItemChange, Order, change, children, get, rename
from commonhold.core.identity import NOBODY, Actor, Path
from commonhold.core.limits import Limits
from commonhold.core.model import Allowance, Item, attributes_of
from commonhold.core.problems import Problem
from commonhold.core.roles import ALL, Action, ItemKind, OrgRole, Role


async def test_a_folder_is_made(world: World) -> None:
    """A new folder belongs to the space of the folder it is in, and is found by number, uid and path."""
    made = await make_folder(world.core, world.ann, world.top, "cafe\u0301")
    seen = [await get(world.core, world.ann, ref) for ref in (made.no, made.uid, parse_path("/ann/café"))]

    assert [one.item for one in seen] == [made] * 3
    assert (made.name, made.kind, made.created_by, made.stamp) == ("café", ItemKind.FOLDER, world.ann.user, 1)
    assert (seen[0].path, seen[0].owner_name, seen[0].right.actions) == ("/ann/café", "ann", ALL)


async def test_what_others_make_belongs_to_the_space(world: World) -> None:
    """What a contributor makes in a shared folder is its owner's; ``created_by`` names the maker."""
    box = await world.folder("box")
    guest = await world.guest(box.no, Role.CONTRIBUTOR)
    made = await make_folder(world.core, guest, box.no, "inner")

    assert (made.space, made.created_by) == (box.space, guest.user)
    assert (await get(world.core, world.ann, made.no)).right.actions == ALL


async def test_names_collide(world: World) -> None:
    """A name is taken once among siblings, in either composition; another case is another name."""
    await world.folder("café")

    assert await problem(world.folder("cafe\u0301")) == Problem("name_collides", field="name")
    assert (await world.folder("Café")).name == "Café"


@pytest.mark.parametrize("name", ["", "..", "a/b", "%2e%2e", "a\x00", "x" * 256])
async def test_bad_names_are_refused_by_every_verb(world: World, name: str) -> None:
    """No verb takes a name that is none, and nothing is changed."""
    box, before = await world.folder("box"), await world.revision()
    refused = [
        await problem(world.folder(name)),
        await problem(world.file(name)),
        await problem(rename(world.core, world.ann, box.no, name)),
        await problem(make_app(world.core, world.ann, world.top, name, "https://example.org/")),
    ]

    assert {one.facts["field"] for one in refused} == {"name"}
    assert await world.revision() == before


async def test_depth_is_bounded() -> None:
    """Folders nest as deep as the limit says, the top folder counted."""
    world = await World.open(Limits(depth=3))
    inner = await world.folder("b", (await world.folder("a")).no)

    assert (await problem(world.folder("c", inner.no))).code == "tree_too_deep"


async def test_only_folders_hold_something(world: World) -> None:
    """A file has no inside."""
    file = await world.file("a.txt")

    assert await problem(world.folder("x", file.no)) == Problem("not_a_folder", field="parent")
    assert await problem(children(world.core, world.ann, file.no)) == Problem("not_a_folder", field="folder")


async def test_who_may_make_nothing_of_his_own(world: World) -> None:
    """An account without the allowance makes nothing in its own space, but may do so in a folder shared with it."""
    box = await world.folder("box")
    viewer, top = await world.person("vera", org_role=OrgRole.VIEWER)
    await world.build.share(box.no, viewer.user or 0, Role.CONTRIBUTOR)

    assert await problem(make_folder(world.core, viewer, top, "x")) == Problem("not_allowed", field="parent")
    assert (await make_folder(world.core, viewer, box.no, "x")).created_by == viewer.user


async def test_apps_and_entries(world: World) -> None:
    """An app has an address; an entry what names it in its application, and any title, even one that is no name."""
    app = await make_app(world.core, world.ann, Path(("ann",)), "Maps", "https://maps.example.org/")
    entry = [
        await make_entry(world.core, world.ann, world.top, type="ticket", key="7/1", title="Either/Or ", url=app.url)
        for _ in range(2)
    ]

    assert (app.kind, app.url, app.parent) == (ItemKind.APP, "https://maps.example.org/", world.top)
    assert [one.name for one in entry] == ["Either-Or", "Either-Or (2)"]
    assert (entry[0].collection, entry[0].ref) == ("ticket", "7/1")
    assert attributes_of(entry[0]) == {"title": "Either/Or "}


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "ftp://a/", "http://", "https://a b/", "https://a/\n", "//a", "http://[", "h" * 9],
)
async def test_addresses_are_checked(world: World, url: str) -> None:
    """An app's address is one of the web; nothing else is ever made a link."""
    refused = await problem(make_app(world.core, world.ann, world.top, "app", url))

    assert refused == Problem("invalid_field", field="url")


async def test_children_by_name(world: World) -> None:
    """A folder is listed by name, page by page, in the order of code points."""
    for name in ("b", "a", "d", "c"):
        await world.folder(name)
    first = await children(world.core, world.ann, world.top, limit=3)
    second = await children(world.core, world.ann, world.top, after=first.next, limit=3)

    assert [seen.item.name for seen in first.items] == ["a", "b", "c"]
    assert [(seen.item.name, seen.path) for seen in second.items] == [("d", "/ann/d")]
    assert second.next is None


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 200])
async def test_folders_first(world: World, limit: int) -> None:
    """If wanted, folders come before everything else, on every page size."""
    await world.file("a")
    await world.folder("b")
    await world.file("c")
    await world.folder("d")
    found, after = [], None
    while True:
        page = await children(world.core, world.ann, world.top, after=after, limit=limit, folders_first=True)
        found += [seen.item.name for seen in page.items]
        after = page.next
        if after is None:
            break

    assert found == ["b", "d", "a", "c"]


@pytest.mark.parametrize("limit", [1, 2, 200])
@pytest.mark.parametrize("order", Order)
async def test_orders(world: World, order: Order, limit: int) -> None:
    """A folder is listed by name, size or moment of change, either way, on every page size; folders first if wanted."""
    for name, size in (("b", 3), ("a", 2), ("c", 2), ("d", 1)):
        world.clock.advance(1_000)
        await world.file(name, "x" * size)
    await world.folder("f")
    await world.folder("e")
    for first in (False, True):
        found: list[Item] = []
        after = None
        while not found or after is not None:
            page = await children(
                world.core, world.ann, world.top, after=after, limit=limit, folders_first=first, order=order
            )
            found += [seen.item for seen in page.items]
            after = page.next
        assert len({item.no for item in found}) == len(found) == 6
        kinds = [item.kind is not ItemKind.FOLDER for item in found]
        assert kinds == sorted(kinds) or not first
        for part in [found[:2], found[2:]] if first else [found]:
            values = [getattr(item, order.column) for item in part]
            assert values == sorted(values, reverse=order.startswith("-"))


async def test_a_cursor_is_of_its_order(world: World) -> None:
    """A cursor of another order is refused."""
    by_size = children(world.core, world.ann, world.top, after=(0, "a", 1), order=Order.SIZE)
    assert (await problem(by_size)).code == "bad_cursor"
    assert (await problem(children(world.core, world.ann, world.top, after=(0, 1, 1)))).code == "bad_cursor"


@pytest.mark.parametrize("after", [(), (1,), ("a", "b", "c"), (7, "a", 1), (0, None, 1)])
async def test_cursors_are_checked(world: World, after: tuple[object, ...]) -> None:
    """What is no cursor of ours is refused."""
    assert (await problem(children(world.core, world.ann, world.top, after=after))).code == "bad_cursor"


async def test_restricted_children_are_decided_apart(world: World) -> None:
    """What takes nothing from above is listed for those only whom a share reaches there; a page may be short."""
    box = await world.folder("box")
    inner = [await world.folder(name, box.no) for name in ("a", "b", "c")]
    for item in inner[:2]:
        await change(world.core, world.ann, item.no, ItemChange(inherits=False))
    guest = await world.guest(box.no, Role.VIEWER)
    await world.build.share(inner[1].no, guest.user or 0, Role.EDITOR)
    page = await children(world.core, guest, box.no)

    assert [(seen.item.name, seen.right.may(Action.WRITE)) for seen in page.items] == [("b", True), ("c", False)]
    assert await world.names(box.no) == ["a", "b", "c"]
    assert (await problem(get(world.core, guest, inner[0].no))).code == "unknown_item"


async def test_trail_and_path_show_no_more_than_may_be_seen(world: World) -> None:
    """A recipient sees the folders above as far as his share reaches, and a path only from the owner's top."""
    outer = await world.folder("secret name")
    box = await world.folder("box", outer.no)
    file = await world.file("a.txt", parent=box.no)
    guest = await world.guest(box.no, Role.VIEWER)
    seen = await get(world.core, guest, file.no)

    assert ([item.name for item in seen.trail], seen.path, seen.owner_name) == (["box"], None, "ann")
    assert (await get(world.core, world.ann, file.no)).path == "/ann/secret name/box/a.txt"


async def test_strangers_learn_nothing(world: World) -> None:
    """A stranger, signed in or not, gets for an existing item what he gets for none, by number, uid and path."""
    file = await world.file("a.txt")
    answers = [
        await problem(get(world.core, actor, ref))
        for actor in (world.bob, NOBODY, Actor(99_999))
        for ref in (file.no, 10_000, file.uid, "no-such-uid", Path(("ann", "a.txt")), Path(("ann", "b.txt")))
    ]

    assert answers == [Problem("unknown_item", field="item")] * 18


async def test_rename(world: World) -> None:
    """A new name changes the stamp; the old one is free again."""
    item = await world.folder("old")
    new = await rename(world.core, world.ann, item.no, "new", if_stamp=item.stamp)

    assert new == await world.row(item.no)
    assert (new.name, new.stamp > item.stamp) == ("new", True)
    assert (await world.folder("old")).no != item.no
    assert await problem(rename(world.core, world.ann, item.no, "old")) == Problem("name_collides", field="name")


async def test_a_stale_stamp_changes_nothing(world: World) -> None:
    """Whoever names the state he has seen changes nothing once it is another one."""
    item = await world.folder("a")
    await rename(world.core, world.ann, item.no, "b")
    refused = [
        await problem(rename(world.core, world.ann, item.no, "c", if_stamp=item.stamp)),
        await problem(change(world.core, world.ann, item.no, ItemChange(title="x"), if_stamp=item.stamp)),
    ]

    assert refused == [Problem("precondition_failed", field="if_stamp")] * 2
    assert (await world.row(item.no)).name == "b"


async def test_the_top_folder_stays(world: World) -> None:
    """The top of a space has no name and takes none."""
    assert await problem(rename(world.core, world.ann, world.top, "x")) == Problem("forbidden", field="item")


async def test_records_have_their_place_in_a_collection(world: World) -> None:
    """A record is neither renamed nor moved, not even by the owner of its space."""
    record = await world.build.record((await world.row(world.top)).space, "tickets", "1")

    for verb in (rename(world.core, world.ann, record, "x"), move(world.core, world.ann, record, world.top)):
        assert await problem(verb) == Problem("not_for_items", field="item")


async def test_attributes_title_and_tags(world: World) -> None:
    """Attributes are merged; None takes one away; title and tags are kept among them."""
    item = await world.folder("a")
    await change(world.core, world.ann, item.no, ItemChange(attributes={"x": 1, "y": [2]}, title="A", tags=("t",)))
    after = await change(world.core, world.ann, item.no, ItemChange(attributes={"x": None, "z": "é"}, title=None))

    assert attributes_of(await world.row(item.no)) == {"y": [2], "z": "é", "tags": ["t"]}
    assert after == await world.row(item.no)


async def test_odd_attributes_are_refused(world: World) -> None:
    """What JSON cannot hold, or is too large, is refused with its field; an address fits apps and entries only."""
    item = await world.folder("a")
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    odd = [
        ItemChange(attributes={"x": object()}), ItemChange(attributes={"x": "\ud800"}),
        ItemChange(attributes={"x": "y" * 70_000}), ItemChange(attributes={"x": deep}), ItemChange(title="a\x00"),
        ItemChange(tags=("",)), ItemChange(tags=("t",) * 200), ItemChange(url="https://example.org/"),
    ]  # fmt: skip
    refused = [await problem(change(world.core, world.ann, item.no, wanted)) for wanted in odd]

    assert [one.facts["field"] for one in refused] == ["attributes"] * 4 + ["title", "tags", "tags", "url"]


async def test_an_apps_address_changes(world: World) -> None:
    """An app moves to another address."""
    app = await make_app(world.core, world.ann, world.top, "app", "https://a.example.org/")

    assert (await change(world.core, world.ann, app.no, ItemChange(url="https://b.example.org/"))).url is not app.url


async def test_who_sees_it_is_the_managers_to_say(world: World) -> None:
    """Writing is not managing: an editor changes a title, but neither inheritance nor protection."""
    box = await world.folder("box")
    editor, manager = await world.guest(box.no, Role.EDITOR), await world.guest(box.no, Role.MANAGER)
    inner = await world.folder("inner", box.no)

    assert (await change(world.core, editor, inner.no, ItemChange(title="t"))).stamp == 2
    for wanted in (ItemChange(inherits=False), ItemChange(protected=True)):
        assert await problem(change(world.core, editor, inner.no, wanted)) == Problem("forbidden", field="item")
    assert (await change(world.core, manager, inner.no, ItemChange(inherits=False))).inherits is False
    assert (await problem(get(world.core, manager, inner.no))).code == "unknown_item"


async def test_an_allowance_takes_making_away(world: World) -> None:
    """Everybody's allowance counts at every decision, not only when an account is made."""
    await world.build.put(Allowance(1, make=False))

    assert (await problem(world.folder("x"))).code == "not_allowed"
