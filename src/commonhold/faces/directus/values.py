"""Values as this dialect writes them: moments as ISO texts in UTC, secrets as ten stars, parts of dates as texts."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from commonhold.core.query import Call, Fn, Measure, Operand
from commonhold.core.records.catalog import Catalog
from commonhold.core.records.kinds import Kind

STARS: Final = "**********"

Convert = Callable[[Any], Any]


def moment(at: int) -> str:
    """Write milliseconds since the epoch as ``YYYY-MM-DDTHH:MM:SS.mmmZ``."""
    found = datetime.fromtimestamp(at // 1000, UTC)
    return f"{found.replace(tzinfo=None).isoformat()}.{at % 1000:03}Z"


def _stars(value: Any) -> str | None:
    return STARS if value else None


def _mean(value: Any) -> str:
    return f"{float(value):.16f}"


_CONVERTS: Final[dict[Kind, Convert]] = {Kind.TIMESTAMP: moment, Kind.HASH: _stars}


def converter(kind: Kind) -> Convert | None:
    """Return what writes values of a kind; None where they are written as they are."""
    return _CONVERTS.get(kind)


def convert_operand(catalog: Catalog, collection: str, operand: Operand) -> Convert | None:
    """Return what writes the values of an operand."""
    if isinstance(operand, Call):
        return None if operand.fn is Fn.COUNT else str
    return converter(catalog.kind(collection, operand))


def convert_measure(measure: Measure, kind: Kind) -> Convert | None:
    """Return what writes a measure: counts and exact sums are texts, as numbers of any size."""
    name = measure.value.partition("_")[0]
    if name in ("min", "max"):
        return converter(kind)
    if name != "count" and kind is Kind.FLOAT:
        return None
    return _mean if name == "avg" else str


class Shape(msgspec.Struct):
    """How rows that were read become what is shown: values written, and rows of several collections under one name.

    ``merged``: name → names of what may stand there, of which one does at most; ``hidden``: read for no show.
    """

    values: dict[str, Convert] = {}
    nested: dict[str, "Shape"] = {}
    merged: dict[str, list[str]] = {}
    hidden: list[str] = []

    @property
    def plain(self) -> bool:
        """Whether rows are shown as they were read."""
        return not (self.values or self.nested or self.merged or self.hidden)

    def rows(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write the values of rows in place."""
        if self.plain:
            return
        for row in rows:
            self.row(row)

    def copied(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of a row that is written: a related row may hang on several others, and is read once."""
        found = dict(row)
        self.row(found)
        return found

    def row(self, row: dict[str, Any]) -> None:
        """Write the values of one row in place."""
        for name, convert in self.values.items():
            if (value := row.get(name)) is not None:
                row[name] = convert(value)
        for name, shape in self.nested.items():
            inner = row.get(name)
            if shape.plain or inner is None:
                continue
            row[name] = [shape.copied(one) for one in inner] if isinstance(inner, list) else shape.copied(inner)
        for name, names in self.merged.items():
            found = [one for one in (row.pop(other) for other in names) if one is not None]
            if found:
                row[name] = found[0]
        for name in self.hidden:
            row.pop(name, None)


def line(names: Mapping[tuple[str, ...], Convert | None], values: Iterable[Any]) -> dict[str, Any]:
    """Return one line of an aggregate: groups by name, measures by function and field."""
    found: dict[str, Any] = {}
    for (path, convert), value in zip(names.items(), values, strict=True):
        shown = convert(value) if convert is not None and value is not None else value
        if len(path) == 1:
            found[path[0]] = shown
        else:
            found.setdefault(path[0], {})[path[1]] = shown
    return found
