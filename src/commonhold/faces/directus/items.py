"""``/items/:collection``: the rows of collections."""

from typing import Any

from starlette.responses import Response

from commonhold.core.identity import RecordRef
from commonhold.core.records.reading import Reading, reading
from commonhold.faces.directus.listing import answer_many, answer_one, wanted
from commonhold.faces.directus.parameters import Asked, asked_by
from commonhold.faces.directus.problems import forbidden
from commonhold.faces.directus.routes import Table
from commonhold.http.face import Call

TABLE = Table()


async def ground_of(call: Call, asked: Asked, key: str | None = None) -> Reading:
    """Return the collections as the caller may read them; ``key``: of the row that he asks for."""
    row = None if key is None else RecordRef(call.params["collection"], key)
    return await reading(call.core, call.actor, row, whose=asked.whose)


@TABLE.route("GET", "/items/{collection}")
async def many(call: Call) -> Response:
    """List rows."""
    asked = await wanted(call)
    return await answer_many(call, await ground_of(call, asked), call.params["collection"], asked)


TABLE.route("SEARCH", "/items/{collection}")(many)


@TABLE.route("GET", "/items/{collection}/{key}")
async def one(call: Call) -> Response:
    """Return one row."""
    asked, key = asked_by(call), call.params["key"]
    return await answer_one(call, await ground_of(call, asked, key), call.params["collection"], key, asked)


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
