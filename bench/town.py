"""What the cases need to know of a data set: who asks for what. Kept beside the database that it describes."""

from pathlib import Path

import msgspec
from msgspec import Struct

NAME = "town.json"


class Town(Struct, frozen=True, kw_only=True):
    """Numbers, uids and secrets of people and places that were made for a purpose."""

    counts: dict[str, int]
    deep: dict[str, list[tuple[int, int]]]  # depth → (user, item); a third each with no, one and two hops
    owner: int  # of everything in this block
    wide: int  # a folder with thousands of items below
    here: int  # the folder it lies in
    there: int  # another one
    passed_on: int  # a share on ``wide`` on which 10 k reshares hang
    busy: int  # an item with 10 k shares
    quiet: int  # an item with two
    stack: list[int]  # 50 items
    ten: list[int]  # people with whom nothing of the stack is shared
    crowd: int  # a group of 100 k people
    club: int  # a group that it can be nested into
    popular: int  # somebody in a group with 40 k shares
    readers: list[tuple[str, str]]  # token, uid of an item shared with its holder
    sharers: list[tuple[str, list[str]]]  # token, uids of items of its holder
    names: list[str]  # of people to share with
    links: list[str]  # secrets
    uploader: tuple[str, str]  # token, uid of the folder

    def save(self, folder: Path) -> None:
        """Write it into a data directory."""
        (folder / NAME).write_bytes(msgspec.json.encode(self))


def load(folder: Path) -> Town | None:
    """Read it from a data directory; None if there is none, or one of another program."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Town)
    except (OSError, msgspec.DecodeError):
        return None
