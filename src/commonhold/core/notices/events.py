"""What happened, for administrators: numbers only, newest first."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from commonhold.core.core import Core
from commonhold.core.directory.reading import After, Page, equal, page_of
from commonhold.core.directory.standing import stand
from commonhold.core.identity import Actor
from commonhold.core.model import Event
from commonhold.core.policy.allowed import ADMINISTRATION

ALL: Final[Mapping[str, int | str]] = MappingProxyType({})


async def events(
    core: Core, actor: Actor, where: Mapping[str, int | str] = ALL, *, after: After = None, limit: int = 200
) -> Page[Event]:
    """List events, those alone whose columns have these values (kind, actor, item, share, principal).

    :raises Problem: unauthenticated; forbidden unless the actor administers the installation
    """
    standing = await stand(core, actor)
    standing.need_admin()
    return await page_of(
        core, standing.allowed(ADMINISTRATION), Event, equal(**where), order=("-no",), after=after, limit=limit
    )
