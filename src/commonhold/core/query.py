"""The one query language of all faces: a tree that says what is wanted, and never how it is stored.

A **filter** is built of six nodes. ``And`` and ``Or`` take any number of parts, so that ``ALWAYS`` is the empty ``And``
and ``NEVER`` the empty ``Or``. ``Some`` says that a row on the other side of a relation matches; "none does" is its
``Not``.

Filters are three-valued as in SQL: a comparison with nothing (NULL) is unknown, ``Not`` leaves unknown as it is, and a
row is in the result only where the filter is true. ``Some`` is never unknown.

An **operand** is what is compared, shown, sorted and grouped by: a field of the row (its name), a ``Call`` of a
function, the operand of the row that a field refers to (``Of``; NULL where there is none), or an operand that is shown
only where a filter holds (``Given``; NULL elsewhere).

Values are bound late: ``Now`` and ``Current`` stand for facts of the request and are never cached with a query.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import msgspec

from commonhold.core.problems import Problem


class Op(enum.StrEnum):
    """How an operand is compared. A leading ``n`` negates, a leading ``i`` ignores case."""

    EQ = "eq"
    NEQ = "neq"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    IN = "in"
    NIN = "nin"
    BETWEEN = "between"
    NBETWEEN = "nbetween"
    NULL = "null"
    NNULL = "nnull"
    EMPTY = "empty"  # NULL or the empty text
    NEMPTY = "nempty"
    CONTAINS = "contains"
    NCONTAINS = "ncontains"
    ICONTAINS = "icontains"
    NICONTAINS = "nicontains"
    STARTS_WITH = "starts_with"
    NSTARTS_WITH = "nstarts_with"
    ISTARTS_WITH = "istarts_with"
    NISTARTS_WITH = "nistarts_with"
    ENDS_WITH = "ends_with"
    NENDS_WITH = "nends_with"
    IENDS_WITH = "iends_with"
    NIENDS_WITH = "niends_with"
    IEQ = "ieq"
    NIEQ = "nieq"
    IMATCHES = "imatches"  # a pattern: * stands for any run of characters, ? for one


WITHOUT_VALUE: Final = frozenset((Op.NULL, Op.NNULL, Op.EMPTY, Op.NEMPTY))
WITH_LIST: Final = frozenset((Op.IN, Op.NIN))
WITH_PAIR: Final = frozenset((Op.BETWEEN, Op.NBETWEEN))


class Fn(enum.StrEnum):
    """A function of a field: parts of a date or time in UTC (week as in ISO 8601, Sunday is weekday 0), or a count."""

    YEAR = "year"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"
    WEEKDAY = "weekday"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"
    COUNT = "count"  # of the rows of a to-many relation, or of the elements of a JSON array


class Now(msgspec.Struct, frozen=True, tag=True):
    """The moment of the request, moved by ``plus`` milliseconds and by ``months`` of the calendar (UTC)."""

    plus: int = 0
    months: int = 0


class Current(msgspec.Struct, frozen=True, tag=True):
    """A fact about whoever asks, by name (``user``, ``groups``, ``user.title``): a value, or several."""

    name: str


class Slot(msgspec.Struct, frozen=True, tag=True):
    """Place of the n-th value in a query whose values were taken out, so that its form can be a key."""

    n: int


Scalar: TypeAlias = bool | int | float | str | None
Single: TypeAlias = Scalar | Now | Current | Slot
Value: TypeAlias = Single | tuple[Single, ...]


class Toward(msgspec.Struct, frozen=True, tag=True):
    """A step from a field that may refer to rows of several collections, to one of these."""

    field: str
    collection: str


class Back(msgspec.Struct, frozen=True, tag=True):
    """A step against a relation, whether or not it has a field on this side: rows whose field refers to this one."""

    collection: str
    field: str


Step: TypeAlias = str | Toward | Back  # the name of a relation's field on this side, or one of the above


class Call(msgspec.Struct, frozen=True, tag=True):
    """A function of a field; ``where`` says which rows of a relation are counted."""

    fn: Fn
    field: str
    where: Filter = msgspec.field(default_factory=lambda: ALWAYS)


class Of(msgspec.Struct, frozen=True, tag=True):
    """An operand of the row that a to-one relation leads to; NULL where there is no such row."""

    over: Step
    operand: Operand


class Given(msgspec.Struct, frozen=True, tag=True):
    """An operand where the filter holds for the row, else NULL."""

    operand: Operand
    where: Filter


class And(msgspec.Struct, frozen=True, tag=True):
    """All parts hold."""

    parts: tuple[Filter, ...]


class Or(msgspec.Struct, frozen=True, tag=True):
    """At least one part holds."""

    parts: tuple[Filter, ...]


class Not(msgspec.Struct, frozen=True, tag=True):
    """The part is false; where it is unknown, so is this."""

    part: Filter


class Compare(msgspec.Struct, frozen=True, tag=True):
    """An operand compared with a value: none for null and empty, a tuple for in, a pair for between."""

    operand: Operand
    op: Op
    value: Value = None


class Some(msgspec.Struct, frozen=True, tag=True):
    """There is a row on the other side of a relation for which the filter is true."""

    over: Step
    where: Filter = msgspec.field(default_factory=lambda: ALWAYS)


Operand: TypeAlias = str | Call | Of | Given
Filter: TypeAlias = And | Or | Not | Compare | Some

ALWAYS: Final[Filter] = And(())
NEVER: Final[Filter] = Or(())


class Sort(msgspec.Struct, frozen=True):
    """Order by an operand; NULL counts as the greatest value, as in PostgreSQL."""

    operand: Operand
    descending: bool = False


class Page(msgspec.Struct, frozen=True):
    """Which rows of the result: at most ``limit`` (None: all), after ``offset`` rows or after a row's sort values."""

    limit: int | None = None
    offset: int = 0
    after: tuple[Scalar, ...] | None = None


class Pick(msgspec.Struct, frozen=True, tag=True):
    """An operand shown under a name; the operand ``*`` stands for every field that may be read."""

    operand: Operand
    name: str = ""


class Nest(msgspec.Struct, frozen=True, tag=True):
    """Rows on the other side of a relation shown under a name, with a query of their own (its page counts per row).

    ``given`` says for which rows they are shown; ``flat`` shows the first field alone instead of whole rows.
    """

    over: Step
    name: str
    query: Query
    given: Filter = ALWAYS
    flat: bool = False


Fields: TypeAlias = tuple[Pick | Nest, ...]


class Measure(enum.StrEnum):
    """What is computed over the rows of a group; NULLs are left out."""

    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    SUM = "sum"
    SUM_DISTINCT = "sum_distinct"
    AVG = "avg"
    AVG_DISTINCT = "avg_distinct"
    MIN = "min"
    MAX = "max"


class Aggregate(msgspec.Struct, frozen=True):
    """Measures (an operand of None counts rows) over the rows, or over each group of equal operands."""

    measures: tuple[tuple[Measure, Operand | None], ...]
    groups: tuple[Operand, ...] = ()


class Query(msgspec.Struct, frozen=True):
    """What is wanted from a collection: rows with their fields, or, with ``aggregate``, one line per group."""

    fields: Fields = ()
    filter: Filter = ALWAYS
    sort: tuple[Sort, ...] = ()
    page: Page = Page()
    aggregate: Aggregate | None = None


class Facts(msgspec.Struct, frozen=True):
    """What the late values of a query stand for: the time in milliseconds, and what ``Current`` names."""

    now: int
    current: Mapping[str, Scalar | tuple[Scalar, ...]] = {}


def all_of(*filters: Filter) -> Filter:
    """Return the filter that holds where all of these do."""
    return _joined(And, filters, unit=ALWAYS, zero=NEVER)


def any_of(*filters: Filter) -> Filter:
    """Return the filter that holds where at least one of these does."""
    return _joined(Or, filters, unit=NEVER, zero=ALWAYS)


def _joined(kind: type[And | Or], filters: Iterable[Filter], unit: Filter, zero: Filter) -> Filter:
    """Flatten, drop what repeats or changes nothing, and stop at what decides alone."""
    parts: dict[Filter, None] = {}
    for found in filters:
        inner = found.parts if isinstance(found, kind) else (found,)
        parts.update(dict.fromkeys(inner))
    parts.pop(unit, None)
    if zero in parts:
        return zero
    return next(iter(parts)) if len(parts) == 1 else kind(tuple(parts))


def within(steps: Iterable[Step], where: Filter) -> Filter:
    """Return the filter that holds where some row at the end of the steps matches."""
    for over in reversed(list(steps)):
        where = Some(over, where)
    return where


def label(shown: Pick | Nest) -> str:
    """Return the name under which something is shown: its own, or that of its field (and function: ``day_year``)."""
    if isinstance(shown, Nest) or shown.name:
        return shown.name
    operand = shown.operand
    while isinstance(operand, Of | Given):
        operand = operand.operand
    return f"{operand.field}_{operand.fn}" if isinstance(operand, Call) else operand


def resolve(value: Single, facts: Facts) -> Scalar | tuple[Scalar, ...]:
    """Return what a value stands for in a request; a fact that is not known is NULL."""
    if isinstance(value, Now):
        return _moved(facts.now, value)
    if isinstance(value, Current):
        return facts.current.get(value.name)
    if isinstance(value, Slot):
        raise TypeError("the values of this query were taken out")
    return value


def _moved(now: int, by: Now) -> int:
    """Move a moment by the calendar, then by milliseconds; the last day of a shorter month stands for later ones."""
    try:
        moment = datetime.fromtimestamp(now // 1000, UTC)
        year, month = divmod(moment.year * 12 + moment.month - 1 + by.months, 12)
        following = datetime(year + month // 11, (month + 1) % 12 + 1, 1, tzinfo=UTC)
        last = (following - timedelta(days=1)).day
        moved = moment.replace(year=year, month=month + 1, day=min(moment.day, last))
        seconds = (moved - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise Problem("value_out_of_range", value="now") from None
    return seconds * 1000 + now % 1000 + by.plus


def encode_filter(node: Filter) -> str:
    """Write a filter as JSON text, as rules are stored."""
    return _ENCODER.encode(node).decode()


def decode_filter(text: str) -> Filter:
    """Read a filter back from the JSON text of ``encode_filter``."""
    return _DECODER.decode(text)


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final[msgspec.json.Decoder[Filter]] = msgspec.json.Decoder(Filter)
