"""Reach: which rows are linked with one, step by step and as a law."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from tests.store.sources.strategies import STEPS, tables

from commonhold.core.query import Compare, Facts, Op
from commonhold.core.records.catalog import Catalog, Collection, Field, Relation
from commonhold.core.records.kinds import Kind
from commonhold.core.records.reach import LONGEST_PATH, MOST_PATHS, reach
from commonhold.testing.naive_query import NaiveSource
from commonhold.testing.sample_records import sample_catalog, sample_rows

CATALOG = sample_catalog()
Rows = dict[str, list[dict[str, Any]]]


def linked(rows: Rows, collection: str, key: Any, *, siblings: bool = False) -> dict[str, set[Any]]:
    """The keys of the rows in reach of one, by collection; collections without such rows are left out."""
    naive = NaiveSource(CATALOG, rows, Facts(0))
    found = {}
    for name, where in reach(CATALOG, collection, str(key), siblings=siblings).items():
        key_of = CATALOG.collection(name).key
        found[name] = {row[key_of] for row in rows[name] if naive.holds(name, row, where)}
    return {name: keys for name, keys in found.items() if keys}


@pytest.mark.parametrize(
    ("collection", "key", "expected"),
    [
        (
            "articles",
            1,
            {
                "articles": {1},
                "authors": {1},
                "comments": {1, 2, 4},
                "articles_tags": {1, 2},
                "tags": {"a", "b", "1"},
                "blocks": {1, 2},
            },
        ),
        (
            "articles",
            2,
            {
                "articles": {2},
                "authors": {2},
                "categories": {1},
                "articles_tags": {3},
                "tags": {"a", "b"},
                "blocks": {3, 4},
            },
        ),
        ("authors", 1, {"authors": {1}, "articles": {1, 3}, "categories": {1}, "comments": {1, 2, 3, 4}}),
        ("articles", 99, {}),
    ],
)
def test_what_is_linked(collection: str, key: Any, expected: dict[str, set[Any]]) -> None:
    """Down and on, up, through junctions, and one step to each of several kinds; siblings stay hidden."""
    found = linked(sample_rows(), collection, key)
    assert expected.items() <= found.items()
    assert collection != "articles" or expected == found


def test_siblings() -> None:
    """Articles of the same category, and other uses of the same tag, are in reach only where that is asked for."""
    hidden, shown = (linked(sample_rows(), "articles", 2, siblings=siblings) for siblings in (False, True))

    assert ({2}, {3}) == (hidden["articles"], hidden["articles_tags"])
    assert ({2, 3}, {1, 3}) == (shown["articles"], shown["articles_tags"])


def closure(rows: Rows, collection: str, key: Any) -> set[tuple[str, Any]]:
    """All rows that hang together with one, in any number of steps in any direction."""
    naive = NaiveSource(CATALOG, rows, Facts(0))
    key_of = {found.name: found.key for found in CATALOG}

    def neighbours(name: str, row: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for over in STEPS[name]:
            there, found = naive.follow(name, row, over)
            yield from ((there, one[key_of[there]]) for one in found)

    seen: set[tuple[str, Any]] = set()
    waiting = [(collection, key)]
    while waiting:
        here = waiting.pop()
        if here not in seen:
            seen.add(here)
            for row in rows[here[0]]:
                if row[key_of[here[0]]] == here[1]:
                    waiting.extend(neighbours(here[0], row))
    return seen


@settings(max_examples=30)
@given(tables())
def test_reach_is_bounded(rows: Rows) -> None:
    """The row itself is in reach, more with siblings than without, and nothing that does not hang together with it."""
    for collection in ("articles", "comments", "tags"):
        for row in rows[collection][:2]:
            key = row[CATALOG.collection(collection).key]
            near, wide = (pairs(linked(rows, collection, key, siblings=siblings)) for siblings in (False, True))

            assert (collection, key) in near
            assert near <= wide <= closure(rows, collection, key)


def pairs(found: dict[str, set[Any]]) -> set[tuple[str, Any]]:
    return {(name, key) for name, keys in found.items() for key in keys}


def chain(length: int) -> Catalog:
    """Collections that refer to one another in a row."""
    fields = (Field("id", Kind.INTEGER), Field("up", Kind.INTEGER))
    relations = [(Relation(f"c{n}", "up", (f"c{n - 1}",)),) if n else () for n in range(length)]
    return Catalog(1, [Collection(f"c{n}", "id", fields, relations[n]) for n in range(length)])


def test_paths_end() -> None:
    """Paths are limited in length, and in number."""
    assert len(reach(chain(LONGEST_PATH + 5), "c0", "1")) == LONGEST_PATH + 1

    fields = (Field("id", Kind.INTEGER), Field("up", Kind.INTEGER))
    star = [Collection(f"s{n}", "id", fields, (Relation(f"s{n}", "up", ("c0",)),)) for n in range(MOST_PATHS + 5)]
    assert len(reach(Catalog(1, [Collection("c0", "id", fields), *star]), "c0", "1")) == MOST_PATHS


def test_children_are_found_by_their_column() -> None:
    """Rows that refer to the root are found by an index, without a look at the root."""
    assert Compare("article", Op.EQ, "1") in [reach(CATALOG, "articles", "1")["comments"], *parts("comments")]


def parts(collection: str) -> tuple[Any, ...]:
    where: Any = reach(CATALOG, "articles", "1")[collection]
    return tuple(where.parts)
