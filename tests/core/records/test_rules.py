"""Rules: how several of them add up to grants, and how grants are added, intersected and cut down."""

from hypothesis import given
from hypothesis import strategies as st

from commonhold.core import model
from commonhold.core.query import ALWAYS, NEVER, Compare, Filter, Op, all_of, any_of, encode_filter
from commonhold.core.records.rules import (
    EVERYTHING,
    NOTHING,
    WHOLE,
    Access,
    Grant,
    Grants,
    Rule,
    both,
    either,
    fields_of,
    granted,
    narrowed,
    read_rule,
    rows_of,
    shown_on,
)
from commonhold.core.roles import Action

MINE: Filter = Compare("owner", Op.EQ, 1)
OPEN: Filter = Compare("open", Op.EQ, True)
TITLE, BODY = frozenset(["title"]), frozenset(["body"])


def test_rules_are_read() -> None:
    """A rule's row has its filter and its fields as JSON; no filter means every row, a star every field."""
    row = model.Rule(1, "u", 7, "articles", Action.READ, encode_filter(MINE), '["title"]')
    bare = model.Rule(2, "v", 7, "articles", Action.READ)

    assert Rule(1, 7, "articles", Action.READ, MINE, TITLE) == read_rule(row)
    assert Rule(2, 7, "articles", Action.READ, ALWAYS, None) == read_rule(bare)


def test_rules_add_up() -> None:
    """Rules give for an action what those give that have it; filters for the same fields become one."""
    rules = [
        Rule(1, 7, "articles", Action.READ, MINE, TITLE),
        Rule(2, 7, "articles", Action.READ | Action.WRITE, OPEN, TITLE),
        Rule(3, 8, "articles", Action.WRITE),
        Rule(4, 8, "authors", Action.READ, NEVER),
    ]

    assert {"articles": (Grant(any_of(MINE, OPEN), TITLE),), "authors": NOTHING} == granted(rules, Action.READ)
    assert {"articles": (Grant(OPEN, TITLE), Grant())} == granted(rules, Action.WRITE)
    assert granted(rules, Action.SHARE) == {}


def test_both_is_the_smaller() -> None:
    """What two grants both give has both filters and the common fields; nothing in common is nothing."""
    assert (Grant(all_of(MINE, OPEN), TITLE),) == both((Grant(MINE),), (Grant(OPEN, TITLE),))
    assert (Grant(MINE, TITLE),) == both((Grant(MINE, TITLE | BODY),), (Grant(ALWAYS, TITLE),))
    assert both((Grant(MINE, TITLE),), (Grant(OPEN, BODY),)) == NOTHING
    assert both(EVERYTHING, NOTHING) == NOTHING
    assert both(EVERYTHING, EVERYTHING) == EVERYTHING


def test_narrowed() -> None:
    """A narrowed grant holds on fewer rows, for the same fields."""
    assert (Grant(all_of(MINE, OPEN), TITLE),) == narrowed((Grant(MINE, TITLE),), OPEN)
    assert narrowed(EVERYTHING, NEVER) == NOTHING


def test_what_grants_show() -> None:
    """A row may be read where one grant holds, a field of it where a grant with that field holds."""
    grants = (Grant(MINE), Grant(OPEN, TITLE))

    assert any_of(MINE, OPEN) == rows_of(grants)
    assert any_of(MINE, OPEN) == shown_on(grants, "title")
    assert shown_on(grants, "body") == MINE
    assert shown_on(grants[1:], "body") == NEVER
    assert fields_of(grants) is None
    assert fields_of((Grant(MINE, BODY), Grant(OPEN, TITLE))) == TITLE | BODY
    assert fields_of(NOTHING) == frozenset()


def test_access() -> None:
    """Access knows the grants of each collection; an administrator's is everything everywhere."""
    access = Access({"articles": (Grant(MINE),)})

    assert access.on("articles") == (Grant(MINE),)
    assert access.on("authors") == NOTHING
    assert WHOLE.on("authors") == EVERYTHING


FIELDS = st.none() | st.frozensets(st.sampled_from("abc"))
FILTERS = st.sampled_from([ALWAYS, NEVER, MINE, OPEN])
GRANTS: st.SearchStrategy[Grants] = st.lists(st.builds(Grant, FILTERS, FIELDS), max_size=3).map(either)


def seen(grants: Grants, facts: frozenset[Filter]) -> frozenset[str]:
    """The fields that grants show of a row for which these filters hold; as a set of the three that there are."""

    def holds(where: Filter) -> bool:
        parts = getattr(where, "parts", None)
        if parts is None:
            return where in facts
        return all(map(holds, parts)) if type(where) is type(ALWAYS) else any(map(holds, parts))

    shown = [frozenset("abc") if grant.fields is None else grant.fields for grant in grants if holds(grant.filter)]
    return frozenset[str]().union(*shown)


@given(GRANTS, GRANTS, st.frozensets(st.sampled_from([MINE, OPEN])))
def test_algebra(one: Grants, other: Grants, facts: frozenset[Filter]) -> None:
    """On every row, either shows the union of what both show, and both no more than each alone."""
    assert seen(one, facts) | seen(other, facts) == seen(either(one, other), facts)
    assert seen(both(one, other), facts) == seen(one, facts) & seen(other, facts)
    assert both(one, EVERYTHING) == either(one)
