"""The application as a transport of the HTTP client, in one process: what is sent streams in, what comes streams out.

The client's own transport for ASGI collects whole bodies; here at most one chunk waits in either direction, so that a
file of any size passes through a few of them.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2
from starlette.types import ASGIApp, Message

from commonhold.core.identity import Actor

IN_PROCESS: Final = "commonhold.actor"
"""Where the application looks for the actor of a caller in its own process (``http.credentials``)."""

CLIENT: Final = ("127.0.0.1", 0)


class InProcess(httpx2.AsyncBaseTransport):
    """Hands requests to an ASGI application, as the actor it is told."""

    def __init__(self, app: ASGIApp, actor: Actor) -> None:
        """``actor`` is who asks; nothing in a request can change that."""
        self._app = app
        self._actor = actor

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Run one request; returns when the head of the reply is there.

        :raises httpx2.RemoteProtocolError: the application ended without a reply
        """
        exchange = _Exchange(request, self._scope(request))
        status, headers = await exchange.begin(self._app)
        return httpx2.Response(status, headers=headers, stream=exchange, request=request)

    def _scope(self, request: httpx2.Request) -> dict[str, Any]:
        url = request.url
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "server": (url.host, url.port),
            "client": CLIENT,
            "root_path": "",
            IN_PROCESS: self._actor,
        }


class _Exchange(httpx2.AsyncByteStream):
    """One request and its reply; as a stream, the body of the reply."""

    def __init__(self, request: httpx2.Request, scope: dict[str, Any]) -> None:
        assert isinstance(request.stream, httpx2.AsyncByteStream)  # noqa: S101 - the client is an asynchronous one
        self._scope = scope
        self._body = aiter(request.stream)
        self._sent = False  # the whole body of the request
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._head: asyncio.Future[tuple[int, list[tuple[bytes, bytes]]]] = asyncio.get_running_loop().create_future()
        self._gone = asyncio.Event()  # the client reads no more
        self._error: Exception | None = None
        self._task: asyncio.Task[None] | None = None

    async def begin(self, app: ASGIApp) -> tuple[int, list[tuple[bytes, bytes]]]:
        self._task = asyncio.create_task(self._run(app))
        try:
            return await self._head
        except BaseException:
            await self.aclose()
            raise

    async def _run(self, app: ASGIApp) -> None:
        try:
            await app(self._scope, self._receive, self._send)
        except Exception as error:  # noqa: BLE001 - handed on to whoever reads the reply
            self._error = self._error or error
        if not self._head.done():
            self._head.set_exception(self._error or httpx2.RemoteProtocolError("no reply"))
            self._head.exception()  # a client that has gone meanwhile asks no more
        await self._finish()

    async def _finish(self) -> None:
        """Tell the reader that this was all."""
        if not self._gone.is_set():
            await self._wait(None)

    async def _receive(self) -> Message:
        if self._sent:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        try:
            chunk = await anext(self._body, None)
        except Exception as error:  # noqa: BLE001 - a file that cannot be read: the upload is cut, and its owner told
            self._sent, self._error = True, error
            self._gone.set()
            return {"type": "http.disconnect"}
        self._sent = chunk is None
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._error is None and not self._head.done():
            self._head.set_result((message["status"], list(message.get("headers", ()))))
        elif message["type"] == "http.response.body" and message.get("body"):
            await self._put(bytes(message["body"]))

    async def _put(self, chunk: bytes) -> None:
        """Hand a chunk to the reader, once he has taken the one before.

        :raises OSError: he has gone
        """
        if self._error is not None:
            return  # whoever asked is told his own error instead
        if self._gone.is_set():
            taken = False
        elif not self._chunks.full():
            self._chunks.put_nowait(chunk)
            taken = True
        else:
            taken = await self._wait(chunk)
        if not taken:
            raise OSError("the reader has gone")

    async def _wait(self, chunk: bytes | None) -> bool:
        """Wait until the reader has taken the chunk before, or has gone; tell whether he will find this one."""
        putting = asyncio.ensure_future(self._chunks.put(chunk))
        leaving = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait((putting, leaving), return_when=asyncio.FIRST_COMPLETED)
            return putting.done()
        finally:
            putting.cancel()
            leaving.cancel()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body of the reply as it comes.

        :raises httpx2.ReadError: it broke off
        """
        while (chunk := await self._chunks.get()) is not None:
            yield chunk
        if self._error is not None:
            raise httpx2.ReadError("the reply broke off") from self._error

    async def aclose(self) -> None:
        """End the exchange; an application that is still at work is told that the client has gone."""
        self._gone.set()
        if self._task is None:
            return
        done, _ = await asyncio.wait((self._task,), timeout=5)
        if not done:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
