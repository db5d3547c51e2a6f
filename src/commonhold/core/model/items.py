"""Items, the spaces they live in, and the contents of files."""

import enum
from typing import ClassVar

from commonhold.core.model.base import Row
from commonhold.core.roles import ItemKind


class Space(Row, frozen=True, gc=False):
    """Root of a tree. One row holds its owner: transfer of everything owned changes this row alone."""

    table: ClassVar = "space"
    refs: ClassVar = ("no", "owner", "org", "root")

    no: int
    uid: str
    owner: int
    org: int | None
    root: int  # the folder at its top
    used: int = 0  # bytes, all versions and the trash included


class Life(enum.StrEnum):
    """Whether an item lives. Below a trashed or deleted folder nothing is reachable by shares."""

    LIVE = "live"
    TRASHED = "trashed"
    DELETED = "deleted"  # tombstone: number and uid stay, so the same name made again is a new item


class Item(Row, frozen=True, gc=False):
    """A thing that can be shared. Its place is ``parent``; ``inherits`` False stops shares from above."""

    table: ClassVar = "item"
    refs: ClassVar = ("no", "space", "parent", "created_by", "changed_by", "version", "trashed_by")
    past: ClassVar = "place_past"

    no: int
    uid: str
    space: int
    parent: int | None  # None for the top folder of a space, and for records
    kind: ItemKind
    name: str | None  # None once erased
    name_key: str | None  # unique among live siblings; None while in the trash
    life: Life = Life.LIVE
    inherits: bool = True
    protected: bool = False
    created_by: int | None = None
    changed_by: int | None = None
    made_at: int = 0
    changed_at: int = 0
    stamp: int = 0  # grows with each change: the ETag
    size: int = 0
    media: str | None = None
    sha256: str | None = None
    version: int | None = None  # current content (``Version``)
    collection: str | None = None  # record: its collection; entry: its type
    ref: str | None = None  # record: key of its row; entry: key in its application
    url: str | None = None  # app, entry
    attributes: str = "{}"  # JSON: title, tags, extent … of faces
    trashed_at: int | None = None
    trashed_by: int | None = None


class Version(Row, frozen=True, gc=False):
    """One content of a file: the key of its bytes, size, digest, and who put it."""

    table: ClassVar = "version"
    refs: ClassVar = ("no", "item", "made_by")

    no: int
    item: int
    ordinal: int  # 1, 2, 3 … within the item
    blob: str
    size: int
    sha256: str
    media: str | None
    made_by: int | None
    made_at: int
