"""Tokens as clients of this dialect present them: in a header of their own, as bearer, in query or form."""

from typing import Final

from starlette.requests import Request

from commonhold.core.problems import Problem
from commonhold.faces.arcgis.parameters import EARLY, read
from commonhold.http.credentials import NOTHING, Presented, Via, bearer
from commonhold.http.face import SAFE

HEADER: Final = "x-esri-authorization"
_LOGGING_IN: Final = ("/generateToken", "/oauth2/authorize", "/oauth2/signin", "/oauth2/token", "/oauth2/revokeToken")


async def find(request: Request) -> Presented:
    """Find a token: ``X-Esri-Authorization``, ``Authorization``, the query, and last the form, which is then read.

    Whoever logs in may have an old one, which does not matter there. Cookies are no credential here.

    :raises Problem: bad_token, and those of ``parameters.read``
    """
    if request.scope["path"].endswith(_LOGGING_IN):
        return NOTHING
    token = _of_headers(request)
    if token is None:
        token = next((value for name, value in request.query_params.items() if name.lower() == "token" and value), None)
    if token is None and request.method not in SAFE:
        token = (await read(request, EARLY)).word("token")
    if token is None:
        return NOTHING
    if "\0" in token:
        raise Problem("bad_token")
    return Presented(Via.HEADER, token)


def _of_headers(request: Request) -> str | None:
    """Return the token of a header; what a proxy in front asks for (Basic) is none of ours."""
    own = request.headers.get(HEADER)
    if own is not None:
        return bearer(own)
    other = request.headers.get("authorization", "")
    return bearer(other) if other[:7].lower() == "bearer " else None
