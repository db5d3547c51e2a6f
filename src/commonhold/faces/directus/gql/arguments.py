"""Arguments of GraphQL, told as the global query parameters of REST: one reader for both."""

from collections.abc import Mapping
from typing import Any

from commonhold.core.query import Query, all_of
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.view import View
from commonhold.faces.directus.filters import Place, filter_of
from commonhold.faces.directus.gql.types import FUNC, TOWARD
from commonhold.faces.directus.parameters import read
from commonhold.faces.directus.selecting import page_of, searched, sort_of

JOINING = ("_and", "_or")
QUANTIFIERS = ("_some", "_none")
LISTING = ("filter", "sort", "limit", "offset", "page", "search")


def arguments(view: View, collection: str, given: Mapping[str, Any]) -> Query:
    """Return the query of a list, without its fields.

    :raises ApiError: FORBIDDEN, INVALID_QUERY
    """
    asked = read({name: given[name] for name in LISTING if given.get(name) is not None})
    filters = as_rest(view.catalog, collection, asked.filter or {})
    where = all_of(filter_of(view, collection, filters), searched(view, collection, asked.search))
    return Query((), where, sort_of(Place(view, collection), asked.sort), page_of(asked))


def as_rest(catalog: Catalog, collection: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filter as REST writes it: functions around the field, ``field:collection`` for one of several."""
    found: dict[str, Any] = {}
    known = {one.name for one in catalog.collection(collection).fields}
    for name, inner in given.items():
        if name in JOINING:
            found[name] = [as_rest(catalog, collection, one or {}) for one in inner or ()]
        elif name in QUANTIFIERS:
            found[name] = as_rest(catalog, collection, inner or {})
        elif name not in known and name.endswith(FUNC) and name.removesuffix(FUNC) in known:
            field = name.removesuffix(FUNC)
            found |= {f"{part}({field})": condition for part, condition in (inner or {}).items()}
        elif name not in known and TOWARD in name:
            field, _, target = name.partition(TOWARD)
            found[f"{field}:{target}"] = as_rest(catalog, target, inner or {})
        elif (there := _beyond(catalog, collection, name)) is not None:
            found[name] = as_rest(catalog, there, inner or {})
        else:
            found[name] = inner
    return found


def _beyond(catalog: Catalog, collection: str, field: str) -> str | None:
    """Return the collection to which a field of the schema leads, if it does."""
    relation = catalog.relation(collection, field)
    if relation is None:
        return None
    outward = (relation.collection, relation.field) == (collection, field)
    there = relation.targets[0] if outward else relation.collection
    return there if there in catalog and not (outward and relation.kind_field) else None
