"""Who looks at the pages: what their head says of him, and which pages he is led to."""

from typing import Final

import msgspec

from commonhold.core.directory.people import get_user
from commonhold.core.problems import Problem
from commonhold.core.roles import OrgRole
from commonhold.faces.web.speech import mark
from commonhold.http.face import Call

_RECEIVED: Final = ("/app", mark("Shared with me"))
_OWN: Final = (
    ("/app/files", mark("Files")),
    _RECEIVED,
    ("/app/given", mark("Shared by me")),
    ("/app/links", mark("Links")),
)
_ADMINISTERED: Final = (
    ("/app/people", mark("People")),
    ("/app/shares", mark("All shares")),
    ("/app/settings", mark("Settings")),
    ("/app/audit", mark("Audit")),
)


class Viewer(msgspec.Struct, frozen=True):
    """Who is logged in: ``name`` as he is called (None: a guest), and whether he administers the installation.

    ``org``: the organisation that he administers, if he administers one and not all of them.
    """

    name: str | None
    admin: bool = False
    org: int | None = None

    @property
    def guest(self) -> bool:
        """Whether he came in by a mail, without an account: he has no files, and shares nothing on."""
        return self.name is None

    @property
    def rooms(self) -> tuple[tuple[str, str], ...]:
        """The pages he is led to from every page: address below the face's root, and name."""
        if self.guest:
            return (_RECEIVED,)
        return _OWN + (_ADMINISTERED if self.admin else _ADMINISTERED[:2] if self.org is not None else ())


async def viewer_of(call: Call) -> Viewer:
    """Return who is logged in.

    :raises Problem: unauthenticated
    """
    if call.actor.user is None:
        raise Problem("unauthenticated")
    try:
        found = await get_user(call.core, call.actor, call.actor.user)
    except Problem:
        return Viewer(None)
    name = " ".join(part for part in (found.first_name, found.last_name) if part) or found.name
    over = not found.admin and found.org_role is OrgRole.ADMINISTRATOR
    return Viewer(name, found.admin, found.org if over else None)
