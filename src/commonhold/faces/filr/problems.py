"""Refusals as this dialect words them: ``ErrorInfo`` with a code of its own, and the table from our codes to it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.problems import SENTENCES, Problem
from commonhold.faces.filr.encoding import encoded
from commonhold.faces.filr.shapes import ErrorInfo
from commonhold.http.face import UNDER
from commonhold.http.replies import problem_headers
from commonhold.http.statuses import STATUS as OURS

CHALLENGE: Final = {"www-authenticate": 'Basic realm="commonhold", charset="UTF-8"'}

PROBED: Final = ("/rest/info", "/rest/services")
"""What clients of other servers ask for to find out what we are: not there, and no reason to ask for a password."""

# Our code → theirs, and the status where it is not the one that all faces have.
_WORDS: Final[dict[str, tuple[str, int]]] = {
    "unauthenticated": ("UNAUTHENTICATED_ACCESS", 401),
    "bad_token": ("BAD_CREDENTIALS", 401),
    "bad_credentials": ("BAD_CREDENTIALS", 401),
    "account_inactive": ("USERACCOUNT_NOT_ACTIVE", 401),
    "unknown_share": ("SHAREITEM_NOT_FOUND", 404),
    "unknown_user": ("USER_NOT_FOUND", 404),
    "unknown_group": ("GROUP_NOT_FOUND", 404),
    "unknown_recipient": ("PRINCIPAL_NOT_FOUND", 404),
    "domain_not_allowed": ("INVALID_EMAIL_ADDRESS", 400),
    "bad_address": ("INVALID_EMAIL_ADDRESS", 400),
    "unsupported_media_type": ("UNSUPPORTED_MEDIA_TYPE", 415),
    "method_not_allowed": ("METHOD_NOT_ALLOWED", 405),
    "route_not_found": ("NOT_FOUND", 404),
    "name_collides": ("FILE_EXISTS", 409),
    "precondition_failed": ("FILE_VERSION_CONFLICT", 409),
    "conflict": ("OPTIMISTIC_LOCKING_FAILURE", 409),
    "self_share": ("BAD_INPUT", 400),
    "owner_share": ("BAD_INPUT", 400),
    "not_for_items": ("BAD_INPUT", 400),
    "internal": ("SERVER_ERROR", 500),
}
_SENTENCES: Final = {"self_share": "Can't share with yourself."}
_BY_STATUS: Final = {400: "BAD_INPUT", 401: "UNAUTHENTICATED_ACCESS", 403: "ACCESS_DENIED", 404: "NOT_FOUND"}

MISSING: Final = frozenset({"unknown_item", "not_found", "in_trash"})
"""Codes for something that is not there; each route says of what kind that is."""


def _code(code: str) -> str:
    """Return their code for ours."""
    return _WORDS[code][0] if code in _WORDS else _BY_STATUS.get(OURS[code], code.upper())


STATUS: Final[Mapping[str, int]] = MappingProxyType(
    {**OURS, "in_trash": 404, **{code: status for code, (_, status) in _WORDS.items()}}
)


class Refused(Exception):
    """A refusal in this dialect's own words."""

    def __init__(self, status: int, code: str, message: str, data: Any = None) -> None:
        """Keep status, code and message."""
        super().__init__(code)
        self.status = status
        self.info = ErrorInfo(code=code, message=message, data=data)


def bad_input(message: str) -> Refused:
    """Return the refusal of what cannot be meant."""
    return Refused(400, "BAD_INPUT", message)


def denied(message: str = "You may see this, but not do that.") -> Refused:
    """Return the refusal of what somebody has no right to."""
    return Refused(403, "ACCESS_DENIED", message)


def missing(code: str) -> Refused:
    """Return the refusal of what is not there, or not for the caller."""
    return Refused(404, code, SENTENCES["not_found"])


def of_problem(problem: Problem, thing: str | None = None) -> Refused:
    """Return a problem of the core in the words of this dialect; ``thing``: the code where an item is not there."""
    if thing is not None and problem.code in MISSING:
        return missing(thing)
    message = _SENTENCES.get(problem.code, problem.sentence)
    field = problem.facts.get("field")
    if field is not None and STATUS[problem.code] == 400 and problem.code not in _WORDS:
        message = f"{message} ({field})"
    return Refused(STATUS[problem.code], _code(problem.code), message)


def refusal_reply(request: Request, refused: Refused, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a request with a refusal, in the encoding that it asks for."""
    headers = {**(headers or {}), **(CHALLENGE if refused.status == 401 else {})}
    return encoded(request, refused.info, refused.status, headers)


def word(request: Request, problem: Problem, status: int) -> Response:
    """Word a problem as this dialect's reply. Below ``/rest`` nobody learns which routes there are."""
    if problem.code in ("route_not_found", "method_not_allowed") and _for_somebody(request):
        problem = Problem("unauthenticated")
    refused = of_problem(problem)
    status = refused.status
    return refusal_reply(request, refused, problem_headers(problem, status))


def _for_somebody(request: Request) -> bool:
    """Tell whether a path is for those who log in, and the caller has not tried to."""
    path = str(request.scope["path"])[len(request.scope.get(UNDER, "")) :]
    if not (path == "/rest" or path.startswith("/rest/")) or "authorization" in request.headers:
        return False
    return not any(path == one or path.startswith(f"{one}/") for one in PROBED)
