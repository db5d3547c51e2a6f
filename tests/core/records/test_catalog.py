"""The catalogue: what is looked up in it, and how steps of relations are resolved."""

import pytest

from commonhold.core.problems import Problem
from commonhold.core.query import ALWAYS, Back, Call, Fn, Given, Of, Operand, Step, Toward
from commonhold.core.records.catalog import Hop, decode_collection, encode_collection
from commonhold.core.records.kinds import Kind
from commonhold.testing.sample_records import sample_catalog

CATALOG = sample_catalog()


def test_look_ups() -> None:
    """Collections, fields and relations are found by name; a relation from both of its ends."""
    assert CATALOG.collection("tags").place == "r_tags"
    assert CATALOG.field("articles", "made").kind is Kind.TIMESTAMP
    assert "articles" in CATALOG
    assert "nothing" not in CATALOG
    assert CATALOG.relation("comments", "article") is CATALOG.relation("articles", "comments")
    assert CATALOG.relation("articles", "title") is None


@pytest.mark.parametrize(
    ("collection", "over", "expected"),
    [
        ("articles", "author", Hop("author", "authors", "id", many=False)),
        ("articles", "comments", Hop("id", "comments", "article", many=True)),
        ("authors", Back("articles", "author"), Hop("id", "articles", "author", many=True)),
        ("articles_tags", "tag", Hop("tag", "tags", "slug", many=False)),
        ("blocks", Toward("item", "tags"), Hop("item", "tags", "slug", many=False, near_kind="what")),
        ("tags", Back("blocks", "item"), Hop("slug", "blocks", "item", many=True, far_kind="what")),
        ("comments", "replies", Hop("id", "comments", "answers", many=True)),
    ],
)
def test_steps(collection: str, over: Step, expected: Hop) -> None:
    """A step is resolved to two columns that are equal, in both directions and for several targets."""
    hop = CATALOG.hop(collection, over)

    assert expected == hop
    assert hop.loose is isinstance(over, Toward) or hop.loose is (hop.far_kind is not None)


@pytest.mark.parametrize(
    ("collection", "over"),
    [
        ("articles", "title"),
        ("articles", "nothing"),
        ("articles", Toward("author", "authors")),
        ("articles", Toward("comments", "comments")),
        ("blocks", "item"),
        ("blocks", Toward("item", "authors")),
        ("authors", Back("articles", "title")),
        ("authors", Back("articles", "category")),
    ],
)
def test_no_such_step(collection: str, over: Step) -> None:
    """A step that is no relation, or leads elsewhere, is an unknown field."""
    with pytest.raises(Problem, match="unknown_column"):
        CATALOG.hop(collection, over)


@pytest.mark.parametrize(
    ("expected", "operand"),
    [
        (Kind.STRING, "title"),
        (Kind.INTEGER, Call(Fn.YEAR, "made")),
        (Kind.INTEGER, Call(Fn.COUNT, "comments")),
        (Kind.INTEGER, Call(Fn.COUNT, "extra")),
        (Kind.DATE, Of("author", "born")),
        (Kind.DECIMAL, Given("price", ALWAYS)),
    ],
)
def test_kinds(expected: Kind, operand: Operand) -> None:
    """An operand has the kind of its values."""
    assert expected is CATALOG.kind("articles", operand)


@pytest.mark.parametrize(
    ("code", "operand"),
    [
        ("unknown_column", "nothing"),
        ("unknown_column", Of("title", "x")),
        ("bad_query", Of("comments", "text")),
        ("bad_query", Call(Fn.YEAR, "title")),
        ("bad_query", Call(Fn.HOUR, "day")),
        ("bad_query", Call(Fn.COUNT, "title")),
    ],
)
def test_no_such_operand(code: str, operand: Operand) -> None:
    """What has no value is refused: a field that is not there, many rows, a function that does not fit."""
    with pytest.raises(Problem, match=code):
        CATALOG.kind("articles", operand)


def test_unknown_names() -> None:
    """What is not there is named in the problem."""
    with pytest.raises(Problem) as raised:
        CATALOG.collection("nothing")
    assert Problem("unknown_collection", collection="nothing") == raised.value
    with pytest.raises(Problem) as raised:
        CATALOG.field("tags", "nothing")
    assert Problem("unknown_column", collection="tags", field="nothing") == raised.value


def test_casting_names_the_field() -> None:
    """A value that a field cannot hold is refused with the field's name."""
    assert CATALOG.field("articles", "views").cast("5") == 5
    with pytest.raises(Problem) as raised:
        CATALOG.field("articles", "views").cast("x")
    assert Problem("invalid_field", field="views", value="x", type="integer") == raised.value


def test_collections_are_written_down() -> None:
    """A collection comes back from its JSON text as it was."""
    for collection in CATALOG:
        assert collection == decode_collection(encode_collection(collection))
