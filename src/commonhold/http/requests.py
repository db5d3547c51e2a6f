"""The request as routes get it: Starlette's, with headers that are found at once, not walked through."""

from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request as AnyRequest
from starlette.types import Receive, Scope


class FoundHeaders(Headers):
    """Headers by name; one request asks for some fifteen, most of which it has not."""

    def __init__(self, scope: Scope) -> None:
        """Take the headers of a scope; of several with one name, ``get`` returns the first."""
        super().__init__(scope=scope)
        self._first = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(self._list)}

    def get(self, key: str, default: Any = None) -> Any:
        """Return the first header of a name."""
        return self._first.get(key.lower(), default)

    def __getitem__(self, key: str) -> str:
        """Return the first header of a name, which must be there."""
        return self._first[key.lower()]

    def __contains__(self, key: object) -> bool:
        """Tell whether there is a header of a name."""
        return isinstance(key, str) and key.lower() in self._first


class Request(AnyRequest):
    """One request."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        """Begin to answer what ``scope`` describes."""
        super().__init__(scope, receive)
        self._found = FoundHeaders(scope)

    @property
    def headers(self) -> Headers:
        """Its headers."""
        return self._found
