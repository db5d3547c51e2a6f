"""Plain words: which fields are searched, and how."""

import pytest

from commonhold.core.query import NEVER, Compare, Facts, Filter, Op
from commonhold.core.records.search import search
from commonhold.testing.naive_query import NaiveSource
from commonhold.testing.sample_records import sample_catalog, sample_rows

CATALOG = sample_catalog()
TOKEN = "0B0C0D0E-0000-4000-8000-00000000000A"


def found(where: Filter) -> list[int]:
    """The articles that match."""
    naive = NaiveSource(CATALOG, sample_rows(), Facts(0))
    return [row["id"] for row in sample_rows()["articles"] if naive.holds("articles", row, where)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("FIRST", [1]), ("été", [3]), ("20", [2]), ("5", [2, 5]), ("-1.25", [4]), (TOKEN, [5]), ("nowhere", [])],
)
def test_words(text: str, expected: list[int]) -> None:
    """Texts contain the words whatever their case, numbers and UUIDs are equal to them."""
    assert expected == found(search(CATALOG, "articles", text))


def test_some_fields() -> None:
    """Only fields that may be read are searched; where none is, nothing is found."""
    assert search(CATALOG, "articles", "x", frozenset(["title", "made"])) == Compare("title", Op.ICONTAINS, "x")
    assert search(CATALOG, "articles", "x", frozenset()) == NEVER
    assert search(CATALOG, "articles", "x", frozenset(["views", "secret"])) == NEVER
