"""A grammar of queries, filters and bodies: sense about the sample collections, and nonsense beside it."""

from typing import Any

from hypothesis import strategies as st

from commonhold.core.query import WITH_LIST, WITH_PAIR, WITHOUT_VALUE, Op
from commonhold.core.records.kinds import FUNCTIONS, OPERATORS, Kind
from commonhold.testing.sample_records import sample_catalog

CATALOG = sample_catalog()
ODD = ("nope", "*", "", "_and", "a.b", "item:tags", "$NOW", "\u202e", "a\0b", "x" * 300, "id;--", '"', "'")
NAMES = st.sampled_from(("id", "title", "author", "comments", "role", "user_created", "date_created", "email", *ODD))
TEXTS = st.sampled_from(
    (
        "", "First", "10", "-1", "1e400", "abc", "true", "null", "$NOW", "$NOW(-1 day)", "$NOW(9 x)", "25:00", "%", "*",
        "$NOW(+999999999 years)", "$CURRENT_USER", "$CURRENT_ROLES", "$CURRENT_USER.title", "2024-02-29", "\0",
        "\u202e", "é", "1,2", "0b0c0d0e-0000-4000-8000-00000000000a", "x" * 2_000,
    )
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.text(max_size=8)
)
JUNK = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3))
SEVEN_OF_EIGHT = st.sampled_from((True,) * 7 + (False,))

_DATES = ("2024-02-29", "2024-02-29T23:59:59.999Z", "$NOW", "$NOW(-2 years)", "$NOW(+1 day)", "2024-12-30T08:05:07")
_OF_KIND: dict[Kind, st.SearchStrategy[Any]] = {
    **dict.fromkeys((Kind.INTEGER, Kind.BIGINT), st.integers(-50, 50) | st.sampled_from(("1", "10", 2**31 - 1))),
    **dict.fromkeys((Kind.FLOAT, Kind.DECIMAL), st.sampled_from((0, 0.5, "1.50", -1.25, 1e6))),
    **dict.fromkeys((Kind.TIMESTAMP, Kind.DATETIME, Kind.DATE), st.sampled_from(_DATES)),
    Kind.TIME: st.sampled_from(("08:05:07", "23:59:59.5", "$NOW")),
    Kind.BOOLEAN: st.booleans() | st.sampled_from(("true", "false", 0, 1)),
    Kind.UUID: st.sampled_from(("0b0c0d0e-0000-4000-8000-00000000000a", "$CURRENT_USER")),
}
_WORDS = st.sampled_from(("First", "st", "é", "ÉTÉ", "on", "a", "%", "_", "*", "$CURRENT_USER", "$CURRENT_ROLES"))


def value(kind: Kind) -> st.SearchStrategy[Any]:
    """Values that a kind takes."""
    return _OF_KIND.get(kind, _WORDS)


@st.composite
def comparison(draw: st.DrawFn, kind: Kind) -> Any:
    """What a field of a kind is compared with."""
    if not OPERATORS[kind] or draw(st.integers(0, 9)) == 9:
        return draw(value(kind))
    op = draw(st.sampled_from(sorted(OPERATORS[kind] - {Op.IMATCHES})))
    if op in WITHOUT_VALUE:
        return {f"_{op}": draw(st.booleans())}
    if op in WITH_PAIR:
        return {f"_{op}": [draw(value(kind)), draw(value(kind))]}
    return {f"_{op}": draw(st.lists(value(kind), min_size=1, max_size=3) if op in WITH_LIST else value(kind))}


@st.composite
def filters(draw: st.DrawFn, collection: str, depth: int = 3) -> Any:
    """Filters that make sense, of a collection."""
    choice = draw(st.integers(0, 5)) if depth else 5
    if choice == 0:
        parts = draw(st.lists(filters(collection, depth - 1), max_size=3))
        return {draw(st.sampled_from(("_and", "_or"))): parts}
    field = draw(st.sampled_from(CATALOG.collection(collection).fields))
    relation = CATALOG.relation(collection, field.name)
    if relation is not None and choice in (1, 2, 3):
        if relation.kind_field and relation.collection == collection and relation.field == field.name:
            target = draw(st.sampled_from(relation.targets))
            return {f"{field.name}:{target}": draw(filters(target, depth - 1))}
        hop = CATALOG.hop(collection, field.name)
        inner = draw(filters(hop.there, depth - 1))
        if hop.many and draw(st.booleans()):
            inner = {draw(st.sampled_from(("_some", "_none"))): inner}
        return {field.name: inner}
    functions = [fn for fn, kinds in FUNCTIONS.items() if field.kind in kinds]
    if functions and (choice == 4 or field.kind is Kind.ALIAS):
        return {f"{draw(st.sampled_from(functions))}({field.name})": draw(comparison(Kind.INTEGER))}
    return {field.name: draw(comparison(field.kind))}


@st.composite
def paths(draw: st.DrawFn, collection: str, depth: int = 3) -> str:
    """Paths of fields that make sense, wildcards and functions among them."""
    field = draw(st.sampled_from(CATALOG.collection(collection).fields))
    relation = CATALOG.relation(collection, field.name)
    choice = draw(st.integers(0, 5))
    if choice == 0:
        return "*" if draw(st.booleans()) else f"*.{draw(st.sampled_from(('*', 'id', 'name')))}"
    if relation is not None and depth and choice < 4:
        if relation.kind_field and relation.field == field.name:
            target = draw(st.sampled_from(relation.targets))
            return f"{field.name}:{target}.{draw(paths(target, depth - 1))}"
        return f"{field.name}.{draw(paths(CATALOG.hop(collection, field.name).there, depth - 1))}"
    functions = [fn for fn, kinds in FUNCTIONS.items() if field.kind in kinds]
    return f"{draw(st.sampled_from(functions))}({field.name})" if functions and choice == 4 else field.name


@st.composite
def sorts(draw: st.DrawFn, collection: str) -> list[str]:
    """Sorts that make sense."""
    fields = [
        one for one in CATALOG.collection(collection).fields if one.kind not in (Kind.ALIAS, Kind.JSON, Kind.HASH)
    ]
    names = draw(st.lists(st.sampled_from([one.name for one in fields]), max_size=3))
    return [f"-{name}" if draw(st.booleans()) else name for name in names]


MEASURES = st.sampled_from(("count", "countDistinct", "sum", "avg", "min", "max", "sumDistinct", "avgDistinct"))
COUNTS = st.integers(-1, 4) | st.sampled_from(("1", "2"))
DEEP = st.fixed_dictionaries({"_filter": filters("comments"), "_limit": COUNTS})


@st.composite
def queries(draw: st.DrawFn, collection: str) -> dict[str, Any]:
    """Queries of a collection: most parameters make sense."""
    fields = CATALOG.collection(collection).fields
    sense = {
        "fields": st.lists(paths(collection), max_size=4),
        "filter": filters(collection),
        "search": st.sampled_from(("first", "10", "é", "%")),
        "sort": sorts(collection),
        "limit": COUNTS,
        "offset": st.integers(0, 3),
        "page": st.integers(0, 3),
        "meta": st.sampled_from(("*", "total_count", "filter_count")),
        "alias": st.fixed_dictionaries({"x": st.sampled_from([field.name for field in fields])}),
        "deep": st.fixed_dictionaries({}, optional={"comments": DEEP}),
        "export": st.sampled_from(("csv", "csv_utf8", "json", "xml", "yaml")),
    }  # fmt: skip
    summed = {
        "aggregate": st.dictionaries(
            MEASURES, st.lists(st.sampled_from([f.name for f in fields]), max_size=2), max_size=2
        ),
        "groupBy": sorts(collection).map(lambda names: [name.strip("-") for name in names]),
        "filter": filters(collection),
        "limit": COUNTS,
    }
    chosen = summed if draw(st.integers(0, 4)) == 0 else sense
    found = draw(st.fixed_dictionaries({}, optional=chosen))
    return found if draw(SEVEN_OF_EIGHT) else {**found, draw(st.sampled_from(sorted(sense))): draw(JUNK)}


@st.composite
def rows(draw: st.DrawFn, collection: str, depth: int = 2) -> dict[str, Any]:
    """Rows that make sense, with related ones in them."""
    found: dict[str, Any] = {}
    for field in draw(st.lists(st.sampled_from(CATALOG.collection(collection).fields), max_size=4)):
        relation = CATALOG.relation(collection, field.name)
        if relation is None or relation.kind_field or not depth:
            found[field.name] = draw(value(field.kind) | st.none())
            continue
        hop = CATALOG.hop(collection, field.name)
        related = rows(hop.there, depth - 1)
        if hop.many:
            steps = st.fixed_dictionaries(
                {}, optional={"create": st.lists(related, max_size=2), "delete": st.just([1])}
            )
            found[field.name] = draw(st.lists(related | st.integers(1, 3), max_size=2) | steps)
        else:
            found[field.name] = draw(related | st.integers(1, 3) | st.none())
    return found if draw(SEVEN_OF_EIGHT) else {**found, draw(NAMES): draw(JUNK)}


def bodies(collection: str) -> st.SearchStrategy[Any]:
    """Bodies that write rows of a collection, in every form."""
    one = rows(collection)
    chosen = st.fixed_dictionaries(
        {"data": one}, optional={"keys": st.lists(st.integers(1, 6)), "query": queries(collection)}
    )
    return one | st.lists(one, max_size=3) | chosen | JUNK


_BODY = """keys query data share emails password mode collection item role name field type schema meta fields email
    token policy related_collection action permissions validation presets variables refresh_token id status"""
_QUERY = (
    "fields filter search sort limit page meta aggregate groupBy alias deep export query variables mode access_token"
)

ANY_BODY = (
    st.fixed_dictionaries({}, optional=dict.fromkeys(_BODY.split(), JUNK))
    | st.lists(st.dictionaries(NAMES, JUNK, max_size=3), max_size=2)
    | JUNK
)
ANY_QUERY = st.dictionaries(st.sampled_from(_QUERY.split()), JUNK, max_size=3)
