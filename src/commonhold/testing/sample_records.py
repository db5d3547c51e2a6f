"""A small catalogue with every kind of field and relation, and rows to ask about.

articles → authors (no reverse field); articles → categories (reverse ``articles``); comments → articles (``comments``)
and comments → comments (``replies``); articles and tags by the junction ``articles_tags``; blocks of an article that
are a comment or a tag.
"""

from typing import Any, Final

from commonhold.core.records.catalog import Catalog, Collection, Field, OnDelete, Relation
from commonhold.core.records.changes import with_collection, with_relation
from commonhold.core.records.kinds import Kind

ID: Final = Field("id", Kind.INTEGER)


def _collection(name: str, *fields: Field, key: Field = ID) -> Collection:
    return Collection(name, key.name, (key, *fields))


COLLECTIONS: Final = (
    _collection("authors", Field("name"), Field("born", Kind.DATE)),
    _collection("categories", Field("name")),
    _collection(
        "articles",
        Field("title", length=40),
        Field("body", Kind.TEXT),
        Field("views", Kind.INTEGER),
        Field("size", Kind.BIGINT),
        Field("price", Kind.DECIMAL, precision=10, scale=2),
        Field("score", Kind.FLOAT),
        Field("public", Kind.BOOLEAN),
        Field("made", Kind.TIMESTAMP),
        Field("meets", Kind.DATETIME),
        Field("day", Kind.DATE),
        Field("hour", Kind.TIME),
        Field("token", Kind.UUID),
        Field("extra", Kind.JSON),
        Field("secret", Kind.HASH),
        Field("author", Kind.INTEGER),
        Field("category", Kind.INTEGER),
    ),
    _collection("comments", Field("text"), Field("article", Kind.INTEGER), Field("answers", Kind.INTEGER)),
    _collection("tags", Field("label"), key=Field("slug")),
    _collection("articles_tags", Field("article", Kind.INTEGER), Field("tag"), Field("rank", Kind.INTEGER)),
    _collection("blocks", Field("page", Kind.INTEGER), Field("item"), Field("what")),
    _collection("settings", Field("name", nullable=False, unique=True), Field("value", nullable=False, default="on")),
)

RELATIONS: Final = (
    Relation("articles", "author", ("authors",)),
    Relation("articles", "category", ("categories",), reverse="articles"),
    Relation("comments", "article", ("articles",), reverse="comments", on_delete=OnDelete.DELETE),
    Relation("comments", "answers", ("comments",), reverse="replies", on_delete=OnDelete.DELETE),
    Relation("articles_tags", "article", ("articles",), reverse="tags", junction="tag", on_delete=OnDelete.DELETE),
    Relation("articles_tags", "tag", ("tags",), reverse="articles", junction="article", on_delete=OnDelete.REFUSE),
    Relation("blocks", "page", ("articles",), reverse="blocks"),
    Relation("blocks", "item", ("comments", "tags"), kind_field="what"),
)


def sample_catalog() -> Catalog:
    """Return the catalogue, made change by change."""
    catalog = Catalog(0)
    for collection in COLLECTIONS:
        catalog = with_collection(catalog, collection)
    for relation in RELATIONS:
        catalog = with_relation(catalog, relation)
    return catalog


def sample_rows() -> dict[str, list[dict[str, Any]]]:
    """Return rows for every collection, in an order in which they can be added; values as the core sees them."""
    articles = [
        _article(1, "First", body="alpha Beta", views=10, price="1.50", public=True, author=1, **_MOMENT),
        _article(2, "Second", body="50% _off_ *now*", views=20, price="2.00", public=False, author=2, category=1),
        _article(3, "ÉTÉ", body="été", views=-5, size=2**40, score=0.5, author=1, category=1, extra=[1, 2, 3]),
        _article(4, "", body="", score=-1.25, made=-1, day="1969-12-31", hour="23:59:59.500", extra={"a": 1}),
        _article(5, None, category=2, **_SECRET),
    ]
    return {
        "authors": [{"id": 1, "name": "Ada", "born": "1815-12-10"}, {"id": 2, "name": "Bob", "born": None}],
        "categories": [{"id": 1, "name": "news"}, {"id": 2, "name": None}],
        "articles": articles,
        "comments": [
            {"id": 1, "text": "one on first", "article": 1, "answers": None},
            {"id": 2, "text": "two on first", "article": 1, "answers": 1},
            {"id": 3, "text": "one on third", "article": 3, "answers": None},
            {"id": 4, "text": None, "article": None, "answers": 2},
        ],
        "tags": [{"slug": "a", "label": "Aa"}, {"slug": "b", "label": None}, {"slug": "1", "label": "One"}],
        "articles_tags": [
            {"id": 1, "article": 1, "tag": "a", "rank": 2},
            {"id": 2, "article": 1, "tag": "b", "rank": 1},
            {"id": 3, "article": 2, "tag": "a", "rank": None},
        ],
        "blocks": [
            {"id": 1, "page": 1, "item": "1", "what": "comments"},
            {"id": 2, "page": 1, "item": "1", "what": "tags"},
            {"id": 3, "page": 2, "item": "b", "what": "tags"},
            {"id": 4, "page": 2, "item": "3", "what": None},
            {"id": 5, "page": None, "item": None, "what": "comments"},
            {"id": 6, "page": 3, "item": "01", "what": "comments"},
            {"id": 7, "page": 3, "item": "b", "what": "comments"},
        ],
        "settings": [{"id": 1, "name": "mode", "value": "on"}],
    }


_SECRET: Final = {"secret": "s", "token": "0b0c0d0e-0000-4000-8000-00000000000a"}
_MOMENT: Final = {
    "made": 1_709_251_199_999,  # 2024-02-29T23:59:59.999Z, a Thursday in ISO week 9
    "meets": "2024-12-30T08:05:07",  # a Monday in ISO week 1 of 2025
    "day": "2024-02-29",
    "hour": "08:05:07",
}


def _article(no: int, title: str | None, **values: Any) -> dict[str, Any]:
    empty = dict.fromkeys(field.name for field in COLLECTIONS[2].fields)
    return {**empty, "id": no, "title": title, **values}
