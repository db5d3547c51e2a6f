"""What this dialect answers to OPTIONS: its methods in the order in which its routes are told."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

_ORDER: Final = ("GET", "HEAD", "POST", "SEARCH", "PATCH", "DELETE", "PUT")


def options(methods: Sequence[str]) -> Response:
    """Answer which methods a path takes, in the header and in the body."""
    listed = ",".join(method for method in _ORDER if method in methods)
    return Response(listed, headers={"allow": listed}, media_type="text/html; charset=utf-8")
