"""Search: over what the actor may see, and nothing else."""

from tests.core.content.world import World, problem

from commonhold.core.content.search import ROUNDS, search
from commonhold.core.content.trash import trash
from commonhold.core.content.tree import Page
from commonhold.core.identity import NOBODY
from commonhold.core.ports import LONGEST_PAGE
from commonhold.core.roles import Role


def names(page: Page) -> list[str | None]:
    """What was found."""
    return [seen.item.name for seen in page.items]


async def test_all_words_newest_first(world: World) -> None:
    """Whatever has all words, or words that begin so, in any case, is found; the newest first."""
    for name in ("Annual report.txt", "report 2026 annual.pdf", "report", "annual"):
        await world.file(name)
    page = await search(world.core, world.ann, "ANN rep")

    assert names(page) == ["report 2026 annual.pdf", "Annual report.txt"]
    assert (page.items[0].path, page.next) == ("/ann/report 2026 annual.pdf", None)


async def test_only_what_may_be_seen(world: World) -> None:
    """Others find what is shared with them; an uploader finds nothing; the trash is found by nobody."""
    box, drop = await world.folder("report box"), await world.folder("report drop")
    await world.file("report a", parent=box.no)
    await world.file("report b", parent=drop.no)
    gone = await world.file("report c", parent=box.no)
    await trash(world.core, world.ann, gone.no)
    guest = await world.guest(box.no, Role.VIEWER)
    await world.build.share(drop.no, guest.user or 0, Role.UPLOADER)

    assert names(await search(world.core, guest, "report")) == ["report a", "report box"]
    assert names(await search(world.core, world.bob, "report")) == []


async def test_below_a_folder(world: World) -> None:
    """A search within a folder finds what is below it, however its neighbours are called; a link's holder may, too."""
    box, boxes = await world.folder("box"), await world.folder("boxes")
    for folder in (box, boxes):
        await world.file(f"report in {folder.name}", parent=folder.no)
    holder = await world.link(box.no, Role.VIEWER)

    for actor in (world.ann, holder):
        assert names(await search(world.core, actor, "report", within=box.no)) == ["report in box"]
    assert (await problem(search(world.core, holder, "report", within=boxes.no))).code == "unknown_item"


async def test_pages(world: World) -> None:
    """Pages follow one another without a gap; one may be short, and say that more may follow."""
    for number in range(7):
        await world.file(f"report {number}")
        await world.build.item(world.bobs, f"report of bob {number}")
    first = await search(world.core, world.ann, "report", limit=3)
    second = await search(world.core, world.ann, "report", limit=5, after=first.next)

    assert names(first) == [f"report {number}" for number in (6, 5, 4)]
    assert names(second) == [f"report {number}" for number in (3, 2, 1, 0)]
    assert second.next is None


async def test_a_word_that_others_use_much(world: World) -> None:
    """A call looks at so many candidates and no more: the page is short, and has a next."""
    mine = await world.file("report mine")
    for number in range(ROUNDS * 200 + 1):
        await world.build.item(world.bobs, f"report {number}")
    first = await search(world.core, world.ann, "report")
    second = await search(world.core, world.ann, "report", after=first.next)

    assert (names(first), [seen.item.no for seen in second.items]) == ([], [mine.no])


async def test_odd_questions(world: World) -> None:
    """No words, no cursor of ours, nobody: each is told by its code."""
    asked = [
        search(world.core, world.ann, " .,/ "),
        search(world.core, world.ann, "a", after=("x",)),
        search(world.core, NOBODY, "a"),
    ]

    assert [(await problem(verb)).code for verb in asked] == ["bad_query", "bad_cursor", "unauthenticated"]


async def test_exactly_one_page_of_candidates(world: World) -> None:
    """When the candidates end with a page, the next page is empty and the last."""
    for number in range(LONGEST_PAGE):
        await world.build.item(world.bobs, f"report {number}")
    page = await search(world.core, world.ann, "report")

    assert (names(page), page.next) == ([], None)
