"""Types of values, what fields of each kind are, and which operators their filters take."""

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
)

from commonhold.core.records.catalog import Field
from commonhold.core.records.kinds import Kind
from commonhold.faces.directus.values import moment


def _date(value: Any) -> Any:
    """Write a moment as text; days and hours are texts already."""
    return moment(value) if isinstance(value, int) else value


DATE: Final = GraphQLScalarType("Date", serialize=_date, description="ISO 8601")
HASH: Final = GraphQLScalarType("Hash", description="a secret: what is shown is whether there is one")
JSON: Final = GraphQLScalarType("JSON")
BIG: Final = GraphQLScalarType("GraphQLBigInt", serialize=str)
FLOAT_OR_TEXT: Final = GraphQLScalarType("GraphQLStringOrFloat")
VOID: Final = GraphQLScalarType("Void")

SCALARS: Final = {
    Kind.INTEGER: GraphQLInt,
    Kind.BIGINT: BIG,
    Kind.FLOAT: GraphQLFloat,
    Kind.DECIMAL: GraphQLFloat,
    Kind.BOOLEAN: GraphQLBoolean,
    Kind.TIMESTAMP: DATE,
    Kind.DATETIME: DATE,
    Kind.DATE: DATE,
    Kind.JSON: JSON,
    Kind.HASH: HASH,
}


def scalar(field: Field, *, key: bool) -> GraphQLScalarType:
    """Return the type of a field's values."""
    return GraphQLID if key else SCALARS.get(field.kind, GraphQLString)


def _operators(name: str, kind: GraphQLInputType, single: str, several: str = "", plain: str = "") -> Any:
    """Make the operators of a filter: of one value, of a list, and those that take a boolean."""
    fields = {f"_{op}": GraphQLInputField(kind) for op in single.split()}
    fields |= {f"_{op}": GraphQLInputField(GraphQLList(kind)) for op in several.split()}
    fields |= {f"_{op}": GraphQLInputField(GraphQLBoolean) for op in plain.split()}
    return GraphQLInputObjectType(f"{name}_filter_operators", fields)


_TEXT: Final = (
    "contains icontains ncontains starts_with nstarts_with istarts_with nistarts_with ends_with nends_with iends_with"
    " niends_with"
)
_NULLS: Final = "null nnull"
_ORDER: Final = "eq neq gt gte lt lte"
_MANY: Final = "in nin between nbetween"

STRINGS: Final = _operators("string", GraphQLString, f"eq neq {_TEXT}", "in nin", f"{_NULLS} empty nempty")
IDS: Final = _operators("id", GraphQLID, f"eq neq {_TEXT}", "in nin", f"{_NULLS} empty nempty")
NUMBERS: Final = _operators("number", FLOAT_OR_TEXT, _ORDER, _MANY, _NULLS)
BIGS: Final = _operators("big_int", BIG, _ORDER, _MANY, _NULLS)
DATES: Final = _operators("date", GraphQLString, _ORDER, _MANY, _NULLS)
BOOLEANS: Final = _operators("boolean", GraphQLBoolean, "eq neq", "", _NULLS)
HASHES: Final = _operators("hash", GraphQLString, "", "", f"{_NULLS} empty nempty")
COUNTS: Final = GraphQLInputObjectType("count_function_filter_operators", {"count": GraphQLInputField(NUMBERS)})

OPERATORS: Final[Mapping[Any, Any]] = {
    GraphQLInt: NUMBERS,
    GraphQLFloat: NUMBERS,
    BIG: BIGS,
    DATE: DATES,
    GraphQLBoolean: BOOLEANS,
    HASH: HASHES,
    GraphQLID: IDS,
    GraphQLString: STRINGS,
    JSON: STRINGS,
}

_DAY: Final = ("year", "month", "week", "day", "weekday")
_CLOCK: Final = ("hour", "minute", "second")
_PARTS: Final = {
    Kind.TIMESTAMP: ("datetime", (*_DAY, *_CLOCK)),
    Kind.DATETIME: ("datetime", (*_DAY, *_CLOCK)),
    Kind.DATE: ("date", _DAY),
    Kind.TIME: ("time", _CLOCK),
    Kind.JSON: ("count", ("count",)),
    Kind.ALIAS: ("count", ("count",)),
}
FUNCTIONS: Final = {
    name: GraphQLObjectType(f"{name}_functions", {part: GraphQLField(GraphQLInt) for part in parts})
    for name, parts in _PARTS.values()
}
FUNCTION_FILTERS: Final = {
    name: COUNTS
    if name == "count"
    else GraphQLInputObjectType(
        f"{name}_function_filter_operators", {part: GraphQLInputField(NUMBERS) for part in parts}
    )
    for name, parts in _PARTS.values()
}


def functions(field: Field) -> GraphQLObjectType | None:
    """Return the functions of a field, if it has any."""
    return FUNCTIONS[_PARTS[field.kind][0]] if field.kind in _PARTS else None


def function_filters(field: Field) -> GraphQLInputObjectType | None:
    """Return the filters of a field's functions, if it has any."""
    return FUNCTION_FILTERS[_PARTS[field.kind][0]] if field.kind in _PARTS else None


MODE: Final = GraphQLEnumType("auth_mode", {name: GraphQLEnumValue(name) for name in ("json", "cookie", "session")})
DELETE_ONE: Final = GraphQLObjectType("delete_one", {"id": GraphQLField(GraphQLNonNull(GraphQLID))})
DELETE_MANY: Final = GraphQLObjectType("delete_many", {"ids": GraphQLField(GraphQLNonNull(GraphQLList(GraphQLID)))})
