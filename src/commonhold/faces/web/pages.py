"""Pages: templates, what they refer to, and the headers that keep a page to itself."""

import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

import jinja2
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.faces.web import words
from commonhold.faces.web.speech import LANGUAGE_COOKIE, LANGUAGES, Speech, language_of, speech
from commonhold.faces.web.viewer import Viewer
from commonhold.http.face import SAFE, UNDER, Call
from commonhold.http.replies import JSON, REQUEST_ID, problem_headers

HTML: Final = "text/html"

CSP: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PRIVATE: Final = {
    "referrer-policy": "no-referrer",  # the address of a link's page is its secret
    "x-robots-tag": "noindex, nofollow",
}
"""Headers of pages and of what they show."""

HEADERS: Final = {**PRIVATE, "content-security-policy": CSP, "cache-control": "no-store"}
"""Headers of pages."""

_AT_HOME: Final = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d*)?", re.IGNORECASE)
_URL: Final = "/?&=%:+,;@!$'()*~#"  # stay as they are in an address that is told: what was escaped, too
_FOLDER: Final = resources.files("commonhold.faces.web")
_TYPES: Final = {"css": "text/css", "svg": "image/svg+xml", "js": "text/javascript"}


class Asset(msgspec.Struct, frozen=True):
    """A file that pages refer to."""

    media: str
    body: bytes


@cache
def assets() -> dict[str, Asset]:
    """Return the files that pages refer to, by name: style sheets, scripts (modules, which import one another)."""
    found = {}
    for file in sorted((_FOLDER / "static").iterdir(), key=lambda file: file.name):
        media = _TYPES.get(file.name.rpartition(".")[2])
        if media is not None:
            found[file.name] = Asset(media, file.read_bytes())
    return found


@cache
def edition() -> str:
    """Return the name of the folder of all assets, which changes with any of them: browsers keep them for good."""
    digest = hashlib.sha256()
    for name, asset in assets().items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(asset.body).digest())
    return digest.hexdigest()[:12]


@cache
def _templates(language: str) -> jinja2.Environment:
    """Load templates in a language, with everything escaped: names and notes are other people's text."""
    spoken = speech(language)
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (_FOLDER / "templates" / name).read_text("utf-8")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    environment.install_gettext_translations(spoken.catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters.update(words.filters(spoken))
    environment.globals.update(language=language, languages=LANGUAGES)
    return environment


def page(
    call: Call,
    template: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
    *,
    viewer: Viewer | None = None,
    **known: Any,
) -> Response:
    """Return a page; ``viewer`` is who is logged in, ``known`` what its template names."""
    known["viewer"] = viewer
    return _render(call.request, template, status, {"referrer-policy": _referrer(call), **(headers or {})}, known)


def speaks(request: Request) -> Speech:
    """Return the language in which whoever asks is answered."""
    accepted = request.headers.get("accept-language", "")
    return speech(language_of(request.cookies.get(LANGUAGE_COOKIE), accepted))


def _render(request: Request, template: str, status: int, headers: dict[str, str], known: dict[str, Any]) -> Response:
    root, spoken = under(request), speaks(request)
    here = request.scope["path"].removeprefix(root) if request.method in SAFE else "/app"
    known = {"root": root, "static": f"{root}/static/{edition()}", "here": here, **known}
    text = _templates(spoken.language).get_template(template).render(known)
    return Response(text, status, {**HEADERS, "content-language": spoken.language, **headers}, HTML)


def _referrer(call: Call) -> str:
    """Say where addresses of ours may be told: nowhere; by plain http on a network, to ourselves.

    There browsers say where a form comes from in ``Origin`` alone, and leave that out too if they may tell nobody.
    """
    known = call.secure or _AT_HOME.fullmatch(call.request.headers.get("host", ""))
    return HEADERS["referrer-policy"] if known else "same-origin"


def problem_page(request: Request, problem: Problem, status: int) -> Response:
    """Word a problem as a page: what it is, and what to do; only our own mistakes name the request."""
    title, sentence = words.of_problem(speaks(request), problem)
    if _is_script(request):
        headers = {**HEADERS, **problem_headers(problem, status)}
        return Response(msgspec.json.encode({"code": problem.code, "detail": sentence}), status, headers, JSON)
    number = request.scope.get(REQUEST_ID) if status >= 500 else None
    known = {"title": title, "sentence": sentence, "number": number, "viewer": None, "here": None}
    return _render(request, "message.html", status, problem_headers(problem, status), known)


def _is_script(request: Request) -> bool:
    """Tell whether a script of our pages asks: it wants the reason, not a page."""
    accepted = request.headers.get("accept", "")
    return JSON in accepted and HTML not in accepted


def under(request: Request) -> str:
    """Return the path that all of our pages stand under: empty, or the prefix that settings give."""
    found: str = request.scope.get(UNDER, "")
    return found


def see_other(call: Call, path: str) -> Response:
    """Send the browser on after a form was taken; a reload then repeats nothing. What no header holds is escaped."""
    return Response(status_code=303, headers={**HEADERS, "location": quote(under(call.request) + path, _URL)})
