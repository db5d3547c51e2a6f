"""Filters: each operator, form and refusal, asked of rows in memory (sources agree with these by law)."""

from typing import Any

import msgspec
import pytest
from tests.faces.directus.tables import cases

from commonhold.core.query import Facts, Pick, Query
from commonhold.core.records.evaluate import Evaluator
from commonhold.core.records.rules import WHOLE, Access, Grant
from commonhold.core.records.view import View
from commonhold.faces.directus.filters import filter_of, now
from commonhold.faces.directus.problems import ApiError
from commonhold.testing.sample_records import sample_catalog, sample_rows

CATALOG = sample_catalog()
ROWS = sample_rows()
FACTS = Facts(1_800_000_000_000, {"user": "Second", "group": ("First",), "groups": ("First", "ÉTÉ")})
CASES = cases("filters.jsonl")


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "ids" in case])
def test_found(name: str) -> None:
    """The filter finds these rows."""
    case = CASES[name]
    where = filter_of(View(CATALOG, WHOLE), "articles", case["filter"])
    found = Evaluator(CATALOG, ROWS, FACTS).read("articles", Query((Pick("id"),), where))
    assert [row["id"] for row in found] == case["ids"]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "reason" in case])
def test_refused(name: str) -> None:
    """The filter is refused with this status and reason."""
    case = CASES[name]
    with pytest.raises(ApiError) as raised:
        filter_of(View(CATALOG, WHOLE), "articles", case["filter"])
    assert (raised.value.status, raised.value.details["reason"]) == (case["status"], case["reason"])


@pytest.mark.parametrize("where", [{"secret": {"_null": True}}, {"author": {"name": "Ada"}}, {"count(comments)": 1}])
def test_what_may_not_be_read_does_not_exist(where: dict[str, Any]) -> None:
    """A field that may not be read is refused as one that does not exist, in functions and relations too."""
    access = Access({"articles": (Grant(fields=frozenset({"id", "title", "author"})),)})
    with pytest.raises(ApiError, match="or it does not exist"):
        filter_of(View(CATALOG, access), "articles", where)


@pytest.mark.parametrize(
    ("text", "plus", "months"),
    [
        ("$NOW", 0, 0),
        ("$NOW(+1 day)", 86_400_000, 0),
        ("$NOW(-2 hours)", -7_200_000, 0),
        ("$NOW(1 w)", 604_800_000, 0),
        ("$NOW(-5 m)", -300_000, 0),
        ("$NOW(-1 year)", 0, -12),
        ("$NOW( + 3 months )", 0, 3),
    ],
)
def test_moments(text: str, plus: int, months: int) -> None:
    """The moment of the request may be moved by units from milliseconds to years."""
    assert msgspec.structs.astuple(now(text)) == (plus, months)
