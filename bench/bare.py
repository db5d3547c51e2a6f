"""What everything over HTTP is compared with: the same server and framework, and nothing done."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

CHUNK: Final = b"\0" * (1 << 20)


async def ok(_request: Request) -> Response:
    """Answer."""
    return PlainTextResponse("ok")


async def stream(request: Request) -> Response:
    """Stream as many MiB as asked for, all of them the same."""
    count = int(request.path_params["count"])

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(count):
            yield CHUNK

    return StreamingResponse(chunks(), headers={"content-length": str(count * len(CHUNK))})


app: Final = Starlette(routes=[Route("/", ok), Route("/stream/{count:int}", stream)])
