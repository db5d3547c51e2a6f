"""Finding items by a filter, as one statement: words in their index, everything else on the rows.

What reaches somebody is looked up from the item: its own shares, a few, and whether its folder is one of those that
are shared with him or lie below one. These are few, and found once for each statement.
"""

from collections.abc import Collection
from typing import Any, Final

from commonhold.core.content.words import TEXTS
from commonhold.core.keys import words_of
from commonhold.core.model import EVERYONE
from commonhold.core.ports import Find
from commonhold.core.problems import Problem
from commonhold.core.query import And, Compare, Filter, Not, Op, Or
from commonhold.store.sqlite.listing import LAST, slots

SIGNS: Final = {Op.EQ: "=", Op.GT: ">", Op.GTE: ">=", Op.LT: "<", Op.LTE: "<="}
PLAIN: Final = {
    "uid": "item.uid", "folder": "coalesce(item.parent, 0)", "kind": "item.kind", "media": "coalesce(item.media, '')",
    "collection": "coalesce(item.collection, '')",
}  # fmt: skip
NUMBERS: Final = {"made_at", "changed_at", "size"}
ORDERS: Final = {
    "no": "item.no",
    "name": "lower(item.name)",
    "made_at": "item.made_at",
    "changed_at": "item.changed_at",
    "size": "item.size",
}
KEYS: Final = {"title": "name", "words": None}

# Folders below those of the first part that take what comes from above.
_DOWN: Final = """{name}(no) AS (
    {first}
    UNION
    SELECT item.no FROM {name} CROSS JOIN item INDEXED BY item_folders ON item.parent = {name}.no
    WHERE item.kind = 'folder' AND item.life <> 'deleted'{inherits})"""
_GONE: Final = _DOWN.format(
    name="gone",
    first="SELECT no FROM item WHERE trashed_at IS NOT NULL AND kind = 'folder'",
    inherits="",
)


def find(asked: Find) -> tuple[str, list[Any]]:
    """Make the statement that finds items.

    :raises Problem: bad_query
    """
    return _Statement(asked).whole()


class _Statement:
    """One statement under way: the folders it needs, and its values in the order of their places."""

    def __init__(self, asked: Find) -> None:
        self._asked = asked
        self._folders = [_GONE]
        self._given: list[Any] = []  # values of the folders
        self._values: list[Any] = []

    def whole(self) -> tuple[str, list[Any]]:
        """Write it."""
        asked = self._asked
        order = asked.order.removeprefix("-")
        if order not in ORDERS:
            raise Problem("bad_query", field="order")
        where = self._of(asked.where)
        seen = self._visible()
        down = " DESC" if asked.order.startswith("-") else ""
        text = (
            f"WITH RECURSIVE {', '.join(self._folders)} SELECT item.no FROM item "
            f"WHERE item.life = 'live' AND item.kind <> 'folder' AND {where}{seen} "
            f"AND coalesce(item.parent, 0) NOT IN gone ORDER BY {ORDERS[order]}{down}, item.no{down} LIMIT ?"
        )
        return text, [*self._given, *self._values, asked.limit]

    def _visible(self) -> str:
        """Write what makes an item one that may be seen."""
        asked = self._asked
        if asked.principals is None:
            return ""
        ways = []
        for column, value in (("owner", asked.owner), ("org", asked.org)):
            if value is not None:
                ways.append(f"item.space IN (SELECT no FROM space WHERE {column} = ?)")
                self._values.append(value)
        ways.append(self._reached("+share.recipient", asked.principals))
        return f" AND ({' OR '.join(ways)})"

    def _reached(self, column: str, principals: Collection[int]) -> str:
        """Write that an item, or a folder above, is shared with one of some principals."""
        places = slots(principals)
        folders = self._below(f"SELECT item FROM folder_share WHERE recipient IN ({places})", principals)
        self._values += principals
        return (
            f"EXISTS (SELECT 1 FROM share INDEXED BY share_near WHERE share.item = item.no AND {column} IN ({places})) "
            f"OR (item.inherits AND item.parent IN {folders})"
        )

    def _below(self, first: str, values: Collection[Any]) -> str:
        name = f"below{len(self._folders)}"
        self._folders.append(_DOWN.format(name=name, first=first, inherits=" AND item.inherits"))
        self._given += values
        return name

    def _of(self, asked: Filter) -> str:
        """Write a filter; every part is true or false, never null."""
        match asked:
            case And(parts):
                return f"({' AND '.join(map(self._of, parts))})" if parts else "TRUE"
            case Or(parts):
                return f"({' OR '.join(map(self._of, parts))})" if parts else "FALSE"
            case Not(part):
                return f"NOT ({self._of(part)})"
            case Compare(str() as field, op, value):
                return self._compare(field, op, value)
        raise Problem("bad_query")

    def _compare(self, field: str, op: Op, value: Any) -> str:
        """Write a comparison.

        :raises Problem: bad_query for what cannot be asked of this field
        """
        if op is Op.EQ and field in ("recipient", "reaches"):
            return self._with(value) if field == "recipient" else self._kinds(value)
        if field in PLAIN and op in (Op.EQ, Op.IN):
            return self._in(PLAIN[field], value if op is Op.IN else (value,))
        if field in ("owner", "org") and op in (Op.EQ, Op.IN):
            spaces = self._in(field, value if op is Op.IN else (value,))
            return f"item.space IN (SELECT no FROM space WHERE {spaces})"
        if (field, op) == ("media", Op.STARTS_WITH):
            self._values += (value, value + LAST)
            return f"({PLAIN['media']} >= ? AND {PLAIN['media']} < ?)"
        if field in NUMBERS and op in SIGNS:
            self._values.append(value)
            return f"item.{field} {SIGNS[op]} ?"
        return self._words(field, op, value)

    def _in(self, column: str, values: Collection[Any]) -> str:
        self._values += values
        return f"{column} IN ({slots(values)})"

    def _with(self, principal: int) -> str:
        if principal == EVERYONE:  # too many to be listed
            return f"({self._reached('share.recipient', (principal,))})"
        folders = self._below("SELECT item FROM folder_share WHERE recipient = ?", (principal,))
        self._values.append(principal)
        return (
            "item.no IN (SELECT item FROM share WHERE recipient = ? UNION SELECT child.no "
            f"FROM {folders} CROSS JOIN item AS child ON child.parent = {folders}.no WHERE child.inherits)"
        )

    def _kinds(self, mask: int) -> str:
        first = "SELECT below.item FROM folder_share AS below JOIN share ON share.no = below.share WHERE share.kind & ?"
        folders = self._below(first, (int(mask),))
        self._values.append(int(mask))
        return (
            "(EXISTS (SELECT 1 FROM share INDEXED BY share_item_no WHERE share.item = item.no AND share.kind & ?) "
            f"OR (item.inherits AND item.parent IN {folders}))"
        )

    def _words(self, field: str, op: Op, value: Any) -> str:
        column = KEYS.get(field, field)
        if column is not None and column not in TEXTS:
            raise Problem("bad_query", field=field)
        if op is Op.NNULL:
            if column in (None, "name"):
                return "TRUE"
            return f"coalesce(json_extract(item.attributes, '$.{column}'), '[]') NOT IN ('', '[]')"
        words = words_of(str(value))
        if op not in (Op.ICONTAINS, Op.ISTARTS_WITH):
            raise Problem("bad_query", field=field)
        if not words:
            return "FALSE"
        match = f'"{" ".join(words)}"{" *" if op is Op.ISTARTS_WITH else ""}'
        self._values.append(match if column is None else f"{column} : {match}")
        return "item.no IN (SELECT rowid FROM item_words WHERE item_words MATCH ?)"
