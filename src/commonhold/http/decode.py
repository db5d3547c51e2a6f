"""Bodies and queries into structs; what does not fit becomes a problem that names the field."""

import re
import types
import typing
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import msgspec

from commonhold.core.problems import Problem

T = TypeVar("T")

_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_AT: Final = re.compile(r" - at `(?:key )?(.*)`\Z", re.DOTALL)
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
LONGEST_FIELD: Final = 100  # characters of a field's name that an answer repeats


def from_json(body: bytes, into: type[T]) -> T:
    """Read a JSON body strictly: no unknown fields, no wrong types, no NUL in texts.

    :raises Problem: malformed_body, unknown_field, missing_field, invalid_field
    """
    try:
        found = _decoder(into).decode(body)
    except msgspec.ValidationError as error:
        raise problem_of(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("malformed_body", reason=_reason(error)) from None
    if _NUL.search(body):
        where = _nul_in(msgspec.json.decode(body), "")
        raise Problem("invalid_field", **({"field": where} if where else {}), reason="a text contains NUL")
    return typing.cast(T, found)


def _nul_in(value: Any, where: str) -> str | None:
    """Return the field (``terms.note``) whose text, or whose name, contains NUL."""
    if isinstance(value, str):
        return where[:LONGEST_FIELD] if "\0" in value else None
    if isinstance(value, dict):
        if any("\0" in name for name in value):
            return where[:LONGEST_FIELD]
        return next(filter(None, (_nul_in(one, f"{where}.{name}".strip(".")) for name, one in value.items())), None)
    if isinstance(value, list):
        return next(filter(None, (_nul_in(one, f"{where}[{place}]") for place, one in enumerate(value))), None)
    return None


def from_query(pairs: Iterable[tuple[str, str]], into: type[T]) -> T:
    """Read a query as leniently as texts must be read (``limit=10``), but with known names only, each once.

    A field that is a tuple takes several values, repeated or with commas.

    :raises Problem: unknown_field, missing_field, invalid_field
    """
    given: dict[str, Any] = {}
    several = _several(into)
    for name, value in pairs:
        if "\0" in value:
            raise Problem("invalid_field", field=name[:LONGEST_FIELD])
        if name in several:
            given.setdefault(name, []).extend(part for part in value.split(",") if part)
        elif name in given:
            raise Problem("invalid_field", field=name[:LONGEST_FIELD], reason="given twice")
        else:
            given[name] = value
    try:
        return msgspec.convert(given, into, strict=False)
    except msgspec.ValidationError as error:
        raise problem_of(str(error)) from None


def problem_of(message: str) -> Problem:
    """Turn a message of the validator into a problem: which field (``terms.until``), and what was expected there."""
    at = _AT.search(message)
    text = message[: at.start()] if at else message
    where = at[1].removeprefix("$").removeprefix(".") if at else ""
    for code, pattern in (("unknown_field", _UNKNOWN), ("missing_field", _MISSING)):
        found = pattern.fullmatch(text)
        if found:
            return Problem(code, field=f"{where}.{found[1]}".strip(".")[:LONGEST_FIELD])
    facts = {"field": where[:LONGEST_FIELD]} if where else {}
    return Problem("invalid_field", **facts, reason=text[:200])


def _reason(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error)[:200]


_decoders: Final[dict[Any, msgspec.json.Decoder[Any]]] = {}
_lists: Final[dict[Any, frozenset[str]]] = {}


def _decoder(into: Any) -> msgspec.json.Decoder[Any]:
    found = _decoders.get(into)
    if found is None:
        found = _decoders[into] = msgspec.json.Decoder(into)
    return found


def _several(into: Any) -> frozenset[str]:
    """Return the fields of a struct that take several values."""
    found = _lists.get(into)
    if found is None:
        found = _lists[into] = _tuples_of(into)
    return found


def _tuples_of(into: Any) -> frozenset[str]:
    hints = typing.get_type_hints(into)
    return frozenset(name for name in into.__struct_fields__ if _is_tuple(hints[name]))


def _is_tuple(hint: Any) -> bool:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return any(_is_tuple(one) for one in typing.get_args(hint))
    return typing.get_origin(hint) is tuple
