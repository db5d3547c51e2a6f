"""Random rows and random questions over the sample catalogue."""

from typing import Any

from hypothesis import strategies as st

from commonhold.core.query import (
    And,
    Back,
    Call,
    Compare,
    Filter,
    Fn,
    Given,
    Nest,
    Not,
    Of,
    Op,
    Operand,
    Or,
    Page,
    Pick,
    Query,
    Some,
    Sort,
    Toward,
    all_of,
    any_of,
)
from commonhold.core.records.kinds import NUMBERS, OPERATORS, TEXTS, Kind, cast
from commonhold.testing.sample_records import sample_catalog

CATALOG = sample_catalog()
KEYS = st.integers(1, 4)
WORDS = st.text(st.sampled_from("aAbßé%_*? 'İ"), max_size=4)
MOMENTS = st.sampled_from(
    [-86_400_001, -1, 0, 951_782_400_000, 1_709_251_199_999, 1_735_549_507_123, 253_402_300_799_999]
)
SLUGS = st.sampled_from(["1", "2", "a", "B"])

VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.INTEGER: st.integers(-3, 4),
    Kind.BIGINT: st.sampled_from([-(2**63), -1, 0, 2**53 + 1, 2**63 - 1]),
    Kind.DECIMAL: st.sampled_from(["-1.50", "0.00", "0.10", "2.00", "99999999.99"]),
    Kind.FLOAT: st.sampled_from([-0.5, 0.0, 1.0, 2.25, 1e300]),
    Kind.STRING: WORDS,
    Kind.TEXT: WORDS,
    Kind.HASH: WORDS,
    Kind.BOOLEAN: st.booleans(),
    Kind.TIMESTAMP: MOMENTS,
    Kind.DATETIME: MOMENTS.map(lambda moment: cast(Kind.DATETIME, moment)),
    Kind.DATE: MOMENTS.map(lambda moment: cast(Kind.DATE, moment)),
    Kind.TIME: MOMENTS.map(lambda moment: cast(Kind.TIME, moment)),
    Kind.UUID: st.sampled_from(["0" * 8 + "-0000-4000-8000-" + "0" * 11 + end for end in "0a"]),
    Kind.JSON: st.sampled_from([[], [1, 2], {"a": [1]}, "text", 0]),
}
REFERENCES: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("articles_tags", "tag"): SLUGS,
    ("tags", "slug"): SLUGS,
    ("blocks", "item"): SLUGS,
    ("blocks", "what"): st.sampled_from(["comments", "tags", "authors"]),
}
STEPS: dict[str, list[Any]] = {  # in an order in which rows can be added
    "authors": [Back("articles", "author")],
    "categories": ["articles"],
    "articles": ["author", "category", "comments", "tags", "blocks"],
    "comments": ["article", "answers", "replies", Back("blocks", "item")],
    "tags": ["articles", Back("blocks", "item")],
    "articles_tags": ["article", "tag"],
    "blocks": ["page", Toward("item", "comments"), Toward("item", "tags")],
}
UP: dict[str, list[Any]] = {
    collection: [over for over in steps if not CATALOG.hop(collection, over).many]
    for collection, steps in STEPS.items()
}
DATED, CLOCKED, COUNTED = ["made", "meets", "day"], ["made", "meets", "hour"], ["extra", "comments", "tags"]
CALLS = dict.fromkeys(Fn, DATED) | dict.fromkeys((Fn.HOUR, Fn.MINUTE, Fn.SECOND), CLOCKED) | {Fn.COUNT: COUNTED}


def columns(collection: str) -> list[str]:
    """The fields of a collection that have a column."""
    return [field.name for field in CATALOG.collection(collection).fields if field.kind is not Kind.ALIAS]


def value_of(collection: str, name: str) -> st.SearchStrategy[Any]:
    """Values of a field; those of relations are keys that exist now and then."""
    kind = CATALOG.field(collection, name).kind
    refers = CATALOG.relation(collection, name) or name == CATALOG.collection(collection).key
    return REFERENCES.get((collection, name), KEYS if refers else VALUES[kind])


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Up to four rows in each collection; what rows refer to exists or is NULL, and several kinds may lead nowhere."""
    found: dict[str, list[dict[str, Any]]] = {}
    for collection in STEPS:
        key = CATALOG.collection(collection).key
        keys = draw(st.lists(value_of(collection, key), unique=True, max_size=4).map(sorted))
        others = {name: st.none() | value_of(collection, name) for name in columns(collection) if name != key}
        found[collection] = [{key: no} | draw(st.fixed_dictionaries(others)) for no in keys]
    for relation in CATALOG.relations:
        if relation.kind_field is None:
            known = {row[CATALOG.collection(relation.targets[0]).key] for row in found[relation.targets[0]]}
            for row in found[relation.collection]:
                row[relation.field] = row[relation.field] if row[relation.field] in known else None
    return found


@st.composite
def operands(draw: st.DrawFn, collection: str, depth: int = 1, where: bool = True) -> Operand:
    """A field, a function, something above, or something given."""
    form = draw(st.sampled_from(["field", "field", "call", "of", "given"] if depth else ["field"]))
    if form == "call" and collection == "articles":
        fn = draw(st.sampled_from(Fn))
        name = draw(st.sampled_from(CALLS[fn]))
        there = CATALOG.hop(collection, name).there if name in ("comments", "tags") else None
        return Call(fn, name, draw(filters(there, depth - 1))) if there and where else Call(fn, name)
    if form == "of" and UP[collection]:
        over = draw(st.sampled_from(UP[collection]))
        return Of(over, draw(operands(CATALOG.hop(collection, over).there, depth - 1)))
    if form == "given":
        return Given(draw(operands(collection, depth - 1)), draw(filters(collection, depth - 1)))
    return draw(st.sampled_from(columns(collection)))


@st.composite
def comparisons(draw: st.DrawFn, collection: str, depth: int) -> Filter:
    """An operand compared by an operator that fits it."""
    operand = draw(operands(collection, depth))
    kind = CATALOG.kind(collection, operand)
    op = draw(st.sampled_from(sorted(OPERATORS[kind])))
    one = VALUES[kind]
    name = operand
    while isinstance(name, Given):
        name = name.operand
    if isinstance(name, str):
        one = value_of(collection, name)
    value: Any = None
    if op in (Op.IN, Op.NIN):
        value = tuple(draw(st.lists(st.none() | one, max_size=3)))
    elif op in (Op.BETWEEN, Op.NBETWEEN):
        value = (draw(st.none() | one), draw(one))
    elif op not in (Op.NULL, Op.NNULL, Op.EMPTY, Op.NEMPTY):
        value = draw(one)
    return Compare(operand, op, value)


@st.composite
def filters(draw: st.DrawFn, collection: str, depth: int = 3) -> Filter:
    """A filter of a collection, with relations up to a depth."""
    form = draw(st.sampled_from(["compare", "compare", "and", "or", "not", "some"] if depth > 0 else ["compare"]))
    if form == "some":
        over = draw(st.sampled_from(STEPS[collection]))
        return Some(over, draw(filters(CATALOG.hop(collection, over).there, depth - 1)))
    if form == "not":
        return Not(draw(filters(collection, depth - 1)))
    if form in ("and", "or"):
        parts = draw(st.lists(filters(collection, depth - 1), max_size=3))
        if draw(st.booleans()):
            return all_of(*parts) if form == "and" else any_of(*parts)
        return And(tuple(parts)) if form == "and" else Or(tuple(parts))
    return draw(comparisons(collection, max(depth - 1, 0)))


@st.composite
def sorts(draw: st.DrawFn, collection: str) -> tuple[Sort, ...]:
    """What to sort by: ASCII order of texts is the same everywhere, so texts of other letters are left out."""
    found = draw(st.lists(operands(collection), max_size=2))
    sortable = NUMBERS | TEXTS | {Kind.BOOLEAN, Kind.TIMESTAMP, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.UUID}
    fitting = dict.fromkeys(operand for operand in found if CATALOG.kind(collection, operand) in sortable)
    return tuple(Sort(operand, draw(st.booleans())) for operand in fitting)


@st.composite
def queries(draw: st.DrawFn, collection: str, depth: int = 2) -> Query:
    """Fields, relations, filter, order and page."""
    picked = draw(st.lists(operands(collection), min_size=1, max_size=3))
    shown: list[Pick | Nest] = [Pick(operand, f"f{n}") for n, operand in enumerate(picked)]
    if depth:
        for n, over in enumerate(draw(st.lists(st.sampled_from(STEPS[collection]), max_size=2))):
            inner = draw(queries(CATALOG.hop(collection, over).there, depth - 1))
            shown.append(Nest(over, f"n{n}", inner, draw(filters(collection, 0)), flat=draw(st.booleans())))
    page = draw(st.builds(Page, st.none() | st.integers(0, 3), st.integers(0, 2)))
    return Query(tuple(shown), draw(filters(collection, depth)), draw(sorts(collection)), page)
