"""The catalogue as the database holds it, read anew only when it may have changed."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from commonhold.core.records.catalog import Catalog, decode_collection

CATALOG: Final = "SELECT definition FROM collection WHERE source IS NULL ORDER BY name"


class Catalogs:
    """The catalogue of one database, kept while its texts are the same."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._seen: int | None = None
        self._texts: Sequence[str] = ()
        self._catalog = Catalog(0)

    async def now(self, ask: Callable[[], Awaitable[Sequence[str]]], people_at: int | None = None) -> Catalog:
        """Return the catalogue of this moment; ``ask`` reads its texts.

        With ``people_at`` (whatever changes a collection moves it) nothing is read if it is known; and the same
        catalogue has the same version on every connection, whatever statements were compiled for it.
        """
        if people_at is not None and people_at == self._seen:
            return self._catalog
        texts = await ask()
        if texts != self._texts:
            version = self._catalog.version + 1 if people_at is None else people_at
            self._texts = texts
            self._catalog = Catalog(version, map(decode_collection, texts))
        self._seen = people_at
        return self._catalog
