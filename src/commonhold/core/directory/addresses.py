"""Mail addresses: what counts as one, and the key under which it is unique. Pure."""

import re
from typing import Final

from commonhold.core import keys
from commonhold.core.problems import Problem

LONGEST: Final = 254  # characters: what SMTP carries (RFC 5321)

_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)


def is_address(text: str) -> bool:
    """Tell whether a text is a mail address that mail can be sent to: ASCII, one at-sign, a domain with a dot."""
    if len(text) > LONGEST or not _ADDRESS.fullmatch(text):
        return False
    local = text.partition("@")[0]
    return ".." not in local and not local.startswith(".") and not local.endswith(".")


def address_key(text: str) -> str:
    """Return the key under which an address is unique, spaces around it left out."""
    return keys.address_key(text.strip())


def address_of(text: str) -> str:
    """Return an address as it is kept: as written, spaces around it left out.

    :raises Problem: bad_address
    """
    found = text.strip()
    if not is_address(found):
        raise Problem("bad_address", field="email")
    return found
