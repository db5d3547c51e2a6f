"""How long a client may take, and how long its headers may be: a connection that is kept busy by nothing is closed.

The server beneath waits for ever for the first request, for the rest of its headers, for its body, and for somebody who
does not take his reply; and it gathers headers without an end. Each costs a client nothing and us a connection.
"""

import asyncio
import contextlib
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from commonhold.settings.values import Patience

HEAD: Final = 64 << 10
"""Bytes that a request line and headers may have: browsers and proxies send some 16 KiB at most."""

PACE: Final = 4 << 10
"""Bytes of a body that must come within ``patience.body`` seconds: the slowest modem sends more in two."""

LOOK: Final = 20
"""Ticks of the server, a tenth of a second each, between two looks at all connections."""

_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_LONG: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Patient(HttpToolsProtocol):
    """One connection. ``waits`` is set by ``patient``."""

    waits: Patience = Patience()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See uvicorn."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._since = self._mark = self.loop.time()  # idle since; the body last kept pace at
        self._stuck: float | None = None  # nobody takes our reply since
        self._in_body = self._ended = False
        self._head = self._fresh = self._owed = 0  # bytes of headers; of a body, lately; replies

    def data_received(self, data: bytes) -> None:
        """See uvicorn: headers are counted until they are complete."""
        self._ended = False
        self._fresh += len(data)
        super().data_received(data)
        if self._ended or self._in_body:
            self._head = 0
            return
        self._head += len(data)
        if self._head > HEAD and not self.transport.is_closing():
            self._refuse(_LONG)

    def on_headers_complete(self) -> None:
        """See uvicorn: the body begins."""
        super().on_headers_complete()
        self._in_body, self._mark, self._fresh = True, self.loop.time(), 0
        self._owed += 1

    def on_message_complete(self) -> None:
        """See uvicorn: what comes next is another request."""
        super().on_message_complete()
        self._in_body, self._ended = False, True

    def on_response_complete(self) -> None:
        """See uvicorn: the client may think about his next request from here on."""
        super().on_response_complete()
        self._since = self.loop.time()
        self._owed -= 1

    def pause_writing(self) -> None:
        """See uvicorn: the client takes nothing at the moment."""
        super().pause_writing()
        self._stuck = self.loop.time()

    def resume_writing(self) -> None:
        """See uvicorn."""
        super().resume_writing()
        self._stuck = None

    def look(self, now: float) -> None:
        """Close this connection if it has used up our patience."""
        if self._stuck is None and self.transport.is_closing():
            self._stuck = now  # what is left of a reply is waited for, too, but not for ever
        if self._stuck is not None:
            if now - self._stuck > self.waits.reply:
                self.transport.abort()
        elif self._in_body:
            self._look_at_body(now)
        elif not self._owed and now - self._since > self.waits.headers:
            self._refuse(_LATE if self._head else b"")

    def _look_at_body(self, now: float) -> None:
        if self._fresh >= PACE or self.flow.read_paused:
            self._mark, self._fresh = now, 0
        elif now - self._mark > self.waits.body:
            self.transport.close()  # whoever reads the body is told that the client has gone

    def _refuse(self, reply: bytes) -> None:
        with contextlib.suppress(OSError):
            self.transport.write(reply)
        self.transport.close()


def patient(waits: Patience) -> type[Patient]:
    """Return the protocol of a server with this patience."""
    return type("Patient", (Patient,), {"waits": waits})
