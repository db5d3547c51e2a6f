"""The routes of this room: each module's table is named here, and served by the face."""

from typing import Final

from commonhold.faces.web.items import choosing, pages, searching, throwing, uploads, versions
from commonhold.http.typed import Table

PARTS: Final[tuple[Table, ...]] = (
    pages.TABLE, choosing.TABLE, throwing.TABLE, versions.TABLE, searching.TABLE, uploads.TABLE,
)  # fmt: skip
