"""The port for previews: small safe pictures of contents, made apart from whoever serves, and kept for a while.

What is drawn is told by the digest of the content, so it is drawn once, whatever names it has; the verb that asks
(``content.previewing``) asks policy before, each time.
"""

import re
from collections.abc import AsyncIterator, Callable
from typing import Final, Protocol, TypeAlias

from msgspec import Struct

from commonhold.core.policy.allowed import Allowed

THUMB: Final = 256
"""Pixels of the longer side of a picture in a list."""

SIZE: Final = 1_600
"""Pixels of the longer side of a picture, or of a page, on a page of its own."""

PAGES: Final = 500
"""How many pages of a document are drawn; further ones are for those who download it."""

PICTURES: Final = frozenset(
    {
        "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "image/bmp", "image/tiff",
        "image/x-portable-pixmap", "image/vnd.microsoft.icon", "image/x-icon",
    }
)  # fmt: skip
"""Media types that are drawn as one picture."""

DOCUMENT: Final = "application/pdf"
"""The media type that is drawn page by page."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Wanted(Struct, frozen=True):
    """What to draw: the content by its sha256 and media type, how large, and which page of a document (from 1)."""

    sha256: str
    media: str
    size: int = SIZE
    page: int = 1

    @property
    def name(self) -> str:
        """A name for it that is safe as one of a file."""
        if _DIGEST.fullmatch(self.sha256) is None:
            raise ValueError("no digest")
        kind = "pdf" if self.media == DOCUMENT else "image"
        return f"{self.sha256}.{kind}.{int(self.size)}.{int(self.page)}"


class Drawn(Struct, frozen=True):
    """A picture: its media type and bytes, and how many pages the document has. Without bytes: none can be made."""

    media: str
    body: bytes
    pages: int = 1


NOTHING: Final = Drawn("", b"", 0)
"""What cannot be drawn."""

Bytes: TypeAlias = Callable[[], AsyncIterator[bytes]]
"""Opens the content, if it has to be drawn."""


class Previews(Protocol):
    """Draws contents, or finds what was drawn before."""

    async def draw(self, allowed: Allowed, wanted: Wanted, content: Bytes) -> Drawn:
        """Return a picture; ``NOTHING`` for what is broken, hostile, or too much work.

        ``allowed`` is the proof that policy was asked for this content.

        :raises Problem: too_many_requests while too many wait; unavailable where it cannot be read or kept
        """
        ...

    async def sweep(self, *, now: int) -> int:
        """Remove what was drawn long ago, and the oldest of too much; returns how much was removed."""
        ...
