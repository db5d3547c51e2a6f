"""The query tree: how filters are joined, what late values mean, and how filters are written down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    NEVER,
    And,
    Back,
    Call,
    Compare,
    Current,
    Facts,
    Filter,
    Fn,
    Given,
    Nest,
    Not,
    Now,
    Of,
    Op,
    Or,
    Pick,
    Query,
    Slot,
    Some,
    Toward,
    all_of,
    any_of,
    decode_filter,
    encode_filter,
    label,
    resolve,
    within,
)

A: Filter = Compare("a", Op.EQ, 1)
B: Filter = Compare("b", Op.EQ, 2)
NOON = 1_709_208_000_000  # 2024-02-29T12:00:00Z
DAY = 86_400_000


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        (ALWAYS, all_of()),
        (NEVER, any_of()),
        (A, all_of(A)),
        (A, all_of(A, ALWAYS, A)),
        (NEVER, all_of(A, NEVER)),
        (A, any_of(A, NEVER, A)),
        (ALWAYS, any_of(A, ALWAYS)),
        (And((A, B)), all_of(And((A,)), B)),
        (Or((A, B)), any_of(A, Or((B, A)))),
        (And((A, Or((A, B)))), all_of(A, any_of(A, B))),
    ],
)
def test_filters_are_joined(expected: Filter, found: Filter) -> None:
    """Joined filters are flat, say nothing twice, and stop at what decides alone."""
    assert expected == found


def test_within_follows_steps() -> None:
    """A filter within steps holds where some row at their end matches."""
    assert Some("a", Some(Back("c", "b"), A)) == within(("a", Back("c", "b")), A)
    assert within((), A) == A


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        (7, 7),
        (None, None),
        (NOON, Now()),
        (NOON + 5, Now(plus=5)),
        (NOON - 1, Now(plus=-1)),
        (NOON - 366 * DAY, Now(months=-12)),  # the 29th of February becomes the 28th
        (NOON + 366 * DAY - DAY, Now(months=12)),
        (NOON - 62 * DAY, Now(months=-2)),  # into the year before
        (NOON + 304 * DAY, Now(months=10)),  # December of the same year
        ("Ada", Current("user")),
        (("a", "b"), Current("groups")),
        (None, Current("nothing")),
    ],
)
def test_late_values(expected: object, value: object) -> None:
    """Late values are the request's time, moved by the calendar, and what is known about whoever asks."""
    facts = Facts(NOON, {"user": "Ada", "groups": ("a", "b")})
    assert expected == resolve(value, facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("months", [-12 * 3000, 12 * 9000, 10**12])
def test_times_out_of_range(months: int) -> None:
    """A moment outside of the years 1 to 9999 is a problem."""
    with pytest.raises(Problem, match="value_out_of_range"):
        resolve(Now(months=months), Facts(NOON))


def test_milliseconds_are_kept() -> None:
    """Moving by months keeps the time of day to the millisecond, before 1970 too."""
    assert resolve(Now(months=1), Facts(-1)) == 31 * DAY - 1


def test_slots_have_no_value() -> None:
    """A query whose values were taken out cannot be asked."""
    with pytest.raises(TypeError):
        resolve(Slot(0), Facts(0))


@pytest.mark.parametrize(
    ("expected", "shown"),
    [
        ("a", Pick("a")),
        ("b", Pick("a", "b")),
        ("made_year", Pick(Call(Fn.YEAR, "made"))),
        ("name", Pick(Given(Of("author", "name"), A))),
        ("c", Nest("a", "c", Query())),
    ],
)
def test_labels(expected: str, shown: Pick | Nest) -> None:
    """What is shown has its own name, else that of its field and function."""
    assert expected == label(shown)


LEAVES = st.builds(
    Compare,
    st.sampled_from(["a", Call(Fn.COUNT, "b", A), Of("c", "d"), Given("e", B)]),
    st.sampled_from(Op),
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.just((1, "x", Now(3), Current("user"))),
)
TREES: st.SearchStrategy[Filter] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: Or(tuple(parts))),
        inner.map(Not),
        st.builds(Some, st.sampled_from(["a", Toward("a", "b"), Back("a", "b")]), inner),
    ),
    max_leaves=6,
)


@given(TREES)
def test_filters_are_written_down(node: Filter) -> None:
    """A filter comes back from its JSON text as it was; equal filters have the same text."""
    text = encode_filter(node)
    assert node == decode_filter(text)
    assert hash(node) == hash(decode_filter(text))


@given(TREES, TREES)
def test_joining_is_idempotent(one: Filter, other: Filter) -> None:
    """What is joined once more is not longer."""
    assert all_of(one, other, one) == all_of(one, other)
    assert any_of(one, any_of(one, other)) == any_of(one, other)
