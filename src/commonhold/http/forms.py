"""Small forms of pages (application/x-www-form-urlencoded): read as a whole, with few short fields."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from commonhold.core.problems import Problem
from commonhold.http.bodies import body_of

LIMIT: Final = 64 << 10  # bytes: a note and a few names
FIELDS: Final = 64

URLENCODED: Final = "application/x-www-form-urlencoded"


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form; of a field sent twice, the last.

    :raises Problem: unsupported_media_type, malformed_body, too_large, incomplete_body
    """
    kind = request.headers.get("content-type", URLENCODED).partition(";")[0].strip().lower()
    if kind != URLENCODED:
        raise Problem("unsupported_media_type", field="Content-Type")
    body = await body_of(request, LIMIT)
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict"))
    except ValueError:
        raise Problem("malformed_body") from None
