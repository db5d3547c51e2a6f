"""Which fields are shown: names, wildcards, fields of related rows, functions and aliases.

A field that does not exist or may not be read is refused when it is named; a wildcard leaves it out, and so does a
path into related rows of which none may be read.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from commonhold.core import cost
from commonhold.core.problems import Problem
from commonhold.core.query import Fields, Filter, Nest, Operand, Page, Pick, Query, Sort, Step, Toward, all_of
from commonhold.core.records.catalog import Hop
from commonhold.core.records.kinds import Kind
from commonhold.core.records.search import search
from commonhold.core.records.view import View
from commonhold.faces.directus.filters import CALL, Place, called, filter_of
from commonhold.faces.directus.parameters import DEFAULT_LIMIT, Asked, read
from commonhold.faces.directus.problems import invalid_query, no_collection
from commonhold.faces.directus.values import Shape, convert_operand

EVERY: Final = ("*",)
HIDDEN: Final = "$key"  # no field has this name

Json = Any


def query_of(view: View, collection: str, asked: Asked) -> tuple[Query, Shape]:
    """Return the query of what is asked of a collection, and how its rows are shown.

    :raises ApiError: FORBIDDEN, INVALID_QUERY
    """
    if not view.sees(collection):
        raise no_collection(collection)
    fields, shape = Selecting(view).select(collection, asked)
    where = all_of(filter_of(view, collection, asked.filter), searched(view, collection, asked.search))
    query = Query(fields, where, sort_of(Place(view, collection), asked.sort, asked.alias), page_of(asked))
    return query, shape


def page_of(asked: Asked) -> Page:
    """Return the page that is asked for."""
    return Page(asked.limit, min(asked.start, (1 << 53) - 1))


def searched(view: View, collection: str, text: str | None) -> Filter:
    """Return the filter of the rows in which a readable field has the words."""
    return all_of() if text is None else search(view.catalog, collection, text, view.names(collection))


def sort_of(place: Place, names: Sequence[str], alias: Mapping[str, str] | None = None) -> tuple[Sort, ...]:
    """Read what rows are sorted by: fields, backwards with a dash before, also of to-one relations.

    :raises ApiError: FORBIDDEN, INVALID_QUERY
    """
    return tuple(Sort(operand_of(place, name.removeprefix("-"), alias or {}), name.startswith("-")) for name in names)


def operand_of(place: Place, name: str, alias: Mapping[str, str]) -> Operand:
    """Read a field, a field of a to-one relation, or a function of one."""
    head, _, rest = _split(name)
    head = alias.get(head, head)
    if rest:
        relation = place.view.relation(place.collection, head)
        if relation is None:
            raise place.no_field(head)
        hop = _hop(place.view, place.collection, head)
        if hop is None or hop.many or len(place.steps) > cost.LIMITS.depth:
            raise invalid_query(f'"{name[:100]}" cannot be sorted by')
        if not place.view.sees(hop.there):
            raise place.no_field(head)
        return operand_of(place.beyond(head, hop.there, head, many=False), rest, {})
    if call := CALL.fullmatch(head):
        return called(place, head, call)
    if place.view.field(place.collection, head) is None:
        raise place.no_field(head)
    return place.operand(head)


def _split(name: str) -> tuple[str, str, str]:
    """Split a path at its first dot that is outside of parentheses."""
    if "(" in name.partition(".")[0]:
        head, closing, rest = name.partition(")")
        return head + closing, ".", rest.removeprefix(".")
    return name.partition(".")


def _hop(view: View, collection: str, step: Step) -> Hop | None:
    try:
        return view.catalog.hop(collection, step)
    except Problem:
        return None


class Selecting:
    """Makes fields of paths; counts what it makes, for wildcards multiply."""

    def __init__(self, view: View) -> None:
        """Select what this view shows."""
        self.view = view
        self._left = cost.LIMITS.relations

    def select(self, collection: str, asked: Asked, path: tuple[str, ...] = ()) -> tuple[Fields, Shape]:
        """Return the fields of a collection, and how they are shown."""
        place = Place(self.view, collection, path=path)
        found: list[Pick | Nest] = []
        shape = Shape({}, {}, {}, [])
        wanted, plain = self.wanted(collection, asked)
        for label, rests in wanted.items():
            name = asked.alias.get(label, label)
            nested = self.nest(place, label, name, rests, asked.deep.get(label), shape) if rests else []
            found += nested
            if not rests or (not nested and label in plain):
                found += self.pick(place, label, name, shape)
        if not found:
            first = next((field.name for field in self.view.fields(collection) if field.kind is not Kind.ALIAS), None)
            found = [Pick(first, HIDDEN)] if first else []
            shape.hidden.append(HIDDEN)
        return tuple(found), shape

    def wanted(self, collection: str, asked: Asked) -> tuple[dict[str, list[str]], set[str]]:
        """Return the paths beyond each name, none for a field itself; and the names that ``*`` stands for."""
        found: dict[str, list[str]] = {}
        plain: set[str] = set()
        for path in EVERY if asked.fields is None else asked.fields:
            head, _, rest = _split(path)
            if head != "*":
                found.setdefault(head, []).extend([rest] if rest else [])
                continue
            for field in self.view.fields(collection):
                plain.update([] if rest else [field.name])
                related = rest and self.view.relation(collection, field.name)
                found.setdefault(field.name, []).extend([rest] if related else [])
        return found, plain

    def pick(self, place: Place, label: str, name: str, shape: Shape) -> list[Pick | Nest]:
        """Show a field, or a function of one; of a to-many relation the keys."""
        operand: Operand = name
        if call := CALL.fullmatch(name):
            operand = called(place, name, call)
            label = f"{call[2]}_{call[1]}" if label == name else label
        else:
            field = self.view.field(place.collection, name)
            if field is None:
                raise place.no_field(name)
            if field.kind is Kind.ALIAS:
                return self.keys(place, label, name)
        if convert := convert_operand(self.view.catalog, place.collection, operand):
            shape.values[label] = convert
        return [Pick(operand, label)]

    def keys(self, place: Place, label: str, name: str) -> list[Pick | Nest]:
        """Show the keys of related rows, where they may be read."""
        hop = _hop(self.view, place.collection, name)
        if hop is None or not self.view.sees(hop.there):
            return []
        key = self.view.catalog.collection(hop.there).key
        if self.view.field(hop.there, key) is None:
            return []
        return [Nest(name, label, Query((Pick(key, key),), page=Page(DEFAULT_LIMIT)), flat=True)]

    def nest(
        self, place: Place, label: str, name: str, rests: list[str], deep: Json, shape: Shape
    ) -> list[Pick | Nest]:
        """Show fields of related rows."""
        plain, _, target = name.partition(":")
        relation = self.view.relation(place.collection, plain)
        if relation is None:
            return []
        if not relation.kind_field or relation.collection != place.collection or relation.field != plain:
            found = self.beyond(place, label, plain, rests, deep)
            if found is None:
                return []
            shape.nested[label] = found[1]
            return [found[0]]
        targets = [target] if target else [one for one in relation.targets if self.view.sees(one)]
        several: list[Pick | Nest] = [Pick(plain, plain)]
        for one in targets:
            inner = f"{label.partition(':')[0]}:{one}"
            if found := self.beyond(place, inner, Toward(plain, one), rests, deep, lenient=not target):
                several.append(found[0])
                shape.nested[inner] = found[1]
                shape.merged.setdefault(plain, []).append(inner)
        return several

    def beyond(
        self, place: Place, label: str, step: Step, rests: list[str], deep: Json, *, lenient: bool = False
    ) -> tuple[Nest, Shape] | None:
        """Return related rows with the fields that are asked for, and how they are shown; None where there are none."""
        hop = _hop(self.view, place.collection, step)
        if hop is None or not self.view.sees(hop.there):
            return None
        self._left -= 1
        path = (*place.path, label)
        if self._left < 0 or len(path) > cost.LIMITS.depth:
            limit = "relations" if self._left < 0 else "depth"
            raise Problem("query_too_costly", limit=limit, allowed=getattr(cost.LIMITS, limit))
        if lenient:
            rests = [rest for rest in rests if _split(rest)[0] == "*" or self.view.field(hop.there, _split(rest)[0])]
        inner = _deep(deep, tuple(rests))
        fields, shape = self.select(hop.there, inner, path)
        there = Place(self.view, hop.there, path=path)
        where = all_of(
            filter_of(self.view, hop.there, inner.filter, path), searched(self.view, hop.there, inner.search)
        )
        sort, page = sort_of(there, inner.sort, inner.alias), page_of(inner) if hop.many else Page()
        return Nest(step, label, Query(fields, where, sort, page)), shape


def _deep(given: Json, fields: tuple[str, ...]) -> Asked:
    """Read what ``deep`` says about related rows: parameters with a line before their names, and what is deeper."""
    if not isinstance(given, dict):
        return Asked(fields=fields)
    own = {name[1:]: value for name, value in given.items() if name.startswith("_")}
    deeper = {name: value for name, value in given.items() if not name.startswith("_")}
    return replace(read({**own, "deep": deeper, "meta": None, "export": None}), fields=fields)
