"""Refusals as this dialect words them: HTTP 200 with an error envelope, whose sentences clients test for."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.problems import SENTENCES, Problem
from commonhold.core.sharing.proposal import Refusal
from commonhold.faces.arcgis.rendering import format_of, rendered
from commonhold.http.replies import problem_headers
from commonhold.http.statuses import STATUS as OURS

NO_ITEM: Final = "Item does not exist or is inaccessible."
NO_FOLDER_ITEM: Final = "Item does not exist in this folder."
NO_GROUP: Final = "Group does not exist or is inaccessible."
NO_USER: Final = "User does not exist or is inaccessible."
FORBIDDEN: Final = "You do not have permissions to access this resource or perform this operation."
TOKEN_REQUIRED: Final = "Token Required"  # noqa: S105 - a sentence

# Our code → code, messageCode, message (None: our own sentence).
_WORDS: Final[dict[str, tuple[int, str | None, str | None]]] = {
    "unauthenticated": (499, "GWM_0003", TOKEN_REQUIRED),
    "bad_token": (498, None, "Invalid token."),
    "account_inactive": (498, None, "Invalid token."),
    "bad_credentials": (400, None, "Unable to generate token."),
    "forbidden": (403, "GWM_0003", FORBIDDEN),
    "not_allowed": (403, "GWM_0003", FORBIDDEN),
    "kind_not_allowed": (403, "GWM_0003", FORBIDDEN),
    "role_too_high": (403, "GWM_0003", FORBIDDEN),
    "reshare_not_allowed": (403, "GWM_0003", FORBIDDEN),
    "cross_site": (403, "GWM_0003", FORBIDDEN),
    "method_not_allowed": (405, "GWM_0005", "Method not supported."),
    "route_not_found": (404, None, "Invalid URL"),
    "unknown_item": (400, "CONT_0001", NO_ITEM),
    "in_trash": (400, "CONT_0001", NO_ITEM),
    "not_found": (400, "CONT_0001", NO_ITEM),
    "bad_path": (400, "CONT_0001", NO_ITEM),
    "unknown_group": (400, "COM_0003", NO_GROUP),
    "unknown_user": (400, "COM_0018", NO_USER),
    "unknown_org": (400, "GWM_0007", "Invalid request"),
    "malformed_body": (400, "GWM_0007", "Invalid request"),
    "unsupported_media_type": (400, "GWM_0007", "Invalid request"),
}

STATUS: Final[Mapping[str, int]] = MappingProxyType(
    {code: status if status >= 500 or code == "bad_range" else 200 for code, status in OURS.items()}
)
"""Refusals are answered with 200; a failure of ours says so to whoever watches the server."""


class ArcgisError(Exception):
    """A refusal of this dialect: what stands in the envelope."""

    def __init__(self, code: int, message: str, message_code: str | None = None, details: tuple[str, ...] = ()) -> None:
        """Keep code, sentence, code of the sentence, and details."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.message_code = message_code
        self.details = details

    def error(self) -> dict[str, Any]:
        """Return what stands under ``error``, in envelopes and in the results of bulk operations."""
        coded = {} if self.message_code is None else {"messageCode": self.message_code}
        return {"code": self.code, **coded, "message": self.message, "details": list(self.details)}


def no_item() -> ArcgisError:
    """Return the refusal of an item that is not there, or not under this user."""
    return ArcgisError(400, NO_ITEM, "CONT_0001")


def no_item_in_folder() -> ArcgisError:
    """Return the refusal of an item under a folder that is not its own."""
    return ArcgisError(400, NO_FOLDER_ITEM, "CONT_0005")


def no_group() -> ArcgisError:
    """Return the refusal of a group that is not there, or not for the caller to know of."""
    return ArcgisError(400, NO_GROUP, "COM_0003")


def no_user() -> ArcgisError:
    """Return the refusal of a user who is not there."""
    return ArcgisError(400, NO_USER, "COM_0018")


def forbidden() -> ArcgisError:
    """Return the refusal of something that the caller has no right or privilege for."""
    return ArcgisError(403, FORBIDDEN, "GWM_0003")


def invalid(detail: str) -> ArcgisError:
    """Return the refusal of a request that cannot be meant; ``detail`` says what is wrong with it."""
    return ArcgisError(400, "Invalid request", "GWM_0007", (detail,))


def of_problem(problem: Problem | Refusal) -> ArcgisError:
    """Return a refusal of the core in the words of this dialect."""
    code, message_code, message = _WORDS.get(problem.code, (OURS[problem.code], None, None))
    if problem.code == "unauthenticated":
        return ArcgisError(code, TOKEN_REQUIRED, message_code, (TOKEN_REQUIRED,))
    if problem.code == "bad_credentials":
        return ArcgisError(code, message or "", message_code, ("Invalid username or password.",))
    sentence = SENTENCES[problem.code]
    details = () if message is None or message_code in (None, "GWM_0003", "CONT_0001") else (sentence,)
    return ArcgisError(code, message or sentence, message_code, details)


def error_reply(request: Request, error: ArcgisError, status: int = 200) -> Response:
    """Answer a request with a refusal."""
    return rendered({"error": error.error()}, format_of(request), status)


def word(request: Request, problem: Problem, status: int) -> Response:
    """Word a problem of the core as this dialect's reply; when to come back is said for whoever reads headers."""
    error = of_problem(problem)
    reply = error_reply(request, error, status)
    if error.code in (429, 503):
        reply.headers.update(problem_headers(problem, error.code))
    return reply
