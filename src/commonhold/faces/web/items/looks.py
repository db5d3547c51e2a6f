"""How a folder is looked at: as a list or as a grid, in which order, and where it goes on. All of it in the address."""

import re
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from commonhold.core.content.tree import Order
from commonhold.core.problems import Problem
from commonhold.faces.web.speech import mark
from commonhold.http.face import Call

GRID: Final = "grid"
SORTS: Final = {
    "name": Order.NAME,
    "-name": Order.NAME_DOWN,
    "size": Order.SIZE,
    "-size": Order.SIZE_DOWN,
    "changed": Order.CHANGED,
    "-changed": Order.CHANGED_DOWN,
}
"""What an address says of an order, and what it is."""

COLUMNS: Final = (("name", mark("Name")), ("size", mark("Size")), ("changed", mark("Changed")))
_FIRST: Final = {"name": "name", "size": "-size", "changed": "-changed"}  # the largest and the newest first
_CURSOR: Final = re.compile(r"([01])\.(\d{1,18})\.(.+)", re.DOTALL | re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)


class Column(msgspec.Struct, frozen=True):
    """A column by which one may sort: what leads there, and how it is sorted now (as ``aria-sort`` has it)."""

    name: str
    label: str
    query: str
    sorted: str | None


class Look(msgspec.Struct, frozen=True):
    """A way to look at a folder."""

    sort: str = "name"
    view: str = "list"
    after: tuple[Any, ...] | None = None

    @property
    def order(self) -> Order:
        """The order of the core."""
        return SORTS[self.sort]

    @property
    def grid(self) -> bool:
        """Whether pictures are shown, not rows."""
        return self.view == GRID

    @property
    def query(self) -> str:
        """What addresses of other folders end with to be looked at in the same way."""
        return self._query(self.sort, self.view)

    def other(self, view: str) -> str:
        """Return the query of the same folder in another view."""
        return self._query(self.sort, view)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns, each leading to its own order, or to the other way round."""
        return tuple(self._column(name, label) for name, label in COLUMNS)

    def further(self, place: tuple[Any, ...] | None) -> str | None:
        """Return the query of the next page."""
        if place is None:
            return None
        phase, value, number = place
        return self._query(self.sort, self.view, f"{phase}.{number}.{value}")

    def _column(self, name: str, label: str) -> Column:
        here = self.sort.removeprefix("-") == name
        down = self.sort.startswith("-")
        wanted = (name if down else f"-{name}") if here else _FIRST[name]
        now = ("descending" if down else "ascending") if here else None
        return Column(name, label, self._query(wanted, self.view), now)

    @staticmethod
    def _query(sort: str, view: str, after: str | None = None) -> str:
        said = {"view": view if view == GRID else None, "sort": sort if sort != "name" else None, "after": after}
        text = urlencode({name: value for name, value in said.items() if value is not None})
        return f"?{text}" if text else ""


def look_of(call: Call) -> Look:
    """Read from the address how a folder is looked at; what says nothing to us is left aside.

    :raises Problem: bad_cursor
    """
    asked = call.request.query_params
    sort, view = asked.get("sort", "name"), asked.get("view", "list")
    look = Look(sort if sort in SORTS else "name", GRID if view == GRID else "list")
    given = asked.get("after")
    return look if given is None else msgspec.structs.replace(look, after=_place(given, look))


def _place(given: str, look: Look) -> tuple[Any, ...]:
    found = _CURSOR.fullmatch(given)
    if found is None:
        raise Problem("bad_cursor", field="after")
    value: str | int = found[3]
    if look.order.column != Order.NAME:
        if not _NUMBER.fullmatch(found[3]):
            raise Problem("bad_cursor", field="after")
        value = int(found[3])
    return int(found[1]), value, int(found[2])
