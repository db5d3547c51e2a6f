"""OpenAPI 3.1 from a route table: what is served is what is documented."""

import inspect
import re
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from starlette.responses import Response

from commonhold.core.problems import SENTENCES
from commonhold.http.face import Route
from commonhold.http.replies import JSON, ProblemBody

_REFS: Final = "#/components/schemas/{name}"
_VARIABLE: Final = re.compile(r"\{(\w+)(:path)?\}")
_PROBLEM: Final = "application/problem+json"


def document(
    routes: Iterable[Route], statuses: Mapping[str, int], *, title: str, version: str, server: str
) -> dict[str, Any]:
    """Return the OpenAPI document of a route table."""
    routes = tuple(routes)
    structs = dict.fromkeys(_structs(routes))
    _, components = msgspec.json.schema_components(structs, ref_template=_REFS)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        operations = paths.setdefault(_VARIABLE.sub(r"{\1}", route.path), {})
        operations[route.method.lower()] = _operation(route, statuses)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _structs(routes: tuple[Route, ...]) -> Iterable[Any]:
    yield ProblemBody
    for route in routes:
        yield from (one for one in (route.takes, *gives_of(route)) if one is not None)


def gives_of(route: Route) -> tuple[Any, ...]:
    """Return the structs that a route may give."""
    if route.gives is None:
        return ()
    union = typing.get_origin(route.gives) in (types.UnionType, typing.Union)
    given = typing.get_args(route.gives) if union else (route.gives,)
    return tuple(one for one in given if not (inspect.isclass(one) and issubclass(one, Response)))


def schema_of(kind: Any) -> dict[str, Any]:
    """Return the schema of a type, structs by reference."""
    return msgspec.json.schema_components([kind], ref_template=_REFS)[0][0]


def _operation(route: Route, statuses: Mapping[str, int]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^A-Za-z0-9]+', '_', route.path)}".rstrip("_"),
        "summary": route.summary,
        "tags": [route.path.removeprefix("/api/v1/").split("/")[0]],
        "x-commonhold-needs": route.needs,
        "responses": {str(route.status): _reply(route)} | _problems(route, statuses),
    }
    if route.needs != "public":
        operation["security"] = [{"token": []}]
    if parameters := [*_in_path(route), *_in_query(route), *_in_headers(route)]:
        operation["parameters"] = parameters
    if route.method in ("POST", "PUT", "PATCH") and (route.takes or route.streams):
        operation["requestBody"] = _body(route)
    return operation


def _body(route: Route) -> dict[str, Any]:
    if route.takes is not None:
        return {"content": {JSON: {"schema": schema_of(route.takes)}}}
    binary = {"type": "string", "format": "binary"}
    if route.streams == "multipart/form-data":
        binary = {"type": "object", "properties": {"file": {"type": "array", "items": binary}}}  # type: ignore[dict-item]
    return {"content": {route.streams: {"schema": binary}}}


def _reply(route: Route) -> dict[str, Any]:
    reply: dict[str, Any] = {"description": route.summary}
    gives = gives_of(route)
    if gives:
        schemas = [schema_of(one) for one in gives]
        reply["content"] = {JSON: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}}
    elif route.streams and route.method == "GET":
        reply["content"] = {route.streams: {"schema": {"type": "string", "format": "binary"}}}
    return reply


def _problems(route: Route, statuses: Mapping[str, int]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in route.problems:
        by_status.setdefault(statuses[code], []).append(code)
    content = {_PROBLEM: {"schema": _REFS_PROBLEM}}
    found = {
        str(status): {
            "description": "\n\n".join(f"`{code}`: {SENTENCES[code]}" for code in codes),
            "content": content,
        }
        for status, codes in sorted(by_status.items())
    }
    return {**found, "default": {"description": "Any other problem", "content": content}}


_REFS_PROBLEM: Final = {"$ref": _REFS.format(name="ProblemBody")}


def _in_path(route: Route) -> Iterable[dict[str, Any]]:
    for name, _ in _VARIABLE.findall(route.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _in_query(route: Route) -> Iterable[dict[str, Any]]:
    if route.query is None:
        return
    shape = msgspec.json.schema_components([route.query], ref_template=_REFS)[1][route.query.__name__]
    for name, schema in shape["properties"].items():
        yield {"name": name, "in": "query", "required": name in shape.get("required", ()), "schema": schema}


def _in_headers(route: Route) -> Iterable[dict[str, Any]]:
    if route.method == "POST":
        yield _header("Idempotency-Key", "Sent again with the same key, the request is done once.")
    if "precondition_failed" in route.problems:
        yield _header("If-Match", "The ETag that was read; another state is refused.")
    if route.method == "GET":
        yield _header("Commonhold-Revision", "Answer no earlier state than this one.")


def _header(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
