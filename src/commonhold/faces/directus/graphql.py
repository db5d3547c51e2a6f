"""``/graphql`` for the collections of records, ``/graphql/system`` for what the server itself keeps.

The library takes longer to load than all the rest of the server, so it is loaded by the first request that needs it.
"""

import asyncio
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from commonhold.faces.directus.problems import invalid_payload
from commonhold.faces.directus.routes import NOTHING, Table, payload
from commonhold.http.face import Call

TABLE = Table()
LIBRARY: Final = "commonhold.faces.directus.gql.run"
_NO_QUERY: Final = "Must provide query string"


async def _library() -> ModuleType:
    return await asyncio.to_thread(import_module, LIBRARY)


async def _get(call: Call, scope: str) -> Any:
    gql = await _library()
    given = call.request.query_params
    query = gql.named(given.get("query"), "query")
    if query is None:
        raise invalid_payload(_NO_QUERY)
    operation = gql.named(given.get("operationName"), "operationName")
    asked = gql.Request(query, gql.variables_of(given.get("variables")), operation, reads=True)
    return await gql.answer(call, scope, asked)


async def _post(call: Call, scope: str) -> Any:
    given = await payload(call)
    gql = await _library()
    if given is NOTHING or not isinstance(given, dict):
        raise invalid_payload(_NO_QUERY)
    query = gql.named(given.get("query"), "query")
    if query is None:
        raise invalid_payload(_NO_QUERY)
    operation = gql.named(given.get("operationName"), "operationName")
    asked = gql.Request(query, gql.variables_of(given.get("variables")), operation, reads=False)
    return await gql.answer(call, scope, asked)


@TABLE.route("GET", "/graphql")
async def items_get(call: Call) -> Any:
    """Ask the collections of records, by GET."""
    return await _get(call, "items")


@TABLE.route("POST", "/graphql")
async def items_post(call: Call) -> Any:
    """Ask the collections of records, or change them."""
    return await _post(call, "items")


@TABLE.route("GET", "/graphql/system")
async def system_get(call: Call) -> Any:
    """Ask what the server itself keeps, by GET."""
    return await _get(call, "system")


@TABLE.route("POST", "/graphql/system")
async def system_post(call: Call) -> Any:
    """Ask what the server itself keeps, or change it."""
    return await _post(call, "system")
