"""JSON and XML: read as ``Content-Type`` says, written as ``Accept`` asks; and dates in any form."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.faces.filr.shapes import Shape
from commonhold.http.bodies import body_of
from commonhold.http.decode import from_json
from commonhold.http.replies import JSON
from commonhold.http.xml import LAST_MOMENT, from_xml, moment_of, read_as, to_xml, with_texts

T = TypeVar("T")

XML: Final = "application/xml"
DATES: Final = "commonhold.filr.dates"
"""Key of the request's scope that holds how settings want dates in JSON."""

_encode = msgspec.json.Encoder().encode
_XML: Final = frozenset({XML, "text/xml"})
_ANY: Final = frozenset({JSON, "*/*", "application/*"})
_WEIGHT: Final = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*")
_NUMBER: Final = re.compile(r"\s*[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\s*")


def wants_xml(request: Request) -> bool:
    """Tell whether XML is asked for more than JSON."""
    accept = request.headers.get("accept", "")
    if "xml" not in accept:
        return False
    best = {True: 0.0, False: 0.0}
    for part in accept.lower().split(","):
        name, *parameters = part.split(";")
        kind, weight = name.strip(), 1.0
        for parameter in parameters:
            found = _WEIGHT.fullmatch(parameter)
            weight = float(found[1]) if found else weight
        for xml, kinds in ((True, _XML), (False, _ANY)):
            if kind in kinds or (not xml and kind.endswith("+json")):
                best[xml] = max(best[xml], weight - (0.001 if "*" in kind else 0))
    return best[True] > best[False]


def encoded(
    request: Request,
    value: Shape | Sequence[Shape],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    root: str = "items",
) -> Response:
    """Return a value, or a list of values below ``root``, in the encoding that the caller asks for."""
    if wants_xml(request):
        if isinstance(value, Shape):
            return Response(to_xml(value, value.root), status, headers, XML)
        return Response(to_xml(value, root, value[0].root if value else "item"), status, headers, XML)
    shown = with_texts(value) if request.scope.get(DATES) == "iso" else value
    return Response(_encode(shown), status, headers, JSON)


async def given(request: Request, into: type[T]) -> T:
    """Read a body, JSON or XML by its content type; what is unknown in it is ignored.

    :raises Problem: unsupported_media_type, malformed_body, missing_field, invalid_field, too_large, incomplete_body
    """
    body = await body_of(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body:
        raise Problem("missing_field", field="body")
    if kind in _XML or kind.endswith("+xml"):
        return from_xml(body, into)
    if kind != JSON and not kind.endswith("+json"):
        raise Problem("unsupported_media_type", field="Content-Type")
    return read_as(from_json(body, dict[str, Any]), into)


def moment(value: float | str | None, field: str) -> int | None:
    """Read a date in any form: milliseconds as integer, float or text of one, or ISO 8601.

    :raises Problem: invalid_field
    """
    if value is None or value == "":
        return None
    found: float | int | None = None
    if isinstance(value, str):
        found = float(value) if _NUMBER.fullmatch(value) else moment_of(value)
    elif not isinstance(value, bool):
        found = value
    if found is None or not math.isfinite(found) or not -LAST_MOMENT <= found <= LAST_MOMENT:
        raise Problem("invalid_field", field=field)
    return int(found)
