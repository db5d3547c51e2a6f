"""Who asks, as clients of this dialect say it: a bearer token, ``access_token`` in the query, or a session cookie.

An invalid token is refused wherever it comes from, a cookie too, and on routes that need none.
"""

from typing import Final

from starlette.requests import Request

from commonhold.core.problems import Problem
from commonhold.http.credentials import NOTHING, Presented, Via

FIELD: Final = "access_token"
SESSION_COOKIE: Final = "directus_session_token"
REFRESH_COOKIE: Final = "directus_refresh_token"


async def find(request: Request) -> Presented:
    """Find a token in the header or in the query, but not in both; else in the session cookie.

    :raises Problem: malformed_body, where the request has it twice
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    asked = request.query_params.get(FIELD, "")
    if token and asked:
        raise Problem("malformed_body", reason="The request uses more than one method for including an access token")
    if token or asked:
        return Presented(Via.HEADER, token or asked)
    kept = request.cookies.get(SESSION_COOKIE, "") if "cookie" in request.headers else ""
    # By a cookie that counts no more nobody is let in as nobody: Via.COOKIE would do that.
    return Presented(Via.HEADER, kept, by_cookie=True) if kept else NOTHING
