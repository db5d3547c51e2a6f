"""How two databases spell the same expression: SQLite, and PostgreSQL.

Values cross the border as ``core.records.kinds`` describes them; ``encode`` and ``decode`` are the last step on our
side, the casts in ``parameter`` and ``shown`` the first on the other side.
"""

import sqlite3
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

import msgspec

from commonhold.core.query import Fn, Scalar
from commonhold.core.records.kinds import TEXTS, Kind

FOLDING: Final = "und-x-icu"  # how PostgreSQL folds letters: as Unicode does, whatever the language of a database
_WHOLE: Final = frozenset((Kind.INTEGER, Kind.BIGINT))

Decode = Callable[[Any], Any] | None


class Dialect(Protocol):
    """The expressions that are spelled differently, and the values that are kept differently."""

    @property
    def name(self) -> str:
        """The name of the dialect, which is part of a statement's key."""
        ...

    def parameter(self, n: int, kind: Kind) -> str:
        """Write the n-th bound value."""
        ...

    def among(self, expression: str, n: int, kind: Kind) -> str:
        """Write that an expression is one of a bound list."""
        ...

    def text_test(self, test: str, expression: str, pattern: str, fold: bool) -> str:
        """Write a test of a text: equals, contains, starts, ends or matches."""
        ...

    def part(self, fn: Fn, expression: str, kind: Kind) -> str:
        """Write a part of a date or time."""
        ...

    def elements(self, expression: str) -> str:
        """Write the number of elements of a JSON array."""
        ...

    def as_text(self, expression: str, kind: Kind) -> str:
        """Write a key as text, as a column holds it that refers to several collections."""
        ...

    def as_key(self, expression: str, kind: Kind) -> str:
        """Write a text as a key of this kind; NULL where it is not one in its usual form."""
        ...

    def shown(self, expression: str, kind: Kind) -> str:
        """Write an expression as it is given back."""
        ...

    def number(self, expression: str, kind: Kind) -> str:
        """Write a computed number as one of this kind."""
        ...

    def encode(self, kind: Kind, value: Scalar) -> Any:
        """Turn a value of ours into one that is bound."""
        ...

    def encode_list(self, kind: Kind, values: Sequence[Scalar]) -> Any:
        """Turn values of ours into a list that is bound."""
        ...

    def decoder(self, kind: Kind, scale: int | None = None) -> Decode:
        """Return what turns a stored value into ours, or None where it is the same."""
        ...


def quoted(name: str) -> str:
    """Quote an identifier: any name is a name, never a keyword or more."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a name of the catalogue as a text literal."""
    return "'" + text.replace("'", "''") + "'"


def pattern(value: str) -> str:
    """Return the LIKE pattern (escaped by a backslash) of a text in which * and ? are wildcards."""
    escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%").replace("?", "_")


class Sqlite:
    """SQLite from 3.38 on. Connections are made ready once by ``prepare``."""

    name: Final = "sqlite"
    _FORMATS: Final = {
        Fn.YEAR: "%Y",
        Fn.MONTH: "%m",
        Fn.DAY: "%d",
        Fn.WEEKDAY: "%w",
        Fn.HOUR: "%H",
        Fn.MINUTE: "%M",
        Fn.SECOND: "%S",
    }
    _TESTS: Final = {
        "equals": "{0} = {1}",
        "contains": "instr({0}, {1}) > 0",
        "starts": "substr({0}, 1, length({1})) = {1}",
        "ends": "substr({0}, length({0}) - length({1}) + 1) = {1}",
        "matches": "{0} LIKE {1} ESCAPE '\\'",
    }

    def parameter(self, n: int, kind: Kind) -> str:  # noqa: ARG002
        """Bind by name, so that a value may be used twice and statements may be put together in any order."""
        return f":p{n}"

    def among(self, expression: str, n: int, kind: Kind) -> str:  # noqa: ARG002
        """Bind the list as JSON: one statement for lists of any length."""
        return f"{expression} IN (SELECT value FROM json_each(:p{n}))"

    def text_test(self, test: str, expression: str, pattern: str, fold: bool) -> str:
        """Compare exactly, or folded by Python: SQLite itself folds ASCII letters alone."""
        sides = [f"fold({side})" for side in (expression, pattern)] if fold else [expression, pattern]
        return self._TESTS[test].format(*sides)

    def part(self, fn: Fn, expression: str, kind: Kind) -> str:
        """Use strftime; the ISO week is that of the Thursday of the same week."""
        moment = expression
        if kind is Kind.TIMESTAMP:  # whole seconds, rounded down before 1970 too
            moment = f"{expression} / 1000 - ({expression} % 1000 < 0), 'unixepoch'"
        if fn is Fn.WEEK:
            return f"(CAST(strftime('%j', {moment}, '-3 days', 'weekday 4') AS INTEGER) - 1) / 7 + 1"
        return f"CAST(strftime('{self._FORMATS[fn]}', {moment}) AS INTEGER)"

    def elements(self, expression: str) -> str:
        """Count what is an array; anything else has none."""
        return f"json_array_length({expression})"

    def as_text(self, expression: str, kind: Kind) -> str:
        """Cast what is no text already: a bare column can use its index."""
        return f"CAST({expression} AS TEXT)" if kind in _WHOLE else expression

    def as_key(self, expression: str, kind: Kind) -> str:
        """Cast to a number and back: what stays the same is one."""
        if kind not in _WHOLE:
            return expression
        number = f"CAST({expression} AS INTEGER)"
        return f"CASE WHEN CAST({number} AS TEXT) = {expression} THEN {number} END"

    def shown(self, expression: str, kind: Kind) -> str:  # noqa: ARG002
        """Give back what is stored."""
        return expression

    def number(self, expression: str, kind: Kind) -> str:  # noqa: ARG002
        """Leave it: the decoder does the rest."""
        return expression

    def encode(self, kind: Kind, value: Scalar) -> Scalar:
        """Bind a decimal as a number: SQLite has no exact one."""
        return float(value) if kind is Kind.DECIMAL and isinstance(value, str) else value

    def encode_list(self, kind: Kind, values: Sequence[Scalar]) -> str:
        """Bind a list as JSON."""
        return msgspec.json.encode([self.encode(kind, value) for value in values]).decode()

    def decoder(self, kind: Kind, scale: int | None = None) -> Decode:
        """Return what turns a stored value into ours, or None where it is the same."""
        if kind is Kind.BOOLEAN:
            return bool
        if kind is Kind.JSON:
            return msgspec.json.decode
        if kind is Kind.DECIMAL:
            return _decimals(scale)
        return _number if kind is Kind.FLOAT else None

    @staticmethod
    def prepare(connection: sqlite3.Connection) -> None:
        """Make a connection ready: statements need its function ``fold``."""
        connection.create_function("fold", 1, _fold, deterministic=True)


class Postgres:
    """PostgreSQL from 15 on. Values travel as texts, numbers and booleans and are cast in the statement."""

    name: Final = "postgresql"
    _TYPES: Final = {
        Kind.INTEGER: "$@::bigint",
        Kind.BIGINT: "$@::bigint",
        Kind.FLOAT: "$@::float8",
        Kind.BOOLEAN: "$@::boolean",
        Kind.DECIMAL: "$@::text::numeric",
        Kind.TIMESTAMP: "to_timestamp($@::float8 / 1000)",
        Kind.DATETIME: "$@::text::timestamp",
        Kind.DATE: "$@::text::date",
        Kind.TIME: "$@::text::time",
        Kind.UUID: "$@::text::uuid",
    }
    _LISTS: Final = {
        Kind.INTEGER: "$@::bigint[]",
        Kind.BIGINT: "$@::bigint[]",
        Kind.FLOAT: "$@::float8[]",
        Kind.BOOLEAN: "$@::boolean[]",
        Kind.DECIMAL: "$@::text[]::numeric[]",
        Kind.TIMESTAMP: "ARRAY(SELECT to_timestamp(x / 1000) FROM unnest($@::float8[]) AS x)",
        Kind.DATETIME: "$@::text[]::timestamp[]",
        Kind.DATE: "$@::text[]::date[]",
        Kind.TIME: "$@::text[]::time[]",
        Kind.UUID: "$@::text[]::uuid[]",
    }
    _SHOWN: Final = {
        Kind.DECIMAL: "{0}::text",
        Kind.TIMESTAMP: "floor(extract(epoch FROM {0}) * 1000)::bigint",
        Kind.DATETIME: "replace(to_char({0}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS'), '.000', '')",
        Kind.DATE: "to_char({0}, 'YYYY-MM-DD')",
        Kind.TIME: "replace(to_char({0}, 'HH24:MI:SS.MS'), '.000', '')",
        Kind.UUID: "{0}::text",
        Kind.JSON: "{0}::text",
    }
    _KEYS: Final = {
        Kind.BIGINT: ("^(0|-?[1-9][0-9]{0,17})$", "bigint"),
        Kind.UUID: ("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "uuid"),
    }
    _NUMBERS: Final = {Kind.BIGINT: "bigint", Kind.FLOAT: "float8", Kind.DECIMAL: "text"}
    _PARTS: Final = {Fn.WEEKDAY: "dow"}
    _TESTS: Final = {
        "equals": "{0} = {1}",
        "contains": "strpos({0}, {1}) > 0",
        "starts": "left({0}, length({1})) = {1}",
        "ends": "right({0}, length({1})) = {1}",
        "matches": "{0} LIKE {1} ESCAPE '\\'",
    }

    def parameter(self, n: int, kind: Kind) -> str:
        """Number from 1, and cast."""
        return self._TYPES.get(kind, "$@::text").replace("$@", f"${n + 1}")

    def among(self, expression: str, n: int, kind: Kind) -> str:
        """Bind an array: one statement for lists of any length."""
        return f"{expression} = ANY({self.listed(n, kind)})"

    def listed(self, n: int, kind: Kind) -> str:
        """Write the n-th bound list."""
        return self._LISTS.get(kind, "$@::text[]").replace("$@", f"${n + 1}")

    def text_test(self, test: str, expression: str, pattern: str, fold: bool) -> str:
        """Compare exactly, or both sides in lower case."""
        sides = [f'lower({side} COLLATE "{FOLDING}")' for side in (expression, pattern)]
        return self._TESTS[test].format(*(sides if fold else (expression, pattern)))

    def part(self, fn: Fn, expression: str, kind: Kind) -> str:
        """Extract, from moments in UTC."""
        moment = f"{expression} AT TIME ZONE 'UTC'" if kind is Kind.TIMESTAMP else expression
        return f"floor(extract({self._PARTS.get(fn, fn.value)} FROM {moment}))::int"

    def elements(self, expression: str) -> str:
        """Count what is an array; anything else has none."""
        array = f"CASE WHEN jsonb_typeof({expression}) = 'array' THEN jsonb_array_length({expression}) ELSE 0 END"
        return f"CASE WHEN {expression} IS NOT NULL THEN {array} END"

    def as_text(self, expression: str, kind: Kind) -> str:
        """Cast what is no text already: a bare column can use its index."""
        return expression if kind in TEXTS else f"{expression}::text"

    def as_key(self, expression: str, kind: Kind) -> str:
        """Cast what looks like one."""
        if kind in TEXTS:
            return expression
        form, name = self._KEYS[Kind.UUID if kind is Kind.UUID else Kind.BIGINT]
        return f"CASE WHEN {expression} ~ '{form}' THEN {expression}::{name} END"

    def shown(self, expression: str, kind: Kind) -> str:
        """Give back numbers, booleans and texts."""
        return self._SHOWN.get(kind, "{0}").format(expression)

    def number(self, expression: str, kind: Kind) -> str:
        """Cast: sums and means are numeric here."""
        return f"({expression})::{self._NUMBERS[kind]}"

    def encode(self, kind: Kind, value: Scalar) -> Scalar:  # noqa: ARG002
        """Bind as it is."""
        return value

    def encode_list(self, kind: Kind, values: Sequence[Scalar]) -> list[Scalar]:  # noqa: ARG002
        """Bind as it is."""
        return list(values)

    def decoder(self, kind: Kind, scale: int | None = None) -> Decode:  # noqa: ARG002
        """Read JSON; all else comes as it is."""
        return msgspec.json.decode if kind is Kind.JSON else None


def _number(value: Any) -> Any:
    """Read a number; what somebody else's table holds in its place is shown as it is."""
    return float(value) if isinstance(value, int | float) else value


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _decimals(scale: int | None) -> Callable[[Any], str]:
    """Write a number as a decimal text with the digits of its field, never with an exponent."""

    def read(value: Any) -> str:
        if scale is not None:
            return f"{value:.{scale}f}"
        return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)

    return read
