"""What this dialect answers when it refuses: ``{"errors": [{"message", "extensions": {"code", …}}]}``.

What is missing and what is invisible are both FORBIDDEN; nothing but a path that is no route is 404.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.faces.directus.accountability import SESSION_COOKIE
from commonhold.faces.directus.replies import JSON, encode
from commonhold.http.credentials import drop_cookie
from commonhold.http.face import UNDER
from commonhold.http.replies import problem_headers
from commonhold.http.statuses import STATUS as OURS

DENIED: Final = "You don't have permission to access this."
INVISIBLE: Final = frozenset(
    {"not_found", "forbidden", "unauthenticated", "unknown_item", "unknown_share", "unknown_user", "unknown_group"}
)
"""Refusals that are told alike, in one sentence."""

_BY_STATUS: Final = {
    400: ("INVALID_PAYLOAD", 400),
    401: ("INVALID_CREDENTIALS", 401),
    403: ("FORBIDDEN", 403),
    404: ("FORBIDDEN", 403),
    405: ("ROUTE_NOT_FOUND", 404),
    406: ("INVALID_PAYLOAD", 400),
    409: ("INVALID_PAYLOAD", 400),
    410: ("FORBIDDEN", 403),
    412: ("INVALID_PAYLOAD", 400),
    413: ("INVALID_PAYLOAD", 400),
    415: ("UNSUPPORTED_MEDIA_TYPE", 415),
    416: ("RANGE_NOT_SATISFIABLE", 416),
    422: ("INVALID_PAYLOAD", 400),
    429: ("REQUESTS_EXCEEDED", 429),
    500: ("INTERNAL_SERVER_ERROR", 500),
    503: ("SERVICE_UNAVAILABLE", 503),
    507: ("SERVICE_UNAVAILABLE", 503),
}
_SPECIAL: Final = {
    "unauthenticated": ("FORBIDDEN", 403),
    "failed_check": ("FAILED_VALIDATION", 400),
    "route_not_found": ("ROUTE_NOT_FOUND", 404),
    "bad_query": ("INVALID_QUERY", 400),
    "bad_cursor": ("INVALID_QUERY", 400),
    "query_too_costly": ("INVALID_QUERY", 400),
    "not_unique": ("RECORD_NOT_UNIQUE", 400),
    "bad_reference": ("INVALID_FOREIGN_KEY", 400),
    "quota_exceeded": ("CONTENT_TOO_LARGE", 413),
    "value_too_long": ("VALUE_TOO_LONG", 400),
    "value_out_of_range": ("VALUE_OUT_OF_RANGE", 400),
    "missing_field": ("FAILED_VALIDATION", 400),
}
_MEANT: Final = {
    code: _SPECIAL.get(code) or _BY_STATUS.get(status, ("INVALID_PAYLOAD", 400)) for code, status in OURS.items()
}

STATUS: Final[Mapping[str, int]] = MappingProxyType({code: status for code, (_, status) in _MEANT.items()})


class ApiError(Exception):
    """A refusal of this dialect: its code, status, message, and what its ``extensions`` say beside the code."""

    def __init__(self, code: str, status: int, message: str, **details: Any) -> None:
        """Keep code, status, message and details."""
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details = details

    def entry(self) -> dict[str, Any]:
        """Return it as an entry of ``errors``."""
        return {"message": self.message, "extensions": {**self.details, "code": self.code}}


def forbidden(reason: str | None = None) -> ApiError:
    """Return the refusal of what is missing or not allowed; ``reason`` is told instead of the usual sentence."""
    return ApiError("FORBIDDEN", 403, DENIED) if reason is None else ApiError("FORBIDDEN", 403, reason, reason=reason)


def no_collection(collection: str, path: str = "root") -> ApiError:
    """Return the refusal of a collection that does not exist, or of which the caller may read no row."""
    return forbidden(
        f'You don\'t have permission to access collection "{collection}" or it does not exist. Queried in {path}.'
    )


def no_field(field: str, collection: str, path: str = "root") -> ApiError:
    """Return the refusal of a field that does not exist, or that the caller may not read."""
    return forbidden(
        f'You don\'t have permission to access field "{field}" in collection "{collection}" or it does not exist. '
        f"Queried in {path}."
    )


def not_permitted(action: str, collection: str) -> ApiError:
    """Return the refusal of an action on a collection as a whole, or on one of its rows."""
    return forbidden(
        f'You don\'t have permission to perform "{action}" for collection "{collection}" or it does not exist.'
    )


def invalid_query(reason: str) -> ApiError:
    """Return the refusal of a query parameter; ``reason`` is a sentence without its full stop."""
    return ApiError("INVALID_QUERY", 400, f"Invalid query. {reason}.", reason=reason)


def invalid_payload(reason: str) -> ApiError:
    """Return the refusal of a body; ``reason`` is a sentence without its full stop."""
    return ApiError("INVALID_PAYLOAD", 400, f"Invalid payload. {reason}.", reason=reason)


def invalid_credentials() -> ApiError:
    """Return the refusal of whoever could not show who he is: one sentence for every cause."""
    return ApiError("INVALID_CREDENTIALS", 401, "Invalid user credentials.")


def route_not_found(path: str) -> ApiError:
    """Return the refusal of a path that is no route."""
    return ApiError("ROUTE_NOT_FOUND", 404, f"Route {path} doesn't exist.", path=path)


def failed_validation(field: str, kind: str = "required", **details: Any) -> ApiError:
    """Return the refusal of a value that a field's demands refuse: ``required``, ``nnull``, or an operator."""
    said = {"required": "Value is required.", "nnull": "Value can't be null."}.get(kind, "Value is not valid.")
    message = f'Validation failed for field "{field}". {said}'
    return ApiError("FAILED_VALIDATION", 400, message, field=field, path=[], type=kind, **details)


def not_unique(collection: str, field: str, value: Any = None) -> ApiError:
    """Return the refusal of a value that is there already and must be unique."""
    message = f'{_valued(value)} for field "{field}" in collection "{collection}" has to be unique.'
    return ApiError("RECORD_NOT_UNIQUE", 400, message, collection=collection, field=field, value=value)


def invalid_foreign_key(collection: str, field: str, value: Any = None) -> ApiError:
    """Return the refusal of a reference that leads nowhere."""
    shown = "" if value is None else f' "{value}"'
    message = f'Invalid foreign key{shown} for field "{field}" in collection "{collection}".'
    return ApiError("INVALID_FOREIGN_KEY", 400, message, collection=collection, field=field, value=value)


def value_too_long(collection: str, field: str, value: Any = None) -> ApiError:
    """Return the refusal of a text that is too long."""
    message = f'{_valued(value)} for field "{field}" in collection "{collection}" is too long.'
    return ApiError("VALUE_TOO_LONG", 400, message, collection=collection, field=field, value=value)


def value_out_of_range(collection: str, field: str, value: Any = None) -> ApiError:
    """Return the refusal of a number or moment that the field cannot hold."""
    message = f'Numeric {_valued(value, "value")} for field "{field}" in collection "{collection}" is out of range.'
    return ApiError("VALUE_OUT_OF_RANGE", 400, message, collection=collection, field=field, value=value)


def _valued(value: Any, word: str = "Value") -> str:
    return word if value is None else f'{word} "{str(value)[:200]}"'


_ABOUT_VALUES: Final = {
    "not_unique": not_unique,
    "bad_reference": invalid_foreign_key,
    "value_too_long": value_too_long,
    "value_out_of_range": value_out_of_range,
}


def of_problem(problem: Problem, path: str = "") -> ApiError:
    """Return a refusal of the core in the words of this dialect; ``path`` is the request's."""
    code, facts = problem.code, problem.facts
    theirs, status = _MEANT[code]
    if theirs == "ROUTE_NOT_FOUND":
        return route_not_found(path)
    if code in INVISIBLE:
        return forbidden()
    if code == "unknown_collection":
        return no_collection(str(facts.get("collection", "")))
    if code == "unknown_column":
        return no_field(str(facts.get("field", "")), str(facts.get("collection", "")))
    if code in _ABOUT_VALUES:
        return _ABOUT_VALUES[code](str(facts.get("collection", "")), str(facts.get("field", "")), facts.get("value"))
    if code in ("missing_field", "failed_check"):
        return failed_validation(str(facts.get("field") or ""), "required" if code == "missing_field" else "invalid")
    if theirs == "INVALID_CREDENTIALS":
        return ApiError("TOKEN_EXPIRED", 401, "Token expired.") if facts.get("expired") else invalid_credentials()
    return _with_reason(theirs, status, problem)


def _with_reason(code: str, status: int, problem: Problem) -> ApiError:
    """Return a refusal whose reason is the core's own sentence, with the field it is about."""
    if code == "INVALID_QUERY":
        return invalid_query(_bad_query(problem))
    if code == "INVALID_PAYLOAD":
        return invalid_payload(_bad_payload(problem))
    details = {"reason": problem.sentence} if code == "FORBIDDEN" else {}
    return ApiError(code, status, problem.sentence, **details)


def _bad_payload(problem: Problem) -> str:
    field, reason = problem.facts.get("field"), problem.sentence.rstrip(".")
    if problem.code == "too_large":
        return "request entity too large"
    if problem.code == "malformed_body":
        return str(problem.facts.get("reason", reason))
    if problem.code == "invalid_field" and "type" in problem.facts:
        return f'"{field}" must be a valid {problem.facts["type"]}'
    return f'"{field}": {reason}' if field else reason


def _bad_query(problem: Problem) -> str:
    facts = problem.facts
    if problem.code == "query_too_costly":
        return f'The query is too large: more than {facts.get("allowed")} for "{facts.get("limit")}"'
    if "operator" in facts and "type" in facts:
        return f'"{facts["type"]}" field type does not contain the "_{facts["operator"]}" filter operator'
    if "function" in facts:
        return f'Invalid function "{facts["function"]}" for field "{facts.get("field", "")}"'
    return str(facts.get("reason") or problem.sentence.rstrip("."))


def error_reply(*errors: ApiError, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with refusals; the first one's status is the reply's."""
    return Response(encode({"errors": [one.entry() for one in errors]}), errors[0].status, headers, JSON)


def word(request: Request, problem: Problem, status: int) -> Response:
    """Word a problem of the core as this dialect's reply to a whole request."""
    path = request.scope["path"][len(request.scope.get(UNDER, "")) :]
    kept = SESSION_COOKIE in request.cookies and "authorization" not in request.headers
    # The token of a share that is over is told as what one may not see; by a cookie one is logged out.
    error = forbidden() if problem.facts.get("ended") and not kept else of_problem(problem, path)
    headers = problem_headers(problem, error.status) if status != 405 and error.status != 403 else {}
    response = error_reply(error, headers=headers)
    if problem.code == "bad_token" and SESSION_COOKIE in request.cookies:
        drop_cookie(response, SESSION_COOKIE)  # a browser would send it again with every request
    return response
