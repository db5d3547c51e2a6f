"""Finding items by a filter, as one statement: words in their index, everything else on the rows.

What reaches somebody is looked up from the item: its own shares, a few, and whether its folder is one of those that
are shared with him or lie below one. These are few, and found once for each statement.
"""

from collections.abc import Collection, Sequence
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
MOST_FOLDERS: Final = 64  # sets of folders in one statement: each is found anew

# Folders below those of the first part that take what comes from above.
_DOWN: Final = """{name}(no) AS (
    {first}
    UNION
    SELECT item.no FROM {name} CROSS JOIN {items} WHERE item.parent = {name}.no AND
    item.kind = 'folder' AND item.life <> 'deleted'{inherits})"""
_TRASHED: Final = "SELECT no FROM item WHERE trashed_at IS NOT NULL AND kind = 'folder'"


def find(asked: Find) -> tuple[str, list[Any]]:
    """Make the statement that finds items.

    :raises Problem: bad_query, query_too_costly
    """
    return Statement(asked).whole()


def _joined(sign: str, parts: list[str], none: str) -> str:
    """Join parts two by two: a long row of them would be nested as deep as it is long, which databases refuse."""
    if not parts:
        return none
    while len(parts) > 1:
        pairs = [parts[at : at + 2] for at in range(0, len(parts), 2)]
        parts = [f"({sign.join(pair)})" for pair in pairs]
    return f"({parts[0]})"


class Statement:
    """One statement under way: the folders it needs, and its values in the order of their places.

    What databases spell differently stands in these names and in the last two methods.
    """

    folders = "item INDEXED BY item_folders"
    near = "share INDEXED BY share_near"
    standing = "share INDEXED BY share_item_no"
    unindexed = "+"

    def __init__(self, asked: Find) -> None:
        self._asked = asked
        self._folders = [_DOWN.format(name="gone", first=_TRASHED, inherits="", items=self.folders)]
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
            f"AND coalesce(item.parent, 0) NOT IN (SELECT no FROM gone) "
            f"ORDER BY {ORDERS[order]}{down}, item.no{down} LIMIT ?"
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
        ways.append(self._reached(f"{self.unindexed}share.recipient", asked.principals))
        return f" AND ({' OR '.join(ways)})"

    def _reached(self, column: str, principals: Collection[int]) -> str:
        """Write that an item, or a folder above, is shared with one of some principals."""
        places = slots(principals)
        folders = self._below(f"SELECT item FROM folder_share WHERE recipient IN ({places})", principals)
        self._values += principals
        return (
            f"EXISTS (SELECT 1 FROM {self.near} WHERE share.item = item.no AND {column} IN ({places})) "
            f"OR (item.inherits AND item.parent IN (SELECT no FROM {folders}))"
        )

    def _below(self, first: str, values: Collection[Any]) -> str:
        if len(self._folders) > MOST_FOLDERS:
            raise Problem("query_too_costly")
        name = f"below{len(self._folders)}"
        self._folders.append(_DOWN.format(name=name, first=first, inherits=" AND item.inherits", items=self.folders))
        self._given += values
        return name

    def _of(self, asked: Filter) -> str:
        """Write a filter; every part is true or false, never null."""
        match asked:
            case And(parts):
                return _joined(" AND ", [self._of(part) for part in parts], "TRUE")
            case Or(parts):
                return _joined(" OR ", [self._of(part) for part in parts], "FALSE")
            case Not(part):
                return f"NOT ({self._of(part)})"
            case Compare(str() as field, op, value):
                return self._compare(field, op, value)
        raise Problem("bad_query")

    def _compare(self, field: str, op: Op, value: Any) -> str:
        """Write a comparison.

        :raises Problem: bad_query for what cannot be asked of this field
        """
        if field == "recipient" and op in (Op.EQ, Op.IN):
            return self._with(tuple(value) if op is Op.IN else (value,))
        if (field, op) == ("reaches", Op.EQ):
            return self._kinds(value)
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

    def _with(self, principals: tuple[int, ...]) -> str:
        if EVERYONE in principals:  # too many to be listed
            return f"({self._reached(f'{self.unindexed}share.recipient', principals)})"
        places = slots(principals)
        folders = self._below(f"SELECT item FROM folder_share WHERE recipient IN ({places})", principals)
        self._values += principals
        return (
            f"item.no IN (SELECT item FROM share WHERE recipient IN ({places}) UNION SELECT child.no "
            f"FROM {folders} CROSS JOIN item AS child WHERE child.parent = {folders}.no AND child.inherits)"
        )

    def _kinds(self, mask: int) -> str:
        shares = "folder_share AS below JOIN share ON share.no = below.share"
        first = f"SELECT below.item FROM {shares} WHERE (share.kind & ?) <> 0"
        folders = self._below(first, (int(mask),))
        self._values.append(int(mask))
        return (
            f"(EXISTS (SELECT 1 FROM {self.standing} WHERE share.item = item.no AND (share.kind & ?) <> 0) "
            f"OR (item.inherits AND item.parent IN (SELECT no FROM {folders})))"
        )

    def _words(self, field: str, op: Op, value: Any) -> str:
        column = KEYS.get(field, field)
        if column is not None and column not in TEXTS:
            raise Problem("bad_query", field=field)
        if op is Op.NNULL:
            if column in (None, "name"):
                return "TRUE"
            return self.has(column)
        words = words_of(str(value))
        if op not in (Op.ICONTAINS, Op.ISTARTS_WITH):
            raise Problem("bad_query", field=field)
        if not words:
            return "FALSE"
        return self.match(column, words, op is Op.ISTARTS_WITH)

    def has(self, column: str) -> str:
        """Write that there is a text of this kind."""
        return f"coalesce(json_extract(item.attributes, '$.{column}'), '[]') NOT IN ('', '[]')"

    def match(self, column: str | None, words: Sequence[str], beginning: bool) -> str:
        """Write that words stand in a row in one kind of text, or in any; of the last one the beginning may do."""
        match = f'"{" ".join(words)}"{" *" if beginning else ""}'
        self._values.append(match if column is None else f"{column} : {match}")
        return "item.no IN (SELECT rowid FROM item_words WHERE item_words MATCH ?)"
