"""Kinds of fields: which values they take, and which operators fit them.

Inside the core and in what a source gives back a value is a JSON scalar: a timestamp is int milliseconds since the
epoch (UTC), ``datetime``, ``date`` and ``time`` are ISO texts without offset, a decimal and a UUID are texts. Sources
turn them into what their database keeps.
"""

import enum
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

import msgspec

from commonhold.core.problems import Problem
from commonhold.core.query import WITHOUT_VALUE, Fn, Op, Scalar


class Kind(enum.StrEnum):
    """What a field holds."""

    INTEGER = "integer"  # 32 bits
    BIGINT = "bigint"  # 64 bits
    FLOAT = "float"
    DECIMAL = "decimal"
    STRING = "string"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"  # a moment
    DATETIME = "datetime"  # date and time of day, wherever that is
    DATE = "date"
    TIME = "time"
    UUID = "uuid"
    JSON = "json"
    HASH = "hash"  # a secret: nobody may ask more than whether there is one
    ALIAS = "alias"  # no column: the other side of a relation, or for show


TEXTS: Final = frozenset((Kind.STRING, Kind.TEXT))
NUMBERS: Final = frozenset((Kind.INTEGER, Kind.BIGINT, Kind.FLOAT, Kind.DECIMAL))
DAYS: Final = frozenset((Kind.TIMESTAMP, Kind.DATETIME, Kind.DATE))
CLOCKS: Final = frozenset((Kind.TIMESTAMP, Kind.DATETIME, Kind.TIME))

_SAME: Final = WITHOUT_VALUE | {Op.EQ, Op.NEQ, Op.IN, Op.NIN}
_ORDER: Final = _SAME | {Op.LT, Op.LTE, Op.GT, Op.GTE, Op.BETWEEN, Op.NBETWEEN}

OPERATORS: Final[dict[Kind, frozenset[Op]]] = {
    **dict.fromkeys(TEXTS, frozenset(Op)),
    **dict.fromkeys(NUMBERS | DAYS | CLOCKS, _ORDER),
    **dict.fromkeys((Kind.BOOLEAN, Kind.UUID), _SAME),
    **dict.fromkeys((Kind.JSON, Kind.HASH), WITHOUT_VALUE),
    Kind.ALIAS: frozenset(),
}

FUNCTIONS: Final[dict[Fn, frozenset[Kind]]] = {
    **dict.fromkeys((Fn.YEAR, Fn.MONTH, Fn.WEEK, Fn.DAY, Fn.WEEKDAY), DAYS),
    **dict.fromkeys((Fn.HOUR, Fn.MINUTE, Fn.SECOND), CLOCKS),
    Fn.COUNT: frozenset((Kind.ALIAS, Kind.JSON)),
}

_BITS: Final = {Kind.INTEGER: 31, Kind.BIGINT: 63}
_EARLIEST, _LATEST = -62_135_596_800_000, 253_402_300_799_999  # years 1 to 9999
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,40}")
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")  # NUL ends texts in databases; lone surrogates are no characters
_NUL_IN_JSON: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_BOOLEANS: Final[dict[Scalar, bool]] = {True: True, False: False, "true": True, "false": False, "1": True, "0": False}
_MOST_DIGITS: Final = 131_072


def cast(kind: Kind, value: Any) -> Scalar:
    """Return the value as this kind holds it; None stays None.

    :raises Problem: ``invalid_field`` where it is no such value, ``value_out_of_range`` for numbers and moments
    """
    if value is None:
        return None
    try:
        return _CASTS[kind](value)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, InvalidOperation):
        raise Problem("invalid_field", value=value, type=kind.value) from None


def _whole(kind: Kind) -> Callable[[Any], int]:
    bound = 1 << _BITS[kind]

    def read(value: Any) -> int:
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or value != int(value):
            raise ValueError
        if not -bound <= value < bound:
            raise Problem("value_out_of_range", value=value, type=kind.value)
        return int(value)

    return read


def _float(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(number := float(value)):
        raise ValueError
    return number


def _decimal(value: Any) -> str:
    if isinstance(value, bool) or not (number := Decimal(str(value))).is_finite():
        raise ValueError
    if abs(number.adjusted()) > _MOST_DIGITS:
        raise Problem("value_out_of_range", value=str(value), type=Kind.DECIMAL.value)
    return format(number, "f")


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    if _UNSTORABLE.search(text := str(value)):
        raise ValueError
    return text


def _boolean(value: Any) -> bool:
    try:
        return _BOOLEANS[value]
    except KeyError:
        raise ValueError from None


def _moment(value: Any) -> datetime:
    """Read a moment from ISO text or milliseconds; a text without offset is UTC, as are all moments here."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not _EARLIEST <= value <= _LATEST:
            raise Problem("value_out_of_range", value=value, type=Kind.TIMESTAMP.value)
        moment = datetime.fromtimestamp(value // 1000, UTC)
        return moment.replace(microsecond=value % 1000 * 1000)
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _timestamp(value: Any) -> int:
    gone = _moment(value) - datetime(1970, 1, 1, tzinfo=UTC)
    return (gone.days * 86_400 + gone.seconds) * 1000 + gone.microseconds // 1000


def _datetime(value: Any) -> str:
    return _clocked(_moment(value).replace(tzinfo=None))


def _date(value: Any) -> str:
    return _moment(value).date().isoformat()


def _time(value: Any) -> str:
    if isinstance(value, str) and value[2:3] == ":":
        return _clocked(time.fromisoformat(value).replace(tzinfo=None))
    return _clocked(_moment(value).time())


def _clocked(moment: datetime | time) -> str:
    """Write without a fraction where there is none, else with milliseconds: texts sort as the times do."""
    return moment.isoformat(timespec="milliseconds" if moment.microsecond >= 1000 else "seconds")


def _uuid(value: Any) -> str:
    return str(UUID(value))


def _json(value: Any) -> str:
    if _NUL_IN_JSON.search(text := msgspec.json.encode(value).decode()):
        raise ValueError
    return text


_CASTS: Final[dict[Kind, Callable[[Any], Scalar]]] = {
    Kind.INTEGER: _whole(Kind.INTEGER),
    Kind.BIGINT: _whole(Kind.BIGINT),
    Kind.FLOAT: _float,
    Kind.DECIMAL: _decimal,
    Kind.STRING: _text,
    Kind.TEXT: _text,
    Kind.HASH: _text,
    Kind.BOOLEAN: _boolean,
    Kind.TIMESTAMP: _timestamp,
    Kind.DATETIME: _datetime,
    Kind.DATE: _date,
    Kind.TIME: _time,
    Kind.UUID: _uuid,
    Kind.JSON: _json,
}
