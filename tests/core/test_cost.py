"""What queries cost, and that too much of anything is refused by name."""

import pytest

from commonhold.core.cost import LIMITS, Cost, check, depth, measure
from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    Aggregate,
    Call,
    Compare,
    Filter,
    Fn,
    Given,
    Measure,
    Nest,
    Not,
    Of,
    Op,
    Or,
    Pick,
    Query,
    Some,
    Sort,
    within,
)

A: Filter = Compare("a", Op.EQ, 1)
WIDE = Query(
    (
        Pick("a"),
        Pick(Of("b", Given("c", A))),
        Nest("d", "d", Query((Nest("e", "e", Query((Pick("f"),), within("gh", A))),)), given=A),
    ),
    Or((A, Not(Some("b", Compare("t", Op.IN, (1, "xyz")))), Compare("t", Op.IMATCHES, "a*b?"))),
    (Sort(Call(Fn.COUNT, "d", A)),),
    aggregate=Aggregate(((Measure.COUNT, None), (Measure.SUM, "a")), ("g",)),
)


def test_everything_is_measured() -> None:
    """Relations, conditions, columns and values are counted wherever they stand."""
    expected = Cost(depth=4, relations=7, conditions=7, nesting=3, fields=15, values=2, text=4, wildcards=2)
    assert expected == measure(WIDE)
    assert depth(WIDE) == 4
    assert measure(Query()) == Cost()


@pytest.mark.parametrize("limit", Cost.__struct_fields__)
def test_each_limit_is_named(limit: str) -> None:
    """A query over one limit is refused with its name, what is allowed and what was found."""
    found = getattr(measure(WIDE), limit)
    roomy = dict.fromkeys(Cost.__struct_fields__, 99)

    check(WIDE, Cost(**roomy | {limit: found}))
    with pytest.raises(Problem) as raised:
        check(WIDE, Cost(**roomy | {limit: found - 1}))

    assert Problem("query_too_costly", limit=limit, allowed=found - 1, found=found) == raised.value


def test_ordinary_queries_pass() -> None:
    """What people ask passes the limits; a relation too many does not."""
    check(WIDE)
    check(Query(filter=within("a" * LIMITS.depth, ALWAYS)))
    with pytest.raises(Problem, match="query_too_costly"):
        check(Query(filter=within("a" * (LIMITS.depth + 1), ALWAYS)))
