"""What the clients of all towns stand on: HTTP that is spoken to an app in this process."""

from functools import cached_property
from typing import Any

import httpx2

from commonhold.http.app import App


class Caller:
    """Somebody at an address; his HTTP client is made when he first speaks, as most people of a town never do."""

    def __init__(self, app: App, host: str, headers: dict[str, str], address: str = "192.0.2.7") -> None:
        """Call ``app`` at ``host`` from ``address``, with these headers in each request."""
        self._how: dict[str, Any] = {"base_url": host, "headers": headers}
        self._app, self._address = app, address

    @cached_property
    def http(self) -> httpx2.AsyncClient:
        """What sends requests."""
        transport = httpx2.ASGITransport(app=self._app, client=(self._address, 1234))
        return httpx2.AsyncClient(transport=transport, **self._how)
