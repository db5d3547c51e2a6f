"""Filters as this dialect writes them, read into those of the core.

A field of a related row is asked for by nesting (``{"author": {"name": {"_eq": "Ada"}}}``): over a to-many relation
some row must match, ``_none`` says that none does. A value without an operator must be equal.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from commonhold.core.problems import Problem
from commonhold.core.query import (
    ALWAYS,
    WITH_LIST,
    WITH_PAIR,
    WITHOUT_VALUE,
    Call,
    Compare,
    Current,
    Filter,
    Fn,
    Not,
    Now,
    Of,
    Op,
    Operand,
    Single,
    Some,
    Step,
    Toward,
    Value,
    all_of,
    any_of,
    within,
)
from commonhold.core.records.kinds import CLOCKS, DAYS, NUMBERS, OPERATORS, Kind, cast
from commonhold.core.records.view import View
from commonhold.faces.directus.problems import ApiError, invalid_query, no_field

CURRENT: Final = {
    "$CURRENT_USER": Current("user"),
    "$CURRENT_ROLE": Current("group"),
    "$CURRENT_ROLES": Current("groups"),
    "$CURRENT_POLICIES": Current("groups"),
}
_OPERATORS: Final[dict[str, Op]] = {f"_{op.value}": op for op in Op if op is not Op.IMATCHES}
_OPPOSITE: Final = {Op.NULL: Op.NNULL, Op.NNULL: Op.NULL, Op.EMPTY: Op.NEMPTY, Op.NEMPTY: Op.EMPTY}
_SEVERAL: Final = {Op.EQ: Op.IN, Op.NEQ: Op.NIN}  # of what stands for several values
_NO: Final = (False, "false", 0, "0")
CALL: Final = re.compile(r"([a-z]+)\(([^()]*)\)")
_NOW: Final = re.compile(r"\$NOW(?:\(\s*([+-]?)\s*(\d{1,9})\s*([A-Za-z]+)\s*\))?")
_UNITS: Final = {
    "ms": 1, "msec": 1, "msecs": 1, "millisecond": 1, "milliseconds": 1, "s": 1_000, "sec": 1_000, "secs": 1_000,
    "second": 1_000, "seconds": 1_000, "m": 60_000, "min": 60_000, "mins": 60_000, "minute": 60_000,
    "minutes": 60_000, "h": 3_600_000, "hr": 3_600_000, "hrs": 3_600_000, "hour": 3_600_000, "hours": 3_600_000,
    "d": 86_400_000, "day": 86_400_000, "days": 86_400_000, "w": 604_800_000, "week": 604_800_000,
    "weeks": 604_800_000,
}  # fmt: skip
_MONTHS: Final = {"mth": 1, "mo": 1, "month": 1, "months": 1, "y": 12, "yr": 12, "yrs": 12, "year": 12, "years": 12}
_MOMENTS: Final = DAYS | CLOCKS

Json = Any


class Place:
    """Where a part of a filter stands: a collection, reached over to-one steps from where the filter is asked."""

    def __init__(self, view: View, collection: str, steps: tuple[Step, ...] = (), path: tuple[str, ...] = ()) -> None:
        """Begin at a collection; ``path`` is how messages name the place."""
        self.view = view
        self.collection = collection
        self.steps = steps
        self.path = path

    def operand(self, inner: Operand) -> Operand:
        """Return an operand of this place, as it is asked from where the steps begin."""
        for step in reversed(self.steps):
            inner = Of(step, inner)
        return inner

    def no_field(self, name: str) -> ApiError:
        """Return the refusal of a field here."""
        return no_field(name[:200], self.collection, ".".join(self.path) or "root")

    def beyond(self, name: str, target: str, step: Step, *, many: bool) -> "Place":
        """Return the place on the other side of a relation: of a to-many one, a beginning."""
        return Place(self.view, target, () if many else (*self.steps, step), (*self.path, name))


def filter_of(view: View, collection: str, given: Json, path: tuple[str, ...] = ()) -> Filter:
    """Read a filter of rows; ``path`` is how messages name them.

    :raises ApiError: INVALID_QUERY; FORBIDDEN for a field that is not there, or may not be read
    """
    return ALWAYS if given is None else _logic(Place(view, collection, path=path), given)


def _logic(place: Place, given: Json) -> Filter:
    """Read an object: all of its entries must hold."""
    if not isinstance(given, dict):
        raise invalid_query('"filter" must be of type object')
    return all_of(*(_entry(place, name, one) for name, one in given.items()))


def _entry(place: Place, name: str, given: Json) -> Filter:
    if name in ("_and", "_or"):
        parts = [_logic(place, one) for one in _listed(name, given)]
        return all_of(*parts) if name == "_and" else any_of(*parts) if parts else ALWAYS
    if name.startswith("_"):
        raise invalid_query(f'"{name[:100]}" is not a logical operator or field')
    return _field(place, name, given)


def _listed(name: str, given: Json) -> list[Json]:
    if isinstance(given, dict) and all(key.isdigit() or not key for key in given):  # _and[0][name]=x
        return list(given.values())
    if not isinstance(given, list):
        raise invalid_query(f'"{name}" must be an array')
    return given


def _field(place: Place, name: str, given: Json) -> Filter:
    """Read what is said of one field."""
    if call := CALL.fullmatch(name):
        return _compared(place, called(place, name, call), Kind.INTEGER, name, given)
    plain, _, target = name.partition(":")
    found = place.view.field(place.collection, plain)
    if found is None:
        raise place.no_field(plain)
    relation = place.view.relation(place.collection, plain)
    inside = isinstance(given, dict) and not all(key in _OPERATORS for key in given)
    if relation is None or (found.kind is not Kind.ALIAS and not inside and not target):
        if found.kind is Kind.ALIAS:
            raise place.no_field(plain)
        return _compared(place, place.operand(plain), found.kind, plain, given)
    return _related(place, plain, target, given)


def _related(place: Place, name: str, target: str, given: Json) -> Filter:
    """Read what is said of the rows on the other side of a relation."""
    if not isinstance(given, dict):
        raise invalid_query(f'"{name}" is a relation: its filter must be of type object')
    relation = place.view.relation(place.collection, name)
    toward = bool(
        relation and relation.kind_field and (relation.collection, relation.field) == (place.collection, name)
    )
    if toward and not target:
        return _logical(place, name, given)
    step: Step = Toward(name, target) if target else name
    try:
        hop = place.view.catalog.hop(place.collection, step)
    except Problem:
        raise place.no_field(f"{name}:{target}" if target else name) from None
    if not place.view.sees(hop.there):
        raise place.no_field(name)
    there = place.beyond(name, hop.there, step, many=hop.many)
    if not hop.many:
        return _logical(place, name, given) if _is_logic(given) else _logic(there, given)
    parts = [_to_many(place, there, step, key, one) for key, one in _split(given)]
    return all_of(*parts)


def _is_logic(given: dict[str, Json]) -> bool:
    return (
        bool(given)
        and all(key in _OPERATORS or key in ("_and", "_or") for key in given)
        and any(key in _OPERATORS for key in given)
    )


def _logical(place: Place, name: str, given: dict[str, Json]) -> Filter:
    """Read operators on the field of a relation itself."""
    field = place.view.catalog.field(place.collection, name)
    return _compared(place, place.operand(name), field.kind, name, given)


def _split(given: dict[str, Json]) -> Iterator[tuple[str, Json]]:
    """Yield what is said about all rows at once apart from the rest, which one row must fulfil together."""
    together = {}
    for key, one in given.items():
        if key in ("_some", "_none") or key in _OPERATORS:
            yield key, one
        else:
            together[key] = one
    if together:
        yield "_some", together


def _to_many(place: Place, there: Place, step: Step, key: str, given: Json) -> Filter:
    if key in ("_some", "_none"):
        some = within(place.steps, Some(step, _logic(there, given)))
        return some if key == "_some" else Not(some)
    op = _OPERATORS[key]
    if op not in WITHOUT_VALUE:
        raise invalid_query(f'"alias" field type does not contain the "{key}" filter operator')
    some = within(place.steps, Some(step))
    return Not(some) if (op in (Op.NULL, Op.EMPTY)) == (given not in _NO) else some


def called(place: Place, name: str, call: re.Match[str]) -> Operand:
    """Return a function of a field.

    :raises ApiError: INVALID_QUERY for a function that does not exist or fit, FORBIDDEN for the field
    """
    function, field = call.groups()
    if function not in set(Fn):
        raise invalid_query(f'Invalid function "{name[:100]}"')
    if place.view.field(place.collection, field) is None:
        raise place.no_field(field)
    operand = Call(Fn(function), field)
    try:
        place.view.catalog.kind(place.collection, operand)
    except Problem:
        raise invalid_query(f'Invalid function "{function}" for field "{field}"') from None
    return place.operand(operand)


def _compared(place: Place, operand: Operand, kind: Kind, name: str, given: Json) -> Filter:
    """Read what an operand is compared with: operators with values, or a value that it must equal."""
    if not isinstance(given, dict):
        given = {"_null": True} if given is None else {"_in" if isinstance(given, list) else "_eq": given}
    parts: list[Filter] = []
    for key, value in given.items():
        if key in ("_and", "_or"):
            inner = [_compared(place, operand, kind, name, one) for one in _listed(key, value)]
            parts.append(all_of(*inner) if key == "_and" else any_of(*inner))
        else:
            parts.append(_one(operand, kind, name, key, value))
    return all_of(*parts)


def _one(operand: Operand, kind: Kind, name: str, key: str, value: Json) -> Filter:
    op = _OPERATORS.get(key)
    if op is None or op not in OPERATORS[kind]:
        raise invalid_query(f'"{kind.value}" field type does not contain the "{key[:100]}" filter operator')
    if op in WITHOUT_VALUE:
        return Compare(operand, _OPPOSITE[op] if value in _NO else op)
    if value is None and op in (Op.EQ, Op.NEQ):
        return Compare(operand, Op.NULL if op is Op.EQ else Op.NNULL)
    found = _several(kind, name, key, value) if op in WITH_LIST | WITH_PAIR else _single(kind, name, key, value)
    if op in WITH_PAIR and (not isinstance(found, tuple) or len(found) != 2):
        raise invalid_query(f'"{key}" needs two values')
    several = isinstance(found, Current) and found.name != "user"
    return _inward(operand, _SEVERAL.get(op, op) if several else op, found)


def _inward(operand: Operand, op: Op, value: Value) -> Filter:
    """Ask the other side of a to-one relation for the rows that match: by them the database can begin.

    A row without another side matches neither way.
    """
    steps: list[Step] = []
    while isinstance(operand, Of):
        steps.append(operand.over)
        operand = operand.operand
    return within(steps, Compare(operand, op, value))


def _several(kind: Kind, name: str, key: str, value: Json) -> Value:
    """Read a list; a text may have commas."""
    if isinstance(value, str):
        value = value.split(",") if value and not value.startswith("$CURRENT_") else value
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        value = [value]
    found = tuple(_single(kind, name, key, one) for one in value)
    return found[0] if len(found) == 1 and isinstance(found[0], Current) else found


def _single(kind: Kind, name: str, key: str, value: Json) -> Single:
    if value == "":
        reason = f'You can\'t filter for an empty string in "{key}". Use "_empty" or "_nempty" instead'
        raise invalid_query(reason)
    if isinstance(value, dict | list):
        raise invalid_query(f'"{key}" has to be a primitive value')
    if isinstance(value, str) and value.startswith("$"):
        if value in CURRENT:
            return CURRENT[value]
        if kind in _MOMENTS and value.startswith("$NOW"):
            return now(value)
    if isinstance(value, bool) and kind in NUMBERS:
        value = int(value)
    return _cast(kind, name, "true" if value is True else "false" if value is False else value)


def _cast(kind: Kind, name: str, value: Json) -> Single:
    try:
        return cast(kind, value)
    except Problem:
        raise invalid_query("Invalid numeric value" if kind in NUMBERS else f'Invalid value for "{name}"') from None


def now(text: str) -> Now:
    """Read ``$NOW``, which may be moved: ``$NOW(-1 day)``.

    :raises ApiError: INVALID_QUERY
    """
    found = _NOW.fullmatch(text)
    if found is None:
        raise invalid_query(f'"{text[:100]}" is not a moment')
    sign, number, unit = found.groups()
    if number is None:
        return Now()
    by = int(number) * (-1 if sign == "-" else 1)
    unit = unit if unit in ("m", "ms") else unit.lower()
    if unit in _UNITS:
        return Now(by * _UNITS[unit])
    if unit not in _MONTHS:
        raise invalid_query(f'"{text[:100]}" is not a moment')
    return Now(months=by * _MONTHS[unit])
