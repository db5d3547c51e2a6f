"""The next content of a file in parts, and files that bring attributes along."""

from collections.abc import AsyncIterator

import msgspec
from tests.core.content.world import World, pieces, problem, text_of

from commonhold.core.content.adding import add_file
from commonhold.core.content.opening import open_content
from commonhold.core.content.parts import PARTS, drop_parts, join_parts, parts_of, put_part
from commonhold.core.limits import Limits
from commonhold.core.problems import Problem


async def broken() -> AsyncIterator[bytes]:
    """An upload that is cut off."""
    yield b"half"
    raise Problem("incomplete_body")


async def test_parts_are_joined_by_their_numbers(world: World) -> None:
    """Parts come in any order; one that is sent again replaces the one before; joined, they are the file's content."""
    item = await world.file("a", "old")
    for number, text in ((2, "two"), (1, "ONE"), (11, "eleven"), (1, "one")):
        assert await put_part(world.core, world.ann, item.no, number, pieces(text)) == len(text)
    assert await parts_of(world.core, world.ann, item.no) == [1, 2, 11]
    assert (await join_parts(world.core, world.ann, item.no)).size == 12
    assert await text_of(await open_content(world.core, world.ann, item.no)) == "onetwoeleven"
    assert await parts_of(world.core, world.ann, item.no) == []
    assert (await join_parts(world.core, world.ann, item.no)).size == 12


async def test_parts_that_are_given_up(world: World) -> None:
    """Parts are let go of; one that ends early does not count, nor does one with a number beyond all."""
    item = await world.file("a", "old")
    await put_part(world.core, world.ann, item.no, 1, pieces("x"))
    assert (await problem(put_part(world.core, world.ann, item.no, 2, broken()))).code == "incomplete_body"
    assert await parts_of(world.core, world.ann, item.no) == [1]
    await drop_parts(world.core, world.ann, item.no)
    await drop_parts(world.core, world.ann, item.no)
    assert await parts_of(world.core, world.ann, item.no) == []
    for number in (0, PARTS + 1):
        assert (await problem(put_part(world.core, world.ann, item.no, number, pieces("x")))).code == "invalid_field"


async def test_parts_together_are_bounded(world: World) -> None:
    """All parts together are no larger than a file may be; where nothing takes pieces, none are taken."""
    small = await World.open(Limits(upload=5))
    item = await small.file("a", "old")
    await put_part(small.core, small.ann, item.no, 1, pieces("abc"))
    assert (await problem(put_part(small.core, small.ann, item.no, 2, pieces("def")))).code == "too_large"
    await put_part(small.core, small.ann, item.no, 1, pieces("abcde"))
    bare = msgspec.structs.replace(world.core, staging=None)
    file = await world.file("b", "old")
    assert (await problem(put_part(bare, world.ann, file.no, 1, pieces("x")))).code == "unavailable"


async def test_attributes_come_with_a_file(world: World) -> None:
    """A file is made with its attributes, under a name that is made of any text; too many of them are refused."""
    item = await add_file(
        world.core, world.ann, world.top, "a/b: c?", pieces("x"), attributes={"title": "T", "none": None}
    )
    assert (item.name, item.attributes) == ("a-b: c?", '{"title":"T"}')
    again = await add_file(world.core, world.ann, world.top, "a/b: c?", pieces("x"), attributes={})
    assert again.name == "a-b: c? (2)"
    for odd in ({"a": "x" * 70_000}, {"a": object()}):
        refused = await problem(add_file(world.core, world.ann, world.top, "c", pieces("x"), attributes=odd))
        assert (refused.code, refused.facts["field"]) == ("invalid_field", "attributes")
