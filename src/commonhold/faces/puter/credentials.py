"""Credentials as clients of this dialect present them: bearer, ``auth_token`` in query or JSON body, cookie."""

from typing import Final

import msgspec
from starlette.requests import Request

from commonhold.core.problems import Problem
from commonhold.faces.puter.routes import fields_of, is_json
from commonhold.faces.puter.values import text_of
from commonhold.http.credentials import Presented, Via, present
from commonhold.http.face import SAFE

FIELD: Final = "auth_token"
_NONE: Final = ("", "null", "undefined")  # what a script sends that has no token


async def find(request: Request) -> Presented:
    """Find a bearer token; else ``auth_token`` in the query, or in a JSON body; else what every face takes.

    :raises Problem: bad_token, malformed_body, too_large, incomplete_body
    """
    if "authorization" in request.headers:
        return await present(request)
    token = request.query_params.get(FIELD)
    if token is None and request.method not in SAFE and is_json(request):
        token = text_of((await fields_of(request)).get(FIELD))
    found = await present(request)
    if token is None or token in _NONE:
        return found
    if "\0" in token:
        raise Problem("bad_token")
    by_cookie = found.by_cookie and bool(found.passes)
    return msgspec.structs.replace(found, via=Via.HEADER, secret=token, by_cookie=by_cookie)
