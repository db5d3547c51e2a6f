"""The routes of this room: each module's table is named here, and served by the face."""

from typing import Final

from commonhold.faces.web.sharing import access, bulk, dialog, given, one, received
from commonhold.http.typed import Table

PARTS: Final[tuple[Table, ...]] = (
    received.TABLE,
    given.TABLE,
    bulk.TABLE,
    dialog.TABLE,
    one.TABLE,
    access.TABLE,
)
