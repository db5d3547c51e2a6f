"""Previews that take no time: for tests of who may have them."""

from commonhold.core.policy.allowed import Allowed
from commonhold.core.previews import NOTHING, Bytes, Drawn, Wanted


class PlainPreviews:
    """Draws one picture for everything, but what begins with ``broken``; notes what was asked for."""

    def __init__(self) -> None:
        """Begin with nothing drawn."""
        self.wanted: list[Wanted] = []

    async def draw(self, allowed: Allowed, wanted: Wanted, content: Bytes) -> Drawn:  # noqa: ARG002
        """See the port; nothing is kept."""
        self.wanted.append(wanted)
        head = b"".join([chunk async for chunk in content()])
        if head.startswith(b"broken"):
            return NOTHING
        return Drawn("image/png", b"a picture of " + wanted.name.encode(), 3)

    async def sweep(self, *, now: int) -> int:  # noqa: ARG002
        """See the port."""
        return 0
