"""Pages: templates, the style sheet, and the headers that keep a page to itself."""

import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any, Final

import jinja2
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.faces.web import words
from commonhold.http.face import UNDER, Call
from commonhold.http.replies import REQUEST_ID, problem_headers

HTML: Final = "text/html"

CSP: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PRIVATE: Final = {
    "referrer-policy": "no-referrer",  # the address of a link's page is its secret
    "x-robots-tag": "noindex, nofollow",
}
"""Headers of pages and of what they show."""

HEADERS: Final = {**PRIVATE, "content-security-policy": CSP, "cache-control": "no-store"}
"""Headers of pages."""

_AT_HOME: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d*)?", re.IGNORECASE)
_FOLDER: Final = resources.files("commonhold.faces.web")
_TYPES: Final = {"css": "text/css", "svg": "image/svg+xml"}


class Asset(msgspec.Struct, frozen=True):
    """A file that pages refer to. Its name changes with its content, so that browsers may keep it for good."""

    name: str
    media: str
    body: bytes


@cache
def assets() -> dict[str, Asset]:
    """Return the files that pages refer to, by the plain names that templates call them."""
    found = {}
    for plain in ("style.css", "mark.svg"):
        body = (_FOLDER / "static" / plain).read_bytes()
        stem, _, ending = plain.partition(".")
        named = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{ending}"
        found[plain] = Asset(named, _TYPES[ending], body)
    return found


@cache
def _templates() -> jinja2.Environment:
    """Load templates with everything escaped: names and notes are other people's text."""
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (_FOLDER / "templates" / name).read_text("utf-8")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(words.FILTERS)
    environment.globals.update(assets={plain: asset.name for plain, asset in assets().items()})
    return environment


def page(call: Call, template: str, status: int = 200, headers: dict[str, str] | None = None, **known: Any) -> Response:
    """Return a page; ``known`` is what its template names."""
    return _render(call.request, template, status, {"referrer-policy": _referrer(call), **(headers or {})}, known)


def _render(request: Request, template: str, status: int, headers: dict[str, str], known: dict[str, Any]) -> Response:
    text = _templates().get_template(template).render(root=under(request), **known)
    return Response(text, status, {**HEADERS, **headers}, HTML)


def _referrer(call: Call) -> str:
    """Say where addresses of ours may be told: nowhere; by plain http on a network, to ourselves.

    There browsers say where a form comes from in ``Origin`` alone, and leave that out too if they may tell nobody.
    """
    known = call.secure or _AT_HOME.fullmatch(call.request.headers.get("host", ""))
    return HEADERS["referrer-policy"] if known else "same-origin"


def problem_page(request: Request, problem: Problem, status: int) -> Response:
    """Word a problem as a page: what it is, and what to do; only our own mistakes name the request."""
    title, sentence = words.of_problem(problem)
    known = {"title": title, "sentence": sentence, "number": request.scope.get(REQUEST_ID) if status >= 500 else None}
    return _render(request, "message.html", status, problem_headers(problem, status), known)


def under(request: Request) -> str:
    """Return the path that all of our pages stand under: empty, or the prefix that settings give."""
    found: str = request.scope.get(UNDER, "")
    return found


def see_other(call: Call, path: str) -> Response:
    """Send the browser on after a form was taken; a reload then repeats nothing."""
    return Response(status_code=303, headers={**HEADERS, "location": under(call.request) + path})
