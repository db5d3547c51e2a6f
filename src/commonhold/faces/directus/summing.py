"""Aggregates: which function of which fields, over the rows or over groups of them."""

from typing import Final

from commonhold.core.problems import Problem
from commonhold.core.query import Aggregate, Call, Measure, Operand, Query, all_of
from commonhold.core.records.kinds import Kind
from commonhold.core.records.view import View
from commonhold.faces.directus.filters import Place, filter_of
from commonhold.faces.directus.parameters import Asked
from commonhold.faces.directus.problems import invalid_query, no_collection
from commonhold.faces.directus.selecting import operand_of, page_of, searched, sort_of
from commonhold.faces.directus.values import Convert, convert_measure, convert_operand

MEASURES: Final = {
    "count": Measure.COUNT,
    "countDistinct": Measure.COUNT_DISTINCT,
    "sum": Measure.SUM,
    "sumDistinct": Measure.SUM_DISTINCT,
    "avg": Measure.AVG,
    "avgDistinct": Measure.AVG_DISTINCT,
    "min": Measure.MIN,
    "max": Measure.MAX,
}
ALL: Final = "countAll"

Names = dict[tuple[str, ...], Convert | None]


def summed(view: View, collection: str, asked: Asked) -> tuple[Query, Names]:
    """Return the query of an aggregate, and what its values are called: a group, or a function and a field.

    :raises ApiError: FORBIDDEN, INVALID_QUERY
    """
    if not view.sees(collection):
        raise no_collection(collection)
    place = Place(view, collection)
    names: Names = {}
    groups: list[Operand] = []
    for name in asked.groups:
        operand = operand_of(place, name, asked.alias)
        groups.append(operand)
        label = f"{operand.field}_{operand.fn}" if isinstance(operand, Call) else name
        names[(label,)] = convert_operand(view.catalog, collection, operand)
    measures: list[tuple[Measure, Operand | None]] = []
    for measure, path, of in _measures(place, asked):
        measures.append((measure, of))
        kind = Kind.BIGINT if of is None else view.catalog.kind(collection, of)
        names[path] = convert_measure(measure, kind)
    if len(names) != len(groups) + len(measures):
        raise invalid_query("A group or an aggregate is asked for twice")
    where = all_of(filter_of(view, collection, asked.filter), searched(view, collection, asked.search))
    sort = sort_of(place, asked.sort, asked.alias)
    return Query((), where, sort if groups else (), page_of(asked), Aggregate(tuple(measures), tuple(groups))), names


def _measures(place: Place, asked: Asked) -> list[tuple[Measure, tuple[str, ...], Operand | None]]:
    """Read functions with their fields. To count all is asked for as ``count`` of ``*``."""
    found: list[tuple[Measure, tuple[str, ...], Operand | None]] = []
    for name, fields in asked.aggregate.items():
        if name == ALL:
            continue
        if name not in MEASURES:
            raise invalid_query(f'"aggregate.{name[:100]}" is not allowed')
        for field in dict.fromkeys(fields):
            if field != "*":
                found.append((MEASURES[name], (name, field), _operand(place, field)))
            elif name == "count":
                found.append((Measure.COUNT, ("count",), None))
            else:
                raise invalid_query(f'"*" can only be counted, not "{name}"')
    if not found and not asked.groups:
        found.append((Measure.COUNT, (ALL,), None))
    return found


def _operand(place: Place, name: str) -> Operand:
    operand = operand_of(place, name, {})
    try:
        kind = place.view.catalog.kind(place.collection, operand)
    except Problem:
        raise place.no_field(name) from None
    if kind is Kind.ALIAS:
        raise invalid_query(f'"{name[:100]}" has no values of its own')
    return operand
