"""Lists and single rows, answered with everything that the global query parameters ask for.

What is asked is a ground: the collections of records (``core.records.reading``), or rows in memory
(``core.records.shelf``) of what the server knows by itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from msgspec.structs import replace
from starlette.responses import Response

from commonhold.core.query import ALWAYS, Compare, Facts, Op, Query, all_of
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.memo import Memo
from commonhold.core.records.reading import Ground, how_many, row_of
from commonhold.core.records.rules import WHOLE, Access
from commonhold.core.records.shelf import Shelf, Tables
from commonhold.core.records.view import View
from commonhold.faces.directus.exports import exported
from commonhold.faces.directus.parameters import Asked, asked_by, searched_by
from commonhold.faces.directus.problems import no_collection
from commonhold.faces.directus.replies import data_reply
from commonhold.faces.directus.selecting import query_of
from commonhold.faces.directus.summing import summed
from commonhold.faces.directus.values import Shape, line
from commonhold.http.face import Call

Rows: TypeAlias = Tables


async def find_many(ground: Ground, collection: str, asked: Asked) -> list[dict[str, Any]]:
    """Return the rows that are asked for, or the lines of an aggregate, as they are shown.

    :raises ApiError: FORBIDDEN, INVALID_QUERY
    :raises Problem: those of ``Reading.rows``
    """
    if asked.aggregate or asked.groups:
        query, names = summed(ground.view, collection, asked)
        return [line(names, values) for values in await ground.tally(collection, query)]
    query, shape = made(ground.view, collection, asked)
    rows = await ground.rows(collection, query)
    shape.rows(rows)
    return rows


def made(view: View, collection: str, asked: Asked, *, one: bool = False) -> tuple[Query, Shape]:
    """Return what ``query_of`` makes; of one row, without what is of lists. What was asked before is not made again.

    :raises ApiError: FORBIDDEN, INVALID_QUERY
    """
    memo = _ONE if one else _MANY
    found = memo.get(view.catalog, view.access, asked)
    if found is None or found[0] != collection:
        plain = replace(asked, filter=None, search=None, sort=(), limit=None, offset=0, page=0) if one else asked
        found = memo.put((collection, *query_of(view, collection, plain)), view.catalog, view.access, asked)
    return found[1], found[2]


_MANY: Final[Memo[tuple[str, Query, Shape]]] = Memo()
_ONE: Final[Memo[tuple[str, Query, Shape]]] = Memo()


async def find_one(ground: Ground, collection: str, key: Any, asked: Asked) -> dict[str, Any]:
    """Return one row by its key, as it is shown.

    :raises ApiError: FORBIDDEN, INVALID_QUERY
    :raises Problem: not_found, and those of ``Reading.rows``
    """
    query, shape = made(ground.view, collection, asked, one=True)
    row = await row_of(ground, collection, key, query)
    shape.row(row)
    return row


async def find_keys(ground: Ground, collection: str, keys: Sequence[Any], asked: Asked) -> list[dict[str, Any]]:
    """Return the rows with these keys, as they are shown.

    :raises ApiError: FORBIDDEN, INVALID_QUERY
    :raises Problem: those of ``Reading.rows``
    """
    query, shape = query_of(ground.view, collection, replace(asked, limit=None, offset=0, page=0))
    among = Compare(ground.view.catalog.collection(collection).key, Op.IN, tuple(keys))
    rows = await ground.rows(collection, replace(query, filter=all_of(among, query.filter)))
    shape.rows(rows)
    return rows


async def meta_of(ground: Ground, collection: str, asked: Asked) -> dict[str, int] | None:
    """Return the counts that ``meta`` asks for."""
    if not asked.meta:
        return None
    found: dict[str, int] = {}
    if "total_count" in asked.meta:
        found["total_count"] = await how_many(ground, collection, ALWAYS)
    if "filter_count" in asked.meta:
        where = query_of(ground.view, collection, replace(asked, fields=None, sort=()))[0].filter
        found["filter_count"] = await how_many(ground, collection, where)
    return found


async def answer_many(call: Call, ground: Ground, collection: str, asked: Asked) -> Response:
    """Answer a list."""
    rows = await find_many(ground, collection, asked)
    if asked.export is not None:
        return exported(rows, asked.export, collection, call.core.clock())
    return data_reply(rows, await meta_of(ground, collection, asked))


async def answer_one(call: Call, ground: Ground, collection: str, key: Any, asked: Asked) -> Response:
    """Answer one row."""
    row = await find_one(ground, collection, key, asked)
    if asked.export is not None:
        return exported(row, asked.export, collection, call.core.clock())
    return data_reply(row)


async def wanted(call: Call) -> Asked:
    """Read the parameters of a GET or of a SEARCH."""
    return await searched_by(call) if call.request.method == "SEARCH" else asked_by(call)


async def listed(
    call: Call,
    catalog: Catalog,
    collection: str,
    rows: Rows,
    access: Access = WHOLE,
    current: Mapping[str, Any] | None = None,
) -> Response:
    """Answer a list of rows in memory; ``current``: what ``Current`` names in a filter."""
    ground = Shelf(catalog, rows, Facts(call.core.clock(), current or {}), access)
    return await answer_many(call, ground, collection, await wanted(call))


async def one_of(
    call: Call,
    catalog: Catalog,
    collection: str,
    key: Any,
    rows: Rows,
    access: Access = WHOLE,
) -> Response:
    """Answer one row in memory by its key."""
    if collection not in catalog:
        raise no_collection(collection)
    ground = Shelf(catalog, rows, Facts(call.core.clock()), access)
    return await answer_one(call, ground, collection, key, asked_by(call))
