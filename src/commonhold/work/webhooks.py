"""Webhooks on their way: one POST to the very address that was looked at, without redirects, within bounds."""

import asyncio
import functools
import socket
import ssl
from typing import Final

import httpx2

from commonhold import __version__
from commonhold.core.webhooks.delivering import Message, Outcome
from commonhold.core.webhooks.targets import is_inside, target_fits

LONGEST: Final = 15.0  # seconds for all of it: name, connection, answer
REDIRECTS: Final = range(300, 400)
FINE: Final = range(200, 300)


class WebhookSender:
    """Sends messages. Nothing of an answer counts but its status: the body is not read at all, however long."""

    def __init__(self, *, inside: bool = False) -> None:
        """``inside``: plain http and addresses inside of this network are fine (``webhooks_inside``)."""
        self._inside = inside

    async def send(self, message: Message) -> Outcome:
        """Send one message, and tell how it went."""
        if not target_fits(message.url, inside=self._inside):
            return Outcome(reason="bad_target")
        try:
            async with asyncio.timeout(LONGEST):
                return await self._send(message)
        except (TimeoutError, httpx2.TimeoutException):
            return Outcome(reason="timeout")
        except socket.gaierror:
            return Outcome(reason="unknown_host")
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError):
            return Outcome(reason="unreachable")

    async def _send(self, message: Message) -> Outcome:
        url = httpx2.URL(message.url)
        addresses = await _addresses(url)
        if not addresses or (not self._inside and any(map(is_inside, addresses))):
            return Outcome(reason="inside_target")
        for address in addresses[:-1]:
            try:
                return await self._post(message, url, address)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue  # one of several machines, or a network that cannot be reached from here
        return await self._post(message, url, addresses[-1])

    async def _post(self, message: Message, url: httpx2.URL, address: str) -> Outcome:
        """Send to the address that was looked at: the name is not resolved again, the certificate must be its own."""
        asked = {"sni_hostname": url.host} if url.scheme == "https" else {}
        headers = {
            "Host": url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "User-Agent": f"Commonhold/{__version__}",
            "Commonhold-Event": message.kind,
            "Commonhold-Delivery": str(message.no),
            "Commonhold-Signature": message.signature,
        }
        place = url.copy_with(host=address)
        client = httpx2.AsyncClient(verify=_trust(), trust_env=False, follow_redirects=False, timeout=LONGEST)
        async with client, client.stream(
            "POST", place, content=message.body, headers=headers, extensions=asked
        ) as response:  # fmt: skip
            return _judged(response.status_code)


async def _addresses(url: httpx2.URL) -> list[str]:
    """Return what the name of a URL stands for now, without repetitions."""
    port = url.port or (443 if url.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(url.raw_host.decode("ascii"), port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _judged(status: int) -> Outcome:
    if status in FINE:
        return Outcome(status)
    return Outcome(status, "redirected" if status in REDIRECTS else "refused")


@functools.cache
def _trust() -> ssl.SSLContext:
    """Return the certificates that are trusted: read once, as that takes some tens of milliseconds."""
    return httpx2.create_ssl_context(trust_env=False)
