"""What every source of records must do. Inherit ``SourceContract`` and give it a fixture ``source`` without tables."""

from typing import Any

import pytest

from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    Aggregate,
    And,
    Call,
    Compare,
    Filter,
    Fn,
    Measure,
    Not,
    Op,
    Operand,
    Page,
    Query,
    Sort,
)
from commonhold.testing.naive_query import NaiveSource
from commonhold.testing.sample_records import sample_rows
from commonhold.testing.source_cases import CASES, FACTS, FILTERS, KEY, QUERIES, REFUSED, TALLIES, Filled, ids
from commonhold.testing.source_writing import Reshaping, Writing


class Reading:
    """Rows in, rows out."""

    @pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.get('fn', '')}{case['field']}-{case['op']}")
    async def test_operator(self, filled: Filled, case: dict[str, Any]) -> None:
        """Every operator finds the rows that the cases say, and the plain evaluation says the same."""
        operand: Operand = Call(Fn(case["fn"]), case["field"]) if "fn" in case else case["field"]
        value = case.get("value")
        where = Compare(operand, Op(case["op"]), tuple(value) if isinstance(value, list) else value)
        naive = NaiveSource(filled[1], sample_rows(), FACTS)

        assert case["ids"] == await ids(filled, where)
        assert case["ids"] == [row["id"] for row in naive.read("articles", Query(KEY, where))]

    @pytest.mark.parametrize(("where", "expected"), [case[1:] for case in FILTERS], ids=[case[0] for case in FILTERS])
    async def test_filter(self, filled: Filled, where: Filter, expected: list[int]) -> None:
        """Logic, relations and late values find these rows: in a list, by key, and as flags."""
        source, catalog = filled
        by_key = [no for no in range(1, 6) if await ids(filled, And((Compare("id", Op.EQ, no), where)))]
        flags = await source.flags(catalog, "articles", range(1, 6), [where], FACTS)
        naive = NaiveSource(catalog, sample_rows(), FACTS)

        assert expected == await ids(filled, where)
        assert expected == by_key
        assert expected == [int(key) for key, (flag,) in sorted(flags.items()) if flag]
        assert expected == [row["id"] for row in naive.read("articles", Query(KEY, where))]

    @pytest.mark.parametrize(("code", "where"), REFUSED)
    async def test_refused(self, filled: Filled, code: str, where: Filter) -> None:
        """What the catalogue does not know, or a field cannot hold, is a problem and never an error of the database."""
        with pytest.raises(Problem) as raised:
            await ids(filled, where)

        assert code == raised.value.code

    @pytest.mark.parametrize("name", QUERIES)
    async def test_query(self, filled: Filled, name: str) -> None:
        """Fields, order, pages and nested rows are those of the plain evaluation."""
        source, catalog = filled

        found = await source.read(catalog, "articles", QUERIES[name], FACTS)

        assert NaiveSource(catalog, sample_rows(), FACTS).read("articles", QUERIES[name]) == found.rows

    @pytest.mark.parametrize("sort", [(), (Sort("views"),), (Sort("views", True), Sort("title")), (Sort("id", True),)])
    async def test_paging(self, filled: Filled, sort: tuple[Sort, ...]) -> None:
        """Pages read on from the last row of the one before show every row once, in order, NULLs included."""
        source, catalog = filled
        whole = await source.read(catalog, "articles", Query(KEY, sort=sort), FACTS)
        seen: list[Any] = []
        page = Page(2)

        while True:
            found = await source.read(catalog, "articles", Query(KEY, sort=sort, page=page), FACTS)
            seen.extend(found.rows)
            if found.after is None:
                break
            page = Page(2, after=found.after)

        assert whole.rows == seen
        assert whole.after is None

    async def test_foreign_cursor(self, filled: Filled) -> None:
        """Values to read on from that do not fit the order are refused."""
        source, catalog = filled
        with pytest.raises(Problem, match="bad_cursor"):
            await source.read(catalog, "articles", Query(KEY, page=Page(2, after=(1, 2))), FACTS)

    @pytest.mark.parametrize("operand", ["extra", "secret", "comments"])
    async def test_no_order(self, filled: Filled, operand: str) -> None:
        """Nobody sorts or groups by a secret, by JSON, or by a field without a column."""
        source, catalog = filled
        grouped = Query(aggregate=Aggregate(((Measure.COUNT, None),), (operand,)))
        with pytest.raises(Problem, match=r"bad_query|unknown_column"):
            await source.read(catalog, "articles", Query(KEY, sort=(Sort(operand),)), FACTS)
        with pytest.raises(Problem, match=r"bad_query|unknown_column"):
            await source.tally(catalog, "articles", grouped, FACTS)

    @pytest.mark.parametrize("query", TALLIES)
    async def test_tally(self, filled: Filled, query: Query) -> None:
        """Measures per group are those of the plain evaluation; relations in the filter count no row twice."""
        source, catalog = filled
        groups = len(query.aggregate.groups) if query.aggregate else 0

        found = await source.tally(catalog, "articles", query, FACTS)

        expected = NaiveSource(catalog, sample_rows(), FACTS).tally("articles", query)
        assert expected == {row[:groups]: pytest.approx(row[groups:]) for row in found}

    async def test_sorted_tally(self, filled: Filled) -> None:
        """Groups come in the order asked for, NULL greatest, and in pages; by another operand they are not sorted."""
        source, catalog = filled
        counted = Aggregate(((Measure.COUNT, None),), ("category",))
        query = Query(aggregate=counted, sort=(Sort("category", True),), page=Page(2, 1))

        assert await source.tally(catalog, "articles", query, FACTS) == [(2, 1), (1, 2)]
        with pytest.raises(Problem, match="bad_query"):
            await source.tally(catalog, "articles", Query(aggregate=counted, sort=(Sort("title"),)), FACTS)

    @pytest.mark.parametrize("measure", [(Measure.SUM, "title"), (Measure.MIN, "public")])
    async def test_refused_tally(self, filled: Filled, measure: tuple[Measure, str]) -> None:
        """There is no sum of texts, no least truth, and no tally of nothing."""
        source, catalog = filled
        for query in (Query(), Query(aggregate=Aggregate((measure,)))):
            with pytest.raises(Problem, match="bad_query"):
                await source.tally(catalog, "articles", query, FACTS)

    async def test_flags(self, filled: Filled) -> None:
        """Flags come per filter and row, unknown is false, and rows that do not exist are left out."""
        source, catalog = filled
        filters: list[Filter] = [Compare("views", Op.GT, 5), Not(Compare("views", Op.GT, 5)), ALWAYS]

        flags = await source.flags(catalog, "articles", [1, "3", 5, 99, "x", None], filters, FACTS)

        assert flags == {"1": (True, False, True), "3": (False, True, True), "5": (False, False, True)}


class SourceContract(Reading, Writing, Reshaping):
    """The contract of ``core.records.ports.Source``."""
