"""``/server/specs/oas``: what can be asked, described for programs (OpenAPI), as far as the caller sees it."""

import re
from collections.abc import Iterator
from typing import Any, Final

from starlette.responses import Response

from commonhold.core.records.catalog import Catalog, Collection, Field
from commonhold.core.records.kinds import Kind
from commonhold.core.records.rows import visible
from commonhold.faces.directus.me import VERSION
from commonhold.faces.directus.parameters import FORMATS
from commonhold.faces.directus.replies import json_reply
from commonhold.faces.directus.routes import Table
from commonhold.http.face import Call, Route

TABLE = Table()

Json = Any

_VARIABLE: Final = re.compile(r"\{(\w+)(:path)?\}")
_METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")
_ITEMS: Final = "/items/{collection}"
_TEXT: Final = {"type": "string"}
_FORMS: Final[dict[Kind, dict[str, Json]]] = {
    Kind.INTEGER: {"type": "integer"},
    Kind.BIGINT: {"type": "integer", "format": "int64"},
    Kind.FLOAT: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time"},
    Kind.DATETIME: _TEXT,
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIME: _TEXT,
    Kind.UUID: {"type": "string", "format": "uuid"},
    Kind.JSON: {},
}
_PARAMETERS: Final[dict[str, dict[str, Json]]] = {
    "fields": {"type": "array", "items": _TEXT},
    "filter": {"type": "string", "description": "JSON"},
    "search": _TEXT,
    "sort": {"type": "array", "items": _TEXT},
    "limit": {"type": "integer", "minimum": -1},
    "offset": {"type": "integer", "minimum": 0},
    "page": {"type": "integer", "minimum": 0},
    "meta": _TEXT,
    "deep": {"type": "string", "description": "JSON"},
    "alias": {"type": "string", "description": "JSON"},
    "aggregate": {"type": "string", "description": "JSON"},
    "groupBy": {"type": "array", "items": _TEXT},
    "export": {"type": "string", "enum": list(FORMATS)},
}


@TABLE.route("GET", "/server/specs/oas")
async def oas(call: Call) -> Response:
    """Describe the routes, and the rows of the collections that the caller may read."""
    catalog = await visible(call.core, call.actor) if call.core.records is not None else Catalog(0)
    return json_reply(document(call.face.routes, catalog, call.root))


def document(routes: tuple[Route, ...], catalog: Catalog, server: str) -> dict[str, Json]:
    """Return the OpenAPI document of routes and collections."""
    paths: dict[str, dict[str, Json]] = {}
    for route in routes:
        if route.method in _METHODS and not route.path.startswith(_ITEMS):
            paths.setdefault(_VARIABLE.sub(r"{\1}", route.path), {})[route.method.lower()] = _operation(route)
    for collection in catalog:
        for route in routes:
            if route.method in _METHODS and route.path.startswith(_ITEMS):
                path = route.path.replace("{collection}", collection.name)
                paths.setdefault(path, {})[route.method.lower()] = _operation(route, collection)
    schemas = {_name(one): _row(one) for one in catalog}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Commonhold, as clients of Directus speak it", "version": VERSION},
        "servers": [{"url": server or "/"}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Errors": _ERRORS},
            "securitySchemes": {
                "Auth": {"type": "apiKey", "in": "query", "name": "access_token"},
                "KeyAuth": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{"KeyAuth": []}, {"Auth": []}, {}],
    }


_ERROR: Final = {
    "type": "object",
    "required": ["message", "extensions"],
    "properties": {
        "message": _TEXT,
        "extensions": {"type": "object", "required": ["code"], "properties": {"code": _TEXT}},
    },
}
_ERRORS: Final = {
    "type": "object",
    "required": ["errors"],
    "properties": {"errors": {"type": "array", "minItems": 1, "items": _ERROR}},
}


def _name(collection: Collection) -> str:
    return f"Items{collection.name}"


def _row(collection: Collection) -> dict[str, Json]:
    """Return the schema of a collection's rows; what relations lead to may be shown in their place."""
    related = {relation.field for relation in collection.relations}
    return {
        "type": "object",
        "properties": {one.name: {} if one.name in related else _value(one) for one in collection.fields},
    }


def _value(field: Field) -> dict[str, Json]:
    if field.kind is Kind.ALIAS:
        return {"type": "array"}
    form = dict(_FORMS.get(field.kind, _TEXT))
    if "type" in form:
        form["type"] = [form["type"], "null"]
    return form


def _operation(route: Route, collection: Collection | None = None) -> dict[str, Json]:
    """Return what is said of one route, for the rows of one collection where it is about these."""
    path = route.path if collection is None else route.path.replace("{collection}", collection.name)
    tag = path.strip("/").split("/")[0] if collection is None else _name(collection)
    errors = {"description": "A refusal", "content": _content({"$ref": "#/components/schemas/Errors"})}
    parameters = [*_in_path(path), *(_in_query(route) if route.method == "GET" else ())]
    found: dict[str, Json] = {
        "operationId": f"{route.method.lower()}{re.sub(r'[^A-Za-z0-9]+', '_', path)}".rstrip("_"),
        "summary": route.summary,
        "tags": [tag],
        "parameters": parameters,
        "responses": {"2XX": {"description": route.summary}, "3XX": {"description": "Unchanged"}, "default": errors},
    }
    if route.method in ("POST", "PATCH", "PUT", "DELETE"):
        found["requestBody"] = {"content": _sent(route, collection)}
    return found


def _sent(route: Route, collection: Collection | None) -> dict[str, Json]:
    if route.streams == "multipart/form-data":
        binary = {"type": "string", "format": "binary"}
        return {route.streams: {"schema": {"type": "object", "properties": {"file": binary}}}}
    one: dict[str, Json] = (
        {"type": "object"} if collection is None else {"$ref": f"#/components/schemas/{_name(collection)}"}
    )
    return _content({"anyOf": [one, {"type": "array", "items": one}, {"type": "object"}]})


def _content(schema: dict[str, Json]) -> dict[str, Json]:
    return {"application/json": {"schema": schema}}


def _in_path(path: str) -> Iterator[dict[str, Json]]:
    for name, _ in _VARIABLE.findall(path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _in_query(route: Route) -> Iterator[dict[str, Json]]:
    if route.path.startswith(("/graphql", "/server", "/assets", "/auth")):
        return
    for name, schema in _PARAMETERS.items():
        array = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
        yield {"name": name, "in": "query", "required": False, "schema": schema, **array}
