"""The native API as commands see it: paths, bodies and pages; refusals as errors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx2
import msgspec

from commonhold.cli.exits import Refused, Unreachable

ROOT: Final = "/api/v1"
PAGE: Final = 200
TIMEOUT: Final = httpx2.Timeout(60.0, connect=10.0)

Json = dict[str, Any]


class Api:
    """A client of one installation, as one actor. ``base``: its address; links begin with it."""

    def __init__(self, client: httpx2.AsyncClient, *, local: bool) -> None:
        """``local``: the core runs in this process."""
        self._client = client
        self.local = local
        self.base = str(client.base_url).rstrip("/")

    async def call(self, method: str, path: str, /, body: Any = None, **query: Any) -> Any:
        """Send a request and return what is replied as JSON; None if nothing is.

        :raises Refused: the reply is a problem
        :raises Unreachable: there is no reply
        """
        content = None if body is None else msgspec.json.encode(body)
        async with self.stream(method, path, content, {"content-type": "application/json"}, **query) as response:
            text = await _read(response)
        return msgspec.json.decode(text) if text else None

    async def get(self, path: str, /, **query: Any) -> Json:
        """Read one thing."""
        found: Json = await self.call("GET", path, **query)
        return found

    async def post(self, path: str, /, body: Any = None, **query: Any) -> Json:
        """Do something, and return what came of it."""
        found: Json = await self.call("POST", path, {} if body is None else body, **query)
        return found

    async def pages(self, path: str, /, most: int | None = None, **query: Any) -> AsyncIterator[Json]:
        """Yield what a listing holds, page after page, ``most`` at most."""
        count, place = 0, None
        while most is None or count < most:
            limit = PAGE if most is None else min(PAGE, most - count)
            page = await self.get(path, **query, limit=limit, next=place)
            for one in page["data"]:
                yield one
            count += len(page["data"])
            place = page["next"]
            if place is None:
                return

    async def list(self, path: str, /, most: int | None = None, **query: Any) -> list[Json]:
        """Return what a listing holds, ``most`` at most."""
        return [one async for one in self.pages(path, most, **query)]

    async def upload(self, path: str, /, chunks: AsyncIterator[bytes], size: int | None, **query: Any) -> Json:
        """Send bytes as they come, and return the item that they became."""
        headers = {"content-type": "application/octet-stream"}
        if size is not None:
            headers["content-length"] = str(size)
        async with self.stream("PUT", path, chunks, headers, **query) as response:
            found: Json = msgspec.json.decode(await _read(response))
        return found

    @asynccontextmanager
    async def stream(
        self, method: str, path: str, /, content: Any = None, headers: dict[str, str] | None = None, **query: Any
    ) -> AsyncIterator[httpx2.Response]:
        """Send a request and hand over the reply while it comes in.

        :raises Refused: the reply is a problem
        :raises Unreachable: there is no reply, or it broke off
        """
        params = {name: _param(value) for name, value in query.items() if value is not None}
        try:
            async with self._client.stream(
                method, ROOT + path, content=content, headers=headers, params=params
            ) as response:
                if response.status_code >= 400:
                    raise _refused(response, await response.aread())
                yield response
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise Unreachable(f"No server answers at {self.base}. Start it, or check the address.") from None
        except httpx2.HTTPError as error:
            raise Unreachable(f"{self.base} broke off: {str(error) or type(error).__name__}. Try again.") from error

    async def item(self, text: str) -> Json:
        """Return the item that somebody names: by its uid, its path (``/owner/folder/file``) or the page of it."""
        if text.startswith("/"):
            return await self.get("/items", path=text)
        return await self.get(f"/items/{part(_after(text, '/app/items/'))}")

    async def uid(self, text: str) -> str:
        """Return the uid of the item that somebody names."""
        return str((await self.item(text))["uid"])


def part(text: str) -> str:
    """Write a text as one part of a path."""
    return quote(text, safe="")


def link_of(text: str) -> tuple[str | None, str]:
    """Return the server and the secret of a link; a bare secret names no server."""
    if "://" not in text:
        return None, _after(text, "/s/").strip("/")
    url = urlsplit(text)
    before, _, secret = url.path.rpartition("/s/")
    return f"{url.scheme}://{url.netloc}{before}", secret.partition("/")[0]


def _after(text: str, marker: str) -> str:
    return text.rpartition(marker)[2].partition("?")[0]


def _param(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


async def _read(response: httpx2.Response) -> bytes:
    return await response.aread()


def _refused(response: httpx2.Response, body: bytes) -> Refused:
    """Return the problem of a reply; what speaks another language is told by its status."""
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        found = None
    if isinstance(found, dict) and "code" in found:
        return Refused(found)
    return Refused({"code": "unavailable", "detail": f"The server answered {response.status_code}. Is it Commonhold?"})
