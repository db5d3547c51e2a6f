"""Changes of the catalogue: the next version, or a problem; what belongs together goes together."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from commonhold.core.problems import Problem
from commonhold.core.records import changes
from commonhold.core.records.catalog import Catalog, Collection, Field, Relation
from commonhold.core.records.changes import (
    with_collection,
    with_field,
    with_relation,
    without_collection,
    without_field,
    without_relation,
)
from commonhold.core.records.kinds import Kind
from commonhold.testing.sample_records import sample_catalog

CATALOG = sample_catalog()
ID = Field("id", Kind.INTEGER)


def new(name: str, *fields: Field, key: str = "id") -> Collection:
    return Collection(name, key, fields or (ID,))


def test_a_change_is_a_new_version() -> None:
    """The catalogue before stays as it was."""
    after = with_collection(CATALOG, new("Plain"))

    assert CATALOG.version + 1 == after.version
    assert "Plain" in after
    assert "Plain" not in CATALOG


def test_keys_are_needed() -> None:
    """The key of a collection always has a value."""
    after = with_collection(CATALOG, new("plain"))
    assert not after.field("plain", "id").nullable


@pytest.mark.parametrize(
    ("code", "collection"),
    [
        ("bad_name", new("")),
        ("bad_name", new("a-b")),
        ("bad_name", new("1a")),
        ("bad_name", new("é")),
        ("bad_name", new("a" * 57)),
        ("bad_name", new("a\n")),
        ("bad_name", new("Commonhold_files")),
        ("collection_exists", new("Articles")),
        ("bad_name", new("x", ID, Field("a b"))),
        ("name_taken", new("x", ID, Field("ID"))),
        ("invalid_field", new("x", ID, Field("n", Kind.INTEGER, default="many"))),
        ("invalid_field", new("x", ID, key="no")),
        ("invalid_field", new("x", Field("id", Kind.JSON))),
        ("invalid_field", new("x", Field("id", Kind.ALIAS))),
        ("query_too_costly", new("x", *(Field(f"f{n}") for n in range(501)))),
    ],
)
def test_collections_are_refused(code: str, collection: Collection) -> None:
    """Names are plain, once, and not ours; keys are numbers or names; defaults fit."""
    with pytest.raises(Problem, match=code):
        with_collection(CATALOG, collection)


def test_there_is_a_largest_catalogue() -> None:
    """Collections are limited in number."""
    full = Catalog(1, [new(f"c{n}") for n in range(changes.MOST_COLLECTIONS)])
    with pytest.raises(Problem, match="query_too_costly"):
        with_collection(full, new("one_more"))


def test_collections_go_with_their_relations() -> None:
    """Relations to and from a collection go with it, with their reverse fields; of several targets the others stay."""
    after = without_collection(CATALOG, "comments")

    assert "comments" not in after
    assert after.relation("articles", "comments") is None
    assert "comments" not in [field.name for field in after.collection("articles").fields]
    assert (relation := after.relation("blocks", "item")) is not None
    assert relation.targets == ("tags",)
    assert after.field("blocks", "item").kind is Kind.STRING

    after = without_collection(after, "tags")
    assert after.relation("blocks", "item") is None
    assert after.relation("articles_tags", "tag") is None
    with pytest.raises(Problem, match="unknown_collection"):
        without_collection(after, "tags")


def test_fields_come_and_go() -> None:
    """A field can be added and taken away; with it goes the relation that starts in it, and its reverse field."""
    after = with_field(CATALOG, "tags", Field("colour"))
    assert after.field("tags", "colour").kind is Kind.STRING

    after = without_field(after, "tags", "colour")
    assert [field.name for field in CATALOG.collection("tags").fields] == [
        field.name for field in after.collection("tags").fields
    ]

    after = without_field(CATALOG, "comments", "article")
    assert after.relation("articles", "comments") is None
    assert "comments" not in [field.name for field in after.collection("articles").fields]


def test_reverse_fields_go_alone() -> None:
    """Without its reverse field a relation goes on."""
    after = without_field(CATALOG, "articles", "comments")

    assert (relation := after.relation("comments", "article")) is not None
    assert relation.reverse is None


@pytest.mark.parametrize(("code", "name"), [("invalid_field", "id"), ("unknown_column", "nothing")])
def test_fields_stay(code: str, name: str) -> None:
    """The key stays, and what is not there cannot go."""
    with pytest.raises(Problem, match=code):
        without_field(CATALOG, "articles", name)


def test_reverse_fields_are_made_or_used() -> None:
    """A reverse field is added where there is none, and a field for show takes the part."""
    relation = Relation("settings", "author", ("authors",), reverse="settings")
    before = with_field(CATALOG, "settings", Field("author", Kind.BIGINT))

    made = with_relation(before, relation)
    used = with_relation(with_field(before, "authors", Field("settings", Kind.ALIAS)), relation)

    for after in (made, used):
        assert after.field("authors", "settings").kind is Kind.ALIAS
        assert after.hop("authors", "settings").there == "settings"


SECOND = Relation("comments", "second", ("articles",))


@pytest.mark.parametrize(
    ("code", "relation"),
    [
        ("unknown_collection", replace(SECOND, collection="nothing")),
        ("unknown_collection", replace(SECOND, targets=("nothing",))),
        ("unknown_column", replace(SECOND, field="nothing")),
        ("name_taken", replace(SECOND, field="article")),
        ("name_taken", replace(SECOND, reverse="title")),
        ("name_taken", replace(SECOND, reverse="comments")),
        ("invalid_field", replace(SECOND, targets=())),
        ("invalid_field", replace(SECOND, targets=("articles", "authors"))),
        ("invalid_field", replace(SECOND, targets=("tags",))),
        ("invalid_field", replace(SECOND, field="text")),
        ("invalid_field", replace(SECOND, kind_field="text")),
        ("invalid_field", replace(SECOND, field="text", kind_field="second")),
        ("unknown_column", replace(SECOND, field="text", kind_field="nothing")),
        ("invalid_field", Relation("blocks", "what", ("tags",), kind_field="item", reverse="x")),
        ("invalid_field", Relation("blocks", "what", (), kind_field="item")),
    ],
)
def test_relations_are_refused(code: str, relation: Relation) -> None:
    """A relation needs a field that can hold the keys of its target, and names that are free."""
    before = with_field(CATALOG, "comments", Field("second", Kind.INTEGER))
    with pytest.raises(Problem, match=code):
        with_relation(before, relation)


@pytest.mark.parametrize(("collection", "field"), [("articles", "title"), ("articles", "comments")])
def test_relations_that_are_not_there(collection: str, field: str) -> None:
    """A relation is taken away where it starts, and only there."""
    with pytest.raises(Problem, match="unknown_column"):
        without_relation(CATALOG, collection, field)


CHANGES: list[Callable[[Catalog], Catalog]] = [
    lambda catalog: without_relation(catalog, "articles", "author"),
    lambda catalog: without_relation(catalog, "articles", "category"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_relations_go(change: Callable[[Catalog], Catalog]) -> None:
    """A relation goes with its reverse field, if it has one; its own field stays."""
    after = change(CATALOG)

    assert len(after.relations) == len(CATALOG.relations) - 1
    assert after.field("articles", "author").kind is Kind.INTEGER
    assert after.field("articles", "category").kind is Kind.INTEGER
