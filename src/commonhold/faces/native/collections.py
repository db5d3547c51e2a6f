"""Collections of records: their catalogue, their rows, and the rules on them."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from commonhold.core.problems import Problem
from commonhold.core.query import Aggregate, Measure, Operand, Page, Pick, Query
from commonhold.core.records import catalogs, rows, ruling
from commonhold.core.records.catalog import Catalog
from commonhold.faces.native.records_shape import (
    CollectionShape,
    FieldShape,
    NewRuleIn,
    RelationShape,
    RowsShape,
    RuleShape,
    collection_shape,
    filter_of,
    operand,
    row_cursor,
    row_place,
    rule_shape,
    sort_of,
)
from commonhold.faces.native.words import Label, Limit, Listing, Paging, Text
from commonhold.http.bodies import json_of
from commonhold.http.face import Call
from commonhold.http.typed import Table

TABLE = Table("/api/v1")

Key = str | int
Keys = Annotated[tuple[Key, ...], Meta(max_length=rows.MOST_WRITTEN)]


class RowQuery(Paging, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Which rows (``filter``, JSON), which of their ``fields``, and in which order (``sort``: ``-views,title``)."""

    filter: Text | None = None
    fields: tuple[Label, ...] = ()
    sort: tuple[Label, ...] = ()


class FieldsQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Which fields; all that may be read, if none is named."""

    fields: tuple[Label, ...] = ()


class TallyQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """What is added up (``count``, ``sum:views``, ``avg:price``), over which rows, by which groups."""

    measures: tuple[Label, ...] = ()
    groups: tuple[Label, ...] = ()
    filter: Text | None = None
    limit: Limit = 200


class RulesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Rules of one collection; of all, if none is named."""

    collection: Label | None = None


class NewRows(Struct, forbid_unknown_fields=True, frozen=True):
    """Rows to be added, all or none."""

    rows: Annotated[tuple[dict[str, Any], ...], Meta(max_length=rows.MOST_WRITTEN)]


class RowEdit(Struct, forbid_unknown_fields=True, frozen=True):
    """New values of fields."""

    values: dict[str, Any]


class RowsEdit(Struct, forbid_unknown_fields=True, frozen=True):
    """New values of fields, the same for several rows, all or none."""

    keys: Keys
    values: dict[str, Any]


class KeysIn(Struct, forbid_unknown_fields=True, frozen=True):
    """Rows by their keys."""

    keys: Keys


class KeysShape(Struct, frozen=True):
    """The keys of the rows that were written; null where a reply is told again."""

    keys: list[Any] | None


class TallyShape(Struct, frozen=True):
    """Per group its values and measures, by name."""

    data: list[dict[str, Any]]


def _one(catalog: Catalog, call: Call, name: str) -> CollectionShape:
    if call.route.status == 201:
        call.headers["location"] = f"{call.root}/api/v1/collections/{name}"
    return collection_shape(catalog.collection(name))


async def _collection(call: Call, name: str) -> CollectionShape:
    return _one(await rows.visible(call.core, call.actor), call, name)


async def _made_again(call: Call) -> CollectionShape:
    return await _collection(call, (await json_of(call.request, CollectionShape)).name)


async def _changed_again(call: Call) -> CollectionShape:
    return await _collection(call, call.params["collection"])


async def _rule_again(call: Call) -> RuleShape:
    uid = call.kept.made("rule")
    for held in await ruling.list_rules(call.core, call.actor):
        if held.uid == uid:
            return rule_shape(held)
    raise Problem("not_found", field="rule")


async def _keys_again(_call: Call) -> KeysShape:
    return KeysShape(None)


@TABLE.route("GET", "/collections", needs="right", problems="not_found")
async def collections(call: Call) -> Listing[CollectionShape]:
    """List the collections of which the caller may read rows, with the fields that he may read."""
    return Listing([collection_shape(one) for one in await rows.visible(call.core, call.actor)])


@TABLE.route(
    "POST",
    "/collections",
    needs="administration",
    status=201,
    again=_made_again,
    problems="forbidden bad_name collection_exists name_taken invalid_field unknown_collection",
)
async def add_collection(call: Call, body: CollectionShape) -> CollectionShape:
    """Make a collection."""
    return _one(await catalogs.add_collection(call.core, call.actor, body.collection()), call, body.name)


@TABLE.route("GET", "/collections/{collection}", needs="right", problems="unknown_collection")
async def collection(call: Call) -> CollectionShape:
    """Return a collection, with the fields that the caller may read."""
    return await _collection(call, call.params["collection"])


@TABLE.route("DELETE", "/collections/{collection}", needs="administration", problems="forbidden unknown_collection")
async def drop_collection(call: Call) -> None:
    """Drop a collection with its rows, the rules on it and whatever was shared of it."""
    await catalogs.drop_collection(call.core, call.actor, call.params["collection"])


@TABLE.route(
    "POST",
    "/collections/{collection}/fields",
    needs="administration",
    status=201,
    again=_changed_again,
    problems="forbidden unknown_collection bad_name name_taken missing_field invalid_field",
)
async def add_field(call: Call, body: FieldShape) -> CollectionShape:
    """Add a field."""
    name = call.params["collection"]
    return _one(await catalogs.add_field(call.core, call.actor, name, body.field()), call, name)


@TABLE.route(
    "DELETE",
    "/collections/{collection}/fields/{field}",
    needs="administration",
    problems="forbidden unknown_collection unknown_column invalid_field",
)
async def drop_field(call: Call) -> None:
    """Drop a field with what stands in it."""
    await catalogs.drop_field(call.core, call.actor, call.params["collection"], call.params["field"])


@TABLE.route(
    "POST",
    "/collections/{collection}/relations",
    needs="administration",
    status=201,
    again=_changed_again,
    problems="forbidden unknown_collection unknown_column name_taken invalid_field",
)
async def add_relation(call: Call, body: RelationShape) -> CollectionShape:
    """Let a field refer to the rows of a collection."""
    name = call.params["collection"]
    return _one(await catalogs.add_relation(call.core, call.actor, body.relation(name)), call, name)


@TABLE.route(
    "DELETE",
    "/collections/{collection}/relations/{field}",
    needs="administration",
    problems="forbidden unknown_collection unknown_column",
)
async def drop_relation(call: Call) -> None:
    """Take a relation away; its field stays."""
    await catalogs.drop_relation(call.core, call.actor, call.params["collection"], call.params["field"])


# --- rows

_READ = "unknown_collection unknown_column bad_query query_too_costly invalid_field"


def _picks(names: tuple[str, ...]) -> tuple[Pick, ...]:
    return tuple(Pick(name if name == "*" else operand(name), "" if name == "*" else name) for name in names)


@TABLE.route("GET", "/collections/{collection}/rows", needs="right", problems=f"{_READ} bad_cursor")
async def list_rows(call: Call, query: RowQuery) -> RowsShape:
    """List the rows that the caller may read."""
    page = Page(query.limit, after=row_place(query.next))
    sort = tuple(sort_of(one) for one in query.sort)
    asked = Query(_picks(query.fields), filter_of(query.filter), sort, page)
    found = await rows.list_rows(call.core, call.actor, call.params["collection"], asked)
    return RowsShape(found.rows, row_cursor(found.after))


@TABLE.route("GET", "/collections/{collection}/tally", needs="right", problems=_READ)
async def tally(call: Call, query: TallyQuery) -> TallyShape:
    """Count and add up the rows that the caller may read."""
    measures = query.measures or ("count",)
    groups = tuple(operand(name) for name in query.groups)
    aggregate = Aggregate(tuple(_measure(text) for text in measures), groups)
    asked = Query(filter=filter_of(query.filter), page=Page(query.limit), aggregate=aggregate)
    found = await rows.tally_rows(call.core, call.actor, call.params["collection"], asked)
    names = (*query.groups, *measures)
    return TallyShape([dict(zip(names, line, strict=True)) for line in found])


def _measure(text: str) -> tuple[Measure, Operand | None]:
    """Read a measure: its name, and after a colon what it is of."""
    name, _, of = text.partition(":")
    if name not in set(Measure) or (not of and name != Measure.COUNT):
        raise Problem("bad_query", field="measures", reason=text[:100])
    return Measure(name), operand(of) if of else None


@TABLE.route(
    "POST",
    "/collections/{collection}/rows",
    needs="right",
    status=201,
    again=_keys_again,
    problems="unknown_collection unknown_column forbidden not_unique missing_field bad_reference invalid_field",
)
async def add_rows(call: Call, body: NewRows) -> KeysShape:
    """Add rows, all or none."""
    return KeysShape(list(await rows.insert_rows(call.core, call.actor, call.params["collection"], body.rows)))


_WRITE = "unknown_collection unknown_column not_found forbidden not_unique bad_reference invalid_field read_only"


@TABLE.route("PATCH", "/collections/{collection}/rows", needs="right", problems=_WRITE)
async def change_rows(call: Call, body: RowsEdit) -> KeysShape:
    """Change rows, all or none."""
    name = call.params["collection"]
    return KeysShape(list(await rows.update_rows(call.core, call.actor, name, body.keys, body.values)))


@TABLE.route("POST", "/collections/{collection}/rows/delete", needs="right", again=_keys_again, problems=_WRITE)
async def delete_rows(call: Call, body: KeysIn) -> KeysShape:
    """Delete rows, all or none; whatever was shared of them ends."""
    name = call.params["collection"]
    return KeysShape(list((await rows.delete_rows(call.core, call.actor, name, body.keys)).get(name, ())))


@TABLE.route("GET", "/collections/{collection}/rows/{key}", needs="right", problems=f"{_READ} not_found")
async def row(call: Call, query: FieldsQuery) -> dict[str, Any]:
    """Return one row by its key: by a rule, or because it is shared."""
    asked = Query(_picks(query.fields) or rows.ALL_FIELDS)
    return await rows.get_row(call.core, call.actor, call.params["collection"], call.params["key"], asked)


@TABLE.route("PATCH", "/collections/{collection}/rows/{key}", needs="right", problems=_WRITE)
async def change_row(call: Call, body: RowEdit) -> KeysShape:
    """Change one row."""
    name, keys = call.params["collection"], (call.params["key"],)
    return KeysShape(list(await rows.update_rows(call.core, call.actor, name, keys, body.values)))


@TABLE.route("DELETE", "/collections/{collection}/rows/{key}", needs="right", problems=_WRITE)
async def delete_row(call: Call) -> None:
    """Delete one row; whatever was shared of it ends."""
    await rows.delete_rows(call.core, call.actor, call.params["collection"], (call.params["key"],))


# --- rules


@TABLE.route("GET", "/rules", needs="administration", problems="forbidden unauthenticated")
async def rules(call: Call, query: RulesQuery) -> Listing[RuleShape]:
    """List the rules, of one collection or of all."""
    return Listing([rule_shape(one) for one in await ruling.list_rules(call.core, call.actor, query.collection)])


@TABLE.route(
    "POST",
    "/rules",
    needs="administration",
    status=201,
    again=_rule_again,
    problems="forbidden unknown_recipient unknown_collection unknown_column bad_query invalid_field missing_field",
)
async def add_rule(call: Call, body: NewRuleIn) -> RuleShape:
    """Give a user, a group, an organisation or everyone a rule."""
    return rule_shape(await ruling.add_rule(call.core, call.actor, body.rule()))


@TABLE.route("DELETE", "/rules/{rule}", needs="administration", problems="forbidden not_found")
async def drop_rule(call: Call) -> None:
    """Take a rule away; what stands on it is refused from now on."""
    await ruling.drop_rule(call.core, call.actor, call.params["rule"])
