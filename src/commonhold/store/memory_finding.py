"""Finding items by a filter in memory, written to be read: each item is asked for itself, and nothing is kept."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from commonhold.core.content.words import TEXTS, texts_of
from commonhold.core.keys import in_a_row, words_of
from commonhold.core.model import Item, Life, Row, Share, Space, attributes_of
from commonhold.core.ports import Find
from commonhold.core.problems import Problem
from commonhold.core.query import And, Compare, Filter, Not, Op, Or
from commonhold.core.roles import ItemKind
from commonhold.store.memory_probes import MemoryProbes
from commonhold.store.memory_tables import Table

NUMBERS: Final = ("made_at", "changed_at", "size")
ORDERS: Final = ("no", "name", *NUMBERS)


def find(asked: Find, tables: Mapping[type[Row], Table[Any]], probes: MemoryProbes) -> list[int]:
    """Find items; see ``ports.Find``.

    :raises Problem: bad_query
    """
    order = asked.order.removeprefix("-")
    if order not in ORDERS:
        raise Problem("bad_query", field="order")
    finding = _Finding(asked, tables, probes)
    finding.holds(asked.where, _NOTHING)  # a filter that cannot be asked is refused also where there is no item
    rows: Iterator[Item] = iter(list(tables[Item].rows.values()))
    found = [row for row in rows if row.kind is not ItemKind.FOLDER and finding.live(row) and finding.found(row)]

    def place(row: Item) -> tuple[Any, int]:
        return (row.name or "").lower() if order == "name" else getattr(row, order), row.no

    found.sort(key=place, reverse=asked.order.startswith("-"))
    return [row.no for row in found[: asked.limit]]


_NOTHING: Final = Item(-1, "", -1, None, ItemKind.FILE, None, None)


class _Finding:
    """One search: asks items one after the other."""

    def __init__(self, asked: Find, tables: Mapping[type[Row], Table[Any]], probes: MemoryProbes) -> None:
        self._asked = asked
        self._tables = tables
        self._probes = probes

    def live(self, row: Item) -> bool:
        """Tell whether an item and all folders above it live."""
        chain = self._probes.chains((row.no,)).values()
        return row.life is Life.LIVE and all(above.life is Life.LIVE for above in chain)

    def found(self, row: Item) -> bool:
        """Tell whether an item is seen, and the filter holds for it."""
        return self._seen(row) and self.holds(self._asked.where, row)

    def _seen(self, row: Item) -> bool:
        asked, space = self._asked, self._space(row)
        if asked.principals is None:
            return True
        if space is not None and (
            (asked.owner is not None and space.owner == asked.owner)
            or (asked.org is not None and space.org == asked.org)
        ):
            return True
        return any(share.recipient in asked.principals for share in self._shares(row))

    def _space(self, row: Item) -> Space | None:
        return next(iter(self._probes.rows(Space, "no", (row.space,))), None)

    def _shares(self, row: Item) -> list[Share]:
        """Return the shares on an item and on the folders above that reach it."""
        chain, places = self._probes.chains((row.no,)), list[int]()
        at: Item | None = row
        while at is not None:
            places.append(at.no)
            at = chain.get(at.parent) if at.inherits and at.parent is not None else None
        return self._probes.rows(Share, "item", places)

    def holds(self, asked: Filter, row: Item) -> bool:
        """Tell whether a filter holds for an item.

        :raises Problem: bad_query
        """
        match asked:
            case And(parts):
                return min((self.holds(part, row) for part in parts), default=True)  # each is asked: one may be bad
            case Or(parts):
                return max((self.holds(part, row) for part in parts), default=False)
            case Not(part):
                return not self.holds(part, row)
            case Compare(str() as field, op, value):
                return self._compare(row, field, op, value)
        raise Problem("bad_query")

    def _compare(self, row: Item, field: str, op: Op, value: Any) -> bool:
        if field == "recipient" and op in (Op.EQ, Op.IN):
            return any(share.recipient in (value if op is Op.IN else (value,)) for share in self._shares(row))
        if field == "reaches" and op is Op.EQ:
            return any(share.kind & value for share in self._shares(row))
        if field in ("owner", "org", "folder", "uid", "kind", "media", "collection") and op in (Op.EQ, Op.IN):
            return self._fact(row, field) in (value if op is Op.IN else (value,))
        if (field, op) == ("media", Op.STARTS_WITH):
            return (row.media or "").startswith(value)
        if field in NUMBERS and op in _SIGNS:
            return bool(_SIGNS[op](getattr(row, field), value))
        return _has_words(row, field, op, value)

    def _fact(self, row: Item, field: str) -> Any:
        if field == "folder":
            return row.parent or 0
        if field in ("owner", "org"):
            return getattr(self._space(row), field, None)
        return getattr(row, field) or ""


_SIGNS: Final[dict[Op, Any]] = {
    Op.EQ: lambda a, b: a == b,
    Op.GT: lambda a, b: a > b,
    Op.GTE: lambda a, b: a >= b,
    Op.LT: lambda a, b: a < b,
    Op.LTE: lambda a, b: a <= b,
}


def _has_words(row: Item, field: str, op: Op, value: Any) -> bool:
    kinds: Collection[str] = TEXTS if field == "words" else ("name" if field == "title" else field,)
    if not set(kinds) <= set(TEXTS) or op not in (Op.NNULL, Op.ICONTAINS, Op.ISTARTS_WITH):
        raise Problem("bad_query", field=field)
    if op is Op.NNULL:
        return "name" in kinds or any(attributes_of(row).get(kind) for kind in kinds)
    wanted = words_of(str(value))
    texts = dict(zip(TEXTS, texts_of(row), strict=True))
    return any(in_a_row(texts[kind].split(), wanted, cut=op is Op.ISTARTS_WITH) for kind in kinds)
