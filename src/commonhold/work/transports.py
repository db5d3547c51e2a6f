"""Ways out for mail: a mail server, or a file where none is set."""

import asyncio
import os
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Final, Protocol

import aiosmtplib

from commonhold.settings import Smtp

LONGEST: Final = 120  # seconds for one mail, all answers together: far less than a lease (``notices.outbox``)


class Undelivered(Exception):
    """A mail could not be handed over. ``reason`` is a word of ours; ``forever``: another try would be in vain."""

    def __init__(self, reason: str, *, forever: bool = False) -> None:
        """Keep what the outbox notes; never what the server said, which may quote the mail."""
        super().__init__(reason)
        self.reason = reason
        self.forever = forever


class Transport(Protocol):
    """Hands mails over."""

    async def send(self, message: EmailMessage, address: str) -> None:
        """Hand over one mail for one address.

        :raises Undelivered: it was not taken
        """
        ...


class SmtpTransport:
    """Hands mails to a mail server, each over a connection of its own; encryption is never given up silently."""

    def __init__(self, smtp: Smtp, sender: str) -> None:
        """``sender`` is where bounces go."""
        self._smtp = smtp
        self._sender = sender

    async def send(self, message: EmailMessage, address: str) -> None:
        """See ``Transport``."""
        try:
            async with asyncio.timeout(LONGEST):
                await self._send(message, address)
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            raise Undelivered("refused_recipient", forever=all(code >= 500 for code in codes)) from None
        except aiosmtplib.SMTPAuthenticationError:
            raise Undelivered("refused_login") from None
        except aiosmtplib.SMTPDataError as error:
            raise Undelivered("refused_mail", forever=error.code >= 500) from None
        except (aiosmtplib.SMTPTimeoutError, TimeoutError):
            raise Undelivered("timeout") from None
        except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected, OSError):
            raise Undelivered("unreachable") from None
        except aiosmtplib.SMTPException:
            raise Undelivered("refused") from None

    async def _send(self, message: EmailMessage, address: str) -> None:
        smtp = self._smtp
        await aiosmtplib.send(
            message,
            sender=self._sender,
            recipients=[address],
            hostname=smtp.host,
            port=smtp.port,
            username=smtp.user,
            password=smtp.password.reveal() if smtp.password else None,
            use_tls=smtp.tls == "tls",
            start_tls=smtp.tls == "starttls",
            timeout=smtp.timeout,
        )


class FileTransport:
    """Appends mails to a file that its owner alone can read: what there is before a mail server is set."""

    def __init__(self, path: Path) -> None:
        """``path`` is made with the first mail."""
        self._path = path

    async def send(self, message: EmailMessage, address: str) -> None:  # noqa: ARG002 - the header names it
        """See ``Transport``: headers and the text part, as in a mailbox file."""
        body = message.get_body(("plain",))
        text: str = body.get_content() if body is not None else ""
        lines = [f"From commonhold {formatdate()}", *(f"{name}: {value}" for name, value in message.items()), ""]
        lines += (f">{line}" if line.startswith("From ") else line for line in text.splitlines())
        try:
            await asyncio.to_thread(self._append, ("\n".join(lines) + "\n\n").encode("utf-8", "replace"))
        except OSError:
            raise Undelivered("disk") from None

    def _append(self, data: bytes) -> None:
        """Write in one go, so that two workers never mix their mails."""
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, data)
        finally:
            os.close(file)
