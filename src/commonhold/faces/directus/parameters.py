"""The global query parameters: read from a query string, or from the body of a SEARCH, into one value.

Names with brackets are nested (``filter[name][_eq]=x``); what may be nested may be JSON instead. Parameters that are
not known are ignored, and so are ``version`` and ``backlink``.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from starlette.datastructures import QueryParams

from commonhold.faces.directus.problems import ApiError, invalid_payload, invalid_query
from commonhold.faces.directus.routes import NOTHING, only, payload
from commonhold.http.face import Call

DEFAULT_LIMIT: Final = 100
FIELD: Final = b"access_token"
LONGEST_KEPT: Final = 2_048  # bytes of a query string that is kept with what it asks for
DEEPEST: Final = 32  # brackets within one another, and objects: far more than is ever run
META: Final = ("total_count", "filter_count")
FORMATS: Final = ("csv", "csv_utf8", "json", "xml", "yaml")
_LARGEST: Final = (1 << 53) - 1

Json = Any


class Asked(msgspec.Struct, frozen=True):
    """What is asked for. ``limit`` None: all; ``fields`` None: every field; filter and deep as they were written."""

    fields: tuple[str, ...] | None = None
    filter: Json = None
    search: str | None = None
    sort: tuple[str, ...] = ()
    limit: int | None = DEFAULT_LIMIT
    offset: int = 0
    page: int = 0
    meta: tuple[str, ...] = ()
    aggregate: Mapping[str, tuple[str, ...]] = {}
    groups: tuple[str, ...] = ()
    alias: Mapping[str, str] = {}
    deep: Mapping[str, Json] = {}
    export: str | None = None

    @property
    def start(self) -> int:
        """How many rows are left out at the beginning; a page goes before an offset."""
        if self.page and self.limit is not None:
            return (self.page - 1) * self.limit
        return self.offset

    @property
    def whose(self) -> bool:
        """Whether something in it may be about whoever asks."""
        return "$CURRENT_" in str(self.filter) or "$CURRENT_" in str(self.deep)


def asked_by(call: Call) -> Asked:
    """Read the query string of a request.

    :raises ApiError: INVALID_QUERY
    """
    text = call.request.scope["query_string"]
    if len(text) > LONGEST_KEPT or FIELD in text:
        return read(nested(call.request.query_params.multi_items()))
    return _asked(text)


@lru_cache(maxsize=1_024)
def _asked(text: bytes) -> Asked:
    """Read a query string that names nobody's token: clients ask the same again and again."""
    return read(nested(QueryParams(text).multi_items()))


async def searched_by(call: Call) -> Asked:
    """Read the body of a SEARCH: ``{"query": {…}}``; the query string where it has none.

    :raises ApiError: INVALID_PAYLOAD, INVALID_QUERY
    """
    body = await payload(call)
    if body is NOTHING:
        return asked_by(call)
    if not isinstance(body, dict):
        raise invalid_payload('"value" must be of type object')
    only(body, "query", "keys")
    if "query" not in body:
        return asked_by(call)
    if not isinstance(body["query"], dict):
        raise invalid_payload('"query" must be of type object')
    return read(body["query"])


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Json]:
    """Return parameters by name, with brackets as objects and lists; several of one name are a list.

    :raises ApiError: INVALID_QUERY
    """
    found: dict[str, Json] = {}
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise invalid_query(f'"{name.partition("[")[0][:100]}" contains NUL'.replace("\0", ""))
        root, *steps = name.replace("]", "").split("[") if name.endswith("]") else [name]
        if len(steps) > DEEPEST:
            raise invalid_query(f'"{root[:100]}" is nested too deep')
        listed = bool(steps) and not steps[-1]  # fields[]=a
        path = [root, *steps][: -1 if listed else None]
        place = found
        for step in path[:-1]:
            inner = place.get(step)
            if not isinstance(inner, dict):
                inner = place[step] = {} if inner is None else {"0": inner}
            place = inner
        _put(place, path[-1], [value] if listed else value)
    return found


def _put(place: dict[str, Json], name: str, value: Json) -> None:
    """Put a value beside others of its name."""
    known = place.get(name)
    if known is None:
        place[name] = value
    elif isinstance(known, dict):
        known[f"+{len(known)}"] = value
    else:
        place[name] = _several(known) + _several(value)


def read(given: Mapping[str, Json]) -> Asked:
    """Read parameters that are apart already.

    :raises ApiError: INVALID_QUERY
    """
    names = _names(given.get("fields"), "fields")
    search = given.get("search")
    return Asked(
        fields=names or None,
        filter=_object(given.get("filter"), "filter"),
        search=None if search in (None, "") else _text(search, "search"),
        sort=_names(given.get("sort"), "sort"),
        limit=_limit(given.get("limit")),
        offset=_number(given.get("offset"), "offset", 0) or 0,
        page=_number(given.get("page"), "page", 0) or 0,
        meta=_meta(given.get("meta")),
        aggregate=_aggregate(given.get("aggregate")),
        groups=_names(given.get("groupBy", given.get("group")), "groupBy"),
        alias=_alias(given.get("alias")),
        deep=_object(given.get("deep"), "deep") or {},
        export=_format(given.get("export")),
    )


def _limit(value: Json) -> int | None:
    found = _number(value, "limit", -1)
    return DEFAULT_LIMIT if found is None else None if found == -1 else found


def _number(value: Json, name: str, least: int) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            value = float(value) if len(value) < 40 else None
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise invalid_query(f'"{name}" must be a number')
    if value < least:
        raise invalid_query(f'"{name}" must be greater than or equal to {least}')
    if value > _LARGEST:
        raise invalid_query(f'"{name}" must be a safe number')
    if value != int(value):
        raise invalid_query(f'"{name}" must be an integer')
    return int(value)


def _text(value: Json, name: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise invalid_query(f'"{name}" must be a string')
    return str(value)


def _names(value: Json, name: str) -> tuple[str, ...]:
    """Read a list of names: with commas, or one by one."""
    found: list[str] = []
    for one in _several(value):
        if not isinstance(one, str):
            raise invalid_query(f'"{name}[{len(found)}]" must be a string')
        found += (part.strip() for part in one.split(","))
    return tuple(part for part in found if part)


def _several(value: Json) -> list[Json]:
    if isinstance(value, dict):  # fields[0]=a&fields[1]=b
        return [inner for one in value.values() for inner in _several(one)]
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _meta(value: Json) -> tuple[str, ...]:
    names = _names(value, "meta")
    if "*" in names:
        return META
    for place, name in enumerate(names):
        if name not in META:
            raise invalid_query(f'"meta[{place}]" must be one of [{", ".join(META)}]')
    return names


def _format(value: Json) -> str | None:
    if value is None:
        return None
    if value not in FORMATS:
        raise invalid_query(f'"export" must be one of [{", ".join(FORMATS)}]')
    return str(value)


def _object(value: Json, name: str) -> dict[str, Json] | None:
    """Read an object, which may be JSON text."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value) if value else None
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise invalid_query(f"Invalid JSON for {name} object") from None
    if value is None:
        return None
    if not isinstance(value, dict):
        raise invalid_query(f'"{name}" must be of type object')
    _refuse_deep(value, name, 0)
    return value


def _refuse_deep(value: Json, name: str, depth: int) -> None:
    """Refuse what is nested too deep, and what no text can hold."""
    if depth > DEEPEST * 2:
        raise invalid_query(f'"{name}" is nested too deep')
    if isinstance(value, dict):
        for key, one in value.items():
            _refuse_deep(key, name, depth)
            _refuse_deep(one, name, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _refuse_deep(one, name, depth + 1)
    elif isinstance(value, str) and "\0" in value:
        raise invalid_query(f'"{name}" contains NUL')


def _aggregate(value: Json) -> dict[str, tuple[str, ...]]:
    found = _object(value, "aggregate") or {}
    return {name: _names(fields, f"aggregate.{name}"[:100]) for name, fields in found.items()}


def _alias(value: Json) -> dict[str, str]:
    found = _object(value, "alias") or {}
    for name, field in found.items():
        if not isinstance(field, str) or not field:
            raise _bad_alias(name, "must be a string")
        if "." in name or "." in field:
            raise _bad_alias(name, 'must not contain a period (".")')
    return found


def _bad_alias(name: str, what: str) -> ApiError:
    return invalid_query(f'"alias.{name[:100]}" {what}')
