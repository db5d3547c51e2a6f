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
    return {name: values[-1] for name, values in (await fields_of(request)).items()}


async def fields_of(request: Request, fields: int = FIELDS) -> dict[str, list[str]]:
    """Return the fields of a form with all their values, at most ``fields`` of them.

    :raises Problem: unsupported_media_type, malformed_body, too_large, incomplete_body
    """
    kind = request.headers.get("content-type", URLENCODED).partition(";")[0].strip().lower()
    if kind != URLENCODED:
        raise Problem("unsupported_media_type", field="Content-Type")
    body = await body_of(request, LIMIT)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=fields, errors="strict")
    except ValueError:
        raise Problem("malformed_body") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
