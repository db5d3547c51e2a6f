"""``Allowed``: the proof that policy was asked. Only this package makes one.

Every method that returns bytes, names, rows or counts takes an ``Allowed``; a route without a decision has none to
give, which the type checker and a walk of the route table find (invariant 5).
"""

from typing import Any, Final

import msgspec

from commonhold.core.identity import Actor
from commonhold.core.roles import Action

_SEAL: Final = object()


class Allowed:
    """A decision in favour: who, what, on which item, and the reason. Not to be made outside of ``core.policy``."""

    __slots__ = ("action", "actor", "fields", "item", "reason")

    def __init__(
        self, seal: object, actor: Actor, action: Action, item: int | None, reason: str, fields: Any = None
    ) -> None:
        """Refuse anybody without the seal."""
        if seal is not _SEAL:
            raise TypeError("only core.policy makes an Allowed: ask policy.require()")
        self.actor = actor
        self.action = action
        self.item = item
        self.reason = reason
        self.fields = fields


class Purpose(msgspec.Struct, frozen=True):
    """Why something that is no item may be read: own affairs, administration, or the server's own work."""

    word: str


SELF: Final = Purpose("self")  # what belongs to the caller: his shares, sessions, notifications
DIRECTORY: Final = Purpose("directory")  # names of people that every signed-in person may see
ADMINISTRATION: Final = Purpose("administration")
MACHINE: Final = Purpose("machine")  # the worker, migrations, log-in itself
PUBLIC: Final = Purpose("public")  # what an opened link or an everyone-share shows


def seal(actor: Actor, action: Action, item: int | None, reason: str, fields: Any = None) -> Allowed:
    """Make the proof. Called by ``core.policy`` alone; a test looks for other callers."""
    return Allowed(_SEAL, actor, action, item, reason, fields)
