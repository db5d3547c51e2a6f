"""Finding items by a filter, as one statement: that of the embedded engine, in PostgreSQL's spelling."""

from collections.abc import Sequence
from typing import Any

from commonhold.core.ports import Find
from commonhold.store.postgres.statements import numbered, phrase
from commonhold.store.sqlite.finding import Statement


class _Statement(Statement):
    folders = "item"
    near = "share"
    standing = "share"
    unindexed = "0 + "

    def has(self, column: str) -> str:
        return f"coalesce(item.attributes::jsonb ->> '{column}', '[]') NOT IN ('', '[]')"

    def match(self, column: str | None, words: Sequence[str], beginning: bool) -> str:
        asked = phrase(words, beginning)
        self._values += [asked] if column is None else [asked, asked]
        some = "" if column is None else f" AND {column} @@ ?::text::tsquery"
        return f"item.no IN (SELECT no FROM item_words WHERE words @@ ?::text::tsquery{some})"


def find(asked: Find) -> tuple[str, list[Any]]:
    """Make the statement that finds items.

    :raises Problem: bad_query
    """
    text, values = _Statement(asked).whole()
    return numbered(text), values
