"""Uploads: the body of a request as a bounded stream, which is either whole or a problem."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import ClientDisconnect, Request

from commonhold.core.problems import Problem

HEAD: Final = 2048
"""First bytes by which a media type is told."""


def declared_length(request: Request) -> int | None:
    """Return ``Content-Length``, or None if the body's length is not said beforehand."""
    value = request.headers.get("content-length")
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 20):
        raise Problem("malformed_body", field="Content-Length")
    return int(value)


def body_stream(request: Request, *, limit: int) -> AsyncIterator[bytes]:
    """Return the body in chunks as they come in, never more than ``limit`` bytes in all.

    A length that is declared is weighed at once, before a byte is read: ``too_large`` with the ``limit``. A body that
    ends early, or a connection that is cut, is ``incomplete_body``.
    """
    declared = declared_length(request)
    if declared is not None and declared > limit:
        raise Problem("too_large", limit=limit)
    return _bounded(request, limit, declared)


async def with_head(chunks: AsyncIterator[bytes], size: int = HEAD) -> tuple[bytes, AsyncIterator[bytes]]:
    """Return the first bytes (fewer if there are no more), and the stream with them still in it."""
    held: list[bytes] = []
    while sum(map(len, held)) < size and (chunk := await anext(chunks, None)) is not None:
        held.append(chunk)

    async def all_of_it() -> AsyncIterator[bytes]:
        for chunk in held:
            yield chunk
        async for chunk in chunks:
            yield chunk

    return b"".join(held)[:size], all_of_it()


async def _bounded(request: Request, limit: int, declared: int | None) -> AsyncIterator[bytes]:
    received = 0
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if received > limit:
                raise Problem("too_large", limit=limit)
            if chunk:
                yield chunk
    except ClientDisconnect:
        raise Problem("incomplete_body") from None
    if declared is not None and received != declared:
        raise Problem("incomplete_body", declared=declared, received=received)
