"""The routes of this room: each module's table is named here, and served by the face."""

from typing import Final

from commonhold.faces.web.people import audit, groups, orgs, persons, settings, shares
from commonhold.http.typed import Table

PARTS: Final[tuple[Table, ...]] = (
    persons.TABLE,
    groups.TABLE,
    orgs.TABLE,
    shares.TABLE,
    settings.TABLE,
    audit.TABLE,
)
