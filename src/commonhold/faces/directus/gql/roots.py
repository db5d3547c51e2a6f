"""The fields at the top of a schema: lists, single rows and aggregates to ask for; adding, changing and deleting.

They hold for items and for what the server itself keeps, by the ``Backend`` that stands in the context of a request.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLString,
    specified_scalar_types,
)

from commonhold.core.query import Aggregate, Compare, Op, Page, Query, label
from commonhold.core.query import Pick as Shown
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.reading import Ground
from commonhold.faces.directus.filters import Place
from commonhold.faces.directus.gql import scalars
from commonhold.faces.directus.gql.arguments import arguments
from commonhold.faces.directus.gql.select import Selector
from commonhold.faces.directus.gql.types import COUNTS, MEASURES, OBJECTS, Shape, Types, named
from commonhold.faces.directus.problems import forbidden
from commonhold.faces.directus.selecting import operand_of
from commonhold.faces.directus.values import Convert, convert_operand

Info = GraphQLResolveInfo[Any]
Row = dict[str, Any]
Names = Mapping[str, str]


class Backend(Protocol):
    """What a request can ask for and do; refusals are those of REST."""

    catalog: Catalog  # as far as the caller sees it
    ground: Ground

    async def create(self, collection: str, rows: Sequence[Row]) -> list[Any]:
        """Add rows in one transaction, and return their keys."""
        ...

    async def update(self, collection: str, rows: Sequence[tuple[Any, Row]]) -> list[Any]:
        """Change rows, each in its way, in one transaction, and return their keys."""
        ...

    async def delete(self, collection: str, keys: Sequence[Any]) -> None:
        """Delete rows in one transaction."""
        ...


def schema_of(
    shape: Shape, names: Names, more: Callable[[Types], Mapping[str, Mapping[str, GraphQLField]]]
) -> GraphQLSchema:
    """Make a schema; ``names`` are the names of collections at the top, ``more`` further fields there."""
    types = Types(shape)
    besides = more(types)
    queries = dict(_queries(types, names)) | dict(besides.get("Query", {}))
    mutations = dict(_mutations(types, names)) | dict(besides.get("Mutation", {}))
    query = GraphQLObjectType("Query", queries or {"_empty": GraphQLField(scalars.VOID)})
    mutation = GraphQLObjectType("Mutation", mutations) if mutations else None
    known = list(specified_scalar_types.values())
    return GraphQLSchema(query, mutation, types=known, extensions={OBJECTS: types.objects})


def _queries(types: Types, names: Names) -> Iterator[tuple[str, GraphQLField]]:
    """Yield what can be asked of each collection; a collection goes before what is asked of another one."""
    taken = {names.get(one.name, one.name) for one in types.catalog}
    for one in types.catalog:
        name, kind = names.get(one.name, one.name), types.objects[one.name]
        lists = types.arguments(one.name)
        yield name, GraphQLField(_sure(kind), lists, partial(_list, one.name))
        key = {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))}
        version = {"version": GraphQLArgument(GraphQLString)}
        wanted = {"version": GraphQLArgument(GraphQLNonNull(GraphQLString))}
        groups = {"groupBy": GraphQLArgument(GraphQLList(GraphQLString)), **lists}
        further = {
            "by_id": GraphQLField(kind, {**key, **version}, partial(_by_id, one.name)),
            "aggregated": GraphQLField(_sure(types.aggregated(one)), groups, partial(_aggregated, one.name)),
            "by_version": GraphQLField(kind, {**wanted, **key}, partial(_by_version, one.name)),
        }
        yield from ((f"{name}_{word}", field) for word, field in further.items() if f"{name}_{word}" not in taken)


def _mutations(types: Types, names: Names) -> Iterator[tuple[str, GraphQLField]]:
    """Yield what can be written to each collection."""
    key = {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))}
    keys = {"ids": GraphQLArgument(GraphQLNonNull(GraphQLList(GraphQLID)))}
    known = {one.name for one in types.shape.read}
    beside = {one.name for one in types.shape.beside}
    for name, given in types.creates.items():
        if name in beside:
            continue
        at, lists = names.get(name, name), types.arguments(name) if name in known else {}
        one, many = _one_and_many(types, name)
        data = {"data": GraphQLArgument(GraphQLNonNull(given))}
        several = {"data": GraphQLArgument(GraphQLList(GraphQLNonNull(given)))}
        yield f"create_{at}_item", GraphQLField(one, data, partial(_create_one, name))
        yield f"create_{at}_items", GraphQLField(many, {**several, **lists}, partial(_create_many, name))
    for name, given in types.updates.items():
        if name in beside:
            continue
        at, lists = names.get(name, name), types.arguments(name) if name in known else {}
        one, many = _one_and_many(types, name)
        data = {"data": GraphQLArgument(GraphQLNonNull(given))}
        several = {"data": GraphQLArgument(GraphQLList(GraphQLNonNull(given)))}
        yield f"update_{at}_item", GraphQLField(one, {**key, **data}, partial(_update_one, name))
        yield f"update_{at}_items", GraphQLField(many, {**keys, **data, **lists}, partial(_update_many, name))
        yield f"update_{at}_batch", GraphQLField(many, {**several, **lists}, partial(_update_batch, name))
    for name in filter(named, types.shape.delete):
        at = names.get(name, name)
        yield f"delete_{at}_item", GraphQLField(scalars.DELETE_ONE, key, partial(_delete_one, name))
        yield f"delete_{at}_items", GraphQLField(scalars.DELETE_MANY, keys, partial(_delete_many, name))


def _sure(kind: Any) -> Any:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(kind)))


def _one_and_many(types: Types, name: str) -> tuple[Any, Any]:
    """Return what a write answers: the row, or only that it was done where rows cannot be read."""
    kind = types.objects.get(name)
    return (kind, _sure(kind)) if kind else (GraphQLBoolean, GraphQLBoolean)


def _selector(info: Info) -> Selector:
    backend: Backend = info.context
    return Selector(info, backend.catalog, partial(arguments, backend.ground.view))


async def _list(collection: str, _: Any, info: Info, **given: Any) -> list[Row]:
    found: list[Row] = await info.context.ground.rows(collection, _selector(info).top(collection, given))
    return found


async def _by_id(collection: str, _: Any, info: Info, **given: Any) -> Row:
    if given.get("version") not in (None, "main"):
        raise forbidden()
    found = await _these(collection, info, [given["id"]])
    if not found:
        raise forbidden()
    return found[0]


async def _by_version(collection: str, _: Any, info: Info, **given: Any) -> Row:
    """Refuse what there is none of: rows have no versions here but the main one."""
    return await _by_id(collection, _, info, **given)


async def _these(collection: str, info: Info, keys: Sequence[Any], given: Mapping[str, Any] | None = None) -> list[Row]:
    """Read rows by their keys, as they are selected."""
    query = _selector(info).top(collection, given or {})
    key = info.context.catalog.collection(collection).key
    where = Compare(key, Op.EQ, keys[0]) if len(keys) == 1 else Compare(key, Op.IN, tuple(keys))
    page = query.page if given else Page(limit=len(keys))
    found: list[Row] = await info.context.ground.rows(collection, Query(query.fields, where, query.sort, page))
    return found


async def _aggregated(collection: str, _: Any, info: Info, **given: Any) -> list[Row]:
    """Compute what is selected: the fields below ``count``, ``sum`` … name what is measured."""
    selector, backend = _selector(info), info.context
    names = [one for one in given.pop("groupBy", None) or () if one]
    wanted: list[tuple[str, str, Any]] = []
    for nodes in selector.fields(info.field_nodes, None).values():
        measure = {**COUNTS, **MEASURES}.get(nodes[0].name.value)
        if measure:
            inner = selector.fields(nodes, None).values()
            wanted += [(nodes[0].name.value, same[0].name.value, measure) for same in inner]
        elif nodes[0].name.value == "countAll":
            wanted.append(("countAll", "", COUNTS["count"]))
    wanted = [one for one in dict.fromkeys(wanted) if not one[1].startswith("__")]
    place = Place(backend.ground.view, collection)
    groups = tuple(operand_of(place, name, {}) for name in names)
    asked = arguments(backend.ground.view, collection, given)
    measures = tuple((measure, field or None) for _, field, measure in wanted) or ((COUNTS["count"], None),)
    query = Query((), asked.filter, asked.sort, asked.page, Aggregate(measures, groups))
    catalog = backend.ground.view.catalog
    titles = {label(Shown(group)): convert_operand(catalog, collection, group) for group in groups}
    return [_told(titles, wanted, line) for line in await backend.ground.tally(collection, query)]


def _told(titles: Mapping[str, Convert | None], wanted: Sequence[tuple[str, str, Any]], line: Sequence[Any]) -> Row:
    """Return a group as it is told: its values, then each measure below its name."""
    pairs = zip(titles.items(), line, strict=False)
    row: Row = {"group": {name: value if how is None or value is None else how(value) for (name, how), value in pairs}}
    for (name, field, _), value in zip(wanted, line[len(titles) :], strict=False):
        if field:
            row.setdefault(name, {})[field] = value
        else:
            row[name] = value
    return row


async def _written(collection: str, info: Info, keys: Sequence[Any], given: Mapping[str, Any]) -> Any:
    """Answer a write with the rows as they are now; one that cannot be read is left out."""
    if collection not in info.context.catalog:
        return True
    return await _these(collection, info, keys, given) if keys else []


async def _create_one(collection: str, _: Any, info: Info, *, data: Row) -> Any:
    return _first(await _written(collection, info, await info.context.create(collection, [data]), {}))


async def _create_many(collection: str, _: Any, info: Info, data: Any = None, **given: Any) -> Any:
    keys = await info.context.create(collection, data) if data else []
    return await _written(collection, info, keys, given)


async def _update_one(collection: str, _: Any, info: Info, *, id: str, data: Row) -> Any:
    return _first(await _written(collection, info, await info.context.update(collection, [(id, data)]), {}))


async def _update_many(collection: str, _: Any, info: Info, *, ids: Any, data: Row, **given: Any) -> Any:
    wanted = [(key, data) for key in ids if key is not None]
    keys = await info.context.update(collection, wanted) if wanted else []
    return await _written(collection, info, keys, given)


async def _update_batch(collection: str, _: Any, info: Info, data: Any = None, **given: Any) -> Any:
    name = info.context.catalog.collection(collection).key
    wanted = [(one.get(name), {field: value for field, value in one.items() if field != name}) for one in data or ()]
    keys = await info.context.update(collection, wanted) if wanted else []
    return await _written(collection, info, keys, given)


async def _delete_one(collection: str, _: Any, info: Info, *, id: str) -> Row:
    await info.context.delete(collection, [id])
    return {"id": id}


async def _delete_many(collection: str, _: Any, info: Info, *, ids: Any) -> Row:
    wanted = [key for key in ids if key is not None]
    if wanted:
        await info.context.delete(collection, wanted)
    return {"ids": wanted}


def _first(found: Any) -> Any:
    return (found[0] if found else None) if isinstance(found, list) else found
