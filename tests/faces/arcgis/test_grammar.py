"""The search grammar: what a query means, and that nothing somebody writes is more than refused."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.core.problems import Problem
from commonhold.faces.arcgis.grammar import DEEPEST, LEAVES, matches, parse

CASES = [
    msgspec.json.decode(line)
    for line in (Path(__file__).parent / "cases" / "grammar.jsonl").read_text(encoding="ascii").splitlines()
]

THINGS: dict[str, dict[str, Any]] = {
    "abc": {
        "id": "abc",
        "group": ["g1", "g2"],
        "type": "Web Map",
        "typekeywords": ["Map", "Explorer Web Map"],
        "owner": "Jane",
        "title": "Roads and rivers",
        "tags": ["Roads", "water"],
        "snippet": "Where they are",
        "accountid": "o1",
        "created": 150,
    },
    "def": {
        "id": "def",
        "group": [],
        "type": "Web Mapping Application",
        "owner": "john",
        "title": "a-b",
        "url": "https://one.example/x",
        "accountid": "o2",
        "created": 300,
    },
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_query(case: dict[str, Any]) -> None:
    """Each form of a query finds what it should; a broken one is a bad query."""
    if case.get("refused"):
        with pytest.raises(Problem) as caught:
            parse(case["q"])
        assert caught.value.code == "bad_query"
        return
    asked = parse(case["q"])
    assert {name: matches(asked, THINGS[name]) for name in (*case["yes"], *case["no"])} == {
        **dict.fromkeys(case["yes"], True),
        **dict.fromkeys(case["no"], False),
    }


def test_queries_are_bounded() -> None:
    """What is nested too deep, has too many parts or is too long is a bad query."""
    nested = "(" * (DEEPEST + 2) + "a" + ")" * (DEEPEST + 2)
    for text in (nested, "NOT " * 8_000 + "a", "a " * (LEAVES + 1), "a" * 40_000):
        with pytest.raises(Problem):
            parse(text)
    assert matches(parse(" OR ".join(f"id:{n}" for n in range(1000))), {"id": "999"})


PIECES = st.sampled_from(
    ["(", ")", '"', "AND", "OR", "NOT", "-", "+", "id:", "title:", "created:", "[1 TO 2]", "{* TO 9}", "[", "]", "*",
     "a*", "roads", "\\", "^2", "~", ":", "||", "&&", "!", "\u00e4", "'", "{", "}", "TO", " "]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map(" ".join) | st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=60))
def test_nothing_breaks_the_grammar(text: str) -> None:
    """Whatever is written is a filter that can be applied, or a bad query."""
    try:
        asked = parse(text)
    except Problem as problem:
        refused = problem.code
        assert refused == "bad_query"
        return
    for thing in THINGS.values():
        matches(asked, thing)


LEAF = st.sampled_from(["id:abc", "owner:jane", "roads", 'type:"Web Map"', "created:[100 TO 200]", "tags:ro*"])
TREES = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]} AND {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} OR {two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} {two[1]})"),
        inner.map(lambda one: f"NOT {one}"),
        inner.map(lambda one: f"({one})"),
    ),
    max_leaves=8,
)


@given(TREES, TREES)
def test_the_laws_of_and_or_not(a: str, b: str) -> None:
    """AND, OR and NOT of two queries mean what they say, however they are nested."""
    for thing in THINGS.values():
        left, right = matches(parse(a), thing), matches(parse(b), thing)
        assert matches(parse(f"({a}) AND ({b})"), thing) is (left and right)
        assert matches(parse(f"({a}) OR ({b})"), thing) is (left or right)
        assert matches(parse(f"NOT ({a})"), thing) is not left
