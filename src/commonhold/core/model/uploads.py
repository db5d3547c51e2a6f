"""Uploads that come in pieces."""

from typing import ClassVar

from commonhold.core.model.base import Row


class Upload(Row, frozen=True, gc=False):
    """A file on its way, whose pieces wait in staging (``core.staging``) until all of them are there.

    It belongs to whoever began it: a user, or the holder of a pass. When it is done it names the file that it became,
    so that a client which lost the last answer finds out.
    """

    table: ClassVar = "upload"
    refs: ClassVar = ("no", "user", "share", "parent", "item")

    no: int
    uid: str
    user: int | None
    share: int | None  # the link under which somebody without an account began it
    parent: int  # the folder it is for
    name: str
    media: str | None
    size: int | None  # bytes of the whole; None: not told yet
    offset: int  # bytes that are here, durably
    collision: str  # ``content.steps.Collision``
    told: str = ""  # what its sender said of it, as he wrote it
    item: int | None = None  # the file that it became
    made_at: int = 0
    until: int = 0  # then it is cleared away, whatever is here
