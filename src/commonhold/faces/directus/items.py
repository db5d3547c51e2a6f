"""``/items/:collection``: the rows of collections."""

from typing import Any

from commonhold.core.query import Pick, Query
from commonhold.core.records.rows import get_row
from commonhold.faces.directus.problems import forbidden
from commonhold.faces.directus.routes import Table
from commonhold.http.face import Call

TABLE = Table()


@TABLE.route("GET", "/items/{collection}/{key}")
async def one(call: Call) -> Any:
    """Return one row."""
    names = tuple(Pick(name) for name in call.request.query_params.get("fields", "*").split(","))
    return await get_row(call.core, call.actor, call.params["collection"], call.params["key"], Query(names))


@TABLE.route("PATCH", "/items/{collection}/{key}")
async def change_one(call: Call) -> Any:
    """Change one row."""
    del call
    raise forbidden()


@TABLE.route("DELETE", "/items/{collection}/{key}")
async def delete_one(call: Call) -> Any:
    """Delete one row."""
    del call
    raise forbidden()
