"""XML bodies, read into and written from the same structs as JSON.

Reading is hardened: no document types, no entities, no references to the outside, bounded depth; names without their
namespace count. A list ``links`` is ``<links><link/>…</links>``; a moment is text (ISO 8601), where JSON has a number.
"""

import datetime
import functools
import re
import typing
from typing import Any, Final, TypeVar
from xml.etree.ElementTree import ParseError

import defusedxml.ElementTree as Hardened
import msgspec

from commonhold.core.problems import Problem
from commonhold.http.decode import problem_of

T = TypeVar("T")

DEPTH: Final = 32
"""Elements inside one another: the deepest body of any dialect has some five."""

MOMENT: Final = msgspec.Meta(extra={"moment": True})
"""Marks a field as a time in milliseconds."""

LAST_MOMENT: Final = 253_402_300_799_999  # the end of the year 9999, the last one that texts can name

_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_NO_CHARACTER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SIGNS: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;"})


def each(name: str) -> msgspec.Meta:
    """Mark a list with the name of its elements, where it is not the list's own without ``s``."""
    return msgspec.Meta(extra={"each": name})


def iso(moment: int) -> str:
    """Write milliseconds since the epoch as ISO 8601: UTC, whole seconds."""
    held = max(-62_135_596_800_000, min(moment, LAST_MOMENT))
    return (_EPOCH + datetime.timedelta(seconds=held // 1000)).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def moment_of(text: str) -> int | None:
    """Read ISO 8601 as milliseconds since the epoch, without a zone as UTC; None: it is none."""
    try:
        found = datetime.datetime.fromisoformat(text.strip())
        found = found.replace(tzinfo=datetime.UTC) if found.tzinfo is None else found
        return (found - _EPOCH) // datetime.timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        return None


class Node:
    """One element: its name, its text, and what is in it."""

    __slots__ = ("inside", "name", "parts")

    def __init__(self, name: str) -> None:
        """Begin empty."""
        self.name = name
        self.parts: list[str] = []
        self.inside: list[Node] = []

    @property
    def text(self) -> str:
        """All text that stands directly in it, without the spaces around."""
        return "".join(self.parts).strip()


class _Builder:
    """Takes what the parser finds; attributes and comments count for nothing."""

    def __init__(self) -> None:
        self._open = [Node("")]

    def start(self, tag: str, _: dict[str, str]) -> None:
        if len(self._open) > DEPTH:
            raise ValueError("nested too deep")
        node = Node(tag.rpartition("}")[2])
        self._open[-1].inside.append(node)
        self._open.append(node)

    def data(self, text: str) -> None:
        self._open[-1].parts.append(text)

    def end(self, _: str) -> None:
        self._open.pop()

    def close(self) -> Node:
        return self._open[0].inside[0]


def parse(body: bytes) -> Node:
    """Read a document.

    :raises Problem: malformed_body
    """
    parser = Hardened.DefusedXMLParser(target=_Builder(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(body)
        return typing.cast(Node, parser.close())
    except (ParseError, ValueError, LookupError, IndexError) as error:
        raise Problem("malformed_body", reason=str(error)[:200]) from None


def from_xml(body: bytes, into: type[T]) -> T:
    """Read a body into a struct: elements that it does not know are left out, empty ones count as none.

    :raises Problem: malformed_body, missing_field, invalid_field
    """
    return read_as(_plain(parse(body), into), into)


def read_as(given: Any, into: type[T]) -> T:
    """Convert plain values leniently (``"5"`` is 5), naming the field that does not fit.

    :raises Problem: missing_field, invalid_field
    """
    try:
        return msgspec.convert(given, into, strict=False)
    except msgspec.ValidationError as error:
        raise problem_of(str(error)) from None


def _plain(node: Node, hint: Any) -> Any:
    """Return an element as the plain value that a type wants: its text, its elements by name, or in order."""
    shape = _shape(hint)
    if isinstance(shape, dict):
        return {one.name: _plain(one, shape[one.name]) for one in node.inside if one.name in shape}
    if isinstance(shape, tuple):
        return [_plain(one, shape[0]) for one in node.inside]
    return node.text or None


@functools.cache
def _shape(hint: Any) -> Any:
    """Return fields with their types for a struct, a tuple with the type of what is in it for a list, else None."""
    if typing.get_origin(hint) is typing.Annotated:
        return _shape(typing.get_args(hint)[0])
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = typing.get_type_hints(hint)
        return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(hint)}
    if typing.get_origin(hint) in (list, tuple):
        return (typing.get_args(hint)[0],)
    return next((found for one in typing.get_args(hint) if (found := _shape(one)) is not None), None)


class Field(msgspec.Struct, frozen=True):
    """How a field of a struct is written."""

    name: str
    shown: str
    moment: bool
    each: str
    default: Any
    listed: bool  # left out while empty

    def absent(self, value: Any) -> bool:
        """Tell whether JSON leaves this value out."""
        return value is self.default or (self.listed and not value)


@functools.cache
def fields_of(kind: type[msgspec.Struct]) -> tuple[Field, ...]:
    """Return how the fields of a struct are written."""
    hints = typing.get_type_hints(kind, include_extras=True)
    found = []
    for field in msgspec.structs.fields(kind):
        extra = _extra(hints[field.name])
        name = field.encode_name
        one = extra.get("each") or (f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s"))
        omits = kind.__struct_config__.omit_defaults
        default = field.default if omits else msgspec.NODEFAULT
        listed = omits and field.default_factory is list
        found.append(Field(field.name, name, bool(extra.get("moment")), one, default, listed))
    return tuple(found)


def _extra(hint: Any) -> dict[str, Any]:
    """Return the marks of a type, however deep they stand in it."""
    found: dict[str, Any] = {}
    for mark in getattr(hint, "__metadata__", ()):
        found |= getattr(mark, "extra", None) or {}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return found
    for one in typing.get_args(hint):
        found |= _extra(one) if not isinstance(one, msgspec.Meta) else {}
    return found


def with_texts(value: Any) -> Any:
    """Return a value for JSON in which moments are texts, too."""
    if isinstance(value, list | tuple):
        return [with_texts(one) for one in value]
    if not isinstance(value, msgspec.Struct):
        return value
    found = {}
    for field in fields_of(type(value)):
        one = getattr(value, field.name)
        if not field.absent(one):
            found[field.shown] = iso(one) if field.moment and isinstance(one, int) else with_texts(one)
    return found


def to_xml(value: Any, root: str, inside: str = "item") -> bytes:
    """Write a struct, or a list of structs called ``inside``, as a document."""
    parts = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n']
    _write(parts, root, value, inside)
    return "".join(parts).encode()


def _write(parts: list[str], name: str, value: Any, each: str) -> None:
    if isinstance(value, msgspec.Struct):
        parts.append(f"<{name}>")
        for field in fields_of(type(value)):
            one = getattr(value, field.name)
            if one is not None and not field.absent(one):
                shown = iso(one) if field.moment and isinstance(one, int) else one
                _write(parts, field.shown, shown, field.each)
        parts.append(f"</{name}>")
    elif isinstance(value, list | tuple):
        parts.append(f"<{name}>")
        for one in value:
            _write(parts, each, one, "item")
        parts.append(f"</{name}>")
    else:
        parts.append(f"<{name}>{text_of(value)}</{name}>")


def text_of(value: Any) -> str:
    """Write a plain value as text of an element; what XML has no character for becomes U+FFFD."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NO_CHARACTER.sub("\ufffd", str(value)).translate(_SIGNS)
