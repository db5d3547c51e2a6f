"""Collections, fields and relations: shown as far as the caller may read, made and dropped by administrators.

What only decorates the forms of the original's application (icons, notes, interfaces) is taken and not kept.
"""

from collections.abc import Iterator
from typing import Any, Final

from commonhold.core.problems import Problem
from commonhold.core.records import catalogs, rows
from commonhold.core.records.catalog import Catalog, Collection, Field, OnDelete, Relation
from commonhold.core.records.kinds import Kind
from commonhold.core.sharing.listing import administration
from commonhold.faces.directus.problems import forbidden, invalid_payload, not_permitted
from commonhold.faces.directus.routes import Table, fields
from commonhold.http.face import Call

TABLE = Table()

Json = Any

TYPES: Final = {
    "string": Kind.STRING, "text": Kind.TEXT, "integer": Kind.INTEGER, "bigInteger": Kind.BIGINT,
    "float": Kind.FLOAT, "decimal": Kind.DECIMAL, "boolean": Kind.BOOLEAN, "timestamp": Kind.TIMESTAMP,
    "dateTime": Kind.DATETIME, "date": Kind.DATE, "time": Kind.TIME, "uuid": Kind.UUID, "json": Kind.JSON,
    "csv": Kind.TEXT, "hash": Kind.HASH, "alias": Kind.ALIAS,
}  # fmt: skip
NAMES: Final = {kind: name for name, kind in reversed(TYPES.items())}
_ON_DELETE: Final = {
    "SET NULL": OnDelete.CLEAR,
    "CASCADE": OnDelete.DELETE,
    "NO ACTION": OnDelete.REFUSE,
    "RESTRICT": OnDelete.REFUSE,
}
_SAID: Final = {OnDelete.CLEAR: "SET NULL", OnDelete.DELETE: "CASCADE", OnDelete.REFUSE: "NO ACTION"}
_DEFAULT_KEY: Final = Field("id", Kind.INTEGER, nullable=False)


# --- as clients read them


def collection_shape(one: Collection) -> dict[str, Json]:
    """Return a collection."""
    meta = dict.fromkeys(
        (
            "icon", "note", "display_template", "translations", "archive_field", "archive_value", "unarchive_value",
            "sort_field", "color", "item_duplication_fields", "sort", "group", "preview_url",
        )
    )  # fmt: skip
    flags = {
        "hidden": False,
        "singleton": False,
        "archive_app_filter": True,
        "accountability": "all",
        "collapse": "open",
        "versioning": False,
    }
    schema = {"schema": "public", "name": one.name, "comment": None}
    return {"collection": one.name, "meta": {"collection": one.name, **meta, **flags}, "schema": schema}


def field_shape(catalog: Catalog, one: Collection, field: Field) -> dict[str, Json]:
    """Return a field."""
    shown: dict[str, Json] = {"collection": one.name, "field": field.name, "type": NAMES[field.kind]}
    relation = catalog.relation(one.name, field.name)
    outward = relation is not None and (relation.collection, relation.field) == (one.name, field.name)
    special = ["o2m"] if field.kind is Kind.ALIAS else ["m2o"] if outward else None
    meta = {
        "collection": one.name,
        "field": field.name,
        "special": special,
        "interface": None,
        "options": None,
        "display": None,
        "readonly": False,
        "hidden": False,
        "required": not field.nullable and field.name != one.key,
        "note": None,
    }
    schema: dict[str, Json] | None = None
    if field.kind is not Kind.ALIAS:
        schema = {
            "name": field.name,
            "table": one.name,
            "data_type": NAMES[field.kind],
            "default_value": field.default,
            "max_length": field.length,
            "numeric_precision": field.precision,
            "numeric_scale": field.scale,
            "is_nullable": field.nullable,
            "is_unique": field.unique or field.name == one.key,
            "is_indexed": field.indexed,
            "is_primary_key": field.name == one.key,
            "has_auto_increment": field.name == one.key and field.kind in (Kind.INTEGER, Kind.BIGINT),
            "foreign_key_column": _foreign(catalog, relation) if outward else None,
            "foreign_key_table": relation.targets[0] if outward and relation else None,
        }
    return {**shown, "schema": schema, "meta": meta}


def _foreign(catalog: Catalog, relation: Relation | None) -> str | None:
    if relation is None or relation.kind_field is not None or relation.targets[0] not in catalog:
        return None
    return catalog.collection(relation.targets[0]).key


def relation_shape(catalog: Catalog, one: Relation) -> dict[str, Json]:
    """Return a relation."""
    many = one.kind_field is not None
    target = None if many else one.targets[0]
    schema = None
    if target is not None:
        schema = {
            "constraint_name": f"{one.collection}_{one.field}_foreign",
            "table": one.collection,
            "column": one.field,
            "foreign_key_schema": "public",
            "foreign_key_table": target,
            "foreign_key_column": _foreign(catalog, one),
            "on_update": "NO ACTION",
            "on_delete": _SAID[one.on_delete],
        }
    meta = {
        "many_collection": one.collection,
        "many_field": one.field,
        "one_collection": target,
        "one_field": one.reverse,
        "one_collection_field": one.kind_field,
        "one_allowed_collections": list(one.targets) if many else None,
        "junction_field": one.junction,
        "sort_field": None,
        "one_deselect_action": "nullify",
    }
    return {
        "collection": one.collection,
        "field": one.field,
        "related_collection": target,
        "schema": schema,
        "meta": meta,
    }


# --- as clients write them


def _text(body: dict[str, Json], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid_payload(f'"{name}" is required')
    return value


def _part(body: dict[str, Json], name: str) -> dict[str, Json]:
    """Return an object within a body; null or nothing is an empty one."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise invalid_payload(f'"{name}" must be of type object')
    return value or {}


def read_field(body: Json) -> tuple[Field, bool]:
    """Read a field, and whether it is the key.

    :raises ApiError: INVALID_PAYLOAD
    """
    if not isinstance(body, dict):
        raise invalid_payload('"field" must be of type object')
    name, schema, meta = _text(body, "field"), _part(body, "schema"), _part(body, "meta")
    kind = TYPES.get(str(body.get("type") or "string"))
    if kind is None:
        raise invalid_payload(f'"type" must be one of [{", ".join(TYPES)}]')
    key = schema.get("is_primary_key") is True
    required = meta.get("required") is True or schema.get("is_nullable") is False
    return Field(
        name=name,
        kind=kind,
        nullable=kind is Kind.ALIAS or not (key or required),
        unique=schema.get("is_unique") is True and not key,
        indexed=schema.get("is_indexed") is True,
        length=_whole(schema, "max_length") if kind is Kind.STRING else None,
        precision=_whole(schema, "numeric_precision") if kind is Kind.DECIMAL else None,
        scale=_whole(schema, "numeric_scale") if kind is Kind.DECIMAL else None,
        default=_default(schema.get("default_value")),
    ), key


def _whole(schema: dict[str, Json], name: str) -> int | None:
    value = schema.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 20 else None


def _default(value: Json) -> Any:
    """Return a default value that is one; what names a function of some database is none here."""
    if not isinstance(value, bool | int | float | str):
        return None
    return None if isinstance(value, str) and "(" in value else value


def read_relation(body: dict[str, Json]) -> Relation:
    """Read a relation.

    :raises ApiError: INVALID_PAYLOAD
    """
    meta, schema = _part(body, "meta"), _part(body, "schema")
    allowed, related = meta.get("one_allowed_collections"), body.get("related_collection")
    if isinstance(allowed, list) and all(isinstance(one, str) for one in allowed) and allowed:
        targets, kind_field = tuple(allowed), _text(meta, "one_collection_field")
    else:
        if not isinstance(related, str) or not related:
            raise invalid_payload('"related_collection" is required')
        targets, kind_field = (related,), None
    on_delete = _ON_DELETE.get(str(schema.get("on_delete") or "SET NULL").upper())
    if on_delete is None:
        raise invalid_payload(f'"on_delete" must be one of [{", ".join(_ON_DELETE)}]')
    return Relation(
        collection=_text(body, "collection"),
        field=_text(body, "field"),
        targets=targets,
        reverse=_text(meta, "one_field") if meta.get("one_field") else None,
        kind_field=kind_field,
        junction=_text(meta, "junction_field") if meta.get("junction_field") else None,
        on_delete=on_delete,
    )


# --- collections


async def _seen(call: Call) -> Catalog:
    return await rows.visible(call.core, call.actor)


@TABLE.route("GET", "/collections")
async def get_collections(call: Call) -> Json:
    """List the collections of which the caller may read rows."""
    return [collection_shape(one) for one in await _seen(call)]


@TABLE.route("GET", "/collections/{collection}")
async def get_collection(call: Call) -> Json:
    """Return a collection."""
    name = call.params["collection"]
    catalog = await _seen(call)
    if name not in catalog:
        raise not_permitted("read", name)
    return collection_shape(catalog.collection(name))


@TABLE.route("POST", "/collections", needs="administration")
async def post_collection(call: Call) -> Json:
    """Make a collection with its fields; without a key it gets an integer ``id``."""
    body = await fields(call)
    name, given = _text(body, "collection"), body.get("fields") or []
    if not isinstance(given, list):
        raise invalid_payload('"fields" must be an array')
    read = [read_field(one) for one in given]
    keys = [field.name for field, key in read if key]
    made = tuple(field for field, _ in read)
    if not keys:
        made, keys = (_DEFAULT_KEY, *made), ["id"]
    catalog = await catalogs.add_collection(call.core, call.actor, Collection(name, keys[0], made))
    return collection_shape(catalog.collection(name))


@TABLE.route("PATCH", "/collections/{collection}", needs="administration")
async def patch_collection(call: Call) -> Json:
    """Take what decorates a collection, and return it as it is."""
    await administration(call.core, call.actor)
    await fields(call)
    return await get_collection(call)


@TABLE.route("DELETE", "/collections/{collection}", needs="administration")
async def delete_collection(call: Call) -> None:
    """Drop a collection with its rows."""
    await catalogs.drop_collection(call.core, call.actor, call.params["collection"])


# --- fields


def _fields(catalog: Catalog, one: Collection) -> Iterator[dict[str, Json]]:
    return (field_shape(catalog, one, field) for field in one.fields)


async def _visible(call: Call) -> tuple[Catalog, Collection]:
    catalog = await _seen(call)
    if call.params["collection"] not in catalog:
        raise forbidden()
    return catalog, catalog.collection(call.params["collection"])


@TABLE.route("GET", "/fields")
async def get_all_fields(call: Call) -> Json:
    """List the fields of all collections that the caller may read."""
    catalog = await _seen(call)
    return [shape for one in catalog for shape in _fields(catalog, one)]


@TABLE.route("GET", "/fields/{collection}")
async def get_fields(call: Call) -> Json:
    """List the fields of a collection."""
    return list(_fields(*await _visible(call)))


@TABLE.route("GET", "/fields/{collection}/{field}")
async def get_field(call: Call) -> Json:
    """Return a field."""
    catalog, one = await _visible(call)
    try:
        return field_shape(catalog, one, catalog.field(one.name, call.params["field"]))
    except Problem:
        raise forbidden() from None


@TABLE.route("POST", "/fields/{collection}", needs="administration")
async def post_field(call: Call) -> Json:
    """Add a field."""
    name = call.params["collection"]
    field, _ = read_field(await fields(call))
    catalog = await catalogs.add_field(call.core, call.actor, name, field)
    return field_shape(catalog, catalog.collection(name), catalog.field(name, field.name))


@TABLE.route("PATCH", "/fields/{collection}/{field}", needs="administration")
async def patch_field(call: Call) -> Json:
    """Take what decorates a field, and return it as it is."""
    await administration(call.core, call.actor)
    await fields(call)
    return await get_field(call)


@TABLE.route("DELETE", "/fields/{collection}/{field}", needs="administration")
async def delete_field(call: Call) -> None:
    """Drop a field with what stands in it."""
    await catalogs.drop_field(call.core, call.actor, call.params["collection"], call.params["field"])


# --- relations


@TABLE.route("GET", "/relations")
async def get_relations(call: Call) -> Json:
    """List the relations between collections that the caller may read."""
    catalog = await _seen(call)
    return [relation_shape(catalog, one) for one in _shown(catalog)]


@TABLE.route("GET", "/relations/{collection}")
async def get_relations_of(call: Call) -> Json:
    """List the relations that start in a collection."""
    catalog, collection = await _visible(call)
    return [relation_shape(catalog, one) for one in _shown(catalog) if one.collection == collection.name]


@TABLE.route("GET", "/relations/{collection}/{field}")
async def get_relation(call: Call) -> Json:
    """Return a relation."""
    catalog, collection = await _visible(call)
    for one in _shown(catalog):
        if (one.collection, one.field) == (collection.name, call.params["field"]):
            return relation_shape(catalog, one)
    raise forbidden()


def _shown(catalog: Catalog) -> list[Relation]:
    return [one for one in catalog.relations if any(target in catalog for target in one.targets)]


@TABLE.route("POST", "/relations", needs="administration")
async def post_relation(call: Call) -> Json:
    """Let a field refer to the rows of a collection."""
    relation = read_relation(await fields(call))
    catalog = await catalogs.add_relation(call.core, call.actor, relation)
    return relation_shape(catalog, relation)


@TABLE.route("PATCH", "/relations/{collection}/{field}", needs="administration")
async def patch_relation(call: Call) -> Json:
    """Take what decorates a relation, and return it as it is."""
    await administration(call.core, call.actor)
    await fields(call)
    return await get_relation(call)


@TABLE.route("DELETE", "/relations/{collection}/{field}", needs="administration")
async def delete_relation(call: Call) -> None:
    """Take a relation away; its field stays."""
    await catalogs.drop_relation(call.core, call.actor, call.params["collection"], call.params["field"])
