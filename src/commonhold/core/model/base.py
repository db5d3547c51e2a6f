"""What all rows have in common, and the principals that exist everywhere."""

from typing import ClassVar, Final

import msgspec

# Principals that exist in every installation.
EVERYONE: Final = 1  # any caller, signed in or not
LINK: Final = 2  # recipient of every link share; nobody is this principal, a pass names its share
MAIN_ORG: Final = 3  # the organisation that the first start makes
FIRST_FREE_NO: Final = 16

OWNER: Final = 0  # ``Share.stands_on``: whoever owns the space now


class Row(msgspec.Struct, frozen=True, gc=False):
    """Base of all rows. ``table`` names the table, ``key`` the columns of its primary key."""

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]] = ("no",)
    refs: ClassVar[tuple[str, ...]] = ()  # columns that hold numbers, where a placeholder may stand
    past: ClassVar[str | None] = None  # table that keeps what is changed or removed
