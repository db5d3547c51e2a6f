"""Types made of a catalogue: what can be asked of its collections, and what can be written to them.

Names are those of the original: ``articles``, ``articles_filter``, ``articles_aggregated``, ``create_articles_input``.
A name that is taken already gets a line below it, for every type of a schema has a name of its own. Nothing in a schema
knows a request: what resolves a field is found in the context of the one that asks.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLString,
    GraphQLUnionType,
)

from commonhold.core.query import Measure
from commonhold.core.records.catalog import Catalog, Collection, Field, Relation
from commonhold.core.records.kinds import NUMBERS, Kind
from commonhold.faces.directus.gql import scalars

MEASURES: Final = {
    "avg": Measure.AVG,
    "sum": Measure.SUM,
    "avgDistinct": Measure.AVG_DISTINCT,
    "sumDistinct": Measure.SUM_DISTINCT,
    "min": Measure.MIN,
    "max": Measure.MAX,
}
COUNTS: Final = {"count": Measure.COUNT, "countDistinct": Measure.COUNT_DISTINCT}
FUNC: Final = "_func"  # after the name of a field: its functions
OBJECTS: Final = "objects"  # in the extensions of a schema: the types of rows by collection
KIND: Final = ".kind"  # after the name of what is shown: the collection to which a union leads
TOWARD: Final = "__"  # between a field that leads to several collections, and one of these, in filters


class Shape(msgspec.Struct, frozen=True):
    """Everything that a schema depends on: the collections and fields that may be read, added and changed."""

    read: tuple[Collection, ...]
    create: tuple[Collection, ...] = ()
    update: tuple[Collection, ...] = ()
    delete: tuple[str, ...] = ()
    sure: bool = False  # fields that must have a value always show it
    beside: tuple[Collection, ...] = ()  # what may only be named in what is written


class Types:
    """The types of one schema."""

    def __init__(self, shape: Shape) -> None:
        """Name what there is."""
        self.shape = shape
        self.catalog = Catalog(0, [one for one in shape.read if named(one.name)])
        self.taken: dict[str, str] = {}
        builtin = ("String", "Int", "Float", "Boolean", "ID", "Query", "Mutation", "Date", "Hash", "JSON", "Void")
        kept = ("GraphQLBigInt", "GraphQLStringOrFloat", "auth_mode", "delete_one", "delete_many", "auth_tokens")
        more = {one.name for one in (*scalars.FUNCTIONS.values(), *scalars.FUNCTION_FILTERS.values())}
        more |= {one.name for one in scalars.OPERATORS.values()}
        self.used: set[str] = {*builtin, *kept, *more}
        self.objects = {one.name: self.object(one) for one in self.catalog}
        self.filters = {one.name: self.filter(one) for one in self.catalog}
        self.quantified = {one.name: self.quantifier(one) for one in self.catalog}
        creates, updates = (*shape.create, *shape.beside), (*shape.update, *shape.beside)
        self.creates = {one.name: self.input(one, "create") for one in creates if named(one.name)}
        self.updates = {one.name: self.input(one, "update") for one in updates if named(one.name)}

    def name(self, wanted: str) -> str:
        """Return a name that no other type has."""
        while wanted in self.used:
            wanted += "_"
        self.used.add(wanted)
        return wanted

    def object(self, collection: Collection) -> GraphQLObjectType:
        """Make the type of a collection's rows."""
        name = self.name(collection.name)
        return GraphQLObjectType(
            name, partial(self.fields, collection, name), extensions={"collection": collection.name}
        )

    def fields(self, collection: Collection, name: str) -> dict[str, GraphQLField]:
        """Return the fields of a row: values, functions of them, and rows on the other side of relations."""
        found: dict[str, GraphQLField] = {}
        for field in collection.fields:
            if not named(field.name):
                continue
            relation = self.catalog.relation(collection.name, field.name)
            shown = self.related(collection, field, relation, name) if relation else None
            if shown is None and field.kind is not Kind.ALIAS:
                shown = GraphQLField(self.valued(collection, field))
            if shown is not None:
                found[field.name] = shown
        for field in collection.fields:
            functions = scalars.functions(field)
            if functions and field.name in found and (field.kind is not Kind.ALIAS or _many(found[field.name])):
                found.setdefault(f"{field.name}{FUNC}", GraphQLField(functions, resolve=_part))
        return found or {"_empty": GraphQLField(scalars.VOID)}

    def valued(self, collection: Collection, field: Field) -> Any:
        """Return the type of a value; the key is always there."""
        key = field.name == collection.key
        kind = scalars.scalar(field, key=key)
        return GraphQLNonNull(kind) if key or (self.shape.sure and not field.nullable) else kind

    def related(self, collection: Collection, field: Field, relation: Relation, name: str) -> GraphQLField | None:
        """Return a field that shows rows of another collection, as far as any of it may be seen."""
        if (relation.collection, relation.field) != (collection.name, field.name):
            there = self.objects.get(relation.collection)
            return GraphQLField(GraphQLList(there), self.arguments(relation.collection)) if there else None
        targets = [self.objects[one] for one in relation.targets if one in self.objects]
        if relation.kind_field is None:
            return GraphQLField(targets[0], self.arguments(relation.targets[0])) if targets else None
        if not targets or relation.kind_field not in {one.name for one in collection.fields}:
            return None
        members = {one.extensions["collection"]: one.name for one in targets}
        union = self.name(f"{name}_{field.name}_union")
        kind = GraphQLUnionType(union, targets, resolve_type=lambda row, *_: members[row[KIND]])
        return GraphQLField(kind, resolve=_union)

    def arguments(self, collection: str) -> dict[str, GraphQLArgument]:
        """Return the arguments of a list of rows."""
        return {
            "filter": GraphQLArgument(self.filters[collection]),
            "sort": GraphQLArgument(GraphQLList(GraphQLString)),
            "limit": GraphQLArgument(GraphQLInt),
            "offset": GraphQLArgument(GraphQLInt),
            "page": GraphQLArgument(GraphQLInt),
            "search": GraphQLArgument(GraphQLString),
        }

    # filters

    def filter(self, collection: Collection) -> GraphQLInputObjectType:
        """Make the filter of a collection."""
        name = self.name(f"{collection.name}_filter")
        return GraphQLInputObjectType(name, partial(self.conditions, collection))

    def quantifier(self, collection: Collection) -> GraphQLInputObjectType:
        """Make the filter of rows beyond a relation: some of them, none of them."""

        def fields() -> dict[str, GraphQLInputField]:
            own = self.filters[collection.name]
            how = {"_some": GraphQLInputField(own), "_none": GraphQLInputField(own)}
            return {**self.conditions(collection), **how}

        return GraphQLInputObjectType(self.name(f"{collection.name}_quantifier_filter"), fields)

    def conditions(self, collection: Collection) -> dict[str, GraphQLInputField]:
        """Return what a filter may ask of a row."""
        found: dict[str, GraphQLInputField] = {}
        for field in collection.fields:
            if named(field.name):
                found |= dict(self.condition(collection, field))
        own = GraphQLList(self.filters[collection.name])
        return {**found, "_and": GraphQLInputField(own), "_or": GraphQLInputField(own)}

    def condition(self, collection: Collection, field: Field) -> Iterator[tuple[str, GraphQLInputField]]:
        """Yield what a filter may ask of a field."""
        relation = self.catalog.relation(collection.name, field.name)
        outward = relation is not None and (relation.collection, relation.field) == (collection.name, field.name)
        if relation is not None and not outward:
            if relation.collection in self.quantified:
                yield field.name, GraphQLInputField(self.quantified[relation.collection])
        elif relation is not None and relation.kind_field:
            for target in relation.targets:
                if target in self.filters:
                    yield f"{field.name}{TOWARD}{target}", GraphQLInputField(self.filters[target])
        elif relation is not None and relation.targets[0] in self.filters:
            yield field.name, GraphQLInputField(self.filters[relation.targets[0]])
        elif field.kind is not Kind.ALIAS:
            kind = scalars.scalar(field, key=field.name == collection.key)
            yield field.name, GraphQLInputField(scalars.OPERATORS[kind])
        functions = scalars.function_filters(field)
        if functions and (relation is not None or field.kind is not Kind.ALIAS):
            yield f"{field.name}{FUNC}", GraphQLInputField(functions)

    # aggregates

    def aggregated(self, collection: Collection) -> GraphQLObjectType:
        """Make the type of what is computed over rows."""
        name = self.name(f"{collection.name}_aggregated")
        columns = [one for one in collection.fields if one.kind is not Kind.ALIAS and named(one.name)]
        numbers = [one for one in columns if one.kind in NUMBERS]
        counted = _of_fields(self.name(f"{name}_count"), columns, GraphQLInt)
        fields: dict[str, Any] = {"group": scalars.JSON, "countAll": GraphQLInt}
        fields |= dict.fromkeys(COUNTS, counted) if counted else {}
        measured = _of_fields(self.name(f"{name}_fields"), numbers, GraphQLFloat)
        fields |= dict.fromkeys(MEASURES, measured) if measured else {}
        return GraphQLObjectType(name, {one: GraphQLField(kind, resolve=_by_name) for one, kind in fields.items()})

    # what is written

    def input(self, collection: Collection, verb: str) -> GraphQLInputObjectType:
        """Make what a row is made of, or changed by."""
        name = self.name(f"{verb}_{collection.name}_input")
        return GraphQLInputObjectType(name, partial(self.given, collection, verb))

    def given(self, collection: Collection, verb: str) -> dict[str, GraphQLInputField]:
        """Return the fields that may be given; rows of another collection as such, or by their key."""
        inputs = self.creates if verb == "create" else self.updates
        found: dict[str, GraphQLInputField] = {}
        for field in collection.fields:
            if not named(field.name):
                continue
            there, many = self.leads(collection, field)
            if there in inputs:
                kind: Any = GraphQLList(inputs[there]) if many else inputs[there]
                found[field.name] = GraphQLInputField(kind)
            elif field.kind is not Kind.ALIAS:
                kind = scalars.scalar(field, key=field.name == collection.key)
                needed = not field.nullable and field.default is None and field.name != collection.key
                found[field.name] = GraphQLInputField(GraphQLNonNull(kind) if needed and verb == "create" else kind)
        return found or {"_empty": GraphQLInputField(scalars.VOID)}

    def leads(self, collection: Collection, field: Field) -> tuple[str, bool]:
        """Return the collection to which a field leads, and whether to several rows; nowhere is an empty name."""
        relation = self.catalog.relation(collection.name, field.name)
        if relation is None or relation.kind_field:
            return "", False
        outward = (relation.collection, relation.field) == (collection.name, field.name)
        return (relation.targets[0], False) if outward else (relation.collection, True)


def named(name: str) -> bool:
    """Tell whether GraphQL takes a name: two lines at its beginning are its own."""
    return not name.startswith("__")


def _many(field: GraphQLField) -> bool:
    return isinstance(field.type, GraphQLList)


def _of_fields(name: str, fields: list[Field], kind: Any) -> GraphQLObjectType | None:
    shown = {one.name: GraphQLField(kind, resolve=_by_name) for one in fields}
    return GraphQLObjectType(name, shown) if shown else None


def by_key(source: Mapping[str, Any], info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    """Resolve a field of a row: it was read under the name that it is shown by."""
    return source.get(info.path.key)  # type: ignore[arg-type]


def _by_name(source: Mapping[str, Any], info: GraphQLResolveInfo[Any]) -> Any:
    return source.get(info.field_name)


def _part(source: Mapping[str, Any], info: GraphQLResolveInfo[Any]) -> dict[str, Any]:
    """Resolve the functions of a field: each was read under a name that begins with this one's."""
    begins = f"{info.path.key}."
    return {name.removeprefix(begins): value for name, value in source.items() if name.startswith(begins)}


def _union(source: Mapping[str, Any], info: GraphQLResolveInfo[Any]) -> Any:
    """Resolve a row of one of several collections, which is told beside it."""
    row = source.get(str(info.path.key))
    return None if row is None else {**row, KIND: source[f"{info.path.key}{KIND}"]}
