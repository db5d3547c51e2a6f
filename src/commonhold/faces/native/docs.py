"""The documentation that the native API serves of itself: OpenAPI, and a page for people."""

import html
from itertools import groupby

from starlette.responses import Response

from commonhold import __version__
from commonhold.core.problems import SENTENCES
from commonhold.http.face import Call, Route
from commonhold.http.openapi import document
from commonhold.http.replies import json_reply
from commonhold.http.statuses import STATUS
from commonhold.http.typed import Table

_STYLE = (
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .75rem .25rem 0;"
    "border-bottom:1px solid #8884;vertical-align:top}code{font-size:.9em}td:first-child{white-space:nowrap}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"


def routes(described: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return the routes that describe other ones, and themselves."""
    table = Table("/api/v1")

    @table.route("GET", "/openapi.json", needs="public", streams="application/json")
    async def openapi(call: Call) -> Response:
        """Return the OpenAPI document of this API."""
        everything = (*described, *table.routes)
        return json_reply(
            document(everything, STATUS, title="Commonhold", version=__version__, server=call.root or "/")
        )

    @table.route("GET", "/docs", needs="public", streams="text/html")
    async def page(_call: Call) -> Response:
        """Return a page that lists routes and problems."""
        return Response(_page((*described, *table.routes)), headers={"content-security-policy": _POLICY},
                        media_type="text/html")  # fmt: skip

    return tuple(table.routes)


def _page(described: tuple[Route, ...]) -> str:
    sections = "".join(
        f"<h2>{html.escape(name)}</h2><table>{''.join(map(_row, group))}</table>"
        for name, group in groupby(sorted(described, key=_subject), key=_subject)
    )
    problems = "".join(
        f'<tr id="problem-{code}"><td><code>{code}</code></td><td>{STATUS[code]}</td><td>{html.escape(text)}</td></tr>'
        for code, text in SENTENCES.items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Commonhold API</title><style>{_STYLE}</style><body><h1>Commonhold API {__version__}</h1>"
        f'<p>For programs: <a href="openapi.json">openapi.json</a>. Send a token as '
        f"<code>Authorization: Bearer …</code>; <code>POST session</code> gives one.</p>{sections}"
        f"<h2>Problems</h2><table>{problems}</table></body></html>"
    )


def _subject(route: Route) -> str:
    return route.path.removeprefix("/api/v1/").split("/")[0]


def _row(route: Route) -> str:
    path = f"{route.method} {html.escape(route.path)}"
    return f"<tr><td><code>{path}</code></td><td>{html.escape(route.summary)}</td></tr>"
