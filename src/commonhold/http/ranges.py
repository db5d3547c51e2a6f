"""Conditional requests and ranges (RFC 9110, sections 13 and 14): which part of a content answers a request, if any."""

import re
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from typing import Final

from msgspec import Struct
from starlette.datastructures import Headers

from commonhold.core.problems import Problem

_RANGE: Final = re.compile(r"(\d*)-(\d*)", re.ASCII)
_TAG: Final = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')
_MOST_DIGITS: Final = 19
_LAST_SECOND: Final = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())


class Content(Struct, frozen=True):
    """What would be sent whole: its size in bytes, its strong tag (without quotes), and when it was last changed."""

    size: int
    tag: str
    modified: int
    """Milliseconds since the epoch."""

    @property
    def etag(self) -> str:
        """The tag as the header ``ETag`` has it."""
        return f'"{self.tag}"'

    @property
    def seconds(self) -> int:
        """The moment in whole seconds, as HTTP tells time, within the years that it can write."""
        return min(max(self.modified // 1000, 0), _LAST_SECOND)

    @property
    def last_modified(self) -> str:
        """The moment as the header ``Last-Modified`` has it."""
        return formatdate(self.seconds, usegmt=True)


class Part(Struct, frozen=True):
    """What answers the request: status 200, 206 or 304, and the bytes from ``start`` up to, not including, ``end``."""

    status: int
    start: int
    end: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.end - self.start


def select(method: str, headers: Headers, content: Content) -> Part:
    """Decide what a GET or HEAD is answered with.

    Raises ``precondition_failed`` (412), and ``bad_range`` with the ``size`` (416: answer with ``unsatisfied``).
    """
    _check_preconditions(headers, content)
    if _is_unchanged(headers, content):
        return Part(304, 0, 0)
    whole = Part(200, 0, content.size)
    if method != "GET" or not _range_applies(headers.get("if-range"), content):
        return whole
    span = parse_range(headers.get("range", ""), content.size)
    return whole if span is None else Part(206, *span)


def parse_range(value: str, size: int) -> tuple[int, int] | None:
    """Return the first byte and the one after the last of a ``Range``; None means: send everything.

    That is so for no range, another unit, a malformed one, several at once (a server need not serve them), and for
    content without a byte.
    A range wholly beyond the content (all of them, if several) raises ``bad_range`` with the ``size``.
    """
    unit, _, ranges = value.partition("=")
    if unit.strip().lower() != "bytes" or size == 0:
        return None
    spans = [_span(part.strip(), size) for part in ranges.split(",") if part.strip()]
    if not spans or None in spans:
        return None
    if not any(span[0] < span[1] for span in spans if span):
        raise Problem("bad_range", field="Range", size=size)
    return spans[0] if len(spans) == 1 else None


def content_range(start: int, end: int, size: int) -> str:
    """Say which part of how much a 206 brings."""
    return f"bytes {start}-{end - 1}/{size}"


def unsatisfied(size: int) -> dict[str, str]:
    """Headers that belong to a 416."""
    return {"content-range": f"bytes */{size}", "accept-ranges": "bytes"}


def _span(part: str, size: int) -> tuple[int, int] | None:
    """Return the bytes one range means, cut to the content (none left: wholly beyond it), or None if malformed."""
    match = _RANGE.fullmatch(part)
    if match is None or part == "-":
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - _number(last)), size
    start, end = _number(first), _number(last) + 1 if last else size
    return (min(start, size), min(end, size)) if start < end or not last else None


def _number(digits: str) -> int:
    """Read a number of any length; beyond 19 digits it is only known to be larger than every size."""
    return int((digits.lstrip("0") or "0")[:_MOST_DIGITS])


def _check_preconditions(headers: Headers, content: Content) -> None:
    wanted = _tags(headers, "if-match")
    if wanted is not None:
        if "*" not in wanted and content.etag not in wanted:
            raise Problem("precondition_failed", field="If-Match")
        return
    since = seconds_of(headers.get("if-unmodified-since"))
    if since is not None and content.seconds > since:
        raise Problem("precondition_failed", field="If-Unmodified-Since")


def _is_unchanged(headers: Headers, content: Content) -> bool:
    known = _tags(headers, "if-none-match")
    if known is not None:
        return "*" in known or any(tag.removeprefix("W/") == content.etag for tag in known)
    since = seconds_of(headers.get("if-modified-since"))
    return since is not None and content.seconds <= since


def _range_applies(condition: str | None, content: Content) -> bool:
    """Weigh ``If-Range``: a strong tag must be the same, a date must be exactly the same."""
    if condition is None or condition.strip() == content.etag:
        return True
    return '"' not in condition and seconds_of(condition) == content.seconds


def _tags(headers: Headers, name: str) -> list[str] | None:
    """Read a list of tags (weak ones keep their ``W/``) or ``*``; None if there is no such header."""
    if name not in headers:
        return None
    value = ",".join(headers.getlist(name))
    if value.strip() == "*":
        return ["*"]
    return [f'{weak}"{tag}"' for weak, tag in _TAG.findall(value)]


def seconds_of(value: str | None) -> int | None:
    """Read an HTTP date, in seconds; one that cannot be read counts as absent, as the standard asks."""
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())
