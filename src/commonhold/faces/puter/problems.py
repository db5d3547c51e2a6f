"""Refusals as this dialect words them: the table code → status and message, for requests and for single entries."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.problems import SENTENCES, Problem
from commonhold.core.sharing.proposal import Refusal
from commonhold.faces.puter.values import MISSING, Json, quoted, type_of
from commonhold.http.replies import JSON, problem_headers
from commonhold.http.statuses import STATUS as OURS

ERROR_TYPE: Final = "heyputer:api/APIError"
FORM: Final = "commonhold.puter.form"
"""Key of the request's scope that says which form was chosen: the ``items`` form names a refusal ``error`` too."""

_encode = msgspec.json.Encoder(enc_hook=str).encode

# Our code → theirs, status, message (None: our own sentence).
_WORDS: Final[dict[str, tuple[str, int, str | None]]] = {
    "unauthenticated": ("token_missing", 401, "Missing authentication token."),
    "bad_token": ("token_auth_failed", 401, "Authentication failed."),
    "account_inactive": ("account_suspended", 403, None),
    "bad_credentials": ("invalid_credentials", 401, "Username or password is wrong."),
    "forbidden": ("forbidden", 403, "Permission denied."),
    "reshare_not_allowed": ("forbidden", 403, "Permission denied."),
    "role_too_high": ("forbidden", 403, "Permission denied."),
    "cross_site": ("forbidden", 403, None),
    "malformed_body": ("client_bad_json", 400, "The request body is not valid JSON."),
    "bad_path": ("subject_does_not_exist", 404, "File or directory not found."),
    "route_not_found": ("not_found", 404, "Not found."),
    "method_not_allowed": ("not_found", 404, "Not found."),
    "self_share": ("shared_with_self", 422, "You cannot share with yourself."),
    "owner_share": ("shared_with_owner", 422, "This user owns the item already."),
    "recipient_refuses": ("recipient_not_accepting_shares", 403, "This recipient does not accept shares from you."),
    "domain_not_allowed": ("email_not_allowed", 403, None),
    "daily_limit": ("share_daily_limit_reached", 429, None),
    "too_many_recipients": ("too_many_recipients", 429, None),
    "too_many_items": ("too_many_items", 429, None),
    "name_collides": ("item_with_same_name_exists", 409, "An item with the same name already exists."),
    "not_a_folder": ("dest_is_not_a_directory", 422, "The destination must be a directory."),
    "not_a_file": ("cannot_read_a_directory", 422, "This is a directory."),
    "into_itself": ("cannot_move_item_into_itself", 422, None),
    "quota_exceeded": ("storage_limit_reached", 413, None),
    "storage_full": ("storage_limit_reached", 413, None),
    "protected": ("immutable", 403, None),
    "too_large": ("file_too_large", 413, None),
    "inherited": ("cannot_revoke_inherited", 422, None),
    "not_shared": ("share_not_found", 404, None),
    "not_found": ("subject_does_not_exist", 404, "File or directory not found."),
    "unknown_item": ("subject_does_not_exist", 404, "File or directory not found."),
    "in_trash": ("subject_does_not_exist", 404, "File or directory not found."),
}

STATUS: Final[Mapping[str, int]] = MappingProxyType(
    {**OURS, **{code: status for code, (_, status, _) in _WORDS.items()}}
)


class ApiError(Exception):
    """A refusal of this dialect: raised for the whole request, or kept as the entry of one reference."""

    def __init__(self, code: str, status: int, message: str, **fields: Json) -> None:
        """Keep code, status, message and the error's own fields."""
        super().__init__(code)
        self.code = code
        self.status = status
        self.message = message
        self.fields = fields

    def entry(self) -> dict[str, Json]:
        """Return it as an entry of a report."""
        return {"$": ERROR_TYPE, "code": self.code, "message": self.message, **self.fields, "status": self.status}


def field_invalid(key: str, expected: str | None = None, got: str | None = None) -> ApiError:
    """Return the refusal of a field, with what was expected there and what came."""
    message, fields = f"Field `{key}` is invalid.", {"key": key}
    for name, value in (("expected", expected), ("got", got)):
        if value is not None:
            message += f" {name.capitalize()} {value}."
            fields[name] = value
    return ApiError("field_invalid", 400, message, **fields)


def field_errors(key: str, *errors: str) -> ApiError:
    """Return the refusal of one entry that has several things wrong."""
    message = f"The value for `{key}` has the following errors: {'; '.join(errors)}"
    return ApiError("field_errors", 400, message, key=key, errors=list(errors))


def invalid_path(value: Json) -> ApiError:
    """Return the refusal of an entry that cannot name anything."""
    return ApiError("invalid_path", 400, f"The value {quoted(value)} is not a valid path.", value=value)


def invalid_recipient(value: Json) -> ApiError:
    """Return the refusal of a recipient that is neither a name nor an address."""
    message = f"The value {quoted(value)} is not a valid username or email."
    return ApiError("invalid_username_or_email", 400, message, value=None if value is MISSING else value)


def unknown_user(name: str) -> ApiError:
    """Return the refusal of a user whom nobody knows."""
    return ApiError("user_does_not_exist", 422, f"The user `{name}` does not exist.", username=name)


def unknown_subject() -> ApiError:
    """Return the refusal of a file that is not there, or not for the caller: which one is not said."""
    return ApiError("subject_does_not_exist", 404, "File or directory not found.")


def unknown_entity(identifier: Json) -> ApiError:
    """Return the refusal of an app that is not there, or not for the caller."""
    shown = identifier.get("uid") or identifier.get("id", {}).get("name")
    return ApiError("entity_not_found", 422, f"Entity not found: `{shown}`", identifier=identifier)


def unconfirmed(action: str) -> ApiError:
    """Return the refusal of somebody who has not confirmed his address yet."""
    message = f"Email must be confirmed {action}."
    return ApiError("email_must_be_confirmed", 422, message, action=action)


def text_wanted(key: str, value: Json) -> ApiError:
    """Return the refusal of a field that must be a text."""
    return field_invalid(key, "string", type_of(value))


def of_problem(problem: Problem | Refusal) -> ApiError:
    """Return a refusal of the core in the words of this dialect."""
    code, status, message = _WORDS.get(problem.code, (problem.code, OURS[problem.code], None))
    return ApiError(code, status, message or SENTENCES[problem.code])


def error_reply(request: Request, error: ApiError, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a request with a refusal as a whole."""
    body: dict[str, Any] = {"message": error.message, "code": error.code, **error.fields}
    if request.scope.get(FORM) == "items":
        body["error"] = error.message
    return Response(_encode(body), error.status, headers, JSON)


def word(request: Request, problem: Problem, status: int) -> Response:
    """Word a problem of the core as this dialect's reply to a whole request.

    A route that is not there has no code: by that the real client tells it from a refusal, and takes an older one.
    """
    error = of_problem(problem)
    if problem.code == "route_not_found":
        return Response(_encode({"message": error.message}), status, None, JSON)
    if request.scope.get(FORM) == "items" and problem.code in ("too_many_recipients", "too_many_items"):
        error.status = status = 400
    if "field" in problem.facts and problem.code in ("missing_field", "invalid_field", "unknown_field"):
        error.fields["key"] = str(problem.facts["field"])
    error.status = error.status if error.code != problem.code else status
    headers = problem_headers(problem, error.status) if error.status != 405 else {}
    return error_reply(request, error, headers)
