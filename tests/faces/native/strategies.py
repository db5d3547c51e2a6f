"""Requests from the route table: a fitting body and query for every route, and odd ones for the fuzz."""

import typing
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import Struct

from commonhold.faces.native.words import cursor
from commonhold.http.face import Route

# A fitting value for fields that need more than their type says.
KNOWN: dict[str, Any] = {
    "path": "/alice/private",
    "q": "private",
    "kind": "folder",
    "name": "x",
    "title": "x",
    "parent": "/alice",
    "items": ["{item}"],
    "shares": ["{share}"],
    "recipients": ["mallory"],
    "members": ["mallory"],
    "to": "mallory",
    "new": "new password",
    "password": "new password",
    "email": "x@example.org",
    "until": "2030-01-01T00:00:00Z",
    "starts": "2029-01-01T00:00:00Z",
    "life": "7d",
    "value": {"any": ["json"]},
    "collection": "notes",
    "rows": [{"text": "x"}],
    "values": {"text": "x"},
    "keys": [1],
    "fields": [{"name": "id", "type": "integer"}],
    "field": "text",
    "holder": "mallory",
    "actions": ["read"],
}


def body_for(route: Route, names: dict[str, str]) -> Any:
    """Return a body that the route takes, with everything it needs; None if it takes none."""
    return None if route.takes is None else _needed(route.takes, names)


def query_for(route: Route, names: dict[str, str]) -> dict[str, Any]:
    """Return a query with everything that the route needs."""
    return {} if route.query is None else _needed(route.query, names)


def _needed(struct: type[Struct], names: dict[str, str]) -> dict[str, Any]:
    fields = msgspec.structs.fields(struct)
    return {field.name: _value(field.name, names) for field in fields if field.required}


def _value(name: str, names: dict[str, str]) -> Any:
    value = KNOWN.get(name, names.get(name, "x"))
    if isinstance(value, list):
        return [names.get(one.strip("{}"), one) if isinstance(one, str) else one for one in value]
    return value


TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", ".", "..", "/alice/private", "/alice//x", "%2e%2e", "\u202e", "a\u0000b", "mallory", "é" * 300]
    ),
)
NUMBERS = st.one_of(st.integers(-3, 300), st.sampled_from([2**31, 2**53, 2**63, 2**64, -(2**63), 10**30]))
ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.floats(allow_nan=False, allow_infinity=False), TEXTS),
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(TEXTS, below, max_size=3)),
    max_leaves=5,
)

PARTS = st.one_of(st.none(), st.integers(-(2**62), 2**62), st.text(max_size=5))
CURSORS = st.lists(PARTS, max_size=4).map(cursor)


def bodies(route: Route, names: dict[str, str]) -> st.SearchStrategy[Any]:
    """Bodies for a route: fields that it knows with fitting and odd values, now and then one that it does not."""
    if route.takes is None:
        return st.one_of(st.none(), ODD)
    known = [field.name for field in msgspec.structs.fields(route.takes)]
    values = {name: st.one_of(st.just(_value(name, names)), *_hinted(route.takes, name, names), ODD) for name in known}
    return st.one_of(st.fixed_dictionaries({}, optional=values), ODD)


def _hinted(struct: type[Struct], name: str, names: dict[str, str]) -> list[st.SearchStrategy[Any]]:
    """Values of a nested struct, where a field holds one."""
    hint = typing.get_type_hints(struct).get(name)
    nested = [one for one in (hint, *typing.get_args(hint)) if isinstance(one, type) and issubclass(one, Struct)]
    return [
        st.fixed_dictionaries(
            {},
            optional={
                field.name: st.one_of(st.just(_value(field.name, names)), ODD) for field in msgspec.structs.fields(one)
            },
        )
        for one in nested
    ]


def queries(route: Route, names: dict[str, str]) -> st.SearchStrategy[dict[str, Any]]:
    """Queries for a route, fitting and odd."""
    if route.query is None:
        return st.dictionaries(TEXTS, TEXTS, max_size=1)
    known = [field.name for field in msgspec.structs.fields(route.query)]
    values = {name: st.one_of(st.just(str(_value(name, names))), TEXTS, NUMBERS.map(str)) for name in known}
    if "next" in known:
        values["next"] = st.one_of(CURSORS, TEXTS)
    return st.fixed_dictionaries({}, optional=values)
