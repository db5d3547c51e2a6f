"""``/items/:collection``: the rows of collections."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from starlette.responses import Response

from commonhold.core.identity import RecordRef
from commonhold.core.problems import Problem
from commonhold.core.query import Pick
from commonhold.core.records.deep import Entry, Ways, drop_rows, write_rows
from commonhold.core.records.reading import Ground, reading
from commonhold.core.roles import Action
from commonhold.faces.directus import things
from commonhold.faces.directus.bulk import Chosen, changes_of, chosen_of
from commonhold.faces.directus.entries import Reading as Bodies
from commonhold.faces.directus.listing import answer_many, answer_one, find_keys, find_one, wanted
from commonhold.faces.directus.parameters import Asked, asked_by
from commonhold.faces.directus.problems import ApiError, failed_validation, forbidden, invalid_payload
from commonhold.faces.directus.replies import data_reply
from commonhold.faces.directus.routes import NOTHING, Table, fields, payload
from commonhold.faces.directus.selecting import query_of
from commonhold.http.face import Call

TABLE = Table()

Changed = Sequence[tuple[Any, dict[str, Any]]]


async def ground_of(call: Call, asked: Asked, key: Any = None) -> Ground:
    """Return the collections as the caller may read them; ``key``: of the row that he asks for."""
    if call.params["collection"] in things.NAMES:
        return await things.ground(call, None if key is None else str(key))
    row = None if key is None else RecordRef(call.params["collection"], str(key))
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


@TABLE.route("POST", "/items/{collection}")
async def create(call: Call) -> Response | None:
    """Add a row, or several, with what hangs on them."""
    asked, body = asked_by(call), await payload(call)
    rows = body if isinstance(body, list) else [{} if body is NOTHING else body]
    if not rows:
        return data_reply([])
    collection = call.params["collection"]
    keys = await written(call, collection, rows)
    if isinstance(body, list):
        return await told_many(call, collection, keys, asked)
    return await told(call, collection, keys[0], asked)


@TABLE.route("PATCH", "/items/{collection}/{key}")
async def change_one(call: Call) -> Response | None:
    """Change a row, with what hangs on it."""
    asked, body, collection = asked_by(call), await fields(call), call.params["collection"]
    keys = await changed(call, collection, [(call.params["key"], body)])
    return await told(call, collection, keys[0], asked) if keys else None


@TABLE.route("PATCH", "/items/{collection}")
async def change_many(call: Call) -> Response | None:
    """Change several rows, all or none."""
    asked, collection = asked_by(call), call.params["collection"]
    key = await key_of(call, collection)
    given = await changes_of(call, key)
    rows: Changed = given.rows or [(one, given.data) for one in await keys_of(call, collection, given.chosen)]
    keys = await changed(call, collection, rows) if rows else []
    return await told_many(call, collection, keys, asked)


@TABLE.route("DELETE", "/items/{collection}/{key}")
async def delete_one(call: Call) -> None:
    """Delete a row; whatever was shared of it ends."""
    collection, key = call.params["collection"], call.params["key"]
    await drop_rows(call.core, call.actor, collection, (key,), RecordRef(collection, key))


@TABLE.route("DELETE", "/items/{collection}")
async def delete_many(call: Call) -> None:
    """Delete several rows, all or none; whatever was shared of them ends."""
    collection = call.params["collection"]
    keys = await keys_of(call, collection, await chosen_of(call))
    await drop_rows(call.core, call.actor, collection, keys)


async def key_of(call: Call, collection: str) -> str:
    """Return the name of a collection's key, as far as the caller may know it."""
    view = (await ground_of(call, Asked())).view
    return view.catalog.collection(collection).key if view.sees(collection) else "id"


async def keys_of(call: Call, collection: str, chosen: Chosen) -> Sequence[Any]:
    """Return the keys of the rows that are chosen; by a query, of those that the caller may read."""
    if chosen.query is None:
        return chosen.keys
    ground = await ground_of(call, chosen.query)
    query, _ = query_of(ground.view, collection, chosen.query)
    key = ground.view.catalog.collection(collection).key
    rows = await ground.rows(collection, replace(query, fields=(Pick(key, key),)))
    return [row[key] for row in rows]


async def written(call: Call, collection: str, rows: Sequence[Any]) -> list[Any]:
    """Add rows and return their keys.

    :raises ApiError: FORBIDDEN, INVALID_PAYLOAD, FAILED_VALIDATION
    :raises Problem: those of ``core.records.deep.write_rows``
    """

    async def build(ways: Ways) -> list[Entry]:
        ways.demand(Action.CREATE, collection)
        bodies = Bodies(call.core, ways)
        return [await bodies.entry(collection, row) for row in rows]

    try:
        return await write_rows(call.core, call.actor, collection, build)
    except Problem as problem:
        raise _told_apart(problem, collection, rows) from None


async def changed(call: Call, collection: str, rows: Changed) -> list[Any]:
    """Change rows by their keys, and return the keys of those that are there.

    :raises ApiError: FORBIDDEN, INVALID_PAYLOAD, FAILED_VALIDATION
    :raises Problem: those of ``core.records.deep.write_rows``
    """

    async def build(ways: Ways) -> list[Entry]:
        ways.demand(Action.WRITE, collection)
        bodies, field = Bodies(call.core, ways), ways.catalog.collection(collection).key
        found = []
        for key, row in rows:
            try:
                held = ways.catalog.field(collection, field).cast(key)
            except Problem:
                raise forbidden() from None
            found.append(await bodies.entry(collection, row, held))
        return found

    row = RecordRef(collection, str(rows[0][0])) if len(rows) == 1 else None
    try:
        return await write_rows(call.core, call.actor, collection, build, row)
    except Problem as problem:
        raise _told_apart(problem, collection, [row for _, row in rows]) from None


def _told_apart(problem: Problem, collection: str, rows: Sequence[Any]) -> Problem | ApiError:
    """Tell a field that was given as nothing from one that was not given; and name collection and value."""
    field = problem.facts.get("field")
    given = [row[field] for row in rows if isinstance(row, dict) and field in row]
    if problem.code == "missing_field" and given:
        return failed_validation(str(field), "nnull")
    if problem.code == "too_many_items":
        return invalid_payload(f"More than {problem.facts.get('limit')} rows at once")
    facts = {"collection": collection, **problem.facts}
    if problem.code == "not_unique" and len(given) == 1:
        facts["value"] = given[0]
    return Problem(problem.code, **facts)


async def told(call: Call, collection: str, key: Any, asked: Asked) -> Response | None:
    """Answer with the row that was written, or with nothing if the caller may not read it."""
    try:
        return data_reply(await find_one(await ground_of(call, asked, key), collection, key, asked))
    except (ApiError, Problem) as error:
        _pass_denied(error)
        return None


async def told_many(call: Call, collection: str, keys: Sequence[Any], asked: Asked) -> Response | None:
    """Answer with the rows that were written, as far as the caller may read them."""
    try:
        return data_reply(await find_keys(await ground_of(call, asked), collection, keys, asked))
    except (ApiError, Problem) as error:
        _pass_denied(error)
        return None


def _pass_denied(error: ApiError | Problem) -> None:
    """Raise what is no refusal of reading."""
    denied = error.status == 403 if isinstance(error, ApiError) else error.code in ("not_found", "unknown_collection")
    if not denied:
        raise error
