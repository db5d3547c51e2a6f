"""What of items is searched by words, as it is kept: vectors of words with their places."""

from collections.abc import Sequence

from commonhold.core.content.words import TEXTS, texts_of
from commonhold.core.model import Item
from commonhold.store.postgres.connections import Connection
from commonhold.store.postgres.statements import KEEP_WORDS, vector


async def keep(connection: Connection, items: Sequence[Item]) -> None:
    """Keep the words of items, cut and folded as everywhere; one without a name has none."""
    named = [item for item in items if item.name]
    gone = [item.no for item in items if not item.name]
    if gone:
        await connection.execute("DELETE FROM item_words WHERE no = ANY($1)", gone)
    if named:
        texts = [texts_of(item) for item in named]
        columns = [[vector(each[n : n + 1]) for each in texts] for n in range(len(TEXTS))]
        await connection.execute(KEEP_WORDS, [item.no for item in named], [vector(each) for each in texts], *columns)
