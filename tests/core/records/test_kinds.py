"""Values: what each kind of field takes, what it makes of it, and what it refuses."""

from typing import Any

import pytest

from commonhold.core.problems import Problem
from commonhold.core.query import Op
from commonhold.core.records.kinds import FUNCTIONS, OPERATORS, Kind, cast

TAKEN: list[tuple[Kind, Any, Any]] = [
    (Kind.INTEGER, 5, 5),
    (Kind.INTEGER, "-5", -5),
    (Kind.INTEGER, 5.0, 5),
    (Kind.INTEGER, -(2**31), -(2**31)),
    (Kind.BIGINT, str(2**63 - 1), 2**63 - 1),
    (Kind.FLOAT, "1e3", 1000.0),
    (Kind.FLOAT, 2, 2.0),
    (Kind.DECIMAL, "1.50", "1.50"),
    (Kind.DECIMAL, 1e3, "1000.0"),
    (Kind.DECIMAL, "1E+3", "1000"),
    (Kind.STRING, "x", "x"),
    (Kind.TEXT, 5, "5"),
    (Kind.HASH, "", ""),
    (Kind.BOOLEAN, "true", True),
    (Kind.BOOLEAN, 0, False),
    (Kind.TIMESTAMP, 5, 5),
    (Kind.TIMESTAMP, "1970-01-01T00:00:00.005Z", 5),
    (Kind.TIMESTAMP, "1970-01-01T01:00:00+01:00", 0),
    (Kind.TIMESTAMP, "1969-12-31T23:59:59.999", -1),
    (Kind.TIMESTAMP, "9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    (Kind.DATETIME, "2024-02-29", "2024-02-29T00:00:00"),
    (Kind.DATETIME, "2024-02-29T01:02:03.0049", "2024-02-29T01:02:03.004"),
    (Kind.DATETIME, -1, "1969-12-31T23:59:59.999"),
    (Kind.DATE, "2024-02-29T23:30:00-02:00", "2024-03-01"),
    (Kind.DATE, 0, "1970-01-01"),
    (Kind.TIME, "08:05", "08:05:00"),
    (Kind.TIME, "08:05:07.500", "08:05:07.500"),
    (Kind.TIME, "2024-02-29T08:05:07", "08:05:07"),
    (Kind.TIME, 1, "00:00:00.001"),
    (Kind.UUID, "{0B0C0D0E-0000-4000-8000-00000000000A}", "0b0c0d0e-0000-4000-8000-00000000000a"),
    (Kind.JSON, {"a": [1, None, "\\u0000"]}, '{"a":[1,null,"\\\\u0000"]}'),
]

REFUSED: list[tuple[Kind, Any]] = [
    (Kind.INTEGER, "x"),
    (Kind.INTEGER, "5.0"),
    (Kind.INTEGER, " 5"),
    (Kind.INTEGER, "٥"),
    (Kind.INTEGER, 5.5),
    (Kind.INTEGER, True),
    (Kind.INTEGER, [5]),
    (Kind.INTEGER, float("inf")),
    (Kind.FLOAT, "nan"),
    (Kind.FLOAT, False),
    (Kind.FLOAT, {}),
    (Kind.DECIMAL, "NaN"),
    (Kind.DECIMAL, True),
    (Kind.DECIMAL, "x"),
    (Kind.STRING, "a\0b"),
    (Kind.STRING, "\ud800"),
    (Kind.STRING, True),
    (Kind.STRING, ["x"]),
    (Kind.BOOLEAN, "yes"),
    (Kind.BOOLEAN, []),
    (Kind.TIMESTAMP, "yesterday"),
    (Kind.TIMESTAMP, True),
    (Kind.TIMESTAMP, 1.5),
    (Kind.TIMESTAMP, "0001-01-01T00:00:00+01:00"),
    (Kind.TIME, "25:00"),
    (Kind.UUID, "x"),
    (Kind.UUID, 5),
    (Kind.JSON, "\0"),
    (Kind.JSON, {"a": {1, object()}}),
]


@pytest.mark.parametrize(("kind", "value", "expected"), TAKEN)
def test_values_are_taken(kind: Kind, value: Any, expected: Any) -> None:
    """A kind takes the forms that clients send, and makes its own form of them; that form it keeps."""
    found = cast(kind, value)

    assert (expected, type(expected)) == (found, type(found))
    assert kind is Kind.JSON or expected == cast(kind, found)


@pytest.mark.parametrize(("kind", "value"), REFUSED)
def test_values_are_refused(kind: Kind, value: Any) -> None:
    """What a kind cannot hold is a problem that names the kind and the value."""
    with pytest.raises(Problem) as raised:
        cast(kind, value)

    assert raised.value.code == "invalid_field"
    assert raised.value.facts["type"] == kind.value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.INTEGER, 2**31),
        (Kind.INTEGER, "99999999999999999999"),
        (Kind.BIGINT, -(2**63) - 1),
        (Kind.TIMESTAMP, 253_402_300_800_000),
        (Kind.DATE, -(10**15)),
        (Kind.DECIMAL, "1e999999"),
    ],
)
def test_ranges(kind: Kind, value: Any) -> None:
    """Numbers and moments beyond what a kind holds are told apart from what is no such value."""
    with pytest.raises(Problem, match="value_out_of_range"):
        cast(kind, value)


@pytest.mark.parametrize("kind", Kind)
def test_nothing_is_nothing(kind: Kind) -> None:
    """NULL is NULL for every kind, and every kind knows its operators."""
    assert cast(kind, None) is None
    assert (Op.NULL in OPERATORS[kind]) is (kind is not Kind.ALIAS)


def test_nobody_asks_about_secrets() -> None:
    """Of a secret nobody may ask more than whether there is one, and every function knows its kinds."""
    assert {Op.NULL, Op.NNULL, Op.EMPTY, Op.NEMPTY} == OPERATORS[Kind.HASH]
    assert not any(Kind.HASH in kinds for kinds in FUNCTIONS.values())


def test_deep_json() -> None:
    """JSON nested beyond what can be read back is refused."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Problem, match="invalid_field"):
        cast(Kind.JSON, deep)
