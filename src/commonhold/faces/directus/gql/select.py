"""What a document selects, as one query: whatever is nested comes with it, and nothing is read row by row."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    GraphQLUnionType,
    InlineFragmentNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
)

from commonhold.core.query import Call, Fn, Nest, Pick, Query, Toward
from commonhold.core.records.catalog import Catalog, Relation
from commonhold.core.records.kinds import Kind
from commonhold.faces.directus.gql.types import FUNC, KIND, OBJECTS

Nodes = list[FieldNode]


class Reader(Protocol):
    """Makes the arguments of a list a query."""

    def __call__(self, collection: str, arguments: Mapping[str, Any]) -> Query:
        """Return the query, without its fields."""
        ...


class Selector:
    """Reads the selection below one field of a request."""

    def __init__(self, info: GraphQLResolveInfo[Any], catalog: Catalog, arguments: Reader) -> None:
        """``arguments`` reads filters, orders and pages."""
        self.info = info
        self.catalog = catalog
        self.arguments = arguments

    def top(self, collection: str, arguments: Mapping[str, Any]) -> Query:
        """Return the query of the field that is resolved."""
        return self.query(collection, self.info.field_nodes, arguments)

    def query(self, collection: str, nodes: Iterable[FieldNode], arguments: Mapping[str, Any]) -> Query:
        """Return the query of fields that show rows of a collection."""
        asked = self.arguments(collection, arguments)
        shown = tuple(self.shown(collection, nodes))
        return Query(shown or (self.anything(collection),), asked.filter, asked.sort, asked.page)

    def anything(self, collection: str) -> Pick:
        """Show some field where none is asked for, so that there are rows at all."""
        found = self.catalog.collection(collection)
        names = [one.name for one in found.fields if one.kind is not Kind.ALIAS]
        return Pick(found.key if found.key in names else names[0], ".any")

    def shown(self, collection: str, nodes: Iterable[FieldNode]) -> Iterator[Pick | Nest]:
        """Yield what is shown of a row, under the names that were asked for."""
        kind = self.type_of(collection)
        for name, same in self.fields(nodes, kind).items():
            field = same[0].name.value
            if field in kind.fields:
                yield from self.one(collection, kind, field, name, same)

    def one(
        self, collection: str, kind: GraphQLObjectType, field: str, name: str, nodes: Nodes
    ) -> Iterator[Pick | Nest]:
        """Yield what one field of a selection reads."""
        known = {one.name for one in self.catalog.collection(collection).fields}
        if field not in known:
            yield from self.parts(field.removesuffix(FUNC), name, nodes)
            return
        relation = self.catalog.relation(collection, field)
        leads = kind.fields[field].args or isinstance(kind.fields[field].type, GraphQLUnionType)
        if relation is None or not leads:
            yield Pick(field, name)
        elif relation.kind_field and (relation.collection, relation.field) == (collection, field):
            yield from self.union(relation, name, nodes)
        else:
            there = self.catalog.hop(collection, field).there
            given = get_argument_values(kind.fields[field], nodes[0], self.info.variable_values)
            yield Nest(field, name, self.query(there, nodes, given))

    def parts(self, field: str, name: str, nodes: Nodes) -> Iterator[Pick]:
        """Yield functions of a field."""
        for part, same in self.fields(nodes, None).items():
            if same[0].name.value in Fn.__members__.values():
                yield Pick(Call(Fn(same[0].name.value), field), f"{name}.{part}")

    def union(self, relation: Relation, name: str, nodes: Nodes) -> Iterator[Pick | Nest]:
        """Yield a row of one of several collections, and of which."""
        yield Pick(relation.kind_field or "", f"{name}{KIND}")
        for target in relation.targets:
            if target in self.catalog:
                yield Nest(Toward(relation.field, target), name, self.query(target, nodes, {}))

    def type_of(self, collection: str) -> GraphQLObjectType:
        """Return the type of a collection's rows."""
        found: dict[str, GraphQLObjectType] = self.info.schema.extensions[OBJECTS]
        return found[collection]

    def fields(self, nodes: Iterable[FieldNode], kind: GraphQLObjectType | None) -> dict[str, Nodes]:
        """Return the fields selected below nodes for rows of a type, by the name that they are shown by."""
        found: dict[str, Nodes] = {}
        for node in nodes:
            if node.selection_set is not None:
                self.collect(node.selection_set, kind, found, set())
        return found

    def collect(
        self, selected: SelectionSetNode, kind: GraphQLObjectType | None, found: dict[str, Nodes], seen: set[str]
    ) -> None:
        """Add what a selection has, its fragments included."""
        for node in selected.selections:
            if not self.included(node):
                continue
            if isinstance(node, FieldNode):
                found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if self.meant(node.type_condition, kind):
                    self.collect(node.selection_set, kind, found, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self.info.fragments[node.name.value]
                if self.meant(fragment.type_condition, kind):
                    self.collect(fragment.selection_set, kind, found, seen)

    def meant(self, condition: Any, kind: GraphQLObjectType | None) -> bool:
        """Tell whether a fragment is about rows of a type."""
        if condition is None or kind is None:
            return True
        named = self.info.schema.get_type(condition.name.value)
        return named is kind or (isinstance(named, GraphQLUnionType) and kind in named.types)

    def included(self, node: Any) -> bool:
        """Tell whether what is said about a node lets it be."""
        values = self.info.variable_values
        skip = get_directive_values(GraphQLSkipDirective, node, values)
        include = get_directive_values(GraphQLIncludeDirective, node, values)
        return not (skip and skip["if"]) and not (include and not include["if"])
