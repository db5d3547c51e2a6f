"""Cross-origin requests of browsers (CORS): which origins may call a face, and what their scripts may read."""

import re
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response

_TOKENS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{0,2000}")
_AGE: Final = "600"  # seconds for which a browser remembers an answer
METHODS: Final = "GET, HEAD, POST, PUT, PATCH, DELETE, SEARCH, OPTIONS"
EXPOSED: Final = ("Retry-After", "X-Request-Id", "Content-Disposition", "Content-Range", "Accept-Ranges", "ETag")


class Cors:
    """The rule of one face. ``*`` lets every origin call, but never with cookies; named origins may use them."""

    def __init__(self, origins: Iterable[str], exposes: Iterable[str] = ()) -> None:
        """``origins`` as browsers write them (``https://example.org``), or ``*``."""
        named = {origin.rstrip("/") for origin in origins}
        self._any = "*" in named
        self.named: frozenset[str] = frozenset(named - {"*"})
        self._exposed = ", ".join(dict.fromkeys((*EXPOSED, *exposes)))

    def headers(self, origin: str) -> list[tuple[bytes, bytes]]:
        """Return the headers of a reply to a request from an origin; none if it may not call."""
        if origin in self.named:
            allowed = [("access-control-allow-origin", origin), ("access-control-allow-credentials", "true")]
        elif self._any:
            allowed = [("access-control-allow-origin", "*")]
        else:
            return [(b"vary", b"Origin")]
        allowed += [("access-control-expose-headers", self._exposed), ("vary", "Origin")]
        return [(name.encode(), value.encode("latin-1")) for name, value in allowed]

    def preflight(self, headers: Headers) -> Response | None:
        """Answer a preflight request; None if it is none, or its origin may not call (then there is nothing to say)."""
        if "access-control-request-method" not in headers or "origin" not in headers:
            return None
        wanted = headers.get("access-control-request-headers", "")
        if not _TOKENS.fullmatch(wanted):
            wanted = ""
        sent = {"access-control-allow-methods": METHODS, "access-control-max-age": _AGE}
        if wanted:
            sent["access-control-allow-headers"] = wanted
        return Response(status_code=204, headers=sent)
