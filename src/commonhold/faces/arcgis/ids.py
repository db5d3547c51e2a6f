"""Ids as clients of this dialect know them: 32 hexadecimal digits, which are those of our uids."""

import re
from typing import Final

_ID: Final = re.compile(r"([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})\Z", re.ASCII)


def id_of(uid: str) -> str:
    """Return the id of something by its uid."""
    return uid.replace("-", "")


def uid_of(text: str) -> str | None:
    """Return the uid that an id stands for; None for a text that can be no id."""
    found = _ID.match(text)
    return "-".join(found.groups()) if found else None
