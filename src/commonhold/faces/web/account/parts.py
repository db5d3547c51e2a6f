"""The routes of this room: each module's table is named here, and served by the face."""

from typing import Final

from commonhold.faces.web.account import access, notices, outside, profile
from commonhold.http.typed import Table

PARTS: Final[tuple[Table, ...]] = (profile.TABLE, access.TABLE, notices.TABLE, outside.TABLE)
