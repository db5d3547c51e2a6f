"""A real mail server on the loopback, in as many moods as mail servers have."""

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from commonhold.settings import Smtp


class Peer:
    """Takes mails and keeps them. ``answers``: what to say to RCPT and DATA, by address or command."""

    def __init__(self) -> None:
        """Begin in a good mood."""
        self.port = 0
        self.mails: list[tuple[str, EmailMessage]] = []
        self.answers: dict[str, str] = {}
        self.hang = False
        self.die = False
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()
        self.connections: list[asyncio.Transport] = []

    @property
    def smtp(self) -> Smtp:
        """Settings by which this server is reached."""
        return Smtp(host="127.0.0.1", port=self.port, tls="none", timeout=1)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        self.asked.set()
        if self.hang:
            await self.go_on.wait()
        envelope.rcpt_tos.append(address)
        return self.answers.get(address, "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail, or not."""
        if self.die:
            for connection in self.connections:
                connection.abort()
        if (answer := self.answers.get("DATA", "250 OK"))[0] == "2":
            assert isinstance(envelope.content, bytes)
            message = email.message_from_bytes(envelope.content, policy=POLICY)
            assert isinstance(message, EmailMessage)
            self.mails += [(address, message) for address in envelope.rcpt_tos]
        return answer


class Connection(SMTP):
    """One connection to a peer, which it can cut."""

    def connection_made(self, transport: Any) -> None:
        """Remember the transport."""
        self.event_handler.connections.append(transport)
        super().connection_made(transport)


@asynccontextmanager
async def listening(**options: Any) -> AsyncIterator[Peer]:
    """Run a mail server on a free port."""
    peer = Peer()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(peer, hostname="peer", **options), "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        peer.go_on.set()
        for connection in peer.connections:
            connection.abort()
        await server.wait_closed()
        await asyncio.sleep(0)


class Porter:
    """Lets in whoever knows one password."""

    def __init__(self, password: str) -> None:
        """Know the password."""
        self.password = password

    def __call__(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Compare."""
        good = isinstance(data, LoginPassword) and data.password == self.password.encode()
        return AuthResult(success=good, handled=False)
