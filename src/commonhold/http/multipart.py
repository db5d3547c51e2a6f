"""Forms with files (multipart/form-data, RFC 7578), read as they come in: a file goes on to where it is kept."""

from collections import deque
from collections.abc import AsyncIterator
from typing import Final, TypeAlias

from msgspec import Struct
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from commonhold.core.problems import Problem
from commonhold.http.media import OCTETS, clean_media_type
from commonhold.http.streams import closing
from commonhold.http.uploads import body_stream

OVERHEAD: Final = 1 << 20
"""Bytes a form may have beside its files: fields, headers, boundaries."""


class FormLimits(Struct, frozen=True):
    """Bounds of one form: how many parts, headers per part, bytes per header line, bytes per text field."""

    parts: int = 1_000
    headers: int = 16
    header: int = 4_096
    field: int = 64 << 10


_BOUNDS: Final = FormLimits()


class PartHeader(Struct, frozen=True):
    """What a part says of itself: ``filename`` is None for a plain field, and empty where a file was left out."""

    name: str
    filename: str | None
    media_type: str


class FormPart:
    """One field of a form. Read its bytes once, by ``async for`` or ``text()``, before the next part is asked for."""

    def __init__(self, header: PartHeader, chunks: AsyncIterator[bytes], field_limit: int) -> None:
        """Take the header, the bytes as they come in, and the most bytes that ``text()`` reads."""
        self.name = header.name
        self.filename = header.filename
        self.media_type = header.media_type
        self._chunks = chunks
        self._field_limit = field_limit

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come in."""
        return self._chunks

    async def text(self) -> str:
        """Return a plain field's value; ``too_large`` beyond its bound, ``malformed_body`` if it is not UTF-8."""
        value = bytearray()
        async for chunk in self:
            value += chunk
            if len(value) > self._field_limit:
                raise Problem("too_large", field=self.name, limit=self._field_limit)
        return _decoded(bytes(value), self.name)


async def form_parts(request: Request, *, limit: int, bounds: FormLimits = _BOUNDS) -> AsyncIterator[FormPart]:
    """Yield the parts in their order; what is not read of one is skipped. ``limit``: bytes of all files together."""
    parser = _Parser(_boundary(request), bounds)
    events = parser.events(body_stream(request, limit=limit + OVERHEAD))
    async with closing(events):
        async for event in events:
            if isinstance(event, PartHeader):
                chunks = _until_end(events)
                yield FormPart(event, chunks, bounds.field)
                async for _ in chunks:
                    pass


_END: Final = None
_Event: TypeAlias = PartHeader | bytes | None


class _Parser:
    """Turns the parser's callbacks into events: a part begins, bytes of it, it ends."""

    def __init__(self, boundary: bytes, bounds: FormLimits) -> None:
        self._bounds = bounds
        self._events: deque[_Event] = deque()
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._parts = 0
        self._complete = False
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
                    "on_part_end": lambda: self._events.append(_END),
                    "on_end": self._end,
                },
                max_header_count=bounds.headers,
                max_header_size=bounds.header,
            )
        except FormParserError as error:
            raise Problem("malformed_body", reason=str(error)) from None

    async def events(self, body: AsyncIterator[bytes]) -> AsyncIterator[_Event]:
        """Feed the parser, and yield what it finds; a form without its end is ``incomplete_body``."""
        async for chunk in body:
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise Problem("malformed_body", reason=str(error)) from None
            while self._events:
                yield self._events.popleft()
        if not self._complete:
            raise Problem("incomplete_body")

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._bounds.parts:
            raise Problem("too_large", field="parts", limit=self._bounds.parts)
        self._headers = {}

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _headers_finished(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition"))
        if kind != b"form-data" or b"name" not in options:
            raise Problem("malformed_body", reason="a part has no name")
        name = _decoded(options[b"name"], "name")
        filename = _decoded(options[b"filename"], name) if b"filename" in options else None
        media_type = self._headers.get(b"content-type", OCTETS.encode()).decode("latin-1")
        self._events.append(PartHeader(name, filename, clean_media_type(media_type)))

    def _end(self) -> None:
        self._complete = True


async def _until_end(events: AsyncIterator[_Event]) -> AsyncIterator[bytes]:
    async for event in events:
        if not isinstance(event, bytes):
            return
        yield event


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        raise Problem("unsupported_media_type", field="Content-Type")
    if not options.get(b"boundary"):
        raise Problem("malformed_body", field="Content-Type", reason="no boundary")
    return options[b"boundary"]


def _decoded(value: bytes, field: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Problem("malformed_body", field=field, reason="not UTF-8") from None
