"""The forms in which several things are changed or deleted at once: by keys, by a query, or one by one."""

from typing import Any

import msgspec

from commonhold.faces.directus.parameters import Asked, read
from commonhold.faces.directus.problems import invalid_payload
from commonhold.faces.directus.routes import NOTHING, only, payload
from commonhold.http.face import Call

Key = str | int


class Chosen(msgspec.Struct, frozen=True):
    """Which things are meant: by their keys, or by a query."""

    keys: tuple[Key, ...] = ()
    query: Asked | None = None


class Changes(msgspec.Struct, frozen=True):
    """What is changed: the same ``data`` for all that are chosen, or each of ``rows`` by the key in it."""

    chosen: Chosen = Chosen()
    data: dict[str, Any] = {}
    rows: tuple[tuple[Key, dict[str, Any]], ...] = ()


async def changes_of(call: Call, key: str = "id") -> Changes:
    """Read the body of an update of several: ``{keys, data}``, ``{query, data}`` or objects with their keys.

    :raises ApiError: INVALID_PAYLOAD, INVALID_QUERY
    """
    body = await payload(call)
    if isinstance(body, list):
        return Changes(rows=tuple(_keyed(one, key) for one in body))
    body = {} if body is NOTHING else body
    only(body, "keys", "query", "data")
    if not isinstance(body.get("data"), dict):
        raise invalid_payload('"data" must be of type object' if "data" in body else '"data" is required')
    return Changes(chosen(body), body["data"])


def _keyed(row: Any, key: str) -> tuple[Key, dict[str, Any]]:
    if not isinstance(row, dict):
        raise invalid_payload('"value" must be of type object')
    if not isinstance(row.get(key), str | int):
        raise invalid_payload("Item in update misses primary key")
    return row[key], row


async def chosen_of(call: Call) -> Chosen:
    """Read the body of a deletion of several: an array of keys, ``{keys}`` or ``{query}``.

    :raises ApiError: INVALID_PAYLOAD, INVALID_QUERY
    """
    body = await payload(call)
    if isinstance(body, list):
        return Chosen(keys_of(body))
    body = {} if body is NOTHING else body
    only(body, "keys", "query")
    return chosen(body)


def chosen(body: dict[str, Any]) -> Chosen:
    """Read ``keys`` or ``query``, of which there must be one.

    :raises ApiError: INVALID_PAYLOAD, INVALID_QUERY
    """
    if "keys" in body and "query" in body:
        raise invalid_payload('"value" contains a conflict between exclusive peers [query, keys]')
    if "keys" in body:
        return Chosen(keys_of(body["keys"]))
    if "query" not in body:
        raise invalid_payload('"value" must contain at least one of [query, keys]')
    if not isinstance(body["query"], dict):
        raise invalid_payload('"query" must be of type object')
    return Chosen(query=read({"limit": -1, **body["query"]}))


def keys_of(given: Any) -> tuple[Key, ...]:
    """Read an array of keys.

    :raises ApiError: INVALID_PAYLOAD
    """
    if not isinstance(given, list):
        raise invalid_payload('"keys" must be an array')
    for place, one in enumerate(given):
        if isinstance(one, bool) or not isinstance(one, str | int):
            raise invalid_payload(f'"keys[{place}]" must be one of [string, number]')
    return tuple(given)
