"""Replies: JSON, JSON for people (``pjson``), or a page that shows it (``html``)."""

import html
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from commonhold.http.replies import JSON

FORMAT: Final = "commonhold.arcgis.format"
"""Key of the request's scope that holds ``f``, once the parameters are read."""

_encode = msgspec.json.Encoder(enc_hook=str).encode


def format_of(request: Request) -> str:
    """Return the form in which a reply is wanted: as the parameters say, or the query where none were read."""
    found = request.scope.get(FORMAT)
    return str(found if found is not None else request.query_params.get("f", "json"))


def rendered(value: Any, form: str, status: int = 200) -> Response:
    """Return a value as ``form`` asks: ``pjson`` is indented, ``html`` a page, anything else JSON."""
    text = _encode(value)
    if form == "pjson":
        return Response(msgspec.json.format(text, indent=1), status, media_type=JSON)
    if form == "html":
        shown = html.escape(msgspec.json.format(text, indent=1).decode())
        page = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Commonhold</title><pre>{shown}</pre></html>'
        )
        return Response(page, status, media_type="text/html")
    return Response(text, status, media_type=JSON)
