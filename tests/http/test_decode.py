"""Bodies and queries into structs, and what does not fit into problems that name the field."""

from typing import Any

import pytest
from msgspec import Struct

from commonhold.core.problems import Problem
from commonhold.http.decode import from_json, from_query


class Inner(Struct, forbid_unknown_fields=True):
    """Something within."""

    at: int = 0


class Outer(Struct, forbid_unknown_fields=True):
    """A body, or a query."""

    name: str
    inner: list[Inner] = []
    tags: tuple[str, ...] | None = None
    size: int | None = None
    loud: bool = False
    free: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (b"", "malformed_body", None),
        (b"{", "malformed_body", None),
        (b'{"name": "\xff"}', "malformed_body", None),
        (b'{"name": "a", "free": {"x": ' + b"[" * 5_000, "malformed_body", None),
        (b"3", "invalid_field", None),
        (b"{}", "missing_field", "name"),
        (b'{"name": 3}', "invalid_field", "name"),
        (b'{"name": "a", "nam": 1}', "unknown_field", "nam"),
        (b'{"name": "a", "inner": [{}, {"to": 1}]}', "unknown_field", "inner[1].to"),
        (b'{"name": "a", "inner": [{"at": "x"}]}', "invalid_field", "inner[0].at"),
        (b'{"name": "a\\u0000"}', "invalid_field", "name"),
        (b'{"name": "a", "free": {"x\\u0000": 1}}', "invalid_field", "free"),
        (b'{"name": "a", "free": {"y": {"z": 1}, "x": [1, "\\u0000"]}}', "invalid_field", "free.x[1]"),
        (b'{"name": "a", "' + b"n" * 300 + b'": 1}', "unknown_field", "n" * 100),
    ],
)
def test_bodies_that_do_not_fit_are_refused(body: bytes, code: str, field: str | None) -> None:
    """Each way in which a body does not fit has its code, and names the field by its path, however long."""
    with pytest.raises(Problem) as refused:
        from_json(body, Outer)
    assert (refused.value.code, refused.value.facts.get("field")) == (code, field)


def test_a_backslash_before_u0000_is_no_nul() -> None:
    """A text that shows how NUL is written is a text like any other."""
    assert from_json(b'{"name": "\\\\u0000"}', Outer).name == "\\u0000"


def test_queries_are_read_as_texts() -> None:
    """Numbers and truths come as texts; a field for several values takes them repeated or with commas."""
    found = from_query([("name", "a"), ("size", "3"), ("loud", "true"), ("tags", "x,y"), ("tags", "z")], Outer)
    assert (found.name, found.size, found.loud, found.tags) == ("a", 3, True, ("x", "y", "z"))


@pytest.mark.parametrize(
    ("pairs", "code", "field"),
    [
        ([], "missing_field", "name"),
        ([("name", "a"), ("name", "b")], "invalid_field", "name"),
        ([("name", "a\0")], "invalid_field", "name"),
        ([("name", "a"), ("size", "many")], "invalid_field", "size"),
        ([("name", "a"), ("colour", "red")], "unknown_field", "colour"),
    ],
)
def test_queries_that_do_not_fit_are_refused(pairs: list[tuple[str, str]], code: str, field: str) -> None:
    """Each way in which a query does not fit has its code, and names the parameter."""
    with pytest.raises(Problem) as refused:
        from_query(pairs, Outer)
    assert (refused.value.code, refused.value.facts["field"]) == (code, field)
