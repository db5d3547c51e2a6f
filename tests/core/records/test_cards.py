"""Cards: a row with what is linked with it, as far as somebody may read it."""

from tests.core.records.library import SHARER, Library

from commonhold.core.identity import Actor
from commonhold.core.model import Item, Reach
from commonhold.core.records.cards import MOST_RELATED, Card, Related, card
from commonhold.core.records.catalog import Collection, Field, Relation
from commonhold.core.records.catalogs import add_collection
from commonhold.core.records.kinds import Kind
from commonhold.core.roles import ItemKind


async def _card(library: Library, actor: Actor, ref: str, collection: str = "articles") -> Card | None:
    item = next(one for one in await library.items() if (one.collection, one.ref) == (collection, ref))
    return await card(library.core, actor, item)


async def test_a_link_shows_what_it_reaches(library: Library) -> None:
    """A link that follows relations shows the author and the comments of an article, and nobody else's."""
    for name in ("authors", "articles", "comments"):
        await library.rule(library.ann, SHARER, collection=name)
    holder = await library.link(library.ann, "1", reach=Reach.RELATIONS)
    shown = await _card(library, holder, "1")
    assert shown is not None
    assert dict(shown.lines) == {"id": 1, "title": "First", "views": 10, "draft": "a"}
    assert shown.related == (
        Related("author", ((("id", 1), ("name", "Ada"), ("phone", "1")),)),
        Related("comments", ((("id", 1), ("text", "one")),)),
    )


async def test_a_link_to_the_row_alone(library: Library) -> None:
    """Without relations a link shows the row; what it refers to is the number that stands in it."""
    await library.rule(library.ann, SHARER)
    holder = await library.link(library.ann, "1")
    shown = await _card(library, holder, "1")
    assert shown is not None
    assert ("author", 1) in shown.lines
    assert shown.related == ()


async def test_fields_that_may_not_be_read(library: Library) -> None:
    """Neither the row nor what is linked with it shows a field that the sharer does not see."""
    await library.rule(library.ann, SHARER, fields=("id", "title", "author"))
    await library.rule(library.ann, SHARER, fields=("name",), collection="authors")
    holder = await library.link(library.ann, "1", reach=Reach.RELATIONS)
    shown = await _card(library, holder, "1")
    assert shown == Card((("id", 1), ("title", "First")), (Related("author", ((("name", "Ada"),),)),))


async def test_many_related_rows_are_cut(library: Library) -> None:
    """Of a long list a card shows the beginning, and says that there is more."""
    await library.put("comments", *({"text": f"{no}", "article": 3} for no in range(MOST_RELATED + 5)))
    await library.share(library.root, "3", "ann")
    shown = await _card(library, Actor(library.root), "3")
    assert shown is not None
    comments = next(one for one in shown.related if one.name == "comments")
    assert (len(comments.rows), comments.more) == (MOST_RELATED, True)


async def test_rows_beyond_a_junction(library: Library) -> None:
    """Through a junction a card shows the rows on the other side of it, not the rows of the junction."""
    relations = (
        Relation("marks", "article", ("articles",), reverse="tags", junction="tag"),
        Relation("marks", "tag", ("tags",), junction="article"),
    )
    fields = (Field("id", Kind.INTEGER), Field("article", Kind.INTEGER), Field("tag"))
    await add_collection(library.core, Actor(library.root), Collection("marks", "id", fields, relations))
    await library.put("marks", {"article": 1, "tag": "x"})
    await library.share(library.root, "1", "ann")
    shown = await _card(library, Actor(library.root), "1")
    assert shown is not None
    assert Related("tags", ((("slug", "x"), ("label", "X")),)) in shown.related


async def test_what_is_no_record_has_no_card(library: Library) -> None:
    """A folder has no row, and so no card."""
    folder = Item(1, "u", 1, None, ItemKind.FOLDER, "Folder", "folder")
    assert await card(library.core, Actor(library.root), folder) is None
