"""Values as JavaScript sees them: the clients of this dialect, and its messages, are written in it."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

Json: TypeAlias = Any
"""A decoded JSON value."""

Fields: TypeAlias = Mapping[str, Json]
"""A decoded JSON object."""

MISSING: Final = msgspec.UNSET
"""A key that a body does not have: ``undefined``."""

UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def type_of(value: Json) -> str:
    """Return what ``typeof`` says."""
    if value is MISSING:
        return "undefined"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "object"


def truthy(value: Json) -> bool:
    """Tell whether a value counts as true: every object and list does, and every text but the empty one."""
    return isinstance(value, list | dict) or (value is not MISSING and bool(value))


def quoted(value: Json) -> str:
    """Write a value into a message, as its kind is told apart there."""
    if isinstance(value, str):
        return f"`{value[:1_000]}`"
    if isinstance(value, bool | int | float):
        return f"({msgspec.json.encode(value).decode()})"
    return "[null]" if value is None else f"[{type_of(value)}]"


def text_of(value: Json) -> str | None:
    """Return a text that says something, or None."""
    return value if isinstance(value, str) and value else None


def seconds(at: int | None) -> int | None:
    """Return milliseconds as the whole seconds in which this dialect tells time."""
    return None if at is None else at // 1000
