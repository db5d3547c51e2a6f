"""Replies that every face builds on: JSON, problems as ``application/problem+json``, a plain page for browsers."""

import html
import re
import time
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from commonhold.core.problems import Problem
from commonhold.http.ranges import unsatisfied

JSON: Final = "application/json"
REQUEST_ID: Final = "commonhold.request_id"

_encode = msgspec.json.Encoder(enc_hook=str).encode
_REFUSED: Final = re.compile(r"\s*q\s*=\s*0(?:\.0*)?\s*")


class ProblemBody(msgspec.Struct, omit_defaults=True):
    """A refusal as RFC 9457 says it: a stable ``code``, the offending ``field``, and facts that a program can use."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    facts: dict[str, Any] = {}
    request_id: str | None = None


def json_reply(value: Any, status: int = 200) -> Response:
    """Return a struct as JSON."""
    return Response(_encode(value), status, media_type=JSON)


def title_of(code: str) -> str:
    """Return the short name of a problem: its code as words."""
    return code.replace("_", " ").capitalize()


def problem_body(problem: Problem, status: int, request_id: str | None) -> ProblemBody:
    """Shape a problem; only our own mistakes name the request."""
    facts = {name: value for name, value in problem.facts.items() if name != "field"}
    return ProblemBody(
        type=f"urn:commonhold:problem:{problem.code}",
        title=title_of(problem.code),
        status=status,
        code=problem.code,
        detail=problem.sentence,
        field=problem.facts.get("field"),
        facts=facts,
        request_id=request_id if status >= 500 else None,
    )


def problem_json(request: Request, problem: Problem, status: int) -> Response:
    """Word a problem as ``application/problem+json``."""
    body = _encode(problem_body(problem, status, request.scope.get(REQUEST_ID)))
    return Response(body, status, problem_headers(problem, status), "application/problem+json")


def problem_headers(problem: Problem, status: int, now: int | None = None) -> dict[str, str]:
    """Return what HTTP wants said beside a problem: when to come back, what to log in with, which methods there are."""
    facts = problem.facts
    if status == 401:
        return {"www-authenticate": 'Bearer realm="commonhold"'}
    if status == 405:
        return {"allow": ", ".join(facts.get("allow", ()))}
    if status == 416:
        return unsatisfied(facts.get("size", 0))
    if status in (429, 503):
        return {"retry-after": str(_seconds(facts, now))}
    return {}


def _seconds(facts: dict[str, Any], now: int | None) -> int:
    """Return the seconds after which to come back: as the problem says, else soon."""
    if "retry_after" in facts:
        return max(1, int(facts["retry_after"]))
    if "retry_at" in facts:
        now = time.time_ns() // 1_000_000 if now is None else now
        return max(1, -((now - int(facts["retry_at"])) // 1000))
    return 5


def wants_html(request: Request) -> bool:
    """Tell whether a browser asks for a page."""
    for part in request.headers.get("accept", "").lower().split(","):
        kind, *parameters = part.split(";")
        if kind.strip() == "text/html":
            return not any(map(_REFUSED.fullmatch, parameters))
    return False


def plain_page(request: Request, problem: Problem, status: int) -> Response:
    """Word a problem as a small page of our own: no script, nothing from elsewhere."""
    title, sentence = html.escape(title_of(problem.code)), html.escape(problem.sentence)
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><body><h1>{title}</h1><p>{sentence}</p></body></html>"
    )
    del request  # a page says nothing about who asked
    return Response(text, status, problem_headers(problem, status), "text/html")
