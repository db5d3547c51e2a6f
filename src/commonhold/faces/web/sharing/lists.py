"""Lists of shares as pages: what the address asks for, and where the next page begins."""

import re
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from commonhold.core.identity import Named
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind
from commonhold.core.sharing.selecting import Choice, Cursor, Order
from commonhold.core.terms import DAY
from commonhold.http.face import Call

ROWS: Final = 50  # of a list on one page
SOON: Final = 7 * DAY

_CURSOR: Final = re.compile(r"\d{1,18}(\.\d{1,18})?", re.ASCII)
_UID: Final = re.compile(r"[\w-]{1,64}", re.ASCII)


class Asked(msgspec.Struct, frozen=True):
    """What the address of a list asks for, as its form shows it again."""

    show: str = ""  # ending, public, unused; else all
    who: str = ""
    sort: str = ""
    item: str = ""
    after: Cursor | None = None

    @property
    def narrow(self) -> bool:
        """Whether anything is left out."""
        return bool(self.show or self.who or self.item)

    def wanted(self, now: int, *, links: bool | None = None, person: Kind | None = None) -> Choice:
        """Return it as the core has it; ``person``: of what kind whoever is named must be."""
        return Choice(
            links=links,
            public=self.show == "public",
            ends_before=now + SOON if self.show == "ending" else None,
            who=Named(self.who, person) if self.who else None,
            item=self.item or None,
            unused=self.show == "unused",
            order=Order(self.sort or Order.NEWEST),
        )

    def address(self, **other: str) -> str:
        """Return the query that asks for the same, but for ``other``."""
        some = {"show": self.show, "who": self.who, "sort": self.sort, "item": self.item, **other}
        found = urlencode({name: value for name, value in some.items() if value})
        return f"?{found}" if found else ""

    def further(self, place: Cursor | None) -> str | None:
        """Return the query of the next page."""
        return None if place is None else self.address(after=".".join(map(str, place)))


def asked_of(call: Call, shows: tuple[str, ...], *, sorts: bool = True) -> Asked:
    """Read what the address asks for; what cannot be shown is left out, as addresses are typed by hand, too.

    :raises Problem: bad_cursor
    """
    given: Any = call.request.query_params
    show, sort, item = given.get("show", ""), given.get("sort", ""), given.get("item", "")
    after = given.get("after", "")
    if after and not _CURSOR.fullmatch(after):
        raise Problem("bad_cursor", field="after")
    known = sort in {str(one) for one in Order} - {str(Order.NEWEST)}
    return Asked(
        show if show in shows else "",
        given.get("who", "").strip()[:200],
        sort if sorts and known else "",
        item if _UID.fullmatch(item) else "",
        tuple(map(int, after.split("."))) if after else None,
    )
