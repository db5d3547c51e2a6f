"""Changes of the catalogue: each takes one catalogue and returns the next version, or refuses with a problem.

Names are plain ASCII and at most 56 bytes long, so that they are the same name in every database, quoted or not, with
our prefix before them; two names that differ in case alone are one name.
"""

import re
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from commonhold.core.problems import Problem
from commonhold.core.records.catalog import Catalog, Collection, Field, Relation, unknown_column
from commonhold.core.records.kinds import Kind

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,55}")
RESERVED: Final = "commonhold_"  # collections that the server shows by itself
MOST_FIELDS: Final = 500  # SQLite and PostgreSQL take more, but every row would be read with them
MOST_COLLECTIONS: Final = 2_000

WHOLE: Final = frozenset((Kind.INTEGER, Kind.BIGINT))
KEYS: Final = WHOLE | {Kind.STRING, Kind.UUID}


def with_collection(catalog: Catalog, collection: Collection) -> Catalog:
    """Add a collection.

    :raises Problem: ``bad_name``, ``collection_exists``, ``invalid_field``, ``name_taken``, ``query_too_costly``
    """
    _check_name(collection.name)
    if collection.name.lower().startswith(RESERVED):
        raise Problem("bad_name", name=collection.name)
    if any(known.name.lower() == collection.name.lower() for known in catalog):
        raise Problem("collection_exists", collection=collection.name)
    if len(list(catalog)) >= MOST_COLLECTIONS:
        raise Problem("query_too_costly", limit="collections", allowed=MOST_COLLECTIONS)
    bare = replace(collection, fields=(), relations=())
    for field in collection.fields:
        bare = _with_field(bare, field)
    key = next((field for field in bare.fields if field.name == bare.key), None)
    if key is None or key.kind not in KEYS:
        raise Problem("invalid_field", collection=collection.name, field=collection.key)
    fields = tuple(replace(field, nullable=field is not key and field.nullable) for field in bare.fields)
    return _next(catalog, [*catalog, replace(bare, fields=fields)])


def without_collection(catalog: Catalog, name: str) -> Catalog:
    """Take a collection away, with the relations from and to it, and their reverse fields."""
    catalog.collection(name)
    for relation in catalog.relations:
        if name in relation.targets and relation.collection != name:
            catalog = _without_target(catalog, relation, name)
        elif relation.collection == name:
            catalog = without_relation(catalog, name, relation.field)
    return _next(catalog, (known for known in catalog if known.name != name))


def with_field(catalog: Catalog, collection: str, field: Field) -> Catalog:
    """Add a field.

    :raises Problem: ``bad_name``, ``name_taken``, ``invalid_field``, ``query_too_costly``
    """
    changed = _with_field(catalog.collection(collection), field)
    return _replaced(catalog, changed)


def without_field(catalog: Catalog, collection: str, name: str) -> Catalog:
    """Take a field away, with the relation that starts in it, or of which it is the reverse field.

    :raises Problem: ``unknown_column``; ``invalid_field`` for the key
    """
    catalog.field(collection, name)
    if catalog.collection(collection).key == name:
        raise Problem("invalid_field", collection=collection, field=name)
    if relation := catalog.relation(collection, name):
        outward = (relation.collection, relation.field) == (collection, name)
        catalog = (
            without_relation(catalog, collection, name)
            if outward
            else _with_changed(catalog, relation, replace(relation, reverse=None))
        )
    found = catalog.collection(collection)
    return _replaced(catalog, replace(found, fields=tuple(field for field in found.fields if field.name != name)))


def with_relation(catalog: Catalog, relation: Relation) -> Catalog:
    """Add a relation to a field, and its reverse field where the target has none of that name.

    :raises Problem: ``unknown_collection``, ``unknown_column``; ``name_taken``; ``invalid_field`` for what cannot refer
    """
    if catalog.relation(relation.collection, relation.field):
        raise Problem("name_taken", collection=relation.collection, field=relation.field)
    sources = {catalog.collection(name).source for name in (relation.collection, *relation.targets)}
    if len(sources) > 1 or not _fits(catalog, relation):
        raise Problem("invalid_field", collection=relation.collection, field=relation.field)
    if relation.reverse:
        catalog = _with_reverse(catalog, relation.targets[0], relation.reverse)
    found = catalog.collection(relation.collection)
    return _replaced(catalog, replace(found, relations=(*found.relations, relation)))


def without_relation(catalog: Catalog, collection: str, field: str) -> Catalog:
    """Take a relation away; its field stays, its reverse field goes.

    :raises Problem: ``unknown_column`` where no relation starts
    """
    relation = catalog.relation(collection, field)
    if relation is None or (relation.collection, relation.field) != (collection, field):
        raise unknown_column(collection, field)
    catalog = _with_changed(catalog, relation, None)
    if not relation.reverse:
        return catalog
    target = catalog.collection(relation.targets[0])
    kept = tuple(field for field in target.fields if field.name != relation.reverse)
    return _replaced(catalog, replace(target, fields=kept))


def _fits(catalog: Catalog, relation: Relation) -> bool:
    """Tell whether the field can hold the keys of the targets."""
    kind = catalog.field(relation.collection, relation.field).kind
    targets = [catalog.collection(target) for target in relation.targets]
    if relation.kind_field is not None:
        named = catalog.field(relation.collection, relation.kind_field).kind
        return bool(targets) and not relation.reverse and kind is named is Kind.STRING
    keys = [catalog.field(target.name, target.key).kind for target in targets]
    return len(keys) == 1 and (keys[0] is kind or {keys[0], kind} <= WHOLE)


def _with_field(collection: Collection, field: Field) -> Collection:
    _check_name(field.name, collection=collection.name)
    if any(known.name.lower() == field.name.lower() for known in collection.fields):
        raise Problem("name_taken", collection=collection.name, field=field.name)
    if len(collection.fields) >= MOST_FIELDS:
        raise Problem("query_too_costly", limit="fields", allowed=MOST_FIELDS)
    if field.kind is not Kind.ALIAS:
        field.cast(field.default)
    return replace(collection, fields=(*collection.fields, field))


def _with_reverse(catalog: Catalog, target: str, name: str) -> Catalog:
    """Use a field for show that stands there already, or add one."""
    known = {field.name: field for field in catalog.collection(target).fields}
    if name not in known:
        return with_field(catalog, target, Field(name, Kind.ALIAS))
    if known[name].kind is not Kind.ALIAS or catalog.relation(target, name):
        raise Problem("name_taken", collection=target, field=name)
    return catalog


def _without_target(catalog: Catalog, relation: Relation, gone: str) -> Catalog:
    targets = tuple(target for target in relation.targets if target != gone)
    return _with_changed(catalog, relation, replace(relation, targets=targets) if targets else None)


def _with_changed(catalog: Catalog, relation: Relation, changed: Relation | None) -> Catalog:
    collection = catalog.collection(relation.collection)
    relations = (changed if known is relation else known for known in collection.relations)
    return _replaced(catalog, replace(collection, relations=tuple(known for known in relations if known)))


def _check_name(name: str, **facts: str) -> None:
    if not NAME.fullmatch(name):
        raise Problem("bad_name", name=name, **facts)


def _replaced(catalog: Catalog, changed: Collection) -> Catalog:
    return _next(catalog, (changed if known.name == changed.name else known for known in catalog))


def _next(catalog: Catalog, collections: Iterable[Collection]) -> Catalog:
    return Catalog(catalog.version + 1, collections)
