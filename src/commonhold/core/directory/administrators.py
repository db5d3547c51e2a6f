"""The administrators of an installation: never none."""

from commonhold.core.core import Core
from commonhold.core.model import Principal, State
from commonhold.core.policy.require import machine
from commonhold.core.ports import Rows, Where
from commonhold.core.problems import Problem
from commonhold.core.roles import Kind

_ACTIVE = (Where("admin", "eq", True), Where("kind", "eq", Kind.USER), Where("state", "eq", State.ACTIVE))


async def active_administrators(core: Core, most: int = 2) -> list[Principal]:
    """Return active administrators of the installation, the first made first, ``most`` of them."""
    found: list[Principal] = await core.store.rows(machine(), Rows(Principal, _ACTIVE, limit=most))
    return found


async def keep_one(core: Core, leaving: Principal) -> None:
    """Refuse to lose the last administrator; the verb guards that nothing about people changes meanwhile.

    :raises Problem: last_administrator
    """
    if leaving.admin and all(found.no == leaving.no for found in await active_administrators(core)):
        raise Problem("last_administrator")
